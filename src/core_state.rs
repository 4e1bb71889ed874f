//! What callers, the scheduler, attempts and the readers of records share.
//!
//! Owns the state of one core. An event comes in here and nowhere else: it is accepted, or counted with its reason.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use smol_str::SmolStr;
use tokio::time::{Instant, timeout};

use crate::attempt::AttemptRunner;
use crate::budget::{Caps, Permit, Pool, Share, reserve};
use crate::delivery::Transport;
use crate::eviction::{Candidate, Claim, Standing, among_failing, for_claim};
use crate::flush::{FlushReport, Manner, Settled, Tally, TenantReport, Waiter};
use crate::inbox::{Command, Inbox};
use crate::ingest::{Ingest, Producer, Received, Record, TURN_BYTES};
use crate::journal::{Journal, Note, Outcome};
use crate::lane::{Event, Lane, LaneLimits, cost_bytes};
use crate::registry::Registry;
use crate::settings::{
    EVICTION_PAUSE, EVICTION_PAUSE_FACTOR, EVICTION_QUANTUM_DIVISOR, LANE_OVERHEAD_BYTES,
    LANE_OVERHEAD_SHARE_DIVISOR, SHORT_SHARE_DIVISOR, Settings,
};
use crate::stats::{Counts, DropReason, Totals};
use crate::vault::Vault;
use crate::wire::{EventKind, Wire, trim};

/// A flush that was waited for.
#[derive(Debug)]
pub struct Waited {
    /// What it found.
    pub report: FlushReport,
    /// It ended before its time.
    pub is_complete: bool,
    /// The newest epoch it covers; 0 when it did not begin.
    pub epoch: u64,
}

/// What callers, scheduler and attempts share.
#[derive(Debug)]
pub struct CoreState {
    /// The settings the core was opened with.
    pub settings: Settings,
    /// What lanes need of them.
    pub limits: LaneLimits,
    /// The lanes.
    pub registry: Registry,
    /// What the scheduler is asked.
    pub inbox: Inbox,
    /// How an attempt is made.
    pub attempts: AttemptRunner,
    /// Outcomes to be heard of.
    pub journal: Journal,
    /// Exported destinations.
    pub vault: Vault,
    /// Records of JavaScript threads that are not events yet.
    pub ingest: Ingest,
    total: Arc<Pool>,
    caps: Caps,
    epoch: AtomicU64,
    closed: AtomicBool,
    unrouted: Mutex<(Counts, Tally)>,
    /// Held by whoever makes room: one at a time does. The scheduler does too, and must not be kept from it by writers.
    in_vain: parking_lot::Mutex<InVain>,
}

/// What was looked for and not found, and until when it is not looked for again.
#[derive(Debug, Default)]
struct InVain {
    room: Option<(Claim, Instant)>,
    failing: Option<Instant>,
}

impl CoreState {
    /// The state of a core that has done nothing yet.
    #[must_use]
    pub fn new(settings: Settings, wire: Arc<dyn Wire>, transport: Arc<dyn Transport>) -> Self {
        Self {
            limits: LaneLimits::new(&settings, Arc::clone(&wire)),
            registry: Registry::new(),
            inbox: Inbox::default(),
            attempts: AttemptRunner::new(transport, wire, &settings),
            journal: Journal::default(),
            vault: Vault::default(),
            ingest: Ingest::default(),
            total: Arc::default(),
            caps: Caps {
                total_bytes: settings.max_buffered_bytes,
                share_bytes: settings.max_buffered_bytes_per_tenant,
            },
            epoch: AtomicU64::new(1),
            closed: AtomicBool::new(false),
            unrouted: Mutex::default(),
            in_vain: parking_lot::Mutex::default(),
            settings,
        }
    }

    /// The clock of the core.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the core reads the clock; rules are handed `now`"
    )]
    #[must_use]
    pub fn now(&self) -> Instant {
        Instant::now()
    }

    /// Takes an encoded event for a lane. It is accepted, or counted as dropped with its reason.
    pub fn submit(&self, lane: &Arc<Lane>, kind: EventKind, json: Bytes) {
        let (successor, mut is_bare) = {
            let state = lane.state();
            (state.successor(), state.is_bare())
        };
        if let Some(successor) = &successor {
            is_bare = successor.state().is_bare();
        }
        let lane = successor.as_ref().unwrap_or(lane);
        let Some(json) = self.sendable(kind, json) else {
            return self.drop_events(Some(lane), DropReason::TooLarge, 1);
        };
        let mut bytes = cost_bytes(json.len(), self.limits.wire.envelope_bytes(kind));
        if is_bare {
            bytes += self.lane_overhead_bytes();
        }
        let permit = match self.reserve(lane, bytes) {
            Ok(permit) => permit,
            Err(reason) => return self.drop_events(Some(lane), reason, 1),
        };
        let event = Event {
            kind,
            json,
            epoch: self.epoch.load(Ordering::Acquire),
            submitted_at: self.now(),
        };
        if self.is_closed() {
            return self.drop_events(Some(lane), DropReason::Shutdown, 1);
        }
        if lane.state().push(event, permit, &self.limits) {
            self.inbox.signal(lane);
        }
        self.keep_failing_bound();
    }

    /// An event as it will be sent: what is cut off a large one is not held until then. None when it cannot be cut to what
    /// may be sent.
    fn sendable(&self, kind: EventKind, json: Bytes) -> Option<Bytes> {
        let wire = &*self.limits.wire;
        let room_bytes = wire.room_bytes(kind, self.settings.max_event_bytes);
        if json.len() <= room_bytes {
            return Some(json);
        }
        trim(wire, &json, room_bytes).map(Bytes::from)
    }

    /// Bytes for an event of a lane, of those who have a weaker claim when there are none left.
    fn reserve(&self, lane: &Lane, bytes: usize) -> Result<Permit, DropReason> {
        let reserve = || reserve(&self.total, &lane.tenant, self.caps, bytes);
        let refusal = match reserve() {
            Err(DropReason::BufferFull) => DropReason::BufferFull,
            decided => return decided,
        };
        let claim = Claim {
            standing: lane.state().standing(),
            tenant: lane.tenant.id,
            tenant_bytes: lane.tenant.pool().used_bytes() + bytes,
        };
        let now = self.now();
        let mut in_vain = self.in_vain.lock();
        let is_known = in_vain
            .room
            .is_some_and(|(other, until)| now < until && claim.is_no_better_than(&other));
        if is_known {
            return Err(refusal);
        }
        let need_bytes = bytes.max(self.quantum_bytes());
        self.evict(
            |_| true,
            |candidates| for_claim(candidates, &claim, need_bytes),
        );
        // Others may have been quicker, or too little could give way.
        let permit = reserve();
        in_vain.room = permit
            .is_err()
            .then(|| (claim, pause_until(now, self.now())));
        // What is in flight may have to end.
        self.inbox.wake();
        permit
    }

    /// What failing lanes hold together is bounded: they give way as soon as it is more.
    pub fn keep_failing_bound(&self) {
        let bound_bytes = self.settings.max_buffered_bytes_failing;
        let is_kept = || self.failing_bytes() <= bound_bytes;
        if is_kept() {
            return;
        }
        let now = self.now();
        let mut in_vain = self.in_vain.lock();
        if is_kept() || in_vain.failing.is_some_and(|until| now < until) {
            return;
        }
        let kept_bytes = bound_bytes.saturating_sub(self.quantum_bytes());
        let need_bytes = self.failing_bytes().saturating_sub(kept_bytes);
        self.evict(
            |standing| standing == Standing::Failing,
            |candidates| among_failing(candidates, need_bytes),
        );
        // The rest is in flight.
        in_vain.failing = (!is_kept()).then(|| pause_until(now, self.now()));
    }

    /// Asks the lanes that `may` give way what they hold, and takes from them what `choose` says.
    fn evict(
        &self,
        may: impl Fn(Standing) -> bool,
        choose: impl Fn(&[Candidate]) -> Vec<(usize, usize)>,
    ) {
        let now = self.now();
        let candidate = |lane: Arc<Lane>| {
            let state = lane.state();
            let standing = state.standing();
            let (oldest_at, bytes) = state.waiting().filter(|_| may(standing))?;
            let candidate = Candidate {
                standing,
                oldest_at,
                bytes,
                tenant: lane.tenant.id,
                tenant_bytes: lane.tenant.pool().used_bytes(),
            };
            drop(state);
            Some((lane, candidate))
        };
        let lanes = self.registry.lanes().into_iter();
        let (lanes, candidates): (Vec<Arc<Lane>>, Vec<Candidate>) =
            lanes.filter_map(candidate).unzip();
        for (index, bytes) in choose(&candidates) {
            let Some(lane) = lanes.get(index) else {
                continue;
            };
            let mut notes = Vec::new();
            lane.state().give_way(bytes, now, &self.limits, &mut notes);
            self.report(lane, &notes);
        }
    }

    /// What is charged for a lane that begins to hold something, beside its events.
    fn lane_overhead_bytes(&self) -> usize {
        LANE_OVERHEAD_BYTES.min(self.caps.total_bytes / LANE_OVERHEAD_SHARE_DIVISOR)
    }

    /// So much is made free at once.
    fn quantum_bytes(&self) -> usize {
        self.settings.max_buffered_bytes / EVICTION_QUANTUM_DIVISOR
    }

    /// True when little is free.
    #[must_use]
    pub fn is_memory_short(&self) -> bool {
        let free_bytes = self.caps.total_bytes.saturating_sub(self.held_bytes());
        free_bytes <= self.caps.total_bytes / SHORT_SHARE_DIVISOR
    }

    /// Bytes that failing lanes hold at this moment.
    #[must_use]
    pub fn failing_bytes(&self) -> usize {
        self.limits.failing.used_bytes()
    }

    /// Counts events that were dropped before they could be submitted.
    pub fn drop_events(&self, lane: Option<&Arc<Lane>>, reason: DropReason, events: u64) {
        let note = Note {
            outcome: Outcome::Dropped,
            reason: reason.as_str(),
            status: None,
        };
        if let Some(lane) = lane {
            lane.state().refuse(reason, events, &self.limits);
            return self.report(lane, &[(note, events)]);
        }
        let mut unrouted = self.unrouted();
        unrouted.0.refuse(reason, events);
        self.limits.sum.counts().refuse(reason, events);
        unrouted.1.add(Settled::Dropped, events);
        drop(unrouted);
        self.journal.write(&SmolStr::default(), None, note, events);
    }

    /// Makes events of every record committed before the call, on the calling thread: it is a JavaScript thread, which
    /// counts or ends. The scheduler never does: deliveries would wait for what writers have piled up.
    pub fn receive_all(&self) {
        self.ingest.drain(&mut |received| self.receive(received));
    }

    /// Takes a record that did not fit into its producer's ring, to be decoded later. When that would be more than
    /// may be held, earlier ones are decoded on the caller's time: only a decoded record can be charged to its own
    /// tenant, and nobody else must pay for a tenant that floods.
    pub fn spill(&self, producer: &Producer, record: Record) {
        let fits = || {
            let waiting_bytes = self.ingest.spilled_bytes() + self.total.used_bytes();
            waiting_bytes.saturating_add(record.size()) <= self.settings.max_buffered_bytes
        };
        let mut receive = |received| self.receive(received);
        while !fits() {
            if producer.drain(record.size().max(TURN_BYTES), &mut receive) == 0 {
                producer.spill(record);
                self.receive_all();
                return;
            }
        }
        producer.spill(record);
        self.ingest.wake();
    }

    /// What becomes of a record.
    pub fn receive(&self, received: Received) {
        match received {
            Received::Event { lane, kind, json } => match self.registry.find(lane) {
                Some(lane) => self.submit(&lane, kind, json),
                None => self.drop_events(None, DropReason::InternalError, 1),
            },
            Received::Unreadable { lane } => {
                let lane = lane.and_then(|lane| self.registry.find(lane));
                self.drop_events(lane.as_ref(), DropReason::InternalError, 1);
            }
        }
    }

    /// Asks the scheduler at once, and waits for it for at most `limit`.
    pub fn wait_for(
        self: &Arc<Self>,
        limit: Duration,
        lane: Option<Arc<Lane>>,
        manner: Manner,
    ) -> impl Future<Output = Waited> + Send + use<> {
        let (waiter, done) = Waiter::new(manner);
        self.inbox.command(Command::Flush {
            waiter: Arc::clone(&waiter),
            lane: lane.clone(),
        });
        let core = Arc::clone(self);
        async move {
            // Both a timeout and a scheduler that is gone end the wait; the report says what is pending.
            let is_complete = matches!(timeout(limit, done).await, Ok(Ok(())));
            let mut report = waiter.report();
            if waiter.is_enrolling() {
                // There was no time to begin: what is held is pending.
                report = FlushReport {
                    total: report.total,
                    ..core.held_after(0, lane)
                };
            }
            Waited {
                report,
                is_complete,
                epoch: waiter.epoch(),
            }
        }
    }

    /// What came after `epoch` and is held now, with a row for each lane, and records that are not events yet as far as
    /// they can be counted without reading them.
    #[must_use]
    pub fn held_after(&self, epoch: u64, lane: Option<Arc<Lane>>) -> FlushReport {
        let mut report = FlushReport {
            pending: self.ingest.spilled(),
            ..FlushReport::default()
        };
        for lane in self.registry.lanes_or(lane) {
            let state = lane.state();
            let pending = state.held_after(epoch);
            if pending > 0 {
                report.pending += pending;
                report.tenants.push(TenantReport {
                    tenant: lane.tenant.label.clone(),
                    site: lane.endpoint.site.clone(),
                    tally: Tally::default(),
                    pending,
                    last_error: state.last_error().map(str::to_owned),
                });
            }
        }
        report
    }

    /// Begins a flush: what is submitted from now on is of the next epoch.
    pub fn next_epoch(&self) -> u64 {
        self.epoch.fetch_add(1, Ordering::AcqRel)
    }

    /// From now on events are refused. True the first time. What was committed before is still accepted.
    pub fn begin_close(&self) -> bool {
        self.receive_all();
        !self.closed.swap(true, Ordering::AcqRel)
    }

    /// Bytes held at this moment, bodies in flight included.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.total.used_bytes()
    }

    /// The sums of all counters.
    #[must_use]
    pub fn totals(&self) -> Totals {
        Totals {
            all: self.limits.sum.counts().clone(),
            closed: self.registry.closed(),
            unrouted: self.unrouted().0.clone(),
        }
    }

    /// True once the core is closing.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Writes a lane's notes into the journal.
    pub fn report(&self, lane: &Lane, notes: &[(Note, u64)]) {
        for (note, events) in notes {
            self.journal.write(
                &lane.tenant.label,
                Some(&lane.endpoint.site),
                *note,
                *events,
            );
        }
    }

    /// Moves what a lane of a rotated key holds to the lane of the new one, which may be one that fails.
    pub fn move_on(&self, lane: &Lane) {
        let mut state = lane.state();
        let Some(successor) = state.successor() else {
            return;
        };
        let handover = state.hand_over();
        // One lane is locked at a time: rotating there and back must not wait for itself.
        drop(state);
        let site = &successor.endpoint.site;
        successor
            .state()
            .take_over(handover, &successor.tenant, site);
        self.inbox.signal(&successor);
        self.keep_failing_bound();
    }

    /// What was dropped without a lane since the last flush, and what closed lanes left unreported.
    #[must_use]
    pub fn take_unrouted_unreported(&self) -> Tally {
        let mut tally = std::mem::take(&mut self.unrouted().1);
        tally.join(self.registry.take_closed_unreported());
        tally
    }

    fn unrouted(&self) -> MutexGuard<'_, (Counts, Tally)> {
        self.unrouted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Until when a look that was in vain is not repeated.
fn pause_until(began: Instant, ended: Instant) -> Instant {
    let took = ended.saturating_duration_since(began);
    ended + EVICTION_PAUSE.max(took * EVICTION_PAUSE_FACTOR)
}
