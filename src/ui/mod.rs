//! The view: what one screen shows of the account, as a frame. [`view`] is a pure function of state, workspace and
//! theme: it changes nothing, reads no clock, and looks only at what is on the screen, however large the account.
//!
//! All text goes through `row::Row`, which lets nothing but printable characters into the buffer.

mod activities;
mod board;
mod cells;
mod contacts;
mod detail;
mod diagnostics;
mod dialogs;
mod dossier;
mod format;
mod header;
mod kept;
mod leads;
mod marks;
mod next;
mod notes;
mod panel;
mod row;
mod sheet;
mod status;
mod table;
mod text;
mod theme;
mod token;
mod values;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

pub use self::text::{fit, width};
pub use self::theme::{ColorSupport, Theme};
use crate::app::layout::{LEAST_SIZE, layout};
use crate::app::{State, View};
use crate::sync::Reading;
use crate::workspace::Workspace;

use self::row::Row;

/// Draws the screen. The answer is for [`State::scroll_end`].
pub fn view(state: &State, workspace: &Workspace, theme: &Theme, frame: &mut Frame) -> Option<u16> {
    let drawn = Screen { state, workspace, theme }.draw(frame.buffer_mut());
    if let Some(cursor) = drawn.cursor.filter(|at| frame.area().contains(*at)) {
        frame.set_cursor_position(cursor);
    }
    drawn.scroll_end
}

/// A text from outside in one line, fit to be printed on a terminal.
pub fn printable(text: &str) -> String {
    const LONGEST: u16 = 400;
    text::fit(text, LONGEST).0
}

/// How far a reading has come, in a line for a terminal.
pub fn progress_line(reading: &Reading) -> String {
    let words = format!("reading {}: {}", reading.what, Screen::reading_in_words(reading));
    match reading.share {
        Some(share) => format!("{} {:3.0}% {words}", kept::bar(share), share * 100.0),
        None => words,
    }
}

/// What was found out by drawing.
#[derive(Default)]
struct Drawn {
    /// Where the text cursor stands, if it is shown.
    cursor: Option<Position>,
    /// How far what scrolls by rows can be scrolled.
    scroll_end: Option<u16>,
}

/// What is needed to draw any part of the screen.
#[derive(Clone, Copy)]
struct Screen<'a> {
    state: &'a State,
    workspace: &'a Workspace,
    theme: &'a Theme,
}

impl Screen<'_> {
    /// Draws all parts.
    fn draw(self, buffer: &mut Buffer) -> Drawn {
        let (width, height) = self.state.size;
        if width < LEAST_SIZE.0 || height < LEAST_SIZE.1 {
            self.too_small(buffer);
            return Drawn::default();
        }
        let places = layout(self.state);
        self.header(buffer, places.header);
        let cursor = places.filter.and_then(|place| self.filter(buffer, place));
        let mut drawn = Drawn { cursor, scroll_end: None };
        if places.detail != Some(places.body) {
            match self.state.view {
                View::Board => self.board(buffer, places.body),
                View::Activities => self.activities(buffer, places.body),
                View::Leads => self.leads(buffer, places.body),
                View::Deals | View::People | View::Orgs | View::Users => self.table(buffer, places.body),
            }
        }
        if let Some(place) = places.detail {
            drawn.scroll_end = Some(self.detail(buffer, place));
        }
        self.status(buffer, places.status);
        self.boxed_notices(buffer, places.status);
        if let Some(dialog) = &self.state.dialog {
            drawn = self.dialog(buffer, dialog);
        }
        drawn
    }

    fn too_small(self, buffer: &mut Buffer) {
        let area = buffer.area;
        let (width, height) = LEAST_SIZE;
        let hint = format!("Too small: make this window {width}×{height} or larger");
        for (line, nth) in text::wrap(&hint, area.width, usize::from(area.height)).iter().zip(0..) {
            Row::new(buffer, area, nth).text(line, self.theme.warning);
        }
    }

    /// Says in the middle of an area why there is nothing in it.
    fn nothing_here(self, buffer: &mut Buffer, area: Rect, what: &str, hint: &str) {
        let top = area.height.saturating_sub(2) / 3;
        let lines = [(what, self.theme.text), (hint, self.theme.dim)];
        for ((line, style), nth) in lines.into_iter().zip(top..) {
            let mut row = Row::new(buffer, area, nth);
            let margin = row.room().saturating_sub(text::width(line)) / 2;
            row.skip(margin).text(line, style);
        }
    }

    /// Why a whole view is empty: still reading, not reachable, filtered, or truly empty.
    fn emptiness(self, buffer: &mut Buffer, area: Rect, nothing: &str, hint: &str) {
        let (what, hint) = match self.absence() {
            Some((what, hint)) => (what, hint),
            None if self.state.filter.is_on() => ("Nothing matches the filter".to_owned(), "esc clears it".to_owned()),
            None => (nothing.to_owned(), hint.to_owned()),
        };
        self.nothing_here(buffer, area, &what, &hint);
    }
}
