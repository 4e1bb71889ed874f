//! Short texts of JavaScript, read into the caller's stack and wiped there.
//!
//! Never allocates, and never judges a text: one that is too long is not read, which says nothing about it.

use napi::{JsString, JsValue, sys};
use zeroize::Zeroize;

/// Longer texts take the way that allocates. Keys have 32 characters, labels seldom more.
const BYTES_MAX: usize = 256;

/// What napi may leave out at the end of a text that it cut: a character's bytes, and the final zero.
const CUT_BYTES: usize = 5;

/// One text. It may be a key: it is never moved, and wiped when it goes.
pub(super) struct ShortText {
    bytes: [u8; BYTES_MAX],
    used: usize,
}

impl ShortText {
    /// No text yet.
    pub(super) const fn new() -> Self {
        Self {
            bytes: [0; BYTES_MAX],
            used: 0,
        }
    }

    /// Reads `text`; none when it is too long, or no string.
    pub(super) fn read(&mut self, text: JsString<'_>) -> Option<&str> {
        let value = text.value();
        let mut used = 0;
        // SAFETY: `value` is an argument of the call that is running, napi writes at most `BYTES_MAX` bytes to
        // memory of that size, and says in `used` how many.
        let status = unsafe {
            sys::napi_get_value_string_utf8(
                value.env,
                value.value,
                self.bytes.as_mut_ptr().cast(),
                BYTES_MAX,
                &raw mut used,
            )
        };
        self.used = used.min(BYTES_MAX);
        if status != sys::Status::napi_ok || self.used > BYTES_MAX - CUT_BYTES {
            return None;
        }
        std::str::from_utf8(self.bytes.get(..self.used)?).ok()
    }
}

impl Drop for ShortText {
    fn drop(&mut self) {
        if let Some(read) = self.bytes.get_mut(..self.used) {
            read.zeroize();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::mem::MaybeUninit;

    use super::*;

    /// `tests/secrecy.rs` searches memory, and cannot come here: there is no JavaScript in it.
    #[test]
    fn a_text_is_wiped_where_it_stood() {
        let mut place = MaybeUninit::new(ShortText {
            bytes: [b'k'; BYTES_MAX],
            used: 200,
        });
        let text = place.as_mut_ptr();
        // SAFETY: it is there and dropped once. Its bytes are still this function's, and plain.
        let left = unsafe {
            std::ptr::drop_in_place(text);
            std::ptr::read(&raw const (*text).bytes)
        };
        assert_eq!(left[..200], [0; 200]);
        assert_eq!(left[200..], [b'k'; BYTES_MAX - 200], "what was not read");
    }
}
