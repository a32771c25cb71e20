//! A note written once.

use super::{Creation, CreationLog, CreationPart, HighWaterMark, LOOKED_AT, Lookup, highest, since};
use crate::domain::{ItemRef, Note, first_line, html_to_text};
use crate::pipedrive::{Api, ApiError};
use crate::sync::EditError;

/// A note on an item, saying this as HTML.
pub(in crate::sync) struct NoteToMake<'a>(pub(in crate::sync) ItemRef, pub(in crate::sync) &'a str);

impl Creation for NoteToMake<'_> {
    type Output = Note;
    const PART: CreationPart = CreationPart::Item;

    async fn mark(&self, api: &Api) -> Result<HighWaterMark, ApiError> {
        Ok(highest(&api.latest_notes(self.0, 1).await?, |note| note.id.0))
    }

    async fn make(&self, api: &Api, log: &mut CreationLog) -> Result<Note, EditError> {
        log.sending(api.create_note(self.0, self.1)).await
    }

    fn name(note: &Note) -> String {
        format!("“{}”", first_line(&note.content))
    }

    /// Pipedrive may write the HTML of a note in other ways than it was sent: what it says is compared.
    async fn look_up(&self, api: &Api, mark: &HighWaterMark) -> Result<Lookup<Note>, ApiError> {
        let (new, now) = since(api.latest_notes(self.0, LOOKED_AT).await?, mark, |note| note.id.0)?;
        let wanted = html_to_text(self.1);
        // Whatever else was written on the item meanwhile is another note. Of one that is not read to its end it cannot be
        // told.
        Ok(Lookup::among(
            new,
            now,
            |note| !note.is_truncated() && html_to_text(&note.content) == wanted,
            Note::is_truncated,
        ))
    }
}
