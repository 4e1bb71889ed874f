//! The fakes of the scenario tests: an intake that answers by script, on paused time.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use spanlane::core::Core;
use spanlane::delivery::transport::{Request, Response, Transport, TransportError};
use spanlane::lane::Lane;
use spanlane::settings::Settings;
use spanlane::tenant::DestinationText;
use spanlane::wire::EventKind;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

/// What the fake intake does with a request.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Answers with this status.
    Status(u16),
    /// Answers with this status and `Retry-After`.
    RetryAfter(u16, &'static str),
    /// Answers with this status after a while.
    Late(Duration, u16),
    /// Fails without an answer.
    Fail(TransportError),
    /// Never answers; the transport gives up after five seconds.
    BlackHole,
    /// Answers 202 once the gate has a permit.
    Gate(Arc<Semaphore>),
    /// The attempt itself panics.
    Panic,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The key it carried.
    pub key: String,
    /// The URL it was sent to.
    pub url: String,
    /// The body.
    pub body: Bytes,
    /// True when a new connection was asked for.
    pub fresh_connection: bool,
    /// When, since the intake was made.
    pub at: Duration,
}

impl Arrival {
    /// The `id`s of the events in the body.
    pub fn ids(&self) -> Vec<u64> {
        ids(&self.body)
    }
}

/// The `id`s of the events in a span body.
pub fn ids(body: &[u8]) -> Vec<u64> {
    let parsed: serde_json::Value = serde_json::from_slice(body).expect("a body is JSON");
    let id = |envelope: &serde_json::Value| {
        envelope["spans"][0]["id"]
            .as_u64()
            .expect("an event has an id")
    };
    parsed
        .as_array()
        .expect("a span body is a list")
        .iter()
        .map(id)
        .collect()
}

type Script = Box<dyn FnMut(&Arrival) -> Answer + Send>;

/// An intake that answers by script and remembers what arrived.
pub struct FakeIntake {
    started_at: Instant,
    script: Mutex<Script>,
    arrivals: Mutex<Vec<Arrival>>,
    forgetful: Mutex<bool>,
}

impl FakeIntake {
    /// An intake with this script.
    pub fn new(script: impl FnMut(&Arrival) -> Answer + Send + 'static) -> Arc<Self> {
        Arc::new(Self {
            started_at: Instant::now(),
            script: Mutex::new(Box::new(script)),
            arrivals: Mutex::default(),
            forgetful: Mutex::default(),
        })
    }

    /// An intake that accepts everything and remembers nothing.
    pub fn counting() -> Arc<Self> {
        let intake = Self::new(|_| Answer::Status(202));
        *intake.forgetful.lock().unwrap() = true;
        intake
    }

    /// Everything that arrived, in order.
    pub fn arrivals(&self) -> Vec<Arrival> {
        self.arrivals.lock().unwrap().clone()
    }

    /// What arrived with this key.
    pub fn arrivals_of(&self, key: &str) -> Vec<Arrival> {
        self.arrivals()
            .into_iter()
            .filter(|arrival| arrival.key == key)
            .collect()
    }

    /// Answers differently from now on.
    pub fn set_script(&self, script: impl FnMut(&Arrival) -> Answer + Send + 'static) {
        *self.script.lock().unwrap() = Box::new(script);
    }
}

impl Transport for FakeIntake {
    fn send(
        &self,
        request: Request,
    ) -> Pin<Box<dyn Future<Output = Result<Response, TransportError>> + Send + '_>> {
        let arrival = Arrival {
            key: request.headers["dd-api-key"].to_str().unwrap().to_owned(),
            url: request.url,
            body: request.body,
            fresh_connection: request.fresh_connection,
            at: self.started_at.elapsed(),
        };
        let answer = (self.script.lock().unwrap())(&arrival);
        if !*self.forgetful.lock().unwrap() {
            self.arrivals.lock().unwrap().push(arrival);
        }
        Box::pin(async move {
            match answer {
                Answer::Status(status) => Ok(response(status, None)),
                Answer::RetryAfter(status, after) => Ok(response(status, Some(after))),
                Answer::Late(delay, status) => {
                    sleep(delay).await;
                    Ok(response(status, None))
                }
                Answer::Fail(error) => Err(error),
                Answer::BlackHole => {
                    sleep(Duration::from_secs(5)).await;
                    Err(TransportError::Timeout { sent: true })
                }
                Answer::Gate(gate) => {
                    gate.acquire().await.unwrap().forget();
                    Ok(response(202, None))
                }
                Answer::Panic => panic!("an attempt that panics"),
            }
        })
    }
}

fn response(status: u16, retry_after: Option<&str>) -> Response {
    Response {
        status,
        retry_after: retry_after.map(str::to_owned),
        ..Response::default()
    }
}

/// A core over `intake` on the test's own runtime.
pub fn core(settings: Settings, intake: &Arc<FakeIntake>) -> Arc<Core> {
    Core::with_transport(
        settings,
        Arc::clone(intake) as Arc<dyn Transport>,
        Handle::current(),
    )
}

/// A tenant's lane on the first site.
pub fn lane(core: &Core, key: &str) -> Arc<Lane> {
    core.open_lane(DestinationText::new(key, "datadoghq.com"))
        .unwrap()
}

/// Submits a span with this id.
pub fn submit(core: &Core, lane: &Arc<Lane>, id: u64) {
    core.submit(
        lane,
        EventKind::Span,
        Bytes::from(format!(r#"{{"id":{id}}}"#)),
    );
}

/// Submits a span of about `bytes` bytes.
pub fn submit_sized(core: &Core, lane: &Arc<Lane>, id: u64, bytes: usize) {
    let text = "x".repeat(bytes);
    let event = format!(r#"{{"id":{id},"meta":{{"input":{{"value":"{text}"}}}}}}"#);
    core.submit(lane, EventKind::Span, Bytes::from(event));
}

/// Asserts the accounting equation per tenant and in total, and that bytes are held only with events.
pub fn assert_balanced(core: &Core) {
    let totals = core.totals();
    assert!(totals.all.balanced(), "{:?}", totals.all);
    let mut sum = totals.closed.clone();
    sum.add(&totals.unrouted);
    for tenant in core.tenants() {
        assert!(tenant.counts.balanced(), "{tenant:?}");
        sum.add(&tenant.counts);
    }
    if totals.all.held() == 0 {
        assert_eq!(totals.all, sum, "the sum moved with its parts");
        assert_eq!(
            core.held_bytes(),
            0,
            "bytes are charged for events that are gone"
        );
    }
}
