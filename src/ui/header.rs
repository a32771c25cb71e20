//! The top of the screen: views, company and user; pipeline and totals; the filter line.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::row::Row;
use super::{Screen, format, panel, text};
use crate::app::layout;
use crate::domain::{DealStatus, Money, Pipeline};

/// What stands before the weighted totals.
const WEIGHTED: &str = "weighted ≈";
/// What may stand after the first of them: how many more there are.
const AND_MORE: u16 = 5;

impl Screen<'_> {
    pub(super) fn header(self, buffer: &mut Buffer, area: Rect) {
        self.tabs(buffer, area);
        if area.height > 1 && self.state.marks() > 0 {
            self.marks(buffer, area);
        } else if area.height > 1 {
            self.pipeline(buffer, area);
        }
    }

    fn tabs(self, buffer: &mut Buffer, area: Rect) {
        let theme = self.theme;
        let mut used = 0;
        for (view, tab, place) in layout::tabs(self.state, self.workspace) {
            let (name, news) = tab.split_once('●').map_or((tab.as_str(), None), |(name, news)| (name, Some(news)));
            let active = view == self.state.view;
            let mut row = Row::new(buffer, place, 0);
            row.text(name, if active { theme.tab } else { theme.dim });
            if let Some(news) = news {
                let style = if active { theme.tab } else { theme.news };
                row.text("●", style).text(news, style);
            }
            used = place.right().saturating_sub(area.x);
        }
        let Some(me) = self.workspace.me() else { return };
        let mut row = Row::new(buffer, area, 0);
        row.skip(used + 2).skip_end(1);
        let name = format!(" · {}", me.name);
        if text::width(&name) + text::width(&me.company) <= row.room() {
            row.end(&name, theme.dim);
        }
        row.end(&me.company, theme.strong);
    }

    fn pipeline(self, buffer: &mut Buffer, area: Rect) {
        let theme = self.theme;
        let Some(pipeline) = self.state.board.pipeline.and_then(|id| self.workspace.pipeline(id)) else { return };
        let totals = self.workspace.pipeline_totals(pipeline.id, self.state.board.status);
        let mut row = Row::new(buffer, area, 1);
        row.skip(1).skip_end(1);
        row.text(text::or_blank(&pipeline.name, "Pipeline"), theme.strong);
        let (mark, status) = match self.state.board.status {
            DealStatus::Won => ("✓ won", theme.good),
            DealStatus::Lost => ("✗ lost", theme.bad),
            DealStatus::Open | DealStatus::Other => ("open", theme.dim),
        };
        row.whole("  ", theme.dim);
        row.whole(mark, status);
        row.whole(&format!(" · {}", format::counted(totals.count(), "deal", "deals")), theme.dim);
        row.skip(3);
        let weighted = if self.weighs(pipeline) { totals.weighted() } else { Vec::new() };
        // What is weighted follows only where the plain totals leave it room.
        let share = if weighted.is_empty() { 1 } else { 2 };
        let room = row.room() / share;
        let shown = self.amounts(&mut row, &totals.values(), 2, room, theme.text);
        let least =
            weighted.first().map_or(0, |sum| 1 + text::width(WEIGHTED) + text::width(&sum.display_short()) + AND_MORE);
        if shown && weighted.iter().any(|sum| !sum.amount.is_zero()) && least <= row.room() {
            row.skip(1).text(WEIGHTED, theme.dim);
            let room = row.room();
            self.amounts(&mut row, &weighted, 2, room, theme.dim);
        }
    }

    /// Whether deals are weighted by probability on the board that is shown. Closed ones are not: of them it is known
    /// how they ended.
    pub(super) fn weighs(self, pipeline: &Pipeline) -> bool {
        pipeline.has_probability && self.state.board.status == DealStatus::Open
    }

    /// Writes as many amounts as fit, `gap` cells apart, a single one in full if it fits into `room`, and how many more
    /// there are; whether all fitted.
    pub(super) fn amounts(self, row: &mut Row, values: &[Money], gap: u16, room: u16, style: Style) -> bool {
        let shown = format::amounts(values, room);
        for (nth, amount) in shown.iter().enumerate() {
            let more = format!("+{}", shown.len() - nth);
            let reserve = if nth + 1 == shown.len() { 0 } else { text::width(&more) + gap };
            if text::width(amount) + reserve > row.room() {
                row.whole(&more, self.theme.dim);
                return false;
            }
            row.text(amount, style).skip(gap);
        }
        true
    }

    /// The filter line; the answer is where its cursor stands while it is typed.
    pub(super) fn filter(self, buffer: &mut Buffer, area: Rect) -> Option<Position> {
        let theme = self.theme;
        let filter = &self.state.filter;
        let mut row = Row::new(buffer, area, 0);
        row.skip(1).skip_end(1).text("/", if filter.typing { theme.accent } else { theme.dim }).skip(1);
        let hint = if filter.typing { "enter keeps it · esc clears it" } else { "esc clears it" };
        if row.room() > text::width(hint) + 20 {
            row.end(hint, theme.dim);
            row.skip_end(2);
        }
        let cursor = panel::input(&mut row, &filter.input, if filter.typing { theme.text } else { theme.accent });
        filter.typing.then_some(Position::new(cursor, area.y))
    }
}
