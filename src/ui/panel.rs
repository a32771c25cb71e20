//! Frames and fields that the detail panel and the dialogs share.

use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Block, BorderType, Clear, Widget};
use tui_input::Input;

use super::row::Row;
use super::text;
use crate::app::layout;

/// Clears an area and draws a rounded frame around it, with a title; the answer is the room inside.
pub fn frame(buffer: &mut Buffer, area: Rect, title: &str, border: Style, title_style: Style) -> Rect {
    let area = area.intersection(buffer.area);
    // A wide character that the frame cuts in half would hide the frame's edge.
    let beside = Rect { x: area.x.saturating_sub(1), width: 1, ..area }.intersection(buffer.area);
    for at in beside.positions() {
        if buffer[at].symbol().cell_width() > 1 {
            buffer[at].set_symbol(" ");
        }
    }
    Clear.render(area, buffer);
    Block::bordered().border_type(BorderType::Rounded).border_style(border).render(area, buffer);
    let mut top = Row::new(buffer, area, 0);
    top.skip(2).skip_end(2);
    let (title, _) = text::fit(title, top.room().saturating_sub(2));
    if !title.is_empty() {
        top.text(&format!(" {title} "), title_style);
    }
    layout::inside(area)
}

/// Says on the lower edge of a framed area how many lines are out of sight above and below.
pub fn scroll_marks(buffer: &mut Buffer, area: Rect, above: usize, below: usize, style: Style) {
    let mut edge = Row::new(buffer, area, area.height.saturating_sub(1));
    edge.skip(2).skip_end(2);
    let marks = [("▾", below), ("▴", above)];
    for (mark, lines) in marks.into_iter().filter(|(_, lines)| *lines > 0) {
        edge.end(&format!(" {mark} {lines} "), style);
    }
}

/// Writes what is typed in a field into the rest of a row, scrolled so that the cursor is in sight; the answer is
/// the column where the cursor stands.
pub fn input(row: &mut Row, input: &Input, style: Style) -> u16 {
    let (before, after) = at_cursor(input);
    let room = row.room().saturating_sub(1);
    // No character is narrower than a cell, so what is in sight is among the last ones.
    let out_of_sight = before.chars().count().saturating_sub(usize::from(room));
    let mut tail = before.chars();
    tail.by_ref().take(out_of_sight).for_each(drop);
    while text::width(tail.as_str()) > room {
        tail.next();
    }
    row.whole(tail.as_str(), style);
    let cursor = row.x();
    row.text(after, style);
    cursor
}

/// The text before and after the cursor.
fn at_cursor(input: &Input) -> (&str, &str) {
    let value = input.value();
    let at = value.char_indices().nth(input.cursor()).map_or(value.len(), |(at, _)| at);
    value.split_at(at)
}
