//! Leads to deals and deals to leads, <https://developers.pipedrive.com/docs/api/v1/Leads#convertLeadToDeal>.

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use chrono::Utc;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Shared;
use super::answer::{Answer, Refusal, data_with};
use super::records::{Conversion, Source};
use super::schema::{Field, Kind, check, field};
use super::store::Store;
use super::v2::object;

/// What a conversion to a deal can say.
const FIELDS: &[Field] = &[field("stage_id", Kind::Whole), field("pipeline_id", Kind::Whole)];

/// The routes of conversions.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/leads/{id}/convert/deal", post(lead))
        .route("/leads/{id}/convert/status/{conversion}", get(lead_status))
        .route("/deals/{id}/convert/lead", post(deal))
        .route("/deals/{id}/convert/status/{conversion}", get(deal_status))
}

async fn lead(State(server): State<Shared>, Path(id): Path<String>, body: Result<Bytes, BytesRejection>) -> Answer {
    let body = match body {
        Ok(body) if body.is_empty() => Map::new(),
        body => object(body, Refusal::schema)?,
    };
    let body = check(body, FIELDS).map_err(Refusal::schema)?;
    server.edit(|store| {
        let lead = id.parse().ok().and_then(|id: Uuid| store.leads.get(id)).ok_or_else(not_found)?;
        if lead.is_archived {
            return Err(Refusal::invalid("Archived leads cannot be converted"));
        }
        let source = Source::Lead(lead.id, target(store, &body)?);
        Ok(begin(store, source))
    })
}

async fn deal(State(server): State<Shared>, Path(id): Path<String>) -> Answer {
    server.edit(|store| {
        let deal = id.parse().ok().and_then(|id: u64| store.deals.get(id)).filter(|deal| !deal.is_deleted);
        let deal = deal.ok_or_else(not_found)?;
        if deal.is_archived {
            return Err(Refusal::invalid("Archived deals cannot be converted"));
        }
        let source = Source::Deal(deal.id);
        Ok(begin(store, source))
    })
}

/// The stage of the deal to be: the one that is given, or else the first of the pipeline.
fn target(store: &Store, body: &Map<String, Value>) -> Result<u64, Refusal> {
    let number = |name: &str| body.get(name).and_then(Value::as_u64);
    let stage = match number("stage_id") {
        Some(stage) => store.open_stage(stage),
        None => number("pipeline_id").or(store.default_pipeline()).and_then(|pipeline| store.first_stage(pipeline)),
    };
    stage.map(|stage| stage.id).ok_or_else(|| Refusal::invalid("There is no such stage or pipeline"))
}

/// Begins a conversion, or names the one that is already under way.
fn begin(store: &mut Store, source: Source) -> axum::response::Response {
    let of_same = |a: Source, b: Source| match (a, b) {
        (Source::Lead(a, _), Source::Lead(b, _)) => a == b,
        (Source::Deal(a), Source::Deal(b)) => a == b,
        _ => false,
    };
    let running = store.conversions.iter().find(|other| other.is_running() && of_same(other.source, source));
    let id = if let Some(running) = running {
        running.id
    } else {
        let conversion = Conversion::new(source, Utc::now());
        let id = conversion.id;
        store.begin(conversion);
        id
    };
    data_with(json!({"conversion_id": id}), &Value::Null)
}

async fn lead_status(State(server): State<Shared>, Path((id, conversion)): Path<(String, String)>) -> Answer {
    let id: Option<Uuid> = id.parse().ok();
    status(&server.store(), &conversion, |source| matches!(source, Source::Lead(lead, _) if Some(lead) == id))
}

async fn deal_status(State(server): State<Shared>, Path((id, conversion)): Path<(String, String)>) -> Answer {
    let id: Option<u64> = id.parse().ok();
    status(&server.store(), &conversion, |source| matches!(source, Source::Deal(deal) if Some(deal) == id))
}

fn status(store: &Store, conversion: &str, is_of: impl Fn(Source) -> bool) -> Answer {
    let conversion = conversion.parse().ok().and_then(|id| store.conversions.get(id));
    let conversion = conversion.filter(|conversion| is_of(conversion.source));
    let conversion = conversion.ok_or_else(not_found)?;
    let mut body = Map::new();
    body.insert("conversion_id".to_owned(), json!(conversion.id));
    body.insert("status".to_owned(), conversion.status().into());
    if let Some(deal) = conversion.deal_id {
        body.insert("deal_id".to_owned(), deal.into());
    }
    if let Some(lead) = conversion.lead_id {
        body.insert("lead_id".to_owned(), json!(lead));
    }
    Ok(data_with(body, &Value::Null))
}

fn not_found() -> Refusal {
    Refusal::not_found("Entity was not found")
}
