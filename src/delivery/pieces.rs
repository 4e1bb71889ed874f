//! A request body in pieces.
//!
//! Owns how a body is handed to a connection. Never: copies it.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// The body is handed to the connection in pieces of this size, so that hyper holds a few of
/// them and not a second copy, and so that it is known when the last one was taken.
const PIECE_BYTES: usize = 64 * 1024;

/// A request body that tells when its last byte was taken.
pub(super) struct Pieces {
    rest: Bytes,
    taken: Arc<AtomicBool>,
}

/// Tells how far a body was taken.
pub(super) struct Taken(Arc<AtomicBool>);

impl Taken {
    /// True when the connection took all of it, so that it may have arrived.
    pub(super) fn all(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Pieces {
    pub(super) fn of(body: Bytes) -> (Self, Taken) {
        let taken = Arc::new(AtomicBool::new(body.is_empty()));
        let pieces = Self {
            rest: body,
            taken: Arc::clone(&taken),
        };
        (pieces, Taken(taken))
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let bytes = self.rest.len().min(PIECE_BYTES);
        let piece = self.rest.split_to(bytes);
        if self.rest.is_empty() {
            self.taken.store(true, Ordering::Relaxed);
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
