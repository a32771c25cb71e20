//! The configuration file and the API token.

mod command;
mod guard;
mod webhooks;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use etcetera::BaseStrategy;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::app::Preferences;
use crate::domain::Rates;
use crate::pipedrive::{MAX_REQUEST_DELAY, Token, TokenError};

use self::command::run;
pub use self::webhooks::{Live, LiveError, Member, Webhooks};

/// The environment variable with the API token; it overrides all other sources.
pub const TOKEN_VARIABLE: &str = "DEALDECK_API_TOKEN";

/// The environment variable with the maximum delay of a request in seconds; it overrides the configuration file.
pub const DELAY_VARIABLE: &str = "DEALDECK_MAX_REQUEST_DELAY";

/// The contents of `config.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The company: the `acme` of `acme.pipedrive.com`.
    pub company: Option<String>,
    /// A command that prints the API token, such as `pass show pipedrive`.
    pub token_command: Option<String>,
    /// The API token. Only the owner may be able to read the file.
    #[serde(default, deserialize_with = "secret")]
    pub api_token: Option<SecretString>,
    /// The lead inbox.
    #[serde(default)]
    pub leads: Leads,
    /// The screen.
    #[serde(default)]
    pub screen: Screen,
    /// The activities.
    #[serde(default)]
    pub activities: Activities,
    /// The network between this machine and Pipedrive.
    #[serde(default)]
    pub network: Network,
    /// Exchange rates.
    pub rates: Option<Rates>,
    /// The source of live updates.
    #[serde(default)]
    pub webhooks: Webhooks,
    /// The members to whom `dealdeck serve` forwards webhooks.
    #[serde(default)]
    pub team: Vec<Member>,
}

/// The lead inbox.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Leads {
    /// Interval at which leads are polled, in minutes.
    pub poll_minutes: u32,
}

impl Default for Leads {
    fn default() -> Self {
        Self { poll_minutes: 5 }
    }
}

/// The screen.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Screen {
    /// `true` if web addresses, e-mail addresses and phone numbers are hyperlinks of the terminal.
    pub links: bool,
}

impl Default for Screen {
    fn default() -> Self {
        Self { links: true }
    }
}

/// The activities.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Activities {
    /// `true` if dealdeck asks for the next activity once the last one of a deal, lead or person is done.
    pub ask_next: bool,
}

impl Default for Activities {
    fn default() -> Self {
        Self { ask_next: true }
    }
}

/// The network between this machine and Pipedrive.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Network {
    /// The time after which a request that got no answer can no longer reach Pipedrive, in seconds.
    pub max_request_delay: u64,
}

impl Default for Network {
    fn default() -> Self {
        Self { max_request_delay: MAX_REQUEST_DELAY.as_secs() }
    }
}

/// An error in the configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}: {error}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The reason.
        error: io::Error,
    },
    /// The file has a wrong syntax or value. The message has the position, but no value.
    #[error("{path}, line {line}, column {column}: {problem}")]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
        /// The error.
        problem: String,
    },
    /// The file has a secret and others can read it.
    #[error("{path} holds an API token or a key but others can read it (mode {mode:04o}). Run: chmod 600 {path}")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The file names a command and others can write it.
    #[error("{path} names a command but others can write {place} (mode {mode:04o}). Run: chmod go-w {place}")]
    Writable {
        /// The file.
        path: PathBuf,
        /// The file, or its directory.
        place: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The file names a command and belongs to another user.
    #[error(
        "{path} names a command but {place} belongs to another user (number {owner}). Check the command, then take \
         ownership: sudo chown $USER {place}"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The file, or its directory.
        place: PathBuf,
        /// The id of that user.
        owner: u32,
    },
    /// The polling interval is out of range.
    #[error("{path}: leads.poll_minutes is {minutes}; it must be from 1 to 1440")]
    Interval {
        /// The file.
        path: PathBuf,
        /// The configured value.
        minutes: u32,
    },
    /// The maximum delay of requests is out of range.
    #[error("max_request_delay is '{value}'; it must be a number of seconds from 1 to 900 (or unset {DELAY_VARIABLE})")]
    Delay {
        /// The configured value.
        value: String,
    },
    /// A command that should print a secret cannot run, or fails.
    #[error("{name} failed: {problem}. Run it by hand to see why")]
    Command {
        /// Its name in the configuration.
        name: &'static str,
        /// The error.
        problem: String,
    },
    /// The settings of webhooks are wrong.
    #[error(transparent)]
    Live(#[from] LiveError),
    /// There is no token.
    #[error(
        "there is no API token. Set {TOKEN_VARIABLE}, or token_command or api_token in {path}. You find your token in \
         Pipedrive under Settings, Personal preferences, API"
    )]
    NoToken {
        /// The configuration file.
        path: PathBuf,
    },
    /// The token has characters that no token has.
    #[error("the API token from {origin} is invalid: {error}")]
    BadToken {
        /// The source of the token.
        origin: &'static str,
        /// The reason.
        error: TokenError,
    },
}

impl Config {
    /// Returns the default path: `dealdeck/config.toml` in the user's configuration directory.
    pub fn default_path() -> PathBuf {
        let base = etcetera::choose_base_strategy().map(|base| base.config_dir());
        base.unwrap_or_default().join("dealdeck").join("config.toml")
    }

    /// Reads the file; if it does not exist and need not, returns the defaults.
    ///
    /// # Errors
    /// [`ConfigError`] with the position of the error.
    pub fn load(path: &Path, must_exist: bool) -> Result<Self, ConfigError> {
        let (text, file) = match guard::read(path) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !must_exist => return Ok(Self::default()),
            Err(error) => return Err(ConfigError::Unreadable { path: path.to_owned(), error }),
        };
        let config: Self = toml::from_str(&text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let before = text.get(..at).unwrap_or_default();
            ConfigError::Wrong {
                path: path.to_owned(),
                line: before.matches('\n').count() + 1,
                column: before.chars().rev().take_while(|c| *c != '\n').count() + 1,
                problem: error.message().to_owned(),
            }
        })?;
        if config.api_token.is_some() || config.has_keys() {
            guard::check_private(path, &file)?;
        }
        if config.names_command() {
            guard::check_writers(path, &file)?;
        }
        config.check_webhooks()?;
        let minutes = config.leads.poll_minutes;
        if !(1..=1440).contains(&minutes) {
            return Err(ConfigError::Interval { path: path.to_owned(), minutes });
        }
        Ok(config)
    }

    /// Returns `true` if the configuration names a command.
    fn names_command(&self) -> bool {
        self.token_command.is_some() || self.webhooks.team_key_command.is_some()
    }

    /// Returns the interval at which leads are polled.
    pub fn lead_interval(&self) -> Duration {
        Duration::from_secs(u64::from(self.leads.poll_minutes) * 60)
    }

    /// Returns the time after which a request that got no answer can no longer reach Pipedrive: from the environment,
    /// else from the file.
    ///
    /// # Errors
    /// [`ConfigError::Delay`] if it is not a number of seconds from 1 to 900.
    pub fn max_request_delay(&self) -> Result<Duration, ConfigError> {
        let value = std::env::var(DELAY_VARIABLE).ok().filter(|value| !value.trim().is_empty());
        let value = value.unwrap_or_else(|| self.network.max_request_delay.to_string());
        let seconds = value.trim().parse().ok().filter(|seconds| (1..=900).contains(seconds));
        seconds.map(Duration::from_secs).ok_or(ConfigError::Delay { value })
    }

    /// Returns the preferences of the dashboard.
    pub fn preferences(&self) -> Preferences {
        Preferences { links: self.screen.links, ask_next: self.activities.ask_next, rates: self.rates.clone() }
    }

    /// Returns the API token: from the environment, else from the token command, else from the file.
    ///
    /// # Errors
    /// [`ConfigError`] if there is none, or the command fails.
    pub fn token(&self, path: &Path) -> Result<Token, ConfigError> {
        if let Some(token) = std::env::var(TOKEN_VARIABLE).ok().filter(|token| !token.trim().is_empty()) {
            return checked(&token, TOKEN_VARIABLE);
        }
        if let Some(command) = &self.token_command {
            return checked(&run("token_command", command)?, "token_command");
        }
        match &self.api_token {
            Some(token) => checked(token.expose_secret(), "the configuration file"),
            None => Err(ConfigError::NoToken { path: path.to_owned() }),
        }
    }
}

fn secret<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<SecretString>, D::Error> {
    secret_text(from).map(Some)
}

/// Reads a secret; the error for another type does not contain the value.
fn secret_text<'de, D: serde::Deserializer<'de>>(from: D) -> Result<SecretString, D::Error> {
    match toml::Value::deserialize(from)? {
        toml::Value::String(text) => Ok(SecretString::from(text)),
        _ => Err(serde::de::Error::custom("a token or key must be a quoted string")),
    }
}

fn checked(token: &str, origin: &'static str) -> Result<Token, ConfigError> {
    Token::new(token).map_err(|error| ConfigError::BadToken { origin, error })
}
