//! Webhooks from their start to their end: the listener, the registrations, and what is told of both.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::Url;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::identity::Identity;
use super::listener::{AcceptedDelivery, ListenError, Listener};
use super::registrar::Registrar;
use super::relay::Relay;
use super::stats::ListenerStats;
use super::{Feed, Signal};
use crate::domain::UserId;
use crate::pipedrive::{Api, ApiError, Delivery, Payload, TokenBucket};
use crate::store::{CompanyDir, StoreError};

/// The most deliveries in the queue. Pipedrive holds back and sends again those for which there is no room.
const QUEUE: usize = 256;
/// The first wait before registering is tried again; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(10);
/// The longest wait, and the one after what does not pass by itself.
const LONGEST_WAIT: Duration = Duration::from_secs(30 * 60);
/// The time between two checks of the registrations: Pipedrive removes those that fail for three days.
const LOOK_AGAIN: Duration = Duration::from_secs(6 * 60 * 60);
/// The shortest time between two checks that were asked for.
const DOUBTS: Duration = Duration::from_secs(60);
/// The checks that may be asked for in a row, and the time until a further one: each costs 10 tokens.
const MANY_DOUBTS: u32 = 6;
const MANY_DOUBTS_EVERY: Duration = Duration::from_secs(10 * 60);
/// The longest time that closing waits for the registrations to be removed.
const END: Duration = Duration::from_secs(3);

/// The settings of webhooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookSettings {
    /// The address at which Pipedrive reaches the listener. Port 0 stands for that of the listener.
    pub public_url: Url,
    /// The address that it listens on.
    pub listen: SocketAddr,
}

/// Webhooks that are listened for. They come to their end when this is dropped; [`Self::close`] waits for it.
#[derive(Debug)]
pub struct WebhookService {
    listener: Listener,
    public_url: Url,
    registering: JoinHandle<()>,
    closing: DropGuard,
}

/// Listens for webhooks and registers them. Without a home they are named anew each time.
///
/// # Errors
/// [`ListenError`] where that is not possible. That they cannot be registered is told by the feed, and tried again.
pub async fn start(
    api: Api,
    home: Option<CompanyDir>,
    settings: &WebhookSettings,
) -> Result<(Feed, WebhookService), ListenError> {
    let identity = home.as_ref().map_or_else(|| Ok(Identity::random()), Identity::of)?;
    let (out, mut heard) = mpsc::channel(QUEUE);
    let listener = Listener::bind(settings.listen, &identity.path(), &identity, out).await?;
    let (told, signals) = mpsc::channel(QUEUE);
    let deliveries = told.clone();
    let doubt = Arc::new(Notify::new());
    let registering = Registering { api, identity, told, doubt: Arc::clone(&doubt) };
    let (open, whose) = WebhookService::start(listener, registering, settings);
    // Ends with the listener, or with whoever hears.
    tokio::spawn(async move {
        while let Some(heard) = heard.recv().await {
            let delivery = seen_by(heard.delivery, whose.get().copied());
            if deliveries.send(Signal::Delivery(Box::new(delivery))).await.is_err() {
                return;
            }
        }
    });
    Ok((Feed { signals, doubt }, open))
}

/// The same for a team: what is heard goes to the relay, which the listener then also has.
///
/// # Errors
/// [`ListenError`] where that is not possible.
pub async fn start_for_team(
    relay: Arc<Relay>,
    api: Api,
    home: &CompanyDir,
    settings: &WebhookSettings,
) -> Result<WebhookService, ListenError> {
    let identity = Identity::of(home)?;
    let (out, mut heard) = mpsc::channel::<AcceptedDelivery>(QUEUE);
    let listener = Listener::bind_for(Arc::clone(&relay), settings.listen, &identity, out).await?;
    let (told, mut signals) = mpsc::channel(1);
    let doubt = relay.doubt();
    // Ends with the listener and the registrations.
    tokio::spawn(async move {
        loop {
            tokio::select! {
                Some(heard) = heard.recv() => relay.delivered(&heard.delivery, &heard.body),
                Some(signal) = signals.recv() => relay.told(&signal),
                else => return,
            }
        }
    });
    Ok(WebhookService::start(listener, Registering { api, identity, told, doubt }, settings).0)
}

/// A delivery as a user may see it. Those for another one who has listened here before, and whose webhooks a crash has
/// left, come with the same password. Pipedrive is asked for what is not said to be theirs, and knows what they may see.
fn seen_by(delivery: Delivery, user: Option<UserId>) -> Delivery {
    let is_theirs = delivery.seen_by.as_ref().is_none_or(|users| user.is_some_and(|user| users.contains(&user)));
    match delivery.payload.item() {
        Some(item) if !is_theirs => Delivery { payload: Payload::Unreadable(item), ..delivery },
        _ => delivery,
    }
}

/// The task that keeps webhooks registered.
struct Registering {
    api: Api,
    identity: Identity,
    told: mpsc::Sender<Signal>,
    doubt: Arc<Notify>,
}

/// Takes away what an earlier run may have left registered, where webhooks are no longer to come. Asks Pipedrive only
/// where there may be something.
///
/// # Errors
/// [`StoreError`] where what was noted cannot be read. What Pipedrive does not take away is tried again the next time.
pub async fn remove_leftovers(api: Api, home: &CompanyDir) -> Result<(), StoreError> {
    let Some(identity) = Identity::with_leftovers(home)? else { return Ok(()) };
    if let Err(error) = Registrar::leftovers(api, identity).sweep().await {
        tracing::warn!(%error, "webhooks of an earlier run may still be registered");
    }
    Ok(())
}

impl WebhookService {
    /// Gives as well whose webhooks they are, as soon as that is known.
    fn start(
        listener: Listener,
        registering: Registering,
        settings: &WebhookSettings,
    ) -> (Self, Arc<OnceLock<UserId>>) {
        let Registering { api, identity, told, doubt } = registering;
        let mut public_url = settings.public_url.clone();
        if public_url.port() == Some(0) {
            // An address that has a port takes another.
            let _ = public_url.set_port(Some(listener.address().port()));
        }
        let registrar = Registrar::new(api, identity, &public_url);
        let whose = registrar.whose();
        let closing = CancellationToken::new();
        let registering = tokio::spawn(keep(registrar, told, doubt, closing.clone()));
        (Self { listener, public_url, registering, closing: closing.drop_guard() }, whose)
    }

    /// The address at which Pipedrive reaches it.
    pub fn public_url(&self) -> &Url {
        &self.public_url
    }

    /// The address that the listener is bound to.
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// The counters of the listener.
    pub fn stats(&self) -> Arc<ListenerStats> {
        self.listener.stats()
    }

    /// Takes the registrations away and stops listening. What is not taken away in time is so at the next start.
    pub async fn close(self) {
        drop(self.closing);
        if timeout(END, self.registering).await.is_err() {
            tracing::warn!("webhooks may still be registered: there was no time to take them away");
        }
        self.listener.close().await;
    }
}

/// Keeps the webhooks registered until the end. Nothing that has begun is broken off: it may have been registered.
async fn keep(mut registrar: Registrar, told: mpsc::Sender<Signal>, doubt: Arc<Notify>, closing: CancellationToken) {
    let mut state = None;
    let mut looks = TokenBucket::new(MANY_DOUBTS, MANY_DOUBTS_EVERY, Instant::now());
    let mut wait = FIRST_WAIT;
    while !closing.is_cancelled() {
        let (signal, rest) = match registrar.ensure().await {
            Ok(new) => {
                wait = FIRST_WAIT;
                (Signal::Up { new }, LOOK_AGAIN)
            }
            Err(error) => {
                let rest = if passes(&error) { wait } else { LONGEST_WAIT };
                wait = (wait * 2).min(LONGEST_WAIT);
                (Signal::Down(error.to_string()), rest)
            }
        };
        let is_up = matches!(signal, Signal::Up { .. });
        let is_news = match (&signal, &state) {
            (Signal::Up { new: false }, Some(Signal::Up { .. })) => false,
            (Signal::Down(_), before) => before.as_ref() != Some(&signal),
            _ => true,
        };
        state = Some(signal.clone());
        if is_news {
            // Whoever heard may have gone: then there is nothing to be done but to wait for the end.
            let _ = closing.run_until_cancelled(told.send(signal)).await;
        }
        tokio::select! {
            () = closing.cancelled() => {}
            () = sleep(rest) => {}
            () = doubts(&doubt, &looks), if is_up => looks.take(1, Instant::now()),
        }
    }
    if let Err(error) = registrar.clear().await {
        tracing::warn!(%error, "webhooks may still be registered");
    }
}

/// The next doubt, once the last look is long enough ago.
async fn doubts(doubt: &Notify, looks: &TokenBucket) {
    let now = Instant::now();
    sleep_until(looks.next(now).max(now + DOUBTS)).await;
    doubt.notified().await;
}

/// Returns `true` if the error of a registration may pass soon without the user.
fn passes(error: &ApiError) -> bool {
    !matches!(error, ApiError::Refused(_) | ApiError::Gone(_) | ApiError::Unauthorized)
}
