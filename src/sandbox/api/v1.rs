//! The routes of API v1, as far as API v2 has no successor.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::any;

use super::{account, filters, history, leads, notes, summary, users, webhooks};
use crate::sandbox::response::ErrorResponse;
use crate::sandbox::server::Shared;

/// Paths replaced by API v2; out of support since 2026-08-01.
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

/// Returns all routes below `/api/v1` and `/v1`.
pub fn routes() -> Router<Shared> {
    let served = Router::new()
        .merge(account::routes())
        .merge(filters::routes())
        .merge(history::routes())
        .merge(leads::routes())
        .merge(notes::routes())
        .merge(summary::routes())
        .merge(users::routes())
        .merge(webhooks::routes());
    RETIRED.iter().fold(served, |router, path| router.route(path, any(retired)))
}

async fn retired() -> ErrorResponse {
    let error = "This endpoint of API v1 is no longer served: use its successor in API v2";
    ErrorResponse::new(StatusCode::GONE, error, "Deprecated API v1 endpoints are out of support since 2026-08-01.")
}
