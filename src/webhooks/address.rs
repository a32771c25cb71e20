//! The address at which Pipedrive reaches the listener.

use reqwest::Url;
use uuid::Uuid;

use crate::pipedrive::is_this_machine;

/// An address to which webhooks can be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(Url);

/// Why an address cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Not an address.
    #[error("it is not an address that can be used: give one such as https://hooks.example.com/dealdeck")]
    Address,
    /// The password and the news would cross the network in the clear.
    #[error("it is not encrypted, and what webhooks tell would cross the network in the clear: use https://")]
    Unencrypted,
    /// More than an address.
    #[error("it may have no user, password, query or '#': dealdeck sets a password of its own")]
    More,
}

impl PublicUrl {
    /// The address in a text.
    ///
    /// # Errors
    /// [`UrlError`] where it is none, or one that is not to be used.
    pub fn new(text: &str) -> Result<Self, UrlError> {
        let url = Url::parse(text.trim()).map_err(|_| UrlError::Address)?;
        if url.host_str().is_none_or(str::is_empty) {
            return Err(UrlError::Address);
        }
        let has_user = !url.username().is_empty() || url.password().is_some();
        if has_user || url.query().is_some() || url.fragment().is_some() {
            return Err(UrlError::More);
        }
        match url.scheme() {
            "https" => Ok(Self(url)),
            "http" if is_this_machine(&url) => Ok(Self(url)),
            "http" => Err(UrlError::Unencrypted),
            _ => Err(UrlError::Address),
        }
    }

    /// Where the webhooks of one dealdeck are delivered.
    pub fn delivery(&self, instance: Uuid) -> String {
        format!("{}/{instance}", self.0.as_str().trim_end_matches('/'))
    }
}

impl std::fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
