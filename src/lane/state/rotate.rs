//! Moving what a lane holds to the lane of the tenant's new key.
//!
//! Only between lanes of one label at one site: the tenant, its memory share and its site stay the same, so
//! permits stay valid and no data changes region. What is in flight settles where it was sent from.

use std::collections::VecDeque;
use std::sync::Arc;

use super::LaneState;
use crate::flush::Waiter;
use crate::lane::batch::{Batch, Runs};
use crate::lane::buffer::Buffer;
use crate::lane::{Lane, Tenant};
use crate::tenant::Site;
use crate::wire::ByStream;

/// What one lane hands to another.
#[derive(Debug)]
pub struct Handover {
    buffers: ByStream<Buffer>,
    retries: VecDeque<Box<Batch>>,
    runs: Runs,
    waiters: Vec<Arc<Waiter>>,
}

impl LaneState {
    /// The lane that took over, if the tenant's key was rotated.
    #[must_use]
    pub fn successor(&self) -> Option<Arc<Lane>> {
        self.unusual.as_ref()?.successor.clone()
    }

    /// Names the lane that takes over, or none when this lane's key is the tenant's again.
    pub fn set_successor(&mut self, successor: Option<Arc<Lane>>) {
        if successor.is_some() || self.unusual.is_some() {
            self.unusual_mut().successor = successor;
        }
    }

    /// Takes out everything that is not in flight.
    #[must_use]
    pub fn hand_over(&mut self) -> Handover {
        let work = self.work_mut();
        let buffers = std::mem::take(&mut work.buffers);
        let retries = std::mem::take(&mut work.retries);
        let mut runs = Runs::default();
        for (_, buffer) in buffers.iter() {
            runs.append(&buffer.runs());
        }
        for batch in &retries {
            runs.append(&batch.runs);
        }
        if work.in_flight.is_empty() {
            self.work = None;
        }
        self.recharge();
        let waiters = self.ledger.move_out(&runs);
        Handover {
            buffers,
            retries,
            runs,
            waiters,
        }
    }

    /// Takes over what another lane of the same tenant held. Repeats go first, as they would have.
    pub fn take_over(&mut self, handover: Handover, tenant: &Tenant, site: &Site) {
        let Handover {
            buffers,
            retries,
            runs,
            waiters,
        } = handover;
        self.ledger.move_in(&runs, &waiters, tenant, site);
        let work = self.work_mut();
        for mut batch in retries {
            // The old key's failures do not age it under the new one.
            batch.first_attempt = None;
            work.retries.push_back(batch);
        }
        for (own, buffer) in work.buffers.values_mut().zip(buffers.into_values()) {
            own.take_over(buffer);
        }
        self.recharge();
    }
}
