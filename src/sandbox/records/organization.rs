//! Organizations, <https://developers.pipedrive.com/docs/api/v1/Organizations>.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Activity, Deal, EditContext, Editable, Lead, Listed, Person, SortField, check_labels, count_deals, current_user_id,
    record, unlink_all,
};
use crate::sandbox::custom_fields;
use crate::sandbox::response::ErrorResponse;
use crate::sandbox::schema::{Field, Kind, field, nullable};
use crate::sandbox::setup::Label;
use crate::sandbox::store::Store;

/// An address: the full text and its known parts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Address {
    pub value: Option<String>,
    pub country: Option<String>,
    pub admin_area_level_1: Option<String>,
    pub admin_area_level_2: Option<String>,
    pub locality: Option<String>,
    pub sublocality: Option<String>,
    pub route: Option<String>,
    pub street_number: Option<String>,
    pub subpremise: Option<String>,
    pub postal_code: Option<String>,
}

impl Address {
    /// The fields of an address in a body.
    pub const FIELDS: &'static [Field] = &[
        nullable("value", Kind::Text),
        nullable("country", Kind::Text),
        nullable("admin_area_level_1", Kind::Text),
        nullable("admin_area_level_2", Kind::Text),
        nullable("locality", Kind::Text),
        nullable("sublocality", Kind::Text),
        nullable("route", Kind::Text),
        nullable("street_number", Kind::Text),
        nullable("subpremise", Kind::Text),
        nullable("postal_code", Kind::Text),
    ];
}

/// An organization as API v2 shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Organization {
    pub id: u64,
    pub name: String,
    pub owner_id: u64,
    pub add_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
    pub is_deleted: bool,
    pub visible_to: u8,
    pub address: Option<Box<Address>>,
    pub label_ids: Vec<u64>,
    pub website: Option<String>,
    pub linkedin: Option<String>,
    pub industry: Option<u64>,
    pub annual_revenue: Option<u64>,
    pub employee_count: Option<u64>,
    pub custom_fields: Map<String, Value>,
}

record!(Organization, u64, "organization", organizations);

impl Editable for Organization {
    const NAME: &'static str = "Organization";
    const REQUIRED: &'static [&'static str] = &["name"];
    const FIELDS: &'static [Field] = &[
        field("name", Kind::NonEmptyText),
        field("owner_id", Kind::Integer),
        field("add_time", Kind::Timestamp),
        field("visible_to", Kind::Visibility),
        field("label_ids", Kind::Ids),
        nullable("address", Kind::Object(Address::FIELDS)),
        nullable("website", Kind::Text),
        nullable("linkedin", Kind::Text),
        nullable("industry", Kind::Integer),
        nullable("annual_revenue", Kind::Integer),
        nullable("employee_count", Kind::Integer),
        field("custom_fields", Kind::AnyObject),
    ];

    fn blank(store: &Store, now: DateTime<Utc>) -> Self {
        Self {
            id: store.organizations.next_id(),
            name: String::new(),
            owner_id: current_user_id(),
            add_time: now,
            update_time: now,
            is_deleted: false,
            visible_to: 3,
            address: None,
            label_ids: Vec::new(),
            website: None,
            linkedin: None,
            industry: None,
            annual_revenue: None,
            employee_count: None,
            custom_fields: Map::new(),
        }
    }

    fn validate(&mut self, edit: &EditContext<'_, Self>) -> Result<(), ErrorResponse> {
        edit.check_owner()?;
        if edit.has_field("custom_fields") {
            let before = edit.before.map(|before| &before.custom_fields);
            let fields = &edit.store.setup.organization_fields;
            self.custom_fields = custom_fields::merge(fields, before, &self.custom_fields, edit.store)?;
        }
        if edit.has_field("label_ids") {
            check_labels(&self.label_ids, &edit.store.setup.organization_labels)?;
        }
        Ok(())
    }
}

impl Listed for Organization {
    const SORTS: &'static [SortField<Self>] = &[("add_time", |org| org.add_time.timestamp())];
    const NUMBERS: &'static [super::NumberFilter<Self>] = &[("owner_id", |org| Some(org.owner_id))];
    const INCLUDES: &'static [&'static str] = &[
        "next_activity_id",
        "last_activity_id",
        "open_deals_count",
        "related_open_deals_count",
        "closed_deals_count",
        "related_closed_deals_count",
        "email_messages_count",
        "people_count",
        "activities_count",
        "done_activities_count",
        "undone_activities_count",
        "files_count",
        "notes_count",
        "followers_count",
        "won_deals_count",
        "related_won_deals_count",
        "lost_deals_count",
        "related_lost_deals_count",
        "smart_bcc_email",
    ];
    const LINK: fn(&Activity) -> Option<u64> = |activity| activity.org_id;

    fn is_deleted(&self) -> bool {
        self.is_deleted
    }

    fn delete(&mut self, now: DateTime<Utc>) {
        self.is_deleted = true;
        self.update_time = now;
    }

    fn unlink(&self, store: &mut Store, now: DateTime<Utc>) {
        let id = Some(self.id);
        let is_on_deal = |deal: &Deal| deal.org_id == id && !deal.is_deleted;
        unlink_all(store, now, is_on_deal, |deal| deal.org_id = None);
        unlink_all(store, now, |lead: &Lead| lead.organization_id == id, |lead| lead.organization_id = None);
        let is_on_activity = |activity: &Activity| activity.org_id == id && !activity.is_deleted;
        unlink_all(store, now, is_on_activity, |activity| activity.org_id = None);
        let is_on_person = |person: &Person| person.org_id == id && !person.is_deleted;
        unlink_all(store, now, is_on_person, |person| person.org_id = None);
    }

    fn labels<'a>(&'a self, store: &'a Store) -> Option<(&'a [u64], &'a [Label])> {
        Some((&self.label_ids, &store.setup.organization_labels))
    }

    fn included(&self, field: &str, store: &Store) -> Value {
        match field {
            "people_count" => store.persons.iter().filter(|person| person.org_id == Some(self.id)).count().into(),
            "notes_count" => store.notes.iter().filter(|note| note.org_id == Some(self.id)).count().into(),
            _ => count_deals(field, store, |deal| deal.org_id == Some(self.id)),
        }
    }
}
