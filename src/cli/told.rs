//! What a command says: its result on standard output, how far it has come and all else on the other.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::time::{Duration, Instant};

use chrono::Utc;
use chrono_tz::Tz;

use super::{EXIT_UNPRINTED, Failure};
use crate::runtime::write_stderr;
use crate::sync::ReadProgress;
use crate::ui;

/// How often the progress is shown anew.
const SHOWN_EVERY: Duration = Duration::from_millis(200);

/// Prints what a command was asked for. A reader that has seen enough (`| head`) is no failure.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    write(text).map_err(|error| Failure::running(format!("cannot print: {error}")))
}

/// Prints the result of something that is done already: where that fails, it must not be called a failure of what was
/// done. `done` says what that is, such as "the edit was made", and `result` what came of it, in words.
pub(super) fn print_done(text: &str, done: &str, result: &str) -> Result<(), Failure> {
    write(text).map_err(|error| {
        let result: Vec<&str> = result.lines().collect();
        let message = format!("{done}, but its result could not be printed ({error}). {}", result.join("; "));
        Failure { message, code: EXIT_UNPRINTED }
    })
}

fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Below which a wait is not told.
const SHORT_WAIT: Duration = Duration::from_secs(2);

/// What is said beside the result, for whoever looks.
pub(super) struct Told {
    is_terminal: bool,
    shown: Option<Instant>,
    /// Whether a line of progress stands on the screen.
    has_line: bool,
}

impl Default for Told {
    fn default() -> Self {
        Self { is_terminal: io::stderr().is_terminal(), shown: None, has_line: false }
    }
}

impl Told {
    /// Says what is waited for, and until when; short waits are not worth a line.
    pub(super) fn waiting(&mut self, wait: Duration, why: &str, zone: Tz) {
        if wait < SHORT_WAIT {
            return;
        }
        let until = (Utc::now() + wait).with_timezone(&zone);
        self.say(&format!("waiting until {}: {why}", until.format("%H:%M:%S")));
    }

    /// Shows how far a reading has come, where somebody looks.
    pub(super) fn show(&mut self, reading: &ReadProgress) {
        if !self.is_terminal || self.shown.is_some_and(|shown| shown.elapsed() < SHOWN_EVERY) {
            return;
        }
        self.shown = Some(Instant::now());
        self.has_line = true;
        write_stderr(&format!("\r\x1b[K{}", ui::progress_line(reading)));
    }

    /// Says something in a line of its own. It may hold what a server or a file says.
    pub(super) fn say(&mut self, text: &str) {
        self.end_line();
        say(text);
    }

    /// Takes the line of progress away.
    pub(super) fn end_line(&mut self) {
        if std::mem::take(&mut self.has_line) {
            write_stderr("\r\x1b[K");
        }
    }
}

/// Writes a line to standard error. It may hold what a server or a file says.
pub(super) fn say(text: &str) {
    write_stderr(&format!("dealdeck: {}\n", ui::printable(text)));
}

/// That edits of earlier runs are sent now.
pub(super) fn sending(count: usize) -> String {
    let edits = if count == 1 { "edit" } else { "edits" };
    format!("sending {count} queued {edits}")
}
