//! Notes on deals, leads, people and organizations.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{ItemRef, NoteId, UserId, html_to_text};

/// A note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The note's id.
    pub id: NoteId,
    /// What it is on: one item, or several.
    pub on: Vec<ItemRef>,
    /// What it says, as HTML.
    pub content: String,
    /// Who wrote it.
    pub author: Option<UserId>,
    /// Whether it stays at the top of what it is on.
    pub pinned: bool,
    /// When it was written.
    pub added: Option<DateTime<Utc>>,
    /// When it last changed.
    pub updated: Option<DateTime<Utc>>,
}

impl Note {
    /// How much of a note is read, in characters. Of one of that length the end may be missing.
    pub const LONGEST: usize = 20_000;

    /// A note of which no more is known.
    pub fn blank(id: NoteId) -> Self {
        Self { id, on: Vec::new(), content: String::new(), author: None, pinned: false, added: None, updated: None }
    }

    /// Whether its end may be missing here: then it must not be written back.
    pub fn is_truncated(&self) -> bool {
        is_truncated(&self.content)
    }

    /// How it begins, as plain text.
    pub fn first_line(&self) -> String {
        first_line(&self.content)
    }
}

/// How a text that is HTML begins, as plain text.
pub fn first_line(html: &str) -> String {
    html_to_text(html).lines().next().unwrap_or_default().to_owned()
}

/// Whether the end of a text that was read may be missing here, as nothing longer is kept: then it must not be written
/// back.
pub fn is_truncated(text: &str) -> bool {
    text.chars().nth(Note::LONGEST - 1).is_some()
}

/// What changes in a note; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotePatch {
    /// What it is to say, as HTML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

impl NotePatch {
    /// Carries the change out on a note.
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
