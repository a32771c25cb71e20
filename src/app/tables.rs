//! The lists of deals, people, organizations and users: a row each, with a cursor.

use crate::app::sorting;
use crate::app::{Account, Session};
use std::collections::HashMap;

use ratatui::layout::{Position, Rect};

use super::actions::Action;
use super::board::stepped;
use super::columns::Placed;
use super::{columns, layout};
use crate::app::session::Cursor;
use crate::app::view::View;
use crate::domain::{DealStatus, ItemRef};
pub use crate::workspace::RowId;
use crate::workspace::{ListedId, LiveList, SortedList, Workspace};

/// The cursors of the tables, by view.
#[derive(Debug, Default)]
pub struct Tables(HashMap<View, Cursor<RowId>>);

impl Tables {
    /// The cursor of a view's table.
    pub fn cursor(&self, view: View) -> Cursor<RowId> {
        self.0.get(&view).copied().unwrap_or_default()
    }

    /// Puts the cursor of a view's table on a row, where that is in the table.
    pub(super) fn select(&mut self, view: View, row: RowId) {
        self.0.entry(view).or_default().selected = Some(row);
    }
}

/// The rows of a table by rank.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    view: View,
    status: DealStatus,
    only: Option<&'a LiveList>,
    workspace: &'a Workspace,
}

impl<'a> Rows<'a> {
    /// How many there are.
    pub fn len(&self) -> usize {
        match (self.only, self.view) {
            (Some(live), _) => live.len(),
            (None, View::Deals) => self.workspace.deals_by_status(self.status).map_or(0, SortedList::len),
            (None, View::People) => self.workspace.people().len(),
            (None, View::Orgs) => self.workspace.orgs().len(),
            (None, View::Users) => self.workspace.users().len(),
            (None, View::Board | View::Activities | View::Leads) => 0,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row with `rank` rows before it.
    pub fn get(&self, rank: usize) -> Option<RowId> {
        self.iter_from(rank).next()
    }

    /// All from the one with `rank` rows before it, in order.
    pub fn iter_from(&self, rank: usize) -> Box<dyn Iterator<Item = RowId> + 'a> {
        let account = self.workspace;
        match (self.only, self.view) {
            (Some(live), _) => {
                let found = live.found(None).into_iter().flat_map(move |found| found.iter_from(rank));
                Box::new(found.map(|(_, row)| *row))
            }
            (None, View::Deals) => {
                let deals = account.deals_by_status(self.status).into_iter();
                let cards = deals.flat_map(move |deals| deals.iter_from(rank));
                Box::new(cards.map(|card| RowId::Item(ItemRef::Deal(card.id))))
            }
            (None, View::People) => {
                Box::new(account.people().iter_from(rank).map(|key| RowId::Item(ItemRef::Person(key.id))))
            }
            (None, View::Orgs) => Box::new(account.orgs().iter_from(rank).map(|key| RowId::Item(ItemRef::Org(key.id)))),
            (None, View::Users) => Box::new(account.users().iter_from(rank).map(|key| RowId::User(key.id))),
            (None, View::Board | View::Activities | View::Leads) => Box::new(std::iter::empty()),
        }
    }

    /// How many rows stand before this one; `None` if it is not in the table.
    pub fn rank(&self, row: RowId) -> Option<usize> {
        if let Some(live) = self.only {
            return live.rank(row).map(|(_, rank)| rank);
        }
        match row {
            RowId::Item(ItemRef::Deal(id)) => self.workspace.deal_rank(id, self.status),
            RowId::Item(ItemRef::Person(id)) => self.workspace.person_rank(id),
            RowId::Item(ItemRef::Org(id)) => self.workspace.org_rank(id),
            RowId::Item(ItemRef::Activity(_) | ItemRef::Lead(_) | ItemRef::Note(_)) => None,
            RowId::User(id) => self.workspace.user_rank(id),
        }
    }
}

impl Session {
    /// The rows of the table that is shown.
    pub fn rows<'a>(&'a self, workspace: &'a Workspace) -> Rows<'a> {
        Rows { view: self.view, status: self.board.status, only: self.filter.live(self.view), workspace }
    }

    /// The row under the cursor of the table that is shown.
    pub fn selected_row(&self) -> Option<RowId> {
        match self.view {
            View::Leads => self.cursors.leads.selected.map(ListedId::row),
            view => self.cursors.tables.cursor(view).selected,
        }
    }

    /// The columns of the table that is shown, in a place of this width.
    pub fn placed_columns(&self, workspace: &Workspace, width: u16) -> Vec<Placed> {
        let chosen = self.arrangements.columns(self.view).iter().copied();
        columns::placed(&chosen.filter(|facet| workspace.has_column(*facet)).collect::<Vec<_>>(), width)
    }
}

pub(super) fn settle_table(session: &mut Session, account: &Account) {
    let view = session.view;
    let fit = layout::rows_that_fit(layout::layout(session).body);
    let mut cursor = session.cursors.tables.cursor(view);
    let rows = session.rows(&account.workspace);
    cursor.follow(rows.len(), |id| rows.rank(id), |rank| rows.get(rank));
    cursor.scroll(cursor.rank, rows.len(), fit);
    session.cursors.tables.0.insert(view, cursor);
}

pub(super) fn go_in_table(session: &mut Session, account: &Account, action: Action) {
    let view = session.view;
    let page = layout::rows_that_fit(layout::layout(session).body);
    let rows = session.rows(&account.workspace);
    let mut cursor = session.cursors.tables.cursor(view);
    cursor.rank = stepped(action, cursor.rank, rows.len(), page);
    cursor.selected = rows.get(cursor.rank);
    session.cursors.tables.0.insert(view, cursor);
}

pub(super) fn press_on_row(session: &mut Session, account: &Account, at: Position, body: Rect) {
    let view = session.view;
    let Some(nth) = layout::row_at(body, at.y) else { return press_on_head(session, account, at, body) };
    let cursor = session.cursors.tables.cursor(view);
    let Some(row) = session.rows(&account.workspace).get(cursor.top + nth) else { return };
    if cursor.selected == Some(row) {
        session.detail.is_open = !session.detail.is_open;
    }
    session.cursors.tables.select(view, row);
}

/// A click on the head of a column sorts by it.
pub(super) fn press_on_head(session: &mut Session, account: &Account, at: Position, body: Rect) {
    let mut x = body.x + columns::MARGIN;
    for column in session.placed_columns(&account.workspace, body.width) {
        if (x..x + column.width).contains(&at.x) {
            return sorting::sort_by(session, account, Some(column.facet));
        }
        x += column.width + columns::GAP;
    }
}
