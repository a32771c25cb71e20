//! Leads and their labels, <https://developers.pipedrive.com/docs/api/v1/Leads>.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};
use uuid::Uuid;

use super::{EditContext, Editable, current_user_id, record};
use crate::sandbox::custom_fields;
use crate::sandbox::response::ErrorResponse;
use crate::sandbox::schema::{self, Field, Kind, field, nullable};
use crate::sandbox::store::Store;

/// Times of leads and their labels: milliseconds with a `Z`.
mod millis {
    use chrono::{DateTime, SecondsFormat, Utc};
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Millis, true))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
        DateTime::<Utc>::deserialize(deserializer)
    }
}

/// The value of a lead.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Money {
    pub amount: Number,
    pub currency: String,
}

/// A lead as API v1 shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Lead {
    pub id: Uuid,
    pub title: String,
    pub owner_id: u64,
    pub creator_id: u64,
    pub label_ids: Vec<Uuid>,
    pub person_id: Option<u64>,
    pub organization_id: Option<u64>,
    pub source_name: String,
    pub origin: String,
    pub origin_id: Option<String>,
    pub channel: Option<u64>,
    pub channel_id: Option<String>,
    pub source_deal_id: Option<u64>,
    pub is_archived: bool,
    pub was_seen: bool,
    pub value: Option<Money>,
    pub expected_close_date: Option<NaiveDate>,
    #[serde(with = "millis")]
    pub add_time: DateTime<Utc>,
    #[serde(with = "millis")]
    pub update_time: DateTime<Utc>,
    pub visible_to: String,
    pub cc_email: String,
    /// The custom fields of deals, flat as in API v1.
    #[serde(flatten)]
    pub custom: Map<String, Value>,
}

record!(Lead, Uuid, "lead", leads);

impl Lead {
    /// Creates a lead with default values.
    pub fn new(id: Uuid, now: DateTime<Utc>) -> Self {
        Self {
            id,
            title: String::new(),
            owner_id: current_user_id(),
            creator_id: current_user_id(),
            label_ids: Vec::new(),
            person_id: None,
            organization_id: None,
            source_name: "API".to_owned(),
            origin: "API".to_owned(),
            origin_id: None,
            channel: None,
            channel_id: None,
            source_deal_id: None,
            is_archived: false,
            was_seen: false,
            value: None,
            expected_close_date: None,
            add_time: now,
            update_time: now,
            visible_to: "3".to_owned(),
            cc_email: format!("nordwind+1+lead{}@practice.invalid", id.simple()),
            custom: Map::new(),
        }
    }
}

impl Editable for Lead {
    const NAME: &'static str = "Lead";
    const REQUIRED: &'static [&'static str] = &["title"];
    const FIELDS: &'static [Field] = &[
        field("title", Kind::NonEmptyText),
        field("owner_id", Kind::Integer),
        field("label_ids", Kind::Uuids),
        nullable("person_id", Kind::Integer),
        nullable("organization_id", Kind::Integer),
        field("is_archived", Kind::Boolean),
        nullable("value", Kind::Money),
        nullable("expected_close_date", Kind::Date),
        field("visible_to", Kind::OneOf(&["1", "3", "5", "7"])),
        field("was_seen", Kind::Boolean),
        nullable("origin_id", Kind::Text),
        nullable("channel", Kind::Integer),
        nullable("channel_id", Kind::Text),
    ];

    fn check_body(mut body: Map<String, Value>, store: &Store) -> Result<Map<String, Value>, ErrorResponse> {
        let fields = &store.setup.deal_fields;
        let nested = custom_fields::take_flat(fields, &mut body);
        let mut body = schema::check(body, Self::FIELDS).map_err(Self::rejection)?;
        body.extend(custom_fields::checked_flat(fields, &nested, store)?);
        Ok(body)
    }

    fn blank(_store: &Store, now: DateTime<Utc>) -> Self {
        Self::new(Uuid::new_v4(), now)
    }

    fn validate(&mut self, edit: &EditContext<'_, Self>) -> Result<(), ErrorResponse> {
        self.custom.retain(|_, value| !value.is_null());
        self.validate_archive(edit)?;
        if edit.before.is_some() && edit.has_field("origin_id") {
            return Err(ErrorResponse::bad_request("'origin_id' can be set only when the lead is made"));
        }
        edit.check_owner()?;
        edit.check_person()?;
        edit.check_org("organization_id")?;
        let is_about_links = edit.before.is_none() || edit.has_field("person_id") || edit.has_field("organization_id");
        if is_about_links && self.person_id.is_none() && self.organization_id.is_none() {
            return Err(ErrorResponse::bad_request("A lead must be linked to a person or an organization"));
        }
        if let Some(id) = self.label_ids.iter().find(|id| edit.store.lead_labels.get(**id).is_none()) {
            return Err(ErrorResponse::bad_request(format!("'label_ids': there is no label {id}")));
        }
        match &self.value {
            Some(money) if !edit.store.has_currency(&money.currency) => {
                Err(ErrorResponse::bad_request(format!("'value.currency': there is no {}", money.currency)))
            }
            _ => Ok(()),
        }
    }

    fn rejection(what: String) -> ErrorResponse {
        ErrorResponse::bad_request(what)
    }
}

impl Lead {
    /// Archived leads accept no edit except unarchiving (changelog of 2025-04-15), and no lead is created archived.
    fn validate_archive(&self, edit: &EditContext<'_, Self>) -> Result<(), ErrorResponse> {
        match edit.before {
            None if edit.has_field("is_archived") => Err(ErrorResponse::bad_request("'is_archived' is not allowed")),
            Some(before) if before.is_archived && (self.is_archived || edit.body.len() != 1) => Err(
                ErrorResponse::bad_request("Archived leads cannot be edited: take the lead out of the archive first"),
            ),
            _ => Ok(()),
        }
    }
}

/// The colors of labels.
const COLORS: &[&str] = &["blue", "brown", "dark-gray", "gray", "green", "orange", "pink", "purple", "red", "yellow"];

/// A label of leads as API v1 shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LeadLabel {
    pub id: Uuid,
    pub name: String,
    pub color: String,
    #[serde(with = "millis")]
    pub add_time: DateTime<Utc>,
    #[serde(with = "millis")]
    pub update_time: DateTime<Utc>,
}

record!(LeadLabel, Uuid, "lead_label", lead_labels);

impl Editable for LeadLabel {
    const NAME: &'static str = "Lead label";
    const REQUIRED: &'static [&'static str] = &["name", "color"];
    const FIELDS: &'static [Field] = &[field("name", Kind::NonEmptyText), field("color", Kind::OneOf(COLORS))];

    fn blank(_store: &Store, now: DateTime<Utc>) -> Self {
        Self { id: Uuid::new_v4(), name: String::new(), color: String::new(), add_time: now, update_time: now }
    }

    fn validate(&mut self, _edit: &EditContext<'_, Self>) -> Result<(), ErrorResponse> {
        Ok(())
    }

    fn rejection(what: String) -> ErrorResponse {
        ErrorResponse::bad_request(what)
    }
}

/// Returns the order of a field of the `sort` parameter.
pub fn order_by(field: &str) -> Option<fn(&Lead, &Lead) -> std::cmp::Ordering> {
    Some(match field {
        "id" => |a, b| a.id.cmp(&b.id),
        "title" => |a, b| a.title.cmp(&b.title),
        "owner_id" => |a, b| a.owner_id.cmp(&b.owner_id),
        "creator_id" => |a, b| a.creator_id.cmp(&b.creator_id),
        "was_seen" => |a, b| a.was_seen.cmp(&b.was_seen),
        "expected_close_date" => |a, b| a.expected_close_date.cmp(&b.expected_close_date),
        "add_time" => |a, b| a.add_time.cmp(&b.add_time),
        "update_time" => |a, b| a.update_time.cmp(&b.update_time),
        _ => return None,
    })
}

/// Returns a lead's value as deals have it.
pub fn amount_and_currency(lead: &Lead) -> (Value, Value) {
    match &lead.value {
        Some(money) => (Value::Number(money.amount.clone()), money.currency.as_str().into()),
        None => (Value::Null, Value::Null),
    }
}
