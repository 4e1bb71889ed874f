//! Records as JavaScript writes them, and a core whose requests are answered at once: the same input for the
//! criterion benches and for the instruction count.

#![allow(dead_code, unreachable_pub, reason = "each bench uses its part")]

use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use spanlane::core::Core;
use spanlane::delivery::transport::{Request, Response, Transport, TransportError};
use spanlane::ingest::Producer;
use spanlane::ingest::decode::{HEADER_BYTES, Header, VERSION, decode};
use spanlane::ingest::symbols::Symbols;
use spanlane::ingest::value::op;
use spanlane::lane::Lane;
use spanlane::settings::Settings;
use spanlane::tenant::DestinationText;
use tokio::runtime::{Builder, Runtime};

/// One size and kind of text.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// As the reports name it.
    pub name: &'static str,
    words: &'static str,
    characters: usize,
}

const ENGLISH: &str = "the contract says that either party may end it, and the \"fee\" is due; \n";
const MIXED: &str = "the customer\u{2019}s \u{201c}second\u{201d} contract \u{2014} signed in K\u{f6}ln \u{2014} ends \u{1f642}; \n";
const JAPANESE: &str =
    "契約は三十日前の通知により終了することができ、当月の料金は支払う必要があります。";

/// Everything that is measured.
pub const CASES: [Case; 5] = [
    Case {
        name: "1K-ascii",
        words: ENGLISH,
        characters: 300,
    },
    Case {
        name: "1K-mixed",
        words: MIXED,
        characters: 300,
    },
    Case {
        name: "10K-ascii",
        words: ENGLISH,
        characters: 9_500,
    },
    Case {
        name: "10K-mixed",
        words: MIXED,
        characters: 9_500,
    },
    Case {
        name: "10K-cjk",
        words: JAPANESE,
        characters: 9_500,
    },
];

impl Case {
    /// The record of event `index` of `lane`: no two are alike.
    pub fn record(&self, lane: u64, index: usize) -> Vec<u8> {
        let mut record = Record::of(lane);
        let text = self.text(index);
        let id = format!("{:032x}", 0x6700_0000_0000_0000_u64 + index as u64);
        record.open(op::OBJECT);
        record.member("trace_id", &id);
        record.member(
            "span_id",
            &format!("{}", 1_000_000_007_u64 * (index as u64 + 1)),
        );
        record.member("name", "chat");
        record.key("tags");
        record.open(op::ARRAY);
        for tag in [
            "ml_app:bench",
            "service:gateway",
            "env:prod",
            "version:1.4.2",
            "source:integration",
        ] {
            record.text(tag);
        }
        record.open(op::END);
        record.key("start_ns");
        record.number(1_790_000_000_000_000_000 + index as u64 * 1_000_003);
        record.member("status", "ok");
        record.key("meta");
        record.open(op::OBJECT);
        record.member("span.kind", "llm");
        record.member("model_name", "large-2");
        record.key("input");
        record.open(op::OBJECT);
        record.member("role", "user");
        record.member("content", &text);
        record.open(op::END);
        record.open(op::END);
        record.key("metrics");
        record.open(op::OBJECT);
        record.key("input_tokens");
        record.number(211);
        record.open(op::END);
        record.open(op::END);
        record.finish()
    }

    /// Records of one lane.
    pub fn records(&self, lane: u64, count: usize) -> Vec<Vec<u8>> {
        (0..count).map(|index| self.record(lane, index)).collect()
    }

    fn text(&self, index: usize) -> String {
        let turned = self.words.chars().cycle().skip(index % 60);
        format!("{index} ")
            .chars()
            .chain(turned)
            .take(self.characters)
            .collect()
    }
}

/// A record in the making: one value, as `docs/record-format.md` says.
struct Record(Vec<u8>);

impl Record {
    fn of(lane: u64) -> Self {
        let mut bytes = vec![0, 0, 0, 0, VERSION, 0, 0, 0];
        bytes.extend(lane.to_le_bytes());
        assert_eq!(bytes.len(), HEADER_BYTES);
        Self(bytes)
    }

    fn open(&mut self, op: u8) {
        self.0.push(op);
    }

    fn key(&mut self, name: &str) {
        self.0.push(op::KEY);
        self.text(name);
    }

    fn member(&mut self, name: &str, text: &str) {
        self.key(name);
        self.text(text);
    }

    fn number(&mut self, number: u64) {
        self.0.push(op::U64);
        self.0.extend(number.to_le_bytes());
    }

    /// As V8 holds it: one byte for a character where that is enough, else UTF-16.
    fn text(&mut self, text: &str) {
        let units: Vec<u16> = text.encode_utf16().collect();
        let length = u32::try_from(units.len()).expect("texts are short");
        let latin1: Option<Vec<u8>> = units.iter().map(|unit| u8::try_from(*unit).ok()).collect();
        if let Some(bytes) = latin1 {
            self.0.push(op::LATIN1);
            self.0.extend(length.to_le_bytes());
            self.0.extend(bytes);
        } else {
            self.0.push(op::UTF16);
            self.0.extend(length.to_le_bytes());
            self.0.resize(self.0.len().next_multiple_of(2), 0);
            for unit in units {
                self.0.extend(unit.to_le_bytes());
            }
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.0.resize(self.0.len().next_multiple_of(8), 0);
        let length = u32::try_from(self.0.len()).expect("records are short");
        self.0[..4].copy_from_slice(&length.to_le_bytes());
        self.0
    }
}

/// The JSON text of a record.
pub fn json_of(record: &[u8], symbols: &Symbols, out: &mut Vec<u8>) {
    out.clear();
    let header = Header::parse(record).expect("a record has a header");
    decode(header, record, symbols, out).expect("a record can be read");
}

/// Takes every body and answers at once.
struct AtOnce;

impl Transport for AtOnce {
    fn send(
        &self,
        _request: Request,
    ) -> Pin<Box<dyn Future<Output = Result<Response, TransportError>> + Send + '_>> {
        Box::pin(ready(Ok(Response {
            status: 202,
            ..Response::default()
        })))
    }
}

/// A core on this thread, one lane, and a thread's way in.
pub struct Path {
    runtime: Runtime,
    /// The core.
    pub core: Arc<Core>,
    /// Whose events there are.
    pub lane: Arc<Lane>,
    producer: Arc<Producer>,
    position: u32,
}

impl Path {
    /// Opens all of it.
    pub fn open() -> Self {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime on this thread");
        let core = Core::with_transport(
            Settings::default(),
            Arc::new(AtOnce),
            runtime.handle().clone(),
        );
        let lane = core
            .open_lane(DestinationText::new(&"a".repeat(32), "datadoghq.com"))
            .expect("the key and the site are fine");
        let producer = core.open_producer();
        Self {
            runtime,
            core,
            lane,
            producer,
            position: 0,
        }
    }

    /// Records into the ring, out of it, decoded, submitted, assembled, sent and settled.
    pub fn deliver(&mut self, records: &[Vec<u8>]) {
        let ring = self.producer.ring();
        // Everything before was delivered, hence read.
        ring.rewind(self.position);
        let mut words = ring.body().iter();
        for record in records {
            for bytes in record.as_chunks::<8>().0 {
                let word = words.next().expect("a batch fits into the ring");
                word.store(u64::from_le_bytes(*bytes), Ordering::Relaxed);
            }
            self.position = self
                .position
                .wrapping_add(u32::try_from(record.len()).expect("short"));
            ring.commit(self.position);
        }
        self.settle(records.len());
    }

    /// Waits until what was handed over is delivered.
    pub fn settle(&mut self, events: usize) {
        let report = self
            .runtime
            .block_on(self.core.flush(Duration::from_secs(10), None));
        assert_eq!(
            report.total.delivered, events as u64,
            "everything is delivered"
        );
    }

    /// Hands events over as JSON text.
    pub fn submit(&self, events: &[Bytes]) {
        for json in events {
            self.core
                .submit(&self.lane, spanlane::wire::EventKind::Span, json.clone());
        }
    }
}
