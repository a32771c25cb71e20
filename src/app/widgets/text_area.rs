//! A text of several lines that is typed. Knows no keys but those of typing; what saves or leaves it is up to others.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::domain::Note;

/// How many characters it takes: as many as are ever read of a text.
pub(in crate::app) const LONGEST: usize = Note::LONGEST;

/// A text of several lines with a cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextArea {
    /// The lines; never none.
    lines: Vec<String>,
    /// The line with the cursor.
    line: usize,
    /// How many characters of the line stand before the cursor.
    column: usize,
}

/// Pasted text as it can be typed: terminals end lines in their own ways.
pub(in crate::app) fn pasted(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\t', " ")
}

impl TextArea {
    /// A text with the cursor at its end.
    pub fn new(text: &str) -> Self {
        let mut area = Self { lines: vec![String::new()], line: 0, column: 0 };
        area.insert(text);
        area
    }

    /// The text.
    pub fn text(&self) -> String {
        self.lines.join("\n")
    }

    /// Its lines.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// The line with the cursor, and how many characters of it stand before the cursor.
    pub fn cursor(&self) -> (usize, usize) {
        (self.line, self.column)
    }

    /// Whether nothing but blanks is in it.
    pub fn is_blank(&self) -> bool {
        self.lines.iter().all(|line| line.trim().is_empty())
    }

    /// Takes a key of typing or moving.
    pub fn key(&mut self, key: KeyEvent) {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter => self.insert("\n"),
            KeyCode::Char('u') if control => self.clear_before(),
            KeyCode::Char('k') if control => self.clear_after(),
            KeyCode::Char('a') if control => self.column = 0,
            KeyCode::Char('e') if control => self.column = self.width(),
            KeyCode::Char('w') if control => self.delete_word(),
            KeyCode::Char(c) if !control => self.insert(c.encode_utf8(&mut [0; 4])),
            KeyCode::Backspace => self.delete_before(),
            KeyCode::Delete => self.delete_after(),
            KeyCode::Left => self.left(),
            KeyCode::Right => self.right(),
            KeyCode::Up => self.go_to_line(self.line.saturating_sub(1)),
            KeyCode::Down => self.go_to_line(self.line + 1),
            KeyCode::PageUp => self.go_to_line(self.line.saturating_sub(10)),
            KeyCode::PageDown => self.go_to_line(self.line + 10),
            KeyCode::Home => self.column = 0,
            KeyCode::End => self.column = self.width(),
            _ => {}
        }
    }

    /// Puts in a text at the cursor, as far as there is room. Of control characters only line ends are kept: others
    /// cannot be seen.
    pub fn insert(&mut self, text: &str) {
        let length: usize = self.lines.iter().map(|line| line.chars().count() + 1).sum();
        let at = self.byte();
        let rest = self.current().split_off(at);
        for c in text.chars().filter(|c| !c.is_control() || *c == '\n').take(LONGEST.saturating_sub(length)) {
            if c == '\n' {
                self.lines.insert(self.line + 1, String::new());
                (self.line, self.column) = (self.line + 1, 0);
            } else {
                self.current().push(c);
                self.column += 1;
            }
        }
        self.current().push_str(&rest);
    }

    fn current(&mut self) -> &mut String {
        if self.lines.is_empty() {
            self.lines.push(String::new());
        }
        self.line = self.line.min(self.lines.len() - 1);
        &mut self.lines[self.line]
    }

    /// How many characters the line with the cursor has.
    fn width(&self) -> usize {
        self.lines.get(self.line).map_or(0, |line| line.chars().count())
    }

    /// Where the cursor is in its line, in bytes.
    fn byte(&self) -> usize {
        let Some(line) = self.lines.get(self.line) else { return 0 };
        line.char_indices().nth(self.column).map_or(line.len(), |(at, _)| at)
    }

    fn go_to_line(&mut self, line: usize) {
        self.line = line.min(self.lines.len().saturating_sub(1));
        self.column = self.column.min(self.width());
    }

    fn left(&mut self) {
        if self.column > 0 {
            self.column -= 1;
        } else if self.line > 0 {
            self.line -= 1;
            self.column = self.width();
        }
    }

    fn right(&mut self) {
        if self.column < self.width() {
            self.column += 1;
        } else if self.line + 1 < self.lines.len() {
            (self.line, self.column) = (self.line + 1, 0);
        }
    }

    fn delete_before(&mut self) {
        if (self.line, self.column) != (0, 0) {
            self.left();
            self.delete_after();
        }
    }

    fn delete_after(&mut self) {
        if self.column < self.width() {
            let at = self.byte();
            self.current().remove(at);
        } else if self.line + 1 < self.lines.len() {
            let rest = self.lines.remove(self.line + 1);
            self.current().push_str(&rest);
        }
    }

    fn clear_before(&mut self) {
        let at = self.byte();
        self.current().drain(..at);
        self.column = 0;
    }

    fn clear_after(&mut self) {
        let at = self.byte();
        self.current().truncate(at);
    }

    fn delete_word(&mut self) {
        let at = self.byte();
        let before = self.current()[..at].trim_end().to_owned();
        let kept = before.rfind(' ').map_or(0, |blank| blank + 1);
        self.current().drain(kept..at);
        self.column = self.lines[self.line][..kept].chars().count();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn press(area: &mut TextArea, code: KeyCode) {
        area.key(KeyEvent::new(code, KeyModifiers::NONE));
    }

    #[test]
    fn text_is_typed_over_several_lines() {
        let mut area = TextArea::new("one\ntwo");
        press(&mut area, KeyCode::Enter);
        "thrée".chars().for_each(|c| press(&mut area, KeyCode::Char(c)));
        press(&mut area, KeyCode::Up);
        press(&mut area, KeyCode::Home);
        press(&mut area, KeyCode::Backspace);
        assert_eq!(area.text(), "onetwo\nthrée");
        assert_eq!(area.cursor(), (0, 3));
        area.key(KeyEvent::new(KeyCode::Char('k'), KeyModifiers::CONTROL));
        press(&mut area, KeyCode::Down);
        area.key(KeyEvent::new(KeyCode::Char('w'), KeyModifiers::CONTROL));
        assert_eq!(area.text(), "one\née");
    }

    proptest! {
        #[test]
        fn no_keys_break_it(text in ".{0,20}", keys in proptest::collection::vec(0_usize..16, 0..200)) {
            use KeyCode::{Backspace, Char, Delete, Down, End, Enter, Home, Left, PageDown, PageUp, Right, Up};
            const CODES: [KeyCode; 16] = [
                Char('a'), Char('ß'), Char('日'), Char(' '), Enter, Backspace, Delete, Left, Right, Up, Down, Home, End,
                PageUp, PageDown, Char('w'),
            ];
            let mut area = TextArea::new(&text);
            for key in keys {
                let with = if key == 15 { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
                area.key(KeyEvent::new(CODES[key], with));
                let (line, column) = area.cursor();
                prop_assert!(line < area.lines().len() && column <= area.lines()[line].chars().count());
            }
        }
    }
}
