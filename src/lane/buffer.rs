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
    use std::sync::Arc;

    use bytes::Bytes;

    use super::*;
    use crate::budget::{Caps, Pool, reserve};
    use crate::payload::Payload;
    use crate::wire::{Datadog, EventKind, Stream};

    #[test]
    fn a_body_is_as_long_as_the_limit_allows_and_no_longer() {
        let (total, wire) = (Arc::new(Pool::default()), Datadog::new("test"));
        let share = Arc::<Pool>::default();
        let caps = Caps {
            total_bytes: 1_000_000,
            share_bytes: 1_000_000,
        };
        let three = || {
            let mut buffer = Buffer::new();
            for text in ["{\"a\":1}", "{}", "{\"b\":22}"] {
                let bytes = cost_bytes(text.len(), wire.envelope_bytes(EventKind::Span));
                let event = Event {
                    kind: EventKind::Span,
                    json: Bytes::from_static(text.as_bytes()),
                    epoch: 1,
                    submitted_at: Instant::now(),
                };
                let permit = reserve(&total, &share, caps, bytes).unwrap();
                buffer.push(event, permit, &wire);
            }
            buffer
        };
        let body_bytes = |events: Vec<Event>| {
            let events = events.into_iter().map(|event| (event.kind, event.json));
            Payload::assemble(&wire, Stream::Spans, events).body().len()
        };
        let whole = body_bytes(three().take(usize::MAX, &wire).unwrap().0);
        for (limit, taken) in [(whole, 3), (whole - 1, 2), (0, 1)] {
            let mut buffer = three();
            let room = limit.saturating_sub(wire.bracket_bytes(Stream::Spans));
            let (events, permit) = buffer.take(room, &wire).unwrap();
            assert_eq!(events.len(), taken, "{limit}");
            assert!(taken == 1 || body_bytes(events) <= limit);
            assert_eq!(buffer.is_empty(), taken == 3);
            drop(permit);
            assert_eq!(total.used_bytes() == 0, taken == 3);
            let rest = std::iter::from_fn(|| buffer.take(room, &wire));
            assert_eq!(
                rest.map(|(events, _)| events.len()).sum::<usize>(),
                3 - taken
            );
            assert_eq!(total.used_bytes(), 0, "every permit came back");
        }
    }
}
