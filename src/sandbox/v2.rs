//! API v2: one way to list, get, make, change and delete for all collections.

use std::collections::{BTreeMap, HashMap};

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, Query as Parameters, State};
use axum::http::StatusCode;
use axum::routing::get;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Refusal, Shown, data, page};
use super::query::{Cursor, Query, bad_cursor};
use super::records::{
    Activity, Deal, Listed, Organization, Person, Pipeline, Stage, Test, create, missing, now, patch,
};
use super::store::Store;
use super::{Shared, convert, fields, filters, history, search};

/// The most items on a page.
const MOST: usize = 500;

/// The parameters of a request as axum reads them.
pub type Raw = Parameters<BTreeMap<String, String>>;

/// All routes below `/api/v2`.
pub fn routes() -> Router<Shared> {
    Router::new()
        .merge(collection::<Deal>("/deals"))
        .merge(collection::<Person>("/persons"))
        .merge(collection::<Organization>("/organizations"))
        .merge(collection::<Activity>("/activities"))
        .merge(collection::<Pipeline>("/pipelines"))
        .merge(collection::<Stage>("/stages"))
        .route("/deals/archived", get(archived_deals))
        .merge(search::routes())
        .merge(convert::routes())
        .merge(fields::routes())
        .merge(history::routes_v2())
}

fn collection<T: Listed>(path: &str) -> Router<Shared> {
    Router::new()
        .route(path, get(list::<T>).post(add::<T>))
        .route(&format!("{path}/{{id}}"), get(show::<T>).patch(change::<T>).delete(delete::<T>))
}

async fn list<T: Listed>(State(server): State<Shared>, Parameters(raw): Raw) -> Answer {
    page_of::<T>(&server.store(), &Query::new(raw), false)
}

async fn archived_deals(State(server): State<Shared>, Parameters(raw): Raw) -> Answer {
    page_of::<Deal>(&server.store(), &Query::new(raw), true)
}

async fn show<T: Listed>(State(server): State<Shared>, Path(id): Path<String>, Parameters(raw): Raw) -> Answer {
    let (id, query) = (parse_id(&id)?, Query::new(raw));
    let store = server.store();
    let item = T::table(&store).get(id).ok_or_else(|| missing::<T>(id))?;
    let wanted = Wanted::read::<T>(&query)?;
    Ok(data(wanted.beside(&[item], &store).remove(0)))
}

async fn add<T: Listed>(State(server): State<Shared>, body: Result<Bytes, BytesRejection>) -> Answer {
    let body = object(body, Refusal::schema)?;
    server.edit(|store| Ok(data(create::<T>(store, body, now())?)))
}

async fn change<T: Listed>(
    State(server): State<Shared>,
    Path(id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Answer {
    let (id, body) = (parse_id(&id)?, object(body, Refusal::schema)?);
    server.edit(|store| {
        living::<T>(store, id)?;
        Ok(data(patch::<T>(store, id, body, now())?))
    })
}

async fn delete<T: Listed>(State(server): State<Shared>, Path(id): Path<String>) -> Answer {
    let id = parse_id(&id)?;
    server.edit(|store| {
        let mut item = living::<T>(store, id)?.clone();
        item.delete(now());
        T::table_mut(store).put(item.clone());
        item.unlink(store, now());
        Ok(data(json!({"id": id})))
    })
}

/// The record of this id, if it is there and was not deleted.
fn living<T: Listed>(store: &Store, id: u64) -> Result<&T, Refusal> {
    T::table(store).get(id).filter(|item| !item.is_deleted()).ok_or_else(|| missing::<T>(id))
}

/// An id in a path.
fn parse_id(text: &str) -> Result<u64, Refusal> {
    text.parse().map_err(|_| Refusal::schema(format!("path parameter 'id' is not a valid integer: '{text}'")))
}

/// The body of a request as an object.
pub fn object(
    body: Result<Bytes, BytesRejection>,
    refuse: impl Fn(String) -> Refusal,
) -> Result<Map<String, Value>, Refusal> {
    let body = body.map_err(|error| Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, error.body_text(), ""))?;
    match serde_json::from_slice(&body) {
        Ok(Value::Object(body)) => Ok(body),
        Ok(_) => Err(refuse("the body must be an object".to_owned())),
        Err(error) => Err(refuse(format!("the body is not JSON: {error}"))),
    }
}

/// One page of a collection.
fn page_of<T: Listed>(store: &Store, query: &Query, archived: bool) -> Answer {
    let limit = query.limit(MOST)?;
    let wanted = Wanted::read::<T>(query)?;
    let order = Order::<T>::read(query)?;
    let after = order.after(query)?;
    let mut tests = tests::<T>(query, store)?;
    tests.push(Box::new(move |item| item.is_archived() == archived));

    let mut rest = order.walk(T::table(store), after).filter(|item| tests.iter().all(|test| test(item)));
    let items: Vec<&T> = rest.by_ref().take(limit).collect();
    let has_more = rest.next().is_some();
    let next = items.last().filter(|_| has_more).map(|last| order.cursor(last).write());
    Ok(page(wanted.beside(&items, store), next.as_deref()))
}

/// All conditions that a request makes.
fn tests<T: Listed>(query: &Query, store: &Store) -> Result<Vec<Test<T>>, Refusal> {
    // A filter has its say alone: the other conditions do not count.
    if let Some(id) = query.number("filter_id")? {
        let passing = filters::passing::<T>(store, id)?;
        let mut tests = T::tests(&Query::default(), store)?;
        tests.push(Box::new(move |item| passing.contains(&item.key())));
        return Ok(tests);
    }
    let mut tests = T::tests(query, store)?;
    if let Some(ids) = query.ids("ids")? {
        tests.push(Box::new(move |item| ids.contains(&item.key())));
    }
    if let Some(since) = query.time("updated_since")? {
        tests.push(Box::new(move |item| item.update_time() >= since));
    }
    if let Some(until) = query.time("updated_until")? {
        tests.push(Box::new(move |item| item.update_time() < until));
    }
    for (name, number) in T::NUMBERS {
        if let Some(wanted) = query.number(name)? {
            tests.push(Box::new(move |item| number(item) == Some(wanted)));
        }
    }
    Ok(tests)
}

/// What a list is sorted by, and which way.
struct Order<T> {
    by: By<T>,
    down: bool,
}

enum By<T> {
    Id,
    Update,
    Other(&'static str, fn(&T) -> i64),
}

impl<T: Listed> Order<T> {
    fn read(query: &Query) -> Result<Self, Refusal> {
        let down = query.words("sort_direction", &["asc", "desc"])?.first() == Some(&"desc");
        let by = match query.text("sort_by") {
            None | Some("id") => By::Id,
            Some("update_time") => By::Update,
            Some(name) => {
                let sort = T::SORTS.iter().find(|(other, _)| *other == name);
                let (name, key) =
                    sort.ok_or_else(|| Refusal::schema(format!("query parameter 'sort_by' does not know '{name}'")))?;
                By::Other(name, *key)
            }
        };
        Ok(Self { by, down })
    }

    fn name(&self) -> &'static str {
        match self.by {
            By::Id => "id",
            By::Update => "update_time",
            By::Other(name, _) => name,
        }
    }

    /// An item's place in this order.
    fn key(&self, item: &T) -> i64 {
        match self.by {
            By::Id => 0,
            By::Update => item.update_time().timestamp(),
            By::Other(_, key) => key(item),
        }
    }

    fn cursor(&self, last: &T) -> Cursor {
        Cursor { by: self.name().to_owned(), down: self.down, key: self.key(last), id: last.key() }
    }

    /// The place after which the page starts.
    fn after(&self, query: &Query) -> Result<Option<(i64, u64)>, Refusal> {
        match query.cursor()? {
            None => Ok(None),
            Some(cursor) if cursor.by == self.name() && cursor.down == self.down => Ok(Some((cursor.key, cursor.id))),
            Some(_) => Err(bad_cursor()),
        }
    }

    /// All items after a place. By id and by time of change there are indices; for other orders the places are
    /// sorted, not the items.
    fn walk<'a>(
        &self,
        table: &'a super::table::Table<T>,
        after: Option<(i64, u64)>,
    ) -> Box<dyn Iterator<Item = &'a T> + 'a> {
        match self.by {
            By::Id => table.walk(after.map(|(_, id)| id), self.down),
            By::Update => table.walk_by_update(after, self.down),
            By::Other(_, key) => {
                let places = table.iter().map(|item| (key(item), item.key()));
                let is_after = |place: &(i64, u64)| match after {
                    None => true,
                    Some(after) if self.down => *place < after,
                    Some(after) => *place > after,
                };
                let mut places: Vec<(i64, u64)> = places.filter(is_after).collect();
                places.sort_unstable();
                if self.down {
                    places.reverse();
                }
                Box::new(places.into_iter().filter_map(|(_, id)| table.get(id)))
            }
        }
    }
}

/// What is asked for beside the records themselves.
struct Wanted {
    fields: Vec<&'static str>,
    labels: bool,
}

/// What the activities on a record say of it.
#[derive(Default)]
struct Tally {
    next: Option<(i64, String, u64)>,
    last: Option<(DateTime<Utc>, u64)>,
    done: usize,
    undone: usize,
}

impl Wanted {
    fn read<T: Listed>(query: &Query) -> Result<Self, Refusal> {
        let labels = query.flag("include_labels")?.unwrap_or_default();
        Ok(Self { fields: query.words("include_fields", T::INCLUDES)?, labels })
    }

    /// Records with what is asked for beside them.
    fn beside<'a, T: Listed>(&self, items: &[&'a T], store: &Store) -> Vec<Shown<'a, T>> {
        let tallies = if self.fields.is_empty() { HashMap::new() } else { tallies(items, store) };
        let none = Tally::default();
        let show = |item: &&'a T| {
            let tally = tallies.get(&item.key()).unwrap_or(&none);
            let field =
                |name: &&str| ((*name).to_owned(), tally.field(name).unwrap_or_else(|| item.included(name, store)));
            let to_add = self.fields.iter().filter(|name| !T::ALWAYS_THERE.contains(name));
            let mut extra: Map<String, Value> = to_add.map(field).collect();
            if let Some((ids, labels)) = item.labels(store).filter(|_| self.labels) {
                let known = labels.iter().filter(|label| ids.contains(&label.id));
                extra.insert(
                    "labels".to_owned(),
                    known.map(|label| json!({"id": label.id, "label": label.name})).collect(),
                );
            }
            Shown { item: *item, extra }
        };
        items.iter().map(show).collect()
    }
}

/// Looks once through all activities for those on these records.
fn tallies<T: Listed>(items: &[&T], store: &Store) -> HashMap<u64, Tally> {
    let mut tallies: HashMap<u64, Tally> = items.iter().map(|item| (item.key(), Tally::default())).collect();
    for activity in store.activities.iter().filter(|activity| !activity.is_deleted) {
        if let Some(tally) = T::LINK(activity).and_then(|id| tallies.get_mut(&id)) {
            tally.count(activity);
        }
    }
    tallies
}

impl Tally {
    fn count(&mut self, activity: &Activity) {
        if let Some(done_at) = activity.marked_as_done_time.filter(|_| activity.done) {
            self.done += 1;
            self.last = self.last.max(Some((done_at, activity.id)));
        } else {
            self.undone += 1;
            let time = activity.due_time.as_deref().unwrap_or_default().to_owned();
            let place = (activity.due_key(), time, activity.id);
            if self.next.as_ref().is_none_or(|next| place < *next) {
                self.next = Some(place);
            }
        }
    }

    fn field(&self, name: &str) -> Option<Value> {
        Some(match name {
            "next_activity_id" => self.next.as_ref().map(|(_, _, id)| *id).into(),
            "last_activity_id" => self.last.map(|(_, id)| id).into(),
            "activities_count" => (self.done + self.undone).into(),
            "done_activities_count" => self.done.into(),
            "undone_activities_count" => self.undone.into(),
            _ => return None,
        })
    }
}
