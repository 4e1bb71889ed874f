//! A record that JavaScript committed is an event: every question and every end of the core covers it.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test chooses its own time and stops where it fails"
)]

mod support;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use spanlane::core::Core;
use spanlane::flush::Tally;
use spanlane::ingest::decode::VERSION;
use spanlane::ingest::value::op;
use spanlane::ingest::{Producer, Received};
use spanlane::lane::Lane;
use spanlane::settings::{LANE_IDLE_MAX, SWEEP_INTERVAL, Settings};
use spanlane::stats::DropReason;
use support::{Answer, FakeIntake, assert_balanced, core, lane, submit};

const LIMIT: Duration = Duration::from_secs(5);

/// A thread that writes records and never calls anybody, as if the reader were always awake.
struct Writer {
    producer: Arc<Producer>,
    position: u32,
}

impl Writer {
    fn open(core: &Core) -> Self {
        Self {
            producer: core.open_producer(),
            position: 0,
        }
    }

    fn commit(&mut self, lane: u64, id: i32) {
        let record = record(lane, id);
        let ring = self.producer.ring();
        let words = record.as_chunks::<8>().0;
        for (word, bytes) in ring.body()[self.position as usize / 8..].iter().zip(words) {
            word.store(u64::from_le_bytes(*bytes), Ordering::Relaxed);
        }
        self.position += u32::try_from(record.len()).unwrap();
        ring.commit(self.position);
    }
}

fn record(lane: u64, id: i32) -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 0, VERSION, 0, 0, 0];
    bytes.extend(lane.to_le_bytes());
    bytes.extend([op::OBJECT, op::KEY, op::SHORT, 2, b'i', b'd', op::INT]);
    bytes.extend(id.to_le_bytes());
    bytes.push(op::END);
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    let length = u32::try_from(bytes.len()).unwrap();
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    bytes
}

fn delivered(events: u64) -> Tally {
    Tally {
        delivered: events,
        ..Tally::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_flush_covers_what_was_committed_before_it() {
    let intake = FakeIntake::new(|_| Answer::Status(202));
    let core = core(Settings::default(), &intake);
    let acme = lane(&core, "acme");
    let mut writer = Writer::open(&core);
    for id in 1..=3 {
        writer.commit(acme.id, id);
    }
    core.spill(&writer.producer, &record(acme.id, 4));
    writer.commit(acme.id, 5);
    let report = core.flush(LIMIT, Some(Arc::clone(&acme))).await;
    assert_eq!((report.total, report.pending), (delivered(5), 0));
    assert_eq!(intake.arrivals()[0].ids(), [1, 2, 3, 4, 5]);
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn a_count_covers_what_was_committed() {
    let core = core(Settings::default(), &FakeIntake::new(|_| Answer::BlackHole));
    let acme = lane(&core, "acme");
    let mut writer = Writer::open(&core);
    writer.commit(acme.id, 1);
    assert_eq!(core.held(), 1);
    writer.commit(acme.id, 2);
    assert_eq!(core.totals().all.submitted(), 2);
}

#[tokio::test(start_paused = true)]
async fn to_ask_whether_anything_is_left_decodes_nothing() {
    let intake = FakeIntake::new(|_| Answer::Status(202));
    let core = core(Settings::default(), &intake);
    let acme = lane(&core, "acme");
    let mut writer = Writer::open(&core);
    assert!(core.is_idle());
    writer.commit(acme.id, 1);
    assert!(!core.is_idle());
    assert_eq!(core.held_bytes(), 0);
    core.spill(&writer.producer, &record(acme.id, 2));
    assert!(!core.is_idle());
    assert_eq!(core.held_bytes(), 0);
    // Decoded, and not delivered.
    assert_eq!(core.held(), 2);
    assert!(!core.is_idle());
    assert_eq!(core.flush(LIMIT, None).await.total, delivered(2));
    assert!(core.is_idle());
}

#[tokio::test(start_paused = true)]
async fn a_record_in_lent_memory_counts_while_it_waits() {
    let settings = Settings {
        max_buffered_bytes: 64 * 1024,
        ..Settings::default()
    };
    let core = core(settings, &FakeIntake::new(|_| Answer::BlackHole));
    let writer = Writer::open(&core);
    let lend = || core.lend(40 * 1024).unwrap();
    core.spill_lent(&writer.producer, lend(), 40 * 1024);
    assert_eq!(writer.producer.spilled_bytes(), 40 * 1024);
    // Together they would be too much: the first is decoded within the call. Nobody wrote it, so it says nothing.
    core.spill_lent(&writer.producer, lend(), 40 * 1024);
    assert_eq!(writer.producer.spilled_bytes(), 40 * 1024);
    let totals = core.totals();
    assert_eq!(writer.producer.spilled_bytes(), 0);
    let unrouted = totals.unrouted;
    assert_eq!(
        unrouted
            .losses()
            .unwrap()
            .dropped_for(DropReason::InternalError),
        2
    );
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_delivers_what_was_committed_and_counts_what_comes_after() {
    let intake = FakeIntake::new(|_| Answer::Status(202));
    let core = core(Settings::default(), &intake);
    let acme = lane(&core, "acme");
    let mut writer = Writer::open(&core);
    writer.commit(acme.id, 1);
    assert_eq!(core.shutdown(LIMIT).await.total, delivered(1));
    writer.commit(acme.id, 2);
    core.spill(&writer.producer, &record(acme.id, 3));
    let totals = core.totals();
    let losses = totals.all.losses().unwrap();
    assert_eq!(
        (
            totals.all.delivered(),
            losses.dropped_for(DropReason::Shutdown)
        ),
        (1, 2)
    );
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn a_thread_that_ends_leaves_what_it_committed() {
    let intake = FakeIntake::new(|_| Answer::Status(202));
    let core = core(Settings::default(), &intake);
    let acme = lane(&core, "acme");
    let mut writer = Writer::open(&core);
    writer.commit(acme.id, 1);
    core.close_producer(&writer.producer);
    drop(writer);
    // Nobody asks: the reader finds it by itself.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(intake.arrivals()[0].ids(), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_lane_whose_route_is_gone_lives_until_its_last_record_is_read() {
    let intake = FakeIntake::new(|_| Answer::Status(202));
    let core = core(Settings::default(), &intake);
    let acme = lane(&core, "acme");
    let id = acme.id;
    let mut writer = Writer::open(&core);
    tokio::time::sleep(LANE_IDLE_MAX).await;
    writer.commit(id, 1);
    drop(acme);
    tokio::time::sleep(SWEEP_INTERVAL * 2).await;
    assert_eq!(core.flush(LIMIT, None).await.total, delivered(1));
    // With nothing to read it closes, and a record for it has nowhere to go.
    tokio::time::sleep(LANE_IDLE_MAX + SWEEP_INTERVAL).await;
    assert!(core.tenants().is_empty());
    writer.commit(id, 2);
    let unrouted = core.totals().unrouted;
    assert_eq!(
        unrouted
            .losses()
            .unwrap()
            .dropped_for(DropReason::InternalError),
        1
    );
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_cannot_be_read_is_counted_for_its_lane() {
    let core = core(
        Settings::default(),
        &FakeIntake::new(|_| Answer::Status(202)),
    );
    let acme = lane(&core, "acme");
    let writer = Writer::open(&core);
    let mut broken = record(acme.id, 1);
    broken[16] = 99;
    core.spill(&writer.producer, &broken);
    let tenants = core.tenants();
    let losses = tenants[0].counts.losses().unwrap();
    assert_eq!(losses.dropped_for(DropReason::InternalError), 1);
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn a_flood_past_the_ring_is_charged_to_the_tenant_that_floods() {
    let settings = Settings {
        max_buffered_bytes: 64 * 1024,
        max_buffered_bytes_per_tenant: 16 * 1024,
        ..Settings::default()
    };
    let cap_bytes = settings.max_buffered_bytes;
    let core = core(settings, &FakeIntake::new(|_| Answer::BlackHole));
    let (flooder, other) = (lane(&core, "flooder"), lane(&core, "other"));
    let writer = Writer::open(&core);
    // In one go: the reader has no turn in between.
    for id in 0..2_000 {
        core.spill(&writer.producer, &record(flooder.id, id));
        if id % 40 == 0 {
            core.spill(&writer.producer, &record(other.id, id));
        }
        assert!(writer.producer.spilled_bytes() + core.held_bytes() <= cap_bytes);
    }
    let tenants = core.tenants();
    let counts = |lane: &Lane| {
        let tenant = &lane.tenant.label;
        let stats = tenants.iter().find(|stats| stats.tenant == *tenant);
        stats.unwrap().counts.clone()
    };
    assert_eq!((counts(&other).held(), counts(&other).dropped()), (50, 0));
    let flood = counts(&flooder);
    assert_eq!(flood.submitted(), 2_000);
    assert!(flood.held() > 50);
    assert_eq!(
        flood.losses().unwrap().dropped_for(DropReason::TenantShare),
        flood.dropped()
    );
    assert_balanced(&core);
}

#[tokio::test(start_paused = true)]
async fn a_record_larger_than_everything_is_counted_as_such() {
    let settings = Settings {
        max_buffered_bytes: 100,
        ..Settings::default()
    };
    let core = core(settings, &FakeIntake::new(|_| Answer::BlackHole));
    let acme = lane(&core, "acme");
    let writer = Writer::open(&core);
    core.spill(&writer.producer, &record(acme.id, 1));
    assert_eq!(core.held(), 0);
    let state = acme.state();
    assert_eq!(
        state
            .counts()
            .losses()
            .unwrap()
            .dropped_for(DropReason::TooLarge),
        1
    );
}

#[tokio::test]
async fn a_flush_keeps_no_lane_waiting_while_a_thread_decodes_what_it_wrote() {
    let (arrived, mut arrivals) = tokio::sync::mpsc::unbounded_channel();
    let intake = FakeIntake::new(move |arrival| {
        let _ = arrived.send(arrival.ids());
        Answer::Status(202)
    });
    let core = core(Settings::default(), &intake);
    let (flooder, other) = (lane(&core, "flooder"), lane(&core, "other"));
    let mut writer = Writer::open(&core);
    writer.commit(flooder.id, 1);
    let (entered, is_entered) = std::sync::mpsc::channel();
    let (go_on, may_go_on) = std::sync::mpsc::channel::<()>();
    let (core_of_writer, producer) = (Arc::clone(&core), Arc::clone(&writer.producer));
    let lane_of_writer = Arc::clone(&flooder);
    // As a thread does that has written more than may be held.
    let decoding = std::thread::spawn(move || {
        producer.drain(usize::MAX, &mut |received| {
            entered.send(()).unwrap();
            may_go_on.recv_timeout(LIMIT * 2).unwrap();
            let Received::Event { kind, json, .. } = received else {
                panic!("it can be read")
            };
            core_of_writer.submit(&lane_of_writer, kind, json);
        });
    });
    // Nothing else of this thread has run until then: the reader has not been there.
    is_entered.recv().unwrap();
    let flushed = tokio::spawn(core.flush(LIMIT, None));
    tokio::task::yield_now().await;
    submit(&core, &other, 2);
    let first = tokio::time::timeout(LIMIT, arrivals.recv()).await;
    assert_eq!(first.unwrap().unwrap(), [2]);
    assert!(
        !flushed.is_finished(),
        "what was committed before it is still to come"
    );
    go_on.send(()).unwrap();
    decoding.join().unwrap();
    assert_eq!(flushed.await.unwrap().total, delivered(2));
    assert_eq!(arrivals.recv().await.unwrap(), [1]);
    assert_balanced(&core);
}
