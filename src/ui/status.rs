//! The bottom of the screen: what happened or what can be done, and how the line to Pipedrive fares.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::kept::bar;
use super::row::Row;
use super::{Screen, format, panel, text};
use crate::app::View;
use crate::app::actions::{Action, describe};
use crate::app::notice::{Notice, Tone};
use crate::sync::{ConnectionState, Durability};

/// How many cells are kept for proposals.
const PROPOSED: u16 = 24;
/// How many cells are kept for how far reading has come, its bar included.
const READING: u16 = 100;
/// How many lines of a notice are shown.
const BOX_LINES: usize = 4;
/// From this size on there is room for a box.
const BOX_FROM: (u16, u16) = (40, 12);

/// What the status bar proposes in a view, in the order of use, with a word for each.
const fn proposals(view: View) -> &'static [(Action, &'static str)] {
    match view {
        View::Board => &[
            (Action::Help, "help"),
            (Action::Detail, "details"),
            (Action::MoveRight, "move on"),
            (Action::PickStage, "move to"),
            (Action::New, "new"),
            (Action::Win, "won"),
            (Action::Lose, "lost"),
            (Action::Filter, "filter"),
            (Action::PickPipeline, "pipeline"),
            (Action::Palette, "commands"),
            (Action::Undo, "undo"),
            (Action::Quit, "quit"),
        ],
        View::Activities => &[
            (Action::Help, "help"),
            (Action::Detail, "details"),
            (Action::Done, "done"),
            (Action::Tomorrow, "put off"),
            (Action::Reschedule, "another day"),
            (Action::Filter, "filter"),
            (Action::Palette, "commands"),
            (Action::Undo, "undo"),
            (Action::Quit, "quit"),
        ],
        View::Deals => &[
            (Action::Help, "help"),
            (Action::Detail, "details"),
            (Action::PickStage, "move to"),
            (Action::Win, "won"),
            (Action::Lose, "lost"),
            (Action::Filter, "filter"),
            (Action::Sort, "sort"),
            (Action::Status, "open, won, lost"),
            (Action::Palette, "commands"),
            (Action::Undo, "undo"),
            (Action::Quit, "quit"),
        ],
        View::People | View::Orgs => &[
            (Action::Help, "help"),
            (Action::Detail, "details"),
            (Action::New, "new"),
            (Action::EditAll, "edit"),
            (Action::NewActivity, "new activity"),
            (Action::Filter, "filter"),
            (Action::Sort, "sort"),
            (Action::Columns, "columns"),
            (Action::Palette, "commands"),
            (Action::Undo, "undo"),
            (Action::Quit, "quit"),
        ],
        View::Users => &[
            (Action::Help, "help"),
            (Action::Detail, "details"),
            (Action::Filter, "filter"),
            (Action::Palette, "commands"),
            (Action::Undo, "undo"),
            (Action::Quit, "quit"),
        ],
        View::Leads => &[
            (Action::Help, "help"),
            (Action::Detail, "details"),
            (Action::Convert, "convert"),
            (Action::Seen, "seen"),
            (Action::Archive, "archive"),
            (Action::New, "new"),
            (Action::Filter, "filter"),
            (Action::Refresh, "look now"),
            (Action::Palette, "commands"),
            (Action::Quit, "quit"),
        ],
    }
}

/// What the status bar proposes for marked items.
const fn for_marked(view: View) -> &'static [(Action, &'static str)] {
    match view {
        View::Board | View::Deals => &[
            (Action::Back, "clear"),
            (Action::PickStage, "move to"),
            (Action::Win, "won"),
            (Action::Lose, "lost"),
            (Action::Owner, "owner"),
            (Action::Labels, "labels"),
            (Action::ExpectedClose, "close"),
            (Action::Delete, "delete"),
        ],
        View::Activities => &[
            (Action::Back, "clear"),
            (Action::Done, "done"),
            (Action::Tomorrow, "put off"),
            (Action::Reschedule, "another day"),
            (Action::Owner, "owner"),
            (Action::Delete, "delete"),
        ],
        View::Leads => &[
            (Action::Back, "clear"),
            (Action::Seen, "seen"),
            (Action::Archive, "archive"),
            (Action::Owner, "owner"),
            (Action::Labels, "labels"),
            (Action::Delete, "delete"),
        ],
        View::People | View::Orgs | View::Users => {
            &[(Action::Back, "clear"), (Action::Owner, "owner"), (Action::Labels, "labels"), (Action::Delete, "delete")]
        }
    }
}

/// A part of the right half.
pub(super) struct Segment {
    pub(super) text: String,
    pub(super) style: Style,
}

/// Adds to the right half, from the most to the least important, what leaves `keep` cells free; drawn from the right.
fn add_segments(row: &mut Row, segments: Vec<Segment>, keep: u16) {
    for segment in segments {
        if text::width(&segment.text).saturating_add(keep).saturating_add(2) <= row.room() {
            row.skip_end(2).end(&segment.text, segment.style);
        }
    }
}

impl Screen<'_> {
    pub(super) fn status(self, buffer: &mut Buffer, area: Rect) {
        let mut row = Row::new(buffer, area, 0);
        row.skip(1).skip_end(1);
        // What happened takes all the room of the figures and some of the states', what can be done shares with both; the
        // state of the line is always told.
        let warning = self.session.messages.warning.as_ref().filter(|_| !self.has_room_for_box());
        let notice = warning.or(self.session.messages.notice.as_ref().filter(|notice| !self.is_boxed(notice)));
        let told = notice.map(|notice| text::width(&self.told(notice, u16::MAX)).saturating_add(4));
        let keep = match told {
            Some(told) => told.min(row.room() / 3 * 2),
            None if self.is_reading_all() || self.account.running_bulk().is_some() => READING.min(row.room()),
            None => (row.room() / 2).min(PROPOSED),
        };
        let line = self.line_state();
        row.end(&line.text, line.style);
        add_segments(&mut row, self.states(), keep);
        add_segments(&mut row, self.lesser(), told.unwrap_or(keep));
        row.skip_end(2);
        match notice {
            Some(notice) => {
                let (mark, style) = self.tone(notice);
                row.text(mark, style).skip(1);
                let told = self.told(notice, row.room());
                row.text(&told, style);
            }
            None if self.account.running_bulk().is_some() => self.bulk_line(&mut row),
            None if self.is_reading_all() => self.reading(&mut row),
            None => self.proposals(&mut row),
        }
    }

    /// A bad notice that the status bar has no room for stands in a box above it: why something failed must be read
    /// to its end. So does a warning, which no notice takes the place of.
    pub(super) fn boxed_notices(self, buffer: &mut Buffer, status: Rect) {
        let warning = self.session.messages.warning.as_ref().filter(|_| self.has_room_for_box());
        let notice = self.session.messages.notice.as_ref().filter(|notice| self.is_boxed(notice));
        let mut lines = Vec::new();
        for notice in [warning, notice].into_iter().flatten() {
            let wrapped = text::wrap(&notice.text, status.width.saturating_sub(6), BOX_LINES);
            lines.extend(wrapped.into_iter().enumerate().map(|(nth, line)| (line, self.tone(notice), nth == 0)));
        }
        let Some((_, (_, frame), _)) = lines.first() else { return };
        let width = lines.iter().map(|(line, ..)| text::width(line)).max().unwrap_or(0).saturating_add(6);
        let height = u16::try_from(lines.len()).unwrap_or(0).saturating_add(2);
        let place = Rect::new(status.x, status.y.saturating_sub(height), width.min(status.width), height);
        let inside = panel::frame(buffer, place, "", *frame, *frame);
        for ((line, (mark, style), is_first), nth) in lines.iter().zip(0..) {
            let (mark, text) = if *is_first { (*mark, *style) } else { ("", self.theme.text) };
            Row::new(buffer, inside, nth).cell(mark, 2, *style).text(line, text);
        }
    }

    fn is_boxed(self, notice: &Notice) -> bool {
        let fits = !notice.text.contains('\n') && text::width(&notice.text) + 6 < self.session.viewport.size.0 / 3 * 2;
        notice.tone == Tone::Bad && !fits && self.has_room_for_box()
    }

    fn has_room_for_box(self) -> bool {
        let (width, height) = self.session.viewport.size;
        width >= BOX_FROM.0 && height >= BOX_FROM.1
    }

    /// A notice with how far the edit has come that it speaks of.
    fn told(self, notice: &Notice, room: u16) -> String {
        let Some(edit) = notice.edit else { return notice.text.clone() };
        // Whether it is safe comes before what it is called.
        let progress = format!(" · {}", self.account.progress_of(edit));
        let (text, _) = text::fit(&notice.text, room.saturating_sub(text::width(&progress)));
        format!("{text}{progress}")
    }

    fn tone(self, notice: &Notice) -> (&'static str, Style) {
        match notice.tone {
            Tone::Info => ("·", self.theme.text),
            Tone::Good => ("✓", self.theme.good),
            Tone::Bad => ("✗", self.theme.bad),
        }
    }

    fn proposals(self, row: &mut Row) {
        let theme = self.theme;
        if self.session.board.drag.is_some() {
            row.text("drop the card on a column to move it there", theme.accent);
            return;
        }
        let proposed =
            if self.session.marks() > 0 { for_marked(self.session.view) } else { proposals(self.session.view) };
        for (action, word) in proposed {
            let Some(key) = describe(*action).and_then(|described| described.keys.first()) else { continue };
            if text::width(key) + 1 + text::width(word) > row.room() {
                break;
            }
            row.text(key, theme.accent).skip(1).text(word, theme.dim).skip(3);
        }
    }

    /// How what is shown and what is under way fares.
    fn states(self) -> Vec<Segment> {
        let theme = self.theme;
        let mut all = Vec::new();
        let mut add = |text: String, style: Style| all.push(Segment { text, style });
        match &self.account.durability {
            Durability::EditsOnly(_) | Durability::Failing(_) => add("✗ not kept on disk".to_owned(), theme.bad),
            Durability::ReadOnly(_) => add("read-only".to_owned(), theme.warning),
            Durability::Kept | Durability::Memory => {}
        }
        if let Some(marks) = self.marks_in_short() {
            add(marks, theme.marked);
        }
        if let Some(bulk) = self.account.running_bulk() {
            add(format!("{:.0}% done", bulk.share() * 100.0), theme.accent);
        }
        if !self.account.edits.attention.is_empty() {
            add(format!("!{} to look at", format::count(self.account.edits.attention.len())), theme.bad);
        }
        if let (queued @ 1.., is_queued) = self.waiting() {
            let word = if is_queued { "queued" } else { "saving" };
            add(format!("↻ {} {word}", format::count(queued)), theme.warning);
        }
        if let Some(reading) = self.account.freshness.reading.filter(|reading| reading.share.is_none()) {
            add(format!("reading {} {}", reading.what, format::count(reading.items)), theme.dim);
        }
        all.extend([self.webhooks(), self.age()].into_iter().flatten());
        all
    }

    /// What can be told another time.
    fn lesser(self) -> Vec<Segment> {
        let (theme, line) = (self.theme, &self.account.connection.line);
        let mut all = Vec::new();
        let mut add = |text: String, style: Style| all.push(Segment { text, style });
        if let Some(next) = self.account.freshness.next_poll {
            add(format!("leads {}", format::countdown(next - self.session.now.0)), theme.dim);
        }
        if line.window_limit > 0 {
            let style = if line.window_free == 0 { theme.warning } else { theme.dim };
            add(format!("rate {}/{}", line.window_free, line.window_limit), style);
        }
        if let Some((left, whole)) = line.daily {
            let style = if left < whole / 10 { theme.warning } else { theme.dim };
            add(format!("tokens {}/{}", format::short(left), format::short(whole)), style);
        }
        all
    }

    /// Whether the whole account is being read.
    fn is_reading_all(self) -> bool {
        self.account.freshness.reading.is_some_and(|reading| reading.share.is_some())
    }

    /// How far reading the whole account has come.
    fn reading(self, row: &mut Row) {
        let Some(reading) = self.account.freshness.reading else { return };
        let share = reading.share.unwrap_or(0.0);
        let words = format!("{:.0}% of the account · {}", share * 100.0, Self::reading_in_words(&reading));
        if row.room() > text::width(&words) + 26 {
            row.text(&bar(share), self.theme.accent).skip(1);
        }
        row.text(&words, self.theme.dim);
    }

    /// How many edits are under way, and whether all of them are kept on this machine.
    fn waiting(self) -> (usize, bool) {
        let under_way = &self.account.edits.in_flight;
        let is_queued = self.account.durability.is_durable() && under_way.values().all(|edit| edit.queued);
        (self.workspace.pending(), is_queued)
    }

    /// Why nothing of the account is there yet; `None` once it was read.
    pub(super) fn absence(self) -> Option<(String, String)> {
        let freshness = &self.account.freshness;
        if freshness.read_at.is_some() {
            return None;
        }
        Some(match &self.account.connection.line.state {
            ConnectionState::Refused => {
                let key = describe(Action::Token).and_then(|described| described.keys.first()).unwrap_or(&"");
                ("Pipedrive refused the token".to_owned(), format!("{key} to enter a new one"))
            }
            ConnectionState::WrongAccount(wrong) => ("The token is another account's".to_owned(), wrong.to_string()),
            ConnectionState::Offline { why } => ("Pipedrive cannot be reached".to_owned(), why.clone()),
            ConnectionState::Waiting { why, .. } => ("Waiting for Pipedrive".to_owned(), why.clone()),
            ConnectionState::Connecting | ConnectionState::Online => match freshness.reading {
                Some(reading) => (format!("Reading {}…", reading.what), Self::reading_in_words(&reading)),
                None => ("Connecting to Pipedrive…".to_owned(), String::new()),
            },
        })
    }
}
