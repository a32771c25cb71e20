//! Saved filters: made, listed, and evaluated by the lists.

use serde_json::{Value, json};

use super::desk::{Desk, id, ids, ok, refused};

fn conditions(list: &Value) -> Value {
    json!({"glue": "and", "conditions": [{"glue": "and", "conditions": list}, {"glue": "or", "conditions": []}]})
}

#[tokio::test]
async fn a_filter_has_its_say_alone() {
    let desk = Desk::open().await;
    let all = desk.data("/api/v1/filters?type=deals").await;
    let named = |name: &str| id(all.as_array().unwrap().iter().find(|filter| filter["name"] == name).unwrap());
    assert!(all[0].get("conditions").is_none(), "the list leaves them out");
    assert!(desk.data(&format!("/api/v1/filters/{}", named("Won"))).await["conditions"]["glue"] == "and");
    // The status that is asked for along with it does not count.
    let path = format!("/api/v2/deals?limit=500&status=open&filter_id={}", named("Won"));
    let won = desk.walk(&path).await;
    assert!(!won.is_empty() && won.iter().all(|deal| deal["status"] == "won"));
    assert_eq!(ids(&won), ids(&desk.walk("/api/v2/deals?limit=500&status=won").await));
    let mine = desk.walk(&format!("/api/v2/deals?limit=500&filter_id={}", named("My open deals"))).await;
    assert!(mine.iter().all(|deal| deal["owner_id"] == 1 && deal["status"] == "open"));
    // A filter of deals is none of people's.
    refused(desk.get(&format!("/api/v2/persons?filter_id={}", named("Won"))).await, 404);
    refused(desk.get("/api/v1/leads?filter_id=999").await, 404);
    let leads = desk.data("/api/v1/filters?type=leads").await;
    let unseen = desk.data(&format!("/api/v1/leads?limit=500&filter_id={}", leads[0]["id"])).await;
    assert!(unseen.as_array().unwrap().iter().all(|lead| lead["was_seen"] == false));
}

#[tokio::test]
async fn a_filter_may_be_about_what_an_item_is_linked_to() {
    let desk = Desk::open().await;
    let person = ok(desk.post("/api/v2/persons", json!({"name": "Filtered Person"})).await);
    let deal = desk.deal(json!({"person_id": person["id"]})).await;
    let one = json!({"object": "person", "field_id": "21", "operator": "LIKE '$%'", "value": "filtered", "extra_value": null});
    let body = json!({"name": "By person", "type": "deals", "conditions": conditions(&json!([one]))});
    let made = ok(desk.post("/api/v1/filters", body).await);
    let found = desk.walk(&format!("/api/v2/deals?filter_id={}", made["id"])).await;
    assert_eq!(ids(&found), [id(&deal)]);
    ok(desk.delete(&format!("/api/v1/filters/{}", made["id"])).await);
    refused(desk.get(&format!("/api/v2/deals?filter_id={}", made["id"])).await, 404);
    for (field, operator) in [("999", "="), ("21", "~")] {
        let one = json!({"object": "person", "field_id": field, "operator": operator, "value": "x"});
        let body = json!({"name": "Wrong", "type": "deals", "conditions": conditions(&json!([one]))});
        refused(desk.post("/api/v1/filters", body).await, 400);
    }
}
