//! Leads, their labels and their sources over API v1.

use std::cmp::Ordering;
use std::collections::HashMap;

use axum::Router;
use axum::extract::{Path, Query as Parameters, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch as patch_route};
use chrono::Utc;
use serde_json::json;
use uuid::Uuid;

use super::filters;
use crate::sandbox::query::Query;
use crate::sandbox::records::{Lead, LeadLabel, Predicate, create, order_by, patch};
use crate::sandbox::request::{BodyResult, RawQuery, json_object_v1};
use crate::sandbox::response::{ApiResult, ErrorResponse, WithExtras, data, data_with};
use crate::sandbox::server::Shared;
use crate::sandbox::store::Store;

/// The routes of leads, their labels and their sources.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/leads", get(list).post(add))
        .route("/leads/archived", get(archived))
        .route("/leads/{id}", get(show).patch(change).delete(delete))
        .route("/leadLabels", get(labels).post(add_label))
        .route("/leadLabels/{id}", patch_route(change_label).delete(delete_label))
        .route("/leadSources", get(sources))
}

async fn list(State(server): State<Shared>, Parameters(raw): RawQuery) -> ApiResult {
    page(&server.store(), &Query::new(raw), |lead| !lead.is_archived)
}

async fn archived(State(server): State<Shared>, Parameters(raw): RawQuery) -> ApiResult {
    page(&server.store(), &Query::new(raw), |lead| lead.is_archived)
}

/// Lists the leads that pass a test.
fn page(store: &Store, query: &Query, is_listed: impl Fn(&Lead) -> bool) -> ApiResult {
    let (start, limit) = query.start_and_limit()?;
    let is_wanted = conditions(store, query)?;
    let next = next_activities(store);
    let mut found: Vec<&Lead> = store.leads.iter().filter(|lead| is_listed(lead) && is_wanted(lead)).collect();
    // Oldest first, also among leads that are equal in another order.
    found.sort_by_key(|lead| lead.add_time);
    sort(&mut found, query.text("sort"), &next)?;
    let page: Vec<_> = found.iter().skip(start).take(limit).map(|lead| with_next_activity(lead, &next)).collect();
    let has_more = start.saturating_add(page.len()) < found.len();
    Ok(data_with(page, &json!({"start": start, "limit": limit, "more_items_in_collection": has_more})))
}

/// Returns the conditions of a request. A saved filter replaces all other conditions.
fn conditions(store: &Store, query: &Query) -> Result<Predicate<Lead>, ErrorResponse> {
    if let Some(filter) = query.number("filter_id")? {
        let matching = filters::matching_keys::<Lead>(store, filter)?;
        return Ok(Box::new(move |lead| matching.contains(&lead.id)));
    }
    let (owner, person) = (query.number("owner_id")?, query.number("person_id")?);
    let (organization, since) = (query.number("organization_id")?, query.time("updated_since")?);
    Ok(Box::new(move |lead| {
        owner.is_none_or(|id| lead.owner_id == id)
            && person.is_none_or(|id| lead.person_id == Some(id))
            && organization.is_none_or(|id| lead.organization_id == Some(id))
            && since.is_none_or(|since| lead.update_time >= since)
    }))
}

/// Sorts by a list of fields with `ASC` or `DESC`.
fn sort(leads: &mut [&Lead], by: Option<&str>, next: &HashMap<Uuid, u64>) -> Result<(), ErrorResponse> {
    // The sorts are stable, so the least significant field comes first.
    for part in by.unwrap_or_default().split(',').map(str::trim).filter(|part| !part.is_empty()).rev() {
        let (field, direction) = part.split_once(' ').unwrap_or((part, "ASC"));
        let is_descending = match direction.trim().to_ascii_uppercase().as_str() {
            "ASC" => false,
            "DESC" => true,
            _ => {
                return Err(ErrorResponse::bad_request(format!(
                    "'sort': the order must be ASC or DESC, not '{direction}'"
                )));
            }
        };
        let directed = |order: Ordering| if is_descending { order.reverse() } else { order };
        if field == "next_activity_id" {
            leads.sort_by(|a, b| directed(next.get(&a.id).cmp(&next.get(&b.id))));
        } else {
            let order =
                order_by(field).ok_or_else(|| ErrorResponse::bad_request(format!("'sort' does not know '{field}'")))?;
            leads.sort_by(|a, b| directed(order(a, b)));
        }
    }
    Ok(())
}

/// Returns the next activity of each lead that has one.
fn next_activities(store: &Store) -> HashMap<Uuid, u64> {
    let mut next: HashMap<Uuid, (i64, u64)> = HashMap::new();
    for activity in store.activities.iter().filter(|activity| !activity.is_deleted && !activity.done) {
        let Some(lead) = activity.lead_id else { continue };
        let position = (activity.due_key(), activity.id);
        next.entry(lead).and_modify(|first| *first = position.min(*first)).or_insert(position);
    }
    next.into_iter().map(|(lead, (_, id))| (lead, id)).collect()
}

fn with_next_activity<'a>(lead: &'a Lead, next: &HashMap<Uuid, u64>) -> WithExtras<'a, Lead> {
    let extra = [("next_activity_id".to_owned(), next.get(&lead.id).copied().into())];
    WithExtras { item: lead, extra: extra.into_iter().collect() }
}

/// Returns the response with one lead.
fn lead_data(lead: &Lead, store: &Store) -> Response {
    data(with_next_activity(lead, &next_activities(store)))
}

fn no_lead() -> ErrorResponse {
    ErrorResponse::not_found("requested lead not found")
}

async fn show(State(server): State<Shared>, Path(id): Path<String>) -> ApiResult {
    let store = server.store();
    let lead = id.parse().ok().and_then(|id| store.leads.get(id)).ok_or_else(no_lead)?;
    Ok(lead_data(lead, &store))
}

async fn add(State(server): State<Shared>, body: BodyResult) -> ApiResult {
    let body = json_object_v1(body)?;
    server.edit(|store| {
        let lead = create::<Lead>(store, body, Utc::now())?;
        Ok((StatusCode::CREATED, lead_data(&lead, store)).into_response())
    })
}

async fn change(State(server): State<Shared>, Path(id): Path<String>, body: BodyResult) -> ApiResult {
    let (id, body) = (id.parse().map_err(|_| no_lead())?, json_object_v1(body)?);
    server.edit(|store| {
        store.leads.get(id).ok_or_else(no_lead)?;
        let lead = patch::<Lead>(store, id, body, Utc::now())?;
        Ok(lead_data(&lead, store))
    })
}

async fn delete(State(server): State<Shared>, Path(id): Path<String>) -> ApiResult {
    server.edit(|store| {
        let lead = id.parse().ok().and_then(|id| store.leads.remove(id)).ok_or_else(no_lead)?;
        Ok(data(json!({"id": lead.id})))
    })
}

async fn labels(State(server): State<Shared>) -> ApiResult {
    let store = server.store();
    Ok(data(store.lead_labels.iter().collect::<Vec<_>>()))
}

async fn add_label(State(server): State<Shared>, body: BodyResult) -> ApiResult {
    let body = json_object_v1(body)?;
    server.edit(|store| Ok(data(create::<LeadLabel>(store, body, Utc::now())?)))
}

fn no_label() -> ErrorResponse {
    ErrorResponse::not_found("requested lead label not found")
}

async fn change_label(State(server): State<Shared>, Path(id): Path<String>, body: BodyResult) -> ApiResult {
    let (id, body) = (id.parse().map_err(|_| no_label())?, json_object_v1(body)?);
    server.edit(|store| {
        store.lead_labels.get(id).ok_or_else(no_label)?;
        Ok(data(patch::<LeadLabel>(store, id, body, Utc::now())?))
    })
}

async fn delete_label(State(server): State<Shared>, Path(id): Path<String>) -> ApiResult {
    server.edit(|store| {
        let label = id.parse().ok().and_then(|id| store.lead_labels.remove(id)).ok_or_else(no_label)?;
        let labeled: Vec<Lead> =
            store.leads.iter().filter(|lead| lead.label_ids.contains(&label.id)).cloned().collect();
        for mut lead in labeled {
            lead.label_ids.retain(|id| *id != label.id);
            store.leads.put(lead);
        }
        Ok(data(json!({"id": label.id})))
    })
}

async fn sources(State(server): State<Shared>) -> ApiResult {
    let sources = &server.store().setup.lead_sources;
    Ok(data(sources.iter().map(|name| json!({"name": name})).collect::<Vec<_>>()))
}
