//! Memory of bodies that were sent, for the next bodies.
//!
//! Owns a few buffers and their limit. Large blocks that are freed go back to the system and come again as pages to
//! be cleared; under load that cost as much as filling them. Never: keeps a buffer that nobody needed for a sweep.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::settings::SPARE_BYTES_MAX;

/// Bodies below this size come from the allocator's small pages, which it keeps.
const WORTH_BYTES_MIN: usize = 32 * 1024;

/// Capacities are multiples of this, so that a buffer fits the next body of about the same size.
const GRAIN_BYTES: usize = 16 * 1024;

/// Buffers of one core. Cloning it shares them.
#[derive(Clone, Debug, Default)]
pub struct Spares(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    buffers: Vec<Vec<u8>>,
    bytes: usize,
    /// So many lay there ever since the last sweep.
    untouched: usize,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept")
            .field("buffers", &self.buffers.len())
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

impl Spares {
    /// An empty buffer for `bytes`. A used one may have twice that.
    #[must_use]
    pub fn take(&self, bytes: usize) -> Vec<u8> {
        if bytes < WORTH_BYTES_MIN {
            return Vec::with_capacity(bytes);
        }
        self.kept()
            .take(bytes)
            .unwrap_or_else(|| Vec::with_capacity(bytes.next_multiple_of(GRAIN_BYTES)))
    }

    /// `body` as bytes whose memory comes back here when the last of them is dropped.
    #[must_use]
    pub fn freeze(&self, body: Vec<u8>) -> Bytes {
        if body.capacity() < WORTH_BYTES_MIN {
            return body.into();
        }
        Bytes::from_owner(Lent {
            body,
            back_to: self.clone(),
        })
    }

    /// Lets go of the buffers that nobody took since the last call.
    pub fn sweep(&self) {
        let mut kept = self.kept();
        let untouched = kept.untouched.min(kept.buffers.len());
        let idle: Vec<Vec<u8>> = kept.buffers.drain(..untouched).collect();
        kept.bytes -= idle.iter().map(Vec::capacity).sum::<usize>();
        kept.untouched = kept.buffers.len();
        drop(kept);
        drop(idle);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// The buffer that was used last among those that fit: its memory is the warmest.
    fn take(&mut self, bytes: usize) -> Option<Vec<u8>> {
        let fits = |buffer: &Vec<u8>| (bytes..=2 * bytes).contains(&buffer.capacity());
        let index = self.buffers.iter().rposition(fits)?;
        let mut buffer = self.buffers.remove(index);
        self.bytes -= buffer.capacity();
        self.untouched = self.untouched.min(index);
        buffer.clear();
        Some(buffer)
    }

    fn put(&mut self, buffer: Vec<u8>) {
        if self.bytes + buffer.capacity() <= SPARE_BYTES_MAX {
            self.bytes += buffer.capacity();
            self.buffers.push(buffer);
        }
    }
}

/// A body on its way.
struct Lent {
    body: Vec<u8>,
    back_to: Spares,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let body = std::mem::take(&mut self.body);
        self.back_to.kept().put(body);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that lie there.
    fn kept_bytes(spares: &Spares) -> usize {
        spares.kept().bytes
    }

    fn sent(spares: &Spares, bytes: usize) -> *const u8 {
        let mut body = spares.take(bytes);
        body.resize(bytes, b'x');
        let frozen = spares.freeze(body);
        assert_eq!(frozen.len(), bytes);
        frozen.as_ptr()
    }

    #[test]
    fn a_buffer_serves_again_once_the_last_piece_of_its_body_is_gone() {
        let spares = Spares::default();
        let mut body = spares.take(100_000);
        body.resize(100_000, b'x');
        let first = spares.freeze(body);
        let piece = first.slice(50_000..);
        drop(first);
        assert_eq!(kept_bytes(&spares), 0);
        let at = piece.as_ptr().wrapping_sub(50_000);
        drop(piece);
        assert_eq!(
            kept_bytes(&spares),
            100_000_usize.next_multiple_of(GRAIN_BYTES)
        );
        assert_eq!(sent(&spares, 90_000), at);
    }

    #[test]
    fn a_buffer_is_at_most_twice_what_is_asked_for() {
        let spares = Spares::default();
        let bytes = 16 * GRAIN_BYTES;
        let at = sent(&spares, bytes);
        let larger = spares.take(bytes + 1);
        assert_ne!(larger.as_ptr(), at);
        let smaller = spares.take(bytes / 2 - 1);
        assert_ne!(smaller.as_ptr(), at);
        let (half, empty) = (spares.take(bytes / 2), kept_bytes(&spares));
        assert_eq!((half.as_ptr(), half.len(), empty), (at, 0, 0));
    }

    #[test]
    fn small_bodies_are_left_to_the_allocator() {
        let spares = Spares::default();
        assert_eq!(
            spares.take(WORTH_BYTES_MIN - 1).capacity(),
            WORTH_BYTES_MIN - 1
        );
        sent(&spares, WORTH_BYTES_MIN - 1);
        assert_eq!(kept_bytes(&spares), 0);
        let at = sent(&spares, WORTH_BYTES_MIN);
        assert_eq!(kept_bytes(&spares), WORTH_BYTES_MIN);
        assert_eq!(sent(&spares, WORTH_BYTES_MIN), at);
    }

    #[test]
    fn what_is_printed_of_spare_memory_is_its_size() {
        let spares = Spares::default();
        sent(&spares, WORTH_BYTES_MIN);
        let printed = format!("{spares:?}");
        assert!(
            printed.contains(&format!("buffers: 1, bytes: {WORTH_BYTES_MIN}")),
            "{printed}"
        );
    }

    #[test]
    fn what_comes_back_past_the_limit_is_freed() {
        let spares = Spares::default();
        let half = SPARE_BYTES_MAX / 2;
        let bodies: Vec<Bytes> = [half, half, WORTH_BYTES_MIN]
            .map(|bytes| spares.freeze(spares.take(bytes)))
            .into();
        drop(bodies);
        assert_eq!(kept_bytes(&spares), SPARE_BYTES_MAX);
        drop(spares.freeze(Vec::with_capacity(SPARE_BYTES_MAX + 1)));
        assert_eq!(kept_bytes(&spares), SPARE_BYTES_MAX);
    }

    #[test]
    fn what_nobody_took_between_two_sweeps_is_freed() {
        let spares = Spares::default();
        let bodies: Vec<Bytes> = (0..3)
            .map(|_| spares.freeze(spares.take(WORTH_BYTES_MIN)))
            .collect();
        drop(bodies);
        spares.sweep();
        assert_eq!(
            kept_bytes(&spares),
            3 * WORTH_BYTES_MIN,
            "they came after the last sweep"
        );
        let taken = [spares.take(WORTH_BYTES_MIN), spares.take(WORTH_BYTES_MIN)];
        drop(taken.map(|body| spares.freeze(body)));
        spares.sweep();
        assert_eq!(kept_bytes(&spares), 2 * WORTH_BYTES_MIN);
        spares.sweep();
        assert_eq!(kept_bytes(&spares), 0);
    }
}
