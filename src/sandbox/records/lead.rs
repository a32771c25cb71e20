//! Leads and their labels, <https://developers.pipedrive.com/docs/api/v1/Leads>.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};
use uuid::Uuid;

use super::{Edit, Editable, kept, me};
use crate::sandbox::answer::Refusal;
use crate::sandbox::custom;
use crate::sandbox::schema::{self, Field, Kind, field, nullable};
use crate::sandbox::store::Store;

/// Times in milliseconds with a `Z`, as leads and their labels have them.
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

/// What a lead is worth.
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
    /// What stands in the custom fields of deals, flat as API v1 has it.
    #[serde(flatten)]
    pub custom: Map<String, Value>,
}

kept!(Lead, Uuid, "lead", leads);

impl Lead {
    /// A lead with nothing said of it.
    pub fn new(id: Uuid, now: DateTime<Utc>) -> Self {
        Self {
            id,
            title: String::new(),
            owner_id: me(),
            creator_id: me(),
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
        field("title", Kind::Title),
        field("owner_id", Kind::Whole),
        field("label_ids", Kind::Uuids),
        nullable("person_id", Kind::Whole),
        nullable("organization_id", Kind::Whole),
        field("is_archived", Kind::Flag),
        nullable("value", Kind::Money),
        nullable("expected_close_date", Kind::Date),
        field("visible_to", Kind::Word(&["1", "3", "5", "7"])),
        field("was_seen", Kind::Flag),
        nullable("origin_id", Kind::Text),
        nullable("channel", Kind::Whole),
        nullable("channel_id", Kind::Text),
    ];

    fn check(mut body: Map<String, Value>, store: &Store) -> Result<Map<String, Value>, Refusal> {
        let fields = &store.assets.deal_fields;
        let given = custom::take_flat(fields, &mut body);
        let mut body = schema::check(body, Self::FIELDS).map_err(Self::misfit)?;
        body.extend(custom::checked_flat(fields, &given, store)?);
        Ok(body)
    }

    fn fresh(_store: &Store, now: DateTime<Utc>) -> Self {
        Self::new(Uuid::new_v4(), now)
    }

    fn admit(&mut self, edit: &Edit<'_, Self>) -> Result<(), Refusal> {
        self.custom.retain(|_, value| !value.is_null());
        self.admit_archive(edit)?;
        if edit.before.is_some() && edit.sets("origin_id") {
            return Err(Refusal::invalid("'origin_id' can be set only when the lead is made"));
        }
        edit.check_owner()?;
        edit.check_person()?;
        edit.check_org("organization_id")?;
        let is_about_links = edit.before.is_none() || edit.sets("person_id") || edit.sets("organization_id");
        if is_about_links && self.person_id.is_none() && self.organization_id.is_none() {
            return Err(Refusal::invalid("A lead must be linked to a person or an organization"));
        }
        if let Some(id) = self.label_ids.iter().find(|id| edit.store.lead_labels.get(**id).is_none()) {
            return Err(Refusal::invalid(format!("'label_ids': there is no label {id}")));
        }
        match &self.value {
            Some(money) if !edit.store.has_currency(&money.currency) => {
                Err(Refusal::invalid(format!("'value.currency': there is no {}", money.currency)))
            }
            _ => Ok(()),
        }
    }

    fn misfit(what: String) -> Refusal {
        Refusal::invalid(what)
    }
}

impl Lead {
    /// Archived leads take nothing but being taken out of the archive (changelog of 2025-04-15), and none is made
    /// archived.
    fn admit_archive(&self, edit: &Edit<'_, Self>) -> Result<(), Refusal> {
        match edit.before {
            None if edit.sets("is_archived") => Err(Refusal::invalid("'is_archived' is not allowed")),
            Some(before) if before.is_archived && (self.is_archived || edit.body.len() != 1) => {
                Err(Refusal::invalid("Archived leads cannot be edited: take the lead out of the archive first"))
            }
            _ => Ok(()),
        }
    }
}

/// The colours of labels.
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

kept!(LeadLabel, Uuid, "lead_label", lead_labels);

impl Editable for LeadLabel {
    const NAME: &'static str = "Lead label";
    const REQUIRED: &'static [&'static str] = &["name", "color"];
    const FIELDS: &'static [Field] = &[field("name", Kind::Title), field("color", Kind::Word(COLORS))];

    fn fresh(_store: &Store, now: DateTime<Utc>) -> Self {
        Self { id: Uuid::new_v4(), name: String::new(), color: String::new(), add_time: now, update_time: now }
    }

    fn admit(&mut self, _edit: &Edit<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }

    fn misfit(what: String) -> Refusal {
        Refusal::invalid(what)
    }
}

/// What a lead's `sort` parameter can name, and the order that it asks for.
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

/// A lead's value in the form that deals have.
pub fn amount_and_currency(lead: &Lead) -> (Value, Value) {
    match &lead.value {
        Some(money) => (Value::Number(money.amount.clone()), money.currency.as_str().into()),
        None => (Value::Null, Value::Null),
    }
}
