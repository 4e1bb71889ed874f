//! Whether an event that comes to a lane is likely to have company, and how long it is worth waiting for it.
//!
//! Pure, and a byte: a lane has it while it is idle. It looks at what came before in the lane alone.

use std::time::Duration;

/// An event that nobody is expected to follow still waits for this part of the linger: a parent ends right after its
/// child, and the reader of records has looked for some milliseconds already.
const ALONE_DIVISOR: u32 = 40;

/// So many waits in vain before nobody is expected any more. With one, lanes whose events come by chance, one a second,
/// would send a seventh more requests; with four, a 25th.
const PATIENCE: u8 = 4;

/// What a lane expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Company {
    patience: u8,
}

impl Company {
    /// Of a lane of which nothing is known: its first event waits. What a process begins with comes all at once.
    #[must_use]
    pub const fn unknown() -> Self {
        Self { patience: 1 }
    }

    /// How long the first of `waiting` events waits for more of them.
    #[must_use]
    pub fn wait(self, waiting: usize, linger: Duration) -> Duration {
        if waiting > 1 || self.patience > 0 {
            linger
        } else {
            linger / ALONE_DIVISOR
        }
    }

    /// An event came while another waited or was on its way, or soon after.
    pub fn came(&mut self) {
        self.patience = PATIENCE;
    }

    /// An event waited for the whole linger, and alone.
    pub fn stayed_away(&mut self) {
        self.patience = self.patience.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINGER: Duration = Duration::from_millis(200);
    const ALONE: Duration = Duration::from_millis(5);

    /// Of a lane whose first event was alone.
    fn none() -> Company {
        let mut company = Company::unknown();
        assert_eq!(company.wait(1, LINGER), LINGER);
        company.stayed_away();
        company
    }

    #[test]
    fn after_a_first_event_alone_nobody_is_expected_until_somebody_comes() {
        let mut company = none();
        assert_eq!(company.wait(1, LINGER), ALONE);
        company.came();
        assert_eq!(company.wait(1, LINGER), LINGER);
    }

    #[test]
    fn who_has_company_waits_for_more() {
        assert_eq!(none().wait(2, LINGER), LINGER);
    }

    #[test]
    fn nobody_is_expected_after_four_waits_in_vain() {
        let mut company = none();
        company.came();
        for _ in 0..3 {
            company.stayed_away();
            assert_eq!(company.wait(1, LINGER), LINGER);
        }
        company.stayed_away();
        assert_eq!(company.wait(1, LINGER), ALONE);
        company.stayed_away();
        assert_eq!(company, none());
    }

    #[test]
    fn one_that_comes_makes_up_for_those_that_did_not() {
        let mut company = none();
        company.came();
        company.stayed_away();
        company.came();
        for _ in 0..3 {
            company.stayed_away();
        }
        assert_eq!(company.wait(1, LINGER), LINGER);
    }

    #[test]
    fn without_a_linger_nothing_waits() {
        assert_eq!(none().wait(1, Duration::ZERO), Duration::ZERO);
        assert_eq!(none().wait(2, Duration::ZERO), Duration::ZERO);
    }
}
