//! Forms: fields from top to bottom, what is offered below the one with the cursor, and at the foot what is wrong or how
//! to fill it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::row::Row;
use super::{Screen, panel, text};
use crate::app::form::{Field, Form, Kind, Name, Places, label_width, lines, places};
use crate::domain::FieldKind;

impl Screen<'_> {
    /// Draws a form; the answer is where its cursor stands.
    pub(super) fn form(self, buffer: &mut Buffer, form: &Form) -> Option<Position> {
        let theme = self.theme;
        let placed = places(buffer.area, form);
        panel::frame(buffer, placed.frame, &form.title(), theme.accent, theme.accent);
        let mut cursor = None;
        for (at, place) in &placed.fields {
            let Some(field) = form.fields.get(*at) else { continue };
            let is_focused = *at == form.focus;
            let stands = self.field(buffer, *place, field, is_focused);
            if is_focused {
                self.offers(buffer, &placed, field);
                cursor = Some(stands);
            }
        }
        self.foot(buffer, placed.foot, form);
        let (above, below) = placed.hidden;
        panel::scroll_marks(buffer, placed.frame, above, below, theme.dim);
        cursor
    }

    /// Draws a field; the answer is where its cursor stands.
    fn field(self, buffer: &mut Buffer, place: Rect, field: &Field, is_focused: bool) -> Position {
        let theme = self.theme;
        let label_style = match (&field.error, is_focused) {
            (Some(_), _) => theme.bad,
            (None, true) => theme.accent,
            (None, false) => theme.dim,
        };
        let mut row = Row::new(buffer, place, 0);
        row.cell(&field.label, label_width(place.width), label_style);
        let mark = match (&field.error, is_focused) {
            (Some(_), _) => "✗ ",
            (None, true) => "› ",
            (None, false) => "  ",
        };
        row.text(mark, label_style);
        if field.kind == Kind::Lines {
            return self.text_lines(buffer, Places::typed(place), field, is_focused);
        }
        let today = self.session.today(self.workspace);
        if let Some(remark) = field.remark(today).filter(|remark| text::width(remark) + 8 < row.room()) {
            row.end(&remark, theme.dim);
            row.skip_end(1);
        }
        let style = match (is_focused, &field.kind) {
            (_, Kind::Shown) => theme.dim,
            (true, _) if field.is_chosen() || field.is_marked => theme.strong.patch(theme.selected),
            (true, _) => theme.strong,
            (false, _) => theme.text,
        };
        if field.is_several() {
            for (nth, offer) in field.chosen.iter().enumerate() {
                let separator = if nth > 0 { ", " } else { "" };
                row.text(separator, theme.dim).text(text::or_blank(&offer.name, "?"), style);
            }
            if !field.chosen.is_empty() {
                row.text(" ", style);
            }
        }
        let stands = panel::input(&mut row, &field.input, style);
        Position::new(stands, place.y)
    }

    /// Draws a text of several lines, the part that the cursor is in.
    fn text_lines(self, buffer: &mut Buffer, place: Rect, field: &Field, is_focused: bool) -> Position {
        let value = field.input.value();
        let rows = lines::rows(value, place.width);
        let at = lines::row_of(&rows, field.input.cursor());
        let seen = usize::from(place.height.max(1));
        let top = if is_focused { (at + 1).saturating_sub(seen) } else { 0 };
        let style = if is_focused { self.theme.strong } else { self.theme.text };
        let mut stands = Position::new(place.x, place.y);
        for ((rank, range), nth) in rows.iter().enumerate().skip(top).take(seen).zip(0_u16..) {
            let part = |from: usize, to: usize| -> String {
                value.chars().skip(from).take(to.saturating_sub(from)).filter(|c| *c != '\n').collect()
            };
            let mut row = Row::new(buffer, place, nth);
            row.text(&part(range.start, range.end), style);
            if rank == at {
                let before = text::width(&part(range.start, field.input.cursor()));
                stands = Position::new(place.x.saturating_add(before), place.y.saturating_add(nth));
            }
        }
        stands
    }

    /// Draws what is offered for the field with the cursor.
    fn offers(self, buffer: &mut Buffer, placed: &Places, field: &Field) {
        let theme = self.theme;
        let list = placed.offers;
        let seen = field.offers.iter().enumerate().skip(placed.first_offer).take(usize::from(list.height));
        for ((at, offer), nth) in seen.zip(0_u16..) {
            let is_marked = field.marked == Some(at);
            if is_marked {
                buffer.set_style(Rect { y: list.y.saturating_add(nth), height: 1, ..list }, theme.selected);
            }
            let mut row = Row::new(buffer, list, nth);
            row.cell(if is_marked { "▌" } else { "│" }, 2, if is_marked { theme.accent } else { theme.faint });
            if field.is_several() {
                let is_on = field.chosen.iter().any(|chosen| chosen.pick == offer.pick);
                row.text(if is_on { "✓ " } else { "  " }, theme.good);
            }
            row.text(text::or_blank(&offer.name, "(no name)"), if is_marked { theme.strong } else { theme.text });
            row.skip(2).text(&offer.hint, theme.dim);
        }
    }

    /// Draws what is wrong with the field with the cursor, or how to fill it, and the keys.
    fn foot(self, buffer: &mut Buffer, foot: Rect, form: &Form) {
        let theme = self.theme;
        if foot.height == 0 {
            return;
        }
        Row::new(buffer, foot, 0).fill("─", theme.faint);
        let field = form.focused();
        let (words, style) = match field.and_then(|field| field.error.as_deref()) {
            _ if form.leaving => ("Throw away what was typed? y throws it away, any other key stays.", theme.warning),
            Some(error) => (error, theme.bad),
            None => match field {
                Some(field) if !field.warning.is_empty() => (field.warning, theme.warning),
                field => (field.map_or("", hint), theme.dim),
            },
        };
        for (line, nth) in text::wrap(words, foot.width, 2).iter().zip(1_u16..) {
            Row::new(buffer, foot, nth).text(line, style);
        }
        let save = if form.is_new { "create" } else { "save" };
        let enter = if form.is_at_end() { save } else { "next field" };
        let enter = match field {
            Some(field) if field.kind == Kind::Lines => "new line",
            Some(field) if field.marked.is_some() => "take",
            _ => enter,
        };
        self.keys(buffer, foot, &[("ctrl-s", save), ("enter", enter), ("tab", "next field"), ("esc", "leave")]);
    }
}

/// How to fill a custom field that is typed.
const fn typed_hint(kind: &FieldKind) -> &'static str {
    match kind {
        FieldKind::Number => "a number; empty for none",
        FieldKind::DateRange => "two days, such as 2026-12-24..2026-12-31 or fri..+2w; empty for none",
        FieldKind::Time => "a time of day, such as 14:30; empty for none",
        FieldKind::TimeRange => "two times of day, such as 9:00..17:30; empty for none",
        FieldKind::Address => "one line: street, city, country",
        _ => "",
    }
}

/// How to fill a field.
const fn hint(field: &Field) -> &'static str {
    match (&field.kind, field.name) {
        (Kind::Money(_), _) => "an amount, with another currency's code if need be: 12500 or 12500 USD",
        (Kind::Percent, _) => "0 to 100; empty for the stage's own",
        (Kind::Day, _) => "2026-12-24, 24.12., fri, next fri, +3d, +2w, +1m, eom or eoq; empty for none",
        (Kind::When, _) => "tomorrow, fri 14:30, + (by a day), +3d, 24.12. 9:00; empty for none",
        (Kind::Minutes, _) => "30, 45m, 1:30 or 1h 30m; empty for none",
        (Kind::Choice(_), _) => "left and right, or the first letters, choose",
        (Kind::Several(_), _) => "up and down, enter takes one or takes it away; type to narrow the list",
        (Kind::Many(_), _) => "type a name, enter takes it; backspace takes the last one away",
        (Kind::One(_, true), _) => "type a name, down and enter take one that exists; a new name is created along",
        (Kind::One(_, false), _) => "type a part of the name, enter takes the marked one; empty for none",
        (Kind::Point { .. }, _) => {
            "ctrl-l: work, home, mobile or other; ctrl-t: the one to use first; clear it to delete it"
        }
        (Kind::Lines, _) => "enter begins a new line; tab goes on",
        (Kind::Shown, _) => "cannot be changed",
        (Kind::Text, Name::Address) => "one line: street, city, country",
        (Kind::Typed(def), _) => typed_hint(&def.kind),
        (Kind::Text, _) => "",
    }
}
