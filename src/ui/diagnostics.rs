//! How the line to Pipedrive fares, in detail: for whoever wonders why something takes so long, or did not work.

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::sheet::Sheet;
use super::{Screen, format, panel};
use crate::pipedrive::Lane;
use crate::sync::{ConnectionState, WebhookStatus};

/// How wide it is inside its frame.
const WIDTH: u16 = 72;
/// How wide a figure is, and what it is of.
const FIGURE: usize = 6;
const UNIT: usize = 11;

impl Screen<'_> {
    /// Draws it; the answer is how far it can be scrolled.
    pub(super) fn diagnostics(self, buffer: &mut Buffer, top: u16) -> u16 {
        let theme = self.theme;
        let screen = buffer.area;
        let width = screen.width.saturating_sub(4).min(WIDTH);
        let mut sheet = Sheet::new(theme, width);
        self.line_lines(&mut sheet);
        self.webhook_lines(&mut sheet);
        self.request_lines(&mut sheet, width);
        self.queue_lines(&mut sheet, width);
        self.trouble_lines(&mut sheet);
        let rows = u16::try_from(sheet.len()).unwrap_or(u16::MAX);
        let (place, inside) = self.window(buffer, "Diagnostics", width, rows.min(screen.height.saturating_sub(2)));
        let end = sheet.len().saturating_sub(usize::from(inside.height));
        let top = usize::from(top).min(end);
        sheet.draw(buffer, inside, top);
        panel::scroll_marks(buffer, place, top, end - top, theme.dim);
        u16::try_from(end).unwrap_or(u16::MAX)
    }

    fn line_lines(self, sheet: &mut Sheet) {
        let theme = self.theme;
        let state = self.line_state();
        sheet.field("Line", &state.text, state.style);
        let since = self.account.connection.since.0;
        let age = match format::age(since, self.session.now.0) {
            now if now == "now" => String::new(),
            age => format!(" ({age})"),
        };
        sheet.field("Since", &format!("{}{age}", self.moment(since)), theme.text);
        if let ConnectionState::Offline { why } | ConnectionState::Waiting { why, .. } =
            &self.account.connection.line.state
        {
            sheet.field("Because", why, theme.text);
        }
        if let ConnectionState::WrongAccount(wrong) = &self.account.connection.line.state {
            sheet.field("Because", &wrong.to_string(), theme.text);
        }
    }

    fn webhook_lines(self, sheet: &mut Sheet) {
        let theme = self.theme;
        let (state, style) = match &self.account.live {
            WebhookStatus::Off => ("not in use", theme.dim),
            WebhookStatus::Starting => ("being registered", theme.text),
            WebhookStatus::Waiting => ("registered; none has come yet", theme.text),
            WebhookStatus::On => ("they come, and tell at once what changes", theme.good),
            WebhookStatus::Down(_) => ("they do not come", theme.warning),
        };
        sheet.field("Webhooks", state, style);
        if let WebhookStatus::Down(why) = &self.account.live {
            sheet.field("Because", why, theme.text);
        }
        let moments = [("Since", self.account.feed.live_since), ("Last heard", self.account.feed.heard_at)];
        for (what, at) in moments.into_iter().filter_map(|(what, at)| Some((what, at?))) {
            let age = format::age_in_seconds(self.session.now.0 - at.0);
            let age = if age == "now" { String::new() } else { format!(" ({age})") };
            sheet.field(what, &format!("{}{age}", self.moment(at.0)), theme.text);
        }
    }

    fn request_lines(self, sheet: &mut Sheet, width: u16) {
        let theme = self.theme;
        let line = &self.account.connection.line;
        let details = &line.metrics;
        sheet.heading("Requests");
        self.figures(
            sheet,
            width,
            "Since the start",
            &[
                (format::figure(details.sent), "sent"),
                (format::figure(details.retried), "sent again"),
                (format::figure(details.refused), "slowed down"),
            ],
        );
        let took = |at: usize| match details.latency.get(at) {
            Some(took) if !took.is_zero() => format::took(*took),
            _ => "–".to_owned(),
        };
        self.figures(sheet, width, "Answers within", &[(took(0), "p50"), (took(1), "p90"), (took(2), "p99")]);
        let used = line.window_limit.saturating_sub(line.window_free);
        let limits = [(format::figure(used.into()), "in use"), (format::figure(line.window_limit.into()), "allowed")];
        self.figures(sheet, width, "Rate window", &limits);
        if details.is_shared {
            sheet.field("", "other programs use the token, too", theme.warning);
        }
        let (left, whole) = match line.daily {
            Some((left, whole)) => (format::figure(left), format::figure(whole)),
            None => ("–".to_owned(), "–".to_owned()),
        };
        let budget = [(left, "left"), (whole, "a day"), (format::figure(details.tokens), "spent here")];
        self.figures(sheet, width, "Daily budget", &budget);
    }

    fn queue_lines(self, sheet: &mut Sheet, width: u16) {
        sheet.heading("Queue");
        let figure = |count: usize| format::figure(u64::try_from(count).unwrap_or(u64::MAX));
        for (lane, (waiting, under_way)) in Lane::ALL.into_iter().zip(self.account.connection.line.metrics.lanes) {
            let counts = [(figure(waiting), "waiting"), (figure(under_way), "under way")];
            self.figures(sheet, width, lane.name(), &counts);
        }
    }

    fn trouble_lines(self, sheet: &mut Sheet) {
        let theme = self.theme;
        sheet.heading("Troubles");
        let troubles = &self.account.connection.line.metrics.recent_errors;
        if troubles.is_empty() {
            sheet.paragraph("nothing went wrong", theme.dim);
        }
        for trouble in troubles.iter().rev() {
            sheet.field(&self.moment(trouble.at), &trouble.request, theme.text);
            sheet.field("", &trouble.what, theme.bad);
        }
    }

    /// Adds figures, each with what it is of: below those of other lines where there is room, else one after the other.
    fn figures(self, sheet: &mut Sheet, width: u16, label: &str, figures: &[(String, &str)]) {
        let theme = self.theme;
        if width < WIDTH {
            let words: Vec<String> = figures.iter().map(|(figure, unit)| format!("{figure} {unit}")).collect();
            return sheet.field(label, &words.join(" · "), theme.text);
        }
        let cell = |(figure, unit): &(String, &str)| -> [(String, Style); 2] {
            [(format!("{figure:>FIGURE$} "), theme.text), (format!("{unit:<UNIT$}"), theme.dim)]
        };
        sheet.parts(label, figures.iter().flat_map(cell));
    }

    /// A moment of the user's day; with the day, where that is not today.
    fn moment(self, at: DateTime<Utc>) -> String {
        let local = at.with_timezone(&self.workspace.zone());
        let form =
            if local.date_naive() == self.session.today(self.workspace) { "%H:%M:%S" } else { "%-d %b %H:%M:%S" };
        local.format(form).to_string()
    }
}
