//! How long to wait before an attempt is repeated.
//!
//! Pure: the number of failures, the server's hint and a random source go in, a duration comes
//! out. Never: reads a clock, sleeps, or gives up (age limits are the caller's).

use std::time::Duration;

/// A server's hint is spread by up to this part of it (and at most one base), so that tenants
/// with the same hint do not come back in the same instant.
const HINT_SPREAD_DIVISOR: u32 = 4;

/// How a wait is drawn below its ceiling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Jitter {
    /// Anything from nothing to the ceiling: the widest spread of many clients.
    Full,
    /// From half the ceiling to the ceiling: keeps a distance between probes.
    Equal,
}

/// A rule for growing waits: the ceiling doubles with every failure, up to a cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    base: Duration,
    cap: Duration,
    jitter: Jitter,
}

impl Backoff {
    /// For failures that pass: 1 s, doubling to 64 s, with full jitter.
    #[must_use]
    pub const fn retry() -> Self {
        Self {
            base: Duration::from_secs(1),
            cap: Duration::from_secs(64),
            jitter: Jitter::Full,
        }
    }

    /// For an intake that is missing or redirects: 30 s to 60 s at first, growing to 300 s.
    #[must_use]
    pub const fn slow() -> Self {
        Self {
            base: Duration::from_secs(60),
            cap: Duration::from_secs(300),
            jitter: Jitter::Equal,
        }
    }

    /// For the probes of a lane whose key is refused: up to 1 s at first, growing to 15 min,
    /// never less than half of that.
    #[must_use]
    pub const fn probe() -> Self {
        Self {
            base: Duration::from_secs(1),
            cap: Duration::from_secs(15 * 60),
            jitter: Jitter::Equal,
        }
    }

    /// The wait after `failures` failures in a row (the first is 1). Never shorter than `hint`;
    /// never longer than the cap, or than the hint and its spread.
    #[must_use]
    pub fn delay(
        &self,
        failures: u32,
        hint: Option<Duration>,
        rng: &mut fastrand::Rng,
    ) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let ceiling = self.base.saturating_mul(1 << doublings).min(self.cap);
        let drawn = match self.jitter {
            Jitter::Full => ceiling.mul_f64(rng.f64()),
            Jitter::Equal => ceiling.mul_f64(rng.f64().midpoint(1.0)),
        };
        let hinted = hint.map_or(Duration::ZERO, |hint| {
            let spread = self.base.min(hint / HINT_SPREAD_DIVISOR);
            hint.saturating_add(spread.mul_f64(rng.f64()))
        });
        drawn.max(hinted)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULES: [Backoff; 3] = [Backoff::retry(), Backoff::slow(), Backoff::probe()];

    fn extremes(rule: Backoff, failures: u32) -> (f64, f64) {
        let mut rng = fastrand::Rng::with_seed(7);
        let delays: Vec<f64> = (0..4_000)
            .map(|_| rule.delay(failures, None, &mut rng).as_secs_f64())
            .collect();
        let least = delays.iter().copied().fold(f64::INFINITY, f64::min);
        let most = delays.iter().copied().fold(0.0, f64::max);
        (least, most)
    }

    #[test]
    fn waits_use_the_whole_range_of_their_row_and_no_more() {
        for (rule, failures, low, high) in [
            (Backoff::retry(), 0, 0.0, 1.0),
            (Backoff::retry(), 1, 0.0, 1.0),
            (Backoff::retry(), 2, 0.0, 2.0),
            (Backoff::retry(), 6, 0.0, 32.0),
            (Backoff::retry(), 7, 0.0, 64.0),
            (Backoff::retry(), 8, 0.0, 64.0),
            (Backoff::retry(), u32::MAX, 0.0, 64.0),
            (Backoff::slow(), 1, 30.0, 60.0),
            (Backoff::slow(), 2, 60.0, 120.0),
            (Backoff::slow(), 3, 120.0, 240.0),
            (Backoff::slow(), 4, 150.0, 300.0),
            (Backoff::probe(), 1, 0.5, 1.0),
            (Backoff::probe(), 10, 256.0, 512.0),
            (Backoff::probe(), 11, 450.0, 900.0),
            (Backoff::probe(), u32::MAX, 450.0, 900.0),
        ] {
            let (least, most) = extremes(rule, failures);
            let slack = (high - low) / 100.0;
            assert!(
                least >= low && most <= high,
                "{rule:?} {failures}: {least} {most}"
            );
            assert!(
                least < low + slack && most > high - slack,
                "{rule:?} {failures}"
            );
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_waits() {
        let waits = |seed| {
            let mut rng = fastrand::Rng::with_seed(seed);
            [1, 2, 3].map(|failures| Backoff::retry().delay(failures, None, &mut rng))
        };
        assert_eq!(waits(1), waits(1));
        assert_ne!(waits(1), waits(2));
    }

    #[test]
    fn a_hint_of_nothing_changes_nothing() {
        let wait = |hint| Backoff::retry().delay(3, hint, &mut fastrand::Rng::with_seed(9));
        assert_eq!(wait(None), wait(Some(Duration::ZERO)));
    }

    proptest! {
        /// No wait is shorter than the server asks for, or longer than the larger of the cap and
        /// the hint with its spread.
        #[test]
        fn a_wait_respects_the_hint_and_the_cap(
            rule in prop::sample::select(&RULES[..]),
            failures in any::<u32>(),
            hint_ms in prop::option::of(0u64..=300_000),
            seed in any::<u64>(),
        ) {
            let hint = hint_ms.map(Duration::from_millis);
            let wait = rule.delay(failures, hint, &mut fastrand::Rng::with_seed(seed));
            let asked = hint.unwrap_or_default();
            prop_assert!(wait >= asked);
            prop_assert!(wait <= rule.cap.max(asked + rule.base.min(asked / 4)));
            if rule.jitter == Jitter::Equal {
                prop_assert!(wait >= rule.base / 2);
            }
        }
    }
}
