//! What webhooks tell, from the feed to the engine: taken in a batch at a time, asked for where it is unclear, and
//! watched for silence.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::checkpoint::Generation;
use super::health::WebhookHealth;
use super::ingest::{Ingest, Ingested, ask, keep};
use super::{EditOutcome, Report, WebhookChange, WebhookStatus};
use crate::domain::{ItemRef, UserId};
use crate::pipedrive::{Api, ApiError, Lane, TokenBucket};
use crate::store::Cache;
use crate::webhooks::{Feed, Signal};
use crate::workspace::ServerUpdate;

/// How many deliveries are taken in at once.
const BATCH: usize = 256;
/// How long it is waited before Pipedrive is asked how an item is: the event that makes it clear may be on its way.
const ASK_AFTER: Duration = Duration::from_millis(300);
/// The same after it could not be asked.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(60);
/// How often Pipedrive may be asked for items of one kind in the long run: it takes 10 tokens, and some changes, such as
/// those of figures that are not kept here, are told over and over.
const ASK_EVERY: Duration = Duration::from_secs(60);
/// After so many times more than that the wait for the next one has doubled: the first come at once, and in a storm more
/// and more items are asked for together. It is as long as in the long run after 31 of them.
const ASKS_TO_DOUBLE: f64 = 4.0;
/// Of how many items Pipedrive is asked at once.
const MOST_ASKED: usize = 100;
/// How many items may be unclear. With more the account is looked at as after a gap.
const MOST_UNCLEAR: usize = 1_000;
/// How many events are remembered to be looked at again, once the API has answered what was asked before them.
const MOST_RECENT: usize = 20_000;
/// For how long they are: no page of an answer is under way for longer.
const RECENT: Duration = Duration::from_secs(10 * 60);
/// How often the users are read again in a row, and how soon once more after that: it takes 20 tokens.
const USERS: u32 = 5;
const USERS_EVERY: Duration = Duration::from_secs(10 * 60);

/// What the engine is to do.
#[derive(Debug)]
pub(super) enum Step {
    Tell(Report),
    /// Read what has changed: some of it may not have been delivered.
    CatchUp,
}

/// What was done in the background.
enum Done {
    Ingested(Box<Ingest>, Ingested),
    Asked { since: Instant, items: Vec<(ItemRef, Option<UserId>)>, answer: Result<Vec<WebhookChange>, ApiError> },
    Users(Result<ServerUpdate, ApiError>),
}

/// An item of which Pipedrive has to be asked.
#[derive(Debug, Clone, Copy)]
struct Unclear {
    /// Who has changed it.
    by: Option<UserId>,
    /// When to ask.
    due: Instant,
}

/// Listens to what webhooks tell.
pub(super) struct WebhookConsumer {
    api: Api,
    cache: Cache,
    generation: Generation,
    feed: Option<Feed>,
    trust: WebhookHealth,
    /// How they fare, as it was told last.
    told: WebhookStatus,
    /// Away while it takes something in.
    intake: Option<Box<Ingest>>,
    work: JoinSet<Done>,
    is_asking: bool,
    /// Until when Pipedrive has been asked as often as it may be in the long run.
    asked_until: Instant,
    /// When it may be asked next.
    may_ask: Instant,
    unclear: BTreeMap<ItemRef, Unclear>,
    /// What was heard of lately, and when.
    recent: VecDeque<(Instant, ItemRef)>,
    /// What is to be looked at again.
    doubtful: BTreeSet<ItemRef>,
    /// When the users are to be read again.
    users: Option<Instant>,
    user_reads: TokenBucket,
}

/// What happens next.
enum Event {
    Signals(Vec<Signal>),
    Done(Done),
    /// Something ended in a way that it must not.
    Lost,
    Time,
}

impl WebhookConsumer {
    pub(super) fn new(feed: Option<Feed>, api: Api, cache: Cache, generation: Generation) -> Self {
        let now = Instant::now();
        Self {
            trust: WebhookHealth::new(feed.is_some(), now),
            feed,
            told: WebhookStatus::Off,
            intake: Some(Box::new(Ingest::new(cache.clone(), generation.clone()))),
            work: JoinSet::new(),
            is_asking: false,
            asked_until: now,
            may_ask: now,
            unclear: BTreeMap::new(),
            recent: VecDeque::new(),
            doubtful: BTreeSet::new(),
            users: None,
            user_reads: TokenBucket::new(USERS, USERS_EVERY, now),
            api,
            cache,
            generation,
        }
    }

    /// Whether all that changes is heard of.
    pub(super) fn is_relied_on(&self) -> bool {
        self.trust.is_relied_on(Instant::now())
    }

    /// For some time nothing could be delivered. Whether it should have been.
    pub(super) fn gap(&mut self) -> bool {
        self.trust.gap(Instant::now());
        self.feed.is_some()
    }

    /// An edit has succeeded: it will be heard of, and its answer may have come in the place of something later.
    pub(super) fn edited(&mut self, outcome: &EditOutcome) {
        let items: BTreeSet<ItemRef> = outcome.changes.iter().flat_map(ServerUpdate::items).collect();
        if items.iter().any(|item| !matches!(item, ItemRef::Lead(_) | ItemRef::Note(_))) {
            self.trust.expect(Instant::now());
        }
        let heard = self.recent.iter().map(|(_, item)| *item).filter(|item| items.contains(item));
        self.doubtful.extend(heard);
    }

    /// A reading has ended that began then: what was heard of since may have been overtaken by it.
    pub(super) fn has_read(&mut self, since: Instant) {
        let heard = self.recent.iter().rev().take_while(|(at, _)| *at >= since).map(|(_, item)| *item);
        self.doubtful.extend(heard);
    }

    /// Waits until there is something to do. Nothing is lost where it is not waited for to the end.
    pub(super) async fn next(&mut self) -> Vec<Step> {
        loop {
            if self.told != *self.trust.live() {
                self.told = self.trust.live().clone();
                return vec![Step::Tell(Report::WebhookStatus(self.told.clone()))];
            }
            self.start_work();
            let due = self.due();
            let event = tokio::select! {
                Some(done) = self.work.join_next() => done.map_or(Event::Lost, Event::Done),
                signals = heard(&mut self.feed), if self.intake.is_some() => Event::Signals(signals),
                () = tokio::time::sleep_until(due) => Event::Time,
            };
            let steps = match event {
                Event::Signals(signals) => self.signals(signals),
                Event::Done(done) => self.done(done),
                Event::Lost => {
                    self.is_asking = false;
                    let new = || Box::new(Ingest::new(self.cache.clone(), self.generation.clone()));
                    self.intake.get_or_insert_with(new);
                    vec![Step::CatchUp]
                }
                Event::Time if self.trust.is_overdue(Instant::now()) => {
                    if let Some(feed) = &self.feed {
                        feed.doubt.notify_one();
                    }
                    vec![Step::CatchUp]
                }
                Event::Time => Vec::new(),
            };
            if !steps.is_empty() {
                return steps;
            }
        }
    }

    fn signals(&mut self, signals: Vec<Signal>) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut deliveries = Vec::new();
        if signals.is_empty() {
            self.feed = None;
            self.trust.end();
        }
        for signal in signals {
            match signal {
                Signal::Delivery(delivery) => {
                    self.trust.heard();
                    deliveries.push(*delivery);
                }
                Signal::Up { new } => {
                    self.trust.up(new, Instant::now());
                    steps.push(Step::CatchUp);
                }
                Signal::Down(why) => self.trust.down(why),
            }
        }
        if let Some(mut intake) = self.intake.take_if(|_| !deliveries.is_empty()) {
            self.work.spawn(async move {
                let taken = intake.take(deliveries).await;
                Done::Ingested(intake, taken)
            });
        }
        steps
    }

    fn done(&mut self, done: Done) -> Vec<Step> {
        match done {
            Done::Ingested(intake, taken) => {
                self.intake = Some(intake);
                self.taken(taken)
            }
            Done::Asked { since, items, answer: Ok(heard) } => {
                self.is_asking = false;
                // What was heard of meanwhile may be later than the answer.
                let overtaken = self.recent.iter().rev().take_while(|(at, _)| *at >= since).map(|(_, item)| *item);
                self.doubtful.extend(overtaken.filter(|item| items.iter().any(|(asked, _)| asked == item)));
                vec![Step::Tell(Report::WebhookChanges(heard))]
            }
            Done::Asked { items, answer: Err(error), .. } => {
                tracing::warn!(%error, "what webhooks leave unclear cannot be asked for");
                self.is_asking = false;
                match error {
                    // Nor can it the next time: it is left to the next look at what has changed.
                    ApiError::Refused(_) | ApiError::Gone(_) | ApiError::Unreadable(_) => Vec::new(),
                    _ => self.add_unclear(items, ASK_AGAIN_AFTER),
                }
            }
            Done::Users(Ok(users)) => vec![Step::Tell(Report::Changed(vec![users]))],
            Done::Users(Err(error)) => {
                tracing::warn!(%error, "the users cannot be read again");
                self.users = Some(Instant::now() + ASK_AGAIN_AFTER);
                Vec::new()
            }
        }
    }

    fn taken(&mut self, taken: Ingested) -> Vec<Step> {
        let now = Instant::now();
        self.recent.extend(taken.items.into_iter().map(|item| (now, item)));
        while self.recent.len() > MOST_RECENT || self.recent.front().is_some_and(|(at, _)| now - *at > RECENT) {
            self.recent.pop_front();
        }
        if taken.users {
            self.users.get_or_insert(now + ASK_AFTER);
        }
        let mut steps = self.add_unclear(taken.unclear, ASK_AFTER);
        if !taken.heard.is_empty() {
            steps.push(Step::Tell(Report::WebhookChanges(taken.heard)));
        }
        steps
    }

    fn add_unclear(&mut self, items: Vec<(ItemRef, Option<UserId>)>, wait: Duration) -> Vec<Step> {
        let due = Instant::now() + wait;
        for (item, by) in items {
            self.unclear.insert(item, Unclear { by, due });
        }
        if self.unclear.len() > MOST_UNCLEAR {
            self.unclear.clear();
            return vec![Step::CatchUp];
        }
        Vec::new()
    }

    /// When there is something to do at the latest.
    fn due(&self) -> Instant {
        let now = Instant::now();
        let unclear = self.unclear.values().map(|unclear| unclear.due.max(self.may_ask)).min();
        let unclear = unclear.filter(|_| !self.is_asking);
        let users = self.users.map(|due| due.max(self.user_reads.next(now)));
        [unclear, users, self.trust.due()].into_iter().flatten().min().unwrap_or(now + RECENT)
    }

    /// Takes note that Pipedrive is asked for items of so many kinds.
    fn spend(&mut self, kinds: u32, now: Instant) {
        let long_run = ASK_EVERY * kinds;
        self.asked_until = self.asked_until.max(now) + long_run;
        let ahead = (self.asked_until - now).div_duration_f64(ASK_EVERY);
        self.may_ask = now + ASK_AFTER.mul_f64((ahead / ASKS_TO_DOUBLE).exp2().min(1e6)).min(long_run);
    }

    /// Begins what is due.
    fn start_work(&mut self) {
        let now = Instant::now();
        if let Some(mut intake) = self.intake.take_if(|_| !self.doubtful.is_empty()) {
            let items: Vec<ItemRef> = std::iter::from_fn(|| self.doubtful.pop_first()).take(BATCH).collect();
            self.work.spawn(async move {
                let taken = intake.look_again(items).await;
                Done::Ingested(intake, taken)
            });
        }
        if !self.is_asking && self.may_ask <= now {
            let due = self.unclear.iter().filter(|(_, unclear)| unclear.due <= now);
            let items: Vec<_> = due.map(|(item, unclear)| (*item, unclear.by)).take(MOST_ASKED).collect();
            if !items.is_empty() {
                self.unclear.retain(|item, _| !items.iter().any(|(asked, _)| asked == item));
                self.is_asking = true;
                let kinds: BTreeSet<_> = items.iter().map(|(item, _)| item.kind()).collect();
                self.spend(u32::try_from(kinds.len()).unwrap_or(u32::MAX), now);
                let (api, cache, generation) = (self.api.clone(), self.cache.clone(), self.generation.clone());
                self.work.spawn(async move {
                    let answer = ask(&api, &items).await;
                    if let Ok(heard) = &answer {
                        keep(&cache, &generation, heard.iter().map(|heard| heard.change.clone()).collect()).await;
                    }
                    Done::Asked { since: now, items, answer }
                });
            }
        }
        if self.user_reads.next(now) <= now && self.users.take_if(|due| *due <= now).is_some() {
            self.user_reads.take(1, now);
            let (api, cache, generation) = (self.api.clone(), self.cache.clone(), self.generation.clone());
            self.work.spawn(async move {
                let users = api.users(Lane::Poll).await.map(ServerUpdate::AllUsers);
                if let Ok(users) = &users {
                    keep(&cache, &generation, vec![users.clone()]).await;
                }
                Done::Users(users)
            });
        }
    }
}

/// The next signals; none where nothing listens any more. Never comes where nothing has ever listened.
async fn heard(feed: &mut Option<Feed>) -> Vec<Signal> {
    let Some(feed) = feed else { return std::future::pending().await };
    let mut signals = Vec::new();
    feed.signals.recv_many(&mut signals, BATCH).await;
    signals
}
