//! The server's own endpoints below `/sandbox`: they set faults, steer webhook deliveries, and report counters and
//! writes.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use crate::sandbox::faults::Fault;
use crate::sandbox::response::{ApiResult, ErrorResponse, data};
use crate::sandbox::server::Shared;
use crate::sandbox::webhooks::Flow;
use crate::sandbox::write_log::millis;

/// The routes of the server's own endpoints.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/sandbox/faults", post(add_fault).delete(clear_faults))
        .route("/sandbox/stats", get(stats))
        .route("/sandbox/writes", get(writes))
        .route("/sandbox/deliveries", get(deliveries).post(set_deliveries))
}

async fn add_fault(State(server): State<Shared>, headers: HeaderMap, body: Bytes) -> ApiResult {
    server.authenticate(&headers)?;
    let fault: Fault = serde_json::from_slice(&body)
        .map_err(|error| ErrorResponse::bad_request(format!("not a valid fault: {error}")))?;
    fault.check().map_err(ErrorResponse::bad_request)?;
    server.traffic().faults.add(fault);
    Ok(data(json!({})))
}

async fn clear_faults(State(server): State<Shared>, headers: HeaderMap) -> ApiResult {
    server.authenticate(&headers)?;
    server.traffic().faults.clear();
    Ok(data(json!({})))
}

async fn stats(State(server): State<Shared>, headers: HeaderMap) -> ApiResult {
    server.authenticate(&headers)?;
    let traffic = server.traffic();
    let stats = json!({
        "requests": traffic.requests, "refused": traffic.refused, "dropped": traffic.dropped, "late": traffic.late,
        "elapsed": millis(server.started.elapsed()),
        "tokens_used": traffic.limits.used(), "by_path": traffic.by_path,
    });
    Ok(Json(stats).into_response())
}

/// Lists the last writes in the order of execution.
async fn writes(State(server): State<Shared>, headers: HeaderMap) -> ApiResult {
    server.authenticate(&headers)?;
    let store = server.store();
    Ok(data(store.write_log.iter().collect::<Vec<_>>()))
}

async fn deliveries(State(server): State<Shared>, headers: HeaderMap) -> ApiResult {
    server.authenticate(&headers)?;
    let state = server.dispatcher.state();
    Ok(data(state.log.entries().collect::<Vec<_>>()))
}

/// Settings of webhook deliveries; those left out stay as they are.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeliverySettings {
    /// `true` holds all deliveries back.
    hold: Option<bool>,
    /// The delays before the second, third and fourth attempt, in milliseconds.
    retry_after_ms: Option<[u64; 3]>,
    /// The length of bans that start from now on, in milliseconds.
    ban_ms: Option<u64>,
}

async fn set_deliveries(State(server): State<Shared>, headers: HeaderMap, body: Bytes) -> ApiResult {
    server.authenticate(&headers)?;
    let settings: DeliverySettings = serde_json::from_slice(&body).map_err(ErrorResponse::bad_request)?;
    {
        let mut state = server.dispatcher.state();
        if let Some(delays) = settings.retry_after_ms {
            state.retry_delays = delays.map(Duration::from_millis);
        }
        if let Some(ban) = settings.ban_ms {
            state.ban_duration = Duration::from_millis(ban);
        }
    }
    match settings.hold {
        Some(true) => server.dispatcher.set_flow(Flow::Held),
        Some(false) => server.dispatcher.set_flow(Flow::Open),
        None => {}
    }
    Ok(data(json!({})))
}
