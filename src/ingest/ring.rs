//! Memory that one JavaScript thread writes records into and the core reads them from.
//!
//! Owns the bytes and three words about them. Never waits: the writer publishes with a store, the reader gives
//! room back with a store. Bytes are read as relaxed atomics, because the writer is not Rust.

use super::memory::{self, AtomicU32, AtomicU64, Ordering};

/// Bytes of a ring: a burst of a thousand events of 1 KB, or ten of 100 KB.
pub const RING_BYTES: u32 = memory::RING_BYTES;
/// Length word of a record that means: go on at the start of the ring.
pub const SKIP: u32 = u32::MAX;

const MASK: u32 = RING_BYTES - 1;
const WORD_BYTES: u32 = 8;
/// Words in a cache line.
const LINE_WORDS: usize = 8;
const _: () = assert!(RING_BYTES.is_power_of_two() && RING_BYTES > WORD_BYTES);
// JavaScript writes numbers in the machine's order, and the format says little-endian.
const _: () = assert!(cfg!(target_endian = "little"));

/// The words of a ring, as JavaScript sees them: a cache line for each. What one side writes for every record must
/// not stand beside what the other side looks at for every record.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Control {
    /// Word 0, the writer's: bytes committed since the beginning, modulo 2^32.
    committed: Line,
    /// Word 16, the reader's: bytes read since the beginning, modulo 2^32.
    consumed: Line,
    /// Word 32: 1 while the reader sleeps. A writer that commits then sets it to 0 and wakes the reader.
    sleeping: Line,
    /// Word 48, the writer's: the position that stands at offset 0. It changes only while nothing is unread: a
    /// reader that has something to read knows where it stands.
    origin: Line,
    /// Word 64: where both sides find out whether they look at the same memory.
    probe: Line,
}

/// One word, and nothing else in its cache line.
#[derive(Debug, Default)]
#[repr(C, align(64))]
struct Line(AtomicU32);

/// A single-producer single-consumer ring of records. Records start at multiples of eight bytes.
#[derive(Debug)]
pub struct Ring {
    control: Control,
    body: Box<[AtomicU64]>,
}

/// What stands at the reader's position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A record was copied out; the position behind it.
    Record(u32),
    /// Nothing up to this position.
    Skip(u32),
    /// No record can start so: the writer's state is lost up to `committed`.
    Corrupt,
}

impl Default for Ring {
    /// An empty ring whose reader sleeps.
    fn default() -> Self {
        let ring = Self {
            control: Control::default(),
            body: memory::zeroed((RING_BYTES / WORD_BYTES) as usize),
        };
        ring.set_sleeping(true);
        ring
    }
}

impl Ring {
    /// The control words, for the writer's view of them.
    #[must_use]
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// The bytes, for the writer's view of them.
    #[must_use]
    pub fn body(&self) -> &[AtomicU64] {
        &self.body
    }

    /// How far records are complete.
    #[must_use]
    pub fn committed(&self) -> u32 {
        self.control.committed.0.load(Ordering::SeqCst)
    }

    /// Publishes records. JavaScript does it through its view; this is for writers in Rust.
    pub fn commit(&self, position: u32) {
        self.control.committed.0.store(position, Ordering::SeqCst);
    }

    /// How far records were read.
    #[must_use]
    pub fn consumed(&self) -> u32 {
        self.control.consumed.0.load(Ordering::SeqCst)
    }

    /// Gives room back.
    pub fn consume(&self, position: u32) {
        self.control.consumed.0.store(position, Ordering::SeqCst);
    }

    /// Tells the writer whether it must wake the reader. Sequentially consistent, like the writer's commit and
    /// look: of a reader that falls asleep and a writer that commits, one sees the other.
    pub fn set_sleeping(&self, sleeping: bool) {
        self.control
            .sleeping
            .0
            .store(u32::from(sleeping), Ordering::SeqCst);
    }

    /// The writer's look: true when it must wake the reader now. JavaScript does it through its view.
    #[must_use]
    pub fn take_sleeping(&self) -> bool {
        self.control.sleeping.0.swap(0, Ordering::SeqCst) == 1
    }

    /// Lets the next record stand at offset 0. Only for a writer who sees that everything was read.
    pub fn rewind(&self, position: u32) {
        // The commit that follows publishes it.
        self.control.origin.0.store(position, Ordering::Relaxed);
    }

    /// The position that stands at offset 0. It stays until everything committed was read: loaded once after
    /// `committed`, it holds for all records before it.
    #[must_use]
    pub fn origin(&self) -> u32 {
        self.control.origin.0.load(Ordering::Relaxed)
    }

    /// Leaves a number in the word for it. JavaScript does it through its view.
    pub fn leave(&self, probe: u32) {
        self.control.probe.0.store(probe, Ordering::SeqCst);
    }

    /// True when the writer looks at this memory and not at a copy of it: it has left `probe` in the word for it and at
    /// the start of the bytes. It finds the complement in the word. Only for a writer who has committed nothing yet.
    #[must_use]
    pub fn meets(&self, probe: u32) -> bool {
        let bytes = self.body.first().map(|word| word.load(Ordering::SeqCst));
        let in_bytes = bytes.is_some_and(|word| word & u64::from(u32::MAX) == u64::from(probe));
        let word = &self.control.probe.0;
        in_bytes
            && word
                .compare_exchange(probe, !probe, Ordering::SeqCst, Ordering::SeqCst)
                .is_ok()
    }

    /// Copies the record at `position` into `record`. `committed` and then `origin` were loaded before, and
    /// `committed` is behind `position`.
    pub fn read(&self, position: u32, committed: u32, origin: u32, record: &mut Vec<u8>) -> Found {
        let offset = position.wrapping_sub(origin) & MASK;
        let first = offset / WORD_BYTES;
        let words = self.body.get(first as usize..).unwrap_or_default();
        let [a, b, c, d, ..] = words
            .first()
            .map_or([0; 8], |word| word.load(Ordering::Relaxed).to_le_bytes());
        let length = u32::from_le_bytes([a, b, c, d]);
        let room = RING_BYTES - offset;
        let available = committed.wrapping_sub(position);
        if length == SKIP && room <= available {
            return Found::Skip(position.wrapping_add(room));
        }
        if length == 0 || length % WORD_BYTES != 0 || length > room.min(available) {
            return Found::Corrupt;
        }
        record.resize(length as usize, 0);
        let (bytes, _) = record.as_chunks_mut::<8>();
        for (bytes, word) in bytes.iter_mut().zip(words) {
            *bytes = word.load(Ordering::Relaxed).to_le_bytes();
        }
        // Memory that two cores have read is slow to write for either; memory that one has written is not. The
        // reader has time, the writer has not.
        for word in words.iter().take(bytes.len()).step_by(LINE_WORDS) {
            word.store(0, Ordering::Relaxed);
        }
        Found::Record(position.wrapping_add(length))
    }
}
