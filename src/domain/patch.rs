//! What patches have in common: each is a set of fields that change, and is compared, merged and narrowed field by
//! field. This is what conflicts rest on. Custom fields are compared each for itself, too.

use super::{ActivityPatch, DealPatch, LeadPatch, NotePatch, OrgPatch, PersonPatch};

/// A set of fields that change.
pub(super) trait Patch: Sized {
    /// Whether it changes nothing.
    fn is_empty(&self) -> bool;

    /// Whether this changes everything that an earlier patch does.
    fn covers(&self, earlier: &Self) -> bool;

    /// Of what this changes only the fields that the other names, too.
    #[must_use]
    fn intersect(&self, named: &Self) -> Self;

    /// What this changes, without the fields that the other names.
    #[must_use]
    fn subtract(&self, named: &Self) -> Self;

    /// What this changes, without the fields of which the other makes the same.
    #[must_use]
    fn diff(&self, other: &Self) -> Self;

    /// The same fields as this, with the other's values where it has any.
    #[must_use]
    fn rebase_onto(&self, newer: &Self) -> Self;

    /// Of what this changes the fields that have become something else than they were when it was made, and not what
    /// it makes of them.
    #[must_use]
    fn conflicts(&self, base: &Self, theirs: &Self) -> Self;
}

/// Field by field, for a patch whose fields are all options: `None` stays as it is. Those after the semicolon are sets of
/// fields themselves.
macro_rules! patch_fields {
    ($patch:ty, $($field:ident),+ $(; $set:ident)?) => {
        impl Patch for $patch {
            fn is_empty(&self) -> bool {
                $(self.$field.is_none())&&+ $(&& self.$set.is_empty())?
            }

            fn covers(&self, earlier: &Self) -> bool {
                $((self.$field.is_some() || earlier.$field.is_none()))&&+ $(&& self.$set.covers(&earlier.$set))?
            }

            fn intersect(&self, named: &Self) -> Self {
                Self {
                    $($field: if named.$field.is_some() { self.$field.clone() } else { None },)+
                    $($set: self.$set.intersect(&named.$set))?
                }
            }

            fn subtract(&self, named: &Self) -> Self {
                Self {
                    $($field: if named.$field.is_some() { None } else { self.$field.clone() },)+
                    $($set: self.$set.subtract(&named.$set))?
                }
            }

            fn diff(&self, other: &Self) -> Self {
                Self {
                    $($field: if self.$field == other.$field { None } else { self.$field.clone() },)+
                    $($set: self.$set.diff(&other.$set))?
                }
            }

            fn rebase_onto(&self, newer: &Self) -> Self {
                Self {
                    $($field: match (&self.$field, &newer.$field) {
                        (Some(_), Some(newer)) => Some(newer.clone()),
                        (old, _) => old.clone(),
                    },)+
                    $($set: self.$set.rebase_onto(&newer.$set))?
                }
            }

            fn conflicts(&self, base: &Self, theirs: &Self) -> Self {
                Self {
                    $($field: match (&self.$field, &base.$field, &theirs.$field) {
                        (Some(mine), Some(base), Some(theirs)) if theirs != base && theirs != mine => {
                            Some(mine.clone())
                        }
                        _ => None,
                    },)+
                    $($set: self.$set.conflicts(&base.$set, &theirs.$set))?
                }
            }
        }
    };
}

patch_fields!(DealPatch, title, stage, value, status, probability, expected_close, owner, person, org, labels; custom);
patch_fields!(
    ActivityPatch,
    done,
    due,
    subject,
    kind,
    owner,
    deal,
    lead,
    person,
    org,
    note,
    minutes,
    location,
    participants,
    busy
);
patch_fields!(LeadPatch, title, value, expected_close, seen, archived, owner, person, org, labels; custom);
patch_fields!(PersonPatch, name, org, owner, phones, emails, labels; custom);
patch_fields!(OrgPatch, name, owner, address, labels; custom);
patch_fields!(NotePatch, content);
