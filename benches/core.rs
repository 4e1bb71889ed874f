//! Times of the core's own work on one thread: a record becomes JSON text, texts become a body, and the whole way
//! from the ring to a settled batch. `npm run bench:core`, about half a minute.

#![allow(missing_docs, reason = "criterion's macros write functions")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a bench that cannot go on should stop"
)]

mod support;

use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use spanlane::ingest::symbols::Symbols;
use spanlane::payload::Payload;
use spanlane::wire::{Datadog, EventKind, Stream};
use support::{CASES, Case, Path, json_of};

/// Events in a batch; with 10 KB of UTF-16 they fill most of a ring.
const BATCH: usize = 50;

fn jsons(case: Case) -> Vec<Bytes> {
    let symbols = Symbols::default();
    let mut out = Vec::new();
    case.records(1, BATCH)
        .iter()
        .map(|record| {
            json_of(record, &symbols, &mut out);
            Bytes::copy_from_slice(&out)
        })
        .collect()
}

fn bytes_of(jsons: &[Bytes]) -> u64 {
    jsons.iter().map(|json| json.len() as u64).sum()
}

fn decode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode 50 records");
    let symbols = Symbols::default();
    for case in CASES {
        let records = case.records(1, BATCH);
        group.throughput(Throughput::Bytes(bytes_of(&jsons(case))));
        group.bench_function(BenchmarkId::from_parameter(case.name), |bencher| {
            let mut out = Vec::new();
            bencher.iter(|| {
                for record in &records {
                    json_of(black_box(record), &symbols, &mut out);
                }
            });
        });
    }
    group.finish();
}

fn assemble(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("assemble a body of 50 events");
    let wire = Datadog::new("spanlane-bench");
    for case in CASES {
        let jsons = jsons(case);
        group.throughput(Throughput::Bytes(bytes_of(&jsons)));
        group.bench_function(BenchmarkId::from_parameter(case.name), |bencher| {
            bencher.iter_batched(
                || jsons.clone(),
                |jsons| {
                    let events = jsons.into_iter().map(|json| (EventKind::Span, json));
                    Payload::assemble(&wire, Stream::Spans, events)
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

fn submit(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("submit 50 events and settle them");
    for case in CASES {
        let jsons = jsons(case);
        let mut path = Path::open();
        group.throughput(Throughput::Elements(BATCH as u64));
        group.bench_function(BenchmarkId::from_parameter(case.name), |bencher| {
            bencher.iter(|| {
                path.submit(&jsons);
                path.settle(BATCH);
            });
        });
    }
    group.finish();
}

fn whole_path(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("50 records from the ring to the answer");
    for case in CASES {
        let mut path = Path::open();
        let records = case.records(path.lane.id, BATCH);
        group.throughput(Throughput::Elements(BATCH as u64));
        group.bench_function(BenchmarkId::from_parameter(case.name), |bencher| {
            bencher.iter(|| path.deliver(&records));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    targets = decode, assemble, submit, whole_path
}
criterion_main!(benches);
