//! What is linked to a person or an organization that is deleted.

use serde_json::{Value, json};

use super::desk::{Desk, id, ok, refused};
use super::ear::Ear;

#[tokio::test]
async fn a_deleted_person_is_unlinked_from_all() {
    let desk = Desk::open().await;
    let (person, other) = (desk.person().await, desk.person().await);
    let deal = id(&desk.deal(json!({"person_id": person})).await);
    let lead = ok(desk.post("/api/v1/leads", json!({"title": "A lead", "person_id": person})).await);
    let lead = format!("/api/v1/leads/{}", lead["id"].as_str().unwrap());
    let participants = json!([{"person_id": person, "primary": true}, {"person_id": other}]);
    let activity = id(&ok(desk.post("/api/v2/activities", json!({"participants": participants})).await));
    let mut ear = Ear::open().await;
    ear.register(&desk, json!({})).await;

    ok(desk.delete(&format!("/api/v2/persons/{person}")).await);
    assert_eq!(desk.data(&format!("/api/v2/deals/{deal}")).await["person_id"], Value::Null);
    assert_eq!(desk.data(&lead).await["person_id"], Value::Null);
    let activity_data = desk.data(&format!("/api/v2/activities/{activity}")).await;
    assert_eq!(activity_data["person_id"], other);
    assert_eq!(activity_data["participants"], json!([{"person_id": other, "primary": true}]));
    let heard: Vec<String> = ear.next_few(4).await.iter().map(super::ear::Heard::event).collect();
    let lead_id = lead.rsplit('/').next().unwrap();
    let mut expected = [
        format!("delete person {person}"),
        format!("change deal {deal}"),
        format!("change lead {lead_id}"),
        format!("change activity {activity}"),
    ];
    expected.sort();
    assert_eq!(heard, expected);
    let changes = desk.data(&format!("/api/v1/deals/{deal}/changelog")).await;
    assert_eq!(changes[0]["field_key"], "person_id");
}

#[tokio::test]
async fn a_deleted_organization_is_unlinked_from_all() {
    let desk = Desk::open().await;
    let org = id(&ok(desk.post("/api/v2/organizations", json!({"name": "Gone"})).await));
    let person = id(&ok(desk.post("/api/v2/persons", json!({"name": "Stays", "org_id": org})).await));
    let deal = id(&desk.deal(json!({"person_id": person, "org_id": org})).await);
    let lead = ok(desk.post("/api/v1/leads", json!({"title": "A lead", "organization_id": org})).await);
    let activity = id(&ok(desk.post("/api/v2/activities", json!({"org_id": org})).await));

    ok(desk.delete(&format!("/api/v2/organizations/{org}")).await);
    for path in
        [format!("/api/v2/persons/{person}"), format!("/api/v2/deals/{deal}"), format!("/api/v2/activities/{activity}")]
    {
        assert_eq!(desk.data(&path).await["org_id"], Value::Null, "{path}");
    }
    let lead = desk.data(&format!("/api/v1/leads/{}", lead["id"].as_str().unwrap())).await;
    assert_eq!(lead["organization_id"], Value::Null);
    assert_eq!(desk.data(&format!("/api/v2/deals/{deal}")).await["person_id"], person);
}

#[tokio::test]
async fn items_without_a_link_can_be_edited() {
    let desk = Desk::open().await;
    let person = desk.person().await;
    let deal = format!("/api/v2/deals/{}", id(&desk.deal(json!({"person_id": person})).await));
    let lead = ok(desk.post("/api/v1/leads", json!({"title": "A lead", "person_id": person})).await);
    let lead = format!("/api/v1/leads/{}", lead["id"].as_str().unwrap());
    ok(desk.delete(&format!("/api/v2/persons/{person}")).await);
    for path in [&deal, &lead] {
        ok(desk.patch(path, json!({"title": "Still edited"})).await);
        refused(desk.patch(path, json!({"person_id": null})).await, 400);
    }
    ok(desk.patch(&deal, json!({"status": "won"})).await);
}
