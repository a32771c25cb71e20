//! Custom fields as webhooks have them: each value with its type
//! (<https://pipedrive.readme.io/docs/webhooks-v2-migration-guide#custom-fields-format-in-webhooks-v2>).

use serde_json::{Map, Value, json};

use crate::sandbox::assets::CustomField;

/// The parts of an address.
const PARTS: [&str; 9] = [
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

/// All custom fields of a kind of record with what stands in them. Those that are empty are null, as API v2 has them:
/// of webhooks it is only documented for what was there `previous`ly.
pub fn wrapped(fields: &[CustomField], values: &Map<String, Value>) -> Value {
    let wrap = |field: &CustomField| {
        let value = values.get(&field.code).filter(|value| !value.is_null());
        (field.code.clone(), value.map_or(Value::Null, |value| wrapped_value(&field.kind, value)))
    };
    Value::Object(fields.iter().map(wrap).collect())
}

fn wrapped_value(kind: &str, value: &Value) -> Value {
    match kind {
        "monetary" => json!({"type": kind, "value": value["value"], "currency": value["currency"]}),
        "enum" | "user" | "people" | "org" => json!({"type": kind, "id": value}),
        "set" => {
            let ids: Vec<Value> = value.as_array().into_iter().flatten().map(|id| json!({"id": id})).collect();
            json!({"type": kind, "values": ids})
        }
        // The zone is not kept.
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
        // Those that are one value; and a picture, whose form is not documented.
        _ => json!({"type": kind, "value": value}),
    }
}

/// An address: what is not known of it is empty.
pub fn address(value: &Value) -> Value {
    let whole = value["value"].as_str().unwrap_or_default();
    let mut shown = json!({"value": whole, "formatted_address": value["formatted_address"].as_str().unwrap_or(whole)});
    for part in PARTS {
        shown[part] = value[part].as_str().unwrap_or_default().into();
    }
    shown
}
