//! Conservation: whatever is submitted is delivered, rejected, dropped with a reason or held, at every step of
//! any history, and every body has one owner.

#![allow(
    clippy::unchecked_time_subtraction,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test chooses its own time and stops where it fails"
)]

mod support;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use spanlane::delivery::transport::TransportError;
use spanlane::lane::Lane;
use spanlane::settings::Settings;
use support::{Answer, Arrival, FakeIntake, assert_balanced, core, submit, submit_sized};
use tokio::runtime::Builder;
use tokio::time::sleep;

const TENANTS: usize = 4;

/// One step of a history.
#[derive(Clone, Debug)]
enum Step {
    Submit {
        tenant: usize,
        events: u64,
        bytes: usize,
    },
    Answer {
        tenant: usize,
        answer: usize,
    },
    Wait {
        milliseconds: u64,
    },
    Flush {
        milliseconds: u64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..TENANTS, 1_u64..20, prop_oneof![Just(10_usize), Just(900), Just(6_000)])
            .prop_map(|(tenant, events, bytes)| Step::Submit { tenant, events, bytes }),
        3 => (0..TENANTS, 0_usize..9).prop_map(|(tenant, answer)| Step::Answer { tenant, answer }),
        2 => prop_oneof![1_u64..50, 200_u64..5_000, Just(400_000)].prop_map(|milliseconds| Step::Wait { milliseconds }),
        1 => (1_u64..8_000).prop_map(|milliseconds| Step::Flush { milliseconds }),
    ]
}

fn answer(index: usize, arrival: &Arrival) -> Answer {
    match index {
        1 => Answer::Status(503),
        2 => Answer::Status(403),
        3 => Answer::Status(if arrival.body.len() > 2_000 { 413 } else { 202 }),
        4 => Answer::Status(if arrival.ids().iter().any(|id| id % 7 == 0) {
            400
        } else {
            202
        }),
        5 => Answer::BlackHole,
        6 => Answer::Fail(TransportError::Reset { sent: true }),
        7 => Answer::RetryAfter(429, "3"),
        8 => Answer::Status(410),
        _ => Answer::Status(202),
    }
}

/// The model: what was submitted to whom, and what arrived with a 202.
#[derive(Default)]
struct Model {
    owner_of: HashMap<u64, usize>,
    submitted: [u64; TENANTS],
}

async fn run(steps: Vec<Step>) {
    let answers = Arc::new(Mutex::new([0_usize; TENANTS]));
    let intake = FakeIntake::new({
        let answers = Arc::clone(&answers);
        move |arrival| {
            answer(
                answers.lock().unwrap()[arrival.key[1..].parse::<usize>().unwrap()],
                arrival,
            )
        }
    });
    let settings = Settings {
        payload_bytes_max: 8_000,
        event_bytes_max: 5_000,
        buffered_bytes_max: 120_000,
        buffered_bytes_per_tenant_max: 40_000,
        ..Settings::default()
    };
    let core = core(settings, &intake);
    let lanes: Vec<Arc<Lane>> = (0..TENANTS)
        .map(|index| support::lane(&core, &format!("t{index}")))
        .collect();
    let mut model = Model::default();
    for step in steps {
        match step {
            Step::Submit {
                tenant,
                events,
                bytes,
            } => {
                for _ in 0..events {
                    let id = model.owner_of.len() as u64;
                    model.owner_of.insert(id, tenant);
                    model.submitted[tenant] += 1;
                    if bytes > 10 {
                        submit_sized(&core, &lanes[tenant], id, bytes);
                    } else {
                        submit(&core, &lanes[tenant], id);
                    }
                }
            }
            Step::Answer { tenant, answer } => answers.lock().unwrap()[tenant] = answer,
            Step::Wait { milliseconds } => sleep(Duration::from_millis(milliseconds)).await,
            Step::Flush { milliseconds } => {
                let held = core.held();
                let report = core.flush(Duration::from_millis(milliseconds), None).await;
                assert!(report.pending <= held);
                let settled = report.total.delivered + report.total.rejected + report.total.dropped;
                assert!(
                    settled + report.pending >= held,
                    "held {held}, report {report:?}"
                );
            }
        }
        check(&core, &lanes, &model, &intake);
    }
    *answers.lock().unwrap() = [0; TENANTS];
    sleep(Duration::from_secs(3_600)).await;
    assert_eq!(core.held(), 0, "everything settles once the intake is well");
    check(&core, &lanes, &model, &intake);
}

fn check(core: &spanlane::core::Core, lanes: &[Arc<Lane>], model: &Model, intake: &FakeIntake) {
    assert_balanced(core);
    assert!(core.held_bytes() <= 120_000);
    for (tenant, lane) in lanes.iter().enumerate() {
        assert_eq!(lane.state().counts().submitted(), model.submitted[tenant]);
    }
    for arrival in intake.arrivals() {
        for id in arrival.ids() {
            assert_eq!(
                format!("t{}", model.owner_of[&id]),
                arrival.key,
                "event {id} was sent with another tenant's key"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("SPANLANE_MODEL_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(300),
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_history_conserves_every_event(steps in prop::collection::vec(step(), 1..40)) {
        Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(run(steps));
    }
}
