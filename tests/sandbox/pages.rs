//! Reading after an absence: newest first, only changes, and from a saved cursor.

use std::collections::BTreeSet;

use dealdeck::sandbox::{Options, Plan};
use serde_json::{Value, json};

use super::client::{TestServer, id, ids, ok};

const COLLECTIONS: [&str; 4] = ["deals", "activities", "persons", "organizations"];

/// Returns the body that creates an item of a collection.
fn fresh(collection: &str) -> Value {
    match collection {
        "deals" => json!({"title": "Fresh", "person_id": 1}),
        "activities" => json!({"subject": "Fresh"}),
        _ => json!({"name": "Fresh"}),
    }
}

#[tokio::test]
async fn descending_pages_by_id_cover_each_match_once() {
    for (collection, filter) in [
        ("deals", "status=open"),
        ("deals", "status=won,lost"),
        ("activities", "done=false"),
        ("persons", "owner_id=2"),
        ("organizations", "owner_id=2"),
    ] {
        // A server for each, because of the limits.
        let server = TestServer::open().await;
        let all = server.walk(&format!("/api/v2/{collection}?limit=500&{filter}")).await;
        let mut times: Vec<&str> = all.iter().map(|item| item["update_time"].as_str().unwrap()).collect();
        times.sort_unstable();
        let pivot = times[times.len() / 2];
        for since in [String::new(), format!("&updated_since={pivot}")] {
            let is_wanted = |item: &&Value| since.is_empty() || item["update_time"].as_str().unwrap() >= pivot;
            let mut expected = ids(&all.iter().filter(is_wanted).cloned().collect::<Vec<_>>());
            expected.reverse();
            let query = format!("/api/v2/{collection}?limit=5&{filter}{since}&sort_by=id&sort_direction=desc");
            assert_eq!(ids(&server.walk(&query).await), expected, "{query}");
            assert!(expected.len() > 5, "{query}");
        }
    }
}

#[tokio::test]
async fn changes_between_pages_by_id_shift_no_other_item() {
    for collection in COLLECTIONS {
        let server = TestServer::open().await;
        let path = format!("/api/v2/{collection}?limit=10&sort_by=id&sort_direction=desc");
        let all = ids(&server.walk(&path.replace("=10", "=500")).await);
        let (_, first) = server.get(&path).await;
        let mut seen = ids(first["data"].as_array().unwrap());
        ok(server.post(&format!("/api/v2/{collection}"), fresh(collection)).await);
        ok(server.delete(&format!("/api/v2/{collection}/{}", seen[9])).await);
        let cursor = first["additional_data"]["next_cursor"].as_str().unwrap();
        seen.extend(ids(&server.walk(&format!("{}&cursor={cursor}", path.replace("=10", "=500"))).await));
        assert_eq!(seen, all, "{collection}");
    }
}

#[tokio::test]
async fn a_cursor_is_valid_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { plan: Plan::Enterprise, db: Some(folder.path().join("practice.db")), ..Options::default() };
    let server = TestServer::with(options.clone()).await;
    let mut left = Vec::new();
    for collection in COLLECTIONS {
        for order in ["sort_by=id&sort_direction=desc", "sort_by=update_time&sort_direction=asc"] {
            let path = format!("/api/v2/{collection}?limit=20&{order}");
            let all = ids(&server.walk(&path.replace("=20", "=500")).await);
            let (_, page) = server.get(&path).await;
            let cursor = page["additional_data"]["next_cursor"].as_str().unwrap().to_owned();
            left.push((format!("{}&cursor={cursor}", path.replace("=20", "=500")), all[20..].to_vec()));
        }
    }
    server.sandbox.stop().await;
    let server = TestServer::with(options).await;
    for (path, expected) in left {
        assert_eq!(ids(&server.walk(&path).await), expected, "{path}");
    }
}

#[tokio::test]
async fn updated_since_lists_changed_people_and_orgs() {
    for collection in ["persons", "organizations"] {
        let server = TestServer::open().await;
        let path = format!("/api/v2/{collection}");
        let made = ok(server.post(&path, fresh(collection)).await);
        let before = ids(&server.walk(&format!("{path}?limit=500")).await);
        let since = made["update_time"].as_str().unwrap();
        let changed = ok(server.patch(&format!("{path}/{}", before[3]), json!({"name": "Changed"})).await);
        let deleted = before[4];
        ok(server.delete(&format!("{path}/{deleted}")).await);
        for order in ["", "&sort_by=id&sort_direction=desc", "&sort_by=update_time"] {
            let found = server.walk(&format!("{path}?limit=1&updated_since={since}{order}")).await;
            // Only deals list deleted ones.
            let expected = BTreeSet::from([id(&made), id(&changed)]);
            assert_eq!(ids(&found).into_iter().collect::<BTreeSet<_>>(), expected, "{collection}{order}");
        }
        assert_eq!(
            server.walk(&format!("{path}?limit=500&updated_since=2100-01-01T00:00:00Z")).await,
            Vec::<Value>::new()
        );
    }
}

#[tokio::test]
async fn leads_are_paged_newest_first() {
    let server = TestServer::with(Options { plan: Plan::Enterprise, deals: 2_000, ..Options::default() }).await;
    let (_, all) = server.get("/v1/leads?limit=500").await;
    let all = all["data"].as_array().unwrap().clone();
    let mut seen: Vec<Value> = Vec::new();
    loop {
        let (_, page) = server.get(&format!("/v1/leads?sort=add_time%20DESC&start={}&limit=7", seen.len())).await;
        seen.extend(page["data"].as_array().unwrap().iter().cloned());
        if page["additional_data"]["more_items_in_collection"] == false {
            break;
        }
    }
    let names = |leads: &[Value]| leads.iter().map(|lead| lead["id"].to_string()).collect::<BTreeSet<_>>();
    assert!(seen.len() > 20, "{}", seen.len());
    assert_eq!((seen.len(), names(&seen)), (all.len(), names(&all)));
    assert!(seen.is_sorted_by(|a, b| a["add_time"].as_str() >= b["add_time"].as_str()));
    let made = server.post("/v1/leads", json!({"title": "Fresh", "person_id": 1})).await.1;
    let (_, first) = server.get("/v1/leads?sort=add_time%20DESC&start=0&limit=1").await;
    assert_eq!(first["data"][0]["id"], made["data"]["id"]);
}
