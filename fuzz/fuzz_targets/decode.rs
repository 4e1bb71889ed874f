//! Any bytes as one record, as if a spilled record held them.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use spanlane::ingest::Definition;
use spanlane::ingest::decode::{Header, decode};
use spanlane::ingest::symbols::Symbols;

/// Strings have the numbers below, pieces of JSON those from here on. `scripts/fuzz/seeds.js` relies on both.
const STRINGS: usize = 64;
const PIECES: [&str; 4] = [
    r#""env:prod""#,
    r#""version:1.4.2","env:prod","error:0""#,
    "1,{\"a\":[null]}",
    "[]",
];
const LONGEST_SYMBOL: usize = 64;

static SYMBOLS: LazyLock<Symbols> = LazyLock::new(|| {
    let strings = (0..STRINGS).map(|number| Definition {
        text: format!("name \"{number}\"\u{e9}"),
        is_json: false,
    });
    let pieces = PIECES.into_iter().map(|piece| Definition {
        text: piece.to_owned(),
        is_json: true,
    });
    let mut symbols = Symbols::default();
    for definition in strings.chain(pieces) {
        symbols.define(definition);
    }
    symbols
});

fuzz_target!(|record: &[u8]| {
    let Ok(header) = Header::parse(record) else {
        return;
    };
    let mut json = Vec::new();
    if decode(header, record, &SYMBOLS, &mut json).is_ok() {
        spanlane_fuzz::check(&json, record.len(), LONGEST_SYMBOL);
    }
});
