//! The dispatcher: posts events to webhooks, retries after a failure, and bans endpoints that fail too often.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use chrono::Utc;
use reqwest::Client;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

use super::delivery_log::{Attempt, Delivery, DeliveryLog, DeliveryStatus};
use super::event::Event;
use crate::sandbox::background::BackgroundTasks;
use crate::sandbox::records::Webhook;
use crate::sandbox::store::Store;

/// The time that a webhook has to respond.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);
/// The delays before the second, third and fourth attempt.
const RETRY_DELAYS: [Duration; 3] = [Duration::from_secs(3), Duration::from_secs(30), Duration::from_secs(150)];
/// The number of failed first attempts that gets a webhook banned. The guide does not say that a success lowers the
/// count, only that the count is zero after a ban.
const MAX_FAILURES: u32 = 10;
/// The length of a ban. Events during a ban are lost. The guide also says that nothing is saved for retries: a
/// delivery that is due during the ban is lost, whether it is the first attempt or a retry.
const BAN_DURATION: Duration = Duration::from_secs(30 * 60);
/// The concurrent deliveries per webhook, so that an event can overtake another.
const MAX_CONCURRENT: usize = 8;
/// The most deliveries that can wait; further ones are lost.
const MAX_WAITING: usize = 10_000;

/// Lets deliveries go out, or holds them back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Deliveries go out.
    Open,
    /// Deliveries wait.
    Held,
}

/// Delivers events to webhooks. Clones share their state.
#[derive(Clone)]
pub struct Dispatcher(Arc<Inner>);

struct Inner {
    store: Arc<Mutex<Store>>,
    tasks: BackgroundTasks,
    state: Mutex<DispatchState>,
    flow: watch::Sender<Flow>,
    waiting: Arc<Semaphore>,
    clients: HttpClients,
}

/// The settings of deliveries, their log, and the health of each webhook.
#[derive(Debug)]
pub struct DispatchState {
    pub log: DeliveryLog,
    pub retry_delays: [Duration; 3],
    pub ban_duration: Duration,
    endpoints: BTreeMap<u64, EndpointHealth>,
    /// The id of the webhook that was registered last.
    last_id: u64,
}

impl Default for DispatchState {
    fn default() -> Self {
        Self {
            log: DeliveryLog::default(),
            retry_delays: RETRY_DELAYS,
            ban_duration: BAN_DURATION,
            endpoints: BTreeMap::new(),
            last_id: 0,
        }
    }
}

/// The failures and the ban of one webhook.
#[derive(Debug)]
struct EndpointHealth {
    permits: Arc<Semaphore>,
    failures: u32,
    banned_until: Option<Instant>,
}

impl Default for EndpointHealth {
    fn default() -> Self {
        Self { permits: Arc::new(Semaphore::new(MAX_CONCURRENT)), failures: 0, banned_until: None }
    }
}

impl EndpointHealth {
    /// Returns `true` during a ban. Resets the count after one.
    fn is_banned(&mut self) -> bool {
        if self.banned_until.is_some_and(|until| until <= Instant::now()) {
            (self.banned_until, self.failures) = (None, 0);
        }
        self.banned_until.is_some()
    }

    fn count_failure(&mut self, ban: Duration) {
        self.failures += 1;
        if self.failures == MAX_FAILURES {
            self.banned_until = Some(Instant::now() + ban);
        }
    }
}

impl Dispatcher {
    /// Creates a dispatcher for the webhooks of a workspace.
    pub fn new(store: Arc<Mutex<Store>>, tasks: BackgroundTasks) -> Self {
        Self(Arc::new(Inner {
            store,
            tasks,
            state: Mutex::default(),
            flow: watch::Sender::new(Flow::Open),
            waiting: Arc::new(Semaphore::new(MAX_WAITING)),
            clients: HttpClients::default(),
        }))
    }

    /// Locks the settings and the log.
    pub fn state(&self) -> MutexGuard<'_, DispatchState> {
        self.0.state()
    }

    /// Holds all deliveries back, or lets them go out.
    pub fn set_flow(&self, flow: Flow) {
        self.0.flow.send_replace(flow);
    }

    /// Queues an event for a webhook and returns at once.
    pub fn dispatch(&self, event: &Arc<Event>, hook: &Webhook) {
        let permit = Arc::clone(&self.0.waiting).try_acquire_owned();
        let mut state = self.state();
        let status = match &permit {
            Err(_) => DeliveryStatus::Lost,
            Ok(_) if state.endpoints.entry(hook.id).or_default().is_banned() => DeliveryStatus::Banned,
            Ok(_) => DeliveryStatus::Waiting,
        };
        let (event, webhook_id, owner_id) = (Arc::clone(event), hook.id, hook.owner_id);
        let number =
            state.log.add(Delivery { event: Arc::clone(&event), webhook_id, owner_id, attempts: Vec::new(), status });
        if let (Ok(permit), DeliveryStatus::Waiting) = (permit, status) {
            let job = Job { event, webhook_id, number, _permit: permit };
            self.0.tasks.spawn(deliver(Arc::clone(&self.0), job));
        }
    }

    /// Returns the id for a new webhook. An id is never used twice: a delivery to a deleted webhook would reach the
    /// new one.
    pub fn next_id(&self, min: u64) -> u64 {
        let mut state = self.state();
        state.last_id = min.max(state.last_id + 1);
        state.last_id
    }

    /// Forgets a deleted webhook.
    pub fn forget(&self, webhook: u64) {
        self.state().endpoints.remove(&webhook);
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, DispatchState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the permits of a webhook's deliveries, or the status of a delivery that will not be attempted.
    fn permits(&self, webhook: u64) -> Result<Arc<Semaphore>, DeliveryStatus> {
        let mut state = self.state();
        let endpoint = state.endpoints.get_mut(&webhook).ok_or(DeliveryStatus::Unregistered)?;
        if endpoint.is_banned() { Err(DeliveryStatus::Banned) } else { Ok(Arc::clone(&endpoint.permits)) }
    }

    /// Records the outcome of an attempt.
    fn record_attempt(&self, job: &Job, attempt: usize, status: Option<u16>) {
        let mut state = self.state();
        let state = &mut *state;
        let is_first_failure = attempt == 1 && !is_success(status);
        if let Some(endpoint) = state.endpoints.get_mut(&job.webhook_id).filter(|_| is_first_failure) {
            endpoint.count_failure(state.ban_duration);
        }
        if let Some(delivery) = state.log.get_mut(job.number) {
            delivery.attempts.push(Attempt { time: Utc::now(), status });
        }
    }

    fn finish(&self, job: &Job, status: DeliveryStatus) {
        if let Some(delivery) = self.state().log.get_mut(job.number) {
            delivery.status = status;
        }
    }
}

/// One event to deliver to one webhook.
struct Job {
    event: Arc<Event>,
    webhook_id: u64,
    /// The number of the delivery in the log.
    number: u64,
    _permit: OwnedSemaphorePermit,
}

fn is_success(status: Option<u16>) -> bool {
    status.is_some_and(|status| (200..300).contains(&status))
}

/// Delivers an event to a webhook, or gives up after the last attempt.
async fn deliver(dispatcher: Arc<Inner>, job: Job) {
    for attempt in 1..=1 + RETRY_DELAYS.len() {
        if attempt > 1 {
            let delay = dispatcher.state().retry_delays[attempt - 2];
            tokio::time::sleep(delay).await;
        }
        match attempt_delivery(&dispatcher, &job, attempt).await {
            Ok(status) if is_success(status) => return dispatcher.finish(&job, DeliveryStatus::Delivered),
            Ok(_) => {}
            Err(status) => return dispatcher.finish(&job, status),
        }
    }
    dispatcher.finish(&job, DeliveryStatus::GivenUp);
}

/// Attempts a delivery when it is due. Returns the status of the response, or the final status of the delivery if it
/// was not attempted.
async fn attempt_delivery(dispatcher: &Inner, job: &Job, attempt: usize) -> Result<Option<u16>, DeliveryStatus> {
    // The sender is a field of the dispatcher, so the channel is open.
    let _ = dispatcher.flow.subscribe().wait_for(|flow| *flow == Flow::Open).await;
    let permits = dispatcher.permits(job.webhook_id)?;
    let _permit = permits.acquire().await.map_err(|_| DeliveryStatus::Lost)?;
    // The webhook may have been banned or deleted while the delivery waited for its permit.
    dispatcher.permits(job.webhook_id)?;
    let hook = dispatcher.store().webhooks.get(job.webhook_id).cloned().ok_or(DeliveryStatus::Unregistered)?;
    let body = job.event.body(job.webhook_id, hook.owner_id, attempt);
    let body = serde_json::to_vec(&body).map_err(|_| DeliveryStatus::Lost)?;
    let status = dispatcher.clients.send(&hook, body).await;
    dispatcher.record_attempt(job, attempt, status);
    dispatcher.store().mark_delivery(job.webhook_id, status);
    Ok(status)
}

/// The HTTP clients: to this machine without a proxy, to elsewhere with the system's proxy.
#[derive(Debug, Default)]
struct HttpClients {
    local: OnceLock<Option<Client>>,
    remote: OnceLock<Option<Client>>,
}

impl HttpClients {
    /// Posts a body. Returns the status of the response, or `None` without one in time.
    async fn send(&self, hook: &Webhook, body: Vec<u8>) -> Option<u16> {
        let client = if hook.subscription_url.starts_with("http://") {
            self.local.get_or_init(|| builder().no_proxy().build().ok())
        } else {
            self.remote.get_or_init(|| builder().build().ok())
        };
        let mut request = client.as_ref()?.post(&hook.subscription_url).body(body);
        request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(user) = &hook.http_auth_user {
            request = request.basic_auth(user, hook.http_auth_password.as_deref());
        }
        let response = tokio::time::timeout(RESPONSE_TIMEOUT, request.send()).await.ok()?;
        response.ok().map(|response| response.status().as_u16())
    }
}

fn builder() -> reqwest::ClientBuilder {
    // An error only means that a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // A redirect counts as a failure.
    Client::builder().user_agent("Pipedrive Webhooks (practice)").redirect(Policy::none())
}
