//! Messages to the dashboard, and the effects it requests.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, MouseEvent};

use crate::sync::{Command, Report};

/// What the dashboard is told. `Debug` shows nothing that was typed or pasted: it may be a token.
#[derive(Clone, PartialEq)]
pub enum Msg {
    /// A key.
    Key(KeyEvent),
    /// The mouse.
    Mouse(MouseEvent),
    /// Pasted text. It goes into a field or nowhere: nothing runs from a paste.
    Paste(String),
    /// The terminal's new size in columns and rows.
    Resize(u16, u16),
    /// Time has passed.
    Tick,
    /// News from the sync engine.
    Report(Report),
    /// Several news at once: the screen is brought in line with all of them in one go.
    Reports(Vec<Report>),
    /// A command that the sync engine could not take, as its channel is full or closed.
    Undelivered(Command),
    /// The terminal cannot put anything onto a clipboard.
    NotCopied,
}

impl fmt::Debug for Msg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) if matches!(key.code, KeyCode::Char(_)) => f.write_str("Key(a character)"),
            Self::Key(key) => f.debug_tuple("Key").field(key).finish(),
            Self::Mouse(mouse) => f.debug_tuple("Mouse").field(mouse).finish(),
            Self::Paste(text) => write!(f, "Paste({} bytes)", text.len()),
            Self::Resize(columns, rows) => f.debug_tuple("Resize").field(columns).field(rows).finish(),
            Self::Tick => f.write_str("Tick"),
            Self::Report(report) => f.debug_tuple("Report").field(report).finish(),
            Self::Reports(reports) => f.debug_tuple("Reports").field(reports).finish(),
            Self::Undelivered(command) => f.debug_tuple("Undelivered").field(command).finish(),
            Self::NotCopied => f.write_str("NotCopied"),
        }
    }
}

/// What the dashboard wants done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Hand a command to the sync engine.
    Send(Command),
    /// Put a text onto the clipboard.
    Copy(String),
    /// Stop the process until the shell continues it.
    Suspend,
    /// End.
    Quit,
}
