//! Items linked to a deleted person or organization.

use serde_json::{Value, json};

use super::client::{TestServer, error_of, id, ok};
use super::webhook_receiver::WebhookReceiver;

#[tokio::test]
async fn a_deleted_person_is_unlinked_everywhere() {
    let server = TestServer::open().await;
    let (person, other) = (server.person().await, server.person().await);
    let deal = id(&server.deal(json!({"person_id": person})).await);
    let lead = ok(server.post("/api/v1/leads", json!({"title": "A lead", "person_id": person})).await);
    let lead = format!("/api/v1/leads/{}", lead["id"].as_str().unwrap());
    let participants = json!([{"person_id": person, "primary": true}, {"person_id": other}]);
    let activity = id(&ok(server.post("/api/v2/activities", json!({"participants": participants})).await));
    let mut receiver = WebhookReceiver::open().await;
    receiver.register(&server, json!({})).await;

    ok(server.delete(&format!("/api/v2/persons/{person}")).await);
    assert_eq!(server.data(&format!("/api/v2/deals/{deal}")).await["person_id"], Value::Null);
    assert_eq!(server.data(&lead).await["person_id"], Value::Null);
    let activity_data = server.data(&format!("/api/v2/activities/{activity}")).await;
    assert_eq!(activity_data["person_id"], other);
    assert_eq!(activity_data["participants"], json!([{"person_id": other, "primary": true}]));
    let events: Vec<String> =
        receiver.next_sorted(4).await.iter().map(super::webhook_receiver::ReceivedWebhook::event).collect();
    let lead_id = lead.rsplit('/').next().unwrap();
    let mut expected = [
        format!("delete person {person}"),
        format!("change deal {deal}"),
        format!("change lead {lead_id}"),
        format!("change activity {activity}"),
    ];
    expected.sort();
    assert_eq!(events, expected);
    let changes = server.data(&format!("/api/v1/deals/{deal}/changelog")).await;
    assert_eq!(changes[0]["field_key"], "person_id");
}

#[tokio::test]
async fn a_deleted_organization_is_unlinked_everywhere() {
    let server = TestServer::open().await;
    let org = id(&ok(server.post("/api/v2/organizations", json!({"name": "Gone"})).await));
    let person = id(&ok(server.post("/api/v2/persons", json!({"name": "Stays", "org_id": org})).await));
    let deal = id(&server.deal(json!({"person_id": person, "org_id": org})).await);
    let lead = ok(server.post("/api/v1/leads", json!({"title": "A lead", "organization_id": org})).await);
    let activity = id(&ok(server.post("/api/v2/activities", json!({"org_id": org})).await));

    ok(server.delete(&format!("/api/v2/organizations/{org}")).await);
    for path in
        [format!("/api/v2/persons/{person}"), format!("/api/v2/deals/{deal}"), format!("/api/v2/activities/{activity}")]
    {
        assert_eq!(server.data(&path).await["org_id"], Value::Null, "{path}");
    }
    let lead = server.data(&format!("/api/v1/leads/{}", lead["id"].as_str().unwrap())).await;
    assert_eq!(lead["organization_id"], Value::Null);
    assert_eq!(server.data(&format!("/api/v2/deals/{deal}")).await["person_id"], person);
}

#[tokio::test]
async fn items_without_a_link_can_be_edited() {
    let server = TestServer::open().await;
    let person = server.person().await;
    let deal = format!("/api/v2/deals/{}", id(&server.deal(json!({"person_id": person})).await));
    let lead = ok(server.post("/api/v1/leads", json!({"title": "A lead", "person_id": person})).await);
    let lead = format!("/api/v1/leads/{}", lead["id"].as_str().unwrap());
    ok(server.delete(&format!("/api/v2/persons/{person}")).await);
    for path in [&deal, &lead] {
        ok(server.patch(path, json!({"title": "Still edited"})).await);
        error_of(server.patch(path, json!({"person_id": null})).await, 400);
    }
    ok(server.patch(&deal, json!({"status": "won"})).await);
}
