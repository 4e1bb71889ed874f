use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::thread;

use bytes::Bytes;

use super::*;

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

fn transport() -> HttpTransport {
    transport_with_timeout(Duration::from_secs(5))
}

fn transport_with_timeout(request_timeout: Duration) -> HttpTransport {
    HttpTransport::new(&TransportSettings {
        ca_pem: Vec::new(),
        proxy_url: None,
        no_proxy: None,
        request_timeout,
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
        headers: HeaderMap::new(),
        body: Bytes::from_static(b"[]"),
        fresh_connection: false,
        awaits_body: false,
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
    let url = Url::parse("http://127.0.0.1/").unwrap();
    let made_at = || {
        transport.client(&url, false).unwrap();
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

/// Other addresses of this machine that only Linux has without being asked.
#[cfg(target_os = "linux")]
mod several_addresses {
    use tokio::net::{TcpSocket, TcpStream};
    use tokio::time::timeout;

    use super::*;

    const SECOND: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
    const THIRD: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 3));

    /// Nobody answers here: not even "refused". The queue of a listener that accepts nobody is full.
    struct Silent {
        _listener: tokio::net::TcpListener,
        _waiting: Vec<TcpStream>,
    }

    impl Silent {
        async fn at(address: IpAddr, port: u16) -> Self {
            let address = SocketAddr::new(address, port);
            let socket = match address {
                SocketAddr::V4(_) => TcpSocket::new_v4(),
                SocketAddr::V6(_) => TcpSocket::new_v6(),
            };
            let socket = socket.unwrap();
            socket.bind(address).unwrap();
            let listener = socket.listen(1).unwrap();
            let mut waiting = Vec::new();
            let patience = Duration::from_millis(200);
            while let Ok(connected) = timeout(patience, TcpStream::connect(address)).await {
                waiting.push(connected.unwrap());
            }
            Self {
                _listener: listener,
                _waiting: waiting,
            }
        }
    }

    /// A port that is free at the address of the one that answers, and its server.
    fn answering(at: IpAddr) -> u16 {
        let listener = TcpListener::bind((at, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        answer_with(202, listener);
        port
    }

    #[tokio::test]
    async fn silent_addresses_leave_time_for_the_one_that_answers() {
        let port = answering(THIRD);
        let _silent = [Silent::at(V4, port).await, Silent::at(SECOND, port).await];
        for addresses in [&[V4, THIRD][..], &[V4, SECOND, THIRD], &[THIRD, V4]] {
            let transport = transport_with_timeout(Duration::from_secs(3));
            pretend(&transport, addresses);
            let answer = status_of(&transport, port).await;
            assert_eq!(answer, Ok(202), "{addresses:?}");
        }
    }

    #[tokio::test]
    async fn an_address_that_refuses_costs_no_time() {
        let port = answering(SECOND);
        let transport = transport();
        pretend(&transport, &[V4, SECOND]);
        let answer = timeout(Duration::from_secs(1), status_of(&transport, port));
        assert_eq!(answer.await, Ok(Ok(202)));
    }

    #[tokio::test]
    async fn a_silent_family_does_not_hold_up_the_other() {
        for (silent, answers) in [(V6, V4), (V4, V6)] {
            let port = answering(answers);
            let _silent = Silent::at(silent, port).await;
            let transport = transport();
            pretend(&transport, &[silent, answers]);
            let answer = timeout(Duration::from_secs(1), status_of(&transport, port));
            assert_eq!(answer.await, Ok(Ok(202)), "{silent}");
        }
    }

    #[tokio::test]
    async fn all_silent_is_a_time_out_of_which_nothing_was_sent() {
        let port = answering(THIRD);
        let _silent = [Silent::at(V4, port).await, Silent::at(SECOND, port).await];
        let transport = transport_with_timeout(Duration::from_millis(600));
        for addresses in [&[V4][..], &[V4, SECOND]] {
            pretend(&transport, addresses);
            let answer = timeout(Duration::from_millis(600), status_of(&transport, port)).await;
            let timed_out = Err(TransportError::Timeout { sent: false });
            assert_eq!(answer, Ok(timed_out), "{addresses:?}");
        }
    }
}
