//! A practice server, and someone who talks to it.

use std::ops::Deref;

use dealdeck::sandbox::{Options, Plan, Sandbox};
use reqwest::{Method, Response};
use serde_json::{Value, json};

pub struct Desk {
    pub sandbox: Sandbox,
    user: User,
}

/// Someone who talks to the server.
pub struct User {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Deref for Desk {
    type Target = User;

    fn deref(&self) -> &User {
        &self.user
    }
}

/// An answer: its status and its body.
pub type Said = (u16, Value);

impl Desk {
    /// With the ordinary data and generous limits.
    pub async fn open() -> Self {
        Self::with(Options { plan: Plan::Enterprise, ..Options::default() }).await
    }

    pub async fn with(options: Options) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sandbox = Sandbox::start(options).await.expect("the server starts");
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let (url, token) = (sandbox.url().to_owned(), sandbox.token().to_owned());
        Self { sandbox, user: User { http, url, token } }
    }
}

impl User {
    /// Somebody else, by their token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { http: self.http.clone(), url: self.url.clone(), token: token.to_owned() }
    }

    /// Sends a request, which may go wrong on the way.
    pub async fn try_send(&self, method: &str, path: &str, body: Option<&Value>) -> reqwest::Result<Response> {
        let method: Method = method.parse().expect("a method");
        let request = self.http.request(method, format!("{}{path}", self.url));
        let request = request.header("x-api-token", &self.token);
        match body {
            Some(body) => request.json(body).send().await,
            None => request.send().await,
        }
    }

    async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Said {
        let answer = self.try_send(method, path, body).await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    pub async fn get(&self, path: &str) -> Said {
        self.send("GET", path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Said {
        self.send("POST", path, Some(&body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Said {
        self.send("PATCH", path, Some(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Said {
        self.send("PUT", path, Some(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Said {
        self.send("DELETE", path, None).await
    }

    /// The data of an answer that must be a success.
    pub async fn data(&self, path: &str) -> Value {
        ok(self.get(path).await)
    }

    /// All items of a v2 list, page by page.
    pub async fn walk(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let (status, page) = self.get(&format!("{path}{cursor}")).await;
            assert_eq!(status, 200, "{path}: {page}");
            items.extend(page["data"].as_array().expect("a list").iter().cloned());
            match page["additional_data"]["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }

    pub async fn fault(&self, fault: Value) {
        ok(self.post("/sandbox/faults", fault).await);
    }

    pub async fn stats(&self) -> Value {
        self.get("/sandbox/stats").await.1
    }

    /// Makes a person to link things to.
    pub async fn person(&self) -> u64 {
        id(&ok(self.post("/api/v2/persons", json!({"name": "Test Person"})).await))
    }

    /// Makes a deal.
    pub async fn deal(&self, more: Value) -> Value {
        let mut body = json!({"title": "Test deal", "person_id": 1});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ok(self.post("/api/v2/deals", body).await)
    }
}

/// The data of a success.
pub fn ok((status, body): Said) -> Value {
    assert!((200..300).contains(&status) && body["success"] == true, "{status}: {body}");
    body["data"].clone()
}

/// The words of a refusal with this status, in the official envelope.
pub fn refused((status, body): Said, expected: u16) -> String {
    assert_eq!(status, expected, "{body}");
    assert_eq!(body["success"], false, "{body}");
    body["error"].as_str().expect("words").to_owned()
}

/// As [`refused`], for a body or a query that API v2 finds badly formed.
pub fn misfit(said: Said, field: &str) {
    let words = refused(said, 400);
    assert!(words.starts_with("ERR_SCHEMA_VALIDATION_FAILED") && words.contains(field), "{field}: {words}");
}

pub fn id(item: &Value) -> u64 {
    item["id"].as_u64().expect("an id")
}

pub fn ids(items: &[Value]) -> Vec<u64> {
    items.iter().map(id).collect()
}
