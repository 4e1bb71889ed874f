//! Who an event belongs to: the API key, the site and the label, each made only by `parse`.
//!
//! Owns: what a key, a site and a label may look like.
//! Never: prints or serialises a key, or leaves a copy of one behind; builds a host from a string that is not in a table;
//! looks at any option but these three.

use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use http::HeaderValue;
use ring::hmac;
use smol_str::SmolStr;
use url::Url;
use zeroize::Zeroizing;

mod destination;
mod error;
mod punycode;

pub(crate) use destination::Destined;
pub use destination::{Destination, DestinationText, Endpoint};
pub use error::{Echo, TenantError};

/// Datadog's sites that take LLM Observability data. The hosts are constants: nothing that a
/// tenant passes in ever becomes part of a host name.
pub const SITES: [&str; 7] = [
    "datadoghq.com",
    "us3.datadoghq.com",
    "us5.datadoghq.com",
    "datadoghq.eu",
    "ap1.datadoghq.com",
    "ap2.datadoghq.com",
    "uk1.datadoghq.com",
];

/// The government sites' common suffix. Refused with a reason of its own, because the site is
/// real and only the product is missing there.
const GOV_SITE: &str = "ddog-gov.com";

/// Longest key accepted. Datadog's keys have 32 characters; the limit only keeps a mistake (a
/// whole file passed as a key) out of every request header.
const API_KEY_BYTES_MAX: usize = 512;

/// Longest host name that DNS can carry.
const HOST_BYTES_MAX: usize = 253;

/// Longest label, in characters.
const LABEL_CHARS_MAX: usize = 128;

/// The label of the default route, which no tenant may take.
pub const DEFAULT_LABEL: &str = "default";

/// An API key. Its lane has a copy, each request another, and every one is zeroed when it goes. Moving a key moves a
/// pointer: nothing of it stays behind.
///
/// It can be compared, hashed and put in a request header. It cannot be printed or serialised:
///
/// ```
/// let key = spanlane::tenant::ApiKey::parse("0123456789abcdef").unwrap();
/// assert_eq!(format!("{key:?}"), "ApiKey(<redacted>)");
/// ```
/// ```compile_fail,E0277
/// let key = spanlane::tenant::ApiKey::parse("0123456789abcdef").unwrap();
/// println!("{key}");
/// ```
/// ```compile_fail,E0277
/// let key = spanlane::tenant::ApiKey::parse("0123456789abcdef").unwrap();
/// serde_json::to_string(&key).unwrap();
/// ```
/// ```compile_fail,E0599
/// let key = spanlane::tenant::ApiKey::parse("0123456789abcdef").unwrap();
/// let text: String = key.to_string();
/// ```
#[derive(Clone)]
pub struct ApiKey(Zeroizing<Box<str>>);

impl ApiKey {
    /// Takes a key as the user wrote it; whitespace around it (a newline from a file) is trimmed.
    ///
    /// # Errors
    /// [`TenantError`] with `SPANLANE_INVALID_API_KEY` when it is empty, has whitespace inside,
    /// has anything but visible ASCII, or is longer than 512 bytes.
    pub fn parse(raw: &str) -> Result<Self, TenantError> {
        let key = raw.trim();
        if key.is_empty() {
            return Err(TenantError::ApiKeyEmpty);
        }
        if key.len() > API_KEY_BYTES_MAX {
            return Err(TenantError::ApiKeyTooLong { bytes: key.len() });
        }
        if key.chars().any(char::is_whitespace) {
            return Err(TenantError::ApiKeyWhitespace);
        }
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TenantError::ApiKeyCharacters);
        }
        Ok(Self(Zeroizing::new(key.into())))
    }

    /// The key as a request header, after `prefix` (as `Bearer `), marked sensitive so that no HTTP layer prints it. Made for each request: an
    /// idle tenant should not pay for what a header needs beside its text.
    #[must_use]
    pub fn header_value(&self, prefix: &str) -> HeaderValue {
        // The header's clones share these bytes; the last of them zeroes them. Room for all of it is made at once:
        // text that grows leaves copies behind.
        let mut text = String::with_capacity(prefix.len() + self.0.len());
        text.push_str(prefix);
        text.push_str(&self.0);
        let owned = Bytes::from_owner(Owned(Zeroizing::new(text)));
        // `parse` let nothing pass that a header refuses. An empty key would be refused by the intake.
        let mut header =
            HeaderValue::from_maybe_shared(owned).unwrap_or_else(|_| HeaderValue::from_static(""));
        header.set_sensitive(true);
        header
    }

    /// A keyed digest of `message`. The same key gives the same digest, which says nothing about the key.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.as_str().as_bytes());
        let mut digest = [0; 32];
        digest.copy_from_slice(hmac::sign(&key, message).as_ref());
        digest
    }

    /// To hash and compare with, nothing else.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The bytes of a key in a header.
struct Owned(Zeroizing<String>);

impl AsRef<[u8]> for Owned {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(<redacted>)")
    }
}

impl PartialEq for ApiKey {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for ApiKey {}

impl Hash for ApiKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

/// One text per site, not one per tenant.
static KNOWN_SITES: LazyLock<[Site; SITES.len()]> =
    LazyLock::new(|| SITES.map(|site| Site(Arc::new(site.to_owned()))));

/// A site whose intake may receive data: one of [`SITES`] or of the operator's `allowedSites`.
/// One word long, because each lane has one.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Site(Arc<String>);

impl Site {
    /// Takes a site as the user wrote it. Trimmed and ASCII lower-cased, it must be equal to an
    /// entry of the table or of `allowed`; it is never parsed as a URL or host, because URL
    /// parsing folds look-alikes (`datadoghq。com`, `%2e`, `user@host`) into names that pass.
    ///
    /// # Errors
    /// [`TenantError`] with `SPANLANE_INVALID_SITE` for everything else, gov sites included.
    pub fn parse(raw: &str, allowed: &[Box<str>]) -> Result<Self, TenantError> {
        let trimmed = raw.trim();
        if trimmed.is_empty() {
            return Err(TenantError::SiteEmpty);
        }
        if trimmed.len() > HOST_BYTES_MAX {
            return Err(TenantError::SiteUnknown(Echo::of(trimmed)));
        }
        let site = trimmed.to_ascii_lowercase();
        if is_gov(&site) {
            Err(TenantError::SiteGov)
        } else if let Some(known) = KNOWN_SITES.iter().find(|known| *known.0 == *site) {
            Ok(known.clone())
        } else if allowed.iter().any(|entry| **entry == *site) {
            Ok(Self(Arc::new(site)))
        } else {
            Err(TenantError::SiteUnknown(Echo::of(trimmed)))
        }
    }

    /// True for one of [`SITES`], which have one text in the process.
    pub(crate) fn is_known(&self) -> bool {
        KNOWN_SITES
            .iter()
            .any(|known| Arc::ptr_eq(&known.0, &self.0))
    }

    /// The site, lower-cased: `us5.datadoghq.com`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Site({})", self.0)
    }
}

/// Checks one entry of the operator's `allowedSites`: an exact host name such as
/// `staging.example.com`, to which the intake's own prefix (`llmobs-intake.`) is added.
///
/// # Errors
/// [`TenantError`] with `SPANLANE_INVALID_SITE` for an IP address, a port, a path, user info,
/// a wildcard, a gov site or anything else that is not a plain ASCII host name.
pub fn parse_allowed_site(raw: &str) -> Result<Box<str>, TenantError> {
    let site = raw.trim().to_ascii_lowercase();
    if is_gov(&site) {
        return Err(TenantError::SiteGov);
    }
    let host = format!("llmobs-intake.{site}");
    // Digits at the start of the last label would make URL parsers read an IPv4 address.
    let last_is_name = site
        .rsplit('.')
        .next()
        .is_some_and(|last| last.starts_with(|c: char| c.is_ascii_lowercase()));
    let parses_to_itself = || {
        // Catches what the label rules cannot know.
        Url::parse(&format!("https://{host}/")).is_ok_and(|url| url.host_str() == Some(&host))
    };
    if host.len() <= HOST_BYTES_MAX
        && site.split('.').all(is_dns_label)
        && last_is_name
        && parses_to_itself()
    {
        Ok(site.into())
    } else {
        Err(TenantError::AllowedSite(Echo::of(raw.trim())))
    }
}

fn is_gov(site: &str) -> bool {
    site == GOV_SITE
        || site
            .strip_suffix(GOV_SITE)
            .is_some_and(|rest| rest.ends_with('.'))
}

fn is_dns_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && label.strip_prefix("xn--").is_none_or(punycode::is_name)
}

/// The name of a tenant in statistics, warnings and diagnostics. To clone it costs little.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Label(SmolStr);

impl Label {
    /// Takes the user's label as it is.
    ///
    /// # Errors
    /// [`TenantError`] with `SPANLANE_INVALID_TENANT` unless it has 1 to 128 characters, none of
    /// them a control character or line break, is not `default`, and does not contain the key.
    pub fn parse(raw: &str, key: &ApiKey) -> Result<Self, TenantError> {
        if raw.is_empty() || raw.chars().nth(LABEL_CHARS_MAX).is_some() {
            return Err(TenantError::LabelLength);
        }
        if raw
            .chars()
            .any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
        {
            return Err(TenantError::LabelControl);
        }
        if raw == DEFAULT_LABEL {
            return Err(TenantError::LabelReserved);
        }
        if raw.contains(key.as_str()) {
            return Err(TenantError::LabelHoldsKey);
        }
        Ok(Self(raw.into()))
    }

    /// The label of a tenant that has none: a hash keyed by this process, so that it says
    /// nothing about the key and cannot be compared between processes.
    #[must_use]
    pub fn derived(endpoint: &Endpoint, hasher: &RandomState) -> Self {
        let hash = hasher.hash_one(endpoint);
        Self(format!("tenant-{hash:016x}").into())
    }

    /// The label as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same, to keep.
    #[must_use]
    pub fn text(&self) -> SmolStr {
        self.0.clone()
    }

    /// The label that a tenant has the text of.
    pub(crate) fn shared(text: &SmolStr) -> Self {
        Self(text.clone())
    }
}

#[cfg(test)]
mod tests;
