//! The dashboard, on an account or on a practice workspace in this process.

use std::net::{Ipv4Addr, SocketAddr};

use super::listening::{Ears, Listening};
use super::told::say;
use super::{Account, CLOSING, EXIT_FAILURE, Failure, Practice, Session, choose, connect, log};
use crate::app::Preferences;
use crate::config::{Config, Live};
use crate::pipedrive::{Endpoint, ExpectedAccount, MAX_REQUEST_DELAY, Token};
use crate::runtime;
use crate::sandbox::{Options, Sandbox};
use crate::store::CompanyDir;
use crate::sync::{Durability, Settings, Storage};

/// Opens the dashboard on the account that the command line and the configuration name.
pub(super) async fn run(account: Account, listening: &Listening) -> Result<(), Failure> {
    runtime::check_terminal().map_err(Failure::usage)?;
    let chosen = choose(account)?;
    let live = listening.live(&chosen.config)?;
    let _log = log::start();
    let home = CompanyDir::new(&chosen.data_dir, chosen.endpoint.name());
    let storage = Storage::open(home.clone(), &chosen.token).map_err(Failure::usage)?;
    let api = chosen.connect(&home)?;
    // Webhooks are heard by the process that keeps the account; this one looks for itself.
    let is_held = storage.1.as_ref().is_some_and(|restored| matches!(restored.keeping, Durability::ReadOnly(_)));
    let mut ears = if is_held { Ears::default() } else { Ears::open(live, &api, Some(home)).await };
    let session = Session::on(api, Settings::new(chosen.lead_interval), storage, ears.feed.take());
    open(session, ears, chosen.preferences).await
}

/// Opens it on a practice workspace of its own.
pub(super) async fn demo(practice: Practice) -> Result<(), Failure> {
    runtime::check_terminal().map_err(Failure::usage)?;
    let _log = log::start();
    let token = uuid::Uuid::new_v4().simple().to_string();
    let sandbox =
        Sandbox::start(Options { token: token.clone(), ..practice.options() }).await.map_err(Failure::running)?;
    let endpoint = Endpoint::from_url(sandbox.url()).map_err(Failure::running)?;
    let token = Token::new(&token).map_err(Failure::running)?;
    let storage = Storage::in_memory().map_err(Failure::running)?;
    let api = connect(endpoint, &token, ExpectedAccount::Anyone, MAX_REQUEST_DELAY)?;
    let mut ears = Ears::open(here(), &api, None).await;
    let session = Session::on(api, Settings::new(Config::default().lead_interval()), storage, ears.feed.take());
    let done = open(session, ears, Config::default().preferences()).await;
    sandbox.stop().await;
    done
}

/// Webhooks of a server in this process, at any port that is free.
fn here() -> Option<Live> {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let public_url = format!("http://{listen}/").parse().ok()?;
    Some(Live::Own { public_url, listen })
}

/// Opens the dashboard on an account and runs it to its end.
async fn open(session: Session, ears: Ears, preferences: Preferences) -> Result<(), Failure> {
    runtime::restore_on_panic();
    let Session { commands, reports, engine, restored, .. } = session;
    let ended = runtime::run(commands, reports, restored, preferences).await;
    // Without the dashboard the engine ends, once all is on the disk.
    let (closed, ()) = tokio::join!(tokio::time::timeout(CLOSING, engine), ears.close());
    if closed.is_err() {
        tracing::warn!("the store took too long to close");
    }
    let ended = ended.map_err(Failure::usage)?;
    tracing::info!(
        because = ended.because.as_deref().unwrap_or("quit"),
        unconfirmed = ended.unconfirmed.len(),
        queued = ended.queued,
        "ended"
    );
    for what in &ended.unconfirmed {
        say(&format!("not confirmed by Pipedrive: {what}"));
    }
    if ended.queued > 0 {
        let edits = if ended.queued == 1 { "edit is" } else { "edits are" };
        say(&format!("{} {edits} queued: the next start sends them, or 'dealdeck sync' now", ended.queued));
    }
    if ended.attention > 0 {
        let edits = if ended.attention == 1 { "edit needs" } else { "edits need" };
        say(&format!("{} {edits} attention: the next start shows them with !", ended.attention));
    }
    match ended.because {
        Some(message) => Err(Failure { message, code: ended.exit_code.unwrap_or(EXIT_FAILURE) }),
        None if !ended.unconfirmed.is_empty() => Err(Failure::running("some edits were not confirmed; see above")),
        None => Ok(()),
    }
}
