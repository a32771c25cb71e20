//! The relay: what a team's server hears is passed on to each member as far as they may see it, over real HTTP.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::sync::Arc;
use std::time::Duration;

use dealdeck::domain::{DealId, ItemRef, UserId};
use dealdeck::pipedrive::{Endpoint, Payload, Token, connect};
use dealdeck::store::CompanyDir;
use dealdeck::webhooks::relay::{Event, Parser, Relay, listen};
use dealdeck::webhooks::{Feed, Identity, MemberKey, Prober, Signal, WebhookService, WebhookSettings, start_for_team};
use reqwest::Response;
use serde_json::json;
use tempfile::TempDir;
use tokio::time::timeout;

/// How long something may take that happens at once.
const PATIENCE: Duration = Duration::from_secs(20);

struct Server {
    open: WebhookService,
    identity: Identity,
    client: reqwest::Client,
    relay: Arc<Relay>,
    _home: TempDir,
}

fn key(user: u64) -> MemberKey {
    MemberKey::new(&format!("{user}").repeat(32)).unwrap()
}

impl Server {
    /// A server for the users 1 and 2 that cannot reach Pipedrive: what is delivered the test makes up.
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = CompanyDir::new(folder.path(), "acme");
        let (api, _task) =
            connect(Endpoint::from_url("http://127.0.0.1:9").unwrap(), &Token::new("t").unwrap()).unwrap();
        let relay = Relay::new(&[(UserId(1), key(1)), (UserId(2), key(2))]);
        let here = "http://127.0.0.1:0/below".parse().unwrap();
        let settings = WebhookSettings { public_url: here, listen: "127.0.0.1:0".parse().unwrap() };
        let open = start_for_team(relay.clone(), api, &home, &settings).await.unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { open, identity: Identity::of(&home).unwrap(), client, relay, _home: folder }
    }

    /// Delivers the deletion of a deal, which these may see.
    async fn deliver(&self, deal: u64, seen_by: Option<&[u64]>) {
        self.deliver_padded(deal, seen_by, 0).await;
    }

    /// The same, with so many bytes that say nothing.
    async fn deliver_padded(&self, deal: u64, seen_by: Option<&[u64]>, padding: usize) {
        let mut body = json!({"data": null, "previous": {"id": deal, "x": " ".repeat(padding)}, "meta": {
            "action": "delete", "entity": "deal", "entity_id": deal.to_string(), "user_id": "1", "version": "2.0",
            "id": uuid::Uuid::new_v4(), "timestamp": "2026-11-24T10:00:00.000Z", "attempt": 1,
        }});
        if let Some(users) = seen_by {
            body["meta"]["permitted_user_ids"] = json!(users);
        }
        let body = serde_json::to_string_pretty(&body).unwrap();
        let url = self.identity.delivered_at(self.open.public_url());
        let sending = self.client.post(url).basic_auth(Identity::USER, Some(self.identity.password().expose()));
        assert_eq!(sending.body(body).send().await.unwrap().status(), 200);
    }

    /// Opens a stream by hand.
    async fn stream(&self, key: &str, last_id: Option<&str>) -> Response {
        let mut asking = self.client.get(format!("{}/live", self.open.public_url())).bearer_auth(key);
        if let Some(id) = last_id {
            asking = asking.header("last-event-id", id);
        }
        asking.send().await.unwrap()
    }
}

/// Reads a stream until something of this kind has come that says so.
async fn read_until(stream: &mut Response, parser: &mut Parser, kind: &str, words: &str) -> Vec<Event> {
    let mut read = Vec::new();
    while !read.iter().any(|event: &Event| event.kind == kind && event.data.contains(words)) {
        let chunk = timeout(PATIENCE, stream.chunk()).await.unwrap().unwrap().unwrap();
        read.extend(parser.read(&chunk).unwrap());
    }
    read
}

/// What is delivered next.
async fn news(feed: &mut Feed) -> Payload {
    loop {
        if let Signal::Delivery(delivery) = timeout(PATIENCE, feed.signals.recv()).await.unwrap().unwrap() {
            return delivery.payload;
        }
    }
}

#[tokio::test]
async fn each_member_is_told_what_they_may_see_and_no_more() {
    let server = Server::start().await;
    let (mut one, mut two) = (listen(server.open.public_url(), key(1)), listen(server.open.public_url(), key(2)));
    for feed in [&mut one, &mut two] {
        assert_eq!(timeout(PATIENCE, feed.signals.recv()).await.unwrap(), Some(Signal::Up { new: true }));
    }
    server.deliver(1, Some(&[1, 7])).await;
    server.deliver(2, Some(&[2])).await;
    server.deliver(3, Some(&[7])).await;
    server.deliver(4, None).await;
    server.deliver(5, Some(&[1, 2])).await;
    let gone = |deal| Payload::Deleted(ItemRef::Deal(DealId(deal)));
    // Whether they may see it is not said: they ask Pipedrive.
    let unsaid = Payload::Unreadable(ItemRef::Deal(DealId(4)));
    for (feed, own) in [(&mut one, 1), (&mut two, 2)] {
        assert_eq!([news(feed).await, news(feed).await, news(feed).await], [gone(own), unsaid.clone(), gone(5)]);
    }
}

#[tokio::test]
async fn a_key_that_is_none_is_refused_and_the_member_is_told() {
    let server = Server::start().await;
    for wrong in ["", "1", &"3".repeat(32), &"1".repeat(33)] {
        assert_eq!(server.stream(wrong, None).await.status(), 401, "{wrong}");
    }
    let mut feed = listen(server.open.public_url(), key(3));
    match timeout(PATIENCE, feed.signals.recv()).await.unwrap() {
        Some(Signal::Down(why)) => assert!(why.contains("refuses the key"), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_stream_goes_on_where_another_ended_or_says_that_something_may_be_missing() {
    let server = Server::start().await;
    let own = "1".repeat(32);
    let mut parser = Parser::default();
    let mut stream = server.stream(&own, None).await;
    let greeting = read_until(&mut stream, &mut parser, "gap", "").await;
    assert_eq!(greeting[0].kind, "gap");
    server.deliver(1, Some(&[1])).await;
    read_until(&mut stream, &mut parser, "", r#""entity_id": "1""#).await;
    drop(stream);
    server.deliver(2, Some(&[1])).await;
    server.deliver(3, Some(&[2])).await;
    let id = parser.last_id().to_owned();
    let mut stream = server.stream(&own, Some(&id)).await;
    let missed = read_until(&mut stream, &mut parser.anew(), "", r#""entity_id": "2""#).await;
    assert!(
        missed.iter().all(|event| event.kind != "gap" && !event.data.contains(r#""entity_id": "3""#)),
        "{missed:?}"
    );
    for foreign in ["00000000-1", "x", "", "-"] {
        let mut stream = server.stream(&own, Some(foreign)).await;
        assert_eq!(read_until(&mut stream, &mut Parser::default(), "gap", "").await[0].kind, "gap", "{foreign}");
    }
}

#[tokio::test]
async fn a_fifth_stream_of_a_member_takes_the_place_of_the_first() {
    let server = Server::start().await;
    let own = "1".repeat(32);
    let mut first = server.stream(&own, None).await;
    let mut others = Vec::new();
    for _ in 0..4 {
        others.push(server.stream(&own, None).await);
    }
    let ended = async { while first.chunk().await.unwrap().is_some() {} };
    timeout(PATIENCE, ended).await.unwrap();
    // The others go on.
    server.deliver(1, Some(&[1])).await;
    for stream in &mut others {
        read_until(stream, &mut Parser::default(), "", r#""entity_id": "1""#).await;
    }
}

#[tokio::test]
async fn a_member_who_does_not_read_takes_no_more_places_either() {
    let server = Server::start().await;
    let own = "1".repeat(32);
    let mut parser = Parser::default();
    read_until(&mut server.stream(&own, None).await, &mut parser, "gap", "").await;
    // More than the system takes off the server's hands for somebody who does not read it.
    for deal in 0..24 {
        server.deliver_padded(deal, Some(&[1]), 1_000_000).await;
    }
    let mut streams = Vec::new();
    for _ in 0..8 {
        streams.push(server.stream(&own, Some(parser.last_id())).await);
    }
    assert_eq!(server.relay.streams(), 4);
}

#[tokio::test]
async fn a_member_who_asks_over_and_over_is_put_off() {
    let server = Server::start().await;
    let url = format!("{}/live", server.open.public_url());
    let mut answers = Vec::new();
    for _ in 0..50 {
        let doubt = server.client.post(&url).bearer_auth("1".repeat(32)).send().await.unwrap();
        let stream = server.stream(&"1".repeat(32), None).await;
        answers.push((doubt.status().as_u16(), stream.status().as_u16()));
        let last = [doubt, stream].map(|answer| answer.headers().contains_key("retry-after"));
        assert!(answers.last() != Some(&(429, 429)) || last == [true, true]);
    }
    let taken = |pick: fn(&(u16, u16)) -> u16, status| answers.iter().filter(|pair| pick(pair) == status).count();
    assert_eq!((taken(|pair| pair.0, 202), taken(|pair| pair.0, 429)), (3, 47));
    assert!((30..40).contains(&taken(|pair| pair.1, 200)), "{answers:?}");
    assert_eq!(answers.last(), Some(&(429, 429)));
    // Nobody else is affected.
    let other = server.client.post(&url).bearer_auth("2".repeat(32)).send().await.unwrap();
    assert_eq!(other.status(), 202);
    assert_eq!(server.stream(&"2".repeat(32), None).await.status(), 200);
}

#[tokio::test]
async fn only_who_knows_the_password_passes_for_the_listener() {
    let server = Server::start().await;
    let url = server.open.public_url();
    let asker = Prober::new(url, server.identity.clone()).unwrap();
    asker.ping().await.unwrap();
    server.deliver(1, Some(&[1])).await;
    let status = asker.status().await.unwrap();
    assert_eq!((status.taken, status.latest.len(), status.latest[0].gone), (1, 1, true));
    // Another dealdeck has another path.
    let stranger = Prober::new(url, Identity::random()).unwrap();
    assert!(stranger.ping().await.is_err() && stranger.status().await.is_err());
    let status = format!("{}/status", server.identity.delivered_at(url));
    assert_eq!(server.client.get(status).send().await.unwrap().status(), 401);
}
