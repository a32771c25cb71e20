//! What is to be made: deals, leads, people, organizations and activities before Pipedrive knows them.

use chrono::NaiveDate;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::{
    ContactPoint, CustomValues, DealId, Due, LabelId, LeadId, LeadLabelId, Money, OrgId, PersonId, PipelineStage,
    Probability, UserId,
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
    #[serde(rename = "place")]
    pub stage: PipelineStage,
    /// What it is worth.
    pub value: Money,
    /// Its own probability, if the pipeline has probabilities.
    pub probability: Option<Probability>,
    /// When it is expected to close.
    pub expected_close: Option<NaiveDate>,
    /// Whose it is; `None` for the token's user.
    #[serde(default)]
    pub owner: Option<UserId>,
    /// Its labels.
    #[serde(default)]
    pub labels: Vec<LabelId>,
    /// What is to stand in its custom fields.
    #[serde(default, skip_serializing_if = "CustomValues::is_empty")]
    pub custom: CustomValues,
}

impl NewDeal {
    /// A deal of which no more is said.
    pub fn new(title: String, contact: Contact, place: PipelineStage, value: Money) -> Self {
        Self {
            title,
            contact,
            stage: place,
            value,
            probability: None,
            expected_close: None,
            owner: None,
            labels: Vec::new(),
            custom: CustomValues::default(),
        }
    }
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
    /// Whose it is; `None` for the token's user.
    #[serde(default)]
    pub owner: Option<UserId>,
    /// Its labels.
    #[serde(default)]
    pub labels: Vec<LeadLabelId>,
    /// What is to stand in its custom fields.
    #[serde(default, skip_serializing_if = "CustomValues::is_empty")]
    pub custom: CustomValues,
}

impl NewLead {
    /// A lead of which no more is said.
    pub fn new(title: String, contact: Contact) -> Self {
        Self {
            title,
            contact,
            value: None,
            expected_close: None,
            owner: None,
            labels: Vec::new(),
            custom: CustomValues::default(),
        }
    }
}

/// A person to be added.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPerson {
    /// Full name.
    pub name: String,
    /// Where the person works.
    pub org: Option<Link<OrgId>>,
    /// Who looks after the person; `None` for the token's user.
    pub owner: Option<UserId>,
    /// Phone numbers.
    pub phones: Vec<ContactPoint>,
    /// E-mail addresses.
    pub emails: Vec<ContactPoint>,
    /// Labels.
    #[serde(default)]
    pub labels: Vec<LabelId>,
    /// What is to stand in its custom fields.
    #[serde(default, skip_serializing_if = "CustomValues::is_empty")]
    pub custom: CustomValues,
}

/// An organization to be added.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewOrg {
    /// Name.
    pub name: String,
    /// Who looks after it; `None` for the token's user.
    pub owner: Option<UserId>,
    /// Its address in one line.
    pub address: Option<String>,
    /// Labels.
    #[serde(default)]
    pub labels: Vec<LabelId>,
    /// What is to stand in its custom fields.
    #[serde(default, skip_serializing_if = "CustomValues::is_empty")]
    pub custom: CustomValues,
}

/// An activity to be made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewActivity {
    /// What it is about.
    pub subject: String,
    /// The key of its type.
    pub kind: CompactString,
    /// Whose it is; `None` for the token's user.
    pub owner: Option<UserId>,
    /// The deal it belongs to.
    pub deal: Option<DealId>,
    /// The lead it belongs to.
    pub lead: Option<LeadId>,
    /// The person it is with.
    pub person: Option<PersonId>,
    /// The organization it is with.
    pub org: Option<OrgId>,
    /// When it is due.
    pub due: Option<Due>,
    /// How long it takes, in minutes.
    pub minutes: Option<u32>,
    /// Where it takes place.
    pub location: Option<String>,
    /// A note to it.
    pub note: Option<String>,
    /// Whether it is done already, such as a call that is noted afterwards.
    pub done: bool,
    /// Who takes part besides the person it is with.
    #[serde(default)]
    pub participants: Vec<PersonId>,
    /// Whether its owner counts as busy meanwhile.
    #[serde(default)]
    pub busy: bool,
}
