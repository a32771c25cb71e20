//! A backend that keeps every cell in its place on terminals that disagree about the width of a text.
//!
//! A grapheme of several characters (a letter with vowel signs, a stack of accents) takes as many cells as its
//! characters on some terminals, and one on others. So each is drawn on cleared cells of its own, what comes after it
//! is positioned again, and all of its cells are cleared when it goes.
//!
//! It also writes the hyperlinks of cells (OSC 8).

use std::collections::HashMap;
use std::io::{self, Write};
use std::iter;
use std::sync::{Arc, Mutex, PoisonError};

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::{Cell, CellWidth};
use ratatui::layout::{Position, Size};

use super::ascii;
use super::colors::Charset;
use crate::domain::WebLink;
use crate::ui::Linked;

/// Maximum size of the screen, whatever the terminal reports: a frame of it has half a million cells.
pub const MAX_SIZE: Size = Size { width: 1_000, height: 500 };

/// The hyperlinks of the next frame, set between composing it and drawing it.
#[derive(Debug, Clone, Default)]
pub struct Hyperlinks(Arc<Mutex<Vec<Linked>>>);

impl Hyperlinks {
    /// Replaces the hyperlinks.
    pub fn set(&self, links: Vec<Linked>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = links;
    }

    fn get(&self) -> Vec<Linked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A backend that keeps every cell in its place.
#[derive(Debug)]
pub struct WidthSafeBackend<W: Write> {
    terminal: CrosstermBackend<W>,
    /// The positions of graphemes of several characters and cells, with the number of their cells.
    clusters: HashMap<(u16, u16), u16>,
    links: Hyperlinks,
    /// The last position of the cursor.
    cursor: Position,
    charset: Charset,
}

impl<W: Write> WidthSafeBackend<W> {
    /// Returns a backend for the writer of a terminal.
    pub fn new(writer: W, links: Hyperlinks, charset: Charset) -> Self {
        let terminal = CrosstermBackend::new(writer);
        Self { terminal, clusters: HashMap::new(), links, cursor: Position::ORIGIN, charset }
    }

    fn draw_cells<'a>(&mut self, content: impl Iterator<Item = (u16, u16, &'a Cell)>) -> io::Result<()> {
        let links = self.links.get();
        let link_at = |at| links.iter().find(|link| link.place.contains(at)).map(|link| &link.to);
        let mut led = None;
        let mut run = Vec::new();
        for (x, y, cell) in content {
            let to = link_at(Position::new(x, y));
            if to != led {
                self.terminal.draw(run.drain(..))?;
                self.set_link(to)?;
                led = to;
            }
            let was = self.clusters.remove(&(x, y)).unwrap_or(0);
            let is = cell.cell_width();
            let is_cluster = cell.symbol().chars().nth(1).is_some();
            if is_cluster || was > is {
                self.terminal.draw(run.drain(..))?;
                // The other cells follow later in the content.
                self.clear_cells(x + is, y, was.saturating_sub(is), cell)?;
            }
            if is_cluster {
                self.draw_cluster(x, y, cell)?;
                continue;
            }
            run.push((x, y, cell));
        }
        self.terminal.draw(run.into_iter())?;
        if led.is_some() { self.set_link(None) } else { Ok(()) }
    }

    /// Starts a hyperlink, or ends it.
    fn set_link(&mut self, to: Option<&WebLink>) -> io::Result<()> {
        write!(self.terminal, "\x1b]8;;{}\x1b\\", to.map_or("", WebLink::as_str))
    }

    fn draw_cluster(&mut self, x: u16, y: u16, cell: &Cell) -> io::Result<()> {
        let width = cell.cell_width();
        self.clear_cells(x, y, width, cell)?;
        if width > 1 {
            self.clusters.insert((x, y), width);
        }
        self.terminal.draw(iter::once((x, y, cell)))
    }

    /// Clears cells, with the style of another cell.
    fn clear_cells(&mut self, x: u16, y: u16, width: u16, like: &Cell) -> io::Result<()> {
        let mut blank = like.clone();
        blank.set_symbol(" ");
        self.terminal.draw((x..x.saturating_add(width)).map(|x| (x, y, &blank)))
    }
}

/// Returns a size within [`MAX_SIZE`].
pub fn bounded(size: Size) -> Size {
    Size::new(size.width.min(MAX_SIZE.width), size.height.min(MAX_SIZE.height))
}

impl<W: Write> Backend for WidthSafeBackend<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        if self.charset == Charset::Utf8 {
            return self.draw_cells(content);
        }
        let cells: Vec<_> = content.map(|(x, y, cell)| (x, y, ascii::cell(cell))).collect();
        self.draw_cells(cells.iter().map(|(x, y, cell)| (*x, *y, cell)))
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.terminal.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.terminal.show_cursor()
    }

    /// Returns the last set position: a query to the terminal would wait for an answer that not every terminal gives.
    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.cursor)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.cursor = position.into();
        self.terminal.set_cursor_position(self.cursor)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clusters.clear();
        self.terminal.clear()
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.terminal.clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        self.terminal.size().map(bounded)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        let window = self.terminal.window_size()?;
        Ok(WindowSize { columns_rows: bounded(window.columns_rows), ..window })
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.terminal)
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    use super::super::screen::FrameBytes;
    use super::*;

    /// A terminal that gives each character a cell of its own, or joins vowel signs to the letter before.
    struct Wall {
        joins: bool,
        cells: Vec<String>,
    }

    impl Wall {
        fn take(&mut self, bytes: &[u8]) {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            let mut at = 0_usize;
            let mut chars = text.chars();
            while let Some(c) = chars.next() {
                if c == '\u{1b}' {
                    let command: String = chars.by_ref().skip(1).take_while(|c| !c.is_ascii_alphabetic()).collect();
                    // Only a move has two numbers of which the first is the one row; styles do not move.
                    if let Some(column) = command.strip_prefix("1;").and_then(|column| column.parse::<usize>().ok()) {
                        at = column - 1;
                    }
                } else if self.joins && matches!(c, 'ा' | '्') {
                    self.cells[at - 1].push(c);
                } else {
                    self.cells[at] = c.to_string();
                    at += 1;
                }
            }
        }
    }

    #[test]
    fn what_stands_beside_a_cluster_is_right_whatever_width_the_terminal_gives_it() {
        for joins in [false, true] {
            let mut wall = Wall { joins, cells: vec![".".to_owned(); 12] };
            let bytes = FrameBytes::default();
            let mut grid = WidthSafeBackend::new(bytes.clone(), Hyperlinks::default(), Charset::Utf8);
            let mut shown = Buffer::empty(Rect::new(0, 0, 12, 1));
            for (text, expected) in [("abcdefghijkl", "abcdefghijkl"), ("x प्ताताy z", ""), ("      z", "      z     ")]
            {
                let mut next = Buffer::empty(shown.area);
                next.set_string(0, 0, text, ratatui::style::Style::new());
                grid.draw(shown.diff(&next).into_iter()).unwrap();
                wall.take(&bytes.take());
                shown = next;
                match expected {
                    "" => {
                        let letters: String = [0, 1, 7, 8, 9].map(|at| wall.cells[at].as_str()).concat();
                        assert_eq!(letters, "x y z", "{:?}", wall.cells);
                    }
                    expected => assert_eq!(wall.cells.concat(), expected),
                }
            }
        }
    }

    #[test]
    fn cells_that_lead_somewhere_are_between_its_address_and_none() {
        let bytes = FrameBytes::default();
        let links = Hyperlinks::default();
        let mut grid = WidthSafeBackend::new(bytes.clone(), links.clone(), Charset::Utf8);
        let to = WebLink::mail("ann@acme.test").unwrap();
        links.set(vec![Linked { place: Rect::new(2, 0, 3, 1), to }]);
        let mut next = Buffer::empty(Rect::new(0, 0, 8, 1));
        next.set_string(0, 0, "a bcd ef", ratatui::style::Style::new());
        grid.draw(Buffer::empty(next.area).diff(&next).into_iter()).unwrap();
        let text = String::from_utf8(bytes.take()).unwrap();
        let (before, rest) = text.split_once("\u{1b}]8;;mailto:ann@acme.test\u{1b}\\").unwrap();
        let (inside, after) = rest.split_once("\u{1b}]8;;\u{1b}\\").unwrap();
        assert!(before.contains('a') && inside.contains("bcd") && after.contains("ef"), "{text:?}");
        // Elsewhere it costs nothing.
        links.set(Vec::new());
        grid.draw(Buffer::empty(next.area).diff(&next).into_iter()).unwrap();
        assert!(!bytes.take().windows(2).any(|pair| pair == b"\x1b]"));
    }
}
