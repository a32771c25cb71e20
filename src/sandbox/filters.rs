//! Saved filters over API v1, and what they let through of the lists.

use std::collections::HashSet;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, Query as Parameters, State};
use axum::routing::get;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Shared;
use super::answer::{Answer, Refusal, data};
use super::query::Query;
use super::records::{Conditions, Filter, Kept, me, now};
use super::store::Store;
use super::table::Stored;
use super::v1::body_of;
use super::v2::Raw;

/// What filters can be for.
const TYPES: &[&str] = &["deals", "leads", "org", "people", "products", "activity", "projects"];

/// The routes of filters.
pub fn routes() -> Router<Shared> {
    Router::new().route("/filters", get(list).post(add)).route("/filters/{id}", get(show).delete(delete))
}

async fn list(State(server): State<Shared>, Parameters(raw): Raw) -> Answer {
    let wanted = Query::new(raw).words("type", TYPES)?;
    let store = server.store();
    let mut all: Vec<Value> = Vec::new();
    for filter in store.filters.iter().filter(|filter| wanted.is_empty() || wanted.contains(&filter.kind.as_str())) {
        let mut shown = serde_json::to_value(filter).unwrap_or_default();
        // The list leaves them out.
        shown.as_object_mut().map(|shown| shown.remove("conditions"));
        all.push(shown);
    }
    Ok(data(all))
}

fn no_filter() -> Refusal {
    Refusal::not_found("Filter not found")
}

async fn show(State(server): State<Shared>, Path(id): Path<String>) -> Answer {
    let store = server.store();
    let filter = id.parse().ok().and_then(|id| store.filters.get(id)).ok_or_else(no_filter)?;
    Ok(data(filter))
}

/// What a body that makes a filter says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    conditions: Conditions,
}

async fn add(State(server): State<Shared>, body: Result<Bytes, BytesRejection>) -> Answer {
    let new: New = serde_json::from_value(Value::Object(body_of(body)?)).map_err(Refusal::invalid)?;
    if let Some(flaw) = new.conditions.flaw() {
        return Err(Refusal::invalid(format!("'conditions': {flaw}")));
    }
    if !TYPES.contains(&new.kind.as_str()) {
        return Err(Refusal::invalid(format!("'type' does not know '{}'", new.kind)));
    }
    server.edit(|store| {
        let filter = Filter::new(store.filters.next_id(), &new.name, &new.kind, new.conditions);
        let id = filter.id;
        store.filters.put(filter);
        Ok(data(json!({"id": id})))
    })
}

async fn delete(State(server): State<Shared>, Path(id): Path<String>) -> Answer {
    server.edit(|store| {
        let filter = id.parse().ok().and_then(|id| store.filters.remove(id)).ok_or_else(no_filter)?;
        Ok(data(json!({"id": filter.id})))
    })
}

impl Filter {
    /// A filter of the token's user.
    pub fn new(id: u64, name: &str, kind: &str, conditions: Conditions) -> Self {
        Self {
            id,
            name: name.to_owned(),
            active_flag: true,
            kind: kind.to_owned(),
            temporary_flag: None,
            user_id: me(),
            add_time: now(),
            update_time: now(),
            visible_to: "7".to_owned(),
            custom_view_id: None,
            filter_code: None,
            is_editable: true,
            last_used_time: None,
            conditions,
        }
    }
}

/// The keys of all records of a kind that a filter lets through.
pub fn passing<T: Kept<Key: std::hash::Hash>>(store: &Store, filter: u64) -> Result<HashSet<T::Key>, Refusal> {
    let kind = match T::KIND {
        "deal" => "deals",
        "lead" => "leads",
        "person" => "people",
        "organization" => "org",
        other => other,
    };
    let filter = store.filters.get(filter).filter(|filter| filter.kind == kind).ok_or_else(no_filter)?;
    let passes = |item: &&T| {
        let value = serde_json::to_value(item).unwrap_or_default();
        let linked = |object: &str| match object {
            _ if object == T::KIND => Some(value.clone()),
            "deal" => written(store.deals.get(value.get("deal_id")?.as_u64()?)?),
            "person" => written(store.persons.get(value.get("person_id")?.as_u64()?)?),
            "organization" => {
                let org = value.get("org_id").or_else(|| value.get("organization_id"))?;
                written(store.organizations.get(org.as_u64()?)?)
            }
            _ => None,
        };
        filter.conditions.hold(linked, me())
    };
    Ok(T::table(store).iter().filter(passes).map(Stored::key).collect())
}

fn written(record: &impl Serialize) -> Option<Value> {
    serde_json::to_value(record).ok()
}
