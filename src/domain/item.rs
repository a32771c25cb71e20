//! [`Item`]: anything that an edit can change, whatever its kind.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::{Activity, Deal, ItemRef, Lead, Note, Organization, Person, UserId};

/// An item that can be edited.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A deal.
    Deal(Deal),
    /// An activity.
    Activity(Activity),
    /// A lead.
    Lead(Lead),
    /// A person.
    Person(Person),
    /// An organization.
    Org(Organization),
    /// A note.
    Note(Note),
}

impl Item {
    /// Returns its id.
    pub fn key(&self) -> ItemRef {
        match self {
            Self::Deal(deal) => ItemRef::Deal(deal.id),
            Self::Activity(activity) => ItemRef::Activity(activity.id),
            Self::Lead(lead) => ItemRef::Lead(lead.id),
            Self::Person(person) => ItemRef::Person(person.id),
            Self::Org(org) => ItemRef::Org(org.id),
            Self::Note(note) => ItemRef::Note(note.id),
        }
    }

    /// Returns its title, its name, or the first line of a note.
    pub fn name(&self) -> Cow<'_, str> {
        match self {
            Self::Deal(deal) => Cow::from(&deal.title),
            Self::Activity(activity) => Cow::from(&activity.subject),
            Self::Lead(lead) => Cow::from(&lead.title),
            Self::Person(person) => Cow::from(&person.name),
            Self::Org(org) => Cow::from(&org.name),
            Self::Note(note) => Cow::from(note.first_line()),
        }
    }

    /// Returns its owner, or the author of a note.
    pub const fn owner(&self) -> Option<UserId> {
        match self {
            Self::Deal(deal) => deal.owner,
            Self::Activity(activity) => activity.owner,
            Self::Lead(lead) => lead.owner,
            Self::Person(person) => person.owner,
            Self::Org(org) => org.owner,
            Self::Note(note) => note.author,
        }
    }

    /// When it last changed, by the server's clock.
    pub fn updated(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Deal(deal) => deal.updated,
            Self::Activity(activity) => activity.updated,
            Self::Lead(lead) => lead.updated,
            Self::Person(person) => person.updated,
            Self::Org(org) => org.updated,
            Self::Note(note) => note.updated,
        }
    }
}
