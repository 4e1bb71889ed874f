//! Whether a host is reached through the proxy.
//!
//! Owns curl's `NO_PROXY` rules for the one proxy that was passed in. Only https goes through it,
//! by CONNECT, so a proxy never sees a key; plain http is loopback and always direct. Never: reads
//! the environment, or shows the proxy's password.

use std::net::IpAddr;
use std::sync::Arc;

use http::Uri;
use url::Url;

use super::transport::{TransportSetupError, address};

/// The proxy and who is reached without it.
#[derive(Clone)]
pub(super) struct ProxyRules {
    /// Where it is, with its user and password.
    proxy: Url,
    direct: Arc<[Exception]>,
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
                direct: exceptions(no_proxy.unwrap_or_default()),
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
        let direct = || self.direct.iter().any(|exception| exception.has(to));
        (to.scheme() == "https" && !direct()).then_some(&self.proxy)
    }
}

/// True when the client can make a connection of it. It goes round a proxy of which it cannot.
fn is_dialled(proxy: &Url) -> bool {
    Uri::try_from(proxy.as_str()).is_ok_and(|uri| uri.host().is_some())
}

/// An entry of a `NO_PROXY` list: hosts that are reached directly, at one port or at any.
struct Exception {
    hosts: Hosts,
    port: Option<u16>,
}

enum Hosts {
    All,
    /// So many leading bits count.
    Network(IpAddr, u32),
    /// Lower-cased, without dots around.
    Name(Box<str>),
}

/// Entries are separated by commas or white space. What is no entry is left out.
fn exceptions(list: &str) -> Arc<[Exception]> {
    list.split(|c: char| c == ',' || c.is_whitespace())
        .filter_map(Exception::parse)
        .collect()
}

impl Exception {
    /// `*`, an address, a network (`10.0.0.0/8`), or a name, which stands for itself and everything below it with or
    /// without a leading `.` or `*.`. Each with or without a port; an IPv6 address that has one stands in brackets.
    fn parse(entry: &str) -> Option<Self> {
        let (host, port) = split_port(entry)?;
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let name = host.trim_start_matches('*').trim_matches('.');
        let hosts = if host == "*" {
            Hosts::All
        } else if let Some((network, bits)) = network(bare) {
            Hosts::Network(network, bits)
        } else if name.is_empty() {
            return None;
        } else {
            Hosts::Name(name.to_ascii_lowercase().into())
        };
        Some(Self { hosts, port })
    }

    fn has(&self, to: &Url) -> bool {
        let host = to.host_str().unwrap_or_default();
        let at_port = self
            .port
            .is_none_or(|port| to.port_or_known_default() == Some(port));
        let at_host = match (&self.hosts, address(host)) {
            (Hosts::All, _) => true,
            (Hosts::Network(network, bits), Some(address)) => is_within(*network, *bits, address),
            (Hosts::Name(name), None) => is_below(name, host),
            (Hosts::Network(..), None) | (Hosts::Name(_), Some(_)) => false,
        };
        at_port && at_host
    }
}

/// The port that an entry ends with, if it has one. `None` when it has something else there.
fn split_port(entry: &str) -> Option<(&str, Option<u16>)> {
    match entry.rsplit_once(':') {
        // An IPv6 address without brackets has more than one.
        Some((host, port)) if host.ends_with(']') || !host.contains(':') => {
            Some((host, Some(port.parse().ok()?)))
        }
        _ => Some((entry, None)),
    }
}

fn is_within(network: IpAddr, bits: u32, address: IpAddr) -> bool {
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let differing = u32::from(network) ^ u32::from(address);
            differing.leading_zeros() >= bits
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let differing = u128::from(network) ^ u128::from(address);
            differing.leading_zeros() >= bits
        }
        _ => false,
    }
}

fn is_below(name: &str, host: &str) -> bool {
    let domain = host.trim_end_matches('.').to_ascii_lowercase();
    domain
        .strip_suffix(name)
        .is_some_and(|above| above.is_empty() || above.ends_with('.'))
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
