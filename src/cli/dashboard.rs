//! The dashboard, on an account or on a practice server in this process.

use std::net::{Ipv4Addr, SocketAddr};

use super::account::AccountArgs;
use super::console::{edits, print_stderr};
use super::engine::{CLOSING, RunningEngine, connect};
use super::error::{CliError, EXIT_FAILURE};
use super::log;
use super::sandbox::PracticeArgs;
use super::webhooks::{WebhookArgs, WebhookSession};
use crate::app::Preferences;
use crate::config::{Config, Live};
use crate::pipedrive::{Endpoint, ExpectedAccount, MAX_REQUEST_DELAY, Token};
use crate::runtime::{self, ExitSummary};
use crate::sandbox::{Options, Sandbox};
use crate::store::CompanyDir;
use crate::sync::{Durability, Settings, Storage};

/// Opens the dashboard on the account that the command line and the configuration select.
pub(super) async fn run(account: AccountArgs, webhooks: &WebhookArgs) -> Result<(), CliError> {
    runtime::check_terminal().map_err(CliError::usage)?;
    let account = account.resolve()?;
    let source = webhooks.source(&account.config)?;
    let _log = log::start();
    let home = CompanyDir::new(&account.data_dir, account.endpoint.name());
    let storage = Storage::open(home.clone(), &account.token).map_err(CliError::usage)?;
    let api = account.connect(&home)?;
    // The process that holds the account receives its webhooks; a read-only dashboard polls.
    let is_read_only = storage.1.as_ref().is_some_and(|restored| matches!(restored.keeping, Durability::ReadOnly(_)));
    let mut webhooks =
        if is_read_only { WebhookSession::default() } else { WebhookSession::open(source, &api, Some(home)).await };
    let settings = Settings::new(account.lead_interval);
    let engine = RunningEngine::start(api, settings, storage, webhooks.feed.take());
    open(engine, webhooks, account.preferences).await
}

/// Opens the dashboard on a practice server of its own.
pub(super) async fn demo(practice: PracticeArgs) -> Result<(), CliError> {
    runtime::check_terminal().map_err(CliError::usage)?;
    let _log = log::start();
    let token = uuid::Uuid::new_v4().simple().to_string();
    let options = Options { token: token.clone(), ..practice.options() };
    let sandbox = Sandbox::start(options).await.map_err(CliError::failure)?;
    let endpoint = Endpoint::from_url(sandbox.url()).map_err(CliError::failure)?;
    let token = Token::new(&token).map_err(CliError::failure)?;
    let storage = Storage::in_memory().map_err(CliError::failure)?;
    let api = connect(endpoint, &token, ExpectedAccount::Anyone, MAX_REQUEST_DELAY)?;
    let mut webhooks = WebhookSession::open(local_source(), &api, None).await;
    let settings = Settings::new(Config::default().lead_interval());
    let engine = RunningEngine::start(api, settings, storage, webhooks.feed.take());
    let result = open(engine, webhooks, Config::default().preferences()).await;
    sandbox.stop().await;
    result
}

/// Returns the source of webhooks from a server in this process, on any free port.
fn local_source() -> Option<Live> {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let public_url = format!("http://{listen}/").parse().ok()?;
    Some(Live::Own { public_url, listen })
}

/// Runs the dashboard until it ends, then closes the engine and the webhooks.
async fn open(engine: RunningEngine, webhooks: WebhookSession, preferences: Preferences) -> Result<(), CliError> {
    runtime::restore_on_panic();
    let RunningEngine { commands, reports, task, restored, .. } = engine;
    let summary = runtime::run(commands, reports, restored, preferences).await;
    // The command channel is closed with the dashboard: the engine ends once everything is on disk.
    let (closed, ()) = tokio::join!(tokio::time::timeout(CLOSING, task), webhooks.close());
    if closed.is_err() {
        tracing::warn!("the store took too long to close");
    }
    report(summary.map_err(CliError::usage)?)
}

/// Reports what is left on standard error and in the log.
fn report(summary: ExitSummary) -> Result<(), CliError> {
    tracing::info!(
        because = summary.because.as_deref().unwrap_or("quit"),
        unconfirmed = summary.unconfirmed.len(),
        queued = summary.queued,
        "ended"
    );
    for what in &summary.unconfirmed {
        print_stderr(&format!("not confirmed by Pipedrive: {what}"));
    }
    if summary.queued > 0 {
        let verb = if summary.queued == 1 { "is" } else { "are" };
        let message = "queued: the next start sends them, or 'dealdeck sync' now";
        print_stderr(&format!("{} {verb} {message}", edits(summary.queued)));
    }
    if summary.attention > 0 {
        let verb = if summary.attention == 1 { "needs" } else { "need" };
        let message = "attention: the next start shows them with !";
        print_stderr(&format!("{} {verb} {message}", edits(summary.attention)));
    }
    match summary.because {
        Some(message) => Err(CliError { message, code: summary.exit_code.unwrap_or(EXIT_FAILURE) }),
        None if !summary.unconfirmed.is_empty() => Err(CliError::failure("some edits were not confirmed; see above")),
        None => Ok(()),
    }
}
