//! Connections that faults can cut or stall, as a lost or a stuck network does.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// How long the end of a client's bytes is held back. hyper drops a request whose client leaves before its handler
/// has run; Pipedrive carries it out all the same, so the handler gets this time to start.
const END_DELAY: Duration = Duration::from_millis(50);

/// The switch that cuts a connection.
#[derive(Debug, Clone, Default)]
pub struct Line(Arc<AtomicBool>);

impl Line {
    /// Cuts it: nothing more is written.
    pub fn cut(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::Acquire) { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
    }
}

/// A stall of all connections: their bytes are held in both directions until it is over.
#[derive(Debug, Clone, Default)]
pub struct Stall(Arc<Mutex<Option<Instant>>>);

impl Stall {
    /// Begins a stall, or makes the present one longer.
    pub fn begin(&self, time: Duration) {
        let mut until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *until = (*until).max(Some(Instant::now() + time));
    }

    /// Waits until no stall is left.
    pub async fn over(&self) {
        while let Some(until) = self.until() {
            sleep_until(until).await;
        }
    }

    /// When the present stall ends.
    fn until(&self) -> Option<Instant> {
        let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        until.filter(|until| *until > Instant::now())
    }
}

/// One direction of a connection, which a stall holds.
#[derive(Debug, Default)]
struct Direction(Option<Pin<Box<Sleep>>>);

impl Direction {
    fn poll_free(&mut self, stall: &Stall, context: &mut Context<'_>) -> Poll<()> {
        while let Some(until) = stall.until() {
            let sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(until)));
            ready!(sleep.as_mut().poll(context));
            self.0 = None;
        }
        Poll::Ready(())
    }
}

/// Listens for connections that can be cut and stalled.
#[derive(Debug)]
pub struct Lines {
    /// The socket.
    pub listener: TcpListener,
    /// What stalls its connections.
    pub stall: Stall,
}

/// A connection with its switch.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    line: Line,
    stall: Stall,
    reading: Direction,
    writing: Direction,
    /// Runs from the moment at which the client's bytes ended.
    ending: Option<Pin<Box<Sleep>>>,
}

impl Listener for Lines {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        let wire = Wire {
            stream,
            line: Line::default(),
            stall: self.stall.clone(),
            reading: Direction::default(),
            writing: Direction::default(),
            ending: None,
        };
        (wire, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Connected<IncomingStream<'_, Lines>> for Line {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Self {
        stream.io().line.clone()
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.line.check()?;
        ready!(this.reading.poll_free(&this.stall, context));
        if this.ending.is_none() {
            let before = into.filled().len();
            ready!(Pin::new(&mut this.stream).poll_read(context, into))?;
            if into.filled().len() > before || into.capacity() == before {
                return Poll::Ready(Ok(()));
            }
        }
        let ending = this.ending.get_or_insert_with(|| Box::pin(sleep(END_DELAY)));
        ending.as_mut().poll(context).map(Ok)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        this.line.check()?;
        ready!(this.writing.poll_free(&this.stall, context));
        Pin::new(&mut this.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.line.check()?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
