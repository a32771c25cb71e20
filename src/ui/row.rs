//! One line of the screen, filled from both ends. The only way in which text gets into the buffer: here it is made
//! safe and cut to the room there is.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::text;

/// A line of the screen with the room that is left in it.
pub struct Row<'a> {
    buffer: &'a mut Buffer,
    y: u16,
    left: u16,
    right: u16,
}

impl<'a> Row<'a> {
    /// The `nth` line of an area; one without room if it is not on the screen.
    pub fn new(buffer: &'a mut Buffer, area: Rect, nth: u16) -> Self {
        let seen = area.intersection(buffer.area);
        let y = area.y.saturating_add(nth);
        let right = if nth < area.height && (seen.top()..seen.bottom()).contains(&y) { seen.right() } else { seen.x };
        Self { buffer, y, left: seen.x, right }
    }

    /// How many cells are left.
    pub fn room(&self) -> u16 {
        self.right.saturating_sub(self.left)
    }

    /// Where the next text begins.
    pub fn x(&self) -> u16 {
        self.left
    }

    /// Writes as much of a text as there is room for.
    pub fn text(&mut self, text: &str, style: Style) -> &mut Self {
        let (fitted, width) = text::fit(text, self.room());
        self.put(self.left, &fitted, style);
        self.left += width;
        self
    }

    /// Writes a text only if there is room for all of it, so that no figure is ever cut.
    pub fn whole(&mut self, text: &str, style: Style) -> bool {
        let fits = text::width(text) <= self.room();
        if fits {
            self.text(text, style);
        }
        fits
    }

    /// Writes a text at the right end, only if there is room for all of it.
    pub fn end(&mut self, text: &str, style: Style) -> bool {
        let width = text::width(text);
        let fits = width <= self.room();
        if fits {
            let (fitted, width) = text::fit(text, width);
            self.right -= width;
            self.put(self.right, &fitted, style);
        }
        fits
    }

    /// Writes a text into the next `width` cells, and goes on after them.
    pub fn cell(&mut self, text: &str, width: u16, style: Style) -> &mut Self {
        let width = width.min(self.room());
        let (fitted, _) = text::fit(text, width);
        self.put(self.left, &fitted, style);
        self.left += width;
        self
    }

    /// Writes a text at the right end of the next `width` cells: for figures.
    pub fn figure(&mut self, text: &str, width: u16, style: Style) -> &mut Self {
        let width = width.min(self.room());
        let (fitted, used) = text::fit(text, width);
        self.put(self.left + (width - used.min(width)), &fitted, style);
        self.left += width;
        self
    }

    /// Leaves cells empty.
    pub fn skip(&mut self, cells: u16) -> &mut Self {
        self.left += cells.min(self.room());
        self
    }

    /// Leaves cells at the right end empty.
    pub fn skip_end(&mut self, cells: u16) -> &mut Self {
        self.right -= cells.min(self.room());
        self
    }

    /// Fills what is left with a symbol one cell wide.
    pub fn fill(&mut self, symbol: &str, style: Style) {
        let line = symbol.repeat(usize::from(self.room()));
        self.put(self.left, &line, style);
        self.left = self.right;
    }

    /// Writes what has been fitted to the room there is.
    fn put(&mut self, x: u16, fitted: &str, style: Style) {
        self.buffer.set_stringn(x, self.y, fitted, usize::from(u16::MAX), style);
    }
}
