//! A lane: one API key at one site, with its buffer, its breaker, its clocks and its counters.
//!
//! Owns what is submitted to it until it is settled. [`LaneState`] holds the rules and is pure; [`Lane`] puts a
//! lock around it that is held for a few lines and never across an await.

pub mod batch;
pub mod buffer;
pub mod health;
pub mod ledger;
pub mod state;

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use self::batch::{Batch, Event, Runs};
pub use self::buffer::cost_bytes;
pub use self::state::{Attempted, LaneLimits, LaneState, Next, Urgency};
use crate::budget::Pool;
use crate::tenant::{ApiKey, Label, Site};

static NEXT_TENANT_ID: AtomicU64 = AtomicU64::new(1);

/// Where a lane delivers. Two routes with an equal destination share a lane; a label makes its own, so that
/// events of two tenants never share a body even when they share a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Destination {
    /// The key, in native memory only.
    pub api_key: Arc<ApiKey>,
    /// The site.
    pub site: Site,
    /// The label the user gave, if any.
    pub label: Option<Label>,
    /// The operator's own lane. It shares nothing with a tenant that happens to use the same key.
    pub is_default: bool,
}

/// Whose data it is: trace borders, the share of memory and statistics follow the tenant.
#[derive(Debug)]
pub struct Tenant {
    /// Unique in the process and never used again.
    pub id: u64,
    /// What logs and statistics call it.
    pub label: Arc<str>,
    /// Its share of the buffered bytes.
    pub share: Arc<Pool>,
}

impl Tenant {
    /// A tenant with a share of `share_bytes`.
    #[must_use]
    pub fn new(label: &str, share_bytes: usize) -> Self {
        let id = NEXT_TENANT_ID.fetch_add(1, Ordering::Relaxed);
        Self {
            id,
            label: Arc::from(label),
            share: Arc::new(Pool::new(share_bytes)),
        }
    }
}

/// A lane and its lock.
#[derive(Debug)]
pub struct Lane {
    /// Unique in its core.
    pub id: u64,
    /// Where it delivers.
    pub destination: Destination,
    /// Whose it is.
    pub tenant: Arc<Tenant>,
    /// Set while the lane waits in the scheduler's inbox, so that it stands there once.
    pub signalled: AtomicBool,
    /// How often a route was opened to it. A sweep that sees it change lets the lane live.
    pub opened: AtomicU32,
    state: Mutex<LaneState>,
}

impl Lane {
    /// An empty lane.
    #[must_use]
    pub fn new(id: u64, destination: Destination, tenant: Arc<Tenant>, state: LaneState) -> Self {
        Self {
            id,
            destination,
            tenant,
            signalled: AtomicBool::new(false),
            opened: AtomicU32::new(0),
            state: Mutex::new(state),
        }
    }

    /// Its number and how often a route was opened to it.
    #[must_use]
    pub fn seen(&self) -> (u64, u32) {
        (self.id, self.opened.load(Ordering::Relaxed))
    }

    /// The lane's rules and contents, locked. A panic elsewhere does not lock the tenant out.
    pub fn state(&self) -> MutexGuard<'_, LaneState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
