//! One attempt: assemble the body if it is the first, send it once, and say what the answer means.
//!
//! Runs on a delivery thread, outside every lock. Owns the batch while it is in flight. Never waits between
//! attempts: the lane's clocks do that.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, HeaderValue};
use tokio::sync::Notify;

use crate::delivery::{AttemptFacts, Request, Transport, TransportError, Verdict, classify};
use crate::lane::{Attempted, Batch, Lane};
use crate::payload::{Payload, Spares, gzip};
use crate::settings::{COMPRESS_BYTES_MIN, Compression, Settings};
use crate::tenant::{Endpoint, Site};
use crate::wire::{EventKind, Stream, Wire, name_tenant};

/// What every attempt of a core needs.
pub struct AttemptRunner {
    transport: Arc<dyn Transport>,
    wire: Arc<dyn Wire>,
    spares: Spares,
    intake_url: Option<String>,
    compression: Compression,
    /// Hosts that refused a compressed body and took the same one uncompressed.
    plain_hosts: Mutex<Vec<(Site, Stream)>>,
}

impl AttemptRunner {
    /// Attempts over `transport`, in the format of `wire`.
    #[must_use]
    pub fn new(transport: Arc<dyn Transport>, wire: Arc<dyn Wire>, settings: &Settings) -> Self {
        Self {
            transport,
            wire,
            spares: Spares::default(),
            intake_url: settings.intake_url.clone(),
            compression: settings.compression,
            plain_hosts: Mutex::default(),
        }
    }

    /// Sends what the next request may take of `batch` once, or until `give_up` is notified. A single event that is too large is trimmed and sent
    /// once more at once.
    pub async fn run(&self, lane: &Lane, mut batch: Batch, give_up: &Notify) -> Attempted {
        let known = batch.known;
        let rest = batch.cut(&*self.wire);
        batch.prepare(&self.spares, &*self.wire);
        let (mut verdict, mut status) = self.send(lane, &batch, give_up).await;
        if verdict == Verdict::Split && batch.trim_once(&*self.wire) {
            (verdict, status) = self.send(lane, &batch, give_up).await;
        }
        if verdict.is_delivered() && batch.uncompressed {
            self.remember_plain(&lane.endpoint, batch.stream);
        }
        Attempted {
            batch,
            known,
            rest,
            verdict,
            status,
        }
    }

    /// Sends an empty list, which stores nothing, and returns the status or the reason there is none.
    ///
    /// # Errors
    /// The transport's reason, in a word.
    pub async fn verify(&self, lane: &Lane) -> Result<u16, &'static str> {
        let nothing = std::iter::empty::<(EventKind, Bytes)>();
        let body = Payload::assemble(&*self.wire, Stream::Spans, nothing)
            .body()
            .clone();
        let request = self.request(lane, Stream::Spans, body);
        match self.transport.send(request).await {
            Ok(response) => Ok(response.status),
            Err(error) => Err(error.reason()),
        }
    }

    /// Lets go of memory that no body needed since the last call.
    pub fn sweep(&self) {
        self.spares.sweep();
    }

    async fn send(&self, lane: &Lane, batch: &Batch, give_up: &Notify) -> (Verdict, Option<u16>) {
        let body = batch.body().unwrap_or_default();
        let compressed = self.compression == Compression::Gzip
            && !batch.uncompressed
            && body.len() >= COMPRESS_BYTES_MIN
            && !self.wants_plain(&lane.endpoint, batch.stream);
        let zipped = if compressed { gzip(&body) } else { None };
        let facts = AttemptFacts {
            compressed: zipped.is_some(),
            fresh_connection: batch.fresh_connection,
        };
        let mut request = self.request(lane, batch.stream, zipped.unwrap_or(body));
        if facts.compressed {
            let gzip = HeaderValue::from_static("gzip");
            request.headers.insert(CONTENT_ENCODING, gzip);
        }
        request.fresh_connection = batch.fresh_connection;
        #[expect(
            clippy::disallowed_methods,
            reason = "a Retry-After date is compared with the wall clock, here and nowhere else"
        )]
        let now = SystemTime::now();
        let answer = tokio::select! {
            answer = self.transport.send(request) => answer,
            () = give_up.notified() => Err(TransportError::Timeout { sent: true }),
        };
        let answered = answer.as_ref().ok();
        let verdict = answered.and_then(|answer| self.wire.read_answer(batch.stream, answer));
        let status = answered.map(|answer| answer.status);
        let verdict = verdict.unwrap_or_else(|| classify(&answer, &facts, now));
        (verdict, status)
    }

    fn request(&self, lane: &Lane, stream: Stream, body: Bytes) -> Request {
        let intake_url = self.intake_url.as_deref();
        let mut request = self.wire.request(stream, &lane.endpoint, intake_url, body);
        if let Some(label) = lane.label() {
            name_tenant(&mut request, label);
        }
        request
    }

    fn wants_plain(&self, endpoint: &Endpoint, stream: Stream) -> bool {
        let hosts = self
            .plain_hosts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        hosts
            .iter()
            .any(|(site, of)| *site == endpoint.site && *of == stream)
    }

    /// At most two entries per site, and sites come from a fixed list.
    fn remember_plain(&self, endpoint: &Endpoint, stream: Stream) {
        if !self.wants_plain(endpoint, stream) {
            self.plain_hosts
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push((endpoint.site.clone(), stream));
        }
    }
}

impl std::fmt::Debug for AttemptRunner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AttemptRunner")
            .field("compression", &self.compression)
            .finish_non_exhaustive()
    }
}
