//! The record of writes.

use dealdeck::sandbox::{Options, Plan};
use serde_json::{Value, json};

use super::desk::{Desk, id, ok, refused};

async fn writes(desk: &Desk) -> Vec<Value> {
    desk.data("/sandbox/writes").await.as_array().expect("a list").clone()
}

#[tokio::test]
async fn what_was_carried_out_is_recorded_in_its_order_with_what_was_made() {
    let desk = Desk::open().await;
    assert_eq!(writes(&desk).await, Vec::<Value>::new());
    let person = desk.person().await;
    let deal = desk.deal(json!({"title": "Recorded", "value": 1.50})).await;
    let path = format!("/api/v2/deals/{}", id(&deal));
    ok(desk.patch(&path, json!({"value": 2})).await);
    ok(desk.patch(&path, json!({"value": 2})).await);
    let lead = ok(desk.post("/v1/leads", json!({"title": "Recorded lead", "person_id": person})).await);
    let note = ok(desk.post("/api/v1/notes", json!({"content": "x", "deal_id": id(&deal)})).await);
    ok(desk.put(&format!("/api/v1/notes/{}", id(&note)), json!({"content": "y"})).await);
    ok(desk.delete(&path).await);

    let writes = writes(&desk).await;
    let (at, arrived) = (&writes[1]["at"], &writes[1]["arrived"]);
    assert!(arrived.as_u64() <= at.as_u64() && at.as_u64() <= writes[2]["at"].as_u64(), "{writes:?}");
    assert_eq!(
        writes[1],
        json!({
            "seq": 2, "method": "POST", "path": "/api/v2/deals", "id": deal["id"], "status": 200, "user": 1,
            "body": {"title": "Recorded", "person_id": 1, "value": 1.5}, "at": at, "arrived": arrived,
        })
    );
    let told: Vec<Value> = writes
        .iter()
        .map(|write| json!([write["seq"], write["method"], write["path"], write["id"], write["body"]["value"]]))
        .collect();
    let note_path = format!("/api/v1/notes/{}", id(&note));
    let expected = json!([
        [1, "POST", "/api/v2/persons", person, null],
        [2, "POST", "/api/v2/deals", deal["id"], 1.5],
        [3, "PATCH", path, null, 2],
        [4, "PATCH", path, null, 2],
        [5, "POST", "/v1/leads", lead["id"], null],
        [6, "POST", "/api/v1/notes", note["id"], null],
        [7, "PUT", note_path, null, null],
        [8, "DELETE", path, null, null],
    ]);
    assert_eq!(Value::Array(told), expected);
    assert_eq!((&writes[4]["status"], &writes[7]["body"]), (&json!(201), &Value::Null));
}

#[tokio::test]
async fn what_changed_nothing_is_not_recorded() {
    let desk = Desk::open().await;
    refused(desk.post("/api/v2/deals", json!({"title": "Unlinked"})).await, 400);
    refused(desk.patch("/api/v2/deals/999999", json!({"title": "Nobody"})).await, 404);
    desk.data("/api/v2/deals?limit=5").await;
    desk.fault(json!({"kind": "status", "times": 1, "method": "POST"})).await;
    refused(desk.post("/api/v2/persons", json!({"name": "Nobody"})).await, 500);
    desk.fault(json!({"kind": "drop_before", "times": 1, "method": "POST"})).await;
    assert!(desk.try_send("POST", "/api/v2/persons", Some(&json!({"name": "Nobody"}))).await.is_err());
    assert_eq!(writes(&desk).await, Vec::<Value>::new());

    // A conversion that is under way is not begun again.
    let lead = ok(desk.post("/api/v1/leads", json!({"title": "Once", "person_id": 1})).await);
    let path = format!("/api/v2/leads/{}/convert/deal", lead["id"].as_str().unwrap());
    let job = ok(desk.post(&path, json!({})).await)["conversion_id"].clone();
    assert_eq!(ok(desk.post(&path, json!({})).await)["conversion_id"], job);
    let writes = writes(&desk).await;
    assert_eq!((writes.len(), &writes[1]["id"]), (2, &job));
}

#[tokio::test]
async fn writes_whose_answers_are_lost_are_recorded() {
    let desk = Desk::open().await;
    desk.fault(json!({"kind": "drop_after", "times": 1, "method": "POST"})).await;
    assert!(desk.try_send("POST", "/api/v2/persons", Some(&json!({"name": "Lost"}))).await.is_err());
    let writes = writes(&desk).await;
    assert_eq!((writes.len(), &writes[0]["body"]["name"]), (1, &json!("Lost")));
    assert!(writes[0]["id"].is_u64());
    assert_eq!(desk.stats().await["dropped"], 1);
}

#[tokio::test]
async fn many_at_once_are_recorded_as_they_took_effect() {
    let desk = Desk::open().await;
    let deal = desk.deal(json!({"value": 0})).await;
    let path = format!("/api/v2/deals/{}", id(&deal));
    let bodies: Vec<Value> = (1..=60).map(|value| json!({"value": value})).collect();
    let sent = bodies.iter().map(|body| desk.try_send("PATCH", &path, Some(body)));
    let answers = futures_util::future::join_all(sent).await;
    assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(|answer| answer.status().is_success())));
    let writes = writes(&desk).await;
    assert!(writes.iter().zip(1..).all(|(write, seq)| write["seq"] == seq));
    assert_eq!(writes.len(), 61);
    assert_eq!(desk.data(&path).await["value"], writes[60]["body"]["value"]);
}

#[tokio::test]
async fn a_file_keeps_the_record_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { plan: Plan::Enterprise, db: Some(folder.path().join("practice.db")), ..Options::default() };
    let desk = Desk::with(options.clone()).await;
    desk.person().await;
    desk.deal(json!({})).await;
    let before = writes(&desk).await;
    desk.sandbox.stop().await;
    let desk = Desk::with(options).await;
    assert_eq!((before.len(), writes(&desk).await), (2, before));
    desk.person().await;
    assert_eq!(writes(&desk).await[2]["seq"], 3);
}
