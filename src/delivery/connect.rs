//! How a connection to an intake is opened.
//!
//! Owns the steps to it: name look-up, TCP, the proxy's CONNECT, TLS. All of them are hyper-util's and
//! hyper-rustls'; here they are put in order. Never: pools, repeats, or shows the proxy's password.

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper_rustls::{DefaultServerNameResolver, HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tower_service::Service;

use super::proxy::ProxyRules;
use super::resolve::Names;

/// A peer that is gone without a word is noticed after about a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const KEEP_ALIVE_PROBES: u32 = 3;

/// Bytes that nobody acknowledges for so long end their connection.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(30);

/// Opens a connection to where a request goes, and TLS in it if it is https.
pub(super) type Connector = HttpsConnector<Way>;

type Tcp = HttpConnector<Names>;

/// The connection to the host itself, or to the proxy.
type Hop = MaybeHttpsStream<TokioIo<TcpStream>>;

type BoxError = Box<dyn Error + Send + Sync>;

/// Opens what TLS to the intake runs in: a connection to it, or a tunnel through the proxy.
#[derive(Clone)]
pub(super) struct Way {
    tcp: Tcp,
    proxy: Option<Proxied>,
}

#[derive(Clone)]
struct Proxied {
    rules: ProxyRules,
    to_proxy: HttpsConnector<Tcp>,
}

/// What opens connections by these rules. With `https_only` it refuses to open any other.
pub(super) fn connector(
    names: Names,
    tls: ClientConfig,
    proxy: Option<ProxyRules>,
    https_only: bool,
) -> Connector {
    let mut tcp = HttpConnector::new_with_resolver(names);
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_keepalive(Some(KEEP_ALIVE));
    tcp.set_keepalive_interval(Some(KEEP_ALIVE));
    tcp.set_keepalive_retries(Some(KEEP_ALIVE_PROBES));
    #[cfg(target_os = "linux")]
    tcp.set_tcp_user_timeout(Some(UNACKNOWLEDGED_MAX));
    let proxy = proxy.map(|rules| {
        let mut tls = tls.clone();
        // CONNECT is HTTP/1.1 without asking.
        tls.alpn_protocols.clear();
        let to_proxy = HttpsConnector::from((tcp.clone(), tls));
        Proxied { rules, to_proxy }
    });
    let names = Arc::new(DefaultServerNameResolver::default());
    HttpsConnector::new(Way { tcp, proxy }, tls, https_only, names)
}

impl Service<Uri> for Way {
    type Response = Hop;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Hop, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        // The connector to the proxy is ready when this one is: it is made of the same.
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let through = self.proxy.as_ref().and_then(|proxied| {
            let proxy = proxied.rules.proxy_for(&to)?;
            let tunnel = Tunnel::new(proxy.uri().clone(), proxied.to_proxy.clone());
            Some(match proxy.basic_auth() {
                Some(auth) => tunnel.with_auth(auth.clone()),
                None => tunnel,
            })
        });
        if let Some(mut tunnel) = through {
            Box::pin(async move { tunnel.call(to).await.map_err(Into::into) })
        } else {
            let connecting = self.tcp.call(to);
            Box::pin(async move { Ok(MaybeHttpsStream::Http(connecting.await?)) })
        }
    }
}
