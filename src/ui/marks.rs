//! What shows that items are marked: a mark before each, and how many there are.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::row::Row;
use super::{Screen, format, text};
use crate::app::View;
use crate::app::actions::{Action, describe};
use crate::app::news::Flash;
use crate::domain::ItemRef;

/// What stands before a marked item.
const MARK: &str = "■";
/// What stands before an item that somebody else has just changed.
const CHANGED: &str = "•";

impl Screen<'_> {
    /// What stands in the first cell of an item's line: whether it is marked, whether it has the cursor, and whether
    /// somebody else has just changed it.
    pub(super) fn margin(self, item: Option<ItemRef>, selected: bool) -> (&'static str, Style) {
        let flashes = item.is_some_and(|item| self.account.flash(item, self.session.now).is_some());
        match (item.is_some_and(|item| self.session.is_marked(item)), selected) {
            (true, true) => (MARK, self.theme.accent),
            (true, false) => (MARK, self.theme.marked),
            (false, _) if flashes => (CHANGED, self.theme.news),
            (false, true) => ("▌", self.theme.accent),
            (false, false) => ("", self.theme.text),
        }
    }

    /// The ground on which an item is written.
    pub(super) fn ground(self, buffer: &mut Buffer, place: Rect, item: Option<ItemRef>, selected: bool) {
        if selected {
            buffer.set_style(place, self.theme.selected);
        }
        let [bright, faded] = self.theme.flash;
        match item.and_then(|item| self.account.flash(item, self.session.now)) {
            Some(Flash::Bright) => buffer.set_style(place, bright),
            Some(Flash::Faded) => buffer.set_style(place, faded),
            None => {}
        }
    }

    /// How many items are marked, where any are, in few cells.
    pub(super) fn marks_in_short(self) -> Option<String> {
        let count = self.session.marks();
        (count > 0).then(|| format!("{MARK} {}", format::count(count)))
    }

    /// How many items are marked and what deals among them add up to.
    pub(super) fn marks(self, buffer: &mut Buffer, area: Rect) {
        let theme = self.theme;
        let mut row = Row::new(buffer, area, 1);
        let (one, many) = match self.session.view {
            View::Board | View::Deals => ("deal", "deals"),
            View::Activities => ("activity", "activities"),
            View::Leads => ("lead", "leads"),
            View::People => ("person", "people"),
            View::Orgs => ("organization", "organizations"),
            View::Users => ("user", "users"),
        };
        row.skip(1).skip_end(1);
        row.text(&format!("{MARK} {} marked", format::counted(self.session.marks(), one, many)), theme.marked);
        let key = describe(Action::Back).and_then(|described| described.keys.first()).unwrap_or(&"");
        let hint = format!("{key} clears the marks");
        let values = self.session.marked_totals().values();
        if row.room() > text::width(&hint) + 24 {
            row.end(&hint, theme.dim);
            row.skip_end(2);
        }
        if !values.is_empty() {
            row.text(" · ", theme.dim);
            let room = row.room();
            self.amounts(&mut row, &values, 2, room, theme.text);
        }
    }
}
