//! The books of one lane: what is held, how the rest left, and which flushes wait for it.
//!
//! Every event enters by [`Ledger::hold`] or [`Ledger::refuse`] and leaves by one of three verbs, so the
//! accounting equation and the flush reports cannot drift apart.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use crate::flush::{Settled, Tally, TenantReport, Waiter};
use crate::lane::Tenant;
use crate::lane::batch::Runs;
use crate::stats::{Counts, DropReason, Sum};
use crate::tenant::Site;

/// Counters, epochs and waiting flushes of one lane.
#[derive(Debug)]
pub struct Ledger {
    lane_id: u64,
    counts: Counts,
    /// Settled since the last flush that counted it.
    unreported: Unreported,
    /// None while nothing is held.
    held: Option<Box<HeldBooks>>,
}

/// A tally of a lane that seldom has anything but deliveries: for the rest it has a place when there is some.
#[derive(Debug, Default)]
struct Unreported {
    delivered: u64,
    others: Option<Box<Tally>>,
}

impl Unreported {
    fn add(&mut self, settled: Settled, events: u64) {
        match settled {
            Settled::Delivered => self.delivered += events,
            _ if events == 0 => {}
            _ => self.others.get_or_insert_default().add(settled, events),
        }
    }

    fn take(&mut self) -> Tally {
        let Self { delivered, others } = std::mem::take(self);
        Tally {
            delivered,
            ..others.map_or_else(Tally::default, |others| *others)
        }
    }
}

/// What is held, and who waits for it.
#[derive(Debug, Default)]
struct HeldBooks {
    by_epoch: VecDeque<(u64, u64)>,
    waiters: Vec<Weak<Waiter>>,
    flush_epoch: Option<u64>,
}

impl Ledger {
    /// Empty books of lane `lane_id`.
    #[must_use]
    pub fn new(lane_id: u64) -> Self {
        Self {
            lane_id,
            counts: Counts::default(),
            unreported: Unreported::default(),
            held: None,
        }
    }

    /// An event of `epoch` is taken in.
    pub fn hold(&mut self, epoch: u64, sum: &Sum) {
        self.count(sum, |counts| counts.hold(1));
        let by_epoch = &mut self.held_mut().by_epoch;
        match by_epoch.back_mut() {
            Some((of, events)) if *of == epoch => *events += 1,
            _ => by_epoch.push_back((epoch, 1)),
        }
    }

    /// Events are refused at the door.
    pub fn refuse(&mut self, reason: DropReason, events: u64, sum: &Sum) {
        self.count(sum, |counts| counts.refuse(reason, events));
        self.unreported.add(Settled::Dropped, events);
    }

    /// Held events were accepted by the intake.
    pub fn deliver(&mut self, runs: &Runs, sum: &Sum) {
        self.count(sum, |counts| counts.deliver(runs.events()));
        self.settle(runs, Settled::Delivered, None);
    }

    /// Held events were refused by the intake.
    pub fn reject(&mut self, runs: &Runs, status: u16, error: &str, sum: &Sum) {
        self.count(sum, |counts| counts.reject(status, runs.events()));
        self.settle(runs, Settled::Rejected, Some(error));
    }

    /// An attempt failed; its events are held on. The flushes that wait for them hear why.
    pub fn note_failure(&self, error: &str) {
        for waiter in self.waiters() {
            waiter.fail(self.lane_id, error);
        }
    }

    /// Held events are dropped.
    pub fn drop_held(&mut self, runs: &Runs, reason: DropReason, sum: &Sum) {
        self.count(sum, |counts| counts.drop_held(reason, runs.events()));
        self.settle(runs, Settled::Dropped, None);
    }

    /// Joins a flush with what is held and what settled since the flush before. A lane that has neither stays out.
    pub fn join(
        &mut self,
        waiter: &Arc<Waiter>,
        tenant: &Tenant,
        site: &Site,
        last_error: Option<&str>,
    ) {
        let epoch = waiter.epoch();
        let pending = self.held_up_to(epoch);
        let tally = self.unreported.take();
        if pending == 0 && tally.is_empty() {
            return;
        }
        let report = TenantReport {
            tenant: Arc::clone(&tenant.label),
            site: site.clone(),
            tally,
            pending,
            last_error: last_error.map(str::to_owned),
        };
        waiter.enroll(self.lane_id, report);
        if pending > 0 {
            let books = self.held_mut();
            books.waiters.retain(|waiter| waiter.strong_count() > 0);
            books.waiters.push(Arc::downgrade(waiter));
            books.flush_epoch = books.flush_epoch.max(Some(epoch));
        }
    }

    /// Moves the lane's counters and the sum of all alike.
    fn count(&mut self, sum: &Sum, count: impl Fn(&mut Counts)) {
        count(&mut self.counts);
        count(&mut sum.counts());
    }

    /// Held events leave for another lane of the same tenant, and the flushes that wait for them go along. The sum of all
    /// stays.
    pub fn move_out(&mut self, runs: &Runs) -> Vec<Arc<Waiter>> {
        self.counts.move_out(runs.events());
        self.release(runs);
        let waiters: Vec<Arc<Waiter>> = self.waiters().collect();
        for waiter in &waiters {
            waiter.leave(self.lane_id, runs.events_up_to(waiter.epoch()));
        }
        waiters
    }

    /// Events come from another lane of the same tenant.
    pub fn move_in(&mut self, runs: &Runs, waiters: &[Arc<Waiter>], tenant: &Tenant, site: &Site) {
        self.counts.hold(runs.events());
        let lane_id = self.lane_id;
        let books = self.held_mut();
        books.by_epoch.extend(runs.iter());
        for waiter in waiters {
            let report = TenantReport {
                tenant: Arc::clone(&tenant.label),
                site: site.clone(),
                tally: Tally::default(),
                pending: runs.events_up_to(waiter.epoch()),
                last_error: None,
            };
            waiter.enroll(lane_id, report);
            if !books
                .waiters
                .iter()
                .any(|known| known.as_ptr() == Arc::as_ptr(waiter))
            {
                books.waiters.push(Arc::downgrade(waiter));
            }
            books.flush_epoch = books.flush_epoch.max(Some(waiter.epoch()));
        }
    }

    /// True when a flush covers events of `epoch`.
    #[must_use]
    pub fn is_flushed(&self, epoch: u64) -> bool {
        let flushed = self.held.as_ref().and_then(|books| books.flush_epoch);
        flushed.is_some_and(|flushed| epoch <= flushed)
    }

    /// Closes the books of what is held: nothing is, so no flush waits for this lane.
    pub fn clear(&mut self) {
        self.held = None;
    }

    /// The counters.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Side counter: events that may have arrived twice.
    pub fn note_maybe_duplicate(&mut self, events: u64, sum: &Sum) {
        self.count(sum, |counts| counts.note_maybe_duplicate(events));
    }

    /// Side counter: spans whose context disagreed with their parent's tenant.
    pub fn note_tenant_mismatch(&mut self, spans: u64, sum: &Sum) {
        self.count(sum, |counts| counts.note_tenant_mismatch(spans));
    }

    /// What settled since the last flush and is in no report yet, for a lane that closes.
    pub fn take_unreported(&mut self) -> Tally {
        self.unreported.take()
    }

    /// Tells the flushes that wait for these events; the rest is for the next flush to report.
    fn settle(&mut self, runs: &Runs, settled: Settled, last_error: Option<&str>) {
        self.release(runs);
        let mut reported = 0;
        for waiter in self.waiters() {
            let events = runs.events_up_to(waiter.epoch());
            waiter.settle(self.lane_id, settled, events, last_error);
            reported = reported.max(events);
        }
        self.unreported.add(settled, runs.events() - reported);
    }

    fn release(&mut self, runs: &Runs) {
        let Some(books) = &mut self.held else {
            return;
        };
        for (epoch, mut events) in runs.iter() {
            for (_, held) in books.by_epoch.iter_mut().filter(|(of, _)| *of == epoch) {
                let released = events.min(*held);
                *held -= released;
                events -= released;
            }
            debug_assert_eq!(events, 0, "epoch {epoch} settles more than it holds");
        }
        books.by_epoch.retain(|(_, held)| *held > 0);
    }

    /// Lets go of the flushes that wait for no lane in vain.
    pub fn let_go(&self) {
        for waiter in self.waiters() {
            waiter.let_go(self.lane_id);
        }
    }

    /// Held events of epochs after `epoch`.
    #[must_use]
    pub fn held_after(&self, epoch: u64) -> u64 {
        self.counts.held() - self.held_up_to(epoch)
    }

    /// True when an event is held that came after `epoch`.
    #[must_use]
    pub fn holds_after(&self, epoch: u64) -> bool {
        self.held_after(epoch) > 0
    }

    /// Held events of epochs up to `epoch`.
    #[must_use]
    pub fn held_up_to(&self, epoch: u64) -> u64 {
        let held = self.held.iter().flat_map(|books| &books.by_epoch);
        held.filter(|(of, _)| *of <= epoch)
            .map(|(_, events)| events)
            .sum()
    }

    fn waiters(&self) -> impl Iterator<Item = Arc<Waiter>> + '_ {
        let waiters = self.held.iter().flat_map(|books| &books.waiters);
        waiters.filter_map(Weak::upgrade)
    }

    fn held_mut(&mut self) -> &mut HeldBooks {
        self.held.get_or_insert_default()
    }
}
