//! The delivery table: what each answer of the intake does to a batch and to its lane.

#![allow(
    clippy::unchecked_time_subtraction,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test chooses its own time and stops where it fails"
)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use spanlane::delivery::transport::TransportError;
use spanlane::lane::Lane;
use spanlane::settings::{EVENT_AGE_MAX, LANE_OVERHEAD_BYTES, Settings};
use spanlane::stats::DropReason;
use spanlane::wire::EventKind;
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
    // It is held as it will be sent.
    assert!(core.held_bytes() < 2_000 + 2 * LANE_OVERHEAD_BYTES);
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
async fn an_event_that_cannot_be_trimmed_below_the_limit_is_dropped_before_it_is_held() {
    let settings = Settings {
        max_event_bytes: 2_000,
        ..Settings::default()
    };
    let core = core(settings, &FakeIntake::new(|_| Answer::Status(202)));
    let acme = lane(&core, "acme");
    let tags = "t".repeat(3_000);
    let event = format!(r#"{{"tags":["{tags}"],"meta":{{"input":{{"value":"x"}}}}}}"#);
    core.submit(&acme, EventKind::Span, Bytes::from(event));
    assert_eq!((core.held(), core.held_bytes()), (0, 0));
    let dropped = |reason| acme.state().counts().losses().unwrap().dropped_for(reason);
    assert_eq!(dropped(DropReason::TooLarge), 1);
    assert_balanced(&core);
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

/// A lane's thousand events, of which every so many is refused; what became of them, and the requests.
async fn with_poison(every: u64) -> (Arc<Lane>, Vec<Arrival>) {
    let intake = FakeIntake::new(move |arrival| {
        let is_refused = arrival.ids().iter().any(|id| id % every == 0);
        Answer::Status(if is_refused { 422 } else { 202 })
    });
    let core = core(Settings::default(), &intake);
    let acme = lane(&core, "acme");
    for id in 0..1_000 {
        submit(&core, &acme, id);
    }
    core.flush(Duration::from_secs(300), None).await;
    assert_balanced(&core);
    (acme, intake.arrivals())
}

#[tokio::test(start_paused = true)]
async fn whatever_part_of_a_thousand_events_is_poison_all_others_are_delivered_and_it_alone_is_rejected()
 {
    // Poison, requests at most, and seconds.
    for (poison, requests, seconds) in [
        (1, 22, 1),
        (5, 80, 1),
        (10, 140, 2),
        (20, 250, 3),
        (50, 440, 5),
        (100, 720, 8),
        (500, 1_100, 14),
        (1_000, 1_100, 95),
    ] {
        let (acme, arrivals) = with_poison(1_000 / poison).await;
        let counts = acme.state().counts().clone();
        assert_eq!(counts.delivered(), 1_000 - poison, "{poison}");
        assert_eq!(counts.losses().unwrap().rejected.get(&422), Some(&poison));
        let end = arrivals.last().unwrap().at;
        println!("{poison} of 1000: {} requests, {end:?}", arrivals.len());
        assert!(
            arrivals.len() <= requests,
            "{poison}: {} requests",
            arrivals.len()
        );
        assert!(end <= Duration::from_secs(seconds), "{poison}: {end:?}");
    }
}

/// The most requests that came within one second.
fn most_in_a_second(arrivals: &[Arrival]) -> usize {
    let in_a_second = |first: &Arrival| {
        let end = first.at + Duration::from_secs(1);
        let within = arrivals
            .iter()
            .filter(|it| it.at >= first.at && it.at < end);
        within.count()
    };
    arrivals.iter().map(in_a_second).max().unwrap_or(0)
}

#[tokio::test(start_paused = true)]
async fn a_search_pauses_after_each_refusal_and_longer_where_nothing_is_taken() {
    let (_, arrivals) = with_poison(2).await;
    // Each second event is refused: as many are taken, at once.
    assert!(
        most_in_a_second(&arrivals) <= 2 * 40,
        "{}",
        most_in_a_second(&arrivals)
    );
    let (_, arrivals) = with_poison(1).await;
    assert!(
        most_in_a_second(&arrivals) <= 40,
        "{}",
        most_in_a_second(&arrivals)
    );
    let late: Vec<Arrival> = arrivals
        .into_iter()
        .filter(|it| it.at > Duration::from_secs(10))
        .collect();
    assert!(
        late.len() > 500 && most_in_a_second(&late) <= 10,
        "{}",
        most_in_a_second(&late)
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_not_judged_yet_waits_and_is_not_rejected_with_its_neighbours() {
    let intake = FakeIntake::new(|arrival| {
        let is_refused = arrival.ids().iter().any(|id| *id < 1_000);
        Answer::Status(if is_refused { 400 } else { 202 })
    });
    let core = core(Settings::default(), &intake);
    let acme = lane(&core, "acme");
    for id in 0..1_000 {
        submit(&core, &acme, id);
    }
    sleep(Duration::from_secs(5)).await;
    for id in 1_000..1_100 {
        submit(&core, &acme, id);
    }
    sleep(Duration::from_secs(5)).await;
    let counts = acme.state().counts().clone();
    assert!(counts.held() > 500 && counts.delivered() == 0, "{counts:?}");
    sleep(Duration::from_secs(200)).await;
    let counts = acme.state().counts().clone();
    assert_eq!((counts.rejected(), counts.delivered()), (1_000, 100));
}

#[tokio::test(start_paused = true)]
async fn an_intake_that_finds_everything_too_large_is_asked_at_a_bounded_rate() {
    let intake = FakeIntake::new(|_| Answer::Status(413));
    let core = core(Settings::default(), &intake);
    let acme = lane(&core, "acme");
    for id in 0..1_000 {
        submit(&core, &acme, id);
    }
    let report = core.flush(Duration::from_secs(300), None).await;
    assert_eq!(report.total.rejected, 1_000);
    let arrivals = intake.arrivals();
    assert!(arrivals.len() <= 1_020, "{} requests", arrivals.len());
    assert!(most_in_a_second(&arrivals) <= 40);
}

#[tokio::test(start_paused = true)]
async fn the_size_that_an_intake_takes_is_learnt_and_a_larger_one_tried_now_and_then() {
    let intake = FakeIntake::new(|arrival| {
        Answer::Status(if arrival.body.len() > 20_000 {
            413
        } else {
            202
        })
    });
    let core = core(Settings::default(), &intake);
    let acme = lane(&core, "acme");
    for round in 0..3 {
        for id in 0..200 {
            submit_sized(&core, &acme, round * 1_000 + id, 1_000);
        }
        let report = core.flush(LIMIT, None).await;
        assert_eq!(report.total.delivered, 200, "{round}");
    }
    let arrivals = intake.arrivals();
    let refused = arrivals.iter().filter(|it| it.body.len() > 20_000).count();
    // Four halves to learn it, and one try after each 32 bodies.
    assert!((4..=7).contains(&refused), "{refused}");
    intake.set_script(|_| Answer::Status(202));
    let before = arrivals.len();
    for id in 0..20_000 {
        submit_sized(&core, &acme, 10_000 + id, 1_000);
        sleep(Duration::from_millis(5)).await;
    }
    core.flush(LIMIT, None).await;
    let largest = intake.arrivals()[before..]
        .iter()
        .map(|it| it.body.len())
        .max()
        .unwrap();
    assert!(largest > 40_000, "{largest}");
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
