//! What comes to the dashboard's listener in a storm: deliveries, and all that looks like one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fastrand::Rng;
use reqwest::header::AUTHORIZATION;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::super::support::practice::Practice;

/// How many deliver at a time.
const CONNECTIONS: usize = 20;
/// How long it is until what found no room is delivered again.
const RETRY: Duration = Duration::from_millis(50);
/// More than the listener takes, in bytes.
const OVERSIZED: usize = (1 << 20) + 1;

/// The dashboard's listener, as the server knows it.
#[derive(Debug, Clone)]
pub struct Door {
    url: String,
    user: String,
    password: String,
}

impl Door {
    /// As it is registered.
    pub fn of(hook: &Value) -> Self {
        let text = |key: &str| hook[key].as_str().unwrap().to_owned();
        Self { url: text("subscription_url"), user: text("http_auth_user"), password: text("http_auth_password") }
    }

    fn post(&self, http: &Client) -> RequestBuilder {
        http.post(&self.url).basic_auth(&self.user, Some(&self.password))
    }
}

/// All events that the server holds back, as it would deliver them.
pub fn held(practice: &Practice) -> Vec<String> {
    let entries = practice.get("/sandbox/deliveries");
    let held = entries["data"].as_array().unwrap().iter().filter(|entry| entry["fate"] == "waiting");
    held.map(|entry| entry["body"].to_string()).collect()
}

/// One of the things that come.
#[derive(Debug, Clone)]
pub enum Thing {
    Delivery(Arc<str>),
    /// What somebody sends who does not know the password, each in another way.
    Forged(Arc<str>, usize),
    /// What is sent to another path.
    Elsewhere(Arc<str>),
    Oversized,
    Broken(Arc<str>),
}

/// How many ways of not knowing the password there are.
const FORGERIES: usize = 5;

/// So many deliveries, with each event at least once, and so many others among them, in some order.
pub fn mixed(rng: &mut Rng, events: &[String], deliveries: usize, forged: usize, others: usize) -> Vec<Thing> {
    let events: Vec<Arc<str>> = events.iter().map(|event| Arc::from(event.as_str())).collect();
    let any = |rng: &mut Rng| Arc::clone(&events[rng.usize(..events.len())]);
    let mut things: Vec<Thing> = events.iter().cloned().map(Thing::Delivery).collect();
    assert!(things.len() <= deliveries, "{} events", things.len());
    while things.len() < deliveries {
        things.push(Thing::Delivery(any(rng)));
    }
    things.extend((0..forged).map(|nth| Thing::Forged(any(rng), nth % FORGERIES)));
    for _ in 0..others {
        things.extend([Thing::Elsewhere(any(rng)), Thing::Oversized, Thing::Broken(any(rng))]);
    }
    rng.shuffle(&mut things);
    things
}

/// How often which status was answered to which kind of thing.
pub type Answers = BTreeMap<(&'static str, u16), usize>;

/// What has to be answered to these.
pub fn expected(things: &[Thing]) -> Answers {
    let mut answers = Answers::new();
    for thing in things {
        *answers.entry(thing.kind()).or_default() += 1;
    }
    answers
}

/// Delivers all of that, on several connections at a time. What finds no room is sent again, as Pipedrive does.
pub async fn deliver(door: Door, things: Vec<Thing>) -> Answers {
    let (things, next) = (Arc::new(things), Arc::new(AtomicUsize::new(0)));
    let mut work = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (door, things, next) = (door.clone(), Arc::clone(&things), Arc::clone(&next));
        let http = Client::builder().no_proxy().build().unwrap();
        work.spawn(async move {
            let mut answers = Answers::new();
            while let Some(thing) = things.get(next.fetch_add(1, Ordering::Relaxed)) {
                let (kind, _) = thing.kind();
                *answers.entry((kind, thing.send(&door, &http).await)).or_default() += 1;
            }
            answers
        });
    }
    let mut all = Answers::new();
    while let Some(answers) = work.join_next().await {
        for (key, count) in answers.unwrap() {
            *all.entry(key).or_default() += count;
        }
    }
    all
}

impl Thing {
    /// What it is, and what has to be answered to it.
    fn kind(&self) -> (&'static str, u16) {
        match self {
            Self::Delivery(_) => ("delivery", 200),
            Self::Forged(..) => ("forged", 401),
            Self::Elsewhere(_) => ("elsewhere", 404),
            Self::Oversized => ("oversized", 413),
            Self::Broken(_) => ("broken", 400),
        }
    }

    /// Sends it until there is room for it: what is answered.
    async fn send(&self, door: &Door, http: &Client) -> u16 {
        loop {
            match self.request(door, http).send().await.unwrap().status() {
                StatusCode::SERVICE_UNAVAILABLE => tokio::time::sleep(RETRY).await,
                status => return status.as_u16(),
            }
        }
    }

    fn request(&self, door: &Door, http: &Client) -> RequestBuilder {
        match self {
            Self::Delivery(body) => door.post(http).body(body.to_string()),
            Self::Forged(body, how) => {
                let request = http.post(&door.url).body(body.to_string());
                match how {
                    0 => request,
                    1 => request.basic_auth(&door.user, Some("letmein")),
                    2 => request.basic_auth(&door.user, Some(&door.password[1..])),
                    3 => request.basic_auth("admin", Some(&door.password)),
                    _ => request.header(AUTHORIZATION, format!("Bearer {}", door.password)),
                }
            }
            Self::Elsewhere(body) => http
                .post(format!("{}/more", door.url))
                .basic_auth(&door.user, Some(&door.password))
                .body(body.to_string()),
            Self::Oversized => door.post(http).body(vec![b' '; OVERSIZED]),
            Self::Broken(body) => door.post(http).body(body[..body.len() / 2].to_owned()),
        }
    }
}

/// Begins deliveries and goes no further: what was answered to each, until it is cut off.
pub async fn stall(door: Door, count: usize) -> Vec<String> {
    let mut work = JoinSet::new();
    for nth in 0..count {
        work.spawn(stall_once(door.clone(), nth % 2 == 0));
    }
    let mut answers = Vec::new();
    while let Some(answer) = work.join_next().await {
        answers.push(answer.unwrap());
    }
    answers
}

/// Stops amid the body, or amid the headers.
async fn stall_once(door: Door, in_body: bool) -> String {
    let request = door.post(&Client::new()).build().unwrap();
    let (url, authorization) = (request.url(), request.headers()[AUTHORIZATION].to_str().unwrap());
    let address = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut head = format!("POST {} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n", url.path());
    if in_body {
        head.push_str("Content-Length: 1000\r\n\r\n{\"data\":");
    }
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // One that is cut off need not be told so.
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}
