//! Saved filters: created, listed, and evaluated by the lists.

use serde_json::{Value, json};

use super::client::{TestServer, error_of, id, ids, ok};

fn conditions(list: &Value) -> Value {
    json!({"glue": "and", "conditions": [{"glue": "and", "conditions": list}, {"glue": "or", "conditions": []}]})
}

#[tokio::test]
async fn a_saved_filter_replaces_other_conditions() {
    let server = TestServer::open().await;
    let all = server.data("/api/v1/filters?type=deals").await;
    let named = |name: &str| id(all.as_array().unwrap().iter().find(|filter| filter["name"] == name).unwrap());
    assert!(all[0].get("conditions").is_none(), "the list leaves them out");
    assert!(server.data(&format!("/api/v1/filters/{}", named("Won"))).await["conditions"]["glue"] == "and");
    // The `status` parameter beside it is ignored.
    let path = format!("/api/v2/deals?limit=500&status=open&filter_id={}", named("Won"));
    let won = server.walk(&path).await;
    assert!(!won.is_empty() && won.iter().all(|deal| deal["status"] == "won"));
    assert_eq!(ids(&won), ids(&server.walk("/api/v2/deals?limit=500&status=won").await));
    let mine = server.walk(&format!("/api/v2/deals?limit=500&filter_id={}", named("My open deals"))).await;
    assert!(mine.iter().all(|deal| deal["owner_id"] == 1 && deal["status"] == "open"));
    // A filter of deals does not apply to people.
    error_of(server.get(&format!("/api/v2/persons?filter_id={}", named("Won"))).await, 404);
    error_of(server.get("/api/v1/leads?filter_id=999").await, 404);
    let leads = server.data("/api/v1/filters?type=leads").await;
    let unseen = server.data(&format!("/api/v1/leads?limit=500&filter_id={}", leads[0]["id"])).await;
    assert!(unseen.as_array().unwrap().iter().all(|lead| lead["was_seen"] == false));
}

#[tokio::test]
async fn filters_can_test_linked_items() {
    let server = TestServer::open().await;
    let person = ok(server.post("/api/v2/persons", json!({"name": "Filtered Person"})).await);
    let deal = server.deal(json!({"person_id": person["id"]})).await;
    let one = json!({"object": "person", "field_id": "21", "operator": "LIKE '$%'", "value": "filtered", "extra_value": null});
    let body = json!({"name": "By person", "type": "deals", "conditions": conditions(&json!([one]))});
    let made = ok(server.post("/api/v1/filters", body).await);
    let found = server.walk(&format!("/api/v2/deals?filter_id={}", made["id"])).await;
    assert_eq!(ids(&found), [id(&deal)]);
    ok(server.delete(&format!("/api/v1/filters/{}", made["id"])).await);
    error_of(server.get(&format!("/api/v2/deals?filter_id={}", made["id"])).await, 404);
    for (field, operator) in [("999", "="), ("21", "~")] {
        let one = json!({"object": "person", "field_id": field, "operator": operator, "value": "x"});
        let body = json!({"name": "Wrong", "type": "deals", "conditions": conditions(&json!([one]))});
        error_of(server.post("/api/v1/filters", body).await, 400);
    }
}
