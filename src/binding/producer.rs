//! A JavaScript thread's way in: views of a ring of ours, and the few calls beside it.
//!
//! The memory is the core's. A thread that is terminated while it writes leaves a record that was never committed.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use napi::Env;
use napi::bindgen_prelude::ArrayBuffer;
use napi_derive::napi;

use crate::core::Core;
use crate::reception::{Definition, Producer};

/// One thread's way in to one core.
#[napi(js_name = "Producer")]
#[derive(Debug)]
pub struct NativeProducer {
    core: Arc<Core>,
    producer: Arc<Producer>,
}

impl NativeProducer {
    pub(super) fn open(core: &Arc<Core>) -> Self {
        Self {
            core: Arc::clone(core),
            producer: core.open_producer(),
        }
    }
}

impl Drop for NativeProducer {
    fn drop(&mut self) {
        self.core.close_producer(&self.producer);
    }
}

#[napi]
impl NativeProducer {
    /// The words of the ring. Called once: two views of the same memory are not allowed.
    #[napi]
    pub fn control<'env>(&self, env: &'env Env) -> napi::Result<ArrayBuffer<'env>> {
        let control = self.producer.ring().control();
        self.view(
            env,
            std::ptr::from_ref(control).cast(),
            size_of_val(control),
        )
    }

    /// The bytes of the ring. Called once.
    #[napi]
    pub fn body<'env>(&self, env: &'env Env) -> napi::Result<ArrayBuffer<'env>> {
        let body: &[AtomicU64] = self.producer.ring().body();
        self.view(env, body.as_ptr().cast(), size_of_val(body))
    }

    /// Names strings for records to come. Returns the first number; null when there are no more.
    #[napi]
    pub fn define(&self, texts: Vec<String>, is_json: bool) -> Option<u16> {
        self.producer
            .define(texts.into_iter().map(|text| Definition { text, is_json }))
    }

    /// The reader sleeps, or much has piled up.
    #[napi]
    pub fn wake(&self) {
        self.core.wake();
    }

    /// Takes a record that did not fit into the ring.
    #[napi]
    pub fn submit(&self, record: &[u8]) {
        self.core.spill(&self.producer, record);
    }

    fn view<'env>(
        &self,
        env: &'env Env,
        start: *const u8,
        bytes: usize,
    ) -> napi::Result<ArrayBuffer<'env>> {
        let keeper = Arc::clone(&self.producer);
        // SAFETY: `start` points to `bytes` bytes inside `keeper`, which lives until the view's finalizer drops
        // it, and they do not move: the ring is boxed within an `Arc`. All of them are atomics, so that they may
        // change under a shared reference; Rust reads them as atomics only. JavaScript writes the words through
        // `Atomics`, and the bytes only where the reader does not read: behind what is committed.
        unsafe {
            ArrayBuffer::from_external(env, start.cast_mut(), bytes, keeper, |_, keeper| {
                drop(keeper);
            })
        }
    }
}
