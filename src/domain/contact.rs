//! People and organizations: whom deals and leads are about.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::double_option::double_option;
use super::{CustomPatch, CustomValues, LabelId, OrgId, PersonId, UserId};

/// A phone number or e-mail address with what it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactPoint {
    /// The number or address.
    pub value: String,
    /// Such as `work` or `mobile`; free text.
    pub label: String,
    /// `true` for the one to use first.
    pub primary: bool,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The person's id.
    pub id: PersonId,
    /// Full name.
    pub name: String,
    /// The person's owner.
    pub owner: Option<UserId>,
    /// The person's organization.
    pub org: Option<OrgId>,
    /// Phone numbers, in Pipedrive's order.
    pub phones: Vec<ContactPoint>,
    /// E-mail addresses, in Pipedrive's order.
    pub emails: Vec<ContactPoint>,
    /// Labels: options of the label field of people.
    #[serde(default)]
    pub labels: Vec<LabelId>,
    /// Job title; only if Pipedrive's contact sync is on.
    #[serde(default)]
    pub job_title: Option<String>,
    /// When the person was added.
    #[serde(default)]
    pub added: Option<DateTime<Utc>>,
    /// When something of the person last changed.
    #[serde(default)]
    pub updated: Option<DateTime<Utc>>,
    /// Its custom fields.
    #[serde(default, skip_serializing_if = "CustomValues::is_empty")]
    pub custom: CustomValues,
}

impl Person {
    /// Returns a person with no field set.
    pub fn blank(id: PersonId) -> Self {
        Self {
            id,
            name: String::new(),
            owner: None,
            org: None,
            phones: Vec::new(),
            emails: Vec::new(),
            labels: Vec::new(),
            job_title: None,
            added: None,
            updated: None,
            custom: CustomValues::default(),
        }
    }
}

/// An organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// The organization's id.
    pub id: OrgId,
    /// Name.
    pub name: String,
    /// Its owner.
    pub owner: Option<UserId>,
    /// Its address in one line.
    pub address: Option<String>,
    /// Labels: options of the label field of organizations.
    #[serde(default)]
    pub labels: Vec<LabelId>,
    /// Its web site; not on all of Pipedrive's plans.
    #[serde(default)]
    pub website: Option<String>,
    /// Its page on `LinkedIn`; likewise.
    #[serde(default)]
    pub linkedin: Option<String>,
    /// Number of employees; likewise.
    #[serde(default)]
    pub employees: Option<u64>,
    /// When it was added.
    #[serde(default)]
    pub added: Option<DateTime<Utc>>,
    /// When something of it last changed.
    #[serde(default)]
    pub updated: Option<DateTime<Utc>>,
    /// Its custom fields.
    #[serde(default, skip_serializing_if = "CustomValues::is_empty")]
    pub custom: CustomValues,
}

impl Organization {
    /// Returns an organization with no field set.
    pub fn blank(id: OrgId) -> Self {
        Self {
            id,
            name: String::new(),
            owner: None,
            address: None,
            labels: Vec::new(),
            website: None,
            linkedin: None,
            employees: None,
            added: None,
            updated: None,
            custom: CustomValues::default(),
        }
    }
}

/// Changes to a person; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonPatch {
    /// Another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Another organization; `Some(None)` removes the link.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "double_option")]
    pub org: Option<Option<OrgId>>,
    /// Another owner. A person always has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// All phone numbers that the person is to have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phones: Option<Vec<ContactPoint>>,
    /// All e-mail addresses that the person is to have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emails: Option<Vec<ContactPoint>>,
    /// All labels that the person is to have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<LabelId>>,
    /// Changes to its custom fields.
    #[serde(default, skip_serializing_if = "CustomPatch::is_empty")]
    pub custom: CustomPatch,
}

impl PersonPatch {
    /// Applies the change to a person.
    pub fn apply(&self, person: &mut Person) {
        if let Some(name) = &self.name {
            person.name.clone_from(name);
        }
        person.org = self.org.unwrap_or(person.org);
        person.owner = self.owner.or(person.owner);
        if let Some(phones) = &self.phones {
            person.phones.clone_from(phones);
        }
        if let Some(emails) = &self.emails {
            person.emails.clone_from(emails);
        }
        if let Some(labels) = &self.labels {
            person.labels.clone_from(labels);
        }
        self.custom.apply(&mut person.custom);
    }

    /// The change that takes this one back, given the person as they were before.
    #[must_use]
    pub fn inverse(&self, before: &Person) -> Self {
        Self {
            name: self.name.as_ref().map(|_| before.name.clone()),
            org: self.org.map(|_| before.org),
            owner: self.owner.and(before.owner),
            phones: self.phones.as_ref().map(|_| before.phones.clone()),
            emails: self.emails.as_ref().map(|_| before.emails.clone()),
            labels: self.labels.as_ref().map(|_| before.labels.clone()),
            custom: self.custom.inverse(&before.custom),
        }
    }
}

/// Changes to an organization; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrgPatch {
    /// Another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Another owner. An organization always has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// Another address; `Some(None)` clears it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "double_option")]
    pub address: Option<Option<String>>,
    /// All labels that it is to have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<LabelId>>,
    /// Changes to its custom fields.
    #[serde(default, skip_serializing_if = "CustomPatch::is_empty")]
    pub custom: CustomPatch,
}

impl OrgPatch {
    /// Applies the change to an organization.
    pub fn apply(&self, org: &mut Organization) {
        if let Some(name) = &self.name {
            org.name.clone_from(name);
        }
        org.owner = self.owner.or(org.owner);
        if let Some(address) = &self.address {
            org.address.clone_from(address);
        }
        if let Some(labels) = &self.labels {
            org.labels.clone_from(labels);
        }
        self.custom.apply(&mut org.custom);
    }

    /// The change that takes this one back, given the organization as it was before.
    #[must_use]
    pub fn inverse(&self, before: &Organization) -> Self {
        Self {
            name: self.name.as_ref().map(|_| before.name.clone()),
            owner: self.owner.and(before.owner),
            address: self.address.as_ref().map(|_| before.address.clone()),
            labels: self.labels.as_ref().map(|_| before.labels.clone()),
            custom: self.custom.inverse(&before.custom),
        }
    }
}
