//! A tenant's new key takes over what the old one could not deliver, and nothing else changes.

#![allow(
    clippy::unchecked_time_subtraction,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test chooses its own time and stops where it fails"
)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use spanlane::core::Core;
use spanlane::lane::Lane;
use spanlane::settings::Settings;
use spanlane::tenant::DestinationText;
use support::{Answer, Arrival, FakeIntake, assert_balanced, core, submit};
use tokio::time::sleep;

const LIMIT: Duration = Duration::from_secs(5);

fn labelled(core: &Core, key: &str, site: &str) -> Arc<Lane> {
    core.open_lane(DestinationText::new(key, site).labelled("acme"))
        .unwrap()
}

fn intake_that_knows(key: &'static str) -> Arc<FakeIntake> {
    FakeIntake::new(move |arrival| Answer::Status(if arrival.key == key { 202 } else { 403 }))
}

#[tokio::test(start_paused = true)]
async fn a_parked_lane_is_delivered_with_the_new_key_at_its_own_site() {
    let intake = intake_that_knows("new");
    let core = core(Settings::default(), &intake);
    let (us, eu) = (
        labelled(&core, "old", "datadoghq.com"),
        labelled(&core, "old", "datadoghq.eu"),
    );
    for id in 0..10 {
        submit(&core, &us, id);
        submit(&core, &eu, 100 + id);
        sleep(Duration::from_secs(1)).await;
    }
    let flushed = tokio::spawn(core.flush(LIMIT, None));
    sleep(Duration::from_millis(1)).await;
    assert_eq!(core.rotate("acme", "new").unwrap(), 2);
    let report = flushed.await.unwrap();
    assert_eq!(
        (report.total.delivered, report.pending),
        (20, 0),
        "a flush in waiting goes along"
    );
    submit(&core, &us, 10);
    core.flush(LIMIT, None).await;
    let delivered: Vec<Arrival> = intake.arrivals_of("new");
    let of_site = |part: &str| {
        let mut ids: Vec<u64> = delivered
            .iter()
            .filter(|a| a.url.contains(part))
            .flat_map(Arrival::ids)
            .collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(
        of_site("datadoghq.com/"),
        (0..11).collect::<Vec<_>>(),
        "a context of the old key follows"
    );
    assert_eq!(of_site("datadoghq.eu/"), (100..110).collect::<Vec<_>>());
    let before = intake.arrivals_of("old").len();
    sleep(Duration::from_secs(7_200)).await;
    assert_eq!(
        intake.arrivals_of("old").len(),
        before,
        "the old key is not used again"
    );
    assert_eq!((core.held(), core.totals().all.submitted()), (0, 21));
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn what_was_in_flight_with_the_old_key_and_is_refused_goes_to_the_new_one() {
    let intake = FakeIntake::new(|arrival| {
        if arrival.key == "old" {
            Answer::Late(Duration::from_millis(500), 403)
        } else {
            Answer::Status(202)
        }
    });
    let core = core(Settings::default(), &intake);
    let acme = labelled(&core, "old", "datadoghq.com");
    submit(&core, &acme, 1);
    sleep(Duration::from_millis(300)).await;
    core.rotate("acme", "new").unwrap();
    sleep(LIMIT).await;
    assert_eq!(
        intake
            .arrivals_of("new")
            .iter()
            .flat_map(Arrival::ids)
            .collect::<Vec<_>>(),
        [1]
    );
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn a_key_can_be_rotated_there_and_back() {
    let intake = intake_that_knows("first");
    let core = core(Settings::default(), &intake);
    let acme = labelled(&core, "first", "datadoghq.com");
    core.rotate("acme", "second").unwrap();
    submit(&core, &acme, 1);
    core.flush(Duration::from_millis(100), None).await;
    core.rotate("acme", "first").unwrap();
    submit(&core, &acme, 2);
    submit(&core, &labelled(&core, "second", "datadoghq.com"), 3);
    assert_eq!(core.flush(LIMIT, None).await.pending, 0);
    let mut ids: Vec<u64> = intake
        .arrivals_of("first")
        .iter()
        .flat_map(Arrival::ids)
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, [1, 2, 3]);
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn an_exported_reference_means_the_new_key() {
    let intake = intake_that_knows("new");
    let core = core(Settings::default(), &intake);
    let reference = core
        .export_route(&labelled(&core, "old", "datadoghq.com"))
        .unwrap();
    core.rotate("acme", "new").unwrap();
    let lane = core.import_route(&reference).unwrap();
    assert_eq!(
        lane.endpoint,
        labelled(&core, "new", "datadoghq.com").endpoint
    );
}

#[tokio::test(start_paused = true)]
async fn a_wrong_key_or_an_unknown_label_moves_nothing() {
    let intake = intake_that_knows("old");
    let core = core(Settings::default(), &intake);
    let acme = labelled(&core, "old", "datadoghq.com");
    assert_eq!(
        core.rotate("acme", "two words").unwrap_err().code(),
        "SPANLANE_INVALID_API_KEY"
    );
    assert_eq!(core.rotate("globex", "new").unwrap(), 0);
    submit(&core, &acme, 1);
    assert_eq!(core.flush(LIMIT, None).await.total.delivered, 1);
}
