//! Encoded events of one stream in the order they came, and the bytes they take in a body.
//!
//! Pure: it neither waits nor judges. Owns events until [`Buffer::take`] hands them on.

use std::collections::VecDeque;

use tokio::time::Instant;

use crate::budget::Permit;
use crate::lane::batch::{Event, Runs};
use crate::settings::{EVENT_AGE_MAX, EVENT_OVERHEAD_BYTES};
use crate::wire::Wire;

/// The bytes an event is charged for while it is held.
#[must_use]
pub fn cost_bytes(json_bytes: usize, envelope_bytes: usize) -> usize {
    json_bytes + envelope_bytes + 1 + EVENT_OVERHEAD_BYTES
}

/// Events of one stream, waiting.
#[derive(Debug, Default)]
pub struct Buffer {
    events: VecDeque<Event>,
    wire_bytes: usize,
    /// None while the buffer is empty.
    permit: Option<Permit>,
}

impl Buffer {
    /// An empty buffer.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            events: VecDeque::new(),
            wire_bytes: 0,
            permit: None,
        }
    }

    /// True when nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// How many wait.
    #[must_use]
    pub fn events(&self) -> usize {
        self.events.len()
    }

    /// Bytes that are charged for what waits.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.permit.as_ref().map_or(0, Permit::bytes)
    }

    /// When the oldest event came.
    #[must_use]
    pub fn oldest_at(&self) -> Option<Instant> {
        self.events.front().map(|event| event.submitted_at)
    }

    /// The epoch of the oldest event.
    #[must_use]
    pub fn oldest_epoch(&self) -> Option<u64> {
        self.events.front().map(|event| event.epoch)
    }

    /// True when a body with room for `room_bytes` of events would be full of what is here.
    #[must_use]
    pub fn fills(&self, room_bytes: usize) -> bool {
        self.wire_bytes >= room_bytes
    }

    /// Adds an event with the permit for its bytes.
    pub fn push(&mut self, event: Event, permit: Permit, wire: &dyn Wire) {
        self.wire_bytes += event.json.len() + wire.envelope_bytes(event.kind) + 1;
        self.charge(permit);
        self.events.push_back(event);
    }

    /// Drops the events the intake would no longer accept at `now`, and says which.
    pub fn drop_too_old(&mut self, now: Instant, wire: &dyn Wire) -> Runs {
        let mut dropped = Runs::default();
        while let Some(event) = self.events.front()
            && now.saturating_duration_since(event.submitted_at) >= EVENT_AGE_MAX
            && let Some(event) = self.events.pop_front()
        {
            drop(self.charge_of(&event, wire));
            dropped.push(event.epoch);
        }
        self.shrink();
        dropped
    }

    /// Gives up the oldest event, and says its epoch and the bytes that are free now.
    pub fn give_up_oldest(&mut self, wire: &dyn Wire) -> Option<(u64, usize)> {
        let event = self.events.pop_front()?;
        let freed = self
            .charge_of(&event, wire)
            .map_or(0, |permit| permit.bytes());
        self.shrink();
        Some((event.epoch, freed))
    }

    /// Takes the oldest events that fit into one body with room for `room_bytes`: at least one, if there is any.
    pub fn take(&mut self, room_bytes: usize, wire: &dyn Wire) -> Option<(Vec<Event>, Permit)> {
        // All of it, as nearly always: nothing needs to be counted again. The last comma is not written.
        if self.wire_bytes <= room_bytes.saturating_add(1) {
            let all = std::mem::take(self);
            return Some((all.events.into(), all.permit?));
        }
        let mut taken = Vec::new();
        let mut taken_bytes = 0;
        let mut permit = self.permit.as_mut()?.split_off(0);
        while let Some(event) = self.events.front() {
            let next_bytes = taken_bytes
                + event.json.len()
                + wire.envelope_bytes(event.kind)
                + usize::from(!taken.is_empty());
            if next_bytes > room_bytes && !taken.is_empty() {
                break;
            }
            let Some(event) = self.events.pop_front() else {
                break;
            };
            taken_bytes = next_bytes;
            if let Some(charge) = self.charge_of(&event, wire) {
                permit.absorb(charge);
            }
            taken.push(event);
        }
        self.shrink();
        Some((taken, permit))
    }

    /// Takes over what another buffer of the same stream handed over. It comes after what is here.
    pub fn take_over(&mut self, other: Self) {
        self.wire_bytes += other.wire_bytes;
        self.events.extend(other.events);
        if let Some(permit) = other.permit {
            self.charge(permit);
        }
    }

    /// The events by epoch, oldest first.
    #[must_use]
    pub fn runs(&self) -> Runs {
        let mut runs = Runs::default();
        for event in &self.events {
            runs.push(event.epoch);
        }
        runs
    }

    fn charge(&mut self, permit: Permit) {
        match &mut self.permit {
            Some(own) => own.absorb(permit),
            None => self.permit = Some(permit),
        }
    }

    fn charge_of(&mut self, event: &Event, wire: &dyn Wire) -> Option<Permit> {
        let envelope_bytes = wire.envelope_bytes(event.kind);
        self.wire_bytes = self
            .wire_bytes
            .saturating_sub(event.json.len() + envelope_bytes + 1);
        let charge_bytes = cost_bytes(event.json.len(), envelope_bytes);
        Some(self.permit.as_mut()?.split_off(charge_bytes))
    }

    /// An empty buffer keeps no memory: most lanes of a large process are idle.
    fn shrink(&mut self) {
        if self.events.is_empty() {
            self.events = VecDeque::new();
            self.permit = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::lane::fixture::Source;
    use crate::payload::Payload;
    use crate::wire::{EventKind, Stream};

    const TEXTS: [&str; 3] = ["{\"a\":1}", "{}", "{\"b\":22}"];

    fn add(buffer: &mut Buffer, source: &Source, text: &str, epoch: u64) {
        let (event, permit) = source.charged(EventKind::Span, text, epoch);
        buffer.push(event, permit, &*source.wire);
    }

    /// The texts as spans, the first of epoch 1.
    fn buffer_of(source: &Source, texts: &[&str]) -> Buffer {
        let mut buffer = Buffer::new();
        for (epoch, text) in (1..).zip(texts) {
            add(&mut buffer, source, text, epoch);
        }
        buffer
    }

    fn cost(source: &Source, text: &str) -> usize {
        source.cost_of(&source.event(EventKind::Span, text, 1))
    }

    fn body_bytes(source: &Source, events: Vec<Event>) -> usize {
        let events = events.into_iter().map(|event| (event.kind, event.json));
        let payload = Payload::assemble(&*source.wire, Stream::Spans, events);
        payload.body().len()
    }

    /// Bytes of a body with these events that are not its brackets.
    fn room_for(source: &Source, texts: &[&str]) -> usize {
        let events = texts.iter();
        let events = events.map(|text| source.event(EventKind::Span, text, 1));
        body_bytes(source, events.collect()) - source.wire.bracket_bytes(Stream::Spans)
    }

    /// That `buffer` holds `texts` and no other bytes.
    fn assert_holds(buffer: &Buffer, source: &Source, texts: &[&str]) {
        assert_eq!(buffer.events(), texts.len());
        assert_eq!(buffer.is_empty(), texts.is_empty());
        let costs = texts.iter().map(|text| cost(source, text));
        assert_eq!(buffer.bytes(), costs.sum::<usize>());
        assert_eq!(source.total.used_bytes(), buffer.bytes());
        let wire_bytes = if texts.is_empty() {
            0
        } else {
            room_for(source, texts) + 1
        };
        assert!(buffer.fills(wire_bytes) && !buffer.fills(wire_bytes + 1));
    }

    #[test]
    fn an_event_costs_its_text_its_envelope_a_comma_and_its_place() {
        assert_eq!(cost_bytes(100, 30), 100 + 30 + 1 + EVENT_OVERHEAD_BYTES);
    }

    #[test]
    fn a_buffer_knows_what_waits_in_it() {
        let source = Source::new();
        let mut buffer = Buffer::new();
        assert_eq!((buffer.oldest_at(), buffer.oldest_epoch()), (None, None));
        assert_holds(&buffer, &source, &[]);
        for (index, epoch) in [(0, 7), (1, 7), (2, 9)] {
            add(&mut buffer, &source, TEXTS[index], epoch);
            assert_holds(&buffer, &source, &TEXTS[..=index]);
        }
        assert_eq!(buffer.oldest_at(), Some(source.now));
        assert_eq!(buffer.oldest_epoch(), Some(7));
        assert_eq!(buffer.runs().iter().collect::<Vec<_>>(), [(7, 2), (9, 1)]);
    }

    #[test]
    fn a_body_is_as_long_as_the_limit_allows_and_no_longer() {
        let source = Source::new();
        let three = || buffer_of(&source, &TEXTS);
        let whole = body_bytes(&source, three().take(usize::MAX, &*source.wire).unwrap().0);
        for (limit, taken) in [(whole, 3), (whole - 1, 2), (0, 1)] {
            let mut buffer = three();
            let room = limit.saturating_sub(source.wire.bracket_bytes(Stream::Spans));
            let (events, permit) = buffer.take(room, &*source.wire).unwrap();
            assert_eq!(events.len(), taken, "{limit}");
            assert!(taken == 1 || body_bytes(&source, events) <= limit);
            drop(permit);
            assert_holds(&buffer, &source, &TEXTS[taken..]);
            let rest = std::iter::from_fn(|| buffer.take(room, &*source.wire));
            assert_eq!(
                rest.map(|(events, _)| events.len()).sum::<usize>(),
                3 - taken
            );
            assert_eq!(source.total.used_bytes(), 0, "every permit came back");
        }
    }

    #[test]
    fn a_part_of_a_buffer_fits_to_the_byte_with_the_permit_for_it() {
        let source = Source::new();
        let texts = [TEXTS[0], TEXTS[1], TEXTS[2], TEXTS[0], TEXTS[2]];
        let three = room_for(&source, &texts[..3]);
        for (room, taken) in [(three, 3), (three - 1, 2)] {
            let mut buffer = buffer_of(&source, &texts);
            let (events, permit) = buffer.take(room, &*source.wire).unwrap();
            assert_eq!(events.len(), taken);
            let costs = events.iter().map(|event| source.cost_of(event));
            assert_eq!(permit.bytes(), costs.sum::<usize>());
            drop(permit);
            assert_holds(&buffer, &source, &texts[taken..]);
        }
    }

    #[test]
    fn what_the_intake_would_not_accept_any_more_is_dropped_and_nothing_else() {
        let mut source = Source::new();
        let began = source.now;
        let mut buffer = buffer_of(&source, &TEXTS[..2]);
        source.now += Duration::from_secs(1);
        add(&mut buffer, &source, TEXTS[2], 3);
        let too_late = began + EVENT_AGE_MAX;
        let dropped = buffer.drop_too_old(too_late - Duration::from_nanos(1), &*source.wire);
        assert_eq!(dropped, Runs::default());
        assert_holds(&buffer, &source, &TEXTS);
        let dropped = buffer.drop_too_old(too_late, &*source.wire);
        assert_eq!(dropped.iter().collect::<Vec<_>>(), [(1, 1), (2, 1)]);
        assert_holds(&buffer, &source, &TEXTS[2..]);
        let dropped = buffer.drop_too_old(too_late + Duration::from_secs(1), &*source.wire);
        assert_eq!(dropped.iter().collect::<Vec<_>>(), [(3, 1)]);
        assert_holds(&buffer, &source, &[]);
    }

    #[test]
    fn the_oldest_is_given_up_first_with_all_its_bytes() {
        let source = Source::new();
        let mut buffer = buffer_of(&source, &TEXTS);
        for (index, epoch) in [(0, 1), (1, 2), (2, 3)] {
            let freed = cost(&source, TEXTS[index]);
            let given_up = buffer.give_up_oldest(&*source.wire);
            assert_eq!(given_up, Some((epoch, freed)));
            assert_holds(&buffer, &source, &TEXTS[index + 1..]);
        }
        assert_eq!(buffer.give_up_oldest(&*source.wire), None);
    }

    #[test]
    fn an_empty_buffer_keeps_no_memory() {
        let source = Source::new();
        let mut buffer = buffer_of(&source, &TEXTS[..1]);
        assert!(buffer.give_up_oldest(&*source.wire).is_some());
        assert_eq!(buffer.events.capacity(), 0);
        assert!(buffer.permit.is_none());
    }

    #[test]
    fn what_is_taken_over_comes_after_what_is_here() {
        let source = Source::new();
        let mut buffer = buffer_of(&source, &TEXTS[..2]);
        let mut other = Buffer::new();
        add(&mut other, &source, TEXTS[2], 2);
        buffer.take_over(other);
        assert_holds(&buffer, &source, &TEXTS);
        assert_eq!(buffer.runs().iter().collect::<Vec<_>>(), [(1, 1), (2, 2)]);
        buffer.take_over(Buffer::new());
        assert_holds(&buffer, &source, &TEXTS);
        let mut empty = Buffer::new();
        empty.take_over(buffer);
        assert_holds(&empty, &source, &TEXTS);
    }
}
