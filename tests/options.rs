//! An option has one name and one default: what `lib/options/` says and what the core says is the same.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test stops where it fails"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use spanlane::settings::Settings;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// What stands between `start` and the first `end` behind it.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text
        .split_once(start)
        .unwrap_or_else(|| panic!("no {start}"));
    rest.split_once(end).unwrap().0
}

/// `maxRetryAgeMs` as `max_retry_age`: the unit of a duration is in its type.
fn in_rust(option: &str) -> String {
    let mut name = String::new();
    for c in option.chars() {
        if c.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
    }
    name.trim_end_matches("_ms").to_owned()
}

/// `64 * MIB` and `5_000_000` as numbers.
fn number(text: &str) -> u128 {
    let factor = |factor: &str| match factor.trim() {
        "MIB" => 1024 * 1024,
        digits => digits.replace('_', "").parse().unwrap(),
    };
    text.split('*').map(factor).product()
}

/// The numbers among the options, with their defaults.
fn limits() -> BTreeMap<String, u128> {
    let rules = read("lib/options/option-rules.js");
    let rows = between(&rules, "const LIMITS = {\n", "\n}").lines();
    rows.filter_map(|row| row.trim().split_once(": ["))
        .map(|(name, limits)| (in_rust(name), number(limits.split_once(',').unwrap().0)))
        .collect()
}

#[test]
fn the_core_s_defaults_are_those_of_the_options() {
    let Settings {
        flush_interval,
        flush_linger,
        request_timeout,
        max_event_bytes,
        max_payload_bytes,
        max_buffered_bytes,
        max_buffered_bytes_per_tenant,
        max_buffered_bytes_failing,
        max_requests_in_flight,
        max_requests_in_flight_per_tenant,
        delivery_threads,
        max_retry_age,
        exit_timeout,
        ..
    } = Settings::default();
    let core = BTreeMap::from(
        [
            ("flush_interval", flush_interval.as_millis()),
            ("flush_linger", flush_linger.as_millis()),
            ("request_timeout", request_timeout.as_millis()),
            ("max_event_bytes", max_event_bytes as u128),
            ("max_payload_bytes", max_payload_bytes as u128),
            ("max_buffered_bytes", max_buffered_bytes as u128),
            (
                "max_buffered_bytes_per_tenant",
                max_buffered_bytes_per_tenant as u128,
            ),
            (
                "max_buffered_bytes_failing",
                max_buffered_bytes_failing as u128,
            ),
            ("max_requests_in_flight", max_requests_in_flight as u128),
            (
                "max_requests_in_flight_per_tenant",
                max_requests_in_flight_per_tenant as u128,
            ),
            ("delivery_threads", delivery_threads as u128),
            ("max_retry_age", max_retry_age.as_millis()),
            ("exit_timeout", exit_timeout.as_millis()),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    assert_eq!(core, limits());
}

#[test]
fn an_option_has_the_same_name_on_both_sides_of_the_boundary() {
    let types = read("lib/native/index.d.ts");
    let crossing: BTreeSet<String> = between(&types, "export interface CoreSettings {", "\n}")
        .lines()
        .filter_map(|line| line.trim().split_once(": "))
        .map(|(name, _)| in_rust(name))
        .collect();
    let settings = read("src/settings.rs");
    let fields: BTreeSet<String> = between(&settings, "pub struct Settings {", "\n}")
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(": "))
        .map(|(name, _)| name.to_owned())
        .collect();
    assert_eq!(crossing, fields);
    let options = read("lib/options/options.js");
    let resolved = between(&options, "function coreSettings(", "\n}\n");
    let by_name = between(resolved, "  return {\n    ...limitsOf(options),\n", "\n  }")
        .lines()
        .filter(|line| line.starts_with("    ") && !line.starts_with("     "))
        .filter_map(|line| {
            let name = line.trim().split([':', ',']).next()?;
            name.chars()
                .all(char::is_alphanumeric)
                .then(|| in_rust(name))
        });
    let passed: BTreeSet<String> = by_name.chain(limits().into_keys()).collect();
    assert_eq!(passed, fields);
}
