//! How often Pipedrive is asked, in virtual time against a simulated server.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dealdeck::pipedrive::{HttpResponse, Method, RateLimits, Request, Token, Transport, TransportError, connect_over};
use dealdeck::webhooks::{self, Feed, Signal, WebhookService, WebhookSettings};
use reqwest::Url;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::next;

/// Registers webhooks, and takes them away.
#[derive(Default)]
struct Server {
    hooks: BTreeMap<u64, Value>,
    /// What registering fails with.
    failure: Option<Failing>,
    /// When the list was asked for.
    asked: Vec<Instant>,
}

#[derive(Clone, Copy)]
enum Failing {
    Refused,
    Broken,
}

#[derive(Clone, Default)]
struct Simulated(Arc<Mutex<Server>>);

fn answer(status: u16, body: &Value) -> HttpResponse {
    HttpResponse { status, is_json: true, body: body.to_string().into(), limits: RateLimits::default() }
}

impl Transport for Simulated {
    async fn send(&self, request: &Request) -> Result<HttpResponse, TransportError> {
        let mut server = self.0.lock().unwrap();
        let done = |data: Value| Ok(answer(200, &json!({"success": true, "data": data})));
        match (request.method, request.path.as_str(), server.failure) {
            (_, "/users/me", _) => done(json!({"id": 7, "name": "Me", "company_name": "Acme"})),
            (Method::Get, _, _) => {
                server.asked.push(Instant::now());
                done(server.hooks.values().cloned().collect())
            }
            (Method::Post, _, Some(Failing::Refused)) => {
                Ok(answer(400, &json!({"success": false, "errors": {"subscription_url": ["not reachable"]}})))
            }
            (Method::Post, _, Some(Failing::Broken)) => Ok(answer(500, &json!({}))),
            (Method::Post, _, None) => {
                let id = server.hooks.last_key_value().map_or(1, |(id, _)| id + 1);
                let mut hook: Value = serde_json::from_str(request.body.as_ref().unwrap()).unwrap();
                hook["id"] = id.into();
                hook["is_active"] = 1.into();
                // As may well be: the list does not tell passwords.
                hook["http_auth_password"] = Value::Null;
                server.hooks.insert(id, hook.clone());
                done(hook)
            }
            (_, path, _) => {
                server.hooks.remove(&path.rsplit('/').next().unwrap().parse().unwrap());
                done(Value::Null)
            }
        }
    }

    fn renew(&self, _: &Token) {}
}

impl Simulated {
    async fn open(&self) -> (Feed, WebhookService) {
        let (api, _task) = connect_over(self.clone());
        let public_url = Url::parse("https://hooks.example.com").unwrap();
        let settings = WebhookSettings { public_url, listen: "127.0.0.1:0".parse().unwrap() };
        webhooks::start(api, None, &settings).await.unwrap()
    }

    /// How long after each look the next one came.
    fn pauses(&self) -> Vec<u64> {
        let server = self.0.lock().unwrap();
        server.asked.windows(2).map(|pair| (pair[1] - pair[0]).as_secs()).collect()
    }

    fn change(&self, change: impl FnOnce(&mut Server)) {
        change(&mut self.0.lock().unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_registered_is_looked_at_every_six_hours_and_after_a_doubt() {
    let server = Simulated::default();
    let (mut feed, open) = server.open().await;
    assert_eq!(next(&mut feed.signals).await, Signal::Up { new: true });
    tokio::time::sleep(Duration::from_secs(7 * 3_600)).await;
    assert_eq!(server.pauses(), [6 * 3_600]);
    assert!(feed.signals.try_recv().is_err(), "all is as it was");

    // Pipedrive has taken one away.
    server.change(|server| drop(server.hooks.pop_first()));
    feed.doubt.notify_one();
    assert_eq!(next(&mut feed.signals).await, Signal::Up { new: true });
    for _ in 0..300 {
        feed.doubt.notify_one();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let looks = server.pauses()[2..].to_vec();
    assert!(looks.len() <= 5 && looks.iter().all(|pause| *pause >= 60), "{looks:?}");
    open.close().await;
    server.change(|server| assert!(server.hooks.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn endless_doubts_cost_a_bounded_part_of_the_budget() {
    let server = Simulated::default();
    let (mut feed, open) = server.open().await;
    assert_eq!(next(&mut feed.signals).await, Signal::Up { new: true });
    for _ in 0..24 * 60 {
        feed.doubt.notify_one();
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    // Each look takes 10 tokens.
    let looks = server.pauses().len();
    assert!((24..=160).contains(&looks), "{looks} looks in a day");
    open.close().await;
}

#[tokio::test(start_paused = true)]
async fn what_fails_is_tried_again_more_and_more_seldom() {
    let server = Simulated::default();
    server.change(|server| server.failure = Some(Failing::Broken));
    let (mut feed, open) = server.open().await;
    let Signal::Down(why) = next(&mut feed.signals).await else { panic!() };
    assert!(why.contains("has a problem"), "{why}");
    tokio::time::sleep(Duration::from_secs(4 * 3_600)).await;
    // Each time the list is looked at twice: the answer may have been lost.
    let pauses: Vec<u64> = server.pauses().into_iter().step_by(2).collect();
    assert!(pauses.iter().all(|pause| *pause == 0), "{pauses:?}");
    let pauses: Vec<u64> = server.pauses().into_iter().skip(1).step_by(2).collect();
    // While the server fails, the next try may have to wait for its turn as a probe.
    let about = |pause: u64, expected: u64| (expected..=expected + 30).contains(&pause);
    let expected = [10, 20, 40, 80, 160, 320, 640, 1_280].into_iter().chain(std::iter::repeat(1_800));
    assert!(pauses.iter().zip(expected).all(|(pause, expected)| about(*pause, expected)), "{pauses:?}");
    assert!(feed.signals.try_recv().is_err(), "it is said once");

    server.change(|server| server.failure = None);
    assert_eq!(feed.signals.recv().await.unwrap(), Signal::Up { new: true });
    drop(feed);
    open.close().await;
    server.change(|server| assert!(server.hooks.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_not_asked_for_over_and_over() {
    let server = Simulated::default();
    server.change(|server| server.failure = Some(Failing::Refused));
    let (mut feed, open) = server.open().await;
    assert_eq!(
        next(&mut feed.signals).await,
        Signal::Down("Pipedrive says: subscription_url: not reachable".to_owned())
    );
    tokio::time::sleep(Duration::from_secs(3 * 3_600)).await;
    assert!(server.pauses().iter().all(|pause| *pause == 1_800), "{:?}", server.pauses());
    open.close().await;
}
