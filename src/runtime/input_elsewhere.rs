//! Input of the terminal where it comes as events from the system.

use std::future::poll_fn;
use std::io;
use std::task::Poll;

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;

/// What a terminal sends.
#[derive(Debug)]
pub struct Input(EventStream);

impl Input {
    /// The input of this process's terminal.
    ///
    /// # Errors
    /// None here.
    pub fn open() -> io::Result<Self> {
        Ok(Self(EventStream::new()))
    }

    /// The next event; `None` once the terminal is closed.
    pub async fn next(&mut self) -> Option<io::Result<Event>> {
        self.0.next().await
    }

    /// The next event, if there is one already. The stream keeps the waker of whoever looked first, so only the loop's own
    /// may look: with any other the next key would wake nobody.
    pub async fn poll_now(&mut self) -> Option<Event> {
        match poll_fn(|context| Poll::Ready(self.0.poll_next_unpin(context))).await {
            Poll::Ready(Some(event)) => event.ok(),
            Poll::Ready(None) | Poll::Pending => None,
        }
    }
}
