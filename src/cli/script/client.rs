//! The client of one command: the account, updated from Pipedrive if possible, and the way for edits.

use std::future::Future;
use std::io;
use std::pin::Pin;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::mode::Mode;
use super::query::Answers;
use super::state::{AccountState, LoadState};
use crate::cli::account::ResolvedAccount;
use crate::cli::engine::{self, RunningEngine};
use crate::cli::error::CliError;
use crate::pipedrive::{Api, ApiError};
use crate::runtime;
use crate::store::CompanyDir;
use crate::sync::{Command, Durability, OfflineAccount, Report, Restored, Settings, Storage};
use crate::workspace::{ServerUpdate, Workspace};

/// The source of the account, and the destination of edits.
pub(super) enum Backend {
    /// A sync engine at work.
    Engine { api: Api, commands: mpsc::Sender<Command>, reports: mpsc::Receiver<Report>, task: JoinHandle<()> },
    /// The store of this machine alone.
    Offline(OfflineAccount),
}

/// The account for one command.
pub(super) struct Client {
    pub(super) state: AccountState,
    /// Pipedrive's answer to the query of the command.
    pub(super) answers: Answers,
    /// The reason why the account may be out of date; `None` if it is up to date.
    pub(super) stale: Option<String>,
    pub(super) is_interrupted: bool,
    pub(super) backend: Backend,
    signal: Pin<Box<dyn Future<Output = io::Result<()>> + Send>>,
}

enum Event {
    Report(Option<Box<Report>>),
    Signal,
    Timeout,
}

impl Client {
    /// Opens an account, and updates it from Pipedrive unless the mode says otherwise or another process does it.
    pub(super) async fn open(account: ResolvedAccount, mode: Mode) -> Result<Self, CliError> {
        let home = CompanyDir::new(&account.data_dir, account.endpoint.name());
        let (storage, restored) = Storage::open(home.clone(), &account.token).map_err(CliError::usage)?;
        // A command that only reads sends no edits.
        let storage = if mode.edits { storage } else { storage.leaving_queue() };
        let durability = restored.as_ref().map_or(Durability::Kept, |restored| restored.keeping.clone());
        if mode.edits {
            check_durable(&durability)?;
        }
        let is_held = matches!(durability, Durability::ReadOnly(_));
        if mode.offline || is_held {
            return Self::open_offline(storage, restored, durability).await;
        }
        let is_complete = storage.is_whole();
        let settings = Settings::new(account.lead_interval).looking_first_at(mode.scope.first_look());
        let engine = RunningEngine::start(account.connect(&home)?, settings, (storage, None), None);
        let RunningEngine { api, commands, reports, task, .. } = engine;
        let mut client = Self::new(Backend::Engine { api, commands, reports, task });
        client.state.is_complete = is_complete;
        client.state.sends_earlier = mode.edits;
        if let Some(restored) = restored {
            client.state.restore(restored);
        }
        match client.update(mode).await {
            Ok(()) => Ok(client),
            Err(error) => {
                client.close().await;
                Err(error)
            }
        }
    }

    async fn open_offline(
        storage: Storage,
        restored: Option<Restored>,
        durability: Durability,
    ) -> Result<Self, CliError> {
        let is_complete = storage.is_whole();
        let Some(offline) = storage.into_offline() else { return Err(nothing_stored()) };
        let mut state = AccountState::new();
        state.is_complete = is_complete;
        if let Some(restored) = restored {
            state.restore(restored);
        }
        let account = &mut state.workspace;
        if let Err(error) = offline.load(|changes| account.absorb_cached(changes)).await {
            state.status.message(&error.to_string());
        }
        if account.me().is_none() {
            return Err(nothing_stored());
        }
        let reason = match durability {
            Durability::ReadOnly(why) => why,
            _ => "Pipedrive was not asked".to_owned(),
        };
        Ok(Self { state, stale: Some(reason), ..Self::new(Backend::Offline(offline)) })
    }

    fn new(backend: Backend) -> Self {
        Self {
            state: AccountState::new(),
            answers: Answers::default(),
            stale: None,
            is_interrupted: false,
            backend,
            signal: Box::pin(runtime::ended_by_signal()),
        }
    }

    pub(super) fn account(&self) -> &Workspace {
        &self.state.workspace
    }

    /// Returns the offline account, if this client has no engine.
    pub(super) fn offline(&self) -> Option<&OfflineAccount> {
        match &self.backend {
            Backend::Offline(offline) => Some(offline),
            Backend::Engine { .. } => None,
        }
    }

    pub(super) fn message(&mut self, text: &str) {
        self.state.status.message(text);
    }

    /// Takes over items that Pipedrive returned.
    pub(super) fn absorb(&mut self, change: ServerUpdate) {
        self.state.workspace.absorb(vec![change]);
    }

    /// Waits until the account is up to date, or it is clear that it cannot be.
    async fn update(&mut self, mode: Mode) -> Result<(), CliError> {
        self.wait_until(|client| {
            let state = &client.state;
            let gives_up = state.read_error.is_some() || state.outage().is_some();
            match state.loaded {
                _ if state.connection.state().needs_token() => true,
                LoadState::Nothing => gives_up || matches!(state.durability, Durability::Failing(_)),
                LoadState::Owner => false,
                LoadState::Stored => gives_up,
                LoadState::Fresh => true,
            }
        })
        .await;
        self.state.status.clear();
        if self.is_interrupted {
            return Err(CliError::failure("interrupted before the account was read"));
        }
        if let Some(problem) = self.state.connection.state().token_problem() {
            return Err(CliError::failure(problem));
        }
        if mode.edits || self.state.loaded == LoadState::Nothing {
            check_durable(&self.state.durability)?;
        }
        if self.state.loaded == LoadState::Fresh {
            return Ok(());
        }
        let read_error = self.state.read_error.as_ref().map(ToString::to_string);
        let why = read_error.or_else(|| self.state.outage()).unwrap_or_else(|| "dealdeck is ending".to_owned());
        // Without a first reading there is nothing to show.
        if self.account().me().is_none() {
            return Err(CliError::failure(why));
        }
        self.stale = Some(why);
        Ok(())
    }

    /// Returns the time of the data that a command shows.
    pub(super) fn as_of(&self, mode: Mode) -> Option<DateTime<Utc>> {
        match mode.scope.part() {
            Some(part) if self.stale.is_some() => self.state.looked.get(&part).copied(),
            _ => self.state.fresh_at,
        }
    }

    /// Reports the age of the data if it is not up to date, and if some of it may be missing.
    pub(super) fn report_age(&mut self, mode: Mode) {
        if let Some(why) = &self.stale {
            let at = self.as_of(mode).map(|at| at.with_timezone(&self.account().zone()));
            let age =
                at.map_or_else(|| "of unknown age".to_owned(), |at| at.format("as of %Y-%m-%d %H:%M").to_string());
            self.state.status.message(&format!("{age}: {why}"));
        }
        if !self.state.is_complete {
            self.message("the first sync is incomplete, so something may be missing: run 'dealdeck sync'");
        }
    }

    /// Reports that there are queued edits, which a command that only reads does not send.
    pub(super) fn report_queued(&mut self) {
        match self.state.earlier.len() {
            0 => {}
            1 => self.message("1 edit is queued: 'dealdeck sync' sends it"),
            count => self.message(&format!("{count} edits are queued: 'dealdeck sync' sends them")),
        }
    }

    /// Calls Pipedrive; a signal cancels the call.
    pub(super) async fn call<T, F>(&mut self, call: impl FnOnce(Api) -> F) -> Result<Result<T, ApiError>, CliError>
    where
        F: Future<Output = Result<T, ApiError>>,
    {
        let Backend::Engine { api, .. } = &self.backend else { return Err(needs_pipedrive("it was not asked")) };
        if let Some(why) = &self.stale {
            return Err(needs_pipedrive(why));
        }
        let call = call(api.clone());
        tokio::select! {
            answer = call => Ok(answer),
            _ = &mut self.signal => {
                self.is_interrupted = true;
                Err(CliError::failure("interrupted"))
            }
        }
    }

    /// Sends a command to the engine. Reports are taken at the same time, so that neither side waits for the other.
    pub(super) async fn send(&mut self, command: Command) {
        loop {
            let Backend::Engine { commands, reports, .. } = &mut self.backend else { return };
            let report = tokio::select! {
                permit = commands.reserve() => {
                    // That the engine has ended shows when its reports end.
                    if let Ok(permit) = permit {
                        permit.send(command);
                    }
                    return;
                }
                report = reports.recv() => report,
            };
            match report {
                Some(report) => self.state.apply(report),
                None => return,
            }
        }
    }

    /// Applies reports until `is_met` returns `true`, a signal arrives, or the engine ends.
    pub(super) async fn wait_until(&mut self, is_met: impl Fn(&Self) -> bool) {
        while !self.is_interrupted && !is_met(self) {
            let next_check = self.state.next_check();
            let Backend::Engine { reports, .. } = &mut self.backend else { return };
            let event = tokio::select! {
                report = reports.recv() => Event::Report(report.map(Box::new)),
                _ = &mut self.signal => Event::Signal,
                () = sleep_until(next_check) => Event::Timeout,
            };
            match event {
                Event::Report(Some(report)) => self.state.apply(*report),
                Event::Report(None) => return,
                Event::Signal => self.is_interrupted = true,
                Event::Timeout => {}
            }
        }
    }

    /// Releases the account once everything is on disk.
    pub(super) async fn close(self) {
        match self.backend {
            Backend::Engine { api, commands, reports, task } => {
                drop((api, commands));
                engine::close(task, reports).await;
            }
            Backend::Offline(offline) => offline.close().await,
        }
    }
}

/// Refuses edits that would not outlive this process.
fn check_durable(durability: &Durability) -> Result<(), CliError> {
    match durability {
        Durability::Kept | Durability::EditsOnly(_) | Durability::Memory => Ok(()),
        Durability::ReadOnly(why) | Durability::Failing(why) => Err(CliError::failure(why)),
    }
}

fn nothing_stored() -> CliError {
    CliError::failure("nothing is stored of this account yet: run this once while Pipedrive can be reached")
}

fn needs_pipedrive(why: &str) -> CliError {
    CliError::failure(format!("only Pipedrive knows that: {why}"))
}

/// Sleeps until a moment; forever without one.
async fn sleep_until(moment: Option<tokio::time::Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
