//! The file, and starting and stopping.

use dealdeck::sandbox::{Options, Plan, Sandbox};
use serde_json::json;

use super::desk::{Desk, ok};

#[tokio::test]
async fn a_file_keeps_everything_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { plan: Plan::Enterprise, db: Some(folder.path().join("practice.db")), ..Options::default() };
    let desk = Desk::with(options.clone()).await;
    let deal = desk.deal(json!({"title": "Kept", "value": 12.5})).await;
    let lead = ok(desk.post("/api/v1/leads", json!({"title": "Kept lead", "person_id": 1})).await);
    let deleted = desk.data("/api/v1/leads?limit=1").await[0]["id"].as_str().unwrap().to_owned();
    ok(desk.delete(&format!("/api/v1/leads/{deleted}")).await);
    ok(desk.post(&format!("/api/v2/leads/{}/convert/deal", lead["id"].as_str().unwrap()), json!({})).await);
    let before = desk.walk("/api/v2/deals?limit=500&updated_until=2100-01-01T00:00:00Z").await;
    desk.sandbox.stop().await;

    // Another seed: what is in the file counts.
    let desk = Desk::with(Options { seed: 99, ..options.clone() }).await;
    assert_eq!(desk.data(&format!("/api/v2/deals/{}", deal["id"])).await, deal);
    assert_eq!(desk.get(&format!("/api/v1/leads/{deleted}")).await.0, 404);
    let after = desk.walk("/api/v2/deals?limit=500&updated_until=2100-01-01T00:00:00Z").await;
    let same = after.iter().filter(|deal| deal["title"] != "Kept lead").count();
    assert_eq!(same, before.iter().filter(|deal| deal["title"] != "Kept lead").count());
    // Not stopped in good order this time.
    ok(desk.patch(&format!("/api/v2/deals/{}", deal["id"]), json!({"title": "Kept again"})).await);
    drop(desk);
    let desk = Desk::with(options).await;
    assert_eq!(desk.data(&format!("/api/v2/deals/{}", deal["id"])).await["title"], "Kept again");
}

#[tokio::test]
async fn files_that_cannot_be_used_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    let start = async |name: &str| {
        let options = Options { db: Some(folder.path().join(name)), ..Options::default() };
        Sandbox::start(options).await.expect_err("it started").to_string()
    };
    std::fs::write(folder.path().join("text.db"), "this is no database at all, but long enough to look at").unwrap();
    assert!(start("text.db").await.contains("text.db"));
    let other = rusqlite::Connection::open(folder.path().join("other.db")).unwrap();
    other.execute_batch("CREATE TABLE things (id INTEGER)").unwrap();
    assert!(start("other.db").await.contains("another program"));
    assert!(start("no/such/folder.db").await.contains("folder.db"));
    let options = Options { db: Some(folder.path().join("newer.db")), ..Options::default() };
    Sandbox::start(options).await.unwrap().stop().await;
    let newer = rusqlite::Connection::open(folder.path().join("newer.db")).unwrap();
    newer.execute_batch("PRAGMA user_version = 1000").unwrap();
    drop(newer);
    assert!(start("newer.db").await.contains("newer version"));
}

#[tokio::test]
async fn a_port_in_use_is_explained_and_free_again_after_stopping() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let port: u16 = sandbox.url().rsplit(':').next().unwrap().parse().unwrap();
    assert!(sandbox.url().starts_with("http://127.0.0.1:") && !sandbox.url().ends_with('/'));
    let words = Sandbox::start(Options { port, ..Options::default() }).await.expect_err("it started").to_string();
    assert!(words.contains(&port.to_string()) && words.contains("another port"), "{words}");
    sandbox.stop().await;
    Sandbox::start(Options { port, ..Options::default() }).await.unwrap().stop().await;
}
