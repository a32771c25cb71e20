//! How what changes is heard of while the dashboard is open.

use std::net::SocketAddr;

use clap::Args;

use super::{Failure, variable};
use crate::config::{Config, Live};
use crate::pipedrive::Api;
use crate::store::CompanyDir;
use crate::webhooks::{self, Feed, WebhookService, relay};

/// The variable that says how Pipedrive reaches this machine, for want of a flag.
const PUBLIC_URL_VARIABLE: &str = "DEALDECK_PUBLIC_URL";
/// The variable that says where to listen, for want of a flag.
const LISTEN_VARIABLE: &str = "DEALDECK_LISTEN";

/// Where webhooks reach this machine, before what the configuration says.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Live updates")]
#[expect(clippy::doc_markdown, reason = "the help is shown as it is written")]
pub(super) struct Listening {
    /// How Pipedrive reaches this machine: an address that begins with https://, or 'auto' for a practice server here
    /// [env: DEALDECK_PUBLIC_URL]
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Where on this machine a reverse proxy or a tunnel leads to; without it 127.0.0.1:8750
    /// [env: DEALDECK_LISTEN]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

impl Listening {
    /// These, and where one is not given that of the others.
    pub(super) fn or(&self, other: &Self) -> Self {
        Self {
            public_url: self.public_url.clone().or_else(|| other.public_url.clone()),
            listen: self.listen.or(other.listen),
        }
    }

    /// How what changes is heard of as it happens, if at all: by the command line, else by the environment, else by the
    /// configuration file.
    pub(super) fn live(&self, config: &Config) -> Result<Option<Live>, Failure> {
        let public_url = self.public_url.clone().or_else(|| variable(PUBLIC_URL_VARIABLE));
        let listen = match (self.listen, variable(LISTEN_VARIABLE)) {
            (Some(listen), _) => Some(listen),
            (None, Some(set)) => Some(set.trim().parse().map_err(|_| {
                Failure::usage(format!(
                    "{LISTEN_VARIABLE}: '{set}' is not an address with a port: give one such as 127.0.0.1:8750"
                ))
            })?),
            (None, None) => None,
        };
        config.live(public_url.as_deref(), listen).map_err(Failure::usage)
    }
}

/// What hears of changes.
#[derive(Debug, Default)]
pub(super) struct Ears {
    /// What is heard, if anything is to be.
    pub(super) feed: Option<Feed>,
    /// The listener of this process.
    open: Option<WebhookService>,
}

impl Ears {
    /// Begins to listen. Where that is not possible the dashboard goes on without, and says why. What an earlier run has
    /// left registered is taken away where nothing listens for it now.
    pub(super) async fn open(live: Option<Live>, api: &Api, home: Option<CompanyDir>) -> Self {
        if !matches!(live, Some(Live::Own { .. }))
            && let Some(home) = &home
        {
            sweep(api.clone(), home.clone());
        }
        let (public_url, listen) = match live {
            Some(Live::Own { public_url, listen }) => (public_url, listen),
            Some(Live::Team { url, key }) => return Self { feed: Some(relay::listen(&url, key)), open: None },
            None => return Self::default(),
        };
        match webhooks::start(api.clone(), home, &webhooks::WebhookSettings { public_url, listen }).await {
            Ok((feed, open)) => Self { feed: Some(feed), open: Some(open) },
            Err(error) => Self { feed: Some(Feed::broken(error.to_string())), open: None },
        }
    }

    /// Takes away what was registered.
    pub(super) async fn close(self) {
        if let Some(open) = self.open {
            open.close().await;
        }
    }
}

/// Has what an earlier run has left registered taken away, in the background.
fn sweep(api: Api, home: CompanyDir) {
    tokio::spawn(async move {
        if let Err(error) = webhooks::remove_leftovers(api, &home).await {
            tracing::warn!(%error, "whether webhooks are left of an earlier run is not known");
        }
    });
}
