//! The dialog in which the columns of a table are chosen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::row::Row;
use super::{Screen, panel};
use crate::app::columns::Chosen;

/// How wide it is inside.
const WIDTH: u16 = 44;

impl Screen<'_> {
    pub(super) fn columns_dialog(self, buffer: &mut Buffer, chosen: &Chosen) {
        let theme = self.theme;
        let most = buffer.area.height.saturating_sub(6).max(1);
        let rows = u16::try_from(chosen.columns.len()).unwrap_or(u16::MAX).min(most);
        let (place, inside) = self.window(buffer, "Columns", WIDTH, rows.saturating_add(3));
        let list = Rect { height: inside.height.saturating_sub(3), ..inside };
        let seen = usize::from(list.height);
        let top = (chosen.selected + 1).saturating_sub(seen).min(chosen.columns.len().saturating_sub(seen));
        for ((nth, (facet, on)), y) in chosen.columns.iter().enumerate().skip(top).take(seen).zip(0..) {
            let selected = nth == chosen.selected;
            if selected {
                buffer.set_style(Rect { y: list.y + y, height: 1, ..list }, theme.selected);
            }
            let mut row = Row::new(buffer, list, y);
            row.cell(if selected { "▌" } else { "" }, 2, theme.accent);
            row.cell(if *on { "✓" } else { "" }, 2, theme.good);
            row.text(self.workspace.column_name(*facet), if *on { theme.text } else { theme.dim });
        }
        panel::scroll_marks(buffer, place, top, chosen.columns.len().saturating_sub(top + seen), theme.dim);
        let keys = Rect { y: inside.bottom().saturating_sub(2), height: 2.min(inside.height), ..inside };
        for (keys_of_row, nth) in
            [[("space", "show or hide"), ("J K", "move")], [("enter", "done"), ("u", "as usual")]].iter().zip(0..)
        {
            let mut row = Row::new(buffer, keys, nth);
            for (key, word) in keys_of_row {
                row.text(key, theme.accent).skip(1).text(word, theme.dim).skip(3);
            }
        }
    }
}
