//! A sync engine at work, with the channels to and from it.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::error::CliError;
use crate::pipedrive::{self, Api, Endpoint, ExpectedAccount, Token};
use crate::sync::{Command, Report, Restored, Settings, Storage};
use crate::webhooks::Feed;

/// Maximum number of commands that wait for the engine, and of reports that wait for their reader.
const CHANNEL: usize = 1_024;
/// Maximum time for closing the store.
pub(super) const CLOSING: Duration = Duration::from_secs(10);

/// A sync engine at work on an account.
pub(super) struct RunningEngine {
    pub(super) api: Api,
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) reports: mpsc::Receiver<Report>,
    pub(super) task: JoinHandle<()>,
    /// The stored account, as far as it is known at the start.
    pub(super) restored: Option<Restored>,
}

impl RunningEngine {
    /// Starts an engine on an open connection; `feed` has the webhooks, if any.
    pub(super) fn start(
        api: Api,
        settings: Settings,
        storage: (Storage, Option<Restored>),
        feed: Option<Feed>,
    ) -> Self {
        let (commands, queue) = mpsc::channel(CHANNEL);
        let (report, reports) = mpsc::channel(CHANNEL);
        let (storage, restored) = storage;
        let task = crate::sync::start(api.clone(), storage, settings, feed, queue, report);
        Self { api, commands, reports, task, restored }
    }
}

/// Waits until the engine has ended and everything is on disk. Its command channel must be closed.
pub(super) async fn close(task: JoinHandle<()>, mut reports: mpsc::Receiver<Report>) {
    while reports.recv().await.is_some() {}
    // An error only says that the task was cancelled with the process.
    let _ = task.await;
}

/// Connects to Pipedrive. A request that got no answer may still arrive until `max_delay` after it was sent.
pub(super) fn connect(
    endpoint: Endpoint,
    token: &Token,
    expected: ExpectedAccount,
    max_delay: Duration,
) -> Result<Api, CliError> {
    tracing::info!(version = env!("CARGO_PKG_VERSION"), ?endpoint, "started");
    let (api, _task) = pipedrive::connect_as(endpoint, token, expected, max_delay).map_err(CliError::failure)?;
    Ok(api)
}
