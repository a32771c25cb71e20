//! Filters that were saved in Pipedrive.

use super::{FilterId, ItemKind, UserId};

/// A filter that was saved in Pipedrive. What it lets through only Pipedrive can say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedFilter {
    /// Its id.
    pub id: FilterId,
    /// Its name.
    pub name: String,
    /// The kind of item that it filters.
    pub kind: ItemKind,
    /// Its owner.
    pub owner: Option<UserId>,
}
