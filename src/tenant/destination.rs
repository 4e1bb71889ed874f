//! Where a tenant's events go, as one value: checked and owned, or as it is written.
//!
//! Owns nothing but the parts. Never: prints a key.

use std::fmt;

use super::{ApiKey, Label, Site, TenantError};

/// Where requests go, and with which key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// The key, in native memory only.
    pub api_key: ApiKey,
    /// The site.
    pub site: Site,
}

/// What a lane is opened with. Two routes with the same share a lane; a label makes its own, so that events of two
/// tenants never share a body even when they share a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Destination {
    /// Where its requests go.
    pub endpoint: Endpoint,
    /// The label the user gave, if any.
    pub label: Option<Label>,
    /// The operator's own lane. It shares nothing with a tenant that happens to use the same key.
    pub is_default: bool,
}

/// A destination as it is written: borrowed, not checked, and what an open lane is found by.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DestinationText<'a> {
    /// The key.
    pub api_key: &'a str,
    /// The site.
    pub site: &'a str,
    /// The label, if any.
    pub label: Option<&'a str>,
    /// See [`Destination::is_default`].
    pub is_default: bool,
}

impl<'a> DestinationText<'a> {
    /// A tenant without a label.
    #[must_use]
    pub fn new(api_key: &'a str, site: &'a str) -> Self {
        Self {
            api_key,
            site,
            label: None,
            is_default: false,
        }
    }

    /// The same with a label.
    #[must_use]
    pub fn labelled(self, label: &'a str) -> Self {
        Self {
            label: Some(label),
            ..self
        }
    }
}

impl fmt::Debug for DestinationText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DestinationText")
            .field("is_default", &self.is_default)
            .finish_non_exhaustive()
    }
}

impl Destination {
    /// Takes a destination as it was written.
    ///
    /// # Errors
    /// [`TenantError`] of the first part that is not acceptable: key, site, label.
    pub fn parse(
        text: DestinationText<'_>,
        allowed_sites: &[Box<str>],
    ) -> Result<Self, TenantError> {
        let api_key = ApiKey::parse(text.api_key)?;
        let site = Site::parse(text.site, allowed_sites)?;
        let label = text.label.map(|label| Label::parse(label, &api_key));
        Ok(Self {
            label: label.transpose()?,
            endpoint: Endpoint { api_key, site },
            is_default: text.is_default,
        })
    }
}

/// What has a destination and is found by it.
pub(crate) trait Destined {
    /// The destination, borrowed.
    fn destination_text(&self) -> DestinationText<'_>;
}

impl Destined for DestinationText<'_> {
    fn destination_text(&self) -> DestinationText<'_> {
        *self
    }
}

impl Destined for Destination {
    fn destination_text(&self) -> DestinationText<'_> {
        DestinationText {
            label: self.label.as_ref().map(Label::as_str),
            is_default: self.is_default,
            ..self.endpoint.text()
        }
    }
}

impl Endpoint {
    /// As it is written, for a tenant without a label.
    pub(crate) fn text(&self) -> DestinationText<'_> {
        DestinationText::new(self.api_key.as_str(), self.site.as_str())
    }
}
