//! What trimming takes away, what it leaves alone, and that the result always fits.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::wire::Datadog;

fn trim(event: &[u8], max_bytes: usize) -> Option<Vec<u8>> {
    super::trim(&Datadog::new("test"), event, max_bytes)
}

/// The shortest text that is ever shortened, and the longest that never is.
const SHORTENED_BYTES_MIN: usize = 77;

fn span(meta: &Value) -> Value {
    json!({
        "trace_id": "0123456789abcdef0123456789abcdef",
        "span_id": "18446744073709551615",
        "parent_id": "undefined",
        "name": "n".repeat(200),
        "tags": ["a:".to_owned() + &"t".repeat(200)],
        "start_ns": serde_json::from_str::<Value>("1763856000123456789").unwrap(),
        "duration": serde_json::from_str::<Value>("9007199254740993").unwrap(),
        "meta": meta,
        "metrics": { "input_tokens": serde_json::from_str::<Value>("1e-7").unwrap() },
        "_dd": { "trace_id": "f".repeat(200) },
    })
}

fn trimmed(event: &Value, max_bytes: usize) -> Option<Value> {
    let out = trim(event.to_string().as_bytes(), max_bytes)?;
    assert!(out.len() <= max_bytes, "{} > {max_bytes}", out.len());
    Some(serde_json::from_slice(&out).expect("valid JSON"))
}

/// Everything but the content must be as it was.
fn assert_frame_is_kept(before: &Value, after: &Value) {
    for key in [
        "trace_id",
        "span_id",
        "parent_id",
        "name",
        "tags",
        "start_ns",
        "duration",
        "metrics",
        "_dd",
    ] {
        assert_eq!(before[key].to_string(), after[key].to_string(), "{key}");
    }
}

#[test]
fn an_event_that_fits_is_returned_as_it_is() {
    let event = span(&json!({ "input": { "value": "x".repeat(500) } })).to_string();
    for max in [event.len(), event.len() + 1, usize::MAX] {
        assert_eq!(trim(event.as_bytes(), max).unwrap(), event.as_bytes());
    }
}

#[test]
fn one_byte_too_many_is_enough_to_be_trimmed() {
    let event = span(&json!({ "input": { "value": "x".repeat(500) } }));
    let after = trimmed(&event, event.to_string().len() - 1).unwrap();
    assert_frame_is_kept(&event, &after);
    assert_eq!(after["collection_errors"], json!(["dropped_io"]));
    let value = after["meta"]["input"]["value"].as_str().unwrap();
    let (head, rest) = value.split_once("[... ").unwrap();
    let (removed, tail) = rest.split_once(" bytes removed ...]").unwrap();
    assert_eq!(
        head.len() + tail.len() + removed.parse::<usize>().unwrap(),
        500
    );
    assert!(head.len().abs_diff(tail.len()) <= 1, "{value}");
    assert!((head.to_owned() + tail).bytes().all(|byte| byte == b'x'));
}

#[test]
fn the_longest_texts_give_first() {
    let event = span(&json!({
        "input": { "messages": [
            { "role": "user", "content": "a".repeat(10_000) },
            { "role": "user", "content": "b".repeat(3_000) },
        ] },
        "output": { "value": "c".repeat(9_000) },
        "metadata": { "note": "d".repeat(2_000) },
    }));
    let after = trimmed(&event, 14_000).unwrap();
    let input = &after["meta"]["input"]["messages"];
    let length = |text: &Value| text.as_str().unwrap().len();
    assert_eq!(length(&input[1]["content"]), 3_000);
    assert_eq!(length(&after["meta"]["metadata"]["note"]), 2_000);
    let (longest, second) = (
        length(&input[0]["content"]),
        length(&after["meta"]["output"]["value"]),
    );
    assert!((3_000..5_000).contains(&longest) && longest.abs_diff(second) <= 1);
    assert!(
        after.to_string().len() > 13_950,
        "gives no more than it must"
    );
}

#[test]
fn names_and_short_texts_are_left_alone() {
    let uuid = "123e4567-e89b-12d3-a456-426614174000";
    let meta = json!({
        "span.kind": "k".repeat(300),
        "model_name": "m".repeat(300),
        "model_provider": "p".repeat(300),
        "error.type": "t".repeat(300),
        "agent_attribution": { "pagent_name": "g".repeat(300), "pagent_span_id": "7" },
        "input": { "messages": [{ "role": "tool", "tool_id": uuid, "content": "c".repeat(5_000) }] },
        "output": { "value": "o".repeat(SHORTENED_BYTES_MIN - 1) },
        "error.stack": "s".repeat(5_000),
    });
    let event = span(&meta);
    let without_texts = event.to_string().len() - 10_000;
    let after = trimmed(&event, without_texts + 250).unwrap();
    for key in [
        "span.kind",
        "model_name",
        "model_provider",
        "error.type",
        "agent_attribution",
        "output",
    ] {
        assert_eq!(after["meta"][key], meta[key], "{key}");
    }
    assert_eq!(after["meta"]["input"]["messages"][0]["tool_id"], uuid);
    for text in [
        &after["meta"]["error.stack"],
        &after["meta"]["input"]["messages"][0]["content"],
    ] {
        assert!(text.as_str().unwrap().contains("bytes removed"));
    }
    assert_frame_is_kept(&event, &after);
}

#[test]
fn the_keys_of_an_object_are_never_shortened() {
    let key = "k".repeat(300);
    let event = span(&json!({
        "input": { "value": "i".repeat(5_000) },
        "metadata": { &key: { &key: "v" } },
    }));
    let after = trimmed(&event, event.to_string().len() - 4_850).unwrap();
    assert_eq!(after["meta"]["metadata"], json!({ &key: { &key: "v" } }));
}

#[test]
fn a_cut_never_splits_a_character_or_an_escape() {
    for unit in [
        "é",
        "漢",
        "😀",
        "\\n",
        "\\\\",
        "\\\"",
        "\\u0007",
        "\\ud83d\\ude00",
        "a\\\\",
        "é\\n😀",
    ] {
        let event = format!(
            r#"{{"meta":{{"input":{{"value":"{}"}}}}}}"#,
            unit.repeat(200)
        );
        let whole: String = serde_json::from_str(&format!("\"{}\"", unit.repeat(200))).unwrap();
        for max in 155..event.len().min(400) {
            let out = trim(event.as_bytes(), max).unwrap();
            assert!(out.len() <= max);
            let after: Value = serde_json::from_slice(&out).unwrap();
            let value = after["meta"]["input"]["value"].as_str().unwrap();
            let (head, rest) = value.split_once("[... ").unwrap();
            let (_, tail) = rest.split_once(" bytes removed ...]").unwrap();
            assert!(
                whole.starts_with(head) && whole.ends_with(tail),
                "{unit} {max}: {value}"
            );
        }
    }
}

#[test]
fn collection_errors_that_are_there_are_kept() {
    for (errors, expected) in [
        (json!([]), json!(["dropped_io"])),
        (
            json!(["invalid_value"]),
            json!(["invalid_value", "dropped_io"]),
        ),
        (json!(["dropped_io"]), json!(["dropped_io"])),
    ] {
        for errors_first in [true, false] {
            let mut event = json!({});
            if errors_first {
                event["collection_errors"] = errors.clone();
            }
            event["meta"] = json!({ "input": { "value": "x".repeat(900) } });
            if !errors_first {
                event["collection_errors"] = errors.clone();
            }
            let after = trimmed(&event, 400).unwrap();
            assert_eq!(after["collection_errors"], expected);
        }
    }
}

#[test]
fn trimming_again_adds_up_what_is_gone() {
    let event = span(&json!({ "input": { "value": "x".repeat(50_000) } }));
    let frame = event.to_string().len() - 50_000;
    let twice = trimmed(&trimmed(&event, 20_000).unwrap(), 5_000).unwrap();
    let value = twice["meta"]["input"]["value"].as_str().unwrap();
    assert_eq!(value.matches("bytes removed").count(), 1);
    let kept = value.matches('x').count();
    let removed = value
        .split_once("[... ")
        .unwrap()
        .1
        .split_once(' ')
        .unwrap()
        .0;
    assert_eq!(removed.parse::<usize>().unwrap() + kept, 50_000);
    assert!(kept > 5_000 - frame - 120, "{kept}");
    assert_eq!(twice["collection_errors"], json!(["dropped_io"]));
}

#[test]
fn what_no_text_can_give_is_emptied_heaviest_first() {
    let numbers: Vec<u32> = (100_000..102_000).collect();
    let meta = json!({
        "span.kind": "llm",
        "input": { "messages": [{ "role": "user", "content": "i".repeat(20_000) }] },
        "metadata": { "vector": numbers },
        "output": { "messages": [{ "role": "assistant", "content": "o".repeat(400) }] },
    });
    let event = span(&meta);
    let after = trimmed(&event, 6_000).unwrap();
    assert_eq!(after["meta"]["metadata"], json!({}));
    assert_eq!(after["meta"]["output"], meta["output"]);
    let content = &after["meta"]["input"]["messages"][0]["content"];
    assert!(
        content.as_str().unwrap().len() > 4_000,
        "texts get the room that is left"
    );
    assert_frame_is_kept(&event, &after);

    let small_texts: Vec<String> = (0..1_000).map(|n| format!("message {n}")).collect();
    let event = span(&json!({ "input": small_texts, "output": { "value": "done" } }));
    let after = trimmed(&event, 2_000).unwrap();
    let value = after["meta"]["input"]["value"].as_str().unwrap();
    assert!(
        value.starts_with("[... ") && value.ends_with(" bytes removed ...]"),
        "{value}"
    );
    assert_eq!(after["meta"]["output"]["value"], "done");
}

#[test]
fn an_evaluation_keeps_its_label_and_value() {
    let event = json!({
        "join_on": { "span": { "span_id": "7", "trace_id": "t".repeat(300) } },
        "label": "l".repeat(300),
        "metric_type": "categorical",
        "categorical_value": "v".repeat(300),
        "tags": ["t".repeat(300)],
        "reasoning": "r".repeat(5_000),
        "metadata": { "a": "m".repeat(5_000) },
    });
    let after = trimmed(&event, 2_500).unwrap();
    for key in [
        "join_on",
        "label",
        "metric_type",
        "categorical_value",
        "tags",
    ] {
        assert_eq!(after[key], event[key], "{key}");
    }
    assert!(
        after["reasoning"]
            .as_str()
            .unwrap()
            .contains("bytes removed")
    );
    assert!(
        after.get("collection_errors").is_none(),
        "no field of an evaluation"
    );
}

#[test]
fn an_event_that_cannot_be_made_to_fit_is_none() {
    let event = span(&json!({ "input": { "value": "x".repeat(500) } }));
    assert_eq!(trimmed(&event, 300), None);
    let tags = json!({ "tags": ["t".repeat(5_000)], "meta": {} });
    assert_eq!(trimmed(&tags, 1_000), None);
}

#[test]
fn text_that_is_no_event_is_none_and_nothing_worse() {
    for broken in [
        "",
        " ",
        "{",
        "}",
        "[]",
        "null",
        "\"",
        "\"\\",
        "{\"meta\"",
        "{\"meta\":",
        "{\"meta\":{",
        "{\"meta\":{\"input\":\"a",
        "{\"meta\":{\"input\":\"a\\",
        "{\"meta\":{\"input\":[}",
        "{\"meta\":]}",
        "{\"meta\":1",
        "{meta:1}",
        "{\"a\":1 \"b\":2}",
        "\u{0}",
        "{\"meta\":\"\\u12",
        "{\"meta\":{\"input\":{\"value\":\"x\"}}",
    ] {
        let long = broken.to_owned() + &" ".repeat(200);
        assert_eq!(trim(long.as_bytes(), 100), None, "{broken}");
    }
}

#[test]
fn a_large_event_of_any_shape_is_trimmed() {
    // 2 MB each of escapes, marks, small texts and nesting: a quadratic step would take minutes.
    for input in [
        format!("\"{}\"", "\\\\".repeat(1_000_000)),
        format!("\"{}\"", "[... ".repeat(400_000)),
        format!("[\"{}\"]", "a\",\"".repeat(500_000)),
        "[".repeat(1_000_000) + &"]".repeat(1_000_000),
    ] {
        let event = format!(r#"{{"meta":{{"input":{input}}}}}"#);
        let out = trim(event.as_bytes(), 250_000).unwrap();
        assert!(out.len() <= 250_000);
        assert!(serde_json::from_slice::<Value>(&out).is_ok());
    }
}

fn content() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        "(\\PC|[\\x00-\\x1f\"\\\\]){0,300}".prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map("\\PC{0,6}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Whatever the content and the limit: the result fits, is valid JSON, keeps the frame, and
    /// a limit that some content allows is always reached.
    #[test]
    fn any_event_is_trimmed_to_any_limit(
        input in content(),
        output in content(),
        metadata in content(),
        percent in 0usize..110,
    ) {
        let event = span(&json!({
            "span.kind": "llm", "input": input, "output": output, "metadata": metadata,
        }));
        let frame = span(&json!({
            "span.kind": "llm", "input": {}, "output": {}, "metadata": {},
        })).to_string().len();
        // Marks in `input` and `output`, and the entry of `collection_errors`.
        let least = frame + 2 * 60 + 40;
        let max = event.to_string().len() * percent / 100;
        match trimmed(&event, max) {
            Some(after) => {
                assert_frame_is_kept(&event, &after);
                let changed = after["meta"] != event["meta"];
                prop_assert_eq!(changed, after.get("collection_errors").is_some());
                prop_assert_eq!(changed, max < event.to_string().len());
            }
            None => prop_assert!(max < least, "{max} of {least}"),
        }
    }

    /// No text, JSON or not, makes it panic or return more than asked for.
    #[test]
    fn no_text_breaks_it(text in "[{}\\[\\]\":,\\\\a-f0-9 u]{0,80}|\\PC{0,80}", max in 0usize..80) {
        if let Some(out) = trim(text.as_bytes(), max) {
            prop_assert!(out.len() <= max);
        }
    }
}
