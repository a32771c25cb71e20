//! What is done to many items by one key: how it fares, the questions before it, and labels to put on or take away.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::kept::bar;
use super::row::Row;
use super::sheet::Sheet;
use super::{Screen, format, panel, text};
use crate::app::bulk::Bulk;
use crate::app::dialogs::Confirm;
use crate::app::targets::{Checklist, Tick};

/// How wide the dialogs are.
const WIDTH: u16 = 64;
/// How many labels are shown at once at the most.
const LABELS: u16 = 16;
/// How many parts that were not done are shown.
const NOT_DONE: usize = 500;

impl Screen<'_> {
    /// How the bulk that is under way fares, in a line.
    pub(super) fn bulk_line(self, row: &mut Row) {
        let Some(bulk) = self.account.running_bulk() else { return };
        let words = self.bulk_in_words(bulk);
        if row.room() > text::width(&words) + 26 {
            row.text(&bar(bulk.share()), self.theme.accent).skip(1);
        }
        row.text(&words, self.theme.text);
    }

    /// How far a bulk has come: done of all, what failed, how fast, how long yet.
    fn bulk_in_words(self, bulk: &Bulk) -> String {
        let mut words = vec![format!("{} of {}", format::count(bulk.done()), format::count(bulk.total))];
        if !bulk.failed.is_empty() {
            words.push(format!("{} failed", format::count(bulk.failed.len())));
        }
        if bulk.stopped > 0 {
            words.push(format!("{} taken back", format::count(bulk.stopped)));
        }
        words.extend(bulk.rate(self.session.now).map(|rate| format!("{rate:.1}/s")));
        words.extend(bulk.left(self.session.now).map(|left| format!("{} left", format::countdown(left))));
        words.push(bulk.what.clone());
        words.join(" · ")
    }

    /// The bulk that is told of in full; the answer is how far it can be scrolled.
    pub(super) fn bulk(self, buffer: &mut Buffer, top: u16) -> Option<u16> {
        let theme = self.theme;
        let bulk = self.account.told_bulk()?;
        let screen = buffer.area;
        let width = WIDTH.min(screen.width.saturating_sub(4));
        let mut sheet = Sheet::new(theme, width);
        sheet.paragraph(&bulk.what, theme.strong);
        sheet.gap();
        sheet.paragraph(&bar(bulk.share()), theme.accent);
        sheet.field("Done", &format!("{} of {}", format::count(bulk.done()), format::count(bulk.total)), theme.text);
        if bulk.stopped > 0 {
            sheet.field("Taken back", &format::count(bulk.stopped), theme.text);
        }
        if let Some(rate) = bulk.rate(self.session.now) {
            sheet.field("Pace", &format!("{rate:.1} a second"), theme.text);
        }
        if let Some(left) = bulk.left(self.session.now).filter(|_| bulk.ended.is_none()) {
            sheet.field("Left", &format::countdown(left), theme.text);
        }
        for (title, list, style) in [("Failed", &bulk.failed, theme.bad), ("Left out", &bulk.left_out, theme.dim)] {
            if list.is_empty() {
                continue;
            }
            sheet.heading(&format!("{title} {}", format::count(list.len())));
            for one in list.iter().take(NOT_DONE) {
                sheet.paragraph(&one.what, theme.text);
                sheet.paragraph(&format!("  {}", one.why), style);
            }
        }
        let rows = u16::try_from(sheet.len()).unwrap_or(u16::MAX).saturating_add(2);
        let (place, inside) = self.window(buffer, "Done to many", width, rows.min(screen.height.saturating_sub(2)));
        let list = Rect { height: inside.height.saturating_sub(2), ..inside };
        let end = sheet.len().saturating_sub(usize::from(list.height));
        let top = usize::from(top).min(end);
        sheet.draw(buffer, list, top);
        let keys: &[(&str, &str)] = if bulk.ended.is_none() {
            &[("s", "stop: take back what was not sent"), ("esc", "close")]
        } else {
            &[("esc", "close")]
        };
        self.keys(buffer, inside, keys);
        panel::scroll_marks(buffer, place, top, end - top, theme.dim);
        u16::try_from(end).ok()
    }

    pub(super) fn confirm(self, buffer: &mut Buffer, confirm: &Confirm) {
        let theme = self.theme;
        let width = buffer.area.width.saturating_sub(8).clamp(1, 52);
        let (title, question, names, more, word) = match confirm {
            Confirm::DeleteAll { what, names, more } => {
                ("Delete", format!("Delete {what}? It cannot be undone from here."), names.as_slice(), *more, "delete")
            }
            Confirm::UndoAll { what, count, deletes, .. } => {
                let how = if *deletes { "deletes" } else { "takes" };
                let edits = if *deletes {
                    format!("{how} {} that were made", format::count(*count))
                } else {
                    format!("{how} {}", format::counted(*count, "edit", "edits"))
                };
                ("Undo", format!("Undo '{what}'? That {edits}."), [].as_slice(), 0, "undo")
            }
        };
        let mut lines: Vec<_> = text::wrap(&question, width, 4).into_iter().map(|line| (line, theme.text)).collect();
        lines.extend(names.iter().map(|name| (format!("· {}", text::or_blank(name, "(no title)")), theme.dim)));
        if more > 0 {
            lines.push((format!("· and {} more", format::count(more)), theme.dim));
        }
        let height = u16::try_from(lines.len()).unwrap_or(1).saturating_add(2);
        let (_, inside) = self.window(buffer, title, width, height);
        let body = Rect { height: inside.height.saturating_sub(2), ..inside };
        for ((line, style), nth) in lines.iter().zip(0..) {
            Row::new(buffer, body, nth).text(line, *style);
        }
        self.keys(buffer, inside, &[("y", word), ("n", "cancel")]);
    }

    pub(super) fn labels(self, buffer: &mut Buffer, list: &Checklist) {
        let theme = self.theme;
        let rows = u16::try_from(list.lines.len()).unwrap_or(u16::MAX).clamp(1, LABELS);
        let (place, inside) = self.window(buffer, "Labels", WIDTH.min(48), rows + 2);
        let body = Rect { height: inside.height.saturating_sub(2), ..inside };
        let seen = usize::from(body.height).max(1);
        let top = (list.selected + 1).saturating_sub(seen);
        for ((at, line), nth) in list.lines.iter().enumerate().skip(top).take(seen).zip(0..) {
            let selected = at == list.selected;
            if selected && nth < body.height {
                buffer.set_style(Rect { y: body.y + nth, height: 1, ..body }, theme.selected);
            }
            let (tick, style) = match line.tick {
                Tick::On => ("[x]", theme.strong),
                Tick::Off => ("[ ]", theme.dim),
                Tick::Mixed => ("[~]", theme.warning),
            };
            let mut row = Row::new(buffer, body, nth);
            row.cell(if selected { "▌" } else { "" }, 2, theme.accent).cell(tick, 4, style);
            if line.tick == Tick::Mixed {
                row.skip_end(1).end("as they are", theme.dim);
                row.skip_end(1);
            }
            row.text("●", theme.label(line.color)).skip(1);
            row.text(text::or_blank(&line.name, "(no name)"), if selected { theme.strong } else { theme.text });
        }
        self.keys(buffer, inside, &[("space", "on or off"), ("enter", "do it"), ("esc", "leave")]);
        panel::scroll_marks(buffer, place, top, list.lines.len().saturating_sub(top + seen), theme.dim);
    }
}
