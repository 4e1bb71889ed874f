//! Host names to addresses, one look-up per name at a time.
//!
//! Owns the sharing of look-ups, and which addresses a connection tries. The system's resolver
//! blocks a thread for as long as it likes (30 s when its server is silent) and cannot be
//! cancelled; without sharing, every request that times out meanwhile would leave one more thread
//! behind. Never: keeps an answer, because a change of DNS must be seen by the next connection.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::watch;
use tokio::time::timeout;

/// Addresses of one family that a connection tries. They share its time: with many, none would have enough.
const ADDRESSES_MAX: usize = 3;

/// The name was not found, for whatever reason. The system's own error would add nothing that
/// delivery acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("host name not found")]
pub(super) struct NotFound;

/// Longer than a resolver takes. A look-up whose thread the system refused never begins; after this time the next
/// request asks for a thread again.
const LOOKUP_TIME_MAX: Duration = Duration::from_secs(60);

type Found = Result<Arc<[SocketAddr]>, NotFound>;
type Running = Arc<Mutex<HashMap<Box<str>, watch::Receiver<Option<Found>>>>>;

/// The look-ups that are under way.
#[derive(Default)]
pub(super) struct Resolver {
    running: Running,
    turns: AtomicUsize,
    /// What a test wants every name to mean.
    #[cfg(test)]
    pub(super) pretended: Mutex<Vec<std::net::IpAddr>>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let turn = self.turns.fetch_add(1, Ordering::Relaxed);
        #[cfg(test)]
        {
            let pretended = self.pretended.lock().unwrap().clone();
            if !pretended.is_empty() {
                let found: Vec<SocketAddr> = pretended.iter().map(|&ip| (ip, 0).into()).collect();
                return Box::pin(async move { Ok(tried(&found, turn)) });
            }
        }
        let mut answer = self.join_or_start(name.as_str());
        Box::pin(async move {
            // The sender is dropped without an answer only when the runtime ends.
            let found = answer
                .wait_for(Option::is_some)
                .await
                .map_or(None, |found| found.clone());
            Ok(tried(&found.unwrap_or(Err(NotFound))?, turn))
        })
    }
}

impl Resolver {
    fn join_or_start(&self, name: &str) -> watch::Receiver<Option<Found>> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        // An entry whose look-up ended without an answer (its runtime went away) is replaced.
        if let Some(answer) = running
            .get(name)
            .filter(|answer| answer.has_changed().is_ok())
        {
            return answer.clone();
        }
        let (sender, answer) = watch::channel(None);
        running.insert(name.into(), answer.clone());
        tokio::spawn(look_up(name.into(), sender, Arc::clone(&self.running)));
        answer
    }
}

/// The addresses that a connection tries, in the system's order. Of a family that has more than [`ADDRESSES_MAX`], each
/// turn takes others, so that none is out of reach for good.
fn tried(found: &[SocketAddr], turn: usize) -> Addrs {
    let of_family = |is_v6: bool| {
        let all: Vec<SocketAddr> = found
            .iter()
            .filter(|address| address.is_ipv6() == is_v6)
            .copied()
            .collect();
        let count = all.len();
        let skipped = if count > ADDRESSES_MAX {
            turn % count
        } else {
            0
        };
        let tried = count.min(ADDRESSES_MAX);
        all.into_iter().cycle().skip(skipped).take(tried)
    };
    let first_is_v6 = found.first().is_some_and(SocketAddr::is_ipv6);
    Box::new(of_family(first_is_v6).chain(of_family(!first_is_v6)))
}

async fn look_up(name: Box<str>, sender: watch::Sender<Option<Found>>, running: Running) {
    // The port is replaced by the connector.
    let found = timeout(LOOKUP_TIME_MAX, tokio::net::lookup_host((&*name, 0)))
        .await
        .map_or(Err(NotFound), |found| {
            found.map(Iterator::collect).map_err(|_| NotFound)
        });
    running
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .remove(&name);
    // Nobody may be waiting any more.
    let _ = sender.send(Some(found));
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn resolved(names: &Resolver, name: &str) -> Result<Vec<SocketAddr>, String> {
        match names.resolve(name.parse().unwrap()).await {
            Ok(addresses) => Ok(addresses.collect()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn under_way(names: &Resolver) -> usize {
        names.running.lock().unwrap().len()
    }

    fn addresses(of: &[&str]) -> Vec<SocketAddr> {
        let with_port = |ip: &&str| SocketAddr::new(ip.parse().unwrap(), 0);
        of.iter().map(with_port).collect()
    }

    #[test]
    fn a_connection_tries_at_most_three_addresses_of_a_family_in_the_system_s_order() {
        for found in [
            &["192.0.2.1"][..],
            &["192.0.2.3", "192.0.2.1", "192.0.2.2"],
            &["2001:db8::1", "2001:db8::2", "192.0.2.1"],
            &["192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1"],
            &[],
        ] {
            let found = addresses(found);
            for turn in [0, 1, usize::MAX] {
                let tried: Vec<SocketAddr> = tried(&found, turn).collect();
                assert_eq!(tried, found, "{turn}");
            }
        }
    }

    #[test]
    fn of_many_addresses_each_turn_tries_others() {
        let found = addresses(&[
            "2001:db8::1",
            "192.0.2.1",
            "192.0.2.2",
            "192.0.2.3",
            "192.0.2.4",
        ]);
        for (turn, expected) in [
            (0, ["2001:db8::1", "192.0.2.1", "192.0.2.2", "192.0.2.3"]),
            (1, ["2001:db8::1", "192.0.2.2", "192.0.2.3", "192.0.2.4"]),
            (3, ["2001:db8::1", "192.0.2.4", "192.0.2.1", "192.0.2.2"]),
            (4, ["2001:db8::1", "192.0.2.1", "192.0.2.2", "192.0.2.3"]),
        ] {
            let tried: Vec<SocketAddr> = tried(&found, turn).collect();
            assert_eq!(tried, addresses(&expected), "{turn}");
        }
    }

    #[tokio::test]
    async fn a_name_is_looked_up_once_for_all_who_ask_meanwhile() {
        let names = Resolver::default();
        let (first, second, third) = tokio::join!(
            resolved(&names, "localhost"),
            resolved(&names, "localhost"),
            async {
                // Runs after both have asked and before the look-up can have ended.
                let other = resolved(&names, "127.0.0.1");
                assert_eq!(under_way(&names), 1);
                other.await
            }
        );
        let first = first.unwrap();
        assert!(first.iter().all(|address| address.ip().is_loopback()));
        assert_eq!(first, second.unwrap());
        assert_eq!(third.unwrap().len(), 1);
        assert_eq!(under_way(&names), 0, "no answer is kept");
    }

    #[tokio::test]
    async fn a_name_that_does_not_exist_is_an_error_for_everybody_and_not_kept() {
        let names = Resolver::default();
        // A label over 63 bytes fails in the resolver library; nothing leaves the machine.
        let name = format!("{}.invalid", "a".repeat(64));
        let (first, second) = tokio::join!(resolved(&names, &name), resolved(&names, &name));
        assert_eq!(first.unwrap_err(), second.unwrap_err());
        assert_eq!(under_way(&names), 0);
    }

    #[test]
    fn a_look_up_that_gets_no_thread_is_given_up_and_started_again() {
        let names = Resolver::default();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .max_blocking_threads(1)
            .build()
            .unwrap();
        runtime.block_on(async {
            let (release, held) = std::sync::mpsc::channel::<()>();
            let busy = tokio::task::spawn_blocking(move || held.recv());
            let (found, ()) = tokio::join!(resolved(&names, "localhost"), async {
                tokio::task::yield_now().await;
                assert_eq!(under_way(&names), 1);
                tokio::time::advance(LOOKUP_TIME_MAX).await;
            });
            assert_eq!((found.is_err(), under_way(&names)), (true, 0));
            release.send(()).unwrap();
            busy.await.unwrap().unwrap();
            assert!(resolved(&names, "localhost").await.is_ok());
        });
    }

    #[test]
    fn a_look_up_that_died_with_its_runtime_is_started_again() {
        let names = Resolver::default();
        let runtime = || {
            tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .build()
                .unwrap()
        };
        let first = runtime();
        let answer = first.block_on(async { names.join_or_start("127.0.0.1") });
        drop(first);
        assert!(answer.has_changed().is_err(), "the look-up never ran");
        let addresses = runtime().block_on(resolved(&names, "127.0.0.1"));
        assert_eq!(addresses.unwrap().len(), 1);
    }
}
