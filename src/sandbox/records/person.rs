//! Persons, <https://developers.pipedrive.com/docs/api/v1/Persons>.

use chrono::{DateTime, Utc};
use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Activity, Deal, EditContext, Editable, Lead, Listed, Predicate, SortField, check_labels, count_deals,
    current_user_id, record, unlink_all,
};
use crate::sandbox::custom_fields;
use crate::sandbox::query::Query;
use crate::sandbox::response::ErrorResponse;
use crate::sandbox::schema::{Field, Kind, field, nullable};
use crate::sandbox::setup::Label;
use crate::sandbox::store::Store;

/// An email address or a phone number.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Contact {
    pub value: String,
    #[serde(default)]
    pub primary: bool,
    #[serde(default)]
    pub label: CompactString,
}

/// A person as API v2 shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Person {
    pub id: u64,
    pub name: String,
    pub first_name: String,
    pub last_name: Option<String>,
    pub owner_id: u64,
    pub org_id: Option<u64>,
    pub add_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
    pub emails: Vec<Contact>,
    pub phones: Vec<Contact>,
    pub is_deleted: bool,
    pub visible_to: u8,
    pub label_ids: Vec<u64>,
    pub picture_id: Option<u64>,
    pub custom_fields: Map<String, Value>,
}

/// The fields of an email address or phone number.
const CONTACT: &[Field] =
    &[field("value", Kind::NonEmptyText), field("primary", Kind::Boolean), field("label", Kind::Text)];

record!(Person, u64, "person", persons);

impl Editable for Person {
    const NAME: &'static str = "Person";
    const REQUIRED: &'static [&'static str] = &["name"];
    const FIELDS: &'static [Field] = &[
        field("name", Kind::NonEmptyText),
        field("owner_id", Kind::Integer),
        nullable("org_id", Kind::Integer),
        field("add_time", Kind::Timestamp),
        field("emails", Kind::Objects(CONTACT)),
        field("phones", Kind::Objects(CONTACT)),
        field("visible_to", Kind::Visibility),
        field("label_ids", Kind::Ids),
        field("custom_fields", Kind::AnyObject),
    ];

    fn blank(store: &Store, now: DateTime<Utc>) -> Self {
        Self {
            id: store.persons.next_id(),
            name: String::new(),
            first_name: String::new(),
            last_name: None,
            owner_id: current_user_id(),
            org_id: None,
            add_time: now,
            update_time: now,
            emails: Vec::new(),
            phones: Vec::new(),
            is_deleted: false,
            visible_to: 3,
            label_ids: Vec::new(),
            picture_id: None,
            custom_fields: Map::new(),
        }
    }

    fn validate(&mut self, edit: &EditContext<'_, Self>) -> Result<(), ErrorResponse> {
        edit.check_owner()?;
        if edit.has_field("custom_fields") {
            let before = edit.before.map(|before| &before.custom_fields);
            let fields = &edit.store.setup.person_fields;
            self.custom_fields = custom_fields::merge(fields, before, &self.custom_fields, edit.store)?;
        }
        edit.check_org("org_id")?;
        if edit.has_field("label_ids") {
            check_labels(&self.label_ids, &edit.store.setup.person_labels)?;
        }
        (self.first_name, self.last_name) = split_name(&self.name);
        Ok(())
    }
}

/// Splits a name into first and last name.
pub fn split_name(name: &str) -> (String, Option<String>) {
    match name.trim().split_once(' ') {
        Some((first, last)) => (first.to_owned(), Some(last.trim().to_owned())),
        None => (name.trim().to_owned(), None),
    }
}

impl Listed for Person {
    const SORTS: &'static [SortField<Self>] = &[("add_time", |person| person.add_time.timestamp())];
    const NUMBERS: &'static [super::NumberFilter<Self>] =
        &[("owner_id", |person| Some(person.owner_id)), ("org_id", |person| person.org_id)];
    const INCLUDES: &'static [&'static str] = &[
        "next_activity_id",
        "last_activity_id",
        "open_deals_count",
        "related_open_deals_count",
        "closed_deals_count",
        "related_closed_deals_count",
        "participant_open_deals_count",
        "participant_closed_deals_count",
        "email_messages_count",
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
        "last_incoming_mail_time",
        "last_outgoing_mail_time",
        "marketing_status",
        "doi_status",
        "smart_bcc_email",
    ];
    const LINK: fn(&Activity) -> Option<u64> = |activity| activity.person_id;

    fn is_deleted(&self) -> bool {
        self.is_deleted
    }

    fn delete(&mut self, now: DateTime<Utc>) {
        self.is_deleted = true;
        self.update_time = now;
    }

    fn unlink(&self, store: &mut Store, now: DateTime<Utc>) {
        let id = Some(self.id);
        let is_on_deal = |deal: &Deal| deal.person_id == id && !deal.is_deleted;
        unlink_all(store, now, is_on_deal, |deal| deal.person_id = None);
        unlink_all(store, now, |lead: &Lead| lead.person_id == id, |lead| lead.person_id = None);
        let takes_part = |activity: &Activity| activity.involves(self.id) && !activity.is_deleted;
        unlink_all(store, now, takes_part, |activity| activity.remove_person(self.id));
    }

    fn predicates(query: &Query, store: &Store) -> Result<Vec<Predicate<Self>>, ErrorResponse> {
        let mut tests: Vec<Predicate<Self>> = vec![Box::new(|person| !person.is_deleted)];
        if let Some(deal) = query.number("deal_id")? {
            let of_deal = store.deals.get(deal).and_then(|deal| deal.person_id);
            tests.push(Box::new(move |person| Some(person.id) == of_deal));
        }
        Ok(tests)
    }

    fn labels<'a>(&'a self, store: &'a Store) -> Option<(&'a [u64], &'a [Label])> {
        Some((&self.label_ids, &store.setup.person_labels))
    }

    fn included(&self, field: &str, store: &Store) -> Value {
        match field {
            "notes_count" => store.notes.iter().filter(|note| note.person_id == Some(self.id)).count().into(),
            _ => count_deals(field, store, |deal| deal.person_id == Some(self.id)),
        }
    }
}
