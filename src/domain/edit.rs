//! [`Edit`]: the one way in which anything changes, whoever asks for it. Plain data: it can be kept, replayed,
//! inverted and merged.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    ActivityId, ActivityPatch, DealId, DealPatch, ItemRef, LeadId, LeadPatch, Money, OrgId, PersonId, Place,
    Probability,
};

/// A link to a person or organization that exists, or to one that is to be made first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Link<Id> {
    /// One that Pipedrive has.
    Existing(Id),
    /// One to be made with this name.
    New(String),
}

/// Whom a new deal or lead is about: a person, an organization, or both. Never neither, so that an unlinked one
/// cannot be written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Contact {
    /// A person only.
    Person(Link<PersonId>),
    /// An organization only.
    Org(Link<OrgId>),
    /// Both.
    Both(Link<PersonId>, Link<OrgId>),
}

impl Contact {
    /// Puts together what a form holds; `None` where it holds neither.
    pub fn new(person: Option<Link<PersonId>>, org: Option<Link<OrgId>>) -> Option<Self> {
        match (person, org) {
            (Some(person), Some(org)) => Some(Self::Both(person, org)),
            (Some(person), None) => Some(Self::Person(person)),
            (None, Some(org)) => Some(Self::Org(org)),
            (None, None) => None,
        }
    }

    /// The person, if there is one.
    pub fn person(&self) -> Option<&Link<PersonId>> {
        match self {
            Self::Person(person) | Self::Both(person, _) => Some(person),
            Self::Org(_) => None,
        }
    }

    /// The organization, if there is one.
    pub fn org(&self) -> Option<&Link<OrgId>> {
        match self {
            Self::Org(org) | Self::Both(_, org) => Some(org),
            Self::Person(_) => None,
        }
    }
}

/// A deal to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewDeal {
    /// Its title.
    pub title: String,
    /// Whom it is about.
    pub contact: Contact,
    /// Where it goes.
    pub place: Place,
    /// What it is worth.
    pub value: Money,
    /// Its own probability, if the pipeline has probabilities.
    pub probability: Option<Probability>,
    /// When it is expected to close.
    pub expected_close: Option<NaiveDate>,
}

/// A lead to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewLead {
    /// Its title.
    pub title: String,
    /// Whom it is about.
    pub contact: Contact,
    /// What it may be worth.
    pub value: Option<Money>,
    /// When it is expected to close.
    pub expected_close: Option<NaiveDate>,
}

/// A change that a person asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Edit {
    /// Changes a deal.
    UpdateDeal {
        /// Which.
        id: DealId,
        /// What changes.
        patch: DealPatch,
    },
    /// Changes an activity.
    UpdateActivity {
        /// Which.
        id: ActivityId,
        /// What changes.
        patch: ActivityPatch,
    },
    /// Changes a lead.
    UpdateLead {
        /// Which.
        id: LeadId,
        /// What changes.
        patch: LeadPatch,
    },
    /// Makes a deal of a lead.
    ConvertLead {
        /// Which.
        id: LeadId,
        /// Where the deal goes.
        to: Place,
    },
    /// Makes a deal.
    CreateDeal {
        /// What it is called here until Pipedrive names it.
        id: DealId,
        /// What it is to be.
        new: NewDeal,
    },
    /// Makes a lead.
    CreateLead {
        /// What it is called here until Pipedrive names it.
        id: LeadId,
        /// What it is to be.
        new: NewLead,
    },
}

impl Edit {
    /// The item that the edit is about. Edits of one item are carried out in the order in which they were made.
    pub fn item(&self) -> ItemRef {
        match self {
            Self::UpdateDeal { id, .. } | Self::CreateDeal { id, .. } => ItemRef::Deal(*id),
            Self::UpdateActivity { id, .. } => ItemRef::Activity(*id),
            Self::UpdateLead { id, .. } | Self::ConvertLead { id, .. } | Self::CreateLead { id, .. } => {
                ItemRef::Lead(*id)
            }
        }
    }
}

impl Edit {
    /// The same edit with a person and an organization that exist in place of those that were to be made.
    #[must_use]
    pub fn linked_to(mut self, person: Option<PersonId>, org: Option<OrgId>) -> Self {
        let (Self::CreateDeal { new: NewDeal { contact, .. }, .. }
        | Self::CreateLead { new: NewLead { contact, .. }, .. }) = &mut self
        else {
            return self;
        };
        let linked = Contact::new(
            person.map(Link::Existing).or_else(|| contact.person().cloned()),
            org.map(Link::Existing).or_else(|| contact.org().cloned()),
        );
        if let Some(linked) = linked {
            *contact = linked;
        }
        self
    }
}

/// A rule of the business that an edit would break. Checked before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// A deal without a person and an organization.
    #[error("a deal must be linked to a person, an organization, or both")]
    DealUnlinked,
    /// A lead without a person and an organization.
    #[error("a lead must be linked to a person, an organization, or both")]
    LeadUnlinked,
    /// An empty title.
    #[error("a title cannot be empty")]
    EmptyTitle,
    /// A probability where the pipeline has none.
    #[error("this pipeline has deal probability turned off")]
    NoProbability,
    /// The item is not (or no longer) there.
    #[error("it is no longer there")]
    Gone,
    /// The item is archived.
    #[error("it is archived, and Pipedrive does not let archived items be edited")]
    Archived,
    /// The item is still being made.
    #[error("it is still being created; try again in a moment")]
    NotYetCreated,
    /// The lead is on its way to becoming a deal.
    #[error("it is being converted to a deal")]
    Converting,
    /// The stage does not exist.
    #[error("that stage no longer exists")]
    NoSuchStage,
    /// An edit that changes nothing.
    #[error("it is so already")]
    Nothing,
}
