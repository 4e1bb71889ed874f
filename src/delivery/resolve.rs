//! Host names to addresses, one look-up per name at a time.
//!
//! Owns the sharing of look-ups. The system's resolver blocks a thread for as long as it likes
//! (30 s when its server is silent) and cannot be cancelled; without sharing, every request that
//! times out meanwhile would leave one more thread behind. Never: keeps an answer, because a
//! change of DNS must be seen by the next connection.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::vec;

use hyper_util::client::legacy::connect::dns::Name;
use tokio::sync::watch;
use tower_service::Service;

/// The name was not found, for whatever reason. The system's own error would add nothing that
/// delivery acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("host name not found")]
pub(super) struct NotFound;

type Found = Result<Arc<[SocketAddr]>, NotFound>;
type Running = Arc<Mutex<HashMap<Box<str>, watch::Receiver<Option<Found>>>>>;

/// The look-ups that are under way.
#[derive(Default)]
pub(super) struct Resolver {
    running: Running,
    /// What a test wants every name to mean.
    #[cfg(test)]
    pub(super) pretended: Mutex<Vec<std::net::IpAddr>>,
}

/// The resolver as connectors ask it.
#[derive(Clone, Default)]
pub(super) struct Names(pub(super) Arc<Resolver>);

type Addresses = Result<vec::IntoIter<SocketAddr>, NotFound>;

impl Service<Name> for Names {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = NotFound;
    type Future = Pin<Box<dyn Future<Output = Addresses> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), NotFound>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        #[cfg(test)]
        {
            let pretended = self.0.pretended.lock().unwrap().clone();
            if !pretended.is_empty() {
                let addresses = pretended.into_iter().map(|ip| SocketAddr::new(ip, 0));
                let addresses: Vec<SocketAddr> = addresses.collect();
                return Box::pin(async move { Ok(addresses.into_iter()) });
            }
        }
        let mut answer = self.0.join_or_start(name.as_str());
        Box::pin(async move {
            // The sender is dropped without an answer only when the runtime ends.
            let found = answer
                .wait_for(Option::is_some)
                .await
                .map_or(None, |found| found.clone());
            let addresses: Vec<SocketAddr> = found.unwrap_or(Err(NotFound))?.to_vec();
            Ok(addresses.into_iter())
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

async fn look_up(name: Box<str>, sender: watch::Sender<Option<Found>>, running: Running) {
    // The port is replaced by the connector.
    let found = tokio::net::lookup_host((&*name, 0))
        .await
        .map(Iterator::collect)
        .map_err(|_| NotFound);
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

    async fn resolved(names: &Names, name: &str) -> Result<Vec<SocketAddr>, String> {
        match names.clone().call(name.parse().unwrap()).await {
            Ok(addresses) => Ok(addresses.collect()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn under_way(names: &Names) -> usize {
        names.0.running.lock().unwrap().len()
    }

    #[tokio::test]
    async fn a_name_is_looked_up_once_for_all_who_ask_meanwhile() {
        let names = Names::default();
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
        let names = Names::default();
        // A label over 63 bytes fails in the resolver library; nothing leaves the machine.
        let name = format!("{}.invalid", "a".repeat(64));
        let (first, second) = tokio::join!(resolved(&names, &name), resolved(&names, &name));
        assert_eq!(first.unwrap_err(), second.unwrap_err());
        assert_eq!(under_way(&names), 0);
    }

    #[test]
    fn a_look_up_that_died_with_its_runtime_is_started_again() {
        let names = Names::default();
        let runtime = || {
            tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap()
        };
        let first = runtime();
        let answer = first.block_on(async { names.0.join_or_start("127.0.0.1") });
        drop(first);
        assert!(answer.has_changed().is_err(), "the look-up never ran");
        let addresses = runtime().block_on(resolved(&names, "127.0.0.1"));
        assert_eq!(addresses.unwrap().len(), 1);
    }
}
