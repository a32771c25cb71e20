//! Faults on demand.

use std::time::{Duration, Instant};

use serde_json::json;

use super::desk::{Desk, id, ok, refused};

#[tokio::test]
async fn a_status_comes_as_often_as_was_asked_and_without_effect() {
    let desk = Desk::open().await;
    desk.fault(json!({"kind": "status", "status": 503, "times": 2, "retry_after": 7, "method": "PATCH"})).await;
    for _ in 0..2 {
        let answer = desk.try_send("PATCH", "/api/v2/deals/2", Some(&json!({"title": "Changed"}))).await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (503, "7"));
    }
    assert_ne!(desk.data("/api/v2/deals/2").await["title"], "Changed");
    let person = desk.person().await;
    ok(desk.patch(&format!("/api/v2/persons/{person}"), json!({"name": "Changed"})).await);
    desk.fault(json!({"kind": "status", "status": 502, "html": true})).await;
    let answer = desk.try_send("GET", "/api/v2/deals", None).await.unwrap();
    assert_eq!(answer.status(), 502);
    assert!(answer.text().await.unwrap().contains("<html>"));
    ok(desk.delete("/sandbox/faults").await);
    ok(desk.get("/api/v2/deals").await);
    refused(desk.post("/sandbox/faults", json!({"kind": "earthquake"})).await, 400);
}

#[tokio::test]
async fn a_lost_connection_is_a_real_one_before_or_after_the_effect() {
    let desk = Desk::open().await;
    let person = desk.person().await;
    let path = format!("/api/v2/persons/{person}");
    for (kind, name) in [("drop_before", "Test Person"), ("drop_after", "Changed")] {
        desk.fault(json!({"kind": kind, "times": 1, "method": "PATCH"})).await;
        let lost = desk.try_send("PATCH", &path, Some(&json!({"name": "Changed"}))).await;
        let error = lost.expect_err("there was an answer");
        assert!(error.is_request() && !error.is_connect() && !error.is_timeout(), "{error:?}");
        assert_eq!(desk.data(&path).await["name"], name, "{kind}");
    }
    desk.fault(json!({"kind": "drop_after", "times": 1, "path": "/api/v2/deals"})).await;
    let body = json!({"title": "Made and lost", "person_id": person});
    assert!(desk.try_send("POST", "/api/v2/deals", Some(&body)).await.is_err());
    let found = desk.data("/api/v2/deals?sort_by=id&sort_direction=desc&limit=1").await;
    assert_eq!(found[0]["title"], "Made and lost");
}

#[tokio::test]
async fn half_an_answer_comes_after_the_effect() {
    let desk = Desk::open().await;
    let person = desk.person().await;
    let path = format!("/api/v2/persons/{person}");
    desk.fault(json!({"kind": "malformed", "times": 1, "path": path})).await;
    let answer = desk.try_send("PATCH", &path, Some(&json!({"name": "Changed"}))).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(serde_json::from_str::<serde_json::Value>(&answer.text().await.unwrap()).is_err());
    assert_eq!(desk.data(&path).await["name"], "Changed");
}

#[tokio::test]
async fn faults_meet_only_the_requests_that_they_are_for() {
    let desk = Desk::open().await;
    desk.fault(json!({"kind": "status", "path": "/api/v2/deals"})).await;
    desk.fault(json!({"kind": "status", "status": 418, "path": "/api/v1/*", "method": "get"})).await;
    desk.fault(json!({"kind": "jitter", "millis": 1, "times": 3})).await;
    refused(desk.get("/api/v2/deals?limit=5").await, 500);
    ok(desk.get("/api/v2/deals/2").await);
    refused(desk.get("/api/v1/users/me").await, 418);
    let note = ok(desk.post("/api/v1/notes", json!({"content": "x", "deal_id": 2})).await);
    assert!(id(&note) > 0);
    let stats = desk.stats().await;
    assert_eq!((&stats["requests"], &stats["refused"]), (&json!(4), &json!(0)));
}

#[tokio::test]
async fn a_share_of_requests_is_met_by_chance_and_a_seed_repeats_it() {
    let mut rounds = Vec::new();
    for seed in [7, 7, 8] {
        let desk = Desk::open().await;
        desk.fault(json!({"kind": "drop_after", "share": 0.2, "seed": seed, "method": "PATCH"})).await;
        let mut lost = Vec::new();
        for nth in 0..100 {
            let body = json!({"title": format!("Title {nth}")});
            if desk.try_send("PATCH", "/api/v2/deals/2", Some(&body)).await.is_err() {
                lost.push(nth);
            }
        }
        assert_eq!(desk.data("/api/v2/deals/2").await["title"], "Title 99");
        assert!((8..=35).contains(&lost.len()), "{lost:?}");
        assert_eq!(desk.stats().await["dropped"], lost.len());
        rounds.push(lost);
    }
    assert_eq!(rounds[0], rounds[1]);
    assert_ne!(rounds[0], rounds[2]);
    let desk = Desk::open().await;
    desk.fault(json!({"kind": "status", "share": 0.0})).await;
    desk.fault(json!({"kind": "status", "status": 418, "share": 1.0, "times": 1})).await;
    refused(desk.get("/api/v2/deals/2").await, 418);
    ok(desk.get("/api/v2/deals/2").await);
    for share in [json!(1.5), json!(-0.1), json!("half")] {
        refused(desk.post("/sandbox/faults", json!({"kind": "status", "share": share})).await, 400);
    }
}

#[tokio::test]
async fn an_answer_may_be_late_though_the_request_was_carried_out_at_once() {
    const LATE: Duration = Duration::from_millis(400);
    let desk = Desk::open().await;
    desk.fault(json!({"kind": "latency_after", "millis": 400, "times": 2, "method": "PATCH"})).await;
    desk.fault(json!({"kind": "drop_after", "times": 1, "path": "/api/v2/deals/3"})).await;
    let start = Instant::now();
    let body = json!({"title": "Done at once"});
    let (late, lost, seen) = tokio::join!(
        desk.try_send("PATCH", "/api/v2/deals/2", Some(&body)),
        desk.try_send("PATCH", "/api/v2/deals/3", Some(&body)),
        async {
            while desk.data("/sandbox/writes").await.as_array().is_none_or(|writes| writes.len() < 2) {}
            start.elapsed()
        }
    );
    assert!(seen < LATE && start.elapsed() >= LATE, "{seen:?}");
    assert!(late.unwrap().status().is_success() && lost.is_err());
}

#[tokio::test]
async fn the_endpoints_of_the_server_itself_ask_for_the_token() {
    let desk = Desk::open().await;
    let bare = reqwest::Client::builder().no_proxy().build().unwrap();
    for path in ["/sandbox/faults", "/sandbox/stats", "/sandbox/writes"] {
        let method = if path.ends_with("faults") { reqwest::Method::DELETE } else { reqwest::Method::GET };
        let answer = bare.request(method, format!("{}{path}", desk.sandbox.url())).send().await.unwrap();
        assert_eq!(answer.status(), 401);
    }
}
