//! Spanlane's native core: every tenant's LLM Observability events in a lane of its own, delivered off the
//! JavaScript thread.
//!
//! Modules in the order an event meets them:
//!
//! | | |
//! | --- | --- |
//! | [`binding`] | the only module that names napi: parse, call the core, convert |
//! | [`core`], [`core_state`] | what callers see: open, submit, flush, drain, shut down; the state behind it |
//! | [`settings`], [`tenant`] | every limit; keys, sites, labels and destinations |
//! | [`registry`], [`vault`] | destination -> lane; exported reference -> destination |
//! | [`holds`] | what a thread of JavaScript holds open, by the numbers of its lanes |
//! | [`ingest`] | what JavaScript threads write into memory of ours becomes JSON text |
//! | [`budget`] | bytes in total and per tenant, with permits |
//! | [`lane`] | one key at one site: buffer, breaker, clocks, counters |
//! | [`inbox`], [`scheduler`], [`schedule`] | whose turn it is, and the one loop that waits |
//! | [`attempt`], [`payload`], [`wire`], [`delivery`] | batch -> body -> request -> verdict |
//! | [`flush`], [`drain`], [`journal`], [`stats`] | what comes back: reports, outcomes, counters |
//! | [`runtime`], [`error`] | the threads; what can fail when something is opened |
//!
//! Invariants are listed in `ARCHITECTURE.md` with the lint or test that enforces each.

#![cfg_attr(
    test,
    allow(clippy::disallowed_methods, reason = "a test chooses its own time")
)]

pub mod attempt;
pub mod binding;
pub mod budget;
pub mod core;
pub mod core_state;
pub mod delivery;
pub mod drain;
pub mod error;
pub mod eviction;
pub mod flush;
pub mod holds;
pub mod inbox;
pub mod ingest;
pub mod journal;
pub mod lane;
pub mod payload;
pub mod registry;
pub mod runtime;
pub mod schedule;
pub mod scheduler;
pub mod settings;
pub mod stats;
pub mod tenant;
pub mod vault;
pub mod wire;

/// glibc keeps what a burst freed in the arenas of the threads that made it: after an outage the process stayed as
/// large as it had been at its worst. Only what Rust allocates comes from here. Miri cannot run it, and a sanitizer
/// sees nothing of what it gives out: `--cfg system_allocator` leaves it out.
#[cfg(not(any(miri, system_allocator)))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
