//! Custom fields: their metadata and the validation of values.

use serde_json::{Value, json};

use super::client::{TestServer, assert_schema_error, error_of, ok};

/// Returns the custom fields of a kind of record, read in small pages.
async fn fields(server: &TestServer, list: &str) -> Vec<Value> {
    let fields = server.walk(&format!("/api/v2/{list}?limit=7")).await;
    fields.into_iter().filter(|field| field["is_custom_field"] == true).collect()
}

fn code(fields: &[Value], name: &str) -> String {
    let found = fields.iter().find(|field| field["field_name"] == name);
    found.and_then(|field| field["field_code"].as_str()).expect("the field").to_owned()
}

#[tokio::test]
async fn custom_fields_are_stored_cleared_and_validated() {
    let server = TestServer::open().await;
    let all = fields(&server, "dealFields").await;
    for (name, good, bad) in [
        ("Industry", json!(102), json!("102")),
        ("Industry", json!(101), json!(199)),
        ("Channels", json!([111, 113]), json!([])),
        ("Channels", json!([112]), json!([112, 7])),
        ("Order reference", json!("PO-1"), json!("x".repeat(256))),
        ("Delivery notes", json!("Two\nlines"), json!(5)),
        ("Approved budget", json!({"value": 12.5, "currency": "EUR"}), json!({"value": 12.5})),
        ("Floor area", json!(12.5), json!("12.5")),
        ("Kick-off", json!("2026-12-24"), json!("24.12.2026")),
        ("Delivery window", json!({"value": "2026-12-24", "until": "2026-12-31"}), json!({"value": "2026-12-24"})),
        ("Best time to call", json!({"value": "09:30:00"}), json!("09:30:00")),
        ("Site hours", json!({"value": "09:30:00", "until": "17:00:00"}), json!({"value": "09:30"})),
        ("Site phone", json!("+372 1"), json!(372)),
        ("Site address", json!({"value": "Pikk 1"}), json!("Pikk 1")),
        ("Engineer", json!(2), json!(4_711)),
        ("Decision maker", json!(1), json!(999_999)),
        ("Installer", json!(1), json!("1")),
        ("Floor plan", Value::Null, json!({"file": 1})),
    ] {
        let code = code(&all, name);
        let deal = server.deal(json!({"custom_fields": {&code: good}})).await;
        let path = format!("/api/v2/deals/{}", deal["id"]);
        assert_eq!(deal["custom_fields"].get(&code).cloned().unwrap_or_default(), good, "{name}");
        assert_schema_error(server.patch(&path, json!({"custom_fields": {&code: bad}})).await, &code);
        ok(server.patch(&path, json!({"title": "Other"})).await);
        assert_eq!(server.data(&path).await["custom_fields"].get(&code).cloned().unwrap_or_default(), good, "{name}");
        let cleared = ok(server.patch(&path, json!({"custom_fields": {&code: null}})).await);
        assert_eq!(cleared["custom_fields"].get(&code), None, "{name}");
    }
    let deal_code = code(&all, "Industry");
    assert_schema_error(
        server.patch("/api/v2/persons/1", json!({"custom_fields": {&deal_code: 101}})).await,
        &deal_code,
    );
    let code = code(&fields(&server, "organizationFields").await, "Segment");
    let org = ok(server.patch("/api/v2/organizations/1", json!({"custom_fields": {&code: 131}})).await);
    assert_eq!(org["custom_fields"][&code], 131);
}

#[tokio::test]
async fn a_lead_has_flat_custom_fields_and_converts_them() {
    let server = TestServer::open().await;
    let all = fields(&server, "dealFields").await;
    let (industry, budget) = (code(&all, "Industry"), code(&all, "Approved budget"));
    let currency = format!("{budget}_currency");
    let body = json!({"title": "L", "person_id": 1, &industry: "102", &budget: 12.5, &currency: "EUR"});
    let lead = ok(server.post("/api/v1/leads", body).await);
    assert_eq!((&lead[&industry], &lead[&budget], &lead[&currency]), (&json!("102"), &json!(12.5), &json!("EUR")));
    let path = format!("/api/v1/leads/{}", lead["id"].as_str().unwrap());
    let words = error_of(server.patch(&path, json!({&industry: 7})).await, 400);
    assert!(words.contains(&industry), "{words}");
    error_of(server.patch(&path, json!({"feedfeedfeedfeedfeedfeedfeedfeedfeedfeed": 7})).await, 400);
    let changed = ok(server.patch(&path, json!({&budget: null, &industry: 103})).await);
    assert_eq!((changed.get(&budget), changed.get(&currency)), (None, None));
    assert_eq!(changed[&industry], "103");
    let job = ok(server.post(&format!("/api/v2/leads/{}/convert/deal", lead["id"].as_str().unwrap()), json!({})).await);
    let status = format!(
        "/api/v2/leads/{}/convert/status/{}",
        lead["id"].as_str().unwrap(),
        job["conversion_id"].as_str().unwrap()
    );
    let deal = loop {
        if let Some(deal) = server.data(&status).await["deal_id"].as_u64() {
            break deal;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    assert_eq!(server.data(&format!("/api/v2/deals/{deal}")).await["custom_fields"], json!({&industry: 103}));
}
