//! The rules of one lane: what it may send now, and what becomes of what came back.
//!
//! Pure: `now` and randomness are arguments, nothing here waits or sends.

mod drain;
mod give_way;
mod rotate;
mod settle;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use self::drain::Drain;
use crate::budget::{Charge, Permit, Pool};
use crate::delivery::Verdict;
use crate::eviction::Standing;
use crate::flush::{Tally, Waiter};
use crate::journal::{Note, Outcome};
use crate::lane::batch::{Batch, Event, Known, Runs};
use crate::lane::buffer::Buffer;
use crate::lane::company::Company;
use crate::lane::health::Health;
use crate::lane::ledger::Ledger;
use crate::lane::search::Search;
use crate::lane::{Lane, Tenant};
use crate::settings::{BODY_SHARE_DIVISOR, EVENT_AGE_MAX, FIRST_BODY_SHARE_DIVISOR, Settings};
use crate::stats::{Counts, DropReason, Sum};
use crate::tenant::Site;
use crate::wire::{ByStream, Stream, Wire};

/// What a lane must know of the settings.
#[derive(Debug)]
pub struct LaneLimits {
    /// Requests in flight for one lane.
    pub max_requests_in_flight: usize,
    /// Largest body, except for one of a single event.
    pub max_payload_bytes: usize,
    /// The same while nobody knows whether the intake takes anything.
    pub max_first_payload_bytes: usize,
    /// How long the first event waits for company that is likely.
    pub linger: Duration,
    /// How long a batch is retried.
    pub max_retry_age: Duration,
    /// What goes around events, for sizes.
    pub wire: Arc<dyn Wire>,
    /// Bytes of all lanes that fail.
    pub failing: Arc<Pool>,
    /// The counters of all lanes.
    pub sum: Sum,
}

impl LaneLimits {
    /// The limits these settings mean.
    #[must_use]
    pub fn new(settings: &Settings, wire: Arc<dyn Wire>) -> Self {
        let of_all = |divisor| {
            let share_bytes = settings.max_buffered_bytes / divisor;
            settings.max_payload_bytes.min(share_bytes)
        };
        Self {
            max_requests_in_flight: settings.max_requests_in_flight_per_tenant.max(1),
            max_payload_bytes: of_all(BODY_SHARE_DIVISOR),
            max_first_payload_bytes: of_all(FIRST_BODY_SHARE_DIVISOR),
            linger: settings.flush_linger.min(settings.flush_interval),
            max_retry_age: settings.max_retry_age,
            wire,
            failing: Arc::default(),
            sum: Sum::default(),
        }
    }

    /// Bytes of events, their envelopes and the commas between them that fit into one body.
    fn room_bytes(&self, stream: Stream) -> usize {
        self.max_payload_bytes
            .saturating_sub(self.wire.bracket_bytes(stream))
    }

    /// The same for a lane of this standing.
    fn room_bytes_of(&self, standing: Standing, stream: Stream) -> usize {
        if standing.has_delivered() {
            return self.room_bytes(stream);
        }
        self.max_first_payload_bytes
            .saturating_sub(self.wire.bracket_bytes(stream))
    }
}

/// Which share of the request slots an attempt counts against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// The lane has delivered, and does not fail.
    Normal,
    /// The lane never had an answer: it goes after those that had.
    First,
    /// The lane has delivered, and its trouble is new: it tries within the probe share, by turns with those that fail for
    /// long.
    Again,
    /// The lane is failing: it tries within the probe share.
    Probe,
}

impl Urgency {
    /// True for an attempt of a lane in trouble.
    #[must_use]
    pub fn is_of_the_failing(self) -> bool {
        matches!(self, Self::Again | Self::Probe)
    }
}

/// What a lane wants of the scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing: it has nothing to send, or a request in flight will bring it back.
    Idle,
    /// To be asked again at this moment.
    Wait(Instant),
    /// A slot.
    Ready(Urgency),
}

/// When the oldest of what waits should go.
enum Due {
    Never,
    Now,
    At(Instant),
}

/// An attempt that came back.
#[derive(Debug)]
pub struct Attempted {
    /// The batch, with the events that could be sent.
    pub batch: Batch,
    /// What was known of the whole.
    pub known: Known,
    /// What of it was not sent yet.
    pub rest: Option<Batch>,
    /// The verdict.
    pub verdict: Verdict,
    /// The status behind it, if there was an answer.
    pub status: Option<u16>,
}

/// One lane's contents and rules.
#[derive(Debug)]
pub struct LaneState {
    ledger: Ledger,
    work: Option<Box<Work>>,
    unusual: Option<Box<Unusual>>,
    closed: bool,
    company: Company,
    last_success: Option<Instant>,
    idle_since: Instant,
}

/// What a lane has only while something is wrong, or its key is not the tenant's any more.
#[derive(Debug, Default)]
struct Unusual {
    health: Health,
    last_error: Option<Box<str>>,
    /// The lane of the tenant's new key: what comes or comes back here goes there.
    successor: Option<Arc<Lane>>,
    /// What is known of events and sizes that the intake refuses.
    search: Search,
    /// What it holds, while it fails.
    charge: Option<Charge>,
}

/// What a lane has only while it holds events. Most lanes of a large process are idle.
#[derive(Debug)]
struct Work {
    buffers: ByStream<Buffer>,
    /// Boxed: the smallest queue has room for four, and mostly there is one.
    retries: VecDeque<Box<Batch>>,
    in_flight: Vec<InFlight>,
    drain: Option<Drain>,
}

/// What an attempt has taken along.
#[derive(Debug)]
struct InFlight {
    attempt: u64,
    runs: Runs,
    bytes: usize,
}

impl Work {
    const fn none() -> Self {
        Self {
            buffers: ByStream::new([const { Buffer::new() }; Stream::ALL.len()]),
            retries: VecDeque::new(),
            in_flight: Vec::new(),
            drain: None,
        }
    }

    /// Bytes that are not in flight.
    fn waiting_bytes(&self) -> usize {
        let buffered = self.buffers.iter().map(|(_, buffer)| buffer.bytes());
        buffered
            .chain(self.retries.iter().map(|batch| batch.bytes()))
            .sum()
    }

    /// All bytes, those in flight included.
    fn bytes(&self) -> usize {
        let in_flight = self.in_flight.iter().map(|in_flight| in_flight.bytes);
        self.waiting_bytes() + in_flight.sum::<usize>()
    }
}

/// What an idle lane has, and what a healthy one knows.
static NO_WORK: Work = Work::none();
static HEALTHY: Health = Health::new();

impl LaneState {
    /// An empty lane.
    #[must_use]
    pub fn new(lane_id: u64, now: Instant) -> Self {
        Self {
            ledger: Ledger::new(lane_id),
            work: None,
            unusual: None,
            closed: false,
            company: Company::unknown(),
            last_success: None,
            idle_since: now,
        }
    }

    /// Takes an event in. True when the scheduler should look at the lane: it was empty, or a body is full.
    pub fn push(&mut self, event: Event, permit: Permit, limits: &LaneLimits) -> bool {
        if self.closed {
            self.refuse(DropReason::Shutdown, 1, limits);
            return false;
        }
        if self.is_company(event.submitted_at, limits) {
            self.company.came();
        }
        self.ledger.hold(event.epoch, &limits.sum);
        if let Some(charge) = self.charge_mut() {
            charge.add(permit.bytes());
        }
        let stream = event.kind.stream();
        let room_bytes = limits.room_bytes(stream);
        let buffer = &mut self.work_mut().buffers[stream];
        let (was_empty, was_full) = (buffer.is_empty(), buffer.fills(room_bytes));
        buffer.push(event, permit, &*limits.wire);
        was_empty || (!was_full && buffer.fills(room_bytes))
    }

    /// Whether an event that comes at `now` is company for one that waits or is on its way, or was a moment ago.
    fn is_company(&self, now: Instant, limits: &LaneLimits) -> bool {
        let counts = self.counts();
        counts.held() > 0
            || (counts.submitted() > 0
                && now.saturating_duration_since(self.idle_since) < limits.linger)
    }

    /// Counts events that are refused at the door.
    pub fn refuse(&mut self, reason: DropReason, events: u64, limits: &LaneLimits) {
        self.ledger.refuse(reason, events, &limits.sum);
    }

    /// True when the lane holds nothing, and has no memory for it.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.work.is_none()
    }

    /// What the lane wants at `now`.
    #[must_use]
    pub fn next(&self, now: Instant, limits: &LaneLimits) -> Next {
        let probing = self.health().is_probing();
        let in_flight_max = if probing || self.search().is_on() {
            1
        } else {
            limits.max_requests_in_flight
        };
        let due_at = match self.due(limits) {
            Due::Never => return Next::Idle,
            Due::Now => now,
            Due::At(at) => at,
        };
        if self.work().in_flight.len() >= in_flight_max {
            return Next::Idle;
        }
        let ready_at = self.drain_at().unwrap_or_else(|| {
            let blocked_until = self.health().blocked_until(now);
            blocked_until.map_or(due_at, |until| until.max(due_at))
        });
        if ready_at > now {
            return Next::Wait(ready_at);
        }
        Next::Ready(if probing {
            if self.last_success.is_some() && self.health().is_trouble_new() {
                Urgency::Again
            } else {
                Urgency::Probe
            }
        } else if self.last_success.is_none() {
            Urgency::First
        } else {
            Urgency::Normal
        })
    }

    /// Takes the next batch for attempt `attempt`: repeats first, then the stream that waits longest. None when
    /// all that was left had become too old.
    pub fn take(
        &mut self,
        attempt: u64,
        now: Instant,
        limits: &LaneLimits,
        notes: &mut Notes,
    ) -> Option<Batch> {
        self.drain_started();
        if let Some(unusual) = &mut self.unusual {
            unusual.health.started(now);
        }
        let mut batch = self
            .take_retry(now, limits, notes)
            .or_else(|| self.take_buffered(now, limits, notes))?;
        batch
            .first_attempt
            .get_or_insert((now, self.health().excused()));
        batch.portion = self.search().portion();
        self.work_mut().in_flight.push(InFlight {
            attempt,
            runs: batch.runs.clone(),
            bytes: batch.bytes(),
        });
        self.recharge();
        Some(batch)
    }

    /// Drops what an attempt had that will never come back: its task was stopped or panicked.
    pub fn drop_in_flight(
        &mut self,
        attempt: u64,
        reason: DropReason,
        now: Instant,
        limits: &LaneLimits,
        notes: &mut Notes,
    ) {
        let in_flight = &mut self.work_mut().in_flight;
        if let Some(index) = in_flight.iter().position(|it| it.attempt == attempt) {
            let InFlight { runs, .. } = in_flight.swap_remove(index);
            self.drop_held(&runs, reason, limits, notes);
        }
        self.note_if_idle(now);
    }

    /// The same for all attempts: their scheduler is gone.
    pub fn drop_all_in_flight(&mut self, now: Instant, limits: &LaneLimits, notes: &mut Notes) {
        for InFlight { runs, .. } in std::mem::take(&mut self.work_mut().in_flight) {
            self.drop_held(&runs, DropReason::InternalError, limits, notes);
        }
        self.note_if_idle(now);
    }

    /// An attempt has had no answer for long.
    pub fn grew_slow(&mut self) {
        self.health_mut().grew_slow();
    }

    /// Joins a flush: what is held is due at once, healthy or not as the clocks allow.
    pub fn begin_flush(&mut self, waiter: &Arc<Waiter>, tenant: &Tenant, site: &Site) {
        let last_error = self
            .unusual
            .as_ref()
            .and_then(|it| it.last_error.as_deref());
        self.ledger.join(waiter, tenant, site, last_error);
    }

    /// Drops what waits and refuses what comes. What is in flight is settled by its attempt.
    pub fn close(&mut self, limits: &LaneLimits, notes: &mut Notes) {
        self.closed = true;
        let work = self.work_mut();
        let buffers = std::mem::take(&mut work.buffers);
        let retries = std::mem::take(&mut work.retries);
        for (_, buffer) in buffers.iter() {
            self.drop_held(&buffer.runs(), DropReason::Shutdown, limits, notes);
        }
        for batch in retries {
            self.drop_held(&batch.runs, DropReason::Shutdown, limits, notes);
        }
        self.recharge();
    }

    /// Since when the lane has had nothing to do; none while it has.
    #[must_use]
    pub fn idle_since(&self) -> Option<Instant> {
        (self.ledger.counts().held() == 0 && self.work().in_flight.is_empty())
            .then_some(self.idle_since)
    }

    /// The lane's counters.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        self.ledger.counts()
    }

    /// Side counter: spans whose context disagreed with their parent's tenant.
    pub fn note_tenant_mismatch(&mut self, spans: u64, limits: &LaneLimits) {
        self.ledger.note_tenant_mismatch(spans, &limits.sum);
    }

    /// What settled since the last flush and is not in any report yet, for a lane that closes.
    pub fn take_unreported(&mut self) -> Tally {
        self.ledger.take_unreported()
    }

    /// When the last delivery was.
    #[must_use]
    pub fn last_success(&self) -> Option<Instant> {
        self.last_success
    }

    /// Why the last attempt failed; none since a success.
    #[must_use]
    pub fn last_error(&self) -> Option<&str> {
        self.unusual.as_ref()?.last_error.as_deref()
    }

    /// Since when the key is refused.
    #[must_use]
    pub fn parked_since(&self) -> Option<Instant> {
        self.health().parked_since()
    }

    fn due(&self, limits: &LaneLimits) -> Due {
        let work = self.work();
        if !work.retries.is_empty() {
            return Due::Now;
        }
        let buffers = || work.buffers.iter();
        let oldest_at = buffers().filter_map(|(_, buffer)| buffer.oldest_at()).min();
        let Some(oldest_at) = oldest_at else {
            return Due::Never;
        };
        let epochs = buffers().filter_map(|(_, buffer)| buffer.oldest_epoch());
        let flushed = epochs
            .min()
            .is_some_and(|epoch| self.ledger.is_flushed(epoch));
        let full = buffers().any(|(stream, buffer)| buffer.fills(limits.room_bytes(stream)));
        if flushed || full {
            Due::Now
        } else {
            let waiting = buffers().map(|(_, buffer)| buffer.events()).sum();
            Due::At(oldest_at + self.company.wait(waiting, limits.linger))
        }
    }

    fn take_retry(
        &mut self,
        now: Instant,
        limits: &LaneLimits,
        notes: &mut Notes,
    ) -> Option<Batch> {
        while let Some(batch) = self.work_mut().retries.pop_front() {
            if now.saturating_duration_since(batch.oldest_at) < EVENT_AGE_MAX {
                return Some(*batch);
            }
            self.drop_held(&batch.runs, DropReason::TooOld, limits, notes);
        }
        None
    }

    fn take_buffered(
        &mut self,
        now: Instant,
        limits: &LaneLimits,
        notes: &mut Notes,
    ) -> Option<Batch> {
        for stream in Stream::ALL {
            let buffer = &mut self.work_mut().buffers[stream];
            let runs = buffer.drop_too_old(now, &*limits.wire);
            self.drop_held(&runs, DropReason::TooOld, limits, notes);
        }
        let standing = self.standing();
        let buffers = &mut self.work_mut().buffers;
        let (_, stream) = buffers
            .iter()
            .filter_map(|(stream, buffer)| Some((buffer.oldest_at()?, stream)))
            .min_by_key(|(oldest_at, _)| *oldest_at)?;
        let room_bytes = limits.room_bytes_of(standing, stream);
        let (events, permit) = buffers[stream].take(room_bytes, &*limits.wire)?;
        if let [event] = &*events
            && now.saturating_duration_since(event.submitted_at) >= limits.linger
        {
            self.company.stayed_away();
        }
        Some(Batch::new(stream, events, permit, now))
    }

    fn drop_held(
        &mut self,
        runs: &Runs,
        reason: DropReason,
        limits: &LaneLimits,
        notes: &mut Notes,
    ) {
        let events = runs.events();
        if events > 0 {
            self.ledger.drop_held(runs, reason, &limits.sum);
            notes.push((
                Note {
                    outcome: Outcome::Dropped,
                    reason: reason.as_str(),
                    status: None,
                },
                events,
            ));
        }
    }

    fn note_if_idle(&mut self, now: Instant) {
        self.end_drain();
        if self.ledger.counts().held() > 0 {
            return self.recharge();
        }
        self.idle_since = now;
        self.ledger.clear();
        if self.work().in_flight.is_empty() {
            self.work = None;
        }
        self.recharge();
        self.forget();
    }

    /// Lets go of what is not unusual any more.
    fn forget(&mut self) {
        let Some(unusual) = &mut self.unusual else {
            return;
        };
        if unusual.health.is_well() {
            unusual.health = Health::new();
            unusual.search.end();
            if unusual.last_error.is_none()
                && unusual.successor.is_none()
                && unusual.search.is_blank()
            {
                self.unusual = None;
            }
        }
    }

    fn work(&self) -> &Work {
        self.work.as_deref().unwrap_or(&NO_WORK)
    }

    fn work_mut(&mut self) -> &mut Work {
        self.work.get_or_insert_with(|| Box::new(Work::none()))
    }

    fn health(&self) -> &Health {
        self.unusual.as_ref().map_or(&HEALTHY, |it| &it.health)
    }

    fn search(&self) -> Search {
        self.unusual
            .as_ref()
            .map_or_else(Search::default, |it| it.search)
    }

    fn health_mut(&mut self) -> &mut Health {
        &mut self.unusual_mut().health
    }

    fn unusual_mut(&mut self) -> &mut Unusual {
        self.unusual.get_or_insert_default()
    }
}

/// What the journal should hear of, with the events it concerns.
pub type Notes = Vec<(Note, u64)>;

#[cfg(test)]
mod tests;
