//! What follows the question mark: parameters with their types, and the cursors of API v2.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::answer::Refusal;

/// How many items a page has when the request does not say.
const DEFAULT_LIMIT: usize = 100;

/// The parameters of a request.
#[derive(Debug, Default)]
pub struct Query(BTreeMap<String, String>);

impl Query {
    /// The parameters as axum read them.
    pub fn new(parameters: BTreeMap<String, String>) -> Self {
        Self(parameters)
    }

    /// A parameter as it stands; one without text counts as not given.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    fn parsed<T>(&self, name: &str, what: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Refusal> {
        match self.text(name) {
            None => Ok(None),
            Some(text) => match parse(text) {
                Some(value) => Ok(Some(value)),
                None => Err(Refusal::schema(format!("query parameter '{name}' is not a valid {what}: '{text}'"))),
            },
        }
    }

    /// A whole number.
    pub fn number(&self, name: &str) -> Result<Option<u64>, Refusal> {
        self.parsed(name, "integer", |text| text.parse().ok())
    }

    /// `true` or `false`.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        self.parsed(name, "boolean", |text| text.parse().ok())
    }

    /// A UUID.
    pub fn uuid(&self, name: &str) -> Result<Option<Uuid>, Refusal> {
        self.parsed(name, "uuid", |text| text.parse().ok())
    }

    /// A time in whole seconds; the live API refuses fractions.
    pub fn time(&self, name: &str) -> Result<Option<DateTime<Utc>>, Refusal> {
        self.parsed(name, "datetime", |text| {
            let naive = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%SZ").ok()?;
            // chrono takes a date without its noughts, the API does not.
            (text.len() == "2025-01-01T10:20:00Z".len()).then(|| naive.and_utc())
        })
    }

    /// A list with commas, of known words only.
    pub fn words(&self, name: &str, known: &[&'static str]) -> Result<Vec<&'static str>, Refusal> {
        let words = self.text(name).map(|text| text.split(',').map(str::trim).collect::<Vec<_>>()).unwrap_or_default();
        let find = |word: &&str| {
            let known = known.iter().find(|known| *known == word).copied();
            known.ok_or_else(|| Refusal::schema(format!("query parameter '{name}' does not know '{word}'")))
        };
        words.iter().map(find).collect()
    }

    /// A list of ids with commas, of 100 at the most.
    pub fn ids(&self, name: &str) -> Result<Option<Vec<u64>>, Refusal> {
        self.parsed(name, "list of up to 100 integers", |text| {
            let ids: Option<Vec<u64>> = text.split(',').map(|id| id.trim().parse().ok()).collect();
            ids.filter(|ids| ids.len() <= 100)
        })
    }

    /// How many items are asked for, up to what the endpoint allows.
    pub fn limit(&self, most: usize) -> Result<usize, Refusal> {
        let limit = self.parsed("limit", "integer", |text| text.parse().ok())?.unwrap_or(DEFAULT_LIMIT);
        if (1..=most).contains(&limit) {
            Ok(limit)
        } else {
            Err(Refusal::schema(format!("query parameter 'limit' must be from 1 to {most}")))
        }
    }

    /// Where the page starts: the offset in the cursor of lists that are not walked by key.
    pub fn offset(&self) -> Result<usize, Refusal> {
        let cursor = self.cursor()?.filter(|cursor| cursor.by == "offset");
        match (self.text("cursor"), cursor) {
            (None, _) => Ok(0),
            (Some(_), Some(cursor)) => Ok(usize::try_from(cursor.key).unwrap_or(usize::MAX)),
            (Some(_), None) => Err(bad_cursor()),
        }
    }

    /// The cursor, if the page is not the first.
    pub fn cursor(&self) -> Result<Option<Cursor>, Refusal> {
        match self.text("cursor") {
            None => Ok(None),
            Some(text) => Cursor::read(text).map(Some).ok_or_else(bad_cursor),
        }
    }
}

/// The refusal of a cursor that is not of this server or not of this list.
pub fn bad_cursor() -> Refusal {
    Refusal::schema("query parameter 'cursor' is not a valid cursor")
}

/// The last item of a page by what the list is sorted by; the next page starts after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// What the list is sorted by.
    pub by: String,
    /// Whether it is sorted from the greatest down.
    pub down: bool,
    /// The last item's place.
    pub key: i64,
    /// The last item's id, which decides among equal places.
    pub id: u64,
}

impl Cursor {
    /// A cursor of a list that is walked by offset.
    pub fn at_offset(offset: usize) -> Self {
        Self { by: "offset".to_owned(), down: false, key: i64::try_from(offset).unwrap_or(i64::MAX), id: 0 }
    }

    /// The cursor as text that says nothing to its reader.
    pub fn write(&self) -> String {
        encode(serde_json::to_string(self).unwrap_or_default().as_bytes())
    }

    fn read(text: &str) -> Option<Self> {
        serde_json::from_slice(&decode(text)?).ok()
    }
}

/// The alphabet of base64 for URLs, RFC 4648 §5.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 4 / 3 + 3);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..=chunk.len() {
            text.push(char::from(ALPHABET[(bits >> (18 - 6 * at) & 63) as usize]));
        }
    }
    text
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0);
    for letter in text.bytes() {
        let value = ALPHABET.iter().position(|other| *other == letter)?;
        bits = bits << 6 | u32::try_from(value).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 255) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_as_they_were_written() {
        for (key, id) in [(0, 0), (-5, 7), (i64::MAX, u64::MAX), (1_700_000_000, 100_000)] {
            let cursor = Cursor { by: "update_time".to_owned(), down: true, key, id };
            assert_eq!(Cursor::read(&cursor.write()), Some(cursor));
        }
        assert_eq!(Cursor::read("no cursor"), None);
        assert_eq!(Cursor::read("////"), None);
    }

    #[test]
    fn times_are_whole_seconds() {
        let time = |text: &str| Query([("t".to_owned(), text.to_owned())].into()).time("t");
        assert!(time("2026-02-28T10:20:00Z").is_ok());
        for bad in ["2026-02-28T10:20:00.000Z", "2026-02-28", "2026-02-30T10:20:00Z", "2026-2-28T10:20:00Z", "soon"] {
            assert!(time(bad).is_err(), "{bad}");
        }
    }
}
