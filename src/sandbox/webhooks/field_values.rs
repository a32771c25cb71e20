//! Custom fields in webhook bodies: each value with its type
//! (<https://pipedrive.readme.io/docs/webhooks-v2-migration-guide#custom-fields-format-in-webhooks-v2>).

use serde_json::{Map, Value, json};

use crate::sandbox::setup::CustomField;

/// The parts of an address.
const ADDRESS_PARTS: [&str; 9] = [
    "country",
    "admin_area_level_1",
    "admin_area_level_2",
    "locality",
    "sublocality",
    "route",
    "street_number",
    "subpremise",
    "postal_code",
];

/// Returns all custom fields of a kind of record with their values. Empty ones are null as in API v2; for webhooks, that
/// is only documented for `previous`.
pub fn typed_values(fields: &[CustomField], values: &Map<String, Value>) -> Value {
    let wrap = |field: &CustomField| {
        let value = values.get(&field.code).filter(|value| !value.is_null());
        (field.code.clone(), value.map_or(Value::Null, |value| typed_value(&field.kind, value)))
    };
    Value::Object(fields.iter().map(wrap).collect())
}

fn typed_value(kind: &str, value: &Value) -> Value {
    match kind {
        "monetary" => json!({"type": kind, "value": value["value"], "currency": value["currency"]}),
        "enum" | "user" | "people" | "org" => json!({"type": kind, "id": value}),
        "set" => {
            let ids: Vec<Value> = value.as_array().into_iter().flatten().map(|id| json!({"id": id})).collect();
            json!({"type": kind, "values": ids})
        }
        // The time zone is not stored.
        "time" => json!({"type": kind, "value": value["value"], "timezone_id": null}),
        "timerange" => {
            json!({"type": kind, "from": value["value"], "until": value["until"], "timezone_id": null})
        }
        "daterange" => json!({"type": kind, "from": value["value"], "until": value["until"]}),
        "address" => {
            let mut shown = address(value);
            shown["type"] = kind.into();
            shown
        }
        // Single values; and pictures, whose format is undocumented.
        _ => json!({"type": kind, "value": value}),
    }
}

/// Returns an address; unknown parts are empty.
pub fn address(value: &Value) -> Value {
    let whole = value["value"].as_str().unwrap_or_default();
    let mut shown = json!({"value": whole, "formatted_address": value["formatted_address"].as_str().unwrap_or(whole)});
    for part in ADDRESS_PARTS {
        shown[part] = value[part].as_str().unwrap_or_default().into();
    }
    shown
}
