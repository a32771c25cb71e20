//! The cursors of the lists.

use super::super::tables::Tables;
use crate::domain::{ActivityId, LeadId};

/// The cursor in a list: the selected item, and the part of the list on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor<Id> {
    /// The selected item.
    pub selected: Option<Id>,
    /// Its last known rank: if it goes, the item that takes its place is selected.
    pub rank: usize,
    /// The first row on the screen.
    pub top: usize,
}

impl<Id> Default for Cursor<Id> {
    fn default() -> Self {
        Self { selected: None, rank: 0, top: 0 }
    }
}

/// The cursors of the lists, other than those of the board.
#[derive(Debug, Default)]
pub struct Cursors {
    /// The activities; `top` counts rows, headings included.
    pub activities: Cursor<ActivityId>,
    /// The leads.
    pub leads: Cursor<LeadId>,
    /// The tables.
    pub tables: Tables,
}
