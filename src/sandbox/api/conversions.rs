//! Conversions of leads to deals and back, <https://developers.pipedrive.com/docs/api/v1/Leads#convertLeadToDeal>.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use chrono::Utc;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::sandbox::records::{Conversion, ConversionSource};
use crate::sandbox::request::{BodyResult, json_object};
use crate::sandbox::response::{ApiResult, ErrorResponse, data_with};
use crate::sandbox::schema::{Field, Kind, check, field};
use crate::sandbox::server::Shared;
use crate::sandbox::store::Store;

/// The fields in the body of a conversion to a deal.
const FIELDS: &[Field] = &[field("stage_id", Kind::Integer), field("pipeline_id", Kind::Integer)];

/// The routes of conversions.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/leads/{id}/convert/deal", post(convert_lead))
        .route("/leads/{id}/convert/status/{conversion}", get(lead_status))
        .route("/deals/{id}/convert/lead", post(convert_deal))
        .route("/deals/{id}/convert/status/{conversion}", get(deal_status))
}

async fn convert_lead(State(server): State<Shared>, Path(id): Path<String>, body: BodyResult) -> ApiResult {
    let body = match body {
        Ok(body) if body.is_empty() => Map::new(),
        body => json_object(body)?,
    };
    let body = check(body, FIELDS).map_err(ErrorResponse::schema)?;
    server.edit(|store| {
        let lead = id.parse().ok().and_then(|id: Uuid| store.leads.get(id)).ok_or_else(not_found)?;
        if lead.is_archived {
            return Err(ErrorResponse::bad_request("Archived leads cannot be converted"));
        }
        let source = ConversionSource::Lead(lead.id, target_stage(store, &body)?);
        Ok(start(store, source))
    })
}

async fn convert_deal(State(server): State<Shared>, Path(id): Path<String>) -> ApiResult {
    server.edit(|store| {
        let deal = id.parse().ok().and_then(|id: u64| store.deals.get(id)).filter(|deal| !deal.is_deleted);
        let deal = deal.ok_or_else(not_found)?;
        if deal.is_archived {
            return Err(ErrorResponse::bad_request("Archived deals cannot be converted"));
        }
        let source = ConversionSource::Deal(deal.id);
        Ok(start(store, source))
    })
}

/// Returns the stage of the new deal: the requested one, or the first of the pipeline.
fn target_stage(store: &Store, body: &Map<String, Value>) -> Result<u64, ErrorResponse> {
    let number = |name: &str| body.get(name).and_then(Value::as_u64);
    let stage = match number("stage_id") {
        Some(stage) => store.open_stage(stage),
        None => number("pipeline_id").or(store.default_pipeline()).and_then(|pipeline| store.first_stage(pipeline)),
    };
    stage.map(|stage| stage.id).ok_or_else(|| ErrorResponse::bad_request("There is no such stage or pipeline"))
}

/// Starts a conversion, or returns the running one of the same record.
fn start(store: &mut Store, source: ConversionSource) -> axum::response::Response {
    let is_same = |a: ConversionSource, b: ConversionSource| match (a, b) {
        (ConversionSource::Lead(a, _), ConversionSource::Lead(b, _)) => a == b,
        (ConversionSource::Deal(a), ConversionSource::Deal(b)) => a == b,
        _ => false,
    };
    let running = store.conversions.iter().find(|other| other.is_running() && is_same(other.source, source));
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

async fn lead_status(State(server): State<Shared>, Path((id, conversion)): Path<(String, String)>) -> ApiResult {
    let id: Option<Uuid> = id.parse().ok();
    status(&server.store(), &conversion, |source| matches!(source, ConversionSource::Lead(lead, _) if Some(lead) == id))
}

async fn deal_status(State(server): State<Shared>, Path((id, conversion)): Path<(String, String)>) -> ApiResult {
    let id: Option<u64> = id.parse().ok();
    status(&server.store(), &conversion, |source| matches!(source, ConversionSource::Deal(deal) if Some(deal) == id))
}

fn status(store: &Store, conversion: &str, is_of: impl Fn(ConversionSource) -> bool) -> ApiResult {
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

fn not_found() -> ErrorResponse {
    ErrorResponse::not_found("Entity was not found")
}
