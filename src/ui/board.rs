//! The board: a column for each stage, cards from the top of each column's window down. Draws only what is on the
//! screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::cells::{NEEDS_LINK, UNLINKED};
use super::next::Next;
use super::row::Row;
use super::{Screen, format, text};
use crate::app::layout;
use crate::domain::{Deal, DealId, DealStatus, ItemRef, Money, Rot, Stage};
use crate::workspace::{BoardColumnKey, Totals};

/// How many label dots a card shows.
const DOTS: usize = 3;

/// A column that is on the screen.
struct Column<'a> {
    stage: &'a Stage,
    place: Rect,
    focused: bool,
    /// Whether a dragged card is over it.
    target: bool,
    /// Whether its deals are weighted by probability.
    weighs: bool,
    /// Columns out of sight to the left, if it is the first, and to the right, if it is the last.
    hidden: (usize, usize),
}

impl Screen<'_> {
    pub(super) fn board(self, buffer: &mut Buffer, body: Rect) {
        let board = &self.session.board;
        let Some(pipeline) = board.pipeline.and_then(|id| self.workspace.pipeline(id)) else {
            return self.emptiness(buffer, body, "There is no pipeline", "make one in Pipedrive, then press R");
        };
        let stages: Vec<&Stage> = self.workspace.stages(pipeline.id).collect();
        if stages.is_empty() {
            return self.emptiness(buffer, body, "This pipeline has no stages", "add some in Pipedrive, then press R");
        }
        let places = layout::columns(body, board.first, stages.len());
        let shown = places.len();
        for (nth, (index, place)) in places.into_iter().enumerate() {
            let Some(stage) = stages.get(index) else { continue };
            let column = Column {
                stage,
                place: Rect { width: place.width.saturating_sub(1), ..place },
                focused: index == board.focus,
                target: board
                    .drag
                    .is_some_and(|drag| drag.over == stage.id && self.comes_from_elsewhere(drag.deal, stage)),
                weighs: self.weighs(pipeline),
                hidden: (if nth == 0 { index } else { 0 }, if nth + 1 == shown { stages.len() - index - 1 } else { 0 }),
            };
            self.column(buffer, body, &column);
        }
    }

    fn comes_from_elsewhere(self, deal: DealId, stage: &Stage) -> bool {
        self.workspace.deal(deal).is_some_and(|deal| deal.stage != stage.id)
    }

    fn column(self, buffer: &mut Buffer, body: Rect, column: &Column) {
        if column.target {
            buffer.set_style(column.place, self.theme.target);
        }
        let cursor = self.session.board.cursors.get(&column.stage.id).copied().unwrap_or_default();
        let cards = self.session.cards(self.workspace, column.stage.id);
        let fit = layout::cards_that_fit(body);
        let below = cards.len().saturating_sub(cursor.top + fit);
        self.column_head(buffer, body, column, cards.len());
        if layout::column_head(body) > 1 {
            self.rule(buffer, body, column, (cursor.top.min(cards.len()), below));
        }
        if cards.is_empty() {
            self.empty_column(buffer, body, column);
        }
        for (nth, id) in cards.iter_from(cursor.top).take(fit).enumerate() {
            let Some(place) = layout::card(column.place, body, nth) else { break };
            if let Some(deal) = self.workspace.deal(id) {
                let selected = column.focused && cursor.selected == Some(id);
                Card { screen: self, deal, column, selected }.draw(buffer, place);
            }
        }
    }

    /// Name, probability and count; below them the totals, plain and weighted.
    fn column_head(self, buffer: &mut Buffer, body: Rect, column: &Column, shown: usize) {
        let theme = self.theme;
        let key = BoardColumnKey { stage: column.stage.id, status: self.session.board.status };
        let totals = self.workspace.column_totals(key);
        let count = totals.map_or(0, Totals::count);
        let count = if self.session.filter.is_on(self.session.view) {
            format!("{} of {}", format::count(shown), format::count(count))
        } else {
            format::count(count)
        };
        let mut row = Row::new(buffer, column.place, 0);
        row.skip(1).skip_end(1).end(&count, if column.focused { theme.accent } else { theme.dim });
        row.skip_end(1);
        if column.weighs {
            let probability = column.stage.probability.to_string();
            if row.room() > text::width(&probability) + 8 {
                row.end(&probability, theme.dim);
                row.skip_end(1);
            }
        }
        row.text(text::or_blank(&column.stage.name, "Stage"), if column.focused { theme.accent } else { theme.strong });

        let shown = self.session.column_totals(self.workspace, column.stage.id);
        if let Some(totals) = shown.filter(|_| layout::column_head(body) > 1) {
            self.column_totals(buffer, body, column, totals);
        }
    }

    /// The totals, plain and weighted: below each other where the head is high, else beside each other.
    fn column_totals(self, buffer: &mut Buffer, body: Rect, column: &Column, totals: &Totals) {
        let theme = self.theme;
        let values = totals.values();
        let weighted = if column.weighs { totals.weighted() } else { Vec::new() };
        let mut row = Row::new(buffer, column.place, 1);
        row.skip(1).skip_end(1);
        if layout::column_head(body) < layout::HIGH_COLUMN_HEAD {
            self.weighted(&mut row, &values, &weighted);
            self.spread(&mut row, &values, theme.text);
        } else {
            self.spread(&mut row, &values, theme.text);
            if !weighted.is_empty() {
                let mut row = Row::new(buffer, column.place, 2);
                row.skip(1).skip_end(1).text("≈", theme.dim);
                self.spread(&mut row, &weighted, theme.dim);
            }
        }
    }

    /// Writes amounts into what is left of a row of the head.
    fn spread(self, row: &mut Row, values: &[Money], style: Style) {
        let room = row.room();
        self.amounts(row, values, 1, room, style);
    }

    /// The weighted totals at the right: beside all plain ones if there is room for them, else beside the first.
    fn weighted(self, row: &mut Row, values: &[Money], weighted: &[Money]) {
        let short = |values: &[Money]| values.iter().map(Money::display_short).collect::<Vec<_>>();
        let (plain, weighted) = match (self.convert(values, true), self.convert(weighted, true)) {
            (Some(plain), Some(weighted)) => (vec![plain], vec![weighted]),
            _ => (short(values), short(weighted)),
        };
        let (Some(first), Some(plain_first)) = (weighted.first(), plain.first()) else { return };
        let more = if weighted.len() > 1 { format!(" +{}", weighted.len() - 1) } else { String::new() };
        let candidates = [format!("≈{}", weighted.join(" ")), format!("≈{first}{more}")];
        for keep in [text::width(&plain.join(" ")) + 1, text::width(plain_first) + 4] {
            for candidate in &candidates {
                if text::width(candidate) + keep <= row.room() {
                    row.end(candidate, self.theme.dim);
                    row.skip_end(1);
                    return;
                }
            }
        }
    }

    /// The rule below the head, with what is out of sight.
    fn rule(self, buffer: &mut Buffer, body: Rect, column: &Column, (above, below): (usize, usize)) {
        let theme = self.theme;
        let (line, style) = if column.focused || column.target { ("━", theme.accent) } else { ("─", theme.faint) };
        let nth = if column.weighs { layout::column_head(body) - 1 } else { 2 };
        let mut row = Row::new(buffer, column.place, nth);
        let (left, right) = column.hidden;
        if left > 0 {
            row.whole(&format!("‹ {left} "), theme.accent);
        }
        if right > 0 {
            row.end(&format!(" {right} ›"), theme.accent);
        }
        let marks = [("▾", below), ("▴", above)];
        let inset = row.room();
        for (mark, cards) in marks.into_iter().filter(|(_, cards)| *cards > 0) {
            if row.room() == inset && right == 0 {
                row.end(line, style);
            }
            row.end(&format!(" {mark} {} ", format::count(cards)), theme.dim);
        }
        row.fill(line, style);
    }

    fn empty_column(self, buffer: &mut Buffer, body: Rect, column: &Column) {
        let what = if column.target {
            "drop it here"
        } else if self.session.filter.is_on(self.session.view) {
            "nothing matches"
        } else if self.account.freshness.read_at.is_none() {
            "reading…"
        } else {
            "no deals"
        };
        Row::new(buffer, column.place, layout::column_head(body)).skip(3).text(what, self.theme.dim);
    }
}

/// A card and how it is shown.
struct Card<'a> {
    screen: Screen<'a>,
    deal: &'a Deal,
    column: &'a Column<'a>,
    selected: bool,
}

impl Card<'_> {
    fn draw(&self, buffer: &mut Buffer, place: Rect) {
        let theme = self.screen.theme;
        self.screen.ground(buffer, place, Some(self.item()), self.selected);
        if self.selected {
            for nth in 0..place.height {
                Row::new(buffer, place, nth).text("▌", theme.accent);
            }
        }
        let (margin, style) = self.screen.margin(Some(self.item()), self.selected);
        Row::new(buffer, place, 0).text(margin, style);
        if place.height == 1 {
            return self.in_one_line(buffer, place);
        }
        self.title(buffer, place);
        self.contact(buffer, place);
        self.figures(buffer, place);
    }

    /// Mark and title; labels and the pending mark at the right.
    fn title(&self, buffer: &mut Buffer, place: Rect) {
        let mut row = self.line(buffer, place, 0);
        self.dots(&mut row);
        self.title_text(&mut row);
    }

    fn in_one_line(&self, buffer: &mut Buffer, place: Rect) {
        let mut row = self.line(buffer, place, 0);
        if row.room() > 20 {
            row.end(&self.deal.value.display_short(), self.screen.theme.text);
            row.skip_end(1);
        }
        self.title_text(&mut row);
    }

    /// A line of the card after its margins; the first one has the mark of what comes next.
    fn line<'b>(&self, buffer: &'b mut Buffer, place: Rect, nth: u16) -> Row<'b> {
        let mut row = Row::new(buffer, place, nth);
        row.skip(1).skip_end(1);
        if nth == 0 {
            let (mark, style) = self.mark();
            row.text(mark, style).skip(1);
        } else {
            row.skip(2);
        }
        row
    }

    fn mark(&self) -> (&'static str, Style) {
        let theme = self.screen.theme;
        match self.deal.status {
            // Where a card has one line there is no other place for it.
            _ if self.deal.needs_link() => (UNLINKED, theme.warning),
            DealStatus::Won => ("✓", theme.good),
            DealStatus::Lost => ("✗", theme.bad),
            DealStatus::Open | DealStatus::Other => {
                let next = self.next();
                (next.mark(), next.style(theme))
            }
        }
    }

    fn next(&self) -> Next {
        let Screen { session, workspace, .. } = self.screen;
        Next::of(workspace.next_activity_due(self.deal.id), session.today(workspace))
    }

    fn title_text(&self, row: &mut Row) {
        let theme = self.screen.theme;
        let dragged = self.screen.session.board.drag.is_some_and(|drag| drag.deal == self.deal.id);
        let style = if self.is_pending() || dragged {
            theme.pending
        } else if self.screen.session.is_marked(self.item()) {
            theme.marked
        } else if self.selected {
            theme.strong
        } else {
            theme.text
        };
        row.text(text::or_blank(&self.deal.title, "(no title)"), style);
    }

    fn dots(&self, row: &mut Row) {
        let Screen { workspace, theme, .. } = self.screen;
        if self.is_pending() {
            row.end("↻", theme.warning);
            row.skip_end(1);
        }
        let labels: Vec<_> = self.deal.labels.iter().take(DOTS).filter_map(|id| workspace.label(*id)).collect();
        for label in labels.iter().rev() {
            row.end("●", theme.label(label.color));
        }
        if !labels.is_empty() {
            row.skip_end(1);
        }
    }

    fn is_pending(&self) -> bool {
        self.screen.workspace.is_pending(self.item())
    }

    fn item(&self) -> ItemRef {
        ItemRef::Deal(self.deal.id)
    }

    /// Organization or person; the owner at the right.
    fn contact(&self, buffer: &mut Buffer, place: Rect) {
        let Screen { workspace, theme, session, .. } = self.screen;
        let mut row = self.line(buffer, place, 1);
        if let Some(owner) = self.deal.owner.and_then(|id| workspace.user(id)) {
            row.end(&owner.initials(), theme.dim);
            row.skip_end(1);
        }
        if let Rot::Rotten { days } = self.deal.rot(self.column.stage, session.now.0) {
            row.end(&format!("✱{days}d"), theme.warning);
            row.skip_end(1);
        }
        if self.deal.needs_link() {
            row.text(NEEDS_LINK, theme.warning);
            return;
        }
        let org = self.deal.org.and_then(|id| workspace.org(id)).map(|org| &org.name);
        let person = || self.deal.person.and_then(|id| workspace.person(id)).map(|person| &person.name);
        row.text(org.or_else(person).map_or("", |name| text::or_blank(name, "")), theme.dim);
    }

    /// Value and probability; what comes next at the right.
    fn figures(&self, buffer: &mut Buffer, place: Rect) {
        let Screen { workspace, theme, .. } = self.screen;
        let mut row = self.line(buffer, place, 2);
        let probability = workspace.deal_probability(self.deal).filter(|_| self.column.weighs).map(|p| p.to_string());
        let beside_value = probability.as_ref().map_or(0, |probability| text::width(probability) + 1);
        let full = self.deal.value.display();
        let short = self.deal.value.display_short();
        let (when, when_short, style) = self.when();
        let room = row.room();
        let fits = |value: &str, when: &str| text::width(value) + beside_value + 1 + text::width(when) <= room;
        let candidates = [(&full, &when), (&full, &when_short), (&short, &when), (&short, &when_short)];
        let (value, when) =
            candidates.into_iter().find(|(value, when)| fits(value, when)).unwrap_or((&short, &when_short));
        row.whole(value, if self.selected { theme.strong } else { theme.text });
        if let Some(probability) = probability {
            row.skip(1).whole(&probability, theme.dim);
        }
        row.skip(1).end(when, style);
    }

    /// When the next activity is due, or when the deal was closed: in full and short.
    fn when(&self) -> (String, String, Style) {
        let Screen { workspace, theme, session, .. } = self.screen;
        let today = session.today(workspace);
        if self.deal.status != DealStatus::Open {
            let closed = self.deal.closed.map(|at| at.with_timezone(&workspace.zone()).date_naive());
            let day = closed.map(|day| format::calendar_day(day, today)).unwrap_or_default();
            return (day.clone(), day, theme.dim);
        }
        let style = self.next().style(theme);
        match workspace.next_activity_due(self.deal.id) {
            None => ("no activity".to_owned(), "none".to_owned(), theme.dim),
            Some(due) => (format::due(due, today), format::due_in_short(due, today), style),
        }
    }
}
