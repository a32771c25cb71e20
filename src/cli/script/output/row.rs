//! The row type: one item as JSON for programs, and as labelled fields for people, some of which are table columns.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

use crate::domain::{CustomValues, ItemKind, Money, OrgId, PersonId, UserId};
use crate::ui;
use crate::workspace::Workspace;

/// One item as it is printed.
pub(in crate::cli::script) struct Row {
    /// JSON in one line.
    pub json: String,
    /// The fields for people, beginning with the one that identifies the item.
    pub fields: Vec<Field>,
}

/// A labelled value.
pub(in crate::cli::script) struct Field {
    pub label: Cow<'static, str>,
    pub text: String,
    /// `true` if tables have a column for it.
    pub in_table: bool,
}

/// Returns a field with a column in tables.
pub(super) fn column(label: &'static str, text: impl Into<String>) -> Field {
    Field { label: label.into(), text: text.into(), in_table: true }
}

/// Returns a field of the details only.
pub(super) fn detail(label: impl Into<Cow<'static, str>>, text: impl Into<String>) -> Field {
    Field { label: label.into(), text: text.into(), in_table: false }
}

impl Row {
    pub(super) fn new(json: &impl Serialize, fields: Vec<Field>) -> Self {
        // The types here always serialize. The text is escaped because a terminal may show it.
        let json = ui::escape_json(&serde_json::to_string(json).unwrap_or_default());
        Self { json, fields }
    }
}

/// An amount of money as text, so that no program converts it to a float.
#[derive(Serialize)]
pub(super) struct Amount {
    amount: String,
    currency: String,
}

impl Amount {
    /// Has the decimals of the currency, or more if the amount has more.
    pub(super) fn of(money: &Money) -> Self {
        let mut amount = money.amount.normalize();
        let decimals = money.currency.decimals();
        if amount.scale() < decimals {
            amount.rescale(decimals);
        }
        Self { amount: amount.to_string(), currency: money.currency.code().to_owned() }
    }
}

/// A moment in UTC, such as `2026-11-24T09:30:00Z`.
pub(super) struct Moment(DateTime<Utc>);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.format())
    }
}

impl Moment {
    fn format(&self) -> String {
        self.0.to_rfc3339_opts(SecondsFormat::Secs, true)
    }
}

pub(super) fn moment(at: Option<DateTime<Utc>>) -> Option<Moment> {
    at.map(Moment)
}

pub(super) fn moment_text(at: Option<&Moment>) -> String {
    at.map(Moment::format).unwrap_or_default()
}

pub(super) fn text<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

pub(super) fn yes(value: bool) -> &'static str {
    if value { "yes" } else { "" }
}

/// The person, the organization and the owner of an item, by id and name.
#[derive(Serialize)]
pub(super) struct Links<'a> {
    person_id: Option<u64>,
    person_name: Option<&'a str>,
    org_id: Option<u64>,
    org_name: Option<&'a str>,
    owner_id: Option<u64>,
    owner_name: Option<&'a str>,
}

impl<'a> Links<'a> {
    pub(super) fn new(
        account: &'a Workspace,
        person: Option<PersonId>,
        org: Option<OrgId>,
        owner: Option<UserId>,
    ) -> Self {
        Self {
            person_id: person.map(|id| id.0),
            person_name: person.and_then(|id| account.person(id)).map(|person| person.name.as_str()),
            org_id: org.map(|id| id.0),
            org_name: org.and_then(|id| account.org(id)).map(|org| org.name.as_str()),
            owner_id: owner.map(|id| id.0),
            owner_name: owner_name(account, owner),
        }
    }

    /// Returns the names, or the ids of those without a known name.
    pub(super) fn fields(&self) -> [Field; 3] {
        let shown = |name: Option<&str>, id: Option<u64>| name.map_or_else(|| text(id), str::to_owned);
        [
            column("Person", shown(self.person_name, self.person_id)),
            column("Organization", shown(self.org_name, self.org_id)),
            column("Owner", shown(self.owner_name, self.owner_id)),
        ]
    }
}

/// The values of custom fields by name, in the form in which they are typed. Fields with the same name are
/// distinguished by their codes.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct CustomFields(BTreeMap<String, String>);

impl CustomFields {
    pub(super) fn of(account: &Workspace, kind: ItemKind, values: &CustomValues) -> Self {
        let mut all = BTreeMap::new();
        for (field, value) in account.fields(kind).filter_map(|field| Some((field, values.get(&field.code)?))) {
            let name = if all.contains_key(&field.name) {
                format!("{} ({})", field.name, field.code)
            } else {
                field.name.clone()
            };
            all.insert(name, field.written(value, account));
        }
        Self(all)
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = Field> {
        self.0.iter().map(|(name, value)| detail(name.clone(), value.as_str()))
    }
}

pub(super) fn owner_name(account: &Workspace, owner: Option<UserId>) -> Option<&str> {
    owner.and_then(|id| account.user(id)).map(|user| user.name.as_str())
}

/// Returns the fields at the end of each item: when it was added and changed, and if an edit of it is queued.
pub(super) fn last_fields(added: Option<&Moment>, updated: Option<&Moment>, pending: bool) -> [Field; 3] {
    [detail("Added", moment_text(added)), detail("Changed", moment_text(updated)), column("Queued", yes(pending))]
}
