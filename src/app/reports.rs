//! News from the sync engine.

use std::time::Duration;

use super::state::{Attention, UnderWay};
use super::state::{Freshness, Tone};
use super::{App, Effect};
use crate::domain::DealStatus;
use crate::sync::{
    Command, ConnectionState, Durability, EditError, EditFailure, EditState, Progress, Report, Restored,
};
use crate::workspace::ShownChanges;

/// What is told of a line that is down, until it is up again.
const UNREACHED: &str = "Pipedrive cannot be reached";
/// What is told of a disk that does not take what is read, until it does.
const NOT_KEPT: &str = "What is read is not kept on this machine";
/// What is told while something that was asked for is read, until it is there.
pub(super) const LOOKING: &str = "Looking for news…";
/// The same for everything.
pub(super) const REREADING: &str = "Reading everything again…";
/// A wait of this length is told; the status bar counts shorter ones down.
const LONG_WAIT: Duration = Duration::from_secs(10);

impl App {
    pub(super) fn report(&mut self, report: Report) -> Vec<Effect> {
        match report {
            Report::Changed(changes) => {
                let noticed = self.workspace.absorb(changes);
                self.take_news(None, noticed);
            }
            Report::WebhookChanges(heard) => self.heard(heard),
            Report::WebhookStatus(live) => self.state.tell_live(live),
            Report::Progress(progress) => self.progress(progress),
            Report::Restored(restored) => self.restored(*restored),
            Report::CacheChunk(changes) => self.workspace.absorb_cached(changes),
            Report::CacheLoaded => self.workspace.finish_loading(),
            Report::Durability(keeping) => self.keeping(keeping),
            Report::Warning(warning) => self.state.warn(&warning),
            Report::Queued(id) => self.edit_queued(id),
            Report::AllQueued(ids) => ids.into_iter().for_each(|id| self.edit_queued(id)),
            Report::EditDelayed { id, why } => self.edit_waits(id, &why),
            Report::Checking { id, why } => self.edit_checked(id, &why),
            Report::Overwritten(kept) => self.edit_overwrote(*kept),
            Report::History(history) => self.history_came(history),
            Report::EditDone { id, outcome } => self.edit_done(id, outcome),
            Report::SavedFilters { kind, filters } => self.filters_came(kind, filters),
            Report::FilterResult { filter, passing, .. } => self.filtered(filter, passing),
            Report::SearchResults { text, hits, .. } => self.found(&text, hits),
            Report::ItemLoaded { item, outcome } => self.was_read(item, outcome),
            Report::DetailsLoaded { item, outcome } => self.looked(item, outcome),
            Report::Archive(archived) => self.archive_came(archived),
            Report::Connection(line) => {
                let line = self.state.line_since_renewal(*line);
                let before = std::mem::replace(&mut self.state.line, line).state;
                self.tell_line(&before);
            }
        }
        Vec::new()
    }

    /// Shows what was kept on this machine.
    fn restored(&mut self, restored: Restored) {
        self.state.keeping = restored.keeping;
        self.state.board.pipeline = restored.front.pipeline.or(self.state.board.pipeline);
        if let Some(screen) = restored.screen {
            self.restore_screen(&screen);
        }
        self.state.freshness.read_at = restored.fresh_at;
        self.workspace.resume_edit_ids(restored.next_edit);
        self.workspace.show_snapshot(restored.front);
        self.workspace.absorb_cached(restored.items);
        self.restore_bulks(&restored.edits);
        for kept in restored.edits {
            if kept.state == EditState::Waiting {
                self.state.under_way.insert(kept.id, UnderWay { what: kept.what, base: kept.base, queued: true });
                self.workspace.restore(kept.id, kept.edit);
            } else {
                self.workspace.reserve(&kept.edit);
                self.state.attention.extend(Attention::kept(kept));
            }
        }
        let mut told = restored.warnings;
        if let Durability::ReadOnly(why) | Durability::Failing(why) = &self.state.keeping {
            told.insert(0, why.clone());
        }
        if !told.is_empty() {
            self.state.warn(&told.join("\n"));
        } else if !self.state.attention.is_empty() {
            self.state.tell(Tone::Bad, "Edits of an earlier run need attention: ! shows them.");
        }
    }

    fn keeping(&mut self, keeping: Durability) {
        match &keeping {
            Durability::EditsOnly(why) | Durability::Failing(why) if self.state.keeping != keeping => {
                self.state.warn(&format!("{NOT_KEPT}: {why}"));
            }
            Durability::Kept if self.state.keeping != keeping => {
                self.state.warning.take_if(|warning| warning.text.starts_with(NOT_KEPT));
                self.state.tell(Tone::Good, "What is read is kept on this machine again.");
            }
            _ => {}
        }
        self.state.keeping = keeping;
    }

    /// Says what has become of the line, where it is no longer what it was.
    fn tell_line(&mut self, before: &ConnectionState) {
        if *before == self.state.line.state {
            return;
        }
        self.state.line_since = self.state.now;
        match self.state.line.state.clone() {
            ConnectionState::Refused | ConnectionState::WrongAccount(_) => self.state.want_token(),
            ConnectionState::Online if self.state.took_token() => {
                self.state.tell(Tone::Good, "Pipedrive takes the new token; what waited goes on.");
            }
            // Before anything was read the view itself says why there is nothing.
            ConnectionState::Offline { why } if self.state.freshness.read_at.is_some() => {
                self.state.tell(Tone::Bad, format!("{UNREACHED}: {why}\nIt is tried again by itself."));
            }
            ConnectionState::Waiting { wait, why } if wait >= LONG_WAIT => {
                self.state.tell(Tone::Info, format!("Waiting for Pipedrive: {why}"));
            }
            ConnectionState::Online
                if self.state.notice.as_ref().is_some_and(|notice| notice.text.starts_with(UNREACHED)) =>
            {
                self.state.tell(Tone::Good, "Online again.");
            }
            _ => {}
        }
    }

    fn progress(&mut self, progress: Progress) {
        let freshness = &mut self.state.freshness;
        match progress {
            Progress::Reading(reading) => freshness.reading = Some(reading),
            Progress::Fresh { at, next_poll } => {
                *freshness = Freshness { read_at: Some(at), next_poll: Some(next_poll), ..Freshness::default() };
                if self.state.notice.as_ref().is_some_and(|notice| [LOOKING, REREADING].contains(&notice.text.as_str()))
                {
                    // What came of looking says more, where something did.
                    self.state.notice = None;
                    if !self.state.has_news() {
                        self.state.tell(Tone::Good, "Up to date.");
                    }
                }
                self.state.wake();
            }
            Progress::Failed { error, next_poll } => {
                freshness.reading = None;
                freshness.next_poll = Some(next_poll);
                // It is tried again every minute; what is known already hides nothing else.
                let is_news = !std::mem::replace(&mut freshness.failure_told, true);
                if std::mem::take(&mut freshness.asked) || is_news {
                    self.state.tell(Tone::Bad, format!("Could not read the account: {error}"));
                }
            }
        }
    }

    /// Says that leads came, once there was something to compare with.
    pub(super) fn tell_new_leads(&mut self, noticed: ShownChanges) {
        if self.state.freshness.read_at.is_none() || noticed.new_leads.is_empty() {
            return;
        }
        let text = match noticed.new_leads.len() {
            1 => "A new lead came in.".to_owned(),
            count => format!("{count} new leads came in."),
        };
        self.state.new_leads = noticed.new_leads.into_iter().collect();
        self.state.tell(Tone::Good, text);
    }

    /// The sync engine could not take a command.
    pub(super) fn undelivered(&mut self, command: &Command) -> Vec<Effect> {
        match command {
            Command::Edit { kept, .. } => {
                let error = EditError::Api(crate::pipedrive::ApiError::Busy);
                self.edit_done(kept.id, Err(EditFailure::new(Vec::new(), error)));
            }
            Command::Bulk(edits) => {
                for kept in edits {
                    let error = EditError::Api(crate::pipedrive::ApiError::Busy);
                    self.edit_done(kept.id, Err(EditFailure::new(Vec::new(), error)));
                }
            }
            Command::CancelBulk(_) => self.state.tell(Tone::Info, "Busy; try again in a moment."),
            // It is kept, and needs attention again the next time.
            Command::UserActive | Command::SaveSnapshot(_) | Command::SaveScreen(_) | Command::Discard(_) => {}
            Command::History => self.state.dialog = None,
            Command::UseToken(_) => self.token_undelivered(),
            Command::Search { text, .. } => self.found(text, Err(crate::pipedrive::ApiError::Busy)),
            Command::LoadItem(item) => self.was_read(*item, Err(crate::pipedrive::ApiError::Busy)),
            Command::LoadDetails { item, .. } => self.looked(*item, Err(crate::pipedrive::ApiError::Busy)),
            Command::Archive => self.archive_came(Err(crate::pipedrive::ApiError::Busy)),
            Command::SavedFilters(_) | Command::RunFilter { .. } => {
                self.state.tell(Tone::Info, "Busy; try again in a moment.");
            }
            Command::Reload | Command::Refresh => {
                self.state.freshness.asked = false;
                self.state.tell(Tone::Info, "Busy; it is being read already.");
            }
        }
        Vec::new()
    }
}

impl super::State {
    /// Whether an item has the cursor of its list.
    pub(super) fn is_selected(&self, item: crate::domain::ItemRef) -> bool {
        use super::state::View;
        use crate::domain::ItemRef;
        let in_table = |view| self.tables.cursor(view).selected == Some(super::tables::RowId::Item(item));
        match item {
            ItemRef::Deal(id) => {
                in_table(View::Deals)
                    || self.board.status == DealStatus::Open
                        && self.board.cursors.values().any(|cursor| cursor.selected == Some(id))
            }
            ItemRef::Activity(id) => self.activities.selected == Some(id),
            ItemRef::Lead(id) => self.leads.selected == Some(id),
            ItemRef::Person(_) => in_table(View::People),
            ItemRef::Org(_) => in_table(View::Orgs),
            ItemRef::Note(_) => false,
        }
    }
}
