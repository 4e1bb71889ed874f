//! Random bits for the ids that JavaScript makes.
//!
//! Node's own generator has to be loaded first, which takes longer than anything else that a first span needs.

use napi::Error;
use napi::bindgen_prelude::Int32ArraySlice;
use napi_derive::napi;
use ring::rand::{SecureRandom, SystemRandom};
use zerocopy::IntoBytes;

use super::guard::{Code, Result, guarded};

/// Fills memory of JavaScript with random bits of the system's.
#[napi]
pub fn fill_random(mut words: Int32ArraySlice<'_>) -> Result<()> {
    guarded(|| {
        // SAFETY: JavaScript waits for this call, and nothing else in it refers to the memory.
        let words = unsafe { words.as_mut() };
        let filled = SystemRandom::new().fill(words.as_mut_bytes());
        filled.map_err(|_| Error::new(Code("SPANLANE_INTERNAL"), "the system gives no random bits"))
    })
}
