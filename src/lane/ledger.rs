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
            tenant: tenant.label.clone(),
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
                tenant: tenant.label.clone(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flush::Manner;

    /// A lane's books with those of all lanes, of one tenant.
    struct Books {
        ledger: Ledger,
        sum: Arc<Sum>,
        tenant: Arc<Tenant>,
        site: Site,
    }

    impl Books {
        /// Books of lane 1 that hold events of these epochs.
        fn of(epochs: &[u64]) -> Self {
            Self {
                ledger: Ledger::new(1),
                sum: Arc::default(),
                tenant: Arc::new(Tenant::new("acme".into())),
                site: Site::parse("datadoghq.eu", &[]).unwrap(),
            }
            .holding(epochs)
        }

        /// Those of the tenant's other lane.
        fn beside(&self, epochs: &[u64]) -> Self {
            Self {
                ledger: Ledger::new(2),
                sum: Arc::clone(&self.sum),
                tenant: Arc::clone(&self.tenant),
                site: self.site.clone(),
            }
            .holding(epochs)
        }

        fn holding(mut self, epochs: &[u64]) -> Self {
            for epoch in epochs {
                self.ledger.hold(*epoch, &self.sum);
            }
            self
        }

        /// A flush of all up to `epoch` which these books have joined.
        fn flush(&mut self, epoch: u64) -> Arc<Waiter> {
            self.join(Manner::Flush, epoch)
        }

        fn join(&mut self, manner: Manner, epoch: u64) -> Arc<Waiter> {
            let (waiter, _) = Waiter::new(manner);
            waiter.begin(epoch);
            self.ledger
                .join(&waiter, &self.tenant, &self.site, Some("timeout"));
            waiter.enrolled();
            waiter
        }

        fn waiters(&self) -> usize {
            self.ledger.held.as_ref().unwrap().waiters.len()
        }

        fn held(&self) -> Vec<(u64, u64)> {
            let books = self.ledger.held.iter();
            books.flat_map(|books| books.by_epoch.clone()).collect()
        }
    }

    fn runs(of: &[(u64, u64)]) -> Runs {
        let mut runs = Runs::default();
        for (epoch, events) in of {
            for _ in 0..*events {
                runs.push(*epoch);
            }
        }
        runs
    }

    /// What the report says of the one lane: delivered, rejected, dropped, pending.
    fn found(waiter: &Waiter) -> (u64, u64, u64, u64) {
        let report = waiter.report();
        let [lane] = &*report.tenants else {
            panic!("{report:?}")
        };
        assert_eq!((report.total, report.pending), (lane.tally, lane.pending));
        let Tally {
            delivered,
            rejected,
            dropped,
        } = lane.tally;
        (delivered, rejected, dropped, lane.pending)
    }

    #[test]
    fn every_verb_moves_the_counts_of_the_lane_and_of_all_alike() {
        let mut books = Books::of(&[1; 10]);
        books.ledger.deliver(&runs(&[(1, 1)]), &books.sum);
        books
            .ledger
            .reject(&runs(&[(1, 2)]), 400, "http 400", &books.sum);
        books
            .ledger
            .drop_held(&runs(&[(1, 3)]), DropReason::Expired, &books.sum);
        books.ledger.refuse(DropReason::BufferFull, 5, &books.sum);
        books.ledger.note_maybe_duplicate(6, &books.sum);
        books.ledger.note_tenant_mismatch(7, &books.sum);
        assert_eq!(*books.ledger.counts(), *books.sum.counts());
        let counts = books.ledger.counts();
        assert!(counts.balanced());
        assert_eq!((counts.submitted(), counts.held()), (15, 4));
        assert_eq!((counts.delivered(), counts.rejected()), (1, 2));
        let losses = counts.losses().unwrap();
        assert_eq!(losses.rejected, [(400, 2)].into());
        assert_eq!(losses.dropped_for(DropReason::Expired), 3);
        assert_eq!(losses.dropped_for(DropReason::BufferFull), 5);
        assert_eq!((losses.maybe_duplicate, losses.tenant_mismatch), (6, 7));
    }

    #[test]
    fn what_is_held_is_known_by_epoch() {
        let mut books = Books::of(&[1, 1, 2, 4, 4, 4]);
        assert_eq!(books.held(), [(1, 2), (2, 1), (4, 3)]);
        for (epoch, up_to, after) in [(0, 0, 6), (1, 2, 4), (3, 3, 3), (4, 6, 0), (9, 6, 0)] {
            assert_eq!(books.ledger.held_up_to(epoch), up_to);
            assert_eq!(books.ledger.held_after(epoch), after);
            assert_eq!(books.ledger.holds_after(epoch), after > 0);
        }
        books.ledger.deliver(&runs(&[(1, 1), (4, 2)]), &books.sum);
        assert_eq!(books.held(), [(1, 1), (2, 1), (4, 1)]);
        books
            .ledger
            .drop_held(&runs(&[(2, 1), (4, 1)]), DropReason::Evicted, &books.sum);
        assert_eq!(books.held(), [(1, 1)]);
    }

    #[test]
    fn events_of_an_epoch_may_lie_in_two_places() {
        let mut old = Books::of(&[1, 1, 1]);
        let mut new = old.beside(&[1, 1, 2]);
        let moved = runs(&[(1, 3)]);
        assert!(old.ledger.move_out(&moved).is_empty());
        new.ledger.move_in(&moved, &[], &new.tenant, &new.site);
        assert_eq!(new.held(), [(1, 2), (2, 1), (1, 3)]);
        new.ledger.deliver(&runs(&[(1, 4)]), &new.sum);
        assert_eq!(new.held(), [(2, 1), (1, 1)]);
    }

    #[test]
    fn a_flush_finds_what_settled_since_the_one_before_and_what_is_held() {
        let mut books = Books::of(&[1; 6]);
        books.ledger.deliver(&runs(&[(1, 1)]), &books.sum);
        books
            .ledger
            .reject(&runs(&[(1, 1)]), 400, "http 400", &books.sum);
        books.ledger.refuse(DropReason::TenantShare, 3, &books.sum);
        let flush = books.flush(1);
        assert_eq!(found(&flush), (1, 1, 3, 4));
        let report = flush.report().tenants.remove(0);
        assert_eq!(
            (&*report.tenant, report.site.as_str()),
            ("acme", "datadoghq.eu")
        );
        assert_eq!(report.last_error.as_deref(), Some("timeout"));
        let next = books.flush(1);
        assert_eq!(found(&next), (0, 0, 0, 4), "each is reported once");
    }

    #[test]
    fn a_lane_with_nothing_to_say_joins_no_flush() {
        let mut books = Books::of(&[2]);
        assert!(books.flush(1).report().tenants.is_empty());
        assert!(!books.ledger.is_flushed(2));
        books.ledger.deliver(&runs(&[(2, 1)]), &books.sum);
        assert_eq!(found(&books.flush(1)), (1, 0, 0, 0));
        assert_eq!(books.waiters(), 0, "it waits for nothing of this lane");
        assert!(books.flush(2).report().tenants.is_empty());
    }

    #[test]
    fn a_flush_hears_of_its_own_events_and_the_next_one_of_the_others() {
        let mut books = Books::of(&[1, 1, 1, 2, 2]);
        let flush = books.flush(1);
        books.ledger.deliver(&runs(&[(1, 1), (2, 1)]), &books.sum);
        books
            .ledger
            .reject(&runs(&[(1, 1)]), 400, "http 400", &books.sum);
        assert_eq!(found(&flush), (1, 1, 0, 1));
        let report = flush.report().tenants.remove(0);
        assert_eq!(report.last_error.as_deref(), Some("http 400"));
        assert_eq!(found(&books.flush(2)), (1, 0, 0, 2));
    }

    #[test]
    fn what_two_flushes_wait_for_is_reported_to_both_and_to_no_third() {
        let mut books = Books::of(&[1, 2]);
        let (one, both) = (books.flush(1), books.flush(2));
        books.ledger.deliver(&runs(&[(1, 1), (2, 1)]), &books.sum);
        assert_eq!(found(&one), (1, 0, 0, 0));
        assert_eq!(found(&both), (2, 0, 0, 0));
        assert!(books.flush(2).report().tenants.is_empty());
    }

    #[test]
    fn nothing_settled_takes_no_place_in_the_books() {
        let mut unreported = Unreported::default();
        unreported.add(Settled::Rejected, 0);
        unreported.add(Settled::Delivered, 2);
        unreported.add(Settled::Delivered, 3);
        assert!(unreported.others.is_none());
        unreported.add(Settled::Dropped, 4);
        let tally = Tally {
            delivered: 5,
            rejected: 0,
            dropped: 4,
        };
        assert_eq!(unreported.take(), tally);
        assert!(unreported.take().is_empty());
    }

    #[test]
    fn what_no_flush_has_reported_goes_with_a_lane_that_closes() {
        let mut books = Books::of(&[1, 1]);
        books.ledger.deliver(&runs(&[(1, 2)]), &books.sum);
        assert_eq!(books.ledger.take_unreported().delivered, 2);
        assert!(books.ledger.take_unreported().is_empty());
    }

    #[test]
    fn an_epoch_is_flushed_once_a_flush_of_it_or_of_a_later_one_waits() {
        let mut books = Books::of(&[1, 2, 3]);
        assert!(!books.ledger.is_flushed(1));
        let _later = books.flush(2);
        let _earlier = books.flush(1);
        for (epoch, is_flushed) in [(1, true), (2, true), (3, false)] {
            assert_eq!(books.ledger.is_flushed(epoch), is_flushed);
        }
        books.ledger.clear();
        assert!(!books.ledger.is_flushed(1));
    }

    #[test]
    fn flushes_that_nobody_waits_for_are_forgotten_by_the_next_one() {
        let mut books = Books::of(&[1]);
        drop(books.flush(1));
        let _first = books.flush(1);
        assert_eq!(books.waiters(), 1);
        let _second = books.flush(1);
        assert_eq!(books.waiters(), 2);
    }

    #[test]
    fn a_flush_hears_why_what_it_waits_for_is_held() {
        let mut books = Books::of(&[1]);
        let flush = books.flush(1);
        books.ledger.note_failure("connect");
        let report = flush.report().tenants.remove(0);
        assert_eq!(report.last_error.as_deref(), Some("connect"));
    }

    #[test]
    fn a_drain_waits_no_longer_for_a_lane_that_lets_go() {
        let mut books = Books::of(&[1]);
        let (waiter, mut done) = Waiter::new(Manner::Drain { anew: false });
        waiter.begin(1);
        books.ledger.join(&waiter, &books.tenant, &books.site, None);
        waiter.enrolled();
        assert!(done.try_recv().is_err());
        books.ledger.let_go();
        assert!(done.try_recv().is_ok());
    }

    #[test]
    fn events_that_move_to_another_lane_are_counted_and_waited_for_there() {
        let mut old = Books::of(&[1, 1, 2]);
        let mut new = old.beside(&[2]);
        let flush = old.flush(1);
        new.ledger.join(&flush, &new.tenant, &new.site, None);
        let moved = runs(&[(1, 2), (2, 1)]);
        let before = old.sum.counts().clone();
        let waiters = old.ledger.move_out(&moved);
        assert_eq!(*old.sum.counts(), before, "the sum of all stays");
        assert_eq!(old.ledger.counts().submitted(), 0);
        assert_eq!((waiters.len(), old.held()), (1, vec![]));
        assert_eq!(flush.report().pending, 0);
        for _ in 0..2 {
            new.ledger
                .move_in(&Runs::default(), &waiters, &new.tenant, &new.site);
        }
        new.ledger.move_in(&moved, &waiters, &new.tenant, &new.site);
        assert_eq!(new.waiters(), 1, "a flush waits for a lane once");
        assert_eq!(new.held(), [(2, 1), (1, 2), (2, 1)]);
        let counts = new.ledger.counts();
        assert_eq!((counts.submitted(), counts.held()), (4, 4));
        assert_eq!(flush.report().pending, 2);
        assert!(new.ledger.is_flushed(1) && !new.ledger.is_flushed(2));
        let other = old.flush(3);
        new.ledger
            .move_in(&Runs::default(), &[other], &new.tenant, &new.site);
        assert_eq!(new.waiters(), 2);
        assert!(new.ledger.is_flushed(3));
        new.ledger.deliver(&runs(&[(1, 2)]), &new.sum);
        assert_eq!(flush.report().pending, 0);
        assert_eq!(flush.report().total.delivered, 2);
    }
}
