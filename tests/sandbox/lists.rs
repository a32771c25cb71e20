//! Lists: pages, filters, orders, additional fields, search.

use std::collections::{BTreeSet, HashSet};

use dealdeck::sandbox::{Options, Plan};
use serde_json::{Value, json};

use super::client::{TestServer, assert_schema_error, error_of, ids, ok};

#[tokio::test]
async fn pages_cover_everything_exactly_once_in_every_order() {
    for (path, orders) in [
        ("deals", &["id", "update_time", "add_time"][..]),
        ("persons", &["id", "update_time", "add_time"]),
        ("organizations", &["id", "update_time", "add_time"]),
        ("activities", &["id", "update_time", "add_time", "due_date"]),
        ("stages", &["id", "update_time", "add_time", "order_nr"]),
        ("pipelines", &["id", "update_time", "add_time"]),
    ] {
        // A server for each, because of the limits.
        let server = TestServer::open().await;
        let all = ids(&server.walk(&format!("/api/v2/{path}?limit=500")).await);
        for order in orders {
            for direction in ["asc", "desc"] {
                let page = if path == "stages" || path == "pipelines" { 4 } else { 37 };
                let query = format!("/api/v2/{path}?limit={page}&sort_by={order}&sort_direction={direction}");
                let items = server.walk(&query).await;
                let seen: BTreeSet<u64> = ids(&items).into_iter().collect();
                assert_eq!((items.len(), seen.len()), (all.len(), all.len()), "{query}");
                let keys: Vec<String> = items.iter().map(|item| sort_key(&item[*order])).collect();
                let is_sorted = if direction == "asc" { keys.is_sorted() } else { keys.iter().rev().is_sorted() };
                assert!(is_sorted, "{query}: {keys:?}");
            }
        }
    }
}

/// Returns text that sorts like the value; unset values come last.
fn sort_key(value: &Value) -> String {
    match value {
        Value::Number(number) => format!("{:020}", number.as_u64().unwrap()),
        Value::String(text) => text.clone(),
        _ => "~".to_owned(),
    }
}

#[tokio::test]
async fn list_parameters_filter_items() {
    let server = TestServer::open().await;
    let all = server.walk("/api/v2/deals?limit=500").await;
    for (name, value) in [("owner_id", 2), ("pipeline_id", 2), ("stage_id", 3), ("person_id", 5), ("org_id", 7)] {
        let found = server.walk(&format!("/api/v2/deals?limit=500&{name}={value}")).await;
        let expected: Vec<u64> = ids(&all.iter().filter(|deal| deal[name] == value).cloned().collect::<Vec<_>>());
        assert_eq!(ids(&found), expected, "{name}");
    }
    let ended = server.walk("/api/v2/deals?limit=500&status=won,lost").await;
    assert!(!ended.is_empty() && ended.iter().all(|deal| deal["status"] != "open"));
    assert_eq!(ids(&server.walk("/api/v2/deals?ids=3,1,2&limit=500").await).len(), {
        all.iter().filter(|deal| deal["id"].as_u64().unwrap() <= 3).count()
    });
    let pivot = all[all.len() / 2]["update_time"].as_str().unwrap().to_owned();
    let since = server.walk(&format!("/api/v2/deals?limit=500&updated_since={pivot}")).await;
    let until = server.walk(&format!("/api/v2/deals?limit=500&updated_until={pivot}")).await;
    assert!(since.iter().any(|deal| deal["update_time"] == pivot.as_str()), "updated_since is inclusive");
    assert!(until.iter().all(|deal| deal["update_time"].as_str().unwrap() < &*pivot));
    assert_eq!(since.len() + until.len(), all.len());

    let open = server.walk("/api/v2/activities?limit=500&done=false").await;
    let done = server.walk("/api/v2/activities?limit=500&done=true").await;
    assert!(open.iter().all(|activity| activity["done"] == false && activity["marked_as_done_time"].is_null()));
    assert!(done.iter().all(|activity| activity["done"] == true && !activity["marked_as_done_time"].is_null()));
    let lead = open.iter().find_map(|activity| activity["lead_id"].as_str()).expect("an activity on a lead");
    let on_lead = server.walk(&format!("/api/v2/activities?limit=500&lead_id={lead}")).await;
    assert!(!on_lead.is_empty() && on_lead.iter().all(|activity| activity["lead_id"] == lead));
    let stages = server.walk("/api/v2/stages?pipeline_id=2").await;
    assert!(stages.len() >= 5 && stages.iter().all(|stage| stage["pipeline_id"] == 2));
}

#[tokio::test]
async fn malformed_queries_are_refused() {
    let server = TestServer::open().await;
    for (query, field) in [
        ("deals?limit=0", "limit"),
        ("deals?limit=501", "limit"),
        ("deals?limit=ten", "limit"),
        ("deals?cursor=nonsense", "cursor"),
        ("deals?sort_by=title", "sort_by"),
        ("deals?sort_direction=up", "sort_direction"),
        ("deals?status=open,sold", "status"),
        ("deals?owner_id=me", "owner_id"),
        ("deals?ids=1,x", "ids"),
        ("deals?include_fields=weighted_value", "include_fields"),
        ("deals?updated_since=2026-01-01T00:00:00.000Z", "updated_since"),
        ("deals?updated_since=2026-01-01", "updated_since"),
        ("deals?updated_until=yesterday", "updated_until"),
        ("activities?done=1", "done"),
        ("activities?lead_id=7", "lead_id"),
        ("itemSearch?term=heat&limit=101", "limit"),
        ("itemSearch?term=h", "term"),
        ("deals/search?term=", "term"),
        ("deals/abc", "id"),
    ] {
        assert_schema_error(server.get(&format!("/api/v2/{query}")).await, field);
    }
    let (_, page) = server.get("/api/v2/deals?limit=5").await;
    let cursor = page["additional_data"]["next_cursor"].as_str().unwrap();
    assert_schema_error(server.get(&format!("/api/v2/deals?sort_by=add_time&cursor={cursor}")).await, "cursor");
}

#[tokio::test]
async fn deals_have_extra_fields_only_on_request() {
    let server = TestServer::open().await;
    let deals =
        server.walk("/api/v2/deals?limit=500&status=open&include_fields=next_activity_id&include_labels=true").await;
    for deal in &deals {
        for absent in ["person_name", "org_name", "owner_name", "weighted_value", "rotten_time"] {
            assert!(deal.get(absent).is_none(), "{absent}");
        }
        assert!(deal["won_time"].is_null() && deal["lost_time"].is_null() && deal["close_time"].is_null());
        assert!(!(deal["person_id"].is_null() && deal["org_id"].is_null()));
        assert_eq!(deal["labels"].as_array().unwrap().len(), deal["label_ids"].as_array().unwrap().len());
    }
    let deal = deals.iter().find(|deal| !deal["next_activity_id"].is_null()).expect("a deal with something to do");
    let next = server.data(&format!("/api/v2/activities/{}", deal["next_activity_id"])).await;
    assert_eq!((&next["deal_id"], &next["done"]), (&deal["id"], &json!(false)));
    assert!(server.data(&format!("/api/v2/deals/{}", deal["id"])).await.get("next_activity_id").is_none());
}

#[tokio::test]
async fn field_metadata_lists_the_labels() {
    let server = TestServer::open().await;
    for path in ["dealFields", "personFields", "organizationFields"] {
        let fields = server.walk(&format!("/api/v2/{path}?limit=2")).await;
        let label = fields.iter().find(|field| field["field_code"] == "label").expect("a label field");
        let options = label["options"].as_array().unwrap();
        assert!(options.iter().all(|option| option["id"].is_u64() && option["color"].is_string()));
    }
    assert_eq!(server.data("/api/v2/dealFields/title").await["field_type"], "varchar");
    error_of(server.get("/api/v2/dealFields/nothing").await, 404);
}

#[tokio::test]
async fn search_finds_items_containing_the_term() {
    let server = TestServer::open().await;
    ok(server.post("/api/v2/organizations", json!({"name": "Zebra Crossing Ltd"})).await);
    let deal = server.deal(json!({"title": "Zebra stripes", "stage_id": 2})).await;
    let hits = server.data("/api/v2/itemSearch?term=zebra").await;
    let kinds: HashSet<&str> =
        hits["items"].as_array().unwrap().iter().map(|hit| hit["item"]["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, HashSet::from(["deal", "organization"]));
    let hits = server.data("/api/v2/deals/search?term=ZEBRA%20str&status=open").await;
    let hit = &hits["items"][0]["item"];
    assert_eq!((&hit["id"], &hit["stage"]["id"]), (&deal["id"], &json!(2)));
    assert_eq!(hit["person"]["id"], 1);
    assert!(hit["person"]["name"].is_string());
    assert_eq!(server.data("/api/v2/deals/search?term=zebra&status=won").await["items"], json!([]));
    assert_eq!(server.data("/api/v2/deals/search?term=zebra&exact_match=true").await["items"], json!([]));
    let mut seen = 0;
    let mut cursor = String::new();
    loop {
        let (_, page) = server.get(&format!("/api/v2/persons/search?term=an&limit=25{cursor}")).await;
        seen += page["data"]["items"].as_array().unwrap().len();
        let Some(next) = page["additional_data"]["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let (_, whole) = server.get("/api/v2/persons/search?term=an&limit=500").await;
    assert_eq!(seen, whole["data"]["items"].as_array().unwrap().len());
}

#[tokio::test]
async fn the_seed_determines_the_data() {
    let titles = async |seed| {
        let server = TestServer::with(Options { plan: Plan::Enterprise, seed, ..Options::default() }).await;
        let deals = server.walk("/api/v2/deals?limit=500").await;
        deals.iter().map(|deal| json!([deal["title"], deal["value"], deal["stage_id"]])).collect::<Vec<_>>()
    };
    let (first, again, other) = (titles(5).await, titles(5).await, titles(6).await);
    assert_eq!(first, again);
    assert_ne!(first, other);
}

#[tokio::test]
async fn the_sample_covers_the_needs_of_tests_and_demo() {
    let server = TestServer::open().await;
    let pipelines = server.walk("/api/v2/pipelines?").await;
    assert!(pipelines.len() >= 3);
    assert_eq!(pipelines[0]["is_deal_probability_enabled"], true);
    assert!(pipelines.iter().any(|pipeline| pipeline["is_deal_probability_enabled"] == false));
    let stages = server.walk("/api/v2/stages?pipeline_id=1&sort_by=order_nr").await;
    let last = stages.last().unwrap()["id"].clone();

    let open = server.walk("/api/v2/deals?limit=500&status=open&pipeline_id=1").await;
    let plain = plain(&open, "title");
    let before_last = plain.iter().filter(|deal| deal["stage_id"] != last).count();
    assert!(before_last >= 20, "{before_last} plain deals before the last stage");
    let open = server.walk("/api/v2/activities?limit=500&done=false").await;
    assert!(self::plain(&open, "subject").iter().filter(|activity| !activity["due_date"].is_null()).count() >= 20);
    let today = chrono::Utc::now().date_naive().to_string();
    assert!(open.iter().any(|activity| activity["due_date"].as_str().is_some_and(|date| date < &*today)));
    assert!(open.iter().any(|activity| !activity["due_time"].is_null()));

    let (_, leads) = server.get("/api/v1/leads?limit=500").await;
    assert!(leads["data"].as_array().unwrap().iter().any(|lead| lead["was_seen"] == false));
    assert!(!server.data("/api/v1/leads/archived").await.as_array().unwrap().is_empty());
    assert!(!server.data("/api/v2/deals/archived").await.as_array().unwrap().is_empty());
    let users = server.data("/api/v1/users").await;
    assert!(users.as_array().unwrap().iter().any(|user| user["active_flag"] == false));
    assert!(users.as_array().unwrap().len() >= 5);
}

/// Returns the items that the end-to-end tests can find by their text.
fn plain(list: &[Value], key: &str) -> Vec<Value> {
    let text = |item: &Value| item[key].as_str().unwrap_or_default().to_lowercase();
    let is_plain = |text: &str| {
        (6..60).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" -&".contains(&byte))
    };
    let alone = |this: &str| list.iter().filter(|other| text(other).contains(this)).count() == 1;
    list.iter().filter(|item| is_plain(&text(item)) && alone(&text(item))).cloned().collect()
}

#[tokio::test]
async fn unknown_paths_are_refused_in_the_envelope() {
    let server = TestServer::open().await;
    error_of(server.get("/api/v2/leads").await, 404);
    error_of(server.get("/api/v3/deals").await, 404);
    error_of(server.get("/").await, 404);
    error_of(server.put("/api/v2/deals/1", json!({})).await, 405);
    error_of(server.put("/api/v1/leads/x", json!({})).await, 405);
    for retired in ["deals", "persons/1", "stages", "itemSearch"] {
        error_of(server.get(&format!("/v1/{retired}")).await, 410);
    }
    assert_eq!(server.data("/v1/users/me").await, server.data("/api/v1/users/me").await);
    let bad = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = bad.get(format!("{}/api/v1/users/me", server.sandbox.url())).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["x-401-by-gw"].to_str().unwrap()), (401, "true"));
    let body: Value = answer.json().await.unwrap();
    assert_eq!((&body["error"], &body["errorCode"]), (&json!("unauthorized access"), &json!(401)));
}
