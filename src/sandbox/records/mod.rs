//! The records and their rules: the wire format of each, the fields a body may set, and the conditions to meet.

mod activity;
mod change_log;
mod conversion;
mod deal;
mod deal_product;
mod filter;
mod lead;
mod note;
mod organization;
mod person;
mod pipeline;
mod webhook;

pub use activity::Activity;
pub use change_log::FieldChange;
pub use conversion::{Conversion, ConversionSource};
pub use deal::{Deal, Status};
pub use deal_product::{CATALOG, DealProduct};
pub use filter::{Condition, Conditions, Filter};
pub use lead::{Lead, LeadLabel, Money, amount_and_currency, order_by};
pub use note::Note;
pub use organization::{Address, Organization};
pub use person::{Contact, Person, split_name};
pub use pipeline::{Pipeline, Stage};
pub use webhook::{MAX_WEBHOOKS, Registration, Webhook};

use chrono::{DateTime, SubsecRound, Utc};
use serde_json::{Map, Value};

use crate::sandbox::current_user::current_user_id;
use crate::sandbox::query::Query;
use crate::sandbox::response::ErrorResponse;
use crate::sandbox::schema::{self, Field};
use crate::sandbox::store::Store;
use crate::sandbox::table::{Table, TableRow};

/// A sort field of a list, with the sort key of an item.
pub type SortField<T> = (&'static str, fn(&T) -> i64);

/// A query parameter that filters by a number, with the number of an item.
pub type NumberFilter<T> = (&'static str, fn(&T) -> Option<u64>);

/// A condition on the items of a list.
pub type Predicate<T> = Box<dyn Fn(&T) -> bool>;

/// An edit that the rules check.
pub struct EditContext<'a, T> {
    /// The record before the edit; `None` for a new one.
    pub before: Option<&'a T>,
    /// The fields that the request sets.
    pub body: &'a Map<String, Value>,
    /// All other records.
    pub store: &'a Store,
    /// The time of the edit.
    pub now: DateTime<Utc>,
}

impl<T> EditContext<'_, T> {
    /// Returns `true` if the request sets a field, even to null.
    pub fn has_field(&self, name: &str) -> bool {
        self.body.contains_key(name)
    }

    /// Returns `true` if the request sets a field to a value other than null.
    pub fn has_value(&self, name: &str) -> bool {
        self.body.get(name).is_some_and(|value| !value.is_null())
    }

    /// Returns an error if the request sets an id that does not exist.
    pub fn check_exists(&self, name: &str, exists: impl Fn(u64) -> bool) -> Result<(), ErrorResponse> {
        match self.body.get(name).and_then(Value::as_u64) {
            Some(id) if !exists(id) => Err(ErrorResponse::bad_request(format!("'{name}': there is no {id}"))),
            _ => Ok(()),
        }
    }

    /// Returns an error unless the owner is an active user.
    pub fn check_owner(&self) -> Result<(), ErrorResponse> {
        self.check_exists("owner_id", |id| self.store.is_active_user(id))
    }

    /// Returns an error if the person does not exist.
    pub fn check_person(&self) -> Result<(), ErrorResponse> {
        self.check_exists("person_id", |id| self.store.persons.get(id).is_some_and(|person| !person.is_deleted))
    }

    /// Returns an error if the organization does not exist.
    pub fn check_org(&self, name: &str) -> Result<(), ErrorResponse> {
        self.check_exists(name, |id| self.store.organizations.get(id).is_some_and(|org| !org.is_deleted))
    }

    /// Returns an error if the deal does not exist.
    pub fn check_deal(&self) -> Result<(), ErrorResponse> {
        self.check_exists("deal_id", |id| self.store.deals.get(id).is_some_and(|deal| !deal.is_deleted))
    }

    /// Returns an error if the lead does not exist.
    pub fn check_lead(&self) -> Result<(), ErrorResponse> {
        let id = self.body.get("lead_id").and_then(Value::as_str).and_then(|text| text.parse().ok());
        match id {
            Some(id) if self.store.leads.get(id).is_none() => {
                Err(ErrorResponse::bad_request(format!("'lead_id': there is no {id}")))
            }
            _ => Ok(()),
        }
    }
}

/// A record with a table in the store.
pub trait Record: TableRow {
    /// Returns the table.
    fn table(store: &Store) -> &Table<Self>;

    /// Returns the table for changes.
    fn table_mut(store: &mut Store) -> &mut Table<Self>;

    /// Sets the time of the last change.
    fn touch(&mut self, now: DateTime<Utc>);
}

/// Implements [`Record`] from the type of the key, the kind in the file, and the table in the store.
macro_rules! record {
    ($record:ty, $key:ty, $kind:literal, $table:ident) => {
        impl $crate::sandbox::table::TableRow for $record {
            type Key = $key;
            const KIND: &'static str = $kind;

            fn key(&self) -> $key {
                self.id
            }

            fn update_time(&self) -> chrono::DateTime<chrono::Utc> {
                self.update_time
            }
        }

        impl $crate::sandbox::records::Record for $record {
            fn table(store: &$crate::sandbox::store::Store) -> &$crate::sandbox::table::Table<Self> {
                &store.$table
            }

            fn table_mut(store: &mut $crate::sandbox::store::Store) -> &mut $crate::sandbox::table::Table<Self> {
                &mut store.$table
            }

            fn touch(&mut self, now: chrono::DateTime<chrono::Utc>) {
                self.update_time = now;
            }
        }
    };
}
use record;

/// A record that requests create and change.
pub trait Editable: Record {
    /// Its name in errors.
    const NAME: &'static str;
    /// The fields that a body may carry.
    const FIELDS: &'static [Field];
    /// The fields that a body must carry to create one.
    const REQUIRED: &'static [&'static str];

    /// Returns a new record with default values.
    fn blank(store: &Store, now: DateTime<Utc>) -> Self;

    /// Checks the record after an edit and derives other fields from it.
    fn validate(&mut self, edit: &EditContext<'_, Self>) -> Result<(), ErrorResponse>;

    /// Updates other records after an edit of this one.
    fn after_commit(&self, _before: Option<&Self>, _store: &mut Store, _now: DateTime<Utc>) {}

    /// Checks that each field of a body is known and has the right type. Returns the body as the record stores it.
    fn check_body(body: Map<String, Value>, _store: &Store) -> Result<Map<String, Value>, ErrorResponse> {
        schema::check(body, Self::FIELDS).map_err(Self::rejection)
    }

    /// Returns the error for an invalid body.
    fn rejection(what: String) -> ErrorResponse {
        ErrorResponse::schema(what)
    }
}

/// A record with a collection in API v2.
pub trait Listed: Editable<Key = u64> {
    /// The sort fields other than `id` and `update_time`.
    const SORTS: &'static [SortField<Self>];
    /// The filters by a number.
    const NUMBERS: &'static [NumberFilter<Self>];
    /// The fields that `include_fields` can add.
    const INCLUDES: &'static [&'static str] = &[];
    /// Those of `INCLUDES` that are always present.
    const ALWAYS_THERE: &'static [&'static str] = &[];
    /// Returns the record that an activity links to.
    const LINK: fn(&Activity) -> Option<u64> = |_| None;

    /// Returns `true` if it is deleted.
    fn is_deleted(&self) -> bool;

    /// Marks it as deleted.
    fn delete(&mut self, now: DateTime<Utc>);

    /// Unlinks all records from it after its deletion.
    fn unlink(&self, _store: &mut Store, _now: DateTime<Utc>) {}

    /// Returns `true` if it is archived.
    fn is_archived(&self) -> bool {
        false
    }

    /// Returns the conditions of a request that are specific to this record.
    fn predicates(_query: &Query, _store: &Store) -> Result<Vec<Predicate<Self>>, ErrorResponse> {
        Ok(vec![Box::new(|item| !item.is_deleted())])
    }

    /// Returns the labels of the record and all existing labels; `None` for records without labels.
    fn labels<'a>(&'a self, _store: &'a Store) -> Option<(&'a [u64], &'a [crate::sandbox::setup::Label])> {
        None
    }

    /// Returns an included field that does not depend on activities.
    fn included(&self, _field: &str, _store: &Store) -> Value {
        Value::Null
    }
}

/// Creates a record.
pub fn create<T: Editable>(
    store: &mut Store,
    body: Map<String, Value>,
    now: DateTime<Utc>,
) -> Result<T, ErrorResponse> {
    if let Some(missing) = T::REQUIRED.iter().find(|name| !body.contains_key(**name)) {
        return Err(T::rejection(format!("'{missing}' is required")));
    }
    let blank = T::blank(store, now);
    let body = T::check_body(body, store)?;
    let mut item = merged(&blank, &body)?;
    item.validate(&EditContext { before: None, body: &body, store, now })?;
    T::table_mut(store).put(item.clone());
    item.after_commit(None, store, now);
    Ok(item)
}

/// Changes a record.
pub fn patch<T: Editable>(
    store: &mut Store,
    key: T::Key,
    body: Map<String, Value>,
    now: DateTime<Utc>,
) -> Result<T, ErrorResponse> {
    let before = T::table(store).get(key).cloned().ok_or_else(|| missing::<T>(key))?;
    let body = T::check_body(body, store)?;
    let mut item = merged(&before, &body)?;
    item.validate(&EditContext { before: Some(&before), body: &body, store, now })?;
    item.touch(now);
    T::table_mut(store).put(item.clone());
    FieldChange::log(store, &before, &item, now);
    item.after_commit(Some(&before), store, now);
    Ok(item)
}

/// Unlinks all linked records, as an edit would.
fn unlink_all<T: Editable>(
    store: &mut Store,
    now: DateTime<Utc>,
    is_linked: impl Fn(&T) -> bool,
    unlink: impl Fn(&mut T),
) {
    let linked: Vec<T> = T::table(store).iter().filter(|item| is_linked(item)).cloned().collect();
    for before in linked {
        let mut after = before.clone();
        unlink(&mut after);
        after.touch(now);
        FieldChange::log(store, &before, &after, now);
        T::table_mut(store).put(after);
    }
}

/// Returns the error for a key that does not exist.
pub fn missing<T: Editable>(key: T::Key) -> ErrorResponse {
    ErrorResponse::not_found(format!("{} {key} was not found", T::NAME))
}

/// Returns a record with the values of a body.
fn merged<T: Editable>(item: &T, body: &Map<String, Value>) -> Result<T, ErrorResponse> {
    let rejection = |error: serde_json::Error| T::rejection(error.to_string());
    let mut value = serde_json::to_value(item).map_err(rejection)?;
    if let Some(fields) = value.as_object_mut() {
        fields.extend(body.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
    serde_json::from_value(value).map_err(rejection)
}

/// Returns a field that counts deals of a person or an organization; 0 or null for fields without data here.
fn count_deals(field: &str, store: &Store, is_linked: impl Fn(&Deal) -> bool) -> Value {
    let count = |is_wanted: fn(Status) -> bool| {
        store.deals.iter().filter(|deal| !deal.is_archived && is_linked(deal) && is_wanted(deal.status)).count().into()
    };
    match field {
        "open_deals_count" => count(|status| status == Status::Open),
        "won_deals_count" => count(|status| status == Status::Won),
        "lost_deals_count" => count(|status| status == Status::Lost),
        "closed_deals_count" => count(|status| matches!(status, Status::Won | Status::Lost)),
        other if other.ends_with("_count") => 0.into(),
        _ => Value::Null,
    }
}

/// Returns an error if a label does not exist.
pub fn check_labels(ids: &[u64], labels: &[crate::sandbox::setup::Label]) -> Result<(), ErrorResponse> {
    match ids.iter().find(|id| labels.iter().all(|label| label.id != **id)) {
        Some(id) => Err(ErrorResponse::bad_request(format!("'label_ids': there is no label {id}"))),
        None => Ok(()),
    }
}

/// Returns the current time in whole seconds, as in API v2.
pub fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(0)
}
