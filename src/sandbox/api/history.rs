//! The change log of a record and its timeline ("flow") over API v1.

use std::cmp::Reverse;

use axum::Router;
use axum::extract::{Path, Query as Parameters, State};
use axum::routing::get;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::sandbox::query::{Cursor, Query};
use crate::sandbox::records::{Activity, FieldChange, Note};
use crate::sandbox::request::RawQuery;
use crate::sandbox::response::{ApiResult, ErrorResponse, data_with, page};
use crate::sandbox::server::Shared;
use crate::sandbox::store::Store;

/// The most items on a page.
const MAX_PAGE: usize = 500;

/// The format of times in histories.
const TIME_FORMAT: &str = "%Y-%m-%d %H:%M:%S";

/// A kind of record with a history.
struct HistoryKind {
    path: &'static str,
    kind: &'static str,
    /// The name of its changes in a flow.
    change_object: &'static str,
    /// Returns the record that an activity links to.
    of_activity: fn(&Activity) -> Option<u64>,
    /// Returns the record that a note links to.
    of_note: fn(&Note) -> Option<u64>,
}

const KINDS: &[HistoryKind] = &[
    HistoryKind {
        path: "deals",
        kind: "deal",
        change_object: "dealChange",
        of_activity: |activity| activity.deal_id,
        of_note: |note| note.deal_id,
    },
    HistoryKind {
        path: "persons",
        kind: "person",
        change_object: "personChange",
        of_activity: |activity| activity.person_id,
        of_note: |note| note.person_id,
    },
    HistoryKind {
        path: "organizations",
        kind: "organization",
        change_object: "organizationChange",
        of_activity: |activity| activity.org_id,
        of_note: |note| note.org_id,
    },
];

/// The routes of histories.
pub fn routes() -> Router<Shared> {
    let add = |router: Router<Shared>, kind: &'static HistoryKind| {
        router
            .route(
                &format!("/{}/{{id}}/flow", kind.path),
                get(async move |State(server): State<Shared>, Path(id): Path<u64>, Parameters(raw): RawQuery| {
                    flow(kind, id, &server.store(), &Query::new(raw))
                }),
            )
            .route(
                &format!("/{}/{{id}}/changelog", kind.path),
                get(async move |State(server): State<Shared>, Path(id): Path<u64>, Parameters(raw): RawQuery| {
                    changelog(kind, id, &server.store(), &Query::new(raw))
                }),
            )
    };
    KINDS.iter().fold(Router::new(), add)
}

fn check_exists(kind: &HistoryKind, id: u64, store: &Store) -> Result<(), ErrorResponse> {
    let exists = match kind.kind {
        "deal" => store.deals.get(id).is_some(),
        "person" => store.persons.get(id).is_some(),
        _ => store.organizations.get(id).is_some(),
    };
    if exists { Ok(()) } else { Err(ErrorResponse::not_found(format!("{} {id} was not found", kind.kind))) }
}

/// Returns the changes of a record, latest first.
fn changes<'a>(kind: &HistoryKind, id: u64, store: &'a Store) -> impl Iterator<Item = &'a FieldChange> {
    let kind = kind.kind;
    store.change_log.iter().rev().filter(move |change| change.kind == kind && change.item_id == id)
}

fn flow(kind: &HistoryKind, id: u64, store: &Store, query: &Query) -> ApiResult {
    check_exists(kind, id, store)?;
    let (start, limit) = query.start_and_limit()?;
    let mut events = events(kind, id, store);
    events.sort_by_key(|(at, _)| Reverse(*at));
    let count = events.len();
    let page = events.into_iter().skip(start).take(limit).map(|(at, mut event)| {
        event["timestamp"] = at.format(TIME_FORMAT).to_string().into();
        event
    });
    let page: Vec<Value> = page.collect();
    let has_more = start.saturating_add(page.len()) < count;
    // An empty list of API v1 is null.
    let page = if page.is_empty() { None } else { Some(page) };
    Ok(data_with(page, &json!({"start": start, "limit": limit, "more_items_in_collection": has_more})))
}

/// Returns all changes, activities and notes of a record with their times.
fn events(kind: &HistoryKind, id: u64, store: &Store) -> Vec<(DateTime<Utc>, Value)> {
    let mut events = Vec::new();
    for change in changes(kind, id, store) {
        let mut data = serde_json::to_value(change).unwrap_or_default();
        data["is_bulk_update_flag"] = Value::Null;
        data["additional_data"] = json!([]);
        events.push((change.update_time, json!({"object": kind.change_object, "data": data})));
    }
    let of_record = |activity: &&Activity| !activity.is_deleted && (kind.of_activity)(activity) == Some(id);
    for activity in store.activities.iter().filter(of_record) {
        let data = json!({
            "id": activity.id, "user_id": activity.owner_id, "type": activity.kind, "subject": activity.subject,
            "done": activity.done, "due_date": activity.due_date, "note": activity.note, "deal_id": activity.deal_id,
            "person_id": activity.person_id, "org_id": activity.org_id, "active_flag": true,
        });
        let at = activity.marked_as_done_time.unwrap_or(activity.add_time);
        events.push((at, json!({"object": "activity", "data": data})));
    }
    for note in store.notes.iter().filter(|note| note.active_flag && (kind.of_note)(note) == Some(id)) {
        events.push((note.add_time, json!({"object": "note", "data": note})));
    }
    events
}

fn changelog(kind: &HistoryKind, id: u64, store: &Store, query: &Query) -> ApiResult {
    check_exists(kind, id, store)?;
    let (start, limit) = (query.offset()?, query.limit(MAX_PAGE)?);
    let mut rest = changes(kind, id, store).skip(start);
    let text = |value: &Value| match value {
        Value::Null | Value::String(_) => value.clone(),
        other => other.to_string().into(),
    };
    let show = |change: &FieldChange| {
        json!({
            "field_key": change.field_key, "old_value": text(&change.old_value), "new_value": text(&change.new_value),
            "actor_user_id": change.user_id, "time": change.update_time.format(TIME_FORMAT).to_string(),
            "change_source": change.change_source, "change_source_user_agent": "", "is_bulk_update_flag": false,
        })
    };
    let page_items: Vec<Value> = rest.by_ref().take(limit).map(show).collect();
    let next = rest.next().is_some().then(|| Cursor::at_offset(start + limit).encode());
    Ok(page(page_items, next.as_deref()))
}
