//! A JavaScript thread's way in: views of a ring of ours, and the few calls beside it.
//!
//! The memory is the core's. A thread that is terminated while it writes leaves a record that was never committed.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use napi::bindgen_prelude::ArrayBuffer;
use napi::{Env, Error};
use napi_derive::napi;

use super::guard::{Result, contained, guarded, of_napi};
use crate::core::Core;
use crate::ingest::{Definition, Loan, Producer};

/// One thread's way in to one core.
#[napi(js_name = "Producer")]
#[derive(Debug)]
pub struct NativeProducer {
    core: Arc<Core>,
    producer: Arc<Producer>,
    /// What this thread has borrowed and not given back.
    lent: Mutex<Vec<Lent>>,
}

/// A loan, and what keeps its memory as long as a view of it can be read or written.
#[derive(Debug)]
struct Lent {
    loan: Arc<Loan>,
    keeper: Arc<Keeper>,
}

/// The finalizer of a view that has no bytes any more runs when the thread comes to its event loop, which a loop that
/// makes spans does not do. Its memory must not wait for that.
#[derive(Debug)]
struct Keeper(Mutex<Option<Arc<Loan>>>);

impl Keeper {
    fn let_go(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl NativeProducer {
    pub(super) fn open(core: &Arc<Core>) -> Self {
        Self {
            core: Arc::clone(core),
            producer: core.open_producer(),
            lent: Mutex::default(),
        }
    }
}

impl Drop for NativeProducer {
    fn drop(&mut self) {
        contained(|| self.core.close_producer(&self.producer));
    }
}

#[napi]
impl NativeProducer {
    /// The words of the ring. Called once: two views of the same memory are not allowed.
    #[napi]
    pub fn control<'env>(&self, env: &'env Env) -> Result<ArrayBuffer<'env>> {
        guarded(|| {
            let control = self.producer.ring().control();
            let (start, bytes) = (std::ptr::from_ref(control).cast(), size_of_val(control));
            let keeper = Arc::clone(&self.producer);
            // SAFETY: `control` is inside `keeper`, which is boxed and does not move. All of it is atomics, so that it
            // may change under a shared reference. JavaScript writes the words through `Atomics`.
            unsafe { view(env, start, bytes, keeper) }
        })
    }

    /// The bytes of the ring. Called once.
    #[napi]
    pub fn body<'env>(&self, env: &'env Env) -> Result<ArrayBuffer<'env>> {
        guarded(|| {
            let body: &[AtomicU64] = self.producer.ring().body();
            let (start, bytes) = (body.as_ptr().cast(), size_of_val(body));
            let keeper = Arc::clone(&self.producer);
            // SAFETY: as for the control. Rust reads the bytes as atomics only; JavaScript writes them only where the
            // reader does not read: behind what is committed.
            unsafe { view(env, start, bytes, keeper) }
        })
    }

    /// Whether both views are of the ring's memory. An engine that allows no memory but its own gives copies instead,
    /// and says nothing.
    #[napi]
    pub fn meets(&self, probe: u32) -> Result<bool> {
        guarded(|| Ok(self.producer.ring().meets(probe)))
    }

    /// Names strings for records to come. Returns the first number; null when there are no more.
    #[napi]
    pub fn define(&self, texts: Vec<String>, is_json: bool) -> Result<Option<u16>> {
        guarded(|| {
            let definitions = texts.into_iter().map(|text| Definition { text, is_json });
            Ok(self.producer.define(definitions))
        })
    }

    /// The reader sleeps, or much has piled up.
    #[napi]
    pub fn wake(&self) -> Result<()> {
        guarded(|| {
            self.core.wake();
            Ok(())
        })
    }

    /// Takes a record that did not fit into the ring.
    #[napi]
    pub fn submit(&self, record: &[u8]) -> Result<()> {
        guarded(|| {
            self.core.spill(&self.producer, record);
            Ok(())
        })
    }

    /// Memory for a record that does not fit into the ring, of at least `bytes`; null when there is none. It ends
    /// with `submitLent` or `giveBack`.
    #[napi]
    pub fn lend<'env>(&self, env: &'env Env, bytes: u32) -> Result<Option<ArrayBuffer<'env>>> {
        guarded(|| {
            let Some(loan) = self.core.lend(bytes as usize) else {
                return Ok(None);
            };
            let keeper = Arc::new(Keeper(Mutex::new(Some(Arc::clone(&loan)))));
            // SAFETY: the mapping stays where it is until `keeper` is gone or has let go of it, which it does when the view
            // has no bytes any more, and is lent to nobody else before. Rust does not look at it until then.
            let view = unsafe { view(env, loan.start(), loan.size(), Arc::clone(&keeper))? };
            self.lent().push(Lent { loan, keeper });
            Ok(Some(view))
        })
    }

    /// Takes the record in the first `length` bytes of memory that was lent. The view has no bytes from now on.
    #[napi]
    pub fn submit_lent(&self, view: ArrayBuffer<'_>, length: u32) -> Result<()> {
        guarded(|| {
            let loan = self.end_loan(view)?;
            self.core.spill_lent(&self.producer, loan, length as usize);
            Ok(())
        })
    }

    /// Ends a loan without a record.
    #[napi]
    pub fn give_back(&self, view: ArrayBuffer<'_>) -> Result<()> {
        guarded(|| self.end_loan(view).map(drop))
    }
}

impl NativeProducer {
    /// From here on JavaScript cannot write there.
    fn end_loan(&self, view: ArrayBuffer<'_>) -> Result<Arc<Loan>> {
        let start = view.as_ptr();
        view.detach().map_err(of_napi)?;
        let mut lent = self.lent();
        let index = lent.iter().position(|lent| lent.loan.start() == start);
        let index =
            index.ok_or_else(|| of_napi(Error::from_reason("not lent by this producer")))?;
        let Lent { loan, keeper } = lent.swap_remove(index);
        keeper.let_go();
        Ok(loan)
    }

    fn lent(&self) -> MutexGuard<'_, Vec<Lent>> {
        self.lent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A view of memory of ours.
///
/// # Safety
/// `start` points to `bytes` bytes that do not move while `keeper` lives, and nobody has a reference to them that
/// says they do not change. No other view of them exists.
unsafe fn view<'env, T: 'env>(
    env: &'env Env,
    start: *const u8,
    bytes: usize,
    keeper: T,
) -> Result<ArrayBuffer<'env>> {
    // SAFETY: the caller's promise; the view's finalizer drops `keeper`.
    let view = unsafe {
        ArrayBuffer::from_external(env, start.cast_mut(), bytes, keeper, |_, keeper| {
            contained(|| drop(keeper));
        })
    };
    view.map_err(of_napi)
}
