//! Which intake URLs are taken, and that nothing printable holds a key or a body.

use super::*;

#[test]
fn an_intake_url_is_https_or_loopback() {
    for (raw, kept) in [
        ("https://gateway.example", "https://gateway.example"),
        (" https://gateway.example/ ", "https://gateway.example"),
        (
            "HTTPS://Gateway.Example:8443",
            "https://gateway.example:8443",
        ),
        ("https://gateway.example:443", "https://gateway.example"),
        (
            "https://gateway.example/a/b//",
            "https://gateway.example/a/b",
        ),
        (
            "https://gateway.example/a/../b",
            "https://gateway.example/b",
        ),
        ("https://192.0.2.1", "https://192.0.2.1"),
        ("https://[2001:db8::1]:1", "https://[2001:db8::1]:1"),
        ("http://localhost:8126", "http://localhost:8126"),
        ("http://LOCALHOST", "http://localhost"),
        ("http://127.0.0.1:1/x", "http://127.0.0.1:1/x"),
        ("http://127.255.255.254", "http://127.255.255.254"),
        ("http://127.1", "http://127.0.0.1"),
        ("http://[::1]:65535", "http://[::1]:65535"),
    ] {
        assert_eq!(
            parse_intake_url(raw).map(|url| url.0),
            Ok(kept.into()),
            "{raw}"
        );
    }
}

#[test]
fn an_intake_url_that_would_send_a_key_in_clear_is_refused() {
    for raw in [
        "http://gateway.example",
        "http://126.255.255.255",
        "http://128.0.0.1",
        "http://0.0.0.0",
        "http://[::]",
        "http://[::2]",
        "http://[::ffff:127.0.0.1]",
        "http://localhost.example",
        "http://localhost.",
        "http://localhost%2eexample",
        "http://127.0.0.1.example",
        "http://127.0.0.1@gateway.example",
        "ftp://localhost",
        "file:///etc/hosts",
        "data:text/plain,x",
        "javascript:1",
    ] {
        assert_eq!(parse_intake_url(raw), Err(IntakeUrlError::Scheme), "{raw}");
    }
}

#[test]
fn an_intake_url_has_no_user_query_or_fragment() {
    for (raw, error) in [
        ("https://user@gateway.example", IntakeUrlError::UserInfo),
        ("https://:secret@gateway.example", IntakeUrlError::UserInfo),
        ("http://u:p@localhost", IntakeUrlError::UserInfo),
        ("https://gateway.example?", IntakeUrlError::QueryOrFragment),
        (
            "https://gateway.example/?a=b",
            IntakeUrlError::QueryOrFragment,
        ),
        ("https://gateway.example/#", IntakeUrlError::QueryOrFragment),
    ] {
        assert_eq!(parse_intake_url(raw), Err(error), "{raw}");
        let text = error.to_string();
        assert!(
            text.contains("intakeUrl") && !text.contains("secret"),
            "{text}"
        );
        assert_eq!(error.code(), "SPANLANE_INVALID_OPTION");
    }
}

#[test]
fn an_intake_url_is_visible_ascii_of_at_most_2048_bytes() {
    let of_bytes = |bytes: usize| {
        let start = "https://a.example/";
        start.to_owned() + &"p".repeat(bytes - start.len())
    };
    assert!(parse_intake_url(&of_bytes(2_048)).is_ok());
    for raw in [
        "",
        "gateway.example",
        "//gateway.example",
        "https://",
        "https://a b",
        "https://a\u{0}b",
        "https://a.exa\nmple",
        "https://a.exa\tmple",
        "https://münchen.example",
        "https://gateway。example",
        "https://a.example\\@evil.example",
        "https:\\\\a.example",
        &of_bytes(2_049),
    ] {
        assert_eq!(
            parse_intake_url(raw),
            Err(IntakeUrlError::Unparsable),
            "{raw:?}"
        );
    }
}

#[test]
fn a_request_shows_neither_key_nor_body_nor_url() {
    let name = http::HeaderName::from_static("x-secret");
    let value = http::HeaderValue::from_static("secret-key");
    let request = Request {
        url: "https://gateway.example/secret-url".to_owned(),
        headers: HeaderMap::from_iter([(name, value)]),
        body: Bytes::from_static(b"secret-body"),
        fresh_connection: true,
        awaits_body: false,
    };
    let shown = format!("{request:?}");
    assert!(!shown.contains("secret"), "{shown}");
    assert!(shown.contains("bytes: 11"), "{shown}");
}

#[test]
fn an_answer_does_not_show_its_body() {
    let response = Response {
        status: 400,
        body: Bytes::from_static(b"secret prompt"),
        ..Response::default()
    };
    let shown = format!("{response:?}");
    assert!(!shown.contains("secret"), "{shown}");
    assert!(shown.contains("status: 400") && shown.contains("bytes: 13"));
}

#[test]
fn only_an_error_after_the_last_byte_may_have_arrived() {
    for sent in [true, false] {
        for error in [
            TransportError::Timeout { sent },
            TransportError::Reset { sent },
            TransportError::Other { sent },
        ] {
            assert_eq!(error.maybe_arrived(), sent, "{error:?}");
        }
    }
    for error in [
        TransportError::Connect,
        TransportError::ProxyAuth,
        TransportError::ProxyRefused,
        TransportError::Dns,
        TransportError::Tls(TlsFault::ClientCertificate),
    ] {
        assert!(!error.maybe_arrived(), "{error:?}");
    }
}

#[test]
fn of_tls_errors_those_are_told_apart_that_somebody_can_do_something_about() {
    use rustls::Error::{AlertReceived, InvalidCertificate, PeerIncompatible};
    use rustls::pki_types::{ServerName, UnixTime};

    let time = UnixTime::since_unix_epoch(Duration::from_secs(1));
    let expected = ServerName::try_from("a.example").unwrap();
    let certificates = [
        (CertificateError::UnknownIssuer, TlsFault::UnknownIssuer),
        (CertificateError::BadSignature, TlsFault::UnknownIssuer),
        (CertificateError::NotValidForName, TlsFault::NameMismatch),
        (
            CertificateError::NotValidForNameContext {
                expected,
                presented: Vec::new(),
            },
            TlsFault::NameMismatch,
        ),
        (CertificateError::Expired, TlsFault::Expired),
        (
            CertificateError::ExpiredContext {
                time,
                not_after: time,
            },
            TlsFault::Expired,
        ),
        (CertificateError::NotValidYet, TlsFault::NotYetValid),
        (
            CertificateError::NotValidYetContext {
                time,
                not_before: time,
            },
            TlsFault::NotYetValid,
        ),
        (
            CertificateError::UnsupportedSignatureAlgorithmContext {
                signature_algorithm_id: Vec::new(),
                supported_algorithms: Vec::new(),
            },
            TlsFault::UnsupportedAlgorithm,
        ),
        (CertificateError::Revoked, TlsFault::Other),
    ]
    .map(|(error, fault)| (InvalidCertificate(error), fault));
    let old = rustls::PeerIncompatible::ServerDoesNotSupportTls12Or13;
    let others = [
        (PeerIncompatible(old), TlsFault::UnsupportedAlgorithm),
        (rustls::Error::DecryptError, TlsFault::Other),
    ];
    let alerts = [
        (
            AlertDescription::ProtocolVersion,
            TlsFault::UnsupportedAlgorithm,
        ),
        (
            AlertDescription::InsufficientSecurity,
            TlsFault::UnsupportedAlgorithm,
        ),
        (
            AlertDescription::CertificateRequired,
            TlsFault::ClientCertificate,
        ),
        // Sent for a missing certificate, too, and for anything else.
        (AlertDescription::HandshakeFailure, TlsFault::Other),
    ]
    .map(|(alert, fault)| (AlertReceived(alert), fault));
    for (error, fault) in certificates.into_iter().chain(others).chain(alerts) {
        assert_eq!(TlsFault::of(&error), fault, "{error:?}");
    }
}
