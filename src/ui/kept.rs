//! Edits that need attention, what was edited from here, and how far reading has come.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::row::Row;
use super::{Screen, format, panel, text};
use crate::app::account::Attention;
use crate::app::words;
use crate::domain::Edit;
use crate::sync::{EditState, JournalEntry, ReadProgress};

/// How wide the lists are.
const WIDTH: u16 = 76;
/// How many rows of the history are shown at the most.
const HISTORY_ROWS: u16 = 24;
/// How wide the word before mine, theirs and base is.
const SIDE: u16 = 8;
/// How many lines of a reason are shown.
const REASON_LINES: usize = 5;
/// How wide the bar of a reading is.
const BAR: u16 = 24;

impl Screen<'_> {
    /// The edits that need attention: two lines for each, and below them the three sides of a conflict.
    pub(super) fn attention(self, buffer: &mut Buffer, selected: usize) {
        let theme = self.theme;
        let edits = &self.account.edits.attention;
        let rows = u16::try_from(edits.len()).unwrap_or(u16::MAX).clamp(1, 8);
        let sides = edits.get(selected).map(|edit| self.sides(edit)).unwrap_or_default();
        let below = u16::try_from(sides.len()).unwrap_or(0);
        let below = if below > 0 { below + 1 } else { 0 };
        let title = format::counted(edits.len(), "edit needs attention", "edits need attention");
        let height = rows.saturating_mul(2).saturating_add(2).saturating_add(below);
        let (place, inside) = self.window(buffer, &title, WIDTH, height);
        let list = Rect { height: inside.height.saturating_sub(2 + below), ..inside };
        let seen = usize::from(list.height / 2).max(1);
        let top = (selected + 1).saturating_sub(seen).min(edits.len().saturating_sub(seen));
        for ((at, edit), nth) in edits.iter().enumerate().skip(top).take(seen).zip(0_u16..) {
            let place = Rect { y: list.y + nth * 2, height: 2, ..list }.intersection(list);
            if at == selected {
                buffer.set_style(place, theme.selected);
            }
            let bar = if at == selected { "▌" } else { "" };
            let what = if at == selected { theme.strong } else { theme.text };
            Row::new(buffer, place, 0).cell(bar, 2, theme.accent).text(&self.what(&edit.edit, &edit.what), what);
            Row::new(buffer, place, 1).cell(bar, 2, theme.accent).text("✗ ", theme.bad).text(&edit.why, theme.bad);
        }
        let side_area = Rect { y: list.bottom() + 1, height: below.saturating_sub(1), ..inside }.intersection(inside);
        for ((name, value, style), nth) in sides.iter().zip(0..) {
            Row::new(buffer, side_area, nth).skip(2).cell(name, SIDE, theme.dim).text(value, *style);
        }
        let is_clash = edits.get(selected).is_some_and(|edit| edit.theirs.is_some());
        let keys: &[(&str, &str)] = if is_clash {
            &[("m", "mine"), ("t", "theirs"), ("c", "change"), ("d", "discard"), ("esc", "close")]
        } else {
            &[("r", "do it again"), ("c", "change"), ("d", "discard"), ("esc", "close")]
        };
        self.keys(buffer, inside, keys);
        panel::scroll_marks(buffer, place, top, edits.len().saturating_sub(top + seen), theme.dim);
    }

    /// What an edit does, in the words that it was saved with as far as they may be shown.
    pub(super) fn what<'a>(self, edit: &Edit, saved: &'a str) -> Cow<'a, str> {
        words::as_shown(self.workspace, edit, saved)
    }

    /// What was there, what it is now, and what it was to become.
    fn sides(self, edit: &Attention) -> Vec<(&'static str, String, Style)> {
        let theme = self.theme;
        let Some(theirs) = &edit.theirs else {
            // The line in the list has no room for long reasons.
            let words = text::wrap(&edit.why, WIDTH - SIDE, REASON_LINES);
            let is_long = words.len() > 1;
            return words.into_iter().filter(|_| is_long).map(|line| ("", line, theme.text)).collect();
        };
        let side = |edit: &Edit| {
            let values = self.values(&self.workspace.as_shown(&edit.intersect(theirs)));
            if values.is_empty() { "not shown in this pipeline".to_owned() } else { values.join(" · ") }
        };
        let mut sides = vec![("mine", side(&edit.edit), theme.strong), ("theirs", side(theirs), theme.strong)];
        if let Some(base) = &edit.base {
            sides.push(("before", side(base), theme.dim));
        }
        sides
    }

    /// What was edited from here, the latest first.
    pub(super) fn history(self, buffer: &mut Buffer, edits: Option<&[JournalEntry]>, selected: usize) {
        let theme = self.theme;
        let count = edits.map_or(0, <[_]>::len);
        let rows = u16::try_from(count).unwrap_or(u16::MAX).clamp(1, HISTORY_ROWS);
        let (place, inside) = self.window(buffer, "Edited from here", WIDTH + 12, rows.saturating_add(3));
        let list = Rect { height: inside.height.saturating_sub(3), ..inside };
        let Some(edits) = edits.filter(|edits| !edits.is_empty()) else {
            let text = if edits.is_some() { "Nothing was edited in the last 90 days." } else { "Looking…" };
            Row::new(buffer, inside, 0).text(text, theme.dim);
            self.keys(buffer, inside, &[("esc", "close")]);
            return;
        };
        let seen = usize::from(list.height).max(1);
        let top = (selected + 1).saturating_sub(seen).min(count.saturating_sub(seen));
        for ((at, edit), nth) in edits.iter().enumerate().skip(top).take(seen).zip(0_u16..) {
            let is_selected = at == selected;
            if is_selected {
                buffer.set_style(Rect { y: list.y + nth, height: 1, ..list }, theme.selected);
            }
            let (mark, style, _) = self.outcome(edit);
            let mut row = Row::new(buffer, list, nth);
            row.cell(if is_selected { "▌" } else { "" }, 2, theme.accent);
            row.cell(&self.made_at(edit.made_at), 13, theme.dim).cell(mark, 2, style);
            row.text(&self.what(&edit.edit, &edit.what), if is_selected { theme.strong } else { theme.text });
        }
        if let Some(edit) = edits.get(selected) {
            let (mark, style, words) = self.outcome(edit);
            let ended = edit.ended_at.map(|at| format!(" · {}", self.made_at(at))).unwrap_or_default();
            let mut row = Row::new(buffer, inside, inside.height.saturating_sub(2));
            row.skip(2).cell(mark, 2, style).text(&format!("{words}{ended}"), style);
        }
        self.keys(buffer, inside, &[("u", "take it back"), ("j k", "down, up"), ("esc", "close")]);
        panel::scroll_marks(buffer, place, top, count.saturating_sub(top + seen), theme.dim);
    }

    fn outcome(self, edit: &JournalEntry) -> (&'static str, Style, String) {
        let theme = self.theme;
        match &edit.state {
            EditState::Waiting => ("↻", theme.warning, "queued: not yet confirmed by Pipedrive".to_owned()),
            EditState::Confirmed { .. } => ("✓", theme.good, "confirmed by Pipedrive".to_owned()),
            EditState::Attention { why, .. } => ("✗", theme.bad, why.clone()),
            EditState::Discarded => ("–", theme.dim, "discarded".to_owned()),
            EditState::Replaced => ("»", theme.dim, "replaced by a later edit".to_owned()),
        }
    }

    /// Day and time in the user's zone.
    fn made_at(self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.workspace.zone()).format("%m-%d %H:%M").to_string()
    }

    /// How far reading the account has come, below the words in the middle of an empty screen, or in the status bar.
    pub(super) fn reading_in_words(reading: &ReadProgress) -> String {
        let pages = format::counted(reading.pages, "page", "pages");
        let seconds = u32::try_from(reading.elapsed.as_millis()).unwrap_or(u32::MAX).max(1);
        let items = u64::try_from(reading.items).unwrap_or(u64::MAX);
        let rate = items.saturating_mul(1000) / u64::from(seconds);
        let left = reading.left.map(|left| format!(" · {} left", format::rough(left))).unwrap_or_default();
        let rate = format::count(usize::try_from(rate).unwrap_or(usize::MAX));
        format!("{} · {pages} · {rate}/s{left}", format::counted(reading.items, "item", "items"))
    }
}

/// A bar that is filled to a part of it, 0 to 1.
pub(super) fn bar(share: f64) -> String {
    let cells = f64::from(BAR);
    // The clamp keeps it within the bar; the eighths of a cell are block elements.
    #[expect(clippy::cast_sign_loss, reason = "clamped to what is positive")]
    let eighths = (share.clamp(0.0, 1.0) * cells * 8.0).round() as usize;
    let full = eighths / 8;
    let part = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
    let mut bar = "█".repeat(full);
    bar.push_str(part);
    let used = text::width(&bar);
    bar.push_str(&"·".repeat(usize::from(BAR.saturating_sub(used))));
    bar
}
