//! Bodies: exact bytes, exact sizes, and events that survive splitting and trimming.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::wire::Datadog;

fn wire() -> Datadog {
    Datadog::new("spanlane-1.2.3")
}

fn text(body: &[u8]) -> &str {
    std::str::from_utf8(body).unwrap()
}

fn spans(events: &[&'static str]) -> Payload {
    let events = events.iter().map(|event| (EventKind::Span, *event));
    Payload::assemble(&wire(), Stream::Spans, events)
}

#[test]
fn spans_travel_in_one_envelope_each() {
    let payload = Payload::assemble(
        &wire(),
        Stream::Spans,
        [
            (EventKind::Span, r#"{"name":"é"}"#),
            (EventKind::ExperimentSpan, "{}"),
        ],
    );
    assert_eq!(
        text(payload.body()),
        concat!(
            r#"[{"_dd.stage":"raw","_dd.tracer_version":"spanlane-1.2.3","event_type":"span","#,
            r#""spans":[{"name":"é"}]},"#,
            r#"{"_dd.stage":"raw","_dd.tracer_version":"spanlane-1.2.3","event_type":"span","#,
            r#""spans":[{}],"_dd.scope":"experiments"}]"#,
        )
    );
    assert_eq!(payload.len(), 2);
}

#[test]
fn evaluations_travel_in_one_wrapper() {
    let payload = Payload::assemble(
        &wire(),
        Stream::Evaluations,
        [
            (EventKind::Evaluation, Bytes::from_static(b"{\"a\":1}")),
            (EventKind::Evaluation, Bytes::from_static(b"{\"b\":2}")),
        ],
    );
    assert_eq!(
        text(payload.body()),
        r#"{"data":{"type":"evaluation_metric","attributes":{"metrics":[{"a":1},{"b":2}]}}}"#
    );
    assert_eq!(payload.event(1), b"{\"b\":2}");
}

#[test]
fn a_payload_without_events_is_still_json() {
    let none = std::iter::empty::<(EventKind, Bytes)>;
    let empty = Payload::assemble(&wire(), Stream::Spans, none());
    assert_eq!(text(empty.body()), "[]");
    assert!(empty.is_empty() && !spans(&["{}"]).is_empty());
    let empty = Payload::assemble(&wire(), Stream::Evaluations, none());
    assert!(serde_json::from_slice::<Value>(empty.body()).is_ok());
}

#[test]
fn a_version_is_escaped() {
    let wire = Datadog::new("a\"\\\n");
    let payload = Payload::assemble(&wire, Stream::Spans, [(EventKind::Span, "{}")]);
    let value: Value = serde_json::from_slice(payload.body()).unwrap();
    assert_eq!(value[0]["_dd.tracer_version"], "a\"\\\n");
}

#[test]
fn the_announced_lengths_are_the_real_ones() {
    let wire = wire();
    for kind in [
        EventKind::Span,
        EventKind::Evaluation,
        EventKind::ExperimentSpan,
    ] {
        for count in [1, 2, 5] {
            let events = vec![(kind, "{\"x\":\"yyy\"}"); count];
            let payload = Payload::assemble(&wire, kind.stream(), events);
            assert_eq!(
                payload.body().len(),
                wire.bracket_bytes(kind.stream())
                    + count * (wire.envelope_bytes(kind) + 11)
                    + (count - 1),
            );
        }
    }
}

#[test]
fn a_body_is_written_into_exactly_the_memory_it_needs() {
    let capacity = |kinds: &[EventKind]| {
        let events = kinds.iter().map(|kind| (*kind, "{\"x\":\"yyy\"}"));
        let payload = Payload::assemble(&wire(), kinds[0].stream(), events);
        let bytes = payload.body().len();
        (payload.body.try_into_mut().unwrap().capacity(), bytes)
    };
    for kinds in [
        &[EventKind::Span, EventKind::ExperimentSpan, EventKind::Span][..],
        &[EventKind::Evaluation; 4],
    ] {
        let (reserved, used) = capacity(kinds);
        assert_eq!(reserved, used);
    }
}

#[test]
fn what_is_printed_of_a_payload_is_its_size() {
    let payload = spans(&[r#"{"name":"a prompt"}"#]);
    let bytes = payload.body().len();
    assert_eq!(
        format!("{payload:?}"),
        format!("Payload {{ events: 1, bytes: {bytes}, .. }}")
    );
}

#[test]
fn a_part_has_the_bytes_a_payload_of_those_events_has() {
    let events = [r#"{"n":0}"#, r#"{"n":"one"}"#, r#"{"n":[2]}"#, "{}"];
    let whole = spans(&events);
    for start in 0..=events.len() {
        for end in start..=events.len() {
            assert!(
                whole.part(start..end) == spans(&events[start..end]),
                "{start}..{end}"
            );
        }
    }
    assert!(whole.part(1..3).part(1..2) == spans(&events[2..3]));
    assert!(whole.part(2..99) == spans(&events[2..]));
    assert!(whole.part(9..99).is_empty());
    assert_eq!(whole.event(4), b"");
}

#[test]
fn a_trimmed_payload_is_within_its_limit_to_the_byte() {
    let long = format!(
        r#"{{"span_id":"7","meta":{{"input":{{"value":"{}"}}}}}}"#,
        "x".repeat(2_000)
    );
    for kind in [EventKind::Span, EventKind::ExperimentSpan] {
        let payload = Payload::assemble(&wire(), Stream::Spans, [(kind, &long)]);
        let full = payload.body().len();
        assert!(payload.trimmed(&wire(), full).unwrap() == payload);
        for limit in [full - 1, full / 2] {
            let trimmed = payload.trimmed(&wire(), limit).unwrap();
            assert!(trimmed.body().len() <= limit);
            assert_eq!(trimmed.len(), 1);
            let body: Value = serde_json::from_slice(trimmed.body()).unwrap();
            let event: Value = serde_json::from_slice(trimmed.event(0)).unwrap();
            assert_eq!(body[0], event);
            assert_eq!(
                event["spans"][0]["collection_errors"],
                json!(["dropped_io"])
            );
            assert_eq!(event["spans"][0]["span_id"], "7");
            assert!(trimmed.part(0..1) == trimmed);
        }
        assert!(payload.trimmed(&wire(), 120).is_none());
        assert!(payload.trimmed(&wire(), 0).is_none());
    }
}

#[test]
fn only_a_payload_of_one_event_can_be_trimmed() {
    assert!(spans(&["{}", "{}"]).trimmed(&wire(), 10_000).is_none());
    assert!(spans(&[]).trimmed(&wire(), 10_000).is_none());
}

#[test]
fn gzip_is_repeatable_and_gives_the_body_back() {
    let body = Bytes::from("{\"text\":\"hello\"},".repeat(1_000));
    let packed = gzip(&body).unwrap();
    assert!(packed.len() < body.len() / 10);
    assert_eq!(gzip(&body).unwrap(), packed);
    let mut unpacked = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&*packed), &mut unpacked).unwrap();
    assert_eq!(unpacked, body);
}

proptest! {
    /// Any events in any order: one valid body, every event in its place, any cut the same bytes.
    #[test]
    fn every_event_is_where_the_payload_says(
        names in prop::collection::vec("\\PC{0,12}", 1..8),
        experiment in prop::collection::vec(any::<bool>(), 8),
        cut in any::<prop::sample::Index>(),
    ) {
        let events: Vec<(EventKind, Vec<u8>)> = names
            .iter()
            .zip(experiment)
            .map(|(name, experiment)| {
                let kind = if experiment { EventKind::ExperimentSpan } else { EventKind::Span };
                (kind, json!({ "name": name }).to_string().into_bytes())
            })
            .collect();
        let whole = Payload::assemble(&wire(), Stream::Spans, events.clone());
        let body: Vec<Value> = serde_json::from_slice(whole.body()).unwrap();
        prop_assert_eq!(body.len(), names.len());
        for (index, name) in names.iter().enumerate() {
            prop_assert_eq!(&body[index]["spans"][0]["name"], name);
            let event: Value = serde_json::from_slice(whole.event(index)).unwrap();
            prop_assert_eq!(&event, &body[index]);
        }
        let cut = cut.index(names.len() + 1);
        for (range, part) in [
            (0..cut, &events[..cut]),
            (cut..names.len(), &events[cut..]),
        ] {
            let expected = Payload::assemble(&wire(), Stream::Spans, part.to_vec());
            prop_assert!(whole.part(range) == expected);
        }
    }
}
