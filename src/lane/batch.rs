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
    use crate::lane::fixture::Source;

    /// A batch of spans with these texts, each of an epoch of its own, from 1 on.
    fn batch(source: &Source, texts: &[&str]) -> Batch {
        let events: Vec<Event> = (1..)
            .zip(texts)
            .map(|(epoch, text)| source.event(EventKind::Span, text, epoch))
            .collect();
        let bytes = events.iter().map(|event| source.cost_of(event)).sum();
        Batch::new(Stream::Spans, events, source.permit(bytes), source.now)
    }

    fn prepared(source: &Source, texts: &[&str]) -> Batch {
        let mut batch = batch(source, texts);
        batch.prepare(&Spares::default(), &*source.wire);
        batch
    }

    fn body_of(source: &Source, texts: &[&str]) -> Bytes {
        prepared(source, texts).body().unwrap()
    }

    fn cut(source: &Source, batch: &mut Batch, portion: Portion) -> Option<Batch> {
        batch.portion = portion;
        batch.cut(&*source.wire)
    }

    fn first(events: usize) -> Portion {
        Portion {
            events,
            ..Portion::ALL
        }
    }

    fn epochs(batch: &Batch) -> Vec<u64> {
        batch.runs.iter().map(|(epoch, _)| epoch).collect()
    }

    const FIVE: [&str; 5] = [r#"{"n":0}"#, r#"{"n":"1"}"#, r#"{"n":2.0}"#, "{}", "[]"];

    #[test]
    fn a_body_is_assembled_once_and_stays_the_same() {
        let source = Source::new();
        let mut batch = batch(&source, &FIVE);
        assert_eq!(batch.body(), None);
        batch.prepare(&Spares::default(), &*source.wire);
        let body = batch.body().unwrap();
        assert_eq!(body, body_of(&source, &FIVE));
        batch.prepare(&Spares::default(), &*source.wire);
        assert_eq!(batch.body().unwrap().as_ptr(), body.as_ptr());
        assert_eq!((batch.events(), epochs(&batch)), (5, vec![1, 2, 3, 4, 5]));
    }

    #[test]
    fn a_batch_is_as_old_as_its_first_event_and_holds_what_its_permit_is_for() {
        let source = Source::new();
        let later = source.now + Duration::from_secs(1);
        let event = source.event(EventKind::Span, "{}", 1);
        let batch = Batch::new(Stream::Spans, vec![event], source.permit(77), later);
        assert_eq!((batch.oldest_at, batch.bytes()), (source.now, 77));
        assert_eq!(source.total.used_bytes(), 77);
        drop(batch);
        assert_eq!(source.total.used_bytes(), 0);
    }

    #[test]
    fn a_cut_keeps_the_events_that_are_asked_for_and_loses_none() {
        let source = Source::new();
        for make in [batch, prepared] {
            for kept in 1..FIVE.len() {
                let mut front = make(&source, &FIVE);
                let mut rest = cut(&source, &mut front, first(kept)).unwrap();
                assert_eq!(epochs(&front), (1..=kept as u64).collect::<Vec<_>>());
                assert_eq!(epochs(&rest), (kept as u64 + 1..=5).collect::<Vec<_>>());
                for (part, texts) in [(&mut front, &FIVE[..kept]), (&mut rest, &FIVE[kept..])] {
                    part.prepare(&Spares::default(), &*source.wire);
                    assert_eq!(part.body().unwrap(), body_of(&source, texts));
                }
            }
            for all in [5, 6] {
                assert!(cut(&source, &mut make(&source, &FIVE), first(all)).is_none());
            }
            let mut front = make(&source, &FIVE);
            assert!(cut(&source, &mut front, first(0)).is_some());
            assert_eq!(front.events(), 1, "one at least");
        }
    }

    #[test]
    fn what_is_left_of_a_cut_is_cut_again_where_it_lies() {
        let source = Source::new();
        let mut front = prepared(&source, &FIVE);
        let mut middle = cut(&source, &mut front, first(1)).unwrap();
        let mut back = cut(&source, &mut middle, first(2)).unwrap();
        for (part, texts) in [
            (&mut front, &FIVE[..1]),
            (&mut middle, &FIVE[1..3]),
            (&mut back, &FIVE[3..]),
        ] {
            part.prepare(&Spares::default(), &*source.wire);
            assert_eq!(part.body().unwrap(), body_of(&source, texts));
        }
    }

    #[test]
    fn a_cut_keeps_what_fits_and_counts_a_comma_behind_each_event() {
        let source = Source::new();
        let two = body_of(&source, &FIVE[..2]).len() + 1;
        for make in [batch, prepared] {
            for (bytes, kept) in [(two, 2), (two - 1, 1), (0, 1)] {
                let mut front = make(&source, &FIVE);
                let portion = Portion {
                    bytes,
                    ..Portion::ALL
                };
                assert!(cut(&source, &mut front, portion).is_some());
                assert_eq!(front.events(), kept, "{bytes}");
            }
        }
        let mut rest = prepared(&source, &FIVE);
        rest = cut(&source, &mut rest, first(1)).unwrap();
        let bytes = body_of(&source, &FIVE[1..4]).len() + 1;
        for (bytes, kept) in [(bytes, 3), (bytes - 1, 2)] {
            let portion = Portion {
                bytes,
                ..Portion::ALL
            };
            let next = cut(&source, &mut rest, portion).unwrap();
            assert_eq!(rest.events(), kept, "{bytes}");
            rest = prepared(&source, &FIVE);
            rest = cut(&source, &mut rest, first(1)).unwrap();
            assert_eq!(next.events() + kept, 4);
        }
    }

    #[test]
    fn of_what_is_known_to_be_refused_a_half_is_kept_at_most() {
        let source = Source::new();
        let texts = ["{}"; 6];
        for (portion, kept) in [(Portion::ALL, 3), (first(4), 3), (first(2), 2)] {
            let mut front = batch(&source, &texts);
            front.known = Known::Refused;
            let rest = cut(&source, &mut front, portion).unwrap();
            assert_eq!((front.events(), rest.events()), (kept, 6 - kept));
            assert_eq!((front.known, rest.known), (Known::Nothing, Known::Refused));
            assert_eq!((front.portion, rest.portion), (Portion::ALL, Portion::ALL));
        }
        let mut single = batch(&source, &["{}"]);
        single.known = Known::Refused;
        assert!(single.cut(&*source.wire).is_none());
    }

    #[test]
    fn the_rest_of_a_cut_goes_on_as_the_whole_would_have() {
        let source = Source::new();
        let mut front = batch(&source, &["{}", "{}"]);
        let tried = Some((source.now, Duration::from_secs(3)));
        front.first_attempt = tried;
        front.fresh_connection = true;
        front.uncompressed = true;
        let rest = cut(&source, &mut front, first(1)).unwrap();
        assert_eq!((rest.first_attempt, rest.oldest_at), (tried, source.now));
        assert!(rest.uncompressed && !rest.fresh_connection);
        assert_eq!((rest.stream, rest.known), (Stream::Spans, Known::Nothing));
    }

    #[test]
    fn a_permit_is_cut_as_the_bytes_are() {
        let source = Source::new();
        let texts = ["[1234567]", "[123456789 123456789 1234567]"];
        let events = texts.map(|text| source.event(EventKind::Evaluation, text, 1));
        let permit = source.permit(400);
        let mut front = Batch::new(Stream::Evaluations, events.into(), permit, source.now);
        let rest = cut(&source, &mut front, first(1)).unwrap();
        assert_eq!((front.bytes(), rest.bytes()), (100, 300));
        drop(front);
        assert_eq!(source.total.used_bytes(), 300);
        drop(rest);
        assert_eq!(source.total.used_bytes(), 0);
    }

    #[test]
    fn a_rest_is_copied_once_it_is_less_than_half_of_its_body() {
        let source = Source::new();
        for (events, kept, is_copied) in [(2, 1, false), (3, 1, false), (3, 2, true)] {
            let mut front = prepared(&source, &["{}"; 3][..events]);
            let rest = cut(&source, &mut front, first(kept)).unwrap();
            assert_eq!(rest.body().is_some(), is_copied, "{kept} of {events}");
            assert!(front.body().is_some());
        }
    }

    #[test]
    fn a_single_event_is_trimmed_to_half_and_once() {
        let source = Source::new();
        let value = "x".repeat(8_000);
        let long = format!(r#"{{"meta":{{"input":{{"value":"{value}"}}}}}}"#);
        let mut single = batch(&source, &[&long]);
        assert!(!single.trim_once(&*source.wire), "it has no body yet");
        single.prepare(&Spares::default(), &*source.wire);
        let whole = single.body().unwrap().len();
        assert!(single.trim_once(&*source.wire));
        let half = single.body().unwrap();
        assert!(half.len() <= whole / 2 && half.len() > whole / 4);
        assert!(!single.trim_once(&*source.wire));
        assert_eq!(single.body().unwrap(), half);
        for texts in [&["{}"][..], &[&long, &long]] {
            let mut other = prepared(&source, texts);
            assert!(!other.trim_once(&*source.wire));
            assert_eq!(other.body().unwrap(), body_of(&source, texts));
        }
    }

    #[test]
    fn a_batch_ages_by_the_waiting_that_nobody_excuses() {
        let source = Source::new();
        let mut batch = batch(&source, &["{}"]);
        let seconds = Duration::from_secs;
        let later = source.now + seconds(10);
        assert_eq!(batch.retry_age(later, seconds(5)), Duration::ZERO);
        batch.first_attempt = Some((source.now, seconds(2)));
        assert_eq!(batch.retry_age(later, seconds(2)), seconds(10));
        assert_eq!(batch.retry_age(later, seconds(5)), seconds(7));
        assert_eq!(batch.retry_age(later, seconds(99)), Duration::ZERO);
    }

    #[test]
    fn what_is_printed_of_events_is_their_size() {
        let source = Source::new();
        let texts = [r#"{"name":"a prompt"}"#; 3];
        let event = source.event(EventKind::Span, texts[0], 1);
        assert_eq!(format!("{event:?}"), "Event { kind: Span, bytes: 19, .. }");
        let mut front = batch(&source, &texts);
        assert!(format!("{front:?}").contains("contents: Events(3)"));
        front.prepare(&Spares::default(), &*source.wire);
        let rest = cut(&source, &mut front, first(1)).unwrap();
        let bytes = front.body().unwrap().len();
        let printed = format!("{front:?} {rest:?}");
        assert!(printed.contains(&format!("contents: Payload({bytes} bytes)")));
        assert!(printed.contains("contents: Part(2)"));
        assert!(!printed.contains("prompt"), "{printed}");
    }

    #[test]
    fn runs_that_meet_in_one_epoch_are_one() {
        let mut runs = Runs(vec![(1, 2), (2, 1)]);
        runs.append(&Runs(vec![(2, 3), (4, 1)]));
        assert_eq!(runs, Runs(vec![(1, 2), (2, 4), (4, 1)]));
        runs.append(&Runs::default());
        assert_eq!(runs.events(), 7);
    }

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
