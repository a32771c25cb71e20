//! The loop: commands in, reports out. Finds out whose account it is, tells what was kept of it, reads it to its end
//! once, then looks for changes at intervals, and has edits carried out all the while.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use super::answers::Answers;
use super::checkpoint::Generation;
use super::edits::Edits;
use super::identify::{Identify, renew};
use super::poll_schedule::AccountPart;
use super::reader::{ReadScope, Reader};
use super::storage::{Durability, OpenStore, Storage, TokenOwner};
use super::webhook_consumer::WebhookConsumer;
use super::worker::Worker;
use super::{Command, ReadError, Report};
use crate::pipedrive::{Api, ApiError, Connection, Token, TokenBucket, VerifiedToken};
use crate::store::{self, Access, EditState, JournalEntry, Store, StoreError};
use crate::webhooks::Feed;
use crate::workspace::{BoardSnapshot, ServerUpdate};

/// How long to wait after a failed reading; each further one may take twice as long.
pub(super) const FIRST_RETRY: Duration = Duration::from_secs(10);
/// The longest wait after a failed reading: the network may be back at any time, and asking costs nothing then.
pub(super) const LONGEST_RETRY: Duration = Duration::from_secs(60);
/// How many edits the history shows.
const HISTORY: usize = 1_000;
/// How often the state of the line is told at the most.
const LINE_EVERY: Duration = Duration::from_millis(100);
/// How often the wall clock is looked at: a machine that slept has missed its time.
const CLOCK_EVERY: Duration = Duration::from_secs(10);
/// A machine that has not come to look at the clock for this long has slept.
const ASLEEP: Duration = Duration::from_secs(60);

/// How often it is read in a row what webhooks may have left out, and how soon once more after that: it takes 40 tokens.
const CATCH_UPS: u32 = 10;
const CATCH_UP_EVERY: Duration = Duration::from_secs(10 * 60);

mod polling;
mod queries;
mod webhooks;

/// What says the time of day.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// How the engine is to work.
#[derive(Clone)]
pub struct Settings {
    /// How often the leads are polled, unless the daily budget demands more time.
    pub lead_interval: Duration,
    /// What says the time of day.
    pub clock: Clock,
    /// What is brought up to date at the start.
    pub first: FirstLook,
}

/// What an engine brings up to date first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FirstLook {
    /// What has changed in the parts whose time has come.
    Due,
    /// What has changed in these parts, and nothing else for some time.
    Only(Vec<AccountPart>),
    /// The whole account, also what has vanished from it without a word.
    Account,
}

impl Settings {
    /// Polls the leads so often, by this machine's clock.
    pub fn new(lead_interval: Duration) -> Self {
        Self { lead_interval, clock: Arc::new(Utc::now), first: FirstLook::Due }
    }

    /// The same with something else to be brought up to date first.
    #[must_use]
    pub fn looking_first_at(self, first: FirstLook) -> Self {
        Self { first, ..self }
    }
}

/// Starts the engine. It ends when nobody sends commands or wants reports any more.
pub fn start(
    api: Api,
    storage: Storage,
    settings: Settings,
    feed: Option<Feed>,
    commands: mpsc::Receiver<Command>,
    report: mpsc::Sender<Report>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut waiting_room = Identify { api: api.clone(), commands, report: report.clone(), token: 0 };
        let opened = match storage {
            Storage::Open(opened) => *opened,
            Storage::Unknown(whose) => match waiting_room.find_out(whose, &settings.clock).await {
                Some(opened) => opened,
                None => return,
            },
        };
        let store = opened.store.clone();
        let (engine, waiting) = Engine::new(api, opened, settings, feed, report, waiting_room.token);
        engine.run(waiting, waiting_room.commands).await;
        store.close().await;
    })
}

/// What somebody waits for.
enum Answer {
    /// What was asked, as it is told.
    Told(Box<Report>),
    History(Result<Vec<JournalEntry>, StoreError>),
    /// Whether an edit was given up on the disk.
    GivenUp(Result<(), StoreError>),
}

impl Answer {
    /// What is to be told of it.
    fn report(self) -> Option<Report> {
        match self {
            Self::GivenUp(Err(error)) if !matches!(error, StoreError::NoSuchEdit { .. }) => {
                Some(Report::Warning(format!(
                    "{error}. The edit that was given up is still kept, and needs attention again at the next start"
                )))
            }
            Self::Told(report) => Some(*report),
            Self::History(history) => Some(Report::History(history)),
            // One that was never kept is not there to be given up.
            Self::GivenUp(_) => None,
        }
    }
}

struct Engine {
    api: Api,
    settings: Settings,
    store: Store,
    whose: Option<TokenOwner>,
    line: watch::Receiver<Connection>,
    /// Whose the token is.
    proven: watch::Receiver<Option<VerifiedToken>>,
    /// Which token of this run is in use: 0 for the first.
    token: u32,
    reader: Arc<Reader>,
    edits: Edits,
    hearing: WebhookConsumer,
    report: mpsc::Sender<Report>,
    /// The rest of what was kept, while it is being loaded: nothing is asked of Pipedrive before that.
    loading: Option<mpsc::Receiver<Result<Vec<ServerUpdate>, StoreError>>>,
    /// Answers that somebody waits for.
    asked: JoinSet<Answer>,
    /// The first screenful that was kept last, by its hash.
    front: Option<u64>,
    hasher: RandomState,
    /// Whether the disk takes what is read.
    is_kept: bool,
    /// The reading that is under way, if any.
    reading: JoinSet<Result<(), ReadError>>,
    /// When it began.
    reading_since: Instant,
    /// Which parts it is about.
    under_way: Vec<AccountPart>,
    /// What to read when that is done.
    next: Option<ReadScope>,
    /// The number of the present reading, under which what is read is kept.
    generation: Generation,
    /// Since when something may have changed that was not heard of; `None` where that is being read, or was.
    behind: Option<Instant>,
    catch_ups: TokenBucket,
    /// How many readings have failed in a row.
    failures: u32,
    /// When to try again at the earliest, after one has failed.
    not_before: Instant,
    /// When each part was last looked at; never, before the first look of this run.
    looked: [Option<Moment>; AccountPart::ALL.len()],
    /// When the whole account was last read, or tried to be, in this run.
    account_read: Option<Moment>,
    /// When somebody was last at the keys.
    present: Moment,
    /// Whether Pipedrive could not be had when that was last looked at.
    was_offline: bool,
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
    fn new(
        api: Api,
        opened: OpenStore,
        settings: Settings,
        feed: Option<Feed>,
        report: mpsc::Sender<Report>,
        token: u32,
    ) -> (Self, Vec<JournalEntry>) {
        let clock = &settings.clock;
        let (generation, answers) = (Generation::default(), Answers::default());
        let cache = opened.store.cache().clone();
        let reader = Reader::new(
            api.clone(),
            cache.clone(),
            opened.notes,
            generation.clone(),
            answers.clone(),
            Arc::clone(clock),
            report.clone(),
        );
        // What changes slowly is not looked at with every start.
        let now = Moment::now(clock);
        let looked = AccountPart::ALL.map(|part| {
            let is_slow = matches!(part, AccountPart::Boards | AccountPart::Basics | AccountPart::Contacts);
            match &settings.first {
                FirstLook::Only(parts) => (!parts.contains(&part)).then_some(now),
                _ => reader.looked(part).filter(|_| is_slow).map(|by_clock| Moment { at: Instant::now(), by_clock }),
            }
        });
        let account_read = matches!(settings.first, FirstLook::Only(_)).then_some(now);
        let worker = Worker {
            api: api.clone(),
            journal: opened.store.journal().clone(),
            cache: cache.clone(),
            generation: generation.clone(),
            answers,
            clock: Arc::clone(clock),
            report: report.clone(),
        };
        let mut engine = Self {
            line: api.connection(),
            proven: api.proven(),
            token,
            reader: Arc::new(reader),
            edits: Edits::new(worker),
            hearing: WebhookConsumer::new(feed, api.clone(), cache.clone(), generation.clone()),
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
            reading_since: Instant::now(),
            under_way: Vec::new(),
            next: None,
            behind: None,
            catch_ups: TokenBucket::new(CATCH_UPS, CATCH_UP_EVERY, Instant::now()),
            generation,
            failures: 0,
            not_before: Instant::now(),
            looked,
            account_read,
            present: Moment::now(clock),
            was_offline: false,
            settings,
        };
        for kept in &opened.ended {
            engine.edits.recall(kept);
        }
        let (waiting, attention): (Vec<JournalEntry>, Vec<JournalEntry>) =
            opened.waiting.into_iter().partition(|kept| kept.state == EditState::Waiting);
        for kept in &attention {
            engine.edits.recall(kept);
        }
        (engine, waiting)
    }

    async fn run(mut self, waiting: Vec<JournalEntry>, commands: mpsc::Receiver<Command>) {
        self.work(waiting, commands).await;
        self.note_owner().await;
    }

    async fn work(&mut self, waiting: Vec<JournalEntry>, mut commands: mpsc::Receiver<Command>) {
        let mut line_told = Instant::now();
        for kept in waiting {
            self.edits.resume(kept);
        }
        if self.loading.is_none() && self.report.send(Report::CacheLoaded).await.is_err() {
            return;
        }
        let mut awake = Moment::now(&self.settings.clock);
        loop {
            if awake.elapsed(&self.settings.clock) > ASLEEP {
                self.gap();
            }
            awake = Moment::now(&self.settings.clock);
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
                reports = self.edits.next() => {
                    self.has_edited(&reports);
                    reports
                }
                steps = self.hearing.next() => self.has_heard(steps),
                loaded = next_loaded(&mut self.loading) => self.has_loaded(loaded).await,
                Some(answer) = self.asked.join_next() => answer.ok().and_then(Answer::report).into_iter().collect(),
                Some(read) = self.reading.join_next() => {
                    self.has_read(read.unwrap_or(Err(ApiError::Closed.into()))).await
                }
                Ok(()) = self.proven.changed() => {
                    self.note_owner().await;
                    Vec::new()
                }
                () = line_news => {
                    line_told = Instant::now();
                    vec![self.line_report()]
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
            Command::Edit { kept, replaces } => return self.edits.push(vec![*kept], replaces),
            Command::Bulk(edits) => return self.edits.push(edits, None),
            Command::CancelBulk(bulk) => self.edits.take_back(bulk),
            Command::Discard(id) => {
                let given_up = self.store.journal().set_state(id, EditState::Discarded, (self.settings.clock)());
                self.asked.spawn(async move { Answer::GivenUp(given_up.await) });
            }
            Command::History => {
                let journal = self.store.journal().clone();
                self.asked.spawn(async move { Answer::History(journal.history(HISTORY).await) });
            }
            Command::SaveSnapshot(front) => self.keep_front(&front),
            Command::SaveScreen(text) => self.keep_screen(text),
            Command::Reload => {
                self.reader.start_over();
                self.read(ReadScope::Account);
            }
            Command::Refresh => self.read(ReadScope::Asked),
            Command::UseToken(token) => self.renew(token),
            Command::SavedFilters(kind) => return self.saved_filters(kind).into_iter().collect(),
            Command::Archive => return self.archive().into_iter().collect(),
            Command::RunFilter { kind, filter } => return self.run_filter(kind, filter).into_iter().collect(),
            Command::Search { text, kinds } => return self.search(text, kinds).into_iter().collect(),
            Command::LoadItem(item) => return self.read_item(item).into_iter().collect(),
            Command::LoadDetails { item, changed, anew } => {
                return self.look(item, changed, anew).into_iter().collect();
            }
            Command::UserActive => self.present = Moment::now(&self.settings.clock),
        }
        Vec::new()
    }

    /// Keeps the first screenful, where it is another than before.
    fn keep_front(&mut self, front: &BoardSnapshot) {
        let Ok(text) = serde_json::to_string(front) else { return };
        let hash = self.hasher.hash_one(&text);
        if self.front.replace(hash) == Some(hash) {
            return;
        }
        let put = self.store.cache().put_snapshot(text, front.items.clone());
        tokio::spawn(async move {
            if let Err(error) = put.await {
                tracing::warn!(%error, "the first screenful is not kept");
            }
        });
    }

    /// Keeps how the screen is arranged.
    fn keep_screen(&mut self, text: String) {
        let put = self.store.put_screen(text);
        tokio::spawn(async move {
            if let Err(error) = put.await {
                tracing::warn!(%error, "the arrangement of the screen is not kept");
            }
        });
    }

    /// Goes on with another token, if it is this account's.
    fn renew(&mut self, token: Token) {
        self.token += 1;
        if let Some(whose) = &mut self.whose
            && let Ok(salt) = whose.home.salt()
        {
            whose.fingerprint = token.fingerprint(&salt);
        }
        renew(&self.api, token);
    }

    /// Stores whose the token is, where that is news.
    async fn note_owner(&mut self) {
        let Some(proven) = self.proven.borrow_and_update().clone() else { return };
        if let Some(whose) = self.whose.clone().filter(|_| proven.token == self.token) {
            let noted = tokio::task::spawn_blocking(move || whose.remember(&proven.owner)).await;
            if let Ok(Err(error)) = noted {
                tracing::warn!(%error, "whose the token is is not remembered");
            }
        }
    }

    /// Takes in a piece of what was kept. Where it cannot be read the account is read anew.
    async fn has_loaded(&mut self, loaded: Option<Result<Vec<ServerUpdate>, StoreError>>) -> Vec<Report> {
        match loaded {
            Some(Ok(changes)) => {
                self.reader.loaded(&changes);
                vec![Report::CacheChunk(changes)]
            }
            Some(Err(error)) => {
                tracing::warn!(%error, "what was kept cannot be read");
                self.loading = None;
                if let StoreError::Unreadable { .. } = error {
                    // All else came; what was left out is read again.
                    self.reader.forget();
                    return vec![Report::CacheLoaded];
                }
                let warning = self.rebuild(&error).await;
                vec![Report::CacheLoaded, warning]
            }
            None => {
                self.loading = None;
                if self.reader.has_lost_items().await {
                    tracing::warn!("much less is stored than was read: all is read again");
                    self.reader.forget();
                }
                vec![Report::CacheLoaded]
            }
        }
    }

    /// Begins what is kept of the account anew, and has it read. Where not even that can be done, what is known goes on.
    async fn rebuild(&mut self, why: &StoreError) -> Report {
        if let Err(error) = self.store.cache().rebuild().await {
            self.is_kept = false;
            return Report::Durability(Durability::EditsOnly(error.to_string()));
        }
        self.reader.forget();
        let why = match why {
            StoreError::Corrupt { why, .. } => why.clone(),
            other => other.to_string(),
        };
        Report::Warning(store::Warning::CacheRebuilt { why }.to_string())
    }
}

/// The next piece of what was kept; never, while nothing is being loaded.
async fn next_loaded(
    loading: &mut Option<mpsc::Receiver<Result<Vec<ServerUpdate>, StoreError>>>,
) -> Option<Result<Vec<ServerUpdate>, StoreError>> {
    match loading {
        Some(loading) => loading.recv().await,
        None => std::future::pending().await,
    }
}

/// Waits until the state of the line is news, and was not told just now.
pub(super) async fn line_news(mut line: watch::Receiver<Connection>, told: Instant) {
    // The sender lives as long as the API task, and that as long as this engine.
    if line.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep_until(told + LINE_EVERY).await;
}
