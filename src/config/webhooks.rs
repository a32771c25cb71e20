//! The settings of webhooks: the addresses of this machine, or the team's server.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{Config, ConfigError, run};
use crate::domain::UserId;
use crate::pipedrive::{EndpointError, web_address};
use crate::webhooks::{MemberKey, MemberKeyError};

/// The default address to listen on, to which a reverse proxy or tunnel forwards.
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8_750);
/// Stands for the listener's own address as the public one, for a server on the same machine.
const AUTO: &str = "auto";

/// The `[webhooks]` table.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Webhooks {
    /// The URL at which Pipedrive reaches this machine.
    pub public_url: Option<String>,
    /// The address to listen on.
    pub listen: Option<String>,
    /// The URL of the team's `dealdeck serve`.
    pub team_url: Option<String>,
    /// A command that prints the key for the team's server.
    pub team_key_command: Option<String>,
    /// The key. Only the owner may be able to read the file.
    #[serde(deserialize_with = "super::secret")]
    pub team_key: Option<SecretString>,
}

/// A member of the team; `dealdeck serve` forwards the changes that they may see.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Their user in Pipedrive.
    pub user: UserId,
    /// Their key.
    #[serde(deserialize_with = "super::secret_text")]
    pub key: SecretString,
}

/// The source of live updates.
#[derive(Debug)]
pub enum Live {
    /// Pipedrive reaches this machine.
    Own {
        /// The public URL. Port 0 stands for the port of the listener.
        public_url: Url,
        /// The address to listen on.
        listen: SocketAddr,
    },
    /// The team's server forwards changes.
    Team {
        /// The URL of the server.
        url: Url,
        /// The key of the member.
        key: MemberKey,
    },
}

/// An error in the settings of webhooks.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// Both sources are set.
    #[error(
        "webhooks.public_url and webhooks.team_url exclude each other: either Pipedrive reaches this machine, or the \
         team's server forwards changes"
    )]
    Both,
    /// An invalid address.
    #[error("{what}: '{address}' is not a usable address, such as https://hooks.example.com/dealdeck")]
    Address {
        /// The name of the setting.
        what: &'static str,
        /// The configured value.
        address: String,
    },
    /// The deliveries would cross the network unencrypted.
    #[error(
        "{what}: {address} is not encrypted, and your company's data would cross the network in the clear: use https://"
    )]
    Unencrypted {
        /// The name of the setting.
        what: &'static str,
        /// The configured value.
        address: String,
    },
    /// An invalid address to listen on.
    #[error("webhooks.listen: '{0}' is not an address with a port, such as 127.0.0.1:8750")]
    Listen(String),
    /// No key for the team's server.
    #[error(
        "webhooks.team_url needs webhooks.team_key_command or webhooks.team_key: ask whoever runs 'dealdeck serve'"
    )]
    NoKey,
    /// An invalid key.
    #[error("{of}: {error}")]
    Key {
        /// The owner or source of the key.
        of: String,
        /// The reason.
        error: MemberKeyError,
    },
    /// Two members could not be distinguished.
    #[error("two members of the team have the same key: user {0} and user {1}")]
    SameKey(UserId, UserId),
}

impl Webhooks {
    /// Returns the source if Pipedrive reaches this machine. The arguments override the file.
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
    /// Returns `true` if the file has keys.
    pub(super) fn has_keys(&self) -> bool {
        self.webhooks.team_key.is_some() || !self.team.is_empty()
    }

    /// Checks that the settings of webhooks are consistent.
    pub(super) fn check_webhooks(&self) -> Result<(), LiveError> {
        if self.webhooks.public_url.is_some() && self.webhooks.team_url.is_some() {
            return Err(LiveError::Both);
        }
        self.members().map(drop)
    }

    /// Returns the source of live updates, if there is one. The arguments override the file. May run the command that
    /// prints the key.
    ///
    /// # Errors
    /// [`ConfigError`] if an address or the key is invalid.
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

    /// Returns the members of the team with their keys; a member may have several.
    ///
    /// # Errors
    /// [`LiveError`] if a key is invalid, or two members have the same.
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
