//! Some events of one lane on their way to the intake, and the permit for their bytes.
//!
//! Owns its contents from the moment they leave the buffer until they are settled. Once attempted, the body is
//! frozen: a retry sends the same bytes. Only a cut or a trim makes new bodies, after a refusal.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::budget::Permit;
use crate::payload::{Payload, Spares};
use crate::wire::{EventKind, Stream, Wire};

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

/// How much of a batch the next request may take, one event at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Portion {
    /// Events.
    pub events: usize,
    /// Bytes of the body.
    pub bytes: usize,
}

impl Portion {
    /// All of it.
    pub const ALL: Self = Self {
        events: usize::MAX,
        bytes: usize::MAX,
    };
}

/// What is known of the events of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nothing.
    Nothing,
    /// The intake refuses something in it. Of the rest of a cut: something in the whole.
    Refused,
}

/// What a batch holds: events until its first attempt, then the body. What a refused body left to be sent is a part
/// of it until its turn: cutting small pieces off a large body must not copy the rest each time.
enum Contents {
    Events(Vec<Event>),
    Payload(Payload),
    Part(Arc<Payload>, Range<usize>),
}

impl fmt::Debug for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Events(events) => write!(f, "Events({})", events.len()),
            Self::Payload(payload) => write!(f, "Payload({} bytes)", payload.body().len()),
            Self::Part(_, events) => write!(f, "Part({})", events.len()),
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
    /// How much of it the next request takes.
    pub portion: Portion,
    /// What the intake's answers say of it.
    pub known: Known,
    trimmed: bool,
    contents: Contents,
    permit: Permit,
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
            portion: Portion::ALL,
            known: Known::Nothing,
            trimmed: false,
            contents: Contents::Events(events),
            permit,
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
            Contents::Events(_) | Contents::Part(..) => None,
        }
    }

    /// Assembles the body on the first attempt. Costs time in proportion to the bytes: never call it under a lock.
    pub fn prepare(&mut self, spares: &Spares, wire: &dyn Wire) {
        let payload = match &mut self.contents {
            Contents::Events(events) => {
                let events = std::mem::take(events).into_iter();
                let events = events.map(|event| (event.kind, event.json));
                Payload::assemble_in(spares, wire, self.stream, events)
            }
            Contents::Part(of, part) => of.part(part.clone()),
            Contents::Payload(_) => return,
        };
        self.contents = Contents::Payload(payload);
    }

    /// Keeps what the next request takes, and returns the rest, if there is any: of what is known to be refused in part,
    /// a half is kept at most. Costs time in proportion to the bytes: never call it under a lock.
    #[must_use]
    pub fn cut(&mut self, wire: &dyn Wire) -> Option<Self> {
        let sizes = self.sizes(wire);
        let portion = std::mem::replace(&mut self.portion, Portion::ALL);
        let known = std::mem::replace(&mut self.known, Known::Nothing);
        let most = match known {
            Known::Refused => portion.events.min(sizes.len() / 2),
            Known::Nothing => portion.events,
        };
        let mut bytes = wire.bracket_bytes(self.stream);
        let fitting = sizes.iter().take_while(|size| {
            bytes += **size;
            bytes <= portion.bytes
        });
        let kept = fitting.count().min(most).max(1);
        if kept >= sizes.len() {
            return None;
        }
        let sum = |sizes: &[usize]| sizes.iter().sum::<usize>();
        let (front, back) = sizes.split_at(kept);
        let all_bytes = (sum(front) + sum(back)).max(1);
        let back_bytes = self.permit.bytes() * sum(back) / all_bytes;
        let contents = self.cut_contents(kept, sum(back));
        let front_runs = self.runs.take_front(kept as u64);
        Some(Self {
            stream: self.stream,
            runs: std::mem::replace(&mut self.runs, front_runs),
            oldest_at: self.oldest_at,
            first_attempt: self.first_attempt,
            fresh_connection: false,
            uncompressed: self.uncompressed,
            portion: Portion::ALL,
            known,
            trimmed: false,
            contents,
            permit: self.permit.split_off(back_bytes),
        })
    }

    /// Bytes of each event in the body, the comma included.
    fn sizes(&self, wire: &dyn Wire) -> Vec<usize> {
        let of = |payload: &Payload, events: Range<usize>| {
            let sizes = events.map(|index| payload.event(index).len() + 1);
            sizes.collect()
        };
        match &self.contents {
            Contents::Events(events) => events
                .iter()
                .map(|event| event.json.len() + wire.envelope_bytes(event.kind) + 1)
                .collect(),
            Contents::Payload(payload) => of(payload, 0..payload.len()),
            Contents::Part(payload, events) => of(payload, events.clone()),
        }
    }

    /// Keeps the first `kept` events and returns the others, which have `rest_bytes`. They stay where they are until
    /// they are less than half of it.
    fn cut_contents(&mut self, kept: usize, rest_bytes: usize) -> Contents {
        let nothing = Contents::Events(Vec::new());
        let (of, events) = match std::mem::replace(&mut self.contents, nothing) {
            Contents::Events(mut events) => {
                let rest = events.split_off(kept.min(events.len()));
                self.contents = Contents::Events(events);
                return Contents::Events(rest);
            }
            Contents::Payload(payload) => {
                let events = 0..payload.len();
                (Arc::new(payload), events)
            }
            Contents::Part(of, events) => (of, events),
        };
        let middle = events.start + kept;
        self.contents = Contents::Payload(of.part(events.start..middle));
        if rest_bytes < of.body().len() / 2 {
            return Contents::Payload(of.part(middle..events.end));
        }
        Contents::Part(of, middle..events.end)
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
