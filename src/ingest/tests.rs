use std::sync::atomic::AtomicUsize;

use super::loan::{KEPT_MAX, KEPT_UNUSED, LENT_BYTES_MAX};
use super::ring::{Found, RING_BYTES, Ring, SKIP};
use super::value::op;
use super::*;

/// Writes records as JavaScript does: into the ring while there is room, past it otherwise.
struct Writer {
    producer: Arc<Producer>,
    position: u32,
    origin: u32,
}

impl Writer {
    fn new(producer: Arc<Producer>) -> Self {
        Self {
            producer,
            position: 0,
            origin: 0,
        }
    }

    /// A record whose event is `number` and, to fill it, `x`s. False when it went past the ring.
    fn write(&mut self, number: i32, fill_bytes: usize) -> bool {
        let record = record(number, fill_bytes);
        let ring = self.producer.ring();
        let mut offset = self.position.wrapping_sub(self.origin) % RING_BYTES;
        if offset > 100_000 && ring.consumed() == self.position {
            self.origin = self.position;
            ring.rewind(self.origin);
            offset = 0;
        }
        let to_end = RING_BYTES - offset;
        let length = u32::try_from(record.len()).unwrap();
        let skipped = if length > to_end { to_end } else { 0 };
        let free = RING_BYTES - self.position.wrapping_sub(ring.consumed());
        if length + skipped > free {
            self.producer.spill(Record::Copied(record));
            return false;
        }
        if skipped > 0 {
            put(ring, offset, &SKIP.to_le_bytes());
            self.position = self.position.wrapping_add(skipped);
            offset = 0;
        }
        put(ring, offset, &record);
        self.position = self.position.wrapping_add(length);
        ring.commit(self.position);
        true
    }
}

fn put(ring: &Ring, offset: u32, bytes: &[u8]) {
    for (word, bytes) in ring.body()[offset as usize / 8..]
        .iter()
        .zip(bytes.chunks(8))
    {
        let mut whole = [0; 8];
        whole[..bytes.len()].copy_from_slice(bytes);
        word.store(u64::from_le_bytes(whole), Ordering::Relaxed);
    }
}

fn record(number: i32, fill_bytes: usize) -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 0, decode::VERSION, 0, 0, 0];
    bytes.extend(7_u64.to_le_bytes());
    bytes.extend([op::ARRAY, op::INT]);
    bytes.extend(number.to_le_bytes());
    bytes.push(op::LATIN1);
    bytes.extend(u32::try_from(fill_bytes).unwrap().to_le_bytes());
    bytes.extend(std::iter::repeat_n(b'x', fill_bytes));
    bytes.push(op::END);
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    let length = u32::try_from(bytes.len()).unwrap();
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    bytes
}

fn number_of(received: Received) -> i32 {
    let Received::Event { json, lane: 7, .. } = received else {
        panic!("{received:?}")
    };
    let text = std::str::from_utf8(&json).unwrap();
    text[1..].split(',').next().unwrap().parse().unwrap()
}

fn numbers(producer: &Producer) -> Vec<i32> {
    let mut numbers = Vec::new();
    producer.drain(usize::MAX, &mut |received| {
        numbers.push(number_of(received));
    });
    numbers
}

#[test]
fn records_come_out_in_the_order_they_were_made_through_the_ring_and_past_it() {
    let mut writer = Writer::new(Arc::new(Producer::default()));
    let sizes = [10, 100_000, 0, 3_000_000, 700_000, 900_000, 900_000, 5];
    let mut in_ring = 0;
    for round in 0..20_i32 {
        for (index, size) in (0..).zip(sizes) {
            in_ring += i32::from(writer.write(round * 100 + index, size));
        }
        let expected: Vec<i32> = (0..)
            .take(sizes.len())
            .map(|index| round * 100 + index)
            .collect();
        assert_eq!(numbers(&writer.producer), expected);
        assert_eq!(writer.producer.spilled_bytes(), 0);
    }
    assert!(
        (60..140).contains(&in_ring),
        "both ways were taken: {in_ring}"
    );
}

#[test]
fn records_in_lent_memory_keep_their_place_among_the_others() {
    let mut writer = Writer::new(Arc::new(Producer::default()));
    for round in 0..3_i32 {
        writer.write(round * 10, 100);
        for (number, fill_bytes) in [(1, 3_000_000), (2, 10)] {
            let record = record(round * 10 + number, fill_bytes);
            let loan = Loan::holding(&record);
            writer.producer.spill(Record::Lent(loan, record.len()));
        }
        writer.write(round * 10 + 3, 5_000_000);
        writer.write(round * 10 + 4, 100);
        assert!(writer.producer.spilled_bytes() > 8_000_000);
        let expected: Vec<i32> = (0..5).map(|number| round * 10 + number).collect();
        assert_eq!(numbers(&writer.producer), expected);
        assert_eq!(writer.producer.spilled_bytes(), 0);
    }
}

#[test]
fn a_length_beyond_the_lent_memory_is_not_a_record() {
    let producer = Producer::default();
    let record = record(1, 10);
    let loan = Loan::holding(&record);
    producer.spill(Record::Lent(loan, record.len() + 1));
    let mut unreadable = 0;
    producer.drain(usize::MAX, &mut |received| {
        assert!(matches!(received, Received::Unreadable { lane: None }));
        unreadable += 1;
    });
    assert_eq!(unreadable, 1);
}

#[test]
fn lent_memory_is_lent_again_when_nobody_has_it_and_not_before() {
    let loans = Loans::default();
    let view = loans.lend(3_000_000).unwrap();
    let record = Arc::clone(&view);
    let start = view.start();
    drop(view);
    let other = loans.lend(3_000_000).unwrap();
    assert_ne!(other.start(), start);
    drop(record);
    let again = loans.lend(3_000_000).unwrap();
    assert_eq!(again.start(), start);
    assert_eq!(loans.kept(), 2);
}

#[test]
fn lent_memory_has_room_to_grow_and_too_little_is_not_kept() {
    let loans = Loans::default();
    let small = loans.lend(1).unwrap().size();
    assert_eq!(loans.lend(small).unwrap().size(), small);
    assert_eq!(loans.kept(), 1);
    let large = loans.lend(small + 1).unwrap();
    assert!(large.size() > 2 * small);
    assert_eq!(loans.kept(), 1);
    assert!(loans.lend(LENT_BYTES_MAX + 1).is_none());
    assert!(loans.lend(usize::MAX).is_none());
}

#[test]
fn only_some_lent_memory_is_kept_and_none_after_the_end() {
    let loans = Loans::default();
    let held: Vec<_> = (0..KEPT_MAX + 2).map(|_| loans.lend(1).unwrap()).collect();
    assert_eq!(loans.kept(), KEPT_MAX);
    loans.close();
    assert_eq!(loans.kept(), 0);
    drop(held);
    let _last = loans.lend(1).unwrap();
    assert_eq!(loans.kept(), 0);
}

#[tokio::test(start_paused = true)]
async fn lent_memory_that_nobody_uses_goes_back_to_the_system() {
    let ingest = Arc::new(Ingest::default());
    let running = tokio::spawn({
        let ingest = Arc::clone(&ingest);
        async move { ingest.run(&mut |_| {}).await }
    });
    let loans = ingest.loans();
    let kept_after = async |pause: Duration| {
        sleep(pause + Duration::from_millis(1)).await;
        loans.kept()
    };
    for _ in 0..2 {
        let busy = loans.lend(1).unwrap();
        drop(loans.lend(1).unwrap());
        assert_eq!(kept_after(KEPT_UNUSED).await, 2);
        // Borrowed in between: that is use.
        drop(loans.lend(1).unwrap());
        assert_eq!(kept_after(KEPT_UNUSED).await, 2);
        assert_eq!(kept_after(KEPT_UNUSED).await, 1);
        // However long somebody has it.
        assert_eq!(kept_after(KEPT_UNUSED * 5).await, 1);
        drop(busy);
        assert_eq!(kept_after(KEPT_UNUSED).await, 0);
    }
    ingest.close();
    running.await.unwrap();
}

#[test]
fn a_record_that_is_being_received_is_not_over() {
    let ingest = Ingest::default();
    let mut writer = Writer::new(ingest.open());
    assert!(ingest.is_idle());
    writer.write(1, 10);
    writer.producer.spill(Record::Copied(record(2, 10)));
    writer.write(3, 500_000);
    let mut seen = Vec::new();
    ingest.drain(&mut |received| seen.push((number_of(received), ingest.is_idle())));
    assert_eq!(seen, [(1, false), (2, false), (3, false)]);
    assert!(ingest.is_idle());
}

#[test]
fn positions_may_wrap_around() {
    let start = 0_u32.wrapping_sub(RING_BYTES * 2);
    let mut writer = Writer::new(Arc::new(Producer::starting_at(start)));
    writer.position = start;
    for number in 0..12 {
        assert!(writer.write(number, 900_000));
        writer
            .producer
            .spill(Record::Copied(record(number + 100, 10)));
        assert_eq!(numbers(&writer.producer), [number, number + 100]);
    }
    assert!(writer.position < start, "it went past the largest number");
}

#[test]
fn a_reader_takes_a_turn_and_no_more() {
    let mut writer = Writer::new(Arc::new(Producer::default()));
    for number in 0..100 {
        writer.write(number, 1_000);
    }
    let mut taken = Vec::new();
    let moved = writer
        .producer
        .drain(2_000, &mut |received| taken.push(number_of(received)));
    assert!((2_000..4_000).contains(&moved));
    assert_eq!(taken, [0, 1]);
    assert!(writer.producer.has_more());
    assert_eq!(numbers(&writer.producer).len(), 98);
}

#[test]
fn a_closed_producer_is_over_only_when_all_it_committed_was_taken() {
    let ingest = Ingest::default();
    let mut writer = Writer::new(ingest.open());
    writer.write(1, 10);
    writer.producer.spill(Record::Copied(record(2, 10)));
    ingest.leave(&writer.producer);
    assert!(!writer.producer.is_over());
    let mut taken = Vec::new();
    ingest.drain(&mut |received| taken.push(number_of(received)));
    assert_eq!(taken, [1, 2]);
    assert!(writer.producer.is_over());
}

#[test]
fn both_sides_meet_in_the_same_memory_and_not_in_a_copy_of_it() {
    let ring = Ring::default();
    assert!(!ring.meets(7), "nobody has left anything");
    put(&ring, 0, &7_u32.to_le_bytes());
    assert!(!ring.meets(7), "the word is still to come");
    ring.leave(7);
    assert!(!ring.meets(8), "another number");
    assert!(ring.meets(7));
    assert!(!ring.meets(7), "the answer stands there");
}

#[test]
fn nonsense_in_the_ring_costs_what_was_committed_and_nothing_after_it() {
    let mut writer = Writer::new(Arc::new(Producer::default()));
    for length in [0, 8 * 1024, 13, RING_BYTES * 2] {
        let offset = writer.position.wrapping_sub(writer.origin) % RING_BYTES;
        put(writer.producer.ring(), offset, &length.to_le_bytes());
        writer.position += 64;
        writer.producer.ring().commit(writer.position);
        let mut unreadable = 0;
        writer.producer.drain(usize::MAX, &mut |received| {
            assert!(matches!(received, Received::Unreadable { lane: None }));
            unreadable += 1;
        });
        assert_eq!(unreadable, 1);
        writer.write(5, 10);
        assert_eq!(numbers(&writer.producer), [5]);
    }
    let mut bytes = record(1, 10);
    bytes[16] = 99;
    writer.producer.spill(Record::Copied(bytes));
    writer.producer.drain(usize::MAX, &mut |received| {
        assert!(matches!(received, Received::Unreadable { lane: Some(7) }));
    });
}

#[test]
fn a_record_is_not_read_beyond_what_is_committed() {
    let ring = Ring::default();
    put(&ring, 0, &64_u32.to_le_bytes());
    let mut record = Vec::new();
    assert_eq!(ring.read(0, 56, 0, &mut record), Found::Corrupt);
    assert_eq!(ring.read(0, 64, 0, &mut record), Found::Record(64));
    assert_eq!(record.len(), 64);
}

#[test]
fn symbols_are_numbered_up_to_their_limit() {
    let producer = Producer::default();
    let define = |count: usize| {
        producer.define((0..count).map(|index| Definition {
            text: index.to_string(),
            is_json: false,
        }))
    };
    assert_eq!(define(3), Some(0));
    assert_eq!(define(4_090), Some(3));
    assert_eq!(define(4), None);
    assert_eq!(define(3), Some(4_093));
    assert_eq!(define(1), None);
}

#[test]
fn two_threads_that_drain_and_one_that_writes_lose_and_mix_nothing() {
    const RECORDS: i32 = 20_000;
    let producer = Arc::new(Producer::default());
    let taken = Mutex::new(Vec::new());
    let left = AtomicUsize::new(1);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while left.load(Ordering::Acquire) > 0 || producer.has_more() {
                    producer.drain(100_000, &mut |received| {
                        taken.lock().unwrap().push(number_of(received));
                    });
                }
            });
        }
        let mut writer = Writer::new(Arc::clone(&producer));
        for number in 0..RECORDS {
            writer.write(number, usize::try_from(number % 7).unwrap() * 400);
        }
        left.store(0, Ordering::Release);
    });
    let expected: Vec<i32> = (0..RECORDS).collect();
    assert!(
        *taken.lock().unwrap() == expected,
        "every record once and in order"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reader_wakes_for_every_record_that_is_committed_while_it_sleeps() {
    let ingest = Arc::new(Ingest::default());
    let mut writer = Writer::new(ingest.open());
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let running = tokio::spawn({
        let ingest = Arc::clone(&ingest);
        async move {
            let mut receive = |received| sender.send(number_of(received)).unwrap();
            ingest.run(&mut receive).await;
        }
    });
    for number in 0..200 {
        writer.write(number, 10);
        // As JavaScript does: a writer that finds the reader asleep wakes it.
        if writer.producer.ring().take_sleeping() {
            ingest.wake();
        }
        let got = tokio::time::timeout(Duration::from_secs(10), receiver.recv()).await;
        assert_eq!(got, Ok(Some(number)));
    }
    ingest.close();
    running.await.unwrap();
}
