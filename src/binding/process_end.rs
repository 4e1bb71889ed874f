//! The end of the process as the C library sees it: the last moment at which threads still run.
//!
//! Not on Windows: there the handlers of a library run when its threads are gone already.

#[cfg(not(unix))]
pub(super) use self::other::{call, write_line};
#[cfg(unix)]
pub(super) use self::unix::{call, write_line};

#[cfg(unix)]
mod unix {
    use std::process;
    use std::sync::OnceLock;

    /// What is called, and the process that asked for it: a child made by `fork` alone has the handler, and no threads.
    static HANDLER: OnceLock<(fn(), u32)> = OnceLock::new();

    /// A pipe that takes anything takes 4,096 bytes, and no character has more than four.
    const LINE_CHARACTERS_MAX: usize = 1_000;

    /// Calls `handler` when `exit` is called, or `main` returns. Once for the process.
    pub(in super::super) fn call(handler: fn()) {
        if HANDLER.set((handler, process::id())).is_ok() {
            // SAFETY: `ended` may be called at any time after, also when this library is unloaded: the C library
            // calls it then. Refused, nothing is called.
            let _ = unsafe { libc::atexit(ended) };
        }
    }

    extern "C" fn ended() {
        if let Some((handler, of)) = HANDLER.get()
            && *of == process::id()
        {
            handler();
        }
    }

    /// Writes a line to standard error if that can be done without waiting for whoever reads it.
    pub(in super::super) fn write_line(line: &str) {
        let mut line: String = line.chars().take(LINE_CHARACTERS_MAX).collect();
        line.push('\n');
        let mut stderr = libc::pollfd {
            fd: libc::STDERR_FILENO,
            events: libc::POLLOUT,
            revents: 0,
        };
        // SAFETY: one descriptor, and memory of ours that outlives the calls.
        unsafe {
            if libc::poll(&raw mut stderr, 1, 0) == 1 && stderr.revents == libc::POLLOUT {
                libc::write(libc::STDERR_FILENO, line.as_ptr().cast(), line.len());
            }
        }
    }
}

#[cfg(not(unix))]
mod other {
    pub(in super::super) fn call(_: fn()) {}

    pub(in super::super) fn write_line(_: &str) {}
}
