//! Why a key, site or label is refused, in words.
//!
//! Owns the texts and codes. Never: holds a key, or anything that could be one.

use std::fmt;

use super::SITES;

/// How much of a refused site an error text shows, in characters after escaping.
const ECHO_CHARS_MAX: usize = 64;

/// What is in the name of each of Datadog's sites. A text without it is no misspelt site: somebody may have passed the
/// key as the site.
const SITE_WORD: &str = "datadoghq";

/// A run of key-like characters this long is never shown. Datadog's keys are 32 hexadecimal digits; the longest run in
/// a site's name is 9.
const KEY_LIKE_RUN: usize = 20;

/// A refused site as an error text may show it: escaped, shortened, and hidden when it could be
/// a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Echo(Option<Box<str>>);

impl Echo {
    pub(super) fn of(raw: &str) -> Self {
        let is_site_like = raw
            .as_bytes()
            .windows(SITE_WORD.len())
            .any(|word| word.eq_ignore_ascii_case(SITE_WORD.as_bytes()));
        let has_key_like_run = raw
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|run| run.len() >= KEY_LIKE_RUN);
        if !is_site_like || has_key_like_run {
            return Self(None);
        }
        let mut shown: String = raw
            .chars()
            .flat_map(char::escape_default)
            .take(ECHO_CHARS_MAX + 1)
            .collect();
        if shown.len() > ECHO_CHARS_MAX {
            shown.truncate(ECHO_CHARS_MAX);
            shown.push_str("...");
        }
        Self(Some(shown.into()))
    }
}

impl fmt::Display for Echo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(shown) => write!(f, "\"{shown}\""),
            None => f.write_str("(not shown, it may be a key)"),
        }
    }
}

/// Why a key, site or label was refused. No text ever holds a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the texts say it")]
pub enum TenantError {
    #[error(
        "ddApiKey is required for routing context: it is empty. Where a customer has none, call the function without \
         a routing context (outsideContexts says where its spans go), or set onInvalidRoute: 'drop', which runs it and \
         counts its spans"
    )]
    ApiKeyEmpty,
    #[error("ddApiKey is {bytes} bytes long, at most 512 are allowed")]
    ApiKeyTooLong { bytes: usize },
    #[error("ddApiKey has whitespace inside, only visible ASCII characters are allowed")]
    ApiKeyWhitespace,
    #[error("ddApiKey has a control or non-ASCII character, only visible ASCII is allowed")]
    ApiKeyCharacters,
    #[error("ddSite is empty, {}", allowed_sites())]
    SiteEmpty,
    #[error("ddSite {0} is not a known site, {sites}", sites = allowed_sites())]
    SiteUnknown(Echo),
    #[error(
        "ddSite is a gov site, where Datadog does not offer LLM Observability, {}",
        allowed_sites()
    )]
    SiteGov,
    #[error(
        "allowedSites has {0}, which is not an exact ASCII host name \
         (no scheme, port, path, user, wildcard or IP address)"
    )]
    AllowedSite(Echo),
    #[error("tenant must have 1 to 128 characters")]
    LabelLength,
    #[error("tenant must not have control characters or line breaks")]
    LabelControl,
    #[error("tenant must not be \"default\", which names the default route")]
    LabelReserved,
    #[error("tenant must not contain the API key, because it is shown in logs and statistics")]
    LabelHoldsKey,
}

impl TenantError {
    /// The stable code of the error: API, unlike the text.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::ApiKeyEmpty
            | Self::ApiKeyTooLong { .. }
            | Self::ApiKeyWhitespace
            | Self::ApiKeyCharacters => "SPANLANE_INVALID_API_KEY",
            Self::SiteEmpty | Self::SiteUnknown(_) | Self::SiteGov | Self::AllowedSite(_) => {
                "SPANLANE_INVALID_SITE"
            }
            Self::LabelLength | Self::LabelControl | Self::LabelReserved | Self::LabelHoldsKey => {
                "SPANLANE_INVALID_TENANT"
            }
        }
    }
}

fn allowed_sites() -> String {
    format!("allowed are {} and `allowedSites`", SITES.join(", "))
}
