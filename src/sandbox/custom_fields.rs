//! The values of custom fields. API v2 nests them in `custom_fields`; leads have them flat beside their other fields, as
//! in API v1 (<https://pipedrive.readme.io/docs/core-api-concepts-custom-fields>).

use serde_json::{Map, Number, Value, json};

use crate::sandbox::response::ErrorResponse;
use crate::sandbox::schema::{date, time};
use crate::sandbox::setup::CustomField;
use crate::sandbox::store::Store;

/// The most characters in a single-line text.
const MAX_LINE_CHARS: usize = 255;

/// Merges the custom fields of a request into the stored ones: null clears a field.
pub fn merge(
    fields: &[CustomField],
    before: Option<&Map<String, Value>>,
    changes: &Map<String, Value>,
    store: &Store,
) -> Result<Map<String, Value>, ErrorResponse> {
    let mut merged = before.cloned().unwrap_or_default();
    for (code, value) in changes {
        let field = fields.iter().find(|field| field.code == *code);
        let field = field.ok_or_else(|| ErrorResponse::schema(format!("'custom_fields': '{code}' is not allowed")))?;
        if value.is_null() {
            merged.remove(code);
        } else {
            merged.insert(code.clone(), checked(field, value, store)?);
        }
    }
    Ok(merged)
}

/// Checks a value and returns it as it is stored.
fn checked(field: &CustomField, value: &Value, store: &Store) -> Result<Value, ErrorResponse> {
    let wrong = |what: &str| Err(ErrorResponse::schema(format!("'{}' must be {what}", field.code)));
    let option = |value: &Value| value.as_u64().is_some_and(|id| field.option(id).is_some());
    let fits = match field.kind.as_str() {
        "varchar" | "varchar_auto" | "phone" => match value.as_str() {
            Some(text) if text.chars().count() <= MAX_LINE_CHARS => true,
            _ => return wrong("a string of at most 255 characters"),
        },
        "text" => value.is_string(),
        "double" | "int" => value.is_number(),
        "enum" if !option(value) => return wrong("the id of one of its options"),
        "enum" => true,
        "set" => match value.as_array() {
            Some(ids) if !ids.is_empty() && ids.iter().all(option) => true,
            _ => return wrong("a list of ids of its options that is not empty"),
        },
        "user" => value.as_u64().is_some_and(|id| store.users.get(id).is_some()),
        "people" => value.as_u64().is_some_and(|id| store.persons.get(id).is_some_and(|person| !person.is_deleted)),
        "org" => value.as_u64().is_some_and(|id| store.organizations.get(id).is_some_and(|org| !org.is_deleted)),
        "date" => value.as_str().is_some_and(|text| date(text).is_some()),
        "monetary" => {
            let has_currency = value["currency"].as_str().is_some_and(|code| store.has_currency(code));
            has_currency && value["value"].is_number()
        }
        "daterange" => [&value["value"], &value["until"]].iter().all(|end| end.as_str().and_then(date).is_some()),
        "time" => return part(value, "value").map(|value| json!({"value": value})).map_or_else(|| wrong("a time"), Ok),
        "timerange" => {
            let ends = (part(value, "value"), part(value, "until"));
            let (Some(from), Some(until)) = ends else { return wrong("two times") };
            return Ok(json!({"value": from, "until": until}));
        }
        "address" => value["value"].as_str().is_some_and(|text| !text.is_empty()),
        _ => return wrong("left alone: it is read-only"),
    };
    if fits { Ok(value.clone()) } else { wrong(&format!("a value of the type '{}'", field.kind)) }
}

/// Returns a time of day in an object.
fn part(value: &Value, name: &str) -> Option<String> {
    value[name].as_str().and_then(time)
}

/// Removes the custom fields from the body of a lead and returns them nested, as in API v2.
pub fn take_flat(fields: &[CustomField], body: &mut Map<String, Value>) -> Map<String, Value> {
    let mut nested = Map::new();
    for field in fields {
        let mut take = |suffix: &str| body.remove(&format!("{}{suffix}", field.code));
        let (Some(value), currency, until) = (take(""), take("_currency"), take("_until")) else { continue };
        nested.insert(field.code.clone(), to_nested(field, value, currency.as_ref(), until.as_ref()));
    }
    nested
}

/// Converts a value of API v1, which accepts numbers as text.
fn to_nested(field: &CustomField, value: Value, currency: Option<&Value>, until: Option<&Value>) -> Value {
    if value.is_null() {
        return value;
    }
    let number = |value: Value| match value.as_str().and_then(|text| text.trim().parse::<Number>().ok()) {
        Some(number) => Value::Number(number),
        None => value,
    };
    match field.kind.as_str() {
        "double" | "int" | "enum" | "user" | "people" | "org" => number(value),
        "set" => match value {
            Value::String(text) => text.split(',').map(|id| number(Value::from(id))).collect(),
            other => other,
        },
        "monetary" => json!({"value": number(value), "currency": currency}),
        "daterange" | "timerange" => json!({"value": value, "until": until}),
        "time" | "address" => json!({"value": value}),
        _ => value,
    }
}

/// Returns custom fields flat, as leads have them.
pub fn to_flat(fields: &[CustomField], nested: &Map<String, Value>) -> Map<String, Value> {
    let mut flat = Map::new();
    for (code, value) in nested {
        let kind = fields.iter().find(|field| field.code == *code).map_or("", |field| field.kind.as_str());
        let whole = match kind {
            "enum" => value.to_string().into(),
            "set" => {
                let ids: Vec<String> = value.as_array().into_iter().flatten().map(Value::to_string).collect();
                ids.join(",").into()
            }
            _ => value.get("value").unwrap_or(value).clone(),
        };
        flat.insert(code.clone(), whole);
        for part in ["currency", "until"] {
            if let Some(value) = value.get(part) {
                flat.insert(format!("{code}_{part}"), value.clone());
            }
        }
    }
    flat
}

/// Checks the custom fields of a lead and returns them flat. All parts of a cleared field are null.
pub fn checked_flat(
    fields: &[CustomField],
    nested: &Map<String, Value>,
    store: &Store,
) -> Result<Map<String, Value>, ErrorResponse> {
    let mut flat = to_flat(fields, &merge(fields, None, nested, store)?);
    for code in nested.iter().filter(|(_, value)| value.is_null()).map(|(code, _)| code) {
        for part in ["", "_currency", "_until"] {
            flat.insert(format!("{code}{part}"), Value::Null);
        }
    }
    Ok(flat)
}
