//! The end of the process waits for what can still be decided, and for nothing else.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test chooses its own time and stops where it fails"
)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use spanlane::core::Core;
use spanlane::delivery::transport::TransportError;
use spanlane::flush::FlushReport;
use spanlane::settings::Settings;
use support::{Answer, Arrival, FakeIntake, assert_balanced, core, lane, submit, submit_sized};
use tokio::time::{Instant, sleep};

const EXIT: Duration = Duration::from_secs(3);
const AT_ONCE: Duration = Duration::from_millis(50);
/// Two tries and the pause between them.
const TWO_TRIES: Duration = Duration::from_millis(300);

fn of_bad_keys(answer: Answer) -> impl FnMut(&Arrival) -> Answer + Send {
    move |arrival| {
        if arrival.key.starts_with("bad") {
            answer.clone()
        } else {
            Answer::Status(202)
        }
    }
}

async fn drained(core: &Core, anew: bool) -> (FlushReport, Duration) {
    let begun = Instant::now();
    let report = core.drained(EXIT, anew).await;
    assert_balanced(core);
    (report, begun.elapsed())
}

/// What makes a lane fail.
fn failures() -> [(&'static str, Answer); 6] {
    [
        ("refused key", Answer::Status(403)),
        ("nobody listens", Answer::Fail(TransportError::Connect)),
        ("unavailable", Answer::Status(503)),
        ("missing", Answer::Status(404)),
        ("asks for a wait", Answer::RetryAfter(429, "120")),
        ("no such name", Answer::Fail(TransportError::Dns)),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_lane_that_failed_before_has_one_more_attempt_and_then_nobody_waits() {
    for (what, answer) in failures() {
        let intake = FakeIntake::new(of_bad_keys(answer));
        let core = core(Settings::default(), &intake);
        let bad = lane(&core, "bad");
        submit(&core, &bad, 1);
        sleep(Duration::from_millis(900)).await;
        let before = intake.arrivals().len();
        submit(&core, &bad, 2);
        let (report, took) = drained(&core, false).await;
        assert_eq!((report.total.delivered, report.pending), (0, 2), "{what}");
        assert!(took <= AT_ONCE, "{what}: {took:?}");
        assert_eq!(intake.arrivals().len(), before + 1, "{what}");
        assert!(core.drainer().is_decided());
    }
}

#[tokio::test(start_paused = true)]
async fn a_lane_that_was_well_repeats_once_after_a_pause() {
    for (what, answer) in failures() {
        let repeats = matches!(what, "nobody listens" | "unavailable" | "no such name");
        let intake = FakeIntake::new(of_bad_keys(answer));
        let core = core(Settings::default(), &intake);
        submit(&core, &lane(&core, "bad"), 1);
        let (report, took) = drained(&core, false).await;
        assert_eq!(report.pending, 1, "{what}");
        assert_eq!(intake.arrivals().len(), 1 + usize::from(repeats), "{what}");
        assert!(
            took <= if repeats { TWO_TRIES } else { AT_ONCE },
            "{what}: {took:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_that_passes_costs_nothing() {
    let mut asked = 0;
    let intake = FakeIntake::new(move |_| {
        asked += 1;
        Answer::Status(if asked <= 2 { 503 } else { 202 })
    });
    let settings = Settings {
        max_payload_bytes: 2_000,
        ..Settings::default()
    };
    let core = core(settings, &intake);
    let acme = lane(&core, "acme");
    for id in 0..6 {
        submit_sized(&core, &acme, id, 1_500);
    }
    // Two are in flight and fail together: that is one failure.
    let (report, took) = drained(&core, false).await;
    assert_eq!((report.total.delivered, report.pending), (6, 0));
    assert!(took <= TWO_TRIES, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn failing_lanes_end_at_once_and_the_others_are_waited_for() {
    let intake = FakeIntake::new(|arrival| match arrival.key.as_str() {
        "slow" => Answer::Late(Duration::from_secs(2), 202),
        key if key.starts_with("bad") => Answer::Status(403),
        _ => Answer::Status(202),
    });
    let core = core(Settings::default(), &intake);
    for index in 0..50 {
        submit(&core, &lane(&core, &format!("bad{index}")), index);
        submit(&core, &lane(&core, &format!("good{index}")), index);
    }
    submit(&core, &lane(&core, "slow"), 1);
    let (report, took) = drained(&core, false).await;
    assert_eq!((report.total.delivered, report.pending), (51, 50));
    assert!(
        took >= Duration::from_secs(2) && took < Duration::from_millis(2_100),
        "{took:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_began_before_is_not_the_last_one() {
    let mut asked = 0;
    let intake = FakeIntake::new(move |_| {
        asked += 1;
        match asked {
            1 => Answer::Status(403),
            2 => Answer::Late(Duration::from_secs(1), 403),
            _ => Answer::Status(202),
        }
    });
    let core = core(Settings::default(), &intake);
    let acme = lane(&core, "acme");
    submit(&core, &acme, 1);
    // The probe of the refused key is under way.
    while intake.arrivals().len() < 2 {
        sleep(Duration::from_millis(10)).await;
    }
    let (report, _) = drained(&core, false).await;
    assert_eq!((report.total.delivered, report.pending), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn what_is_never_answered_takes_the_time_once() {
    let intake = FakeIntake::new(of_bad_keys(Answer::BlackHole));
    let core = core(Settings::default(), &intake);
    let bad = lane(&core, "bad");
    submit(&core, &bad, 1);
    let (report, took) = drained(&core, false).await;
    assert_eq!((report.pending, took), (1, EXIT));
    assert!(core.drainer().is_decided());
    let (report, took) = drained(&core, false).await;
    assert!(report.pending == 1 && took <= AT_ONCE, "{took:?}");

    // What comes later is waited for, on any lane.
    submit(&core, &lane(&core, "good"), 2);
    assert!(!core.drainer().is_decided());
    let (report, took) = drained(&core, false).await;
    assert_eq!((report.total.delivered, report.pending), (1, 1));
    assert!(took <= AT_ONCE, "{took:?}");
    submit(&core, &bad, 3);
    assert!(!core.drainer().is_decided());
    let (report, took) = drained(&core, false).await;
    assert_eq!((report.pending, took), (2, EXIT));
}

#[tokio::test(start_paused = true)]
async fn another_end_tries_again_what_an_earlier_one_gave_up() {
    let intake = FakeIntake::new(of_bad_keys(Answer::Status(403)));
    let core = core(Settings::default(), &intake);
    submit(&core, &lane(&core, "bad"), 1);
    drained(&core, false).await;
    let before = intake.arrivals().len();
    drained(&core, false).await;
    assert_eq!(intake.arrivals().len(), before, "it had its last attempt");
    intake.set_script(|_| Answer::Status(202));
    let (report, _) = drained(&core, true).await;
    assert_eq!((report.total.delivered, report.pending), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn two_ends_at_the_same_time_do_not_cost_a_lane_its_attempt() {
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let intake = FakeIntake::new({
        let gate = Arc::clone(&gate);
        move |_| Answer::Gate(Arc::clone(&gate))
    });
    let core = core(Settings::default(), &intake);
    submit(&core, &lane(&core, "acme"), 1);
    let (first, second) = (core.drained(EXIT, false), core.drained(EXIT, false));
    let (first, second, ()) = tokio::join!(first, second, async {
        sleep(Duration::from_secs(1)).await;
        gate.add_permits(1);
    });
    assert_eq!((first.pending, second.pending), (0, 0));
    assert_eq!(intake.arrivals().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_goes_on_delivers_by_its_clocks_what_a_drain_gave_up() {
    let intake = FakeIntake::new(of_bad_keys(Answer::Status(503)));
    let core = core(Settings::default(), &intake);
    let bad = lane(&core, "bad");
    submit(&core, &bad, 1);
    drained(&core, false).await;
    intake.set_script(|_| Answer::Status(202));
    sleep(Duration::from_secs(10)).await;
    submit(&core, &bad, 2);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(core.totals().all.delivered(), 2);
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_goes_on_as_long_as_it_has_time() {
    let mut asked = 0;
    let intake = FakeIntake::new(move |_| {
        asked += 1;
        Answer::Status(if asked <= 4 { 503 } else { 202 })
    });
    let core = core(Settings::default(), &intake);
    submit(&core, &lane(&core, "acme"), 1);
    let report = core.shutdown(Duration::from_secs(60)).await;
    assert_eq!((report.total.delivered, report.pending), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn what_is_left_is_named_by_tenant_with_its_last_error_and_since_when() {
    let intake = FakeIntake::new(of_bad_keys(Answer::Status(403)));
    let core = core(Settings::default(), &intake);
    let bad = lane(&core, "bad");
    submit(&core, &bad, 1);
    submit(&core, &lane(&core, "good"), 2);
    drained(&core, false).await;
    let left = core.drainer().left_after(0);
    let rows: Vec<_> = left
        .tenants
        .iter()
        .map(|row| (&*row.tenant, row.pending, row.last_error.as_deref()))
        .collect();
    let label = &*bad.tenant.label;
    assert_eq!(rows, [(label, 1, Some("key_refused (http 403)"))]);
    let told = core.drainer().end_epoch();
    assert_eq!(core.drainer().left_after(told).pending, 0);
    submit(&core, &bad, 3);
    assert_eq!(core.drainer().left_after(told).pending, 1);
    assert_eq!(core.drainer().left_after(0).pending, 2);
}

#[test]
fn a_thread_that_waits_is_woken_by_the_end_of_the_drain_and_by_nothing_later() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let (intake, core) = runtime.block_on(async {
        let intake = FakeIntake::new(of_bad_keys(Answer::BlackHole));
        let core = core(Settings::default(), &intake);
        (intake, core)
    });
    submit(&core, &lane(&core, "good"), 1);
    let begun = Instant::now();
    core.drainer().begin(EXIT, false).wait(EXIT);
    assert!(begun.elapsed() < EXIT && core.held() == 0);
    assert_eq!(intake.arrivals().len(), 1);

    submit(&core, &lane(&core, "bad"), 2);
    let limit = Duration::from_millis(100);
    let begun = Instant::now();
    core.drainer().begin(limit, false).wait(limit);
    assert!(begun.elapsed() >= limit && core.held() == 1);

    // A core that JavaScript has let go of is still known, until it has nothing left.
    let drainer = core.drainer();
    drop(core);
    assert!(!drainer.is_gone());
    drop(runtime);
    assert!(drainer.is_gone() && drainer.is_decided());
    drainer.begin(EXIT, false).wait(EXIT);
    assert!(begun.elapsed() < EXIT);
}
