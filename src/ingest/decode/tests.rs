use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::ingest::symbols::Definition;
use crate::ingest::value::op;

/// A record in the making: what `lib/record/writer.js` does, without its haste.
struct Record(Vec<u8>);

impl Record {
    fn new(shape: u8, kind: u8, flags: u8, lane: u64) -> Self {
        let mut bytes = vec![0, 0, 0, 0, VERSION, shape, kind, flags];
        bytes.extend(lane.to_le_bytes());
        Self(bytes)
    }

    fn put(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn short(self, text: &str) -> Self {
        let length = u8::try_from(text.len()).unwrap();
        self.put(&[op::SHORT, length]).put(text.as_bytes())
    }

    fn utf16(mut self, text: &str) -> Self {
        let units: Vec<u16> = text.encode_utf16().collect();
        self = self
            .put(&[op::UTF16])
            .put(&u32::try_from(units.len()).unwrap().to_le_bytes());
        if self.0.len() % 2 == 1 {
            self.0.push(0);
        }
        let bytes: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        self.put(&bytes)
    }

    fn text(self, text: &str) -> Self {
        if text.is_ascii() && text.len() < 25 {
            self.short(text)
        } else {
            self.utf16(text)
        }
    }

    fn value(self, value: &Value) -> Self {
        match value {
            Value::Null => self.put(&[op::NULL]),
            Value::Bool(true) => self.put(&[op::TRUE]),
            Value::Bool(false) => self.put(&[op::FALSE]),
            Value::Number(number) => match number
                .as_i64()
                .and_then(|number| i32::try_from(number).ok())
            {
                Some(number) => self.put(&[op::INT]).put(&number.to_le_bytes()),
                None => self
                    .put(&[op::DOUBLE])
                    .put(&number.as_f64().unwrap().to_le_bytes()),
            },
            Value::String(text) => self.text(text),
            Value::Array(values) => {
                let start = self.put(&[op::ARRAY]);
                values.iter().fold(start, Self::value).put(&[op::END])
            }
            Value::Object(members) => {
                let start = self.put(&[op::OBJECT]);
                members
                    .iter()
                    .fold(start, |record, (key, value)| {
                        record
                            .put(&[op::KEY])
                            .text(key)
                            .put(&[op::PAD])
                            .value(value)
                    })
                    .put(&[op::END])
            }
        }
    }

    fn read(&self, symbols: &Symbols) -> Result<String, DecodeError> {
        let mut out = Vec::new();
        decode(Header::parse(&self.0)?, &self.0, symbols, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }
}

fn symbols() -> Symbols {
    let mut symbols = Symbols::default();
    for (text, is_json) in [("role", false), (r#""env:test","error:0""#, true)] {
        symbols.define(Definition {
            text: text.to_owned(),
            is_json,
        });
    }
    symbols
}

fn span(flags: u8) -> Record {
    Record::new(SHAPE_SPAN, 0, flags, 9)
        .put(&1_790_000_000_000_000_123_u64.to_le_bytes())
        .put(&42_u64.to_le_bytes())
        .short("t")
        .short("s")
        .short("p")
        .short("name")
}

#[test]
fn ids_are_strings_of_their_digits() {
    let record = Record::new(SHAPE_VALUE, 0, 0, 9)
        .put(&[op::ARRAY, op::SPAN_ID])
        .put(&u64::MAX.to_le_bytes())
        .put(&[op::SPAN_ID])
        .put(&0_u64.to_le_bytes())
        .put(&[op::TRACE_ID])
        .put(&0x0123_4567_u32.to_le_bytes())
        .put(&0x89ab_cdef_u32.to_le_bytes())
        .put(&7_u32.to_le_bytes())
        .put(&[op::END]);
    assert_eq!(
        record.read(&symbols()).unwrap(),
        r#"["18446744073709551615","0","012345670000000089abcdef00000007"]"#
    );
}

#[test]
fn a_span_has_its_fields_in_the_order_of_dd_trace() {
    let record = span(FLAG_ERROR | FLAG_EXPERIMENTS)
        .put(&[op::ARRAY, op::JSON, 1, 0, op::TAG])
        .short("a")
        .text("b\"c")
        .put(&[op::END])
        .value(&json!({"pagent_name": "planner"}))
        .short("1")
        .short("0")
        .short("session")
        .value(&json!({"span.kind": "llm"}))
        .value(&json!({"error.message": "m", "error.type": "E"}))
        .value(&json!({"input_tokens": 1}))
        .value(&json!(["unserializable:metadata"]));
    assert_eq!(
        record.read(&symbols()).unwrap(),
        concat!(
            r#"{"trace_id":"t","span_id":"s","parent_id":"p","name":"name","#,
            r#""tags":["env:test","error:0","a:b\"c"],"start_ns":1790000000000000123,"duration":42,"#,
            r#""status":"error","meta":{"span.kind":"llm","agent_attribution":{"pagent_name":"planner"},"#,
            r#""error.message":"m","error.type":"E"},"metrics":{"input_tokens":1},"#,
            r#""_dd":{"span_id":"s","trace_id":"t","sample_rate":"1","sampling_decision":"0","#,
            r#""apm_trace_id":"t","scope":"experiments"},"session_id":"session","#,
            r#""collection_errors":["unserializable:metadata"]}"#
        )
    );
    let header = Header::parse(&record.0).unwrap();
    assert_eq!((header.lane, header.kind), (9, EventKind::Span));
}

#[test]
fn absent_parts_of_a_span_leave_nothing() {
    let record = span(0)
        .put(&[op::ARRAY, op::END])
        .put(&[op::ABSENT; 4])
        .value(&json!({"span.kind": "task"}))
        .put(&[op::ABSENT])
        .value(&json!({}))
        .put(&[op::ABSENT]);
    assert_eq!(
        record.read(&symbols()).unwrap(),
        concat!(
            r#"{"trace_id":"t","span_id":"s","parent_id":"p","name":"name","tags":[],"#,
            r#""start_ns":1790000000000000123,"duration":42,"status":"ok","meta":{"span.kind":"task"},"#,
            r#""metrics":{},"_dd":{"span_id":"s","trace_id":"t","apm_trace_id":"t"}}"#
        )
    );
}

#[test]
fn a_text_holds_the_json_of_its_value() {
    let record = Record::new(SHAPE_VALUE, 0, 0, 1)
        .put(&[op::OBJECT, op::KEY_SYMBOL, 0, 0, op::TEXT])
        .value(&json!({"deep": ["\"", 1.5]}))
        .put(&[op::KEY])
        .short("ns")
        .put(&[op::U64])
        .put(&u64::MAX.to_le_bytes())
        .put(&[op::END]);
    assert_eq!(
        record.read(&symbols()).unwrap(),
        r#"{"role":"{\"deep\":[\"\\\"\",1.5]}","ns":18446744073709551615}"#
    );
}

#[test]
fn what_cannot_be_is_refused_with_its_reason() {
    let value = |bytes: &[u8]| {
        Record::new(SHAPE_VALUE, 0, 0, 1)
            .put(bytes)
            .read(&symbols())
    };
    for (bytes, error) in [
        (&[][..], DecodeError::Truncated),
        (&[op::ABSENT][..], DecodeError::Truncated),
        (&[op::OBJECT][..], DecodeError::Truncated),
        (&[op::SHORT, 2, b'a'][..], DecodeError::Truncated),
        (&[op::UTF16, 255, 255, 255, 255][..], DecodeError::Truncated),
        (&[op::END][..], DecodeError::Misplaced(op::END)),
        (
            &[op::ARRAY, op::ABSENT, op::END][..],
            DecodeError::Misplaced(op::ABSENT),
        ),
        (
            &[op::OBJECT, op::NULL, op::END][..],
            DecodeError::Misplaced(op::NULL),
        ),
        (
            &[op::OBJECT, op::KEY, op::NULL, op::NULL][..],
            DecodeError::Misplaced(op::NULL),
        ),
        (
            &[op::TEXT, op::ARRAY, op::TEXT, op::NULL][..],
            DecodeError::Misplaced(op::TEXT),
        ),
        (&[op::SYMBOL, 1, 0][..], DecodeError::UnknownSymbol(1)),
        (
            &[op::ARRAY, op::JSON, 2, 0][..],
            DecodeError::UnknownSymbol(2),
        ),
        (&[op::JSON, 1, 0][..], DecodeError::Misplaced(op::JSON)),
        (
            &[op::OBJECT, op::KEY_SYMBOL, 0, 0, op::JSON, 1, 0, op::END][..],
            DecodeError::Misplaced(op::JSON),
        ),
        (
            &[op::ARRAY, op::TEXT, op::JSON, 1, 0, op::END][..],
            DecodeError::Misplaced(op::JSON),
        ),
        (&[22][..], DecodeError::UnknownOp(22)),
    ] {
        assert_eq!(value(bytes), Err(error), "{bytes:?}");
    }
    let nested = |levels| value(&[vec![op::ARRAY; levels], vec![op::END; levels]].concat());
    assert!(nested(256).is_ok());
    assert_eq!(nested(257), Err(DecodeError::TooDeep));
    let mut record = Record::new(SHAPE_VALUE, 0, 0, 1).put(&[op::NULL]);
    assert_eq!(record.read(&symbols()).as_deref(), Ok("null"));
    for (at, byte) in [(4, 0), (4, 3), (5, 2), (6, 3)] {
        let kept = std::mem::replace(&mut record.0[at], byte);
        assert_eq!(
            record.read(&symbols()),
            Err(DecodeError::UnknownRecord),
            "{at}"
        );
        record.0[at] = kept;
    }
    assert_eq!(Header::parse(&[0; 15]), Err(DecodeError::Truncated));
}

/// A span whose parts are these, in their order; the others are what every span has.
fn span_of(trace_id: &[u8], span_id: &[u8], meta: &Value, error: &Value) -> Record {
    Record::new(SHAPE_SPAN, 0, 0, 9)
        .put(&[0; 16])
        .put(trace_id)
        .put(span_id)
        .short("p")
        .short("name")
        .put(&[op::ARRAY, op::END])
        .put(&[op::ABSENT; 4])
        .value(meta)
        .value(error)
        .value(&json!({}))
        .put(&[op::ABSENT])
}

#[test]
fn a_span_is_refused_without_ids_and_where_members_have_no_others_before_them() {
    const ID: &[u8] = &[op::SHORT, 1, b'i'];
    const NONE: &[u8] = &[op::ABSENT];
    let (meta, error) = (json!({"span.kind": "task"}), json!({"error.type": "E"}));
    let read = |record: Record| record.read(&symbols()).map(|_| ());
    assert_eq!(read(span_of(ID, ID, &meta, &error)), Ok(()));
    for (trace_id, span_id) in [(NONE, ID), (ID, NONE)] {
        let record = span_of(trace_id, span_id, &meta, &error);
        assert_eq!(read(record), Err(DecodeError::Truncated));
    }
    for wrong in [
        json!({}),
        json!([]),
        json!([1]),
        json!(12345),
        json!("{}"),
        json!(null),
    ] {
        for record in [
            span_of(ID, ID, &wrong, &error),
            span_of(ID, ID, &meta, &wrong),
        ] {
            assert_eq!(read(record), Err(DecodeError::UnknownRecord), "{wrong}");
        }
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>()
            .prop_map(|number| json!(f64::from(i32::try_from(number % 1_000_000).unwrap()))),
        any::<i32>().prop_map(Value::from),
        (-1e15..1e15_f64).prop_map(Value::from),
        ".{0,60}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 60, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((".{0,12}", inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Numbers compare as doubles: that is all JavaScript has.
fn as_doubles(value: &Value) -> Value {
    match value {
        Value::Number(number) => Value::String(format!("{:?}", number.as_f64())),
        Value::Array(values) => values.iter().map(as_doubles).collect(),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(key, value)| (key.clone(), as_doubles(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}

proptest! {
    #[test]
    fn any_json_value_comes_back(value in any_json()) {
        let text = Record::new(SHAPE_VALUE, 0, 0, 1).value(&value).read(&symbols()).unwrap();
        let back: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(as_doubles(&back), as_doubles(&value));
    }

    #[test]
    fn random_bytes_give_json_or_an_error(
        shape in 0_u8..2,
        body in prop::collection::vec(prop_oneof![0_u8..21, any::<u8>()], 0..400),
    ) {
        if let Ok(text) = Record::new(shape, 0, 0, 1).put(&body).read(&symbols()) {
            prop_assert!(serde_json::from_str::<Value>(&text).is_ok(), "{}", text);
        }
    }

    #[test]
    fn a_damaged_record_gives_json_or_an_error(
        value in any_json(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut record = Record::new(SHAPE_VALUE, 0, 0, 1).value(&value);
        for (at, byte) in damage {
            let at = at.index(record.0.len());
            record.0[at] = byte;
        }
        record.0.truncate(cut.index(record.0.len()) + 1);
        if let Ok(text) = record.read(&symbols()) {
            prop_assert!(serde_json::from_str::<Value>(&text).is_ok(), "{}", text);
        }
    }
}
