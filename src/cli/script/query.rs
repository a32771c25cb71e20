//! Questions that only Pipedrive can answer, and its answers.

use std::collections::HashSet;

use crate::domain::{ItemKind, ItemRef, Note, SavedFilter};

/// A question that only Pipedrive can answer.
pub(super) enum Query<'a> {
    /// The saved filters for some kinds of items.
    Filters(Vec<ItemKind>),
    /// The archived leads, which no synced list has.
    ArchivedLeads,
    /// The notes on an item.
    Notes(ItemRef),
    /// The items that match the saved filter of this name or id.
    Filtered(ItemKind, &'a str),
}

/// Pipedrive's answers.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub filters: Vec<(ItemKind, SavedFilter)>,
    pub notes: Vec<Note>,
    /// The items that match a saved filter; `None` if there was no such query.
    pub filtered: Option<HashSet<ItemRef>>,
}
