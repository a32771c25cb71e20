//! Search results: no records, but summaries of them.

use compact_str::CompactString;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::lenient::{Loose, Structured};
use super::v2::money;
use super::{objects, position};
use crate::domain::{DealId, ItemRef, LeadId, OrgId, PersonId, SearchHit};
use crate::pipedrive::error::ApiError;
use crate::pipedrive::request::Version;

/// The data of a search (`GET /api/v2/itemSearch`).
#[derive(Deserialize)]
struct SearchObject<'a> {
    #[serde(borrow)]
    items: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct FoundObject {
    item: Structured<Box<HitObject>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct HitObject {
    /// A number, or the UUID of a lead.
    id: Loose<String>,
    #[serde(rename = "type")]
    kind: Loose<CompactString>,
    title: Loose<String>,
    name: Loose<String>,
    value: Loose<Decimal>,
    currency: Loose<String>,
    status: Loose<CompactString>,
    is_archived: Loose<bool>,
    person: Structured<Box<NamedObject>>,
    organization: Structured<Box<NamedObject>>,
    emails: Structured<Vec<Loose<String>>>,
    address: Loose<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NamedObject {
    name: Loose<String>,
}

/// Reads what a search has found, the best first, without what is not shown here, such as files.
pub(in super::super) fn hits(data: Option<&RawValue>) -> Result<Vec<SearchHit>, ApiError> {
    let data = data.map_or("null", RawValue::get);
    let search: SearchObject<'_> =
        serde_json::from_str(data).map_err(|error| ApiError::Unreadable(position(&error)))?;
    let found: Vec<FoundObject> = objects(search.items, Version::V2)?;
    Ok(found.into_iter().filter_map(|found| found.item.0?.into_hit()).collect())
}

impl HitObject {
    fn into_hit(self) -> Option<SearchHit> {
        let id = self.id.0?;
        let item = match self.kind.0?.as_str() {
            "deal" => ItemRef::Deal(DealId(id.parse().ok()?)),
            "person" => ItemRef::Person(PersonId(id.parse().ok()?)),
            "organization" => ItemRef::Org(OrgId(id.parse().ok()?)),
            "lead" => ItemRef::Lead(LeadId(Uuid::parse_str(&id).ok()?)),
            _ => return None,
        };
        let named = |object: Structured<Box<NamedObject>>| object.0.and_then(|object| object.name.0);
        let email = self.emails.0.and_then(|emails| emails.into_iter().find_map(|email| email.0));
        let about = [named(self.organization), named(self.person), email, self.address.0];
        Some(SearchHit {
            item,
            name: self.title.0.or(self.name.0).unwrap_or_default(),
            about: about.into_iter().flatten().find(|text| !text.trim().is_empty()),
            value: self.value.0.map(|value| money(Some(value), self.currency.0.as_deref())),
            status: self.status.0,
            archived: self.is_archived.0 == Some(true),
        })
    }
}
