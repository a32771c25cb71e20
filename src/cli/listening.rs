//! The options that say where webhooks reach this machine.

use std::net::SocketAddr;

use clap::Args;

use crate::config::{Config, ConfigError, Live};

/// Where webhooks reach this machine, before what the configuration says.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Live updates")]
pub(super) struct Listening {
    /// How Pipedrive reaches this machine: an address that begins with https://, or 'auto' for a practice server here
    #[arg(long, value_name = "URL", env = "DEALDECK_PUBLIC_URL")]
    public_url: Option<String>,
    /// Where on this machine a reverse proxy or a tunnel leads to; without it 127.0.0.1:8750
    #[arg(long, value_name = "ADDRESS", env = "DEALDECK_LISTEN")]
    listen: Option<SocketAddr>,
}

impl Listening {
    /// How what changes is heard of as it happens, if at all.
    pub(super) fn live(&self, config: &Config) -> Result<Option<Live>, ConfigError> {
        config.live(self.public_url.as_deref(), self.listen)
    }
}
