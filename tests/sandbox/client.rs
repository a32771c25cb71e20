//! A practice server for a test, and a client of it.

use std::ops::Deref;

use dealdeck::sandbox::{Options, Plan, Sandbox};
use reqwest::{Method, Response};
use serde_json::{Value, json};

/// A practice server with a client of its first user.
pub struct TestServer {
    pub sandbox: Sandbox,
    user: User,
}

/// A client with the token of a user.
pub struct User {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Deref for TestServer {
    type Target = User;

    fn deref(&self) -> &User {
        &self.user
    }
}

/// The status and the body of a response.
pub type Reply = (u16, Value);

impl TestServer {
    /// Starts a server with the default data and generous limits.
    pub async fn open() -> Self {
        Self::with(Options { plan: Plan::Enterprise, ..Options::default() }).await
    }

    /// Starts a server with options.
    pub async fn with(options: Options) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sandbox = Sandbox::start(options).await.expect("the server starts");
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let (url, token) = (sandbox.url().to_owned(), sandbox.token().to_owned());
        Self { sandbox, user: User { http, url, token } }
    }
}

impl User {
    /// Returns a client of another user.
    pub fn with_token(&self, token: &str) -> Self {
        Self { http: self.http.clone(), url: self.url.clone(), token: token.to_owned() }
    }

    /// Sends a request that may fail on the way.
    pub async fn try_send(&self, method: &str, path: &str, body: Option<&Value>) -> reqwest::Result<Response> {
        let method: Method = method.parse().expect("a method");
        let request = self.http.request(method, format!("{}{path}", self.url));
        let request = request.header("x-api-token", &self.token);
        match body {
            Some(body) => request.json(body).send().await,
            None => request.send().await,
        }
    }

    async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        let response = self.try_send(method, path, body).await.expect("a response");
        (response.status().as_u16(), response.json().await.expect("JSON"))
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send("POST", path, Some(&body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send("PATCH", path, Some(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.send("PUT", path, Some(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, None).await
    }

    /// Returns the data of a response that must be a success.
    pub async fn data(&self, path: &str) -> Value {
        ok(self.get(path).await)
    }

    /// Returns all items of a list of API v2, page by page.
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

    /// Sets a fault.
    pub async fn fault(&self, fault: Value) {
        ok(self.post("/sandbox/faults", fault).await);
    }

    pub async fn stats(&self) -> Value {
        self.get("/sandbox/stats").await.1
    }

    /// Creates a person and returns its id.
    pub async fn person(&self) -> u64 {
        id(&ok(self.post("/api/v2/persons", json!({"name": "Test Person"})).await))
    }

    /// Creates a deal.
    pub async fn deal(&self, more: Value) -> Value {
        let mut body = json!({"title": "Test deal", "person_id": 1});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ok(self.post("/api/v2/deals", body).await)
    }
}

/// Returns the data of a success.
pub fn ok((status, body): Reply) -> Value {
    assert!((200..300).contains(&status) && body["success"] == true, "{status}: {body}");
    body["data"].clone()
}

/// Returns the message of an error with this status in Pipedrive's envelope.
pub fn error_of((status, body): Reply, expected: u16) -> String {
    assert_eq!(status, expected, "{body}");
    assert_eq!(body["success"], false, "{body}");
    body["error"].as_str().expect("a message").to_owned()
}

/// Checks that API v2 refused a malformed body or query and named the field.
pub fn assert_schema_error(reply: Reply, field: &str) {
    let error = error_of(reply, 400);
    assert!(error.starts_with("ERR_SCHEMA_VALIDATION_FAILED") && error.contains(field), "{field}: {error}");
}

pub fn id(item: &Value) -> u64 {
    item["id"].as_u64().expect("an id")
}

pub fn ids(items: &[Value]) -> Vec<u64> {
    items.iter().map(id).collect()
}
