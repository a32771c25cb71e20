//! A deal that becomes a lead again: asked first, as the deal goes by that.

use super::Effect;
use super::dialogs::Dialog;
use super::edits::Origin;
use crate::app::dispatch;
use crate::app::edits;
use crate::app::jump;
use crate::app::session::Undo;
use crate::app::{Account, Session};
use crate::domain::{DealId, Edit, ItemRef};

/// Asks whether the selected deal is to become a lead.
pub(super) fn ask_back_to_lead(session: &mut Session, account: &Account) {
    match session.selected(&account.workspace) {
        Some(ItemRef::Deal(deal)) => ask_back_to_lead_of(session, account, deal, None),
        _ => dispatch::nothing_selected(session),
    }
}

/// Asks whether a deal is to become a lead; `undo` is the conversion that this takes back, if it is that.
pub(super) fn ask_back_to_lead_of(session: &mut Session, account: &Account, deal: DealId, undo: Option<Undo>) {
    let title = edits::name_of(&account.workspace, ItemRef::Deal(deal));
    session.dialog = Some(Dialog::BackToLead { deal, title, undo: undo.map(Box::new) });
}

/// Converts a deal back to a lead; with the undo step that this completes.
pub(super) fn back_to_lead(
    session: &mut Session,
    account: &mut Account,
    deal: DealId,
    undo: Option<Box<Undo>>,
) -> Vec<Effect> {
    let edit = Edit::ConvertDeal { id: deal };
    let Some(undo) = undo else { return edits::apply(session, account, edit) };
    let effects = edits::submit(session, account, edit, Origin::Undo(undo.what, undo.made));
    if !effects.is_empty() {
        session.steps.undo.retain(|other| other.id != undo.id);
    }
    effects
}

/// Goes along to what the selected item has become, unless the person has gone elsewhere meanwhile.
pub(super) fn follow_conversion(session: &mut Session, account: &Account, from: ItemRef, to: ItemRef) {
    let is_with_it = session.selected(&account.workspace) == Some(from) && session.dialog.is_none();
    if is_with_it && matches!((from, to), (ItemRef::Deal(_), ItemRef::Lead(_))) {
        jump::go_to(session, account, to);
    }
}
