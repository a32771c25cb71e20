//! Edits that can be undone or redone.

use crate::domain::Edit;
use crate::workspace::EditId;

/// Edits that can be undone or redone, and those that can't.
#[derive(Debug, Default)]
pub struct Steps {
    /// Edits that can be undone, the latest last.
    pub undo: Vec<Undo>,
    /// Edits that can't be undone, the latest last.
    pub irreversible: Vec<Lasting>,
    /// Edits that were undone, the latest last.
    pub redo: Vec<Undo>,
}

/// An edit that can be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undo {
    /// The edit that it undoes.
    pub id: EditId,
    /// The change that edit made: if it no longer holds, another user has changed the item since.
    pub made: Edit,
    /// The edit that undoes it.
    pub inverse: Edit,
    /// The description of the undone edit.
    pub what: String,
    /// The bulk edit that it is part of, if any: that is undone as a whole.
    pub part_of: Option<EditId>,
}

/// An edit that can't be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lasting {
    /// The edit.
    pub id: EditId,
    /// Its description.
    pub what: String,
    /// The bulk edit that it is part of, if any.
    pub part_of: Option<EditId>,
}
