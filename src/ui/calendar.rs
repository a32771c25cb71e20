//! The activities as a calendar: days side by side or one alone, the hours from top to bottom.

use chrono::{Datelike, NaiveDate, Timelike};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::next::Next;
use super::row::Row;
use super::{Screen, format, text};
use crate::app::calendar::{Block, DayColumn, Grid, HOURS, Shape};
use crate::domain::{Activity, ItemRef};

impl Screen<'_> {
    pub(super) fn calendar(self, buffer: &mut Buffer, body: Rect) {
        if let Some((what, hint)) = self.absence() {
            return self.nothing_here(buffer, body, &what, &hint);
        }
        let grid = self.session.grid(self.workspace, body);
        self.hours(buffer, body, &grid);
        for column in &grid.days {
            self.day_head(buffer, column);
            self.now_line(buffer, &grid, column);
            // The selected one stands over those that have no room beside it.
            let is_selected = |block: &&Block| self.session.cursors.activities.selected == Some(block.id);
            let (selected, others): (Vec<&Block>, Vec<&Block>) = column.blocks.iter().partition(is_selected);
            for block in others.into_iter().chain(selected) {
                if let Some(activity) = self.workspace.activity(block.id) {
                    self.block(buffer, block, activity, column.day);
                }
            }
            self.beyond(buffer, &grid, column);
        }
    }

    /// The week's number and the full hours.
    fn hours(self, buffer: &mut Buffer, body: Rect, grid: &Grid) {
        let theme = self.theme;
        let gutter = Rect { width: HOURS.min(body.width), ..body };
        if let Some(first) = grid.days.first() {
            Row::new(buffer, gutter, 0).skip(1).text(&format!("W{}", first.day.iso_week().week()), theme.dim);
        }
        if grid.hours.y > body.y + 1 {
            Row::new(buffer, gutter, 1).text("all d.", theme.faint);
        }
        let now = self.local_now();
        let now_row = grid.row_of(now.hour() * 60 + now.minute());
        for nth in 0..grid.hours.height {
            let minute = grid.from + u32::from(nth) * grid.step;
            let mut row = Row::new(buffer, Rect { width: gutter.width, ..grid.hours }, nth);
            let is_today_shown = grid.days.iter().any(|column| column.day == now.date());
            if now_row == Some(nth) && is_today_shown {
                row.text(&format::time(now.time()), theme.strong.patch(theme.bad));
            } else if minute.is_multiple_of(60) && minute < 24 * 60 {
                row.text(&format!("{:02}:00", minute / 60), theme.dim);
            }
        }
    }

    fn local_now(self) -> chrono::NaiveDateTime {
        self.session.now.0.with_timezone(&self.workspace.zone()).naive_local()
    }

    /// A day's name: marked where it has the cursor, and where it is today.
    fn day_head(self, buffer: &mut Buffer, column: &DayColumn) {
        let theme = self.theme;
        let today = self.session.today(self.workspace);
        let has_cursor = column.day == self.session.calendar_day(self.workspace);
        let place = Rect { width: column.place.width.saturating_sub(1), ..column.place };
        if has_cursor {
            buffer.set_style(Rect { height: 1, ..place }, theme.selected);
        }
        let mut row = Row::new(buffer, place, 0);
        row.text(if has_cursor { "▌" } else { " " }, theme.accent);
        let style = if column.day == today { theme.strong.patch(theme.good) } else { theme.strong };
        row.text(&day_name(column.day, self.session.calendar.shape), style);
        if column.day == today {
            row.whole(" today", theme.good);
        }
        if column.more > 0 {
            row.end(&format!("+{}", column.more), theme.dim);
        }
    }

    /// A line through today where the time is now.
    fn now_line(self, buffer: &mut Buffer, grid: &Grid, column: &DayColumn) {
        let now = self.local_now();
        if column.day != now.date() {
            return;
        }
        if let Some(nth) = grid.row_of(now.hour() * 60 + now.minute()) {
            let place = Rect { x: column.place.x, width: column.place.width.saturating_sub(1), ..grid.hours };
            Row::new(buffer, place, nth).fill("─", self.theme.bad);
        }
    }

    /// How many activities are above what is shown, and how many below.
    fn beyond(self, buffer: &mut Buffer, grid: &Grid, column: &DayColumn) {
        let place = Rect { x: column.place.x, width: column.place.width.saturating_sub(1), ..grid.hours };
        let (above, below) = column.beyond;
        let last = grid.hours.height.saturating_sub(1);
        for (count, mark, nth) in [(above, "▴", 0), (below, "▾", last)] {
            if count > 0 {
                Row::new(buffer, place, nth).end(&format!(" {mark} {count}"), self.theme.dim);
            }
        }
    }

    fn block(self, buffer: &mut Buffer, block: &Block, activity: &Activity, day: NaiveDate) {
        let theme = self.theme;
        let place = block.place.intersection(buffer.area);
        let selected = self.session.cursors.activities.selected == Some(activity.id);
        let item = ItemRef::Activity(activity.id);
        let pending = self.workspace.is_pending(item);
        let (mark, mark_style) = self.calendar_mark(activity, day, pending);
        for (line, nth) in self.block_lines(activity, place.width, place.height).into_iter().zip(0..place.height) {
            let mut row = Row::new(buffer, place, nth);
            row.fill(" ", Style::new());
            let line_of_it = Rect { y: place.y + nth, height: 1, ..place };
            self.ground(buffer, line_of_it, Some(item), selected);
            let mut row = Row::new(buffer, place, nth);
            row.text(if nth == 0 { mark } else { "│" }, mark_style);
            for (part, style) in line {
                let style = if pending { theme.pending } else { style };
                row.text(&part, style);
            }
        }
    }

    /// A mark for an activity of a day: what the list tells by its sections.
    fn calendar_mark(self, activity: &Activity, day: NaiveDate, pending: bool) -> (&'static str, Style) {
        if pending {
            return ("↻", self.theme.warning);
        }
        let next = Next::of(Some((day, None)), self.session.today(self.workspace));
        let is_marked = self.session.is_marked(ItemRef::Activity(activity.id));
        (if is_marked { "✔" } else { next.mark() }, next.style(self.theme))
    }

    /// What is said of an activity in so many lines: the first says most.
    fn block_lines(self, activity: &Activity, width: u16, height: u16) -> Vec<Vec<(String, Style)>> {
        let theme = self.theme;
        let local = activity.due.and_then(|due| due.local(self.workspace.zone()).1);
        let time = local.map(|time| format!("{} ", format::time(time))).unwrap_or_default();
        let subject = text::or_blank(&activity.subject, "(no subject)").to_owned();
        let kind = self.workspace.activity_type(&activity.kind).map_or(activity.kind.as_str(), |kind| &kind.name);
        let contact = self.contact(activity.person, activity.org);
        let about = self.activity_subject(activity, false);
        let strong =
            if self.session.cursors.activities.selected == Some(activity.id) { theme.strong } else { theme.text };
        let mut lines = if self.session.calendar.shape == Shape::Day {
            let length = activity.minutes.map(|minutes| format!("{minutes} min ")).unwrap_or_default();
            let mut first = vec![(time, theme.dim), (subject, strong), (format!("  {kind} {length}"), theme.dim)];
            let rest = [contact, about];
            if height <= 1 {
                first.extend(
                    rest.into_iter().filter(|part| !part.is_empty()).map(|part| (format!(" · {part}"), theme.dim)),
                );
                vec![first]
            } else {
                let rest = rest.into_iter().filter(|part| !part.is_empty()).map(|part| vec![(part, theme.dim)]);
                std::iter::once(first).chain(rest).collect()
            }
        } else if height <= 1 {
            vec![vec![(time, theme.dim), (subject, strong)]]
        } else {
            let room = usize::from(height) - 1;
            let subject =
                text::wrap(&subject, width.saturating_sub(1), room).into_iter().map(|line| vec![(line, strong)]);
            let first = vec![(time, theme.dim), (kind.to_owned(), theme.dim)];
            std::iter::once(first).chain(subject).chain([vec![(contact, theme.dim)]]).collect()
        };
        lines.resize(usize::from(height), Vec::new());
        lines
    }
}

/// A day's name, in full where there is room for it.
fn day_name(day: NaiveDate, shape: Shape) -> String {
    match shape {
        Shape::Day => day.format("%A %-d %B %Y").to_string(),
        Shape::List | Shape::Week => day.format("%a %-d").to_string(),
    }
}
