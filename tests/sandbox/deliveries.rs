//! How webhooks are delivered: to whom, how often, and when not.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use dealdeck::sandbox::{Options, Plan};
use serde_json::{Value, json};

use super::desk::{Desk, User, id, ok, refused};
use super::ear::Ear;

/// How long a test in virtual time may take at the most, in real time.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the server says of the events.
async fn ledger(user: &User) -> Vec<Value> {
    user.data("/sandbox/deliveries").await.as_array().expect("a list").clone()
}

/// What has become of the events.
async fn fates(user: &User) -> Vec<String> {
    ledger(user).await.iter().map(|entry| entry["fate"].as_str().expect("a word").to_owned()).collect()
}

/// Makes something happen.
async fn person(user: &User, name: &str) -> u64 {
    id(&ok(user.post("/api/v2/persons", json!({"name": name})).await))
}

#[tokio::test]
async fn a_registration_gets_what_it_is_for() {
    let desk = Desk::open().await;
    let (mut all, mut made, mut deals, mut old) =
        (Ear::open().await, Ear::open().await, Ear::open().await, Ear::open().await);
    let hook = all.register(&desk, json!({})).await;
    made.register(&desk, json!({"event_action": "create", "event_object": "person"})).await;
    deals.register(&desk, json!({"event_object": "deal"})).await;
    old.register(&desk, json!({"version": "1.0"})).await;
    let person = desk.person().await;
    ok(desk.patch(&format!("/api/v2/persons/{person}"), json!({"name": "Other"})).await);
    let deal = id(&desk.deal(json!({})).await);
    let heard: Vec<String> = all.next_few(3).await.iter().map(super::ear::Heard::event).collect();
    let told = |action: &str| format!("{action} person {person}");
    assert_eq!(heard, [told("change"), format!("create deal {deal}"), told("create")]);
    assert_eq!(made.next().await.event(), told("create"));
    assert_eq!(deals.next().await.event(), format!("create deal {deal}"));

    desk.delete(&format!("/api/v1/webhooks/{}", hook["id"])).await;
    let deal = id(&desk.deal(json!({})).await);
    assert_eq!(deals.next().await.event(), format!("create deal {deal}"));
    assert!(all.now().is_none() && made.now().is_none() && old.now().is_none());
    // An id is not given twice: what is on its way to the one would get to the other.
    assert_ne!(all.register(&desk, json!({})).await["id"], hook["id"]);
}

#[tokio::test]
async fn who_asks_for_it_gets_basic_authentication() {
    let desk = Desk::open().await;
    let (mut open, mut closed) = (Ear::open().await, Ear::open().await);
    open.register(&desk, json!({})).await;
    let hook = closed.register(&desk, json!({"http_auth_user": "dealdeck", "http_auth_password": "s3cret"})).await;
    desk.person().await;
    assert_eq!(open.next().await.authorization, None);
    // base64 of dealdeck:s3cret
    assert_eq!(closed.next().await.authorization.as_deref(), Some("Basic ZGVhbGRlY2s6czNjcmV0"));
    let entry = json!(ledger(&desk).await[1]);
    assert_eq!((&entry["webhook_id"], &entry["body"]["meta"]["id"]), (&hook["id"], &entry["event_id"]));
}

#[tokio::test]
async fn what_a_request_does_has_one_correlation_and_says_whose_it_is() {
    let colleagues = vec![("joonas".to_owned(), 2)];
    let desk = Desk::with(Options { plan: Plan::Enterprise, colleagues, ..Options::default() }).await;
    let theirs = desk.with_token("joonas");
    let deal = id(&desk.deal(json!({})).await);
    let mut ear = Ear::open().await;
    ear.register(&desk, json!({})).await;
    ok(theirs.post("/api/v2/activities", json!({"subject": "x", "done": true, "deal_id": deal})).await);
    let few = ear.next_few(2).await;
    assert_eq!(few[0].event(), format!("change deal {deal}"));
    let metas = [&few[0].body["meta"], &few[1].body["meta"]];
    assert!(metas.iter().all(|meta| meta["user_id"] == "2" && meta["webhook_owner_id"] == "1"));
    assert_eq!(metas[0]["correlation_id"], metas[1]["correlation_id"]);
    assert_ne!(metas[0]["id"], metas[1]["id"]);

    // A conversion is done after the request, without another, and is theirs all the same.
    let lead = ok(theirs.post("/api/v1/leads", json!({"title": "x", "person_id": 1})).await);
    let lead = lead["id"].as_str().unwrap();
    ear.next().await;
    ok(theirs.post(&format!("/api/v2/leads/{lead}/convert/deal"), json!({})).await);
    let few = ear.next_few(2).await;
    assert!(few[0].event().starts_with("create deal ") && few[1].event() == format!("delete lead {lead}"));
    assert!(few.iter().all(|heard| heard.body["meta"]["user_id"] == "2"));
}

#[tokio::test]
async fn what_cannot_be_saved_is_not_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("practice.db");
    let desk = Desk::with(Options { db: Some(file.clone()), ..Options::default() }).await;
    desk.sandbox.stop().await;
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection
        .execute_batch(
            "CREATE TRIGGER full BEFORE INSERT ON record WHEN NEW.body LIKE '%Unwritable%'
             BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
        )
        .unwrap();
    drop(connection);
    let desk = Desk::with(Options { db: Some(file), ..Options::default() }).await;
    let mut ear = Ear::open().await;
    ear.register(&desk, json!({})).await;
    refused(desk.post("/api/v2/persons", json!({"name": "Unwritable"})).await, 500);
    refused(desk.post("/api/v2/deals", json!({"title": "Unlinked"})).await, 400);
    let person = desk.person().await;
    assert_eq!(ear.next().await.event(), format!("create person {person}"));
    assert_eq!(ledger(&desk).await.len(), 1);
}

#[tokio::test]
async fn what_is_held_back_goes_out_later() {
    let desk = Desk::open().await;
    let mut ear = Ear::open().await;
    ear.register(&desk, json!({})).await;
    ok(desk.post("/sandbox/deliveries", json!({"hold": true})).await);
    for name in ["a", "b", "c"] {
        person(&desk, name).await;
    }
    assert_eq!(fates(&desk).await, ["waiting"; 3]);
    assert!(ear.now().is_none());
    refused(desk.post("/sandbox/deliveries", json!({"held": true})).await, 400);
    ok(desk.post("/sandbox/deliveries", json!({"hold": false})).await);
    let few = ear.next_few(3).await;
    assert!(few.iter().all(|heard| heard.body["meta"]["attempt"] == 1));
}

#[tokio::test]
async fn what_is_more_than_ten_thousand_is_lost() {
    let others: Vec<(String, u64)> = (2..=5).map(|user| (format!("user {user}"), user)).collect();
    let tokens: Vec<String> = others.iter().map(|(token, _)| token.clone()).collect();
    let desk = Desk::with(Options { plan: Plan::Enterprise, colleagues: others, ..Options::default() }).await;
    let ear = Ear::open().await;
    ok(desk.post("/sandbox/deliveries", json!({"hold": true})).await);
    // As many webhooks as five users can have, and so that many events of each edit.
    for user in tokens.iter().map(|token| desk.with_token(token)).chain([desk.with_token("practice")]) {
        for _ in 0..40 {
            ear.register(&user, json!({})).await;
        }
    }
    for at in 0..51 {
        person(&desk, &format!("Person {at}")).await;
    }
    let fates = fates(&desk).await;
    let count = |fate: &str| fates.iter().filter(|one| *one == fate).count();
    assert_eq!((count("waiting"), count("lost")), (10_000, 200));
}

/// A server and an ear in virtual time. It goes on only when a test says so: work on a thread of its own keeps it from
/// going on by itself while the answers of real sockets are awaited.
fn in_virtual_time(test: impl AsyncFnOnce(Desk, Ear)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let (end, ended) = mpsc::channel::<()>();
    runtime.spawn_blocking(move || ended.recv_timeout(PATIENCE));
    runtime.block_on(async {
        test(Desk::open().await, Ear::open().await).await;
        drop(end);
    });
}

/// Waits, in real time, until what the server says of the events is as it should be.
async fn until(desk: &Desk, holds: impl Fn(&[Value]) -> bool) {
    let start = Instant::now();
    while !holds(&ledger(desk).await) {
        assert!(start.elapsed() < PATIENCE, "{:?}", ledger(desk).await);
    }
}

/// The same until it has noted so many tries of all events together.
async fn tries(desk: &Desk, count: usize) {
    let tries = |entry: &Value| entry["tries"].as_array().expect("a list").len();
    until(desk, |entries| entries.iter().map(tries).sum::<usize>() >= count).await;
}

#[test]
fn what_fails_is_tried_again_after_3_and_30_and_150_seconds() {
    in_virtual_time(async |desk, mut ear| {
        let hook = ear.register(&desk, json!({})).await;
        ear.answer(&[500, 302, 404, 503]);
        desk.person().await;
        let first = ear.next().await;
        assert_eq!(first.body["meta"]["attempt"], 1);
        for (attempt, wait) in [(2, 3), (3, 30), (4, 150)] {
            tries(&desk, attempt - 1).await;
            tokio::time::advance(Duration::from_millis(1_000 * wait - 2)).await;
            assert_eq!(fates(&desk).await, ["waiting"]);
            assert!(ear.now().is_none(), "before {wait} seconds are over");
            tokio::time::advance(Duration::from_millis(4)).await;
            let mut again = ear.next().await;
            assert_eq!(again.body["meta"]["attempt"], attempt);
            // All else is as it was.
            again.body["meta"]["attempt"] = json!(1);
            assert_eq!(again.body, first.body);
        }
        tries(&desk, 4).await;
        assert_eq!(fates(&desk).await, ["given_up"]);
        let statuses: Vec<Value> =
            ledger(&desk).await[0]["tries"].as_array().unwrap().iter().map(|one| one["status"].clone()).collect();
        assert_eq!(statuses, [500, 302, 404, 503]);
        let registered = desk.data("/api/v1/webhooks").await;
        assert_eq!((&registered[0]["id"], &registered[0]["last_http_status"]), (&hook["id"], &json!(503)));
        assert!(registered[0]["last_delivery_time"].is_string());
    });
}

#[test]
fn ten_first_tries_that_fail_lose_half_an_hour() {
    in_virtual_time(async |desk, mut ear| {
        ear.register(&desk, json!({})).await;
        ear.answer(&[500; 9]);
        for at in 0..9 {
            person(&desk, &format!("Failing {at}")).await;
            ear.next().await;
        }
        // Not yet: one arrives, and the nine arrive when they are tried again.
        tries(&desk, 9).await;
        person(&desk, "Arrives").await;
        ear.next().await;
        tokio::time::advance(Duration::from_secs(4)).await;
        ear.next_few(9).await;
        tries(&desk, 19).await;
        assert_eq!(fates(&desk).await, ["delivered"; 10]);

        ear.answer(&[500]);
        person(&desk, "The tenth").await;
        ear.next().await;
        tries(&desk, 20).await;
        person(&desk, "Lost").await;
        tokio::time::advance(Duration::from_secs(4)).await;
        // The tenth is tried again in vain, as it is banned.
        until(&desk, |entries| entries[10]["fate"] != "waiting").await;
        assert_eq!(fates(&desk).await[10..], ["banned", "banned"]);
        tokio::time::advance(Duration::from_secs(30 * 60 - 5)).await;
        person(&desk, "Lost, too").await;
        assert_eq!(fates(&desk).await[12], "banned");
        assert!(ear.now().is_none());

        tokio::time::advance(Duration::from_secs(2)).await;
        let last = person(&desk, "Heard").await;
        assert_eq!(ear.next().await.event(), format!("create person {last}"));
        // The count starts anew.
        ear.answer(&[500]);
        person(&desk, "Fails once").await;
        ear.next().await;
        tries(&desk, 22).await;
        person(&desk, "Heard").await;
        ear.next().await;
    });
}

#[tokio::test]
async fn a_webhook_is_on_https_or_on_this_machine_and_not_the_api() {
    let desk = Desk::open().await;
    let own = format!("{}/api/v2/deals", desk.sandbox.url());
    for (url, status) in [
        ("https://example.com/hook", 201),
        ("http://127.0.0.1:9/hook", 201),
        ("http://localhost:9", 201),
        ("http://[::1]:9/hook", 201),
        ("http://example.com/hook", 400),
        ("http://127.0.0.1.example.com/hook", 400),
        ("https://api.pipedrive.com/v1/deals", 400),
        ("https://acme.pipedrive.com/hook", 400),
        (own.as_str(), 400),
        ("ftp://127.0.0.1/hook", 400),
        ("https://", 400),
        ("hook", 400),
    ] {
        let hook = json!({"subscription_url": url, "event_action": "*", "event_object": "*", "name": "n"});
        assert_eq!(desk.post("/api/v1/webhooks", hook).await.0, status, "{url}");
    }
}
