//! Webhooks for the dashboard, `doctor` and `serve`: their options, and the listener of this process.

use std::net::SocketAddr;

use clap::Args;

use super::account::variable;
use super::error::CliError;
use crate::config::{Config, Live};
use crate::pipedrive::Api;
use crate::store::CompanyDir;
use crate::webhooks::{self, Feed, WebhookService, relay};

/// The environment variable with the URL at which Pipedrive reaches this machine.
const PUBLIC_URL_VARIABLE: &str = "DEALDECK_PUBLIC_URL";
/// The environment variable with the address to listen on.
const LISTEN_VARIABLE: &str = "DEALDECK_LISTEN";

/// The options for webhooks; they override the configuration file.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Live updates")]
#[expect(clippy::doc_markdown, reason = "the help is shown as it is written")]
pub(super) struct WebhookArgs {
    /// URL at which Pipedrive reaches this machine; it begins with https://, or is 'auto' for a practice server here
    /// [env: DEALDECK_PUBLIC_URL]
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Address on this machine to which a reverse proxy or tunnel forwards; 127.0.0.1:8750 if not given
    /// [env: DEALDECK_LISTEN]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

impl WebhookArgs {
    /// Returns these options, with those of `other` where one is not given.
    pub(super) fn or(&self, other: &Self) -> Self {
        Self {
            public_url: self.public_url.clone().or_else(|| other.public_url.clone()),
            listen: self.listen.or(other.listen),
        }
    }

    /// Returns the source of live updates, if there is one: from the command line, else from the environment, else
    /// from the configuration file.
    pub(super) fn source(&self, config: &Config) -> Result<Option<Live>, CliError> {
        let public_url = self.public_url.clone().or_else(|| variable(PUBLIC_URL_VARIABLE));
        let listen = match (self.listen, variable(LISTEN_VARIABLE)) {
            (Some(listen), _) => Some(listen),
            (None, Some(set)) => Some(set.trim().parse().map_err(|_| {
                CliError::usage(format!(
                    "{LISTEN_VARIABLE}: '{set}' is not an address with a port, such as 127.0.0.1:8750"
                ))
            })?),
            (None, None) => None,
        };
        config.live(public_url.as_deref(), listen).map_err(CliError::usage)
    }
}

/// The webhooks of this process.
#[derive(Debug, Default)]
pub(super) struct WebhookSession {
    /// The received changes; `None` without live updates.
    pub(super) feed: Option<Feed>,
    /// The listener of this process.
    service: Option<WebhookService>,
}

impl WebhookSession {
    /// Starts to receive webhooks. If that fails, the dashboard runs without them and shows the reason. Registrations
    /// that an earlier run left behind are removed if nothing listens for them now.
    pub(super) async fn open(source: Option<Live>, api: &Api, home: Option<CompanyDir>) -> Self {
        if !matches!(source, Some(Live::Own { .. }))
            && let Some(home) = &home
        {
            sweep(api.clone(), home.clone());
        }
        let (public_url, listen) = match source {
            Some(Live::Own { public_url, listen }) => (public_url, listen),
            Some(Live::Team { url, key }) => return Self { feed: Some(relay::listen(&url, key)), service: None },
            None => return Self::default(),
        };
        match webhooks::start(api.clone(), home, &webhooks::WebhookSettings { public_url, listen }).await {
            Ok((feed, service)) => Self { feed: Some(feed), service: Some(service) },
            Err(error) => Self { feed: Some(Feed::broken(error.to_string())), service: None },
        }
    }

    /// Removes the registrations.
    pub(super) async fn close(self) {
        if let Some(service) = self.service {
            service.close().await;
        }
    }
}

/// Removes the registrations of an earlier run, in the background.
fn sweep(api: Api, home: CompanyDir) {
    tokio::spawn(async move {
        if let Err(error) = webhooks::remove_leftovers(api, &home).await {
            tracing::warn!(%error, "cannot check for webhooks of an earlier run");
        }
    });
}
