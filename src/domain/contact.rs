//! People and organizations: whom deals and leads are about.

use serde::{Deserialize, Serialize};

use super::{OrgId, PersonId, UserId};

/// A phone number or e-mail address with what it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactPoint {
    /// The number or address.
    pub value: String,
    /// Such as `work` or `mobile`; free text.
    pub label: String,
    /// Whether it is the one to use first.
    pub primary: bool,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The person's id.
    pub id: PersonId,
    /// Full name.
    pub name: String,
    /// Who looks after the person.
    pub owner: Option<UserId>,
    /// Where the person works.
    pub org: Option<OrgId>,
    /// Phone numbers, in Pipedrive's order.
    pub phones: Vec<ContactPoint>,
    /// E-mail addresses, in Pipedrive's order.
    pub emails: Vec<ContactPoint>,
}

/// An organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// The organization's id.
    pub id: OrgId,
    /// Name.
    pub name: String,
    /// Who looks after it.
    pub owner: Option<UserId>,
    /// Its address in one line.
    pub address: Option<String>,
}
