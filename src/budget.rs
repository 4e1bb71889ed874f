//! Bytes the process may hold, in total and per tenant. A [`Permit`] travels with the bytes and gives them
//! back when it is dropped; a [`Charge`] counts those of one holder once more, for a limit on some holders.
//!
//! Owns counters and nothing else. Never blocks: what does not fit is refused with its reason.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::stats::DropReason;

/// A byte counter. It never exceeds the cap it is used with, not even for a moment.
#[derive(Debug, Default)]
pub struct Pool {
    used_bytes: AtomicUsize,
}

/// What may be held. Every tenant has the same share, so none keeps the number.
#[derive(Clone, Copy, Debug)]
pub struct Caps {
    /// In total.
    pub total_bytes: usize,
    /// For one tenant.
    pub share_bytes: usize,
}

/// What has a pool in it, so that a permit keeps a tenant instead of one more allocation.
pub trait Share: std::fmt::Debug + Send + Sync {
    /// Its pool.
    fn pool(&self) -> &Pool;
}

impl Pool {
    /// Bytes taken at this moment.
    #[must_use]
    pub fn used_bytes(&self) -> usize {
        self.used_bytes.load(Ordering::Relaxed)
    }

    fn take(&self, bytes: usize, cap_bytes: usize) -> bool {
        let next = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= cap_bytes);
        self.used_bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next)
            .is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.used_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Bytes of one holder in a pool without a cap: whoever counts there sees to its limit. Dropping it takes them out.
#[derive(Debug)]
pub struct Charge {
    pool: Arc<Pool>,
    bytes: usize,
}

impl Charge {
    /// Nothing, of this pool.
    #[must_use]
    pub fn new(pool: &Arc<Pool>) -> Self {
        Self {
            pool: Arc::clone(pool),
            bytes: 0,
        }
    }

    /// So many bytes, instead of what it was.
    pub fn set(&mut self, bytes: usize) {
        let before = std::mem::replace(&mut self.bytes, bytes);
        match bytes.checked_sub(before) {
            Some(more) => {
                self.pool.used_bytes.fetch_add(more, Ordering::Relaxed);
            }
            None => self.pool.give_back(before - bytes),
        }
    }

    /// So many more.
    pub fn add(&mut self, bytes: usize) {
        self.set(self.bytes + bytes);
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.set(0);
    }
}

/// Takes `bytes` from the tenant's share and from the process's budget, or says which of them is full.
///
/// # Errors
/// [`DropReason::TooLarge`] when the share could never hold it, else [`DropReason::TenantShare`] or
/// [`DropReason::BufferFull`].
pub fn reserve<S: Share + 'static>(
    total: &Arc<Pool>,
    share: &Arc<S>,
    caps: Caps,
    bytes: usize,
) -> Result<Permit, DropReason> {
    if bytes > caps.share_bytes || bytes > caps.total_bytes {
        return Err(DropReason::TooLarge);
    }
    if !share.pool().take(bytes, caps.share_bytes) {
        return Err(DropReason::TenantShare);
    }
    if !total.take(bytes, caps.total_bytes) {
        share.pool().give_back(bytes);
        return Err(DropReason::BufferFull);
    }
    let share = Arc::<S>::clone(share);
    Ok(Permit {
        total: Arc::clone(total),
        share,
        bytes,
    })
}

/// The right to hold some bytes. Dropping it returns them.
#[derive(Debug)]
pub struct Permit {
    total: Arc<Pool>,
    share: Arc<dyn Share>,
    bytes: usize,
}

impl Permit {
    /// Bytes this permit stands for.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Joins another permit of the same pools.
    pub fn absorb(&mut self, mut other: Self) {
        debug_assert!(
            std::ptr::addr_eq(Arc::as_ptr(&self.share), Arc::as_ptr(&other.share)),
            "permits of two tenants must not mix"
        );
        self.bytes += std::mem::take(&mut other.bytes);
    }

    /// Hands `bytes` of this permit (at most all of it) to a new one.
    #[must_use]
    pub fn split_off(&mut self, bytes: usize) -> Self {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        Self {
            total: Arc::clone(&self.total),
            share: Arc::clone(&self.share),
            bytes,
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.bytes != 0 {
            self.total.give_back(self.bytes);
            self.share.pool().give_back(self.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Share for Pool {
        fn pool(&self) -> &Pool {
            self
        }
    }

    const fn caps(total_bytes: usize, share_bytes: usize) -> Caps {
        Caps {
            total_bytes,
            share_bytes,
        }
    }

    fn pools() -> (Arc<Pool>, Arc<Pool>) {
        (Arc::default(), Arc::default())
    }

    #[test]
    fn what_the_total_could_never_hold_is_too_large_as_what_the_share_could_not() {
        let (total, share) = pools();
        let reserve = |bytes| reserve(&total, &share, caps(8, 10), bytes);
        assert_eq!(reserve(9).unwrap_err(), DropReason::TooLarge);
        assert_eq!(reserve(8).unwrap().bytes(), 8);
    }

    #[test]
    fn the_last_byte_fits_and_the_next_is_refused_with_its_reason() {
        let (total, share) = pools();
        let other = Arc::<Pool>::default();
        let reserve = |share, bytes| reserve(&total, share, caps(10, 8), bytes);
        assert_eq!(reserve(&share, 9).unwrap_err(), DropReason::TooLarge);
        let first = reserve(&share, 8).unwrap();
        assert_eq!(reserve(&share, 1).unwrap_err(), DropReason::TenantShare);
        let second = reserve(&other, 2).unwrap();
        assert_eq!(reserve(&other, 1).unwrap_err(), DropReason::BufferFull);
        assert_eq!(
            other.used_bytes(),
            2,
            "a refusal by the total must not stay charged to the share"
        );
        drop((first, second));
        assert_eq!(
            (total.used_bytes(), share.used_bytes(), other.used_bytes()),
            (0, 0, 0)
        );
    }

    #[test]
    fn splitting_and_absorbing_neither_make_nor_lose_bytes() {
        let (total, share) = pools();
        let mut permit = reserve(&total, &share, caps(100, 100), 60).unwrap();
        let part = permit.split_off(25);
        assert_eq!(
            (permit.bytes(), part.bytes(), total.used_bytes()),
            (35, 25, 60)
        );
        assert_eq!(
            permit.split_off(99).bytes(),
            35,
            "no more than the permit has"
        );
        let mut all = reserve(&total, &share, caps(100, 100), 0).unwrap();
        all.absorb(part);
        assert_eq!((all.bytes(), total.used_bytes()), (25, 25));
        drop(all);
        assert_eq!((total.used_bytes(), share.used_bytes()), (0, 0));
    }

    #[test]
    fn a_charge_is_what_it_was_last_set_to_and_nothing_once_it_is_gone() {
        let pool = Arc::<Pool>::default();
        let (mut one, mut other) = (Charge::new(&pool), Charge::new(&pool));
        one.set(40);
        other.add(2);
        one.set(10);
        one.add(5);
        assert_eq!(pool.used_bytes(), 17);
        drop(one);
        assert_eq!(pool.used_bytes(), 2);
        drop(other);
        assert_eq!(pool.used_bytes(), 0);
    }

    #[test]
    fn eight_threads_never_pass_the_cap() {
        let (total, share) = pools();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..2_000 {
                        let permit = reserve(&total, &share, caps(1_000, 1_000), 90);
                        assert!(total.used_bytes() <= 1_000);
                        drop(permit);
                    }
                });
            }
        });
        assert_eq!((total.used_bytes(), share.used_bytes()), (0, 0));
    }
}
