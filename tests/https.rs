//! Trust and proxies: the real TLS stack with an authority of our own, the real host names behind
//! a CONNECT proxy on loopback.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod scripted;

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;

use rcgen::date_time_ymd;
use rustls::version::{TLS12, TLS13};
use scripted::{
    Authority, Connection, KEY, Server, certificate_for, keyed_request, request, settings,
};
use spanlane::delivery::{
    HttpTransport, TlsFault, Transport, TransportError, TransportSettings, TransportSetupError,
};

const LOCAL: &[&str] = &["127.0.0.1", "localhost"];

fn trusting(pem: &[String]) -> HttpTransport {
    HttpTransport::new(&TransportSettings {
        ca_pem: pem.to_vec(),
        ..settings()
    })
    .unwrap()
}

fn answer_all(connection: &mut Connection) {
    while connection.request().is_some() {
        connection.answer(202);
    }
}

fn https(server: &Server) -> String {
    format!("https://{}/api/v2/llmobs", server.address)
}

#[tokio::test]
async fn tls_1_2_and_1_3_are_spoken_with_http_1_1() {
    let authority = Authority::new();
    for version in [&TLS12, &TLS13] {
        let server = Server::start_tls(authority.server(LOCAL, &[version]), answer_all);
        let transport = trusting(&[authority.pem()]);
        let answer = transport.send(request(&https(&server))).await;
        assert_eq!(answer.map(|answer| answer.status), Ok(202), "{version:?}");
        let seen = server.next();
        assert!(seen.head.starts_with("POST /api/v2/llmobs HTTP/1.1\r\n"));
        assert_eq!(seen.header("dd-api-key"), Some(KEY));
    }
}

#[tokio::test]
async fn only_the_given_roots_are_trusted() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let server = Server::start_tls(ours.server(LOCAL, &[&TLS13]), answer_all);
    let url = https(&server);
    for (pem, trusted) in [
        (vec![ours.pem()], true),
        (vec![theirs.pem(), ours.pem()], true),
        (vec![theirs.pem() + &ours.pem()], true),
        (vec!["not a certificate".to_owned(), ours.pem()], true),
        (vec![theirs.pem()], false),
        (vec![], false),
    ] {
        let answer = trusting(&pem).send(request(&url)).await;
        let expected = if trusted {
            Ok(202)
        } else {
            Err(TransportError::Tls(TlsFault::UnknownIssuer))
        };
        assert_eq!(answer.map(|answer| answer.status), expected);
    }
}

#[tokio::test]
async fn a_certificate_for_another_host_is_not_trusted() {
    let authority = Authority::new();
    let server = Server::start_tls(
        authority.server(&["api.datadoghq.com"], &[&TLS13]),
        answer_all,
    );
    assert_eq!(
        trusting(&[authority.pem()])
            .send(request(&https(&server)))
            .await,
        Err(TransportError::Tls(TlsFault::NameMismatch))
    );
    assert!(server.saw_nothing());
}

#[tokio::test]
async fn a_certificate_of_another_time_is_not_trusted() {
    let authority = Authority::new();
    let (past, future) = (date_time_ymd(2001, 1, 1), date_time_ymd(2999, 1, 1));
    for (from, until, fault) in [
        (past, date_time_ymd(2001, 1, 2), TlsFault::Expired),
        (future, date_time_ymd(2999, 1, 2), TlsFault::NotYetValid),
    ] {
        let mut certificate = certificate_for(LOCAL);
        certificate.not_before = from;
        certificate.not_after = until;
        let server = Server::start_tls(authority.server_with(&certificate, &[&TLS13]), answer_all);
        let transport = trusting(&[authority.pem()]);
        let answer = transport.send(request(&https(&server))).await;
        assert_eq!(answer, Err(TransportError::Tls(fault)));
        assert!(server.saw_nothing());
    }
}

#[tokio::test]
async fn a_server_that_wants_a_certificate_of_ours_is_told_from_a_reset() {
    let authority = Authority::new();
    for version in [&TLS12, &TLS13] {
        let config = authority.server_for_clients_with_certificates(LOCAL, &[version]);
        let server = Server::start_tls(config, |connection| {
            assert_eq!(connection.request(), None);
            // Unread data would make a reset of the end.
            connection.hold_raw();
        });
        let transport = trusting(&[authority.pem()]);
        let answer = transport.send(request(&https(&server))).await;
        let fault = TlsFault::ClientCertificate;
        assert_eq!(answer, Err(TransportError::Tls(fault)), "{version:?}");
    }
}

#[tokio::test]
async fn a_server_of_an_older_tls_is_told_from_one_without() {
    let server = Server::start(|connection| {
        connection.tcp.read_exact(&mut [0; 5]).unwrap();
        // A fatal alert: "protocol version".
        connection.tcp.write_all(&[21, 3, 1, 0, 2, 2, 70]).unwrap();
        connection.hold();
    });
    let transport = trusting(&[Authority::new().pem()]);
    let answer = transport.send(request(&https(&server))).await;
    let fault = TlsFault::UnsupportedAlgorithm;
    assert_eq!(answer, Err(TransportError::Tls(fault)));
}

#[tokio::test]
async fn a_server_without_tls_is_a_tls_error() {
    let server = Server::start(|connection| connection.write("HTTP/1.1 400 X\r\n\r\n"));
    assert_eq!(
        trusting(&[Authority::new().pem()])
            .send(request(&https(&server)))
            .await,
        Err(TransportError::Tls(TlsFault::Other))
    );
}

#[tokio::test]
async fn a_server_that_hangs_up_amid_the_handshake_is_a_connect_error() {
    let server = Server::start(|connection| {
        connection.tcp.read_exact(&mut [0; 5]).unwrap();
    });
    assert_eq!(
        trusting(&[Authority::new().pem()])
            .send(request(&https(&server)))
            .await,
        Err(TransportError::Connect)
    );
}

#[test]
fn certificates_of_which_none_is_usable_are_refused_at_once() {
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for pem in [vec![String::new()], vec!["x".to_owned(), broken.to_owned()]] {
        let error = HttpTransport::new(&TransportSettings {
            ca_pem: pem,
            ..settings()
        })
        .unwrap_err();
        assert_eq!(error, TransportSetupError::Ca);
        assert_eq!(error.code(), "SPANLANE_INVALID_OPTION");
        assert!(error.to_string().starts_with("ca "), "{error}");
    }
}

/// Copies bytes both ways until one side closes.
fn tunnel(connection: &mut Connection, to: SocketAddr) {
    let mut upstream = TcpStream::connect(to).unwrap();
    let mut back = (
        connection.tcp.try_clone().unwrap(),
        upstream.try_clone().unwrap(),
    );
    let copier = thread::spawn(move || {
        let _ = std::io::copy(&mut back.1, &mut back.0);
        let _ = back.0.shutdown(Shutdown::Both);
    });
    let _ = std::io::copy(&mut connection.tcp, &mut upstream);
    let _ = upstream.shutdown(Shutdown::Both);
    copier.join().unwrap();
}

/// A proxy that connects every host to `to`, and the heads of the requests it got.
fn proxy(to: SocketAddr) -> Server {
    Server::start(move |connection| {
        connection.request();
        connection.write("HTTP/1.1 200 Connected\r\n\r\n");
        tunnel(connection, to);
    })
}

fn proxied(authority: &Authority, proxy: &str, no_proxy: Option<&str>) -> HttpTransport {
    HttpTransport::new(&TransportSettings {
        ca_pem: vec![authority.pem()],
        proxy_url: Some(proxy.to_owned()),
        no_proxy: no_proxy.map(str::to_owned),
        ..settings()
    })
    .unwrap()
}

#[tokio::test]
async fn each_key_reaches_its_own_host_through_the_proxy_unseen() {
    let hosts = [
        "llmobs-intake.datadoghq.eu",
        "llmobs-intake.us5.datadoghq.com",
    ];
    let authority = Authority::new();
    let intake = Server::start_tls(authority.server(&hosts, &[&TLS13]), answer_all);
    let proxy = proxy(intake.address);
    let url = format!("http://us%40er:p%3Ass@{}", proxy.address);
    let transport = proxied(&authority, &url, None);
    for (host, key) in [
        (hosts[0], "key-a"),
        (hosts[1], "key-a"),
        (hosts[1], "key-b"),
    ] {
        let request = keyed_request(&format!("https://{host}/api/v2/llmobs"), key);
        assert_eq!(transport.send(request).await.unwrap().status, 202);
        let arrived = intake.next();
        assert_eq!(arrived.header("host"), Some(host));
        assert_eq!(arrived.header("dd-api-key"), Some(key));
        assert_eq!(arrived.header("proxy-authorization"), None);
    }
    for host in hosts {
        let connect = proxy.next();
        assert!(
            connect
                .head
                .starts_with(&format!("CONNECT {host}:443 HTTP/1.1\r\n"))
        );
        // base64 of `us@er:p:ss`.
        assert_eq!(
            connect.header("proxy-authorization"),
            Some("Basic dXNAZXI6cDpzcw==")
        );
        assert_eq!(connect.header("dd-api-key"), None);
    }
    assert!(
        proxy.saw_nothing(),
        "the third request used the second's connection"
    );
}

#[tokio::test]
async fn a_proxy_gets_its_user_and_password_as_curl_sends_them() {
    let authority = Authority::new();
    let intake = Server::start_tls(authority.server(LOCAL, &[&TLS13]), answer_all);
    for (user, sent) in [
        ("", None),
        // base64 of `user:`, `:pass` and `üser:pass`.
        ("user@", Some("Basic dXNlcjo=")),
        (":pass@", Some("Basic OnBhc3M=")),
        ("%C3%BCser:pass@", Some("Basic w7xzZXI6cGFzcw==")),
    ] {
        let proxy = proxy(intake.address);
        let transport = proxied(&authority, &format!("{user}{}", proxy.address), None);
        transport.send(request(&https(&intake))).await.unwrap();
        let connect = proxy.next();
        assert_eq!(connect.header("proxy-authorization"), sent, "{user}");
    }
}

#[tokio::test]
async fn no_proxy_hosts_are_reached_directly() {
    let authority = Authority::new();
    let intake = Server::start_tls(authority.server(LOCAL, &[&TLS13]), answer_all);
    let proxy = proxy(intake.address);
    let url = format!("http://{}", proxy.address);
    for (no_proxy, through) in [
        (None, true),
        (Some("datadoghq.com"), true),
        (Some("10.0.0.0/8,127.0.0.0/8"), false),
        (Some("127.0.0.1:1"), true),
        (
            Some(&*format!("127.0.0.1:{}", intake.address.port())),
            false,
        ),
        (Some("*"), false),
    ] {
        let transport = proxied(&authority, &url, no_proxy);
        transport.send(request(&https(&intake))).await.unwrap();
        intake.next();
        assert_eq!(!proxy.saw_nothing(), through, "{no_proxy:?}");
    }
}

#[tokio::test]
async fn a_proxy_may_itself_be_reached_by_tls() {
    let authority = Authority::new();
    let intake = Server::start_tls(authority.server(LOCAL, &[&TLS13]), answer_all);
    let refusing = Server::start_tls(authority.server(LOCAL, &[&TLS13]), |connection| {
        connection.request();
        connection.write("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
    });
    let transport = proxied(&authority, &format!("https://{}", refusing.address), None);
    assert_eq!(
        transport.send(request(&https(&intake))).await,
        Err(TransportError::ProxyRefused)
    );
    assert!(refusing.next().head.starts_with("CONNECT "));
    assert!(intake.saw_nothing());
}

#[tokio::test]
async fn a_proxy_that_refuses_says_whether_it_wants_to_know_who_asks() {
    let authority = Authority::new();
    for (answer, error) in [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n",
            TransportError::ProxyAuth,
        ),
        (
            "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n",
            TransportError::ProxyRefused,
        ),
        ("SSH-2.0\r\n\r\n", TransportError::ProxyRefused),
        // It hangs up.
        ("", TransportError::ProxyRefused),
    ] {
        let proxy = Server::start(move |connection| {
            connection.request();
            connection.write(answer);
        });
        let transport = proxied(&authority, &format!("http://{}", proxy.address), None);
        let request = request("https://llmobs-intake.datadoghq.com/");
        assert_eq!(transport.send(request).await, Err(error), "{answer}");
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_a_connect_error() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = gone.local_addr().unwrap();
    drop(gone);
    let transport = proxied(&Authority::new(), &format!("http://{address}"), None);
    let request = request("https://llmobs-intake.datadoghq.com/");
    assert_eq!(transport.send(request).await, Err(TransportError::Connect));
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_a_dns_error() {
    // A label over 63 bytes fails in the resolver library; nothing leaves the machine. As the
    // proxy's name, because TLS would refuse it before it is looked up.
    let proxy = format!("http://{}.invalid:3128", "a".repeat(64));
    let transport = proxied(&Authority::new(), &proxy, None);
    let answer = transport
        .send(request("https://llmobs-intake.datadoghq.com/"))
        .await;
    assert_eq!(answer, Err(TransportError::Dns));
}

#[tokio::test]
async fn plain_http_to_loopback_ignores_the_proxy() {
    let intake = Server::answering(202);
    let proxy = proxy(intake.address);
    let transport = proxied(
        &Authority::new(),
        &format!("http://{}", proxy.address),
        None,
    );
    assert_eq!(
        transport.send(request(&intake.url())).await.unwrap().status,
        202
    );
    assert!(proxy.saw_nothing());
}

#[tokio::test]
async fn nothing_that_is_printed_holds_the_key_or_the_proxys_password() {
    let settings = TransportSettings {
        proxy_url: Some("http://u:secret@127.0.0.1:1".to_owned()),
        ca_pem: vec![Authority::new().pem()],
        ..settings()
    };
    let transport = HttpTransport::new(&settings).unwrap();
    let request = request("https://llmobs-intake.datadoghq.com/");
    let shown = format!("{settings:?} {transport:?} {request:?}");
    let error = transport.send(request).await.unwrap_err();
    let shown = format!("{shown} {error:?} {error} {}", error.reason());
    for secret in [KEY, "secret", "127.0.0.1", "datadoghq"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
