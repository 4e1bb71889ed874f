//! Who has delivered goes before who never had an answer, and a crowd that fails does not storm its site.

#![allow(
    clippy::unchecked_time_subtraction,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test chooses its own time and stops where it fails"
)]

mod support;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use spanlane::core::Core;
use spanlane::lane::Lane;
use spanlane::settings::{REPEAT_INTERVAL, REPEATS_AT_ONCE_MAX, Settings};
use support::{Answer, Arrival, FakeIntake, assert_balanced, core, lane, submit};
use tokio::time::{Instant, sleep};

fn lanes(core: &Core, name: &str, count: usize) -> Vec<Arc<Lane>> {
    (0..count)
        .map(|index| lane(core, &format!("{name}{index}")))
        .collect()
}

fn answer(arrival: &Arrival) -> Answer {
    if arrival.key.starts_with("silent") {
        Answer::BlackHole
    } else {
        Answer::Late(Duration::from_millis(50), 202)
    }
}

/// The lag that 99 of 100 spans of fifty tenants keep, who have delivered, beside so many new ones without an answer.
async fn established_beside(silent: usize) -> Duration {
    let (clock, intake) = (Instant::now(), FakeIntake::new(answer));
    let core = core(Settings::default(), &intake);
    let established = lanes(&core, "established", 50);
    for lane in &established {
        submit(&core, lane, 0);
    }
    sleep(Duration::from_secs(1)).await;
    for lane in lanes(&core, "silent", silent) {
        submit(&core, &lane, 0);
    }
    let mut submitted_at = vec![Duration::ZERO];
    for (id, lane) in (1..=300).zip(established.iter().cycle()) {
        submitted_at.push(clock.elapsed());
        submit(&core, lane, id);
        sleep(Duration::from_millis(20)).await;
    }
    sleep(Duration::from_secs(2)).await;
    let mut lags = Vec::new();
    for arrival in intake.arrivals() {
        if arrival.key.starts_with("established") {
            let ids = arrival.ids().into_iter().filter(|id| *id > 0);
            lags.extend(ids.map(|id| arrival.at - submitted_at[usize::try_from(id).unwrap()]));
        }
    }
    assert_eq!(lags.len(), 300);
    lags.sort_unstable();
    lags[lags.len() * 99 / 100]
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_new_tenants_without_an_answer_do_not_delay_those_who_have_delivered() {
    let (alone, beside) = (
        established_beside(0).await,
        established_beside(10_000).await,
    );
    assert!(beside <= alone.mul_f64(1.5), "{alone:?} became {beside:?}");
}

/// Four slots, and forty tenants that would fill eight.
#[tokio::test(start_paused = true)]
async fn those_who_take_all_there_is_do_not_shut_out_who_comes_for_the_first_time() {
    let intake = FakeIntake::new(answer);
    let settings = Settings {
        max_requests_in_flight: 4,
        ..Settings::default()
    };
    let core = core(settings, &intake);
    let established = lanes(&core, "established", 40);
    let busy = |from: u64| {
        for (id, lane) in (from..from + 40).zip(&established) {
            submit(&core, lane, id);
        }
        sleep(Duration::from_millis(20))
    };
    for turn in 0..50 {
        busy(turn * 40).await;
    }
    let new = lanes(&core, "new", 10);
    for lane in &new {
        submit(&core, lane, 1_000_000);
    }
    for turn in 50..200 {
        busy(turn * 40).await;
    }
    let arrived = |name: &str| {
        let arrivals = intake.arrivals().into_iter();
        arrivals
            .filter(|arrival| arrival.key.starts_with(name))
            .count()
    };
    assert_eq!(arrived("new"), 10);
    assert!(arrived("established") > 100);
    drop(established);
}

#[tokio::test(start_paused = true)]
async fn at_exit_new_tenants_are_delivered_beside_two_thousand_without_an_answer() {
    let intake = FakeIntake::new(answer);
    let core = core(Settings::default(), &intake);
    for (silent, healthy) in lanes(&core, "silent", 2_000)
        .chunks(10)
        .zip(lanes(&core, "healthy", 200))
    {
        for lane in silent {
            submit(&core, lane, 0);
        }
        submit(&core, &healthy, 1);
    }
    let report = core.drained(Duration::from_secs(3), false).await;
    assert_eq!(report.total.delivered, 200);
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_lanes_at_503_try_their_site_again_a_hundred_times_a_second_until_it_is_well()
{
    const LANES: usize = 10_000;
    let intake = FakeIntake::new(|_| Answer::Status(503));
    let core = core(Settings::default(), &intake);
    let failing = lanes(&core, "failing", LANES);
    for lane in &failing {
        submit(&core, lane, 0);
    }
    sleep(Duration::from_secs(10)).await;
    let before = intake.arrivals().len();
    let repeats = before - LANES;
    assert!(repeats > 500, "{repeats}");
    sleep(Duration::from_secs(60)).await;
    let arrivals = intake.arrivals();
    let a_second = usize::try_from(1_000 / REPEAT_INTERVAL.as_millis()).unwrap();
    let bound = 60 * a_second + REPEATS_AT_ONCE_MAX as usize;
    let repeats = arrivals.len() - before;
    assert!(repeats <= bound && repeats > bound / 2, "{repeats}");
    let first = arrivals[before].at;
    let burst = arrivals[before..]
        .iter()
        .filter(|it| it.at < first + Duration::from_secs(1))
        .count();
    assert!(burst <= a_second + REPEATS_AT_ONCE_MAX as usize, "{burst}");
    intake.set_script(|_| Answer::Status(202));
    sleep(Duration::from_secs(90)).await;
    assert_eq!(core.totals().all.delivered(), LANES as u64);
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn at_exit_each_failing_lane_has_its_last_try_and_does_not_wait_for_its_turn_at_the_site() {
    let intake = FakeIntake::new(|_| Answer::Status(503));
    let core = core(Settings::default(), &intake);
    let failing = lanes(&core, "failing", 1_000);
    for lane in &failing {
        submit(&core, lane, 0);
    }
    sleep(Duration::from_secs(1)).await;
    intake.set_script(|_| Answer::Late(Duration::from_millis(20), 503));
    let before = intake.arrivals().len();
    let began = Instant::now();
    let report = core.drained(Duration::from_secs(5), false).await;
    assert_eq!(report.pending, 1_000);
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "{:?}",
        began.elapsed()
    );
    assert!(intake.arrivals().len() - before >= 900);
}

/// How long the event of a tenant that has delivered waits after one answer 503, at most of ten, beside so many lanes
/// that have been silent for long.
async fn hiccup_beside(silent: usize) -> Duration {
    let (clock, intake) = (Instant::now(), FakeIntake::new(answer));
    let core = core(Settings::default(), &intake);
    let established = lanes(&core, "established", 10);
    for lane in established.iter().chain(&lanes(&core, "silent", silent)) {
        submit(&core, lane, 0);
    }
    sleep(Duration::from_secs(180)).await;
    let mut refused = HashSet::new();
    intake.set_script(move |arrival| {
        if arrival.key.starts_with("established") && refused.insert(arrival.key.clone()) {
            return Answer::Status(503);
        }
        answer(arrival)
    });
    let began = clock.elapsed();
    for lane in &established {
        submit(&core, lane, 1);
    }
    sleep(Duration::from_secs(300)).await;
    let of_established = |arrival: &&Arrival| arrival.key.starts_with("established");
    let arrivals = intake.arrivals();
    let late: Vec<&Arrival> = arrivals.iter().filter(of_established).collect();
    let repeats = late.iter().filter(|it| it.at > began).skip(10);
    let lags: Vec<Duration> = repeats.map(|arrival| arrival.at - began).collect();
    assert_eq!(lags.len(), 10);
    lags.into_iter().max().unwrap()
}

#[tokio::test(start_paused = true)]
async fn one_failure_does_not_put_a_tenant_behind_a_thousand_that_are_silent_for_long() {
    let beside = hiccup_beside(1_000).await;
    assert!(beside < Duration::from_secs(3), "{beside:?}");
}
