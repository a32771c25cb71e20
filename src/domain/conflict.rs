//! Edits compared: which replaces which, which takes which back, and where somebody else has changed the same field.

use super::patch::Patch;
use super::{Edit, Item};

/// What two people have made of the same fields of an item. All three are edits of these fields alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// What is to become of them by the edit.
    pub mine: Edit,
    /// What they were when it was made.
    pub base: Edit,
    /// What they are now.
    pub theirs: Edit,
}

impl Edit {
    /// Whether it changes an item, rather than making one.
    pub const fn is_update(&self) -> bool {
        matches!(
            self,
            Self::UpdateDeal { .. }
                | Self::UpdateActivity { .. }
                | Self::UpdateLead { .. }
                | Self::UpdatePerson { .. }
                | Self::UpdateOrg { .. }
                | Self::UpdateNote { .. }
        )
    }

    /// The edit that takes this one back, given the item as it was before. `None` where there is none.
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
            _ => return None,
        })
    }

    /// Whether an item is already what this change of it asks for.
    pub fn is_satisfied_by(&self, item: &Item) -> bool {
        self.inverse(item).as_ref() == Some(self)
    }

    /// Whether this edit, made after another, leaves nothing of it: both change the same item, and this one all that
    /// the other does. Then the other need not be sent.
    pub fn supersedes(&self, earlier: &Self) -> bool {
        self.item() == earlier.item()
            && match (self, earlier) {
                (Self::UpdateDeal { patch, .. }, Self::UpdateDeal { patch: old, .. }) => patch.covers(old),
                (Self::UpdateActivity { patch, .. }, Self::UpdateActivity { patch: old, .. }) => patch.covers(old),
                (Self::UpdateLead { patch, .. }, Self::UpdateLead { patch: old, .. }) => patch.covers(old),
                (Self::UpdatePerson { patch, .. }, Self::UpdatePerson { patch: old, .. }) => patch.covers(old),
                (Self::UpdateOrg { patch, .. }, Self::UpdateOrg { patch: old, .. }) => patch.covers(old),
                (Self::UpdateNote { patch, .. }, Self::UpdateNote { patch: old, .. }) => patch.covers(old),
                _ => false,
            }
    }

    /// Where somebody else has changed what this edit changes, since it was made on the grounds of `base` (the edit
    /// that takes it back). Fields that have become what this edit makes of them are no clash.
    pub fn conflict(&self, base: &Self, now: &Item) -> Option<Conflict> {
        let theirs = self.inverse(now)?;
        let mine = match (self, base, &theirs) {
            (
                Self::UpdateDeal { id, patch },
                Self::UpdateDeal { patch: base, .. },
                Self::UpdateDeal { patch: now, .. },
            ) => Self::UpdateDeal { id: *id, patch: patch.conflicts(base, now) },
            (
                Self::UpdateActivity { id, patch },
                Self::UpdateActivity { patch: base, .. },
                Self::UpdateActivity { patch: now, .. },
            ) => Self::UpdateActivity { id: *id, patch: patch.conflicts(base, now) },
            (
                Self::UpdateLead { id, patch },
                Self::UpdateLead { patch: base, .. },
                Self::UpdateLead { patch: now, .. },
            ) => Self::UpdateLead { id: *id, patch: patch.conflicts(base, now) },
            (
                Self::UpdatePerson { id, patch },
                Self::UpdatePerson { patch: base, .. },
                Self::UpdatePerson { patch: now, .. },
            ) => Self::UpdatePerson { id: *id, patch: patch.conflicts(base, now) },
            (
                Self::UpdateOrg { id, patch },
                Self::UpdateOrg { patch: base, .. },
                Self::UpdateOrg { patch: now, .. },
            ) => Self::UpdateOrg { id: *id, patch: patch.conflicts(base, now) },
            (
                Self::UpdateNote { id, patch },
                Self::UpdateNote { patch: base, .. },
                Self::UpdateNote { patch: now, .. },
            ) => Self::UpdateNote { id: *id, patch: patch.conflicts(base, now) },
            _ => return None,
        };
        if mine.is_empty() {
            return None;
        }
        Some(Conflict { base: base.intersect(&mine), theirs: theirs.intersect(&mine), mine })
    }

    /// What this edit changes without the fields that the other makes the same of; `None` where nothing is left.
    #[must_use]
    pub fn diff(&self, base: &Self) -> Option<Self> {
        Some(self.combined(base, PatchOp::Diff)).filter(|rest| !rest.is_empty())
    }

    /// Of what this edit changes only the fields that the other names, too.
    #[must_use]
    pub fn intersect(&self, named: &Self) -> Self {
        self.combined(named, PatchOp::Intersect)
    }

    /// What this edit changes without the fields that the other names; `None` where nothing is left.
    #[must_use]
    pub fn subtract(&self, named: &Self) -> Option<Self> {
        Some(self.combined(named, PatchOp::Subtract)).filter(|rest| !rest.is_empty())
    }

    /// The same fields as this, with the other's values where it has any: what an edit was based on, once an earlier
    /// one has ended.
    #[must_use]
    pub fn rebase_onto(&self, newer: &Self) -> Self {
        self.combined(newer, PatchOp::RebaseOnto)
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::UpdateDeal { patch, .. } => patch.is_empty(),
            Self::UpdateActivity { patch, .. } => patch.is_empty(),
            Self::UpdateLead { patch, .. } => patch.is_empty(),
            Self::UpdatePerson { patch, .. } => patch.is_empty(),
            Self::UpdateOrg { patch, .. } => patch.is_empty(),
            Self::UpdateNote { patch, .. } => patch.is_empty(),
            _ => false,
        }
    }

    /// Edits of different kinds have no field in common.
    fn combined(&self, other: &Self, how: PatchOp) -> Self {
        match (self, other) {
            (Self::UpdateDeal { id, patch }, Self::UpdateDeal { patch: other, .. }) => {
                Self::UpdateDeal { id: *id, patch: how.of(patch, other) }
            }
            (Self::UpdateActivity { id, patch }, Self::UpdateActivity { patch: other, .. }) => {
                Self::UpdateActivity { id: *id, patch: how.of(patch, other) }
            }
            (Self::UpdateLead { id, patch }, Self::UpdateLead { patch: other, .. }) => {
                Self::UpdateLead { id: *id, patch: how.of(patch, other) }
            }
            (Self::UpdatePerson { id, patch }, Self::UpdatePerson { patch: other, .. }) => {
                Self::UpdatePerson { id: *id, patch: how.of(patch, other) }
            }
            (Self::UpdateOrg { id, patch }, Self::UpdateOrg { patch: other, .. }) => {
                Self::UpdateOrg { id: *id, patch: how.of(patch, other) }
            }
            (Self::UpdateNote { id, patch }, Self::UpdateNote { patch: other, .. }) => {
                Self::UpdateNote { id: *id, patch: how.of(patch, other) }
            }
            _ => self.clone(),
        }
    }
}

/// How two patches become one.
#[derive(Clone, Copy)]
enum PatchOp {
    Intersect,
    Subtract,
    RebaseOnto,
    Diff,
}

impl PatchOp {
    fn of<P: Patch>(self, patch: &P, other: &P) -> P {
        match self {
            Self::Intersect => patch.intersect(other),
            Self::Subtract => patch.subtract(other),
            Self::RebaseOnto => patch.rebase_onto(other),
            Self::Diff => patch.diff(other),
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
    fn only_the_same_field_clashes() {
        let mine = edit(Some("Mine"), Some(true));
        let base = mine.inverse(&lead("Base", false)).unwrap();
        assert_eq!(mine.conflict(&base, &lead("Base", false)), None);
        assert_eq!(mine.conflict(&base, &lead("Mine", true)), None, "what is so already is no clash");
        let clash = mine.conflict(&base, &lead("Theirs", true)).unwrap();
        assert_eq!(clash.mine, edit(Some("Mine"), None));
        assert_eq!(clash.base, edit(Some("Base"), None));
        assert_eq!(clash.theirs, edit(Some("Theirs"), None));
        assert_eq!(mine.subtract(&clash.mine), Some(edit(None, Some(true))), "the other field merges");
    }

    #[test]
    fn what_an_edit_rests_on_follows_the_one_before_it() {
        let base = edit(Some("First"), Some(false));
        assert_eq!(base.rebase_onto(&edit(Some("Server's"), None)), edit(Some("Server's"), Some(false)));
        assert_eq!(edit(None, Some(true)).rebase_onto(&edit(Some("x"), None)), edit(None, Some(true)));
    }
}
