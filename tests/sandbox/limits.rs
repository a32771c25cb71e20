//! The limits over HTTP.

use dealdeck::sandbox::{Options, Plan};
use serde_json::{Value, json};

use super::client::TestServer;

fn header(answer: &reqwest::Response, name: &str) -> u64 {
    answer.headers()[name].to_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn the_burst_limit_refuses_and_then_the_edge_blocks() {
    let server = TestServer::with(Options::default()).await;
    let mut codes = Vec::new();
    // All at once, so that they fall into one window even on a slow machine.
    let requests = (0..30).map(|_| server.try_send("GET", "/api/v1/users/me", None));
    for answer in futures_util::future::join_all(requests).await {
        let answer = answer.unwrap();
        assert_eq!(header(&answer, "x-ratelimit-limit"), 20);
        codes.push(answer.status().as_u16());
        if codes.last() == Some(&429) {
            assert_eq!(header(&answer, "x-ratelimit-remaining"), 0);
            assert!((1..=2).contains(&header(&answer, "x-ratelimit-reset")));
            let body: Value = answer.json().await.unwrap();
            assert_eq!(body["success"], false);
        }
    }
    // On a machine that pauses for two seconds a few more pass; tests in virtual time check the exact count.
    let passed = codes.iter().filter(|code| **code == 200).count();
    assert!((20..30).contains(&passed), "{passed}");
    let stats = server.stats().await;
    let counted = (&stats["requests"], &stats["refused"], &stats["tokens_used"]);
    assert_eq!(counted, (&json!(30), &json!(30 - passed), &json!(2 * passed)));
    assert_eq!(stats["by_path"]["GET /api/v1/users/me"], 30);

    let requests = (0..80).map(|_| server.try_send("GET", "/api/v1/users/me", None));
    let answers = futures_util::future::join_all(requests).await;
    let edge = answers.into_iter().map(Result::unwrap).find(|answer| answer.status() == 403).expect("the edge");
    assert!(edge.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    assert!(edge.text().await.unwrap().contains("Cloudflare"));
}

#[tokio::test]
async fn searches_have_a_limit_of_their_own() {
    let server = TestServer::with(Options { plan: Plan::Enterprise, ..Options::default() }).await;
    let requests = (0..15).map(|_| server.try_send("GET", "/api/v2/itemSearch?term=heat", None));
    let codes: Vec<u16> = futures_util::future::join_all(requests)
        .await
        .into_iter()
        .map(|answer| answer.unwrap().status().as_u16())
        .collect();
    assert!((10..15).contains(&codes.iter().filter(|code| **code == 200).count()), "{codes:?}");
    assert!(codes.iter().all(|code| [200, 429].contains(code)), "{codes:?}");
    assert_eq!(server.get("/api/v1/users/me").await.0, 200);
}

#[tokio::test]
async fn responses_report_the_rest_and_wrong_tokens_are_free() {
    let server = TestServer::with(Options { plan: Plan::Advanced, ..Options::default() }).await;
    let bare = reqwest::Client::builder().no_proxy().build().unwrap();
    for _ in 0..50 {
        let url = format!("{}/api/v2/deals", server.sandbox.url());
        let answer = bare.get(url).header("x-api-token", "wrong").send().await.unwrap();
        assert_eq!(answer.status(), 401);
    }
    let mut left = 60_000;
    for (method, path, tokens) in [
        ("GET", "/api/v2/deals", 10),
        ("GET", "/api/v2/deals/1", 1),
        ("GET", "/api/v2/stages", 5),
        ("GET", "/api/v1/leads", 20),
        ("GET", "/api/v1/leads/archived", 40),
        ("GET", "/api/v1/leadLabels", 10),
        ("GET", "/api/v1/users/me", 2),
        ("GET", "/api/v2/deals/search?term=heat", 20),
        ("GET", "/api/v2/dealFields", 10),
        ("DELETE", "/api/v2/activities/1", 3),
    ] {
        let answer = server.try_send(method, path, None).await.unwrap();
        left -= tokens;
        assert_eq!(header(&answer, "x-daily-ratelimit-token-remaining"), left, "{method} {path}");
        assert_eq!(header(&answer, "x-daily-ratelimit-token-limit"), 60_000);
    }
}
