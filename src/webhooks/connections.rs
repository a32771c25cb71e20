//! The connections to the listener: how many there are, who has them, and when each ends.
//!
//! Whoever opens connections without knowing the password must not keep deliveries out. So every connection on which
//! nothing was authorized yet has a few seconds, a peer may hold a part of them, and where there is no room one of those
//! that wait for a request gives way to the new one: a new connection is never refused for connections that are idle.
//! HTTP/1 only: on a connection of HTTP/2 a ping would count as a sign of life.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::limits::ListenerLimits;

/// The largest head of a request, and what is read of a body at once, in bytes.
const MAX_BUFFER: usize = 64 * 1024;

/// The time and the bytes for which the rest of a rejected request is read and dropped. If a connection with unread
/// bytes is closed, the system resets it, and the other side may never see the answer.
const LINGER: Duration = Duration::from_secs(2);
const MAX_LINGER: usize = 8 * 1024 * 1024;

/// All open connections.
#[derive(Debug)]
pub(super) struct Connections {
    bounds: ListenerLimits,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    opened: u64,
    /// The oldest first.
    open: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    id: u64,
    peer: Peer,
    state: State,
    /// When the connection is cut.
    deadline: Instant,
    /// Wakes whoever serves the connection.
    changed: Arc<Notify>,
}

/// The state of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// No request on it was authorized so far.
    Fresh,
    /// An authorized request is being worked on.
    Busy,
    /// The last request was authorized; a further one may come.
    Idle,
    /// It carries a member's stream.
    Stream,
}

/// The peer: an address of IPv4, or a network of IPv6, of which each customer has at least one (/64).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Peer(IpAddr);

impl Peer {
    fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
            address @ IpAddr::V4(_) => address,
        })
    }
}

impl Connections {
    pub(super) fn new(bounds: ListenerLimits) -> Arc<Self> {
        Arc::new(Self { bounds, table: Mutex::default() })
    }

    /// Makes room for a new connection. `None` if all of them are working on requests.
    pub(super) fn admit(self: &Arc<Self>, address: SocketAddr) -> Option<Slot> {
        let peer = Peer::of(address.ip());
        let mut table = self.table();
        let own = table.open.iter().filter(|entry| entry.state == State::Fresh && entry.peer == peer).count();
        if own >= self.bounds.of_one_peer {
            table.evict(|entry| entry.state == State::Fresh && entry.peer == peer);
        }
        // Streams have a bound of their own.
        let counted = table.open.iter().filter(|entry| entry.state != State::Stream).count();
        if counted >= self.bounds.connections && !table.make_room() {
            return None;
        }
        table.opened += 1;
        let (id, changed) = (table.opened, Arc::new(Notify::new()));
        let now = Instant::now();
        let deadline = now + self.bounds.head;
        table.open.push(Entry { id, peer, state: State::Fresh, deadline, changed: Arc::clone(&changed) });
        drop(table);
        Some(Slot { connections: Arc::clone(self), id, changed, last: now + self.bounds.life })
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Ends the connection that gives way first: of those that were never authorized one of the peer with the most of
    /// them, else one that waits for a further request.
    fn make_room(&mut self) -> bool {
        let mut fresh = BTreeMap::<Peer, usize>::new();
        for entry in self.open.iter().filter(|entry| entry.state == State::Fresh) {
            *fresh.entry(entry.peer).or_default() += 1;
        }
        match fresh.into_iter().max_by_key(|(_, count)| *count) {
            Some((most, _)) => self.evict(|entry| entry.state == State::Fresh && entry.peer == most),
            None => self.evict(|entry| entry.state == State::Idle),
        }
    }

    /// Ends the one of these that has waited longest.
    fn evict(&mut self, is_one: impl Fn(&Entry) -> bool) -> bool {
        let these = self.open.iter().enumerate().filter(|(_, entry)| is_one(entry));
        let Some((oldest, _)) = these.min_by_key(|(_, entry)| entry.deadline) else { return false };
        self.open.remove(oldest).changed.notify_one();
        true
    }
}

/// The place of a connection among the others. It is free once this is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    connections: Arc<Connections>,
    id: u64,
    changed: Arc<Notify>,
    /// When the last request on it may begin.
    last: Instant,
}

impl Slot {
    /// Notes what becomes of the connection.
    pub(super) fn mark(&self, state: State) {
        let bounds = &self.connections.bounds;
        let time = match state {
            State::Fresh => bounds.head,
            // Reading and handing on have bounds of their own, which come first.
            State::Busy => bounds.time + bounds.queue + bounds.head,
            State::Idle => bounds.idle,
            State::Stream => bounds.silence,
        };
        self.update(|entry| {
            entry.state = state;
            entry.deadline = Instant::now() + time;
        });
        self.changed.notify_one();
    }

    /// The other side has taken something of what was written.
    fn has_written(&self) {
        let silence = self.connections.bounds.silence;
        self.update(|entry| {
            if entry.state == State::Stream {
                entry.deadline = Instant::now() + silence;
            }
        });
    }

    fn update(&self, change: impl FnOnce(&mut Entry)) {
        // One that had to give way is in the table no more.
        if let Some(entry) = self.connections.table().open.iter_mut().find(|entry| entry.id == self.id) {
            change(entry);
        }
    }

    /// Waits until the connection has to end.
    async fn ended(&self) {
        loop {
            let find = |table: &Table| table.open.iter().find(|entry| entry.id == self.id).map(|entry| entry.deadline);
            let deadline = find(&self.connections.table());
            let Some(deadline) = deadline.filter(|deadline| *deadline > Instant::now()) else { return };
            tokio::select! {
                () = sleep_until(deadline) => {}
                () = self.changed.notified() => {}
            }
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.connections.table().open.retain(|entry| entry.id != self.id);
    }
}

/// Serves a connection to its end. From `closing` on no further request is taken.
pub(super) async fn serve<A: Future<Output = Response>>(
    stream: TcpStream,
    slot: Arc<Slot>,
    closing: CancellationToken,
    answer: impl Fn(Request) -> A,
) {
    let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
        let answering = answer(request.map(Body::new));
        async { Ok::<_, Infallible>(answering.await) }
    });
    let io = TokioIo::new(Watched { stream, slot: Arc::clone(&slot), linger: None });
    let mut connection = pin!(http1::Builder::new().max_buf_size(MAX_BUFFER).serve_connection(io, service));
    let mut is_ending = false;
    loop {
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = slot.ended() => {
                tracing::debug!("a connection was cut");
                return;
            }
            () = closing.cancelled(), if !is_ending => {
                is_ending = true;
                connection.as_mut().graceful_shutdown();
                continue;
            }
            () = sleep_until(slot.last), if !is_ending => {
                is_ending = true;
                connection.as_mut().graceful_shutdown();
                continue;
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection broke");
        }
        return;
    }
}

/// A connection of which is noted when something was written, and that is closed only once the other side has nothing
/// more to send.
#[derive(Debug)]
struct Watched {
    stream: TcpStream,
    slot: Arc<Slot>,
    linger: Option<Linger>,
}

/// A connection that is being closed.
#[derive(Debug)]
struct Linger {
    until: Pin<Box<Sleep>>,
    /// The number of bytes that are still read and dropped.
    left: usize,
}

impl Watched {
    /// Reads and drops what still comes, until the other side has closed, too, or the bounds are reached.
    fn poll_rest(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let linger = self.linger.get_or_insert_with(|| Linger { until: Box::pin(sleep(LINGER)), left: MAX_LINGER });
        let mut scratch = [0; 16 * 1024];
        while linger.left > 0 && linger.until.as_mut().poll(context).is_pending() {
            let mut into = ReadBuf::new(&mut scratch);
            match ready!(Pin::new(&mut self.stream).poll_read(context, &mut into)) {
                Ok(()) if !into.filled().is_empty() => linger.left = linger.left.saturating_sub(into.filled().len()),
                _ => break,
            }
        }
        Poll::Ready(())
    }
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if matches!(written, Poll::Ready(Ok(_))) {
            self.slot.has_written();
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.linger.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        }
        self.poll_rest(context).map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(connections: &Arc<Connections>, address: &str) -> Slot {
        connections
            .admit(SocketAddr::new(address.parse().unwrap_or([0; 4].into()), 1))
            .unwrap_or_else(|| panic!("full"))
    }

    fn is_open(slot: &Slot) -> bool {
        slot.connections.table().open.iter().any(|entry| entry.id == slot.id)
    }

    #[tokio::test(start_paused = true)]
    async fn the_peer_with_the_most_connections_gives_way() {
        let bounds = ListenerLimits { connections: 4, of_one_peer: 3, ..ListenerLimits::default() };
        let connections = Connections::new(bounds);
        let delivery = admit(&connections, "192.0.2.1");
        // All of one network, one of them written in the other way.
        let flood = ["2001:db8::1", "2001:db8::2", "2001:db8::ffff:0:1"].map(|from| admit(&connections, from));
        let fourth = admit(&connections, "2001:db8::3");
        assert!(!is_open(&flood[0]) && is_open(&fourth), "three are the most that one may have");
        let other = admit(&connections, "2001:db8:0:1::1");
        assert!(!is_open(&flood[1]) && is_open(&other) && is_open(&delivery));
        assert_eq!(Peer::of("::ffff:192.0.2.1".parse().unwrap_or([0; 4].into())), Peer::of([192, 0, 2, 1].into()));
    }

    #[tokio::test(start_paused = true)]
    async fn requests_and_streams_never_give_way() {
        let connections = Connections::new(ListenerLimits { connections: 2, ..ListenerLimits::default() });
        let slots = [(); 3].map(|()| {
            let slot = admit(&connections, "127.0.0.1");
            slot.mark(State::Stream);
            slot
        });
        let busy = admit(&connections, "127.0.0.1");
        busy.mark(State::Busy);
        let idle = admit(&connections, "127.0.0.1");
        idle.mark(State::Idle);
        let fresh = admit(&connections, "127.0.0.1");
        assert!(!is_open(&idle), "it waits for a further request");
        fresh.mark(State::Busy);
        assert!(connections.admit(SocketAddr::new([127, 0, 0, 1].into(), 1)).is_none());
        drop(busy);
        let last = admit(&connections, "127.0.0.1");
        assert!(slots.iter().chain([&fresh, &last]).all(is_open));
    }

    #[tokio::test(start_paused = true)]
    async fn each_state_has_its_deadline() {
        let bounds = ListenerLimits::default();
        let connections = Connections::new(bounds);
        let slot = admit(&connections, "127.0.0.1");
        let start = Instant::now();
        slot.ended().await;
        assert_eq!(start.elapsed().as_secs(), bounds.head.as_secs());
        slot.mark(State::Idle);
        slot.ended().await;
        assert_eq!(start.elapsed().as_secs(), (bounds.head + bounds.idle).as_secs());
        // What a stream takes keeps it open; what is written otherwise does not.
        slot.mark(State::Stream);
        tokio::time::sleep(bounds.silence / 2).await;
        slot.has_written();
        let written = Instant::now();
        slot.ended().await;
        assert_eq!(written.elapsed().as_secs(), bounds.silence.as_secs());
    }
}
