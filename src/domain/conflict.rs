//! Edits compared field by field: which one replaces another, which one reverts another, and which fields another user
//! has changed in the meantime. Only updates have fields; edits of different kinds have none in common.

#![expect(clippy::unnested_or_patterns, reason = "each macro is a pattern of its own")]

use super::patch::Patch;
use super::{Edit, Item};

/// Fields that both you and another user have changed. All three edits name exactly these fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The values that your edit sets.
    pub mine: Edit,
    /// The values when your edit was made.
    pub base: Edit,
    /// The values that the server has now.
    pub theirs: Edit,
}

/// The pattern of all edits that change fields of an item.
macro_rules! any_update {
    () => {
        Edit::UpdateDeal { .. }
            | Edit::UpdateActivity { .. }
            | Edit::UpdateLead { .. }
            | Edit::UpdatePerson { .. }
            | Edit::UpdateOrg { .. }
            | Edit::UpdateNote { .. }
    };
}

/// The pattern of all other edits. Together with [`any_update`] it stands for a wildcard, so that a new kind of edit is
/// an error here until it is in one of the two.
macro_rules! no_update {
    () => {
        Edit::ConvertLead { .. }
            | Edit::ConvertDeal { .. }
            | Edit::CreateDeal { .. }
            | Edit::CreateLead { .. }
            | Edit::CreatePerson { .. }
            | Edit::CreateOrg { .. }
            | Edit::CreateActivity { .. }
            | Edit::CreateNote { .. }
            | Edit::Delete { .. }
    };
}

/// Joins the patches of two updates of the same kind of item into one update; `None` for any other pair of edits.
macro_rules! join_updates {
    ($edit:expr, $other:expr, |$patch:ident, $with:ident| $joined:expr) => {
        match ($edit, $other) {
            (Edit::UpdateDeal { id, patch: $patch }, Edit::UpdateDeal { patch: $with, .. }) => {
                Some(Edit::UpdateDeal { id: *id, patch: $joined })
            }
            (Edit::UpdateActivity { id, patch: $patch }, Edit::UpdateActivity { patch: $with, .. }) => {
                Some(Edit::UpdateActivity { id: *id, patch: $joined })
            }
            (Edit::UpdateLead { id, patch: $patch }, Edit::UpdateLead { patch: $with, .. }) => {
                Some(Edit::UpdateLead { id: *id, patch: $joined })
            }
            (Edit::UpdatePerson { id, patch: $patch }, Edit::UpdatePerson { patch: $with, .. }) => {
                Some(Edit::UpdatePerson { id: *id, patch: $joined })
            }
            (Edit::UpdateOrg { id, patch: $patch }, Edit::UpdateOrg { patch: $with, .. }) => {
                Some(Edit::UpdateOrg { id: *id, patch: $joined })
            }
            (Edit::UpdateNote { id, patch: $patch }, Edit::UpdateNote { patch: $with, .. }) => {
                Some(Edit::UpdateNote { id: *id, patch: $joined })
            }
            (any_update!() | no_update!(), _) => None,
        }
    };
}

impl Edit {
    /// Returns `true` if it changes fields of an item, rather than creating, converting or deleting one.
    pub const fn is_update(&self) -> bool {
        matches!(self, any_update!())
    }

    /// Applies an update to the item that it is about; other edits, and updates of another kind of item, change nothing.
    pub fn apply_to(&self, item: &mut Item) {
        match (self, item) {
            (Self::UpdateDeal { patch, .. }, Item::Deal(deal)) => patch.apply(deal),
            (Self::UpdateActivity { patch, .. }, Item::Activity(activity)) => patch.apply(activity),
            (Self::UpdateLead { patch, .. }, Item::Lead(lead)) => patch.apply(lead),
            (Self::UpdatePerson { patch, .. }, Item::Person(person)) => patch.apply(person),
            (Self::UpdateOrg { patch, .. }, Item::Org(org)) => patch.apply(org),
            (Self::UpdateNote { patch, .. }, Item::Note(note)) => patch.apply(note),
            (any_update!() | no_update!(), _) => {}
        }
    }

    /// Returns the update that reverts this one, given the item as it was before; `None` for other edits.
    #[must_use]
    pub fn inverse(&self, before: &Item) -> Option<Self> {
        Some(match (self, before) {
            (Self::UpdateDeal { id, patch }, Item::Deal(deal)) => {
                Self::UpdateDeal { id: *id, patch: patch.inverse(deal) }
            }
            (Self::UpdateActivity { id, patch }, Item::Activity(activity)) => {
                Self::UpdateActivity { id: *id, patch: patch.inverse(activity) }
            }
            (Self::UpdateLead { id, patch }, Item::Lead(lead)) => {
                Self::UpdateLead { id: *id, patch: patch.inverse(lead) }
            }
            (Self::UpdatePerson { id, patch }, Item::Person(person)) => {
                Self::UpdatePerson { id: *id, patch: patch.inverse(person) }
            }
            (Self::UpdateOrg { id, patch }, Item::Org(org)) => Self::UpdateOrg { id: *id, patch: patch.inverse(org) },
            (Self::UpdateNote { id, patch }, Item::Note(note)) => {
                Self::UpdateNote { id: *id, patch: patch.inverse(note) }
            }
            (any_update!() | no_update!(), _) => return None,
        })
    }

    /// Returns `true` if an item already has the values that this update sets.
    pub fn is_satisfied_by(&self, item: &Item) -> bool {
        self.inverse(item).as_ref() == Some(self)
    }

    /// Returns `true` if this update sets every field that an earlier one of the same item sets. Then the earlier one
    /// need not be sent.
    pub fn supersedes(&self, earlier: &Self) -> bool {
        let rest = join_updates!(earlier, self, |patch, newer| patch.subtract(newer));
        self.item() == earlier.item() && rest.is_some_and(|rest| rest.is_empty())
    }

    /// Returns the fields that this update sets and that another user has changed since it was made. `base` is the
    /// update that reverts it, `now` the item on the server. A field that already has the value of this update is no
    /// conflict.
    pub fn conflict(&self, base: &Self, now: &Item) -> Option<Conflict> {
        let theirs = self.inverse(now)?;
        let known = join_updates!(&theirs, base, |patch, base| patch.intersect(base))?;
        let mine = self.intersect(&known.diff(base)?).diff(&theirs)?;
        Some(Conflict { base: base.intersect(&mine), theirs: theirs.intersect(&mine), mine })
    }

    /// Returns this update without the fields that the other sets to the same value; `None` if no field is left.
    #[must_use]
    pub fn diff(&self, other: &Self) -> Option<Self> {
        let rest = join_updates!(self, other, |patch, other| patch.diff(other)).unwrap_or_else(|| self.clone());
        (!rest.is_empty()).then_some(rest)
    }

    /// Returns this update with only the fields that the other sets, too.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        join_updates!(self, other, |patch, other| patch.intersect(other)).unwrap_or_else(|| self.clone())
    }

    /// Returns this update without the fields that the other sets; `None` if no field is left.
    #[must_use]
    pub fn subtract(&self, other: &Self) -> Option<Self> {
        let rest = join_updates!(self, other, |patch, other| patch.subtract(other)).unwrap_or_else(|| self.clone());
        (!rest.is_empty()).then_some(rest)
    }

    /// Returns the fields of this update with the other's values for those that the other sets: the base of an edit,
    /// once an earlier one has ended.
    #[must_use]
    pub fn rebase_onto(&self, newer: &Self) -> Self {
        join_updates!(self, newer, |patch, newer| patch.rebase_onto(newer)).unwrap_or_else(|| self.clone())
    }

    /// Returns `true` for an update that sets no field.
    fn is_empty(&self) -> bool {
        match self {
            Self::UpdateDeal { patch, .. } => patch.is_empty(),
            Self::UpdateActivity { patch, .. } => patch.is_empty(),
            Self::UpdateLead { patch, .. } => patch.is_empty(),
            Self::UpdatePerson { patch, .. } => patch.is_empty(),
            Self::UpdateOrg { patch, .. } => patch.is_empty(),
            Self::UpdateNote { patch, .. } => patch.is_empty(),
            no_update!() => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Lead, LeadId, LeadPatch};

    fn lead(title: &str, seen: bool) -> Item {
        Item::Lead(Lead { title: title.to_owned(), seen, ..Lead::blank(LeadId::local(1)) })
    }

    fn edit(title: Option<&str>, seen: Option<bool>) -> Edit {
        let patch = LeadPatch { title: title.map(str::to_owned), seen, ..LeadPatch::default() };
        Edit::UpdateLead { id: LeadId::local(1), patch }
    }

    #[test]
    fn only_a_field_that_both_changed_conflicts() {
        let mine = edit(Some("Mine"), Some(true));
        let base = mine.inverse(&lead("Base", false)).unwrap();
        assert_eq!(mine.conflict(&base, &lead("Base", false)), None);
        assert_eq!(mine.conflict(&base, &lead("Mine", true)), None, "the same value is no conflict");
        let conflict = mine.conflict(&base, &lead("Theirs", true)).unwrap();
        assert_eq!(conflict.mine, edit(Some("Mine"), None));
        assert_eq!(conflict.base, edit(Some("Base"), None));
        assert_eq!(conflict.theirs, edit(Some("Theirs"), None));
        assert_eq!(mine.subtract(&conflict.mine), Some(edit(None, Some(true))), "the other field merges");
    }

    #[test]
    fn a_base_is_rebased_onto_an_earlier_edit() {
        let base = edit(Some("First"), Some(false));
        assert_eq!(base.rebase_onto(&edit(Some("Server's"), None)), edit(Some("Server's"), Some(false)));
        assert_eq!(edit(None, Some(true)).rebase_onto(&edit(Some("x"), None)), edit(None, Some(true)));
    }
}
