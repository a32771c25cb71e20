//! Requests whose clients have left, and stalled networks.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::client::{TestServer, User, ok};

/// The timeout of the client.
const PATIENCE: Duration = Duration::from_millis(50);

/// Sends a change of a title, and leaves.
async fn leave(user: &User, path: &str, title: &str) {
    let body = json!({"title": title});
    let sent = tokio::time::timeout(PATIENCE, user.try_send("PATCH", path, Some(&body))).await;
    assert!(sent.is_err(), "it was answered");
}

/// Waits for this many writes, and returns them.
async fn writes(user: &User, count: usize) -> Vec<Value> {
    loop {
        let writes = user.data("/sandbox/writes").await;
        if let Some(writes) = writes.as_array().filter(|writes| writes.len() >= count) {
            return writes.clone();
        }
    }
}

#[tokio::test]
async fn a_request_takes_effect_after_its_client_left() {
    let server = TestServer::open().await;
    server.fault(json!({"kind": "latency", "millis": 200, "times": 1, "method": "PATCH"})).await;
    leave(&server, "/api/v2/deals/2", "Left").await;
    assert_eq!(writes(&server, 1).await[0]["body"]["title"], "Left");
    assert_eq!(server.data("/api/v2/deals/2").await["title"], "Left");
}

#[tokio::test]
async fn a_late_request_takes_effect_after_its_retry() {
    let server = TestServer::open().await;
    server.fault(json!({"kind": "late", "millis": 400, "times": 1, "method": "PATCH"})).await;
    leave(&server, "/api/v2/deals/2", "First").await;
    assert_eq!(server.stats().await["late"], 1);
    ok(server.patch("/api/v2/deals/2", json!({"title": "Second"})).await);
    let writes = writes(&server, 2).await;
    assert_eq!((&writes[0]["body"]["title"], &writes[1]["body"]["title"]), (&json!("Second"), &json!("First")));
    assert!(writes[1]["arrived"].as_u64().unwrap() + 400 <= writes[1]["at"].as_u64().unwrap(), "{writes:?}");
    assert!(writes[1]["arrived"].as_u64() <= writes[0]["arrived"].as_u64(), "{writes:?}");
    assert_eq!(server.data("/api/v2/deals/2").await["title"], "First");
    let stats = server.stats().await;
    assert_eq!((&stats["late"], &stats["dropped"]), (&json!(0), &json!(1)));
}

#[tokio::test]
async fn the_connection_of_a_late_request_closes_after_hold() {
    let server = TestServer::open().await;
    server.fault(json!({"kind": "late", "millis": 100, "hold": 0, "times": 1, "method": "POST"})).await;
    let lost = server.try_send("POST", "/api/v2/persons", Some(&json!({"name": "Late"}))).await;
    assert!(lost.unwrap_err().is_request());
    assert_eq!(writes(&server, 1).await[0]["body"]["name"], "Late");
}

#[tokio::test]
async fn a_gateway_page_can_precede_the_effect() {
    let server = TestServer::open().await;
    for (status, html, words) in [
        (504, true, "<title>504 Gateway Timeout</title>"),
        (404, false, "404 not found"),
        (403, true, "<title>403 Forbidden</title>"),
        (200, true, "<html>"),
        (200, false, "200 ok"),
    ] {
        server.fault(json!({"kind": "gateway", "status": status, "html": html, "times": 1})).await;
        let answer = server.try_send("PATCH", "/api/v2/deals/2", Some(&json!({"title": "Never"}))).await.unwrap();
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        assert_eq!((answer.status().as_u16(), kind.starts_with("text/html")), (status, html), "{kind}");
        let body = answer.text().await.unwrap();
        assert!(body.contains(words), "{body}");
    }
    server.fault(json!({"kind": "gateway", "millis": 200, "times": 1})).await;
    let answer = server.try_send("PATCH", "/api/v2/deals/2", Some(&json!({"title": "Later"}))).await.unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
    assert_ne!(server.data("/api/v2/deals/2").await["title"], "Later");
    let writes = writes(&server, 1).await;
    assert_eq!((writes.len(), &writes[0]["body"]["title"]), (1, &json!("Later")));
}

#[tokio::test]
async fn a_stall_holds_all_connections_until_it_ends() {
    const STALL: Duration = Duration::from_millis(400);
    let server = TestServer::open().await;
    server.fault(json!({"kind": "stalled", "millis": 400, "times": 1, "path": "/api/v2/deals/2"})).await;
    let start = Instant::now();
    let (answer, seen) = tokio::join!(server.get("/api/v2/deals/2"), async {
        while server.stats().await["requests"] != 1 {}
        start.elapsed()
    });
    ok(answer);
    assert!(seen >= STALL && start.elapsed() >= STALL, "{seen:?}");
}

#[tokio::test]
async fn a_stalled_request_arrives_after_its_client_left() {
    let server = TestServer::open().await;
    server.fault(json!({"kind": "stalled", "millis": 400, "times": 1, "method": "GET"})).await;
    let trigger = tokio::time::timeout(PATIENCE, server.get("/api/v2/deals/2"));
    assert!(trigger.await.is_err());
    leave(&server, "/api/v2/deals/3", "Held").await;
    assert_eq!(writes(&server, 1).await[0]["body"]["title"], "Held");
}
