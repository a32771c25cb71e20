//! What there is to know of a record beyond it: products on a deal, the log of changes, and all that has happened.

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, Query as Parameters, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, patch as patch_route};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::Shared;
use super::answer::{Answer, Refusal, data, data_with, page};
use super::query::{Cursor, Query};
use super::records::{Activity, DealProduct, Kept, Logged, Note, create, missing, now, patch};
use super::store::Store;
use super::v1::window;
use super::v2::{Raw, object};

/// The most items on a page.
const MOST: usize = 500;

/// The kinds that have a history, by their path, with how activities and notes name one.
struct Told {
    path: &'static str,
    kind: &'static str,
    change: &'static str,
    activity: fn(&Activity) -> Option<u64>,
    note: fn(&Note) -> Option<u64>,
}

const TOLD: &[Told] = &[
    Told {
        path: "deals",
        kind: "deal",
        change: "dealChange",
        activity: |activity| activity.deal_id,
        note: |note| note.deal_id,
    },
    Told {
        path: "persons",
        kind: "person",
        change: "personChange",
        activity: |activity| activity.person_id,
        note: |note| note.person_id,
    },
    Told {
        path: "organizations",
        kind: "organization",
        change: "organizationChange",
        activity: |activity| activity.org_id,
        note: |note| note.org_id,
    },
];

/// The routes below `/api/v1`.
pub fn routes_v1() -> Router<Shared> {
    let add = |router: Router<Shared>, told: &'static Told| {
        router
            .route(
                &format!("/{}/{{id}}/flow", told.path),
                get(async move |State(server): State<Shared>, Path(id): Path<u64>, Parameters(raw): Raw| {
                    flow(told, id, &server.store(), &Query::new(raw))
                }),
            )
            .route(
                &format!("/{}/{{id}}/changelog", told.path),
                get(async move |State(server): State<Shared>, Path(id): Path<u64>, Parameters(raw): Raw| {
                    changelog(told, id, &server.store(), &Query::new(raw))
                }),
            )
    };
    TOLD.iter().fold(Router::new(), add)
}

/// The routes below `/api/v2`.
pub fn routes_v2() -> Router<Shared> {
    Router::new()
        .route("/deals/{id}/products", get(products).post(add_product))
        .route("/deals/{id}/products/{product}", patch_route(change_product).delete(delete_product))
}

fn check_there(told: &Told, id: u64, store: &Store) -> Result<(), Refusal> {
    let is_there = match told.kind {
        "deal" => store.deals.get(id).is_some(),
        "person" => store.persons.get(id).is_some(),
        _ => store.organizations.get(id).is_some(),
    };
    if is_there { Ok(()) } else { Err(Refusal::not_found(format!("{} {id} was not found", told.kind))) }
}

/// The changes of a record, the latest first.
fn changes<'a>(told: &Told, id: u64, store: &'a Store) -> impl Iterator<Item = &'a Logged> {
    let kind = told.kind;
    store.log.iter().rev().filter(move |one| one.kind == kind && one.item_id == id)
}

fn flow(told: &Told, id: u64, store: &Store, query: &Query) -> Answer {
    check_there(told, id, store)?;
    let (start, limit) = window(query)?;
    let mut all: Vec<(DateTime<Utc>, Value)> = Vec::new();
    for one in changes(told, id, store) {
        let mut shown = serde_json::to_value(one).unwrap_or_default();
        shown["is_bulk_update_flag"] = Value::Null;
        shown["additional_data"] = json!([]);
        all.push((one.update_time, json!({"object": told.change, "data": shown})));
    }
    for activity in store.activities.iter().filter(|activity| !activity.is_deleted) {
        if (told.activity)(activity) == Some(id) {
            let shown = json!({
                "id": activity.id, "user_id": activity.owner_id, "type": activity.kind, "subject": activity.subject,
                "done": activity.done, "due_date": activity.due_date, "note": activity.note, "deal_id": activity.deal_id,
                "person_id": activity.person_id, "org_id": activity.org_id, "active_flag": true,
            });
            let at = activity.marked_as_done_time.unwrap_or(activity.add_time);
            all.push((at, json!({"object": "activity", "data": shown})));
        }
    }
    for note in store.notes.iter().filter(|note| note.active_flag && (told.note)(note) == Some(id)) {
        all.push((note.add_time, json!({"object": "note", "data": note})));
    }
    all.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let count = all.len();
    let shown = all.into_iter().skip(start).take(limit).map(|(at, mut one)| {
        one["timestamp"] = at.format("%Y-%m-%d %H:%M:%S").to_string().into();
        one
    });
    let shown: Vec<Value> = shown.collect();
    let has_more = start.saturating_add(shown.len()) < count;
    // An empty list of API v1 is null.
    let shown = if shown.is_empty() { None } else { Some(shown) };
    Ok(data_with(shown, &json!({"start": start, "limit": limit, "more_items_in_collection": has_more})))
}

fn changelog(told: &Told, id: u64, store: &Store, query: &Query) -> Answer {
    check_there(told, id, store)?;
    let (start, limit) = (query.offset()?, query.limit(MOST)?);
    let mut rest = changes(told, id, store).skip(start);
    let text = |value: &Value| match value {
        Value::Null | Value::String(_) => value.clone(),
        other => other.to_string().into(),
    };
    let show = |one: &Logged| {
        json!({
            "field_key": one.field_key, "old_value": text(&one.old_value), "new_value": text(&one.new_value),
            "actor_user_id": one.user_id, "time": one.update_time.format("%Y-%m-%d %H:%M:%S").to_string(),
            "change_source": one.change_source, "change_source_user_agent": "", "is_bulk_update_flag": false,
        })
    };
    let shown: Vec<Value> = rest.by_ref().take(limit).map(show).collect();
    let next = rest.next().is_some().then(|| Cursor::at_offset(start + limit).write());
    Ok(page(shown, next.as_deref()))
}

async fn products(State(server): State<Shared>, Path(id): Path<u64>, Parameters(raw): Raw) -> Answer {
    let query = Query::new(raw);
    let store = server.store();
    store.deals.get(id).ok_or_else(|| missing::<super::records::Deal>(id))?;
    let (start, limit) = (query.offset()?, query.limit(MOST)?);
    let mut all: Vec<&DealProduct> = store.products.iter().filter(|product| product.deal_id == id).collect();
    match query.words("sort_by", &["id", "add_time", "update_time", "order_nr"])?.first() {
        Some(&"order_nr") => all.sort_by_key(|product| product.order_nr),
        Some(&"update_time") => all.sort_by_key(|product| product.update_time),
        _ => {}
    }
    let end = start.saturating_add(limit);
    let next = (end < all.len()).then(|| Cursor::at_offset(end).write());
    Ok(page(all.into_iter().skip(start).take(limit).collect::<Vec<_>>(), next.as_deref()))
}

async fn add_product(State(server): State<Shared>, Path(id): Path<u64>, body: Result<Bytes, BytesRejection>) -> Answer {
    let mut body = object(body, Refusal::schema)?;
    body.insert("deal_id".to_owned(), id.into());
    server.edit(|store| {
        let product = create::<DealProduct>(store, body, now())?;
        Ok((StatusCode::CREATED, data(product)).into_response())
    })
}

async fn change_product(
    State(server): State<Shared>,
    Path((id, product)): Path<(u64, u64)>,
    body: Result<Bytes, BytesRejection>,
) -> Answer {
    let body = object(body, Refusal::schema)?;
    server.edit(|store| {
        on_deal(store, id, product)?;
        Ok(data(patch::<DealProduct>(store, product, body, now())?))
    })
}

async fn delete_product(State(server): State<Shared>, Path((id, product)): Path<(u64, u64)>) -> Answer {
    server.edit(|store| {
        on_deal(store, id, product)?;
        DealProduct::table_mut(store).remove(product);
        Ok(data(json!({"id": product})))
    })
}

/// Refuses a product that is not on this deal.
fn on_deal(store: &Store, deal: u64, product: u64) -> Result<(), Refusal> {
    let is_there = store.products.get(product).is_some_and(|product| product.deal_id == deal);
    if is_there { Ok(()) } else { Err(missing::<DealProduct>(product)) }
}
