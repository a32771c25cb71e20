//! `dealdeck sync`: reads the account and sends queued edits, without the dashboard.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::account::AccountArgs;
use super::connection::ConnectionWatch;
use super::console::{StatusLine, edits, print_result, sending};
use super::engine::{RunningEngine, close};
use super::error::{CliError, EXIT_ATTENTION};
use super::log;
use crate::app::words;
use crate::domain::{DealStatus, Edit};
use crate::pipedrive::ApiError;
use crate::runtime;
use crate::sync::{ConnectionState, Durability, EditFailure, EditOutcome, EditState, Progress, Report, Restored};
use crate::ui;
use crate::workspace::{EditId, Workspace};

/// Time offline after which `sync` gives up; queued edits stay queued.
const OFFLINE_PATIENCE: Duration = Duration::from_secs(4);
/// Time for which Pipedrive may fail, or ask dealdeck to wait, before `sync` gives up.
const WAITING_PATIENCE: Duration = Duration::from_secs(180);
/// Time after which `sync` no longer waits for an edit that is delayed.
const DELAY_PATIENCE: Duration = Duration::from_secs(20);
/// Interval at which the clock is checked.
const CHECK_INTERVAL: Duration = Duration::from_millis(250);

/// An edit with its description.
struct DescribedEdit {
    edit: Edit,
    what: String,
}

/// The state of a run.
#[derive(Default)]
struct SyncRun {
    account: Workspace,
    /// Number of edits that Pipedrive has confirmed.
    sent: usize,
    queued: HashMap<EditId, DescribedEdit>,
    /// Queued edits that are delayed: since when, and the reason.
    delayed: HashMap<EditId, (Instant, String)>,
    /// Edits that need attention, with the reason.
    attention: Vec<(DescribedEdit, String)>,
    connection: ConnectionWatch,
    /// `true` once the whole account is read.
    is_fresh: bool,
    /// The reason why the account could not be read.
    read_error: Option<String>,
    /// The reason why the run cannot continue.
    stop_reason: Option<String>,
    status: StatusLine,
}

/// Reads the account, sends queued edits, and prints a summary.
pub(super) async fn run(account: AccountArgs) -> Result<(), CliError> {
    let account = account.resolve()?;
    let _log = log::start();
    let RunningEngine { commands, mut reports, task, restored, .. } = account.start()?;
    let mut run = SyncRun::default();
    let started = Instant::now();
    if let Some(restored) = restored {
        run.restore(restored);
    }
    let signal = runtime::ended_by_signal();
    tokio::pin!(signal);
    while !run.is_over() {
        tokio::select! {
            report = reports.recv() => match report {
                Some(report) => run.apply(report),
                None => break,
            },
            () = tokio::time::sleep(CHECK_INTERVAL) => {}
            _ = &mut signal => run.stop_reason = Some("interrupted".to_owned()),
        }
    }
    drop(commands);
    close(task, reports).await;
    run.finish(started.elapsed())
}

impl SyncRun {
    fn is_over(&self) -> bool {
        if self.connection.offline(OFFLINE_PATIENCE).or(self.connection.waiting(WAITING_PATIENCE)).is_some() {
            return true;
        }
        // Queued edits are sent even if the account cannot be read, as long as they can be sent at all.
        let is_read = self.is_fresh || self.read_error.is_some();
        let is_given_up = |id| self.delayed.get(id).is_some_and(|(since, _)| since.elapsed() >= DELAY_PATIENCE);
        self.stop_reason.is_some() || (is_read && self.queued.keys().all(is_given_up))
    }

    fn apply(&mut self, report: Report) {
        match report {
            Report::Restored(restored) => self.restore(*restored),
            Report::CacheChunk(changes) => self.account.absorb_cached(changes),
            Report::Changed(changes) => {
                self.account.absorb(changes);
            }
            Report::Warning(warning) => self.status.message(&warning),
            Report::Durability(Durability::EditsOnly(why) | Durability::Failing(why)) => self.stop_reason = Some(why),
            Report::EditDone { id, outcome } => self.edit_done(id, outcome),
            Report::Progress(Progress::Reading(reading)) => self.status.progress(&reading),
            Report::Progress(Progress::Fresh { .. }) => self.is_fresh = true,
            Report::Progress(Progress::Failed { error, .. }) => self.read_error = Some(error.to_string()),
            Report::Overwritten(kept) => {
                let why = kept.attention().unwrap_or_default().to_owned();
                self.attention.push((DescribedEdit { edit: kept.edit, what: kept.what }, why));
            }
            Report::Checking { id, why } => {
                let what = self.queued.get(&id).map_or("an edit", |queued| queued.what.as_str());
                self.status.message(&format!("{what}: checking whether Pipedrive has it ({why})"));
            }
            Report::EditDelayed { id, why } => {
                self.delayed.entry(id).or_insert_with(|| (Instant::now(), why));
            }
            Report::Connection(line) => self.connection_changed(line.state),
            // These concern the screen, or edits and queries that `sync` does not make.
            Report::Durability(_)
            | Report::WebhookChanges(_)
            | Report::WebhookStatus(_)
            | Report::CacheLoaded
            | Report::Queued(_)
            | Report::AllQueued(_)
            | Report::History(_)
            | Report::Archive(_)
            | Report::SavedFilters { .. }
            | Report::FilterResult { .. }
            | Report::SearchResults { .. }
            | Report::ItemLoaded { .. }
            | Report::DetailsLoaded { .. } => {}
        }
    }

    fn restore(&mut self, restored: Restored) {
        for warning in &restored.warnings {
            self.status.message(warning);
        }
        for kept in restored.edits {
            let described = DescribedEdit { edit: kept.edit, what: kept.what };
            match kept.state {
                EditState::Waiting => {
                    self.queued.insert(kept.id, described);
                }
                EditState::Attention { why, .. } => self.attention.push((described, why)),
                _ => {}
            }
        }
        if let Durability::ReadOnly(why) | Durability::Failing(why) = &restored.keeping {
            self.stop_reason = Some(why.clone());
        }
        self.account.absorb_cached(restored.items);
        if self.stop_reason.is_none() && !self.queued.is_empty() {
            self.status.message(&sending(self.queued.len()));
        }
    }

    fn edit_done(&mut self, id: EditId, outcome: Result<EditOutcome, EditFailure>) {
        let queued = self.queued.remove(&id);
        self.delayed.remove(&id);
        match (outcome, queued) {
            (Ok(_), _) => self.sent += 1,
            (Err(failure), Some(queued)) => self.attention.push((queued, failure.error.to_string())),
            (Err(_), None) => {}
        }
    }

    fn connection_changed(&mut self, state: ConnectionState) {
        if let ConnectionState::Waiting { wait, why } = &state {
            self.status.waiting(*wait, why, self.account.zone());
        }
        if let Some(problem) = state.token_problem() {
            self.stop_reason = Some(problem);
        }
        self.connection.update(state);
    }

    /// Returns the reason why not everything was done.
    fn incomplete_reason(&self) -> Option<String> {
        let is_incomplete = !self.is_fresh || !self.queued.is_empty();
        let offline = self.connection.offline(Duration::ZERO).filter(|_| is_incomplete);
        let offline = offline.map(|why| ApiError::Unreachable(why.to_owned()).to_string());
        let waiting = self.connection.waiting(Duration::ZERO).filter(|_| is_incomplete).map(ToOwned::to_owned);
        let delayed = || self.delayed.values().next().map(|(_, why)| why.clone());
        self.stop_reason.clone().or(offline).or_else(|| self.read_error.clone()).or(waiting).or_else(delayed)
    }

    /// Reports the edits that need attention and prints the summary.
    fn finish(&mut self, took: Duration) -> Result<(), CliError> {
        self.status.clear();
        for (DescribedEdit { edit, what }, why) in &self.attention {
            let what = words::as_shown(&self.account, edit, what);
            self.status.message(&format!("needs attention: {what} ({why})"));
        }
        if let Some(reason) = self.incomplete_reason() {
            let queued = match self.queued.len() {
                0 => String::new(),
                count => format!(" {} still queued.", edits(count)),
            };
            return Err(CliError::failure(format!("{reason}.{queued}")));
        }
        let summary = self.summary(took);
        let printed = print_result(&summary, "the sync is done", &summary);
        match self.attention.len() {
            0 => printed,
            count => {
                if let Err(unprinted) = printed {
                    self.status.message(&unprinted.message);
                }
                let verb = if count == 1 { "needs" } else { "need" };
                let message = format!("{} {verb} attention: start dealdeck and press !", edits(count));
                Err(CliError { message, code: EXIT_ATTENTION })
            }
        }
    }

    fn summary(&self, took: Duration) -> String {
        let open = self.account.deals().filter(|deal| deal.status == DealStatus::Open).count();
        let leads = self.account.inbox().len();
        let to_do = self.account.agenda().len();
        let company = self.account.me().map_or("The account", |me| me.company.as_str());
        format!(
            "{}: {open} open deals, {to_do} planned activities, {leads} leads; {} sent. Took {:.1} s.\n",
            ui::printable(company),
            edits(self.sent),
            took.as_secs_f64()
        )
    }
}
