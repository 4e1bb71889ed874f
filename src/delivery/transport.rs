//! The edge between delivery and the network: what is sent, what comes back, what can fail.
//!
//! Owns the [`Transport`] trait (the only thing tests of delivery replace), the reading of the client's errors, and the
//! rules for `intakeUrl`. Never: puts a key, a URL or a byte of a body into an error or debug output.

use std::error::Error;
use std::fmt;
use std::io;
use std::io::ErrorKind::{
    BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, TimedOut, UnexpectedEof,
};
use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Uri};
use hyper_util::client::legacy::connect::{HttpConnector, proxy::Tunnel};
use rustls::{AlertDescription, CertificateError};
use tower_service::Service;
use url::Url;

use super::resolve::NotFound;

/// Longest `intakeUrl` accepted.
const INTAKE_URL_BYTES_MAX: usize = 2_048;

/// What an [`super::HttpTransport`] is made of.
#[derive(Clone)]
pub struct TransportSettings {
    /// PEM texts of all root certificates to trust. Nothing else is trusted.
    pub ca_pem: Vec<String>,
    /// The proxy for https requests: `http://` or `https://`, with or without user and password.
    pub proxy_url: Option<String>,
    /// Hosts that are reached without the proxy, by curl's `NO_PROXY` rules.
    pub no_proxy: Option<String>,
    /// Limit for one request from the name look-up to the head of the answer. Two thirds of it are for connecting.
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

/// One HTTP request to an intake.
#[derive(Clone)]
pub struct Request {
    /// Where it goes, path included.
    pub url: String,
    /// Whose it is and what the body is, for who answers. Nobody prints a value that is marked sensitive.
    pub headers: HeaderMap,
    /// The body as it goes over the wire.
    pub body: Bytes,
    /// Must not use a connection that was used before.
    pub fresh_connection: bool,
    /// What the body of a success says counts: it is waited for.
    pub awaits_body: bool,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("bytes", &self.body.len())
            .field("fresh_connection", &self.fresh_connection)
            .finish_non_exhaustive()
    }
}

/// The part of an answer that delivery acts on.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After`.
    pub retry_after: Option<String>,
    /// `x-ratelimit-reset`.
    pub rate_limit_reset: Option<String>,
    /// `Date`: the server's clock, against which its dates are read.
    pub date: Option<String>,
    /// The beginning of the body: at most 64 KiB, of a success what came with the head, of any other answer what came
    /// within 100 ms.
    pub body: Bytes,
}

/// Shows no byte of the body, which may repeat what was sent.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("retry_after", &self.retry_after)
            .field("rate_limit_reset", &self.rate_limit_reset)
            .field("date", &self.date)
            .field("bytes", &self.body.len())
            .finish()
    }
}

/// Why there was no answer. `sent` says that all bytes had been handed to the connection, so
/// that the intake may have taken the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The connection could not be opened.
    #[error("connection refused or unreachable")]
    Connect,
    /// The proxy wants to know who asks: no user and password, or wrong ones.
    #[error("the proxy wants a user and password")]
    ProxyAuth,
    /// The proxy did not connect.
    #[error("the proxy refused to connect")]
    ProxyRefused,
    /// The host name was not found.
    #[error("host name not found")]
    Dns,
    /// No trust: a certificate, the protocol, or no usable root certificate.
    #[error("tls handshake failed: {}", .0.reason())]
    Tls(TlsFault),
    /// Not finished in time.
    #[error("timed out")]
    Timeout {
        /// See the enum.
        sent: bool,
    },
    /// The connection was closed or reset before any answer.
    #[error("connection closed before an answer")]
    Reset {
        /// See the enum.
        sent: bool,
    },
    /// Anything else, such as an answer that is not HTTP.
    #[error("network error")]
    Other {
        /// See the enum.
        sent: bool,
    },
}

/// Why a TLS handshake failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsFault {
    /// No root certificate that is trusted vouches for the server's.
    UnknownIssuer,
    /// The certificate is another host's.
    NameMismatch,
    /// The certificate was valid until some time ago.
    Expired,
    /// The certificate will be valid: a clock is wrong.
    NotYetValid,
    /// No version, cipher or signature that both sides know.
    UnsupportedAlgorithm,
    /// The server wants a certificate of ours. There is none.
    ClientCertificate,
    /// Anything else, such as a server that does not speak TLS.
    Other,
}

impl TlsFault {
    fn of(error: &rustls::Error) -> Self {
        use CertificateError as Certificate;
        match error {
            rustls::Error::InvalidCertificate(fault) => match fault {
                // A bad signature: a root has the issuer's name and another key.
                Certificate::UnknownIssuer | Certificate::BadSignature => Self::UnknownIssuer,
                Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                    Self::NameMismatch
                }
                Certificate::Expired | Certificate::ExpiredContext { .. } => Self::Expired,
                Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => {
                    Self::NotYetValid
                }
                Certificate::UnsupportedSignatureAlgorithmContext { .. }
                | Certificate::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
                    Self::UnsupportedAlgorithm
                }
                _ => Self::Other,
            },
            rustls::Error::PeerIncompatible(_)
            | rustls::Error::AlertReceived(
                AlertDescription::ProtocolVersion | AlertDescription::InsufficientSecurity,
            ) => Self::UnsupportedAlgorithm,
            rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
                Self::ClientCertificate
            }
            _ => Self::Other,
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Self::UnknownIssuer => "tls_unknown_issuer",
            Self::NameMismatch => "tls_name_mismatch",
            Self::Expired => "tls_expired",
            Self::NotYetValid => "tls_not_yet_valid",
            Self::UnsupportedAlgorithm => "tls_unsupported_algorithm",
            Self::ClientCertificate => "tls_client_certificate",
            Self::Other => "tls_error",
        }
    }
}

/// What making a tunnel through a proxy can fail of. hyper-util shows the type and has no name for it.
type TunnelError = <Tunnel<HttpConnector> as Service<Uri>>::Error;

impl TransportError {
    /// What the client's error was, by the types of its causes: texts are for people, and change. `sent`: all bytes of
    /// the body had been taken by the connection.
    pub(super) fn of(error: &reqwest::Error, sent: bool) -> Self {
        let causes = || std::iter::successors(error.source(), |cause| inner(*cause));
        let connecting = error.is_connect();
        if causes().any(<dyn Error>::is::<NotFound>) {
            return Self::Dns;
        }
        if error.is_timeout() || causes().any(is_timeout) {
            let sent = sent && !connecting;
            return Self::Timeout { sent };
        }
        let tls = causes().find_map(<dyn Error>::downcast_ref::<rustls::Error>);
        match tls.map(TlsFault::of) {
            Some(fault) if connecting => return Self::Tls(fault),
            // TLS 1.3 tells of it after the handshake, when the request may be on its way to somebody who does not
            // read it.
            Some(fault @ TlsFault::ClientCertificate) => return Self::Tls(fault),
            _ => {}
        }
        if connecting {
            let tunnel = causes().find_map(<dyn Error>::downcast_ref::<TunnelError>);
            tunnel.map_or(Self::Connect, Self::of_tunnel)
        } else if causes().any(is_reset) {
            Self::Reset { sent }
        } else {
            Self::Other { sent }
        }
    }

    fn of_tunnel(error: &TunnelError) -> Self {
        match error {
            TunnelError::ConnectFailed(_) | TunnelError::MissingHost => Self::Connect,
            TunnelError::ProxyAuthRequired => Self::ProxyAuth,
            TunnelError::Io(_)
            | TunnelError::ProxyHeadersTooLong
            | TunnelError::TunnelUnexpectedEof
            | TunnelError::TunnelUnsuccessful => Self::ProxyRefused,
        }
    }

    /// Short, stable name of the cause, for statistics.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Connect => "connect_error",
            Self::ProxyAuth => "proxy_auth_required",
            Self::ProxyRefused => "proxy_refused",
            Self::Dns => "dns_error",
            Self::Tls(fault) => fault.reason(),
            Self::Timeout { .. } => "timeout",
            Self::Reset { .. } => "connection_reset",
            Self::Other { .. } => "network_error",
        }
    }

    /// The events may have arrived although no answer did.
    #[must_use]
    pub fn maybe_arrived(&self) -> bool {
        match self {
            Self::Connect | Self::ProxyAuth | Self::ProxyRefused | Self::Dns | Self::Tls(_) => {
                false
            }
            Self::Timeout { sent } | Self::Reset { sent } | Self::Other { sent } => *sent,
        }
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
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == TimedOut)
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

/// A future of one answer.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<Response, TransportError>> + Send + 'a>>;

/// Sends requests. Dropping the future gives the request up.
pub trait Transport: Send + Sync + 'static {
    /// Sends `request` once, within the transport's own time limit.
    fn send(&self, request: Request) -> Sending<'_>;
}

/// A checked `intakeUrl`: no trailing slash, so that a stream's path can be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntakeUrl(Box<str>);

impl IntakeUrl {
    /// The URL without a trailing slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why an `intakeUrl` was refused. The URL is not repeated: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the texts say it")]
pub enum IntakeUrlError {
    #[error("intakeUrl is not a URL of visible ASCII characters with at most 2048 bytes")]
    Unparsable,
    #[error("intakeUrl must be https://, or http:// to 127.0.0.0/8, [::1] or localhost")]
    Scheme,
    #[error("intakeUrl must not have a user name or password")]
    UserInfo,
    #[error("intakeUrl must not have a query or fragment")]
    QueryOrFragment,
}

impl IntakeUrlError {
    /// The stable code of the error: API, unlike the text.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "SPANLANE_INVALID_OPTION"
    }
}

/// Checks the `intakeUrl` option: https, or plain http to loopback only, with an optional path
/// prefix.
///
/// # Errors
/// [`IntakeUrlError`] for any other scheme or host, user info, a query or a fragment.
pub fn parse_intake_url(raw: &str) -> Result<IntakeUrl, IntakeUrlError> {
    let raw = raw.trim();
    // URL parsers drop tabs and newlines and read `\` as `/`: what is dialled would not be what
    // was written.
    let plain = raw.len() <= INTAKE_URL_BYTES_MAX
        && raw
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if !plain {
        return Err(IntakeUrlError::Unparsable);
    }
    let url = Url::parse(raw).map_err(|_| IntakeUrlError::Unparsable)?;
    if !is_allowed(url.scheme(), url.host_str()) {
        return Err(IntakeUrlError::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(IntakeUrlError::UserInfo);
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(IntakeUrlError::QueryOrFragment);
    }
    Ok(IntakeUrl(url.as_str().trim_end_matches('/').into()))
}

/// True for https, and for plain http to this machine: a key never crosses a network in clear.
pub(super) fn is_allowed(scheme: &str, host: Option<&str>) -> bool {
    match (scheme, host) {
        ("https", Some(_)) => true,
        ("http", Some(host)) => {
            host == "localhost" || address(host).is_some_and(|address| address.is_loopback())
        }
        _ => false,
    }
}

/// The address that a URL's host is, without the brackets of IPv6.
pub(super) fn address(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[')
        .trim_end_matches(']')
        .parse()
        .ok()
}

#[cfg(test)]
mod tests;
