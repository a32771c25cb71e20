//! Connections that faults can cut or stall, like a lost or stuck network.

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

/// The delay before the end of a client's bytes is reported. hyper drops a request whose client leaves before its
/// handler has run; Pipedrive carries it out, so the handler gets this time to start.
const END_DELAY: Duration = Duration::from_millis(50);

/// Cuts a connection.
#[derive(Debug, Clone, Default)]
pub struct CutSwitch(Arc<AtomicBool>);

impl CutSwitch {
    /// Cuts the connection: nothing more is read or written.
    pub fn cut(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::Acquire) { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
    }
}

/// A stall of all connections: bytes in both directions are held until it is over.
#[derive(Debug, Clone, Default)]
pub struct Stall(Arc<Mutex<Option<Instant>>>);

impl Stall {
    /// Starts a stall, or extends the current one.
    pub fn begin(&self, time: Duration) {
        let mut until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *until = (*until).max(Some(Instant::now() + time));
    }

    /// Waits until the stall is over.
    pub async fn wait_until_over(&self) {
        while let Some(until) = self.until() {
            sleep_until(until).await;
        }
    }

    /// Returns the end of the current stall.
    fn until(&self) -> Option<Instant> {
        let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        until.filter(|until| *until > Instant::now())
    }
}

/// One direction of a connection, with the timer of a stall that holds it.
#[derive(Debug, Default)]
struct Direction(Option<Pin<Box<Sleep>>>);

impl Direction {
    fn poll_unstalled(&mut self, stall: &Stall, context: &mut Context<'_>) -> Poll<()> {
        while let Some(until) = stall.until() {
            let sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(until)));
            ready!(sleep.as_mut().poll(context));
            self.0 = None;
        }
        Poll::Ready(())
    }
}

/// Accepts connections that can be cut and stalled.
#[derive(Debug)]
pub struct CuttableListener {
    /// The listening socket.
    pub listener: TcpListener,
    /// Stalls all accepted connections.
    pub stall: Stall,
}

/// A connection that can be cut and stalled.
#[derive(Debug)]
pub struct CuttableStream {
    stream: TcpStream,
    cut_switch: CutSwitch,
    stall: Stall,
    reading: Direction,
    writing: Direction,
    /// Runs from the end of the client's bytes.
    ending: Option<Pin<Box<Sleep>>>,
}

impl Listener for CuttableListener {
    type Io = CuttableStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (CuttableStream, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        let stream = CuttableStream {
            stream,
            cut_switch: CutSwitch::default(),
            stall: self.stall.clone(),
            reading: Direction::default(),
            writing: Direction::default(),
            ending: None,
        };
        (stream, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Connected<IncomingStream<'_, CuttableListener>> for CutSwitch {
    fn connect_info(stream: IncomingStream<'_, CuttableListener>) -> Self {
        stream.io().cut_switch.clone()
    }
}

impl AsyncRead for CuttableStream {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.cut_switch.check()?;
        ready!(this.reading.poll_unstalled(&this.stall, context));
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

impl AsyncWrite for CuttableStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        this.cut_switch.check()?;
        ready!(this.writing.poll_unstalled(&this.stall, context));
        Pin::new(&mut this.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.cut_switch.check()?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
