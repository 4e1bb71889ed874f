//! The end of the process: who ends waits here for what a core holds, and learns what is lost.
//!
//! Owns nothing of a core and keeps none open: one that JavaScript has let go of may still deliver, and is waited for
//! too. Everything happens on the delivery threads; the thread that ends only waits, and needs nothing but a lock for
//! it, because of its own memory the runtime of the language may have been taken down.

use std::future::Future;
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::Handle;

use crate::core_state::{CoreState, Waited};
use crate::flush::{FlushReport, Manner};

/// The delivery threads keep the time; the margin only covers their being descheduled.
const WAIT_MARGIN: Duration = Duration::from_millis(250);

/// What the end of the process needs of a core.
#[derive(Clone, Debug)]
pub struct Drainer {
    core: Weak<CoreState>,
    runtime: Handle,
}

/// A drain under way.
#[derive(Debug)]
pub struct Draining(Arc<(Mutex<bool>, Condvar)>);

impl Drainer {
    /// Of the core with this state.
    #[must_use]
    pub fn new(core: &Arc<CoreState>, runtime: Handle) -> Self {
        Self {
            core: Arc::downgrade(core),
            runtime,
        }
    }

    /// True for the same core.
    #[must_use]
    pub fn is_of_the_same(&self, other: &Self) -> bool {
        Weak::ptr_eq(&self.core, &other.core)
    }

    /// True when nothing can be held any more.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.core.strong_count() == 0
    }

    /// The time that an end may take.
    #[must_use]
    pub fn exit_timeout(&self) -> Duration {
        let core = self.core.upgrade();
        core.map_or(Duration::ZERO, |core| core.settings.exit_timeout)
    }

    /// True when there is nothing to wait for: nothing is held, or only what was waited for in vain.
    #[must_use]
    pub fn is_decided(&self) -> bool {
        self.core.upgrade().is_none_or(|core| {
            core.receive_all();
            core.held_bytes() == 0
                || !core
                    .registry
                    .lanes()
                    .iter()
                    .any(|lane| lane.state().is_undecided())
        })
    }

    /// Begins a drain of at most `limit`.
    #[must_use]
    pub fn begin(&self, limit: Duration, anew: bool) -> Draining {
        let draining = Draining(Arc::default());
        let ended = Ended(Arc::clone(&draining.0));
        // Without a core it is dropped here.
        if let Some(core) = self.core.upgrade() {
            let drained = drained(&core, limit, anew);
            self.runtime.spawn(async move {
                drained.await;
                drop(ended);
            });
        }
        draining
    }

    /// What came after `epoch` and is held now: lost with the process, unless it is being delivered. A row for each lane.
    #[must_use]
    pub fn left_after(&self, epoch: u64) -> FlushReport {
        self.core
            .upgrade()
            .map_or_else(FlushReport::default, |core| {
                core.receive_all();
                core.held_after(epoch, None)
            })
    }

    /// The epoch that ends now: what is submitted later comes after it.
    #[must_use]
    pub fn end_epoch(&self) -> u64 {
        self.core.upgrade().map_or(0, |core| {
            core.receive_all();
            core.next_epoch()
        })
    }
}

impl Draining {
    /// Blocks until the drain is over, for at most `limit` and a little more.
    pub fn wait(self, limit: Duration) {
        let (is_over, changed) = &*self.0;
        let guard = is_over.lock().unwrap_or_else(PoisonError::into_inner);
        drop(changed.wait_timeout_while(guard, limit + WAIT_MARGIN, |is_over| !*is_over));
    }
}

/// Tells that a drain is over, also when its task was stopped.
struct Ended(Arc<(Mutex<bool>, Condvar)>);

impl Drop for Ended {
    fn drop(&mut self) {
        let (is_over, changed) = &*self.0;
        *is_over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
    }
}

/// Resolves when everything held is settled, when each lane that fails has had its last try, or after `limit`: what is
/// held then is not waited for again.
pub fn drained(
    core: &Arc<CoreState>,
    limit: Duration,
    anew: bool,
) -> impl Future<Output = FlushReport> + Send + use<> {
    let waiting = core.wait_for(limit, None, Manner::Drain { anew });
    let core = Arc::clone(core);
    async move {
        let Waited {
            report,
            is_complete,
            epoch,
        } = waiting.await;
        if !is_complete {
            let epoch = if epoch == 0 { core.next_epoch() } else { epoch };
            for lane in core.registry.lanes() {
                lane.state().give_up(epoch);
            }
        }
        report
    }
}
