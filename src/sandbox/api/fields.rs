//! The fields of each kind of record, <https://developers.pipedrive.com/docs/api/v1/DealFields>.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::{Path, Query as Parameters, State};
use axum::routing::get;
use serde_json::{Value, json};

use crate::sandbox::query::{Cursor, Query};
use crate::sandbox::request::RawQuery;
use crate::sandbox::response::{ApiResult, ErrorResponse, data, page};
use crate::sandbox::server::Shared;
use crate::sandbox::setup::{AccountSetup, CustomField, Label};

/// The most fields on a page.
const MAX_PAGE: usize = 500;

/// A standard field: its code, name and type.
type StandardField = (&'static str, &'static str, &'static str);

const DEAL: &[StandardField] = &[
    ("title", "Title", "varchar"),
    ("value", "Value", "monetary"),
    ("currency", "Currency", "varchar"),
    ("owner_id", "Owner", "user"),
    ("person_id", "Contact person", "people"),
    ("org_id", "Organization", "org"),
    ("pipeline_id", "Pipeline", "double"),
    ("stage_id", "Stage", "stage"),
    ("status", "Status", "status"),
    ("probability", "Probability", "int"),
    ("expected_close_date", "Expected close date", "date"),
    ("lost_reason", "Lost reason", "varchar_options"),
    ("add_time", "Deal created", "date"),
    ("update_time", "Update time", "date"),
];
const PERSON: &[StandardField] = &[
    ("name", "Name", "varchar"),
    ("emails", "Email", "varchar"),
    ("phones", "Phone", "phone"),
    ("org_id", "Organization", "org"),
    ("owner_id", "Owner", "user"),
];
const ORGANIZATION: &[StandardField] =
    &[("name", "Name", "varchar"), ("address", "Address", "address"), ("owner_id", "Owner", "user")];
const ACTIVITY: &[StandardField] = &[
    ("subject", "Subject", "varchar"),
    ("type", "Type", "enum"),
    ("due_date", "Due date", "date"),
    ("due_time", "Due time", "time"),
    ("duration", "Duration", "time"),
    ("done", "Done", "boolean"),
    ("note", "Note", "text"),
];

/// The routes of field metadata.
pub fn routes() -> Router<Shared> {
    let add = |router: Router<Shared>, name: &'static str| {
        router
            .route(
                &format!("/{name}"),
                get(async move |State(server): State<Shared>, Parameters(raw): RawQuery| list(name, &server, raw)),
            )
            .route(
                &format!("/{name}/{{code}}"),
                get(async move |State(server): State<Shared>, Path(code): Path<String>| show(name, &server, &code)),
            )
    };
    ["dealFields", "personFields", "organizationFields", "activityFields"].into_iter().fold(Router::new(), add)
}

fn list(name: &str, server: &Shared, raw: BTreeMap<String, String>) -> ApiResult {
    let query = Query::new(raw);
    let all = fields(name, &server.store().setup);
    let (start, limit) = (query.offset()?, query.limit(MAX_PAGE)?);
    let items: Vec<&Value> = all.iter().skip(start).take(limit).collect();
    let end = start.saturating_add(items.len());
    let next = (end < all.len()).then(|| Cursor::at_offset(end).encode());
    Ok(page(items, next.as_deref()))
}

fn show(name: &str, server: &Shared, code: &str) -> ApiResult {
    let all = fields(name, &server.store().setup);
    let found = all.into_iter().find(|field| field["field_code"] == code);
    found.map(data).ok_or_else(|| ErrorResponse::not_found("Field not found"))
}

/// Returns the fields of a kind of record.
fn fields(name: &str, setup: &AccountSetup) -> Vec<Value> {
    let (standard, labels, custom): (_, _, &[CustomField]) = match name {
        "dealFields" => (DEAL, Some(&setup.deal_labels), &setup.deal_fields),
        "personFields" => (PERSON, Some(&setup.person_labels), &setup.person_fields),
        "organizationFields" => (ORGANIZATION, Some(&setup.organization_labels), &setup.organization_fields),
        _ => (ACTIVITY, None, &[]),
    };
    let mut all: Vec<Value> = standard.iter().map(|(code, name, kind)| field(code, name, kind, &Value::Null)).collect();
    if let Some(labels) = labels {
        all.push(field("label", "Label", "set", &options(labels)));
    }
    if name == "activityFields" {
        all.push(field("priority", "Priority", "enum", &options(&setup.priorities)));
    }
    all.extend(custom.iter().map(custom_field));
    all
}

fn custom_field(custom: &CustomField) -> Value {
    let options: Value = match custom.options.len() {
        0 => Value::Null,
        _ => custom.options().map(|(id, label)| json!({"id": id, "label": label})).collect(),
    };
    let mut shown = field(&custom.code, &custom.name, &custom.kind, &options);
    shown["is_custom_field"] = true.into();
    shown
}

fn options(labels: &[Label]) -> Value {
    labels.iter().map(|label| json!({"id": label.id, "label": label.name, "color": label.color})).collect()
}

fn field(code: &str, name: &str, kind: &str, options: &Value) -> Value {
    json!({
        "field_name": name, "field_code": code, "field_type": kind, "description": name, "options": options,
        "subfields": null, "is_custom_field": false, "is_optional_response_field": false,
    })
}
