//! Identifiers as newtypes, so that a stage can never be passed where a deal is meant.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Ids from here up are given out by dealdeck to items that Pipedrive has not seen yet. Pipedrive's own are small
/// positive integers, so the two never meet.
const FIRST_LOCAL_ID: u64 = 1 << 62;

macro_rules! numeric_id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

numeric_id! {
    /// A deal.
    DealId,
    /// A person.
    PersonId,
    /// An organization.
    OrgId,
    /// A user of the company's account.
    UserId,
    /// A company's account.
    CompanyId,
    /// A pipeline.
    PipelineId,
    /// A stage of a pipeline.
    StageId,
    /// An activity.
    ActivityId,
    /// An option of the label field of deals, of people or of organizations; each has its own.
    LabelId,
    /// A note.
    NoteId,
    /// A filter that was saved in Pipedrive.
    FilterId,
}

/// Ids of what can be made from here.
macro_rules! local_id {
    ($($name:ident),* $(,)?) => {$(
        impl $name {
            /// The `n`th id for one that Pipedrive has not named yet.
            pub const fn local(n: u32) -> Self {
                Self(FIRST_LOCAL_ID + n as u64)
            }

            /// Returns `true` for a local id: the item is not in Pipedrive yet.
            pub const fn is_local(self) -> bool {
                self.0 >= FIRST_LOCAL_ID
            }

            /// The number of an id that was given here; `None` for one of Pipedrive's.
            pub fn local_number(self) -> Option<u32> {
                u32::try_from(self.0.checked_sub(FIRST_LOCAL_ID)?).ok()
            }
        }
    )*};
}

local_id!(DealId, PersonId, OrgId, ActivityId, NoteId);

macro_rules! uuid_id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

uuid_id! {
    /// A lead. Leads are named by UUIDs, unlike every other object.
    LeadId,
    /// A label of leads. They are separate from the labels of deals.
    LeadLabelId,
}

impl LeadId {
    /// The `n`th id for a lead that Pipedrive has not named yet: a UUID of version 0, which no server gives out.
    pub const fn local(n: u32) -> Self {
        Self(Uuid::from_u128(1 + n as u128))
    }

    /// Returns `true` for a local id: the lead is not in Pipedrive yet.
    pub const fn is_local(self) -> bool {
        self.0.as_u128() <= 1 + u32::MAX as u128
    }

    /// The number of an id that was given here; `None` for one of Pipedrive's.
    pub fn local_number(self) -> Option<u32> {
        u32::try_from(self.0.as_u128().checked_sub(1)?).ok()
    }
}

/// Any item that can be edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ItemRef {
    /// A deal.
    Deal(DealId),
    /// An activity.
    Activity(ActivityId),
    /// A lead.
    Lead(LeadId),
    /// A person.
    Person(PersonId),
    /// An organization.
    Org(OrgId),
    /// A note.
    Note(NoteId),
}

/// The kinds of items that have lists of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ItemKind {
    /// Deals.
    Deal,
    /// Activities.
    Activity,
    /// Leads.
    Lead,
    /// People.
    Person,
    /// Organizations.
    Org,
}

impl ItemRef {
    /// Returns its kind; `None` for a note, which only exists on other items.
    pub const fn kind(self) -> Option<ItemKind> {
        match self {
            Self::Deal(_) => Some(ItemKind::Deal),
            Self::Activity(_) => Some(ItemKind::Activity),
            Self::Lead(_) => Some(ItemKind::Lead),
            Self::Person(_) => Some(ItemKind::Person),
            Self::Org(_) => Some(ItemKind::Org),
            Self::Note(_) => None,
        }
    }

    /// The number of an id that was given here; `None` for one of Pipedrive's.
    pub fn local_number(self) -> Option<u32> {
        match self {
            Self::Deal(id) => id.local_number(),
            Self::Activity(id) => id.local_number(),
            Self::Lead(id) => id.local_number(),
            Self::Person(id) => id.local_number(),
            Self::Org(id) => id.local_number(),
            Self::Note(id) => id.local_number(),
        }
    }

    /// Returns `true` for a local id: the item is not in Pipedrive yet.
    pub fn is_local(self) -> bool {
        self.local_number().is_some()
    }
}
