//! Someone who listens for webhooks.

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

use super::desk::{User, ok};

/// How long something may take that must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A delivery.
#[derive(Debug)]
pub struct Heard {
    pub authorization: Option<String>,
    pub body: Value,
}

impl Heard {
    /// What happened to what.
    pub fn event(&self) -> String {
        let word = |name: &str| self.body["meta"][name].as_str().expect("a word").to_owned();
        format!("{} {} {}", word("action"), word("entity"), word("entity_id"))
    }
}

/// Answers with these, one after the other, and then with 200.
type Script = Arc<Mutex<VecDeque<u16>>>;

pub struct Ear {
    pub url: String,
    heard: mpsc::UnboundedReceiver<Heard>,
    script: Script,
}

impl Ear {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let (tell, heard) = mpsc::unbounded_channel();
        let script = Script::default();
        let app = Router::new().fallback(hear).with_state((tell, script.clone()));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, heard, script }
    }

    /// Has it answer so for the next deliveries.
    pub fn answer(&self, statuses: &[u16]) {
        self.script.lock().expect("a lock").extend(statuses);
    }

    /// Registers itself, and gives the registration.
    pub async fn register(&self, user: &User, more: Value) -> Value {
        let mut body =
            json!({"subscription_url": self.url, "event_action": "*", "event_object": "*", "name": "An ear"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ok(user.post("/api/v1/webhooks", body).await)
    }

    /// The next delivery.
    pub async fn next(&mut self) -> Heard {
        let heard = tokio::time::timeout(PATIENCE, self.heard.recv()).await;
        heard.expect("something is heard").expect("it listens")
    }

    /// The next few, by what they are.
    pub async fn next_few(&mut self, count: usize) -> Vec<Heard> {
        let mut few = Vec::new();
        for _ in 0..count {
            few.push(self.next().await);
        }
        few.sort_by_key(Heard::event);
        few
    }

    /// What has come by now.
    pub fn now(&mut self) -> Option<Heard> {
        self.heard.try_recv().ok()
    }
}

async fn hear(
    State((tell, script)): State<(mpsc::UnboundedSender<Heard>, Script)>,
    headers: HeaderMap,
    body: axum::Json<Value>,
) -> Response {
    let authorization = headers.get(header::AUTHORIZATION).map(|value| value.to_str().expect("text").to_owned());
    let status = script.lock().expect("a lock").pop_front().unwrap_or(200);
    // A test that has ended hears nothing more.
    let _ = tell.send(Heard { authorization, body: body.0 });
    let status = StatusCode::from_u16(status).expect("a status");
    (status, [(header::LOCATION, "/elsewhere")]).into_response()
}
