//! A thread's whole way in, fed by a writer that does anything: records and nonsense, in the ring and past it,
//! positions that are true or not, symbols, and a reader that comes in between.

#![no_main]

use std::sync::atomic::Ordering;

use libfuzzer_sys::fuzz_target;
use spanlane::ingest::decode::VERSION;
use spanlane::ingest::ring::{RING_BYTES, SKIP};
use spanlane::ingest::value::op;
use spanlane::ingest::{Definition, Producer, Received, Record};

/// Bytes before the body of a record: length, version, shape, kind, flags, lane.
const HEADER_BYTES: usize = 16;
/// Strings of up to this size get a number: a byte says how long they are.
const LONGEST_STRING: usize = 255;
/// Replaced characters and escapes included.
const LONGEST_SYMBOL: usize = 6 * LONGEST_STRING + 2;
const PIECES: [&str; 3] = [r#""env:prod""#, r#""a:b","c:d""#, "{},[1]"];

/// What is left of the bytes that say what happens. At their end all numbers are zero.
struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        let taken = self.take(N);
        array[..taken.len()].copy_from_slice(taken);
        array
    }

    fn byte(&mut self) -> u8 {
        let [byte] = self.array();
        byte
    }

    fn word(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    fn take(&mut self, bytes: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(bytes.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// As many bytes as a length before them says.
    fn slice(&mut self) -> &'a [u8] {
        let bytes = u16::from_le_bytes(self.array());
        self.take(bytes.into())
    }

    fn record(&mut self) -> Vec<u8> {
        let [shape, kind, flags, lane] = self.array();
        record([shape, kind, flags], lane, self.slice())
    }

    fn text(&mut self) -> String {
        let bytes = self.byte();
        String::from_utf8_lossy(self.take(bytes.into())).into_owned()
    }
}

/// A record of a true length around any body.
fn record([shape, kind, flags]: [u8; 3], lane: u8, body: &[u8]) -> Vec<u8> {
    let length = (HEADER_BYTES + body.len()).next_multiple_of(8);
    let mut record = Vec::with_capacity(length);
    record.extend(u32::try_from(length).unwrap().to_le_bytes());
    record.extend([VERSION, shape, kind, flags]);
    record.extend(u64::from(lane).to_le_bytes());
    record.extend(body);
    record.resize(length, 0);
    record
}

/// The other side of the ring, which JavaScript is otherwise.
struct Writer {
    producer: Producer,
    position: u32,
    origin: u32,
    /// All bytes that may have become a record: no event can be larger than they allow.
    written: usize,
}

impl Writer {
    fn step(&mut self, step: u8, script: &mut Script<'_>) {
        match step % 12 {
            0..=2 => self.commit(&script.record(), 0),
            3 => self.spill(&script.record()),
            4 => self.commit(script.slice(), 0),
            5 => self.spill(script.slice()),
            6 => self.define([script.text(), script.text()], false),
            7 => {
                let piece = PIECES[usize::from(script.byte()) % PIECES.len()];
                self.define([piece.to_owned()], true);
            }
            8 => self.read(script.word() as usize),
            // The rest of the ring is left out, as for a record that does not fit there.
            9 => self.commit(&SKIP.to_le_bytes(), RING_BYTES - self.offset()),
            10 => {
                self.read(usize::MAX);
                self.rewind(self.position);
            }
            // What no writer of ours does: positions that were never written up to, an origin that moves anywhere.
            _ => {
                self.read(usize::MAX);
                self.rewind(script.word());
                self.position = script.word();
                self.producer.ring().commit(self.position);
                self.read(usize::MAX);
            }
        }
    }

    fn offset(&self) -> u32 {
        self.position.wrapping_sub(self.origin) % RING_BYTES
    }

    /// Writes at the position, up to the end of the ring, and publishes it, or `advance` bytes if they are more.
    fn commit(&mut self, bytes: &[u8], advance: u32) {
        let length = u32::try_from(bytes.len().next_multiple_of(8)).unwrap();
        let behind = self.position.wrapping_add(length.max(advance));
        if behind.wrapping_sub(self.producer.ring().consumed()) > RING_BYTES {
            self.read(usize::MAX);
        }
        let ring = self.producer.ring();
        let words = &ring.body()[self.offset() as usize / 8..];
        for (word, bytes) in words.iter().zip(bytes.chunks(8)) {
            let mut whole = [0; 8];
            whole[..bytes.len()].copy_from_slice(bytes);
            word.store(u64::from_le_bytes(whole), Ordering::Relaxed);
        }
        self.written += bytes.len();
        self.position = behind;
        ring.commit(behind);
    }

    fn spill(&mut self, record: &[u8]) {
        self.producer.spill(Record::Copied(record.to_vec()));
        self.written += record.len();
    }

    fn define<const N: usize>(&self, texts: [String; N], is_json: bool) {
        let definitions = texts.map(|text| Definition { text, is_json });
        self.producer.define(definitions.into_iter());
    }

    fn rewind(&mut self, origin: u32) {
        self.origin = origin;
        self.producer.ring().rewind(origin);
    }

    /// Takes a turn, or everything.
    fn read(&self, limit_bytes: usize) {
        self.producer.drain(limit_bytes, &mut |received| {
            if let Received::Event { json, .. } = received {
                spanlane_fuzz::check(&json, self.written, LONGEST_SYMBOL);
            }
        });
        if limit_bytes == usize::MAX {
            assert!(!self.producer.has_more(), "all was read");
        }
    }

    /// Whatever was written before: the next record is read.
    fn write_one_more(&mut self) {
        self.read(usize::MAX);
        self.rewind(self.position);
        self.commit(&record([0; 3], 7, &[op::NULL]), 0);
        let mut events = Vec::new();
        self.producer.drain(usize::MAX, &mut |received| {
            if let Received::Event { lane, json, .. } = received {
                events.push((lane, json));
            }
        });
        assert!(
            matches!(&*events, [(7, json)] if *json == "null"),
            "{events:?}"
        );
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut writer = Writer {
        producer: Producer::default(),
        position: 0,
        origin: 0,
        written: 0,
    };
    let mut script = Script(bytes);
    while !script.0.is_empty() {
        let step = script.byte();
        writer.step(step, &mut script);
    }
    writer.write_one_more();
});
