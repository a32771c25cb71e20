//! The top of the screen: views, company and user; pipeline and totals; the filter line.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::row::Row;
use super::{Screen, format, panel, text};
use crate::app::{View, layout};
use crate::domain::{ConvertedTotal, DealStatus, Money, Pipeline};

/// What stands before the weighted totals.
const WEIGHTED: &str = "weighted ≈";
/// What may stand after the first of them: how many more there are.
const AND_MORE: u16 = 5;
/// How long what is asked beside the words may be, each.
const LONGEST_CHIP: u16 = 30;

impl Screen<'_> {
    pub(super) fn header(self, buffer: &mut Buffer, area: Rect) {
        self.tabs(buffer, area);
        if area.height > 1 && self.session.marks() > 0 {
            self.marks(buffer, area);
        } else if area.height > 1 {
            match self.session.view {
                View::Board => self.pipeline(buffer, area),
                _ => self.summary(buffer, area),
            }
        }
    }

    fn tabs(self, buffer: &mut Buffer, area: Rect) {
        let theme = self.theme;
        let mut used = 0;
        for (view, tab, place) in layout::tabs(self.session, self.workspace) {
            let (name, news) = tab.split_once('●').map_or((tab.as_str(), None), |(name, news)| (name, Some(news)));
            let active = view == self.session.view;
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
        let Some(pipeline) = self.session.board.pipeline.and_then(|id| self.workspace.pipeline(id)) else { return };
        let totals = self.session.totals(self.workspace);
        let mut row = Row::new(buffer, area, 1);
        row.skip(1).skip_end(1);
        row.text(text::or_blank(&pipeline.name, "Pipeline"), theme.strong);
        self.status_shown(&mut row);
        row.whole(&format!(" · {}", format::counted(totals.count(), "deal", "deals")), theme.dim);
        self.order_shown(&mut row);
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

    /// What a view lists: how many rows, in which order, and what the deals add up to.
    fn summary(self, buffer: &mut Buffer, area: Rect) {
        let theme = self.theme;
        let view = self.session.view;
        let mut row = Row::new(buffer, area, 1);
        row.skip(1).skip_end(1).text(view.name(), theme.strong);
        if view == View::Deals {
            self.status_shown(&mut row);
        }
        let shown = match view {
            View::Activities => self.session.agenda(self.workspace).len(),
            View::Leads => self.session.inbox(self.workspace).len(),
            _ => self.session.rows(self.workspace).len(),
        };
        row.whole(&format!(" · {}", format::count(shown)), theme.dim);
        self.order_shown(&mut row);
        if view == View::Deals {
            row.skip(3);
            let room = row.room();
            self.amounts(&mut row, &self.session.totals(self.workspace).values(), 2, room, theme.text);
        }
    }

    fn status_shown(self, row: &mut Row) {
        let theme = self.theme;
        let (mark, status) = match self.session.board.status {
            DealStatus::Won => ("✓ won", theme.good),
            DealStatus::Lost => ("✗ lost", theme.bad),
            DealStatus::Open | DealStatus::Other => ("open", theme.dim),
        };
        row.whole("  ", theme.dim);
        row.whole(mark, status);
    }

    /// By what the list is sorted, if not as usual.
    fn order_shown(self, row: &mut Row) {
        if let Some(order) = self.session.arrangements.order(self.session.view) {
            let arrow = if order.descending { "▼" } else { "▲" };
            row.whole(
                &format!(
                    " · by {} {arrow}",
                    text::fit(self.workspace.column_name(order.by), LONGEST_CHIP).0.to_lowercase()
                ),
                self.theme.accent,
            );
        }
    }

    /// Whether deals are weighted by probability on the board that is shown. Closed ones are not: of them it is known
    /// how they ended.
    pub(super) fn weighs(self, pipeline: &Pipeline) -> bool {
        self.workspace.has_probability(pipeline.id) && self.session.board.status == DealStatus::Open
    }

    /// The amounts in one currency, where there are rates and it is not theirs anyway: shortened or not, with what has
    /// no rate named beside it.
    pub(super) fn convert(self, values: &[Money], short: bool) -> Option<String> {
        const MOST_NAMED: usize = 2;
        let rates = self.session.preferences.rates.as_ref()?;
        if rates.is_base_only(values) {
            return None;
        }
        let ConvertedTotal { sum, rest } = rates.convert(values);
        let display = |money: &Money| if short { money.display_short() } else { money.display() };
        let mut parts = vec![format!("Σ{}", display(&sum))];
        match rest.len() {
            0..=MOST_NAMED => parts.extend(rest.iter().map(|money| format!("+{}", display(money)))),
            more => parts.push(format!("+{more} other currencies")),
        }
        Some(parts.join(" "))
    }

    /// Writes the amounts in one currency, as fully as there is room for, with the others behind.
    fn amounts_in_one(self, row: &mut Row, values: &[Money], gap: u16, style: Style) {
        let others: u16 = values.iter().map(|money| text::width(&money.display_short()) + gap).sum();
        let full = self.convert(values, false).filter(|text| text::width(text) + gap + others <= row.room());
        if let Some(text) = full.or_else(|| self.convert(values, true)).filter(|text| text::width(text) <= row.room()) {
            row.text(&text, style).skip(gap);
        }
    }

    /// Writes what amounts add up to in one currency, where there are rates; then as many of them as fit, `gap` cells apart, a single one in full if it fits into `room`, and how many more
    /// there are; whether all fitted.
    pub(super) fn amounts(self, row: &mut Row, values: &[Money], gap: u16, room: u16, style: Style) -> bool {
        self.amounts_in_one(row, values, gap, style);
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
        let filter = &self.session.filter;
        let mut row = Row::new(buffer, area, 0);
        row.skip(1).skip_end(1).text("/", if filter.typing { theme.accent } else { theme.dim }).skip(1);
        let chips: Vec<String> =
            self.chips().iter().map(|chip| format!("[{}]", text::fit(chip, LONGEST_CHIP).0)).collect();
        let chips = chips.join(" ");
        let hint = if filter.typing { "enter keeps it · esc clears it" } else { "esc clears it" };
        if row.room() > text::width(hint) + text::width(&chips) + 20 {
            row.end(hint, theme.dim);
            row.skip_end(2);
        }
        if !filter.typing {
            let (words, _) = text::fit(filter.input.value().trim(), row.room());
            row.text(&words, theme.accent).skip(if words.is_empty() { 0 } else { 2 }).text(&chips, theme.accent);
            return None;
        }
        let room = row.room() / 2;
        row.end(&text::fit(&chips, room).0, theme.accent);
        row.skip_end(1);
        let cursor = panel::input(&mut row, &filter.input, theme.text);
        Some(Position::new(cursor, area.y))
    }
}
