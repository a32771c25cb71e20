//! The order of a list, and the columns of a table: how a person chooses them.

use crate::app::{Account, Session};
use crossterm::event::{KeyCode, KeyEvent};

use super::columns::{Chosen, sortable, usual};
use super::dialogs::{Dialog, Outcome, PickDialog, Request};
use super::widgets::picker::PickerItem;
use crate::app::notice::Tone;
use crate::workspace::{Column, OwnerFilter, SortOrder};

/// Shows what is the person's own, or everyone's again.
pub(super) fn mine_or_everyone(session: &mut Session) {
    let filter = &mut session.filter;
    filter.whose = match filter.whose {
        Some(OwnerFilter::Mine) => None,
        _ => Some(OwnerFilter::Mine),
    };
    let told = if filter.whose.is_some() { "Only what is yours." } else { "Everyone's." };
    session.tell(Tone::Info, told);
}

pub(super) fn open_sort(session: &mut Session, account: &Account) {
    let view = session.view;
    let now = session.arrangements.order(view);
    let is_default = if now.is_none() { "current" } else { "" };
    let mut lines = vec![PickerItem::new("Default order", is_default, Request::SortBy(None))];
    lines.extend(sortable(view, &account.workspace).into_iter().map(|by| {
        let hint = match now.filter(|order| order.by == by) {
            Some(SortOrder { descending: true, .. }) => "▼ current; select again to reverse",
            Some(_) => "▲ current; select again to reverse",
            None => "",
        };
        PickerItem::new(account.workspace.column_name(by), hint, Request::SortBy(Some(by)))
    }));
    let current = Request::SortBy(now.map(|order| order.by));
    session.dialog = Some(Dialog::Pick(PickDialog::new("Sort by", lines).at(&current)));
}

/// Sorts the list that is shown; by what it is sorted by already, the other way round.
pub(super) fn sort_by(session: &mut Session, account: &Account, by: Option<Column>) {
    let view = session.view;
    if by.is_some_and(|by| !account.workspace.can_sort_by(by)) {
        session.tell(Tone::Info, "Lists cannot be sorted by that field.");
        return;
    }
    let now = session.arrangements.order(view);
    let order = by.map(|by| match now.filter(|order| order.by == by) {
        Some(order) => SortOrder { by, descending: !order.descending },
        None => SortOrder { by, descending: by.is_largest_first() },
    });
    session.arrangements.sort(view, order);
}

pub(super) fn open_columns(session: &mut Session, account: &Account) {
    let view = session.view;
    session.dialog = Some(Dialog::Columns(Chosen::new(view, session.arrangements.columns(view), &account.workspace)));
}

pub(super) fn columns_key(session: &mut Session, account: &Account, key: KeyEvent) -> Outcome {
    let Some(Dialog::Columns(chosen)) = &mut session.dialog else { return Outcome::Stay };
    match key.code {
        KeyCode::Char('j') | KeyCode::Down => chosen.step(1),
        KeyCode::Char('k') | KeyCode::Up => chosen.step(-1),
        KeyCode::Char('J' | 'L') => chosen.carry(1),
        KeyCode::Char('K' | 'H') => chosen.carry(-1),
        KeyCode::Char('g') | KeyCode::Home => chosen.selected = 0,
        KeyCode::Char('G') | KeyCode::End => chosen.step(isize::MAX),
        KeyCode::Char(' ' | 'x') => chosen.toggle(),
        KeyCode::Char('u') => *chosen = Chosen::new(chosen.view, usual(chosen.view), &account.workspace),
        KeyCode::Char('q') => return Outcome::Close,
        KeyCode::Enter => {
            let (view, columns) = (chosen.view, chosen.shown());
            session.arrangements.set_columns(view, columns);
            return Outcome::Close;
        }
        _ => {}
    }
    Outcome::Stay
}
