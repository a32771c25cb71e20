//! Leads: their rules, their labels, and their conversion.

use serde_json::{Value, json};

use super::client::{TestServer, error_of, ok};

/// Returns a lead with more than a title.
async fn lead(server: &TestServer, more: Value) -> Value {
    let mut body = json!({"title": "Test lead", "person_id": 1});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let (status, body) = server.post("/api/v1/leads", body).await;
    assert_eq!(status, 201, "{body}");
    body["data"].clone()
}

fn path(lead: &Value) -> String {
    format!("/api/v1/leads/{}", lead["id"].as_str().unwrap())
}

#[tokio::test]
async fn leads_are_created_as_documented() {
    let server = TestServer::open().await;
    let label = server.data("/api/v1/leadLabels").await[0]["id"].clone();
    let made = lead(
        &server,
        json!({"label_ids": [label], "value": {"amount": 300.5, "currency": "EUR"}, "expected_close_date": "2028-02-29"}),
    )
    .await;
    assert_eq!(
        (&made["source_name"], &made["origin"], &made["visible_to"]),
        (&json!("API"), &json!("API"), &json!("3"))
    );
    assert!(made["add_time"].as_str().is_some_and(|time| time.len() == "2020-10-14T11:30:36.551Z".len()));
    for (body, word) in [
        (json!({"title": "x"}), "person or an organization"),
        (json!({"person_id": 1}), "title"),
        (json!({"title": "x", "person_id": 999_999}), "person_id"),
        (json!({"title": "x", "organization_id": 999_999}), "organization_id"),
        (json!({"title": "x", "person_id": 1, "org_id": 1}), "org_id"),
        (json!({"title": "x", "person_id": 1, "value": {"amount": 5}}), "value"),
        (json!({"title": "x", "person_id": 1, "value": 5}), "value"),
        (json!({"title": "x", "person_id": 1, "value": {"amount": 5, "currency": "XXX"}}), "currency"),
        (json!({"title": "x", "person_id": 1, "expected_close_date": "2027-06-31"}), "expected_close_date"),
        (json!({"title": "x", "person_id": 1, "expected_close_date": "2027-06-30T00:00:00Z"}), "expected_close_date"),
        (json!({"title": "x", "person_id": 1, "label_ids": ["2f1c0a52-8c52-4b5e-9d3c-0d8f4b6f1a11"]}), "label_ids"),
        (json!({"title": "x", "person_id": 1, "label_ids": [1]}), "label_ids"),
        (json!({"title": "x", "person_id": 1, "visible_to": 3}), "visible_to"),
        (json!({"title": "x", "person_id": 1, "owner_id": 999}), "owner_id"),
        (json!({"title": "x", "person_id": 1, "source_name": "Mine"}), "source_name"),
        (json!({"title": "x", "person_id": 1, "is_archived": true}), "is_archived"),
    ] {
        let words = error_of(server.post("/api/v1/leads", body).await, 400);
        assert!(words.contains(word), "{word}: {words}");
    }
}

#[tokio::test]
async fn leads_are_patched_and_keep_a_contact() {
    let server = TestServer::open().await;
    let made = lead(&server, json!({"value": {"amount": 1, "currency": "EUR"}})).await;
    error_of(server.patch(&path(&made), json!({"person_id": null})).await, 400);
    let changed = ok(server.patch(&path(&made), json!({"person_id": null, "organization_id": 2, "value": null})).await);
    assert_eq!(
        (&changed["person_id"], &changed["organization_id"], &changed["value"]),
        (&Value::Null, &json!(2), &Value::Null)
    );
    assert!(changed["update_time"].as_str() >= made["update_time"].as_str());
    error_of(server.put(&path(&made), json!({"title": "x"})).await, 405);
    let archived = ok(server.patch(&path(&made), json!({"is_archived": true})).await);
    assert_eq!(archived["is_archived"], true);
    error_of(server.patch(&path(&made), json!({"title": "x"})).await, 400);
    error_of(server.patch(&path(&made), json!({"title": "x", "is_archived": false})).await, 400);
    ok(server.patch(&path(&made), json!({"is_archived": false})).await);
    assert_eq!(ok(server.delete(&path(&made)).await)["id"], made["id"]);
    assert_eq!(error_of(server.get(&path(&made)).await, 404), "requested lead not found");
    error_of(server.get("/api/v1/leads/not-a-uuid").await, 404);
}

#[tokio::test]
async fn leads_are_paged_by_offset_filtered_and_sorted() {
    let server = TestServer::open().await;
    let whole = server.data("/api/v1/leads?limit=500").await.as_array().unwrap().clone();
    let mut pages = Vec::new();
    loop {
        let (_, page) = server.get(&format!("/api/v1/leads?limit=7&start={}", pages.len())).await;
        pages.extend(page["data"].as_array().unwrap().iter().cloned());
        assert!(page["additional_data"].get("next_start").is_none());
        if page["additional_data"]["more_items_in_collection"] == false {
            break;
        }
    }
    assert_eq!(pages, whole);
    assert!(whole.iter().map(|lead| lead["add_time"].as_str()).is_sorted(), "oldest first");
    let newest = server.data("/api/v1/leads?limit=500&sort=add_time%20DESC").await;
    assert_eq!(newest[0]["id"], whole.last().unwrap()["id"]);
    let by_title = server.data("/api/v1/leads?limit=500&sort=title").await;
    assert!(by_title.as_array().unwrap().iter().map(|lead| lead["title"].as_str()).is_sorted());
    error_of(server.get("/api/v1/leads?sort=colour").await, 400);
    error_of(server.get("/api/v1/leads?sort=title%20UP").await, 400);
    let mine = server.data("/api/v1/leads?limit=500&owner_id=2").await;
    assert!(mine.as_array().unwrap().iter().all(|lead| lead["owner_id"] == 2));
    let person = whole.iter().find(|lead| !lead["person_id"].is_null()).unwrap()["person_id"].clone();
    let theirs = server.data(&format!("/api/v1/leads?person_id={person}")).await;
    assert!(theirs.as_array().unwrap().iter().all(|lead| lead["person_id"] == person));
    error_of(server.get("/api/v1/leads?updated_since=2026-01-01T00:00:00.5Z").await, 400);
    assert_eq!(server.data("/api/v1/leads?updated_since=2100-01-01T00:00:00Z").await, json!([]));
    let archived = server.data("/api/v1/leads/archived").await;
    assert!(archived.as_array().unwrap().iter().all(|lead| lead["is_archived"] == true));
}

#[tokio::test]
async fn lead_labels_are_created_changed_and_deleted() {
    let server = TestServer::open().await;
    error_of(server.post("/api/v1/leadLabels", json!({"name": "x", "color": "mauve"})).await, 400);
    error_of(server.post("/api/v1/leadLabels", json!({"name": "x"})).await, 400);
    let label = ok(server.post("/api/v1/leadLabels", json!({"name": "Fair", "color": "dark-gray"})).await);
    let made = lead(&server, json!({"label_ids": [label["id"]]})).await;
    let label_path = format!("/api/v1/leadLabels/{}", label["id"].as_str().unwrap());
    assert_eq!(ok(server.patch(&label_path, json!({"color": "pink"})).await)["color"], "pink");
    ok(server.delete(&label_path).await);
    assert_eq!(server.data(&path(&made)).await["label_ids"], json!([]));
    assert!(server.data("/api/v1/leadSources").await.as_array().unwrap().contains(&json!({"name": "API"})));
}

/// Polls until a conversion has finished.
async fn converted(server: &TestServer, path: &str) -> Value {
    loop {
        let job = server.data(path).await;
        if job["status"] != "running" {
            return job;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn leads_and_deals_are_converted_into_each_other() {
    let server = TestServer::open().await;
    let made = lead(
        &server,
        json!({"organization_id": 2, "value": {"amount": 70, "currency": "USD"}, "expected_close_date": "2027-06-30"}),
    )
    .await;
    let id = made["id"].as_str().unwrap();
    ok(server.post("/api/v1/notes", json!({"content": "moves along", "lead_id": id})).await);
    let job = ok(server.post(&format!("/api/v2/leads/{id}/convert/deal"), json!({"stage_id": 3})).await);
    let conversion = job["conversion_id"].as_str().unwrap();
    let status = format!("/api/v2/leads/{id}/convert/status/{conversion}");
    assert_eq!(server.data(&status).await["status"], "running");
    let again = ok(server.post(&format!("/api/v2/leads/{id}/convert/deal"), json!({})).await);
    assert_eq!(again["conversion_id"], conversion, "it is under way already");

    // The lead exists until the conversion has finished; the queries take time, so the limits are not exceeded.
    server.fault(json!({"kind": "latency", "millis": 50, "path": "/api/v2/leads/*"})).await;
    let job = converted(&server, &status).await;
    assert_eq!(job["status"], "completed");
    error_of(server.get(&path(&made)).await, 404);
    let deal = server.data(&format!("/api/v2/deals/{}", job["deal_id"])).await;
    for (field, value) in [
        ("title", json!("Test lead")),
        ("value", json!(70)),
        ("currency", json!("USD")),
        ("person_id", json!(1)),
        ("org_id", json!(2)),
        ("stage_id", json!(3)),
        ("expected_close_date", json!("2027-06-30")),
        ("label_ids", json!([])),
        ("status", json!("open")),
    ] {
        assert_eq!(deal[field], value, "{field}");
    }
    assert_eq!(deal["add_time"].as_str().unwrap().len(), "2026-01-01T00:00:00Z".len());
    let notes = server.data(&format!("/api/v1/notes?deal_id={}", job["deal_id"])).await;
    assert_eq!(notes[0]["content"], "moves along");

    let back = ok(server.post(&format!("/api/v2/deals/{}/convert/lead", job["deal_id"]), json!({})).await);
    let status = format!("/api/v2/deals/{}/convert/status/{}", job["deal_id"], back["conversion_id"].as_str().unwrap());
    server.fault(json!({"kind": "latency", "millis": 50, "path": "/api/v2/deals/*"})).await;
    let job = converted(&server, &status).await;
    assert_eq!(server.data(&format!("/api/v1/leads/{}", job["lead_id"].as_str().unwrap())).await["title"], "Test lead");

    for unknown in
        ["/api/v2/leads/2f1c0a52-8c52-4b5e-9d3c-0d8f4b6f1a11/convert/deal", "/api/v2/deals/999999/convert/lead"]
    {
        assert_eq!(error_of(server.post(unknown, json!({})).await, 404), "Entity was not found");
    }
    let (status, body) = server.get(&format!("/api/v2/leads/{id}/convert/status/{id}")).await;
    assert_eq!((status, &body["error_info"]), (404, &json!("Object was not found.")));
}
