//! The room for wire formats: what an intake wants around events, in which request, and what it says in its answers.
//!
//! Owns every byte of a request that is not an event's, and the knowledge of what an event's members mean to an
//! intake. Never: sends, waits or counts. [`Datadog`] is the format that is built in; another one is another
//! [`Wire`].

mod datadog;
mod outline;
mod stream;
mod trim;

use std::fmt;

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

pub use self::datadog::Datadog;
pub use self::outline::{Emptied, Member, Notice, Outline, Scan};
pub use self::stream::{ByStream, EventKind, Stream};
pub use self::trim::trim;
use crate::delivery::{Request, Response, Verdict};
use crate::tenant::{Endpoint, Site};

/// Beside a request that goes to an `intakeUrl`: the host it would have gone to.
const INTAKE_HOST: HeaderName = HeaderName::from_static("x-spanlane-intake-host");

/// Beside a request that stays on this machine: what the application calls the tenant, percent-encoded.
const TENANT: HeaderName = HeaderName::from_static("x-spanlane-tenant");

/// Tells an intake on this machine whose a request is. An `intakeUrl` of plain http leads nowhere else; any other intake
/// is a customer's, or on the way to one, and no label is its business.
pub fn name_tenant(request: &mut Request, label: &str) {
    if !request.url.starts_with("http://") {
        return;
    }
    let encoded = utf8_percent_encode(label, NON_ALPHANUMERIC).to_string();
    let header = HeaderValue::try_from(encoded).map(|label| (TENANT, label));
    request.headers.extend(header);
}

/// A wire format. All of it is pure.
pub trait Wire: fmt::Debug + Send + Sync + 'static {
    /// The host of the intake on `site`.
    fn host(&self, stream: Stream, site: &Site) -> String;

    /// The path of the intake, from `/` on.
    fn path(&self, stream: Stream) -> &str;

    /// The headers that say whose a request is and what is in it. A value with a key in it is marked sensitive.
    fn headers(&self, stream: Stream, endpoint: &Endpoint) -> HeaderMap;

    /// The text before and after an event.
    fn envelope(&self, kind: EventKind) -> (&[u8], &[u8]);

    /// The text before and after the events of a body, which commas separate.
    fn brackets(&self, stream: Stream) -> (&[u8], &[u8]);

    /// What of an encoded event may be shortened; none when it is no event.
    fn outline(&self, event: &[u8]) -> Option<Outline>;

    /// Whether the body of a success may say more than its status. It is waited for only then.
    fn awaits_body(&self, _stream: Stream) -> bool {
        false
    }

    /// What an answer means, where it says more than its status does.
    fn read_answer(&self, _stream: Stream, _answer: &Response) -> Option<Verdict> {
        None
    }

    /// Bytes that an event's envelope adds to it.
    fn envelope_bytes(&self, kind: EventKind) -> usize {
        let (prefix, suffix) = self.envelope(kind);
        prefix.len() + suffix.len()
    }

    /// Bytes that an event of this kind may have so that a body with it alone has at most `max_bytes`.
    fn room_bytes(&self, kind: EventKind, max_bytes: usize) -> usize {
        max_bytes.saturating_sub(self.envelope_bytes(kind) + self.bracket_bytes(kind.stream()))
    }

    /// Bytes that a body has beside its events and the commas between them.
    fn bracket_bytes(&self, stream: Stream) -> usize {
        let (open, close) = self.brackets(stream);
        open.len() + close.len()
    }

    /// The request that takes `body` to the endpoint's intake, or to the one at `intake_url` in its place.
    fn request(
        &self,
        stream: Stream,
        endpoint: &Endpoint,
        intake_url: Option<&str>,
        body: Bytes,
    ) -> Request {
        let (host, path) = (self.host(stream, &endpoint.site), self.path(stream));
        let mut headers = self.headers(stream, endpoint);
        let url = match intake_url {
            Some(base) => {
                let url = format!("{}{path}", base.trim_end_matches('/'));
                // A site is ASCII, so that its host is a value.
                headers.extend(HeaderValue::try_from(host).map(|host| (INTAKE_HOST, host)));
                url
            }
            None => format!("https://{host}{path}"),
        };
        Request {
            url,
            headers,
            body,
            fresh_connection: false,
            awaits_body: self.awaits_body(stream),
        }
    }
}
