//! A text of several lines in a narrow place: broken at spaces where it is too long, with the cursor going up and down.

use std::ops::Range;

use tui_input::{Input, InputRequest};
use unicode_width::UnicodeWidthChar;

/// The rows of a text that is `width` cells wide, as ranges of its characters. Each character that ends a row, a line
/// break or the space at which it was broken, belongs to that row; there is always one row.
pub fn rows(text: &str, width: u16) -> Vec<Range<usize>> {
    let width = usize::from(width.max(1));
    let mut rows = Vec::new();
    let (mut start, mut used) = (0, 0);
    // After the last space of the row: where it may be broken, and how wide what follows is.
    let mut space: Option<(usize, usize)> = None;
    for (at, c) in text.chars().enumerate() {
        if c == '\n' {
            rows.push(start..at + 1);
            (start, used, space) = (at + 1, 0, None);
            continue;
        }
        let wide = c.width().unwrap_or(0);
        if used + wide > width && c != ' ' && at > start {
            let (cut, rest) = space.take().unwrap_or((at, 0));
            rows.push(start..cut);
            (start, used) = (cut, rest);
        }
        used += wide;
        match (&mut space, c) {
            (_, ' ') => space = Some((at + 1, 0)),
            (Some((_, rest)), _) => *rest += wide,
            (None, _) => {}
        }
    }
    rows.push(start..text.chars().count());
    rows
}

/// The row in which the cursor is.
pub fn row_of(rows: &[Range<usize>], cursor: usize) -> usize {
    rows.iter().rposition(|row| row.start <= cursor).unwrap_or(0)
}

/// Moves the cursor a row up or down; `false` where there is none.
pub(super) fn step(input: &mut Input, width: u16, by: isize) -> bool {
    let rows = rows(input.value(), width);
    let at = row_of(&rows, input.cursor());
    let Some(next) = at.checked_add_signed(by).and_then(|to| rows.get(to)) else { return false };
    let column = input.cursor() - rows[at].start;
    // The last character of a row but the last one is where it was broken.
    let last = if next.end == input.value().chars().count() { next.end } else { next.end.saturating_sub(1) };
    input.handle(InputRequest::SetCursor((next.start + column).min(last.max(next.start))));
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn broken(text: &str, width: u16) -> Vec<String> {
        rows(text, width).into_iter().map(|row| text.chars().skip(row.start).take(row.len()).collect()).collect()
    }

    #[test]
    fn a_text_is_broken_at_spaces_and_lines() {
        assert_eq!(broken("to be done soon", 7), ["to be ", "done ", "soon"]);
        assert_eq!(broken("a\n\nb", 7), ["a\n", "\n", "b"]);
        assert_eq!(broken("unbreakable", 4), ["unbr", "eaka", "ble"]);
        assert_eq!(broken("", 4), [""]);
        assert_eq!(broken("a\n", 4), ["a\n", ""]);
    }

    #[test]
    fn the_cursor_goes_up_and_down() {
        let mut input = Input::new("to be done\nsoon".into());
        assert!(step(&mut input, 20, -1));
        assert_eq!(input.cursor(), 4);
        assert!(!step(&mut input, 20, -1));
        assert!(step(&mut input, 20, 1));
        assert!(!step(&mut input, 20, 1));
    }

    proptest! {
        #[test]
        fn no_character_is_lost(text in "[a-z \n李]{0,60}", width in 1_u16..20) {
            prop_assert_eq!(broken(&text, width).concat(), text);
        }
    }
}
