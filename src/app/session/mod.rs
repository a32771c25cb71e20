//! One screen: its view, cursors, filter, open dialog, undo steps and messages. Everything that several screens share is
//! in the account.

mod board;
mod cursor;
mod steps;

use chrono::{DateTime, NaiveDate, Utc};

pub use self::board::{Board, Drag};
pub use self::cursor::{Cursor, Cursors};
pub use self::steps::{Lasting, Steps, Undo};
use super::archive::Archive;
use super::arrangement::Arrangements;
use super::calendar::Calendar;
use super::dialogs::Dialog;
use super::filter::Filter;
use super::jump::Navigation;
use super::look::Look;
use super::marks::Marks;
use super::named::NamedFilters;
use super::news::Gathered;
use super::notice::Messages;
use super::preferences::Preferences;
use super::search::Search;
use super::tables::RowId;
use super::view::View;
use crate::domain::{DealId, DealStatus, ItemRef, StageId};
use crate::workspace::Workspace;

/// The time of a message. The core reads no clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now(pub DateTime<Utc>);

/// The name of a session among those of its account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct SessionId(pub u32);

/// The part of the terminal that is drawn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewport {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The last row to which help, diagnostics or else the details can be scrolled, as the view measured it when it was
    /// last drawn; `None` if nothing scrolls, or before that.
    pub scroll_end: Option<u16>,
}

/// The details of the selected item.
#[derive(Debug, Default)]
pub struct Detail {
    /// `true` while the panel is open.
    pub is_open: bool,
    /// The first row on the screen.
    pub top: u16,
    /// What was requested of the item in the details.
    pub loader: Look,
}

/// One screen.
#[derive(Debug)]
pub struct Session {
    /// Its name among the sessions of the account.
    pub id: SessionId,
    /// The time of the last message.
    pub now: Now,
    /// The part of the terminal that is drawn on.
    pub viewport: Viewport,
    /// `true` once a key or the mouse was used.
    pub had_input: bool,
    /// The view.
    pub view: View,
    /// The board.
    pub board: Board,
    /// The cursors of the lists.
    pub cursors: Cursors,
    /// The activities as a calendar.
    pub calendar: Calendar,
    /// The archive of leads in place of the inbox.
    pub archive: Archive,
    /// The orders of the lists and the columns of the tables.
    pub arrangements: Arrangements,
    /// The filter.
    pub filter: Filter,
    /// Saved filters.
    pub named: NamedFilters,
    /// The selected items of a bulk edit.
    pub(super) marks: Marks,
    /// The items that the open dialog is about, where these may be several.
    pub(super) targets: Vec<ItemRef>,
    /// The places visited before.
    pub navigation: Navigation,
    /// The details of the selected item.
    pub detail: Detail,
    /// A search in Pipedrive.
    pub search: Search,
    /// The open dialog.
    pub dialog: Option<Dialog>,
    /// The failed edit that is being changed in a dialog.
    pub retrying: Option<crate::workspace::EditId>,
    /// `true` if a new token is to be requested as soon as nothing else is typed.
    pub(super) wants_token: bool,
    /// What is shown of the last events.
    pub messages: Messages,
    /// Changes by other users that the next message is about.
    pub(super) digest: Gathered,
    /// Edits that can be undone or redone.
    pub steps: Steps,
    /// The layout of this screen as it was saved last.
    pub ui_saved: Option<String>,
    /// The user's settings.
    pub preferences: Preferences,
}

impl Session {
    /// A screen of this size.
    pub fn new(id: SessionId, size: (u16, u16), now: Now) -> Self {
        Self {
            id,
            now,
            viewport: Viewport { size, scroll_end: None },
            had_input: false,
            view: View::default(),
            board: Board::default(),
            cursors: Cursors::default(),
            calendar: Calendar::default(),
            archive: Archive::default(),
            arrangements: Arrangements::default(),
            filter: Filter::default(),
            named: NamedFilters::default(),
            marks: Marks::default(),
            targets: Vec::new(),
            navigation: Navigation::default(),
            detail: Detail::default(),
            search: Search::default(),
            dialog: None,
            retrying: None,
            wants_token: false,
            messages: Messages::default(),
            digest: Gathered::default(),
            steps: Steps::default(),
            ui_saved: None,
            preferences: Preferences::default(),
        }
    }

    /// Today in the user's zone.
    pub fn today(&self, workspace: &Workspace) -> NaiveDate {
        self.now.0.with_timezone(&workspace.zone()).date_naive()
    }

    /// The item that the keys are for: the one under the cursor, unless one is pinned that is in no list.
    pub fn selected(&self, workspace: &Workspace) -> Option<ItemRef> {
        self.navigation.pinned.or_else(|| self.under_cursor(workspace))
    }

    /// The item under the cursor.
    pub fn under_cursor(&self, workspace: &Workspace) -> Option<ItemRef> {
        match self.view {
            View::Board => self.selected_deal(workspace).map(ItemRef::Deal),
            View::Activities => self.cursors.activities.selected.map(ItemRef::Activity),
            View::Leads => self.cursors.leads.selected.map(ItemRef::Lead),
            View::Deals | View::People | View::Orgs | View::Users => self.selected_row().and_then(RowId::item),
        }
    }

    /// The deal under the cursor of the board.
    pub fn selected_deal(&self, workspace: &Workspace) -> Option<DealId> {
        self.board.cursors.get(&self.focused_stage(workspace)?)?.selected
    }

    /// The stage of the column with the cursor.
    pub fn focused_stage(&self, workspace: &Workspace) -> Option<StageId> {
        workspace.stages(self.board.pipeline?).nth(self.board.focus).map(|stage| stage.id)
    }

    /// Returns `true` if an item has the cursor of its list.
    pub(super) fn is_selected(&self, item: ItemRef) -> bool {
        let in_table = |view| self.cursors.tables.cursor(view).selected == Some(RowId::Item(item));
        match item {
            ItemRef::Deal(id) => {
                in_table(View::Deals)
                    || self.board.status == DealStatus::Open
                        && self.board.cursors.values().any(|cursor| cursor.selected == Some(id))
            }
            ItemRef::Activity(id) => self.cursors.activities.selected == Some(id),
            ItemRef::Lead(id) => self.cursors.leads.selected == Some(id),
            ItemRef::Person(_) => in_table(View::People),
            ItemRef::Org(_) => in_table(View::Orgs),
            ItemRef::Note(_) => false,
        }
    }

    /// Returns the first row after scrolling from `top` by `by` rows.
    pub(super) fn scrolled(&self, top: u16, by: i16) -> u16 {
        let end = self.viewport.scroll_end.unwrap_or(u16::MAX);
        top.min(end).saturating_add_signed(by).min(end)
    }

    /// Scrolls the details.
    pub(super) fn scroll_detail(&mut self, by: i16) {
        self.detail.top = self.scrolled(self.detail.top, by);
    }

    /// Puts all cursors to the top: the first rows of a list that is still being read are not the user's choice.
    pub(super) fn rest_cursors(&mut self) {
        self.board.cursors.clear();
        self.cursors = Cursors::default();
    }
}
