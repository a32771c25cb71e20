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
use super::pace::{Circumstances, PRESENT_FOR, Part};
use super::reader::{Reader, Reading};
use super::{Command, Progress, Report};
use crate::pipedrive::{Api, ApiError, Line, LineState};

/// How long to wait after a failed reading; each further one may take twice as long.
const FIRST_RETRY: Duration = Duration::from_secs(10);
/// The longest wait after a failed reading: the network may be back at any time, and asking costs nothing then.
const LONGEST_RETRY: Duration = Duration::from_secs(60);
/// The same where Pipedrive answers, but not as it should.
const LONGEST_COSTLY_RETRY: Duration = Duration::from_secs(30 * 60);
/// How often the whole account is read again while nobody is there, as far as the budget allows: some things vanish
/// without a word, such as archived deals.
const ACCOUNT_EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// How often the state of the line is told at the most.
const LINE_EVERY: Duration = Duration::from_millis(100);
/// How often the wall clock is looked at: a machine that slept has missed its time.
const CLOCK_EVERY: Duration = Duration::from_secs(10);

/// What says the time of day.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// How the engine is to work.
#[derive(Clone)]
pub struct Settings {
    /// How often the leads are polled, unless the daily budget demands more time.
    pub lead_interval: Duration,
    /// What says the time of day.
    pub clock: Clock,
}

impl Settings {
    /// Polls the leads so often, by this machine's clock.
    pub fn new(lead_interval: Duration) -> Self {
        Self { lead_interval, clock: Arc::new(Utc::now) }
    }
}

/// Starts the engine. It ends when nobody sends commands or wants reports any more.
pub fn start(
    api: Api,
    settings: Settings,
    commands: mpsc::Receiver<Command>,
    report: mpsc::Sender<Report>,
) -> JoinHandle<()> {
    let known = Known::default();
    let reader = Reader::new(api.clone(), known.clone(), Arc::clone(&settings.clock), report.clone());
    let engine = Engine {
        line: api.line(),
        reader: Arc::new(reader),
        edits: Edits::new(api.clone(), known),
        api,
        report,
        reading: JoinSet::new(),
        under_way: Vec::new(),
        next: None,
        failures: 0,
        not_before: Instant::now(),
        looked: [Moment::now(&settings.clock); Part::ALL.len()],
        account_read: Moment::now(&settings.clock),
        present: Moment::now(&settings.clock),
        settings,
    };
    tokio::spawn(engine.run(commands))
}

struct Engine {
    api: Api,
    settings: Settings,
    line: watch::Receiver<Line>,
    reader: Arc<Reader>,
    edits: Edits,
    report: mpsc::Sender<Report>,
    /// The reading that is under way, if any.
    reading: JoinSet<Result<(), ApiError>>,
    /// Which parts it is about.
    under_way: Vec<Part>,
    /// What to read when that is done.
    next: Option<Reading>,
    /// How many readings have failed in a row.
    failures: u32,
    /// When to try again at the earliest, after one has failed.
    not_before: Instant,
    /// When each part was last looked at.
    looked: [Moment; Part::ALL.len()],
    /// When the whole account was last read, or tried to be.
    account_read: Moment,
    /// When somebody was last at the keys.
    present: Moment,
}

/// A moment by both clocks: the one stands still while the machine sleeps, the other may be set.
#[derive(Debug, Clone, Copy)]
struct Moment {
    at: Instant,
    by_clock: DateTime<Utc>,
}

impl Moment {
    fn now(clock: &Clock) -> Self {
        Self { at: Instant::now(), by_clock: clock() }
    }

    /// How long ago it was, by the clock that says more.
    fn elapsed(self, clock: &Clock) -> Duration {
        let by_clock = (clock() - self.by_clock).to_std().unwrap_or_default();
        self.at.elapsed().max(by_clock)
    }
}

impl Engine {
    async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut line_told = Instant::now();
        loop {
            let mut wake_at = Instant::now() + CLOCK_EVERY;
            if self.reading.is_empty() {
                wake_at = wake_at.min(self.look_if_due());
            }
            let line_news = line_news(self.line.clone(), line_told);
            let reports = tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.obey(command),
                    None => return,
                },
                report = self.edits.next() => vec![report],
                Some(read) = self.reading.join_next() => vec![self.has_read(read.unwrap_or(Err(ApiError::Closed)))],
                () = line_news => {
                    line_told = Instant::now();
                    vec![Report::Line(self.line.borrow_and_update().clone())]
                }
                () = tokio::time::sleep_until(wake_at) => Vec::new(),
            };
            for report in reports {
                if self.report.send(report).await.is_err() {
                    return;
                }
            }
        }
    }

    fn obey(&mut self, command: Command) -> Vec<Report> {
        match command {
            Command::Edit { id, edit } => return self.edits.push(id, edit),
            Command::Reload => self.read(Reading::Account),
            Command::Refresh => self.read(Reading::Asked),
            Command::Renew(token) => {
                let api = self.api.clone();
                tokio::spawn(async move { api.renew(token).await });
            }
            Command::Present => self.present = Moment::now(&self.settings.clock),
        }
        Vec::new()
    }

    /// Starts to look at the parts that are due. The answer is when to come again.
    fn look_if_due(&mut self) -> Instant {
        let now = Instant::now();
        if now < self.not_before {
            return self.not_before;
        }
        if !self.reader.has_account() {
            self.read(Reading::Account);
            return now + CLOCK_EVERY;
        }
        let circumstances = self.circumstances();
        let is_affordable = circumstances.budget.is_none_or(|(left, whole)| left > whole / 2);
        let is_old = self.account_read.elapsed(&self.settings.clock) >= ACCOUNT_EVERY;
        if is_old && is_affordable && !circumstances.present {
            self.account_read = Moment::now(&self.settings.clock);
            self.read(Reading::Account);
            return now + CLOCK_EVERY;
        }
        let is_offline = matches!(self.line.borrow().state, LineState::Offline { .. });
        let left = |part: &Part| {
            let waited = self.looked[*part as usize].elapsed(&self.settings.clock);
            let interval = circumstances.interval(*part);
            // An edit may have found the line down: whether it is up again is asked soon.
            let interval = if is_offline && *part == Part::Deals { interval.min(FIRST_RETRY) } else { interval };
            interval.saturating_sub(waited)
        };
        let due: Vec<Part> = Part::ALL.into_iter().filter(|part| left(part).is_zero()).collect();
        let next = Part::ALL.iter().map(left).min().unwrap_or(CLOCK_EVERY);
        if !due.is_empty() {
            self.read(Reading::Parts(due));
        }
        now + next
    }

    fn circumstances(&self) -> Circumstances {
        let clock = &self.settings.clock;
        Circumstances {
            lead_interval: self.settings.lead_interval,
            lead_pages: self.reader.lead_pages(),
            present: self.present.elapsed(clock) < PRESENT_FOR,
            budget: self.line.borrow().daily,
            rest: rest_of_day(clock()),
        }
    }

    /// Starts a reading, or notes what to read after the one that is under way.
    fn read(&mut self, what: Reading) {
        // Changes to what was never read make no account.
        let what = if self.reader.has_account() { what } else { Reading::Account };
        if self.reading.is_empty() {
            self.under_way = match &what {
                Reading::Account => Part::ALL.to_vec(),
                Reading::Asked => vec![Part::Deals, Part::Activities, Part::Leads],
                Reading::Parts(parts) => parts.clone(),
            };
            let reader = Arc::clone(&self.reader);
            self.reading.spawn(async move { reader.read(what).await });
        } else if self.reader.has_account() && self.next != Some(Reading::Account) {
            self.next = Some(what);
        }
    }

    fn has_read(&mut self, read: Result<(), ApiError>) -> Report {
        let clock = &self.settings.clock;
        let wait = match &read {
            Ok(()) => {
                self.failures = 0;
                for part in self.under_way.drain(..) {
                    self.looked[part as usize] = Moment::now(clock);
                }
                Duration::ZERO
            }
            Err(error) => {
                self.failures += 1;
                self.wait_after(error)
            }
        };
        match &read {
            Ok(()) => tracing::debug!("read"),
            Err(error) => tracing::warn!(%error, ?wait, "reading failed"),
        }
        self.not_before = Instant::now() + wait;
        if let Some(next) = self.next.take() {
            self.read(next);
        }
        let clock = &self.settings.clock;
        let leads = self.looked[Part::Leads as usize].elapsed(clock);
        let until_leads = self.circumstances().interval(Part::Leads).saturating_sub(leads).max(wait);
        let next_poll = clock() + TimeDelta::from_std(until_leads).unwrap_or_default();
        Report::Progress(match read {
            Ok(()) => Progress::Fresh { at: clock(), next_poll },
            Err(error) => Progress::Failed { error, next_poll },
        })
    }

    /// How long to wait after a failure.
    fn wait_after(&self, error: &ApiError) -> Duration {
        let longest = match error {
            ApiError::Unreachable(_) => LONGEST_RETRY,
            // What was read before it failed has cost something, and may each time.
            ApiError::NoAnswer(_) | ApiError::Server(_) | ApiError::Unreadable(_) => LONGEST_COSTLY_RETRY,
            _ => return self.circumstances().interval(Part::Leads),
        };
        FIRST_RETRY.saturating_mul(1 << (self.failures - 1).min(16)).min(longest)
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
fn rest_of_day(now: DateTime<Utc>) -> Duration {
    const DAY: u32 = 24 * 60 * 60;
    Duration::from_secs(u64::from(DAY - now.num_seconds_from_midnight()))
}
