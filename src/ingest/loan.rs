//! Memory that JavaScript threads borrow for records that do not fit into their ring.
//!
//! Owns what was lent before and may be lent again: a page that is in the process already costs its writer nothing.
//! Mappings of the system and not of the allocator: they are zero without being written, and gone when they are
//! dropped. Never looks into a record.

use std::io;
use std::time::Duration;

use super::memory::{Arc, MmapMut, Mutex, MutexGuard, Notify, PoisonError, sleep};

/// What is mapped at least: what is not written takes no memory, and a record that outgrows its memory is copied.
const MAPPED_BYTES_MIN: usize = 16 * 1024 * 1024;

/// Sizes are multiples of this.
const GRAIN_BYTES: usize = 2 * 1024 * 1024;

/// No record is that large: what asks for more is wrong.
pub(super) const LENT_BYTES_MAX: usize = 1024 * 1024 * 1024;

/// So many are kept: large records that one thread makes while earlier ones are decoded.
pub(super) const KEPT_MAX: usize = 4;

/// What nobody has borrowed for this long, and at most twice as long, goes back to the system.
pub(super) const KEPT_UNUSED: Duration = Duration::from_secs(10);

/// Memory for one record at a time. Every holder may read it; only its borrower writes.
#[derive(Debug)]
pub struct Loan {
    memory: MmapMut,
}

impl Loan {
    fn map(bytes: usize) -> io::Result<Self> {
        // Small pages: the first large one takes longer than all of a record's small ones, now and then.
        let memory = MmapMut::map_anon(bytes)?;
        Ok(Self { memory })
    }

    /// Its bytes. They must not be looked at before the borrower is done.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.memory
    }

    /// Where it starts, for its borrower.
    #[must_use]
    pub fn start(&self) -> *const u8 {
        self.memory.as_ptr()
    }

    /// Its size in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.memory.len()
    }

    /// Memory that somebody has written.
    #[cfg(test)]
    pub(super) fn holding(bytes: &[u8]) -> Arc<Self> {
        let mut loan = Self::map(bytes.len()).unwrap();
        loan.memory.copy_from_slice(bytes);
        Arc::new(loan)
    }
}

/// A mapping that may be lent again.
#[derive(Debug)]
struct Kept {
    loan: Arc<Loan>,
    was_lent: bool,
}

impl Kept {
    /// True when neither a view of it nor a record in it is left.
    fn is_free(&mut self) -> bool {
        Arc::get_mut(&mut self.loan).is_some()
    }
}

#[derive(Debug, Default)]
struct Shelf {
    kept: Vec<Kept>,
    is_closed: bool,
}

/// What is lent and was lent.
#[derive(Debug, Default)]
pub struct Loans {
    shelf: Mutex<Shelf>,
    kept_one: Notify,
}

impl Loans {
    /// Lends at least `bytes`; none for more than a gibibyte and when the system has no memory. Nobody else has it until
    /// the last clone is gone.
    #[must_use]
    pub fn lend(&self, bytes: usize) -> Option<Arc<Loan>> {
        if bytes > LENT_BYTES_MAX {
            return None;
        }
        let mut guard = self.shelf();
        let Shelf { kept, is_closed } = &mut *guard;
        if let Some(found) = kept
            .iter_mut()
            .filter(|kept| kept.loan.size() >= bytes)
            .find_map(|kept| kept.is_free().then_some(kept))
        {
            found.was_lent = true;
            return Some(Arc::clone(&found.loan));
        }
        let wanted = bytes.checked_mul(2)?.max(MAPPED_BYTES_MIN);
        let loan = Arc::new(Loan::map(wanted.checked_next_multiple_of(GRAIN_BYTES)?).ok()?);
        // One that was too small now will be too small again.
        kept.retain_mut(|kept| kept.loan.size() >= bytes || !kept.is_free());
        if kept.len() < KEPT_MAX && !*is_closed {
            kept.push(Kept {
                loan: Arc::clone(&loan),
                was_lent: true,
            });
            self.kept_one.notify_one();
        }
        Some(loan)
    }

    /// How many are kept, lent ones included.
    pub(super) fn kept(&self) -> usize {
        self.shelf().kept.len()
    }

    /// Nothing is kept any more.
    pub(super) fn close(&self) {
        *self.shelf() = Shelf {
            kept: Vec::new(),
            is_closed: true,
        };
    }

    /// Gives back what is not used, forever.
    pub(super) async fn run(&self) {
        loop {
            while self.kept() > 0 {
                sleep(KEPT_UNUSED).await;
                self.age();
            }
            self.kept_one.notified().await;
        }
    }

    /// Gives back what nobody has borrowed since the last call.
    fn age(&self) {
        self.shelf()
            .kept
            .retain_mut(|kept| std::mem::take(&mut kept.was_lent) || !kept.is_free());
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
