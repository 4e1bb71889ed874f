//! The delivery table: what each answer of the intake does to a batch and to its lane.

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

use spanlane::delivery::transport::TransportError;
use spanlane::settings::{BISECT_REQUESTS_MAX, EVENT_AGE_MAX, Settings};
use spanlane::stats::DropReason;
use support::{Answer, Arrival, FakeIntake, assert_balanced, core, lane, submit, submit_sized};
use tokio::time::sleep;

const LIMIT: Duration = Duration::from_secs(5);

#[tokio::test(start_paused = true)]
async fn five_seconds_of_503_lose_nothing_and_every_repeat_is_byte_identical() {
    let intake =
        FakeIntake::new(|arrival| Answer::Status(if arrival.at < LIMIT { 503 } else { 202 }));
    let core = core(Settings::default(), &intake);
    let acme = lane(&core, "acme");
    for id in 0..1_000 {
        submit(&core, &acme, id);
        sleep(Duration::from_millis(8)).await;
    }
    let report = core.flush(Duration::from_secs(120), None).await;
    assert_eq!(
        (report.total.dropped, report.total.rejected, report.pending),
        (0, 0, 0)
    );
    assert_eq!(acme.state().counts().delivered(), 1_000);
    let (failed, delivered): (Vec<Arrival>, Vec<Arrival>) = intake
        .arrivals()
        .into_iter()
        .partition(|arrival| arrival.at < LIMIT);
    assert!(!failed.is_empty());
    for arrival in failed {
        assert!(
            delivered.iter().any(|later| later.body == arrival.body),
            "a repeat changed its body"
        );
    }
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn the_server_s_wait_is_kept_and_does_not_count_towards_the_retry_age() {
    let mut refusals = 4;
    let intake = FakeIntake::new(move |_| {
        refusals -= 1;
        if refusals >= 0 {
            Answer::RetryAfter(429, "250")
        } else {
            Answer::Status(202)
        }
    });
    let core = core(Settings::default(), &intake);
    let acme = lane(&core, "acme");
    submit(&core, &acme, 1);
    sleep(Duration::from_secs(2_000)).await;
    let times: Vec<Duration> = intake.arrivals().iter().map(|arrival| arrival.at).collect();
    assert_eq!(times.len(), 5);
    for pair in times.windows(2) {
        assert!(pair[1] - pair[0] >= Duration::from_secs(250), "{times:?}");
    }
    assert_eq!(
        acme.state().counts().delivered(),
        1,
        "1000 s of hints are no reason to give up after 300 s"
    );
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_slot_behind_others_does_not_count_towards_the_retry_age() {
    let mut refusals = 2;
    let intake = FakeIntake::new(move |arrival| {
        if arrival.key == "slow" {
            return Answer::Late(Duration::from_secs(400), 503);
        }
        refusals -= 1;
        Answer::Status(if refusals >= 0 { 503 } else { 202 })
    });
    let settings = Settings {
        max_requests_in_flight: 1,
        ..Settings::default()
    };
    let core = core(settings, &intake);
    let (acme, slow) = (lane(&core, "acme"), lane(&core, "slow"));
    submit(&core, &acme, 1);
    core.flush(Duration::from_millis(1), Some(Arc::clone(&acme)))
        .await;
    submit(&core, &slow, 2);
    core.flush(Duration::from_millis(1), Some(slow)).await;
    sleep(Duration::from_secs(900)).await;
    let times: Vec<Duration> = intake
        .arrivals_of("acme")
        .iter()
        .map(|arrival| arrival.at)
        .collect();
    assert!(
        times.len() == 3 && times[1] > Duration::from_secs(300),
        "{times:?}"
    );
    assert_eq!(acme.state().counts().delivered(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_never_recovers_costs_the_event_its_retry_age_and_a_counted_drop() {
    let intake = FakeIntake::new(|_| Answer::Fail(TransportError::Connect));
    let core = core(Settings::default(), &intake);
    let acme = lane(&core, "acme");
    submit(&core, &acme, 1);
    sleep(Duration::from_secs(299)).await;
    assert_eq!(acme.state().counts().held(), 1);
    sleep(Duration::from_secs(70)).await;
    let counts = acme.state().counts().clone();
    assert_eq!(counts.losses().unwrap().dropped_for(DropReason::Expired), 1);
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn what_a_refused_key_holds_for_a_day_is_too_old_and_is_not_sent() {
    let intake = FakeIntake::new(|_| Answer::Status(403));
    let core = core(Settings::default(), &intake);
    let acme = lane(&core, "acme");
    submit(&core, &acme, 1);
    sleep(EVENT_AGE_MAX - Duration::from_secs(60)).await;
    assert_eq!(acme.state().counts().held(), 1);
    sleep(Duration::from_secs(2_000)).await;
    let probes = intake.arrivals().len();
    let counts = acme.state().counts().clone();
    assert_eq!(counts.losses().unwrap().dropped_for(DropReason::TooOld), 1);
    sleep(Duration::from_secs(4_000)).await;
    assert_eq!(
        intake.arrivals().len(),
        probes,
        "nothing is left to probe with"
    );
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn a_reset_before_any_answer_is_repeated_once_at_once_on_a_new_connection() {
    let mut resets = 1;
    let intake = FakeIntake::new(move |_| {
        resets -= 1;
        if resets >= 0 {
            Answer::Fail(TransportError::Reset { sent: true })
        } else {
            Answer::Status(202)
        }
    });
    let core = core(Settings::default(), &intake);
    let acme = lane(&core, "acme");
    submit(&core, &acme, 1);
    core.flush(LIMIT, None).await;
    let arrivals = intake.arrivals();
    assert_eq!(
        arrivals
            .iter()
            .map(|arrival| arrival.fresh_connection)
            .collect::<Vec<_>>(),
        [false, true]
    );
    assert!(arrivals[1].at - arrivals[0].at < Duration::from_millis(10));
    assert_eq!(acme.state().counts().delivered(), 1);
    assert_eq!(acme.state().counts().losses().unwrap().maybe_duplicate, 1);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_after_the_body_was_sent_is_counted_as_a_possible_duplicate() {
    let mut timeouts = 1;
    let intake = FakeIntake::new(move |_| {
        timeouts -= 1;
        if timeouts >= 0 {
            Answer::BlackHole
        } else {
            Answer::Status(202)
        }
    });
    let core = core(Settings::default(), &intake);
    let acme = lane(&core, "acme");
    submit(&core, &acme, 1);
    submit(&core, &acme, 2);
    core.flush(LIMIT * 4, None).await;
    assert_eq!(acme.state().counts().losses().unwrap().maybe_duplicate, 2);
    assert_eq!(acme.state().counts().delivered(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_body_too_large_for_the_intake_is_halved_until_it_fits() {
    let intake = FakeIntake::new(|arrival| {
        Answer::Status(if arrival.body.len() > 4_000 { 413 } else { 202 })
    });
    let core = core(Settings::default(), &intake);
    let acme = lane(&core, "acme");
    for id in 0..20 {
        submit_sized(&core, &acme, id, 1_000);
    }
    let report = core.flush(LIMIT, None).await;
    assert_eq!(report.total.delivered, 20);
    let mut ids: Vec<u64> = intake
        .arrivals()
        .iter()
        .filter(|arrival| arrival.body.len() <= 4_000)
        .flat_map(Arrival::ids)
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, (0..20).collect::<Vec<_>>());
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn a_single_event_that_is_too_large_is_trimmed_once_then_rejected() {
    let intake = FakeIntake::new(|arrival| {
        Answer::Status(if arrival.body.len() > 4_000 { 413 } else { 202 })
    });
    let core = core(Settings::default(), &intake);
    let acme = lane(&core, "acme");
    submit_sized(&core, &acme, 1, 6_000);
    submit_sized(&core, &acme, 2, 60_000);
    let report = core.flush(LIMIT, None).await;
    assert_eq!((report.total.delivered, report.total.rejected), (1, 1));
    assert_eq!(
        acme.state().counts().losses().unwrap().rejected.get(&413),
        Some(&1)
    );
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn an_event_over_the_limit_is_trimmed_before_it_is_sent() {
    let intake = FakeIntake::new(|_| Answer::Status(202));
    let core = core(
        Settings {
            max_event_bytes: 2_000,
            ..Settings::default()
        },
        &intake,
    );
    let acme = lane(&core, "acme");
    submit_sized(&core, &acme, 1, 50_000);
    submit(&core, &acme, 2);
    core.flush(LIMIT, None).await;
    let arrivals = intake.arrivals();
    assert_eq!(
        arrivals.iter().flat_map(Arrival::ids).collect::<Vec<_>>(),
        [1, 2]
    );
    assert!(arrivals.iter().all(|arrival| arrival.body.len() < 2_300));
    assert!(String::from_utf8_lossy(&arrivals[0].body).contains("dropped_io"));
}

#[tokio::test(start_paused = true)]
async fn of_a_thousand_events_the_two_poisonous_ones_are_found_and_the_others_delivered() {
    let poison = [137, 731];
    let intake = FakeIntake::new(move |arrival| {
        Answer::Status(if arrival.ids().iter().any(|id| poison.contains(id)) {
            400
        } else {
            202
        })
    });
    let core = core(Settings::default(), &intake);
    let acme = lane(&core, "acme");
    for id in 0..1_000 {
        submit(&core, &acme, id);
    }
    let report = core.flush(LIMIT, None).await;
    assert_eq!((report.total.delivered, report.total.rejected), (998, 2));
    // 2k·log2(n) with k = 2, n = 1000, and the first request.
    assert!(
        intake.arrivals().len() <= 41,
        "{} requests",
        intake.arrivals().len()
    );
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn a_body_of_nothing_but_poison_costs_a_bounded_number_of_requests() {
    let intake = FakeIntake::new(|_| Answer::Status(422));
    let core = core(Settings::default(), &intake);
    let acme = lane(&core, "acme");
    for id in 0..1_000 {
        submit(&core, &acme, id);
    }
    let report = core.flush(LIMIT, None).await;
    assert_eq!(report.total.rejected, 1_000);
    assert_eq!(
        acme.state().counts().losses().unwrap().rejected.get(&422),
        Some(&1_000)
    );
    let bound = 2 * usize::try_from(BISECT_REQUESTS_MAX).unwrap() + 1;
    assert!(
        intake.arrivals().len() <= bound,
        "{} requests",
        intake.arrivals().len()
    );
}

#[tokio::test(start_paused = true)]
async fn a_redirect_a_missing_intake_and_a_middle_box_are_retried_slowly_and_never_followed() {
    for status in [301, 307, 404, 402, 407, 499] {
        let intake = FakeIntake::new(move |_| Answer::Status(status));
        let core = core(Settings::default(), &intake);
        let acme = lane(&core, "acme");
        submit(&core, &acme, 1);
        sleep(Duration::from_secs(250)).await;
        let arrivals = intake.arrivals();
        assert!(
            (1..=15).contains(&arrivals.len()),
            "{status}: {} requests",
            arrivals.len()
        );
        assert!(
            arrivals
                .iter()
                .all(|arrival| arrival.url == arrivals[0].url)
        );
        assert_eq!(acme.state().counts().held(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn other_refusals_are_final_and_counted_by_status() {
    for status in [405, 409, 410, 431, 501, 505] {
        let intake = FakeIntake::new(move |_| Answer::Status(status));
        let core = core(Settings::default(), &intake);
        let acme = lane(&core, "acme");
        submit(&core, &acme, 1);
        let report = core.flush(LIMIT, None).await;
        assert_eq!(
            (report.total.rejected, intake.arrivals().len()),
            (1, 1),
            "{status}"
        );
        assert_eq!(
            acme.state()
                .counts()
                .losses()
                .unwrap()
                .rejected
                .get(&status),
            Some(&1)
        );
    }
}
