//! What the tests of a lane are made of: events of one tenant, and permits for their bytes.

use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;

use crate::budget::{Caps, Permit, Pool, reserve};
use crate::lane::{Event, cost_bytes};
use crate::wire::{Datadog, EventKind, Wire};

/// A tenant that may hold what it likes.
pub(super) struct Source {
    /// What all its permits are from.
    pub(super) total: Arc<Pool>,
    share: Arc<Pool>,
    /// The format of its events.
    pub(super) wire: Arc<dyn Wire>,
    /// When its events come.
    pub(super) now: Instant,
}

impl Source {
    pub(super) fn new() -> Self {
        Self {
            total: Arc::default(),
            share: Arc::default(),
            wire: Arc::new(Datadog::new("test")),
            now: Instant::now(),
        }
    }

    pub(super) fn event(&self, kind: EventKind, json: &str, epoch: u64) -> Event {
        Event {
            kind,
            json: Bytes::copy_from_slice(json.as_bytes()),
            epoch,
            submitted_at: self.now,
        }
    }

    pub(super) fn permit(&self, bytes: usize) -> Permit {
        let caps = Caps {
            total_bytes: usize::MAX,
            share_bytes: usize::MAX,
        };
        reserve(&self.total, &self.share, caps, bytes).unwrap()
    }

    /// What is charged for an event.
    pub(super) fn cost_of(&self, event: &Event) -> usize {
        cost_bytes(event.json.len(), self.wire.envelope_bytes(event.kind))
    }

    /// An event and the permit for it.
    pub(super) fn charged(&self, kind: EventKind, json: &str, epoch: u64) -> (Event, Permit) {
        let event = self.event(kind, json, epoch);
        let permit = self.permit(self.cost_of(&event));
        (event, permit)
    }
}
