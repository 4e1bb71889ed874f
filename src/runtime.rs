//! The delivery threads: one tokio runtime for the process, ours alone.
//!
//! Never napi's runtime (it is shared with every environment and shut down without joining), and never dropped:
//! a worker thread that ends must not take the other threads' deliveries with it.

use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle, Runtime};

/// Threads for blocking name look-ups. They end after ten idle seconds.
const LOOKUP_THREADS_MAX: usize = 16;

static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();

/// The runtime's handle; none when the system gives no threads. The first caller decides how many there are.
#[must_use]
pub fn handle(threads: usize) -> Option<Handle> {
    let runtime = RUNTIME.get_or_init(|| build(threads));
    runtime.as_ref().map(|runtime| runtime.handle().clone())
}

fn build(threads: usize) -> Option<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(threads.max(1))
        .max_blocking_threads(LOOKUP_THREADS_MAX)
        .thread_name("spanlane")
        .enable_io()
        .enable_time()
        .build()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_as_many_threads_as_asked_for_and_at_least_one() {
        for (asked, got) in [(0, 1), (1, 1), (3, 3)] {
            assert_eq!(build(asked).unwrap().metrics().num_workers(), got);
        }
    }
}
