//! Short-lived tenants leave nothing behind, and an idle lane costs nothing.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test chooses its own time and stops where it fails"
)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use spanlane::settings::Settings;
use support::{Answer, FakeIntake, assert_balanced, core, lane, submit};
use tokio::time::sleep;

#[tokio::test(start_paused = true)]
async fn twenty_thousand_tenants_of_one_event_each_are_delivered_and_forgotten() {
    let intake = FakeIntake::counting();
    let core = core(Settings::default(), &intake);
    for round in 0..20 {
        for index in 0..1_000 {
            submit(&core, &lane(&core, &format!("k{round}-{index}")), index);
        }
        let report = core.flush(Duration::from_secs(5), None).await;
        assert_eq!((report.total.delivered, report.pending), (1_000, 0));
    }
    sleep(Duration::from_secs(200)).await;
    let (totals, tenants) = (core.totals(), core.tenants());
    assert_eq!(
        (
            tenants.len(),
            totals.closed.delivered(),
            totals.all.delivered()
        ),
        (0, 20_000, 20_000)
    );
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn a_lane_that_is_held_or_holds_something_stays_open() {
    let intake =
        FakeIntake::new(|arrival| Answer::Status(if arrival.key == "revoked" { 403 } else { 202 }));
    let core = core(Settings::default(), &intake);
    let kept = lane(&core, "kept");
    submit(&core, &lane(&core, "revoked"), 1);
    submit(&core, &lane(&core, "done"), 1);
    sleep(Duration::from_secs(600)).await;
    assert_eq!(
        core.tenants().len(),
        2,
        "the one without holder or events has closed"
    );
    submit(&core, &kept, 2);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(kept.state().counts().delivered(), 1);
    drop(kept);
    sleep(Duration::from_secs(600)).await;
    assert_eq!((core.tenants().len(), core.held()), (1, 1));
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn a_core_that_is_dropped_still_delivers_what_it_holds() {
    let intake = FakeIntake::new(|_| Answer::Late(Duration::from_secs(2), 202));
    let core = core(Settings::default(), &intake);
    submit(&core, &lane(&core, "acme"), 7);
    drop(core);
    sleep(Duration::from_secs(10)).await;
    assert_eq!(
        intake
            .arrivals()
            .iter()
            .flat_map(support::Arrival::ids)
            .collect::<Vec<_>>(),
        [7]
    );
    assert_eq!(
        Arc::strong_count(&intake),
        1,
        "scheduler and attempts are gone with it"
    );
}
