//! A proxy between a client and the practice server that simulates a bad network and checks the client's rate: it counts
//! the requests of each token when they reach the server. It shares no code with the client, and runs in threads of its
//! own.

use std::collections::{HashMap, VecDeque};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fastrand::Rng;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// The window in which requests are counted (Pipedrive's rate limiting page).
const WINDOW: Duration = Duration::from_secs(2);
/// Searches in a window, on all plans (the same page).
const SEARCHES: usize = 10;

/// The conditions of the network. Shares are from 0 to 1.
#[derive(Debug, Clone)]
pub struct NetworkConditions {
    /// The most requests of a token that may arrive within two seconds.
    pub limit: usize,
    /// The latency of each direction, in milliseconds.
    pub latency: RangeInclusive<u64>,
    /// The share of late writes: the client gets a gateway's page, a closed connection or nothing.
    pub late: f64,
    /// The longest delay of late writes.
    pub max_delay: Duration,
    /// The share of late writes whose client gets nothing until it times out.
    pub silent: f64,
    /// The share of requests whose connection is closed, before or after they arrive.
    pub cut: f64,
    /// The share of requests that a gateway answers and that never arrive.
    pub refused: f64,
    /// The seed of random choices.
    pub seed: u64,
}

/// The observations of the proxy.
#[derive(Debug, Clone, Default)]
pub struct RateReport {
    /// The requests that arrived.
    pub arrived: usize,
    /// The late ones among them.
    pub late: usize,
    /// The closed connections.
    pub cut: usize,
    /// The gateway pages sent in the server's place.
    pub pages: usize,
    /// The most requests of a token within two seconds.
    pub most: usize,
    /// The most searches among them.
    pub most_searches: usize,
    /// Each request over the limit.
    pub over: Vec<String>,
    /// The requests that the server refused with 429.
    pub refused: usize,
}

/// A proxy that runs until it is dropped.
pub struct Proxy {
    pub url: String,
    state: Arc<State>,
    // The last field, because dropping it ends all tasks.
    _runtime: Runtime,
}

struct State {
    conditions: NetworkConditions,
    /// The server's address.
    server: String,
    start: Instant,
    observer: Mutex<Observer>,
}

struct Observer {
    dice: Rng,
    /// The end of the current stall.
    stalled: Option<Instant>,
    /// `true` if all requests pass unharmed.
    is_fair: bool,
    windows: HashMap<String, VecDeque<(Instant, bool)>>,
    /// The requests in flight to the server.
    in_flight: usize,
    report: RateReport,
}

impl Proxy {
    /// Starts a proxy in front of a server.
    pub fn start(server: &str, conditions: NetworkConditions) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let observer = Observer {
            dice: Rng::with_seed(conditions.seed),
            stalled: None,
            is_fair: false,
            windows: HashMap::new(),
            in_flight: 0,
            report: RateReport::default(),
        };
        let server = server.strip_prefix("http://").unwrap().to_owned();
        let state = Arc::new(State { conditions, server, start: Instant::now(), observer: Mutex::new(observer) });
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::clone(&state);
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(Arc::clone(&shared), client));
            }
        });
        Self { url, state, _runtime: runtime }
    }

    /// Holds all bytes in both directions for a time, then delivers them at once.
    pub fn stall(&self, time: Duration) {
        self.state.observer().stalled = Some(Instant::now() + time);
    }

    /// Lets all requests pass unharmed from now on.
    pub fn clear_up(&self) {
        self.state.observer().is_fair = true;
    }

    /// Returns the number of requests in flight, including late ones.
    pub fn in_flight(&self) -> usize {
        self.state.observer().in_flight
    }

    /// Returns the observations so far.
    pub fn report(&self) -> RateReport {
        self.state.observer().report.clone()
    }
}

impl State {
    fn observer(&self) -> MutexGuard<'_, Observer> {
        self.observer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the stall is over.
    async fn wait_for_stall(&self) {
        loop {
            let until = self.observer().stalled.filter(|until| *until > Instant::now());
            let Some(until) = until else { return };
            tokio::time::sleep_until(until.into()).await;
        }
    }

    /// Waits for the latency of one direction.
    async fn delay(&self) {
        let millis = self.observer().dice.u64(self.conditions.latency.clone());
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
}

/// A request as bytes, with its request line and token.
struct Request {
    bytes: Vec<u8>,
    line: String,
    token: String,
}

impl Request {
    fn is_write(&self) -> bool {
        !self.line.starts_with("GET ")
    }

    fn is_search(&self) -> bool {
        let path = self.line.split([' ', '?']).nth(1).unwrap_or_default();
        path.ends_with("/search") || path.ends_with("/itemSearch")
    }

    /// Reads the next request of a client; `None` at the end.
    async fn read(client: &mut BufReader<TcpStream>) -> Option<Self> {
        let mut bytes = Vec::new();
        let (mut line, mut token, mut length) = (String::new(), String::new(), 0);
        loop {
            let start = bytes.len();
            client.read_until(b'\n', &mut bytes).await.ok()?;
            let text = String::from_utf8_lossy(&bytes[start..]).trim().to_owned();
            if bytes.len() == start {
                return None;
            }
            if line.is_empty() {
                line = text;
                // The response ends with its connection.
                bytes.extend_from_slice(b"connection: close\r\n");
                continue;
            }
            if text.is_empty() {
                break;
            }
            let (name, value) = text.split_once(':').unwrap_or((&text, ""));
            match name.to_ascii_lowercase().as_str() {
                "x-api-token" => value.trim().clone_into(&mut token),
                "content-length" => length = value.trim().parse().ok()?,
                "connection" => bytes.truncate(start),
                _ => {}
            }
        }
        let start = bytes.len();
        bytes.resize(start + length, 0);
        client.read_exact(&mut bytes[start..]).await.ok()?;
        Some(Self { bytes, line, token })
    }
}

/// The outcome of a request.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Outcome {
    /// It arrives, and so does its response.
    Fair,
    /// It arrives after this time, and its client gets a replacement.
    Late(Duration, Replacement),
    /// It never arrives.
    Lost(Replacement),
    /// It arrives, and the connection is closed without a response.
    Unanswered,
}

/// The replacement of a response.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Replacement {
    Nothing,
    Closed,
    Page(u16),
}

impl Observer {
    fn outcome(&mut self, request: &Request, conditions: &NetworkConditions) -> Outcome {
        if self.is_fair {
            return Outcome::Fair;
        }
        let dice = &mut self.dice;
        if request.is_write() && dice.f64() < conditions.late {
            let after = conditions.max_delay.mul_f64(dice.f64());
            let replacement = match dice.f64() {
                chance if chance < conditions.silent => Replacement::Nothing,
                _ if dice.bool() => Replacement::Closed,
                _ => Replacement::Page(504),
            };
            return Outcome::Late(after, replacement);
        }
        if dice.f64() < conditions.refused {
            return Outcome::Lost(Replacement::Page([502, 503, 504][dice.usize(..3)]));
        }
        if dice.f64() < conditions.cut {
            return if dice.bool() { Outcome::Lost(Replacement::Closed) } else { Outcome::Unanswered };
        }
        Outcome::Fair
    }

    /// Counts a request that reaches the server now.
    fn arrival(&mut self, request: &Request, limit: usize, since_start: Duration) {
        let now = Instant::now();
        self.report.arrived += 1;
        let window = self.windows.entry(request.token.clone()).or_default();
        window.push_back((now, request.is_search()));
        while window.front().is_some_and(|(at, _)| now.duration_since(*at) >= WINDOW) {
            window.pop_front();
        }
        let searches = window.iter().filter(|(_, is_search)| *is_search).count();
        self.report.most = self.report.most.max(window.len());
        self.report.most_searches = self.report.most_searches.max(searches);
        if window.len() > limit || request.is_search() && searches > SEARCHES {
            let at = since_start.as_secs_f64();
            self.report.over.push(format!("{at:.3} s: {} of {limit}: {}", window.len(), request.line));
        }
    }
}

/// Serves the requests of a connection in sequence.
async fn serve(state: Arc<State>, client: TcpStream) {
    let _ = client.set_nodelay(true);
    let mut client = BufReader::new(client);
    while let Some(request) = Request::read(&mut client).await {
        let outcome = state.observer().outcome(&request, &state.conditions);
        let replacement = match outcome {
            Outcome::Fair | Outcome::Unanswered => {
                // A task of its own: it arrives even if its client has left.
                let answer = tokio::spawn(deliver(Arc::clone(&state), request, None)).await;
                if outcome == Outcome::Fair
                    && let Ok(Some(answer)) = answer
                {
                    state.delay().await;
                    state.wait_for_stall().await;
                    if client.get_mut().write_all(&answer).await.is_err() {
                        return;
                    }
                    continue;
                }
                Replacement::Closed
            }
            Outcome::Late(after, replacement) => {
                tokio::spawn(deliver(Arc::clone(&state), request, Some(after)));
                replacement
            }
            Outcome::Lost(replacement) => {
                state.delay().await;
                replacement
            }
        };
        state.delay().await;
        state.wait_for_stall().await;
        match replacement {
            Replacement::Nothing => {
                // Until the client times out: it sends nothing more on this connection.
                let _ = client.read_u8().await;
                return;
            }
            Replacement::Closed => {
                state.observer().report.cut += 1;
                return;
            }
            Replacement::Page(status) => {
                state.observer().report.pages += 1;
                let page = format!("<html><body><h1>{status} from the proxy</h1></body></html>");
                let head = format!("HTTP/1.1 {status} Gateway\r\ncontent-type: text/html\r\n");
                let answer = format!("{head}content-length: {}\r\n\r\n{page}", page.len());
                if client.get_mut().write_all(answer.as_bytes()).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Delivers a request to the server, late or after its latency, and returns the response.
async fn deliver(state: Arc<State>, request: Request, late: Option<Duration>) -> Option<Vec<u8>> {
    state.observer().in_flight += 1;
    match late {
        Some(after) => tokio::time::sleep(after).await,
        None => state.delay().await,
    }
    state.wait_for_stall().await;
    {
        let mut observer = state.observer();
        observer.report.late += usize::from(late.is_some());
        observer.arrival(&request, state.conditions.limit, state.start.elapsed());
    }
    let answer = exchange(&state.server, &request.bytes).await.ok();
    let mut observer = state.observer();
    observer.in_flight -= 1;
    observer.report.refused += usize::from(answer.as_ref().is_some_and(|answer| answer.starts_with(b"HTTP/1.1 429")));
    answer
}

/// Sends a request to a server and returns its response without the `connection: close` header.
async fn exchange(server: &str, request: &[u8]) -> std::io::Result<Vec<u8>> {
    const CLOSE: &[u8] = b"connection: close\r\n";
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(request).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    if let Some(at) = answer.windows(CLOSE.len()).position(|bytes| bytes == CLOSE) {
        answer.drain(at..at + CLOSE.len());
    }
    Ok(answer)
}
