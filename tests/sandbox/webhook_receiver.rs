//! A receiver of webhooks.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::client::{User, ok};

/// The time after which a missing delivery fails the test.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A received delivery.
#[derive(Debug)]
pub struct ReceivedWebhook {
    pub authorization: Option<String>,
    pub body: Value,
}

impl ReceivedWebhook {
    /// Returns the action, the kind and the id of the record.
    pub fn event(&self) -> String {
        let meta = |name: &str| self.body["meta"][name].as_str().expect("a string").to_owned();
        format!("{} {} {}", meta("action"), meta("entity"), meta("entity_id"))
    }
}

/// The statuses of the next responses; then 200.
type Script = Arc<Mutex<VecDeque<u16>>>;

/// A server that records webhook deliveries.
pub struct WebhookReceiver {
    pub url: String,
    received: mpsc::UnboundedReceiver<ReceivedWebhook>,
    script: Script,
}

impl WebhookReceiver {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let (sender, received) = mpsc::unbounded_channel();
        let script = Script::default();
        let app = Router::new().fallback(receive).with_state((sender, script.clone()));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, received, script }
    }

    /// Sets the statuses of the next responses.
    pub fn answer(&self, statuses: &[u16]) {
        self.script.lock().expect("a lock").extend(statuses);
    }

    /// Registers itself as a webhook and returns the registration.
    pub async fn register(&self, user: &User, more: Value) -> Value {
        let mut body =
            json!({"subscription_url": self.url, "event_action": "*", "event_object": "*", "name": "A receiver"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ok(user.post("/api/v1/webhooks", body).await)
    }

    /// Waits for the next delivery.
    pub async fn next(&mut self) -> ReceivedWebhook {
        let received = tokio::time::timeout(TIMEOUT, self.received.recv()).await;
        received.expect("a delivery in time").expect("an open channel")
    }

    /// Waits for deliveries and sorts them by event.
    pub async fn next_sorted(&mut self, count: usize) -> Vec<ReceivedWebhook> {
        let mut received = Vec::new();
        for _ in 0..count {
            received.push(self.next().await);
        }
        received.sort_by_key(ReceivedWebhook::event);
        received
    }

    /// Returns a delivery that has already arrived.
    pub fn now(&mut self) -> Option<ReceivedWebhook> {
        self.received.try_recv().ok()
    }
}

async fn receive(
    State((sender, script)): State<(mpsc::UnboundedSender<ReceivedWebhook>, Script)>,
    headers: HeaderMap,
    body: axum::Json<Value>,
) -> Response {
    let authorization = headers.get(header::AUTHORIZATION).map(|value| value.to_str().expect("text").to_owned());
    let status = script.lock().expect("a lock").pop_front().unwrap_or(200);
    // The receiver is gone when the test has ended.
    let _ = sender.send(ReceivedWebhook { authorization, body: body.0 });
    let status = StatusCode::from_u16(status).expect("a status");
    (status, [(header::LOCATION, "/elsewhere")]).into_response()
}
