//! A sheet of styled lines, built for a width from top to bottom and then drawn from any line on.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::row::Row;
use super::{Linked, Theme, text};
use crate::domain::WebLink;

/// How wide the names of fields are.
const LABEL: u16 = 16;
/// How many lines a value or note takes at the most.
const LONGEST: usize = 200;

/// The lines of a sheet.
pub struct Sheet<'a> {
    theme: &'a Theme,
    width: u16,
    lines: Vec<Vec<(String, Style)>>,
    /// Where the value of a field leads, by the number of its line.
    links: Vec<(usize, WebLink)>,
}

impl<'a> Sheet<'a> {
    /// An empty sheet.
    pub fn new(theme: &'a Theme, width: u16) -> Self {
        Self { theme, width, lines: Vec::new(), links: Vec::new() }
    }

    /// Adds a line of parts.
    pub fn line(&mut self, parts: Vec<(String, Style)>) {
        self.lines.push(parts);
    }

    /// Adds an empty line, unless there is one already.
    pub fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(Vec::new());
        }
    }

    /// Adds a text in as many lines as it needs.
    pub fn paragraph(&mut self, words: &str, style: Style) {
        self.lines.extend(text::wrap(words, self.width, LONGEST).into_iter().map(|line| vec![(line, style)]));
    }

    /// The same, a little to the right of what is above.
    pub fn indented(&mut self, words: &str, style: Style) {
        const INDENT: u16 = 2;
        let lines = text::wrap(words, self.width.saturating_sub(INDENT), LONGEST);
        let indent = || (" ".repeat(usize::from(INDENT)), style);
        self.lines.extend(lines.into_iter().map(|line| vec![indent(), (line, style)]));
    }

    /// Adds a heading, apart from what is above.
    pub fn heading(&mut self, words: &str) {
        self.gap();
        self.line(vec![(words.to_owned(), self.theme.accent)]);
    }

    /// Adds a field with its name at the left.
    pub fn field(&mut self, label: &str, value: &str, style: Style) {
        let indent = if self.width >= LABEL * 2 { LABEL } else { 0 };
        if indent == 0 && !label.is_empty() {
            self.line(vec![(label.to_owned(), self.theme.dim)]);
        }
        let mut label = if indent > 0 { label } else { "" };
        for line in text::wrap(value, self.width - indent, LONGEST) {
            let padding = usize::from(indent.saturating_sub(text::width(label)));
            self.line(vec![(format!("{label}{:padding$}", ""), self.theme.dim), (line, style)]);
            label = "";
        }
    }

    /// Adds a field whose name may be of any length: one that has no room beside the value stands above it.
    pub fn field_in_full(&mut self, label: &str, value: &str) {
        let has_room = text::width(label) < LABEL;
        if !has_room {
            self.lines.extend(text::wrap(label, self.width, 2).into_iter().map(|line| vec![(line, self.theme.dim)]));
        }
        self.field(if has_room { label } else { "" }, value, self.theme.text);
    }

    /// Adds a field of parts that stand in one line.
    pub fn parts(&mut self, label: &str, parts: impl IntoIterator<Item = (String, Style)>) {
        let padding = usize::from(LABEL.saturating_sub(text::width(label)));
        let label = (format!("{label}{:padding$}", ""), self.theme.dim);
        self.lines.push(std::iter::once(label).chain(parts).collect());
    }

    /// Makes the value of the field that was added last lead somewhere.
    pub fn link(&mut self, to: Option<WebLink>) {
        self.links.extend(to.map(|to| (self.lines.len().saturating_sub(1), to)));
    }

    /// Adds a field if it has a value.
    pub fn field_if(&mut self, label: &str, value: Option<impl AsRef<str>>) {
        if let Some(value) = value.filter(|value| !text::or_blank(value.as_ref(), "").is_empty()) {
            self.field(label, value.as_ref(), self.theme.text);
        }
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Draws the lines from the `top`th on. The answer is where what leads somewhere stands.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect, top: usize) -> Vec<Linked> {
        let mut linked = Vec::new();
        for (line, nth) in self.lines.iter().skip(top).take(usize::from(area.height)).zip(0..) {
            let mut row = Row::new(buffer, area, nth);
            let to = self.links.iter().find(|(at, _)| *at == top + usize::from(nth)).map(|(_, to)| to);
            for (part, (text, style)) in line.iter().enumerate() {
                let from = row.x();
                row.text(text, *style);
                // The first part is the field's name, the second its value.
                if let Some(to) = to.filter(|_| part == 1) {
                    let blank = text.len() - text.trim_end().len();
                    let width = (row.x() - from).saturating_sub(u16::try_from(blank).unwrap_or_default());
                    linked.push(Linked { place: Rect::new(from, area.y + nth, width, 1), to: to.clone() });
                }
            }
        }
        linked
    }
}
