//! The position of a list's next page, from the `additional_data` of this one.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::lenient::{Scalar, Scalars};
use super::{position, repair};
use crate::pipedrive::error::ApiError;

/// The cursor of the next page of a list of API v2; `None` if there is none.
///
/// # Errors
/// [`ApiError::Unreadable`] if there is something else in its place: to take that for the end would lose the rest.
pub(in super::super) fn next_cursor(additional: Option<&RawValue>) -> Result<Option<String>, ApiError> {
    match figures(additional)?.remove("next_cursor") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(cursor)) => Ok(Some(cursor).filter(|cursor| !cursor.is_empty())),
        Some(Value::Number(cursor)) => Ok(Some(cursor.to_string())),
        Some(_) => Err(unreadable()),
    }
}

/// Returns the start of the next page of a list of API v1; `None` if there is none. Some lists leave it to be
/// reckoned from how many were asked for.
///
/// # Errors
/// [`ApiError::Unreadable`] if it does not say whether there is one.
pub(in super::super) fn next_start(additional: Option<&RawValue>, reckoned: usize) -> Result<Option<usize>, ApiError> {
    let mut figures = figures(additional)?;
    // Some lists have the figures in there, others directly.
    if let Some(Value::Object(inner)) = figures.remove("pagination") {
        figures = inner;
    }
    let has_more = match figures.remove("more_items_in_collection") {
        None | Some(Value::Null) => false,
        Some(more) => bool::read(scalar(&more)).ok_or_else(unreadable)?,
    };
    let said = figures.remove("next_start").and_then(|start| u64::read(scalar(&start)));
    let said = said.and_then(|start| usize::try_from(start).ok());
    Ok(has_more.then(|| said.unwrap_or(reckoned)))
}

fn figures(additional: Option<&RawValue>) -> Result<Map<String, Value>, ApiError> {
    let Some(additional) = additional else { return Ok(Map::new()) };
    match repair::read(additional.get()).map_err(|error| ApiError::Unreadable(position(&error)))? {
        Value::Object(figures) => Ok(figures),
        Value::Null => Ok(Map::new()),
        // How some languages write an object with nothing in it.
        Value::Array(list) if list.is_empty() => Ok(Map::new()),
        _ => Err(unreadable()),
    }
}

fn scalar(value: &Value) -> Scalar {
    match value {
        Value::Bool(value) => Scalar::Bool(*value),
        Value::Number(number) => number.as_i128().map_or(Scalar::Other, Scalar::Int),
        Value::String(text) => Scalar::Text(text.clone()),
        _ => Scalar::Other,
    }
}

fn unreadable() -> ApiError {
    ApiError::Unreadable("it does not say whether another page follows".to_owned())
}
