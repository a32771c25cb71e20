//! [`Edit`]: every change of the account, by whichever screen or command. Plain data: it can be stored, replayed,
//! inverted and merged.

use serde::{Deserialize, Serialize};

use super::{
    ActivityId, ActivityPatch, Contact, DealId, DealPatch, ItemRef, LeadId, LeadPatch, Link, NewActivity, NewDeal,
    NewLead, NewOrg, NewPerson, NoteId, NotePatch, OrgId, OrgPatch, PersonId, PersonPatch, PipelineStage,
};

/// A change of an item that the user makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Edit {
    /// Changes a deal.
    UpdateDeal {
        /// The item.
        id: DealId,
        /// The changed fields.
        patch: DealPatch,
    },
    /// Changes an activity.
    UpdateActivity {
        /// The item.
        id: ActivityId,
        /// The changed fields.
        patch: ActivityPatch,
    },
    /// Changes a lead.
    UpdateLead {
        /// The item.
        id: LeadId,
        /// The changed fields.
        patch: LeadPatch,
    },
    /// Makes a deal of a lead.
    ConvertLead {
        /// The item.
        id: LeadId,
        /// The stage of the new deal.
        to: PipelineStage,
    },
    /// Makes a lead of a deal again.
    ConvertDeal {
        /// The item.
        id: DealId,
    },
    /// Makes a deal.
    CreateDeal {
        /// Its local id, until Pipedrive gives it one.
        id: DealId,
        /// Its fields.
        new: NewDeal,
    },
    /// Makes a lead.
    CreateLead {
        /// Its local id, until Pipedrive gives it one.
        id: LeadId,
        /// Its fields.
        new: NewLead,
    },
    /// Changes a person.
    UpdatePerson {
        /// The person.
        id: PersonId,
        /// The changed fields.
        patch: PersonPatch,
    },
    /// Changes an organization.
    UpdateOrg {
        /// The item.
        id: OrgId,
        /// The changed fields.
        patch: OrgPatch,
    },
    /// Adds a person.
    CreatePerson {
        /// The local id, until Pipedrive gives one.
        id: PersonId,
        /// The person's fields.
        new: NewPerson,
    },
    /// Adds an organization.
    CreateOrg {
        /// Its local id, until Pipedrive gives it one.
        id: OrgId,
        /// Its fields.
        new: NewOrg,
    },
    /// Makes an activity.
    CreateActivity {
        /// Its local id, until Pipedrive gives it one.
        id: ActivityId,
        /// Its fields.
        new: NewActivity,
    },
    /// Writes a note.
    CreateNote {
        /// Its local id, until Pipedrive gives it one.
        id: NoteId,
        /// The item that it is attached to.
        on: ItemRef,
        /// Its content, as HTML.
        content: String,
    },
    /// Changes a note.
    UpdateNote {
        /// The item.
        id: NoteId,
        /// The changed fields.
        patch: NotePatch,
    },
    /// Deletes an item. Pipedrive's API takes no deletion back.
    Delete {
        /// The item.
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

    /// Returns `true` if it turns an item into another.
    pub const fn is_conversion(&self) -> bool {
        matches!(self, Self::ConvertLead { .. } | Self::ConvertDeal { .. })
    }

    /// Returns `true` if it creates an item. A conversion does not: it turns an item into another.
    pub const fn is_creation(&self) -> bool {
        match self {
            Self::CreateDeal { .. }
            | Self::CreateLead { .. }
            | Self::CreatePerson { .. }
            | Self::CreateOrg { .. }
            | Self::CreateActivity { .. }
            | Self::CreateNote { .. } => true,
            Self::UpdateDeal { .. }
            | Self::UpdateActivity { .. }
            | Self::UpdateLead { .. }
            | Self::UpdatePerson { .. }
            | Self::UpdateOrg { .. }
            | Self::UpdateNote { .. }
            | Self::ConvertLead { .. }
            | Self::ConvertDeal { .. }
            | Self::Delete { .. } => false,
        }
    }

    /// Returns the edit that undoes a creation, given the created item, or the conversion of a lead: its deal
    /// becomes a lead again. `None` for anything else. People and organizations that were made on the way stay, as
    /// others may have come to use them.
    #[must_use]
    pub fn inverse_of_creation(&self, made: ItemRef) -> Option<Self> {
        match (self, made) {
            (Self::ConvertLead { .. }, ItemRef::Deal(id)) => Some(Self::ConvertDeal { id }),
            (edit, made) => edit.is_creation().then_some(Self::Delete { item: made }),
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
            Self::UpdateDeal { .. }
            | Self::UpdateActivity { .. }
            | Self::UpdateLead { .. }
            | Self::UpdatePerson { .. }
            | Self::UpdateOrg { .. }
            | Self::UpdateNote { .. }
            | Self::ConvertLead { .. }
            | Self::ConvertDeal { .. }
            | Self::CreateOrg { .. }
            | Self::CreateActivity { .. }
            | Self::CreateNote { .. }
            | Self::Delete { .. } => return self,
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

/// A business rule that an edit would break. Checked before anything is sent.
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
    #[error("too long to edit here; edit it in Pipedrive")]
    TooLongNote,
    /// A field with a text of which not all is known here.
    #[error("'{0}' is too long to edit here; edit it in Pipedrive")]
    TooLongText(String),
    /// A phone number or e-mail address that is none.
    #[error("a phone number or e-mail address cannot be empty")]
    EmptyContact,
    /// A custom field that there is not.
    #[error("that field does not exist")]
    NoSuchField,
    /// A read-only custom field.
    #[error("'{0}' can only be changed in Pipedrive")]
    FieldReadOnly(String),
    /// An option that a custom field does not have.
    #[error("'{0}' has no such option")]
    NoSuchOption(String),
    /// A link to something that is not in Pipedrive yet.
    #[error("the linked item is not in Pipedrive yet; link it once it has been created")]
    LinkNotYetCreated,
    /// A type of activities that the account does not have.
    #[error("that activity type does not exist")]
    NoSuchType,
    /// A probability where the pipeline has none.
    #[error("this pipeline has deal probability turned off")]
    NoProbability,
    /// The item is not (or no longer) there.
    #[error("that item no longer exists")]
    Gone,
    /// The item is archived.
    #[error("it is archived; Pipedrive does not allow archived items to be edited")]
    Archived,
    /// The item is not in Pipedrive yet.
    #[error("it is not in Pipedrive yet; edit it once it has been created")]
    NotYetCreated,
    /// A day for an activity that is done.
    #[error("it is already done")]
    Done,
    /// It is on its way to becoming something else.
    #[error("it is being converted")]
    Converting,
    /// The stage does not exist.
    #[error("that stage no longer exists")]
    NoSuchStage,
    /// An edit that changes nothing.
    #[error("no change")]
    NoChange,
}
