//! No tenant touches another: a slow, refused, failing, flooding or crashing one changes nothing for the rest.

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

use spanlane::delivery::TransportError;
use spanlane::lane::Lane;
use spanlane::settings::Settings;
use spanlane::stats::DropReason;
use support::{Answer, FakeIntake, assert_balanced, core, lane, submit, submit_sized};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

/// One span per tenant and second for ten seconds; returns the longest lag of the healthy ones.
async fn worst_lag(bad: usize) -> Duration {
    let intake = FakeIntake::new(|arrival| {
        if arrival.key.starts_with("bad") {
            Answer::BlackHole
        } else {
            Answer::Late(Duration::from_millis(50), 202)
        }
    });
    let core = core(Settings::default(), &intake);
    let healthy: Vec<Arc<Lane>> = (0..100)
        .map(|index| lane(&core, &format!("good{index}")))
        .collect();
    let failing: Vec<Arc<Lane>> = (0..bad)
        .map(|index| lane(&core, &format!("bad{index}")))
        .collect();
    let started = Instant::now();
    for second in 0..10 {
        for lane in healthy.iter().chain(&failing) {
            submit(&core, lane, second);
        }
        sleep(Duration::from_secs(1)).await;
    }
    sleep(Duration::from_secs(2)).await;
    let mut worst = Duration::ZERO;
    let mut arrived = 0;
    for arrival in intake
        .arrivals()
        .iter()
        .filter(|arrival| arrival.key.starts_with("good"))
    {
        for id in arrival.ids() {
            worst = worst.max(arrival.at.saturating_sub(Duration::from_secs(id)));
            arrived += 1;
        }
    }
    assert_eq!(arrived, 1_000, "every healthy tenant's span arrived");
    assert!(started.elapsed() >= Duration::from_secs(12));
    assert_balanced(&core);
    worst
}

#[tokio::test(start_paused = true)]
async fn a_black_holed_tenant_does_not_delay_the_others() {
    let (alone, beside) = (worst_lag(0).await, worst_lag(1).await);
    assert!(
        beside <= alone.mul_f64(1.1),
        "healthy lag {alone:?} became {beside:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn fifty_black_holed_tenants_of_150_do_not_delay_the_others_once_known() {
    let (alone, beside) = (worst_lag(0).await, worst_lag(50).await);
    // The first second is the cold start: nobody can know yet who will not answer.
    assert!(
        beside <= alone + Duration::from_secs(1),
        "healthy lag {alone:?} became {beside:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_refused_key_pauses_its_own_lane_and_no_other() {
    let intake =
        FakeIntake::new(|arrival| Answer::Status(if arrival.key == "revoked" { 403 } else { 202 }));
    let core = core(Settings::default(), &intake);
    let (revoked, acme) = (lane(&core, "revoked"), lane(&core, "acme"));
    for id in 0..100 {
        submit(&core, &revoked, id);
        submit(&core, &acme, id);
        sleep(Duration::from_secs(1)).await;
    }
    core.flush(Duration::from_secs(1), None).await;
    assert_eq!(acme.state().counts().delivered(), 100);
    assert_eq!(
        revoked.state().counts().held(),
        100,
        "they wait for a key that works"
    );
    assert!(revoked.state().parked_since().is_some());
    assert!(
        intake.arrivals_of("revoked").len() <= 10,
        "probes come at growing intervals"
    );
    intake.set_script(|_| Answer::Status(202));
    sleep(Duration::from_secs(900)).await;
    assert_eq!(
        revoked.state().counts().delivered(),
        100,
        "a probe found the key accepted"
    );
    assert!(revoked.state().parked_since().is_none());
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_refused_at_its_own_share() {
    let intake = FakeIntake::new(|arrival| {
        if arrival.key == "flood" {
            Answer::BlackHole
        } else {
            Answer::Status(202)
        }
    });
    let settings = Settings {
        max_buffered_bytes_per_tenant: 100_000,
        max_buffered_bytes: 150_000,
        ..Settings::default()
    };
    let core = core(settings, &intake);
    let (flood, acme) = (lane(&core, "flood"), lane(&core, "acme"));
    for id in 0..1_000 {
        submit_sized(&core, &flood, id, 1_000);
        assert!(core.held_bytes() <= 150_000);
    }
    for id in 0..20 {
        submit_sized(&core, &acme, id, 1_000);
    }
    core.flush(Duration::from_secs(1), Some(Arc::clone(&acme)))
        .await;
    assert_eq!(acme.state().counts().delivered(), 20);
    let counts = flood.state().counts().clone();
    assert!(counts.held() < 100 && counts.dropped() > 900, "{counts:?}");
    assert_eq!(
        counts
            .losses()
            .unwrap()
            .dropped_for(DropReason::TenantShare),
        counts.dropped()
    );
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_one_attempt_is_contained_and_counted_and_the_lane_goes_on() {
    let mut panics = 1;
    let intake = FakeIntake::new(move |arrival| {
        if arrival.key == "cursed" && panics > 0 {
            panics -= 1;
            return Answer::Panic;
        }
        Answer::Status(202)
    });
    let core = core(Settings::default(), &intake);
    let (cursed, acme) = (lane(&core, "cursed"), lane(&core, "acme"));
    submit(&core, &cursed, 1);
    submit(&core, &acme, 1);
    let report = core.flush(Duration::from_secs(5), None).await;
    assert_eq!(
        (report.total.delivered, report.total.dropped, report.pending),
        (1, 1, 0)
    );
    submit(&core, &cursed, 2);
    core.flush(Duration::from_secs(5), None).await;
    let counts = cursed.state().counts().clone();
    assert_eq!(
        (
            counts.delivered(),
            counts
                .losses()
                .unwrap()
                .dropped_for(DropReason::InternalError)
        ),
        (1, 1)
    );
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn at_exit_healthy_tenants_are_delivered_and_a_black_hole_cannot_eat_the_deadline() {
    let intake = FakeIntake::new(|arrival| {
        if arrival.key.starts_with("bad") {
            Answer::BlackHole
        } else {
            Answer::Status(202)
        }
    });
    let core = core(Settings::default(), &intake);
    for index in 0..200 {
        submit(&core, &lane(&core, &format!("bad{index}")), index);
        submit(&core, &lane(&core, &format!("good{index}")), index);
    }
    let report = core.shutdown(Duration::from_secs(3)).await;
    assert_eq!((report.total.delivered, report.pending), (200, 200));
    let total = core.totals().all;
    assert_eq!(
        (total.delivered(), total.dropped(), total.held()),
        (200, 200, 0)
    );
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn one_lane_has_at_most_its_requests_in_flight() {
    let intake = FakeIntake::new(|_| Answer::BlackHole);
    let core = core(
        Settings {
            max_payload_bytes: 2_000,
            ..Settings::default()
        },
        &intake,
    );
    let acme = lane(&core, "acme");
    for id in 0..100 {
        submit_sized(&core, &acme, id, 1_500);
    }
    sleep(Duration::from_millis(900)).await;
    assert_eq!(intake.arrivals().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_tenants_that_are_never_answered_and_come_first_do_not_hold_every_slot() {
    let intake = FakeIntake::new(|arrival| {
        if arrival.key.starts_with("bad") {
            Answer::BlackHole
        } else {
            Answer::Late(Duration::from_millis(50), 202)
        }
    });
    let core = core(Settings::default(), &intake);
    for index in 0..1_000 {
        submit(&core, &lane(&core, &format!("bad{index}")), index);
    }
    sleep(Duration::from_millis(250)).await;
    for index in 0..100 {
        submit(&core, &lane(&core, &format!("good{index}")), index);
    }
    sleep(Duration::from_secs(30)).await;
    let worst = intake
        .arrivals()
        .iter()
        .filter(|arrival| arrival.key.starts_with("good"))
        .map(|arrival| arrival.at)
        .max();
    // A thousand lanes without an answer, 256 slots, a second each: four rounds. A whole timeout each would be twenty seconds.
    assert!(worst.unwrap() <= Duration::from_secs(6), "{worst:?}");
    assert_eq!(core.totals().all.delivered(), 100);
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn verifications_share_the_request_slots_with_deliveries() {
    let gate = Arc::new(Semaphore::new(0));
    let behind = Arc::clone(&gate);
    let intake = FakeIntake::new(move |_| Answer::Gate(Arc::clone(&behind)));
    let settings = Settings {
        max_requests_in_flight: 10,
        ..Settings::default()
    };
    let core = core(settings, &intake);
    let (asked, delivering) = (lane(&core, "asked"), lane(&core, "delivering"));
    let asking: Vec<_> = (0..100)
        .map(|_| tokio::spawn(core.verify(Arc::clone(&asked))))
        .collect();
    sleep(Duration::from_millis(900)).await;
    assert_eq!(intake.arrivals().len(), 2, "a fifth of the slots");
    submit(&core, &delivering, 1);
    sleep(Duration::from_millis(900)).await;
    assert_eq!(
        intake.arrivals_of("delivering").len(),
        1,
        "the rest is there for deliveries"
    );
    gate.add_permits(1_000);
    for answer in asking {
        assert_eq!(answer.await.unwrap(), Ok(202));
    }
    assert_eq!(intake.arrivals_of("asked").len(), 100);
    let report = core.flush(Duration::from_secs(1), None).await;
    assert_eq!(report.total.delivered, 1);
}

#[tokio::test(start_paused = true)]
async fn probes_and_verifications_take_turns() {
    let intake = FakeIntake::new(|_| Answer::Late(Duration::from_millis(500), 503));
    let settings = Settings {
        max_requests_in_flight: 5,
        ..Settings::default()
    };
    let core = core(settings, &intake);
    let failing: Vec<Arc<Lane>> = (0..50)
        .map(|index| lane(&core, &format!("failing{index}")))
        .collect();
    for lane in &failing {
        submit(&core, lane, 1);
    }
    // All have failed by then, and most wait for the one seat of a probe.
    sleep(Duration::from_secs(8)).await;
    let (before, asked) = (intake.arrivals().len(), lane(&core, "asked"));
    for _ in 0..40 {
        tokio::spawn(core.verify(Arc::clone(&asked)));
    }
    sleep(Duration::from_secs(10)).await;
    let verified = intake.arrivals_of("asked").len();
    let probed = intake.arrivals().len() - before - verified;
    assert!(verified >= 8 && probed >= 8, "{verified} {probed}");
}

#[tokio::test(start_paused = true)]
async fn a_verification_is_answered_whatever_happens() {
    let intake = FakeIntake::new(|arrival| match &*arrival.key {
        "panic" => Answer::Panic,
        "gated" => Answer::Gate(Arc::new(Semaphore::new(0))),
        _ => Answer::Fail(TransportError::ProxyAuth),
    });
    let settings = Settings {
        max_requests_in_flight: 1,
        ..Settings::default()
    };
    let core = core(settings, &intake);
    for (key, expected) in [
        ("panic", "internal_error"),
        ("refused", "proxy_auth_required"),
        ("gated", "no_slot"),
        ("refused", "no_slot"),
    ] {
        let answer = core.verify(lane(&core, key)).await;
        assert_eq!(answer, Err(expected), "{key}");
    }
    let waiting = tokio::spawn(core.verify(lane(&core, "refused")));
    sleep(Duration::from_secs(1)).await;
    let _ = core.shutdown(Duration::ZERO).await;
    assert_eq!(waiting.await.unwrap(), Err("shutdown"));
    assert_eq!(core.verify(lane(&core, "refused")).await, Err("shutdown"));
}
