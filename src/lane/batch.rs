//! Some events of one lane on their way to the intake, and the permit for their bytes.
//!
//! Owns its contents from the moment they leave the buffer until they are settled. Once attempted, the body is
//! frozen: a retry sends the same bytes. Only a split, a trim or a bisection makes new bodies.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::budget::Permit;
use crate::payload::{Payload, Spares};
use crate::settings::BISECT_REQUESTS_MAX;
use crate::wire::{EventKind, Stream, Wire, trim};

/// One encoded span or evaluation. Its `Debug` says how large it is, never what is in it.
pub struct Event {
    /// Which envelope it goes into.
    pub kind: EventKind,
    /// Its JSON text, without envelope.
    pub json: Bytes,
    /// The flush epoch it was submitted in.
    pub epoch: u64,
    /// When it was submitted.
    pub submitted_at: Instant,
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("kind", &self.kind)
            .field("bytes", &self.json.len())
            .finish_non_exhaustive()
    }
}

/// How many events of which epoch, oldest first. Settling needs no more than this.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs(Vec<(u64, u64)>);

impl Runs {
    /// One more event of `epoch`.
    pub fn push(&mut self, epoch: u64) {
        self.push_many(epoch, 1);
    }

    /// More events of `epoch`.
    fn push_many(&mut self, epoch: u64, more: u64) {
        match self.0.last_mut() {
            Some((last, events)) if *last == epoch => *events += more,
            _ => self.0.push((epoch, more)),
        }
    }

    /// More events, which come after these.
    pub fn append(&mut self, more: &Self) {
        for (epoch, events) in more.iter() {
            self.push_many(epoch, events);
        }
    }

    /// Events in all.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.0.iter().map(|(_, events)| events).sum()
    }

    /// Events whose epoch is not newer than `epoch`.
    #[must_use]
    pub fn events_up_to(&self, epoch: u64) -> u64 {
        self.0
            .iter()
            .filter(|(of, _)| *of <= epoch)
            .map(|(_, events)| events)
            .sum()
    }

    /// The runs themselves.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.0.iter().copied()
    }

    /// Takes the first `events` events.
    #[must_use]
    pub fn take_front(&mut self, mut events: u64) -> Self {
        let mut front = Vec::new();
        for (epoch, left) in &mut self.0 {
            let taken = events.min(*left);
            if taken > 0 {
                front.push((*epoch, taken));
            }
            *left -= taken;
            events -= taken;
        }
        self.0.retain(|(_, left)| *left > 0);
        Self(front)
    }
}

/// What a batch holds: events until its first attempt, then the body.
enum Contents {
    Events(Vec<Event>),
    Payload(Payload),
}

impl fmt::Debug for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Events(events) => write!(f, "Events({})", events.len()),
            Self::Payload(payload) => write!(f, "Payload({} bytes)", payload.body().len()),
        }
    }
}

/// Events of one lane and one stream, travelling together.
#[derive(Debug)]
pub struct Batch {
    /// The stream, hence the endpoint.
    pub stream: Stream,
    /// Its events by epoch.
    pub runs: Runs,
    /// When its oldest event was submitted.
    pub oldest_at: Instant,
    /// When it was first attempted, and how much waiting its lane had been excused from by then.
    pub first_attempt: Option<(Instant, Duration)>,
    /// The next attempt must use a new connection.
    pub fresh_connection: bool,
    /// Send it as it is although compression is on: this intake refused it compressed.
    pub uncompressed: bool,
    trimmed: bool,
    contents: Contents,
    permit: Permit,
    /// Extra requests left for finding refused events; shared by the pieces of one payload.
    bisect_left: Arc<AtomicU32>,
}

impl Batch {
    /// A batch of `events` with the permit for their bytes.
    #[must_use]
    pub fn new(stream: Stream, events: Vec<Event>, permit: Permit, now: Instant) -> Self {
        let mut runs = Runs::default();
        for event in &events {
            runs.push(event.epoch);
        }
        Self {
            stream,
            runs,
            oldest_at: events.first().map_or(now, |event| event.submitted_at),
            first_attempt: None,
            fresh_connection: false,
            uncompressed: false,
            trimmed: false,
            contents: Contents::Events(events),
            permit,
            bisect_left: Arc::new(AtomicU32::new(BISECT_REQUESTS_MAX)),
        }
    }

    /// Events in it.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.runs.events()
    }

    /// The frozen body; none before [`Batch::prepare`].
    #[must_use]
    pub fn body(&self) -> Option<Bytes> {
        match &self.contents {
            Contents::Payload(payload) => Some(payload.body().clone()),
            Contents::Events(_) => None,
        }
    }

    /// Assembles the body on the first attempt, trimming events over the limit. Returns the events that cannot
    /// be trimmed below it. Costs time in proportion to the bytes: never call it under a lock.
    pub fn prepare(&mut self, spares: &Spares, wire: &dyn Wire, max_event_bytes: usize) -> Runs {
        let mut too_large = Runs::default();
        let Contents::Events(events) = &mut self.contents else {
            return too_large;
        };
        let events = std::mem::take(events);
        let mut kept = Runs::default();
        let mut fitting = Vec::with_capacity(events.len());
        for event in events {
            let around = wire.envelope_bytes(event.kind) + wire.bracket_bytes(self.stream);
            let limit = max_event_bytes.saturating_sub(around);
            let json = if event.json.len() <= limit {
                Some(event.json)
            } else {
                trim(wire, &event.json, limit).map(Bytes::from)
            };
            match json {
                Some(json) => {
                    kept.push(event.epoch);
                    fitting.push((event.kind, json));
                }
                None => too_large.push(event.epoch),
            }
        }
        self.runs = kept;
        let payload = Payload::assemble_in(spares, wire, self.stream, fitting);
        self.contents = Contents::Payload(payload);
        too_large
    }

    /// Cuts it in two, for a payload that was too large or holds an event the intake refuses. A batch of one
    /// event comes back whole.
    ///
    /// # Errors
    /// The batch itself when there is nothing to cut.
    pub fn halves(self) -> Result<(Self, Self), Box<Self>> {
        let Contents::Payload(payload) = &self.contents else {
            return Err(Box::new(self));
        };
        let (events, middle) = (payload.len(), payload.len() / 2);
        if middle == 0 {
            return Err(Box::new(self));
        }
        let (first, second) = (payload.part(0..middle), payload.part(middle..events));
        let Self {
            stream,
            mut runs,
            oldest_at,
            first_attempt,
            uncompressed,
            trimmed,
            mut permit,
            bisect_left,
            ..
        } = self;
        let part = |payload: Payload, runs: Runs, permit: Permit| Self {
            stream,
            runs,
            oldest_at,
            first_attempt,
            fresh_connection: false,
            uncompressed,
            trimmed,
            contents: Contents::Payload(payload),
            permit,
            bisect_left: Arc::clone(&bisect_left),
        };
        let front_runs = runs.take_front(middle as u64);
        let front_permit = permit.split_off(first.body().len());
        Ok((
            part(first, front_runs, front_permit),
            part(second, runs, permit),
        ))
    }

    /// Takes one extra request from what a bisection may cost. False when it is used up.
    #[must_use]
    pub fn spend_bisect_request(&self) -> bool {
        self.bisect_left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(1)
            })
            .is_ok()
    }

    /// Trims a single event to half its size after the intake called it too large. Only once, and only where
    /// there is text to trim. Costs time in proportion to the bytes: never call it under a lock.
    #[must_use]
    pub fn trim_once(&mut self, wire: &dyn Wire) -> bool {
        let Contents::Payload(payload) = &self.contents else {
            return false;
        };
        if self.trimmed || payload.len() != 1 {
            return false;
        }
        self.trimmed = true;
        match payload.trimmed(wire, payload.body().len() / 2) {
            Some(smaller) => {
                self.contents = Contents::Payload(smaller);
                true
            }
            None => false,
        }
    }

    /// How long it has been retried at `now`, not counting the waiting its lane is excused from.
    #[must_use]
    pub fn retry_age(&self, now: Instant, excused: Duration) -> Duration {
        self.first_attempt
            .map_or(Duration::ZERO, |(at, excused_before)| {
                now.saturating_duration_since(at)
                    .saturating_sub(excused.saturating_sub(excused_before))
            })
    }

    /// Bytes its permit stands for.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.permit.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_split_without_losing_an_event_or_its_epoch() {
        let mut runs = Runs::default();
        for epoch in [1, 1, 2, 2, 2, 5] {
            runs.push(epoch);
        }
        assert_eq!(
            (
                runs.events(),
                runs.events_up_to(0),
                runs.events_up_to(2),
                runs.events_up_to(9)
            ),
            (6, 0, 5, 6)
        );
        let front = runs.take_front(3);
        assert_eq!(front.iter().collect::<Vec<_>>(), [(1, 2), (2, 1)]);
        assert_eq!(runs.iter().collect::<Vec<_>>(), [(2, 2), (5, 1)]);
        assert_eq!(runs.take_front(99).events(), 3);
        assert_eq!(runs.events(), 0);
    }
}
