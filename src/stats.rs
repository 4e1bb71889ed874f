//! The accounting equation: submitted = delivered + rejected + dropped + held, at every moment.
//!
//! Owns the counters of one lane (or of a sum of lanes), and the reasons of drops. Counters move only through the verbs here, each of
//! which keeps the equation. Never knows what an event is.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use smol_str::SmolStr;

use crate::tenant::Site;

/// Names the reasons once: the list, the names and the number of them follow.
macro_rules! drop_reasons {
    ($($(#[$doc:meta])* $reason:ident = $name:literal,)*) => {
        /// Why an event was dropped before or instead of a verdict of the intake. The names are API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum DropReason {
            $($(#[$doc])* $reason,)*
        }

        impl DropReason {
            /// All reasons in the order of their index.
            pub const ALL: &'static [Self] = &[$(Self::$reason,)*];

            /// The reason's name in `stats()`, in reports and on the diagnostics channel.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$reason => $name,)*
                }
            }
        }
    };
}

drop_reasons! {
    /// The process-wide byte limit was reached.
    BufferFull = "buffer_full",
    /// The tenant's own byte limit was reached.
    TenantShare = "tenant_share",
    /// Taken in, and given up for a tenant that delivers or when failing ones held too much.
    Evicted = "evicted",
    /// No route was known for it.
    NoRoute = "no_route",
    /// The context's key or site was invalid and `onInvalidRoute` is `drop`.
    InvalidRoute = "invalid_route",
    /// It was reported from a queue that all tenants share, so that its context may be another tenant's.
    UnsafeContext = "unsafe_context",
    /// Over the size limit and not trimmable below it.
    TooLarge = "too_large",
    /// The user's processor dropped it, or failed.
    Processor = "processor",
    /// Retried for `maxRetryAgeMs` in vain.
    Expired = "expired",
    /// Older than the intake accepts.
    TooOld = "too_old",
    /// LLM Observability was disabled meanwhile.
    Disabled = "disabled",
    /// A fault of ours, contained.
    InternalError = "internal_error",
    /// Still held when the instance was shut down, or submitted after.
    Shutdown = "shutdown",
}

impl DropReason {
    /// Number of reasons, for tables indexed by one.
    pub const COUNT: usize = Self::ALL.len();

    /// The reason with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|reason| reason.as_str() == name)
    }
}

/// Counters of one lane, or a sum of several. An idle healthy lane allocates nothing for its losses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    submitted: u64,
    delivered: u64,
    held: u64,
    losses: Option<Box<Losses>>,
}

/// What was not delivered, and the side counters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Events refused by the intake, by HTTP status.
    pub rejected: BTreeMap<u16, u64>,
    /// Events dropped here, indexed by [`DropReason`].
    pub dropped: [u64; DropReason::COUNT],
    /// Events that may have arrived twice: an attempt ended without a clear answer and was repeated.
    pub maybe_duplicate: u64,
    /// Spans whose context disagreed with their parent's tenant.
    pub tenant_mismatch: u64,
}

impl Losses {
    /// Events dropped for this reason.
    #[must_use]
    pub fn dropped_for(&self, reason: DropReason) -> u64 {
        self.dropped.get(reason as usize).copied().unwrap_or(0)
    }

    fn add_drop(&mut self, reason: DropReason, events: u64) {
        if let Some(dropped) = self.dropped.get_mut(reason as usize) {
            *dropped += events;
        }
    }
}

/// The counters of all lanes and of what has none, moved along with them: nobody walks a hundred thousand lanes to know
/// their sum.
#[derive(Debug, Default)]
pub struct Sum(Mutex<Counts>);

impl Sum {
    /// The counters, to be moved. Held for one verb, and nothing else is locked under it.
    pub fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sums of a core's counters.
#[derive(Clone, Debug)]
pub struct Totals {
    /// Everything.
    pub all: Counts,
    /// Lanes that have closed.
    pub closed: Counts,
    /// Events that never had a lane.
    pub unrouted: Counts,
}

/// One lane's counters and health.
#[derive(Clone, Debug)]
pub struct TenantStats {
    /// The tenant's label.
    pub tenant: SmolStr,
    /// The lane's site.
    pub site: Site,
    /// Its counters.
    pub counts: Counts,
    /// How long ago the last delivery was.
    pub last_success_age: Option<Duration>,
    /// Why the last attempt failed; none since a success.
    pub last_error: Option<String>,
    /// For how long the key has been refused.
    pub parked_age: Option<Duration>,
}

impl Counts {
    /// Events taken in.
    #[must_use]
    pub fn submitted(&self) -> u64 {
        self.submitted
    }

    /// Events the intake accepted.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Events in a buffer, in a batch or in flight.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.held
    }

    /// Events the intake refused.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.losses
            .as_ref()
            .map_or(0, |losses| losses.rejected.values().sum())
    }

    /// Events dropped here.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.losses
            .as_ref()
            .map_or(0, |losses| losses.dropped.iter().sum())
    }

    /// The losses by status and reason, where there are any.
    #[must_use]
    pub fn losses(&self) -> Option<&Losses> {
        self.losses.as_deref()
    }

    /// True while the equation holds. Tests assert it; nothing in the core branches on it.
    #[must_use]
    pub fn balanced(&self) -> bool {
        self.submitted == self.delivered + self.rejected() + self.dropped() + self.held
    }

    /// Takes in events that are now held.
    pub fn hold(&mut self, events: u64) {
        self.submitted += events;
        self.held += events;
    }

    /// Held events leave for another lane of the same tenant, which takes them in with [`Counts::hold`].
    pub fn move_out(&mut self, events: u64) {
        let events = self.release(events);
        self.submitted -= events;
    }

    /// Counts events that were dropped before they were held.
    pub fn refuse(&mut self, reason: DropReason, events: u64) {
        self.submitted += events;
        self.losses_mut().add_drop(reason, events);
    }

    /// Held events were accepted by the intake.
    pub fn deliver(&mut self, events: u64) {
        let events = self.release(events);
        self.delivered += events;
    }

    /// Held events were refused by the intake.
    pub fn reject(&mut self, status: u16, events: u64) {
        let events = self.release(events);
        if events != 0 {
            *self.losses_mut().rejected.entry(status).or_default() += events;
        }
    }

    /// Held events were dropped.
    pub fn drop_held(&mut self, reason: DropReason, events: u64) {
        let events = self.release(events);
        if events != 0 {
            self.losses_mut().add_drop(reason, events);
        }
    }

    /// Side counter: events that may have arrived twice.
    pub fn note_maybe_duplicate(&mut self, events: u64) {
        self.losses_mut().maybe_duplicate += events;
    }

    /// Side counter: spans whose context disagreed with their parent's tenant.
    pub fn note_tenant_mismatch(&mut self, spans: u64) {
        self.losses_mut().tenant_mismatch += spans;
    }

    /// Adds another lane's counters, for totals and for lanes that close.
    pub fn add(&mut self, other: &Self) {
        self.submitted += other.submitted;
        self.delivered += other.delivered;
        self.held += other.held;
        if let Some(losses) = &other.losses {
            let own = self.losses_mut();
            for (status, events) in &losses.rejected {
                *own.rejected.entry(*status).or_default() += events;
            }
            for (own, events) in own.dropped.iter_mut().zip(losses.dropped) {
                *own += events;
            }
            own.maybe_duplicate += losses.maybe_duplicate;
            own.tenant_mismatch += losses.tenant_mismatch;
        }
    }

    /// At most what is held leaves it: a fault elsewhere must not unbalance the equation.
    fn release(&mut self, events: u64) -> u64 {
        debug_assert!(
            events <= self.held,
            "{events} events settled, {} held",
            self.held
        );
        let events = events.min(self.held);
        self.held -= events;
        events
    }

    fn losses_mut(&mut self) -> &mut Losses {
        self.losses.get_or_insert_with(Box::default)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_drop_reason_has_its_own_index_and_name() {
        for (index, reason) in DropReason::ALL.iter().copied().enumerate() {
            assert_eq!(reason as usize, index);
            assert_eq!(DropReason::from_name(reason.as_str()), Some(reason));
        }
        assert_eq!(DropReason::from_name("other"), None);
    }

    #[test]
    fn each_verb_moves_exactly_one_event_and_keeps_the_equation() {
        let mut counts = Counts::default();
        counts.hold(5);
        counts.refuse(DropReason::BufferFull, 2);
        counts.deliver(2);
        counts.reject(400, 1);
        counts.drop_held(DropReason::Expired, 1);
        assert_eq!(
            (
                counts.submitted(),
                counts.delivered(),
                counts.rejected(),
                counts.dropped(),
                counts.held()
            ),
            (7, 2, 1, 3, 1)
        );
        assert!(counts.balanced());
    }

    #[test]
    fn what_is_lost_is_counted_by_status_and_reason_and_adds_up() {
        let mut counts = Counts::default();
        assert!(counts.losses().is_none());
        counts.hold(6);
        for status in [400, 413, 400] {
            counts.reject(status, 1);
        }
        counts.drop_held(DropReason::Expired, 2);
        counts.refuse(DropReason::BufferFull, 3);
        for _ in 0..2 {
            counts.note_maybe_duplicate(2);
            counts.note_tenant_mismatch(3);
        }
        let mut twice = counts.clone();
        twice.add(&counts);
        for (sum, times) in [(&counts, 1), (&twice, 2)] {
            assert!(sum.balanced());
            assert_eq!((sum.submitted(), sum.held()), (9 * times, times));
            let losses = sum.losses().unwrap();
            let rejected = BTreeMap::from([(400, 2 * times), (413, times)]);
            assert_eq!(losses.rejected, rejected);
            let dropped = [
                DropReason::Expired,
                DropReason::BufferFull,
                DropReason::TooOld,
            ]
            .map(|reason| losses.dropped_for(reason));
            assert_eq!(dropped, [2 * times, 3 * times, 0]);
            let noted = (losses.maybe_duplicate, losses.tenant_mismatch);
            assert_eq!(noted, (4 * times, 6 * times));
        }
    }

    #[test]
    fn what_moves_out_is_of_the_other_lane_and_nothing_that_was_not_there_does() {
        let mut counts = Counts::default();
        counts.hold(5);
        counts.deliver(1);
        counts.move_out(2);
        assert_eq!((counts.submitted(), counts.held()), (3, 2));
        assert!(counts.balanced());
    }

    #[test]
    fn an_event_too_many_or_too_few_is_seen() {
        for (submitted, held) in [(1, 0), (0, 1), (2, 1)] {
            let counts = Counts {
                submitted,
                held,
                ..Counts::default()
            };
            assert!(!counts.balanced());
        }
    }

    proptest! {
        #[test]
        fn any_sum_of_balanced_counts_is_balanced(steps in prop::collection::vec((0_u8..5, 1_u64..9), 0..60)) {
            let mut sum = Counts::default();
            let mut lane = Counts::default();
            for (verb, events) in steps {
                let held = lane.held().min(events);
                match verb {
                    0 => lane.hold(events),
                    1 => lane.refuse(DropReason::TenantShare, events),
                    2 => lane.deliver(held),
                    3 => lane.reject(413, held),
                    _ => { sum.add(&lane); lane = Counts::default(); }
                }
                prop_assert!(lane.balanced());
                prop_assert!(sum.balanced());
            }
        }
    }
}
