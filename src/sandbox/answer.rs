//! What the server says: the official envelope around data, and refusals in the official words.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// What a handler gives back.
pub type Answer = Result<Response, Refusal>;

/// The second line of most refusals.
const INFO: &str = "Please check developers.pipedrive.com for more information about Pipedrive API.";

/// A request that is not carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    status: StatusCode,
    body: Value,
}

impl Refusal {
    /// A refusal in the envelope of <https://pipedrive.readme.io/docs/core-api-concepts-responses>.
    pub fn new(status: StatusCode, error: impl Into<String>, info: &str) -> Self {
        let error: String = error.into();
        let body = json!({"success": false, "error": error, "error_info": info, "data": null, "additional_data": null});
        Self { status, body }
    }

    /// A refusal with a body of its own.
    pub fn with_body(status: StatusCode, body: Value) -> Self {
        Self { status, body }
    }

    /// The request's form is wrong, as API v2 says it.
    pub fn schema(what: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("ERR_SCHEMA_VALIDATION_FAILED: {what}"), INFO)
    }

    /// The request's content is wrong.
    pub fn invalid(what: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, what.to_string(), INFO)
    }

    /// There is no such thing.
    pub fn not_found(error: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, error, "Object was not found.")
    }

    /// The token is missing or wrong.
    pub fn unauthorized() -> Self {
        let body = json!({
            "success": false, "error": "unauthorized access", "errorCode": 401, "error_info": INFO,
        });
        Self::with_body(StatusCode::UNAUTHORIZED, body)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}

/// The envelope around data.
#[derive(Serialize)]
struct Envelope<T, A> {
    success: bool,
    data: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_data: Option<A>,
}

/// Data without anything beside it.
pub fn data(data: impl Serialize) -> Response {
    Json(Envelope { success: true, data, additional_data: None::<()> }).into_response()
}

/// Data with something beside it.
pub fn data_with(data: impl Serialize, additional_data: &Value) -> Response {
    Json(Envelope { success: true, data, additional_data: Some(additional_data) }).into_response()
}

/// A page of API v2.
pub fn page(items: impl Serialize, next_cursor: Option<&str>) -> Response {
    data_with(items, &json!({"next_cursor": next_cursor}))
}

/// A record and what was asked for beside it.
#[derive(Serialize)]
pub struct Shown<'a, T> {
    /// The record.
    #[serde(flatten)]
    pub item: &'a T,
    /// The rest.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}
