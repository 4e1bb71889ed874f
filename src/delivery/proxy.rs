//! Whether a host is reached through the proxy.
//!
//! Owns curl's `NO_PROXY` rules for the one proxy that was passed in. Only https goes through it,
//! by CONNECT, so a proxy never sees a key; plain http is loopback and always direct. Never: reads
//! the environment, or shows the proxy's password.

use std::net::IpAddr;
use std::sync::Arc;

use hyper::Uri;
use url::Url;

use super::transport::{TransportSetupError, address};

/// The proxy and who is reached without it.
#[derive(Clone)]
pub(super) struct ProxyRules {
    /// Where it is, with its user and password.
    proxy: Url,
    direct: Arc<Direct>,
}

impl ProxyRules {
    /// `None` without a proxy URL, or with an empty one. Without a scheme it is `http://`, as for
    /// curl.
    pub(super) fn parse(
        proxy: Option<&str>,
        no_proxy: Option<&str>,
    ) -> Result<Option<Self>, TransportSetupError> {
        let raw = proxy.map(str::trim).unwrap_or_default();
        if raw.is_empty() {
            return Ok(None);
        }
        let with_scheme = if raw.contains("://") {
            raw.to_owned()
        } else {
            format!("http://{raw}")
        };
        let proxy = Url::parse(&with_scheme).map_err(|_| TransportSetupError::Proxy)?;
        match proxy.scheme() {
            "http" | "https" if is_dialled(&proxy) => Ok(Some(Self {
                proxy,
                direct: Arc::new(Direct::parse(no_proxy.unwrap_or_default())),
            })),
            scheme if scheme.starts_with("socks") => Err(TransportSetupError::ProxyScheme),
            _ => Err(TransportSetupError::Proxy),
        }
    }

    /// The same for a client.
    pub(super) fn proxy(&self) -> reqwest::Proxy {
        let rules = self.clone();
        reqwest::Proxy::custom(move |to| rules.proxy_for(to).cloned())
    }

    /// The proxy that a request goes through.
    fn proxy_for(&self, to: &Url) -> Option<&Url> {
        let through = to.scheme() == "https" && !self.direct.has(to.host_str()?);
        through.then_some(&self.proxy)
    }
}

/// True when the client can make a connection of it. It goes round a proxy of which it cannot.
fn is_dialled(proxy: &Url) -> bool {
    Uri::try_from(proxy.as_str()).is_ok_and(|uri| uri.host().is_some())
}

/// A parsed `NO_PROXY` list.
#[derive(Default)]
struct Direct {
    all: bool,
    networks: Vec<(IpAddr, u32)>,
    /// Lower-cased, without dots around.
    names: Vec<Box<str>>,
}

impl Direct {
    /// Entries are separated by commas or white space: `*`, an address, a network
    /// (`10.0.0.0/8`), or a name, which stands for itself and everything below it with or without
    /// a leading `.` or `*.`.
    fn parse(list: &str) -> Self {
        let mut direct = Self::default();
        let entries = list
            .split(|c: char| c == ',' || c.is_whitespace())
            .filter(|entry| !entry.is_empty());
        for entry in entries {
            let bare = entry.trim_start_matches('[').trim_end_matches(']');
            if entry == "*" {
                direct.all = true;
            } else if let Some(network) = network(bare) {
                direct.networks.push(network);
            } else {
                let name = entry.trim_start_matches('*').trim_matches('.');
                if !name.is_empty() {
                    direct.names.push(name.to_ascii_lowercase().into());
                }
            }
        }
        direct
    }

    fn has(&self, host: &str) -> bool {
        if self.all {
            return true;
        }
        if let Some(address) = address(host) {
            return self.has_address(address);
        }
        let domain = host.trim_end_matches('.').to_ascii_lowercase();
        self.names.iter().any(|name| {
            domain
                .strip_suffix(&**name)
                .is_some_and(|above| above.is_empty() || above.ends_with('.'))
        })
    }

    fn has_address(&self, address: IpAddr) -> bool {
        self.networks
            .iter()
            .any(|(network, bits)| match (network, address) {
                (IpAddr::V4(network), IpAddr::V4(address)) => {
                    let differing = u32::from(*network) ^ u32::from(address);
                    differing.leading_zeros() >= *bits
                }
                (IpAddr::V6(network), IpAddr::V6(address)) => {
                    let differing = u128::from(*network) ^ u128::from(address);
                    differing.leading_zeros() >= *bits
                }
                _ => false,
            })
    }
}

/// An address or network, with the number of its leading bits that count.
fn network(entry: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = match entry.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (entry, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let width = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.map_or(Ok(width), str::parse).ok()?;
    (bits <= width).then_some((address, bits))
}

#[cfg(test)]
mod tests;
