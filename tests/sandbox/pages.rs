//! What a reader relies on who was away: the newest first, only what has changed, and a place to go on from.

use std::collections::BTreeSet;

use dealdeck::sandbox::{Options, Plan};
use serde_json::{Value, json};

use super::desk::{Desk, id, ids, ok};

const COLLECTIONS: [&str; 4] = ["deals", "activities", "persons", "organizations"];

/// What makes one of a collection.
fn fresh(collection: &str) -> Value {
    match collection {
        "deals" => json!({"title": "Fresh", "person_id": 1}),
        "activities" => json!({"subject": "Fresh"}),
        _ => json!({"name": "Fresh"}),
    }
}

#[tokio::test]
async fn pages_by_id_from_the_newest_down_cover_what_fits_exactly_once() {
    for (collection, filter) in [
        ("deals", "status=open"),
        ("deals", "status=won,lost"),
        ("activities", "done=false"),
        ("persons", "owner_id=2"),
        ("organizations", "owner_id=2"),
    ] {
        // One each, for its limits.
        let desk = Desk::open().await;
        let all = desk.walk(&format!("/api/v2/{collection}?limit=500&{filter}")).await;
        let mut times: Vec<&str> = all.iter().map(|item| item["update_time"].as_str().unwrap()).collect();
        times.sort_unstable();
        let pivot = times[times.len() / 2];
        for since in [String::new(), format!("&updated_since={pivot}")] {
            let is_wanted = |item: &&Value| since.is_empty() || item["update_time"].as_str().unwrap() >= pivot;
            let mut expected = ids(&all.iter().filter(is_wanted).cloned().collect::<Vec<_>>());
            expected.reverse();
            let query = format!("/api/v2/{collection}?limit=5&{filter}{since}&sort_by=id&sort_direction=desc");
            assert_eq!(ids(&desk.walk(&query).await), expected, "{query}");
            assert!(expected.len() > 5, "{query}");
        }
    }
}

#[tokio::test]
async fn what_comes_or_goes_while_one_pages_down_by_id_moves_nothing_else() {
    for collection in COLLECTIONS {
        let desk = Desk::open().await;
        let path = format!("/api/v2/{collection}?limit=10&sort_by=id&sort_direction=desc");
        let all = ids(&desk.walk(&path.replace("=10", "=500")).await);
        let (_, first) = desk.get(&path).await;
        let mut seen = ids(first["data"].as_array().unwrap());
        ok(desk.post(&format!("/api/v2/{collection}"), fresh(collection)).await);
        ok(desk.delete(&format!("/api/v2/{collection}/{}", seen[9])).await);
        let cursor = first["additional_data"]["next_cursor"].as_str().unwrap();
        seen.extend(ids(&desk.walk(&format!("{}&cursor={cursor}", path.replace("=10", "=500"))).await));
        assert_eq!(seen, all, "{collection}");
    }
}

#[tokio::test]
async fn a_cursor_goes_on_where_it_was_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { plan: Plan::Enterprise, db: Some(folder.path().join("practice.db")), ..Options::default() };
    let desk = Desk::with(options.clone()).await;
    let mut left = Vec::new();
    for collection in COLLECTIONS {
        for order in ["sort_by=id&sort_direction=desc", "sort_by=update_time&sort_direction=asc"] {
            let path = format!("/api/v2/{collection}?limit=20&{order}");
            let all = ids(&desk.walk(&path.replace("=20", "=500")).await);
            let (_, page) = desk.get(&path).await;
            let cursor = page["additional_data"]["next_cursor"].as_str().unwrap().to_owned();
            left.push((format!("{}&cursor={cursor}", path.replace("=20", "=500")), all[20..].to_vec()));
        }
    }
    desk.sandbox.stop().await;
    let desk = Desk::with(options).await;
    for (path, expected) in left {
        assert_eq!(ids(&desk.walk(&path).await), expected, "{path}");
    }
}

#[tokio::test]
async fn people_and_organizations_that_changed_are_told() {
    for collection in ["persons", "organizations"] {
        let desk = Desk::open().await;
        let path = format!("/api/v2/{collection}");
        let made = ok(desk.post(&path, fresh(collection)).await);
        let before = ids(&desk.walk(&format!("{path}?limit=500")).await);
        let since = made["update_time"].as_str().unwrap();
        let changed = ok(desk.patch(&format!("{path}/{}", before[3]), json!({"name": "Changed"})).await);
        let deleted = before[4];
        ok(desk.delete(&format!("{path}/{deleted}")).await);
        for order in ["", "&sort_by=id&sort_direction=desc", "&sort_by=update_time"] {
            let found = desk.walk(&format!("{path}?limit=1&updated_since={since}{order}")).await;
            // Deleted ones are told of deals only.
            let expected = BTreeSet::from([id(&made), id(&changed)]);
            assert_eq!(ids(&found).into_iter().collect::<BTreeSet<_>>(), expected, "{collection}{order}");
        }
        assert_eq!(
            desk.walk(&format!("{path}?limit=500&updated_since=2100-01-01T00:00:00Z")).await,
            Vec::<Value>::new()
        );
    }
}

#[tokio::test]
async fn leads_come_newest_first_page_by_page() {
    let desk = Desk::with(Options { plan: Plan::Enterprise, deals: 2_000, ..Options::default() }).await;
    let (_, all) = desk.get("/v1/leads?limit=500").await;
    let all = all["data"].as_array().unwrap().clone();
    let mut seen: Vec<Value> = Vec::new();
    loop {
        let (_, page) = desk.get(&format!("/v1/leads?sort=add_time%20DESC&start={}&limit=7", seen.len())).await;
        seen.extend(page["data"].as_array().unwrap().iter().cloned());
        if page["additional_data"]["more_items_in_collection"] == false {
            break;
        }
    }
    let names = |leads: &[Value]| leads.iter().map(|lead| lead["id"].to_string()).collect::<BTreeSet<_>>();
    assert!(seen.len() > 20, "{}", seen.len());
    assert_eq!((seen.len(), names(&seen)), (all.len(), names(&all)));
    assert!(seen.is_sorted_by(|a, b| a["add_time"].as_str() >= b["add_time"].as_str()));
    let made = desk.post("/v1/leads", json!({"title": "Fresh", "person_id": 1})).await.1;
    let (_, first) = desk.get("/v1/leads?sort=add_time%20DESC&start=0&limit=1").await;
    assert_eq!(first["data"][0]["id"], made["data"]["id"]);
}
