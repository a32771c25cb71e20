//! Delivery: over HTTP, again after a failure, and not for a while to those who fail too often.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use chrono::Utc;
use reqwest::Client;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::event::Event;
use super::ledger::{Fate, Ledger, Parcel, Try};
use crate::sandbox::Shared;
use crate::sandbox::records::Webhook;

/// How long a webhook may take for its answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long it takes until it is tried again.
const WAITS: [Duration; 3] = [Duration::from_secs(3), Duration::from_secs(30), Duration::from_secs(150)];
/// So many first tries that fail, and the webhook is banned. The guide says of no success that it lowers the count, only
/// that the count is zero after a ban.
const TOO_OFTEN: u32 = 10;
/// How long it is banned. What happens meanwhile is lost. The guide also says that nothing is saved for retries: here
/// whatever has its turn in that time is lost, be it for the first time or again.
const BAN: Duration = Duration::from_secs(30 * 60);
/// How many deliveries to a webhook are under way at a time, so that an event can overtake another.
const LANES: usize = 8;
/// How many events wait at the most; what is more is lost.
const ROOM: usize = 10_000;

/// What delivers.
#[derive(Debug)]
pub struct Post {
    desk: Mutex<Desk>,
    /// Whether nothing goes out.
    held: watch::Sender<bool>,
    room: Arc<Semaphore>,
    ended: CancellationToken,
    roads: Roads,
}

/// What it remembers, and how it is set.
#[derive(Debug)]
pub struct Desk {
    pub ledger: Ledger,
    pub waits: [Duration; 3],
    pub ban: Duration,
    /// How each webhook stands.
    standings: BTreeMap<u64, Standing>,
    /// The id of the webhook that was registered last.
    last_id: u64,
}

#[derive(Debug)]
struct Standing {
    lanes: Arc<Semaphore>,
    failures: u32,
    banned_until: Option<Instant>,
}

impl Default for Standing {
    fn default() -> Self {
        Self { lanes: Arc::new(Semaphore::new(LANES)), failures: 0, banned_until: None }
    }
}

impl Standing {
    /// Whether it is banned. After a ban it starts anew.
    fn is_banned(&mut self) -> bool {
        if self.banned_until.is_some_and(|until| until <= Instant::now()) {
            (self.banned_until, self.failures) = (None, 0);
        }
        self.banned_until.is_some()
    }

    fn count_failure(&mut self, ban: Duration) {
        self.failures += 1;
        if self.failures == TOO_OFTEN {
            self.banned_until = Some(Instant::now() + ban);
        }
    }
}

impl Default for Post {
    fn default() -> Self {
        Self {
            desk: Mutex::new(Desk {
                ledger: Ledger::default(),
                waits: WAITS,
                ban: BAN,
                standings: BTreeMap::new(),
                last_id: 0,
            }),
            held: watch::Sender::new(false),
            room: Arc::new(Semaphore::new(ROOM)),
            ended: CancellationToken::new(),
            roads: Roads::default(),
        }
    }
}

impl Post {
    pub fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds everything back, or lets it go.
    pub fn hold(&self, is_held: bool) {
        self.held.send_replace(is_held);
    }

    /// Ends all deliveries when what it gives is dropped.
    pub fn guard(&self) -> DropGuard {
        self.ended.clone().drop_guard()
    }

    /// Does something until the server ends; then its result is `None`.
    pub fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<Option<T>> {
        tokio::spawn(self.ended.clone().run_until_cancelled_owned(work))
    }

    /// Takes in an event for a webhook, and sees to it from then on. Waits for nothing.
    pub fn take(&self, server: &Shared, event: &Arc<Event>, hook: &Webhook) {
        let place = Arc::clone(&self.room).try_acquire_owned();
        let mut desk = self.desk();
        let fate = match &place {
            Err(_) => Fate::Lost,
            Ok(_) if desk.standings.entry(hook.id).or_default().is_banned() => Fate::Banned,
            Ok(_) => Fate::Waiting,
        };
        let (event, webhook_id, owner_id) = (Arc::clone(event), hook.id, hook.owner_id);
        let number =
            desk.ledger.add(Parcel { event: Arc::clone(&event), webhook_id, owner_id, tries: Vec::new(), fate });
        if let (Ok(place), Fate::Waiting) = (place, fate) {
            self.spawn(deliver(Arc::clone(server), event, webhook_id, number, place));
        }
    }

    /// The id of a webhook that is registered now. None is used twice: what is on its way to one that was taken away
    /// would go to another.
    pub fn next_id(&self, least: u64) -> u64 {
        let mut desk = self.desk();
        desk.last_id = least.max(desk.last_id + 1);
        desk.last_id
    }

    /// Forgets a webhook that was taken away.
    pub fn forget(&self, webhook: u64) {
        self.desk().standings.remove(&webhook);
    }

    /// Where a webhook's deliveries queue, or what becomes of them.
    fn lanes(&self, webhook: u64) -> Result<Arc<Semaphore>, Fate> {
        let mut desk = self.desk();
        let standing = desk.standings.get_mut(&webhook).ok_or(Fate::Unregistered)?;
        if standing.is_banned() { Err(Fate::Banned) } else { Ok(Arc::clone(&standing.lanes)) }
    }

    /// Notes how a try went.
    fn note(&self, number: u64, webhook: u64, attempt: usize, status: Option<u16>) {
        let mut desk = self.desk();
        let desk = &mut *desk;
        if let Some(standing) = desk.standings.get_mut(&webhook).filter(|_| attempt == 1 && !is_success(status)) {
            standing.count_failure(desk.ban);
        }
        if let Some(parcel) = desk.ledger.get_mut(number) {
            parcel.tries.push(Try { time: Utc::now(), status });
        }
    }

    fn end(&self, number: u64, fate: Fate) {
        if let Some(parcel) = self.desk().ledger.get_mut(number) {
            parcel.fate = fate;
        }
    }
}

fn is_success(status: Option<u16>) -> bool {
    status.is_some_and(|status| (200..300).contains(&status))
}

/// Delivers an event to a webhook, or gives up.
async fn deliver(server: Shared, event: Arc<Event>, webhook: u64, number: u64, _place: OwnedSemaphorePermit) {
    for attempt in 1..=1 + WAITS.len() {
        if attempt > 1 {
            let wait = server.post.desk().waits[attempt - 2];
            tokio::time::sleep(wait).await;
        }
        match try_once(&server, &event, webhook, number, attempt).await {
            Ok(true) => return server.post.end(number, Fate::Delivered),
            Ok(false) => {}
            Err(fate) => return server.post.end(number, fate),
        }
    }
    server.post.end(number, Fate::GivenUp);
}

/// Tries to deliver an event when its turn comes: whether it arrived, or what becomes of it without a try.
async fn try_once(server: &Shared, event: &Event, webhook: u64, number: u64, attempt: usize) -> Result<bool, Fate> {
    let post = &server.post;
    // The sender is in there, so it cannot be gone.
    let _ = post.held.subscribe().wait_for(|is_held| !is_held).await;
    let lanes = post.lanes(webhook)?;
    let _lane = lanes.acquire().await.map_err(|_| Fate::Lost)?;
    // Its turn may have come long after it queued.
    post.lanes(webhook)?;
    let hook = server.store().webhooks.get(webhook).cloned().ok_or(Fate::Unregistered)?;
    let body = serde_json::to_vec(&event.body(webhook, hook.owner_id, attempt)).map_err(|_| Fate::Lost)?;
    let status = post.roads.send(&hook, body).await;
    post.note(number, webhook, attempt, status);
    server.store().mark_delivery(webhook, status);
    Ok(is_success(status))
}

/// The clients that requests are made with: to this machine without a proxy, to elsewhere as the system says.
#[derive(Debug, Default)]
struct Roads {
    near: OnceLock<Option<Client>>,
    far: OnceLock<Option<Client>>,
}

impl Roads {
    /// Posts a body: the status of the answer, if there is one in time.
    async fn send(&self, hook: &Webhook, body: Vec<u8>) -> Option<u16> {
        let is_near = hook.subscription_url.starts_with("http://");
        let road = if is_near { &self.near } else { &self.far };
        let client = road.get_or_init(|| client(is_near)).as_ref()?;
        let mut request = client.post(&hook.subscription_url).body(body);
        request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(user) = &hook.http_auth_user {
            request = request.basic_auth(user, hook.http_auth_password.as_deref());
        }
        let answer = tokio::time::timeout(PATIENCE, request.send()).await.ok()?;
        answer.ok().map(|answer| answer.status().as_u16())
    }
}

fn client(is_near: bool) -> Option<Client> {
    // An error only says that a provider was chosen already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // A redirect counts as a failure.
    let builder = Client::builder().user_agent("Pipedrive Webhooks (practice)").redirect(Policy::none());
    let builder = if is_near { builder.no_proxy() } else { builder };
    builder.build().ok()
}
