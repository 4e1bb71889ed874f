//! What other threads leave for the scheduler: lanes to look at, and commands.
//!
//! Owns both lists until the scheduler takes them. A lane stands in it at most once, so the list is no longer
//! than the registry.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::futures::Notified;
use tokio::sync::{Notify, oneshot};

use crate::flush::Waiter;
use crate::lane::Lane;

/// What the core asks of its scheduler beside looking at lanes.
#[derive(Debug)]
pub enum Command {
    /// Send what is held now; tell the waiter.
    Flush {
        /// Who waits.
        waiter: Arc<Waiter>,
        /// One lane, or all.
        lane: Option<Arc<Lane>>,
    },
    /// Ask whether a lane's key and site work.
    Verify(Verification),
    /// Drop what is held and stop.
    Close {
        /// Told when it is done.
        done: oneshot::Sender<()>,
    },
}

/// A question that waits for a request slot.
#[derive(Debug)]
pub struct Verification {
    /// Whose key and site it is about.
    pub lane: Arc<Lane>,
    /// Who asked: told the status, or the reason there is none.
    pub answer: oneshot::Sender<Result<u16, &'static str>>,
}

/// The scheduler's inbox.
#[derive(Debug, Default)]
pub struct Inbox {
    lists: Mutex<(Vec<Arc<Lane>>, Vec<Command>)>,
    notify: Notify,
}

impl Inbox {
    /// Asks the scheduler to look at a lane.
    pub fn signal(&self, lane: &Arc<Lane>) {
        if !lane.signalled.swap(true, Ordering::AcqRel) {
            self.lists
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .0
                .push(Arc::clone(lane));
            self.notify.notify_one();
        }
    }

    /// Asks the scheduler to look at what it has.
    pub fn wake(&self) {
        self.notify.notify_one();
    }

    /// Leaves a command. Lanes signalled before it are looked at before it.
    pub fn command(&self, command: Command) {
        self.lists
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .1
            .push(command);
        self.notify.notify_one();
    }

    /// Takes everything.
    #[must_use]
    pub fn take(&self) -> (Vec<Arc<Lane>>, Vec<Command>) {
        std::mem::take(&mut *self.lists.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Resolves when something was left since the last time.
    pub fn notified(&self) -> Notified<'_> {
        self.notify.notified()
    }
}
