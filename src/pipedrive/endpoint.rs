//! The address of the API.

use std::net::IpAddr;

use reqwest::Url;

/// The root under which `/api/v1` and `/api/v2` lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Without a slash at the end.
    root: String,
}

/// Why an address cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not the name of a company.
    #[error("'{0}' is not a company's name: give the 'acme' of acme.pipedrive.com")]
    Company(String),
    /// Not an address.
    #[error("'{0}' is not an address that can be used: give one such as http://127.0.0.1:8099")]
    Address(String),
    /// The token would cross the network in the clear.
    #[error("{0} is not encrypted, and the API token would cross the network in the clear: use https://")]
    Unencrypted(String),
}

impl Endpoint {
    /// The API of a company at `NAME.pipedrive.com`; the whole host name is understood too.
    ///
    /// # Errors
    /// [`EndpointError::Company`] where the name cannot be part of a host name.
    pub fn from_company(name: &str) -> Result<Self, EndpointError> {
        let lower = name.trim().to_ascii_lowercase();
        let bare = lower.strip_prefix("https://").unwrap_or(&lower).trim_end_matches('/');
        let bare = bare.strip_suffix(".pipedrive.com").unwrap_or(bare);
        let is_label = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if bare.is_empty() || bare.len() > 63 || !bare.bytes().all(is_label) || bare.starts_with('-') {
            return Err(EndpointError::Company(name.to_owned()));
        }
        Ok(Self { root: format!("https://{bare}.pipedrive.com") })
    }

    /// A server that speaks the same API.
    ///
    /// # Errors
    /// [`EndpointError`] where it is no address, or one on another machine without encryption.
    pub fn from_url(address: &str) -> Result<Self, EndpointError> {
        let url = web_address(address)?;
        Ok(Self { root: url.as_str().trim_end_matches('/').to_owned() })
    }

    /// Its address without the scheme: what tells it from others.
    pub fn name(&self) -> &str {
        self.root.split_once("://").map_or(self.root.as_str(), |(_, name)| name)
    }

    /// The address of a path below the root.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.root)
    }
}

/// An address without a name, a password or a query, encrypted where it leads to another machine.
///
/// # Errors
/// [`EndpointError`] where it is none.
pub fn web_address(address: &str) -> Result<Url, EndpointError> {
    let wrong = || EndpointError::Address(address.to_owned());
    let url = Url::parse(address.trim()).map_err(|_| wrong())?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
    let has_more = url.query().is_some() || url.fragment().is_some() || !url.username().is_empty();
    if has_more || url.password().is_some() {
        return Err(wrong());
    }
    let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let is_here = host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback());
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_here => Ok(url),
        "http" => Err(EndpointError::Unencrypted(address.to_owned())),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_company_is_the_first_part_of_its_host_name() {
        for name in ["acme", " Acme ", "acme.pipedrive.com", "https://acme.pipedrive.com/"] {
            assert_eq!(Endpoint::from_company(name).unwrap().at("/x"), "https://acme.pipedrive.com/x");
        }
        for name in ["", "ac me", "a/b", "evil.com/acme", "-a", "a.b", "acmé"] {
            assert_eq!(Endpoint::from_company(name), Err(EndpointError::Company(name.to_owned())));
        }
    }

    #[test]
    fn the_token_goes_unencrypted_only_to_this_machine() {
        assert_eq!(Endpoint::from_url("http://127.0.0.1:8099/").unwrap().at("/x"), "http://127.0.0.1:8099/x");
        assert!(Endpoint::from_url("http://localhost:1/below").is_ok());
        assert!(Endpoint::from_url("https://proxy.example").is_ok());
        assert!(matches!(Endpoint::from_url("http://10.0.0.1"), Err(EndpointError::Unencrypted(_))));
        for wrong in ["", "acme", "ftp://127.0.0.1", "https://a:b@host", "https://host?x=1", "http:///"] {
            assert!(Endpoint::from_url(wrong).is_err(), "{wrong}");
        }
        // A name that only begins like an address of this machine is another machine.
        assert!(Endpoint::from_url("http://127.evil.example").is_err());
    }
}
