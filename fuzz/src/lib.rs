//! What both fuzz targets ask of the JSON text that the core makes of a record.

use serde::de::IgnoredAny;

/// Bytes that the parts of a span cost beside what the record holds.
const SPAN_BYTES: usize = 512;
/// A trace id is written three times, nothing more often.
const REPEATED_MAX: usize = 3;
/// A control character in a text within a text: `\\u0001`.
const ESCAPED_MAX: usize = 7;

/// Panics unless `json` is JSON in UTF-8, and no larger than a record of `record_bytes` can make it.
///
/// `longest_symbol` is the size in bytes of the longest string or piece of JSON that has a number: three bytes of a
/// record stand for all of it, and a text doubles what is escaped.
pub fn check(json: &[u8], record_bytes: usize, longest_symbol: usize) {
    let text = std::str::from_utf8(json).expect("UTF-8");
    let read = serde_json::from_str::<IgnoredAny>(text);
    assert!(read.is_ok(), "{read:?} in {text}");
    let per_byte = REPEATED_MAX * ESCAPED_MAX * (1 + longest_symbol);
    let most = SPAN_BYTES + record_bytes * per_byte;
    assert!(json.len() <= most, "{} bytes of {record_bytes}", json.len());
}
