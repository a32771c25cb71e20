//! What a request body may carry: one table a record, checked here and nowhere else.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

/// What kind of value a field takes.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Text.
    Text,
    /// Text with at least one character that is not a space.
    Title,
    /// A whole number, not negative.
    Whole,
    /// A number.
    Number,
    /// A number from 0 to 100.
    Percent,
    /// `true` or `false`.
    Flag,
    /// A day that exists, as `YYYY-MM-DD`.
    Date,
    /// `HH:MM` or `HH:MM:SS`.
    Time,
    /// RFC 3339, or `YYYY-MM-DD HH:MM:SS` in UTC, which API v2 takes for archive times.
    Stamp,
    /// A list of whole numbers.
    Ids,
    /// A UUID.
    Uuid,
    /// A list of UUIDs.
    Uuids,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Who may see it: 1, 3, 5 or 7.
    Level,
    /// An amount with its currency.
    Money,
    /// An object with these fields.
    Object(&'static [Field]),
    /// An object at which the record itself looks.
    Map,
    /// A list of objects with these fields.
    Objects(&'static [Field]),
    /// The number 0 or 1.
    Bit,
    /// Nothing: the server sets it, and says what to do instead.
    ReadOnly(&'static str),
}

/// A field of a body.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Whether it also takes null.
    pub null: bool,
}

/// A field that must have a value where it is given.
pub const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, null: false }
}

/// A field that can be cleared.
pub const fn nullable(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, null: true }
}

/// The body as the records write it, if each of its fields is known and has the right type.
pub fn check(body: Map<String, Value>, fields: &[Field]) -> Result<Map<String, Value>, String> {
    let check_one = |(name, value): (String, Value)| {
        let field = fields.iter().find(|field| field.name == name).ok_or_else(|| format!("'{name}' is not allowed"))?;
        let value = if value.is_null() && field.null { value } else { check_value(&name, field.kind, value)? };
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
        Kind::Title if value.as_str().is_some_and(|text| !text.trim().is_empty()) => Ok(value),
        Kind::Title => wrong("a string that is not empty"),
        Kind::Whole if value.is_u64() => Ok(value),
        Kind::Whole => wrong("an integer"),
        Kind::Number if value.is_number() => Ok(value),
        Kind::Number => wrong("a number"),
        Kind::Percent if value.as_f64().is_some_and(|number| (0.0..=100.0).contains(&number)) => Ok(value),
        Kind::Percent => wrong("a number from 0 to 100"),
        Kind::Flag if value.is_boolean() => Ok(value),
        Kind::Flag => wrong("a boolean"),
        Kind::Bit if matches!(value.as_u64(), Some(0 | 1)) => Ok(Value::Bool(value.as_u64() == Some(1))),
        Kind::Bit => wrong("0 or 1"),
        Kind::Level if matches!(value.as_u64(), Some(1 | 3 | 5 | 7)) => Ok(value),
        Kind::Level => wrong("one of 1, 3, 5, 7"),
        Kind::Word(words) if value.as_str().is_some_and(|word| words.contains(&word)) => Ok(value),
        Kind::Word(words) => wrong(&format!("one of {}", words.join(", "))),
        Kind::Date if value.as_str().is_some_and(|text| date(text).is_some()) => Ok(value),
        Kind::Date => wrong("a date that exists, as YYYY-MM-DD"),
        Kind::Time => value.as_str().and_then(time).map(Value::from).map_or_else(|| wrong("a time as HH:MM:SS"), Ok),
        Kind::Stamp => value.as_str().and_then(stamp).map_or_else(|| wrong("a time in RFC 3339"), Ok),
        Kind::Ids if is_list_of(&value, Value::is_u64) => Ok(value),
        Kind::Ids => wrong("a list of integers"),
        Kind::Uuid if is_uuid(&value) => Ok(value),
        Kind::Uuid => wrong("a uuid"),
        Kind::Uuids if is_list_of(&value, is_uuid) => Ok(value),
        Kind::Uuids => wrong("a list of uuids"),
        Kind::Map if value.is_object() => Ok(value),
        Kind::Map => wrong("an object"),
        Kind::Money => check_money(name, value),
        Kind::Object(fields) => check_object(name, fields, value),
        Kind::Objects(fields) => match value {
            Value::Array(list) => list.into_iter().map(|one| check_object(name, fields, one)).collect(),
            _ => wrong("a list of objects"),
        },
    }
}

fn check_money(name: &str, value: Value) -> Result<Value, String> {
    let value = check_object(name, &[field("amount", Kind::Number), field("currency", Kind::Title)], value)?;
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

/// A day that exists, written with all its noughts.
pub fn date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|date| date.to_string() == text)
}

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
        field("title", Kind::Title),
        field("value", Kind::Number),
        nullable("date", Kind::Date),
        field("time", Kind::Time),
        nullable("money", Kind::Money),
        field("id", Kind::ReadOnly("it is given once")),
    ];

    fn checked(body: &Value) -> Result<Map<String, Value>, String> {
        check(body.as_object().cloned().unwrap_or_default(), FIELDS)
    }

    #[test]
    fn what_fits_passes() {
        let body = json!({"title": "x", "value": 1.5, "date": null, "time": "9:30", "money": {"amount": 1, "currency": "EUR"}});
        assert_eq!(checked(&body).map(|body| body["time"].clone()), Ok(json!("09:30:00")));
    }

    #[test]
    fn what_does_not_fit_is_named() {
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
            let error = checked(&body).expect_err("was not refused");
            assert!(error.contains(name), "{body}: {error}");
        }
    }
}
