//! The loop: commands in, reports out. Finds out whose account it is, tells what was kept of it, reads it to its end
//! once, then looks for changes at intervals, and has edits carried out all the while.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use super::edits::Edits;
use super::pace::{Circumstances, PRESENT_FOR, Part};
use super::reader::{Generation, Reader, Reading};
use super::storage::{self, Keeping, Opened, Storage, Whose};
use super::worker::Worker;
use super::{Command, EditError, EditFailure, Progress, ReadError, Report};
use crate::domain::Me;
use crate::pipedrive::{Api, ApiError, Lane, Line, LineState, Token};
use crate::store::{self, Access, EditState, KeptEdit, Store, StoreError};
use crate::workspace::{Change, Front};

/// How long to wait after a failed reading; each further one may take twice as long.
const FIRST_RETRY: Duration = Duration::from_secs(10);
/// The longest wait after a failed reading: the network may be back at any time, and asking costs nothing then.
const LONGEST_RETRY: Duration = Duration::from_secs(60);
/// The same where Pipedrive answers, but not as it should.
const LONGEST_COSTLY_RETRY: Duration = Duration::from_secs(30 * 60);
/// How often the whole account is read again while nobody is there, as far as the budget allows: some things vanish
/// without a word, such as archived deals.
const ACCOUNT_EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// The same while somebody is there all day.
const ACCOUNT_AT_LEAST_EVERY: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How soon a reading of the whole account that was broken off is taken up again, as far as the budget allows.
const UNFINISHED_EVERY: Duration = Duration::from_secs(60 * 60);
/// How many edits the history shows.
const HISTORY: usize = 1_000;
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
    storage: Storage,
    settings: Settings,
    commands: mpsc::Receiver<Command>,
    report: mpsc::Sender<Report>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut waiting_room = WaitingRoom { api: api.clone(), commands, report: report.clone() };
        let opened = match storage {
            Storage::Open(opened) => *opened,
            Storage::Unknown(whose) => match waiting_room.find_out(whose, &settings.clock).await {
                Some(opened) => opened,
                None => return,
            },
        };
        let store = opened.store.clone();
        let (engine, waiting) = Engine::new(api, opened, settings, report);
        engine.run(waiting, waiting_room.commands).await;
        store.close().await;
    })
}

/// Before it is known to which user the token belongs, there is nothing to show and nothing to edit.
struct WaitingRoom {
    api: Api,
    commands: mpsc::Receiver<Command>,
    report: mpsc::Sender<Report>,
}

impl WaitingRoom {
    /// Asks whose account it is until that is known, and opens what is kept of it. `None` when nobody waits any more.
    async fn find_out(&mut self, mut whose: Whose, clock: &Clock) -> Option<Opened> {
        let me = self.who(&mut whose, clock).await?;
        let opening = whose.clone();
        let user = me.id;
        let opened = tokio::task::spawn_blocking(move || {
            // Without it the token is asked for its owner again the next time.
            let _ = opening.home.remember(&opening.fingerprint, user);
            storage::open(opening, user)
        });
        let (opened, restored) = match opened.await.ok()? {
            Ok(opened) => opened,
            Err(error) => {
                // A store of a newer dealdeck: nothing is done to it.
                self.report.send(Report::Keeping(Keeping::Failing(error.to_string()))).await.ok()?;
                while self.commands.recv().await.is_some() {}
                return None;
            }
        };
        self.report.send(Report::Restored(Box::new(restored))).await.ok()?;
        self.report.send(Report::Changed(vec![Change::Me(me)])).await.ok()?;
        Some(opened)
    }

    async fn who(&mut self, whose: &mut Whose, clock: &Clock) -> Option<Me> {
        let mut wait = FIRST_RETRY;
        let mut line = self.api.line();
        let mut told = Instant::now();
        let mut asked = Box::pin(ask_who(self.api.clone(), Duration::ZERO));
        loop {
            tokio::select! {
                answer = &mut asked => {
                    let error = match answer {
                        Ok(me) => return Some(me),
                        Err(error) => error,
                    };
                    let next_poll = clock() + TimeDelta::from_std(wait).unwrap_or_default();
                    let failed = Progress::Failed { error: error.into(), next_poll };
                    self.report.send(Report::Progress(failed)).await.ok()?;
                    asked = Box::pin(ask_who(self.api.clone(), wait));
                    wait = (wait * 2).min(LONGEST_RETRY);
                }
                command = self.commands.recv() => match command? {
                    Command::Renew(token) => {
                        if let Ok(salt) = whose.home.salt() {
                            whose.fingerprint = token.fingerprint(&salt);
                        }
                        renew(&self.api, token);
                    }
                    Command::Edit { kept, .. } => {
                        let failure = EditFailure { changes: Vec::new(), error: EditError::Api(ApiError::Busy) };
                        self.report.send(Report::EditDone { id: kept.id, outcome: Err(failure) }).await.ok()?;
                    }
                    Command::Reload | Command::Refresh => asked = Box::pin(ask_who(self.api.clone(), Duration::ZERO)),
                    Command::Present | Command::Discard(_) | Command::History | Command::Front(_) => {}
                },
                () = line_news(line.clone(), told) => {
                    told = Instant::now();
                    let news = Box::new(line.borrow_and_update().clone());
                    self.report.send(Report::Line(news)).await.ok()?;
                }
            }
        }
    }
}

async fn ask_who(api: Api, after: Duration) -> Result<Me, ApiError> {
    tokio::time::sleep(after).await;
    api.me(Lane::Screen).await
}

fn renew(api: &Api, token: Token) {
    let api = api.clone();
    tokio::spawn(async move { api.renew(token).await });
}

/// What somebody waits for.
enum Answer {
    History(Result<Vec<KeptEdit>, StoreError>),
    /// The user that a new token belongs to.
    Who(String, Result<Me, ApiError>),
}

struct Engine {
    api: Api,
    settings: Settings,
    store: Store,
    whose: Option<Whose>,
    line: watch::Receiver<Line>,
    reader: Arc<Reader>,
    edits: Edits,
    report: mpsc::Sender<Report>,
    /// The rest of what was kept, while it is being loaded: nothing is asked of Pipedrive before that.
    loading: Option<mpsc::Receiver<Result<Vec<Change>, StoreError>>>,
    /// Answers that somebody waits for.
    asked: JoinSet<Answer>,
    /// The first screenful that was kept last, by its hash.
    front: Option<u64>,
    hasher: RandomState,
    /// Whether the disk takes what is read.
    is_kept: bool,
    /// The reading that is under way, if any.
    reading: JoinSet<Result<(), ReadError>>,
    /// Which parts it is about.
    under_way: Vec<Part>,
    /// What to read when that is done.
    next: Option<Reading>,
    /// How many readings have failed in a row.
    failures: u32,
    /// When to try again at the earliest, after one has failed.
    not_before: Instant,
    /// When each part was last looked at; never, before the first look of this run.
    looked: [Option<Moment>; Part::ALL.len()],
    /// When the whole account was last read, or tried to be, in this run.
    account_read: Option<Moment>,
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
    fn new(api: Api, opened: Opened, settings: Settings, report: mpsc::Sender<Report>) -> (Self, Vec<KeptEdit>) {
        let clock = &settings.clock;
        let generation = Generation::default();
        let cache = opened.store.cache().clone();
        let reader = Reader::new(
            api.clone(),
            cache.clone(),
            opened.notes,
            generation.clone(),
            Arc::clone(clock),
            report.clone(),
        );
        let worker = Worker {
            api: api.clone(),
            journal: opened.store.journal().clone(),
            cache: cache.clone(),
            generation,
            clock: Arc::clone(clock),
        };
        let engine = Self {
            line: api.line(),
            reader: Arc::new(reader),
            edits: Edits::new(worker),
            loading: (!matches!(opened.store.access(), Access::Memory)).then(|| cache.load()),
            store: opened.store,
            whose: opened.whose,
            api,
            report,
            asked: JoinSet::new(),
            front: None,
            hasher: RandomState::new(),
            is_kept: true,
            reading: JoinSet::new(),
            under_way: Vec::new(),
            next: None,
            failures: 0,
            not_before: Instant::now(),
            looked: [None; Part::ALL.len()],
            account_read: None,
            present: Moment::now(clock),
            settings,
        };
        let waiting = opened.waiting.into_iter().filter(|kept| kept.state == EditState::Waiting).collect();
        (engine, waiting)
    }

    async fn run(mut self, waiting: Vec<KeptEdit>, mut commands: mpsc::Receiver<Command>) {
        let mut line_told = Instant::now();
        for kept in waiting {
            self.edits.resume(kept);
        }
        if self.loading.is_none() && self.report.send(Report::Loaded).await.is_err() {
            return;
        }
        loop {
            let mut wake_at = Instant::now() + CLOCK_EVERY;
            if self.reading.is_empty() && self.loading.is_none() {
                wake_at = wake_at.min(self.look_if_due());
            }
            let line_news = line_news(self.line.clone(), line_told);
            let reports = tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.obey(command),
                    None => return,
                },
                reports = self.edits.next() => reports,
                loaded = next_loaded(&mut self.loading) => self.has_loaded(loaded).await,
                Some(answer) = self.asked.join_next() => answer.ok().and_then(|answer| self.answered(answer)).into_iter().collect(),
                Some(read) = self.reading.join_next() => {
                    self.has_read(read.unwrap_or(Err(ApiError::Closed.into()))).await
                }
                () = line_news => {
                    line_told = Instant::now();
                    vec![Report::Line(Box::new(self.line.borrow_and_update().clone()))]
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
            Command::Edit { kept, replaces } => return self.edits.push(*kept, replaces).into_iter().collect(),
            Command::Discard(id) => {
                let journal = self.store.journal().clone();
                let now = (self.settings.clock)();
                tokio::spawn(async move {
                    if let Err(error) = journal.set_state(id, EditState::Discarded, now).await {
                        tracing::warn!(%error, "an edit that was given up is still kept");
                    }
                });
            }
            Command::History => {
                let journal = self.store.journal().clone();
                self.asked.spawn(async move { Answer::History(journal.history(HISTORY).await) });
            }
            Command::Front(front) => self.keep_front(&front),
            Command::Reload => self.read(Reading::Account),
            Command::Refresh => self.read(Reading::Asked),
            Command::Renew(token) => self.renew(token),
            Command::Present => self.present = Moment::now(&self.settings.clock),
        }
        Vec::new()
    }

    /// Keeps the first screenful, where it is another than before.
    fn keep_front(&mut self, front: &Front) {
        let Ok(text) = serde_json::to_string(front) else { return };
        let hash = self.hasher.hash_one(&text);
        if self.front.replace(hash) == Some(hash) {
            return;
        }
        let put = self.store.cache().put_front(text);
        tokio::spawn(async move {
            if let Err(error) = put.await {
                tracing::warn!(%error, "the first screenful is not kept");
            }
        });
    }

    /// Goes on with another token, and asks whose it is.
    fn renew(&mut self, token: Token) {
        if let Some(whose) = &self.whose
            && let Ok(salt) = whose.home.salt()
        {
            let fingerprint = token.fingerprint(&salt);
            let api = self.api.clone();
            self.asked.spawn(async move { Answer::Who(fingerprint, api.me(Lane::Screen).await) });
        }
        renew(&self.api, token);
    }

    fn answered(&mut self, answer: Answer) -> Option<Report> {
        match answer {
            Answer::History(history) => Some(Report::History(history)),
            Answer::Who(fingerprint, Ok(me)) => {
                let whose = self.whose.as_ref()?;
                if whose.user == Some(me.id) {
                    if let Err(error) = whose.home.remember(&fingerprint, me.id) {
                        tracing::warn!(%error, "the new token is not remembered");
                    }
                    return None;
                }
                Some(Report::Warning(format!(
                    "The new token is {}'s: what is queued goes out under that name. To work on that account start \
                     dealdeck again",
                    me.name
                )))
            }
            Answer::Who(_, Err(_)) => None,
        }
    }

    /// Takes in a piece of what was kept. Where it cannot be read the account is read anew.
    async fn has_loaded(&mut self, loaded: Option<Result<Vec<Change>, StoreError>>) -> Vec<Report> {
        match loaded {
            Some(Ok(changes)) => {
                self.reader.loaded(&changes);
                vec![Report::Kept(changes)]
            }
            Some(Err(error)) => {
                tracing::warn!(%error, "what was kept cannot be read");
                self.loading = None;
                if let StoreError::Unreadable { .. } = error {
                    // All else came; what was left out is read again.
                    self.reader.forget();
                    return vec![Report::Loaded];
                }
                let warning = self.rebuild(&error).await;
                vec![Report::Loaded, warning]
            }
            None => {
                self.loading = None;
                vec![Report::Loaded]
            }
        }
    }

    /// Begins what is kept of the account anew.
    async fn rebuild(&mut self, why: &StoreError) -> Report {
        self.reader.forget();
        match self.store.cache().rebuild().await {
            Ok(()) => {
                let why = match why {
                    StoreError::Corrupt { why, .. } => why.clone(),
                    other => other.to_string(),
                };
                Report::Warning(store::Warning::CacheRebuilt { why }.to_string())
            }
            Err(error) => Report::Keeping(Keeping::Failing(error.to_string())),
        }
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
        if is_affordable && self.is_account_due(circumstances.present) {
            self.read(Reading::Account);
            return now + CLOCK_EVERY;
        }
        let is_offline = matches!(self.line.borrow().state, LineState::Offline { .. });
        let left = |part: &Part| {
            let Some(looked) = self.looked[*part as usize] else { return Duration::ZERO };
            let waited = looked.elapsed(&self.settings.clock);
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

    /// Whether the whole account is to be read again: a broken reading goes on, an old one is not believed for ever.
    fn is_account_due(&self, present: bool) -> bool {
        let clock = &self.settings.clock;
        let Some(read_at) = self.reader.account_read_at() else { return true };
        let by_clock = || (clock() - read_at).to_std().unwrap_or_default();
        let ago = self.account_read.map_or_else(by_clock, |tried| tried.elapsed(clock));
        let every = if present { ACCOUNT_AT_LEAST_EVERY } else { ACCOUNT_EVERY };
        ago >= every || (self.reader.is_unfinished() && ago >= UNFINISHED_EVERY)
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
        if self.loading.is_some() {
            self.next = Some(what);
        } else if self.reading.is_empty() {
            if what == Reading::Account {
                self.account_read = Some(Moment::now(&self.settings.clock));
            }
            self.under_way = match &what {
                Reading::Account => Part::ALL.to_vec(),
                Reading::Asked => vec![Part::Deals, Part::Activities, Part::Leads, Part::Contacts],
                Reading::Parts(parts) => parts.clone(),
            };
            let reader = Arc::clone(&self.reader);
            self.reading.spawn(async move { reader.read(what).await });
        } else if self.reader.has_account() && self.next != Some(Reading::Account) {
            self.next = Some(what);
        }
    }

    async fn has_read(&mut self, read: Result<(), ReadError>) -> Vec<Report> {
        let mut reports = self.kept_or_not(&read).await;
        let clock = &self.settings.clock;
        let wait = match &read {
            // What could not be kept is shown all the same.
            Ok(()) | Err(ReadError::Store(_)) => {
                self.failures = 0;
                for part in self.under_way.drain(..) {
                    self.looked[part as usize] = Some(Moment::now(clock));
                }
                Duration::ZERO
            }
            Err(ReadError::Api(error)) => {
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
        let interval = self.circumstances().interval(Part::Leads);
        let looked = self.looked[Part::Leads as usize];
        let until_leads =
            looked.map_or(Duration::ZERO, |looked| interval.saturating_sub(looked.elapsed(clock))).max(wait);
        let next_poll = clock() + TimeDelta::from_std(until_leads).unwrap_or_default();
        reports.push(Report::Progress(match read {
            Ok(()) | Err(ReadError::Store(_)) => Progress::Fresh { at: clock(), next_poll },
            Err(error) => Progress::Failed { error, next_poll },
        }));
        reports
    }

    /// Says where what was read could not be kept, and when it can be again.
    async fn kept_or_not(&mut self, read: &Result<(), ReadError>) -> Vec<Report> {
        match read {
            Ok(()) if !self.is_kept => {
                self.is_kept = true;
                vec![Report::Keeping(Keeping::Kept)]
            }
            Err(ReadError::Store(error @ StoreError::Corrupt { .. })) => vec![self.rebuild(error).await],
            Err(ReadError::Store(error)) => {
                self.is_kept = false;
                vec![Report::Keeping(Keeping::Failing(error.to_string()))]
            }
            _ => Vec::new(),
        }
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

/// The next piece of what was kept; never, while nothing is being loaded.
async fn next_loaded(
    loading: &mut Option<mpsc::Receiver<Result<Vec<Change>, StoreError>>>,
) -> Option<Result<Vec<Change>, StoreError>> {
    match loading {
        Some(loading) => loading.recv().await,
        None => std::future::pending().await,
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
