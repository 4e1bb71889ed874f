//! What rings and loans are made of. `models/` puts types in their place that loom watches.

pub(super) use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
pub(super) use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) use memmap2::MmapMut;
pub(super) use tokio::sync::Notify;
pub(super) use tokio::time::sleep;

/// See [`super::ring::RING_BYTES`].
pub(super) const RING_BYTES: u32 = 2 * 1024 * 1024;
