//! Filters that were saved in Pipedrive.

use super::{FilterId, ItemKind, UserId};

/// A filter that was saved in Pipedrive. What it lets through only Pipedrive can say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedFilter {
    /// Its id.
    pub id: FilterId,
    /// Its name.
    pub name: String,
    /// What it filters.
    pub kind: ItemKind,
    /// Whose it is.
    pub owner: Option<UserId>,
}
