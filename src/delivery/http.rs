//! The real transport: hyper's client over HTTP/1.1.
//!
//! Owns the connection pools, their limits and the reading of transport errors. Never: follows a
//! redirect (it would forward the key), repeats what was begun to be sent, reads the environment
//! or a system setting, decompresses an answer, or shares a connection between two requests at the
//! same time (which is why it is not HTTP/2: there one tenant's stalled upload blocks all others).

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body::Body;
use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, DATE, RETRY_AFTER};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Uri};
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::Instant;

use super::connect::{Connector, connector};
use super::failure::reading;
use super::pieces::Pieces;
use super::proxy::ProxyRules;
use super::resolve::{Names, Resolver};
use super::tls::{Roots, no_trust};
use super::transport::{Request, Response, Sending, Transport, TransportError, is_allowed};
use crate::tenant::ApiKey;

type Client = legacy::Client<Connector, Pieces>;

/// Idle connections close after this long: before common servers and balancers close them (which
/// would race with the next request), and soon enough that a key does not stay in their buffers.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(8);

/// A client is replaced after this long, because a connection that is never idle would otherwise
/// never see a change of DNS.
const CLIENT_AGE_MAX: Duration = Duration::from_secs(300);

/// An answer's body is read up to here, only to make the connection reusable.
const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// Of a header that delivery reads, this much is kept.
const HEADER_BYTES_MAX: usize = 256;

const API_KEY: HeaderName = HeaderName::from_static("dd-api-key");
const INTAKE_HOST: HeaderName = HeaderName::from_static("x-spanlane-intake-host");
const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// What an [`HttpTransport`] is made of.
#[derive(Clone)]
pub struct TransportSettings {
    /// PEM texts of all root certificates to trust. Nothing else is trusted.
    pub ca_pem: Vec<String>,
    /// The proxy for https requests: `http://` or `https://`, with or without user and password.
    pub proxy_url: Option<String>,
    /// Hosts that are reached without the proxy, by curl's `NO_PROXY` rules.
    pub no_proxy: Option<String>,
    /// Limit for one request from the name look-up to the end of the answer.
    pub request_timeout: Duration,
    /// Connections per host that may wait for the next request.
    pub idle_connections_per_host: usize,
}

impl fmt::Debug for TransportSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The proxy's URL may hold a password.
        f.debug_struct("TransportSettings")
            .field("certificates", &self.ca_pem.len())
            .field("proxied", &self.proxy_url.is_some())
            .field("request_timeout", &self.request_timeout)
            .finish_non_exhaustive()
    }
}

/// Why a transport could not be made. No text holds a URL or certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the texts say it")]
pub enum TransportSetupError {
    #[error("proxy is not an http:// or https:// URL with a host")]
    Proxy,
    #[error("proxy must be http:// or https://, SOCKS is not supported")]
    ProxyScheme,
    #[error("ca has no certificate that can be used: PEM texts of root certificates are expected")]
    Ca,
}

impl TransportSetupError {
    /// The stable code of the error: API, unlike the text.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "SPANLANE_INVALID_OPTION"
    }
}

/// Sends over the network.
pub struct HttpTransport {
    roots: Roots,
    proxy: Option<ProxyRules>,
    resolver: Arc<Resolver>,
    request_timeout: Duration,
    idle_connections_per_host: usize,
    plain: Mutex<Option<Clients>>,
    secure: Mutex<Option<Clients>>,
}

/// Clients of the same settings and age.
#[derive(Clone)]
struct Clients {
    pooled: Client,
    /// Without idle connections: each request gets one of its own.
    fresh: Client,
    made_at: Instant,
}

impl HttpTransport {
    /// Checks the settings. Clients and their TLS settings are made by the first request that
    /// needs them: 140 root certificates take milliseconds to read.
    ///
    /// # Errors
    /// [`TransportSetupError`] for a proxy that is not usable, or when none of the certificates
    /// is. Single certificates that cannot be read are left out.
    pub fn new(settings: &TransportSettings) -> Result<Self, TransportSetupError> {
        Ok(Self {
            roots: Roots::new(&settings.ca_pem)?,
            proxy: ProxyRules::parse(settings.proxy_url.as_deref(), settings.no_proxy.as_deref())?,
            resolver: Arc::default(),
            request_timeout: settings.request_timeout,
            idle_connections_per_host: settings.idle_connections_per_host,
            plain: Mutex::default(),
            secure: Mutex::default(),
        })
    }

    async fn exchange(&self, request: Request) -> Result<Response, TransportError> {
        let unsent = TransportError::Other { sent: false };
        let uri = Uri::try_from(request.url).map_err(|_| unsent)?;
        let headers = headers(
            &request.api_key,
            request.gzip,
            request.intake_host.as_deref(),
        );
        let headers = headers.ok_or(unsent)?;
        let client = self.client(&uri, request.fresh_connection)?;
        let (body, taken) = Pieces::of(request.body);
        let mut post = hyper::Request::new(body);
        *post.method_mut() = Method::POST;
        *post.uri_mut() = uri;
        *post.headers_mut() = headers;
        let call = client.request(post);
        let mut deadline = pin!(tokio::time::sleep(self.request_timeout));
        let mut answer = tokio::select! {
            biased;
            answer = call => {
                answer.map_err(|error| reading(&error, taken.all()))?
            }
            () = &mut deadline => {
                let sent = taken.all();
                return Err(TransportError::Timeout { sent });
            }
        };
        let response = Response {
            status: answer.status().as_u16(),
            retry_after: header(answer.headers(), &RETRY_AFTER),
            rate_limit_reset: header(answer.headers(), &RATE_LIMIT_RESET),
            date: header(answer.headers(), &DATE),
        };
        // The status is the answer. What happens to the rest of it decides only whether the
        // connection can be used again.
        tokio::select! {
            biased;
            () = read_out(answer.body_mut()) => {}
            () = deadline => {}
        }
        Ok(response)
    }

    fn client(&self, uri: &Uri, fresh: bool) -> Result<Client, TransportError> {
        let scheme = uri.scheme_str().unwrap_or_default();
        if !is_allowed(scheme, uri.host()) {
            return Err(TransportError::Other { sent: false });
        }
        let secure = scheme == "https";
        let slot = if secure { &self.secure } else { &self.plain };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let young = slot
            .as_ref()
            .filter(|clients| now().duration_since(clients.made_at) < CLIENT_AGE_MAX);
        let clients = match young {
            Some(clients) => clients.clone(),
            None => slot.insert(self.clients(secure)?).clone(),
        };
        Ok(if fresh { clients.fresh } else { clients.pooled })
    }

    fn clients(&self, secure: bool) -> Result<Clients, TransportError> {
        let tls = if secure {
            self.roots.trusted()
        } else {
            no_trust()
        };
        let tls = tls.ok_or(TransportError::Tls)?;
        let proxy = self.proxy.clone().filter(|_| secure);
        let names = Names(Arc::clone(&self.resolver));
        let connector = connector(names, tls, proxy, secure);
        let make = |idle_connections| {
            legacy::Client::builder(TokioExecutor::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(POOL_IDLE_TIMEOUT)
                .pool_max_idle_per_host(idle_connections)
                .build(connector.clone())
        };
        Ok(Clients {
            pooled: make(self.idle_connections_per_host),
            fresh: make(0),
            made_at: now(),
        })
    }
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransport")
            .field("proxied", &self.proxy.is_some())
            .field("request_timeout", &self.request_timeout)
            .finish_non_exhaustive()
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: Request) -> Sending<'_> {
        Box::pin(self.exchange(request))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a connection's age is not a rule of delivery"
)]
fn now() -> Instant {
    Instant::now()
}

fn headers(api_key: &ApiKey, gzip: bool, intake_host: Option<&str>) -> Option<HeaderMap> {
    let mut headers = HeaderMap::with_capacity(6);
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(API_KEY, api_key.header_value());
    if gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if let Some(host) = intake_host {
        headers.insert(INTAKE_HOST, HeaderValue::from_str(host).ok()?);
    }
    Some(headers)
}

/// All values of a header as one list, as a proxy would merge them.
fn header(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let values: Vec<&str> = headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    let mut list = values.join(", ");
    // `to_str` lets only ASCII through, so every place is a character's border.
    list.truncate(HEADER_BYTES_MAX);
    (!list.is_empty()).then_some(list)
}

async fn read_out(answer: &mut Incoming) {
    let mut read = 0;
    while let Some(Ok(frame)) = poll_fn(|context| Pin::new(&mut *answer).poll_frame(context)).await
    {
        read += frame.data_ref().map_or(0, bytes::Bytes::len);
        if read > ANSWER_BYTES_MAX {
            return;
        }
    }
}

#[cfg(test)]
#[path = "http/tests.rs"]
mod tests;
