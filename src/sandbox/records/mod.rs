//! The records and their rules: what each looks like on the wire, what a body may set, and what must hold.

mod activity;
mod conversion;
mod deal;
mod filter;
mod lead;
mod logged;
mod note;
mod organization;
mod person;
mod pipeline;
mod product;
mod webhook;

pub use activity::Activity;
pub use conversion::{Conversion, Source};
pub use deal::{Deal, Status};
pub use filter::{Condition, Conditions, Filter};
pub use lead::{Lead, LeadLabel, Money, amount_and_currency, order_by};
pub use logged::Logged;
pub use note::Note;
pub use organization::{Address, Organization};
pub use person::{Contact, Person, split_name};
pub use pipeline::{Pipeline, Stage};
pub use product::{CATALOGUE, DealProduct};
pub use webhook::{MOST as MOST_WEBHOOKS, Registration, Webhook};

use chrono::{DateTime, SubsecRound, Utc};
use serde_json::{Map, Value};

use super::answer::Refusal;
pub use super::caller::me;
use super::query::Query;
use super::schema::{self, Field};
use super::store::Store;
use super::table::{Stored, Table};

/// What a list can be sorted by, with an item's place in that order.
pub type Sort<T> = (&'static str, fn(&T) -> i64);

/// A number that an item can be found by.
pub type Number<T> = (&'static str, fn(&T) -> Option<u64>);

/// A condition that items of a list meet.
pub type Test<T> = Box<dyn Fn(&T) -> bool>;

/// An edit while the rules look at it.
pub struct Edit<'a, T> {
    /// The record as it was; nothing for one that is being made.
    pub before: Option<&'a T>,
    /// What the request sets.
    pub body: &'a Map<String, Value>,
    /// All else that there is.
    pub store: &'a Store,
    /// Now.
    pub now: DateTime<Utc>,
}

impl<T> Edit<'_, T> {
    /// Whether the request says something of a field, be it null.
    pub fn sets(&self, name: &str) -> bool {
        self.body.contains_key(name)
    }

    /// Whether the request gives a field a value.
    pub fn gives(&self, name: &str) -> bool {
        self.body.get(name).is_some_and(|value| !value.is_null())
    }

    /// Refuses an id that the request gives and that names nothing.
    pub fn must_exist(&self, name: &str, exists: impl Fn(u64) -> bool) -> Result<(), Refusal> {
        match self.body.get(name).and_then(Value::as_u64) {
            Some(id) if !exists(id) => Err(Refusal::invalid(format!("'{name}': there is no {id}"))),
            _ => Ok(()),
        }
    }

    /// Refuses an owner who is no active user.
    pub fn check_owner(&self) -> Result<(), Refusal> {
        self.must_exist("owner_id", |id| self.store.is_active_user(id))
    }

    /// Refuses a person who does not exist.
    pub fn check_person(&self) -> Result<(), Refusal> {
        self.must_exist("person_id", |id| self.store.persons.get(id).is_some_and(|person| !person.is_deleted))
    }

    /// Refuses an organization that does not exist.
    pub fn check_org(&self, name: &str) -> Result<(), Refusal> {
        self.must_exist(name, |id| self.store.organizations.get(id).is_some_and(|org| !org.is_deleted))
    }

    /// Refuses a deal that does not exist.
    pub fn check_deal(&self) -> Result<(), Refusal> {
        self.must_exist("deal_id", |id| self.store.deals.get(id).is_some_and(|deal| !deal.is_deleted))
    }

    /// Refuses a lead that does not exist.
    pub fn check_lead(&self) -> Result<(), Refusal> {
        let id = self.body.get("lead_id").and_then(Value::as_str).and_then(|text| text.parse().ok());
        match id {
            Some(id) if self.store.leads.get(id).is_none() => {
                Err(Refusal::invalid(format!("'lead_id': there is no {id}")))
            }
            _ => Ok(()),
        }
    }
}

/// A record with its place in the store.
pub trait Kept: Stored {
    /// Where they are kept.
    fn table(store: &Store) -> &Table<Self>;

    /// Where they are kept, to change.
    fn table_mut(store: &mut Store) -> &mut Table<Self>;

    /// Notes that it was changed.
    fn touch(&mut self, now: DateTime<Utc>);
}

/// Says what names a record, what it is called in the file, and where in the store it is.
macro_rules! kept {
    ($record:ty, $key:ty, $kind:literal, $table:ident) => {
        impl $crate::sandbox::table::Stored for $record {
            type Key = $key;
            const KIND: &'static str = $kind;

            fn key(&self) -> $key {
                self.id
            }

            fn update_time(&self) -> chrono::DateTime<chrono::Utc> {
                self.update_time
            }
        }

        impl $crate::sandbox::records::Kept for $record {
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
use kept;

/// A record that requests make and change.
pub trait Editable: Kept {
    /// What it is called in refusals.
    const NAME: &'static str;
    /// What a body may carry.
    const FIELDS: &'static [Field];
    /// What a body that makes one must carry.
    const REQUIRED: &'static [&'static str];

    /// One with nothing said of it.
    fn fresh(store: &Store, now: DateTime<Utc>) -> Self;

    /// Looks whether the record, with the request's values in it, may be so, and sets what follows from them.
    fn admit(&mut self, edit: &Edit<'_, Self>) -> Result<(), Refusal>;

    /// What an edit of it does to others.
    fn after(&self, _before: Option<&Self>, _store: &mut Store, _now: DateTime<Utc>) {}

    /// The body as the record has it, if each of its fields is known and has the right type.
    fn check(body: Map<String, Value>, _store: &Store) -> Result<Map<String, Value>, Refusal> {
        schema::check(body, Self::FIELDS).map_err(Self::misfit)
    }

    /// The refusal of a body that does not fit the table.
    fn misfit(what: String) -> Refusal {
        Refusal::schema(what)
    }
}

/// A record with its own collection in API v2.
pub trait Listed: Editable<Key = u64> {
    /// What the list can be sorted by, other than `id` and `update_time`.
    const SORTS: &'static [Sort<Self>];
    /// Filters by a number that the record has.
    const NUMBERS: &'static [Number<Self>];
    /// What `include_fields` knows.
    const INCLUDES: &'static [&'static str] = &[];
    /// What of that is on the record whether it is asked for or not.
    const ALWAYS_THERE: &'static [&'static str] = &[];
    /// How an activity names one.
    const LINK: fn(&Activity) -> Option<u64> = |_| None;

    /// Whether it was deleted.
    fn is_deleted(&self) -> bool;

    /// Marks it as deleted.
    fn delete(&mut self, now: DateTime<Utc>);

    /// Unlinks all that is linked to it, once it is deleted.
    fn unlink(&self, _store: &mut Store, _now: DateTime<Utc>) {}

    /// Whether it was archived.
    fn is_archived(&self) -> bool {
        false
    }

    /// Conditions of its own that a request makes.
    fn tests(_query: &Query, _store: &Store) -> Result<Vec<Test<Self>>, Refusal> {
        Ok(vec![Box::new(|item| !item.is_deleted())])
    }

    /// Its labels, and which labels there are; nothing for what has none.
    fn labels<'a>(&'a self, _store: &'a Store) -> Option<(&'a [u64], &'a [super::assets::Label])> {
        None
    }

    /// What `include_fields` asks of it that is not told by its activities.
    fn included(&self, _field: &str, _store: &Store) -> Value {
        Value::Null
    }
}

/// Makes a record.
pub fn create<T: Editable>(store: &mut Store, body: Map<String, Value>, now: DateTime<Utc>) -> Result<T, Refusal> {
    if let Some(missing) = T::REQUIRED.iter().find(|name| !body.contains_key(**name)) {
        return Err(T::misfit(format!("'{missing}' is required")));
    }
    let fresh = T::fresh(store, now);
    let body = T::check(body, store)?;
    let mut item = overlaid(&fresh, &body)?;
    item.admit(&Edit { before: None, body: &body, store, now })?;
    T::table_mut(store).put(item.clone());
    item.after(None, store, now);
    Ok(item)
}

/// Changes a record.
pub fn patch<T: Editable>(
    store: &mut Store,
    key: T::Key,
    body: Map<String, Value>,
    now: DateTime<Utc>,
) -> Result<T, Refusal> {
    let before = T::table(store).get(key).cloned().ok_or_else(|| missing::<T>(key))?;
    let body = T::check(body, store)?;
    let mut item = overlaid(&before, &body)?;
    item.admit(&Edit { before: Some(&before), body: &body, store, now })?;
    item.touch(now);
    T::table_mut(store).put(item.clone());
    Logged::note(store, &before, &item, now);
    item.after(Some(&before), store, now);
    Ok(item)
}

/// Unlinks the records that are linked, as an edit would.
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
        Logged::note(store, &before, &after, now);
        T::table_mut(store).put(after);
    }
}

/// The refusal of a key that names nothing.
pub fn missing<T: Editable>(key: T::Key) -> Refusal {
    Refusal::not_found(format!("{} {key} was not found", T::NAME))
}

/// A record with the values of a body in place of its own.
fn overlaid<T: Editable>(item: &T, body: &Map<String, Value>) -> Result<T, Refusal> {
    let misfit = |error: serde_json::Error| T::misfit(error.to_string());
    let mut value = serde_json::to_value(item).map_err(misfit)?;
    if let Some(fields) = value.as_object_mut() {
        fields.extend(body.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
    serde_json::from_value(value).map_err(misfit)
}

/// What a field that counts deals says of a person or an organization; of what there is none of here, 0 or nothing.
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

/// Refuses label ids that the labels do not have.
pub fn check_labels(ids: &[u64], labels: &[super::assets::Label]) -> Result<(), Refusal> {
    match ids.iter().find(|id| labels.iter().all(|label| label.id != **id)) {
        Some(id) => Err(Refusal::invalid(format!("'label_ids': there is no label {id}"))),
        None => Ok(()),
    }
}

/// Now, in whole seconds as API v2 tells times.
pub fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(0)
}
