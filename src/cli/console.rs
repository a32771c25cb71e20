//! Output of commands: results on standard output, progress and messages on standard error.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::time::{Duration, Instant};

use chrono::Utc;
use chrono_tz::Tz;

use super::error::{CliError, EXIT_UNPRINTED};
use crate::runtime::write_stderr;
use crate::sync::ReadProgress;
use crate::ui;

/// Minimum time between two updates of the progress line.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);
/// Shorter waits are not reported.
const SHORT_WAIT: Duration = Duration::from_secs(2);

/// Prints the result of a command. A reader that stops early (`| head`) is no failure.
pub(super) fn print(text: &str) -> Result<(), CliError> {
    write(text).map_err(|error| CliError::failure(format!("cannot print: {error}")))
}

/// Prints the result of something that is already done, so that a failure to print is not taken for a failure of the
/// work. `done` says what was done, such as "the edit was made"; `summary` is the result in words.
pub(super) fn print_result(text: &str, done: &str, summary: &str) -> Result<(), CliError> {
    write(text).map_err(|error| {
        let summary: Vec<&str> = summary.lines().collect();
        let message = format!("{done}, but its result could not be printed ({error}). {}", summary.join("; "));
        CliError { message, code: EXIT_UNPRINTED }
    })
}

fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Writes a message to standard error in a line of its own. The text may come from a server or a file.
pub(super) fn print_stderr(text: &str) {
    write_stderr(&format!("dealdeck: {}\n", ui::printable(text)));
}

/// Returns a number of edits in words: `1 edit`, `3 edits`.
pub(super) fn edits(count: usize) -> String {
    format!("{count} {}", if count == 1 { "edit" } else { "edits" })
}

/// Returns the message that queued edits of earlier runs are being sent.
pub(super) fn sending(count: usize) -> String {
    format!("sending {count} queued {}", if count == 1 { "edit" } else { "edits" })
}

/// Messages and a progress line on standard error.
pub(super) struct StatusLine {
    is_terminal: bool,
    updated: Option<Instant>,
    /// `true` while a progress line is on the screen.
    has_line: bool,
}

impl Default for StatusLine {
    fn default() -> Self {
        Self { is_terminal: io::stderr().is_terminal(), updated: None, has_line: false }
    }
}

impl StatusLine {
    /// Reports the reason and the end of a wait, unless it is short.
    pub(super) fn waiting(&mut self, wait: Duration, why: &str, zone: Tz) {
        if wait < SHORT_WAIT {
            return;
        }
        let until = (Utc::now() + wait).with_timezone(&zone);
        self.message(&format!("waiting until {}: {why}", until.format("%H:%M:%S")));
    }

    /// Updates the progress line, on a terminal.
    pub(super) fn progress(&mut self, reading: &ReadProgress) {
        if !self.is_terminal || self.updated.is_some_and(|at| at.elapsed() < PROGRESS_INTERVAL) {
            return;
        }
        self.updated = Some(Instant::now());
        self.has_line = true;
        write_stderr(&format!("\r\x1b[K{}", ui::progress_line(reading)));
    }

    /// Writes a message in a line of its own. The text may come from a server or a file.
    pub(super) fn message(&mut self, text: &str) {
        self.clear();
        print_stderr(text);
    }

    /// Removes the progress line.
    pub(super) fn clear(&mut self) {
        if std::mem::take(&mut self.has_line) {
            write_stderr("\r\x1b[K");
        }
    }
}
