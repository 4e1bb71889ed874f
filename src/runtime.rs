//! The delivery threads: one tokio runtime for the process, ours alone.
//!
//! Never napi's runtime (it is shared with every environment and shut down without joining), and never dropped:
//! a worker thread that ends must not take the other threads' deliveries with it. The system may refuse threads, now or
//! always: then there is no runtime, and nothing else has happened.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, Once, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

/// Threads for blocking name look-ups. They end after ten idle seconds.
const LOOKUP_THREADS_MAX: usize = 16;

/// So many more threads must be free: libuv ends the process when it cannot start its pool of four.
const SPARE_THREADS: usize = 4;

/// A thread that has ended may count for a moment longer: then the next one is refused.
const STARTS_MAX: u32 = 3;
const START_PAUSE: Duration = Duration::from_millis(5);

static RUNTIME: Mutex<Option<Runtime>> = Mutex::new(None);

thread_local! {
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

/// The runtime's handle; none when the system gives no threads. The first caller to get one decides how many there are.
#[must_use]
pub fn handle(threads: usize) -> Option<Handle> {
    let mut runtime = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    if runtime.is_none() {
        *runtime = start(threads.max(1));
    }
    runtime.as_ref().map(|runtime| runtime.handle().clone())
}

/// A runtime of `threads` threads, or of as many as can be had.
fn start(threads: usize) -> Option<Runtime> {
    let wanted = threads.saturating_add(SPARE_THREADS);
    (0..STARTS_MAX).find_map(|start| {
        thread::park_timeout(START_PAUSE * start);
        match free_threads(wanted).saturating_sub(SPARE_THREADS) {
            0 => None,
            threads => quietly(|| build(threads)).flatten(),
        }
    })
}

fn build(threads: usize) -> Option<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(threads)
        .max_blocking_threads(LOOKUP_THREADS_MAX)
        .thread_name("spanlane")
        .enable_io()
        .enable_time()
        .build()
        .ok()
}

/// How many threads the system gives at the same time, up to `wanted`. tokio panics when it is refused its first one,
/// and waits for ever for another to end when it is refused a later one.
fn free_threads(wanted: usize) -> usize {
    let held: Vec<JoinHandle<()>> = (0..wanted)
        .map_while(|_| thread::Builder::new().spawn(thread::park).ok())
        .collect();
    for thread in &held {
        thread.thread().unpark();
    }
    // It cannot have panicked.
    held.into_iter().map(|thread| drop(thread.join())).count()
}

/// What `call` returns; none when it panics, of which nobody hears.
fn quietly<T>(call: impl FnOnce() -> T) -> Option<T> {
    static HOOKED: Once = Once::new();
    HOOKED.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !IS_QUIET.get() {
                loud(panic);
            }
        }));
    });
    IS_QUIET.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(call));
    IS_QUIET.set(false);
    outcome.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_as_many_threads_as_asked_for_and_at_least_one() {
        for (asked, got) in [(1, 1), (3, 3)] {
            assert_eq!(start(asked).unwrap().metrics().num_workers(), got);
        }
        assert!(handle(0).is_some());
    }

    #[test]
    fn as_many_threads_are_counted_as_can_be_had() {
        assert_eq!((free_threads(0), free_threads(6)), (0, 6));
    }

    #[test]
    fn a_panic_is_no_value() {
        assert_eq!(quietly(|| 1), Some(1));
        assert_eq!(quietly(|| -> u8 { panic!("of this nobody hears") }), None);
    }
}
