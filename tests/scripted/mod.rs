//! A loopback TCP server whose every connection runs a script, plain or with TLS, and a
//! certificate authority for it. Blocking threads, so that a script reads as what it does.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "shared by test binaries, each of which uses its part"
)]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::{WantsServerCert, WebPkiClientVerifier};
use rustls::{
    ConfigBuilder, RootCertStore, ServerConfig, ServerConnection, StreamOwned, WantsVerifier,
};
use spanlane::delivery::{HttpTransport, Request, TransportSettings};
use spanlane::tenant::{ApiKey, Endpoint, Site};
use spanlane::wire::{Datadog, Wire};

pub const KEY: &str = "0123456789abcdef0123456789abcdef";

/// Longest a test waits for something that must happen.
const PATIENCE: Duration = Duration::from_secs(10);

/// A request as the server got it.
#[derive(Debug)]
pub struct Seen {
    /// Which connection it came over, in the order of arrival.
    pub connection: usize,
    pub head: String,
    pub body: Vec<u8>,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub fn header_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .head
            .lines()
            .skip(1)
            .filter_map(|line| Some(line.split_once(':')?.0.to_ascii_lowercase()))
            .collect();
        names.sort();
        names
    }
}

pub trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// One accepted connection, in the hands of a script.
pub struct Connection {
    pub index: usize,
    pub stream: Box<dyn Stream>,
    pub tcp: TcpStream,
    seen: Sender<Seen>,
}

impl Connection {
    /// Reads one request; `None` when the client closed the connection instead.
    pub fn request(&mut self) -> Option<()> {
        let head = self.head()?;
        let mut seen = Seen {
            connection: self.index,
            head,
            body: Vec::new(),
        };
        let length = seen
            .header("content-length")
            .map_or(0, |n| n.parse().unwrap());
        seen.body.resize(length, 0);
        self.stream.read_exact(&mut seen.body).ok()?;
        self.seen.send(seen).ok()
    }

    /// Reads up to the empty line after the headers.
    pub fn head(&mut self) -> Option<String> {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            self.stream.read_exact(&mut byte).ok()?;
            head.push(byte[0]);
        }
        Some(String::from_utf8(head).unwrap())
    }

    pub fn write(&mut self, text: &str) {
        // The client may be gone by now, which some scripts provoke.
        let _ = self.stream.write_all(text.as_bytes());
        let _ = self.stream.flush();
    }

    pub fn answer(&mut self, status: u16) {
        self.write(&format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n"));
    }

    /// Closes with RST instead of FIN: unread data makes the kernel do so.
    pub fn close(&self) {
        let _ = self.tcp.shutdown(Shutdown::Both);
    }

    /// The same where what comes is not to be understood.
    pub fn hold_raw(&mut self) {
        let mut rest = [0; 4 * 1024];
        while self.tcp.read(&mut rest).is_ok_and(|bytes| bytes > 0) {}
    }

    /// Holds the connection open until the client closes it.
    pub fn hold(&mut self) {
        let mut rest = [0; 4 * 1024];
        while self.stream.read(&mut rest).is_ok_and(|bytes| bytes > 0) {}
    }
}

/// A running server.
pub struct Server {
    pub address: SocketAddr,
    seen: Receiver<Seen>,
}

impl Server {
    /// Runs `script` for each connection.
    pub fn start(script: impl Fn(&mut Connection) + Send + Sync + 'static) -> Self {
        Self::listen(None, script)
    }

    /// The same behind TLS.
    pub fn start_tls(
        tls: Arc<ServerConfig>,
        script: impl Fn(&mut Connection) + Send + Sync + 'static,
    ) -> Self {
        Self::listen(Some(tls), script)
    }

    fn listen(
        tls: Option<Arc<ServerConfig>>,
        script: impl Fn(&mut Connection) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, seen) = channel();
        let script = Arc::new(script);
        thread::spawn(move || {
            for (index, tcp) in listener.incoming().enumerate() {
                let tcp = tcp.unwrap();
                let stream: Box<dyn Stream + Send> = match &tls {
                    Some(tls) => {
                        let session = ServerConnection::new(Arc::clone(tls)).unwrap();
                        Box::new(StreamOwned::new(session, tcp.try_clone().unwrap()))
                    }
                    None => Box::new(tcp.try_clone().unwrap()),
                };
                let (script, seen) = (Arc::clone(&script), sender.clone());
                thread::spawn(move || {
                    let mut connection = Connection {
                        index,
                        stream,
                        tcp,
                        seen,
                    };
                    script(&mut connection);
                    connection.close();
                });
            }
        });
        Self { address, seen }
    }

    /// A server that answers everything with `status`.
    pub fn answering(status: u16) -> Self {
        Self::start(move |connection| {
            while connection.request().is_some() {
                connection.answer(status);
            }
        })
    }

    pub fn url(&self) -> String {
        format!("http://{}/api/v2/llmobs", self.address)
    }

    /// The next request that arrived.
    pub fn next(&self) -> Seen {
        self.seen.recv_timeout(PATIENCE).expect("a request")
    }

    /// True when no request is waiting to be looked at.
    pub fn saw_nothing(&self) -> bool {
        self.seen.recv_timeout(Duration::ZERO).err() == Some(RecvTimeoutError::Timeout)
    }
}

/// A certificate authority and servers it vouches for.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self {
            issuer: CertifiedIssuer::self_signed(params, key).unwrap(),
        }
    }

    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Server settings with a certificate for `names`, for the given versions of TLS.
    pub fn server(
        &self,
        names: &[&str],
        versions: &[&'static rustls::SupportedProtocolVersion],
    ) -> Arc<ServerConfig> {
        self.server_with(&certificate_for(names), versions)
    }

    /// The same with a certificate of any kind.
    pub fn server_with(
        &self,
        certificate: &CertificateParams,
        versions: &[&'static rustls::SupportedProtocolVersion],
    ) -> Arc<ServerConfig> {
        let builder = builder(versions).with_no_client_auth();
        self.config(builder, certificate)
    }

    /// A server that wants a certificate of its clients.
    pub fn server_for_clients_with_certificates(
        &self,
        names: &[&str],
        versions: &[&'static rustls::SupportedProtocolVersion],
    ) -> Arc<ServerConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
        let builder = builder(versions).with_client_cert_verifier(verifier.build().unwrap());
        self.config(builder, &certificate_for(names))
    }

    fn config(
        &self,
        builder: ConfigBuilder<ServerConfig, WantsServerCert>,
        certificate: &CertificateParams,
    ) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let certificate = certificate.signed_by(&key, &self.issuer).unwrap();
        let mut config = builder
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Arc::new(config)
    }
}

/// What a certificate for `names` says.
pub fn certificate_for(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    CertificateParams::new(names).unwrap()
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn builder(
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> ConfigBuilder<ServerConfig, WantsVerifier> {
    ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(versions)
        .unwrap()
}

pub fn settings() -> TransportSettings {
    TransportSettings {
        ca_pem: Vec::new(),
        proxy_url: None,
        no_proxy: None,
        request_timeout: PATIENCE,
        idle_connections_per_host: 8,
    }
}

pub fn transport() -> HttpTransport {
    HttpTransport::new(&settings()).unwrap()
}

pub fn transport_with_timeout(request_timeout: Duration) -> HttpTransport {
    HttpTransport::new(&TransportSettings {
        request_timeout,
        ..settings()
    })
    .unwrap()
}

pub fn request(url: &str) -> Request {
    keyed_request(url, KEY)
}

pub fn keyed_request(url: &str, key: &str) -> Request {
    let endpoint = Endpoint {
        api_key: ApiKey::parse(key).unwrap(),
        site: Site::parse("datadoghq.com", &[]).unwrap(),
    };
    Request {
        url: url.to_owned(),
        headers: Datadog::new("test").headers(spanlane::wire::Stream::Spans, &endpoint),
        body: Bytes::from_static(b"[{\"a\":1}]"),
        fresh_connection: false,
        awaits_body: false,
    }
}
