//! The fields that a request body may carry: one table per record, checked here and nowhere else.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

/// The type of value that a field accepts.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A string.
    Text,
    /// A string with at least one character that is not a space.
    NonEmptyText,
    /// An integer that is not negative.
    Integer,
    /// A number.
    Number,
    /// A number from 0 to 100.
    Percent,
    /// `true` or `false`.
    Boolean,
    /// An existing date, as `YYYY-MM-DD`.
    Date,
    /// `HH:MM` or `HH:MM:SS`.
    Time,
    /// RFC 3339, or `YYYY-MM-DD HH:MM:SS` in UTC, which API v2 accepts for archive times.
    Timestamp,
    /// A list of integers.
    Ids,
    /// A UUID.
    Uuid,
    /// A list of UUIDs.
    Uuids,
    /// One of these keywords.
    OneOf(&'static [&'static str]),
    /// A visibility level: 1, 3, 5 or 7.
    Visibility,
    /// An amount with its currency.
    Money,
    /// An object with these fields.
    Object(&'static [Field]),
    /// An object that the record itself checks.
    AnyObject,
    /// A list of objects with these fields.
    Objects(&'static [Field]),
    /// The number 0 or 1.
    Bit,
    /// No value: the server sets it. The text tells what to send instead.
    ReadOnly(&'static str),
}

/// A field of a body.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The name of the field.
    pub name: &'static str,
    /// The type of its value.
    pub kind: Kind,
    /// `true` if it can be cleared with null.
    pub is_nullable: bool,
}

/// Returns a field that cannot be cleared.
pub const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, is_nullable: false }
}

/// Returns a field that can be cleared.
pub const fn nullable(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, is_nullable: true }
}

/// Checks that each field of a body is known and has the right type. Returns the body as records store it.
pub fn check(body: Map<String, Value>, fields: &[Field]) -> Result<Map<String, Value>, String> {
    let check_one = |(name, value): (String, Value)| {
        let field = fields.iter().find(|field| field.name == name).ok_or_else(|| format!("'{name}' is not allowed"))?;
        let value = if value.is_null() && field.is_nullable { value } else { check_value(&name, field.kind, value)? };
        Ok((name, value))
    };
    body.into_iter().map(check_one).collect()
}

fn check_value(name: &str, kind: Kind, value: Value) -> Result<Value, String> {
    let wrong = |what: &str| Err(format!("'{name}' must be {what}"));
    match kind {
        Kind::ReadOnly(instead) => Err(format!("'{name}' is read-only: {instead}")),
        Kind::Text if value.is_string() => Ok(value),
        Kind::Text => wrong("a string"),
        Kind::NonEmptyText if value.as_str().is_some_and(|text| !text.trim().is_empty()) => Ok(value),
        Kind::NonEmptyText => wrong("a string that is not empty"),
        Kind::Integer if value.is_u64() => Ok(value),
        Kind::Integer => wrong("an integer"),
        Kind::Number if value.is_number() => Ok(value),
        Kind::Number => wrong("a number"),
        Kind::Percent if value.as_f64().is_some_and(|number| (0.0..=100.0).contains(&number)) => Ok(value),
        Kind::Percent => wrong("a number from 0 to 100"),
        Kind::Boolean if value.is_boolean() => Ok(value),
        Kind::Boolean => wrong("a boolean"),
        Kind::Bit if matches!(value.as_u64(), Some(0 | 1)) => Ok(Value::Bool(value.as_u64() == Some(1))),
        Kind::Bit => wrong("0 or 1"),
        Kind::Visibility if matches!(value.as_u64(), Some(1 | 3 | 5 | 7)) => Ok(value),
        Kind::Visibility => wrong("one of 1, 3, 5, 7"),
        Kind::OneOf(words) if value.as_str().is_some_and(|word| words.contains(&word)) => Ok(value),
        Kind::OneOf(words) => wrong(&format!("one of {}", words.join(", "))),
        Kind::Date if value.as_str().is_some_and(|text| date(text).is_some()) => Ok(value),
        Kind::Date => wrong("a date that exists, as YYYY-MM-DD"),
        Kind::Time => value.as_str().and_then(time).map(Value::from).map_or_else(|| wrong("a time as HH:MM:SS"), Ok),
        Kind::Timestamp => value.as_str().and_then(stamp).map_or_else(|| wrong("a time in RFC 3339"), Ok),
        Kind::Ids if is_list_of(&value, Value::is_u64) => Ok(value),
        Kind::Ids => wrong("a list of integers"),
        Kind::Uuid if is_uuid(&value) => Ok(value),
        Kind::Uuid => wrong("a uuid"),
        Kind::Uuids if is_list_of(&value, is_uuid) => Ok(value),
        Kind::Uuids => wrong("a list of uuids"),
        Kind::AnyObject if value.is_object() => Ok(value),
        Kind::AnyObject => wrong("an object"),
        Kind::Money => check_money(name, value),
        Kind::Object(fields) => check_object(name, fields, value),
        Kind::Objects(fields) => match value {
            Value::Array(list) => list.into_iter().map(|one| check_object(name, fields, one)).collect(),
            _ => wrong("a list of objects"),
        },
    }
}

fn check_money(name: &str, value: Value) -> Result<Value, String> {
    let value = check_object(name, &[field("amount", Kind::Number), field("currency", Kind::NonEmptyText)], value)?;
    if value.as_object().is_some_and(|money| money.len() == 2) {
        Ok(value)
    } else {
        Err(format!("'{name}' needs both amount and currency"))
    }
}

fn check_object(name: &str, fields: &[Field], value: Value) -> Result<Value, String> {
    match value {
        Value::Object(body) => check(body, fields).map(Value::Object).map_err(|error| format!("{error} in '{name}'")),
        _ => Err(format!("'{name}' must be an object")),
    }
}

fn is_list_of(value: &Value, holds: impl Fn(&Value) -> bool) -> bool {
    value.as_array().is_some_and(|list| list.iter().all(holds))
}

fn is_uuid(value: &Value) -> bool {
    value.as_str().is_some_and(|text| Uuid::parse_str(text).is_ok())
}

/// Parses an existing date that is written with leading zeros.
pub fn date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|date| date.to_string() == text)
}

/// Parses a time of day. Returns it as `HH:MM:SS`.
pub fn time(text: &str) -> Option<String> {
    let time =
        NaiveTime::parse_from_str(text, "%H:%M:%S").or_else(|_| NaiveTime::parse_from_str(text, "%H:%M")).ok()?;
    Some(time.format("%H:%M:%S").to_string())
}

fn stamp(text: &str) -> Option<Value> {
    let plain = || NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok().map(|time| time.and_utc());
    let time = DateTime::parse_from_rfc3339(text).ok().map(|time| time.with_timezone(&Utc)).or_else(plain)?;
    Some(time.to_rfc3339_opts(SecondsFormat::Secs, true).into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const FIELDS: &[Field] = &[
        field("title", Kind::NonEmptyText),
        field("value", Kind::Number),
        nullable("date", Kind::Date),
        field("time", Kind::Time),
        nullable("money", Kind::Money),
        field("id", Kind::ReadOnly("the server sets it")),
    ];

    fn checked(body: &Value) -> Result<Map<String, Value>, String> {
        check(body.as_object().cloned().unwrap_or_default(), FIELDS)
    }

    #[test]
    fn a_valid_body_passes() {
        let body = json!({"title": "x", "value": 1.5, "date": null, "time": "9:30", "money": {"amount": 1, "currency": "EUR"}});
        assert_eq!(checked(&body).map(|body| body["time"].clone()), Ok(json!("09:30:00")));
    }

    #[test]
    fn an_invalid_field_is_named() {
        for (body, name) in [
            (json!({"title": null}), "title"),
            (json!({"title": " "}), "title"),
            (json!({"value": "12"}), "value"),
            (json!({"date": "2026-02-30"}), "date"),
            (json!({"date": "2026-2-03"}), "date"),
            (json!({"time": "25:00"}), "time"),
            (json!({"money": {"amount": 1}}), "money"),
            (json!({"money": {"amount": "1", "currency": "EUR"}}), "amount"),
            (json!({"id": 5}), "id"),
            (json!({"tittle": "x"}), "tittle"),
        ] {
            let error = checked(&body).expect_err("must be refused");
            assert!(error.contains(name), "{body}: {error}");
        }
    }
}
