//! The table of verdicts, row by row, and every form of a server's hint.

use proptest::prelude::*;

use super::*;
use crate::delivery::TlsFault;

const PLAIN: AttemptFacts = AttemptFacts {
    compressed: false,
    fresh_connection: false,
};
const COMPRESSED: AttemptFacts = AttemptFacts {
    compressed: true,
    ..PLAIN
};
const FRESH: AttemptFacts = AttemptFacts {
    fresh_connection: true,
    ..PLAIN
};

/// Wed, 21 Oct 2026 07:28:00 GMT.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_792_567_680)
}

fn answer(status: u16) -> Response {
    Response {
        status,
        ..Response::default()
    }
}

fn verdict(status: u16, attempt: AttemptFacts) -> Verdict {
    classify(&Ok(answer(status)), &attempt, now())
}

fn retry(reason: &'static str) -> Verdict {
    Verdict::Retry {
        reason,
        hint: None,
        maybe_duplicate: false,
    }
}

#[test]
fn every_status_has_its_row() {
    for status in 100..=999 {
        let expected = match status {
            200..=299 => Verdict::Delivered,
            300..=399 => Verdict::SlowRetry {
                reason: "redirect_refused",
            },
            400 | 422 => Verdict::Bisect,
            401 | 403 => Verdict::Park,
            404 => Verdict::SlowRetry {
                reason: "endpoint_missing",
            },
            408 => retry("timeout"),
            413 => Verdict::Split,
            425 => retry("too_early"),
            429 => Verdict::Retry {
                reason: "rate_limited",
                hint: Some(Duration::from_secs(1)),
                maybe_duplicate: false,
            },
            407 => Verdict::SlowRetry {
                reason: "proxy_auth_required",
            },
            402 | 421 | 423 | 460 | 499 => Verdict::SlowRetry {
                reason: "unexpected_status",
            },
            405..=499 | 501 | 505 => Verdict::Reject { status },
            504 => Verdict::Retry {
                reason: "server_error",
                hint: None,
                maybe_duplicate: true,
            },
            500..=599 => retry("server_error"),
            _ => Verdict::SlowRetry {
                reason: "unexpected_status",
            },
        };
        assert_eq!(verdict(status, PLAIN), expected, "{status}");
        assert_eq!(
            verdict(status, FRESH),
            expected,
            "{status} on a fresh connection"
        );
        let compressed = match status {
            400 | 415 => Verdict::Uncompressed,
            _ => expected,
        };
        assert_eq!(
            verdict(status, COMPRESSED),
            compressed,
            "{status} compressed"
        );
    }
}

#[test]
fn every_transport_error_has_its_row() {
    for (error, reason, maybe_duplicate) in [
        (TransportError::Connect, "connect_error", false),
        (TransportError::Dns, "dns_error", false),
        (TransportError::ProxyAuth, "proxy_auth_required", false),
        (TransportError::ProxyRefused, "proxy_refused", false),
        (
            TransportError::Tls(TlsFault::UnknownIssuer),
            "tls_unknown_issuer",
            false,
        ),
        (
            TransportError::Tls(TlsFault::NameMismatch),
            "tls_name_mismatch",
            false,
        ),
        (TransportError::Tls(TlsFault::Expired), "tls_expired", false),
        (
            TransportError::Tls(TlsFault::NotYetValid),
            "tls_not_yet_valid",
            false,
        ),
        (
            TransportError::Tls(TlsFault::UnsupportedAlgorithm),
            "tls_unsupported_algorithm",
            false,
        ),
        (
            TransportError::Tls(TlsFault::ClientCertificate),
            "tls_client_certificate",
            false,
        ),
        (TransportError::Tls(TlsFault::Other), "tls_error", false),
        (TransportError::Timeout { sent: false }, "timeout", false),
        (TransportError::Timeout { sent: true }, "timeout", true),
        (
            TransportError::Other { sent: false },
            "network_error",
            false,
        ),
        (TransportError::Other { sent: true }, "network_error", true),
        (
            TransportError::Reset { sent: false },
            "connection_reset",
            false,
        ),
        (
            TransportError::Reset { sent: true },
            "connection_reset",
            true,
        ),
    ] {
        let retried = Verdict::Retry {
            reason,
            hint: None,
            maybe_duplicate,
        };
        let documented = include_str!("../../../docs/delivery.md");
        assert!(documented.contains(&format!("`{reason}`")), "{reason}");
        assert_eq!(classify(&Err(error), &FRESH, now()), retried, "{error:?}");
        let first = match error {
            TransportError::Reset { .. } => Verdict::RetryFresh { maybe_duplicate },
            _ => retried,
        };
        assert_eq!(classify(&Err(error), &PLAIN, now()), first, "{error:?}");
    }
}

fn hinted(retry_after: Option<&str>, reset: Option<&str>, date: Option<&str>) -> Option<Duration> {
    let response = Response {
        status: 503,
        retry_after: retry_after.map(str::to_owned),
        rate_limit_reset: reset.map(str::to_owned),
        date: date.map(str::to_owned),
        ..Response::default()
    };
    match classify(&Ok(response), &PLAIN, now()) {
        Verdict::Retry { hint, .. } => hint,
        other => panic!("{other:?}"),
    }
}

#[test]
fn retry_after_is_seconds_or_a_date() {
    for (value, seconds) in [
        ("0", Some(0.0)),
        ("1", Some(1.0)),
        (" 7 ", Some(7.0)),
        ("007", Some(7.0)),
        ("1.5", Some(1.5)),
        ("299", Some(299.0)),
        ("300", Some(300.0)),
        ("301", Some(300.0)),
        ("1000000000", Some(300.0)),
        ("1000000000000", Some(300.0)),
        ("99999999999999999999999999999999999999999", Some(300.0)),
        ("-1", None),
        ("+1", None),
        ("1e9", None),
        ("inf", None),
        ("NaN", None),
        ("0x10", None),
        (".5", None),
        ("5.", None),
        ("", None),
        (",", None),
        ("soon", None),
        ("5 seconds", None),
        // RFC 9110's three forms of a date, 20 s from now.
        ("Wed, 21 Oct 2026 07:28:20 GMT", Some(20.0)),
        ("Wednesday, 21-Oct-26 07:28:20 GMT", Some(20.0)),
        ("Wed Oct 21 07:28:20 2026", Some(20.0)),
        ("Wed, 21 Oct 2026 07:27:59 GMT", Some(0.0)),
        ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0.0)),
        ("Wed, 21 Oct 2026 07:33:00 GMT", Some(300.0)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", Some(300.0)),
        ("Wed, 21 Oct 2026 07:28:20", None),
        ("Wed, 32 Oct 2026 07:28:20 GMT", None),
        // Two headers in one, by a proxy.
        ("1, 120", Some(120.0)),
        ("120,1", Some(120.0)),
        ("-1, 4, x", Some(4.0)),
        ("3, Wed, 21 Oct 2026 07:28:20 GMT", Some(20.0)),
        ("Wed, 21 Oct 2026 07:28:20 GMT, 33", Some(33.0)),
        (
            "Wed, 21 Oct 2026 07:28:20 GMT, Wed, 21 Oct 2026 07:28:40 GMT",
            Some(40.0),
        ),
    ] {
        let expected = seconds.map(Duration::from_secs_f64);
        assert_eq!(hinted(Some(value), None, None), expected, "{value}");
    }
}

#[test]
fn rate_limit_reset_is_a_delay_or_an_epoch() {
    let at = |seconds: i64| (1_792_567_680 + seconds).to_string();
    for (value, seconds) in [
        ("0", Some(0)),
        ("17", Some(17)),
        ("999999999", Some(300)),
        // September 2001 is past: no wait at all.
        ("1000000000", Some(0)),
        (&*at(-1), Some(0)),
        (&*at(0), Some(0)),
        (&*at(20), Some(20)),
        (&*at(300), Some(300)),
        (&*at(301), Some(300)),
        // Milliseconds taken for seconds: a year far away.
        ("1792567680000", Some(300)),
        ("99999999999999999999999999", Some(300)),
        ("-5", None),
        ("Wed, 21 Oct 2026 07:28:20 GMT", None),
        ("x", None),
        ("2, 9", Some(9)),
    ] {
        let expected = seconds.map(Duration::from_secs);
        assert_eq!(hinted(None, Some(value), None), expected, "{value}");
    }
}

#[test]
fn the_larger_of_both_headers_counts() {
    for (retry_after, reset, seconds) in [
        ("5", "9", 9),
        ("9", "5", 9),
        ("x", "5", 5),
        ("5", "x", 5),
        ("0", "1000000000", 0),
    ] {
        assert_eq!(
            hinted(Some(retry_after), Some(reset), None),
            Some(Duration::from_secs(seconds)),
            "{retry_after} {reset}"
        );
    }
    assert_eq!(hinted(None, None, None), None);
}

#[test]
fn dates_are_read_against_the_servers_own_clock() {
    let server_is_an_hour_behind = Some("Wed, 21 Oct 2026 06:28:00 GMT");
    for (retry_after, reset) in [
        (Some("Wed, 21 Oct 2026 06:28:20 GMT"), None),
        (None, Some("1792564100")),
    ] {
        assert_eq!(
            hinted(retry_after, reset, server_is_an_hour_behind),
            Some(Duration::from_secs(20))
        );
        assert_eq!(hinted(retry_after, reset, None), Some(Duration::ZERO));
        assert_eq!(
            hinted(retry_after, reset, Some("yesterday")),
            Some(Duration::ZERO)
        );
    }
}

#[test]
fn a_429_waits_at_least_a_second_whatever_its_headers_say() {
    for (retry_after, seconds) in [
        (None, 1.0),
        (Some("x"), 1.0),
        (Some("-1"), 1.0),
        (Some("0"), 1.0),
        (Some("0.5"), 1.0),
        (Some("1"), 1.0),
        (Some("1.5"), 1.5),
        (Some("1e12"), 1.0),
        (Some("1000000000000"), 300.0),
    ] {
        let response = Response {
            retry_after: retry_after.map(str::to_owned),
            ..answer(429)
        };
        assert_eq!(
            classify(&Ok(response), &PLAIN, now()),
            Verdict::Retry {
                reason: "rate_limited",
                hint: Some(Duration::from_secs_f64(seconds)),
                maybe_duplicate: false,
            },
            "{retry_after:?}"
        );
    }
}

#[test]
fn only_what_the_intake_has_is_delivered() {
    for (verdict, is_delivered) in [
        (Verdict::Delivered, true),
        (Verdict::PartlyDelivered { rejected: 1 }, true),
        (retry("timeout"), false),
        (
            Verdict::RetryFresh {
                maybe_duplicate: true,
            },
            false,
        ),
        (
            Verdict::SlowRetry {
                reason: "unexpected_status",
            },
            false,
        ),
        (Verdict::Split, false),
        (Verdict::Bisect, false),
        (Verdict::Park, false),
        (Verdict::Uncompressed, false),
        (Verdict::Reject { status: 405 }, false),
    ] {
        assert_eq!(verdict.is_delivered(), is_delivered, "{verdict:?}");
    }
}

#[test]
fn hints_count_for_every_answer_that_is_retried() {
    for status in [408, 425, 429, 500, 502, 503, 504, 599] {
        let response = Response {
            retry_after: Some("11".to_owned()),
            ..answer(status)
        };
        match classify(&Ok(response), &PLAIN, now()) {
            Verdict::Retry { hint, .. } => {
                assert_eq!(hint, Some(Duration::from_secs(11)), "{status}");
            }
            other => panic!("{status}: {other:?}"),
        }
    }
}

proptest! {
    /// No header, however broken, makes it panic or wait longer than the cap.
    #[test]
    fn no_header_asks_for_more_than_the_cap(
        retry_after in prop::option::of("[0-9., :GMTWed\\-+eOct]{0,40}|\\PC{0,40}"),
        reset in prop::option::of("[0-9., \\-+e]{0,30}|\\PC{0,30}"),
        date in prop::option::of("\\PC{0,30}|Wed, 21 Oct 20[0-9]{2} 0[0-9]:28:00 GMT"),
        seconds in any::<u32>(),
    ) {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.into());
        let response = Response {
            status: 503,
            retry_after,
            rate_limit_reset: reset,
            date,
            ..Response::default()
        };
        match classify(&Ok(response), &PLAIN, now) {
            Verdict::Retry { hint, .. } => prop_assert!(hint.unwrap_or_default() <= HINT_MAX),
            other => prop_assert!(false, "{other:?}"),
        }
    }

    /// A whole number of seconds is read as exactly that, up to the cap.
    #[test]
    fn a_number_of_seconds_is_read_exactly(seconds in 0u64..2_000) {
        let expected = Duration::from_secs(seconds).min(HINT_MAX);
        prop_assert_eq!(hinted(Some(&seconds.to_string()), None, None), Some(expected));
        prop_assert_eq!(hinted(None, Some(&seconds.to_string()), None), Some(expected));
    }
}
