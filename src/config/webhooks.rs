//! The parts of the file about webhooks: where they reach this machine, or whose server passes them on.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{Config, ConfigError, run};
use crate::domain::UserId;
use crate::pipedrive::{EndpointError, web_address};
use crate::webhooks::{MemberKey, MemberKeyError};

/// Where deliveries come in unless it is said otherwise: a reverse proxy or a tunnel leads there.
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8_750);
/// In place of a public address: the listener's own, for a server on the same machine.
const AUTO: &str = "auto";

/// Where webhooks are heard.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Webhooks {
    /// How Pipedrive reaches this machine.
    pub public_url: Option<String>,
    /// Where deliveries come in on this machine.
    pub listen: Option<String>,
    /// Where a colleague's or the team's `dealdeck serve` is reached, which passes them on.
    pub team_url: Option<String>,
    /// A command that prints the key for that.
    pub team_key_command: Option<String>,
    /// The key itself. The file must then be readable by its owner only.
    #[serde(deserialize_with = "super::secret")]
    pub team_key: Option<SecretString>,
}

/// A member of the team, to whom `dealdeck serve` passes on what they may see.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Their user in Pipedrive.
    pub user: UserId,
    /// Their key.
    #[serde(deserialize_with = "super::secret_text")]
    pub key: SecretString,
}

/// How what changes is heard of as it happens.
#[derive(Debug)]
pub enum Live {
    /// Pipedrive reaches this machine.
    Own {
        /// At this address. Port 0 stands for that of the listener.
        public_url: Url,
        /// And what arrives there comes in here.
        listen: SocketAddr,
    },
    /// The team's server passes it on.
    Team {
        /// Where that is.
        url: Url,
        /// Who asks.
        key: MemberKey,
    },
}

/// What is wrong with the parts about webhooks.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// It cannot be both.
    #[error(
        "webhooks.public_url and webhooks.team_url exclude each other: either Pipedrive reaches this machine, or the \
         team's server passes on what it hears"
    )]
    Both,
    /// Not an address.
    #[error(
        "{what}: '{address}' is not an address that can be used: give one such as https://hooks.example.com/dealdeck"
    )]
    Address {
        /// Which.
        what: &'static str,
        /// What it says.
        address: String,
    },
    /// What is delivered would cross the network in the clear.
    #[error(
        "{what}: {address} is not encrypted, and your company's data would cross the network in the clear: use https://"
    )]
    Unencrypted {
        /// Which.
        what: &'static str,
        /// What it says.
        address: String,
    },
    /// No place to listen at.
    #[error("webhooks.listen: '{0}' is not an address with a port: give one such as 127.0.0.1:8750")]
    Listen(String),
    /// Nothing to show to the team's server.
    #[error(
        "webhooks.team_url needs webhooks.team_key_command or webhooks.team_key: ask whoever runs 'dealdeck serve'"
    )]
    NoKey,
    /// A key that cannot be one.
    #[error("{of}: {error}")]
    Key {
        /// Whose.
        of: String,
        /// Why.
        error: MemberKeyError,
    },
    /// Who asks would not be known.
    #[error("two members of the team have the same key: user {0} and user {1}")]
    SameKey(UserId, UserId),
}

impl Webhooks {
    /// Where Pipedrive reaches this machine, if it does. What the command line says goes before the file.
    fn own(&self, public_url: Option<&str>, listen: Option<SocketAddr>) -> Result<Option<Live>, LiveError> {
        let Some(address) = public_url.or(self.public_url.as_deref()) else { return Ok(None) };
        let kept = self.listen.as_deref().map(|text| text.parse().map_err(|_| LiveError::Listen(text.to_owned())));
        let listen = listen.map_or_else(|| kept.transpose(), |listen| Ok(Some(listen)))?;
        if address != AUTO {
            let public_url = address_of("the public address of webhooks", address)?;
            return Ok(Some(Live::Own { public_url, listen: listen.unwrap_or(LISTEN) }));
        }
        let listen = listen.unwrap_or(SocketAddr::new(LISTEN.ip(), 0));
        let ip = if listen.ip().is_unspecified() { LISTEN.ip() } else { listen.ip() };
        let here = format!("http://{}/", SocketAddr::new(ip, listen.port()));
        let public_url = address_of("the listener's address", &here)?;
        Ok(Some(Live::Own { public_url, listen }))
    }
}

impl Config {
    /// Whether the file holds keys.
    pub(super) fn has_keys(&self) -> bool {
        self.webhooks.team_key.is_some() || !self.team.is_empty()
    }

    /// Looks whether what is said of webhooks goes together.
    pub(super) fn check_webhooks(&self) -> Result<(), LiveError> {
        if self.webhooks.public_url.is_some() && self.webhooks.team_url.is_some() {
            return Err(LiveError::Both);
        }
        self.members().map(drop)
    }

    /// How what changes is heard of as it happens, if at all. What the command line says of this machine goes before
    /// the file. May run the command that prints the key.
    ///
    /// # Errors
    /// [`ConfigError`] where an address or the key cannot be used.
    pub fn live(&self, public_url: Option<&str>, listen: Option<SocketAddr>) -> Result<Option<Live>, ConfigError> {
        if let Some(own) = self.webhooks.own(public_url, listen)? {
            return Ok(Some(own));
        }
        let Some(address) = &self.webhooks.team_url else { return Ok(None) };
        let url = address_of("webhooks.team_url", address)?;
        let (key, of) = match (&self.webhooks.team_key_command, &self.webhooks.team_key) {
            (Some(command), _) => (SecretString::from(run("team_key_command", command)?), "team_key_command"),
            (None, Some(key)) => (key.clone(), "webhooks.team_key"),
            (None, None) => return Err(LiveError::NoKey.into()),
        };
        let key = MemberKey::new(key.expose_secret()).map_err(|error| LiveError::Key { of: of.to_owned(), error })?;
        Ok(Some(Live::Team { url, key }))
    }

    /// The members of the team with their keys, of which a member may have several.
    ///
    /// # Errors
    /// [`LiveError`] where a key cannot be one, or two members have the same.
    pub fn members(&self) -> Result<Vec<(UserId, MemberKey)>, LiveError> {
        let mut members: Vec<(UserId, MemberKey)> = Vec::with_capacity(self.team.len());
        let mut seen = HashSet::new();
        for member in &self.team {
            let key = MemberKey::new(member.key.expose_secret()).map_err(|error| LiveError::Key {
                of: format!("the key of user {} in [[team]]", member.user),
                error,
            })?;
            if !seen.insert(key.digest()) {
                let other = members.iter().find(|(_, other)| other.digest() == key.digest());
                return Err(LiveError::SameKey(other.map_or(member.user, |(user, _)| *user), member.user));
            }
            members.push((member.user, key));
        }
        Ok(members)
    }
}

fn address_of(what: &'static str, address: &str) -> Result<Url, LiveError> {
    web_address(address).map_err(|error| match error {
        EndpointError::Unencrypted(address) => LiveError::Unencrypted { what, address },
        EndpointError::Company(address) | EndpointError::Address(address) => LiveError::Address { what, address },
    })
}
