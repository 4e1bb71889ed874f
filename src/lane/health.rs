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
