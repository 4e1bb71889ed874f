use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener};
use std::thread;

use bytes::Bytes;

use super::*;
use crate::tenant::ApiKey;

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

fn transport() -> HttpTransport {
    HttpTransport::new(&TransportSettings {
        ca_pem: Vec::new(),
        proxy_url: None,
        no_proxy: None,
        request_timeout: Duration::from_secs(5),
        idle_connections_per_host: 1,
    })
    .unwrap()
}

/// Answers every request of every connection with this status.
fn answer_with(status: u16, listener: TcpListener) {
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                let mut bytes = [0; 4096];
                // A request of these tests is one piece.
                while stream.read(&mut bytes).is_ok_and(|read| read > 0) {
                    let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n");
                    stream.write_all(answer.as_bytes()).unwrap();
                }
            });
        }
    });
}

async fn status_of(transport: &HttpTransport, port: u16) -> Result<u16, TransportError> {
    let request = Request {
        url: format!("http://localhost:{port}/"),
        api_key: Arc::new(ApiKey::parse("key").unwrap()),
        body: Bytes::from_static(b"[]"),
        gzip: false,
        intake_host: None,
        fresh_connection: false,
    };
    let answer = transport.send(request).await;
    answer.map(|response| response.status)
}

fn pretend(transport: &HttpTransport, addresses: &[IpAddr]) {
    *transport.resolver.pretended.lock().unwrap() = addresses.to_vec();
}

#[tokio::test(start_paused = true)]
async fn a_client_is_replaced_when_it_is_five_minutes_old() {
    let transport = transport();
    let uri = Uri::from_static("http://127.0.0.1/");
    let made_at = || {
        transport.client(&uri, false).unwrap();
        let clients = transport.plain.lock().unwrap();
        clients.as_ref().unwrap().made_at
    };
    let first = made_at();
    tokio::time::advance(Duration::from_millis(299_999)).await;
    assert_eq!(made_at(), first);
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!(made_at(), first + CLIENT_AGE_MAX);
}

#[tokio::test]
async fn a_name_that_moves_to_another_address_is_followed_when_the_client_is_old() {
    let listener = TcpListener::bind((V4, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    answer_with(202, listener);
    answer_with(204, TcpListener::bind((V6, port)).unwrap());
    let transport = transport();
    pretend(&transport, &[V4]);
    assert_eq!(status_of(&transport, port).await, Ok(202));
    pretend(&transport, &[V6]);
    assert_eq!(
        status_of(&transport, port).await,
        Ok(202),
        "the connection in the pool is still good"
    );
    let age = |clients: &mut Option<Clients>| clients.as_mut().unwrap().made_at -= CLIENT_AGE_MAX;
    age(&mut transport.plain.lock().unwrap());
    assert_eq!(status_of(&transport, port).await, Ok(204));
}

#[tokio::test]
async fn of_a_name_s_addresses_the_one_that_answers_is_used() {
    for (listening, others) in [(V4, [V6, V4]), (V6, [V4, V6])] {
        let listener = TcpListener::bind((listening, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        answer_with(202, listener);
        let transport = transport();
        pretend(&transport, &others);
        assert_eq!(status_of(&transport, port).await, Ok(202), "{listening}");
    }
}
