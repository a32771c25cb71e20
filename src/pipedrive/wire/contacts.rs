//! Responses of API v2: people and organizations.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::custom::CustomObject;
use super::lenient::{Loose, LooseList, Structured};
use super::{Key, Object};
use crate::domain::{ContactPoint, LabelId, OrgId, Organization, Person, PersonId, UserId};

/// A person (`GET /api/v2/persons`).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct PersonObject {
    id: Loose<u64>,
    name: Loose<String>,
    owner_id: Loose<u64>,
    org_id: Loose<u64>,
    phones: Structured<Vec<Structured<PointObject>>>,
    emails: Structured<Vec<Structured<PointObject>>>,
    label_ids: LooseList<u64>,
    job_title: Loose<String>,
    add_time: Loose<DateTime<Utc>>,
    update_time: Loose<DateTime<Utc>>,
    is_deleted: Loose<bool>,
    custom_fields: CustomObject,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PointObject {
    value: Loose<String>,
    label: Loose<String>,
    primary: Loose<bool>,
}

/// Those that can be read: one odd entry hides no other.
fn points(objects: Option<Vec<Structured<PointObject>>>) -> Vec<ContactPoint> {
    let point = |object: Structured<PointObject>| {
        let object = object.0?;
        Some(ContactPoint {
            value: object.value.0.filter(|value| !value.is_empty())?,
            label: object.label.0.unwrap_or_default(),
            primary: object.primary.0 == Some(true),
        })
    };
    objects.unwrap_or_default().into_iter().filter_map(point).collect()
}

impl Object for PersonObject {
    type Domain = Person;

    fn key(&self) -> Option<Key> {
        self.id.0.map(Key::Number)
    }

    fn is_deleted(&self) -> bool {
        self.is_deleted.0 == Some(true)
    }

    fn into_domain(self) -> Option<Person> {
        Some(Person {
            id: PersonId(self.id.0?),
            name: self.name.0.unwrap_or_default(),
            owner: self.owner_id.0.map(UserId),
            org: self.org_id.0.map(OrgId),
            phones: points(self.phones.0),
            emails: points(self.emails.0),
            labels: self.label_ids.0.into_iter().map(LabelId).collect(),
            job_title: self.job_title.0.filter(|title| !title.is_empty()),
            added: self.add_time.0,
            updated: self.update_time.0,
            custom: self.custom_fields.0,
        })
    }
}

/// An organization (`GET /api/v2/organizations`).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct OrgObject {
    id: Loose<u64>,
    name: Loose<String>,
    owner_id: Loose<u64>,
    address: Structured<AddressObject>,
    label_ids: LooseList<u64>,
    website: Loose<String>,
    linkedin: Loose<String>,
    employee_count: Loose<u64>,
    add_time: Loose<DateTime<Utc>>,
    update_time: Loose<DateTime<Utc>>,
    is_deleted: Loose<bool>,
    custom_fields: CustomObject,
}

/// An object as documented, or a text as in search results.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum AddressObject {
    Object {
        #[serde(default)]
        value: Loose<String>,
    },
    Text(String),
}

/// The whole of an address.
pub(super) fn one_line(address: Option<AddressObject>) -> Option<String> {
    let text = match address? {
        AddressObject::Object { value } => value.0?,
        AddressObject::Text(text) => text,
    };
    Some(text).filter(|text| !text.is_empty())
}

impl Object for OrgObject {
    type Domain = Organization;

    fn key(&self) -> Option<Key> {
        self.id.0.map(Key::Number)
    }

    fn is_deleted(&self) -> bool {
        self.is_deleted.0 == Some(true)
    }

    fn into_domain(self) -> Option<Organization> {
        Some(Organization {
            id: OrgId(self.id.0?),
            name: self.name.0.unwrap_or_default(),
            owner: self.owner_id.0.map(UserId),
            address: one_line(self.address.0),
            labels: self.label_ids.0.into_iter().map(LabelId).collect(),
            website: self.website.0.filter(|text| !text.is_empty()),
            linkedin: self.linkedin.0.filter(|text| !text.is_empty()),
            employees: self.employee_count.0,
            added: self.add_time.0,
            updated: self.update_time.0,
            custom: self.custom_fields.0,
        })
    }
}
