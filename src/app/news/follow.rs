//! Staying with an item that somebody else changes: the cursor goes along with a card to its new column, and the details
//! stay open on what leaves the list, so that the next key is for what one had in mind.

use crate::app::board;
use crate::app::layout::layout;
use crate::app::view::View;
use crate::app::{Account, Session};
use crate::domain::ItemRef;
use crate::workspace::{ChangeKind, ShownChange};

/// Goes along with the item that the keys are for.
pub(super) fn stay_with(session: &mut Session, account: &Account, change: &ShownChange) {
    let ShownChange { item, kind, .. } = *change;
    if session.selected(&account.workspace) != Some(item) {
        return;
    }
    if let (ChangeKind::Moved, ItemRef::Deal(deal), View::Board) = (kind, item, session.view) {
        board::select_deal(session, account, deal);
    }
    session.navigation.stays_at = session.detail.is_open.then_some(item);
}

/// Keeps the details open on an item that is in its list no more, and closes them over the list where it is gone: they
/// would show another in its place, and the next key would be for that.
pub(in crate::app) fn keep_looking(session: &mut Session, account: &Account) {
    let Some(item) = session.navigation.stays_at.take() else { return };
    if !account.workspace.has(item) {
        let places = layout(session);
        session.detail.is_open &= places.detail != Some(places.body);
    } else if session.selected(&account.workspace) != Some(item) {
        session.navigation.pinned = Some(item);
    }
}
