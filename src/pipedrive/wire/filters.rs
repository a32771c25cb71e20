//! Saved filters, and what they let through: of that only the ids are read.

use serde::Deserialize;
use uuid::Uuid;

use super::lenient::Loose;
use super::{Key, Object};
use crate::domain::{FilterId, ItemKind, LeadId, SavedFilter, UserId};

/// A saved filter (`GET /api/v1/filters`).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct FilterObject {
    id: Loose<u64>,
    name: Loose<String>,
    #[serde(rename = "type")]
    kind: Loose<String>,
    active_flag: Loose<bool>,
    user_id: Loose<u64>,
}

impl Object for FilterObject {
    type Domain = SavedFilter;

    fn key(&self) -> Option<Key> {
        self.id.0.map(Key::Number)
    }

    fn is_deleted(&self) -> bool {
        self.active_flag.0 == Some(false)
    }

    fn into_domain(self) -> Option<SavedFilter> {
        let kind = match self.kind.0.as_deref()? {
            "deals" => ItemKind::Deal,
            "leads" => ItemKind::Lead,
            "people" => ItemKind::Person,
            "org" => ItemKind::Org,
            "activity" => ItemKind::Activity,
            // Products and projects are not shown here.
            _ => return None,
        };
        Some(SavedFilter {
            id: FilterId(self.id.0?),
            name: self.name.0.unwrap_or_default(),
            kind,
            owner: self.user_id.0.map(UserId),
        })
    }
}

/// Anything with a number, but for leads.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Numbered {
    id: Loose<u64>,
}

impl Object for Numbered {
    type Domain = u64;

    fn key(&self) -> Option<Key> {
        self.id.0.map(Key::Number)
    }

    fn into_domain(self) -> Option<u64> {
        self.id.0
    }
}

/// A lead by its id alone.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct LeadNamed {
    id: Loose<Uuid>,
}

impl Object for LeadNamed {
    type Domain = LeadId;

    fn key(&self) -> Option<Key> {
        self.id.0.map(Key::Uuid)
    }

    fn into_domain(self) -> Option<LeadId> {
        self.id.0.map(LeadId)
    }
}
