//! Simulated servers.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dealdeck::pipedrive::{HttpResponse, RateLimits, Request, Token, Transport, TransportError};
use tokio::time::Instant;

/// An answer of this status with this body.
pub fn answer(status: u16, body: &str) -> HttpResponse {
    HttpResponse {
        status,
        is_json: body.starts_with('{'),
        body: body.as_bytes().to_vec(),
        limits: RateLimits::default(),
    }
}

/// A list with nothing on it.
pub const EMPTY: &str = r#"{"success":true,"data":[],"additional_data":{"next_cursor":null}}"#;

/// Pipedrive's answer where there is no such item.
const NOT_FOUND: &str = r#"{"success":false,"error":"not found","error_info":"Object was not found."}"#;

/// Gives the same answer to each request for a path, and notes what was asked.
#[derive(Default)]
pub struct Canned {
    pub answers: HashMap<String, String>,
    pub asked: Mutex<Vec<Request>>,
}

impl Canned {
    pub fn new(answers: &[(&str, &str)]) -> Self {
        let answers = answers.iter().map(|(path, body)| ((*path).to_owned(), (*body).to_owned())).collect();
        Self { answers, asked: Mutex::default() }
    }
}

impl Transport for Canned {
    async fn send(&self, request: &Request) -> Result<HttpResponse, TransportError> {
        self.asked.lock().unwrap().push(request.clone());
        Ok(self.answers.get(&request.full_path()).map_or_else(|| answer(404, NOT_FOUND), |body| answer(200, body)))
    }

    fn renew(&self, _: &Token) {}
}

/// Gives one outcome after the other, then goes on giving the last; notes when each request came.
pub struct Script {
    outcomes: Mutex<VecDeque<Result<HttpResponse, TransportError>>>,
    pub came: Mutex<Vec<Instant>>,
}

impl Script {
    pub fn new(outcomes: impl IntoIterator<Item = Result<HttpResponse, TransportError>>) -> Self {
        Self { outcomes: Mutex::new(outcomes.into_iter().collect()), came: Mutex::default() }
    }
}

impl Transport for &'static Script {
    async fn send(&self, _: &Request) -> Result<HttpResponse, TransportError> {
        self.came.lock().unwrap().push(Instant::now());
        let mut outcomes = self.outcomes.lock().unwrap();
        let next = if outcomes.len() > 1 { outcomes.pop_front() } else { outcomes.front().cloned() };
        next.unwrap()
    }

    fn renew(&self, _: &Token) {}
}

/// A server that counts strictly, at the moment when a request reaches it.
pub struct Strict {
    limit: u32,
    /// The longest way of a request or an answer; each takes any time up to it, so that they overtake each other.
    jitter: Duration,
    /// Whether a window slides, or begins at multiples of its length.
    slides: bool,
    start: Instant,
    state: Mutex<Counted>,
}

#[derive(Default)]
struct Counted {
    random: fastrand::Rng,
    arrived: VecDeque<Instant>,
    pub served: usize,
    pub refused: usize,
}

impl Strict {
    pub fn new(limit: u32, jitter: Duration, slides: bool, seed: u64) -> Self {
        let state = Counted { random: fastrand::Rng::with_seed(seed), ..Counted::default() };
        Self { limit, jitter, slides, start: Instant::now(), state: Mutex::new(state) }
    }

    /// How many requests were served, and how many refused.
    pub fn counts(&self) -> (usize, usize) {
        let state = self.state.lock().unwrap();
        (state.served, state.refused)
    }

    async fn way(&self) {
        let share = self.state.lock().unwrap().random.f64();
        tokio::time::sleep(self.jitter.mul_f64(share)).await;
    }

    fn count(&self) -> HttpResponse {
        const WINDOW: Duration = Duration::from_secs(2);
        let now = Instant::now();
        let mut state = self.state.lock().unwrap();
        let begin = if self.slides {
            now.checked_sub(WINDOW)
        } else {
            let windows = (now - self.start).as_millis() / WINDOW.as_millis();
            Some(self.start + WINDOW * u32::try_from(windows).unwrap())
        };
        while state.arrived.front().is_some_and(|first| begin.is_some_and(|begin| *first < begin)) {
            state.arrived.pop_front();
        }
        if state.arrived.len() >= self.limit as usize {
            state.refused += 1;
            return answer(429, "{}");
        }
        state.arrived.push_back(now);
        state.served += 1;
        let remaining = self.limit - u32::try_from(state.arrived.len()).unwrap();
        let limits = RateLimits { limit: Some(self.limit), remaining: Some(remaining), ..RateLimits::default() };
        HttpResponse { limits, ..answer(200, EMPTY) }
    }
}

impl Transport for &'static Strict {
    async fn send(&self, _: &Request) -> Result<HttpResponse, TransportError> {
        self.way().await;
        let answer = self.count();
        self.way().await;
        Ok(answer)
    }

    fn renew(&self, _: &Token) {}
}

/// A strict server behind a network that stalls: what is sent meanwhile arrives at the end of the stall, all at once,
/// whether its client still waits or not. Some requests are held by a proxy on their own, until `max_delay` after they
/// were sent.
pub struct Stalling {
    limit: usize,
    max_delay: Duration,
    start: Instant,
    /// When the network stalls, since the start.
    stalls: Vec<(Duration, Duration)>,
    /// Of so many requests a proxy holds one.
    one_held_of: u32,
    random: Mutex<fastrand::Rng>,
    arrived: Mutex<VecDeque<Instant>>,
    over: AtomicUsize,
}

impl Stalling {
    /// Stalls of 10 to 30 s come again and again.
    pub fn new(limit: usize, max_delay: Duration, one_held_of: u32, seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut at = Duration::ZERO;
        let stalls = (0..200)
            .map(|_| {
                let from = at + Duration::from_millis(random.u64(5_000..60_000));
                at = from + Duration::from_millis(random.u64(10_000..30_000));
                (from, at)
            })
            .collect();
        Self {
            limit,
            max_delay,
            start: Instant::now(),
            stalls,
            one_held_of,
            random: Mutex::new(random),
            arrived: Mutex::default(),
            over: AtomicUsize::new(0),
        }
    }

    /// How many requests came over the limit.
    pub fn over(&self) -> usize {
        self.over.load(Ordering::SeqCst)
    }

    fn random(&self, range: std::ops::Range<u64>) -> u64 {
        self.random.lock().unwrap().u64(range)
    }

    /// Waits until the network lets something through.
    async fn way(&self) {
        tokio::time::sleep(Duration::from_millis(self.random(5..200))).await;
        let now = self.start.elapsed();
        if let Some((_, end)) = self.stalls.iter().find(|(from, end)| (*from..*end).contains(&now)) {
            tokio::time::sleep_until(self.start + *end).await;
        }
    }

    fn count(&self) {
        let now = Instant::now();
        let mut arrived = self.arrived.lock().unwrap();
        while arrived.front().is_some_and(|first| now - *first > Duration::from_secs(2)) {
            arrived.pop_front();
        }
        arrived.push_back(now);
        if arrived.len() > self.limit {
            self.over.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Transport for &'static Stalling {
    async fn send(&self, _: &Request) -> Result<HttpResponse, TransportError> {
        let (server, sent) = (*self, Instant::now());
        let (answered, answers) = tokio::sync::oneshot::channel();
        tokio::spawn(async move {
            server.way().await;
            if server.one_held_of > 0 && server.random(0..server.one_held_of.into()) == 0 {
                let longest = u64::try_from(server.max_delay.as_millis()).unwrap();
                tokio::time::sleep_until(sent + Duration::from_millis(server.random(0..longest))).await;
            }
            server.count();
            server.way().await;
            let _ = answered.send(());
        });
        match tokio::time::timeout(Duration::from_secs(20), answers).await {
            Ok(_) => {
                let limits = RateLimits { limit: u32::try_from(self.limit).ok(), ..RateLimits::default() };
                Ok(HttpResponse { limits, ..answer(200, EMPTY) })
            }
            Err(_) => Err(TransportError::NoAnswer("no answer in 20 s".to_owned())),
        }
    }

    fn renew(&self, _: &Token) {}
}

/// Keeps something for as long as the test process lives, so that the API task and the test both have it.
pub fn kept<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}
