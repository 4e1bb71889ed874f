//! What a lane knows about its destination: whether it may try now, and how carefully.
//!
//! Pure: `now` and randomness come in, a decision goes out. One lane's health never looks at another's.

use std::time::Duration;

use tokio::time::Instant;

use crate::delivery::backoff::Backoff;
use crate::settings::NEW_TROUBLE_FAILURES_MAX;

/// The breaker and the clocks of one lane.
#[derive(Debug, Default)]
pub struct Health {
    failures: u32,
    probes: u32,
    blocked_until: Option<Instant>,
    parked_since: Option<Instant>,
    suspect: bool,
    excused: Duration,
}

impl Health {
    /// What a lane that never failed knows.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            failures: 0,
            probes: 0,
            blocked_until: None,
            parked_since: None,
            suspect: false,
            excused: Duration::ZERO,
        }
    }

    /// True when nothing is known against the destination: an idle lane may forget the rest.
    #[must_use]
    pub fn is_well(&self) -> bool {
        !self.is_probing() && self.blocked_until.is_none()
    }

    /// True while the lane must try with one request at a time and within the probe share.
    #[must_use]
    pub fn is_probing(&self) -> bool {
        self.suspect || self.is_failing()
    }

    /// True when the last attempt that ended failed, or the key is refused.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.failures > 0 || self.parked_since.is_some()
    }

    /// True while it is more likely to pass than to stay.
    #[must_use]
    pub fn is_trouble_new(&self) -> bool {
        self.failures <= NEW_TROUBLE_FAILURES_MAX && self.parked_since.is_none()
    }

    /// True while an attempt has had no answer for long.
    #[must_use]
    pub fn is_suspect(&self) -> bool {
        self.suspect
    }

    /// The moment before which nothing is attempted.
    #[must_use]
    pub fn blocked_until(&self, now: Instant) -> Option<Instant> {
        self.blocked_until.filter(|until| *until > now)
    }

    /// Since when the key is refused.
    #[must_use]
    pub fn parked_since(&self) -> Option<Instant> {
        self.parked_since
    }

    /// Waiting that does not count towards a batch's retry age: the server asked for it, the key was refused, or
    /// there was no free slot.
    #[must_use]
    pub fn excused(&self) -> Duration {
        self.excused
    }

    /// An attempt begins. It might have begun when the last wait was over: the time since then was spent queueing
    /// behind others, whose failures are not this lane's.
    pub fn started(&mut self, now: Instant) {
        if let Some(ready_at) = self.blocked_until.take_if(|until| *until <= now) {
            self.excused += now.saturating_duration_since(ready_at);
        }
    }

    /// An attempt succeeded. True when the lane was failing before.
    pub fn succeeded(&mut self) -> bool {
        let recovered = self.is_failing();
        self.failures = 0;
        self.probes = 0;
        self.blocked_until = None;
        self.parked_since = None;
        self.suspect = false;
        recovered
    }

    /// The intake answered, and the fault was the payload's, not the destination's.
    pub fn answered(&mut self) {
        self.suspect = false;
    }

    /// An attempt has had no answer for longer than a healthy intake needs.
    pub fn grew_slow(&mut self) {
        self.suspect = true;
    }

    /// An attempt failed and may be repeated: wait, longer with every failure, at least as long as the server asks.
    pub fn failed(
        &mut self,
        now: Instant,
        hint: Option<Duration>,
        backoff: &Backoff,
        rng: &mut fastrand::Rng,
    ) {
        self.failures = self.failures.saturating_add(1);
        let delay = backoff.delay(self.failures, hint, rng);
        if let Some(hint) = hint {
            self.excused += hint;
        }
        self.block(now + delay);
    }

    /// A body was refused, which is no failure of the destination: nothing is attempted for a while.
    pub fn pause(&mut self, now: Instant, pause: Duration) {
        self.block(now + pause);
    }

    /// The key was refused: pause and probe, with growing intervals.
    pub fn park(&mut self, now: Instant, rng: &mut fastrand::Rng) -> bool {
        let newly = self.parked_since.is_none();
        self.parked_since.get_or_insert(now);
        self.probes = self.probes.saturating_add(1);
        let delay = Backoff::probe().delay(self.probes, None, rng);
        self.excused += delay;
        self.block(now + delay);
        newly
    }

    /// Two requests may be in flight: the longer wait counts.
    fn block(&mut self, until: Instant) {
        self.blocked_until = Some(self.blocked_until.map_or(until, |before| before.max(until)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const NEXT: Duration = Duration::from_nanos(1);

    fn rng() -> fastrand::Rng {
        fastrand::Rng::with_seed(1)
    }

    /// One more failure, after which the first wait is 30 s to 60 s, the second 60 s to 120 s.
    fn fail(health: &mut Health, now: Instant) {
        health.failed(now, None, &Backoff::slow(), &mut rng());
    }

    fn wait(health: &Health, now: Instant) -> Duration {
        let until = health.blocked_until(now).unwrap();
        until.duration_since(now)
    }

    fn is_between(wait: Duration, least: u32, most: u32) -> bool {
        (SECOND * least..=SECOND * most).contains(&wait)
    }

    #[test]
    fn against_a_lane_that_never_failed_nothing_is_known() {
        let now = Instant::now();
        for health in [Health::new(), Health::default()] {
            assert!(health.is_well() && health.is_trouble_new());
            assert!(!health.is_probing() && !health.is_failing() && !health.is_suspect());
            assert_eq!(health.blocked_until(now), None);
            assert_eq!(health.parked_since(), None);
            assert_eq!(health.excused(), Duration::ZERO);
        }
    }

    #[test]
    fn a_lane_that_waits_for_an_answer_for_long_probes_and_does_not_fail() {
        let mut health = Health::new();
        health.grew_slow();
        assert!(health.is_suspect() && health.is_probing());
        assert!(!health.is_failing() && !health.is_well());
        health.answered();
        assert!(health.is_well() && !health.is_suspect() && !health.is_probing());
    }

    #[test]
    fn a_lane_that_pauses_is_not_well_and_does_not_probe() {
        let (mut health, now) = (Health::new(), Instant::now());
        health.pause(now, SECOND);
        assert!(!health.is_well());
        assert!(!health.is_probing() && !health.is_failing());
        health.started(now + SECOND);
        assert!(health.is_well());
    }

    #[test]
    fn a_failure_is_one_until_a_success_whatever_else_is_answered() {
        let (mut health, now) = (Health::new(), Instant::now());
        fail(&mut health, now);
        health.answered();
        health.started(now + 60 * SECOND);
        assert!(health.is_failing() && health.is_probing() && !health.is_well());
        assert!(health.succeeded(), "it was failing before");
        assert!(health.is_well() && !health.is_failing());
        assert!(!health.succeeded());
    }

    #[test]
    fn a_success_after_a_slow_answer_or_a_pause_is_no_recovery() {
        let (mut health, now) = (Health::new(), Instant::now());
        health.grew_slow();
        health.pause(now, SECOND);
        assert!(!health.succeeded());
        assert!(health.is_well());
        assert_eq!(health.blocked_until(now), None);
    }

    #[test]
    fn trouble_is_new_for_a_few_failures_and_never_with_a_refused_key() {
        let (mut health, now) = (Health::new(), Instant::now());
        for _ in 0..NEW_TROUBLE_FAILURES_MAX {
            fail(&mut health, now);
            assert!(health.is_trouble_new());
        }
        fail(&mut health, now);
        assert!(!health.is_trouble_new());
        assert!(health.succeeded());
        assert!(health.is_trouble_new());
        assert!(health.park(now, &mut rng()));
        assert!(!health.is_trouble_new());
    }

    #[test]
    fn nothing_is_attempted_before_the_moment_and_everything_at_it() {
        let (mut health, now) = (Health::new(), Instant::now());
        health.pause(now, SECOND);
        let until = now + SECOND;
        assert_eq!(health.blocked_until(now), Some(until));
        assert_eq!(health.blocked_until(until - NEXT), Some(until));
        assert_eq!(health.blocked_until(until), None);
        assert_eq!(health.blocked_until(until + NEXT), None);
    }

    #[test]
    fn of_two_waits_the_longer_counts() {
        let (mut health, now) = (Health::new(), Instant::now());
        for (pause, longest) in [(10, 10), (5, 10), (20, 20)] {
            health.pause(now, pause * SECOND);
            assert_eq!(wait(&health, now), longest * SECOND);
        }
    }

    #[test]
    fn the_wait_grows_with_each_failure_and_begins_anew_after_a_success() {
        let (mut health, now) = (Health::new(), Instant::now());
        fail(&mut health, now);
        assert!(is_between(wait(&health, now), 30, 60));
        fail(&mut health, now);
        assert!(is_between(wait(&health, now), 60, 120));
        assert_eq!(health.excused(), Duration::ZERO, "its own clocks asked");
        assert!(health.succeeded());
        fail(&mut health, now);
        assert!(is_between(wait(&health, now), 30, 60));
    }

    #[test]
    fn a_wait_that_the_intake_asks_for_is_kept_and_excused() {
        let (mut health, now) = (Health::new(), Instant::now());
        for asked in [100, 7] {
            let hint = Some(asked * SECOND);
            health.failed(now, hint, &Backoff::retry(), &mut rng());
            assert!(is_between(wait(&health, now), 100, 101));
        }
        assert_eq!(health.excused(), 107 * SECOND);
        assert!(health.succeeded());
        assert_eq!(health.excused(), 107 * SECOND, "batches count from before");
    }

    #[test]
    fn the_time_in_a_queue_after_a_wait_is_excused_once() {
        let (mut health, now) = (Health::new(), Instant::now());
        health.started(now);
        assert_eq!(health.excused(), Duration::ZERO, "there was no wait");
        health.pause(now, 10 * SECOND);
        health.started(now + 9 * SECOND);
        assert_eq!(health.excused(), Duration::ZERO, "the wait goes on");
        assert_eq!(wait(&health, now), 10 * SECOND);
        health.started(now + 13 * SECOND);
        health.started(now + 15 * SECOND);
        assert_eq!(health.excused(), 3 * SECOND);
        assert!(health.is_well());
    }

    #[test]
    fn a_refused_key_is_so_since_the_first_refusal_and_probed_ever_less_often() {
        let (mut health, now) = (Health::new(), Instant::now());
        assert!(health.park(now, &mut rng()), "newly");
        let first = wait(&health, now);
        assert!((SECOND / 2..=SECOND).contains(&first));
        assert_eq!(health.excused(), first);
        let later = now + SECOND;
        assert!(!health.park(later, &mut rng()), "it is known");
        assert!(is_between(wait(&health, later), 1, 2));
        assert_eq!(health.excused(), first + wait(&health, later));
        assert_eq!(health.parked_since(), Some(now));
        assert!(health.is_failing() && health.is_probing() && !health.is_well());
        assert!(health.succeeded());
        assert_eq!(health.parked_since(), None);
        assert!(health.park(later, &mut rng()), "newly again");
        assert!((SECOND / 2..=SECOND).contains(&wait(&health, later)));
    }
}
