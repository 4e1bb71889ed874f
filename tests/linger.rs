//! An event waits for company where company is likely, and where it is not it leaves at once.

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
use spanlane::lane::Lane;
use spanlane::settings::Settings;
use support::{Answer, FakeIntake, assert_balanced, core, lane, submit};
use tokio::time::{Instant, sleep};

/// The default. A fortieth of it is waited in any case.
const LINGER: Duration = Duration::from_millis(200);
const ALONE: Duration = Duration::from_millis(5);
const SECOND: Duration = Duration::from_secs(1);

struct Scene {
    intake: Arc<FakeIntake>,
    core: Arc<Core>,
    acme: Arc<Lane>,
    started: Instant,
    events: u64,
}

impl Scene {
    fn new() -> Self {
        let intake = FakeIntake::new(|_| Answer::Late(Duration::from_millis(20), 202));
        let core = core(Settings::default(), &intake);
        let acme = lane(&core, "acme");
        Self {
            intake,
            core,
            acme,
            started: Instant::now(),
            events: 0,
        }
    }

    /// Submits so many events at this time of the scene.
    async fn at(&mut self, time: Duration, events: u64) {
        tokio::time::sleep_until(self.started + time).await;
        for _ in 0..events {
            self.events += 1;
            submit(&self.core, &self.acme, self.events);
        }
    }

    /// What arrived when, in milliseconds: how many events each body had.
    async fn bodies(self) -> Vec<(u128, usize)> {
        sleep(SECOND).await;
        assert_balanced(&self.core);
        let arrivals = self.intake.arrivals();
        arrivals
            .iter()
            .map(|it| (it.at.as_millis(), it.ids().len()))
            .collect()
    }
}

#[tokio::test(start_paused = true)]
async fn events_that_come_one_a_second_leave_at_once_but_for_the_first() {
    let mut scene = Scene::new();
    for second in 0..4 {
        scene.at(second * SECOND, 1).await;
    }
    let bodies = scene.bodies().await;
    assert_eq!(bodies.len(), 4);
    for (second, (at, events)) in bodies.into_iter().enumerate() {
        let lag = at - second as u128 * SECOND.as_millis();
        let waits = if second == 0 { LINGER } else { ALONE };
        let waits = waits.as_millis();
        assert!((waits..=waits + 2).contains(&lag), "{lag}");
        assert_eq!(events, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn what_comes_together_goes_together_after_the_linger() {
    let mut scene = Scene::new();
    scene.at(Duration::ZERO, 2).await;
    scene.at(LINGER / 2, 1).await;
    let bodies = scene.bodies().await;
    assert_eq!(bodies.len(), 1);
    assert_eq!(bodies[0].1, 3);
    assert!(bodies[0].0 >= LINGER.as_millis());
}

#[tokio::test(start_paused = true)]
async fn a_parent_that_ends_right_after_its_child_is_company() {
    let mut scene = Scene::new();
    scene.at(Duration::ZERO, 1).await;
    scene.at(SECOND, 1).await;
    scene.at(SECOND + ALONE / 2, 1).await;
    assert_eq!(scene.bodies().await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn after_one_that_left_alone_and_was_followed_the_next_ones_wait() {
    let mut scene = Scene::new();
    scene.at(Duration::ZERO, 1).await;
    scene.at(SECOND, 1).await;
    // Followed: from here on company is likely.
    scene.at(SECOND + LINGER / 2, 1).await;
    scene.at(SECOND + LINGER, 1).await;
    scene.at(5 * SECOND, 1).await;
    scene.at(5 * SECOND + LINGER / 2, 1).await;
    let bodies = scene.bodies().await;
    let events: Vec<_> = bodies.iter().map(|(_, events)| *events).collect();
    assert_eq!(events, [1, 1, 2, 2]);
}

#[tokio::test(start_paused = true)]
async fn after_four_waits_in_vain_nobody_is_expected() {
    let mut scene = Scene::new();
    scene.at(Duration::ZERO, 2).await;
    for second in 1..=6 {
        scene.at(second * SECOND, 1).await;
    }
    let bodies = scene.bodies().await;
    let waited: Vec<_> = bodies
        .iter()
        .enumerate()
        .map(|(second, (at, _))| at - second as u128 * SECOND.as_millis())
        .map(|lag| lag >= LINGER.as_millis())
        .collect();
    assert_eq!(waited, [true, true, true, true, true, false, false]);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_comes_while_one_is_on_its_way_waits() {
    let mut scene = Scene::new();
    scene.at(Duration::ZERO, 1).await;
    scene.at(SECOND, 1).await;
    scene.at(SECOND + ALONE * 3, 1).await;
    let bodies = scene.bodies().await;
    assert_eq!(bodies.len(), 3);
    assert!(bodies[2].0 >= (SECOND + ALONE * 3 + LINGER).as_millis());
}
