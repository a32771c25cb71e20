//! `dealdeck serve`: receives the webhooks of a team, and forwards to each member the changes they may see.

use std::time::Duration;

use clap::Args;
use tokio::sync::watch;

use super::account::AccountArgs;
use super::console::print;
use super::error::CliError;
use super::log;
use super::webhooks::WebhookArgs;
use crate::config::{Config, Live};
use crate::pipedrive::{Api, Connection, Token};
use crate::runtime;
use crate::store::CompanyDir;
use crate::webhooks::relay::Relay;
use crate::webhooks::{self, MemberKey, WebhookService, WebhookSettings};

/// Interval at which the number of deliveries is logged.
const LOG_INTERVAL: Duration = Duration::from_secs(60);
/// The directory of a team server's identity, below the data directory: a dashboard on the same machine has webhooks
/// of its own, or none.
pub(super) const DIRECTORY: &str = "serve";

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    pub(super) webhooks: WebhookArgs,
    /// Prints a new key for a member, with the lines for both configurations
    #[arg(long)]
    new_key: bool,
}

/// Serves the team until a signal ends it.
pub(super) async fn run(account: AccountArgs, webhooks: &WebhookArgs, args: &ServeArgs) -> Result<(), CliError> {
    if args.new_key {
        return print_key(&account, webhooks);
    }
    let account = account.resolve()?;
    let Some(Live::Own { public_url, listen }) = webhooks.source(&account.config)? else {
        return Err(CliError::usage(
            "how does Pipedrive reach this machine? Set webhooks.public_url in the configuration, or use --public-url",
        ));
    };
    let members = account.config.members().map_err(CliError::usage)?;
    if members.is_empty() {
        return Err(CliError::usage(
            "the team has no members: 'dealdeck serve --new-key' prints a key and the lines to add",
        ));
    }
    log::start_stderr();
    let home = CompanyDir::new(&account.data_dir.join(DIRECTORY), account.endpoint.name());
    let api = account.connect(&home)?;
    remember_owner(&home, &account.token, &api);
    let relay = Relay::new(&members);
    let settings = WebhookSettings { public_url, listen };
    let service = webhooks::start_for_team(relay.clone(), api.clone(), &home, &settings).await;
    let service = service.map_err(CliError::failure)?;
    print(&format!(
        "Listening on {} for {}, with {} {}.\nCtrl-C ends it.\n",
        service.address(),
        service.public_url(),
        members.len(),
        if members.len() == 1 { "key" } else { "keys" },
    ))?;
    let ended = log_deliveries(&relay, &service, api.connection()).await;
    relay.close();
    service.close().await;
    ended
}

/// Logs the number of deliveries from time to time, until a signal arrives or Pipedrive rejects the token.
async fn log_deliveries(
    relay: &Relay,
    service: &WebhookService,
    mut connection: watch::Receiver<Connection>,
) -> Result<(), CliError> {
    let stats = service.stats();
    let signal = runtime::ended_by_signal();
    tokio::pin!(signal);
    let mut before = 0;
    loop {
        tokio::select! {
            ended = &mut signal => return ended.map_err(CliError::failure),
            Ok(connection) = connection.wait_for(|connection| connection.state.needs_token()) => {
                return Err(CliError::failure(connection.state.token_problem().unwrap_or_default()));
            }
            () = tokio::time::sleep(LOG_INTERVAL) => {}
        }
        let received = stats.accepted();
        if received > before {
            tracing::info!(deliveries = received - before, streams = relay.streams(), "the last minute");
        }
        before = received;
    }
}

/// Stores the owner of the token once it is known, so that the next start can check it.
fn remember_owner(home: &CompanyDir, token: &Token, api: &Api) {
    let (home, token, mut proven) = (home.clone(), token.clone(), api.proven());
    tokio::spawn(async move {
        let Ok(proven) = proven.wait_for(Option::is_some).await.map(|found| found.clone()) else { return };
        let Some(owner) = proven.map(|proven| proven.owner) else { return };
        let stored = tokio::task::spawn_blocking(move || crate::sync::remember(&home, &token, &owner)).await;
        if let Ok(Err(error)) = stored {
            tracing::warn!(%error, "cannot store the owner of the token");
        }
    });
}

/// Prints a new key with the lines for the configurations of the server and the member.
fn print_key(account: &AccountArgs, webhooks: &WebhookArgs) -> Result<(), CliError> {
    let config = Config::load(&account.config_path(), account.config.is_some()).map_err(CliError::usage)?;
    let url = match webhooks.source(&config) {
        Ok(Some(Live::Own { public_url, .. })) => public_url.to_string(),
        _ => "https://hooks.example.com/dealdeck".to_owned(),
    };
    let key = MemberKey::random();
    print(&format!(
        "# In the server's configuration, which only its owner may read (chmod 600):\n\n\
         [[team]]\nuser = 0  # the member's user ID: 'dealdeck users list' shows it\nkey = \"{key}\"\n\n\
         # In the member's configuration, which only its owner may read, too:\n\n\
         [webhooks]\nteam_url = \"{url}\"\nteam_key = \"{key}\"  # or team_key_command = \"pass show dealdeck\"\n"
    ))
}
