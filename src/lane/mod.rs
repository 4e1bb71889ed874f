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
use crate::budget::{Pool, Share};
use crate::tenant::{ApiKey, Label, Site};

static NEXT_TENANT_ID: AtomicU64 = AtomicU64::new(1);

/// Where a lane delivers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Destination {
    /// The key, in native memory only.
    pub api_key: ApiKey,
    /// The site.
    pub site: Site,
}

/// What a lane is opened with. Two routes with the same share a lane; a label makes its own, so that events of two
/// tenants never share a body even when they share a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LaneKey {
    /// Where it delivers.
    pub destination: Destination,
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
    /// What it holds of its share of the buffered bytes.
    held: Pool,
}

impl Tenant {
    /// A tenant that holds nothing.
    #[must_use]
    pub fn new(label: Arc<str>) -> Self {
        let id = NEXT_TENANT_ID.fetch_add(1, Ordering::Relaxed);
        Self {
            id,
            label,
            held: Pool::default(),
        }
    }
}

impl Share for Tenant {
    fn pool(&self) -> &Pool {
        &self.held
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
    /// The tenant's label is the user's, and part of what the lane is found by.
    is_labelled: bool,
    is_default: bool,
    /// Set while the lane waits in the scheduler's inbox, so that it stands there once.
    pub signalled: AtomicBool,
    /// How often a route was opened to it. A sweep that sees it change lets the lane live.
    pub opened: AtomicU32,
    state: Mutex<LaneState>,
}

impl Lane {
    /// An empty lane.
    #[must_use]
    pub fn new(id: u64, key: LaneKey, tenant: Arc<Tenant>, state: LaneState) -> Self {
        Self {
            id,
            destination: key.destination,
            tenant,
            is_labelled: key.label.is_some(),
            is_default: key.is_default,
            signalled: AtomicBool::new(false),
            opened: AtomicU32::new(0),
            state: Mutex::new(state),
        }
    }

    /// The label it was opened with.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.is_labelled.then_some(&*self.tenant.label)
    }

    /// True for the operator's own lane.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.is_default
    }

    /// What it was opened with, to open it again.
    #[must_use]
    pub fn key(&self) -> LaneKey {
        let label = Label::shared(&self.tenant.label);
        LaneKey {
            destination: self.destination.clone(),
            label: self.is_labelled.then_some(label),
            is_default: self.is_default,
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
