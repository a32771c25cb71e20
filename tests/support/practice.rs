//! A practice server for a test, with a client of it.

use std::time::{Duration, Instant};

use dealdeck::sandbox::{Options, Plan, Sandbox};
use serde_json::Value;
use tokio::net::TcpSocket;

use super::terminal::PATIENCE;

const TOO_MANY_REQUESTS: u16 = 429;

/// A practice server in this process.
pub struct Practice {
    runtime: tokio::runtime::Runtime,
    sandbox: Option<Sandbox>,
    /// The options for the next start.
    options: Options,
    /// Reserves the port while the server is stopped.
    _port: Option<TcpSocket>,
    client: reqwest::Client,
    pub url: String,
    /// The address for the program: a validating proxy if `DEALDECK_TEST_VIA` names one.
    pub program_url: String,
    pub token: String,
}

impl Practice {
    /// Starts a server with the default data, and with generous limits because the test makes requests too.
    pub fn start() -> Self {
        Self::with(Options { plan: Plan::Enterprise, ..Options::default() })
    }

    /// Starts a server.
    pub fn with(options: Options) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (reservation, port) = reserve(options.port);
        let options = Options { port, ..options };
        let sandbox = runtime.block_on(Sandbox::start(options.clone())).unwrap();
        let (url, token) = (sandbox.url().to_owned(), sandbox.token().to_owned());
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let port = url.rsplit(':').next().unwrap();
        let options = Options { port: port.parse().unwrap(), ..options };
        let program_url = match std::env::var("DEALDECK_TEST_VIA") {
            Ok(proxy) => format!("{proxy}/s/{port}"),
            Err(_) => url.clone(),
        };
        Self { runtime, sandbox: Some(sandbox), options, _port: reservation, client, url, program_url, token }
    }

    /// Sends a GET request.
    pub fn get(&self, path: &str) -> Value {
        self.try_get(path).unwrap()
    }

    /// Sends a GET request; `None` if the server has no such item.
    pub fn try_get(&self, path: &str) -> Option<Value> {
        self.runtime.block_on(async {
            let url = format!("{}{path}", self.url);
            let deadline = Instant::now() + PATIENCE;
            loop {
                let answer = self.client.get(&url).header("x-api-token", &self.token).send().await.unwrap();
                // The test shares the plan's limit with the program.
                if answer.status() == TOO_MANY_REQUESTS && Instant::now() < deadline {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    continue;
                }
                return if answer.status().is_success() { Some(answer.json().await.unwrap()) } else { None };
            }
        })
    }

    /// Returns all items of a list, page by page. The path ends with the `limit` parameter.
    pub fn all(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut position = String::new();
        loop {
            let page = self.get(&format!("{path}{position}"));
            items.extend(page["data"].as_array().unwrap().iter().cloned());
            let more = &page["additional_data"];
            position = match more["next_cursor"].as_str() {
                Some(cursor) => format!("&cursor={cursor}"),
                None if more["more_items_in_collection"] == true => format!("&start={}", items.len()),
                None => return items,
            };
        }
    }

    /// Sends a request with a body.
    pub fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        self.runtime.block_on(async {
            let method = method.parse().unwrap();
            let request = self.client.request(method, format!("{}{path}", self.url)).header("x-api-token", &self.token);
            let answer = request.json(body).send().await.unwrap();
            answer.json().await.unwrap_or(Value::Null)
        })
    }

    /// Sets a fault.
    pub fn inject(&self, fault: &Value) {
        self.send("POST", "/sandbox/faults", fault);
    }

    /// Clears all faults.
    pub fn heal(&self) {
        self.send("DELETE", "/sandbox/faults", &Value::Null);
    }

    /// Waits until the response meets a condition.
    pub fn wait_until(&self, path: &str, what: &str, mut holds: impl FnMut(Option<&Value>) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.try_get(path);
            if holds(answer.as_ref()) {
                return;
            }
            assert!(Instant::now() < deadline, "waited for {what}; {path} returned {answer:?}");
            // The server does not announce changes, so it is polled.
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    /// Stops the server. From then on connections are refused.
    pub fn stop(&mut self) {
        if let Some(sandbox) = self.sandbox.take() {
            self.runtime.block_on(sandbox.stop());
        }
    }

    /// Restarts the server at the same address. Without a file it has new data.
    pub fn start_again(&mut self) {
        self.start_again_with(&self.token.clone());
    }

    /// Restarts the server with another token.
    pub fn start_again_with(&mut self, token: &str) {
        self.stop();
        token.clone_into(&mut self.options.token);
        token.clone_into(&mut self.token);
        self.sandbox = Some(self.runtime.block_on(Sandbox::start(self.options.clone())).unwrap());
    }

    /// Returns all open deals of a pipeline with plain and unique titles, by id.
    pub fn plain_deals(&self, pipeline: u64) -> Vec<Value> {
        let deals = self.get(&format!("/api/v2/deals?status=open&pipeline_id={pipeline}&limit=500"));
        plain(deals["data"].as_array().unwrap(), "title")
    }
}

/// Binds a port (any for 0) without listening, so that a server can listen and otherwise connections are refused. Only
/// Linux lets two sockets bind one port.
fn reserve(port: u16) -> (Option<TcpSocket>, u16) {
    if !cfg!(target_os = "linux") {
        return (None, port);
    }
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(([127, 0, 0, 1], port).into()).unwrap();
    let port = socket.local_addr().unwrap().port();
    (Some(socket), port)
}

/// Returns the items of a list whose text at `key` is plain ASCII and unique.
pub fn plain(list: &[Value], key: &str) -> Vec<Value> {
    let text = |item: &Value| item[key].as_str().unwrap_or_default().to_lowercase();
    let is_plain = |text: &str| {
        (6..60).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" -&".contains(&byte))
    };
    let alone = |this: &str| list.iter().filter(|other| text(other).contains(this)).count() == 1;
    list.iter().filter(|item| is_plain(&text(item)) && alone(&text(item))).cloned().collect()
}
