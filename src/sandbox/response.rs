//! Responses in Pipedrive's envelope, and errors in its words.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The result of a handler.
pub type ApiResult = Result<Response, ErrorResponse>;

/// The `error_info` of most errors.
const INFO: &str = "Please check developers.pipedrive.com for more information about Pipedrive API.";

/// The response to a request that is not carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorResponse {
    status: StatusCode,
    body: Value,
}

impl ErrorResponse {
    /// Creates an error in the envelope of <https://pipedrive.readme.io/docs/core-api-concepts-responses>.
    pub fn new(status: StatusCode, error: impl Into<String>, info: &str) -> Self {
        let error: String = error.into();
        let body = json!({"success": false, "error": error, "error_info": info, "data": null, "additional_data": null});
        Self { status, body }
    }

    /// Creates an error with a body of its own.
    pub fn with_body(status: StatusCode, body: Value) -> Self {
        Self { status, body }
    }

    /// Creates the error of API v2 for a malformed request.
    pub fn schema(what: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("ERR_SCHEMA_VALIDATION_FAILED: {what}"), INFO)
    }

    /// Creates the error for a request with invalid content.
    pub fn bad_request(what: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, what.to_string(), INFO)
    }

    /// Creates the error for a record that does not exist.
    pub fn not_found(error: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, error, "Object was not found.")
    }

    /// Creates the error for a missing or wrong token.
    pub fn unauthorized() -> Self {
        let body = json!({
            "success": false, "error": "unauthorized access", "errorCode": 401, "error_info": INFO,
        });
        Self::with_body(StatusCode::UNAUTHORIZED, body)
    }
}

impl IntoResponse for ErrorResponse {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}

/// Pipedrive's envelope around data.
#[derive(Serialize)]
struct Envelope<T, A> {
    success: bool,
    data: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_data: Option<A>,
}

/// Returns data without additional data.
pub fn data(data: impl Serialize) -> Response {
    Json(Envelope { success: true, data, additional_data: None::<()> }).into_response()
}

/// Returns data with additional data.
pub fn data_with(data: impl Serialize, additional_data: &Value) -> Response {
    Json(Envelope { success: true, data, additional_data: Some(additional_data) }).into_response()
}

/// Returns a page of API v2.
pub fn page(items: impl Serialize, next_cursor: Option<&str>) -> Response {
    data_with(items, &json!({"next_cursor": next_cursor}))
}

/// A record with additional fields.
#[derive(Serialize)]
pub struct WithExtras<'a, T> {
    /// The record.
    #[serde(flatten)]
    pub item: &'a T,
    /// The additional fields.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}
