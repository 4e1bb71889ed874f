//! What an attempt's result means: the table of delivery verdicts.
//!
//! Owns the meaning of every status and transport error, and of the headers by which a server
//! asks for time. Pure: no clock, no I/O, no state. Never: decides when to try again (that is
//! [`super::backoff`]) or keeps count of anything.

use std::time::{Duration, SystemTime};

use super::transport::{Response, TransportError};

/// The longest wait a server may ask for. A hostile or broken header must not park a lane for
/// hours.
pub const HINT_MAX: Duration = Duration::from_secs(300);

/// The shortest wait after a 429: one without a usable header still means "slower".
const RATE_LIMITED_MIN: Duration = Duration::from_secs(1);

/// `x-ratelimit-reset` from here on is a point in time (September 2001), below it a delay.
const EPOCH_SECONDS_MIN: f64 = 1e9;

/// What a caller has to do with the payload of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The intake has it.
    Delivered,
    /// The intake has it but for some events, which it refuses for good.
    PartlyDelivered {
        /// How many.
        rejected: u64,
    },
    /// Send the same bytes again, later.
    Retry {
        /// Short, stable name of the cause.
        reason: &'static str,
        /// How long the server asks to wait, at least.
        hint: Option<Duration>,
        /// The intake may have taken it although no answer said so.
        maybe_duplicate: bool,
    },
    /// The connection went away before any answer: send the same bytes once more at once, on a
    /// connection of its own. Typical when a server closes an idle connection just then.
    RetryFresh {
        /// All bytes had been handed to the connection.
        maybe_duplicate: bool,
    },
    /// Send the same bytes again, much later: the intake may appear.
    SlowRetry {
        /// Short, stable name of the cause.
        reason: &'static str,
    },
    /// Too large: send its halves; trim a single event once.
    Split,
    /// One of the events is refused: search it by halves, deliver the others.
    Bisect,
    /// The key is refused: this lane waits and probes.
    Park,
    /// The encoding is refused: once more uncompressed.
    Uncompressed,
    /// Never to be sent again.
    Reject {
        /// The intake's answer.
        status: u16,
    },
}

impl Verdict {
    /// True when the intake took the request.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        matches!(self, Self::Delivered | Self::PartlyDelivered { .. })
    }
}

/// What the meaning of a result depends on, beside the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptFacts {
    /// The body was compressed.
    pub compressed: bool,
    /// The attempt had a connection of its own. A caller that got [`Verdict::RetryFresh`] sets
    /// it for all further attempts of the payload, so that a host which always resets costs one
    /// extra connection and not one per attempt.
    pub fresh_connection: bool,
}

/// The verdict on one attempt. `now` is used only when the answer has no `Date` of its own.
#[must_use]
pub fn classify(
    result: &Result<Response, TransportError>,
    attempt: &AttemptFacts,
    now: SystemTime,
) -> Verdict {
    match result {
        Ok(response) => answered(response, *attempt, now),
        Err(TransportError::Reset { sent }) if !attempt.fresh_connection => Verdict::RetryFresh {
            maybe_duplicate: *sent,
        },
        Err(error) => Verdict::Retry {
            reason: error.reason(),
            hint: None,
            maybe_duplicate: error.maybe_arrived(),
        },
    }
}

fn answered(response: &Response, attempt: AttemptFacts, now: SystemTime) -> Verdict {
    let retry = |reason| Verdict::Retry {
        reason,
        hint: hint(response, now),
        maybe_duplicate: false,
    };
    let unexpected = Verdict::SlowRetry {
        reason: "unexpected_status",
    };
    match response.status {
        200..=299 => Verdict::Delivered,
        300..=399 => Verdict::SlowRetry {
            reason: "redirect_refused",
        },
        400 | 415 if attempt.compressed => Verdict::Uncompressed,
        400 | 422 => Verdict::Bisect,
        401 | 403 => Verdict::Park,
        404 => Verdict::SlowRetry {
            reason: "endpoint_missing",
        },
        407 => Verdict::SlowRetry {
            reason: TransportError::ProxyAuth.reason(),
        },
        // A gateway, a quota or a filter in between, which somebody may put right; the intake answers none of them.
        402 | 421 | 423 | 460 | 499 => unexpected,
        408 => retry("timeout"),
        413 => Verdict::Split,
        425 => retry("too_early"),
        429 => Verdict::Retry {
            reason: "rate_limited",
            hint: Some(
                hint(response, now).map_or(RATE_LIMITED_MIN, |hint| hint.max(RATE_LIMITED_MIN)),
            ),
            maybe_duplicate: false,
        },
        status @ (501 | 505 | 400..=499) => Verdict::Reject { status },
        // A gateway gave up waiting for the intake behind it, which may have taken the events.
        504 => Verdict::Retry {
            reason: "server_error",
            hint: hint(response, now),
            maybe_duplicate: true,
        },
        500..=599 => retry("server_error"),
        // 1xx as a final answer, 600 and up: not HTTP as anybody uses it, so something broken
        // stands in between. It may be repaired.
        _ => unexpected,
    }
}

/// How long the server asks to wait: the larger of both headers, at most [`HINT_MAX`].
fn hint(response: &Response, now: SystemTime) -> Option<Duration> {
    let now = response
        .date
        .as_deref()
        .and_then(|date| httpdate::parse_http_date(date.trim()).ok())
        .unwrap_or(now);
    let retry_after = largest(response.retry_after.as_deref(), |value| {
        seconds(value).map(delay).or_else(|| {
            httpdate::parse_http_date(value)
                .ok()
                .map(|at| until(at, now))
        })
    });
    let reset = largest(response.rate_limit_reset.as_deref(), |value| {
        let seconds = seconds(value)?;
        Some(if seconds < EPOCH_SECONDS_MIN {
            delay(seconds)
        } else {
            SystemTime::UNIX_EPOCH
                .checked_add(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
                .map_or(HINT_MAX, |at| until(at, now))
        })
    });
    retry_after.max(reset)
}

/// The largest reading of a header that proxies may have merged into a list. A date has a comma
/// of its own, so each comma is tried as a separator and as part of a date.
fn largest(header: Option<&str>, read: impl Fn(&str) -> Option<Duration>) -> Option<Duration> {
    let header = header?;
    let mut parts = header.split(',').map(str::trim).peekable();
    let mut found = read(header.trim());
    while let Some(part) = parts.next() {
        let joined = parts.peek().map(|next| format!("{part}, {next}"));
        found = found
            .max(read(part))
            .max(joined.and_then(|date| read(&date)));
    }
    found
}

/// A plain decimal number: no sign, no exponent, no `inf`.
fn seconds(value: &str) -> Option<f64> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let plain = match value.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(value),
    };
    plain.then(|| value.parse().ok()).flatten()
}

fn delay(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).map_or(HINT_MAX, |delay| delay.min(HINT_MAX))
}

/// Time until `at`; none when it is past, which is what a fast clock makes of a short wait.
fn until(at: SystemTime, now: SystemTime) -> Duration {
    at.duration_since(now)
        .map_or(Duration::ZERO, |delay| delay.min(HINT_MAX))
}

#[cfg(test)]
mod tests;
