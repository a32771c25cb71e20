//! The dialog in which a note is typed.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::row::Row;
use super::{Screen, panel, text};
use crate::app::notes::NoteEditor;

/// How wide a note is at the most.
const WIDTH: u16 = 76;
/// How many of its lines are on the screen at the least, where there is room.
const LEAST_LINES: u16 = 8;

impl Screen<'_> {
    /// Draws the dialog; the answer is where the cursor stands.
    pub(super) fn note_editor(self, buffer: &mut Buffer, editor: &NoteEditor) -> Option<Position> {
        let theme = self.theme;
        let screen = buffer.area;
        let width = screen.width.saturating_sub(6).clamp(1, WIDTH);
        let (lines, cursor) = wrapped(editor, width);
        let wanted = u16::try_from(lines.len()).unwrap_or(u16::MAX).max(LEAST_LINES).saturating_add(3);
        let height = wanted.min(screen.height.saturating_sub(4)).max(1);
        let (place, inside) = self.window(buffer, editor.title(), width, height);
        let below = inside.height.min(2);
        let body = Rect { height: inside.height - below, ..inside };
        let seen = usize::from(body.height).max(1);
        let top = (cursor.0 + 1).saturating_sub(seen);
        for (line, nth) in lines.iter().skip(top).take(seen).zip(0..) {
            Row::new(buffer, body, nth).text(line, theme.text);
        }
        panel::scroll_marks(buffer, place, top, lines.len().saturating_sub(top + seen), theme.dim);
        let foot = Rect { y: body.bottom(), height: below, ..inside };
        if let Some(error) = &editor.error {
            Row::new(buffer, foot, 0).text(&format!("✗ {error}"), theme.bad);
        } else if editor.is_formatted {
            Row::new(buffer, foot, 0)
                .text("Saving makes it plain text: bold words and the like are lost.", theme.warning);
        }
        if editor.leaving {
            Row::new(buffer, foot, 0).fill(" ", theme.text);
            Row::new(buffer, foot, 0).text("Leave it, and lose what was typed?", theme.warning);
            self.keys(buffer, foot, &[("y", "leave"), ("n", "go on typing")]);
            return None;
        }
        self.keys(buffer, foot, &[("ctrl-s", "save"), ("enter", "new line"), ("esc", "leave")]);
        let row = u16::try_from(cursor.0 - top).ok()?;
        (row < body.height).then(|| Position::new(body.x.saturating_add(cursor.1), body.y + row))
    }
}

/// The lines of a note as they are on a screen of this width, with the cursor's line and column among them. They are
/// broken anywhere, so that what is typed stays where it is.
fn wrapped(editor: &NoteEditor, width: u16) -> (Vec<String>, (usize, u16)) {
    let (at_line, at_column) = editor.area.cursor();
    // The cursor may stand after the last character.
    let most = width.saturating_sub(1).max(1);
    let (mut shown, mut cursor) = (Vec::new(), (0, 0));
    for (nth, line) in editor.area.lines().iter().enumerate() {
        let (mut row, mut used) = (String::new(), 0_u16);
        let mut count = 0;
        for c in line.chars() {
            if nth == at_line && count == at_column {
                cursor = (shown.len(), used);
            }
            let wide = text::width(c.encode_utf8(&mut [0; 4]));
            if used + wide > most {
                shown.push(std::mem::take(&mut row));
                used = 0;
                if nth == at_line && count == at_column {
                    cursor = (shown.len(), 0);
                }
            }
            row.push(c);
            used += wide;
            count += 1;
        }
        if nth == at_line && count == at_column {
            cursor = (shown.len(), used);
        }
        shown.push(row);
    }
    (shown, cursor)
}
