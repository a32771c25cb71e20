//! The fields of new deals, leads, people, organizations and activities.

use chrono::NaiveDate;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::{
    ContactPoint, CustomValues, DealId, Due, LabelId, LeadId, LeadLabelId, Money, OrgId, PersonId, PipelineStage,
    Probability, UserId,
};

/// A link to a person or organization that exists, or that is created first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Link<Id> {
    /// One that Pipedrive has.
    Existing(Id),
    /// A new one with this name.
    New(String),
}

/// The contact of a new deal or lead: a person, an organization, or both. Never neither, so that an unlinked one
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

/// A new deal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewDeal {
    /// Its title.
    pub title: String,
    /// Its contact.
    pub contact: Contact,
    /// Its stage.
    #[serde(rename = "place")]
    pub stage: PipelineStage,
    /// Its value.
    pub value: Money,
    /// Its own probability, if the pipeline has probabilities.
    pub probability: Option<Probability>,
    /// When it is expected to close.
    pub expected_close: Option<NaiveDate>,
    /// Its owner; `None` for the token's user.
    #[serde(default)]
    pub owner: Option<UserId>,
    /// Its labels.
    #[serde(default)]
    pub labels: Vec<LabelId>,
    /// Its custom fields.
    #[serde(default, skip_serializing_if = "CustomValues::is_empty")]
    pub custom: CustomValues,
}

impl NewDeal {
    /// Returns a new deal with no other field set.
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

/// A new lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewLead {
    /// Its title.
    pub title: String,
    /// Its contact.
    pub contact: Contact,
    /// Its expected value.
    pub value: Option<Money>,
    /// When it is expected to close.
    pub expected_close: Option<NaiveDate>,
    /// Its owner; `None` for the token's user.
    #[serde(default)]
    pub owner: Option<UserId>,
    /// Its labels.
    #[serde(default)]
    pub labels: Vec<LeadLabelId>,
    /// Its custom fields.
    #[serde(default, skip_serializing_if = "CustomValues::is_empty")]
    pub custom: CustomValues,
}

impl NewLead {
    /// Returns a new lead with no other field set.
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

/// A new person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPerson {
    /// Full name.
    pub name: String,
    /// The person's organization.
    pub org: Option<Link<OrgId>>,
    /// The owner; `None` for the token's user.
    pub owner: Option<UserId>,
    /// Phone numbers.
    pub phones: Vec<ContactPoint>,
    /// E-mail addresses.
    pub emails: Vec<ContactPoint>,
    /// Labels.
    #[serde(default)]
    pub labels: Vec<LabelId>,
    /// Its custom fields.
    #[serde(default, skip_serializing_if = "CustomValues::is_empty")]
    pub custom: CustomValues,
}

/// A new organization.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewOrg {
    /// Name.
    pub name: String,
    /// Its owner; `None` for the token's user.
    pub owner: Option<UserId>,
    /// Its address in one line.
    pub address: Option<String>,
    /// Labels.
    #[serde(default)]
    pub labels: Vec<LabelId>,
    /// Its custom fields.
    #[serde(default, skip_serializing_if = "CustomValues::is_empty")]
    pub custom: CustomValues,
}

/// A new activity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewActivity {
    /// Its subject.
    pub subject: String,
    /// The key of its type.
    pub kind: CompactString,
    /// Its owner; `None` for the token's user.
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
    /// Its duration in minutes.
    pub minutes: Option<u32>,
    /// Its location.
    pub location: Option<String>,
    /// A note to it.
    pub note: Option<String>,
    /// `true` if it is already done, such as a call that is logged afterwards.
    pub done: bool,
    /// Participants other than its person.
    #[serde(default)]
    pub participants: Vec<PersonId>,
    /// `true` if its owner is shown as busy for its duration.
    #[serde(default)]
    pub busy: bool,
}
