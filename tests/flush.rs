//! `flush()` means it: when it resolves, everything submitted before is settled, or it says what is not.

#![allow(
    clippy::unchecked_time_subtraction,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test chooses its own time and stops where it fails"
)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use spanlane::flush::Tally;
use spanlane::settings::Settings;
use spanlane::stats::DropReason;
use support::{Answer, FakeIntake, assert_balanced, core, lane, submit, submit_sized};
use tokio::sync::Semaphore;
use tokio::time::Instant;

const LIMIT: Duration = Duration::from_secs(5);

fn delivered(events: u64) -> Tally {
    Tally {
        delivered: events,
        ..Tally::default()
    }
}

#[tokio::test(start_paused = true)]
async fn it_sends_at_once_what_the_linger_would_hold_back() {
    let intake = FakeIntake::new(|_| Answer::Status(202));
    let core = core(
        Settings {
            flush_linger: LIMIT * 100,
            flush_interval: LIMIT * 100,
            ..Settings::default()
        },
        &intake,
    );
    let acme = lane(&core, "acme");
    submit(&core, &acme, 1);
    let started = Instant::now();
    let report = core.flush(LIMIT, None).await;
    assert_eq!((report.total, report.pending), (delivered(1), 0));
    assert!(started.elapsed() < Duration::from_millis(10));
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn it_waits_for_a_batch_that_is_already_in_flight() {
    let gate = Arc::new(Semaphore::new(0));
    let intake = FakeIntake::new({
        let gate = Arc::clone(&gate);
        move |_| Answer::Gate(Arc::clone(&gate))
    });
    let core = core(Settings::default(), &intake);
    let acme = lane(&core, "acme");
    submit(&core, &acme, 1);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(intake.arrivals().len(), 1, "the linger has sent it");
    let flushed = tokio::spawn(core.flush(LIMIT, None));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!flushed.is_finished());
    gate.add_permits(1);
    assert_eq!(flushed.await.unwrap().total, delivered(1));
}

#[tokio::test(start_paused = true)]
async fn events_submitted_meanwhile_keep_nobody_waiting_and_are_in_the_next_report() {
    let gate = Arc::new(Semaphore::new(0));
    let intake = FakeIntake::new({
        let gate = Arc::clone(&gate);
        move |_| Answer::Gate(Arc::clone(&gate))
    });
    let core = core(Settings::default(), &intake);
    let acme = lane(&core, "acme");
    submit(&core, &acme, 1);
    let first = tokio::spawn(core.flush(LIMIT, None));
    tokio::time::sleep(Duration::from_millis(1)).await;
    submit(&core, &acme, 2);
    gate.add_permits(1);
    assert_eq!(first.await.unwrap().total, delivered(1));
    gate.add_permits(1);
    assert_eq!(core.flush(LIMIT, None).await.total, delivered(1));
}

#[tokio::test(start_paused = true)]
async fn what_settled_between_two_flushes_is_reported_once() {
    let intake = FakeIntake::new(|_| Answer::Status(202));
    let core = core(Settings::default(), &intake);
    let acme = lane(&core, "acme");
    submit(&core, &acme, 1);
    tokio::time::sleep(Duration::from_secs(1)).await;
    core.drop_events(None, DropReason::NoRoute, 2);
    let report = core.flush(LIMIT, None).await;
    assert_eq!(
        report.total,
        Tally {
            delivered: 1,
            rejected: 0,
            dropped: 2
        }
    );
    assert_eq!(report.tenants.len(), 1);
    assert_eq!(core.flush(LIMIT, None).await.total, Tally::default());
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn at_the_timeout_it_says_what_is_pending_and_the_lane_goes_on() {
    let intake = FakeIntake::new(|_| Answer::BlackHole);
    let core = core(Settings::default(), &intake);
    let acme = lane(&core, "acme");
    submit(&core, &acme, 1);
    let report = core.flush(Duration::from_millis(500), None).await;
    assert_eq!((report.total, report.pending), (Tally::default(), 1));
    assert_eq!(report.tenants[0].pending, 1);
    intake.set_script(|_| Answer::Status(202));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(core.flush(LIMIT, None).await.total, delivered(1));
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn of_one_route_it_neither_sends_nor_waits_for_another() {
    let intake = FakeIntake::new(|arrival| {
        if arrival.key == "slow" {
            Answer::BlackHole
        } else {
            Answer::Status(202)
        }
    });
    let core = core(
        Settings {
            flush_linger: LIMIT * 100,
            flush_interval: LIMIT * 100,
            ..Settings::default()
        },
        &intake,
    );
    let (acme, slow, quiet) = (
        lane(&core, "acme"),
        lane(&core, "slow"),
        lane(&core, "quiet"),
    );
    for lane in [&acme, &slow, &quiet] {
        submit(&core, lane, 1);
    }
    let report = core.flush(LIMIT, Some(acme)).await;
    assert_eq!((report.total, report.pending), (delivered(1), 0));
    assert!(intake.arrivals_of("quiet").is_empty());
    assert!(intake.arrivals_of("slow").is_empty());
    drop((slow, quiet));
}

#[tokio::test(start_paused = true)]
async fn a_rejected_event_is_in_the_report_with_its_status() {
    let intake = FakeIntake::new(|_| Answer::Status(409));
    let core = core(Settings::default(), &intake);
    let acme = lane(&core, "acme");
    submit(&core, &acme, 1);
    let report = core.flush(LIMIT, None).await;
    assert_eq!(report.total.rejected, 1);
    assert_eq!(report.tenants[0].last_error.as_deref(), Some("http 409"));
}

#[tokio::test(start_paused = true)]
async fn the_first_report_says_why_events_are_pending_and_a_later_one_that_they_are_not() {
    let intake = FakeIntake::new(|_| Answer::Status(503));
    let core = core(Settings::default(), &intake);
    let acme = lane(&core, "acme");
    submit(&core, &acme, 1);
    let report = core.flush(Duration::from_secs(1), None).await;
    assert_eq!(report.pending, 1);
    let said = report.tenants[0].last_error.clone();
    assert_eq!(said.as_deref(), Some("server_error (http 503)"));
    assert_eq!(core.tenants()[0].last_error, said);
    intake.set_script(|_| Answer::Status(202));
    let report = core.flush(Duration::from_secs(120), None).await;
    assert_eq!((report.total, report.pending), (delivered(1), 0));
    assert_eq!(report.tenants[0].last_error, None);
}

#[tokio::test(start_paused = true)]
async fn more_than_one_body_full_is_flushed_whole() {
    let intake = FakeIntake::new(|_| Answer::Late(Duration::from_millis(50), 202));
    let core = core(
        Settings {
            max_payload_bytes: 10_000,
            flush_linger: LIMIT * 100,
            flush_interval: LIMIT * 100,
            ..Settings::default()
        },
        &intake,
    );
    let acme = lane(&core, "acme");
    for id in 0..50 {
        submit_sized(&core, &acme, id, 1_000);
    }
    assert_eq!(core.flush(LIMIT, None).await.total, delivered(50));
    let arrivals = intake.arrivals();
    assert!(arrivals.iter().all(|arrival| arrival.body.len() <= 10_000));
    let mut ids: Vec<u64> = arrivals.iter().flat_map(support::Arrival::ids).collect();
    ids.sort_unstable();
    assert_eq!(ids, (0..50).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn after_shutdown_what_comes_is_counted_and_nothing_is_sent() {
    let intake = FakeIntake::new(|_| Answer::BlackHole);
    let core = core(Settings::default(), &intake);
    let acme = lane(&core, "acme");
    submit(&core, &acme, 1);
    let report = core.shutdown(Duration::from_millis(100)).await;
    assert_eq!(report.pending, 1);
    submit(&core, &acme, 2);
    submit(&core, &lane(&core, "new"), 3);
    let total = core.totals().all;
    assert_eq!(
        (total.submitted(), total.dropped(), total.held()),
        (3, 3, 0)
    );
    assert_eq!(total.losses().unwrap().dropped_for(DropReason::Shutdown), 3);
    assert_eq!(intake.arrivals().len(), 1);
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn a_flush_that_has_no_time_to_begin_says_what_is_held() {
    let core = core(Settings::default(), &FakeIntake::new(|_| Answer::BlackHole));
    let (acme, globex) = (lane(&core, "acme"), lane(&core, "globex"));
    for id in 1..=3 {
        submit(&core, &acme, id);
    }
    submit(&core, &globex, 4);
    core.spill(
        &core.open_producer(),
        b"is not read before the report is made",
    );
    let report = core.flush(Duration::ZERO, None).await;
    assert_eq!((report.pending, report.tenants.len()), (5, 2));
    let report = core.flush(Duration::ZERO, Some(globex)).await;
    assert_eq!(report.tenants.len(), 1);
}
