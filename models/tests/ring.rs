//! One thread writes records, as JavaScript does, and another reads them: in no order of the two is one lost, mixed with
//! another, or read while it is written.

use loom::sync::Arc;
use loom::sync::atomic::Ordering;
use loom::thread;
use spanlane_models::ring::{Found, RING_BYTES, Ring, SKIP};

/// A record: its length, and a number twice.
const RECORD_BYTES: u32 = 24;

fn explore(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    // A thread that is interrupted three times finds what one that is interrupted more often does, and it ends.
    builder.preemption_bound = Some(3);
    builder.check(model);
}

/// The writing end, as `lib/record/ring.js` has it.
#[derive(Default)]
struct Writer {
    committed: u32,
    origin: u32,
}

impl Writer {
    /// Writes a record where there is room for it.
    fn write(&mut self, ring: &Ring, number: u64) -> bool {
        let free = RING_BYTES - self.committed.wrapping_sub(ring.consumed());
        if free == RING_BYTES {
            self.origin = self.committed;
            ring.rewind(self.origin);
        }
        let mut offset = self.committed.wrapping_sub(self.origin) % RING_BYTES;
        let to_end = RING_BYTES - offset;
        let skipped = if RECORD_BYTES > to_end { to_end } else { 0 };
        if RECORD_BYTES + skipped > free {
            return false;
        }
        if skipped > 0 {
            put(ring, offset, u64::from(SKIP));
            offset = 0;
        }
        for (index, word) in [u64::from(RECORD_BYTES), number, number]
            .into_iter()
            .enumerate()
        {
            put(ring, offset + 8 * u32::try_from(index).unwrap(), word);
        }
        self.committed += skipped + RECORD_BYTES;
        ring.commit(self.committed);
        true
    }
}

fn put(ring: &Ring, offset: u32, word: u64) {
    ring.body()[offset as usize / 8].store(word, Ordering::Relaxed);
}

/// The reading end, as `Producer::drain` has it: what was committed before the call.
fn drain(ring: &Ring, position: &mut u32, numbers: &mut Vec<u64>) {
    let committed = ring.committed();
    let origin = ring.origin();
    let mut record = Vec::new();
    while *position != committed {
        match ring.read(*position, committed, origin, &mut record) {
            Found::Record(behind) => {
                *position = behind;
                let word = |at: usize| u64::from_le_bytes(record[at..at + 8].try_into().unwrap());
                assert_eq!(word(8), word(16), "it is whole");
                numbers.push(word(8));
            }
            Found::Skip(behind) => *position = behind,
            Found::Corrupt => panic!("nothing there, though it was committed"),
        }
    }
    ring.consume(*position);
}

#[test]
fn records_come_whole_and_in_order_round_the_ring() {
    explore(|| {
        let ring = Arc::new(Ring::default());
        let writing = Arc::clone(&ring);
        let writer = thread::spawn(move || {
            let mut writer = Writer::default();
            // Two fit at once, and the third goes round.
            (1..=4_u64)
                .filter(|number| writer.write(&writing, *number))
                .collect::<Vec<u64>>()
        });
        let (mut position, mut numbers) = (0, Vec::new());
        drain(&ring, &mut position, &mut numbers);
        drain(&ring, &mut position, &mut numbers);
        let written = writer.join().unwrap();
        drain(&ring, &mut position, &mut numbers);
        assert_eq!(numbers, written);
        assert!(written.len() >= 2);
    });
}
