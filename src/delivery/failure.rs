//! What a network failure was.
//!
//! Owns the reading of the client's errors, by type: their texts are for people, and change. Never: keeps an error or any text of it.

use std::error::Error;
use std::io;
use std::io::ErrorKind::{
    BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, TimedOut, UnexpectedEof,
};

use hyper_util::client::legacy;

use super::resolve::NotFound;
use super::transport::TransportError;

/// The failure behind `error`. `sent`: all bytes of the body had been taken by the connection.
pub(super) fn reading(error: &legacy::Error, sent: bool) -> TransportError {
    let any = |test: fn(&(dyn Error + 'static)) -> bool| {
        std::iter::successors(error.source(), |cause| inner(*cause)).any(test)
    };
    if any(<dyn Error>::is::<NotFound>) {
        TransportError::Dns
    } else if error.is_connect() {
        if any(<dyn Error>::is::<rustls::Error>) {
            TransportError::Tls
        } else {
            TransportError::Connect
        }
    } else if any(is_timeout) {
        TransportError::Timeout { sent }
    } else if any(is_reset) {
        TransportError::Reset { sent }
    } else {
        TransportError::Other { sent }
    }
}

/// The next cause. `io::Error` hides the error it wraps from `source`.
fn inner<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

fn is_timeout(error: &(dyn Error + 'static)) -> bool {
    let timed_out = |error: &io::Error| error.kind() == TimedOut;
    error
        .downcast_ref::<hyper::Error>()
        .is_some_and(hyper::Error::is_timeout)
        || error.downcast_ref::<io::Error>().is_some_and(timed_out)
}

fn is_reset(error: &(dyn Error + 'static)) -> bool {
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        return error.is_incomplete_message() || error.is_closed() || error.is_canceled();
    }
    error.downcast_ref::<io::Error>().is_some_and(|error| {
        matches!(
            error.kind(),
            BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | UnexpectedEof
        )
    })
}
