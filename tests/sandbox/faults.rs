//! Faults on demand.

use std::time::{Duration, Instant};

use serde_json::json;

use super::client::{TestServer, error_of, id, ok};

#[tokio::test]
async fn status_faults_have_no_effect_and_end_after_times() {
    let server = TestServer::open().await;
    server.fault(json!({"kind": "status", "status": 503, "times": 2, "retry_after": 7, "method": "PATCH"})).await;
    for _ in 0..2 {
        let answer = server.try_send("PATCH", "/api/v2/deals/2", Some(&json!({"title": "Changed"}))).await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (503, "7"));
    }
    assert_ne!(server.data("/api/v2/deals/2").await["title"], "Changed");
    let person = server.person().await;
    ok(server.patch(&format!("/api/v2/persons/{person}"), json!({"name": "Changed"})).await);
    server.fault(json!({"kind": "status", "status": 502, "html": true})).await;
    let answer = server.try_send("GET", "/api/v2/deals", None).await.unwrap();
    assert_eq!(answer.status(), 502);
    assert!(answer.text().await.unwrap().contains("<html>"));
    ok(server.delete("/sandbox/faults").await);
    ok(server.get("/api/v2/deals").await);
    error_of(server.post("/sandbox/faults", json!({"kind": "earthquake"})).await, 400);
}

#[tokio::test]
async fn dropped_connections_fail_before_or_after_the_effect() {
    let server = TestServer::open().await;
    let person = server.person().await;
    let path = format!("/api/v2/persons/{person}");
    for (kind, name) in [("drop_before", "Test Person"), ("drop_after", "Changed")] {
        server.fault(json!({"kind": kind, "times": 1, "method": "PATCH"})).await;
        let lost = server.try_send("PATCH", &path, Some(&json!({"name": "Changed"}))).await;
        let error = lost.expect_err("there was an answer");
        assert!(error.is_request() && !error.is_connect() && !error.is_timeout(), "{error:?}");
        assert_eq!(server.data(&path).await["name"], name, "{kind}");
    }
    server.fault(json!({"kind": "drop_after", "times": 1, "path": "/api/v2/deals"})).await;
    let body = json!({"title": "Made and lost", "person_id": person});
    assert!(server.try_send("POST", "/api/v2/deals", Some(&body)).await.is_err());
    let found = server.data("/api/v2/deals?sort_by=id&sort_direction=desc&limit=1").await;
    assert_eq!(found[0]["title"], "Made and lost");
}

#[tokio::test]
async fn malformed_responses_come_after_the_effect() {
    let server = TestServer::open().await;
    let person = server.person().await;
    let path = format!("/api/v2/persons/{person}");
    server.fault(json!({"kind": "malformed", "times": 1, "path": path})).await;
    let answer = server.try_send("PATCH", &path, Some(&json!({"name": "Changed"}))).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(serde_json::from_str::<serde_json::Value>(&answer.text().await.unwrap()).is_err());
    assert_eq!(server.data(&path).await["name"], "Changed");
}

#[tokio::test]
async fn faults_affect_only_matching_requests() {
    let server = TestServer::open().await;
    server.fault(json!({"kind": "status", "path": "/api/v2/deals"})).await;
    server.fault(json!({"kind": "status", "status": 418, "path": "/api/v1/*", "method": "get"})).await;
    server.fault(json!({"kind": "jitter", "millis": 1, "times": 3})).await;
    error_of(server.get("/api/v2/deals?limit=5").await, 500);
    ok(server.get("/api/v2/deals/2").await);
    error_of(server.get("/api/v1/users/me").await, 418);
    let note = ok(server.post("/api/v1/notes", json!({"content": "x", "deal_id": 2})).await);
    assert!(id(&note) > 0);
    let stats = server.stats().await;
    assert_eq!((&stats["requests"], &stats["refused"]), (&json!(4), &json!(0)));
}

#[tokio::test]
async fn a_seed_repeats_which_share_of_requests_fails() {
    let mut rounds = Vec::new();
    for seed in [7, 7, 8] {
        let server = TestServer::open().await;
        server.fault(json!({"kind": "drop_after", "share": 0.2, "seed": seed, "method": "PATCH"})).await;
        let mut lost = Vec::new();
        for nth in 0..100 {
            let body = json!({"title": format!("Title {nth}")});
            if server.try_send("PATCH", "/api/v2/deals/2", Some(&body)).await.is_err() {
                lost.push(nth);
            }
        }
        assert_eq!(server.data("/api/v2/deals/2").await["title"], "Title 99");
        assert!((8..=35).contains(&lost.len()), "{lost:?}");
        assert_eq!(server.stats().await["dropped"], lost.len());
        rounds.push(lost);
    }
    assert_eq!(rounds[0], rounds[1]);
    assert_ne!(rounds[0], rounds[2]);
    let server = TestServer::open().await;
    server.fault(json!({"kind": "status", "share": 0.0})).await;
    server.fault(json!({"kind": "status", "status": 418, "share": 1.0, "times": 1})).await;
    error_of(server.get("/api/v2/deals/2").await, 418);
    ok(server.get("/api/v2/deals/2").await);
    for share in [json!(1.5), json!(-0.1), json!("half")] {
        error_of(server.post("/sandbox/faults", json!({"kind": "status", "share": share})).await, 400);
    }
}

#[tokio::test]
async fn latency_after_delays_only_the_response() {
    const LATE: Duration = Duration::from_millis(400);
    let server = TestServer::open().await;
    server.fault(json!({"kind": "latency_after", "millis": 400, "times": 2, "method": "PATCH"})).await;
    server.fault(json!({"kind": "drop_after", "times": 1, "path": "/api/v2/deals/3"})).await;
    let start = Instant::now();
    let body = json!({"title": "Done at once"});
    let (late, lost, seen) = tokio::join!(
        server.try_send("PATCH", "/api/v2/deals/2", Some(&body)),
        server.try_send("PATCH", "/api/v2/deals/3", Some(&body)),
        async {
            while server.data("/sandbox/writes").await.as_array().is_none_or(|writes| writes.len() < 2) {}
            start.elapsed()
        }
    );
    assert!(seen < LATE && start.elapsed() >= LATE, "{seen:?}");
    assert!(late.unwrap().status().is_success() && lost.is_err());
}

#[tokio::test]
async fn sandbox_endpoints_require_the_token() {
    let server = TestServer::open().await;
    let bare = reqwest::Client::builder().no_proxy().build().unwrap();
    for path in ["/sandbox/faults", "/sandbox/stats", "/sandbox/writes"] {
        let method = if path.ends_with("faults") { reqwest::Method::DELETE } else { reqwest::Method::GET };
        let answer = bare.request(method, format!("{}{path}", server.sandbox.url())).send().await.unwrap();
        assert_eq!(answer.status(), 401);
    }
}
