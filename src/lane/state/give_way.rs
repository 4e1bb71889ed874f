//! What a lane gives up when memory is short, and what it is charged for while it fails.
//!
//! Pure, like its parent. Who gives up how much is decided in [`crate::eviction`].

use tokio::time::Instant;

use super::{LaneLimits, LaneState, Notes};
use crate::budget::Charge;
use crate::eviction::Standing;
use crate::lane::batch::Runs;
use crate::stats::DropReason;
use crate::wire::Stream;

impl LaneState {
    /// What is known of the destination.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let health = self.health();
        if health.is_failing() {
            Standing::Failing
        } else if self.last_success.is_none() {
            Standing::Unproven
        } else if health.is_suspect() {
            Standing::Slow
        } else {
            Standing::Proven
        }
    }

    /// Since when what is not in flight waits, and its bytes; none when there is nothing.
    #[must_use]
    pub fn waiting(&self) -> Option<(Instant, usize)> {
        let work = self.work.as_deref()?;
        let buffered = work.buffers.iter();
        let oldest_at = buffered
            .filter_map(|(_, buffer)| buffer.oldest_at())
            .chain(work.retries.iter().map(|batch| batch.oldest_at))
            .min()?;
        Some((oldest_at, work.waiting_bytes()))
    }

    /// All bytes the lane holds, those in flight included.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.work().bytes()
    }

    /// Gives up the oldest of what is not in flight until at least `bytes` are free: single events of what was not
    /// attempted, and whole batches of what was.
    pub fn give_way(&mut self, bytes: usize, now: Instant, limits: &LaneLimits, notes: &mut Notes) {
        let mut given_up = Runs::default();
        let mut freed = 0;
        while freed < bytes
            && let Some(more) = self.give_up_oldest(limits, &mut given_up)
        {
            freed += more;
        }
        self.drop_held(&given_up, DropReason::Evicted, limits, notes);
        self.note_if_idle(now);
    }

    /// Bytes that are free now; none when nothing is left.
    fn give_up_oldest(&mut self, limits: &LaneLimits, given_up: &mut Runs) -> Option<usize> {
        let work = self.work.as_deref_mut()?;
        let retried = work.retries.iter().enumerate();
        let retried = retried.map(|(index, batch)| (batch.oldest_at, index)).min();
        let buffered = work.buffers.iter();
        let buffered: Option<(Instant, Stream)> = buffered
            .filter_map(|(stream, buffer)| Some((buffer.oldest_at()?, stream)))
            .min_by_key(|(oldest_at, _)| *oldest_at);
        let retry = match (retried, buffered) {
            (Some((retried_at, index)), Some((buffered_at, _))) => {
                (retried_at <= buffered_at).then_some(index)
            }
            (retried, _) => retried.map(|(_, index)| index),
        };
        if let Some(index) = retry {
            let batch = work.retries.remove(index)?;
            given_up.append(&batch.runs);
            return Some(batch.bytes());
        }
        let (_, stream) = buffered?;
        let (epoch, freed) = work.buffers[stream].give_up_oldest(&*limits.wire)?;
        given_up.push(epoch);
        Some(freed)
    }

    /// From now on until a success what it holds counts as that of a failing lane.
    pub(super) fn count_as_failing(&mut self, limits: &LaneLimits) {
        let unusual = self.unusual_mut();
        unusual
            .charge
            .get_or_insert_with(|| Charge::new(&limits.failing));
    }

    /// The lane's charge while it fails. A lane that does not fail pays for a look, and nothing while all is well.
    pub(super) fn charge_mut(&mut self) -> Option<&mut Charge> {
        self.unusual.as_mut()?.charge.as_mut()
    }

    /// Brings the charge in line with what is held.
    pub(super) fn recharge(&mut self) {
        let Some(unusual) = &mut self.unusual else {
            return;
        };
        if !unusual.health.is_failing() {
            unusual.charge = None;
        } else if let Some(charge) = &mut unusual.charge {
            charge.set(self.work.as_ref().map_or(0, |work| work.bytes()));
        }
    }
}
