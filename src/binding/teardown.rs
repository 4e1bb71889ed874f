//! The last JavaScript thread goes: what is held is delivered before the process may end.
//!
//! `lib/exit.js` drains when the main thread exits. A program that uses Spanlane in worker threads only never
//! gets there, and a terminated worker runs no code at all; its environment is torn down all the same.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use napi::Env;

use super::guard::contained;
use crate::core::Core;

/// Environments (threads) that have opened a core and still live.
static ENVIRONMENTS: AtomicUsize = AtomicUsize::new(0);

/// `lib/exit.js` has waited already; waiting again would double the time a black hole may cost.
static EXIT_WAITED: AtomicBool = AtomicBool::new(false);

/// The cores of all environments.
static CORES: Mutex<Vec<Weak<Core>>> = Mutex::new(Vec::new());

thread_local! {
    static HOOKED: Cell<bool> = const { Cell::new(false) };
}

/// Makes sure that this environment's end is noticed, and that `core` is drained with the last one.
pub(super) fn watch(env: Env, core: &Arc<Core>) {
    let mut cores = CORES.lock().unwrap_or_else(PoisonError::into_inner);
    cores.retain(|known| known.strong_count() > 0);
    if !cores
        .iter()
        .any(|known| known.as_ptr() == Arc::as_ptr(core))
    {
        cores.push(Arc::downgrade(core));
    }
    drop(cores);
    // Without a hook the environment is not counted: its end would never be.
    if !HOOKED.get()
        && env
            .add_env_cleanup_hook((), |()| contained(environment_ended))
            .is_ok()
    {
        HOOKED.set(true);
        ENVIRONMENTS.fetch_add(1, Ordering::AcqRel);
    }
}

/// `drain` was called: the exiting thread waits there.
pub(super) fn exit_was_waited_for() {
    EXIT_WAITED.store(true, Ordering::Release);
}

fn environment_ended() {
    let others = ENVIRONMENTS
        .fetch_sub(1, Ordering::AcqRel)
        .saturating_sub(1);
    if others > 0 || EXIT_WAITED.load(Ordering::Acquire) {
        return;
    }
    let cores: Vec<Arc<Core>> = {
        let known = CORES.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().filter_map(Weak::upgrade).collect()
    };
    let timeout = cores
        .iter()
        .map(|core| core.settings().exit_timeout)
        .max()
        .unwrap_or_default();
    #[expect(
        clippy::disallowed_methods,
        reason = "the end of a process has no later moment to be told"
    )]
    let started = Instant::now();
    for core in cores {
        #[expect(
            clippy::disallowed_methods,
            reason = "what is left of one time limit for all cores"
        )]
        let left = timeout.saturating_sub(started.elapsed());
        if left > Duration::ZERO {
            let _ = core.drain(left);
        }
    }
}
