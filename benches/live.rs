//! The time until a colleague's change is on the screen: two dashboards of two users on one practice server, with and
//! without webhooks. And the cost of deliveries: their rate per second, and the latency of keys during them.
//!
//!     cargo bench --bench live

#![allow(clippy::unwrap_used, reason = "a bench that panics has failed")]

#[allow(dead_code, reason = "each program uses a part of it")]
#[path = "../tests/support/practice.rs"]
mod practice;
#[allow(dead_code, reason = "each program uses a part of it")]
#[path = "../tests/support/terminal.rs"]
mod terminal;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use chrono::{SecondsFormat, TimeDelta, Utc};
use dealdeck::sandbox::{Options, Plan};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use uuid::Uuid;

use self::practice::Practice;
use self::terminal::{PATIENCE, Terminal};

const COLLEAGUE: (&str, u64) = ("colleague", 2);
/// The title of the card to move.
const CARD: &str = "Pendulum";
/// The width of a column of the board, and the first row with cards.
const COLUMN: u16 = 30;
const CARDS: u16 = 7;
const MOVES: usize = 100;
/// The moves without webhooks, where each takes seconds.
const POLLED_MOVES: usize = 8;
/// The pause between two polls on the largest plan without webhooks.
const INTERVAL: Duration = Duration::from_millis(58_000 / 7);
const DELIVERIES: usize = 10_000;
/// The number of items in the deliveries.
const ITEMS: usize = 100;
const CONNECTIONS: usize = 20;
const KEYS: usize = 200;

/// The observed part of a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Look {
    /// The column of the card on the board.
    column: Option<u16>,
    /// `true` if no edit is in flight.
    is_sent: bool,
    /// `true` if webhooks are connected.
    is_live: bool,
    /// The row of the cursor.
    cursor: Option<u16>,
}

impl Look {
    fn at(screen: &vt100::Screen) -> Self {
        let text = screen.contents();
        let rows = 0..screen.size().0.get() - 1;
        let place = |line: &str| line.find(CARD).and_then(|at| u16::try_from(line[..at].chars().count()).ok());
        let is_cursor = |row: u16| screen.cell(row, 0).is_some_and(|cell| cell.contents() == "▌");
        Self {
            column: text.lines().skip(CARDS.into()).find_map(place).map(|place| place / COLUMN),
            is_sent: ["↻", "queued", "saving"].iter().all(|word| !text.contains(word)),
            is_live: text.contains("◉ live"),
            cursor: rows.clone().find(|row| is_cursor(*row)),
        }
    }
}

/// A dashboard and its frames.
struct Dashboard {
    terminal: Terminal,
    looks: Receiver<(Instant, Look)>,
    _home: TempDir,
}

impl Dashboard {
    /// Opens a user's dashboard, with or without webhooks, and waits until the account has been read.
    fn open(practice: &Practice, token: &str, live: bool) -> Self {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().to_str().unwrap();
        let mut variables = vec![
            ("DEALDECK_API_URL", practice.url.as_str()),
            ("DEALDECK_API_TOKEN", token),
            ("XDG_DATA_HOME", folder),
            ("XDG_STATE_HOME", folder),
            ("XDG_CONFIG_HOME", folder),
        ];
        variables.extend(live.then_some(("DEALDECK_PUBLIC_URL", "auto")));
        let (sender, looks) = channel();
        let terminal = Terminal::watched(&[], &variables, (6 * COLUMN, 40), move |screen| {
            // The receiver is gone at the end.
            let _ = sender.send((Instant::now(), Look::at(screen)));
        });
        terminal.wait_until("the account to be read", |screen| {
            let text = screen.contents();
            let is_busy = ["reading", "Reading", "onnecting", "of the account"];
            text.contains(" deals ") && text.contains("leads ") && is_busy.iter().all(|word| !text.contains(word))
        });
        Self { terminal, looks, _home: home }
    }

    /// Presses keys.
    fn press(&mut self, keys: &str) -> Instant {
        while self.looks.try_recv().is_ok() {}
        let start = Instant::now();
        self.terminal.keys(keys);
        start
    }

    /// Returns the time of the first frame that matches.
    fn wait_for(&self, what: &str, holds: impl Fn(&Look) -> bool) -> Instant {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok((at, look)) = self.looks.recv_timeout(left) else {
                panic!("no {what} is shown:\n{}", self.terminal.text());
            };
            if holds(&look) {
                return at;
            }
        }
    }

    fn close(mut self) {
        self.terminal.keys("q");
        assert_eq!(self.terminal.exit_code(), 0, "{}", self.terminal.text());
    }
}

/// The times of a repeated operation, in milliseconds.
struct Times(Vec<f64>);

impl Times {
    fn new(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut times: Vec<f64> = times.into_iter().map(|time| time.as_secs_f64() * 1e3).collect();
        times.sort_by(f64::total_cmp);
        Self(times)
    }

    fn at(&self, percent: usize) -> f64 {
        self.0[(self.0.len() - 1) * percent / 100]
    }

    fn print(&self, what: &str) {
        println!("{what:<46} {:>9.1} ms {:>9.1} ms {:>9.1} ms", self.at(50), self.at(95), self.at(100));
    }
}

/// Moves a card back and forth in one dashboard: measures the time until the other shows it, and until it is confirmed.
fn moves(practice: &Practice, live: bool, count: usize) -> (Times, Times) {
    let mut mine = Dashboard::open(practice, &practice.token, live);
    let mut theirs = Dashboard::open(practice, COLLEAGUE.0, live);
    // Both filter for this card, with the cursor on it.
    for dashboard in [&mut mine, &mut theirs] {
        dashboard.press(&format!("1/{CARD}\r"));
        dashboard.wait_for("card", |look| look.column == Some(0));
    }
    if live {
        // Webhooks are relied on only after the first delivery.
        for (keys, column) in [("L", 1), ("H", 0)] {
            mine.press(keys);
            theirs.wait_for("first move", |look| look.column == Some(column) && look.is_live);
        }
    }
    let times = (0..count).map(|nth| {
        let (key, column) = if nth % 2 == 0 { ("L", 1) } else { ("H", 0) };
        while theirs.looks.try_recv().is_ok() {}
        let start = mine.press(key);
        let confirmed = mine.wait_for("confirmation", |look| look.column == Some(column) && look.is_sent);
        let shown = theirs.wait_for("move", |look| look.column == Some(column));
        (shown - start, confirmed - start)
    });
    let (shown, confirmed): (Vec<_>, Vec<_>) = times.unzip();
    mine.close();
    theirs.close();
    (Times::new(shown), Times::new(confirmed))
}

/// Returns bodies of deliveries, each with a new change of one of a few deals.
fn bodies(practice: &Practice) -> Vec<String> {
    practice.send("POST", "/sandbox/deliveries", &json!({"hold": true}));
    for deal in practice.plain_deals(1).iter().take(ITEMS) {
        practice.send("PATCH", &format!("/api/v2/deals/{}", deal["id"]), &json!({"value": 1}));
    }
    let entries = practice.get("/sandbox/deliveries");
    let held: Vec<&Value> =
        entries["data"].as_array().unwrap().iter().filter(|entry| entry["fate"] == "waiting").collect();
    let start = Utc::now();
    let later = |nth: usize| {
        let mut body = held[nth % held.len()]["body"].clone();
        let at = start + TimeDelta::milliseconds(i64::try_from(nth).unwrap());
        body["meta"]["id"] = json!(Uuid::new_v4());
        body["meta"]["timestamp"] = json!(at.to_rfc3339_opts(SecondsFormat::Millis, true));
        body["data"]["update_time"] = json!(at.to_rfc3339_opts(SecondsFormat::Secs, true));
        body["data"]["value"] = json!(nth);
        body.to_string()
    };
    (0..DELIVERIES).map(later).collect()
}

/// Delivers all bodies as fast as they are accepted.
async fn deliver(hook: Value, bodies: Vec<String>) {
    let text = |key: &str| Arc::<str>::from(hook[key].as_str().unwrap());
    let (url, user, password) = (text("subscription_url"), text("http_auth_user"), text("http_auth_password"));
    let (bodies, next) = (Arc::new(bodies), Arc::new(AtomicUsize::new(0)));
    let mut work = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (url, user, password) = (Arc::clone(&url), Arc::clone(&user), Arc::clone(&password));
        let (bodies, next) = (Arc::clone(&bodies), Arc::clone(&next));
        let http = Client::builder().no_proxy().build().unwrap();
        work.spawn(async move {
            while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
                let request = || http.post(&*url).basic_auth(&user, Some(&password)).body(body.clone());
                while request().send().await.unwrap().status() != StatusCode::OK {}
            }
        });
    }
    work.join_all().await;
}

/// Measures the time from a key to the frame with the moved cursor, until `is_enough`.
fn keys(dashboard: &mut Dashboard, is_enough: impl Fn(usize) -> bool) -> Times {
    dashboard.press("7g");
    // The list of users, which does not change.
    dashboard.wait_for("list of users", |look| look.cursor == Some(4));
    let mut times = Vec::new();
    while !is_enough(times.len()) {
        for (key, row) in [("j", 5), ("k", 4)] {
            let start = dashboard.press(key);
            times.push(dashboard.wait_for("cursor", |look| look.cursor == Some(row)) - start);
        }
    }
    Times::new(times)
}

/// Measures the deliveries per second, and the latency of keys at rest and during deliveries.
fn intake(practice: &Practice) -> (f64, Times, Times) {
    let mut dashboard = Dashboard::open(practice, &practice.token, true);
    let mut hook = Value::Null;
    practice.wait_until("/api/v1/webhooks", "a webhook for deals", |hooks| {
        let hooks = hooks.and_then(|hooks| hooks["data"].as_array());
        let found = hooks.into_iter().flatten().find(|hook| hook["event_object"] == "deal");
        hook = found.cloned().unwrap_or_default();
        found.is_some()
    });
    let bodies = bodies(practice);
    let rest = keys(&mut dashboard, |pressed| pressed >= KEYS);
    let runtime = Runtime::new().unwrap();
    let start = Instant::now();
    let storm = runtime.spawn(async move {
        deliver(hook, bodies).await;
        start.elapsed()
    });
    let meanwhile = keys(&mut dashboard, |_| storm.is_finished());
    let took = runtime.block_on(storm).unwrap();
    dashboard.close();
    (f64::from(u32::try_from(DELIVERIES).unwrap()) / took.as_secs_f64(), rest, meanwhile)
}

fn main() {
    let colleagues = vec![(COLLEAGUE.0.to_owned(), COLLEAGUE.1)];
    let practice = Practice::with(Options { plan: Plan::Enterprise, colleagues, ..Options::default() });
    let deal = practice.send("POST", "/api/v2/deals", &json!({"title": CARD, "stage_id": 1, "person_id": 1}));
    assert_eq!(deal["success"], true, "{deal}");
    println!("{:<46} {:>12} {:>12} {:>12}", "", "half", "95 of 100", "all");
    let (shown, confirmed) = moves(&practice, true, MOVES);
    shown.print("a move, until a colleague sees it");
    confirmed.print("until it is confirmed");
    println!(
        "{:<46} {:>12.2} {:>12.2} {:>12.2}",
        "ratio",
        shown.at(50) / confirmed.at(50),
        shown.at(95) / confirmed.at(95),
        shown.at(100) / confirmed.at(100)
    );
    let (shown, _) = moves(&practice, false, POLLED_MOVES);
    shown.print("without webhooks");
    println!(
        "{:<46} {:>25} {:>12.2}",
        "at the most, to the interval of polling",
        "",
        shown.at(100) / INTERVAL.as_secs_f64() / 1e3
    );
    let (rate, rest, meanwhile) = intake(&practice);
    println!("{:<46} {rate:>10.0}/s", format!("{DELIVERIES} deliveries, each with news"));
    rest.print("a key, at rest");
    meanwhile.print("meanwhile");
    println!("{:<46} {:>12.2} {:>12.2}", "ratio", meanwhile.at(50) / rest.at(50), meanwhile.at(95) / rest.at(95));
}
