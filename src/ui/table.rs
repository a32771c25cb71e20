//! Tables: deals, people, organizations and users, a row each.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::row::Row;
use super::{Screen, text};
use crate::app::View;
use crate::app::columns::{GAP, MARGIN, Placed};
use crate::app::layout;
use crate::app::tables::RowId;
use crate::domain::{DealStatus, FieldKind};
use crate::workspace::Column;

/// What stands before the title of a lead that came with the last poll.
const NEW: &str = "new ";
/// From which width on there is room for that.
const NEW_FROM: u16 = 12;

impl Screen<'_> {
    pub(super) fn table(self, buffer: &mut Buffer, body: Rect) {
        let view = self.session.view;
        let rows = self.session.rows(self.workspace);
        if rows.is_empty() {
            let (nothing, hint) = self.nothing_in(view);
            return self.emptiness(buffer, body, nothing, hint);
        }
        let title = if view == View::Deals { "Deal" } else { "Name" };
        self.rows_of_table(buffer, body, title, rows.iter_from(self.session.cursors.tables.cursor(view).top));
    }

    /// The heads of the columns, and rows as far as there is room.
    pub(super) fn rows_of_table(self, buffer: &mut Buffer, body: Rect, title: &str, rows: impl Iterator<Item = RowId>) {
        let columns = self.session.placed_columns(self.workspace, body.width);
        self.table_head(buffer, body, title, &columns);
        for (row, nth) in rows.take(layout::rows_that_fit(body)).zip(layout::TABLE_HEAD..) {
            self.table_row(buffer, body, nth, row, &columns);
        }
    }

    /// Why a table has no rows, and what to do about it.
    const fn nothing_in(self, view: View) -> (&'static str, &'static str) {
        match (view, self.session.board.status) {
            (View::Deals, DealStatus::Won) => ("No deal has been won", "t shows those that were lost"),
            (View::Deals, DealStatus::Lost) => ("No deal has been lost", "t shows those that are open"),
            (View::Deals, DealStatus::Open | DealStatus::Other) => ("There are no open deals", "n makes one"),
            (View::People, _) => ("There are no people", "those that you add in Pipedrive show up here"),
            (View::Orgs, _) => ("There are no organizations", "those that you add in Pipedrive show up here"),
            _ => ("There are no users", ""),
        }
    }

    fn table_head(self, buffer: &mut Buffer, body: Rect, title: &str, columns: &[Placed]) {
        let mut row = Row::new(buffer, body, 0);
        row.skip(MARGIN);
        for column in columns {
            let name = match column.facet {
                Column::Title => title,
                facet => self.workspace.column_head(facet),
            };
            let order = self.session.arrangements.order(self.session.view).filter(|order| order.by == column.facet);
            let style = if order.is_some() { self.theme.accent } else { self.theme.dim };
            let arrow = order.map_or("", |order| if order.descending { "▼" } else { "▲" });
            let room = column.width.saturating_sub(text::width(arrow));
            let (name, _) = text::fit(name, room);
            let head = format!("{name}{arrow}");
            if self.is_figure(column.facet) {
                row.figure(&head, column.width, style);
            } else {
                row.cell(&head, column.width, style);
            }
            row.skip(GAP);
        }
    }

    fn table_row(self, buffer: &mut Buffer, body: Rect, nth: u16, id: RowId, columns: &[Placed]) {
        let theme = self.theme;
        let place = Rect::new(body.x, body.y.saturating_add(nth), body.width.saturating_sub(1), 1);
        let selected = self.session.selected_row() == Some(id);
        self.ground(buffer, place, id.item(), selected);
        let pending = id.item().is_some_and(|item| self.workspace.is_pending(item));
        let (mark, mark_style) = if pending { ("↻", theme.warning) } else { self.row_mark(id) };
        let mut row = Row::new(buffer, place, 0);
        let marked = id.item().is_some_and(|item| self.session.is_marked(item));
        let (margin, margin_style) = self.margin(id.item(), selected);
        row.cell(margin, 2, margin_style).cell(mark, MARGIN - 2, mark_style);
        for column in columns {
            let end = row.room().saturating_sub(column.width);
            let mut width = column.width;
            if column.facet == Column::Title && self.is_new(id) && width > NEW_FROM {
                row.text(NEW, theme.news);
                width -= text::width(NEW);
            }
            if column.facet == Column::Labels {
                self.label_dots(&mut row, &self.labels_of(id), column.width);
            } else {
                let (text, style) = self.cell(id, column.facet, width);
                let style = match (column.facet, pending, selected) {
                    (Column::Title, true, _) => theme.pending,
                    (Column::Title, false, _) if marked => theme.marked,
                    (Column::Title, false, true) => theme.strong,
                    _ => style,
                };
                if self.is_figure(column.facet) {
                    row.figure(&text, width, style);
                } else {
                    row.cell(&text, width, style);
                }
            }
            let over = row.room().saturating_sub(end);
            row.skip(over + GAP);
        }
    }

    /// Whether a column stands at its right edge.
    fn is_figure(self, facet: Column) -> bool {
        match facet {
            Column::Value
            | Column::Weighted
            | Column::Probability
            | Column::OpenDeals
            | Column::People
            | Column::StageAge => true,
            Column::Custom(_) => {
                let field = self.workspace.column_field(facet);
                field.is_some_and(|field| matches!(field.kind, FieldKind::Number | FieldKind::Money))
            }
            _ => false,
        }
    }
}
