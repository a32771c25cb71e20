//! `dealdeck serve`: hears the webhooks for a team, and passes on to each member what they may see.

use std::time::Duration;

use clap::Args;
use tokio::sync::watch;

use super::listening::Listening;
use super::told::print;
use super::{Account, Failure, choose, log};
use crate::config::{Config, Live};
use crate::pipedrive::{Api, Connection, Token};
use crate::runtime;
use crate::store::CompanyDir;
use crate::webhooks::relay::Relay;
use crate::webhooks::{self, MemberKey, WebhookService, WebhookSettings};

/// How often is said how much has come.
const SAID_EVERY: Duration = Duration::from_secs(60);
/// The directory below that of the data in which a team's server keeps who it is: apart from a dashboard on the same
/// machine, which has webhooks of its own, or none.
pub(super) const DIRECTORY: &str = "serve";

#[derive(Debug, Args)]
pub(super) struct Team {
    #[command(flatten)]
    pub(super) listening: Listening,
    /// Prints a new key for a member, and where it goes
    #[arg(long)]
    new_key: bool,
}

/// Serves the team until a signal ends it.
pub(super) async fn run(account: Account, listening: &Listening, team: &Team) -> Result<(), Failure> {
    if team.new_key {
        return print_key(&account, listening);
    }
    let chosen = choose(account)?;
    let Some(Live::Own { public_url, listen }) = listening.live(&chosen.config)? else {
        return Err(Failure::usage(
            "how does Pipedrive reach this machine? Set webhooks.public_url in the configuration, or give --public-url",
        ));
    };
    let members = chosen.config.members().map_err(Failure::usage)?;
    if members.is_empty() {
        return Err(Failure::usage(
            "nobody is in the team: 'dealdeck serve --new-key' makes a key, and says where it goes",
        ));
    }
    log::start_plain();
    let home = CompanyDir::new(&chosen.data_dir.join(DIRECTORY), chosen.endpoint.name());
    let api = chosen.connect(&home)?;
    remember_owner(&home, &chosen.token, &api);
    let relay = Relay::new(&members);
    let settings = WebhookSettings { public_url, listen };
    let open =
        webhooks::start_for_team(relay.clone(), api.clone(), &home, &settings).await.map_err(Failure::running)?;
    print(&format!(
        "Listening on {} for {}, with {} {}.\nCtrl-C ends it.\n",
        open.address(),
        open.public_url(),
        members.len(),
        if members.len() == 1 { "key" } else { "keys" },
    ))?;
    let ended = until_the_end(&relay, &open, api.connection()).await;
    relay.close();
    open.close().await;
    ended
}

/// Says now and then how much has come, until a signal ends it, or Pipedrive refuses the token.
async fn until_the_end(
    relay: &Relay,
    open: &WebhookService,
    mut line: watch::Receiver<Connection>,
) -> Result<(), Failure> {
    let tally = open.stats();
    let ended = runtime::ended_by_signal();
    tokio::pin!(ended);
    let mut before = 0;
    loop {
        tokio::select! {
            ended = &mut ended => return ended.map_err(Failure::running),
            Ok(line) = line.wait_for(|line| line.state.needs_token()) => {
                return Err(Failure::running(line.state.token_problem().unwrap_or_default()));
            }
            () = tokio::time::sleep(SAID_EVERY) => {}
        }
        let taken = tally.accepted();
        if taken > before {
            tracing::info!(deliveries = taken - before, streams = relay.streams(), "the last minute");
        }
        before = taken;
    }
}

/// Notes whose the token is once that is known: the next start makes sure that it still is.
fn remember_owner(home: &CompanyDir, token: &Token, api: &Api) {
    let (home, token, mut proven) = (home.clone(), token.clone(), api.proven());
    tokio::spawn(async move {
        let Ok(owner) = proven.wait_for(Option::is_some).await.map(|found| found.clone()) else { return };
        let Some(owner) = owner.map(|proven| proven.owner) else { return };
        let noted = tokio::task::spawn_blocking(move || crate::sync::remember(&home, &token, &owner)).await;
        if let Ok(Err(error)) = noted {
            tracing::warn!(%error, "whose the token is is not remembered");
        }
    });
}

/// Prints a new key, with what has to be written where.
fn print_key(account: &Account, listening: &Listening) -> Result<(), Failure> {
    let path = account.config.clone().unwrap_or_else(Config::default_path);
    let config = Config::load(&path, account.config.is_some()).map_err(Failure::usage)?;
    let url = match listening.live(&config) {
        Ok(Some(Live::Own { public_url, .. })) => public_url.to_string(),
        _ => "https://hooks.example.com/dealdeck".to_owned(),
    };
    let key = MemberKey::random();
    print(&format!(
        "# In the configuration of the server, which must be readable by its owner only (chmod 600):\n\n\
         [[team]]\nuser = 0  # the member's id: 'dealdeck users list' shows it\nkey = \"{key}\"\n\n\
         # In the configuration of the member, for whom the same holds:\n\n\
         [webhooks]\nteam_url = \"{url}\"\nteam_key = \"{key}\"  # or team_key_command = \"pass show dealdeck\"\n"
    ))
}
