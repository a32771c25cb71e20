//! Input of a terminal as events: bytes come in by a channel, keys, mouse and pastes go out.
//!
//! | file | what |
//! |---|---|
//! | `parser` | bytes to events, without a clock and without any state beyond its own |
//! | `convert` | events of the grammar's library to those that `app` takes |
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

/// How long all bytes of one sequence may take, however they trickle in; a paste may take longer.
const SEQUENCE: Duration = Duration::from_millis(500);

/// What a terminal sends.
#[derive(Debug)]
pub struct Input {
    chunks: mpsc::Receiver<io::Result<Vec<u8>>>,
    parser: InputParser,
    /// Since when what the parser waits for has begun, and when its last bytes came.
    waiting: Option<(Instant, Instant)>,
    /// Ends the thread that reads, when dropped.
    _reader: Option<tty::Reader>,
}

impl Input {
    /// The input of this process's terminal.
    ///
    /// # Errors
    /// Those of the system.
    pub fn open() -> io::Result<Self> {
        let (chunks, reader) = tty::open()?;
        Ok(Self { _reader: Some(reader), ..Self::of(chunks) })
    }

    /// The input of any terminal whose bytes come by a channel.
    pub fn of(chunks: mpsc::Receiver<io::Result<Vec<u8>>>) -> Self {
        Self { chunks, parser: InputParser::default(), waiting: None, _reader: None }
    }

    /// The next event; `None` once the terminal is closed. It can be given up on without losing any.
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

    /// The next event, if there is one already.
    #[expect(clippy::unused_async, reason = "other systems need it")]
    pub async fn poll_now(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.parser.pop() {
                return Some(event);
            }
            // An error comes again when it is waited for.
            let Ok(Ok(bytes)) = self.chunks.try_recv() else { return None };
            self.take(&bytes);
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        // Keys that keep coming do not keep alive what they no longer complete.
        if self.deadline().is_some_and(|deadline| deadline <= Instant::now()) {
            self.give_up();
        }
        self.parser.feed(bytes);
        let now = Instant::now();
        let since = self.waiting.map_or(now, |(since, _)| since);
        self.waiting = self.parser.patience().map(|_| (since, now));
    }

    /// When what the parser waits for is given up.
    fn deadline(&self) -> Option<Instant> {
        let (since, last) = self.waiting?;
        let patience = self.parser.patience()?;
        let by_last = last + patience;
        Some(if patience < SEQUENCE { by_last.min(since + SEQUENCE) } else { by_last })
    }

    fn give_up(&mut self) {
        self.parser.expire();
        self.waiting = None;
    }
}
