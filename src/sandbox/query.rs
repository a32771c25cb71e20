//! Query parameters with their types, and the cursors of API v2.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD;
use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::sandbox::response::ErrorResponse;

/// The most items on a page of API v1 (pagination page of the documentation).
const MAX_PAGE_V1: usize = 500;
/// The items on a page by default.
const DEFAULT_LIMIT: usize = 100;

/// The query parameters of a request.
#[derive(Debug, Default)]
pub struct Query(BTreeMap<String, String>);

impl Query {
    /// Wraps the parameters as axum read them.
    pub fn new(parameters: BTreeMap<String, String>) -> Self {
        Self(parameters)
    }

    /// Returns a parameter as text; an empty one counts as absent.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    fn parsed<T>(&self, name: &str, what: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, ErrorResponse> {
        match self.text(name) {
            None => Ok(None),
            Some(text) => match parse(text) {
                Some(value) => Ok(Some(value)),
                None => Err(ErrorResponse::schema(format!("query parameter '{name}' is not a valid {what}: '{text}'"))),
            },
        }
    }

    /// Returns an integer.
    pub fn number(&self, name: &str) -> Result<Option<u64>, ErrorResponse> {
        self.parsed(name, "integer", |text| text.parse().ok())
    }

    /// Returns a boolean.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, ErrorResponse> {
        self.parsed(name, "boolean", |text| text.parse().ok())
    }

    /// Returns a UUID.
    pub fn uuid(&self, name: &str) -> Result<Option<Uuid>, ErrorResponse> {
        self.parsed(name, "uuid", |text| text.parse().ok())
    }

    /// Returns a time in whole seconds; the live API refuses fractions.
    pub fn time(&self, name: &str) -> Result<Option<DateTime<Utc>>, ErrorResponse> {
        self.parsed(name, "datetime", |text| {
            let naive = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%SZ").ok()?;
            // chrono accepts a date without leading zeros, the API does not.
            (text.len() == "2025-01-01T10:20:00Z".len()).then(|| naive.and_utc())
        })
    }

    /// Returns a comma-separated list of known keywords.
    pub fn keywords(&self, name: &str, known: &[&'static str]) -> Result<Vec<&'static str>, ErrorResponse> {
        let keywords =
            self.text(name).map(|text| text.split(',').map(str::trim).collect::<Vec<_>>()).unwrap_or_default();
        let find = |keyword: &&str| {
            let known = known.iter().find(|known| *known == keyword).copied();
            known.ok_or_else(|| ErrorResponse::schema(format!("query parameter '{name}' does not know '{keyword}'")))
        };
        keywords.iter().map(find).collect()
    }

    /// Returns a comma-separated list of at most 100 ids.
    pub fn ids(&self, name: &str) -> Result<Option<Vec<u64>>, ErrorResponse> {
        self.parsed(name, "list of up to 100 integers", |text| {
            let ids: Option<Vec<u64>> = text.split(',').map(|id| id.trim().parse().ok()).collect();
            ids.filter(|ids| ids.len() <= 100)
        })
    }

    /// Returns the requested page size, up to the endpoint's maximum.
    pub fn limit(&self, max: usize) -> Result<usize, ErrorResponse> {
        let limit = self.parsed("limit", "integer", |text| text.parse().ok())?.unwrap_or(DEFAULT_LIMIT);
        if (1..=max).contains(&limit) {
            Ok(limit)
        } else {
            Err(ErrorResponse::schema(format!("query parameter 'limit' must be from 1 to {max}")))
        }
    }

    /// Returns the start and the size of a page of API v1.
    pub fn start_and_limit(&self) -> Result<(usize, usize), ErrorResponse> {
        let start = self.number("start")?.unwrap_or_default();
        Ok((usize::try_from(start).unwrap_or(usize::MAX), self.limit(MAX_PAGE_V1)?))
    }

    /// Returns the offset in the cursor of a list that is paged by offset.
    pub fn offset(&self) -> Result<usize, ErrorResponse> {
        let cursor = self.cursor()?.filter(|cursor| cursor.by == "offset");
        match (self.text("cursor"), cursor) {
            (None, _) => Ok(0),
            (Some(_), Some(cursor)) => Ok(usize::try_from(cursor.key).unwrap_or(usize::MAX)),
            (Some(_), None) => Err(bad_cursor()),
        }
    }

    /// Returns the cursor, unless this is the first page.
    pub fn cursor(&self) -> Result<Option<Cursor>, ErrorResponse> {
        match self.text("cursor") {
            None => Ok(None),
            Some(text) => Cursor::decode(text).map(Some).ok_or_else(bad_cursor),
        }
    }
}

/// Returns the error for a cursor of another server or another list.
pub fn bad_cursor() -> ErrorResponse {
    ErrorResponse::schema("query parameter 'cursor' is not a valid cursor")
}

/// The position of the last item of a page; the next page starts after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The sort field of the list.
    pub by: String,
    /// `true` for descending order.
    pub down: bool,
    /// The sort key of the last item.
    pub key: i64,
    /// The id of the last item, which orders items with equal keys.
    pub id: u64,
}

impl Cursor {
    /// Creates a cursor of a list that is paged by offset.
    pub fn at_offset(offset: usize) -> Self {
        Self { by: "offset".to_owned(), down: false, key: i64::try_from(offset).unwrap_or(i64::MAX), id: 0 }
    }

    /// Encodes the cursor as opaque text.
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_string(self).unwrap_or_default())
    }

    fn decode(text: &str) -> Option<Self> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_survive_encoding() {
        for (key, id) in [(0, 0), (-5, 7), (i64::MAX, u64::MAX), (1_700_000_000, 100_000)] {
            let cursor = Cursor { by: "update_time".to_owned(), down: true, key, id };
            assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
        }
        assert_eq!(Cursor::decode("no cursor"), None);
        assert_eq!(Cursor::decode("////"), None);
    }

    #[test]
    fn only_times_in_whole_seconds_are_valid() {
        let time = |text: &str| Query([("t".to_owned(), text.to_owned())].into()).time("t");
        assert!(time("2026-02-28T10:20:00Z").is_ok());
        for bad in ["2026-02-28T10:20:00.000Z", "2026-02-28", "2026-02-30T10:20:00Z", "2026-2-28T10:20:00Z", "soon"] {
            assert!(time(bad).is_err(), "{bad}");
        }
    }
}
