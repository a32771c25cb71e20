//! The collections of API v2: the same list, get, add, change and delete for all of them.

use std::collections::HashMap;

use axum::Router;
use axum::extract::{Path, Query as Parameters, State};
use axum::routing::get;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::filters;
use crate::sandbox::query::{Cursor, Query, bad_cursor};
use crate::sandbox::records::{Activity, Deal, Listed, Predicate, create, missing, now, patch};
use crate::sandbox::request::{BodyResult, RawQuery, json_object};
use crate::sandbox::response::{ApiResult, ErrorResponse, WithExtras, data, page};
use crate::sandbox::server::Shared;
use crate::sandbox::store::Store;
use crate::sandbox::table::{Direction, Table};

/// The most items on a page.
const MAX_PAGE: usize = 500;

/// Returns the routes of a collection.
pub fn routes<T: Listed>(path: &str) -> Router<Shared> {
    Router::new()
        .route(path, get(list::<T>).post(add::<T>))
        .route(&format!("{path}/{{id}}"), get(show::<T>).patch(change::<T>).delete(delete::<T>))
}

async fn list<T: Listed>(State(server): State<Shared>, Parameters(raw): RawQuery) -> ApiResult {
    page_of::<T>(&server.store(), &Query::new(raw), |item| !item.is_archived())
}

/// Lists archived deals.
pub async fn archived_deals(State(server): State<Shared>, Parameters(raw): RawQuery) -> ApiResult {
    page_of::<Deal>(&server.store(), &Query::new(raw), |deal| deal.is_archived)
}

async fn show<T: Listed>(State(server): State<Shared>, Path(id): Path<String>, Parameters(raw): RawQuery) -> ApiResult {
    let (id, query) = (parse_id(&id)?, Query::new(raw));
    let store = server.store();
    let item = T::table(&store).get(id).ok_or_else(|| missing::<T>(id))?;
    let includes = Includes::read::<T>(&query)?;
    Ok(data(includes.with_extras(&[item], &store).remove(0)))
}

async fn add<T: Listed>(State(server): State<Shared>, body: BodyResult) -> ApiResult {
    let body = json_object(body)?;
    server.edit(|store| Ok(data(create::<T>(store, body, now())?)))
}

async fn change<T: Listed>(State(server): State<Shared>, Path(id): Path<String>, body: BodyResult) -> ApiResult {
    let (id, body) = (parse_id(&id)?, json_object(body)?);
    server.edit(|store| {
        find_live::<T>(store, id)?;
        Ok(data(patch::<T>(store, id, body, now())?))
    })
}

async fn delete<T: Listed>(State(server): State<Shared>, Path(id): Path<String>) -> ApiResult {
    let id = parse_id(&id)?;
    server.edit(|store| {
        let mut item = find_live::<T>(store, id)?.clone();
        item.delete(now());
        T::table_mut(store).put(item.clone());
        item.unlink(store, now());
        Ok(data(json!({"id": id})))
    })
}

/// Returns the record with an id, unless it is deleted.
fn find_live<T: Listed>(store: &Store, id: u64) -> Result<&T, ErrorResponse> {
    T::table(store).get(id).filter(|item| !item.is_deleted()).ok_or_else(|| missing::<T>(id))
}

/// Parses the id in a path.
fn parse_id(text: &str) -> Result<u64, ErrorResponse> {
    text.parse().map_err(|_| ErrorResponse::schema(format!("path parameter 'id' is not a valid integer: '{text}'")))
}

/// Returns a page of the items that pass a test.
fn page_of<T: Listed>(store: &Store, query: &Query, is_listed: impl Fn(&T) -> bool + 'static) -> ApiResult {
    let limit = query.limit(MAX_PAGE)?;
    let includes = Includes::read::<T>(query)?;
    let order = SortOrder::<T>::read(query)?;
    let after = order.after(query)?;
    let mut predicates = predicates::<T>(query, store)?;
    predicates.push(Box::new(is_listed));

    let mut rest = order.walk(T::table(store), after).filter(|item| predicates.iter().all(|holds| holds(item)));
    let items: Vec<&T> = rest.by_ref().take(limit).collect();
    let has_more = rest.next().is_some();
    let next = items.last().filter(|_| has_more).map(|last| order.cursor(last).encode());
    Ok(page(includes.with_extras(&items, store), next.as_deref()))
}

/// Returns all conditions of a request. A saved filter replaces all other conditions.
fn predicates<T: Listed>(query: &Query, store: &Store) -> Result<Vec<Predicate<T>>, ErrorResponse> {
    if let Some(id) = query.number("filter_id")? {
        let matching = filters::matching_keys::<T>(store, id)?;
        let mut predicates = T::predicates(&Query::default(), store)?;
        predicates.push(Box::new(move |item| matching.contains(&item.key())));
        return Ok(predicates);
    }
    let mut predicates = T::predicates(query, store)?;
    if let Some(ids) = query.ids("ids")? {
        predicates.push(Box::new(move |item| ids.contains(&item.key())));
    }
    if let Some(since) = query.time("updated_since")? {
        predicates.push(Box::new(move |item| item.update_time() >= since));
    }
    if let Some(until) = query.time("updated_until")? {
        predicates.push(Box::new(move |item| item.update_time() < until));
    }
    for (name, number) in T::NUMBERS {
        if let Some(wanted) = query.number(name)? {
            predicates.push(Box::new(move |item| number(item) == Some(wanted)));
        }
    }
    Ok(predicates)
}

/// The sort key and direction of a list.
struct SortOrder<T> {
    by: SortKey<T>,
    direction: Direction,
}

enum SortKey<T> {
    Id,
    Update,
    Other(&'static str, fn(&T) -> i64),
}

impl<T: Listed> SortOrder<T> {
    fn read(query: &Query) -> Result<Self, ErrorResponse> {
        let direction = match query.keywords("sort_direction", &["asc", "desc"])?.first() {
            Some(&"desc") => Direction::Descending,
            _ => Direction::Ascending,
        };
        let by = match query.text("sort_by") {
            None | Some("id") => SortKey::Id,
            Some("update_time") => SortKey::Update,
            Some(name) => {
                let sort = T::SORTS.iter().find(|(other, _)| *other == name);
                let (name, key) = sort.ok_or_else(|| {
                    ErrorResponse::schema(format!("query parameter 'sort_by' does not know '{name}'"))
                })?;
                SortKey::Other(name, *key)
            }
        };
        Ok(Self { by, direction })
    }

    fn name(&self) -> &'static str {
        match self.by {
            SortKey::Id => "id",
            SortKey::Update => "update_time",
            SortKey::Other(name, _) => name,
        }
    }

    /// Returns the sort key of an item.
    fn key(&self, item: &T) -> i64 {
        match self.by {
            SortKey::Id => 0,
            SortKey::Update => item.update_time().timestamp(),
            SortKey::Other(_, key) => key(item),
        }
    }

    fn is_descending(&self) -> bool {
        self.direction == Direction::Descending
    }

    fn cursor(&self, last: &T) -> Cursor {
        Cursor { by: self.name().to_owned(), down: self.is_descending(), key: self.key(last), id: last.key() }
    }

    /// Returns the position after which the page starts.
    fn after(&self, query: &Query) -> Result<Option<(i64, u64)>, ErrorResponse> {
        match query.cursor()? {
            None => Ok(None),
            Some(cursor) if cursor.by == self.name() && cursor.down == self.is_descending() => {
                Ok(Some((cursor.key, cursor.id)))
            }
            Some(_) => Err(bad_cursor()),
        }
    }

    /// Returns all items after a position. Ids and update times are indexed; other orders sort the positions, not the
    /// items.
    fn walk<'a>(&self, table: &'a Table<T>, after: Option<(i64, u64)>) -> Box<dyn Iterator<Item = &'a T> + 'a> {
        match self.by {
            SortKey::Id => table.walk(after.map(|(_, id)| id), self.direction),
            SortKey::Update => table.walk_by_update(after, self.direction),
            SortKey::Other(_, key) => {
                let positions = table.iter().map(|item| (key(item), item.key()));
                let is_after = |position: &(i64, u64)| match after {
                    None => true,
                    Some(after) if self.is_descending() => *position < after,
                    Some(after) => *position > after,
                };
                let mut positions: Vec<(i64, u64)> = positions.filter(is_after).collect();
                positions.sort_unstable();
                if self.is_descending() {
                    positions.reverse();
                }
                Box::new(positions.into_iter().filter_map(|(_, id)| table.get(id)))
            }
        }
    }
}

/// The additional fields that a request includes.
struct Includes {
    fields: Vec<&'static str>,
    labels: bool,
}

/// The activities of a record.
#[derive(Default)]
struct ActivityStats {
    next: Option<(i64, String, u64)>,
    last: Option<(DateTime<Utc>, u64)>,
    done: usize,
    undone: usize,
}

impl Includes {
    fn read<T: Listed>(query: &Query) -> Result<Self, ErrorResponse> {
        let labels = query.flag("include_labels")?.unwrap_or_default();
        Ok(Self { fields: query.keywords("include_fields", T::INCLUDES)?, labels })
    }

    /// Adds the included fields to records.
    fn with_extras<'a, T: Listed>(&self, items: &[&'a T], store: &Store) -> Vec<WithExtras<'a, T>> {
        let stats = if self.fields.is_empty() { HashMap::new() } else { activity_stats(items, store) };
        let none = ActivityStats::default();
        let show = |item: &&'a T| {
            let stats = stats.get(&item.key()).unwrap_or(&none);
            let field =
                |name: &&str| ((*name).to_owned(), stats.field(name).unwrap_or_else(|| item.included(name, store)));
            let to_add = self.fields.iter().filter(|name| !T::ALWAYS_THERE.contains(name));
            let mut extra: Map<String, Value> = to_add.map(field).collect();
            if let Some((ids, labels)) = item.labels(store).filter(|_| self.labels) {
                let known = labels.iter().filter(|label| ids.contains(&label.id));
                extra.insert(
                    "labels".to_owned(),
                    known.map(|label| json!({"id": label.id, "label": label.name})).collect(),
                );
            }
            WithExtras { item: *item, extra }
        };
        items.iter().map(show).collect()
    }
}

/// Collects the activities of records in one pass.
fn activity_stats<T: Listed>(items: &[&T], store: &Store) -> HashMap<u64, ActivityStats> {
    let mut stats: HashMap<u64, ActivityStats> =
        items.iter().map(|item| (item.key(), ActivityStats::default())).collect();
    for activity in store.activities.iter().filter(|activity| !activity.is_deleted) {
        if let Some(stats) = T::LINK(activity).and_then(|id| stats.get_mut(&id)) {
            stats.count(activity);
        }
    }
    stats
}

impl ActivityStats {
    fn count(&mut self, activity: &Activity) {
        if let Some(done_at) = activity.marked_as_done_time.filter(|_| activity.done) {
            self.done += 1;
            self.last = self.last.max(Some((done_at, activity.id)));
        } else {
            self.undone += 1;
            let time = activity.due_time.as_deref().unwrap_or_default().to_owned();
            let position = (activity.due_key(), time, activity.id);
            if self.next.as_ref().is_none_or(|next| position < *next) {
                self.next = Some(position);
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
