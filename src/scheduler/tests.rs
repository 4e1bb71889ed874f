use std::sync::atomic::AtomicBool;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::sleep;

use super::*;
use crate::delivery::transport::{Request, Response, Sending, Transport};
use crate::settings::Settings;
use crate::tenant::{Destination, DestinationText};
use crate::wire::{Datadog, EventKind};

/// Never answers the first request, accepts the others.
#[derive(Default)]
struct OnceSilent(AtomicBool);

impl Transport for OnceSilent {
    fn send(&self, _: Request) -> Sending<'_> {
        let silent = !self.0.swap(true, Ordering::Relaxed);
        Box::pin(async move {
            if silent {
                std::future::pending::<()>().await;
            }
            Ok(Response {
                status: 202,
                ..Response::default()
            })
        })
    }
}

fn open(shared: &CoreState, key: &str) -> Arc<Lane> {
    let text = DestinationText::new(key, "datadoghq.com");
    let destination = Destination::parse(text, &[]).unwrap();
    shared.registry.open(destination, shared.now()).unwrap()
}

fn run(shared: &Arc<CoreState>) -> tokio::task::JoinHandle<()> {
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        Scheduler::new(Arc::clone(&shared), shared.now())
            .run()
            .await;
    })
}

#[tokio::test(start_paused = true)]
async fn a_scheduler_takes_over_from_one_that_died() {
    let shared = Arc::new(CoreState::new(
        Settings::default(),
        Arc::new(Datadog::new("test")),
        Arc::new(OnceSilent::default()),
    ));
    let submit = |lane: &Arc<Lane>| shared.submit(lane, EventKind::Span, Bytes::from_static(b"{}"));
    let (flying, waiting, taken) = (
        open(&shared, "flying"),
        open(&shared, "waiting"),
        open(&shared, "taken"),
    );
    let first = run(&shared);
    submit(&flying);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(flying.state().counts().held(), 1);
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    submit(&waiting);
    submit(&taken);
    // The dead one had read its list.
    drop(shared.inbox.take());

    let second = run(&shared);
    sleep(Duration::from_secs(1)).await;
    submit(&taken);
    sleep(Duration::from_secs(1)).await;
    let lost = flying.state().counts().clone();
    assert_eq!(
        lost.losses()
            .unwrap()
            .dropped_for(DropReason::InternalError),
        1,
        "what was in flight is counted"
    );
    for (lane, delivered) in [(&waiting, 1), (&taken, 2)] {
        let counts = lane.state().counts().clone();
        assert_eq!((counts.delivered(), counts.held()), (delivered, 0));
    }
    assert_eq!(shared.held_bytes(), 0);
    second.abort();
}
