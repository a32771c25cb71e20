//! The lead inbox: moving around, seen, archived, converted.

use super::actions::Action;
use super::board::stepped;
use super::{Effect, layout};
use crate::app::board;
use crate::app::dispatch;
use crate::app::edits;
use crate::app::notice::Tone;
use crate::app::{Account, Session};
use crate::domain::{Edit, ItemRef, LeadPatch, RuleError};

pub(super) fn settle_leads(session: &mut Session, account: &Account) {
    let fit = layout::rows_that_fit(layout::layout(session).body);
    let mut cursor = session.cursors.leads;
    let inbox = session.inbox(&account.workspace);
    cursor.follow(inbox.len(), |id| session.lead_rank(&account.workspace, id), |rank| inbox.get(rank));
    cursor.scroll(cursor.rank, inbox.len(), fit);
    session.cursors.leads = cursor;
}

pub(super) fn go_in_leads(session: &mut Session, account: &Account, action: Action) {
    let page = layout::rows_that_fit(layout::layout(session).body);
    let inbox = session.inbox(&account.workspace);
    let rank = stepped(action, session.cursors.leads.rank, inbox.len(), page);
    let selected = inbox.get(rank);
    session.cursors.leads.rank = rank;
    session.cursors.leads.selected = selected;
}

pub(super) fn lead_action(session: &mut Session, account: &mut Account, action: Action) -> Vec<Effect> {
    let selected = match session.selected(&account.workspace) {
        Some(ItemRef::Lead(id)) => account.workspace.lead(id),
        _ => None,
    };
    let Some(lead) = selected else {
        dispatch::nothing_selected(session);
        return Vec::new();
    };
    let (id, seen, archived) = (lead.id, lead.seen, lead.archived);
    if archived && action != Action::Archive {
        session.tell(Tone::Info, format!("{}: a takes it out of the archive.", RuleError::Archived));
        return Vec::new();
    }
    let patch = match action {
        Action::Seen => LeadPatch { seen: Some(!seen), ..LeadPatch::default() },
        Action::Archive => LeadPatch { archived: Some(!archived), ..LeadPatch::default() },
        _ => {
            board::open_stages(session, account, board::StageFor::Lead(id), None);
            return Vec::new();
        }
    };
    let effects = edits::apply(session, account, Edit::UpdateLead { id, patch });
    if !effects.is_empty() {
        // The next lead is at hand, wherever this one goes.
        session.cursors.leads.selected = None;
    }
    effects
}
