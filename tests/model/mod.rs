//! The model: who submitted what, and what the intake said yes to. It knows nothing of lanes, batches or clocks.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on should stop"
)]

use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::time::Duration;

use spanlane::delivery::transport::{Request, Response, Transport, TransportError};
use tokio::time::sleep;

/// Tenants of a history whose intakes answer anything.
pub(crate) const TENANTS: usize = 4;
/// One more, whose intake takes everything within the time of a request.
pub(crate) const HEALTHY: usize = TENANTS;
/// Answers an intake may be told to give.
pub(crate) const ANSWERS: usize = 9;

/// What must be true of a core, told by what was done to it.
#[derive(Debug, Default)]
pub(crate) struct Model {
    /// The owner of each event, by its number.
    pub(crate) owner_of: Vec<usize>,
    /// Events the intake accepted, a repeat counted again.
    pub(crate) accepted: u64,
    /// What the intake answers to each tenant.
    pub(crate) answers: [usize; TENANTS],
    /// How long it takes the healthy tenant's intake to answer.
    pub(crate) healthy_delay: Duration,
    /// What was seen that must not be. A panic in an attempt would be contained and counted, and so not seen.
    pub(crate) faults: Vec<String>,
}

/// An intake that answers as the model says, and judges what arrives.
#[derive(Debug, Default)]
pub(crate) struct Judge(pub(crate) Mutex<Model>);

impl Judge {
    /// The answer to one body, by the numbers of its events, and how long it takes; none for a request that is never
    /// answered.
    fn answer(&self, key: &str, body: &[u8]) -> Option<(Result<u16, TransportError>, Duration)> {
        let mut model = self.0.lock().unwrap();
        let owner = usize::from(key.as_bytes()[1] - b'0');
        let ids = ids(body);
        if ids.is_empty() {
            model.faults.push("an empty body was sent".to_owned());
        }
        for id in &ids {
            if model.owner_of[*id] != owner {
                model
                    .faults
                    .push(format!("event {id} was sent with the key {key}"));
            }
        }
        let poisoned = ids.iter().any(|id| id % 7 == 0);
        let answer = model.answers.get(owner).copied();
        let status = match answer.unwrap_or_default() {
            1 => 503,
            2 => 403,
            3 if body.len() > 2_000 => 413,
            4 if poisoned => 400,
            5 => return None,
            6 => {
                let reset = Err(TransportError::Reset { sent: true });
                return Some((reset, Duration::ZERO));
            }
            7 => 429,
            8 => 410,
            _ => 202,
        };
        if status == 202 {
            model.accepted += ids.len() as u64;
        }
        let delay = if owner == HEALTHY {
            model.healthy_delay
        } else {
            Duration::ZERO
        };
        Some((Ok(status), delay))
    }
}

impl Transport for Judge {
    fn send(
        &self,
        request: Request,
    ) -> Pin<Box<dyn Future<Output = Result<Response, TransportError>> + Send + '_>> {
        let key = request.headers["dd-api-key"].to_str().unwrap();
        let answer = self.answer(key, &request.body);
        Box::pin(async move {
            let Some((answer, delay)) = answer else {
                sleep(Duration::from_secs(5)).await;
                return Err(TransportError::Timeout { sent: true });
            };
            sleep(delay).await;
            answer.map(|status| Response {
                status,
                retry_after: (status == 429).then(|| "3".to_owned()),
                ..Response::default()
            })
        })
    }
}

/// The numbers of the events in a body: `"id":<number>` is written by the tests and by nothing else.
fn ids(body: &[u8]) -> Vec<usize> {
    const NAME: &[u8] = b"{\"id\":";
    let mut ids = Vec::new();
    let mut rest = body;
    while let Some(at) = rest.windows(NAME.len()).position(|part| part == NAME) {
        rest = &rest[at + NAME.len()..];
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        ids.push(
            std::str::from_utf8(&rest[..digits])
                .unwrap()
                .parse()
                .unwrap(),
        );
    }
    ids
}
