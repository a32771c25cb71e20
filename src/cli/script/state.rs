//! The account as one command knows it: restored from disk, then updated by the reports of the sync engine.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::app::words;
use crate::cli::connection::ConnectionWatch;
use crate::cli::console::{StatusLine, sending};
use crate::domain::ItemRef;
use crate::pipedrive::ConnectionState;
use crate::sync::poll_schedule::AccountPart;
use crate::sync::{Durability, EditFailure, EditOutcome, EditState, Progress, ReadError, Report, Restored};
use crate::workspace::{EditId, Workspace};

/// Time offline after which a command continues without Pipedrive: connections break and come back.
const OFFLINE_PATIENCE: Duration = Duration::from_secs(4);
/// A wait of this length that Pipedrive asks for counts as offline; a command waits for shorter ones.
const LONG_WAIT: Duration = Duration::from_secs(10);
/// Time for which several shorter waits may last together.
const WAITING_PATIENCE: Duration = Duration::from_secs(60);
/// Time without progress of any edit after which a command continues without them: a conversion takes up to a minute,
/// and an edit for which the budget is used up may take hours.
const QUIET_PATIENCE: Duration = Duration::from_secs(90);
/// The share of the account that counts as complete: shares are estimated from ids, and are fractions.
const COMPLETE: f64 = 0.999;

/// The known part of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LoadState {
    Nothing,
    /// Its owner and the queued edits.
    Owner,
    /// Everything that is stored on this machine.
    Stored,
    /// The present state in Pipedrive.
    Fresh,
}

/// The account as one command knows it.
pub(super) struct AccountState {
    pub(super) workspace: Workspace,
    pub(super) status: StatusLine,
    pub(super) durability: Durability,
    pub(super) loaded: LoadState,
    /// The reason why reading failed.
    pub(super) read_error: Option<ReadError>,
    pub(super) connection: ConnectionWatch,
    /// The time of the account's last full update.
    pub(super) fresh_at: Option<DateTime<Utc>>,
    /// The time of each part's last update, as of the start.
    pub(super) looked: BTreeMap<AccountPart, DateTime<Utc>>,
    /// `true` if the whole account was read at least once, as far as is known.
    pub(super) is_complete: bool,
    /// `true` if edits of earlier runs are sent, too.
    pub(super) sends_earlier: bool,
    /// The descriptions of edits of earlier runs.
    pub(super) earlier: HashMap<EditId, String>,
    /// Edits that are on disk.
    pub(super) queued: HashSet<EditId>,
    /// Edits that have ended, with the item that they created.
    pub(super) ended: HashMap<EditId, Result<Option<ItemRef>, EditFailure>>,
    /// The time of the last progress of an edit.
    last_progress: Instant,
}

impl AccountState {
    pub(super) fn new() -> Self {
        Self {
            workspace: Workspace::new(),
            status: StatusLine::default(),
            durability: Durability::Kept,
            loaded: LoadState::Nothing,
            read_error: None,
            connection: ConnectionWatch::default(),
            fresh_at: None,
            looked: BTreeMap::new(),
            is_complete: false,
            sends_earlier: false,
            earlier: HashMap::new(),
            queued: HashSet::new(),
            ended: HashMap::new(),
            last_progress: Instant::now(),
        }
    }

    /// Returns the reason why nothing gets to Pipedrive now; `None` while something does, or may in a moment.
    pub(super) fn outage(&self) -> Option<String> {
        if let Some(why) = self.connection.offline(OFFLINE_PATIENCE) {
            return Some(format!("Pipedrive cannot be reached ({why})"));
        }
        match self.connection.state() {
            ConnectionState::Waiting { wait, why } if *wait >= LONG_WAIT => return Some(why.clone()),
            state if state.needs_token() => return state.token_problem(),
            _ => {}
        }
        if let Some(why) = self.connection.waiting(WAITING_PATIENCE) {
            return Some(why.to_owned());
        }
        (self.last_progress.elapsed() >= QUIET_PATIENCE).then(|| "no progress for a while".to_owned())
    }

    /// Returns the next moment at which [`Self::outage`] may change without a report.
    pub(super) fn next_check(&self) -> Option<Instant> {
        let moments = [
            self.connection.offline_until(OFFLINE_PATIENCE),
            self.connection.waiting_until(WAITING_PATIENCE),
            Some(self.last_progress + QUIET_PATIENCE),
        ];
        moments.into_iter().flatten().filter(|at| *at > Instant::now()).min()
    }

    /// Takes over what is stored of the account.
    pub(super) fn restore(&mut self, restored: Restored) {
        self.loaded = self.loaded.max(LoadState::Owner);
        self.durability = restored.keeping;
        self.fresh_at = restored.fresh_at;
        self.looked = restored.looked;
        for warning in &restored.warnings {
            self.status.message(warning);
        }
        let account = &mut self.workspace;
        account.resume_edit_ids(restored.next_edit);
        account.absorb_cached(restored.items);
        for kept in restored.edits {
            account.reserve(&kept.edit);
            if kept.state == EditState::Waiting {
                account.restore(kept.id, kept.edit);
                self.earlier.insert(kept.id, kept.what);
            }
        }
        if self.sends_earlier && !self.earlier.is_empty() {
            self.status.message(&sending(self.earlier.len()));
        }
    }

    /// Applies a report of the engine.
    pub(super) fn apply(&mut self, report: Report) {
        match report {
            Report::Restored(restored) => self.restore(*restored),
            Report::CacheChunk(changes) => self.workspace.absorb_cached(changes),
            Report::CacheLoaded => self.loaded = self.loaded.max(LoadState::Stored),
            Report::Changed(changes) => {
                self.workspace.absorb(changes);
            }
            Report::Warning(warning) => self.status.message(&warning),
            Report::Durability(durability) => self.durability_changed(durability),
            Report::Queued(id) => self.edits_queued(&[id]),
            Report::AllQueued(ids) => self.edits_queued(&ids),
            Report::EditDone { id, outcome } => self.edit_done(id, outcome),
            Report::Progress(progress) => self.progressed(progress),
            Report::Connection(line) => self.connection_changed(line.state),
            Report::EditDelayed { why, .. } => self.status.message(&format!("waiting: {why}")),
            Report::Overwritten(kept) => {
                let why = kept.attention().unwrap_or_default();
                self.status.message(&format!("an earlier edit needs attention: {} ({why})", kept.what));
            }
            Report::Checking { why, .. } => {
                self.last_progress = Instant::now();
                self.status.message(&format!("checking whether Pipedrive has it ({why})"));
            }
            // These concern the screen.
            Report::WebhookChanges(_)
            | Report::WebhookStatus(_)
            | Report::History(_)
            | Report::Archive(_)
            | Report::SavedFilters { .. }
            | Report::FilterResult { .. }
            | Report::SearchResults { .. }
            | Report::ItemLoaded { .. }
            | Report::DetailsLoaded { .. } => {}
        }
    }

    /// Later changes concern the cache, which can be read again, or are reported with each edit.
    fn durability_changed(&mut self, durability: Durability) {
        if self.loaded == LoadState::Nothing {
            self.durability = durability;
        }
    }

    fn progressed(&mut self, progress: Progress) {
        match progress {
            Progress::Reading(reading) => {
                self.last_progress = Instant::now();
                self.is_complete = reading.share.map_or(self.is_complete, |share| share >= COMPLETE);
                self.status.progress(&reading);
            }
            Progress::Fresh { at, .. } => {
                self.loaded = LoadState::Fresh;
                self.fresh_at = Some(at);
            }
            Progress::Failed { error, .. } => self.read_error = Some(error),
        }
    }

    fn connection_changed(&mut self, state: ConnectionState) {
        if let ConnectionState::Waiting { wait, why } = &state {
            self.status.waiting(*wait, why, self.workspace.zone());
        }
        self.connection.update(state);
    }

    fn edits_queued(&mut self, ids: &[EditId]) {
        self.last_progress = Instant::now();
        self.queued.extend(ids);
    }

    fn edit_done(&mut self, id: EditId, outcome: Result<EditOutcome, EditFailure>) {
        self.last_progress = Instant::now();
        let account = &mut self.workspace;
        let ended = match outcome {
            Ok(outcome) => {
                account.settle(id, outcome.changes, outcome.created);
                Ok(outcome.created)
            }
            Err(failure) => {
                let edit = account.settle(id, failure.changes.clone(), None);
                if let (Some(what), Some(edit)) = (self.earlier.get(&id), edit) {
                    let what = words::as_shown(account, &edit, what);
                    self.status.message(&format!("an earlier edit needs attention: {what} ({})", failure.error));
                }
                Err(failure)
            }
        };
        self.ended.insert(id, ended);
    }
}
