//! The loop: commands in, reports out. Reads the account once, then looks for changes at intervals, and has edits
//! carried out all the while.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use super::creations::Known;
use super::edits::Edits;
use super::reader::{Reader, Reading};
use super::{Command, Progress, Report, interval_within_budget};
use crate::pipedrive::{Api, ApiError, Line};

/// How long to wait after a failed reading; each further one may take twice as long.
const FIRST_RETRY: Duration = Duration::from_secs(10);
/// The longest wait after a failed reading: the network may be back at any time, and asking costs nothing then.
const LONGEST_RETRY: Duration = Duration::from_secs(60);
/// How often the state of the line is told at the most.
const LINE_EVERY: Duration = Duration::from_millis(100);
/// How often the wall clock is looked at: a machine that slept has missed its time.
const CLOCK_EVERY: Duration = Duration::from_secs(10);

/// How the engine is to work.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How often the leads are polled, unless the daily budget demands more time.
    pub lead_interval: Duration,
}

/// Starts the engine. It ends when nobody sends commands or wants reports any more.
pub fn start(
    api: Api,
    settings: Settings,
    commands: mpsc::Receiver<Command>,
    report: mpsc::Sender<Report>,
) -> JoinHandle<()> {
    let known = Known::default();
    let engine = Engine {
        settings,
        line: api.line(),
        reader: Arc::new(Reader::new(api.clone(), known.clone(), report.clone())),
        edits: Edits::new(api, known),
        report,
        reading: JoinSet::new(),
        next: None,
        failures: 0,
        next_look: Look::now(),
    };
    tokio::spawn(engine.run(commands))
}

struct Engine {
    settings: Settings,
    line: watch::Receiver<Line>,
    reader: Arc<Reader>,
    edits: Edits,
    report: mpsc::Sender<Report>,
    /// The reading that is under way, if any.
    reading: JoinSet<Result<(), ApiError>>,
    /// What to read when that is done.
    next: Option<Reading>,
    /// How many readings have failed in a row.
    failures: u32,
    next_look: Look,
}

/// When to look for changes, by both clocks: the one stands still while the machine sleeps, the other may be set.
#[derive(Debug, Clone, Copy)]
struct Look {
    at: Instant,
    by_wall_clock: DateTime<Utc>,
}

impl Look {
    fn now() -> Self {
        Self::after(Duration::ZERO)
    }

    fn after(wait: Duration) -> Self {
        let delta = TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX);
        Self { at: Instant::now() + wait, by_wall_clock: Utc::now().checked_add_signed(delta).unwrap_or_default() }
    }

    fn is_due(self) -> bool {
        self.at <= Instant::now() || self.by_wall_clock <= Utc::now()
    }
}

impl Engine {
    async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut line_told = Instant::now();
        loop {
            if self.reading.is_empty() && self.next_look.is_due() {
                self.read(Reading::Changes { asked: false });
            }
            let wake_at = self.next_look.at.min(Instant::now() + CLOCK_EVERY);
            let is_idle = self.reading.is_empty();
            let line_news = line_news(self.line.clone(), line_told);
            let report = tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.obey(command),
                    None => return,
                },
                report = self.edits.next() => Some(report),
                Some(read) = self.reading.join_next() => Some(self.has_read(read.unwrap_or(Err(ApiError::Closed)))),
                () = line_news => {
                    line_told = Instant::now();
                    Some(Report::Line(self.line.borrow_and_update().clone()))
                }
                () = tokio::time::sleep_until(wake_at), if is_idle => None,
            };
            if let Some(report) = report
                && self.report.send(report).await.is_err()
            {
                return;
            }
        }
    }

    fn obey(&mut self, command: Command) -> Option<Report> {
        match command {
            Command::Edit { id, edit } => return self.edits.push(id, edit),
            Command::Reload => self.read(Reading::Account),
            Command::Refresh => self.read(Reading::Changes { asked: true }),
        }
        None
    }

    /// Starts a reading, or notes what to read after the one that is under way.
    fn read(&mut self, what: Reading) {
        // Changes to what was never read make no account.
        let what = if self.reader.has_account() { what } else { Reading::Account };
        if self.reading.is_empty() {
            let reader = Arc::clone(&self.reader);
            self.reading.spawn(async move { reader.read(what).await });
        } else if self.reader.has_account() && self.next != Some(Reading::Account) {
            self.next = Some(what);
        }
    }

    fn has_read(&mut self, read: Result<(), ApiError>) -> Report {
        self.failures = if read.is_ok() { 0 } else { self.failures + 1 };
        self.next_look = Look::after(self.wait_after(read.as_ref().err()));
        if let Some(next) = self.next.take() {
            self.read(next);
        }
        let next_poll = self.next_look.by_wall_clock;
        Report::Progress(match read {
            Ok(()) => Progress::Fresh { at: Utc::now(), next_poll },
            Err(error) => Progress::Failed { error, next_poll },
        })
    }

    /// How long to wait until the next look.
    fn wait_after(&self, failure: Option<&ApiError>) -> Duration {
        let passes = matches!(
            failure,
            Some(ApiError::Unreachable(_) | ApiError::NoAnswer(_) | ApiError::Server(_) | ApiError::Unreadable(_))
        );
        if passes {
            return FIRST_RETRY.saturating_mul(1 << (self.failures - 1).min(8)).min(LONGEST_RETRY);
        }
        let left = self.line.borrow().daily.map(|(left, _)| left);
        interval_within_budget(self.settings.lead_interval, self.reader.look_cost(), left, rest_of_day())
    }
}

/// Waits until the state of the line is news, and was not told just now.
async fn line_news(mut line: watch::Receiver<Line>, told: Instant) {
    // The sender lives as long as the API task, and that as long as this engine.
    if line.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep_until(told + LINE_EVERY).await;
}

/// How long the day of the budget lasts yet. The server does not say by which zone it counts; UTC is assumed.
fn rest_of_day() -> Duration {
    const DAY: u32 = 24 * 60 * 60;
    Duration::from_secs(u64::from(DAY - Utc::now().num_seconds_from_midnight()))
}
