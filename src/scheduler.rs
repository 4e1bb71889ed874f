//! The one loop: which lane sends next, and what comes back from where.
//!
//! Owns the queue of turns, the request slots, the deadlines and the attempts in flight. Every rule it follows
//! is elsewhere and pure ([`crate::lane::LaneState`], [`crate::schedule`]); here is the waiting. There is no
//! task and no timer per lane.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::{Notify, oneshot};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use crate::core_state::CoreState;
use crate::flush::{Manner, Waiter};
use crate::inbox::{Command, Verification};
use crate::ingest::Mark;
use crate::lane::{Attempted, Lane, Next, Urgency};
use crate::registry::Idle;
use crate::schedule::{Pace, Seat, Slots, Turns};
use crate::settings::{FIRST_SLOW_AFTER, SLOW_AFTER, SWEEP_INTERVAL, VERIFICATIONS_WAITING_MAX};
use crate::stats::DropReason;
use crate::tenant::Site;

/// What begins when the records that were committed before it are events.
#[derive(Debug)]
enum Asked {
    Flush {
        waiter: Arc<Waiter>,
        lane: Option<Arc<Lane>>,
    },
    Close {
        done: oneshot::Sender<()>,
    },
    Sweep(Idle),
}

#[derive(Debug)]
struct InFlight {
    lane: Arc<Lane>,
    attempt: u64,
    seat: Seat,
    bytes: usize,
    /// Ends the attempt early, as a timeout.
    give_up: Arc<Notify>,
}

/// The loop's state.
#[derive(Debug)]
pub struct Scheduler {
    core: Arc<CoreState>,
    turns: Turns<Arc<Lane>>,
    waiting: HashSet<u64>,
    /// In the order in which it was asked.
    asked: VecDeque<(Mark, Asked)>,
    slots: Slots,
    deadlines: BinaryHeap<Reverse<(Instant, u64)>>,
    due: HashMap<u64, (Instant, Arc<Lane>)>,
    attempts: JoinSet<Attempted>,
    in_flight: HashMap<Id, InFlight>,
    slow_at: VecDeque<(Instant, Id)>,
    first_slow_at: VecDeque<(Instant, Id)>,
    pace: Pace,
    /// The process may end by then: the last try of failing lanes is not kept waiting.
    unpaced_until: Option<Instant>,
    verifications: VecDeque<Verification>,
    /// The last seat of a probe went to a verification.
    verified_last: bool,
    verifying: JoinSet<()>,
    verifying_at: HashMap<Id, Site>,
    next_attempt: u64,
    next_sweep: Instant,
    rng: fastrand::Rng,
    closed: Option<oneshot::Sender<()>>,
}

impl Scheduler {
    /// A scheduler for `core`. Lanes that already hold something are looked at first: an earlier scheduler
    /// may have ended in a panic.
    #[must_use]
    pub fn new(core: Arc<CoreState>, now: Instant) -> Self {
        let slots = Slots::new(
            core.settings.max_requests_in_flight,
            core.settings.max_buffered_bytes,
        );
        let mut scheduler = Self {
            core,
            turns: Turns::default(),
            waiting: HashSet::new(),
            asked: VecDeque::new(),
            slots,
            deadlines: BinaryHeap::new(),
            due: HashMap::new(),
            attempts: JoinSet::new(),
            in_flight: HashMap::new(),
            slow_at: VecDeque::new(),
            first_slow_at: VecDeque::new(),
            pace: Pace::default(),
            unpaced_until: None,
            verifications: VecDeque::new(),
            verified_last: false,
            verifying: JoinSet::new(),
            verifying_at: HashMap::new(),
            next_attempt: 0,
            next_sweep: now + SWEEP_INTERVAL,
            rng: fastrand::Rng::new(),
            closed: None,
        };
        for lane in scheduler.core.registry.lanes() {
            let mut notes = Vec::new();
            lane.state()
                .drop_all_in_flight(now, &scheduler.core.limits, &mut notes);
            scheduler.core.report(&lane, &notes);
            // It may stand in the list that the other one had taken.
            lane.signalled.store(false, Ordering::Release);
            scheduler.look_at(&lane, now);
        }
        scheduler
    }

    /// Runs until the core is closed.
    pub async fn run(&mut self) {
        loop {
            let now = self.core.now();
            self.take_inbox(now);
            self.pass_deadlines(now);
            self.begin_asked(now);
            self.start_attempts(now);
            if let Some(done) = self.closed.take() {
                // What was in flight gives its memory back before anybody is told.
                self.attempts.shutdown().await;
                // The caller may have given up waiting.
                let _ = done.send(());
                return;
            }
            let wake_at = self.next_wake(now);
            tokio::select! {
                biased;
                Some(ended) = self.attempts.join_next_with_id() => self.finish(ended),
                Some(ended) = self.verifying.join_next_with_id() => {
                    self.verified(ended.map_or_else(|error| error.id(), |(id, ())| id));
                }
                () = self.core.inbox.notified() => {}
                () = self.core.ingest.went_on() => {}
                () = sleep_until(wake_at) => {}
            }
        }
    }

    fn take_inbox(&mut self, now: Instant) {
        let (lanes, commands) = self.core.inbox.take();
        for lane in lanes {
            lane.signalled.store(false, Ordering::Release);
            self.look_at(&lane, now);
        }
        for command in commands {
            match command {
                Command::Flush { waiter, lane } => self.ask(Asked::Flush { waiter, lane }),
                Command::Verify(verification) => self.queue_verification(verification),
                Command::Close { done } => self.ask(Asked::Close { done }),
            }
        }
    }

    /// What JavaScript committed until now is part of what is asked. The reader brings it in: decoding it here would keep
    /// all lanes waiting.
    fn ask(&mut self, asked: Asked) {
        self.asked.push_back((self.core.ingest.mark(), asked));
        self.core.ingest.wake();
    }

    fn begin_asked(&mut self, now: Instant) {
        if !self.asked.is_empty() {
            self.core.ingest.watch();
        }
        while self
            .asked
            .front()
            .is_some_and(|(mark, _)| mark.is_received())
            && let Some((_, asked)) = self.asked.pop_front()
        {
            match asked {
                Asked::Flush { waiter, lane } => self.flush(&waiter, lane, now),
                Asked::Close { done } => self.close(done, now),
                Asked::Sweep(idle) => self.core.registry.close(&idle, now),
            }
        }
    }

    fn flush(&mut self, waiter: &Arc<Waiter>, lane: Option<Arc<Lane>>, now: Instant) {
        let epoch = self.core.next_epoch();
        waiter.begin(epoch);
        if waiter.manner() != Manner::Flush {
            self.unpaced_until = Some(now + self.core.settings.exit_timeout);
        }
        if lane.is_none() {
            waiter.enroll_unrouted(self.core.take_unrouted_unreported());
        }
        for lane in self.core.registry.lanes_or(lane) {
            let mut state = lane.state();
            state.begin_flush(waiter, &lane.tenant, &lane.endpoint.site);
            state.begin_drain(waiter.manner(), epoch, self.next_attempt, now);
            drop(state);
            self.look_at(&lane, now);
        }
        waiter.enrolled();
    }

    fn close(&mut self, done: oneshot::Sender<()>, now: Instant) {
        for lane in self.core.registry.lanes() {
            let mut notes = Vec::new();
            lane.state().close(&self.core.limits, &mut notes);
            self.core.report(&lane, &notes);
        }
        self.attempts.abort_all();
        for (_, in_flight) in std::mem::take(&mut self.in_flight) {
            let mut notes = Vec::new();
            in_flight.lane.state().drop_in_flight(
                in_flight.attempt,
                DropReason::Shutdown,
                now,
                &self.core.limits,
                &mut notes,
            );
            self.core.report(&in_flight.lane, &notes);
        }
        self.closed = Some(done);
    }

    /// Asks the lane what it wants and queues it accordingly.
    fn look_at(&mut self, lane: &Arc<Lane>, now: Instant) {
        if self.waiting.contains(&lane.id) {
            return;
        }
        let next = lane.state().next(now, &self.core.limits);
        match next {
            Next::Idle => {}
            Next::Ready(urgency) => self.queue(lane, urgency),
            Next::Wait(at) => {
                if self
                    .due
                    .get(&lane.id)
                    .is_none_or(|(earlier, _)| at < *earlier)
                {
                    self.due.insert(lane.id, (at, Arc::clone(lane)));
                    self.deadlines.push(Reverse((at, lane.id)));
                }
            }
        }
    }

    fn queue(&mut self, lane: &Arc<Lane>, urgency: Urgency) {
        self.waiting.insert(lane.id);
        self.turns
            .push(&lane.endpoint.site, urgency, Arc::clone(lane));
    }

    fn pass_deadlines(&mut self, now: Instant) {
        while let Some(Reverse((at, id))) = self.deadlines.peek().copied()
            && at <= now
        {
            self.deadlines.pop();
            // An entry that an earlier one replaced has no lane to ask.
            if self.due.get(&id).is_some_and(|(due_at, _)| *due_at == at)
                && let Some((_, lane)) = self.due.remove(&id)
            {
                self.look_at(&lane, now);
            }
        }
        while let Some((at, id)) = self.first_slow_at.front().copied()
            && at <= now
        {
            self.first_slow_at.pop_front();
            // Another round of them waits: they cannot all have a second.
            if self.turns.waiting(Urgency::First) >= self.first_slow_at.len() {
                self.grew_slow(id, &[Seat::First]);
            }
        }
        while let Some((at, id)) = self.slow_at.front().copied()
            && at <= now
        {
            self.slow_at.pop_front();
            self.grew_slow(id, &[Seat::First, Seat::Normal]);
        }
        if now >= self.next_sweep {
            self.next_sweep = now + SWEEP_INTERVAL;
            let idle = self.core.registry.idle(now);
            if !idle.is_empty() {
                self.ask(Asked::Sweep(idle));
            }
            self.core.vault.sweep(now);
            self.core.attempts.sweep();
        }
    }

    /// An attempt with one of these seats has had no answer for long.
    fn grew_slow(&mut self, id: Id, seats: &[Seat]) {
        if let Some(in_flight) = self.in_flight.get_mut(&id)
            && seats.contains(&in_flight.seat)
        {
            let site = &in_flight.lane.endpoint.site;
            self.slots.grew_slow(site, in_flight.seat, in_flight.bytes);
            in_flight.seat = Seat::Slow;
            in_flight.lane.state().grew_slow();
        }
    }

    fn queue_verification(&mut self, verification: Verification) {
        if self.verifications.len() < VERIFICATIONS_WAITING_MAX {
            self.verifications.push_back(verification);
        } else {
            // Who asked may have given up.
            let _ = verification.answer.send(Err("no_slot"));
        }
    }

    /// Starts one, if any waits and may. It has the seat of a probe: nobody knows yet whether it will be answered.
    fn start_verification(&mut self) -> bool {
        while let Some(Verification { lane, answer }) = self.verifications.pop_front() {
            if answer.is_closed() {
                continue;
            }
            let site = lane.endpoint.site.clone();
            if !self.slots.admits(&site, Urgency::Probe, false) {
                let waiting = Verification { lane, answer };
                self.verifications.push_front(waiting);
                return false;
            }
            self.slots.start(&site, Urgency::Probe, 0);
            self.verified_last = true;
            let core = Arc::clone(&self.core);
            let handle = self.verifying.spawn(async move {
                let _ = answer.send(core.attempts.verify(&lane).await);
            });
            self.verifying_at.insert(handle.id(), site);
            return true;
        }
        false
    }

    fn verified(&mut self, id: Id) {
        if let Some(site) = self.verifying_at.remove(&id) {
            self.slots.finish(&site, Seat::Probe, 0, false);
        }
    }

    fn start_attempts(&mut self, now: Instant) {
        // Probes and verifications share their seats, in turns.
        if !self.verified_last {
            self.start_verification();
        }
        let is_paced = self.unpaced_until.is_none_or(|until| until <= now);
        while let Some((site, queued_as, lane)) = self.turns.pop(&mut self.slots, |site| {
            !is_paced || self.pace.admits_at(site, now) <= now
        }) {
            self.waiting.remove(&lane.id);
            let next = lane.state().next(now, &self.core.limits);
            let Next::Ready(urgency) = next else {
                self.look_at(&lane, now);
                continue;
            };
            // It began to fail, or recovered, while it waited: it queues again in the other share.
            if urgency != queued_as {
                self.queue(&lane, urgency);
                continue;
            }
            self.start(&lane, &site, urgency, now);
            self.look_at(&lane, now);
        }
        while self.start_verification() {}
        self.make_room();
        self.make_memory();
    }

    /// All slots are taken and lanes wait that do not fail: requests without an answer give way when their lane has never
    /// had one. Otherwise many tenants that are never answered, met all at once, would hold every slot for a
    /// whole request timeout. Their events are repeated within the probe share.
    fn make_room(&mut self) {
        let over = |urgency| self.turns.waiting(urgency).min(self.slots.over(urgency));
        let mut wanted = over(Urgency::Normal).max(over(Urgency::First));
        for in_flight in self.in_flight.values_mut() {
            if wanted == 0 {
                return;
            }
            if in_flight.seat == Seat::Slow && in_flight.lane.state().last_success().is_none() {
                in_flight.seat = Seat::GivenUp;
                in_flight.give_up.notify_one();
                wanted -= 1;
            }
        }
    }

    /// Memory is short, and slow requests hold much of it, which cannot give way while they are in flight: some of them
    /// end. First of lanes that never had an answer, then the largest: who holds little is left alone. Their events
    /// are repeated within the probe share.
    fn make_memory(&mut self) {
        if self.slots.over_bytes() == 0 || !self.core.is_memory_short() {
            return;
        }
        let ending = self.in_flight.values();
        let ending = ending.filter(|in_flight| in_flight.seat == Seat::GivenUp);
        let ending_bytes: usize = ending.map(|in_flight| in_flight.bytes).sum();
        let mut wanted = self.slots.over_bytes().saturating_sub(ending_bytes);
        let slow = self.in_flight.values_mut();
        let mut slow: Vec<(bool, &mut InFlight)> = slow
            .filter(|in_flight| in_flight.seat == Seat::Slow)
            .map(|in_flight| {
                let was_answered = in_flight.lane.state().last_success().is_some();
                (was_answered, in_flight)
            })
            .collect();
        slow.sort_by_key(|(was_answered, in_flight)| (*was_answered, Reverse(in_flight.bytes)));
        for (_, in_flight) in slow {
            if wanted == 0 {
                return;
            }
            in_flight.seat = Seat::GivenUp;
            in_flight.give_up.notify_one();
            wanted = wanted.saturating_sub(in_flight.bytes);
        }
    }

    fn start(&mut self, lane: &Arc<Lane>, site: &Site, urgency: Urgency, now: Instant) {
        let attempt = self.next_attempt;
        self.next_attempt += 1;
        let mut notes = Vec::new();
        let batch = lane
            .state()
            .take(attempt, now, &self.core.limits, &mut notes);
        self.core.report(lane, &notes);
        let Some(batch) = batch else { return };
        let bytes = batch.bytes();
        let seat = self.slots.start(site, urgency, bytes);
        self.verified_last &= !urgency.is_of_the_failing();
        if urgency.is_of_the_failing() {
            self.pace.start(site, now);
        }
        let (core, sender) = (Arc::clone(&self.core), Arc::clone(lane));
        let give_up = Arc::new(Notify::new());
        let told = Arc::clone(&give_up);
        let handle = self
            .attempts
            .spawn(async move { core.attempts.run(&sender, batch, &told).await });
        self.in_flight.insert(
            handle.id(),
            InFlight {
                lane: Arc::clone(lane),
                attempt,
                seat,
                bytes,
                give_up,
            },
        );
        self.slow_at.push_back((now + SLOW_AFTER, handle.id()));
        if seat == Seat::First {
            let at = now + FIRST_SLOW_AFTER;
            self.first_slow_at.push_back((at, handle.id()));
        }
    }

    fn finish(&mut self, ended: Result<(Id, Attempted), JoinError>) {
        let now = self.core.now();
        let id = ended.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let Some(InFlight {
            lane,
            attempt,
            seat,
            bytes,
            ..
        }) = self.in_flight.remove(&id)
        else {
            return;
        };
        let site = lane.endpoint.site.clone();
        let mut notes = Vec::new();
        let mut delivered = false;
        match ended {
            Ok((_, attempted)) => {
                delivered = attempted.verdict.is_delivered();
                lane.state().settle(
                    attempt,
                    attempted,
                    now,
                    &self.core.limits,
                    &mut self.rng,
                    &mut notes,
                );
            }
            // A panic in one lane's attempt stays there: its events are counted, the lane goes on.
            Err(_) => {
                lane.state().drop_in_flight(
                    attempt,
                    DropReason::InternalError,
                    now,
                    &self.core.limits,
                    &mut notes,
                );
            }
        }
        self.slots.finish(&site, seat, bytes, delivered);
        if seat == Seat::Probe && delivered {
            self.pace.delivered(&site);
        }
        self.core.move_on(&lane);
        self.core.keep_failing_bound();
        self.core.report(&lane, &notes);
        self.look_at(&lane, now);
    }

    fn next_wake(&self, now: Instant) -> Instant {
        let deadline = self.deadlines.peek().map(|Reverse((at, _))| *at);
        let slow = [&self.slow_at, &self.first_slow_at].map(|list| list.front());
        let slow = slow.into_iter().flatten().map(|(at, _)| *at);
        // What may start now waits for a slot, and is woken by one.
        let failing = [Urgency::Again, Urgency::Probe].into_iter();
        let repeats = failing
            .flat_map(|urgency| self.turns.sites(urgency))
            .map(|site| self.pace.admits_at(site, now))
            .filter(|at| *at > now);
        deadline
            .into_iter()
            .chain(slow)
            .chain(repeats)
            .fold(self.next_sweep, Instant::min)
    }
}

#[cfg(test)]
#[path = "scheduler/tests.rs"]
mod tests;
