//! The ids of items as arguments.

use std::fmt::Debug;

use uuid::Uuid;

use super::values::Clearable;
use crate::domain::{ActivityId, DealId, ItemRef, LeadId, NoteId, OrgId, PersonId};

/// The id of an item of one kind.
pub trait Id: Debug + Copy + PartialEq + Send + Sync + 'static {
    /// Parses an id as it is typed.
    fn parse(text: &str) -> Result<Self, String>;

    /// Returns the item with this id.
    fn item(self) -> ItemRef;
}

macro_rules! numeric_ids {
    ($($id:ident => $kind:ident),+) => {$(
        impl Id for $id {
            fn parse(text: &str) -> Result<Self, String> {
                text.parse().map(Self).map_err(|_| "not a number".to_owned())
            }

            fn item(self) -> ItemRef {
                ItemRef::$kind(self)
            }
        }
    )+};
}

numeric_ids!(DealId => Deal, ActivityId => Activity, PersonId => Person, OrgId => Org, NoteId => Note);

impl Id for LeadId {
    fn parse(text: &str) -> Result<Self, String> {
        text.parse::<Uuid>().map(Self).map_err(|error| error.to_string())
    }

    fn item(self) -> ItemRef {
        ItemRef::Lead(self)
    }
}

/// Parses an id, or the word that removes a link.
pub(super) fn clearable_id<I: Id>(text: &str) -> Result<Clearable<I>, String> {
    Clearable::parse(text, |text| I::parse(text).map_err(|error| format!("{error}, nor 'none'")))
}

/// Returns the item that a link leads to.
pub(super) fn linked<I: Id>(link: Option<Clearable<I>>) -> Option<ItemRef> {
    link?.0.map(Id::item)
}
