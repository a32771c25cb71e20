//! Terminal input on systems that deliver it as events.

use std::future::poll_fn;
use std::io;
use std::task::Poll;

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;

/// The events of a terminal.
#[derive(Debug)]
pub struct Input(EventStream);

impl Input {
    /// Opens the input of this process's terminal.
    ///
    /// # Errors
    /// None here.
    pub fn open() -> io::Result<Self> {
        Ok(Self(EventStream::new()))
    }

    /// Waits for the next event; `None` once the terminal is closed.
    pub async fn next(&mut self) -> Option<io::Result<Event>> {
        self.0.next().await
    }

    /// Returns the next event, if there is one already. The stream keeps the waker of its first caller, so only the event
    /// loop may call this: with another waker the next key would wake nothing.
    pub async fn poll_now(&mut self) -> Option<Event> {
        match poll_fn(|context| Poll::Ready(self.0.poll_next_unpin(context))).await {
            Poll::Ready(Some(event)) => event.ok(),
            Poll::Ready(None) | Poll::Pending => None,
        }
    }
}
