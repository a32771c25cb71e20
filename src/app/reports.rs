//! News from the sync engine.

use crate::app::archive;
use crate::app::attention;
use crate::app::bulk;
use crate::app::edits;
use crate::app::kept;
use crate::app::look;
use crate::app::named;
use crate::app::news;
use crate::app::search;
use crate::app::token;
use crate::app::{Account, Session};
use std::time::Duration;

use super::Effect;
use crate::app::account::Freshness;
use crate::app::account::{Attention, InFlight};
use crate::app::notice::Tone;
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

pub(super) fn report(session: &mut Session, account: &mut Account, report: Report) -> Vec<Effect> {
    match report {
        Report::Changed(changes) => {
            let noticed = account.workspace.absorb(changes);
            news::take_news(session, account, None, noticed);
        }
        Report::WebhookChanges(heard) => news::heard(session, account, heard),
        Report::WebhookStatus(live) => news::tell_live(session, account, live),
        Report::Progress(progress) => progressed(session, account, progress),
        Report::Restored(restored) => restore(session, account, *restored),
        Report::CacheChunk(changes) => account.workspace.absorb_cached(changes),
        Report::CacheLoaded => account.workspace.finish_loading(),
        Report::Durability(keeping) => durability_changed(session, account, keeping),
        Report::Warning(warning) => session.warn(&warning),
        Report::Queued(id) => edits::edit_queued(account, id),
        Report::AllQueued(ids) => ids.into_iter().for_each(|id| edits::edit_queued(account, id)),
        Report::EditDelayed { id, why } => edits::edit_waits(session, account, id, &why),
        Report::Checking { id, why } => edits::edit_checked(session, account, id, &why),
        Report::Overwritten(kept) => edits::edit_overwrote(session, account, *kept),
        Report::History(history) => attention::history_came(session, history),
        Report::EditDone { id, outcome } => edits::edit_done(session, account, id, outcome),
        Report::SavedFilters { kind, filters } => named::filters_came(session, account, kind, filters),
        Report::FilterResult { filter, passing, .. } => named::filtered(session, account, filter, passing),
        Report::SearchResults { text, hits, .. } => search::found(session, &text, hits),
        Report::ItemLoaded { item, outcome } => search::was_read(session, account, item, outcome),
        Report::DetailsLoaded { item, outcome } => look::looked(session, item, outcome),
        Report::Archive(archived) => archive::archive_came(session, account, archived),
        Report::Connection(line) => {
            let line = token::line_since_renewal(account, *line);
            let before = std::mem::replace(&mut account.connection.line, line).state;
            tell_line(session, account, &before);
        }
    }
    Vec::new()
}

/// Shows what was kept on this machine.
fn restore(session: &mut Session, account: &mut Account, restored: Restored) {
    account.durability = restored.keeping;
    session.board.pipeline = restored.front.pipeline.or(session.board.pipeline);
    if let Some(screen) = restored.screen {
        kept::restore_screen(session, &screen);
    }
    account.freshness.read_at = restored.fresh_at;
    account.workspace.resume_edit_ids(restored.next_edit);
    account.workspace.show_snapshot(restored.front);
    account.workspace.absorb_cached(restored.items);
    bulk::restore_bulks(session, account, &restored.edits);
    for kept in restored.edits {
        if kept.state == EditState::Waiting {
            account
                .edits
                .in_flight
                .insert(kept.id, InFlight { what: kept.what, base: kept.base, queued: true, session: None });
            account.workspace.restore(kept.id, kept.edit);
        } else {
            account.workspace.reserve(&kept.edit);
            account.edits.attention.extend(Attention::kept(kept));
        }
    }
    let mut told = restored.warnings;
    if let Durability::ReadOnly(why) | Durability::Failing(why) = &account.durability {
        told.insert(0, why.clone());
    }
    if !told.is_empty() {
        session.warn(&told.join("\n"));
    } else if !account.edits.attention.is_empty() {
        session.tell(Tone::Bad, "Edits of an earlier run need attention: ! shows them.");
    }
}

fn durability_changed(session: &mut Session, account: &mut Account, keeping: Durability) {
    match &keeping {
        Durability::EditsOnly(why) | Durability::Failing(why) if account.durability != keeping => {
            session.warn(&format!("{NOT_KEPT}: {why}"));
        }
        Durability::Kept if account.durability != keeping => {
            session.messages.warning.take_if(|warning| warning.text.starts_with(NOT_KEPT));
            session.tell(Tone::Good, "What is read is kept on this machine again.");
        }
        _ => {}
    }
    account.durability = keeping;
}

/// Says what has become of the line, where it is no longer what it was.
fn tell_line(session: &mut Session, account: &mut Account, before: &ConnectionState) {
    if *before == account.connection.line.state {
        return;
    }
    account.connection.since = session.now;
    match account.connection.line.state.clone() {
        ConnectionState::Refused | ConnectionState::WrongAccount(_) => token::want_token(session, account),
        ConnectionState::Online if token::took_token(session, account) => {
            session.tell(Tone::Good, "Pipedrive takes the new token; what waited goes on.");
        }
        // Before anything was read the view itself says why there is nothing.
        ConnectionState::Offline { why } if account.freshness.read_at.is_some() => {
            session.tell(Tone::Bad, format!("{UNREACHED}: {why}\nIt is tried again by itself."));
        }
        ConnectionState::Waiting { wait, why } if wait >= LONG_WAIT => {
            session.tell(Tone::Info, format!("Waiting for Pipedrive: {why}"));
        }
        ConnectionState::Online
            if session.messages.notice.as_ref().is_some_and(|notice| notice.text.starts_with(UNREACHED)) =>
        {
            session.tell(Tone::Good, "Online again.");
        }
        _ => {}
    }
}

fn progressed(session: &mut Session, account: &mut Account, progress: Progress) {
    let freshness = &mut account.freshness;
    match progress {
        Progress::Reading(reading) => freshness.reading = Some(reading),
        Progress::Fresh { at, next_poll } => {
            *freshness = Freshness { read_at: Some(at), next_poll: Some(next_poll), ..Freshness::default() };
            if session
                .messages
                .notice
                .as_ref()
                .is_some_and(|notice| [LOOKING, REREADING].contains(&notice.text.as_str()))
            {
                // What came of looking says more, where something did.
                session.messages.notice = None;
                if !session.has_news() {
                    session.tell(Tone::Good, "Up to date.");
                }
            }
            account.wake();
        }
        Progress::Failed { error, next_poll } => {
            freshness.reading = None;
            freshness.next_poll = Some(next_poll);
            // It is tried again every minute; what is known already hides nothing else.
            let is_news = !std::mem::replace(&mut freshness.failure_told, true);
            if std::mem::take(&mut freshness.asked) || is_news {
                session.tell(Tone::Bad, format!("Could not read the account: {error}"));
            }
        }
    }
}

/// Says that leads came, once there was something to compare with.
pub(super) fn tell_new_leads(session: &mut Session, account: &mut Account, noticed: ShownChanges) {
    if account.freshness.read_at.is_none() || noticed.new_leads.is_empty() {
        return;
    }
    let text = match noticed.new_leads.len() {
        1 => "A new lead came in.".to_owned(),
        count => format!("{count} new leads came in."),
    };
    account.new_leads = noticed.new_leads.into_iter().collect();
    session.tell(Tone::Good, text);
}

/// The sync engine could not take a command.
pub(super) fn undelivered(session: &mut Session, account: &mut Account, command: &Command) -> Vec<Effect> {
    match command {
        Command::Edit { kept, .. } => {
            let error = EditError::Api(crate::pipedrive::ApiError::Busy);
            edits::edit_done(session, account, kept.id, Err(EditFailure::new(Vec::new(), error)));
        }
        Command::Bulk(edits) => {
            for kept in edits {
                let error = EditError::Api(crate::pipedrive::ApiError::Busy);
                edits::edit_done(session, account, kept.id, Err(EditFailure::new(Vec::new(), error)));
            }
        }
        Command::CancelBulk(_) => session.tell(Tone::Info, "Busy; try again in a moment."),
        // It is kept, and needs attention again the next time.
        Command::UserActive | Command::SaveSnapshot(_) | Command::SaveScreen(_) | Command::Discard(_) => {}
        Command::History => session.dialog = None,
        Command::UseToken(_) => token::token_undelivered(session, account),
        Command::Search { text, .. } => search::found(session, text, Err(crate::pipedrive::ApiError::Busy)),
        Command::LoadItem(item) => search::was_read(session, account, *item, Err(crate::pipedrive::ApiError::Busy)),
        Command::LoadDetails { item, .. } => look::looked(session, *item, Err(crate::pipedrive::ApiError::Busy)),
        Command::Archive => archive::archive_came(session, account, Err(crate::pipedrive::ApiError::Busy)),
        Command::SavedFilters(_) | Command::RunFilter { .. } => {
            session.tell(Tone::Info, "Busy; try again in a moment.");
        }
        Command::Reload | Command::Refresh => {
            account.freshness.asked = false;
            session.tell(Tone::Info, "Busy; it is being read already.");
        }
    }
    Vec::new()
}
