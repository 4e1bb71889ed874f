//! Every limit of the core in one place: its unit, its default and the reason for it.
//!
//! Owns the settings of one core and the fixed limits of the protocol. Never reads the environment:
//! JavaScript resolves options and passes them in.

use std::time::Duration;

/// Requests in flight a core starts with. More are allowed only after a slot was missed
/// (see [`crate::schedule::Slots`]), so that a small process opens few connections.
pub const REQUESTS_IN_FLIGHT_START: usize = 64;

/// Requests in flight to one site while another site has work: no region starves another.
pub const REQUESTS_IN_FLIGHT_PER_SITE_MAX: usize = 64;

/// `verifyRoute` waits so long for a request slot, and the request's own time for the answer.
pub const VERIFICATION_WAIT_MAX: Duration = Duration::from_secs(30);

/// So many calls of `verifyRoute` may wait for a request slot.
pub const VERIFICATIONS_WAITING_MAX: usize = 10_000;

/// Failing lanes and unanswered requests hold at most one slot in this many.
pub const PROBE_SHARE_DIVISOR: usize = 5;

/// One slot in this many is kept for lanes that have delivered: a crowd that never did gets none of it.
pub const PROVEN_SHARE_DIVISOR: usize = 4;

/// Where lanes that have delivered take all that comes, those that never had an answer have one turn in this many, and
/// with it one slot in as many.
pub const NEWCOMERS_SHARE_DIVISOR: usize = 8;

/// The first request of a lane gives its slot to others after this long, while many of them wait for one. It goes on.
pub const FIRST_SLOW_AFTER: Duration = Duration::from_millis(150);

/// Lanes that fail try a site again this often, all together, while it takes nothing.
pub const REPEAT_INTERVAL: Duration = Duration::from_millis(10);

/// So many of them at once, after a while without any.
pub const REPEATS_AT_ONCE_MAX: u32 = 20;

/// After so many failures in a row the trouble of a lane that has delivered is not new any more. By then it has waited for
/// some seconds in all.
pub const NEW_TROUBLE_FAILURES_MAX: u32 = 3;

/// A request without an answer for this long counts towards the probe share.
pub const SLOW_AFTER: Duration = Duration::from_secs(1);

/// At the end of the process a lane that was well repeats an attempt that failed after this pause, once.
pub const DRAIN_PAUSE: Duration = Duration::from_millis(200);

/// The intake accepts spans up to 24 hours old (Datadog, LLM Observability HTTP API).
pub const EVENT_AGE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Bytes charged for an event beside its text: its entry in the buffer and the allocator's share.
pub const EVENT_OVERHEAD_BYTES: usize = 64;

/// When room is wanted, at least one byte in this many of all is made free: a walk over the lanes is for many events.
pub const EVICTION_QUANTUM_DIVISOR: usize = 64;

/// A look for room that found none is not repeated for the same, or for somebody whose claim is no better, for this long.
pub const EVICTION_PAUSE: Duration = Duration::from_millis(10);

/// Nor for so many times as long as it took: among a hundred thousand lanes a look takes long.
pub const EVICTION_PAUSE_FACTOR: u32 = 10;

/// Who holds this many times as much as another of the same standing gives way to it.
pub const EVICTION_RATIO: usize = 2;

/// A body holds at most one byte in this many of all: what is in flight cannot give way.
pub const BODY_SHARE_DIVISOR: usize = 8;

/// A lane that never delivered, or fails, sends bodies of at most one byte in this many of all: what many of them have
/// in flight must leave room for the first requests of others.
pub const FIRST_BODY_SHARE_DIVISOR: usize = 256;

/// Requests of healthy lanes that were sent lately hold at most one byte in this many of all, and one body.
pub const IN_FLIGHT_SHARE_DIVISOR: usize = 4;

/// Probes hold at most one byte in this many of all, and one body; so do first requests.
pub const PROBE_BYTES_SHARE_DIVISOR: usize = 16;

/// While memory is short, requests without an answer hold at most one byte in this many of all.
pub const WAITING_SHARE_DIVISOR: usize = 8;

/// Memory is short when no more than one byte in this many is free.
pub const SHORT_SHARE_DIVISOR: usize = 8;

/// Bytes charged for a lane that holds something, beside its events: its buffers, its books, its batch, its breaker.
/// With one small event in each of many lanes that is most of the memory.
pub const LANE_OVERHEAD_BYTES: usize = 1_536;

/// It is one byte in this many of all at most, so that a small total still holds a few events.
pub const LANE_OVERHEAD_SHARE_DIVISOR: usize = 1_024;

/// After each body that was refused for what is in it, or for its size, a lane pauses: at most forty such requests a
/// second.
pub const SEARCH_PAUSE: Duration = Duration::from_millis(25);

/// The pause doubles each time so many bodies in a row were refused.
pub const SEARCH_PAUSE_DOUBLES_AFTER: u32 = 64;

/// It does not grow beyond this.
pub const SEARCH_PAUSE_MAX: Duration = Duration::from_millis(100);

/// A group of events that would be larger than this is no group any more: nothing was refused for long.
pub const SEARCH_GROUP_MAX: usize = 1_024;

/// A body of twice the size that was refused is tried again after so many that were taken.
pub const SIZE_TRIED_AGAIN_AFTER: u32 = 32;

/// A lane nobody holds and that has nothing to send closes after this long.
pub const LANE_IDLE_MAX: Duration = Duration::from_secs(60);

/// Above this many open lanes, idle ones close at the next sweep instead of after [`LANE_IDLE_MAX`].
pub const LANES_IDLE_MAX: usize = 10_000;

/// Open lanes at most. A route beyond it is refused: each lane costs memory that no byte limit covers.
pub const LANES_MAX: usize = 1_000_000;

/// How often idle lanes and expired route references are looked for.
pub const SWEEP_INTERVAL: Duration = Duration::from_secs(30);

/// Memory of sent bodies that is kept for the next ones, until nobody needed it for a [`SWEEP_INTERVAL`].
pub const SPARE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Distinct outcomes the journal holds until JavaScript reads them. Equal ones are added up.
pub const JOURNAL_ENTRIES_MAX: usize = 1_024;

/// Route references the vault keeps. The one that expires first gives way.
pub const VAULT_ENTRIES_MAX: usize = 100_000;

/// A route reference is good for this long after its lane last exported it.
pub const VAULT_AGE_MAX: Duration = EVENT_AGE_MAX;

/// Bodies below this size are sent as they are even when compression is on: gzip gains little there.
pub const COMPRESS_BYTES_MIN: usize = 4 * 1024;

/// How a body is encoded on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// As it is. The only encoding every intake is known to accept.
    None,
    /// gzip level 1 for bodies over [`COMPRESS_BYTES_MIN`].
    Gzip,
}

impl Compression {
    /// The encoding that the option calls so.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        if name == "gzip" {
            Self::Gzip
        } else {
            Self::None
        }
    }
}

/// The settings of one core, each named as the option that it comes from; the unit of a duration is in its type.
/// JavaScript sets the defaults and validates ranges; the core only relies on what the types say.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// One base URL for everything instead of the sites' own hosts: a local intake or a gateway.
    pub intake_url: Option<String>,
    /// Exact host names accepted as a site beside Datadog's own.
    pub allowed_sites: Vec<Box<str>>,
    /// PEM roots that are trusted. Nothing else is.
    pub ca: Vec<String>,
    /// HTTP(S) proxy for every request: its URL, credentials included.
    pub proxy: Option<String>,
    /// Hosts that bypass the proxy, by curl's rules.
    pub no_proxy: Option<String>,
    /// Encoding of request bodies.
    pub compression: Compression,
    /// The longest an event waits for company, even when the linger is set longer.
    pub flush_interval: Duration,
    /// How long a lane waits for company when a slot is free.
    pub flush_linger: Duration,
    /// Total time of one attempt, answer included.
    pub request_timeout: Duration,
    /// Largest event, envelope and brackets included. A larger one is trimmed.
    pub max_event_bytes: usize,
    /// Largest uncompressed request body.
    pub max_payload_bytes: usize,
    /// Bytes held in total, bodies in flight included.
    pub max_buffered_bytes: usize,
    /// Bytes held for one tenant.
    pub max_buffered_bytes_per_tenant: usize,
    /// Bytes held by all lanes whose last attempt failed.
    pub max_buffered_bytes_failing: usize,
    /// Requests in flight in total.
    pub max_requests_in_flight: usize,
    /// Requests in flight for one lane.
    pub max_requests_in_flight_per_tenant: usize,
    /// Threads that deliver. The process has one set of them: the first core decides. Assembly and TLS of a hundred
    /// tenants fit in one; the second keeps a large body of one tenant from delaying the others.
    pub delivery_threads: usize,
    /// A batch is given up this long after its first attempt, time parked not counted.
    pub max_retry_age: Duration,
    /// Keep connections open between requests. Off where the process is frozen between requests: a connection
    /// that was idle through a freeze is dead without knowing it.
    pub keep_alive: bool,
    /// How long the end of the process waits for what is held.
    pub exit_timeout: Duration,
    /// What `_dd.tracer_version` of the envelope says.
    pub tracer_version: String,
}

/// Leaves out the proxy, whose URL may carry a password, and the certificates.
impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("intake_url", &self.intake_url)
            .field("allowed_sites", &self.allowed_sites)
            .field("compression", &self.compression)
            .field("max_buffered_bytes", &self.max_buffered_bytes)
            .finish_non_exhaustive()
    }
}

/// What JavaScript passes for options that nobody set. `tests/options.rs` compares the numbers with
/// `lib/options/option-rules.js`.
impl Default for Settings {
    fn default() -> Self {
        Self {
            intake_url: None,
            allowed_sites: Vec::new(),
            ca: Vec::new(),
            proxy: None,
            no_proxy: None,
            compression: Compression::None,
            flush_interval: Duration::from_secs(1),
            flush_linger: Duration::from_millis(200),
            request_timeout: Duration::from_secs(5),
            max_event_bytes: 5_000_000,
            max_payload_bytes: 5_000_000,
            max_buffered_bytes: 64 * 1024 * 1024,
            max_buffered_bytes_per_tenant: 16 * 1024 * 1024,
            max_buffered_bytes_failing: 32 * 1024 * 1024,
            max_requests_in_flight: 256,
            max_requests_in_flight_per_tenant: 2,
            delivery_threads: 2,
            max_retry_age: Duration::from_secs(300),
            keep_alive: true,
            exit_timeout: Duration::from_secs(3),
            tracer_version: concat!("spanlane-", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}
