//! The view: what one screen shows of the account, as a frame. [`view`] is a pure function of state, workspace and
//! theme: it changes nothing, reads no clock, and looks only at what is on the screen, however large the account.
//!
//! All text goes through `row::Row`, which lets nothing but printable characters into the buffer.

mod activities;
mod board;
mod bulk;
mod calendar;
mod cells;
mod chips;
mod columns;
mod contacts;
mod custom;
mod detail;
mod diagnostics;
mod dialogs;
mod dossier;
mod form;
mod format;
mod freshness;
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
use ratatui::buffer::{Buffer, CellDiffOption};
use ratatui::layout::{Position, Rect};

pub use self::text::{escape_json, fit, width};
pub use self::theme::{ColorSupport, Theme};
use crate::app::calendar::Shape;
use crate::app::dialogs::Dialog;
use crate::app::layout::{LEAST_SIZE, is_too_small, layout};
use crate::app::{Account, Session, View};
use crate::domain::WebLink;
use crate::sync::ReadProgress;
use crate::workspace::Workspace;

use self::row::Row;

/// A place on the screen that leads somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// Where it is: a part of one row.
    pub place: Rect,
    /// Where it leads.
    pub to: WebLink,
}

/// What only drawing can tell.
#[derive(Debug, Default)]
pub struct Measured {
    /// For [`Viewport::scroll_end`](crate::app::session::Viewport::scroll_end).
    pub scroll_end: Option<u16>,
    /// What leads somewhere; the cells of these are drawn with every frame.
    pub links: Vec<Linked>,
}

/// Draws the screen.
pub fn view(session: &Session, account: &Account, theme: &Theme, frame: &mut Frame) -> Measured {
    let drawn = Screen { session, account, workspace: &account.workspace, theme }.draw(frame.buffer_mut());
    if let Some(cursor) = drawn.cursor.filter(|at| frame.area().contains(*at)) {
        frame.set_cursor_position(cursor);
    }
    let mut links = drawn.links;
    links.retain(|_| session.preferences.links);
    // Where a link leads is not a part of its cells: those that look the same may lead elsewhere now.
    let buffer = frame.buffer_mut();
    let area = buffer.area;
    for at in links.iter().flat_map(|link| link.place.intersection(area).positions()) {
        buffer[at].set_diff_option(CellDiffOption::AlwaysUpdate);
    }
    Measured { scroll_end: drawn.scroll_end, links }
}

/// A text from outside in one line, fit to be printed on a terminal.
pub fn printable(text: &str) -> String {
    const LONGEST: u16 = 400;
    text::fit(text, LONGEST).0
}

/// How far a reading has come, in a line for a terminal.
pub fn progress_line(reading: &ReadProgress) -> String {
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
    /// What leads somewhere.
    links: Vec<Linked>,
}

/// What is needed to draw any part of the screen.
#[derive(Clone, Copy)]
struct Screen<'a> {
    session: &'a Session,
    account: &'a Account,
    workspace: &'a Workspace,
    theme: &'a Theme,
}

impl Screen<'_> {
    /// Draws all parts.
    fn draw(self, buffer: &mut Buffer) -> Drawn {
        if is_too_small(self.session) {
            self.too_small(buffer);
            return Drawn::default();
        }
        let places = layout(self.session);
        self.header(buffer, places.header);
        let cursor = places.filter.and_then(|place| self.filter(buffer, place));
        let mut drawn = Drawn { cursor, ..Drawn::default() };
        if places.detail != Some(places.body) {
            match self.session.view {
                View::Board => self.board(buffer, places.body),
                View::Activities if self.session.calendar.shape != Shape::List => self.calendar(buffer, places.body),
                View::Activities => self.activities(buffer, places.body),
                View::Leads => self.leads(buffer, places.body),
                View::Deals | View::People | View::Orgs | View::Users => self.table(buffer, places.body),
            }
        }
        if let Some(place) = places.detail {
            drawn = Drawn { cursor, ..self.detail(buffer, place) };
        }
        self.status(buffer, places.status);
        self.boxed_notices(buffer, places.status);
        if let Some(dialog) = &self.session.dialog {
            drawn = self.dialog(buffer, dialog);
        }
        drawn
    }

    fn too_small(self, buffer: &mut Buffer) {
        let area = buffer.area;
        let (width, height) = LEAST_SIZE;
        let hint = match self.session.dialog {
            Some(Dialog::Quit) => "Some edits are not saved yet: quits once they are. ctrl-c quits now".to_owned(),
            _ => format!("Too small: make this window {width}×{height} or larger, or quit with ctrl-c"),
        };
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
            None if self.session.filter.is_on(self.session.view) => {
                ("Nothing matches the filter".to_owned(), "esc clears it".to_owned())
            }
            None => (nothing.to_owned(), hint.to_owned()),
        };
        self.nothing_here(buffer, area, &what, &hint);
    }
}
