//! API v1, as far as it has no successor: leads, their labels and sources, users, activity types, currencies.

use std::cmp::Ordering;
use std::collections::HashMap;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, Query as Parameters, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{any, get, patch as patch_route};
use chrono::Utc;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::answer::{Answer, Refusal, Shown, data, data_with};
use super::query::Query;
use super::records::{Lead, LeadLabel, create, order_by, patch};
use super::store::Store;
use super::v2::{Raw, object};
use super::{Shared, filters, history, notes, summary, users, webhooks};

/// The most items on a page (pagination page of the documentation).
pub const MOST: usize = 500;

/// Paths that API v2 has taken over; out of support since 2026-08-01.
const RETIRED: &[&str] = &[
    "/deals",
    "/deals/{id}",
    "/deals/search",
    "/deals/collection",
    "/persons",
    "/persons/{id}",
    "/persons/search",
    "/organizations",
    "/organizations/{id}",
    "/organizations/search",
    "/activities",
    "/activities/{id}",
    "/pipelines",
    "/pipelines/{id}",
    "/stages",
    "/stages/{id}",
    "/itemSearch",
];

/// All routes below `/api/v1` and `/v1`.
pub fn routes() -> Router<Shared> {
    let served = Router::new()
        .route("/leads", get(list).post(add))
        .route("/leads/archived", get(archived))
        .route("/leads/{id}", get(show).patch(change).delete(delete))
        .route("/leadLabels", get(labels).post(add_label))
        .route("/leadLabels/{id}", patch_route(change_label).delete(delete_label))
        .route("/leadSources", get(sources))
        .route("/activityTypes", get(activity_types))
        .route("/currencies", get(currencies))
        .merge(users::routes())
        .merge(notes::routes())
        .merge(filters::routes())
        .merge(history::routes_v1())
        .merge(webhooks::routes())
        .merge(summary::routes());
    RETIRED.iter().fold(served, |router, path| router.route(path, any(retired)))
}

async fn retired() -> Refusal {
    let error = "This endpoint of API v1 is no longer served: use its successor in API v2";
    Refusal::new(StatusCode::GONE, error, "Deprecated API v1 endpoints are out of support since 2026-08-01.")
}

/// The body of a request as an object, refused in the words of API v1.
pub fn body_of(body: Result<Bytes, BytesRejection>) -> Result<Map<String, Value>, Refusal> {
    object(body, Refusal::invalid)
}

/// A page by offset: where it starts and how long it is.
pub fn window(query: &Query) -> Result<(usize, usize), Refusal> {
    let start = query.number("start")?.unwrap_or_default();
    Ok((usize::try_from(start).unwrap_or(usize::MAX), query.limit(MOST)?))
}

async fn list(State(server): State<Shared>, Parameters(raw): Raw) -> Answer {
    leads(&server.store(), &Query::new(raw), false)
}

async fn archived(State(server): State<Shared>, Parameters(raw): Raw) -> Answer {
    leads(&server.store(), &Query::new(raw), true)
}

fn leads(store: &Store, query: &Query, is_archived: bool) -> Answer {
    let (start, limit) = window(query)?;
    // A filter has its say alone: the other conditions do not count.
    let passing = query.number("filter_id")?.map(|id| filters::passing::<Lead>(store, id)).transpose()?;
    let (owner, person) = (query.number("owner_id")?, query.number("person_id")?);
    let (organization, since) = (query.number("organization_id")?, query.time("updated_since")?);
    let is_wanted = |lead: &&Lead| {
        if let Some(passing) = &passing {
            return lead.is_archived == is_archived && passing.contains(&lead.id);
        }
        lead.is_archived == is_archived
            && owner.is_none_or(|id| lead.owner_id == id)
            && person.is_none_or(|id| lead.person_id == Some(id))
            && organization.is_none_or(|id| lead.organization_id == Some(id))
            && since.is_none_or(|since| lead.update_time >= since)
    };
    let next = next_activities(store);
    let mut found: Vec<&Lead> = store.leads.iter().filter(is_wanted).collect();
    // Oldest first, and so among equals of any other order.
    found.sort_by_key(|lead| lead.add_time);
    sort(&mut found, query.text("sort"), &next)?;
    let page: Vec<_> = found.iter().skip(start).take(limit).map(|lead| shown(lead, &next)).collect();
    let has_more = start.saturating_add(page.len()) < found.len();
    Ok(data_with(page, &json!({"start": start, "limit": limit, "more_items_in_collection": has_more})))
}

/// Sorts by a list of fields with `ASC` or `DESC`.
fn sort(leads: &mut [&Lead], by: Option<&str>, next: &HashMap<Uuid, u64>) -> Result<(), Refusal> {
    // The last field decides least, so it sorts first.
    for part in by.unwrap_or_default().split(',').map(str::trim).filter(|part| !part.is_empty()).rev() {
        let (field, direction) = part.split_once(' ').unwrap_or((part, "ASC"));
        let down = match direction.trim().to_ascii_uppercase().as_str() {
            "ASC" => false,
            "DESC" => true,
            _ => return Err(Refusal::invalid(format!("'sort': the order must be ASC or DESC, not '{direction}'"))),
        };
        let turned = |order: Ordering| if down { order.reverse() } else { order };
        if field == "next_activity_id" {
            leads.sort_by(|a, b| turned(next.get(&a.id).cmp(&next.get(&b.id))));
        } else {
            let order = order_by(field).ok_or_else(|| Refusal::invalid(format!("'sort' does not know '{field}'")))?;
            leads.sort_by(|a, b| turned(order(a, b)));
        }
    }
    Ok(())
}

/// The activity to do next, for each lead that has one.
fn next_activities(store: &Store) -> HashMap<Uuid, u64> {
    let mut next: HashMap<Uuid, (i64, u64)> = HashMap::new();
    for activity in store.activities.iter().filter(|activity| !activity.is_deleted && !activity.done) {
        let Some(lead) = activity.lead_id else { continue };
        let place = (activity.due_key(), activity.id);
        next.entry(lead).and_modify(|first| *first = place.min(*first)).or_insert(place);
    }
    next.into_iter().map(|(lead, (_, id))| (lead, id)).collect()
}

fn shown<'a>(lead: &'a Lead, next: &HashMap<Uuid, u64>) -> Shown<'a, Lead> {
    let extra = [("next_activity_id".to_owned(), next.get(&lead.id).copied().into())];
    Shown { item: lead, extra: extra.into_iter().collect() }
}

/// A lead on its own.
fn lead_data(lead: &Lead, store: &Store) -> axum::response::Response {
    data(shown(lead, &next_activities(store)))
}

fn no_lead() -> Refusal {
    Refusal::not_found("requested lead not found")
}

async fn show(State(server): State<Shared>, Path(id): Path<String>) -> Answer {
    let store = server.store();
    let lead = id.parse().ok().and_then(|id| store.leads.get(id)).ok_or_else(no_lead)?;
    Ok(lead_data(lead, &store))
}

async fn add(State(server): State<Shared>, body: Result<Bytes, BytesRejection>) -> Answer {
    let body = body_of(body)?;
    server.edit(|store| {
        let lead = create::<Lead>(store, body, Utc::now())?;
        Ok((StatusCode::CREATED, lead_data(&lead, store)).into_response())
    })
}

async fn change(State(server): State<Shared>, Path(id): Path<String>, body: Result<Bytes, BytesRejection>) -> Answer {
    let (id, body) = (id.parse().map_err(|_| no_lead())?, body_of(body)?);
    server.edit(|store| {
        store.leads.get(id).ok_or_else(no_lead)?;
        let lead = patch::<Lead>(store, id, body, Utc::now())?;
        Ok(lead_data(&lead, store))
    })
}

async fn delete(State(server): State<Shared>, Path(id): Path<String>) -> Answer {
    server.edit(|store| {
        let lead = id.parse().ok().and_then(|id| store.leads.remove(id)).ok_or_else(no_lead)?;
        Ok(data(json!({"id": lead.id})))
    })
}

async fn labels(State(server): State<Shared>) -> Answer {
    let store = server.store();
    Ok(data(store.lead_labels.iter().collect::<Vec<_>>()))
}

async fn add_label(State(server): State<Shared>, body: Result<Bytes, BytesRejection>) -> Answer {
    let body = body_of(body)?;
    server.edit(|store| Ok(data(create::<LeadLabel>(store, body, Utc::now())?)))
}

fn no_label() -> Refusal {
    Refusal::not_found("requested lead label not found")
}

async fn change_label(
    State(server): State<Shared>,
    Path(id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Answer {
    let (id, body) = (id.parse().map_err(|_| no_label())?, body_of(body)?);
    server.edit(|store| {
        store.lead_labels.get(id).ok_or_else(no_label)?;
        Ok(data(patch::<LeadLabel>(store, id, body, Utc::now())?))
    })
}

async fn delete_label(State(server): State<Shared>, Path(id): Path<String>) -> Answer {
    server.edit(|store| {
        let label = id.parse().ok().and_then(|id| store.lead_labels.remove(id)).ok_or_else(no_label)?;
        let carriers: Vec<Lead> =
            store.leads.iter().filter(|lead| lead.label_ids.contains(&label.id)).cloned().collect();
        for mut lead in carriers {
            lead.label_ids.retain(|id| *id != label.id);
            store.leads.put(lead);
        }
        Ok(data(json!({"id": label.id})))
    })
}

async fn sources(State(server): State<Shared>) -> Answer {
    let sources = &server.store().assets.lead_sources;
    Ok(data(sources.iter().map(|name| json!({"name": name})).collect::<Vec<_>>()))
}

async fn activity_types(State(server): State<Shared>) -> Answer {
    let store = server.store();
    let show = |(at, kind): (usize, &super::assets::ActivityType)| {
        json!({
            "id": at + 1, "order_nr": at + 1, "name": kind.name, "key_string": kind.key_string,
            "icon_key": kind.icon_key, "active_flag": true, "color": null, "is_custom_flag": kind.is_custom,
            "add_time": "2024-03-04 09:00:00", "update_time": "2024-03-04 09:00:00",
        })
    };
    Ok(data(store.assets.activity_types.iter().enumerate().map(show).collect::<Vec<_>>()))
}

async fn currencies(State(server): State<Shared>, Parameters(raw): Raw) -> Answer {
    let query = Query::new(raw);
    let term = query.text("term").unwrap_or_default().to_lowercase();
    let store = server.store();
    let all = store.assets.currencies.iter().enumerate();
    let show = |(at, currency): (usize, &super::assets::Currency)| {
        json!({
            "id": at + 1, "code": currency.code, "name": currency.name, "symbol": currency.symbol,
            "decimal_points": currency.decimal_points, "active_flag": true, "is_custom_flag": false,
        })
    };
    let fits = |(_, currency): &(usize, &super::assets::Currency)| {
        currency.code.to_lowercase().contains(&term) || currency.name.to_lowercase().contains(&term)
    };
    Ok(data(all.filter(fits).map(show).collect::<Value>()))
}
