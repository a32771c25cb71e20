//! Saved filters over API v1, and the records that match one.

use std::collections::HashSet;

use axum::Router;
use axum::extract::{Path, Query as Parameters, State};
use axum::routing::get;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::sandbox::current_user::current_user_id;
use crate::sandbox::query::Query;
use crate::sandbox::records::{Conditions, Filter, Record};
use crate::sandbox::request::{BodyResult, RawQuery, json_object_v1};
use crate::sandbox::response::{ApiResult, ErrorResponse, data};
use crate::sandbox::server::Shared;
use crate::sandbox::store::Store;
use crate::sandbox::table::TableRow;

/// The kinds of records that filters are for.
const TYPES: &[&str] = &["deals", "leads", "org", "people", "products", "activity", "projects"];

/// The routes of filters.
pub fn routes() -> Router<Shared> {
    Router::new().route("/filters", get(list).post(add)).route("/filters/{id}", get(show).delete(delete))
}

async fn list(State(server): State<Shared>, Parameters(raw): RawQuery) -> ApiResult {
    let wanted = Query::new(raw).keywords("type", TYPES)?;
    let store = server.store();
    let mut all: Vec<Value> = Vec::new();
    for filter in store.filters.iter().filter(|filter| wanted.is_empty() || wanted.contains(&filter.kind.as_str())) {
        let mut shown = serde_json::to_value(filter).unwrap_or_default();
        // Pipedrive's list has no conditions.
        shown.as_object_mut().map(|shown| shown.remove("conditions"));
        all.push(shown);
    }
    Ok(data(all))
}

fn no_filter() -> ErrorResponse {
    ErrorResponse::not_found("Filter not found")
}

async fn show(State(server): State<Shared>, Path(id): Path<String>) -> ApiResult {
    let store = server.store();
    let filter = id.parse().ok().and_then(|id| store.filters.get(id)).ok_or_else(no_filter)?;
    Ok(data(filter))
}

/// The body of a request that creates a filter.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewFilter {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    conditions: Conditions,
}

async fn add(State(server): State<Shared>, body: BodyResult) -> ApiResult {
    let new: NewFilter =
        serde_json::from_value(Value::Object(json_object_v1(body)?)).map_err(ErrorResponse::bad_request)?;
    if let Some(problem) = new.conditions.problem() {
        return Err(ErrorResponse::bad_request(format!("'conditions': {problem}")));
    }
    if !TYPES.contains(&new.kind.as_str()) {
        return Err(ErrorResponse::bad_request(format!("'type' does not know '{}'", new.kind)));
    }
    server.edit(|store| {
        let filter = Filter::new(store.filters.next_id(), &new.name, &new.kind, new.conditions);
        let id = filter.id;
        store.filters.put(filter);
        Ok(data(json!({"id": id})))
    })
}

async fn delete(State(server): State<Shared>, Path(id): Path<String>) -> ApiResult {
    server.edit(|store| {
        let filter = id.parse().ok().and_then(|id| store.filters.remove(id)).ok_or_else(no_filter)?;
        Ok(data(json!({"id": filter.id})))
    })
}

/// Returns the keys of all records of a kind that match a filter.
pub fn matching_keys<T: Record<Key: std::hash::Hash>>(
    store: &Store,
    filter: u64,
) -> Result<HashSet<T::Key>, ErrorResponse> {
    let kind = match T::KIND {
        "deal" => "deals",
        "lead" => "leads",
        "person" => "people",
        "organization" => "org",
        other => other,
    };
    let filter = store.filters.get(filter).filter(|filter| filter.kind == kind).ok_or_else(no_filter)?;
    let matches = |item: &&T| {
        let value = serde_json::to_value(item).unwrap_or_default();
        let linked = |object: &str| match object {
            _ if object == T::KIND => Some(value.clone()),
            "deal" => to_json(store.deals.get(value.get("deal_id")?.as_u64()?)?),
            "person" => to_json(store.persons.get(value.get("person_id")?.as_u64()?)?),
            "organization" => {
                let org = value.get("org_id").or_else(|| value.get("organization_id"))?;
                to_json(store.organizations.get(org.as_u64()?)?)
            }
            _ => None,
        };
        filter.conditions.match_record(linked, current_user_id())
    };
    Ok(T::table(store).iter().filter(matches).map(TableRow::key).collect())
}

fn to_json(record: &impl Serialize) -> Option<Value> {
    serde_json::to_value(record).ok()
}
