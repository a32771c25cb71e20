//! The listener that takes deliveries in. Whoever does not know the password learns nothing and costs nothing: a request
//! is looked at in the order path, method, password, size, and only then is its body read.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use futures_util::StreamExt;
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::connections::{Connections, Slot, State, serve};
use super::identity::Identity;
use super::limits::ListenerLimits;
use super::member_key::{Digest, digest};
use super::probe;
use super::rejection::Rejection;
use super::relay::Relay;
use super::stats::ListenerStats;
use super::status::SeenDelivery;
use crate::pipedrive::{Delivery, Payload};
use crate::store::StoreError;

/// The time that a closing listener grants to requests that have begun.
const GRACE: Duration = Duration::from_secs(1);

/// A delivery that was taken in.
#[derive(Debug, Clone)]
pub struct AcceptedDelivery {
    /// The content.
    pub delivery: Delivery,
    /// Its body as it came.
    pub body: Bytes,
}

/// Why nothing can be listened for.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address is taken, or is none of this machine.
    #[error("cannot listen for webhooks on {address}: {error}")]
    Address {
        /// The address.
        address: SocketAddr,
        /// The system's error.
        error: io::Error,
    },
    /// The identity of this dealdeck's webhooks cannot be stored.
    #[error(transparent)]
    Identity(#[from] StoreError),
}

/// A listener at work. It stops when it is dropped.
#[derive(Debug)]
pub struct Listener {
    address: SocketAddr,
    tally: Arc<ListenerStats>,
    stop: DropGuard,
    serving: JoinHandle<()>,
}

impl Listener {
    /// Listens at an address for deliveries to a path. What comes before the path may be anything, as what stands in
    /// front of the listener may take a part of it off, or not.
    ///
    /// # Errors
    /// [`ListenError::Address`] where the address cannot be listened at.
    pub async fn bind(
        listen: SocketAddr,
        path: &str,
        identity: &Identity,
        out: mpsc::Sender<AcceptedDelivery>,
    ) -> Result<Self, ListenError> {
        Self::bind_within(ListenerLimits::default(), listen, path, identity, out).await
    }

    /// The same, where what comes is passed on, too: to those who ask the relay for it.
    ///
    /// # Errors
    /// [`ListenError::Address`] where the address cannot be listened at.
    pub(super) async fn bind_for(
        relay: Arc<Relay>,
        listen: SocketAddr,
        identity: &Identity,
        out: mpsc::Sender<AcceptedDelivery>,
    ) -> Result<Self, ListenError> {
        Self::start(ListenerLimits::default(), listen, &identity.path(), identity, out, Some(relay)).await
    }

    /// The same within other bounds.
    ///
    /// # Errors
    /// [`ListenError::Address`] where the address cannot be listened at.
    pub async fn bind_within(
        bounds: ListenerLimits,
        listen: SocketAddr,
        path: &str,
        identity: &Identity,
        out: mpsc::Sender<AcceptedDelivery>,
    ) -> Result<Self, ListenError> {
        Self::start(bounds, listen, path, identity, out, None).await
    }

    async fn start(
        bounds: ListenerLimits,
        listen: SocketAddr,
        path: &str,
        identity: &Identity,
        out: mpsc::Sender<AcceptedDelivery>,
        relay: Option<Arc<Relay>>,
    ) -> Result<Self, ListenError> {
        let failed = |error| ListenError::Address { address: listen, error };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let tally = Arc::new(ListenerStats::default());
        let gate = Arc::new(Gate {
            path: format!("/{}", path.trim_matches('/')),
            credentials: digest(identity.credentials().expose().as_bytes()),
            bounds,
            room: Semaphore::new(bounds.requests),
            tally: Arc::clone(&tally),
            identity: identity.clone(),
            relay,
            out,
        });
        let stop = CancellationToken::new();
        let serving = tokio::spawn(accept(listener, gate, stop.clone()));
        let stop = stop.drop_guard();
        Ok(Self { address, tally, stop, serving })
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its counters.
    pub fn stats(&self) -> Arc<ListenerStats> {
        Arc::clone(&self.tally)
    }

    /// Takes nothing more in, and lets what has begun come to its end for a second.
    pub async fn close(self) {
        let Self { stop, mut serving, .. } = self;
        drop(stop);
        if timeout(GRACE, &mut serving).await.is_err() {
            serving.abort();
        }
    }
}

/// The checks that a request must pass.
struct Gate {
    path: String,
    /// The digest of what the header `authorization` has to hold: of one length, whatever is sent.
    credentials: Digest,
    bounds: ListenerLimits,
    room: Semaphore,
    tally: Arc<ListenerStats>,
    identity: Identity,
    relay: Option<Arc<Relay>>,
    out: mpsc::Sender<AcceptedDelivery>,
}

/// Accepts connections until `stop`, then waits for those that are open.
async fn accept(mut listener: TcpListener, gate: Arc<Gate>, stop: CancellationToken) {
    let connections = Connections::new(gate.bounds);
    let mut serving = JoinSet::new();
    loop {
        let (stream, address) = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = serving.join_next() => continue,
            accepted = axum::serve::Listener::accept(&mut listener) => accepted,
        };
        let Some(slot) = connections.admit(address).map(Arc::new) else {
            tracing::warn!("a connection was refused: all others are busy");
            continue;
        };
        let (gate, of_request) = (Arc::clone(&gate), Arc::clone(&slot));
        let answer = move |request| take(Arc::clone(&gate), Arc::clone(&of_request), request);
        serving.spawn(serve(stream, slot, stop.clone(), answer));
    }
    drop(listener);
    while serving.join_next().await.is_some() {}
}

async fn take(gate: Arc<Gate>, slot: Arc<Slot>, request: Request) -> Response {
    if let Some(relay) = gate.relay.as_ref().filter(|_| Relay::is_asked(request.uri().path())) {
        let answer = relay.answer(request.method(), request.headers());
        match answer.status() {
            StatusCode::OK => slot.mark(State::Stream),
            StatusCode::ACCEPTED => slot.mark(State::Idle),
            _ => {}
        }
        return answer;
    }
    let taken = match gate.probed(&request) {
        Some(Ok(answer)) => return answer,
        Some(Err(refusal)) => Err(refusal),
        None => gate.take(&slot, request).await,
    };
    match taken {
        Ok(sighting) => {
            gate.tally.take(sighting, Utc::now());
            StatusCode::OK.into_response()
        }
        Err(why) => {
            gate.tally.refuse(why);
            tracing::debug!(?why, "a delivery was refused");
            why.into_response()
        }
    }
}

impl Gate {
    /// The answer to a request for what lies below the path.
    fn probed(&self, request: &Request) -> Option<Result<Response, Rejection>> {
        let (_, below) = request.uri().path().rsplit_once(&self.path)?;
        (!below.is_empty()).then(|| {
            let is_authorized = self.is_authorized(request.headers());
            probe::answer(below, request.method(), request.uri(), is_authorized, &self.identity, &self.tally)
        })
    }

    /// Takes a delivery, and gives what it is about.
    async fn take(&self, slot: &Slot, request: Request) -> Result<Option<SeenDelivery>, Rejection> {
        if !request.uri().path().ends_with(&self.path) {
            return Err(Rejection::Elsewhere);
        }
        if request.method() != Method::POST {
            return Err(Rejection::Method);
        }
        if !self.is_authorized(request.headers()) {
            return Err(Rejection::Unauthorized);
        }
        slot.mark(State::Busy);
        let taken = self.read(request.into_body()).await;
        slot.mark(State::Idle);
        taken
    }

    /// Reads the body of an authorized request, and hands it on.
    async fn read(&self, body: Body) -> Result<Option<SeenDelivery>, Rejection> {
        let _room = self.room.try_acquire().map_err(|_| Rejection::Busy)?;
        let read = timeout(self.bounds.time, self.body(body));
        let body = read.await.map_err(|_| Rejection::Slow)??;
        let delivery = Delivery::read(&body).map_err(|error| {
            tracing::debug!(%error, "a body is no delivery");
            Rejection::Unreadable
        })?;
        let gone = matches!(delivery.payload, Payload::Deleted(_));
        let sighting = delivery.payload.item().map(|item| SeenDelivery { item, gone });
        let sent = timeout(self.bounds.queue, self.out.send(AcceptedDelivery { delivery, body })).await;
        // Nobody takes it, or not soon enough.
        sent.map_err(|_| Rejection::Busy)?.map_err(|_| Rejection::Busy)?;
        Ok(sighting)
    }

    /// Compares digests in constant time, so that the time taken reveals nothing about the password.
    fn is_authorized(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
        let (scheme, credentials) = given.split_at_checked(b"Basic ".len()).unwrap_or_default();
        let matches = digest(credentials).ct_eq(&self.credentials);
        scheme.eq_ignore_ascii_case(b"Basic ") && bool::from(matches)
    }

    async fn body(&self, body: Body) -> Result<Bytes, Rejection> {
        let most = self.bounds.body;
        if usize::try_from(body.size_hint().lower()).map_or(true, |declared| declared > most) {
            return Err(Rejection::TooLarge);
        }
        let mut whole = Vec::new();
        let mut chunks = body.into_data_stream();
        while let Some(chunk) = chunks.next().await {
            // A connection that broke hears no answer.
            let chunk = chunk.map_err(|_| Rejection::Unreadable)?;
            if whole.len() + chunk.len() > most {
                return Err(Rejection::TooLarge);
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.into())
    }
}
