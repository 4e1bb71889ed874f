//! Shapes that cross the boundary, and their conversion from and to the core's. No rule lives here.

use std::time::Duration;

use napi_derive::napi;

use super::WAIT_MAX;
use crate::journal::JournalEntry;
use crate::lane::Lane;
use crate::settings::{Compression, Settings};
use crate::tenant::DestinationText;

/// Milliseconds of JavaScript as a duration. What is not a positive number is zero.
pub(super) fn milliseconds(value: f64) -> Duration {
    Duration::try_from_secs_f64(value / 1_000.0)
        .unwrap_or(if value > 0.0 {
            WAIT_MAX
        } else {
            Duration::ZERO
        })
        .min(WAIT_MAX)
}

/// A whole number of JavaScript. What is not a positive number is zero, which no lane has.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and NaN becomes zero"
)]
pub(super) fn number(value: f64) -> u64 {
    value as u64
}

/// Bytes or counts of JavaScript. What is not a positive number is zero.
fn whole(value: f64) -> usize {
    usize::try_from(number(value)).unwrap_or(usize::MAX)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "JavaScript counts in doubles, exact up to 2^53"
)]
pub(super) fn count(value: u64) -> f64 {
    value as f64
}

/// The settings of a core, all fields resolved by `lib/options/options.js`: named as [`Settings`] names them.
#[napi(object, object_to_js = false, use_nullable = true)]
pub struct CoreSettings {
    /// One base URL for everything.
    pub intake_url: Option<String>,
    /// Extra sites.
    pub allowed_sites: Vec<String>,
    /// PEM roots.
    pub ca: Vec<String>,
    /// The proxy's URL, credentials included.
    pub proxy: Option<String>,
    /// Hosts that bypass it.
    pub no_proxy: Option<String>,
    /// `none` or `gzip`.
    pub compression: String,
    /// Ceiling of the linger.
    pub flush_interval_ms: f64,
    /// How long a lane waits for company.
    pub flush_linger_ms: f64,
    /// Total time of an attempt.
    pub request_timeout_ms: f64,
    /// Largest event.
    pub max_event_bytes: f64,
    /// Largest body.
    pub max_payload_bytes: f64,
    /// Bytes held in total.
    pub max_buffered_bytes: f64,
    /// Bytes held for a tenant.
    pub max_buffered_bytes_per_tenant: f64,
    /// Bytes of all lanes that fail.
    pub max_buffered_bytes_failing: f64,
    /// Requests in flight in total.
    pub max_requests_in_flight: f64,
    /// Requests in flight for a lane.
    pub max_requests_in_flight_per_tenant: f64,
    /// Threads that deliver.
    pub delivery_threads: f64,
    /// How long a batch is retried.
    pub max_retry_age_ms: f64,
    /// Keep connections open between requests.
    pub keep_alive: bool,
    /// How long the end of the process waits.
    pub exit_timeout_ms: f64,
    /// `_dd.tracer_version`.
    pub tracer_version: String,
}

/// Without the proxy, whose URL may carry a password, and the certificates.
impl std::fmt::Debug for CoreSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CoreSettings").finish_non_exhaustive()
    }
}

impl From<CoreSettings> for Settings {
    fn from(from: CoreSettings) -> Self {
        let sites = from.allowed_sites.into_iter();
        Self {
            intake_url: from.intake_url,
            allowed_sites: sites.map(String::into_boxed_str).collect(),
            ca: from.ca,
            proxy: from.proxy,
            no_proxy: from.no_proxy,
            compression: Compression::from_name(&from.compression),
            flush_interval: milliseconds(from.flush_interval_ms),
            flush_linger: milliseconds(from.flush_linger_ms),
            request_timeout: milliseconds(from.request_timeout_ms),
            max_event_bytes: whole(from.max_event_bytes),
            max_payload_bytes: whole(from.max_payload_bytes),
            max_buffered_bytes: whole(from.max_buffered_bytes),
            max_buffered_bytes_per_tenant: whole(from.max_buffered_bytes_per_tenant),
            max_buffered_bytes_failing: whole(from.max_buffered_bytes_failing),
            max_requests_in_flight: whole(from.max_requests_in_flight),
            max_requests_in_flight_per_tenant: whole(from.max_requests_in_flight_per_tenant),
            delivery_threads: whole(from.delivery_threads),
            max_retry_age: milliseconds(from.max_retry_age_ms),
            keep_alive: from.keep_alive,
            exit_timeout: milliseconds(from.exit_timeout_ms),
            tracer_version: from.tracer_version,
        }
    }
}

/// Where a route's events go. The key crosses beside it: no object of JavaScript holds one.
#[napi(object, object_to_js = false, use_nullable = true)]
#[derive(Debug)]
pub struct RouteDestination {
    /// The site.
    pub dd_site: String,
    /// The tenant's label.
    pub tenant: Option<String>,
    /// The operator's own route.
    pub is_default: bool,
}

impl RouteDestination {
    /// With its key, as the core takes it.
    pub(super) fn text<'a>(&'a self, api_key: &'a str) -> DestinationText<'a> {
        DestinationText {
            api_key,
            site: &self.dd_site,
            label: self.tenant.as_deref(),
            is_default: self.is_default,
        }
    }
}

/// A route as JavaScript has it: no key, only names and numbers.
#[napi(object, object_from_js = false)]
#[derive(Debug)]
pub struct OpenedRoute {
    /// The lane's number. It is never used again.
    pub lane_id: f64,
    /// Equal for two routes exactly when they are the same tenant's.
    pub tenant_id: f64,
    /// The tenant's label.
    pub tenant: String,
    /// The lane's site.
    pub site: String,
}

impl From<&Lane> for OpenedRoute {
    fn from(from: &Lane) -> Self {
        Self {
            lane_id: count(from.id),
            tenant_id: count(from.tenant.id),
            tenant: from.tenant.label.to_string(),
            site: from.endpoint.site.as_str().to_owned(),
        }
    }
}

/// An outcome for the diagnostics channel.
#[napi(object, object_from_js = false)]
#[derive(Debug)]
pub struct OutcomeReport {
    /// The tenant's label; empty for events that had no route.
    pub tenant: String,
    /// The lane's site; none for events that had no route.
    pub site: Option<String>,
    /// What happened.
    pub outcome: String,
    /// Why, in a word, or empty.
    pub reason: String,
    /// The HTTP status behind it, if there was an answer.
    pub status: Option<u32>,
    /// Events it happened to.
    pub count: f64,
}

impl From<JournalEntry> for OutcomeReport {
    fn from(from: JournalEntry) -> Self {
        Self {
            tenant: from.tenant.to_string(),
            site: from.site.map(|site| site.as_str().to_owned()),
            outcome: from.note.outcome.as_str().to_owned(),
            reason: from.note.reason.to_owned(),
            status: from.note.status.map(u32::from),
            count: count(from.count),
        }
    }
}

/// Whether a key and site work.
#[napi(object, object_from_js = false, use_nullable = true)]
#[derive(Debug)]
pub struct Verification {
    /// The intake accepted the key.
    pub ok: bool,
    /// The status it answered, if it did.
    pub status: Option<u32>,
    /// Why not, in a word.
    pub reason: Option<String>,
}

impl From<Result<u16, &'static str>> for Verification {
    fn from(from: Result<u16, &'static str>) -> Self {
        match from {
            Ok(status @ 200..=299) => Self {
                ok: true,
                status: Some(u32::from(status)),
                reason: None,
            },
            Ok(status) => {
                let reason = if matches!(status, 401 | 403) {
                    "key_refused"
                } else {
                    "http_status"
                };
                Self {
                    ok: false,
                    status: Some(u32::from(status)),
                    reason: Some(reason.to_owned()),
                }
            }
            Err(reason) => Self {
                ok: false,
                status: None,
                reason: Some(reason.to_owned()),
            },
        }
    }
}
