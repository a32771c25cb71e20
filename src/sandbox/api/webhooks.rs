//! Webhooks over API v1: users register, list and delete their own.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{delete as delete_route, get};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::sandbox::current_user::current_user_id;
use crate::sandbox::records::{MAX_WEBHOOKS, Registration, Webhook, now};
use crate::sandbox::request::{BodyResult, json_object_v1};
use crate::sandbox::response::{ApiResult, ErrorResponse};
use crate::sandbox::server::Shared;

/// The routes of webhooks.
pub fn routes() -> Router<Shared> {
    Router::new().route("/webhooks", get(list).post(add)).route("/webhooks/{id}", delete_route(delete))
}

async fn list(State(server): State<Shared>) -> ApiResult {
    let store = server.store();
    let hooks: Vec<&Webhook> = store.webhooks.iter().filter(|hook| hook.owner_id == current_user_id()).collect();
    Ok(Json(json!({"status": "ok", "success": true, "data": hooks})).into_response())
}

/// Returns an error in the format of the webhook endpoints.
fn webhook_error(status: StatusCode, field: &str, message: &str) -> ErrorResponse {
    ErrorResponse::with_body(status, json!({"status": "error", "success": false, "errors": {field: [message]}}))
}

async fn add(State(server): State<Shared>, body: BodyResult) -> ApiResult {
    let body = Value::Object(json_object_v1(body)?);
    let registration: Registration = serde_json::from_value(body)
        .map_err(|error| webhook_error(StatusCode::BAD_REQUEST, "body", &error.to_string()))?;
    if let Some((field, message)) = registration.problem(server.port) {
        return Err(webhook_error(StatusCode::BAD_REQUEST, field, message));
    }
    server.edit(|store| {
        if registration.user_id.is_some_and(|id| !store.is_active_user(id)) {
            return Err(webhook_error(StatusCode::BAD_REQUEST, "user_id", "no such user"));
        }
        if store.webhooks.iter().filter(|hook| hook.owner_id == current_user_id()).count() >= MAX_WEBHOOKS {
            let error = format!("A user can have {MAX_WEBHOOKS} webhooks at most");
            return Err(ErrorResponse::new(StatusCode::UNPROCESSABLE_ENTITY, error, ""));
        }
        let hook = Webhook::new(
            server.dispatcher.next_id(store.webhooks.next_id()),
            store.setup.company.id,
            registration,
            now(),
        );
        store.webhooks.put(hook.clone());
        let response = json!({"status": "ok", "success": true, "data": hook});
        Ok((StatusCode::CREATED, Json(response)).into_response())
    })
}

async fn delete(State(server): State<Shared>, Path(id): Path<String>) -> ApiResult {
    server.edit(|store| {
        let found =
            id.parse().ok().and_then(|id| store.webhooks.get(id)).filter(|hook| hook.owner_id == current_user_id());
        let id = found.ok_or_else(|| webhook_error(StatusCode::NOT_FOUND, "id", "not found"))?.id;
        store.webhooks.remove(id);
        server.dispatcher.forget(id);
        Ok(Json(json!({"status": "ok", "success": true})).into_response())
    })
}
