//! One JavaScript thread's records on their way in: its ring, what did not fit there, and its symbols.
//!
//! Owns them until they are decoded. Any thread may drain a producer; one at a time does, in the order the
//! records were made. The JavaScript thread never waits for the one that drains.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::ingest::decode::{Header, decode};
use crate::ingest::loan::Loan;
use crate::ingest::ring::{Found, Ring};
use crate::ingest::symbols::{Definition, SYMBOLS_MAX, Symbols};
use crate::wire::EventKind;

/// A record of up to this size is decoded in memory that is kept for the next.
const KEPT_BYTES_MAX: usize = 1024 * 1024;

/// Room is given back to the writer in pieces of this size, and at the end: telling it of every record would take
/// the word from its cache each time.
const GIVE_BACK_BYTES: u32 = 64 * 1024;

/// What a record turned out to be.
pub enum Received {
    /// An event for the lane with this number.
    Event {
        /// The lane.
        lane: u64,
        /// What is submitted.
        kind: EventKind,
        /// Its JSON text.
        json: Bytes,
    },
    /// It could not be read. The lane, where the header says it.
    Unreadable {
        /// The lane.
        lane: Option<u64>,
    },
}

impl fmt::Debug for Received {
    /// Without the event: it is a customer's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event { lane, kind, json } => f
                .debug_struct("Event")
                .field("lane", lane)
                .field("kind", kind)
                .field("bytes", &json.len())
                .finish_non_exhaustive(),
            Self::Unreadable { lane } => f.debug_struct("Unreadable").field("lane", lane).finish(),
        }
    }
}

/// A record that went past the ring.
pub enum Record {
    /// In memory of its own.
    Copied(Vec<u8>),
    /// In memory that its writer had borrowed and writes no more: so many bytes.
    Lent(Arc<Loan>, usize),
}

impl Record {
    /// Its size in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes().len()
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Copied(bytes) => bytes,
            Self::Lent(loan, length) => loan.bytes().get(..*length).unwrap_or_default(),
        }
    }
}

impl fmt::Debug for Record {
    /// Without what it says: it is a customer's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("bytes", &self.size())
            .finish_non_exhaustive()
    }
}

/// Such a record, and the position in the ring it comes before.
#[derive(Debug)]
struct Spilled {
    position: u32,
    record: Record,
}

/// One thread's way in.
#[derive(Debug, Default)]
pub struct Producer {
    ring: Ring,
    spilled: Mutex<VecDeque<Spilled>>,
    spilled_bytes: AtomicUsize,
    /// Records that ever went past the ring, and those of them that have been received.
    spills: AtomicU64,
    spills_received: AtomicU64,
    /// Up to where the ring has been received.
    received: AtomicU32,
    definitions: Mutex<(usize, Vec<Definition>)>,
    closed: AtomicBool,
    /// Whoever writes much decodes much, and must not keep it from the reader, nor the reader from it.
    reading: parking_lot::Mutex<Reading>,
}

/// How far a producer had come at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Position {
    committed: u32,
    spills: u64,
}

/// What only the one that drains needs.
#[derive(Default)]
struct Reading {
    position: u32,
    spilled: VecDeque<Spilled>,
    symbols: Symbols,
    record: Vec<u8>,
    json: Vec<u8>,
}

impl fmt::Debug for Reading {
    /// Without the record and the event in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading")
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl Producer {
    /// A producer that has been at work for long.
    #[cfg(test)]
    pub(super) fn starting_at(position: u32) -> Self {
        let producer = Self::default();
        producer.ring.commit(position);
        producer.ring.consume(position);
        producer.received.store(position, Ordering::Relaxed);
        producer.reading.lock().position = position;
        producer
    }

    /// The ring, for the writer.
    #[must_use]
    pub fn ring(&self) -> &Ring {
        &self.ring
    }

    /// Names strings. Records that use a number come after. Returns the first number, or none when they would
    /// not all have one.
    pub fn define(&self, definitions: impl ExactSizeIterator<Item = Definition>) -> Option<u16> {
        let mut waiting = lock(&self.definitions);
        let first = waiting.0;
        let end = first + definitions.len();
        if end > SYMBOLS_MAX {
            return None;
        }
        waiting.0 = end;
        waiting.1.extend(definitions);
        u16::try_from(first).ok()
    }

    /// Takes a record that did not fit into the ring. It comes after everything committed before.
    pub fn spill(&self, record: Record) {
        let position = self.ring.committed();
        self.spilled_bytes
            .fetch_add(record.size(), Ordering::Relaxed);
        lock(&self.spilled).push_back(Spilled { position, record });
        self.spills.fetch_add(1, Ordering::Release);
    }

    /// Records that went past the ring and have not been received.
    #[must_use]
    pub fn spilled(&self) -> u64 {
        // In this order: it never seems that more were received than came.
        let received = self.spills_received.load(Ordering::Acquire);
        self.spills.load(Ordering::Acquire).saturating_sub(received)
    }

    /// How far it has come.
    #[must_use]
    pub fn position(&self) -> Position {
        Position {
            committed: self.ring.committed(),
            spills: self.spills.load(Ordering::Acquire),
        }
    }

    /// True when all that was committed at that moment has been received. Never waits.
    #[must_use]
    pub fn has_received(&self, at: Position) -> bool {
        let ahead = self
            .received
            .load(Ordering::Acquire)
            .wrapping_sub(at.committed);
        // Positions wrap: "not behind" is less than half of the numbers away.
        ahead < 0x8000_0000 && self.spills_received.load(Ordering::Acquire) >= at.spills
    }

    /// Bytes of records that went past the ring and are not decoded.
    #[must_use]
    pub fn spilled_bytes(&self) -> usize {
        self.spilled_bytes.load(Ordering::Relaxed)
    }

    /// No more records will come.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// True when nothing is left and nothing will come.
    #[must_use]
    pub fn is_over(&self) -> bool {
        // Closed is read first: what was committed before it is seen after it.
        self.closed.load(Ordering::Acquire) && !self.has_more()
    }

    /// True when a record waits.
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.ring.committed() != self.ring.consumed() || self.spilled_bytes() > 0
    }

    /// True when all that was committed has been received. A look at it: it waits for nobody who drains.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        // What is being read may not be received, although its room was given back.
        self.reading.try_lock().is_some() && !self.has_more()
    }

    /// Decodes what was committed before the call, or a part of it of about `limit_bytes`. Returns the bytes of
    /// the records.
    pub fn drain(&self, limit_bytes: usize, receive: &mut dyn FnMut(Received)) -> usize {
        self.read(&mut self.reading.lock(), limit_bytes, receive)
    }

    /// The same unless another thread is at it: it decodes what it needs room for, and is not waited for.
    pub fn try_drain(
        &self,
        limit_bytes: usize,
        receive: &mut dyn FnMut(Received),
    ) -> Option<usize> {
        let mut reading = self.reading.try_lock()?;
        Some(self.read(&mut reading, limit_bytes, receive))
    }

    fn read(
        &self,
        reading: &mut Reading,
        limit_bytes: usize,
        receive: &mut dyn FnMut(Received),
    ) -> usize {
        // In this order: what is committed names only symbols that were defined before, and comes after only
        // such spilled records as were there before.
        let committed = self.ring.committed();
        let origin = self.ring.origin();
        reading.spilled.append(&mut lock(&self.spilled));
        for definition in lock(&self.definitions).1.drain(..) {
            reading.symbols.define(definition);
        }
        let mut moved = 0;
        let mut given_back = reading.position;
        while moved < limit_bytes {
            let ahead = |spilled: &Spilled| spilled.position.wrapping_sub(reading.position);
            // Positions wrap: "behind" is less than half of the numbers away.
            if let Some(spilled) = reading.spilled.front()
                && matches!(ahead(spilled), 0 | 0x8000_0000..)
                && let Some(Spilled { record, .. }) = reading.spilled.pop_front()
            {
                let length = record.size();
                receive(reading.decode(record.bytes()));
                self.spilled_bytes.fetch_sub(length, Ordering::Relaxed);
                self.spills_received.fetch_add(1, Ordering::Release);
                moved += length;
                continue;
            }
            if reading.position == committed {
                break;
            }
            let before = reading.position;
            let mut record = std::mem::take(&mut reading.record);
            let found = self.ring.read(before, committed, origin, &mut record);
            reading.position = match found {
                Found::Record(behind) | Found::Skip(behind) => behind,
                Found::Corrupt => committed,
            };
            if reading.position.wrapping_sub(given_back) >= GIVE_BACK_BYTES {
                given_back = reading.position;
                self.ring.consume(given_back);
            }
            match found {
                Found::Record(_) => receive(reading.decode(&record)),
                Found::Skip(_) => {}
                Found::Corrupt => receive(Received::Unreadable { lane: None }),
            }
            moved += reading.position.wrapping_sub(before) as usize;
            reading.record = record;
        }
        if given_back != reading.position {
            self.ring.consume(reading.position);
        }
        self.received.store(reading.position, Ordering::Release);
        if reading.json.capacity() > KEPT_BYTES_MAX {
            reading.json = Vec::new();
        }
        moved
    }
}

impl Reading {
    fn decode(&mut self, record: &[u8]) -> Received {
        let Ok(header) = Header::parse(record) else {
            return Received::Unreadable { lane: None };
        };
        self.json.clear();
        if record.len() > KEPT_BYTES_MAX {
            self.json.reserve_exact(record.len());
        }
        match decode(header, record, &self.symbols, &mut self.json) {
            Ok(()) => Received::Event {
                lane: header.lane,
                kind: header.kind,
                json: self.take_json(),
            },
            Err(_) => Received::Unreadable {
                lane: Some(header.lane),
            },
        }
    }

    /// The text that was decoded: a copy of a small one, and a large one itself.
    fn take_json(&mut self) -> Bytes {
        if self.json.len() <= KEPT_BYTES_MAX {
            return Bytes::copy_from_slice(&self.json);
        }
        let mut json = std::mem::take(&mut self.json);
        json.shrink_to_fit();
        json.into()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
