//! The real transport against a scripted server: what goes over the wire, and what every kind
//! of broken answer is taken for.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod scripted;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use scripted::{KEY, Server, request, transport, transport_with_timeout};
use spanlane::delivery::{Request, Response, Transport, TransportError};

/// Larger than what the kernel and hyper buffer together, so that it cannot all be taken by a
/// connection nobody reads from.
const HUGE_BYTES: usize = 32 * 1024 * 1024;

/// For the tests that wait for a time-out to happen.
const SHORT: Duration = Duration::from_millis(300);

fn huge(url: &str) -> Request {
    Request {
        body: Bytes::from(vec![b'x'; HUGE_BYTES]),
        ..request(url)
    }
}

#[tokio::test]
async fn a_request_has_its_headers_and_three_of_http() {
    let server = Server::answering(202);
    let transport = transport();
    transport.send(request(&server.url())).await.unwrap();
    let plain = server.next();
    assert!(plain.head.starts_with("POST /api/v2/llmobs HTTP/1.1\r\n"));
    assert_eq!(
        plain.header_names(),
        [
            "accept",
            "content-length",
            "content-type",
            "dd-api-key",
            "host"
        ]
    );
    assert_eq!(plain.header("content-type"), Some("application/json"));
    assert_eq!(plain.header("dd-api-key"), Some(KEY));
    assert_eq!(plain.header("host"), Some(&*server.address.to_string()));
    assert_eq!(plain.header("content-length"), Some("9"));
    assert_eq!(plain.body, b"[{\"a\":1}]");
}

#[tokio::test]
async fn the_body_of_a_success_is_waited_for_where_it_counts() {
    for (awaits_body, body) in [(true, "late"), (false, "")] {
        let server = Server::start(|connection| {
            connection.request();
            connection.write("HTTP/1.1 200 X\r\ncontent-length: 4\r\n\r\n");
            let (_sender, never) = std::sync::mpsc::channel::<()>();
            never.recv_timeout(SHORT).unwrap_err();
            connection.write("late");
        });
        let request = Request {
            awaits_body,
            ..request(&server.url())
        };
        let answer = transport().send(request).await.unwrap();
        assert_eq!((answer.status, &*answer.body), (200, body.as_bytes()));
    }
}

#[tokio::test]
async fn a_body_in_many_pieces_arrives_whole() {
    let server = Server::answering(202);
    let body: Bytes = (0..5_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    for bytes in [64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, body.len()] {
        let request = Request {
            body: body.slice(..bytes),
            ..request(&server.url())
        };
        transport().send(request).await.unwrap();
        assert_eq!(server.next().body, body[..bytes], "{bytes}");
    }
}

#[tokio::test]
async fn the_headers_that_delivery_acts_on_are_read() {
    let server = Server::start(|connection| {
        connection.request();
        connection.write(concat!(
            "HTTP/1.1 429 Too Many Requests\r\n",
            "Date: Wed, 21 Oct 2026 07:28:00 GMT\r\n",
            "Retry-After: 1\r\n",
            "retry-after: 120\r\n",
            "X-RateLimit-Reset: 17\r\n",
            "X-Other: \u{fe}\r\n",
            "content-length: 0\r\n\r\n",
        ));
    });
    assert_eq!(
        transport().send(request(&server.url())).await,
        Ok(Response {
            status: 429,
            retry_after: Some("1, 120".to_owned()),
            rate_limit_reset: Some("17".to_owned()),
            date: Some("Wed, 21 Oct 2026 07:28:00 GMT".to_owned()),
            body: Bytes::new(),
        })
    );
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_the_key_goes_nowhere_else() {
    let elsewhere = Server::answering(202);
    for status in [301, 302, 303, 307, 308] {
        let location = elsewhere.url();
        let server = Server::start(move |connection| {
            connection.request();
            connection.write(&format!(
                "HTTP/1.1 {status} X\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"
            ));
        });
        let answer = transport().send(request(&server.url())).await.unwrap();
        assert_eq!(answer.status, status);
    }
    // A request of our own is the first that `elsewhere` sees.
    transport()
        .send(request(&format!("{}/own", elsewhere.url())))
        .await
        .unwrap();
    assert!(elsewhere.next().head.contains("/own "));
    assert!(elsewhere.saw_nothing());
}

#[tokio::test]
async fn a_connection_is_used_again_except_for_a_fresh_request() {
    let server = Server::answering(202);
    let transport = transport();
    let fresh = Request {
        fresh_connection: true,
        ..request(&server.url())
    };
    let mut connections = Vec::new();
    for next in [
        request(&server.url()),
        request(&server.url()),
        fresh.clone(),
        fresh,
        request(&server.url()),
    ] {
        transport.send(next).await.unwrap();
        connections.push(server.next().connection);
    }
    assert_eq!(connections, [0, 0, 1, 2, 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stalled_request_does_not_hold_up_another() {
    let server = Server::start(|connection| {
        while connection.request().is_some() {
            if connection.index == 0 {
                return connection.hold();
            }
            connection.answer(202);
        }
    });
    let transport = Arc::new(transport());
    let (stalled, url) = (Arc::clone(&transport), server.url());
    let stalled = tokio::spawn(async move { stalled.send(request(&url)).await });
    assert_eq!(server.next().connection, 0);
    for _ in 0..3 {
        assert_eq!(
            transport.send(request(&server.url())).await.unwrap().status,
            202
        );
        // Which one, the pool decides: an answered connection is back in it a moment after the answer.
        assert_ne!(server.next().connection, 0);
    }
    assert!(!stalled.is_finished());
}

#[tokio::test]
async fn a_connection_closed_instead_of_an_answer_is_a_reset() {
    // Connection 0 answers once and then closes on the next request; the others close at once.
    let server = Server::start(|connection| {
        if connection.index == 0 && connection.request().is_some() {
            connection.answer(202);
        }
        connection.request();
    });
    let transport = transport();
    assert!(transport.send(request(&server.url())).await.is_ok());
    for _ in 0..2 {
        assert_eq!(
            transport.send(request(&server.url())).await,
            Err(TransportError::Reset { sent: true })
        );
    }
}

#[tokio::test]
async fn a_connection_closed_amid_the_answers_head_is_a_reset() {
    let server = Server::start(|connection| {
        connection.request();
        connection.write("HTTP/1.1 202 Acc");
    });
    assert_eq!(
        transport().send(request(&server.url())).await,
        Err(TransportError::Reset { sent: true })
    );
}

#[tokio::test]
async fn a_connection_closed_amid_the_body_did_not_take_it_all() {
    let server = Server::start(|connection| {
        connection.head();
    });
    assert_eq!(
        transport().send(huge(&server.url())).await,
        Err(TransportError::Reset { sent: false })
    );
}

#[tokio::test]
async fn an_answer_before_the_body_was_read_is_an_answer() {
    let server = Server::start(|connection| {
        connection.head();
        connection.answer(413);
        connection.hold();
    });
    let answer = transport().send(huge(&server.url())).await;
    assert_eq!(answer.map(|answer| answer.status), Ok(413));
}

#[tokio::test]
async fn no_answer_in_time_is_a_time_out_that_knows_whether_all_was_sent() {
    let transport = transport_with_timeout(SHORT);
    let reads_all = Server::start(|connection| {
        connection.request();
        connection.hold();
    });
    assert_eq!(
        transport.send(request(&reads_all.url())).await,
        Err(TransportError::Timeout { sent: true })
    );
    // Never accepted: the kernel's queue completes the handshake, nobody reads.
    let reads_nothing = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", reads_nothing.local_addr().unwrap());
    assert_eq!(
        transport.send(huge(&url)).await,
        Err(TransportError::Timeout { sent: false })
    );
}

#[tokio::test]
async fn a_server_that_trickles_is_cut_off_by_the_total_time() {
    let server = Server::start(|connection| {
        connection.request();
        // Ends when the client hangs up and the write fails.
        while connection.stream.write_all(b"H").is_ok() {
            std::thread::park_timeout(Duration::from_millis(20));
        }
    });
    let answer = transport_with_timeout(SHORT)
        .send(request(&server.url()))
        .await;
    assert!(
        matches!(
            answer,
            Err(TransportError::Timeout { sent: true } | TransportError::Other { sent: true })
        ),
        "{answer:?}"
    );
}

#[tokio::test]
async fn an_answer_is_its_head_and_a_body_that_never_ends_is_let_go() {
    for status in [202, 400, 503] {
        for body in [
            "content-length: 100\r\n\r\n{",
            "transfer-encoding: chunked\r\n\r\n1\r\n{\r\n",
            "\r\n{",
        ] {
            let (closed, was_closed) = std::sync::mpsc::channel();
            let server = Server::start(move |connection| {
                connection.request();
                connection.write(&format!("HTTP/1.1 {status} X\r\n{body}"));
                connection.hold();
                closed.send(()).unwrap();
            });
            // The time limit of the request is 10 s.
            let (transport, patience) = (transport(), Duration::from_secs(2));
            let answer = tokio::time::timeout(patience, transport.send(request(&server.url())));
            let answer = answer.await.unwrap().unwrap();
            assert_eq!(answer.status, status, "{body}");
            assert!(matches!(&answer.body[..], b"{" | b""), "{body}");
            let hung_up = tokio::task::spawn_blocking(move || was_closed.recv_timeout(patience));
            assert_eq!(hung_up.await.unwrap(), Ok(()), "{status} {body}");
        }
    }
}

#[tokio::test]
async fn an_answer_cut_short_in_its_body_is_still_the_answer() {
    for status in [202, 400] {
        let server = Server::start(move |connection| {
            connection.request();
            connection.write(&format!(
                "HTTP/1.1 {status} X\r\ncontent-length: 100\r\n\r\n{{"
            ));
        });
        let answer = transport().send(request(&server.url())).await;
        assert_eq!(answer.map(|answer| answer.status), Ok(status));
    }
}

#[tokio::test]
async fn a_refusal_says_why_in_at_most_64_kib() {
    for (bytes, offered) in [
        (0, 0),
        (17, 17),
        (64 * 1024, 64 * 1024),
        (64 * 1024 + 1, 64 * 1024),
        (1024 * 1024, 64 * 1024),
    ] {
        let server = Server::start(move |connection| {
            connection.request();
            let body = "x".repeat(bytes);
            connection.write(&format!(
                "HTTP/1.1 400 X\r\ncontent-length: {bytes}\r\n\r\n{body}"
            ));
        });
        let answer = transport().send(request(&server.url())).await.unwrap();
        assert_eq!(answer.body.len(), offered, "{bytes}");
        assert!(answer.body.iter().all(|&byte| byte == b'x'));
    }
}

#[tokio::test]
async fn a_body_up_to_64_kib_keeps_the_connection_and_a_longer_one_costs_it() {
    for (bytes, kept) in [(64 * 1024, true), (1024 * 1024, false)] {
        let server = Server::start(move |connection| {
            while connection.request().is_some() {
                let body = "x".repeat(bytes);
                connection.write(&format!(
                    "HTTP/1.1 202 X\r\ncontent-length: {bytes}\r\n\r\n{body}"
                ));
            }
        });
        let transport = transport();
        let mut connections = std::collections::HashSet::new();
        // On a busy machine a body is read behind the caller's back, and the next request may be faster.
        for _ in 0..10 {
            transport.send(request(&server.url())).await.unwrap();
            connections.insert(server.next().connection);
        }
        assert_eq!(connections.len() < 10, kept, "{bytes}: {connections:?}");
    }
}

#[tokio::test]
async fn the_body_of_a_request_is_let_go_when_it_was_answered() {
    struct Owner(Vec<u8>, std::sync::mpsc::Sender<()>);
    impl AsRef<[u8]> for Owner {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }
    impl Drop for Owner {
        fn drop(&mut self) {
            self.1.send(()).unwrap();
        }
    }
    // The second server answers without reading.
    let servers = [
        Server::answering(202),
        Server::start(|connection| {
            connection.head();
            connection.answer(413);
            connection.hold();
        }),
    ];
    for server in servers {
        let (dropped, was_dropped) = std::sync::mpsc::channel();
        let request = Request {
            body: Bytes::from_owner(Owner(vec![b'x'; HUGE_BYTES], dropped)),
            ..request(&server.url())
        };
        transport().send(request).await.unwrap();
        let wait = move || was_dropped.recv_timeout(Duration::from_secs(5));
        let let_go = tokio::task::spawn_blocking(wait).await.unwrap();
        assert_eq!(let_go, Ok(()));
    }
}

#[tokio::test]
async fn a_compressed_answer_is_not_unpacked() {
    // Not gzip at all: a client that unpacked it would fail.
    let server = Server::start(|connection| {
        connection.request();
        connection
            .write("HTTP/1.1 202 X\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nxxx");
    });
    let answer = transport().send(request(&server.url())).await;
    assert_eq!(answer.map(|answer| answer.status), Ok(202));
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_an_error_and_no_crash() {
    for text in [
        "SSH-2.0-OpenSSH_9.6\r\n\r\n",
        "\0\0\0\0\0\0\0\0\0\0\0\0\r\n\r\n",
        "HTTP/1.1 2x2 OK\r\n\r\n",
        "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
    ] {
        let server = Server::start(move |connection| {
            connection.request();
            connection.write(text);
            connection.hold();
        });
        assert_eq!(
            transport().send(request(&server.url())).await,
            Err(TransportError::Other { sent: true }),
            "{text:?}"
        );
    }
}

#[tokio::test]
async fn endless_headers_are_cut_off() {
    let server = Server::start(|connection| {
        connection.request();
        connection.write("HTTP/1.1 202 X\r\n");
        let line = format!("x-filler: {}\r\n", "x".repeat(8_000));
        while connection.stream.write_all(line.as_bytes()).is_ok() {}
    });
    assert_eq!(
        transport().send(request(&server.url())).await,
        Err(TransportError::Other { sent: true })
    );
}

#[tokio::test]
async fn a_port_nobody_listens_on_is_a_connect_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(
        transport().send(request(&url)).await,
        Err(TransportError::Connect)
    );
}

#[tokio::test]
async fn a_key_is_never_sent_in_clear_to_another_machine() {
    for url in [
        "http://192.0.2.1/",
        "http://datadoghq.com/",
        "http://localhost.example/",
        "ftp://127.0.0.1/",
        "not a url",
        "",
    ] {
        // At once and without a name look-up: the time limit would be 10 s.
        assert_eq!(
            transport().send(request(url)).await,
            Err(TransportError::Other { sent: false }),
            "{url}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_given_up_closes_its_connection() {
    let (closed, was_closed) = std::sync::mpsc::channel();
    let server = Server::start(move |connection| {
        connection.request();
        connection.hold();
        closed.send(()).unwrap();
    });
    let url = server.url();
    let given_up = tokio::spawn(async move { transport().send(request(&url)).await });
    server.next();
    given_up.abort();
    was_closed.recv_timeout(Duration::from_secs(5)).unwrap();
}
