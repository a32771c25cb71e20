//! The file, and starting and stopping.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use dealdeck::sandbox::{Options, Plan, Sandbox};
use futures_util::{StreamExt, stream};
use serde_json::json;

use super::client::{TestServer, ok};

#[tokio::test]
async fn a_file_restores_all_records() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { plan: Plan::Enterprise, db: Some(folder.path().join("practice.db")), ..Options::default() };
    let server = TestServer::with(options.clone()).await;
    let deal = server.deal(json!({"title": "Kept", "value": 12.5})).await;
    let lead = ok(server.post("/api/v1/leads", json!({"title": "Kept lead", "person_id": 1})).await);
    let deleted = server.data("/api/v1/leads?limit=1").await[0]["id"].as_str().unwrap().to_owned();
    ok(server.delete(&format!("/api/v1/leads/{deleted}")).await);
    ok(server.post(&format!("/api/v2/leads/{}/convert/deal", lead["id"].as_str().unwrap()), json!({})).await);
    let before = server.walk("/api/v2/deals?limit=500&updated_until=2100-01-01T00:00:00Z").await;
    server.sandbox.stop().await;

    // The data of the file matter, not the new seed.
    let server = TestServer::with(Options { seed: 99, ..options.clone() }).await;
    assert_eq!(server.data(&format!("/api/v2/deals/{}", deal["id"])).await, deal);
    assert_eq!(server.get(&format!("/api/v1/leads/{deleted}")).await.0, 404);
    let after = server.walk("/api/v2/deals?limit=500&updated_until=2100-01-01T00:00:00Z").await;
    let same = after.iter().filter(|deal| deal["title"] != "Kept lead").count();
    assert_eq!(same, before.iter().filter(|deal| deal["title"] != "Kept lead").count());
}

#[tokio::test]
async fn confirmed_writes_survive_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("practice.db");
    let mut server = Command::new(env!("CARGO_BIN_EXE_dealdeck"))
        .args(["sandbox", "--port", "0", "--plan", "enterprise", "--deals", "20", "--db"])
        .arg(&file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(server.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let url = format!("{}/api/v2/deals", line.trim().rsplit(' ').next().unwrap());

    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let send = |at: usize| {
        let body = json!({"title": format!("Confirmed {at}"), "person_id": 1});
        let request = http.post(&url).header("x-api-token", "practice").json(&body);
        async move { request.send().await.is_ok_and(|answer| answer.status().is_success()).then_some(at) }
    };
    // A few at a time, so that it cannot be through before it is killed.
    let mut writes = stream::iter((0..100).map(send)).buffer_unordered(8);
    let mut confirmed = Vec::new();
    while let Some(done) = writes.next().await {
        confirmed.extend(done);
        if confirmed.len() == 20 {
            server.kill().unwrap();
        }
    }
    server.wait().unwrap();
    assert!((20..100).contains(&confirmed.len()), "{}", confirmed.len());

    let server = TestServer::with(Options { db: Some(file), ..Options::default() }).await;
    let deals = server.walk("/api/v2/deals?limit=500").await;
    for at in confirmed {
        assert!(deals.iter().any(|deal| deal["title"] == format!("Confirmed {at}")), "{at} is lost");
    }
}

#[tokio::test]
async fn writes_that_cannot_be_saved_are_refused_and_undone() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { db: Some(folder.path().join("practice.db")), ..Options::default() };
    Sandbox::start(options.clone()).await.unwrap().stop().await;
    let file = rusqlite::Connection::open(options.db.as_ref().unwrap()).unwrap();
    file.execute_batch(
        "CREATE TRIGGER full BEFORE INSERT ON record WHEN NEW.body LIKE '%Unwritable%'
         BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
    )
    .unwrap();
    drop(file);
    let server = TestServer::with(options).await;
    let before = server.data("/api/v2/deals?limit=500").await;
    let (status, body) = server.post("/api/v2/deals", json!({"title": "Unwritable", "person_id": 1})).await;
    assert_eq!(status, 500);
    assert!(body["error"].as_str().unwrap().contains("the disk is full"), "{body}");
    assert_eq!(server.data("/api/v2/deals?limit=500").await, before);
    server.deal(json!({"title": "Writable again"})).await;
}

#[tokio::test]
async fn unusable_files_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    let start = async |name: &str| {
        let options = Options { db: Some(folder.path().join(name)), ..Options::default() };
        Sandbox::start(options).await.expect_err("it started").to_string()
    };
    std::fs::write(folder.path().join("text.db"), "this is no database at all, but long enough to look at").unwrap();
    assert!(start("text.db").await.ends_with("text.db: it was not written by a practice server"));
    let other = rusqlite::Connection::open(folder.path().join("other.db")).unwrap();
    other.execute_batch("CREATE TABLE things (id INTEGER)").unwrap();
    assert!(start("other.db").await.contains("not written by a practice server"));
    assert!(start("no/such/folder.db").await.contains("folder.db"));
    let options = Options { db: Some(folder.path().join("newer.db")), ..Options::default() };
    let first = Sandbox::start(options).await.unwrap();
    assert!(start("newer.db").await.contains("another practice server is using it"));
    first.stop().await;
    let newer = rusqlite::Connection::open(folder.path().join("newer.db")).unwrap();
    newer.execute_batch("PRAGMA user_version = 1000").unwrap();
    drop(newer);
    assert!(start("newer.db").await.contains("newer version"));
}

#[tokio::test]
async fn a_port_in_use_is_explained_and_freed_by_stopping() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let port: u16 = sandbox.url().rsplit(':').next().unwrap().parse().unwrap();
    assert!(sandbox.url().starts_with("http://127.0.0.1:") && !sandbox.url().ends_with('/'));
    let words = Sandbox::start(Options { port, ..Options::default() }).await.expect_err("it started").to_string();
    assert!(words.contains(&port.to_string()) && words.contains("another port"), "{words}");
    sandbox.stop().await;
    Sandbox::start(Options { port, ..Options::default() }).await.unwrap().stop().await;
}
