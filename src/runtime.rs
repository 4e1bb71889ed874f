//! The delivery threads: one tokio runtime for the process, ours alone.
//!
//! Never napi's runtime (it is shared with every environment and shut down without joining), and never dropped:
//! a worker thread that ends must not take the other threads' deliveries with it.

use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::settings::DELIVERY_THREADS;

/// Threads for blocking name look-ups. They end after ten idle seconds.
const LOOKUP_THREADS_MAX: usize = 16;

static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();

/// The runtime's handle; none when the system gives no threads.
#[must_use]
pub fn handle() -> Option<Handle> {
    let runtime = RUNTIME.get_or_init(|| {
        Builder::new_multi_thread()
            .worker_threads(DELIVERY_THREADS)
            .max_blocking_threads(LOOKUP_THREADS_MAX)
            .thread_name("spanlane")
            .enable_io()
            .enable_time()
            .build()
            .ok()
    });
    runtime.as_ref().map(|runtime| runtime.handle().clone())
}
