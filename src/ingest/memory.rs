//! What rings and loans are made of. `models/` puts types in their place that loom watches.

pub(super) use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
pub(super) use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) use memmap2::MmapMut;
pub(super) use tokio::sync::Notify;
pub(super) use tokio::time::sleep;

use zerocopy::FromZeros;

/// Words of zero. A page of them that was never written is not in memory, where the allocator has fresh ones.
pub(super) fn zeroed(words: usize) -> Box<[AtomicU64]> {
    <[AtomicU64]>::new_box_zeroed_with_elems(words)
        .unwrap_or_else(|_| (0..words).map(|_| AtomicU64::new(0)).collect())
}

/// See [`super::ring::RING_BYTES`].
pub(super) const RING_BYTES: u32 = 2 * 1024 * 1024;
