//! In place of `src/ingest/memory.rs`.

use std::io;
use std::ops::Deref;
pub use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
pub use std::sync::atomic::Ordering;
use std::time::Duration;

use loom::cell::UnsafeCell;
use loom::sync::atomic::fence;
pub use loom::sync::{Arc, Mutex, MutexGuard};

/// A small ring is full, empty and at its end soon.
pub const RING_BYTES: u32 = 64;

/// Loom takes sequential consistency for acquire and release. Fences at each such access make it whole: before loads, or
/// behind stores, either of which is enough. A model that passes with each needs the loads' order and the stores'.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fences {
    /// None.
    No,
    BeforeLoads,
    BehindStores,
}

static BEFORE_LOADS: AtomicBool = AtomicBool::new(false);
static BEHIND_STORES: AtomicBool = AtomicBool::new(false);

/// From now on, for all models of the process.
pub fn set_fences(fences: Fences) {
    BEFORE_LOADS.store(fences == Fences::BeforeLoads, Ordering::Relaxed);
    BEHIND_STORES.store(fences == Fences::BehindStores, Ordering::Relaxed);
}

/// A word of the control.
#[derive(Debug, Default)]
pub struct AtomicU32(loom::sync::atomic::AtomicU32);

impl AtomicU32 {
    pub fn load(&self, order: Ordering) -> u32 {
        fence_if(&BEFORE_LOADS, order);
        self.0.load(order)
    }

    pub fn store(&self, value: u32, order: Ordering) {
        self.0.store(value, order);
        fence_if(&BEHIND_STORES, order);
    }

    /// Its own load: what was stored before is told.
    pub fn swap(&self, value: u32, order: Ordering) -> u32 {
        fence_if(&BEFORE_LOADS, order);
        self.0.swap(value, order)
    }

    pub fn compare_exchange(
        &self,
        current: u32,
        new: u32,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u32, u32> {
        self.0.compare_exchange(current, new, success, failure)
    }
}

fn fence_if(is_asked: &AtomicBool, order: Ordering) {
    if order == Ordering::SeqCst && is_asked.load(Ordering::Relaxed) {
        fence(order);
    }
}

/// A word of the bytes. JavaScript writes them as plain memory: nobody else may be there at the same time, which loom
/// sees to.
#[derive(Debug)]
pub struct AtomicU64(UnsafeCell<u64>);

// SAFETY: loom ends the model when two threads are in the cell at once.
unsafe impl Sync for AtomicU64 {}

impl AtomicU64 {
    pub fn new(value: u64) -> Self {
        Self(UnsafeCell::new(value))
    }

    pub fn load(&self, _order: Ordering) -> u64 {
        // SAFETY: as above.
        self.0.with(|word| unsafe { *word })
    }

    pub fn store(&self, value: u64, _order: Ordering) {
        // SAFETY: as above.
        self.0.with_mut(|word| unsafe { *word = value });
    }
}

pub fn zeroed(words: usize) -> Box<[AtomicU64]> {
    (0..words).map(|_| AtomicU64::new(0)).collect()
}

/// Lent memory, of which the first byte is enough.
#[derive(Debug)]
pub struct MmapMut {
    first: UnsafeCell<u8>,
    bytes: usize,
}

// SAFETY: as above.
unsafe impl Sync for MmapMut {}

impl MmapMut {
    pub fn map_anon(bytes: usize) -> io::Result<Self> {
        let first = UnsafeCell::new(0);
        Ok(Self { first, bytes })
    }

    pub fn len(&self) -> usize {
        self.bytes
    }

    pub fn as_ptr(&self) -> *const u8 {
        std::ptr::from_ref(self).cast()
    }

    /// What its borrower does with the pointer that he got.
    ///
    /// # Safety
    /// `start` is what `as_ptr` gave, and the memory is still there.
    pub unsafe fn write(start: *const u8, value: u8) {
        // SAFETY: the caller's promise, and as above.
        unsafe {
            (*start.cast::<Self>())
                .first
                .with_mut(|first| *first = value)
        }
    }
}

/// Every look at the bytes is one at the first.
impl Deref for MmapMut {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: as above.
        self.first
            .with(|first| unsafe { std::slice::from_ref(&*first) })
    }
}

/// Nobody waits in a model.
#[derive(Debug, Default)]
pub struct Notify;

impl Notify {
    pub fn notify_one(&self) {}

    pub async fn notified(&self) {}
}

pub async fn sleep(_time: Duration) {}
