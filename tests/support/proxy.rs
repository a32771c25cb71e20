//! A proxy between a client and the practice server, which is as nasty as a network can be and judges the client's rate:
//! it counts the requests of each token at the moment at which they reach the server. It shares no code with the
//! client, and runs in threads of its own.

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

/// What requests meet on their way. Shares are from 0 to 1.
#[derive(Debug, Clone)]
pub struct Weather {
    /// How many requests of a token may arrive within two seconds.
    pub limit: usize,
    /// How long each way takes, in milliseconds.
    pub way: RangeInclusive<u64>,
    /// The share of writes that are late: the client gets a page of a gateway, a closed connection or nothing.
    pub late: f64,
    /// How late they are at most.
    pub latest: Duration,
    /// The share of late writes whose client gets nothing until it gives up.
    pub silent: f64,
    /// The share of requests whose connection is closed, before they arrive or after.
    pub cut: f64,
    /// The share of requests that a gateway answers, and that never arrive.
    pub refused: f64,
    /// The seed of the chances.
    pub seed: u64,
}

/// What the judge has seen.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    /// How many requests arrived.
    pub arrived: usize,
    /// How many of them were late.
    pub late: usize,
    /// How many connections were closed.
    pub cut: usize,
    /// How many times a gateway answered in the server's place.
    pub pages: usize,
    /// The most requests of a token within two seconds.
    pub most: usize,
    /// The most searches among them.
    pub most_searches: usize,
    /// Each request that was one too many.
    pub over: Vec<String>,
    /// How many the server refused with 429.
    pub refused: usize,
}

/// A proxy that runs until it is dropped.
pub struct Proxy {
    pub url: String,
    state: Arc<State>,
    // The last field, as dropping it ends all tasks.
    _runtime: Runtime,
}

struct State {
    weather: Weather,
    /// The server's address.
    server: String,
    start: Instant,
    judge: Mutex<Judge>,
}

struct Judge {
    dice: Rng,
    /// Until when all bytes are held.
    stalled: Option<Instant>,
    /// Whether all requests pass unharmed.
    is_fair: bool,
    windows: HashMap<String, VecDeque<(Instant, bool)>>,
    /// How many requests are on their way to the server.
    on_the_way: usize,
    verdict: Verdict,
}

impl Proxy {
    /// Starts a proxy before a server.
    pub fn start(server: &str, weather: Weather) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let judge = Judge {
            dice: Rng::with_seed(weather.seed),
            stalled: None,
            is_fair: false,
            windows: HashMap::new(),
            on_the_way: 0,
            verdict: Verdict::default(),
        };
        let server = server.strip_prefix("http://").unwrap().to_owned();
        let state = Arc::new(State { weather, server, start: Instant::now(), judge: Mutex::new(judge) });
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

    /// Holds all bytes in both directions for a time, then delivers them all at once.
    pub fn stall(&self, time: Duration) {
        self.state.judge().stalled = Some(Instant::now() + time);
    }

    /// From now on nothing happens to requests.
    pub fn clear_up(&self) {
        self.state.judge().is_fair = true;
    }

    /// How many requests are on their way, late ones too.
    pub fn on_the_way(&self) -> usize {
        self.state.judge().on_the_way
    }

    /// What the judge has seen so far.
    pub fn verdict(&self) -> Verdict {
        self.state.judge().verdict.clone()
    }
}

impl State {
    fn judge(&self) -> MutexGuard<'_, Judge> {
        self.judge.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while all bytes are held.
    async fn stall_over(&self) {
        loop {
            let until = self.judge().stalled.filter(|until| *until > Instant::now());
            let Some(until) = until else { return };
            tokio::time::sleep_until(until.into()).await;
        }
    }

    /// Time for one way.
    async fn way(&self) {
        let millis = self.judge().dice.u64(self.weather.way.clone());
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
}

/// A request as bytes, with what the judge wants to know of it.
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

    /// Reads a request as a client sends it; `None` if there is none any more.
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
                // The answer ends with its connection.
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

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Course {
    /// It arrives, and so does its answer.
    Fair,
    /// It arrives after this time, and its client gets something else.
    Late(Duration, Instead),
    /// It never arrives.
    Lost(Instead),
    /// It arrives, and the connection is closed in place of the answer.
    Unanswered,
}

/// What a client gets in place of an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Instead {
    Nothing,
    Closed,
    Page(u16),
}

impl Judge {
    fn course(&mut self, request: &Request, weather: &Weather) -> Course {
        if self.is_fair {
            return Course::Fair;
        }
        let dice = &mut self.dice;
        if request.is_write() && dice.f64() < weather.late {
            let after = weather.latest.mul_f64(dice.f64());
            let instead = match dice.f64() {
                chance if chance < weather.silent => Instead::Nothing,
                _ if dice.bool() => Instead::Closed,
                _ => Instead::Page(504),
            };
            return Course::Late(after, instead);
        }
        if dice.f64() < weather.refused {
            return Course::Lost(Instead::Page([502, 503, 504][dice.usize(..3)]));
        }
        if dice.f64() < weather.cut {
            return if dice.bool() { Course::Lost(Instead::Closed) } else { Course::Unanswered };
        }
        Course::Fair
    }

    /// Counts a request that reaches the server now.
    fn arrival(&mut self, request: &Request, limit: usize, since_start: Duration) {
        let now = Instant::now();
        self.verdict.arrived += 1;
        let window = self.windows.entry(request.token.clone()).or_default();
        window.push_back((now, request.is_search()));
        while window.front().is_some_and(|(at, _)| now.duration_since(*at) >= WINDOW) {
            window.pop_front();
        }
        let searches = window.iter().filter(|(_, is_search)| *is_search).count();
        self.verdict.most = self.verdict.most.max(window.len());
        self.verdict.most_searches = self.verdict.most_searches.max(searches);
        if window.len() > limit || request.is_search() && searches > SEARCHES {
            let at = since_start.as_secs_f64();
            self.verdict.over.push(format!("{at:.3} s: {} of {limit}: {}", window.len(), request.line));
        }
    }
}

/// Serves the requests of a connection, one after the other.
async fn serve(state: Arc<State>, client: TcpStream) {
    let _ = client.set_nodelay(true);
    let mut client = BufReader::new(client);
    while let Some(request) = Request::read(&mut client).await {
        let course = state.judge().course(&request, &state.weather);
        let instead = match course {
            Course::Fair | Course::Unanswered => {
                // A task of its own: it arrives whether its client is still there or not.
                let answer = tokio::spawn(deliver(Arc::clone(&state), request, None)).await;
                if course == Course::Fair
                    && let Ok(Some(answer)) = answer
                {
                    state.way().await;
                    state.stall_over().await;
                    if client.get_mut().write_all(&answer).await.is_err() {
                        return;
                    }
                    continue;
                }
                Instead::Closed
            }
            Course::Late(after, instead) => {
                tokio::spawn(deliver(Arc::clone(&state), request, Some(after)));
                instead
            }
            Course::Lost(instead) => {
                state.way().await;
                instead
            }
        };
        state.way().await;
        state.stall_over().await;
        match instead {
            Instead::Nothing => {
                // Until the client gives up: it sends nothing more on this connection.
                let _ = client.read_u8().await;
                return;
            }
            Instead::Closed => {
                state.judge().verdict.cut += 1;
                return;
            }
            Instead::Page(status) => {
                state.judge().verdict.pages += 1;
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

/// Delivers a request to the server, late or after its way, and gives the answer.
async fn deliver(state: Arc<State>, request: Request, late: Option<Duration>) -> Option<Vec<u8>> {
    state.judge().on_the_way += 1;
    match late {
        Some(after) => tokio::time::sleep(after).await,
        None => state.way().await,
    }
    state.stall_over().await;
    {
        let mut judge = state.judge();
        judge.verdict.late += usize::from(late.is_some());
        judge.arrival(&request, state.weather.limit, state.start.elapsed());
    }
    let answer = exchange(&state.server, &request.bytes).await.ok();
    let mut judge = state.judge();
    judge.on_the_way -= 1;
    judge.verdict.refused += usize::from(answer.as_ref().is_some_and(|answer| answer.starts_with(b"HTTP/1.1 429")));
    answer
}

/// Sends a request to a server, and gives its answer without the word that ends the connection.
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
