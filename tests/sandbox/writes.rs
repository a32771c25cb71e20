//! The write log.

use dealdeck::sandbox::{Options, Plan};
use serde_json::{Value, json};

use super::client::{TestServer, error_of, id, ok};

async fn writes(server: &TestServer) -> Vec<Value> {
    server.data("/sandbox/writes").await.as_array().expect("a list").clone()
}

#[tokio::test]
async fn writes_are_recorded_in_order_with_created_ids() {
    let server = TestServer::open().await;
    assert_eq!(writes(&server).await, Vec::<Value>::new());
    let person = server.person().await;
    let deal = server.deal(json!({"title": "Recorded", "value": 1.50})).await;
    let path = format!("/api/v2/deals/{}", id(&deal));
    ok(server.patch(&path, json!({"value": 2})).await);
    ok(server.patch(&path, json!({"value": 2})).await);
    let lead = ok(server.post("/v1/leads", json!({"title": "Recorded lead", "person_id": person})).await);
    let note = ok(server.post("/api/v1/notes", json!({"content": "x", "deal_id": id(&deal)})).await);
    ok(server.put(&format!("/api/v1/notes/{}", id(&note)), json!({"content": "y"})).await);
    ok(server.delete(&path).await);

    let writes = writes(&server).await;
    let (at, arrived) = (&writes[1]["at"], &writes[1]["arrived"]);
    assert!(arrived.as_u64() <= at.as_u64() && at.as_u64() <= writes[2]["at"].as_u64(), "{writes:?}");
    assert_eq!(
        writes[1],
        json!({
            "seq": 2, "method": "POST", "path": "/api/v2/deals", "id": deal["id"], "status": 200, "user": 1,
            "body": {"title": "Recorded", "person_id": 1, "value": 1.5}, "at": at, "arrived": arrived,
        })
    );
    let summary: Vec<Value> = writes
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
    assert_eq!(Value::Array(summary), expected);
    assert_eq!((&writes[4]["status"], &writes[7]["body"]), (&json!(201), &Value::Null));
}

#[tokio::test]
async fn requests_without_changes_are_not_recorded() {
    let server = TestServer::open().await;
    error_of(server.post("/api/v2/deals", json!({"title": "Unlinked"})).await, 400);
    error_of(server.patch("/api/v2/deals/999999", json!({"title": "Nobody"})).await, 404);
    server.data("/api/v2/deals?limit=5").await;
    server.fault(json!({"kind": "status", "times": 1, "method": "POST"})).await;
    error_of(server.post("/api/v2/persons", json!({"name": "Nobody"})).await, 500);
    server.fault(json!({"kind": "drop_before", "times": 1, "method": "POST"})).await;
    assert!(server.try_send("POST", "/api/v2/persons", Some(&json!({"name": "Nobody"}))).await.is_err());
    assert_eq!(writes(&server).await, Vec::<Value>::new());

    // A running conversion is not started again.
    let lead = ok(server.post("/api/v1/leads", json!({"title": "Once", "person_id": 1})).await);
    let path = format!("/api/v2/leads/{}/convert/deal", lead["id"].as_str().unwrap());
    let job = ok(server.post(&path, json!({})).await)["conversion_id"].clone();
    assert_eq!(ok(server.post(&path, json!({})).await)["conversion_id"], job);
    let writes = writes(&server).await;
    assert_eq!((writes.len(), &writes[1]["id"]), (2, &job));
}

#[tokio::test]
async fn writes_with_lost_responses_are_recorded() {
    let server = TestServer::open().await;
    server.fault(json!({"kind": "drop_after", "times": 1, "method": "POST"})).await;
    assert!(server.try_send("POST", "/api/v2/persons", Some(&json!({"name": "Lost"}))).await.is_err());
    let writes = writes(&server).await;
    assert_eq!((writes.len(), &writes[0]["body"]["name"]), (1, &json!("Lost")));
    assert!(writes[0]["id"].is_u64());
    assert_eq!(server.stats().await["dropped"], 1);
}

#[tokio::test]
async fn concurrent_writes_are_recorded_in_order_of_effect() {
    let server = TestServer::open().await;
    let deal = server.deal(json!({"value": 0})).await;
    let path = format!("/api/v2/deals/{}", id(&deal));
    let bodies: Vec<Value> = (1..=60).map(|value| json!({"value": value})).collect();
    let sent = bodies.iter().map(|body| server.try_send("PATCH", &path, Some(body)));
    let answers = futures_util::future::join_all(sent).await;
    assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(|answer| answer.status().is_success())));
    let writes = writes(&server).await;
    assert!(writes.iter().zip(1..).all(|(write, seq)| write["seq"] == seq));
    assert_eq!(writes.len(), 61);
    assert_eq!(server.data(&path).await["value"], writes[60]["body"]["value"]);
}

#[tokio::test]
async fn the_write_log_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { plan: Plan::Enterprise, db: Some(folder.path().join("practice.db")), ..Options::default() };
    let server = TestServer::with(options.clone()).await;
    server.person().await;
    server.deal(json!({})).await;
    let before = writes(&server).await;
    server.sandbox.stop().await;
    let server = TestServer::with(options).await;
    assert_eq!((before.len(), writes(&server).await), (2, before));
    server.person().await;
    assert_eq!(writes(&server).await[2]["seq"], 3);
}
