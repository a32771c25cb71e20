//! What opens over the view: help, pickers, prompts and the question before quitting.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::row::Row;
use super::{Drawn, Screen, format, panel, text};
use crate::app::actions::{ACTIONS, Group};
use crate::app::dialogs::{Dialog, PickDialog, Prompt};
use crate::app::layout;
use crate::domain::ItemRef;

/// How wide a column of the help is.
const HELP_COLUMN: u16 = 54;
/// How wide the keys in the help are.
const HELP_KEYS: u16 = 19;

impl Screen<'_> {
    /// Draws a dialog over the view.
    pub(super) fn dialog(self, buffer: &mut Buffer, dialog: &Dialog) -> Drawn {
        let mut drawn = Drawn::default();
        match dialog {
            Dialog::Help { top } => drawn.scroll_end = Some(self.help(buffer, *top)),
            Dialog::Diagnostics { top } => drawn.scroll_end = Some(self.diagnostics(buffer, *top)),
            Dialog::Pick(picker) => drawn.cursor = Some(self.picker(buffer, picker)),
            Dialog::Columns(chosen) => self.columns_dialog(buffer, chosen),
            Dialog::Prompt(prompt) => drawn.cursor = Some(self.prompt(buffer, prompt)),
            Dialog::Note(editor) => drawn.cursor = self.note_editor(buffer, editor),
            Dialog::Form(form) => drawn.cursor = self.form(buffer, form),
            Dialog::Attention { selected } => self.attention(buffer, *selected),
            Dialog::History { edits, selected } => self.history(buffer, edits.as_deref(), *selected),
            Dialog::Token(asked) => drawn.cursor = Some(self.token(buffer, asked)),
            Dialog::Delete { item, name, undo } => self.delete(buffer, *item, name, undo.is_some()),
            Dialog::Confirm(confirm) => self.confirm(buffer, confirm),
            Dialog::Labels(list) => self.labels(buffer, list),
            Dialog::Bulk { top } => drawn.scroll_end = self.bulk(buffer, *top),
            Dialog::Next { about, name, .. } => self.ask_next(buffer, *about, name),
            Dialog::BackToLead { title, undo, .. } => self.back_to_lead(buffer, title, undo.is_some()),
            Dialog::Quit => self.quit(buffer),
        }
        drawn
    }

    /// A frame in the middle of the screen with room for this many columns and rows inside: all of it, and the room.
    pub(super) fn window(self, buffer: &mut Buffer, title: &str, width: u16, height: u16) -> (Rect, Rect) {
        let screen = buffer.area;
        let place = layout::centered(screen, width.saturating_add(4), height.saturating_add(2));
        (place, panel::frame(buffer, place, title, self.theme.accent, self.theme.accent))
    }

    /// Draws the help; the answer is how far it can be scrolled.
    fn help(self, buffer: &mut Buffer, top: u16) -> u16 {
        let theme = self.theme;
        let screen = buffer.area;
        let fit = (screen.width.saturating_sub(4) / HELP_COLUMN).clamp(1, 3);
        let columns = help_columns(usize::from(fit));
        let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
        let height = u16::try_from(rows).unwrap_or(u16::MAX);
        let width = HELP_COLUMN.saturating_mul(u16::try_from(columns.len()).unwrap_or(1)).saturating_sub(2);
        let (place, inside) = self.window(buffer, "Help", width, height.min(screen.height.saturating_sub(2)));
        let seen = usize::from(inside.height);
        let end = rows.saturating_sub(seen);
        let top = usize::from(top).min(end);
        for (column, at) in columns.iter().zip(0_u16..) {
            let area = Rect { x: inside.x + at * HELP_COLUMN, width: HELP_COLUMN - 2, ..inside }.intersection(inside);
            for (line, nth) in column.iter().skip(top).take(seen).zip(0..) {
                let mut row = Row::new(buffer, area, nth);
                match line {
                    HelpLine::Gap => {}
                    HelpLine::Heading(title) => {
                        row.text(title, theme.accent);
                    }
                    HelpLine::Keys(keys, name) => {
                        row.cell(keys, HELP_KEYS, theme.strong).text(name, theme.text);
                    }
                }
            }
        }
        panel::scroll_marks(buffer, place, top, end - top, theme.dim);
        u16::try_from(end).unwrap_or(u16::MAX)
    }

    fn picker(self, buffer: &mut Buffer, picker: &PickDialog) -> Position {
        let theme = self.theme;
        let place = layout::picker(buffer.area, picker);
        let inside = panel::frame(buffer, place, picker.title, theme.accent, theme.accent);
        let mut row = Row::new(buffer, inside, 0);
        row.text("› ", theme.accent);
        let cursor = panel::input(&mut row, &picker.list.input, theme.text);
        Row::new(buffer, inside, 1).fill("─", theme.faint);

        let list = layout::picker_list(place);
        let seen = usize::from(list.height).max(1);
        let count = picker.list.matching.len();
        let top = picker.list.top(seen);
        if count == 0 {
            Row::new(buffer, list, 0).text("No results", theme.dim);
        }
        for ((rank, line), nth) in picker.list.lines().enumerate().skip(top).take(usize::from(list.height)).zip(0..) {
            let selected = rank == picker.list.selected;
            if selected {
                buffer.set_style(Rect { y: list.y + nth, height: 1, ..list }, theme.selected);
            }
            let mut row = Row::new(buffer, list, nth);
            row.cell(if selected { "▌" } else { "" }, 2, theme.accent).skip_end(1);
            let room = row.room().saturating_sub(text::width(&line.label).min(row.room() / 2) + 2);
            let (hint, _) = text::fit(&line.hint, room);
            row.end(&hint, theme.dim);
            row.skip_end(1).text(&line.label, if selected { theme.strong } else { theme.text });
        }
        panel::scroll_marks(buffer, place, top, count.saturating_sub(top + seen), theme.dim);
        Position::new(cursor, inside.y)
    }

    fn prompt(self, buffer: &mut Buffer, prompt: &Prompt) -> Position {
        let theme = self.theme;
        let width = buffer.area.width.saturating_sub(8).clamp(1, 64);
        let (below, below_style) = match &prompt.error {
            Some(error) => (format!("✗ {error}"), theme.bad),
            None => (prompt.hint().to_owned(), theme.dim),
        };
        let below = text::wrap(&below, width, 4);
        let height = u16::try_from(below.len()).unwrap_or(1).saturating_add(2);
        let (_, inside) = self.window(buffer, prompt.title(), width, height);
        let mut row = Row::new(buffer, inside, 0);
        row.text("› ", theme.accent);
        let style = if prompt.marked { theme.strong.patch(theme.selected) } else { theme.strong };
        if let Some(means) = prompt.means(self.session.today(self.workspace)) {
            row.end(&format!("→ {means}"), theme.dim);
            row.skip_end(1);
        }
        let cursor = panel::input(&mut row, &prompt.input, style);
        for (line, nth) in below.iter().zip(2..) {
            Row::new(buffer, inside, nth).text(line, below_style);
        }
        Position::new(cursor, inside.y)
    }

    fn delete(self, buffer: &mut Buffer, item: ItemRef, name: &str, is_undo: bool) {
        let why = if is_undo { ", which was made from here" } else { "" };
        let kept = if matches!(item, ItemRef::Deal(_)) { " Pipedrive keeps deleted deals for 30 days." } else { "" };
        self.question(buffer, "Delete", &format!("Delete '{name}'{why}?{kept}"), "delete");
    }

    fn back_to_lead(self, buffer: &mut Buffer, title: &str, is_undo: bool) {
        let why = if is_undo { " again, as it was before" } else { "" };
        let question = format!(
            "Make a lead of '{title}'{why}? Its notes and activities go along; stage and probability are lost with the deal."
        );
        self.question(buffer, "Back to a lead", &question, "make it a lead");
    }

    fn ask_next(self, buffer: &mut Buffer, about: ItemRef, name: &str) {
        let kind = match about {
            ItemRef::Deal(_) => "the deal ",
            ItemRef::Lead(_) => "the lead ",
            _ => "",
        };
        let question = format!("Nothing more is planned for {kind}'{name}'.");
        self.answered(buffer, "What is next?", &question, &[("n", "plan it"), ("esc", "not now")]);
    }

    /// A question that is answered by yes or no.
    fn question(self, buffer: &mut Buffer, title: &str, question: &str, yes: &str) {
        self.answered(buffer, title, question, &[("y", yes), ("n", "cancel")]);
    }

    /// A question with the keys that answer it.
    fn answered(self, buffer: &mut Buffer, title: &str, question: &str, keys: &[(&str, &str)]) {
        let width = buffer.area.width.saturating_sub(8).clamp(1, 52);
        let lines = text::wrap(question, width, 5);
        let height = u16::try_from(lines.len()).unwrap_or(1).saturating_add(2);
        let (_, inside) = self.window(buffer, title, width, height);
        let body = Rect { height: inside.height.saturating_sub(2), ..inside };
        for (line, nth) in lines.iter().zip(0..) {
            Row::new(buffer, body, nth).text(line, self.theme.text);
        }
        self.keys(buffer, inside, keys);
    }

    fn quit(self, buffer: &mut Buffer) {
        let theme = self.theme;
        let width = buffer.area.width.saturating_sub(8).clamp(1, 52);
        let pending = self.workspace.pending();
        let nowhere = self.account.edits.attention.iter().filter(|edit| !edit.is_kept);
        let question = if pending > 0 {
            format!(
                "{} not yet confirmed by Pipedrive. dealdeck quits when that is done; or now?",
                format::counted(pending, "edit is", "edits are")
            )
        } else {
            let count = format::counted(nowhere.clone().count(), "edit is", "edits are");
            format!("{count} not done and kept nowhere: gone with dealdeck. Quit all the same?")
        };
        let mut lines: Vec<_> = text::wrap(&question, width, 4).into_iter().map(|line| (line, theme.text)).collect();
        let mut under_way: Vec<_> = self.account.edits.in_flight.iter().collect();
        under_way.sort_by_key(|(id, _)| **id);
        lines.extend(
            under_way.into_iter().take(5).map(|(_, edit)| (format!("↻ {}", edit.what(self.workspace)), theme.dim)),
        );
        lines.extend(nowhere.take(5).map(|edit| (format!("✗ {}", self.what(&edit.edit, &edit.what)), theme.dim)));
        let height = u16::try_from(lines.len()).unwrap_or(1).saturating_add(2);
        let (_, inside) = self.window(buffer, "Quit", width, height);
        let body = Rect { height: inside.height.saturating_sub(2), ..inside };
        for ((line, style), nth) in lines.iter().zip(0..) {
            Row::new(buffer, body, nth).text(line, *style);
        }
        self.keys(buffer, inside, &[("y", "quit now"), ("n", "stay")]);
    }

    /// The keys of a dialog, in its last line.
    pub(super) fn keys(self, buffer: &mut Buffer, inside: Rect, keys: &[(&str, &str)]) {
        let mut row = Row::new(buffer, inside, inside.height.saturating_sub(1));
        for (key, word) in keys {
            if text::width(key) + text::width(word) < row.room() {
                row.text(key, self.theme.accent).skip(1).text(word, self.theme.dim).skip(3);
            }
        }
    }
}

/// What the help says of marks and mouse, below the keys.
const LEGEND: [(&str, &[(&str, &str)]); 2] = [
    (
        "Mouse",
        &[
            ("click", "Select; once more for the details"),
            ("drag", "Move a deal to another column"),
            ("wheel", "Up and down"),
        ],
    ),
    (
        "Marks",
        &[
            ("!  ◆  ◇  ·", "Overdue, today, later, nothing"),
            ("✱9d", "Rotting: untouched for 9 days"),
            ("∅", "Needs a person or organization"),
            ("≈", "Weighted by probability"),
            ("Σ", "All currencies in one, by your rates"),
            ("■", "Marked: the next action is done to it"),
            ("↻", "Not yet confirmed by Pipedrive"),
            ("•", "Somebody else has just changed it"),
            ("●", "A label; a lead nobody has seen"),
            ("▾ 3  ▴ 3", "Three more below, above"),
        ],
    ),
];

/// A line of the help.
enum HelpLine {
    Gap,
    Heading(&'static str),
    Keys(String, &'static str),
}

/// The help in columns of about the same length, groups kept together.
fn help_columns(count: usize) -> Vec<Vec<HelpLine>> {
    let groups: Vec<Vec<HelpLine>> = Group::ALL
        .into_iter()
        .map(|group| {
            let keys = ACTIONS.iter().filter(|described| described.group == group);
            let keys = keys.map(|described| HelpLine::Keys(described.keys.join("  "), described.name));
            std::iter::once(HelpLine::Heading(group.title())).chain(keys).collect()
        })
        .chain(LEGEND.into_iter().map(|(title, lines)| {
            let lines = lines.iter().map(|(mark, words)| HelpLine::Keys((*mark).to_owned(), words));
            std::iter::once(HelpLine::Heading(title)).chain(lines).collect()
        }))
        .collect();
    let total: usize = groups.iter().map(|group| group.len() + 1).sum();
    let share = total.div_ceil(count.max(1));
    let mut columns: Vec<Vec<HelpLine>> = vec![Vec::new()];
    for group in groups {
        let open = columns.len() < count;
        let Some(column) = columns.last_mut() else { break };
        // A group goes to the next column where it would stick out by more than half.
        if open && !column.is_empty() && column.len() + group.len() / 2 > share {
            columns.push(group);
        } else {
            if !column.is_empty() {
                column.push(HelpLine::Gap);
            }
            column.extend(group);
        }
    }
    columns
}
