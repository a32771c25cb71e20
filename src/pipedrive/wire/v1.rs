//! Responses of API v1: leads, lead labels, users, activity types.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use compact_str::CompactString;
use rust_decimal::Decimal;
use serde::Deserialize;
use uuid::Uuid;

use super::custom::FlatObject;
use super::lenient::{Loose, LooseList, Structured};
use super::v2::money;
use super::{Key, Object};
use crate::domain::{
    ActivityId, ActivityType, CompanyId, Currency, DealId, LabelColor, Lead, LeadId, LeadLabel, LeadLabelId, Me, OrgId,
    PersonId, TokenUser, User, UserId,
};

/// A lead (`GET /api/v1/leads`).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct LeadObject {
    id: Loose<Uuid>,
    title: Loose<String>,
    owner_id: Loose<u64>,
    person_id: Loose<u64>,
    organization_id: Loose<u64>,
    label_ids: LooseList<Uuid>,
    source_name: Loose<String>,
    source_deal_id: Loose<u64>,
    was_seen: Loose<bool>,
    value: Structured<ValueObject>,
    expected_close_date: Loose<NaiveDate>,
    is_archived: Loose<bool>,
    add_time: Loose<DateTime<Utc>>,
    update_time: Loose<DateTime<Utc>>,
    creator_id: Loose<u64>,
    next_activity_id: Loose<u64>,
    #[serde(flatten)]
    custom: FlatObject,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ValueObject {
    amount: Loose<Decimal>,
    currency: Loose<String>,
}

impl LeadObject {
    /// The deal that it was converted from.
    pub(in super::super) fn source_deal(&self) -> Option<DealId> {
        self.source_deal_id.0.map(DealId)
    }
}

impl Object for LeadObject {
    type Domain = Lead;

    fn key(&self) -> Option<Key> {
        self.id.0.map(Key::Uuid)
    }

    fn into_domain(self) -> Option<Lead> {
        let value = self.value.0.and_then(|value| Some(money(Some(value.amount.0?), value.currency.0.as_deref())));
        Some(Lead {
            id: LeadId(self.id.0?),
            title: self.title.0.unwrap_or_default(),
            owner: self.owner_id.0.map(UserId),
            person: self.person_id.0.map(PersonId),
            org: self.organization_id.0.map(OrgId),
            labels: self.label_ids.0.into_iter().map(LeadLabelId).collect(),
            source: self.source_name.0.unwrap_or_default(),
            seen: self.was_seen.0 == Some(true),
            value,
            expected_close: self.expected_close_date.0,
            archived: self.is_archived.0 == Some(true),
            added: self.add_time.0,
            updated: self.update_time.0,
            creator: self.creator_id.0.map(UserId),
            next_activity: self.next_activity_id.0.map(ActivityId),
            custom: self.custom.0,
        })
    }
}

/// A label of leads (`GET /api/v1/leadLabels`).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct LeadLabelObject {
    id: Loose<Uuid>,
    name: Loose<String>,
    color: Loose<String>,
}

impl Object for LeadLabelObject {
    type Domain = LeadLabel;

    fn key(&self) -> Option<Key> {
        self.id.0.map(Key::Uuid)
    }

    fn into_domain(self) -> Option<LeadLabel> {
        Some(LeadLabel {
            id: LeadLabelId(self.id.0?),
            name: self.name.0.unwrap_or_default(),
            color: LabelColor::from_name(self.color.0.as_deref().unwrap_or_default()),
        })
    }
}

/// A user (`GET /api/v1/users`).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct UserObject {
    id: Loose<u64>,
    name: Loose<String>,
    active_flag: Loose<bool>,
    email: Loose<String>,
    phone: Loose<String>,
}

impl Object for UserObject {
    type Domain = User;

    fn key(&self) -> Option<Key> {
        self.id.0.map(Key::Number)
    }

    fn into_domain(self) -> Option<User> {
        Some(User {
            id: UserId(self.id.0?),
            name: self.name.0.unwrap_or_default(),
            active: self.active_flag.0 != Some(false),
            email: self.email.0.filter(|text| !text.is_empty()),
            phone: self.phone.0.filter(|text| !text.is_empty()),
        })
    }
}

/// The token's user (`GET /api/v1/users/me`).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct MeObject {
    id: Loose<u64>,
    name: Loose<String>,
    default_currency: Loose<String>,
    timezone_name: Loose<String>,
    company_id: Loose<u64>,
    company_name: Loose<String>,
    company_domain: Loose<String>,
}

impl Object for MeObject {
    type Domain = TokenUser;

    fn key(&self) -> Option<Key> {
        self.id.0.map(Key::Number)
    }

    fn into_domain(self) -> Option<TokenUser> {
        let company = self.company_id.0.map(CompanyId);
        let me = Me {
            id: UserId(self.id.0?),
            name: self.name.0.unwrap_or_default(),
            currency: Currency::new(self.default_currency.0.as_deref().unwrap_or("EUR")),
            timezone: self.timezone_name.0.and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC),
            company: self.company_name.0.unwrap_or_default(),
            domain: self.company_domain.0.unwrap_or_default(),
        };
        Some(TokenUser { me, company })
    }
}

/// A type of activity (`GET /api/v1/activityTypes`).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct ActivityTypeObject {
    key_string: Loose<CompactString>,
    name: Loose<String>,
}

impl Object for ActivityTypeObject {
    type Domain = ActivityType;

    fn into_domain(self) -> Option<ActivityType> {
        Some(ActivityType { key: self.key_string.0?, name: self.name.0.unwrap_or_default() })
    }
}
