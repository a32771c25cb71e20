//! Items of webhooks, which may lack fields, and merging them over the known item.

use chrono::{DateTime, Utc};

use crate::domain::{Activity, Deal, Due, Item, ItemRef, Organization, Person};

/// An item as a webhook delivers it: some of its fields may be missing.
#[derive(Debug, Clone, PartialEq)]
pub struct PartialItem {
    /// The item, its missing fields empty.
    item: Item,
    /// The missing fields, by their names in API v2.
    pub(super) missing: Vec<&'static str>,
}

/// A field that may be left out.
struct Field<T> {
    /// The name that API v2 has for it.
    name: &'static str,
    /// `true` if the item cannot be shown without it.
    is_required: bool,
    /// Copies it from the known item; returns `false` if the delivered fields contradict the known value.
    take: fn(&mut T, &T) -> bool,
}

/// Returns a field without which the item cannot be shown.
const fn required<T>(name: &'static str, take: fn(&mut T, &T) -> bool) -> Field<T> {
    Field { name, is_required: true, take }
}

/// Returns a field that few accounts have or few users look at.
const fn optional<T>(name: &'static str, take: fn(&mut T, &T) -> bool) -> Field<T> {
    Field { name, is_required: false, take }
}

/// Copies one field of the domain.
macro_rules! copy {
    ($($field:ident).+) => {
        |new, known| {
            new.$($field).+.clone_from(&known.$($field).+);
            true
        }
    };
}

/// The time of the last change: where it differs, something has changed.
const UPDATED: &str = "update_time";

const DEAL: &[Field<Deal>] = &[
    required("title", copy!(title)),
    required("owner_id", copy!(owner)),
    required("person_id", copy!(person)),
    required("org_id", copy!(org)),
    required("value", copy!(value.amount)),
    required("currency", copy!(value.currency)),
    required("status", copy!(status)),
    required("lost_reason", copy!(lost_reason)),
    required("probability", copy!(probability)),
    required("expected_close_date", copy!(expected_close)),
    required("label_ids", |new, known| labels(&mut new.labels, &known.labels)),
    required("add_time", copy!(added)),
    required(UPDATED, copy!(updated)),
    required("stage_change_time", copy!(stage_changed)),
    required("close_time", |new, known| {
        new.closed = new.closed.or(known.closed);
        true
    }),
    required("is_archived", copy!(archived)),
    required("custom_fields", copy!(custom)),
    optional("creator_user_id", copy!(creator)),
    optional("origin", copy!(origin)),
];

const ACTIVITY: &[Field<Activity>] = &[
    required("subject", copy!(subject)),
    required("type", copy!(kind)),
    required("owner_id", copy!(owner)),
    required("deal_id", copy!(deal)),
    required("lead_id", copy!(lead)),
    required("person_id", copy!(person)),
    required("org_id", copy!(org)),
    required("due_date", copy!(due)),
    required("due_time", |new, known| {
        let date = |due: Option<Due>| due.map(|due| due.date);
        let is_that_day = date(new.due) == date(known.due);
        new.due = known.due;
        is_that_day
    }),
    required("done", copy!(done)),
    // An activity that has become done did so at its last change.
    required("marked_as_done_time", |new, known| {
        new.done_at = if new.done { known.done_at.or(new.updated) } else { None };
        true
    }),
    // Never delivered.
    required("note", copy!(note)),
    required("participants", copy!(participants)),
    required("add_time", copy!(added)),
    required(UPDATED, copy!(updated)),
    required("duration", copy!(minutes)),
    required("location", copy!(location)),
    required("busy", copy!(busy)),
];

const PERSON: &[Field<Person>] = &[
    required("name", copy!(name)),
    required("owner_id", copy!(owner)),
    required("org_id", copy!(org)),
    required("phones", copy!(phones)),
    required("emails", copy!(emails)),
    required("label_ids", |new, known| labels(&mut new.labels, &known.labels)),
    required("add_time", copy!(added)),
    required(UPDATED, copy!(updated)),
    required("custom_fields", copy!(custom)),
    optional("job_title", copy!(job_title)),
];

const ORG: &[Field<Organization>] = &[
    required("name", copy!(name)),
    required("owner_id", copy!(owner)),
    required("address", copy!(address)),
    required("label_ids", |new, known| labels(&mut new.labels, &known.labels)),
    required("add_time", copy!(added)),
    required(UPDATED, copy!(updated)),
    required("custom_fields", copy!(custom)),
    optional("website", copy!(website)),
    optional("linkedin", copy!(linkedin)),
    optional("employee_count", copy!(employees)),
];

/// Copies the labels. Older payloads hold only the first of them.
fn labels<L: Clone + PartialEq>(new: &mut Vec<L>, known: &[L]) -> bool {
    let fits = new.is_empty() || new.first() == known.first();
    known.clone_into(new);
    fits
}

impl PartialItem {
    /// Wraps a delivered item. `is_present` says by a field's name in API v2 whether it was delivered.
    pub(super) fn new(item: Item, is_present: impl Fn(&str) -> bool) -> Self {
        let missing = match &item {
            Item::Deal(_) => names(DEAL, is_present),
            Item::Activity(_) => names(ACTIVITY, is_present),
            Item::Person(_) => names(PERSON, is_present),
            Item::Org(_) => names(ORG, is_present),
            Item::Lead(_) | Item::Note(_) => Vec::new(),
        };
        Self { item, missing }
    }

    /// Identifies the item.
    pub fn key(&self) -> ItemRef {
        self.item.key()
    }

    /// The time of the item's last change.
    pub fn updated(&self) -> Option<DateTime<Utc>> {
        self.item.updated()
    }

    /// Returns the whole item, its missing fields filled from the known one. Returns `None` if it must be fetched
    /// instead: a required field is missing and the item is unknown, or the change is in a missing field.
    pub fn merge_onto(self, known: Option<&Item>) -> Option<Item> {
        let Self { item, missing } = self;
        Some(match (item, known) {
            (Item::Deal(new), Some(Item::Deal(known))) => Item::Deal(merged(new, known, DEAL, &missing)?),
            (Item::Activity(new), Some(Item::Activity(known))) => {
                Item::Activity(merged(new, known, ACTIVITY, &missing)?)
            }
            (Item::Person(new), Some(Item::Person(known))) => Item::Person(merged(new, known, PERSON, &missing)?),
            (Item::Org(new), Some(Item::Org(known))) => Item::Org(merged(new, known, ORG, &missing)?),
            (Item::Deal(_), _) if lacks(DEAL, &missing) => return None,
            (Item::Activity(_), _) if lacks(ACTIVITY, &missing) => return None,
            (Item::Person(_), _) if lacks(PERSON, &missing) => return None,
            (Item::Org(_), _) if lacks(ORG, &missing) => return None,
            (
                item @ (Item::Deal(_)
                | Item::Activity(_)
                | Item::Person(_)
                | Item::Org(_)
                | Item::Lead(_)
                | Item::Note(_)),
                _,
            ) => item,
        })
    }
}

fn names<T>(fields: &[Field<T>], is_present: impl Fn(&str) -> bool) -> Vec<&'static str> {
    fields.iter().map(|field| field.name).filter(|name| !is_present(name)).collect()
}

/// Returns `true` if a required field is missing.
fn lacks<T>(fields: &[Field<T>], missing: &[&str]) -> bool {
    fields.iter().any(|field| field.is_required && missing.contains(&field.name))
}

fn merged<T: Clone + PartialEq>(mut new: T, known: &T, fields: &[Field<T>], missing: &[&str]) -> Option<T> {
    for field in fields.iter().filter(|field| missing.contains(&field.name)) {
        if !(field.take)(&mut new, known) {
            return None;
        }
    }
    // The item has changed and no delivered field has: then a missing one has.
    let mut then = new.clone();
    for field in fields.iter().filter(|field| field.name == UPDATED) {
        (field.take)(&mut then, known);
    }
    let is_hidden = new != *known && then == *known && lacks(fields, missing);
    (!is_hidden).then_some(new)
}
