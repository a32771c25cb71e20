//! [`Edit`]: the one way in which anything changes, whoever asks for it. Plain data: it can be kept, replayed,
//! inverted and merged.

use serde::{Deserialize, Serialize};

use super::{
    ActivityId, ActivityPatch, Contact, DealId, DealPatch, ItemRef, LeadId, LeadPatch, Link, NewActivity, NewDeal,
    NewLead, NewOrg, NewPerson, NoteId, NotePatch, OrgId, OrgPatch, PersonId, PersonPatch, PipelineStage,
};

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
        to: PipelineStage,
    },
    /// Makes a lead of a deal again.
    ConvertDeal {
        /// Which.
        id: DealId,
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
    /// Changes a person.
    UpdatePerson {
        /// Who.
        id: PersonId,
        /// What changes.
        patch: PersonPatch,
    },
    /// Changes an organization.
    UpdateOrg {
        /// Which.
        id: OrgId,
        /// What changes.
        patch: OrgPatch,
    },
    /// Adds a person.
    CreatePerson {
        /// What they are called here until Pipedrive names them.
        id: PersonId,
        /// What they are to be.
        new: NewPerson,
    },
    /// Adds an organization.
    CreateOrg {
        /// What it is called here until Pipedrive names it.
        id: OrgId,
        /// What it is to be.
        new: NewOrg,
    },
    /// Makes an activity.
    CreateActivity {
        /// What it is called here until Pipedrive names it.
        id: ActivityId,
        /// What it is to be.
        new: NewActivity,
    },
    /// Writes a note.
    CreateNote {
        /// What it is called here until Pipedrive names it.
        id: NoteId,
        /// What it is on.
        on: ItemRef,
        /// What it says, as HTML.
        content: String,
    },
    /// Changes a note.
    UpdateNote {
        /// Which.
        id: NoteId,
        /// What changes.
        patch: NotePatch,
    },
    /// Deletes an item. Pipedrive's API takes no deletion back.
    Delete {
        /// Which.
        item: ItemRef,
    },
}

impl Edit {
    /// The item that the edit is about. Edits of one item are carried out in the order in which they were made.
    pub fn item(&self) -> ItemRef {
        match self {
            Self::UpdateDeal { id, .. } | Self::CreateDeal { id, .. } | Self::ConvertDeal { id } => ItemRef::Deal(*id),
            Self::UpdateActivity { id, .. } | Self::CreateActivity { id, .. } => ItemRef::Activity(*id),
            Self::UpdatePerson { id, .. } | Self::CreatePerson { id, .. } => ItemRef::Person(*id),
            Self::UpdateOrg { id, .. } | Self::CreateOrg { id, .. } => ItemRef::Org(*id),
            Self::CreateNote { id, .. } | Self::UpdateNote { id, .. } => ItemRef::Note(*id),
            Self::Delete { item } => *item,
            Self::UpdateLead { id, .. } | Self::ConvertLead { id, .. } | Self::CreateLead { id, .. } => {
                ItemRef::Lead(*id)
            }
        }
    }

    /// Whether it turns an item into another.
    pub const fn is_conversion(&self) -> bool {
        matches!(self, Self::ConvertLead { .. } | Self::ConvertDeal { .. })
    }

    /// Whether it makes a new item. A conversion does not: it turns one into another.
    pub const fn is_creation(&self) -> bool {
        matches!(
            self,
            Self::CreateDeal { .. }
                | Self::CreateLead { .. }
                | Self::CreatePerson { .. }
                | Self::CreateOrg { .. }
                | Self::CreateActivity { .. }
                | Self::CreateNote { .. }
        )
    }

    /// The edit that takes back a creation, once it is known what came of it, or the conversion of a lead: its deal
    /// becomes a lead again. `None` for anything else. People and organizations that were made on the way stay, as
    /// others may have come to use them.
    #[must_use]
    pub fn inverse_of_creation(&self, made: ItemRef) -> Option<Self> {
        match (self, made) {
            (Self::ConvertLead { .. }, ItemRef::Deal(id)) => Some(Self::ConvertDeal { id }),
            _ => self.is_creation().then_some(Self::Delete { item: made }),
        }
    }

    /// The same edit with a person and an organization that exist in place of those that were to be made.
    #[must_use]
    pub fn with_contact(mut self, person: Option<PersonId>, org: Option<OrgId>) -> Self {
        let contact = match &mut self {
            Self::CreateDeal { new: NewDeal { contact, .. }, .. }
            | Self::CreateLead { new: NewLead { contact, .. }, .. } => contact,
            Self::CreatePerson { new, .. } => {
                new.org = org.map(Link::Existing).or_else(|| new.org.take());
                return self;
            }
            _ => return self,
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
    /// An empty name.
    #[error("a name cannot be empty")]
    EmptyName,
    /// An empty subject.
    #[error("a subject cannot be empty")]
    EmptySubject,
    /// An empty note.
    #[error("a note cannot be empty")]
    EmptyNote,
    /// A note of which not all is known here.
    #[error("it is too long to be edited here: edit it in Pipedrive")]
    TooLongNote,
    /// A field with a text of which not all is known here.
    #[error("'{0}' is too long to be edited here: edit it in Pipedrive")]
    TooLongText(String),
    /// A phone number or e-mail address that is none.
    #[error("a phone number or e-mail address cannot be empty")]
    EmptyContact,
    /// A custom field that there is not.
    #[error("that field does not exist")]
    NoSuchField,
    /// A custom field that can only be looked at.
    #[error("'{0}' can only be changed in Pipedrive")]
    FieldReadOnly(String),
    /// An option that a custom field does not have.
    #[error("'{0}' has no such option")]
    NoSuchOption(String),
    /// A link to something that is not in Pipedrive yet.
    #[error("what it is to be linked to is not in Pipedrive yet; it can be linked once it is")]
    LinkNotYetCreated,
    /// A type of activities that the account does not have.
    #[error("that type of activity does not exist")]
    NoSuchType,
    /// A probability where the pipeline has none.
    #[error("this pipeline has deal probability turned off")]
    NoProbability,
    /// The item is not (or no longer) there.
    #[error("it is no longer there")]
    Gone,
    /// The item is archived.
    #[error("it is archived, and Pipedrive does not let archived items be edited")]
    Archived,
    /// The item is not in Pipedrive yet.
    #[error("it is not in Pipedrive yet; it can be edited once it is")]
    NotYetCreated,
    /// A day for an activity that is done.
    #[error("it is done already")]
    Done,
    /// It is on its way to becoming something else.
    #[error("it is being converted")]
    Converting,
    /// The stage does not exist.
    #[error("that stage no longer exists")]
    NoSuchStage,
    /// An edit that changes nothing.
    #[error("it is so already")]
    NoChange,
}
