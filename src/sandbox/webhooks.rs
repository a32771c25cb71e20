//! Webhooks over API v1: registered, listed and taken away by those whose they are.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{delete as delete_route, get};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Shared;
use super::answer::{Answer, Refusal};
use super::records::{MOST_WEBHOOKS, Registration, Webhook, me, now};
use super::v1::body_of;

/// The routes of webhooks.
pub fn routes() -> Router<Shared> {
    Router::new().route("/webhooks", get(list).post(add)).route("/webhooks/{id}", delete_route(delete))
}

async fn list(State(server): State<Shared>) -> Answer {
    let store = server.store();
    let hooks: Vec<&Webhook> = store.webhooks.iter().filter(|hook| hook.owner_id == me()).collect();
    Ok(Json(json!({"status": "ok", "success": true, "data": hooks})).into_response())
}

/// A refusal in the form that webhooks have of their own.
fn flawed(status: StatusCode, field: &str, words: &str) -> Refusal {
    Refusal::with_body(status, json!({"status": "error", "success": false, "errors": {field: [words]}}))
}

async fn add(State(server): State<Shared>, body: Result<Bytes, BytesRejection>) -> Answer {
    let body = Value::Object(body_of(body)?);
    let asked: Registration =
        serde_json::from_value(body).map_err(|error| flawed(StatusCode::BAD_REQUEST, "body", &error.to_string()))?;
    if let Some((field, words)) = asked.flaw(server.port) {
        return Err(flawed(StatusCode::BAD_REQUEST, field, words));
    }
    server.edit(|store| {
        if asked.user_id.is_some_and(|id| !store.is_active_user(id)) {
            return Err(flawed(StatusCode::BAD_REQUEST, "user_id", "no such user"));
        }
        if store.webhooks.iter().filter(|hook| hook.owner_id == me()).count() >= MOST_WEBHOOKS {
            let error = format!("A user can have {MOST_WEBHOOKS} webhooks at the most");
            return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, error, ""));
        }
        let hook = Webhook::new(server.post.next_id(store.webhooks.next_id()), store.assets.company.id, asked, now());
        store.webhooks.put(hook.clone());
        let answer = json!({"status": "ok", "success": true, "data": hook});
        Ok((StatusCode::CREATED, Json(answer)).into_response())
    })
}

async fn delete(State(server): State<Shared>, Path(id): Path<String>) -> Answer {
    server.edit(|store| {
        let found = id.parse().ok().and_then(|id| store.webhooks.get(id)).filter(|hook| hook.owner_id == me());
        let id = found.ok_or_else(|| flawed(StatusCode::NOT_FOUND, "id", "not found"))?.id;
        store.webhooks.remove(id);
        server.post.forget(id);
        Ok(Json(json!({"status": "ok", "success": true})).into_response())
    })
}
