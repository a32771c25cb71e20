//! Terminal input as events: bytes arrive through a channel; keys, mouse events and pastes come out.
//!
//! | file | contents |
//! |---|---|
//! | `parser` | bytes to events, without a clock and without any state beyond its own |
//! | `convert` | termina's events to those of `app` |
//! | `tty` | the bytes of this process's terminal |

mod convert;
mod parser;
#[cfg(test)]
mod tests;
mod tty;

use std::io;
use std::time::Duration;

use crossterm::event::Event;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

pub use self::parser::InputParser;

/// Maximum time for all bytes of one sequence; a paste may take longer.
const MAX_SEQUENCE_TIME: Duration = Duration::from_millis(500);

/// The events of a terminal.
#[derive(Debug)]
pub struct Input {
    chunks: mpsc::Receiver<io::Result<Vec<u8>>>,
    parser: InputParser,
    /// The begin of the incomplete sequence, and the time of its last bytes.
    waiting: Option<(Instant, Instant)>,
    /// Ends the reading thread when dropped.
    _reader: Option<tty::Reader>,
}

impl Input {
    /// Opens the input of this process's terminal.
    ///
    /// # Errors
    /// Those of the system.
    pub fn open() -> io::Result<Self> {
        let (chunks, reader) = tty::open()?;
        Ok(Self { _reader: Some(reader), ..Self::of(chunks) })
    }

    /// Returns the input of a terminal whose bytes arrive through a channel.
    pub fn of(chunks: mpsc::Receiver<io::Result<Vec<u8>>>) -> Self {
        Self { chunks, parser: InputParser::default(), waiting: None, _reader: None }
    }

    /// Waits for the next event; `None` once the terminal is closed. Cancel safe: no event is lost.
    pub async fn next(&mut self) -> Option<io::Result<Event>> {
        loop {
            if let Some(event) = self.parser.pop() {
                return Some(Ok(event));
            }
            let chunk = match self.deadline() {
                Some(deadline) => timeout_at(deadline, self.chunks.recv()).await,
                None => Ok(self.chunks.recv().await),
            };
            let Ok(chunk) = chunk else {
                self.give_up();
                continue;
            };
            match chunk? {
                Ok(bytes) => self.take(&bytes),
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// Returns the next event, if there is one already.
    #[expect(clippy::unused_async, reason = "other systems need it")]
    pub async fn poll_now(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.parser.pop() {
                return Some(event);
            }
            // `next` reports the error.
            let Ok(Ok(bytes)) = self.chunks.try_recv() else { return None };
            self.take(&bytes);
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        // Further keys do not prolong a sequence that has expired.
        if self.deadline().is_some_and(|deadline| deadline <= Instant::now()) {
            self.give_up();
        }
        self.parser.feed(bytes);
        let now = Instant::now();
        let since = self.waiting.map_or(now, |(since, _)| since);
        self.waiting = self.parser.patience().map(|_| (since, now));
    }

    /// Returns the moment when the incomplete sequence expires.
    fn deadline(&self) -> Option<Instant> {
        let (since, last) = self.waiting?;
        let patience = self.parser.patience()?;
        let by_last = last + patience;
        Some(if patience < MAX_SEQUENCE_TIME { by_last.min(since + MAX_SEQUENCE_TIME) } else { by_last })
    }

    fn give_up(&mut self) {
        self.parser.expire();
        self.waiting = None;
    }
}
