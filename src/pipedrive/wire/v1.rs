//! What API v1 sends: leads, lead labels, users, activity types.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use compact_str::CompactString;
use rust_decimal::Decimal;
use serde::Deserialize;
use uuid::Uuid;

use super::Object;
use super::loose::{loose, loose_list, structured};
use super::v2::money;
use crate::domain::{
    ActivityType, Currency, LabelColor, Lead, LeadId, LeadLabel, LeadLabelId, Me, OrgId, PersonId, User, UserId,
};

/// The `additional_data` of a list. Some lists have the figures in `pagination`, others directly.
#[derive(Debug, Default, Deserialize)]
pub(in super::super) struct PageV1 {
    #[serde(default, deserialize_with = "structured")]
    pagination: Option<Box<PageV1>>,
    #[serde(default, deserialize_with = "loose")]
    more_items_in_collection: Option<bool>,
}

impl PageV1 {
    /// Whether there is another page.
    pub(in super::super) fn has_more(&self) -> bool {
        let figures = self.pagination.as_deref().unwrap_or(self);
        figures.more_items_in_collection == Some(true)
    }
}

/// A lead (`GET /api/v1/leads`).
#[derive(Deserialize)]
pub(in super::super) struct LeadObject {
    #[serde(default, deserialize_with = "loose")]
    id: Option<Uuid>,
    #[serde(default, deserialize_with = "loose")]
    title: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    owner_id: Option<u64>,
    #[serde(default, deserialize_with = "loose")]
    person_id: Option<u64>,
    #[serde(default, deserialize_with = "loose")]
    organization_id: Option<u64>,
    #[serde(default, deserialize_with = "loose_list")]
    label_ids: Vec<Uuid>,
    #[serde(default, deserialize_with = "loose")]
    source_name: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    was_seen: Option<bool>,
    #[serde(default, deserialize_with = "structured")]
    value: Option<ValueObject>,
    #[serde(default, deserialize_with = "loose")]
    expected_close_date: Option<NaiveDate>,
    #[serde(default, deserialize_with = "loose")]
    is_archived: Option<bool>,
    #[serde(default, deserialize_with = "loose")]
    add_time: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "loose")]
    update_time: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct ValueObject {
    #[serde(default, deserialize_with = "loose")]
    amount: Option<Decimal>,
    #[serde(default, deserialize_with = "loose")]
    currency: Option<String>,
}

impl Object for LeadObject {
    type Domain = Lead;

    fn into_domain(self) -> Option<Lead> {
        let value = self.value.and_then(|value| Some(money(Some(value.amount?), value.currency.as_deref())));
        Some(Lead {
            id: LeadId(self.id?),
            title: self.title.unwrap_or_default(),
            owner: self.owner_id.map(UserId),
            person: self.person_id.map(PersonId),
            org: self.organization_id.map(OrgId),
            labels: self.label_ids.into_iter().map(LeadLabelId).collect(),
            source: self.source_name.unwrap_or_default(),
            seen: self.was_seen == Some(true),
            value,
            expected_close: self.expected_close_date,
            archived: self.is_archived == Some(true),
            added: self.add_time,
            updated: self.update_time,
        })
    }
}

/// A label of leads (`GET /api/v1/leadLabels`).
#[derive(Deserialize)]
pub(in super::super) struct LeadLabelObject {
    #[serde(default, deserialize_with = "loose")]
    id: Option<Uuid>,
    #[serde(default, deserialize_with = "loose")]
    name: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    color: Option<String>,
}

impl Object for LeadLabelObject {
    type Domain = LeadLabel;

    fn into_domain(self) -> Option<LeadLabel> {
        Some(LeadLabel {
            id: LeadLabelId(self.id?),
            name: self.name.unwrap_or_default(),
            color: LabelColor::from_name(self.color.as_deref().unwrap_or_default()),
        })
    }
}

/// A user (`GET /api/v1/users`).
#[derive(Deserialize)]
pub(in super::super) struct UserObject {
    #[serde(default, deserialize_with = "loose")]
    id: Option<u64>,
    #[serde(default, deserialize_with = "loose")]
    name: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    active_flag: Option<bool>,
}

impl Object for UserObject {
    type Domain = User;

    fn into_domain(self) -> Option<User> {
        Some(User {
            id: UserId(self.id?),
            name: self.name.unwrap_or_default(),
            active: self.active_flag != Some(false),
        })
    }
}

/// The token's user (`GET /api/v1/users/me`).
#[derive(Deserialize)]
pub(in super::super) struct MeObject {
    #[serde(default, deserialize_with = "loose")]
    id: Option<u64>,
    #[serde(default, deserialize_with = "loose")]
    name: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    default_currency: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    timezone_name: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    company_name: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    company_domain: Option<String>,
}

impl Object for MeObject {
    type Domain = Me;

    fn into_domain(self) -> Option<Me> {
        Some(Me {
            id: UserId(self.id?),
            name: self.name.unwrap_or_default(),
            currency: Currency::new(self.default_currency.as_deref().unwrap_or("EUR")),
            timezone: self.timezone_name.and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC),
            company: self.company_name.unwrap_or_default(),
            domain: self.company_domain.unwrap_or_default(),
        })
    }
}

/// A type of activity (`GET /api/v1/activityTypes`).
#[derive(Deserialize)]
pub(in super::super) struct ActivityTypeObject {
    #[serde(default, deserialize_with = "loose")]
    key_string: Option<CompactString>,
    #[serde(default, deserialize_with = "loose")]
    name: Option<String>,
}

impl Object for ActivityTypeObject {
    type Domain = ActivityType;

    fn into_domain(self) -> Option<ActivityType> {
        Some(ActivityType { key: self.key_string?, name: self.name.unwrap_or_default() })
    }
}
