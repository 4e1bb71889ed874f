//! The reserve: whoever fails takes no memory from those that deliver, in whatever way it fails.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test chooses its own time and stops where it fails"
)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use spanlane::core::Core;
use spanlane::delivery::transport::TransportError;
use spanlane::eviction::Standing;
use spanlane::lane::Lane;
use spanlane::settings::{LANE_OVERHEAD_BYTES, Settings};
use spanlane::stats::DropReason;
use spanlane::tenant::DestinationText;
use support::{Answer, Arrival, FakeIntake, assert_balanced, core, lane, submit, submit_sized};
use tokio::time::sleep;

const TOTAL_BYTES: usize = 4_000_000;
const FAILING_BYTES: usize = 2_000_000;
/// Of 50 ms each: longer than a request waits for an answer.
const ROUNDS: u64 = 120;

fn settings() -> Settings {
    Settings {
        max_buffered_bytes: TOTAL_BYTES,
        max_buffered_bytes_per_tenant: TOTAL_BYTES / 4,
        max_buffered_bytes_failing: FAILING_BYTES,
        ..Settings::default()
    }
}

fn lanes(core: &Core, name: &str, count: usize) -> Vec<Arc<Lane>> {
    (0..count)
        .map(|index| lane(core, &format!("{name}{index}")))
        .collect()
}

fn dropped(lane: &Lane, reason: DropReason) -> u64 {
    let state = lane.state();
    let losses = state.counts().losses();
    losses.map_or(0, |losses| losses.dropped_for(reason))
}

/// An event of each lane, those of `good` small; returns the next id.
async fn submit_round(
    core: &Core,
    (bad, bytes): (&[Arc<Lane>], usize),
    good: &[Arc<Lane>],
    mut id: u64,
) -> u64 {
    let bad = bad.iter().map(|lane| (lane, bytes));
    for (lane, bytes) in bad.chain(good.iter().map(|lane| (lane, 2_000))) {
        submit_sized(core, lane, id, bytes);
        id += 1;
    }
    assert!(core.failing_bytes() <= FAILING_BYTES);
    sleep(Duration::from_millis(50)).await;
    id
}

/// Twenty tenants whose requests end as `bad` says and who submit 20 MB a second together, beside twenty that deliver.
async fn healthy_beside(bad: impl Fn(&Arrival) -> Answer + Send + 'static) -> (u64, u64) {
    let intake = FakeIntake::new(move |arrival| {
        if arrival.key.starts_with("bad") {
            bad(arrival)
        } else {
            Answer::Late(Duration::from_millis(50), 202)
        }
    });
    let core = core(settings(), &intake);
    let (bad, good) = (lanes(&core, "bad", 20), lanes(&core, "good", 20));
    let mut id = 0;
    for _ in 0..ROUNDS {
        id = submit_round(&core, (&bad, 50_000), &good, id).await;
    }
    sleep(Duration::from_secs(5)).await;
    assert_balanced(&core);
    let delivered = good.iter().map(|lane| lane.state().counts().delivered());
    let evicted = bad.iter().map(|lane| dropped(lane, DropReason::Evicted));
    (20 * ROUNDS - delivered.sum::<u64>(), evicted.sum())
}

#[tokio::test(start_paused = true)]
async fn who_delivers_loses_nothing_beside_failing_tenants_of_each_kind() {
    for answer in [
        Answer::Status(403),
        Answer::RetryAfter(429, "300"),
        Answer::Status(503),
        Answer::BlackHole,
        Answer::Fail(TransportError::Reset { sent: true }),
        Answer::Fail(TransportError::Connect),
        Answer::Late(Duration::from_millis(4_500), 503),
        Answer::Late(Duration::from_millis(4_500), 404),
    ] {
        let name = format!("{answer:?}");
        let (lost, evicted) = healthy_beside(move |_| answer.clone()).await;
        assert_eq!(lost, 0, "{name}");
        assert!(evicted > 0, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_delivers_loses_nothing_beside_tenants_whose_bodies_are_refused() {
    for status in [400, 413] {
        let (lost, _) = healthy_beside(move |_| Answer::Status(status)).await;
        assert_eq!(lost, 0, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_moves_to_a_key_that_fails_keeps_the_bound() {
    const BOUND_BYTES: usize = 500_000;
    let intake = FakeIntake::new(|arrival| {
        if arrival.key.starts_with("old") {
            Answer::Status(503)
        } else {
            Answer::BlackHole
        }
    });
    let settings = Settings {
        max_buffered_bytes_failing: BOUND_BYTES,
        ..settings()
    };
    let core = core(settings, &intake);
    let site = "datadoghq.com";
    let old = core
        .open_lane(DestinationText::new("old-key", site).labelled("acme"))
        .unwrap();
    submit(&core, &old, 0);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(old.state().standing(), Standing::Failing);

    assert_eq!(core.rotate("acme", "new-key").unwrap(), 1);
    for id in 1..18 {
        submit_sized(&core, &old, id, 50_000);
    }
    assert!(core.failing_bytes() <= BOUND_BYTES);
    assert_eq!(core.rotate("acme", "old-key").unwrap(), 1);
    assert!(
        core.failing_bytes() <= BOUND_BYTES,
        "{}",
        core.failing_bytes()
    );
    assert!(dropped(&old, DropReason::Evicted) > 0);
    assert_balanced(&core);
}

/// All of them have delivered; then some stop answering, with bodies as large as they may be.
#[tokio::test(start_paused = true)]
async fn who_delivers_loses_nothing_beside_tenants_that_delivered_and_now_hang() {
    let intake = FakeIntake::new(|arrival| {
        if arrival.key.starts_with("bad") && arrival.body.len() > 1_000 {
            Answer::BlackHole
        } else {
            Answer::Late(Duration::from_millis(50), 202)
        }
    });
    let core = core(settings(), &intake);
    let (bad, good) = (lanes(&core, "bad", 12), lanes(&core, "good", 4));
    for lane in bad.iter().chain(&good) {
        submit(&core, lane, 0);
    }
    sleep(Duration::from_secs(1)).await;
    let mut id = 1;
    for _ in 0..100 {
        id = submit_round(&core, (&bad, 100_000), &good, id).await;
    }
    sleep(Duration::from_secs(2)).await;
    for lane in &good {
        let counts = lane.state().counts().clone();
        assert_eq!(counts.delivered(), 101, "{counts:?}");
    }
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn a_slow_intake_that_takes_everything_loses_nothing_beside_failing_ones() {
    let intake = FakeIntake::new(|arrival| {
        if arrival.key.starts_with("bad") {
            Answer::Status(503)
        } else {
            Answer::Late(Duration::from_millis(4_800), 202)
        }
    });
    let core = core(settings(), &intake);
    let (bad, slow) = (lanes(&core, "bad", 20), lane(&core, "slow"));
    for id in 0..400 {
        for lane in &bad {
            submit_sized(&core, lane, id, 50_000);
        }
        submit_sized(&core, &slow, id, 2_000);
        sleep(Duration::from_millis(50)).await;
    }
    sleep(Duration::from_secs(20)).await;
    let counts = slow.state().counts().clone();
    assert_eq!(counts.delivered(), 400, "{counts:?}");
}

#[tokio::test(start_paused = true)]
async fn who_has_delivered_gives_nothing_to_who_has_not() {
    let intake = FakeIntake::new(|arrival| {
        if arrival.body.len() > 1_000 {
            Answer::BlackHole
        } else {
            Answer::Status(202)
        }
    });
    let core = core(settings(), &intake);
    let proven = lanes(&core, "proven", 4);
    for lane in &proven {
        submit(&core, lane, 0);
    }
    sleep(Duration::from_secs(1)).await;
    for lane in &proven {
        for id in 1..100 {
            submit_sized(&core, lane, id, 9_500);
        }
        assert_eq!(lane.state().standing(), Standing::Proven);
    }
    let fresh = lane(&core, "fresh");
    for id in 0..200 {
        submit_sized(&core, &fresh, id, 9_500);
    }
    assert!(dropped(&fresh, DropReason::BufferFull) > 100);
    for lane in &proven {
        assert_eq!(lane.state().counts().dropped(), 0);
    }
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn a_flush_that_waits_for_what_gives_way_ends_and_says_so() {
    let intake = FakeIntake::new(|_| Answer::Status(503));
    let core = core(
        Settings {
            max_buffered_bytes_failing: 100_000,
            ..settings()
        },
        &intake,
    );
    let (small, flood) = (lane(&core, "small"), lane(&core, "flood"));
    submit_sized(&core, &small, 0, 10_000);
    sleep(Duration::from_millis(500)).await;
    assert_eq!(small.state().standing(), Standing::Failing);
    let flushed = tokio::spawn(core.flush(Duration::from_secs(60), Some(Arc::clone(&small))));
    sleep(Duration::from_millis(1)).await;
    submit_sized(&core, &small, 1, 200_000);
    submit_sized(&core, &flood, 2, 10);
    let report = flushed.await.unwrap();
    assert_eq!((report.total.dropped, report.pending), (1, 0));
    assert_eq!(dropped(&small, DropReason::Evicted), 2);
    assert_eq!(core.failing_bytes(), 0);
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn a_body_is_a_part_of_the_memory_and_the_first_one_a_small_part() {
    let intake = FakeIntake::new(|_| Answer::Status(202));
    let core = core(settings(), &intake);
    let acme = lane(&core, "acme");
    for round in 0..2 {
        for id in 0..90 {
            submit_sized(&core, &acme, id, 10_000);
        }
        let first = intake.arrivals().len();
        sleep(Duration::from_secs(1)).await;
        let bodies = intake.arrivals()[first..].to_vec();
        let largest = bodies
            .iter()
            .map(|arrival| arrival.body.len())
            .max()
            .unwrap();
        assert!(
            largest <= TOTAL_BYTES / 8 && largest > TOTAL_BYTES / 9,
            "{largest}"
        );
        let smallest = bodies[0].body.len();
        assert_eq!(smallest <= TOTAL_BYTES / 256, round == 0, "{smallest}");
    }
    assert_eq!(acme.state().counts().delivered(), 180);
}

#[tokio::test(start_paused = true)]
async fn many_lanes_with_one_small_event_each_are_charged_for_more_than_its_text() {
    let intake = FakeIntake::new(|_| Answer::Fail(TransportError::Connect));
    let core = core(settings(), &intake);
    let many = lanes(&core, "many", 5_000);
    for (id, lane) in (0..).zip(&many) {
        submit(&core, lane, id);
    }
    sleep(Duration::from_secs(30)).await;
    let held = core.totals().all.held();
    assert!(held > 500 && core.failing_bytes() <= FAILING_BYTES);
    assert!(core.held_bytes() >= usize::try_from(held).unwrap() * LANE_OVERHEAD_BYTES);
    assert_balanced(&core);
}
