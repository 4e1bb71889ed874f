//! Turns encoded events into request bodies, and bodies into smaller ones.
//!
//! Owns assembling, splitting and compressing; [`crate::wire`] knows the text around an event and what of it may be
//! trimmed. Never: knows an event's fields, sends anything, or mixes what its caller kept apart (one payload is one
//! tenant's because its caller takes it from one lane).

use std::fmt;
use std::io::Write;
use std::ops::Range;

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};

mod spares;

pub use self::spares::Spares;
use crate::wire::{EventKind, Stream, Wire, trim};

/// Where one event lies in a body.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Slot {
    /// With its envelope.
    enveloped: Range<usize>,
    /// Without.
    event: Range<usize>,
}

impl Slot {
    fn moved(&self, from: usize, to: usize) -> Self {
        let shift = |range: &Range<usize>| (range.start - from + to)..(range.end - from + to);
        Self {
            enveloped: shift(&self.enveloped),
            event: shift(&self.event),
        }
    }
}

/// An uncompressed request body and the places of its events. Once built it never changes:
/// a retry sends the same bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload {
    body: Bytes,
    slots: Box<[Slot]>,
    /// The bytes between the brackets.
    inner: Range<usize>,
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the body: it is a tenant's content.
        f.debug_struct("Payload")
            .field("events", &self.slots.len())
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl Payload {
    /// [`Payload::assemble_in`] memory of its own.
    #[must_use]
    pub fn assemble<B: AsRef<[u8]>>(
        wire: &dyn Wire,
        stream: Stream,
        events: impl IntoIterator<Item = (EventKind, B)>,
    ) -> Self {
        Self::assemble_in(&Spares::default(), wire, stream, events)
    }

    /// Puts `events` in their envelopes and into one body, in order, in one buffer. Each event is
    /// dropped as soon as it is copied.
    #[must_use]
    pub fn assemble_in<B: AsRef<[u8]>>(
        spares: &Spares,
        wire: &dyn Wire,
        stream: Stream,
        events: impl IntoIterator<Item = (EventKind, B)>,
    ) -> Self {
        let events: Vec<(EventKind, B)> = events.into_iter().collect();
        let bytes = events.iter().fold(0, |sum, (kind, event)| {
            sum + wire.envelope_bytes(*kind) + event.as_ref().len()
        });
        let commas = events.len().saturating_sub(1);
        let (open, close) = wire.brackets(stream);
        let mut body = spares.take(open.len() + bytes + commas + close.len());
        let mut slots = Vec::with_capacity(events.len());
        body.extend_from_slice(open);
        for (index, (kind, event)) in events.into_iter().enumerate() {
            if index > 0 {
                body.push(b',');
            }
            let (prefix, suffix) = wire.envelope(kind);
            let start = body.len();
            body.extend_from_slice(prefix);
            let event_start = body.len();
            body.extend_from_slice(event.as_ref());
            let event_end = body.len();
            body.extend_from_slice(suffix);
            slots.push(Slot {
                enveloped: start..body.len(),
                event: event_start..event_end,
            });
        }
        let inner = open.len()..body.len();
        body.extend_from_slice(close);
        Self {
            body: spares.freeze(body),
            slots: slots.into(),
            inner,
        }
    }

    /// Events in the payload.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// True for a payload without events, which an intake accepts and ignores.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The uncompressed body. Cloning it copies nothing.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Event `index` as it is in the body, envelope included; empty when there is none.
    #[must_use]
    pub fn event(&self, index: usize) -> &[u8] {
        self.slots
            .get(index)
            .and_then(|slot| self.body.get(slot.enveloped.clone()))
            .unwrap_or_default()
    }

    /// A payload of the events in `events` only, byte for byte as they are here. A range that
    /// reaches past the end stops there.
    #[must_use]
    pub fn part(&self, events: Range<usize>) -> Self {
        let end = events.end.min(self.slots.len());
        let slots = self.slots.get(events.start..end).unwrap_or_default();
        let bounds = match (slots.first(), slots.last()) {
            (Some(first), Some(last)) => first.enveloped.start..last.enveloped.end,
            _ => 0..0,
        };
        let [open, kept, close] = [
            0..self.inner.start,
            bounds.clone(),
            self.inner.end..self.body.len(),
        ]
        .map(|range| self.body.get(range).unwrap_or_default());
        Self {
            body: [open, kept, close].concat().into(),
            slots: slots
                .iter()
                .map(|slot| slot.moved(bounds.start, open.len()))
                .collect(),
            inner: open.len()..open.len() + kept.len(),
        }
    }

    /// For a payload of one event that an intake found too large: the same event trimmed so
    /// that the body has at most `max_body_bytes`. `None` when there is not exactly one event or
    /// it cannot be made that small.
    #[must_use]
    pub fn trimmed(&self, wire: &dyn Wire, max_body_bytes: usize) -> Option<Self> {
        let [slot] = &*self.slots else { return None };
        let around = self.body.len() - slot.event.len();
        let before = self.body.get(..slot.event.start)?;
        let event = trim(
            wire,
            self.body.get(slot.event.clone())?,
            max_body_bytes.checked_sub(around)?,
        )?;
        let after = self.body.get(slot.event.end..)?;
        let event_end = before.len() + event.len();
        let moved = |end: usize| event_end + end - slot.event.end;
        let inner = self.inner.start..moved(self.inner.end);
        let slot = Slot {
            enveloped: slot.enveloped.start..moved(slot.enveloped.end),
            event: before.len()..event_end,
        };
        Some(Self {
            body: [before, &event, after].concat().into(),
            slots: [slot].into(),
            inner,
        })
    }
}

/// `body` with gzip, level 1: higher levels cost more time than they save on the wire here.
/// The same body always gives the same bytes. `None` if the encoder fails, which leaves the
/// body to be sent as it is.
#[must_use]
pub fn gzip(body: &Bytes) -> Option<Bytes> {
    // Texts of traces shrink to about a fifth; a quarter avoids most regrowth.
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

#[cfg(test)]
mod tests;
