//! One request to an intake, and what its answer means.
//!
//! Owns the transport and the rules that judge its results. Never: waits, repeats, splits or
//! counts; the scheduler does, by the [`Verdict`] it gets from [`classify()`].

pub mod backoff;
pub mod classify;
mod http;
mod pieces;
mod proxy;
mod resolve;
mod tls;
pub mod transport;

pub use backoff::Backoff;
pub use classify::{AttemptFacts, Verdict, classify};
pub use http::HttpTransport;
pub use transport::{
    IntakeUrl, Request, Response, TlsFault, Transport, TransportError, TransportSettings,
    TransportSetupError, parse_intake_url,
};
