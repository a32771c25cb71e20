//! The server's side: keeps what was delivered last, and streams it to the members who ask.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::event;
use super::ring::Ring;
use super::wire::{NOTHING, PartialItem, kind};
use crate::domain::UserId;
use crate::pipedrive::{Delivery, TokenBucket};
use crate::webhooks::member_key::{Digest, digest};
use crate::webhooks::{MemberKey, Signal};

/// The most deliveries to hold for members whose connection broke, and the most bytes of them.
const KEPT: usize = 10_000;
const KEPT_BYTES: usize = 32 * 1024 * 1024;
/// The time between two signs of life on a silent stream. The listener cuts connections on which nothing was written for
/// 15 seconds.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// The most open streams of a member. A further one closes the oldest, which may have broken unnoticed.
const MOST_OF_ONE: usize = 4;
/// The streams that a member may open at once, and the time until a further one: more often than a dashboard whose
/// connection breaks opens them.
const OPENED: u32 = 30;
const OPENED_EVERY: Duration = Duration::from_secs(5);
/// The checks that a member may ask for at once, and the time until a further one: each costs 10 tokens.
const DOUBTS: u32 = 3;
const DOUBTS_EVERY: Duration = Duration::from_secs(30 * 60);
/// The most deliveries written at once, and the bytes from which on no more are added.
const AT_ONCE: usize = 32;
const AT_ONCE_BYTES: usize = 256 * 1024;
/// The header by which a stream goes on where another one ended.
const LAST_EVENT_ID: &str = "last-event-id";

/// The relay of a team.
#[derive(Debug)]
pub struct Relay {
    /// Names this run of the server in the ids of events.
    run: u32,
    members: Vec<(UserId, Digest)>,
    state: Mutex<Kept>,
    newest: watch::Sender<u64>,
    streams: Mutex<Streams>,
    /// The budget of each member.
    allowances: Mutex<BTreeMap<UserId, Allowances>>,
    /// A member doubts that all is delivered.
    doubt: Arc<Notify>,
    closing: CancellationToken,
}

#[derive(Debug)]
struct Kept {
    ring: Ring<PartialItem>,
    /// Why nothing is delivered, while that is so.
    down: Option<String>,
}

#[derive(Debug, Default)]
struct Streams {
    opened: u64,
    /// The oldest first.
    open: Vec<(u64, UserId, CancellationToken)>,
}

/// The budget of a member.
#[derive(Debug)]
struct Allowances {
    streams: TokenBucket,
    doubts: TokenBucket,
}

impl Relay {
    /// The most streams at a time.
    pub const MOST_STREAMS: usize = 256;

    /// For these members.
    pub fn new(members: &[(UserId, MemberKey)]) -> Arc<Self> {
        let kept = Kept { ring: Ring::new(KEPT, KEPT_BYTES), down: Some("it is starting".to_owned()) };
        Arc::new(Self {
            run: fastrand::u32(..),
            members: members.iter().map(|(user, key)| (*user, key.digest())).collect(),
            state: Mutex::new(kept),
            newest: watch::Sender::new(0),
            streams: Mutex::default(),
            allowances: Mutex::default(),
            doubt: Arc::default(),
            closing: CancellationToken::new(),
        })
    }

    /// Passes on what was delivered.
    pub fn delivered(&self, delivery: &Delivery, body: &Bytes) {
        let is_member = |user| self.members.iter().any(|(member, _)| *member == user);
        if let Some(told) = PartialItem::of(delivery, body, is_member) {
            self.tell(told, None);
        }
    }

    /// Passes on how the server itself fares.
    pub fn told(&self, signal: &Signal) {
        match signal {
            Signal::Up { new } => {
                tracing::info!(new, "webhooks are registered");
                self.tell(PartialItem::Up { gap: *new }, None);
            }
            Signal::Down(why) => {
                tracing::warn!(?why, "no webhooks are delivered");
                self.tell(PartialItem::Down(why.clone()), Some(why.clone()));
            }
            // They come with their bodies.
            Signal::Delivery(_) => {}
        }
    }

    /// By which members say that they have not heard of something that they should have.
    pub fn doubt(&self) -> Arc<Notify> {
        Arc::clone(&self.doubt)
    }

    /// Ends all streams.
    pub fn close(&self) {
        self.closing.cancel();
    }

    /// The number of open streams.
    pub fn streams(&self) -> usize {
        self.open().open.len()
    }

    /// Returns `true` for the path of members' requests: any that ends so, because a reverse proxy may cut off the
    /// beginning.
    pub(in super::super) fn is_asked(path: &str) -> bool {
        path.ends_with("/live")
    }

    /// The answer to a member, or to somebody who is none.
    pub(in super::super) fn answer(self: &Arc<Self>, method: &Method, headers: &HeaderMap) -> Response {
        let Some(user) = self.member(headers) else {
            return (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Bearer"), (CONNECTION, "close")]).into_response();
        };
        if let Some(wait) = self.wait_of(user, method) {
            let wait = (RETRY_AFTER, wait.as_secs().saturating_add(1).to_string());
            return (StatusCode::TOO_MANY_REQUESTS, [wait, (CONNECTION, "close".to_owned())]).into_response();
        }
        match *method {
            Method::GET => self.stream(user, headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok())),
            // They have not heard of something that they should have.
            Method::POST => {
                self.doubt.notify_one();
                StatusCode::ACCEPTED.into_response()
            }
            _ => (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, POST")]).into_response(),
        }
    }

    /// Returns the time a member must wait before another request; `None` if it is allowed now, which then counts.
    fn wait_of(&self, user: UserId, method: &Method) -> Option<Duration> {
        let now = Instant::now();
        let mut allowances = self.allowances.lock().unwrap_or_else(PoisonError::into_inner);
        let theirs = allowances.entry(user).or_insert_with(|| Allowances {
            streams: TokenBucket::new(OPENED, OPENED_EVERY, now),
            doubts: TokenBucket::new(DOUBTS, DOUBTS_EVERY, now),
        });
        let allowance = if *method == Method::POST { &mut theirs.doubts } else { &mut theirs.streams };
        let wait = allowance.next(now) - now;
        if wait.is_zero() {
            allowance.take(1, now);
            return None;
        }
        Some(wait)
    }

    fn stream(self: &Arc<Self>, user: UserId, last_id: Option<&str>) -> Response {
        let Some(seat) = self.take_seat(user) else {
            return (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "60")]).into_response();
        };
        let newest = self.newest.subscribe();
        let (last, greeting) = self.begin(last_id);
        let stream = Stream { seat, greeting: Some(greeting), last, newest, beat: Instant::now() };
        let body = stream::unfold(stream, async |mut stream| {
            let bytes = stream.next().await?;
            Some((Ok::<_, Infallible>(bytes), stream))
        });
        let headers = [
            (CONTENT_TYPE, "text/event-stream"),
            (CACHE_CONTROL, "no-store"),
            // The connection ends with the stream.
            (CONNECTION, "close"),
            // nginx would gather what is sent.
            (HeaderName::from_static("x-accel-buffering"), "no"),
        ];
        (headers, Body::from_stream(body)).into_response()
    }

    fn tell(&self, told: PartialItem, down: Option<String>) {
        let mut kept = self.kept();
        if !matches!(told, PartialItem::Delivery { .. }) {
            kept.down = down;
        }
        kept.ring.push(told);
        self.newest.send_replace(kept.ring.newest());
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whose the key of a request is. Takes as long whichever it is, and whether or not it is one.
    fn member(&self, headers: &HeaderMap) -> Option<UserId> {
        let text = headers.get(AUTHORIZATION)?.as_bytes().strip_prefix(b"Bearer ")?;
        let digest = digest(text);
        let (mut found, mut is_found) = (0_u64, Choice::from(0));
        for (user, key) in &self.members {
            let is_this = key.ct_eq(&digest);
            found.conditional_assign(&user.0, is_this);
            is_found |= is_this;
        }
        bool::from(is_found).then_some(UserId(found))
    }

    /// Takes a place among the streams.
    fn take_seat(self: &Arc<Self>, user: UserId) -> Option<Seat> {
        let mut streams = self.open();
        let is_theirs = |(_, member, _): &(u64, UserId, CancellationToken)| *member == user;
        if streams.open.iter().filter(|open| is_theirs(open)).count() >= MOST_OF_ONE
            && let Some(oldest) = streams.open.iter().position(is_theirs)
        {
            // Its place is free at once: nobody knows how long it takes to end, where the other side does not read.
            streams.open.remove(oldest).2.cancel();
        }
        if streams.open.len() >= Self::MOST_STREAMS {
            return None;
        }
        streams.opened += 1;
        let stop = self.closing.child_token();
        let number = streams.opened;
        streams.open.push((number, user, stop.clone()));
        drop(streams);
        tracing::info!(%user, "a member listens");
        Some(Seat { relay: Arc::clone(self), number, user, stop })
    }

    /// The id of the event with this number.
    fn id(&self, number: u64) -> String {
        format!("{:08x}-{number}", self.run)
    }

    /// The number in an id of this run.
    fn number(&self, id: &str) -> Option<u64> {
        let (run, number) = id.split_once('-')?;
        (u32::from_str_radix(run, 16) == Ok(self.run)).then(|| number.parse().ok())?
    }

    /// Returns the position at which a stream begins, and its greeting.
    fn begin(&self, last_id: Option<&str>) -> (u64, String) {
        let kept = self.kept();
        let last = last_id.and_then(|id| self.number(id)).filter(|last| kept.ring.after(*last, 0).is_ok());
        let from = last.unwrap_or(kept.ring.newest());
        let id = self.id(from);
        let gap = last.is_none().then_some(PartialItem::Up { gap: true });
        let state = kept
            .down
            .clone()
            .map(PartialItem::Down)
            .or_else(|| gap.is_none().then_some(PartialItem::Up { gap: false }));
        let mut greeting = String::new();
        for (kind, data) in [gap, state].into_iter().flatten().filter_map(|told| told.event(UserId(0))) {
            event::write(&mut greeting, &id, kind, &data);
        }
        (from, greeting)
    }
}

/// A member's stream among the others.
struct Seat {
    relay: Arc<Relay>,
    number: u64,
    user: UserId,
    stop: CancellationToken,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.relay.open().open.retain(|(number, ..)| *number != self.number);
        tracing::info!(user = %self.user, "a member's stream has ended");
    }
}

/// A stream under way.
struct Stream {
    seat: Seat,
    greeting: Option<String>,
    /// The number of the last that was looked at.
    last: u64,
    newest: watch::Receiver<u64>,
    /// When a sign of life is due.
    beat: Instant,
}

impl Stream {
    /// Returns the next bytes to send; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        let text = match self.greeting.take() {
            Some(greeting) => greeting,
            None => self.text().await?,
        };
        self.beat = Instant::now() + HEARTBEAT;
        Some(text.into())
    }

    async fn text(&mut self) -> Option<String> {
        while !self.seat.stop.is_cancelled() {
            self.newest.mark_unchanged();
            let text = self.look();
            if !text.is_empty() {
                return Some(text);
            }
            if self.last < *self.newest.borrow() {
                continue;
            }
            tokio::select! {
                () = self.seat.stop.cancelled() => return None,
                _ = self.newest.changed() => {}
                () = tokio::time::sleep_until(self.beat) => return Some(event::heartbeat(&self.seat.relay.id(self.last))),
            }
        }
        None
    }

    /// Returns the member's events since then.
    fn look(&mut self) -> String {
        let relay = &self.seat.relay;
        let mut text = String::new();
        let found = relay.kept().ring.after(self.last, AT_ONCE);
        let Ok(some) = found else {
            // So slow that it is no use to go on one by one.
            self.last = relay.kept().ring.newest();
            event::write(&mut text, &relay.id(self.last), kind::GAP, NOTHING);
            return text;
        };
        for told in some {
            self.last += 1;
            if let Some((kind, data)) = told.event(self.seat.user) {
                event::write(&mut text, &relay.id(self.last), kind, &data);
            }
            if text.len() >= AT_ONCE_BYTES {
                break;
            }
        }
        text
    }
}
