//! Two readings of the documentation compared: what the practice server delivers, as the client reads it, equals what
//! the client reads from the API.

use std::collections::HashMap;

use dealdeck::domain::{ActivityId, DealId, Item, ItemRef, OrgId, PersonId};
use dealdeck::pipedrive::{Api, Delivery, Endpoint, Lane, Payload, Token, connect};
use serde_json::{Value, json};

use super::client::{TestServer, id, ok};
use super::webhook_receiver::WebhookReceiver;

/// The number of changes of each kind: together fewer than the plan allows in two seconds.
const SOME: usize = 20;

/// Returns the items of a list that have custom fields, if the kind can have any.
async fn some(server: &TestServer, path: &str) -> Vec<u64> {
    let list = server.walk(&format!("/api/v2/{path}?limit=500")).await;
    let is_rich = |item: &&Value| item["custom_fields"].as_object().is_none_or(|fields| !fields.is_empty());
    list.iter().filter(is_rich).take(SOME).map(id).collect()
}

/// Returns items as the API has them.
async fn items(api: &Api, ids: &[Vec<u64>; 4]) -> HashMap<ItemRef, Item> {
    let [deals, people, orgs, activities] = ids;
    let deals: Vec<DealId> = deals.iter().copied().map(DealId).collect();
    let people: Vec<PersonId> = people.iter().copied().map(PersonId).collect();
    let orgs: Vec<OrgId> = orgs.iter().copied().map(OrgId).collect();
    let activities: Vec<ActivityId> = activities.iter().copied().map(ActivityId).collect();
    let mut items: Vec<Item> = Vec::new();
    items.extend(api.deals_by_id(Lane::Screen, &deals).await.unwrap().into_iter().map(Item::Deal));
    items.extend(api.people_by_id(Lane::Screen, &people).await.unwrap().into_iter().map(Item::Person));
    items.extend(api.orgs_by_id(Lane::Screen, &orgs).await.unwrap().into_iter().map(Item::Org));
    items.extend(api.activities_by_id(Lane::Screen, &activities).await.unwrap().into_iter().map(Item::Activity));
    items.into_iter().map(|item| (item.key(), item)).collect()
}

fn read(body: &Value) -> Delivery {
    Delivery::read(body.to_string().as_bytes()).unwrap_or_else(|error| panic!("{error}: {body}"))
}

#[tokio::test]
async fn delivered_records_equal_those_of_the_api() {
    let server = TestServer::open().await;
    let mut receiver = WebhookReceiver::open().await;
    let token = Token::new(server.sandbox.token()).unwrap();
    let (api, _task) = connect(Endpoint::from_url(server.sandbox.url()).unwrap(), &token).unwrap();
    let paths = [("deals", "title"), ("persons", "name"), ("organizations", "name"), ("activities", "subject")];
    let mut ids: [Vec<u64>; 4] = Default::default();
    for (ids, (path, _)) in ids.iter_mut().zip(paths) {
        *ids = some(&server, path).await;
    }
    let before = items(&api, &ids).await;
    receiver.register(&server, json!({})).await;
    for (ids, (path, name)) in ids.iter().zip(paths) {
        for id in ids {
            ok(server.patch(&format!("/api/v2/{path}/{id}"), json!({name: format!("Changed {id}")})).await);
        }
    }
    let after = items(&api, &ids).await;
    assert!(after.len() > 60, "{}", after.len());
    for _ in 0..after.len() {
        let body = receiver.next().await.body;
        let delivery = read(&body);
        assert_eq!(delivery.by.map(|user| user.0), Some(1));
        assert!(delivery.seen_by.is_some_and(|users| users.len() > 3));
        let Payload::Item(partial) = delivery.payload else { panic!("{body}") };
        let key = partial.key();
        let whole = partial.merge_onto(before.get(&key));
        assert_eq!(whole.as_ref(), after.get(&key), "{body}");
    }
}

#[tokio::test]
async fn created_and_deleted_records_are_read() {
    let server = TestServer::open().await;
    let mut receiver = WebhookReceiver::open().await;
    receiver.register(&server, json!({})).await;
    for (path, body) in [
        ("/api/v2/deals", json!({"title": "x", "person_id": 1})),
        ("/api/v2/persons", json!({"name": "x"})),
        ("/api/v2/organizations", json!({"name": "x"})),
        ("/api/v2/activities", json!({"subject": "x", "due_date": "2026-12-01", "due_time": "09:30"})),
    ] {
        let made = id(&ok(server.post(path, body).await));
        let (body, key) = (receiver.next().await.body, |news| match news {
            Payload::Item(partial) => partial.key(),
            Payload::Unreadable(key) | Payload::Deleted(key) => key,
            other => panic!("{other:?}"),
        });
        let first = key(read(&body).payload);
        ok(server.delete(&format!("{path}/{made}")).await);
        assert_eq!(read(&receiver.next().await.body).payload, Payload::Deleted(first));
    }
    // The client reads nothing from these, and reports no error.
    ok(server.post("/api/v1/leads", json!({"title": "x", "person_id": 1})).await);
    ok(server.post("/api/v1/notes", json!({"content": "x", "person_id": 1})).await);
    for _ in 0..2 {
        assert_eq!(read(&receiver.next().await.body).payload, Payload::Other);
    }
}

#[tokio::test]
async fn users_are_read_from_deliveries() {
    let server = TestServer::open().await;
    let mut receiver = WebhookReceiver::open().await;
    receiver.register(&server, json!({})).await;
    ok(server.put("/api/v1/users/3", json!({"active_flag": false})).await);
    ok(server.put("/api/v1/users/4", json!({"active_flag": false})).await);
    let (first, second) = (read(&receiver.next().await.body), read(&receiver.next().await.body));
    assert_eq!((&first.payload, &second.payload), (&Payload::Users, &Payload::Users));
    assert_ne!(first.event, second.event);
}
