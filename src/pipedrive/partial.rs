//! What a webhook leaves out of an item, and how that is taken over from how the item is known.

use super::delivery::PartialItem;
use crate::domain::{Activity, Deal, Due, Item, Organization, Person};

/// A field that may be left out.
struct Part<T> {
    /// The name that API v2 has for it.
    name: &'static str,
    /// Whether the item is not to be shown without it.
    matters: bool,
    /// Takes it over from how the item is known; `false` where what is told says that this is not how it is now.
    take: fn(&mut T, &T) -> bool,
}

/// A field without which the item is not to be shown.
const fn part<T>(name: &'static str, take: fn(&mut T, &T) -> bool) -> Part<T> {
    Part { name, matters: true, take }
}

/// A field that not all accounts have, or that hardly anybody looks at.
const fn lesser<T>(name: &'static str, take: fn(&mut T, &T) -> bool) -> Part<T> {
    Part { name, matters: false, take }
}

/// Takes over one field of the domain.
macro_rules! as_known {
    ($($field:ident).+) => {
        |told, known| {
            told.$($field).+.clone_from(&known.$($field).+);
            true
        }
    };
}

/// The time of the last change, which says that there was one.
const UPDATED: &str = "update_time";

const DEAL: &[Part<Deal>] = &[
    part("title", as_known!(title)),
    part("owner_id", as_known!(owner)),
    part("person_id", as_known!(person)),
    part("org_id", as_known!(org)),
    part("value", as_known!(value.amount)),
    part("currency", as_known!(value.currency)),
    part("status", as_known!(status)),
    part("lost_reason", as_known!(lost_reason)),
    part("probability", as_known!(probability)),
    part("expected_close_date", as_known!(expected_close)),
    part("label_ids", |told, known| labels(&mut told.labels, &known.labels)),
    part("add_time", as_known!(added)),
    part(UPDATED, as_known!(updated)),
    part("stage_change_time", as_known!(stage_changed)),
    part("close_time", |told, known| {
        told.closed = told.closed.or(known.closed);
        true
    }),
    part("is_archived", as_known!(archived)),
    part("custom_fields", as_known!(custom)),
    lesser("creator_user_id", as_known!(creator)),
    lesser("origin", as_known!(origin)),
];

const ACTIVITY: &[Part<Activity>] = &[
    part("subject", as_known!(subject)),
    part("type", as_known!(kind)),
    part("owner_id", as_known!(owner)),
    part("deal_id", as_known!(deal)),
    part("lead_id", as_known!(lead)),
    part("person_id", as_known!(person)),
    part("org_id", as_known!(org)),
    part("due_date", as_known!(due)),
    part("due_time", |told, known| {
        let date = |due: Option<Due>| due.map(|due| due.date);
        let is_that_day = date(told.due) == date(known.due);
        told.due = known.due;
        is_that_day
    }),
    part("done", as_known!(done)),
    // What has become done did so at its last change.
    part("marked_as_done_time", |told, known| {
        told.done_at = if told.done { known.done_at.or(told.updated) } else { None };
        true
    }),
    // Never told.
    part("note", as_known!(note)),
    part("participants", as_known!(participants)),
    part("add_time", as_known!(added)),
    part(UPDATED, as_known!(updated)),
    part("duration", as_known!(minutes)),
    part("location", as_known!(location)),
    part("busy", as_known!(busy)),
];

const PERSON: &[Part<Person>] = &[
    part("name", as_known!(name)),
    part("owner_id", as_known!(owner)),
    part("org_id", as_known!(org)),
    part("phones", as_known!(phones)),
    part("emails", as_known!(emails)),
    part("label_ids", |told, known| labels(&mut told.labels, &known.labels)),
    part("add_time", as_known!(added)),
    part(UPDATED, as_known!(updated)),
    part("custom_fields", as_known!(custom)),
    lesser("job_title", as_known!(job_title)),
];

const ORG: &[Part<Organization>] = &[
    part("name", as_known!(name)),
    part("owner_id", as_known!(owner)),
    part("address", as_known!(address)),
    part("label_ids", |told, known| labels(&mut told.labels, &known.labels)),
    part("add_time", as_known!(added)),
    part(UPDATED, as_known!(updated)),
    part("custom_fields", as_known!(custom)),
    lesser("website", as_known!(website)),
    lesser("linkedin", as_known!(linkedin)),
    lesser("employee_count", as_known!(employees)),
];

/// Older payloads tell one label, of those that there may be: it is the first.
fn labels<L: Clone + PartialEq>(told: &mut Vec<L>, known: &[L]) -> bool {
    let fits = told.is_empty() || told.first() == known.first();
    known.clone_into(told);
    fits
}

impl PartialItem {
    /// An item as it is told, with the keys under which something is told, by the names of API v2.
    pub(super) fn new(item: Item, is_told: impl Fn(&str) -> bool) -> Self {
        let missing = match &item {
            Item::Deal(_) => names(DEAL, is_told),
            Item::Activity(_) => names(ACTIVITY, is_told),
            Item::Person(_) => names(PERSON, is_told),
            Item::Org(_) => names(ORG, is_told),
            Item::Lead(_) | Item::Note(_) => Vec::new(),
        };
        Self { item, missing }
    }

    /// The whole item, given how it is known: what is missing is as it was. `None` where that cannot be said, so that
    /// the item has to be asked for: something that matters is missing and nothing is known, or what has changed is not
    /// told.
    pub fn merge_onto(self, known: Option<&Item>) -> Option<Item> {
        let Self { item, missing } = self;
        Some(match (item, known) {
            (Item::Deal(told), Some(Item::Deal(known))) => Item::Deal(taken(told, known, DEAL, &missing)?),
            (Item::Activity(told), Some(Item::Activity(known))) => {
                Item::Activity(taken(told, known, ACTIVITY, &missing)?)
            }
            (Item::Person(told), Some(Item::Person(known))) => Item::Person(taken(told, known, PERSON, &missing)?),
            (Item::Org(told), Some(Item::Org(known))) => Item::Org(taken(told, known, ORG, &missing)?),
            (Item::Deal(_), _) if lacks(DEAL, &missing) => return None,
            (Item::Activity(_), _) if lacks(ACTIVITY, &missing) => return None,
            (Item::Person(_), _) if lacks(PERSON, &missing) => return None,
            (Item::Org(_), _) if lacks(ORG, &missing) => return None,
            (item, _) => item,
        })
    }
}

fn names<T>(parts: &[Part<T>], is_told: impl Fn(&str) -> bool) -> Vec<&'static str> {
    parts.iter().map(|part| part.name).filter(|name| !is_told(name)).collect()
}

/// Whether something that matters is missing.
fn lacks<T>(parts: &[Part<T>], missing: &[&str]) -> bool {
    parts.iter().any(|part| part.matters && missing.contains(&part.name))
}

fn taken<T: Clone + PartialEq>(mut told: T, known: &T, parts: &[Part<T>], missing: &[&str]) -> Option<T> {
    for part in parts.iter().filter(|part| missing.contains(&part.name)) {
        if !(part.take)(&mut told, known) {
            return None;
        }
    }
    // It has changed, and nothing that is told has: then it is something that is not.
    let mut then = told.clone();
    for part in parts.iter().filter(|part| part.name == UPDATED) {
        (part.take)(&mut then, known);
    }
    let is_hidden = told != *known && then == *known && lacks(parts, missing);
    (!is_hidden).then_some(told)
}
