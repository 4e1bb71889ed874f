//! Conservation: whatever is submitted is delivered, rejected, dropped with a reason or held, at every step of
//! any history, and every body has one owner. And the reserve: whatever the intakes of the others answer, a tenant
//! whose intake takes everything, and who holds an equal part of what can give way at most, loses nothing.
//!
//! `SPANLANE_MODEL_CASES` sets the number of histories, `SPANLANE_MODEL_SEED` repeats a run.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test chooses its own time, stops where it fails and says its seed"
)]

mod model;
mod support;

use std::env::var;
use std::sync::{Arc, Weak};
use std::thread::{available_parallelism, scope};
use std::time::Duration;

use model::{ANSWERS, HEALTHY, Judge, TENANTS};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use spanlane::core::Core;
use spanlane::delivery::transport::Transport;
use spanlane::eviction::Standing;
use spanlane::lane::Lane;
use spanlane::settings::{LANE_IDLE_MAX, SWEEP_INTERVAL, Settings};
use spanlane::tenant::DestinationText;
use support::{assert_balanced, submit, submit_sized};
use tokio::runtime::{Builder, Handle};
use tokio::time::sleep;

const BUFFERED_BYTES_MAX: usize = 120_000;
const FAILING_BYTES_MAX: usize = 60_000;
/// The healthy tenant keeps to this part: of what can give way, an equal part is twice as much.
const HEALTHY_BYTES_MAX: usize = BUFFERED_BYTES_MAX / 8 / (TENANTS + 1);

/// One step of a history.
#[derive(Clone, Debug)]
enum Step {
    Submit {
        tenant: usize,
        events: u64,
        bytes: usize,
    },
    /// From now on the tenant's intake answers like this.
    Answer {
        tenant: usize,
        answer: usize,
    },
    /// The healthy tenant submits what fits its part.
    SubmitHealthy {
        events: u64,
    },
    /// From now on its intake takes so long to accept.
    DelayHealthy {
        milliseconds: u64,
    },
    Wait {
        milliseconds: u64,
    },
    /// Waits for the flush, or goes on meanwhile.
    Flush {
        tenant: Option<usize>,
        milliseconds: u64,
        awaited: bool,
    },
    Drain {
        milliseconds: u64,
        anew: bool,
    },
    /// The tenant's key becomes its key of this generation.
    Rotate {
        tenant: usize,
        generation: u8,
    },
    /// The tenant's route is dropped, and its lane closed if it has nothing to do.
    Close {
        tenant: usize,
    },
    ShutDown {
        milliseconds: u64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let tenant = || 0..TENANTS;
    prop_oneof![
        16 => (tenant(), 1_u64..12, prop_oneof![3 => Just(10_usize), 2 => Just(900), 1 => Just(6_000)])
            .prop_map(|(tenant, events, bytes)| Step::Submit { tenant, events, bytes }),
        12 => (tenant(), 0..ANSWERS).prop_map(|(tenant, answer)| Step::Answer { tenant, answer }),
        8 => (1_u64..6).prop_map(|events| Step::SubmitHealthy { events }),
        2 => prop_oneof![Just(0_u64), 1_u64..900, 1_100_u64..4_900].prop_map(|milliseconds| Step::DelayHealthy { milliseconds }),
        8 => prop_oneof![1_u64..50, 200_u64..5_000, Just(400_000)].prop_map(|milliseconds| Step::Wait { milliseconds }),
        4 => (prop::option::of(tenant()), 1_u64..8_000, any::<bool>())
            .prop_map(|(tenant, milliseconds, awaited)| Step::Flush { tenant, milliseconds, awaited }),
        2 => (1_u64..8_000, any::<bool>())
            .prop_map(|(milliseconds, anew)| Step::Drain { milliseconds, anew }),
        2 => (tenant(), 0_u8..3).prop_map(|(tenant, generation)| Step::Rotate { tenant, generation }),
        2 => tenant().prop_map(|tenant| Step::Close { tenant }),
        1 => (0_u64..4_000).prop_map(|milliseconds| Step::ShutDown { milliseconds }),
    ]
}

/// A core, the judge of what it sends, and a route of each tenant.
struct History {
    core: Arc<Core>,
    judge: Arc<Judge>,
    routes: Vec<(Arc<Lane>, u8)>,
    healthy: Arc<Lane>,
    /// Every lane there has been.
    lanes: Vec<Weak<Lane>>,
}

impl History {
    async fn begin() -> Self {
        let judge = Arc::new(Judge::default());
        let settings = Settings {
            max_payload_bytes: 8_000,
            max_event_bytes: 5_000,
            max_buffered_bytes: BUFFERED_BYTES_MAX,
            max_buffered_bytes_per_tenant: 40_000,
            max_buffered_bytes_failing: FAILING_BYTES_MAX,
            ..Settings::default()
        };
        let transport = Arc::clone(&judge) as Arc<dyn Transport>;
        let core = Core::with_transport(settings, transport, Handle::current());
        let healthy = open(&core, HEALTHY, 0);
        let mut history = Self {
            core,
            judge,
            routes: Vec::new(),
            lanes: vec![Arc::downgrade(&healthy)],
            healthy,
        };
        for tenant in 0..TENANTS {
            let lane = history.open(tenant, 0);
            history.routes.push((lane, 0));
        }
        // It has delivered before the others begin: who never did gives way to those who have.
        history.submit_healthy(1);
        sleep(Duration::from_secs(1)).await;
        history
    }

    fn open(&mut self, tenant: usize, generation: u8) -> Arc<Lane> {
        let lane = open(&self.core, tenant, generation);
        self.lanes.push(Arc::downgrade(&lane));
        lane
    }

    fn submit_healthy(&self, events: u64) {
        for _ in 0..events {
            if self.healthy.state().held_bytes() + 300 > HEALTHY_BYTES_MAX {
                return;
            }
            let id = self.submitted();
            self.judge.0.lock().unwrap().owner_of.push(HEALTHY);
            submit(&self.core, &self.healthy, id);
        }
    }

    async fn play(&mut self, step: Step) {
        match step {
            Step::Submit {
                tenant,
                events,
                bytes,
            } => {
                for _ in 0..events {
                    let id = self.submitted();
                    self.judge.0.lock().unwrap().owner_of.push(tenant);
                    let lane = &self.routes[tenant].0;
                    if bytes > 10 {
                        submit_sized(&self.core, lane, id, bytes);
                    } else {
                        submit(&self.core, lane, id);
                    }
                }
            }
            Step::Answer { tenant, answer } => {
                self.judge.0.lock().unwrap().answers[tenant] = answer;
            }
            Step::SubmitHealthy { events } => self.submit_healthy(events),
            Step::DelayHealthy { milliseconds } => {
                self.judge.0.lock().unwrap().healthy_delay = Duration::from_millis(milliseconds);
            }
            Step::Wait { milliseconds } => sleep(Duration::from_millis(milliseconds)).await,
            Step::Flush {
                tenant,
                milliseconds,
                awaited,
            } => {
                let flushed = tokio::spawn(self.flush(tenant, milliseconds));
                if awaited {
                    flushed.await.unwrap();
                }
            }
            // What a blocked thread would wait for; a paused clock cannot be waited for on a thread.
            Step::Drain { milliseconds, anew } => {
                let limit = Duration::from_millis(milliseconds);
                let report = self.core.drained(limit, anew).await;
                assert_eq!(report.pending, self.core.held());
                assert!(
                    self.core.drainer().is_decided(),
                    "who waited once need not wait again"
                );
            }
            Step::Rotate { tenant, generation } => {
                self.core
                    .rotate(&label(tenant), &key(tenant, generation))
                    .unwrap();
                self.routes[tenant].1 = generation;
                // The new key's lane, to be counted as well.
                self.open(tenant, generation);
            }
            Step::Close { tenant } => {
                // The route's reference goes first: a lane that is still held does not close.
                let (_, generation) = self.routes.remove(tenant);
                sleep(LANE_IDLE_MAX + SWEEP_INTERVAL).await;
                let lane = self.open(tenant, generation);
                self.routes.insert(tenant, (lane, generation));
            }
            Step::ShutDown { milliseconds } => {
                self.core
                    .shutdown(Duration::from_millis(milliseconds))
                    .await;
                assert_eq!(
                    self.core.held(),
                    0,
                    "a core that is shut down holds nothing"
                );
            }
        }
    }

    /// When it resolves with nothing pending, nothing accepted before it is unsettled.
    fn flush(&self, tenant: Option<usize>, milliseconds: u64) -> impl Future<Output = ()> + use<> {
        let (core, judge, before) = (
            Arc::clone(&self.core),
            Arc::clone(&self.judge),
            self.submitted(),
        );
        let held = core.held();
        let lane = tenant.map(|tenant| Arc::clone(&self.routes[tenant].0));
        let everything = lane.is_none();
        let flushed = core.flush(Duration::from_millis(milliseconds), lane);
        async move {
            let report = flushed.await;
            let mut model = judge.0.lock().unwrap();
            let after = model.owner_of.len() as u64 - before;
            if report.pending > held + after {
                model
                    .faults
                    .push(format!("{held} were held, {} are pending", report.pending));
            }
            if everything && report.pending == 0 && core.held() > after {
                model.faults.push(format!(
                    "{} held, {after} came after the flush",
                    core.held()
                ));
            }
        }
    }

    fn check(&self) {
        assert_balanced(&self.core);
        assert!(self.core.held_bytes() <= BUFFERED_BYTES_MAX);
        assert!(self.core.failing_bytes() <= FAILING_BYTES_MAX);
        self.check_lanes();
        if !self.core.is_closed() {
            let state = self.healthy.state();
            let counts = state.counts();
            assert_eq!((counts.rejected(), counts.dropped()), (0, 0), "{counts:?}");
        }
        assert_eq!(self.core.totals().all.submitted(), self.submitted());
        assert_eq!(self.judge.0.lock().unwrap().faults, [""; 0]);
    }

    /// What the pools have is what the lanes have.
    fn check_lanes(&self) {
        let mut lanes: Vec<Arc<Lane>> = self.lanes.iter().filter_map(Weak::upgrade).collect();
        lanes.sort_by_key(|lane| lane.id);
        lanes.dedup_by_key(|lane| lane.id);
        let of = |lanes: &[Arc<Lane>], all: bool| -> usize {
            let chosen = lanes
                .iter()
                .filter(|lane| all || lane.state().standing() == Standing::Failing);
            chosen.map(|lane| lane.state().held_bytes()).sum()
        };
        assert_eq!(of(&lanes, true), self.core.held_bytes());
        assert_eq!(of(&lanes, false), self.core.failing_bytes());
    }

    async fn finish(self) {
        self.judge.0.lock().unwrap().answers = [0; TENANTS];
        sleep(Duration::from_secs(3_600)).await;
        assert_eq!(
            self.core.held(),
            0,
            "everything settles once the intake is well"
        );
        self.check();
        let (delivered, accepted) = (
            self.core.totals().all.delivered(),
            self.judge.0.lock().unwrap().accepted,
        );
        // A shutdown may come between an answer and its being read.
        assert!(if self.core.is_closed() {
            delivered <= accepted
        } else {
            delivered == accepted
        });
    }

    fn submitted(&self) -> u64 {
        self.judge.0.lock().unwrap().owner_of.len() as u64
    }
}

fn label(tenant: usize) -> String {
    format!("tenant-{tenant}")
}

fn key(tenant: usize, generation: u8) -> String {
    format!("k{tenant}-{generation}")
}

fn open(core: &Core, tenant: usize, generation: u8) -> Arc<Lane> {
    let (key, label) = (key(tenant, generation), label(tenant));
    core.open_lane(DestinationText::new(&key, "datadoghq.com").labelled(&label))
        .unwrap()
}

async fn run(steps: Vec<Step>) {
    let mut history = History::begin().await;
    for step in steps {
        history.play(step).await;
        history.check();
    }
    history.finish().await;
}

fn run_cases(cases: u32, seed: [u8; 32]) {
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let histories = prop::collection::vec(step(), 1..40);
    let outcome = TestRunner::new_with_rng(config, rng).run(&histories, |steps| {
        Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap()
            .block_on(run(steps));
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

#[test]
fn any_history_conserves_every_event() {
    let cases: u32 = var("SPANLANE_MODEL_CASES").map_or(300, |cases| cases.parse().unwrap());
    let seed: u64 =
        var("SPANLANE_MODEL_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    let threads = u32::try_from(available_parallelism().unwrap().get()).unwrap();
    println!("{cases} histories, SPANLANE_MODEL_SEED={seed}");
    scope(|scope| {
        for thread in 0..threads {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&seed.to_le_bytes());
            bytes[8..12].copy_from_slice(&thread.to_le_bytes());
            scope.spawn(move || run_cases(cases.div_ceil(threads), bytes));
        }
    });
}
