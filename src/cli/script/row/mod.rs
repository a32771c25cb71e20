//! One thing as it is printed: as JSON for programs, and as fields for people, of which some stand in tables. The names
//! in the JSON are promised in the README.

mod basics;
mod items;
mod note;

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

use crate::domain::{CustomValues, ItemKind, ItemRef, Money, OrgId, PersonId, UserId};
use crate::ui;
use crate::workspace::Workspace;

/// One thing as it is printed.
pub(super) struct Row {
    /// As JSON in one line.
    pub json: String,
    /// For people, the first of them what names it.
    pub fields: Vec<Field>,
}

/// A field for people.
pub(super) struct Field {
    pub label: Cow<'static, str>,
    pub text: String,
    /// Whether it is a column of a table, too.
    pub in_table: bool,
}

/// A field that is a column, too.
fn column(label: &'static str, text: impl Into<String>) -> Field {
    Field { label: label.into(), text: text.into(), in_table: true }
}

/// A field of the details only.
fn detail(label: impl Into<Cow<'static, str>>, text: impl Into<String>) -> Field {
    Field { label: label.into(), text: text.into(), in_table: false }
}

impl Row {
    fn new(json: &impl Serialize, fields: Vec<Field>) -> Self {
        // What is printed here has no keys or numbers that JSON does not know. It may be shown on a terminal.
        let json = ui::escape_json(&serde_json::to_string(json).unwrap_or_default());
        Self { json, fields }
    }

    /// An item that can be edited, as it is now.
    pub(super) fn of_item(account: &Workspace, item: ItemRef) -> Option<Self> {
        match item {
            ItemRef::Deal(id) => account.deal(id).map(|deal| Self::of_deal(account, deal)),
            ItemRef::Activity(id) => account.activity(id).map(|activity| Self::of_activity(account, activity)),
            ItemRef::Lead(id) => account.lead(id).map(|lead| Self::of_lead(account, lead)),
            ItemRef::Person(id) => account.person(id).map(|person| Self::of_person(account, person)),
            ItemRef::Org(id) => account.org(id).map(|org| Self::of_org(account, org)),
            // Nothing that is made or changed by a command is one yet.
            ItemRef::Note(id) => account.note(id).map(|note| Self::of_note(account, note)),
        }
    }
}

/// An amount as a text, so that no program makes a float of it.
#[derive(Serialize)]
struct Amount {
    amount: String,
    currency: String,
}

impl Amount {
    /// With the decimals that the currency has, or more where there are more.
    fn of(money: &Money) -> Self {
        let mut amount = money.amount.normalize();
        let decimals = money.currency.decimals();
        if amount.scale() < decimals {
            amount.rescale(decimals);
        }
        Self { amount: amount.to_string(), currency: money.currency.code().to_owned() }
    }
}

/// A moment in UTC, such as `2026-11-24T09:30:00Z`.
struct Moment(DateTime<Utc>);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.in_words())
    }
}

impl Moment {
    fn in_words(&self) -> String {
        self.0.to_rfc3339_opts(SecondsFormat::Secs, true)
    }
}

fn moment(at: Option<DateTime<Utc>>) -> Option<Moment> {
    at.map(Moment)
}

fn words(at: Option<&Moment>) -> String {
    at.map(Moment::in_words).unwrap_or_default()
}

fn text<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn yes(value: bool) -> &'static str {
    if value { "yes" } else { "" }
}

/// Whom something is about and whose it is, in numbers and names.
#[derive(Serialize)]
struct Links<'a> {
    person_id: Option<u64>,
    person_name: Option<&'a str>,
    org_id: Option<u64>,
    org_name: Option<&'a str>,
    owner_id: Option<u64>,
    owner_name: Option<&'a str>,
}

impl<'a> Links<'a> {
    fn new(account: &'a Workspace, person: Option<PersonId>, org: Option<OrgId>, owner: Option<UserId>) -> Self {
        Self {
            person_id: person.map(|id| id.0),
            person_name: person.and_then(|id| account.person(id)).map(|person| person.name.as_str()),
            org_id: org.map(|id| id.0),
            org_name: org.and_then(|id| account.org(id)).map(|org| org.name.as_str()),
            owner_id: owner.map(|id| id.0),
            owner_name: owner_name(account, owner),
        }
    }

    /// The name, or the number where the name is not known.
    fn fields(&self) -> [Field; 3] {
        let shown = |name: Option<&str>, id: Option<u64>| name.map_or_else(|| text(id), str::to_owned);
        [
            column("Person", shown(self.person_name, self.person_id)),
            column("Organization", shown(self.org_name, self.org_id)),
            column("Owner", shown(self.owner_name, self.owner_id)),
        ]
    }
}

/// What stands in custom fields, by their names, as one types it. Fields of the same name are told apart by their codes.
#[derive(Serialize)]
#[serde(transparent)]
struct Custom(BTreeMap<String, String>);

impl Custom {
    fn of(account: &Workspace, of: ItemKind, values: &CustomValues) -> Self {
        let mut all = BTreeMap::new();
        for (field, value) in account.fields(of).filter_map(|field| Some((field, values.get(&field.code)?))) {
            let name = if all.contains_key(&field.name) {
                format!("{} ({})", field.name, field.code)
            } else {
                field.name.clone()
            };
            all.insert(name, field.written(value, account));
        }
        Self(all)
    }

    fn fields(&self) -> impl Iterator<Item = Field> {
        self.0.iter().map(|(name, value)| detail(name.clone(), value.as_str()))
    }
}

fn owner_name(account: &Workspace, owner: Option<UserId>) -> Option<&str> {
    owner.and_then(|id| account.user(id)).map(|user| user.name.as_str())
}

/// The fields that end each item: when it came and changed, and whether an edit of it waits.
fn last_fields(added: Option<&Moment>, updated: Option<&Moment>, pending: bool) -> [Field; 3] {
    [detail("Added", words(added)), detail("Changed", words(updated)), column("Queued", yes(pending))]
}
