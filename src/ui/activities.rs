//! The activities by day: overdue, today, this week, later, done; a line each.

use chrono::Datelike;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::next::Next;
use super::row::Row;
use super::{Screen, format, text};
use crate::app::lists::{AgendaRow, Section};
use crate::domain::{Activity, ItemRef};

/// How wide the parts of a line are.
struct Widths {
    kind: u16,
    when: u16,
    subject: u16,
    deal: u16,
    contact: u16,
}

impl Widths {
    /// Divides a line: the less wide it is, the fewer parts it has.
    fn of(width: u16) -> Self {
        let kind = if width >= 60 { 11 } else { 0 };
        let when = if width >= 36 { 16 } else { 0 };
        let rest = width.saturating_sub(4 + kind + when);
        match width {
            110.. => {
                let subject = rest / 5 * 2;
                let deal = (rest - subject) / 2;
                Self { kind, when, subject, deal, contact: rest - subject - deal }
            }
            60.. => {
                let subject = rest / 2;
                Self { kind, when, subject, deal: rest - subject, contact: 0 }
            }
            _ => Self { kind, when, subject: rest, deal: 0, contact: 0 },
        }
    }
}

impl Screen<'_> {
    pub(super) fn activities(self, buffer: &mut Buffer, body: Rect) {
        let agenda = self.session.agenda(self.workspace);
        if agenda.is_empty() {
            return self.emptiness(buffer, body, "Nothing to do", "activities that you plan in Pipedrive show up here");
        }
        let widths = Widths::of(body.width);
        let mut section = agenda.sections().first().map_or(Section::Overdue, |(section, _)| *section);
        let top = self.session.cursors.activities.top;
        // The window may begin below its section's heading.
        let mut row = 0;
        for (of, size) in agenda.sections() {
            if row <= top {
                section = of;
            }
            row += size + 1;
        }
        for (line, nth) in agenda.rows_from(top).take(usize::from(body.height)).zip(0..) {
            match line {
                AgendaRow::Heading(of, size) => {
                    section = of;
                    self.section_heading(buffer, body, nth, of, size);
                }
                AgendaRow::Activity(id) => {
                    if let Some(activity) = self.workspace.activity(id) {
                        self.activity_line(buffer, body, nth, activity, section, &widths);
                    }
                }
            }
        }
    }

    fn section_heading(self, buffer: &mut Buffer, body: Rect, nth: u16, section: Section, size: usize) {
        let theme = self.theme;
        let style = match section {
            Section::Overdue => theme.strong.patch(theme.bad),
            Section::Today => theme.strong.patch(theme.good),
            _ => theme.strong,
        };
        let mut row = Row::new(buffer, body, nth);
        row.skip(1).skip_end(1).text(section.title(), style).skip(1);
        row.whole(&format::count(size), theme.dim);
        row.skip(1).fill("─", theme.faint);
    }

    fn activity_line(
        self,
        buffer: &mut Buffer,
        body: Rect,
        nth: u16,
        activity: &Activity,
        section: Section,
        widths: &Widths,
    ) {
        let theme = self.theme;
        let place = Rect::new(body.x, body.y.saturating_add(nth), body.width.saturating_sub(1), 1);
        let selected = self.session.cursors.activities.selected == Some(activity.id);
        let item = ItemRef::Activity(activity.id);
        self.ground(buffer, place, Some(item), selected);
        let pending = self.workspace.is_pending(item);
        let (margin, margin_style) = self.margin(Some(item), selected);
        let plain = self.activity_style(activity, selected, pending);
        let (mark, mark_style) = self.activity_mark(activity, pending);
        let (when, when_style) = self.activity_when(activity, section);
        let kind = self.workspace.activity_type(&activity.kind).map_or(activity.kind.as_str(), |kind| &kind.name);

        let mut row = Row::new(buffer, place, 0);
        row.cell(margin, 1, margin_style);
        row.cell(mark, 2, mark_style);
        if widths.when > 0 {
            row.cell(&when, widths.when - 1, when_style).skip(1);
        }
        if widths.kind > 0 {
            row.cell(kind, widths.kind - 1, theme.dim).skip(1);
        }
        row.cell(text::or_blank(&activity.subject, "(no subject)"), widths.subject.saturating_sub(2), plain).skip(2);
        if widths.deal > 0 {
            row.cell(&self.activity_subject(activity, widths.contact == 0), widths.deal.saturating_sub(2), theme.dim);
            row.skip(2);
        }
        if widths.contact > 0 {
            row.text(&self.contact(activity.person, activity.org), theme.dim);
        }
    }

    fn activity_style(self, activity: &Activity, selected: bool, pending: bool) -> Style {
        let theme = self.theme;
        match (pending, activity.done, selected) {
            (true, ..) => theme.pending,
            _ if self.session.is_marked(ItemRef::Activity(activity.id)) => theme.marked,
            (_, true, false) => theme.dim,
            (_, _, true) => theme.strong,
            _ => theme.text,
        }
    }

    fn activity_mark(self, activity: &Activity, pending: bool) -> (&'static str, Style) {
        let theme = self.theme;
        if pending {
            return ("↻", theme.warning);
        }
        if activity.done {
            return ("✓", theme.good);
        }
        let due = activity.due.map(|due| due.local(self.workspace.zone()));
        let next = Next::of(due, self.session.today(self.workspace));
        (next.mark(), next.style(theme))
    }

    /// When it is due or was done, as far as the section does not tell.
    fn activity_when(self, activity: &Activity, section: Section) -> (String, Style) {
        let theme = self.theme;
        let zone = self.workspace.zone();
        let today = self.session.today(self.workspace);
        if section == Section::Done {
            let done = activity.done_at.or(activity.updated).map(|at| at.with_timezone(&zone).naive_local());
            let day = done.map(|at| format::calendar_day(at.date(), today)).unwrap_or_default();
            return (day, theme.dim);
        }
        let Some((date, time)) = activity.due.map(|due| due.local(zone)) else {
            return ("no date".to_owned(), theme.dim);
        };
        let clock = time.map(|time| format!(" {}", format::time(time))).unwrap_or_default();
        match section {
            Section::Today => (time.map_or_else(|| "all day".to_owned(), format::time), theme.good),
            Section::ThisWeek => (format!("{}{clock}", date.format("%a")), theme.text),
            Section::Overdue => (format!("{}{clock}", format::day(date, today)), theme.bad),
            // Next to a year the time of day says little.
            _ if date.year() != today.year() => (format::calendar_day(date, today), theme.dim),
            _ => (format!("{}{clock}", format::calendar_day(date, today)), theme.dim),
        }
    }

    /// The deal or lead that an activity is about; else, where there is no other room for it, whom it is with.
    pub(super) fn activity_subject(self, activity: &Activity, with_contact: bool) -> String {
        let deal = activity.deal.and_then(|id| self.workspace.deal(id)).map(|deal| deal.title.clone());
        let lead = || activity.lead.and_then(|id| self.workspace.lead(id)).map(|lead| lead.title.clone());
        let contact = || self.contact(activity.person, activity.org);
        deal.or_else(lead).unwrap_or_else(|| if with_contact { contact() } else { String::new() })
    }
}
