//! Notes on deals, leads, people and organizations.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{ItemRef, NoteId, UserId, html_to_text};

/// A note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The note's id.
    pub id: NoteId,
    /// The items that it is attached to.
    pub on: Vec<ItemRef>,
    /// Its content, as HTML.
    pub content: String,
    /// Its author.
    pub author: Option<UserId>,
    /// `true` if it is pinned to the top.
    pub pinned: bool,
    /// When it was written.
    pub added: Option<DateTime<Utc>>,
    /// When it last changed.
    pub updated: Option<DateTime<Utc>>,
}

impl Note {
    /// The longest text that is stored of a note, in characters. A note of this length may be truncated.
    pub const LONGEST: usize = 20_000;

    /// Returns a note with no field set.
    pub fn blank(id: NoteId) -> Self {
        Self { id, on: Vec::new(), content: String::new(), author: None, pinned: false, added: None, updated: None }
    }

    /// Returns `true` if it may be truncated here: then it must not be written back.
    pub fn is_truncated(&self) -> bool {
        is_truncated(&self.content)
    }

    /// Returns its first line as plain text.
    pub fn first_line(&self) -> String {
        first_line(&self.content)
    }
}

/// Returns the first line of an HTML text as plain text.
pub fn first_line(html: &str) -> String {
    html_to_text(html).lines().next().unwrap_or_default().to_owned()
}

/// Returns `true` if a text may be truncated here, because nothing longer is stored: then it must not be written
/// back.
pub fn is_truncated(text: &str) -> bool {
    text.chars().nth(Note::LONGEST - 1).is_some()
}

/// Changes to a note; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotePatch {
    /// New content, as HTML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

impl NotePatch {
    /// Applies the change to a note.
    pub fn apply(&self, note: &mut Note) {
        if let Some(content) = &self.content {
            note.content.clone_from(content);
        }
    }

    /// The change that takes this one back, given the note as it was before.
    #[must_use]
    pub fn inverse(&self, before: &Note) -> Self {
        Self { content: self.content.as_ref().map(|_| before.content.clone()) }
    }
}
