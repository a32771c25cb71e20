//! A practice server for a test, and what it says over HTTP.

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
    /// How it is started again.
    options: Options,
    /// Holds the port of a stopped server, so that nobody else gets it.
    kept_port: Option<TcpSocket>,
    client: reqwest::Client,
    pub url: String,
    /// Where the program reaches the server: through a validating proxy, where `DEALDECK_TEST_VIA` names one.
    pub program_url: String,
    pub token: String,
}

impl Practice {
    /// Starts a server with the ordinary practice data and generous limits, as the tests look at it too.
    pub fn start() -> Self {
        Self::with(Options { plan: Plan::Enterprise, ..Options::default() })
    }

    /// Starts a server.
    pub fn with(options: Options) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let sandbox = runtime.block_on(Sandbox::start(options.clone())).unwrap();
        let (url, token) = (sandbox.url().to_owned(), sandbox.token().to_owned());
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let port = url.rsplit(':').next().unwrap();
        let options = Options { port: port.parse().unwrap(), ..options };
        let program_url = match std::env::var("DEALDECK_TEST_VIA") {
            Ok(proxy) => format!("{proxy}/s/{port}"),
            Err(_) => url.clone(),
        };
        Self { runtime, sandbox: Some(sandbox), options, kept_port: None, client, url, program_url, token }
    }

    /// Asks the server.
    pub fn get(&self, path: &str) -> Value {
        self.try_get(path).unwrap()
    }

    /// Asks the server; `None` where it has no such thing.
    pub fn try_get(&self, path: &str) -> Option<Value> {
        self.runtime.block_on(async {
            let url = format!("{}{path}", self.url);
            let deadline = Instant::now() + PATIENCE;
            loop {
                let answer = self.client.get(&url).header("x-api-token", &self.token).send().await.unwrap();
                // The test shares the plan's limit with the program that it looks at.
                if answer.status() == TOO_MANY_REQUESTS && Instant::now() < deadline {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    continue;
                }
                return if answer.status().is_success() { Some(answer.json().await.unwrap()) } else { None };
            }
        })
    }

    /// All items of a list, page by page. Its path ends with the limit of a page.
    pub fn all(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut place = String::new();
        loop {
            let page = self.get(&format!("{path}{place}"));
            items.extend(page["data"].as_array().unwrap().iter().cloned());
            let more = &page["additional_data"];
            place = match more["next_cursor"].as_str() {
                Some(cursor) => format!("&cursor={cursor}"),
                None if more["more_items_in_collection"] == true => format!("&start={}", items.len()),
                None => return items,
            };
        }
    }

    /// Sends something to the server.
    pub fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        self.runtime.block_on(async {
            let method = method.parse().unwrap();
            let request = self.client.request(method, format!("{}{path}", self.url)).header("x-api-token", &self.token);
            let answer = request.json(body).send().await.unwrap();
            answer.json().await.unwrap_or(Value::Null)
        })
    }

    /// Has the server fail in some way from now on.
    pub fn inject(&self, fault: &Value) {
        self.send("POST", "/sandbox/faults", fault);
    }

    /// Has the server work again.
    pub fn heal(&self) {
        self.send("DELETE", "/sandbox/faults", &Value::Null);
    }

    /// Waits until the server's answer is as it should be.
    pub fn wait_until(&self, path: &str, what: &str, mut holds: impl FnMut(Option<&Value>) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.try_get(path);
            if holds(answer.as_ref()) {
                return;
            }
            assert!(Instant::now() < deadline, "waited for {what}; {path} says {answer:?}");
            // The server tells of no change, so it is asked again.
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    /// Stops the server. From then on connections are refused.
    pub fn stop(&mut self) {
        if let Some(sandbox) = self.sandbox.take() {
            self.runtime.block_on(sandbox.stop());
            // Bound, but nobody listens.
            let socket = TcpSocket::new_v4().unwrap();
            socket.set_reuseaddr(true).unwrap();
            socket.bind(([127, 0, 0, 1], self.options.port).into()).unwrap();
            self.kept_port = Some(socket);
        }
    }

    /// Starts it again after a stop, at the same address. Without a file it has new data.
    pub fn start_again(&mut self) {
        self.start_again_with(&self.token.clone());
    }

    /// The same with another token.
    pub fn start_again_with(&mut self, token: &str) {
        self.stop();
        token.clone_into(&mut self.options.token);
        token.clone_into(&mut self.token);
        self.sandbox = Some(self.runtime.block_on(Sandbox::start(self.options.clone())).unwrap());
        self.kept_port = None;
    }

    /// All open deals of a pipeline whose titles are plain and unlike all others, in the order of their ids.
    pub fn plain_deals(&self, pipeline: u64) -> Vec<Value> {
        let deals = self.get(&format!("/api/v2/deals?status=open&pipeline_id={pipeline}&limit=500"));
        plain(deals["data"].as_array().unwrap(), "title")
    }
}

/// Those of a list whose text at `key` is plain and unlike all others.
pub fn plain(list: &[Value], key: &str) -> Vec<Value> {
    let text = |item: &Value| item[key].as_str().unwrap_or_default().to_lowercase();
    let is_plain = |text: &str| {
        (6..60).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" -&".contains(&byte))
    };
    let alone = |this: &str| list.iter().filter(|other| text(other).contains(this)).count() == 1;
    list.iter().filter(|item| is_plain(&text(item)) && alone(&text(item))).cloned().collect()
}
