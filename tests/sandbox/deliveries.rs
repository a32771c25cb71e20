//! Webhook deliveries: subscriptions, retries, bans and losses.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use dealdeck::sandbox::{Options, Plan};
use serde_json::{Value, json};

use super::client::{TestServer, User, error_of, id, ok};
use super::webhook_receiver::WebhookReceiver;

/// The time limit of a test in virtual time, in real time.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Returns all deliveries that the server lists.
async fn deliveries(user: &User) -> Vec<Value> {
    user.data("/sandbox/deliveries").await.as_array().expect("a list").clone()
}

/// Returns the statuses of all deliveries.
async fn statuses(user: &User) -> Vec<String> {
    deliveries(user).await.iter().map(|entry| entry["fate"].as_str().expect("a word").to_owned()).collect()
}

/// Causes an event.
async fn person(user: &User, name: &str) -> u64 {
    id(&ok(user.post("/api/v2/persons", json!({"name": name})).await))
}

#[tokio::test]
async fn webhooks_receive_only_subscribed_events() {
    let server = TestServer::open().await;
    let (mut all, mut made, mut deals, mut old) = (
        WebhookReceiver::open().await,
        WebhookReceiver::open().await,
        WebhookReceiver::open().await,
        WebhookReceiver::open().await,
    );
    let hook = all.register(&server, json!({})).await;
    made.register(&server, json!({"event_action": "create", "event_object": "person"})).await;
    deals.register(&server, json!({"event_object": "deal"})).await;
    old.register(&server, json!({"version": "1.0"})).await;
    let person = server.person().await;
    ok(server.patch(&format!("/api/v2/persons/{person}"), json!({"name": "Other"})).await);
    let deal = id(&server.deal(json!({})).await);
    let received: Vec<String> =
        all.next_sorted(3).await.iter().map(super::webhook_receiver::ReceivedWebhook::event).collect();
    let event = |action: &str| format!("{action} person {person}");
    assert_eq!(received, [event("change"), format!("create deal {deal}"), event("create")]);
    assert_eq!(made.next().await.event(), event("create"));
    assert_eq!(deals.next().await.event(), format!("create deal {deal}"));

    server.delete(&format!("/api/v1/webhooks/{}", hook["id"])).await;
    let deal = id(&server.deal(json!({})).await);
    assert_eq!(deals.next().await.event(), format!("create deal {deal}"));
    assert!(all.now().is_none() && made.now().is_none() && old.now().is_none());
    // An id is never used twice: a delivery to the old webhook would reach the new one.
    assert_ne!(all.register(&server, json!({})).await["id"], hook["id"]);
}

#[tokio::test]
async fn webhooks_can_use_basic_authentication() {
    let server = TestServer::open().await;
    let (mut open, mut closed) = (WebhookReceiver::open().await, WebhookReceiver::open().await);
    open.register(&server, json!({})).await;
    let hook = closed.register(&server, json!({"http_auth_user": "dealdeck", "http_auth_password": "s3cret"})).await;
    server.person().await;
    assert_eq!(open.next().await.authorization, None);
    // base64 of dealdeck:s3cret
    assert_eq!(closed.next().await.authorization.as_deref(), Some("Basic ZGVhbGRlY2s6czNjcmV0"));
    let entry = json!(deliveries(&server).await[1]);
    assert_eq!((&entry["webhook_id"], &entry["body"]["meta"]["id"]), (&hook["id"], &entry["event_id"]));
}

#[tokio::test]
async fn events_of_a_request_share_user_and_correlation_id() {
    let colleagues = vec![("joonas".to_owned(), 2)];
    let server = TestServer::with(Options { plan: Plan::Enterprise, colleagues, ..Options::default() }).await;
    let theirs = server.with_token("joonas");
    let deal = id(&server.deal(json!({})).await);
    let mut receiver = WebhookReceiver::open().await;
    receiver.register(&server, json!({})).await;
    ok(theirs.post("/api/v2/activities", json!({"subject": "x", "done": true, "deal_id": deal})).await);
    let few = receiver.next_sorted(2).await;
    assert_eq!(few[0].event(), format!("change deal {deal}"));
    let metas = [&few[0].body["meta"], &few[1].body["meta"]];
    assert!(metas.iter().all(|meta| meta["user_id"] == "2" && meta["webhook_owner_id"] == "1"));
    assert_eq!(metas[0]["correlation_id"], metas[1]["correlation_id"]);
    assert_ne!(metas[0]["id"], metas[1]["id"]);

    // A conversion finishes after its request, without another one, and still belongs to its user.
    let lead = ok(theirs.post("/api/v1/leads", json!({"title": "x", "person_id": 1})).await);
    let lead = lead["id"].as_str().unwrap();
    receiver.next().await;
    ok(theirs.post(&format!("/api/v2/leads/{lead}/convert/deal"), json!({})).await);
    let few = receiver.next_sorted(2).await;
    assert!(few[0].event().starts_with("create deal ") && few[1].event() == format!("delete lead {lead}"));
    assert!(few.iter().all(|received| received.body["meta"]["user_id"] == "2"));
}

#[tokio::test]
async fn unsaved_changes_cause_no_events() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("practice.db");
    let server = TestServer::with(Options { db: Some(file.clone()), ..Options::default() }).await;
    server.sandbox.stop().await;
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection
        .execute_batch(
            "CREATE TRIGGER full BEFORE INSERT ON record WHEN NEW.body LIKE '%Unwritable%'
             BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
        )
        .unwrap();
    drop(connection);
    let server = TestServer::with(Options { db: Some(file), ..Options::default() }).await;
    let mut receiver = WebhookReceiver::open().await;
    receiver.register(&server, json!({})).await;
    error_of(server.post("/api/v2/persons", json!({"name": "Unwritable"})).await, 500);
    error_of(server.post("/api/v2/deals", json!({"title": "Unlinked"})).await, 400);
    let person = server.person().await;
    assert_eq!(receiver.next().await.event(), format!("create person {person}"));
    assert_eq!(deliveries(&server).await.len(), 1);
}

#[tokio::test]
async fn held_deliveries_go_out_later() {
    let server = TestServer::open().await;
    let mut receiver = WebhookReceiver::open().await;
    receiver.register(&server, json!({})).await;
    ok(server.post("/sandbox/deliveries", json!({"hold": true})).await);
    for name in ["a", "b", "c"] {
        person(&server, name).await;
    }
    assert_eq!(statuses(&server).await, ["waiting"; 3]);
    assert!(receiver.now().is_none());
    error_of(server.post("/sandbox/deliveries", json!({"held": true})).await, 400);
    ok(server.post("/sandbox/deliveries", json!({"hold": false})).await);
    let few = receiver.next_sorted(3).await;
    assert!(few.iter().all(|received| received.body["meta"]["attempt"] == 1));
}

#[tokio::test]
async fn deliveries_beyond_ten_thousand_are_lost() {
    let others: Vec<(String, u64)> = (2..=5).map(|user| (format!("user {user}"), user)).collect();
    let tokens: Vec<String> = others.iter().map(|(token, _)| token.clone()).collect();
    let server = TestServer::with(Options { plan: Plan::Enterprise, colleagues: others, ..Options::default() }).await;
    let receiver = WebhookReceiver::open().await;
    ok(server.post("/sandbox/deliveries", json!({"hold": true})).await);
    // The most webhooks of five users, and therefore as many events per edit.
    for user in tokens.iter().map(|token| server.with_token(token)).chain([server.with_token("practice")]) {
        for _ in 0..40 {
            receiver.register(&user, json!({})).await;
        }
    }
    for at in 0..51 {
        person(&server, &format!("Person {at}")).await;
    }
    let statuses = statuses(&server).await;
    let count = |fate: &str| statuses.iter().filter(|one| *one == fate).count();
    assert_eq!((count("waiting"), count("lost")), (10_000, 200));
}

/// A server and a receiver in virtual time, which advances only when a test says so: a blocking task keeps it from
/// advancing automatically while real sockets are awaited.
fn in_virtual_time(test: impl AsyncFnOnce(TestServer, WebhookReceiver)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let (end, ended) = mpsc::channel::<()>();
    runtime.spawn_blocking(move || ended.recv_timeout(TIMEOUT));
    runtime.block_on(async {
        test(TestServer::open().await, WebhookReceiver::open().await).await;
        drop(end);
    });
}

/// Waits, in real time, until the list of deliveries meets a condition.
async fn wait_until(server: &TestServer, holds: impl Fn(&[Value]) -> bool) {
    let start = Instant::now();
    while !holds(&deliveries(server).await) {
        assert!(start.elapsed() < TIMEOUT, "{:?}", deliveries(server).await);
    }
}

/// Waits until the server has recorded this many attempts in total.
async fn wait_for_attempts(server: &TestServer, count: usize) {
    let tries = |entry: &Value| entry["tries"].as_array().expect("a list").len();
    wait_until(server, |entries| entries.iter().map(tries).sum::<usize>() >= count).await;
}

#[test]
fn failed_deliveries_are_retried_after_3_30_and_150_s() {
    in_virtual_time(async |server, mut receiver| {
        let hook = receiver.register(&server, json!({})).await;
        receiver.answer(&[500, 302, 404, 503]);
        server.person().await;
        let first = receiver.next().await;
        assert_eq!(first.body["meta"]["attempt"], 1);
        for (attempt, wait) in [(2, 3), (3, 30), (4, 150)] {
            wait_for_attempts(&server, attempt - 1).await;
            tokio::time::advance(Duration::from_millis(1_000 * wait - 2)).await;
            assert_eq!(statuses(&server).await, ["waiting"]);
            assert!(receiver.now().is_none(), "before {wait} seconds are over");
            tokio::time::advance(Duration::from_millis(4)).await;
            let mut again = receiver.next().await;
            assert_eq!(again.body["meta"]["attempt"], attempt);
            // Nothing else has changed.
            again.body["meta"]["attempt"] = json!(1);
            assert_eq!(again.body, first.body);
        }
        wait_for_attempts(&server, 4).await;
        assert_eq!(statuses(&server).await, ["given_up"]);
        let statuses: Vec<Value> =
            deliveries(&server).await[0]["tries"].as_array().unwrap().iter().map(|one| one["status"].clone()).collect();
        assert_eq!(statuses, [500, 302, 404, 503]);
        let registered = server.data("/api/v1/webhooks").await;
        assert_eq!((&registered[0]["id"], &registered[0]["last_http_status"]), (&hook["id"], &json!(503)));
        assert!(registered[0]["last_delivery_time"].is_string());
    });
}

#[test]
fn ten_failed_deliveries_ban_a_webhook_for_half_an_hour() {
    in_virtual_time(async |server, mut receiver| {
        receiver.register(&server, json!({})).await;
        receiver.answer(&[500; 9]);
        for at in 0..9 {
            person(&server, &format!("Failing {at}")).await;
            receiver.next().await;
        }
        // Not banned yet: one arrives, and the nine arrive on their retries.
        wait_for_attempts(&server, 9).await;
        person(&server, "Arrives").await;
        receiver.next().await;
        tokio::time::advance(Duration::from_secs(4)).await;
        receiver.next_sorted(9).await;
        wait_for_attempts(&server, 19).await;
        assert_eq!(statuses(&server).await, ["delivered"; 10]);

        receiver.answer(&[500]);
        person(&server, "The tenth").await;
        receiver.next().await;
        wait_for_attempts(&server, 20).await;
        person(&server, "Lost").await;
        tokio::time::advance(Duration::from_secs(4)).await;
        // The retry of the tenth is lost because of the ban.
        wait_until(&server, |entries| entries[10]["fate"] != "waiting").await;
        assert_eq!(statuses(&server).await[10..], ["banned", "banned"]);
        tokio::time::advance(Duration::from_secs(30 * 60 - 5)).await;
        person(&server, "Lost, too").await;
        assert_eq!(statuses(&server).await[12], "banned");
        assert!(receiver.now().is_none());

        tokio::time::advance(Duration::from_secs(2)).await;
        let last = person(&server, "Heard").await;
        assert_eq!(receiver.next().await.event(), format!("create person {last}"));
        // The count starts again at zero.
        receiver.answer(&[500]);
        person(&server, "Fails once").await;
        receiver.next().await;
        wait_for_attempts(&server, 22).await;
        person(&server, "Heard").await;
        receiver.next().await;
    });
}

#[tokio::test]
async fn webhook_urls_are_https_or_local_and_not_the_api() {
    let server = TestServer::open().await;
    let own = format!("{}/api/v2/deals", server.sandbox.url());
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
        assert_eq!(server.post("/api/v1/webhooks", hook).await.0, status, "{url}");
    }
}
