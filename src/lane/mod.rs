//! A lane: one API key at one site, with its buffer, its breaker, its clocks and its counters.
//!
//! Owns what is submitted to it until it is settled. [`LaneState`] holds the rules and is pure; [`Lane`] puts a
//! lock around it that is held for a few lines and never across an await.

pub mod batch;
pub mod buffer;
pub mod company;
#[cfg(test)]
mod fixture;
pub mod health;
pub mod ledger;
pub mod search;
pub mod state;

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smol_str::SmolStr;

pub use self::batch::{Batch, Event, Runs};
pub use self::buffer::cost_bytes;
pub use self::state::{Attempted, LaneLimits, LaneState, Next, Urgency};
use crate::budget::{Pool, Share};
use crate::tenant::{Destination, DestinationText, Destined, Endpoint, Label};

static NEXT_TENANT_ID: AtomicU64 = AtomicU64::new(1);

/// Whose data it is: trace borders, the share of memory and statistics follow the tenant.
#[derive(Debug)]
pub struct Tenant {
    /// Unique in the process and never used again.
    pub id: u64,
    /// What logs and statistics call it.
    pub label: SmolStr,
    /// What it holds of its share of the buffered bytes.
    held: Pool,
}

impl Tenant {
    /// A tenant that holds nothing.
    #[must_use]
    pub fn new(label: SmolStr) -> Self {
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
    pub endpoint: Endpoint,
    /// Whose it is.
    pub tenant: Arc<Tenant>,
    /// The tenant's label is the user's, and part of what the lane is found by.
    is_labelled: bool,
    /// The operator's own.
    pub is_default: bool,
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
            endpoint: destination.endpoint,
            tenant,
            is_labelled: destination.label.is_some(),
            is_default: destination.is_default,
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

    /// What it was opened with, to open it again.
    #[must_use]
    pub fn destination(&self) -> Destination {
        let label = Label::shared(&self.tenant.label);
        Destination {
            endpoint: self.endpoint.clone(),
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

impl Destined for Lane {
    fn destination_text(&self) -> DestinationText<'_> {
        DestinationText {
            label: self.label(),
            is_default: self.is_default,
            ..self.endpoint.text()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::{Caps, reserve};
    use crate::stats::DropReason;

    #[test]
    fn a_tenant_has_one_share_and_no_other_tenant_has_any_of_it() {
        let total = Arc::<Pool>::default();
        let tenants = ["acme", "globex"].map(|label| Arc::new(Tenant::new(label.into())));
        let caps = Caps {
            total_bytes: 100,
            share_bytes: 10,
        };
        let take = |tenant, bytes| reserve(&total, tenant, caps, bytes);
        let permit = take(&tenants[0], 7).unwrap();
        assert_eq!(take(&tenants[0], 4).err(), Some(DropReason::TenantShare));
        assert!(take(&tenants[1], 10).is_ok());
        let held = tenants.each_ref().map(|tenant| tenant.pool().used_bytes());
        assert_eq!(held, [7, 0]);
        drop(permit);
        assert!(take(&tenants[0], 10).is_ok());
        assert_ne!(tenants[0].id, tenants[1].id);
    }
}
