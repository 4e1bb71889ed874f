//! The ring and the loans of the core, made of what loom watches: it runs every order in which threads may meet in them,
//! and every value that a weaker ordering would let them see. The files are the core's own.

#![allow(dead_code, reason = "what the core uses of them and no model does")]

#[path = "../../src/ingest/loan.rs"]
pub mod loan;
pub mod memory;
#[path = "../../src/ingest/ring.rs"]
pub mod ring;
