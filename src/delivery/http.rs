//! The real transport: reqwest over HTTP/1.1.
//!
//! Owns the connection pools and their limits. Never: follows a redirect (it would forward the key), repeats what was
//! begun to be sent, reads the environment or a system setting, decompresses an answer, or shares a connection between
//! two requests at the same time (which is why it is not HTTP/2: there one tenant's stalled upload blocks all others).

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use reqwest::{Body, Client, Method, redirect, retry};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;

use super::pieces::Pieces;
use super::proxy::ProxyRules;
use super::resolve::Resolver;
use super::tls::{Roots, no_trust};
use super::transport::{
    Request, Response, Sending, TlsFault, Transport, TransportError, TransportSettings,
    TransportSetupError, is_allowed,
};

/// Idle connections close after this long: before common servers and balancers close them (which
/// would race with the next request), and soon enough that a key does not stay in their buffers.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(8);

/// A client is replaced after this long, because a connection that is never idle would otherwise
/// never see a change of DNS.
const CLIENT_AGE_MAX: Duration = Duration::from_secs(300);

/// Of a request's time, connecting may take this many parts in that many: two thirds. The addresses of a host share
/// it, so that one that is silent leaves time for the next, and the last leaves time for an answer.
const CONNECT_SHARE: (u32, u32) = (2, 3);

/// A peer that is gone without a word is noticed after about a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const KEEP_ALIVE_PROBES: u32 = 3;

/// Bytes that nobody acknowledges for so long end their connection.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(30);

/// Of an answer's body this much is read. A longer one costs its connection.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// A success is settled by its head, unless its body is awaited. Otherwise of its body counts what comes with the head,
/// give or take a moment.
const SUCCESS_BODY_WAIT: Duration = Duration::from_millis(5);

/// The body of any other answer may say why. It is not waited for any longer.
const REASON_BODY_WAIT: Duration = Duration::from_millis(100);

/// The rest of a success is read for so long behind the caller's back: then its connection serves again.
const DRAIN_TIME: Duration = Duration::from_millis(100);

/// Answers drained at the same time. With more, their connections are closed at once.
const DRAINS_MAX: usize = 64;

/// Of a header that delivery reads, this much is kept.
const HEADER_BYTES_MAX: usize = 256;

const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Sends over the network.
pub struct HttpTransport {
    roots: Roots,
    proxy: Option<ProxyRules>,
    resolver: Arc<Resolver>,
    request_timeout: Duration,
    idle_connections_per_host: usize,
    drains: Arc<Semaphore>,
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
            drains: Arc::new(Semaphore::new(DRAINS_MAX)),
            plain: Mutex::default(),
            secure: Mutex::default(),
        })
    }

    async fn exchange(&self, request: Request) -> Result<Response, TransportError> {
        let unsent = TransportError::Other { sent: false };
        let url = Url::parse(&request.url).map_err(|_| unsent)?;
        let client = self.client(&url, request.fresh_connection)?;
        let (body, taken) = Pieces::of(request.body);
        let mut post = reqwest::Request::new(Method::POST, url);
        *post.headers_mut() = request.headers;
        *post.body_mut() = Some(Body::wrap(body));
        let deadline = now() + self.request_timeout;
        let mut answer = timeout_at(deadline, client.execute(post))
            .await
            .map_err(|_| TransportError::Timeout { sent: taken.all() })?
            .map_err(|error| TransportError::of(&error, taken.all()))?;
        let wait = match answer.status().is_success() {
            true if request.awaits_body => self.request_timeout,
            true => SUCCESS_BODY_WAIT,
            false => REASON_BODY_WAIT,
        };
        let mut body = Vec::new();
        let reading = read(&mut answer, &mut body);
        let cut_short = timeout_at(deadline.min(now() + wait), reading)
            .await
            .is_err();
        let response = Response {
            status: answer.status().as_u16(),
            retry_after: header(answer.headers(), &RETRY_AFTER),
            rate_limit_reset: header(answer.headers(), &RATE_LIMIT_RESET),
            date: header(answer.headers(), &DATE),
            body: body.into(),
        };
        if cut_short && answer.status().is_success() {
            self.drain(answer);
        }
        Ok(response)
    }

    /// Reads on without anybody waiting for it. What is dropped before its end closes its connection.
    fn drain(&self, mut answer: reqwest::Response) {
        let Ok(permit) = Arc::clone(&self.drains).try_acquire_owned() else {
            return;
        };
        tokio::spawn(async move {
            let _permit = permit;
            let _ = timeout(DRAIN_TIME, read(&mut answer, &mut Vec::new())).await;
        });
    }

    fn client(&self, url: &Url, fresh: bool) -> Result<Client, TransportError> {
        if !is_allowed(url.scheme(), url.host_str()) {
            return Err(TransportError::Other { sent: false });
        }
        let secure = url.scheme() == "https";
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
        Ok(Clients {
            pooled: self.make(secure, self.idle_connections_per_host)?,
            fresh: self.make(secure, 0)?,
            made_at: now(),
        })
    }

    fn make(&self, secure: bool, idle_connections: usize) -> Result<Client, TransportError> {
        let tls = if secure {
            self.roots.trusted()
        } else {
            no_trust()
        };
        let (parts, of) = CONNECT_SHARE;
        let client = Client::builder()
            .http1_only()
            .https_only(secure)
            .tls_backend_preconfigured(tls.ok_or(TransportError::Tls(TlsFault::Other))?)
            // Without this it would ask the environment and the system.
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .retry(retry::never())
            .dns_resolver(Arc::clone(&self.resolver))
            .connect_timeout(self.request_timeout * parts / of)
            .tcp_keepalive(KEEP_ALIVE)
            .tcp_keepalive_interval(KEEP_ALIVE)
            .tcp_keepalive_retries(KEEP_ALIVE_PROBES)
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .pool_max_idle_per_host(idle_connections);
        #[cfg(target_os = "linux")]
        let client = client.tcp_user_timeout(UNACKNOWLEDGED_MAX);
        let client = match &self.proxy {
            Some(rules) if secure => client.proxy(rules.proxy()),
            _ => client,
        };
        // The settings were checked before: only a TLS library that is not rustls could be refused.
        let unusable = |_| TransportError::Tls(TlsFault::Other);
        client.build().map_err(unusable)
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
    reason = "a connection's age and a request's time are no rules of delivery"
)]
fn now() -> Instant {
    Instant::now()
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

/// Reads an answer's body to its end, or until there is more than [`ANSWER_BYTES_MAX`] of it. What was read stays when it
/// is given up in between.
async fn read(answer: &mut reqwest::Response, body: &mut Vec<u8>) {
    while let Ok(Some(bytes)) = answer.chunk().await {
        let room = ANSWER_BYTES_MAX - body.len();
        body.extend_from_slice(bytes.get(..room).unwrap_or(&bytes));
        if bytes.len() > room {
            return;
        }
    }
}

#[cfg(test)]
#[path = "http/tests.rs"]
mod tests;
