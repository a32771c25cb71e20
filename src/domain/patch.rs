//! [`Patch`]: the algebra of sets of changed fields. Conflicts, merges and undo rest on it. Each custom field counts as a
//! field of its own.

use super::{ActivityPatch, DealPatch, LeadPatch, NotePatch, OrgPatch, PersonPatch};

/// A set of fields with the values that they are set to.
pub(super) trait Patch: Sized {
    /// Returns `true` if it sets no field.
    fn is_empty(&self) -> bool;

    /// Returns only the fields that the other sets, too.
    #[must_use]
    fn intersect(&self, other: &Self) -> Self;

    /// Returns the fields that the other does not set.
    #[must_use]
    fn subtract(&self, other: &Self) -> Self;

    /// Returns the fields that the other does not set to the same value.
    #[must_use]
    fn diff(&self, other: &Self) -> Self;

    /// Returns the same fields, with the other's values for those that it sets.
    #[must_use]
    fn rebase_onto(&self, newer: &Self) -> Self;
}

/// Implements [`Patch`] for a struct of options, of which `None` leaves a field as it is. The field after the semicolon is
/// a patch itself.
macro_rules! patch_fields {
    ($patch:ty, $($field:ident),+ $(; $set:ident)?) => {
        impl Patch for $patch {
            fn is_empty(&self) -> bool {
                $(self.$field.is_none())&&+ $(&& self.$set.is_empty())?
            }

            fn intersect(&self, other: &Self) -> Self {
                Self {
                    $($field: if other.$field.is_some() { self.$field.clone() } else { None },)+
                    $($set: self.$set.intersect(&other.$set))?
                }
            }

            fn subtract(&self, other: &Self) -> Self {
                Self {
                    $($field: if other.$field.is_some() { None } else { self.$field.clone() },)+
                    $($set: self.$set.subtract(&other.$set))?
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
