//! What a `flush()` waits for: everything submitted before it, in flight included.
//!
//! Owns the tally of one flush. Lanes tell it what settled; it never asks. An event belongs to the flush when
//! its epoch is not newer than the flush's, so events submitted meanwhile keep nobody waiting.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smol_str::SmolStr;
use tokio::sync::oneshot;

use crate::tenant::Site;

/// How events left a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Accepted by the intake.
    Delivered,
    /// Refused by the intake.
    Rejected,
    /// Dropped here.
    Dropped,
}

/// Counts of settled events, by how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Accepted by the intake.
    pub delivered: u64,
    /// Refused by the intake.
    pub rejected: u64,
    /// Dropped here.
    pub dropped: u64,
}

impl Tally {
    /// Counts `events` that left in this way.
    pub fn add(&mut self, settled: Settled, events: u64) {
        match settled {
            Settled::Delivered => self.delivered += events,
            Settled::Rejected => self.rejected += events,
            Settled::Dropped => self.dropped += events,
        }
    }

    /// Adds another tally.
    pub fn join(&mut self, other: Self) {
        self.delivered += other.delivered;
        self.rejected += other.rejected;
        self.dropped += other.dropped;
    }

    /// True when some events will never arrive.
    #[must_use]
    pub fn has_losses(&self) -> bool {
        self.rejected + self.dropped > 0
    }

    /// True when nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What one flush found, in events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlushReport {
    /// Settled since the flush before, or while this one waited.
    pub total: Tally,
    /// Submitted before the flush and not settled when it ended.
    pub pending: u64,
    /// The lanes that had any of it.
    pub tenants: Vec<TenantReport>,
}

/// One lane's part of a [`FlushReport`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantReport {
    /// The tenant's label.
    pub tenant: SmolStr,
    /// The lane's site.
    pub site: Site,
    /// What settled.
    pub tally: Tally,
    /// What did not.
    pub pending: u64,
    /// Why the lane's last attempt failed, if it did.
    pub last_error: Option<String>,
}

/// What a flush asks of lanes beside sending what they hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Nothing: they go by their clocks.
    Flush,
    /// A blocked lane tries at once, and then by its clocks as long as there is time: the core closes.
    Close,
    /// The process ends: a failing lane tries once more, and then it is not waited for.
    Drain {
        /// Lanes that a drain has given up before try again. Otherwise only those that hold something new.
        anew: bool,
    },
}

/// One flush in waiting.
#[derive(Debug)]
pub struct Waiter {
    manner: Manner,
    epoch: AtomicU64,
    state: Mutex<WaiterState>,
}

#[derive(Debug)]
struct WaiterState {
    lanes: HashMap<u64, Joined>,
    /// Events that never reached a lane.
    unrouted: Tally,
    pending: u64,
    /// What of it is waited for.
    awaited: u64,
    enrolling: bool,
    done: Option<oneshot::Sender<()>>,
}

/// A lane that takes part.
#[derive(Debug)]
struct Joined {
    report: TenantReport,
    is_awaited: bool,
}

impl Waiter {
    /// A flush that has not begun, and the signal that it is complete.
    #[must_use]
    pub fn new(manner: Manner) -> (Arc<Self>, oneshot::Receiver<()>) {
        let (sender, receiver) = oneshot::channel();
        let state = WaiterState {
            lanes: HashMap::new(),
            unrouted: Tally::default(),
            pending: 0,
            awaited: 0,
            enrolling: true,
            done: Some(sender),
        };
        (
            Arc::new(Self {
                manner,
                epoch: AtomicU64::new(0),
                state: Mutex::new(state),
            }),
            receiver,
        )
    }

    /// What it asks of lanes.
    #[must_use]
    pub fn manner(&self) -> Manner {
        self.manner
    }

    /// The newest epoch this flush covers.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Relaxed)
    }

    /// The scheduler begins: the flush covers everything up to `epoch`. Lanes join after that.
    pub fn begin(&self, epoch: u64) {
        self.epoch.store(epoch, Ordering::Relaxed);
    }

    /// A lane joins with what it settled since the flush before and what it still holds, or with events it
    /// took over.
    pub fn enroll(&self, lane: u64, report: TenantReport) {
        let mut state = self.state();
        let events = report.pending;
        let is_awaited = match state.lanes.entry(lane) {
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.report.pending += events;
                known.is_awaited
            }
            Entry::Vacant(entry) => {
                entry
                    .insert(Joined {
                        report,
                        is_awaited: true,
                    })
                    .is_awaited
            }
        };
        state.pending += events;
        state.awaited += if is_awaited { events } else { 0 };
    }

    /// Events of this flush leave a lane for another, which enrolls them.
    pub fn leave(&self, lane: u64, events: u64) {
        self.state().take_out(lane, events);
    }

    /// A lane has failed for good: a drain waits for it no longer.
    pub fn let_go(&self, lane: u64) {
        if !matches!(self.manner, Manner::Drain { .. }) {
            return;
        }
        let mut state = self.state();
        if let Some(joined) = state.lanes.get_mut(&lane)
            && std::mem::take(&mut joined.is_awaited)
        {
            state.awaited -= joined.report.pending;
            complete(&mut state);
        }
    }

    /// Events that were dropped without ever having a lane since the flush before.
    pub fn enroll_unrouted(&self, tally: Tally) {
        self.state().unrouted.join(tally);
    }

    /// Every lane has joined: from now on the flush may complete.
    pub fn enrolled(&self) {
        let mut state = self.state();
        state.enrolling = false;
        complete(&mut state);
    }

    /// An attempt of a lane failed: what it still holds is held for this reason.
    pub fn fail(&self, lane: u64, error: &str) {
        if let Some(Joined { report, .. }) = self.state().lanes.get_mut(&lane) {
            report.last_error = Some(error.to_owned());
        }
    }

    /// A lane settled some events of this flush.
    pub fn settle(&self, lane: u64, settled: Settled, events: u64, last_error: Option<&str>) {
        let mut state = self.state();
        let events = state.take_out(lane, events);
        let Some(Joined { report, .. }) = state.lanes.get_mut(&lane) else {
            return;
        };
        report.tally.add(settled, events);
        if let Some(error) = last_error {
            report.last_error = Some(error.to_owned());
        } else if settled == Settled::Delivered && !report.tally.has_losses() {
            report.last_error = None;
        }
        complete(&mut state);
    }

    /// True until all lanes have joined: the report does not know of all that is pending.
    #[must_use]
    pub fn is_enrolling(&self) -> bool {
        self.state().enrolling
    }

    /// What has settled so far and what has not.
    #[must_use]
    pub fn report(&self) -> FlushReport {
        let state = self.state();
        let mut total = state.unrouted;
        for Joined { report, .. } in state.lanes.values() {
            total.join(report.tally);
        }
        let reports = state.lanes.values().map(|joined| joined.report.clone());
        let mut tenants: Vec<TenantReport> = reports.collect();
        tenants.sort_by(|a, b| (&a.tenant, a.site.as_str()).cmp(&(&b.tenant, b.site.as_str())));
        FlushReport {
            total,
            pending: state.pending,
            tenants,
        }
    }

    fn state(&self) -> MutexGuard<'_, WaiterState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WaiterState {
    /// Events are pending here no longer; no more than were. Returns how many.
    fn take_out(&mut self, lane: u64, events: u64) -> u64 {
        let Some(joined) = self.lanes.get_mut(&lane) else {
            return 0;
        };
        let events = events.min(joined.report.pending);
        joined.report.pending -= events;
        self.pending -= events;
        self.awaited -= if joined.is_awaited { events } else { 0 };
        events
    }
}

fn complete(state: &mut WaiterState) {
    if !state.enrolling
        && state.awaited == 0
        && let Some(done) = state.done.take()
    {
        // The receiver is gone when the flush timed out: its report was already given.
        let _ = done.send(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(pending: u64) -> TenantReport {
        TenantReport {
            tenant: "acme".into(),
            site: Site::parse("datadoghq.eu", &[]).unwrap(),
            tally: Tally {
                delivered: 2,
                ..Tally::default()
            },
            pending,
            last_error: None,
        }
    }

    #[test]
    fn it_completes_only_after_all_lanes_joined_and_all_their_events_settled() {
        let (waiter, mut done) = Waiter::new(Manner::Flush);
        waiter.enroll(1, report(2));
        waiter.settle(1, Settled::Delivered, 2, None);
        assert!(done.try_recv().is_err(), "another lane may still join");
        waiter.enroll(2, report(1));
        waiter.enrolled();
        assert!(done.try_recv().is_err());
        waiter.settle(2, Settled::Rejected, 1, Some("http 400"));
        assert_eq!(done.try_recv(), Ok(()));
        let report = waiter.report();
        assert_eq!(
            report.total,
            Tally {
                delivered: 6,
                rejected: 1,
                dropped: 0
            }
        );
        assert_eq!(report.pending, 0);
    }

    #[test]
    fn why_a_lane_fails_is_in_the_report_until_it_delivers() {
        let (waiter, _done) = Waiter::new(Manner::Flush);
        let error = |waiter: &Waiter| waiter.report().tenants[0].last_error.clone();
        waiter.enroll(1, report(4));
        waiter.fail(2, "a lane that did not join");
        waiter.fail(1, "server_error (http 503)");
        assert_eq!(error(&waiter).as_deref(), Some("server_error (http 503)"));
        waiter.settle(1, Settled::Delivered, 1, None);
        assert_eq!(error(&waiter), None);
        waiter.settle(1, Settled::Rejected, 1, Some("http 400"));
        waiter.settle(1, Settled::Delivered, 1, None);
        assert_eq!(error(&waiter).as_deref(), Some("http 400"));
        assert_eq!(waiter.report().pending, 1);
    }

    #[test]
    fn with_nothing_to_wait_for_it_completes_at_once() {
        let (waiter, mut done) = Waiter::new(Manner::Flush);
        waiter.enrolled();
        assert_eq!(done.try_recv(), Ok(()));
        assert_eq!(waiter.report(), FlushReport::default());
    }

    #[test]
    fn a_drain_does_not_wait_for_lanes_that_are_let_go_and_still_counts_what_they_hold() {
        let (waiter, mut done) = Waiter::new(Manner::Drain { anew: false });
        for lane in 1..=3 {
            waiter.enroll(lane, report(2));
        }
        waiter.enrolled();
        waiter.let_go(1);
        waiter.let_go(1);
        waiter.let_go(9);
        waiter.settle(1, Settled::Delivered, 1, None);
        waiter.settle(2, Settled::Delivered, 2, None);
        waiter.leave(1, 1);
        waiter.enroll(1, report(1));
        assert!(done.try_recv().is_err(), "the third is waited for");
        waiter.let_go(3);
        assert_eq!(done.try_recv(), Ok(()));
        assert_eq!(waiter.report().pending, 3);
    }

    #[test]
    fn a_flush_lets_go_of_nobody() {
        for manner in [Manner::Flush, Manner::Close] {
            let (waiter, mut done) = Waiter::new(manner);
            waiter.enroll(1, report(2));
            waiter.enrolled();
            waiter.let_go(1);
            assert!(done.try_recv().is_err());
        }
    }

    #[test]
    fn a_lane_cannot_settle_more_than_it_joined_with() {
        let (waiter, _done) = Waiter::new(Manner::Flush);
        waiter.enroll(1, report(1));
        waiter.enrolled();
        waiter.settle(1, Settled::Dropped, 5, None);
        waiter.settle(9, Settled::Dropped, 5, None);
        assert_eq!(
            (waiter.report().total.dropped, waiter.report().pending),
            (1, 0)
        );
    }
}
