//! Responses that Pipedrive would not send.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{TestServer, error_of, ok};

const DEAL: &str = "/api/v2/deals/2";

impl TestServer {
    /// Returns the body of a response as text.
    async fn text(&self, path: &str) -> String {
        self.try_send("GET", path, None).await.unwrap().text().await.unwrap()
    }
}

#[tokio::test]
async fn a_redirect_leads_to_the_location_of_the_fault() {
    let server = TestServer::open().await;
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    for (status, shown) in [(json!(null), 302), (json!(307), 307)] {
        let fault = json!({"kind": "redirect", "status": status, "location": "http://127.0.0.1:9/", "times": 1});
        server.fault(fault).await;
        let request = http.get(format!("{}{DEAL}", server.sandbox.url())).header("x-api-token", server.sandbox.token());
        let answer = request.send().await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.headers()["location"] == "http://127.0.0.1:9/"), (shown, true));
    }
}

#[tokio::test]
async fn a_truncated_response_is_shorter_than_announced() {
    let server = TestServer::open().await;
    server.fault(json!({"kind": "truncated", "times": 1})).await;
    let mut answer = server.try_send("PATCH", DEAL, Some(&json!({"title": "Cut"}))).await.unwrap();
    let promised = usize::try_from(answer.content_length().unwrap()).unwrap();
    let mut came = 0;
    let error = loop {
        match answer.chunk().await {
            Ok(Some(chunk)) => came += chunk.len(),
            Ok(None) => panic!("the answer came to its end"),
            Err(error) => break error,
        }
    };
    assert!(error.is_body() || error.is_decode(), "{error:?}");
    assert_eq!(came, promised / 2);
    assert_eq!(server.data(DEAL).await["title"], "Cut");
}

#[tokio::test]
async fn a_slow_response_is_complete_in_the_end() {
    let server = TestServer::open().await;
    let whole = server.text(DEAL).await;
    server.fault(json!({"kind": "slow_drip", "millis": 1, "times": 1})).await;
    let start = Instant::now();
    assert_eq!(server.text(DEAL).await, whole);
    assert!(start.elapsed() >= Duration::from_millis(whole.len() as u64));
}

#[tokio::test]
async fn duplicate_keys_repeat_a_key_of_each_item() {
    let server = TestServer::open().await;
    for path in [DEAL, "/api/v2/deals?limit=5", "/api/v1/leads?limit=5"] {
        server.fault(json!({"kind": "duplicate_keys", "field": "title", "times": 1})).await;
        let text = server.text(path).await;
        let items = if path == DEAL { 1 } else { 5 };
        assert_eq!(text.matches("\"title\":").count(), 2 * items, "{text}");
        assert_eq!(text.matches(" (other)\"").count(), items, "{text}");
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["success"], true);
    }
}

#[tokio::test]
async fn wrong_types_damage_a_value_of_each_item() {
    let mut rounds = Vec::new();
    for seed in [1, 1, 2] {
        let server = TestServer::with(dealdeck::sandbox::Options::default()).await;
        server.fault(json!({"kind": "wrong_types", "field": "title", "seed": seed, "times": 1})).await;
        rounds.push(server.text("/api/v2/deals?limit=50").await);
    }
    let titles = |text: &String| {
        let parts = text.split("\"title\":").skip(1);
        parts.map(|part| part.split(",\"").next().unwrap().trim_end_matches(['}', ']']).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(titles(&rounds[0]), titles(&rounds[1]));
    assert_ne!(titles(&rounds[0]), titles(&rounds[2]));
    let round = titles(&rounds[0]);
    for wrong in ["12345", "null", "[", "[null", r#""\ud83d""#, "1e999"] {
        assert!(round.iter().any(|title| title == wrong), "{wrong}: {round:?}");
    }
    let server = TestServer::open().await;
    server.fault(json!({"kind": "wrong_types", "times": 1})).await;
    assert!(server.text(DEAL).await.contains("\"id\":2,"));
}

#[tokio::test]
async fn a_body_fault_is_sent_verbatim() {
    let server = TestServer::open().await;
    for body in ["{}", r#"{"success":true,"data":null}"#, "", "[]"] {
        server.fault(json!({"kind": "body", "body": body, "times": 1})).await;
        let answer = server.try_send("PATCH", DEAL, Some(&json!({"title": "Never"}))).await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.headers()["content-type"] == "application/json"), (200, true));
        assert_eq!(answer.text().await.unwrap(), body);
    }
    server.fault(json!({"kind": "body", "status": 201, "body": "made", "html": true, "millis": 0, "times": 1})).await;
    let answer = server.try_send("POST", "/api/v2/persons", Some(&json!({"name": "Made"}))).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap()), (201, "made".to_owned()));
    let made = loop {
        let writes = server.data("/sandbox/writes").await;
        if let Some(first) = writes.get(0) {
            break first.clone();
        }
    };
    assert_eq!(made["body"]["name"], "Made");
    assert_ne!(server.data(DEAL).await["title"], "Never");
}

#[tokio::test]
async fn invalid_faults_are_refused() {
    let server = TestServer::open().await;
    for fault in [
        json!({"kind": "late"}),
        json!({"kind": "stalled"}),
        json!({"kind": "slow_drip"}),
        json!({"kind": "redirect"}),
        json!({"kind": "redirect", "location": "/\n"}),
        json!({"kind": "redirect", "location": "/", "status": 200}),
        json!({"kind": "body"}),
        json!({"kind": "body", "body": "", "field": "id"}),
        json!({"kind": "gateway", "status": 99}),
        json!({"kind": "gateway", "location": "/"}),
        json!({"kind": "malformed", "status": 500}),
        json!({"kind": "latency", "millis": 1, "hold": 1}),
        json!({"kind": "late", "millis": 900_001}),
    ] {
        error_of(server.post("/sandbox/faults", fault).await, 400);
    }
    ok(server.get(DEAL).await);
}
