//! What becomes of the screen when somebody else deletes what a dialog is about, or what was gone to.

use super::dialog::{Ask, Confirm, Dialog, Picking, Prompt};
use super::notes::Purpose;
use crate::app::notice::Tone;
use crate::app::{Account, Session};
use crate::domain::{ItemRef, RuleError};

/// Shows what is under the cursor where what was gone to is no longer there.
pub(super) fn leave_gone(session: &mut Session, account: &Account) {
    let is_gone = session.navigation.pinned.take_if(|item| !account.workspace.has(*item)).is_some();
    // What is told of an edit says it, too.
    if is_gone && session.messages.notice.as_ref().is_none_or(|notice| notice.edit.is_none()) {
        session.tell(Tone::Info, "What you looked at is no longer there.");
    }
}

/// Closes a dialog that is about something which is no longer there. One in which something was typed stays, and says
/// so: what was typed can still be copied from it.
pub(super) fn settle_gone(session: &mut Session, account: &Account) {
    if let Some(Dialog::Prompt(Prompt { ask: Ask::Probability(deal), .. })) = &session.dialog
        && account.workspace.has(ItemRef::Deal(*deal))
        && !account.workspace.shows_probability(*deal)
    {
        session.dialog = None;
        session.retrying = None;
        return session.tell(Tone::Info, "The deal is in a pipeline that has deal probability turned off.");
    }
    let about = session.dialog_about().filter(|item| !item.is_local());
    if about.is_none_or(|item| account.workspace.has(item)) {
        return;
    }
    match &mut session.dialog {
        Some(Dialog::Form(form)) if form.is_touched() => form.refuse(RuleError::Gone.to_string()),
        Some(Dialog::Note(editor)) if editor.is_changed() => editor.error = Some(RuleError::Gone.to_string()),
        _ => {
            session.dialog = None;
            session.retrying = None;
            session.tell(Tone::Info, "The dialog was closed: what it was about is no longer there.");
        }
    }
}

impl Session {
    /// The one item that the open dialog is about; `None` where it is about several or none.
    fn dialog_about(&self) -> Option<ItemRef> {
        let only = || if let [only] = self.targets.as_slice() { Some(*only) } else { None };
        match self.dialog.as_ref()? {
            Dialog::Form(form) => (!form.is_new).then(|| form.item().key()),
            Dialog::Note(editor) => Some(match editor.purpose {
                Purpose::New(item) => item,
                Purpose::Change(note) => ItemRef::Note(note),
            }),
            Dialog::Delete { item, .. } => Some(*item),
            Dialog::BackToLead { deal, .. } => Some(ItemRef::Deal(*deal)),
            Dialog::Next { about, .. } => Some(*about),
            Dialog::Labels(_) | Dialog::Confirm(Confirm::DeleteAll { .. }) => only(),
            Dialog::Pick(picker) => match picker.picking {
                Picking::MoveDeal(deal) => Some(ItemRef::Deal(deal)),
                Picking::ConvertLead(lead) => Some(ItemRef::Lead(lead)),
                Picking::Copy(item) => Some(item),
                Picking::Owner | Picking::StageForAll => only(),
                _ => None,
            },
            Dialog::Prompt(prompt) => match prompt.ask {
                Ask::Title(item) | Ask::Value(item) | Ask::ExpectedClose(item) => Some(item),
                Ask::Probability(deal) | Ask::LostReason(deal) => Some(ItemRef::Deal(deal)),
                Ask::Day(activity) => Some(ItemRef::Activity(activity)),
                Ask::ForAll(_) => only(),
                Ask::Search | Ask::Bound(_) | Ask::FilterName => None,
            },
            _ => None,
        }
    }
}
