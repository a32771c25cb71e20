//! Parts of a request as the handlers take them.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::Query as Parameters;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use serde_json::{Map, Value};

use crate::sandbox::response::ErrorResponse;

/// The query parameters as axum reads them.
pub type RawQuery = Parameters<BTreeMap<String, String>>;

/// The body as axum reads it.
pub type BodyResult = Result<Bytes, BytesRejection>;

/// Parses a body as a JSON object; errors in the words of API v2.
pub fn json_object(body: BodyResult) -> Result<Map<String, Value>, ErrorResponse> {
    parse(body, ErrorResponse::schema)
}

/// Parses a body as a JSON object; errors in the words of API v1.
pub fn json_object_v1(body: BodyResult) -> Result<Map<String, Value>, ErrorResponse> {
    parse(body, ErrorResponse::bad_request)
}

fn parse(body: BodyResult, to_error: impl Fn(String) -> ErrorResponse) -> Result<Map<String, Value>, ErrorResponse> {
    let body = body.map_err(|error| ErrorResponse::new(StatusCode::PAYLOAD_TOO_LARGE, error.body_text(), ""))?;
    match serde_json::from_slice(&body) {
        Ok(Value::Object(body)) => Ok(body),
        Ok(_) => Err(to_error("the body must be an object".to_owned())),
        Err(error) => Err(to_error(format!("the body is not JSON: {error}"))),
    }
}
