//! The traffic at the dashboard's webhook listener: deliveries, and requests that resemble them.

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

/// The number of concurrent senders.
const CONNECTIONS: usize = 20;
/// The delay before a delivery that was turned away is sent again.
const RETRY: Duration = Duration::from_millis(50);
/// More than the listener accepts, in bytes.
const OVERSIZED: usize = (1 << 20) + 1;

/// The dashboard's listener as it is registered.
#[derive(Debug, Clone)]
pub struct ListenerAddress {
    url: String,
    user: String,
    password: String,
}

impl ListenerAddress {
    /// Returns the registered listener.
    pub fn of(hook: &Value) -> Self {
        let text = |key: &str| hook[key].as_str().unwrap().to_owned();
        Self { url: text("subscription_url"), user: text("http_auth_user"), password: text("http_auth_password") }
    }

    fn builder(&self, http: &Client) -> RequestBuilder {
        http.post(&self.url).basic_auth(&self.user, Some(&self.password))
    }
}

/// Returns all events that the server holds back, as it would deliver them.
pub fn held(practice: &Practice) -> Vec<String> {
    let entries = practice.get("/sandbox/deliveries");
    let held = entries["data"].as_array().unwrap().iter().filter(|entry| entry["fate"] == "waiting");
    held.map(|entry| entry["body"].to_string()).collect()
}

/// One request to the listener.
#[derive(Debug, Clone)]
pub enum StormRequest {
    Delivery(Arc<str>),
    /// A request without the password, each in another way.
    Forged(Arc<str>, usize),
    /// A request to another path.
    Elsewhere(Arc<str>),
    Oversized,
    Broken(Arc<str>),
}

/// The number of ways to get the password wrong.
const FORGERIES: usize = 5;

/// Returns this many deliveries, with each event at least once, shuffled with other requests.
pub fn mixed_requests(
    rng: &mut Rng,
    events: &[String],
    deliveries: usize,
    forged: usize,
    others: usize,
) -> Vec<StormRequest> {
    let events: Vec<Arc<str>> = events.iter().map(|event| Arc::from(event.as_str())).collect();
    let any = |rng: &mut Rng| Arc::clone(&events[rng.usize(..events.len())]);
    let mut requests: Vec<StormRequest> = events.iter().cloned().map(StormRequest::Delivery).collect();
    assert!(requests.len() <= deliveries, "{} events", requests.len());
    while requests.len() < deliveries {
        requests.push(StormRequest::Delivery(any(rng)));
    }
    requests.extend((0..forged).map(|nth| StormRequest::Forged(any(rng), nth % FORGERIES)));
    for _ in 0..others {
        requests.extend([StormRequest::Elsewhere(any(rng)), StormRequest::Oversized, StormRequest::Broken(any(rng))]);
    }
    rng.shuffle(&mut requests);
    requests
}

/// The number of responses by kind of request and status.
pub type Responses = BTreeMap<(&'static str, u16), usize>;

/// Returns the expected responses.
pub fn expected(requests: &[StormRequest]) -> Responses {
    let mut responses = Responses::new();
    for request in requests {
        *responses.entry(request.kind()).or_default() += 1;
    }
    responses
}

/// Sends all requests on several connections. Deliveries that are turned away are sent again, as Pipedrive does.
pub async fn deliver(listener: ListenerAddress, requests: Vec<StormRequest>) -> Responses {
    let (requests, next) = (Arc::new(requests), Arc::new(AtomicUsize::new(0)));
    let mut work = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (listener, requests, next) = (listener.clone(), Arc::clone(&requests), Arc::clone(&next));
        let http = Client::builder().no_proxy().build().unwrap();
        work.spawn(async move {
            let mut responses = Responses::new();
            while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                let (kind, _) = request.kind();
                *responses.entry((kind, request.send(&listener, &http).await)).or_default() += 1;
            }
            responses
        });
    }
    let mut all = Responses::new();
    while let Some(responses) = work.join_next().await {
        for (key, count) in responses.unwrap() {
            *all.entry(key).or_default() += count;
        }
    }
    all
}

impl StormRequest {
    /// Returns the kind of request and the expected status.
    fn kind(&self) -> (&'static str, u16) {
        match self {
            Self::Delivery(_) => ("delivery", 200),
            Self::Forged(..) => ("forged", 401),
            Self::Elsewhere(_) => ("elsewhere", 404),
            Self::Oversized => ("oversized", 413),
            Self::Broken(_) => ("broken", 400),
        }
    }

    /// Sends a request until there is room for it. Returns the status.
    async fn send(&self, listener: &ListenerAddress, http: &Client) -> u16 {
        loop {
            match self.request(listener, http).send().await.unwrap().status() {
                StatusCode::SERVICE_UNAVAILABLE => tokio::time::sleep(RETRY).await,
                status => return status.as_u16(),
            }
        }
    }

    fn request(&self, listener: &ListenerAddress, http: &Client) -> RequestBuilder {
        match self {
            Self::Delivery(body) => listener.builder(http).body(body.to_string()),
            Self::Forged(body, forgery) => {
                let request = http.post(&listener.url).body(body.to_string());
                match forgery {
                    0 => request,
                    1 => request.basic_auth(&listener.user, Some("letmein")),
                    2 => request.basic_auth(&listener.user, Some(&listener.password[1..])),
                    3 => request.basic_auth("admin", Some(&listener.password)),
                    _ => request.header(AUTHORIZATION, format!("Bearer {}", listener.password)),
                }
            }
            Self::Elsewhere(body) => http
                .post(format!("{}/more", listener.url))
                .basic_auth(&listener.user, Some(&listener.password))
                .body(body.to_string()),
            Self::Oversized => listener.builder(http).body(vec![b' '; OVERSIZED]),
            Self::Broken(body) => listener.builder(http).body(body[..body.len() / 2].to_owned()),
        }
    }
}

/// Starts deliveries and stops halfway. Returns the response to each, until the listener cuts it off.
pub async fn stall(listener: ListenerAddress, count: usize) -> Vec<String> {
    let mut work = JoinSet::new();
    for nth in 0..count {
        let stop_at = if nth % 2 == 0 { StopAt::Body } else { StopAt::Headers };
        work.spawn(stall_once(listener.clone(), stop_at));
    }
    let mut responses = Vec::new();
    while let Some(response) = work.join_next().await {
        responses.push(response.unwrap());
    }
    responses
}

/// The part of a delivery that never ends.
enum StopAt {
    Headers,
    Body,
}

/// Starts a delivery and stops halfway.
async fn stall_once(listener: ListenerAddress, stop_at: StopAt) -> String {
    let request = listener.builder(&Client::new()).build().unwrap();
    let (url, authorization) = (request.url(), request.headers()[AUTHORIZATION].to_str().unwrap());
    let address = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut head = format!("POST {} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n", url.path());
    if matches!(stop_at, StopAt::Body) {
        head.push_str("Content-Length: 1000\r\n\r\n{\"data\":");
    }
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    // The listener may cut the connection without a response.
    let _ = stream.read_to_end(&mut response).await;
    let response = String::from_utf8(response).unwrap();
    response.lines().next().unwrap_or_default().to_owned()
}
