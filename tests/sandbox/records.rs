//! The rules of records: deals, activities, people, organizations, pipelines, notes, webhooks.

use serde_json::{Value, json};

use super::client::{TestServer, assert_schema_error, error_of, id, ok};

async fn change(server: &TestServer, deal: &Value, body: Value) -> (u16, Value) {
    server.patch(&format!("/api/v2/deals/{}", deal["id"]), body).await
}

#[tokio::test]
async fn invalid_bodies_are_refused_naming_the_field() {
    let server = TestServer::open().await;
    let deal = server.deal(json!({})).await;
    for (body, field) in [
        (json!({"titel": "x"}), "titel"),
        (json!({"title": 5}), "title"),
        (json!({"title": null}), "title"),
        (json!({"value": "12"}), "value"),
        (json!({"stage_id": "1"}), "stage_id"),
        (json!({"probability": 101}), "probability"),
        (json!({"probability": -1}), "probability"),
        (json!({"expected_close_date": "2027-02-30"}), "expected_close_date"),
        (json!({"expected_close_date": "2027-2-3"}), "expected_close_date"),
        (json!({"label_ids": ["1"]}), "label_ids"),
        (json!({"visible_to": "3"}), "visible_to"),
        (json!({"status": "sold"}), "status"),
        (json!({"add_time": "2026-01-01T00:00:00Z"}), "add_time"),
        (json!({"update_time": "2026-01-01T00:00:00Z"}), "update_time"),
        (json!({"stage_change_time": "2026-01-01T00:00:00Z"}), "stage_change_time"),
        (json!({"id": 5}), "id"),
        (json!({"custom_fields": {"abc": 1}}), "abc"),
    ] {
        assert_schema_error(change(&server, &deal, body).await, field);
    }
    assert_schema_error(server.post("/api/v2/deals", json!({"person_id": 1})).await, "title");
    assert_schema_error(server.post("/api/v2/persons", json!({"org_id": 1})).await, "name");
    assert_schema_error(server.post("/api/v2/organizations", json!({"name": " "})).await, "name");
    assert_schema_error(
        server.post("/api/v2/organizations", json!({"name": "x", "address": "Main Street"})).await,
        "address",
    );
    assert_schema_error(server.post("/api/v2/activities", json!({"due_date": "tomorrow"})).await, "due_date");
    assert_schema_error(server.post("/api/v2/activities", json!({"done": 1})).await, "done");
    assert_schema_error(server.post("/api/v2/activities", json!({"person_id": 1})).await, "person_id");
    assert_schema_error(server.post("/api/v2/deals", json!([1])).await, "object");
    assert_eq!(server.data(&format!("/api/v2/deals/{}", deal["id"])).await, deal, "nothing was changed");
}

#[tokio::test]
async fn a_deal_needs_a_contact_and_existing_links() {
    let server = TestServer::open().await;
    let words = error_of(server.post("/api/v2/deals", json!({"title": "Alone"})).await, 400);
    assert!(words.contains("person or an organization"), "{words}");
    let deal = server.deal(json!({"person_id": 1, "org_id": 1})).await;
    assert_eq!(ok(change(&server, &deal, json!({"person_id": null})).await)["person_id"], Value::Null);
    error_of(change(&server, &deal, json!({"org_id": null})).await, 400);
    assert_eq!(ok(change(&server, &deal, json!({"org_id": null, "person_id": 2})).await)["person_id"], 2);
    for body in [
        json!({"person_id": 999_999}),
        json!({"org_id": 999_999}),
        json!({"stage_id": 999}),
        json!({"pipeline_id": 999}),
        json!({"owner_id": 999}),
        json!({"owner_id": 6}),
        json!({"label_ids": [1]}),
        json!({"currency": "XXX"}),
    ] {
        error_of(change(&server, &deal, body).await, 400);
    }
    error_of(server.patch("/api/v2/deals/999999", json!({"title": "x"})).await, 404);
    error_of(server.get("/api/v2/deals/999999").await, 404);
}

#[tokio::test]
async fn a_stage_or_pipeline_moves_a_deal() {
    let server = TestServer::open().await;
    let deal = server.deal(json!({})).await;
    assert_eq!((&deal["pipeline_id"], &deal["stage_id"]), (&json!(1), &json!(1)));
    assert_eq!(deal["stage_change_time"], Value::Null);
    let stages = server.walk("/api/v2/stages?pipeline_id=2&sort_by=order_nr").await;
    let moved = ok(change(&server, &deal, json!({"stage_id": stages[2]["id"]})).await);
    assert_eq!((&moved["pipeline_id"], &moved["stage_id"]), (&json!(2), &stages[2]["id"]));
    assert!(moved["stage_change_time"].is_string());
    let same = ok(change(&server, &deal, json!({"pipeline_id": 2})).await);
    assert_eq!(same["stage_id"], stages[2]["id"], "it was in that pipeline already");
    let moved = ok(change(&server, &deal, json!({"pipeline_id": 3})).await);
    let first = server.walk("/api/v2/stages?pipeline_id=3&sort_by=order_nr").await[0]["id"].clone();
    assert_eq!(moved["stage_id"], first);
}

#[tokio::test]
async fn closing_sets_times_and_reopening_clears_them() {
    let server = TestServer::open().await;
    let deal = server.deal(json!({})).await;
    error_of(change(&server, &deal, json!({"lost_reason": "too dear"})).await, 400);
    error_of(change(&server, &deal, json!({"won_time": "2026-01-01T00:00:00Z"})).await, 400);
    let won = ok(change(&server, &deal, json!({"status": "won"})).await);
    assert!(won["won_time"].is_string() && won["close_time"] == won["won_time"] && won["lost_time"].is_null());
    let lost = ok(change(&server, &deal, json!({"status": "lost", "lost_reason": "too dear"})).await);
    assert!(lost["won_time"].is_null() && lost["lost_time"].is_string());
    assert_eq!(lost["lost_reason"], "too dear");
    let renamed = ok(change(&server, &deal, json!({"title": "Renamed"})).await);
    assert_eq!((&renamed["lost_time"], &renamed["lost_reason"]), (&lost["lost_time"], &json!("too dear")));
    let open = ok(change(&server, &deal, json!({"status": "open"})).await);
    for gone in ["won_time", "lost_time", "close_time", "lost_reason"] {
        assert!(open[gone].is_null(), "{gone}");
    }
    let given = json!({"status": "won", "won_time": "2026-01-02T03:04:05Z"});
    assert_eq!(ok(change(&server, &deal, given).await)["won_time"], "2026-01-02T03:04:05Z");
}

#[tokio::test]
async fn archived_deals_are_unlisted_and_read_only() {
    let server = TestServer::open().await;
    let deal = server.deal(json!({})).await;
    let archived = ok(change(&server, &deal, json!({"is_archived": true})).await);
    assert!(archived["archive_time"].is_string());
    let path = format!("/api/v2/deals?ids={}", deal["id"]);
    assert_eq!(server.data(&path).await, json!([]));
    assert_eq!(server.data(&path.replace("deals?", "deals/archived?")).await[0]["id"], deal["id"]);
    for body in [json!({"title": "x"}), json!({"is_archived": false, "title": "x"}), json!({"is_archived": true})] {
        let words = error_of(change(&server, &deal, body).await, 400);
        assert!(words.contains("Archived"), "{words}");
    }
    let back = ok(change(&server, &deal, json!({"is_archived": false})).await);
    assert_eq!((&back["is_archived"], &back["archive_time"]), (&json!(false), &Value::Null));
    assert_eq!(server.data(&path).await[0]["id"], deal["id"]);
}

#[tokio::test]
async fn deleted_records_are_marked_and_listed_on_request() {
    let server = TestServer::open().await;
    let deal = server.deal(json!({})).await;
    let path = format!("/api/v2/deals/{}", deal["id"]);
    assert_eq!(ok(server.delete(&path).await), json!({"id": deal["id"]}));
    assert_eq!(server.data(&path).await["is_deleted"], true);
    assert_eq!(server.data(&format!("/api/v2/deals?ids={}", deal["id"])).await, json!([]));
    assert_eq!(server.data(&format!("/api/v2/deals?status=deleted&ids={}", deal["id"])).await[0]["id"], deal["id"]);
    error_of(server.patch(&path, json!({"title": "x"})).await, 404);
    error_of(server.delete(&path).await, 404);
    error_of(server.patch("/api/v2/deals/1", json!({"is_deleted": true})).await, 400);
}

#[tokio::test]
async fn completing_an_activity_updates_its_deal() {
    let server = TestServer::open().await;
    let deals = server.walk("/api/v2/deals?limit=500&status=open&sort_by=update_time").await;
    let deal = &deals[0];
    let body = json!({"subject": "Ring", "type": "call", "deal_id": deal["id"], "due_date": "2027-01-15", "due_time": "9:30",
        "participants": [{"person_id": 3}]});
    let activity = ok(server.post("/api/v2/activities", body).await);
    assert_eq!((&activity["due_time"], &activity["person_id"]), (&json!("09:30:00"), &json!(3)));
    let path = format!("/api/v2/activities/{}", activity["id"]);
    let done = ok(server.patch(&path, json!({"done": true})).await);
    assert!(done["marked_as_done_time"].is_string());
    let touched = server.data(&format!("/api/v2/deals/{}", deal["id"])).await;
    assert!(touched["update_time"].as_str() > deal["update_time"].as_str());
    assert_eq!(ok(server.patch(&path, json!({"done": false})).await)["marked_as_done_time"], Value::Null);
    error_of(server.patch(&path, json!({"type": "carrier_pigeon"})).await, 400);
    error_of(server.patch(&path, json!({"deal_id": 999_999})).await, 400);
    ok(server.delete(&path).await);
    assert_eq!(server.data(&format!("/api/v2/activities?ids={}", activity["id"])).await, json!([]));
}

#[tokio::test]
async fn people_and_organizations_are_created_and_changed() {
    let server = TestServer::open().await;
    let org = ok(server.post("/api/v2/organizations", json!({"name": "Ny AS", "address": {"value": "Kai 1"}})).await);
    assert_eq!(org["address"]["value"], "Kai 1");
    assert!(org["address"]["country"].is_null());
    let emails = json!([{"value": "ida@ny.example", "primary": true, "label": "work"}]);
    let body = json!({"name": "Ida Ny Lund", "org_id": org["id"], "emails": emails});
    let person = ok(server.post("/api/v2/persons", body).await);
    assert_eq!((&person["first_name"], &person["last_name"]), (&json!("Ida"), &json!("Ny Lund")));
    assert_eq!(person["emails"], emails);
    let path = format!("/api/v2/persons/{}", person["id"]);
    assert_eq!(ok(server.patch(&path, json!({"org_id": null})).await)["org_id"], Value::Null);
    error_of(server.patch(&path, json!({"org_id": 999_999})).await, 400);
    let org_path = format!("/api/v2/organizations/{}", org["id"]);
    ok(server.delete(&org_path).await);
    error_of(server.patch(&path, json!({"org_id": org["id"]})).await, 400);
}

#[tokio::test]
async fn pipelines_and_stages_are_created_and_changed() {
    let server = TestServer::open().await;
    let pipeline = ok(server.post("/api/v2/pipelines", json!({"name": "Rentals"})).await);
    assert_eq!(pipeline["is_deal_probability_enabled"], false);
    assert_schema_error(server.post("/api/v2/stages", json!({"name": "Asked"})).await, "pipeline_id");
    error_of(server.post("/api/v2/stages", json!({"name": "Asked", "pipeline_id": 999})).await, 400);
    for (order, name) in [(1, "Asked"), (2, "Rented")] {
        let stage = ok(server.post("/api/v2/stages", json!({"name": name, "pipeline_id": pipeline["id"]})).await);
        assert_eq!((&stage["order_nr"], &stage["deal_probability"]), (&json!(order), &json!(100)));
    }
    let deal = server.deal(json!({"pipeline_id": pipeline["id"]})).await;
    let path = format!("/api/v2/stages/{}", deal["stage_id"]);
    assert_eq!(ok(server.patch(&path, json!({"name": "Asked for"})).await)["name"], "Asked for");
    assert_schema_error(server.patch(&path, json!({"order_nr": 5})).await, "order_nr");
    ok(server.delete(&path).await);
    error_of(server.patch("/api/v2/deals/1", json!({"stage_id": deal["stage_id"]})).await, 400);
    ok(server.delete(&format!("/api/v2/pipelines/{}", pipeline["id"])).await);
    error_of(server.patch("/api/v2/deals/1", json!({"pipeline_id": pipeline["id"]})).await, 400);
}

#[tokio::test]
async fn notes_need_content_and_a_linked_item() {
    let server = TestServer::open().await;
    error_of(server.post("/api/v1/notes", json!({"content": "x"})).await, 400);
    error_of(server.post("/api/v1/notes", json!({"deal_id": 1})).await, 400);
    let deal = server.deal(json!({"title": "Noted"})).await;
    let note = ok(server
        .post("/api/v1/notes", json!({"content": "<p>x</p>", "deal_id": deal["id"], "pinned_to_deal_flag": 1}))
        .await);
    assert_eq!((&note["deal"]["title"], &note["pinned_to_deal_flag"]), (&json!("Noted"), &json!(true)));
    assert!(note["add_time"].as_str().is_some_and(|time| time.len() == 19 && time.contains(' ')));
    let path = format!("/api/v1/notes/{}", note["id"]);
    assert_eq!(ok(server.put(&path, json!({"content": "y"})).await)["content"], "y");
    error_of(server.patch(&path, json!({"content": "z"})).await, 405);
    let (_, page) = server.get(&format!("/api/v1/notes?deal_id={}", deal["id"])).await;
    assert_eq!(page["data"].as_array().unwrap().len(), 1);
    assert_eq!(page["additional_data"]["pagination"]["more_items_in_collection"], false);
    assert_eq!(ok(server.delete(&path).await), json!(true));
    error_of(server.get(&path).await, 404);
    assert_eq!(server.data(&format!("/api/v1/notes?deal_id={}", deal["id"])).await, Value::Null);
    let (_, page) = server.get("/api/v1/notes?limit=10").await;
    assert_eq!(page["additional_data"]["pagination"]["next_start"], 10);
}

#[tokio::test]
async fn webhooks_are_validated_and_stored() {
    let server = TestServer::open().await;
    let good = json!({"subscription_url": "https://example.com/hook", "event_action": "*", "event_object": "deal", "name": "n"});
    let mut bad = good.clone();
    bad["subscription_url"] = json!("ftp://example.com");
    let (status, body) = server.post("/api/v1/webhooks", bad).await;
    assert_eq!((status, &body["status"]), (400, &json!("error")));
    assert!(body["errors"]["subscription_url"].is_array());
    let (status, body) = server.post("/api/v1/webhooks", good.clone()).await;
    assert_eq!((status, &body["data"]["version"]), (201, &json!("2.0")));
    for _ in 1..40 {
        ok(server.post("/api/v1/webhooks", good.clone()).await);
    }
    error_of(server.post("/api/v1/webhooks", good).await, 422);
    assert_eq!(server.data("/api/v1/webhooks").await.as_array().unwrap().len(), 40);
    let path = format!("/api/v1/webhooks/{}", id(&body["data"]));
    assert_eq!(server.delete(&path).await.0, 200);
    assert_eq!(server.delete(&path).await.0, 404);
}

#[tokio::test]
async fn summary_totals_equal_those_of_the_deals() {
    let server = TestServer::open().await;
    let deals = server.walk("/api/v2/deals?limit=500&status=open&pipeline_id=1").await;
    let stages = server.walk("/api/v2/stages?pipeline_id=1").await;
    let (mut sum, mut weighted) = (0.0, 0.0);
    for deal in deals.iter().filter(|deal| deal["currency"] == "EUR") {
        let value = deal["value"].as_f64().unwrap();
        let stage = stages.iter().find(|stage| stage["id"] == deal["stage_id"]).unwrap();
        let chance = deal["probability"].as_f64().or(stage["deal_probability"].as_f64()).unwrap();
        sum += value;
        weighted += value * chance / 100.0;
    }
    let summary = server.data("/api/v1/deals/summary?status=open&pipeline_id=1").await;
    assert_eq!(summary["total_count"], deals.len());
    let close = |value: &Value, expected: f64| (value.as_f64().unwrap() - expected).abs() < 0.01;
    assert!(close(&summary["values_total"]["EUR"]["value"], sum), "{summary}");
    assert!(close(&summary["weighted_values_total"]["EUR"]["value"], weighted), "{summary}");
}
