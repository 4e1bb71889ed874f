//! How events come in: JavaScript threads write records into memory of ours, and they become JSON text here.
//!
//! Owns the producers of one core. Never judges an event: what becomes of it is the core's business.
//!
//! A JavaScript thread pays for copying its strings and nothing else. It commits a record with one store; a
//! call is made only when the reader sleeps, when much has piled up, or when a record did not fit.

pub mod decode;
pub mod loan;
mod memory;
pub mod number;
pub mod producer;
pub mod ring;
pub mod symbols;
pub mod text;
pub mod value;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::sleep;

pub use self::loan::{Loan, Loans};
pub use self::producer::{Position, Producer, Received, Record};
pub use self::symbols::Definition;

/// Time between two polls of the rings while records flow.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// The same right after a large turn, which is rarely the last of its burst. A shorter one would find less each time.
const BURST_POLL_INTERVAL: Duration = Duration::from_millis(4);

/// Polls at that interval after a large turn.
const BURST_POLLS: u32 = 3;

/// Polls that find nothing before the reader parks. To wake it costs the JavaScript thread more than a record does, a
/// poll costs it nothing: an application that makes an event each second never makes that call.
const IDLE_POLLS_MAX: u32 = 110;

/// Bytes the reader takes from one producer before it looks at the next.
pub const TURN_BYTES: usize = 256 * 1024;

/// After a turn this large there is more to come: the reader goes on without a pause.
const BUSY_BYTES: usize = 64 * 1024;

/// All ways into one core.
#[derive(Debug, Default)]
pub struct Ingest {
    producers: Mutex<Vec<Arc<Producer>>>,
    loans: Loans,
    wake: Notify,
    /// Somebody wants to know when the reader has gone on.
    is_watched: AtomicBool,
    went_on: Notify,
    closed: AtomicBool,
}

/// What all threads had committed at one moment.
#[derive(Debug)]
pub struct Mark(Vec<(Arc<Producer>, Position)>);

impl Mark {
    /// True when all of it has been received.
    #[must_use]
    pub fn is_received(&self) -> bool {
        let mut producers = self.0.iter();
        producers.all(|(producer, at)| producer.has_received(*at))
    }
}

impl Ingest {
    /// A way in for one thread.
    #[must_use]
    pub fn open(&self) -> Arc<Producer> {
        let producer = Arc::new(Producer::default());
        self.list().push(Arc::clone(&producer));
        producer
    }

    /// A producer ends. What it committed is still taken.
    pub fn leave(&self, producer: &Producer) {
        producer.close();
        self.wake();
    }

    /// Memory for records that do not fit into a ring.
    #[must_use]
    pub fn loans(&self) -> &Loans {
        &self.loans
    }

    /// Wakes the reader.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Ends [`Ingest::run`].
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.loans.close();
        self.wake();
    }

    /// Bytes of records that went past their ring and are not decoded.
    #[must_use]
    pub fn spilled_bytes(&self) -> usize {
        self.list()
            .iter()
            .map(|producer| producer.spilled_bytes())
            .sum()
    }

    /// Such records, and those that are being decoded.
    #[must_use]
    pub fn spilled(&self) -> u64 {
        self.list().iter().map(|producer| producer.spilled()).sum()
    }

    /// True when everything committed before the call has been received. Never waits for a drain.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.list().iter().all(|producer| producer.is_idle())
    }

    /// What has been committed before the call. Who must not decode waits until the reader has received it.
    #[must_use]
    pub fn mark(&self) -> Mark {
        let producers = self.producers().into_iter();
        let at = producers.map(|producer| {
            let position = producer.position();
            (producer, position)
        });
        Mark(at.collect())
    }

    /// Asks to be told once when the reader has gone on, by [`Ingest::went_on`]. Ask first, look then.
    pub fn watch(&self) {
        self.is_watched.store(true, Ordering::Release);
    }

    /// Resolves when the reader has gone on since it was asked.
    pub fn went_on(&self) -> Notified<'_> {
        self.went_on.notified()
    }

    /// Takes everything committed before the call, on the calling thread.
    pub fn drain(&self, receive: &mut dyn FnMut(Received)) {
        for producer in self.producers() {
            producer.drain(usize::MAX, receive);
        }
    }

    /// Takes records until the core closes.
    pub async fn run(&self, receive: &mut (dyn FnMut(Received) + Send)) {
        tokio::select! {
            () = self.read(receive) => {}
            () = self.loans.run() => {}
        }
    }

    async fn read(&self, receive: &mut (dyn FnMut(Received) + Send)) {
        let mut polls_left = 0;
        let mut burst_polls_left = 0;
        while !self.closed.load(Ordering::Acquire) {
            let mut moved = 0;
            for producer in self.producers() {
                // Of one that another thread is reading there is more to come.
                moved += producer.try_drain(TURN_BYTES, receive).unwrap_or(1);
            }
            self.list().retain(|producer| !producer.is_over());
            if self.is_watched.swap(false, Ordering::AcqRel) {
                self.went_on.notify_one();
            }
            if moved > 0 {
                polls_left = IDLE_POLLS_MAX;
            }
            if moved >= BUSY_BYTES {
                burst_polls_left = BURST_POLLS;
                tokio::task::yield_now().await;
            } else if polls_left > 0 {
                polls_left -= 1;
                let pause = if burst_polls_left > 0 {
                    BURST_POLL_INTERVAL
                } else {
                    POLL_INTERVAL
                };
                burst_polls_left = burst_polls_left.saturating_sub(1);
                tokio::select! {
                    () = self.wake.notified() => {}
                    () = sleep(pause) => {}
                }
            } else {
                self.park().await;
            }
        }
    }

    /// Sleeps until somebody calls, unless a record was committed before the producers knew.
    async fn park(&self) {
        let producers = self.producers();
        for producer in &producers {
            producer.ring().set_sleeping(true);
        }
        if producers.iter().any(|producer| producer.has_more()) {
            return;
        }
        drop(producers);
        self.wake.notified().await;
    }

    fn producers(&self) -> Vec<Arc<Producer>> {
        self.list().clone()
    }

    fn list(&self) -> MutexGuard<'_, Vec<Arc<Producer>>> {
        self.producers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
