//! Which servers are trusted.
//!
//! Owns the rustls settings: ring as the only provider, TLS 1.2 and 1.3, and as roots exactly the
//! certificates that were passed in. Never: reads a system store or an environment variable, or
//! offers a way to switch verification off.

use std::sync::{Arc, OnceLock};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::transport::TransportSetupError;

/// Root certificates, read when the first https request needs them.
pub(super) struct Roots {
    pem: Vec<String>,
    trusted: OnceLock<Option<ClientConfig>>,
}

impl Roots {
    /// Keeps the PEM texts. Reads them only as far as the first certificate that can be used.
    pub(super) fn new(pem: &[String]) -> Result<Self, TransportSetupError> {
        let usable = |text: &String| {
            certificates(text).any(|certificate| RootCertStore::empty().add(certificate).is_ok())
        };
        if !pem.is_empty() && !pem.iter().any(usable) {
            return Err(TransportSetupError::Ca);
        }
        Ok(Self {
            pem: pem.to_vec(),
            trusted: OnceLock::new(),
        })
    }

    /// Settings that trust the roots, and nobody when there are none.
    pub(super) fn trusted(&self) -> Option<ClientConfig> {
        self.trusted
            .get_or_init(|| {
                let mut roots = RootCertStore::empty();
                roots
                    .add_parsable_certificates(self.pem.iter().flat_map(|text| certificates(text)));
                config(roots)
            })
            .clone()
    }
}

/// Settings that trust nobody, for a client that never uses TLS but must have some.
pub(super) fn no_trust() -> Option<ClientConfig> {
    config(RootCertStore::empty())
}

fn certificates(pem: &str) -> impl Iterator<Item = CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem.as_bytes()).filter_map(Result::ok)
}

fn config(roots: RootCertStore) -> Option<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .ok()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Some(config)
}
