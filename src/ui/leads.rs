//! The lead inbox: a line each, unseen ones first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::row::Row;
use super::{Screen, format, text};
use crate::app::archive::Shelf;
use crate::app::layout;
use crate::app::tables::RowId;
use crate::domain::{ItemRef, Lead, Money, OrgId, PersonId};

/// How wide the parts of a line are. Every part but the title is left out where there is no room for it.
struct Widths {
    title: u16,
    contact: u16,
    labels: u16,
    source: u16,
    value: u16,
    age: u16,
}

impl Widths {
    fn of(width: u16) -> Self {
        let at_least = |least, cells| if width >= least { cells } else { 0 };
        let labels = match width {
            140.. => 26,
            64.. => 5,
            _ => 0,
        };
        let source = match width {
            100.. => 18,
            76.. => 11,
            _ => 0,
        };
        let (value, age) = (at_least(50, 12), at_least(40, 6));
        // Bar, mark and the edge on the right.
        let rest = width.saturating_sub(5 + labels + source + value + age);
        let contact = if width >= 64 { rest / 5 * 2 } else { 0 };
        Self { title: rest - contact, contact, labels, source, value, age }
    }
}

impl Screen<'_> {
    pub(super) fn leads(self, buffer: &mut Buffer, body: Rect) {
        let inbox = self.state.inbox(self.workspace);
        if inbox.is_empty() {
            let (nothing, hint) = self.no_leads();
            return self.emptiness(buffer, body, nothing, &hint);
        }
        let widths = Widths::of(body.width);
        self.lead_headings(buffer, body, &widths);
        let shown = inbox.iter_from(self.state.leads.top).take(layout::rows_that_fit(body));
        for (id, nth) in shown.zip(layout::TABLE_HEAD..) {
            if let Some(lead) = self.workspace.lead(id) {
                self.lead_line(buffer, body, nth, lead, &widths);
            }
        }
    }

    /// Why there is no lead.
    fn no_leads(self) -> (&'static str, String) {
        if !self.state.archive.is_shown {
            return ("The inbox is empty", self.next_poll().unwrap_or_default());
        }
        match &self.state.archive.reading {
            Shelf::Unread | Shelf::Asked => ("Reading the archive…", String::new()),
            Shelf::Whole | Shelf::Latest => ("The archive is empty", "t shows the inbox".to_owned()),
            Shelf::Failed(why) => ("The archive could not be read", why.clone()),
        }
    }

    /// What the list is of.
    const fn leads_heading(self) -> &'static str {
        match (self.state.archive.is_shown, &self.state.archive.reading) {
            (false, _) => "Lead",
            (true, Shelf::Asked) => "Archive · reading…",
            (true, Shelf::Latest) => "Archive · the latest",
            (true, _) => "Archive",
        }
    }

    fn next_poll(self) -> Option<String> {
        let left = self.state.freshness.next_poll? - self.state.now.0;
        Some(format!("the next look for new leads: {}", format::countdown(left)))
    }

    fn lead_headings(self, buffer: &mut Buffer, body: Rect, widths: &Widths) {
        let theme = self.theme;
        let mut row = Row::new(buffer, body, 0);
        row.skip(4).cell(self.leads_heading(), widths.title, theme.dim);
        let contact = if widths.contact > 24 { "Person · organization" } else { "Contact" };
        row.cell(contact, widths.contact.saturating_sub(2), theme.dim);
        row.skip(widths.contact.min(2));
        row.cell(if widths.labels > 6 { "Labels" } else { "" }, widths.labels, theme.dim);
        row.cell("Source", widths.source, theme.dim);
        row.figure("Value", widths.value, theme.dim);
        row.figure("Came", widths.age, theme.dim);
    }

    fn lead_line(self, buffer: &mut Buffer, body: Rect, nth: u16, lead: &Lead, widths: &Widths) {
        let theme = self.theme;
        let place = Rect::new(body.x, body.y.saturating_add(nth), body.width.saturating_sub(1), 1);
        let selected = self.state.leads.selected == Some(lead.id);
        if selected {
            buffer.set_style(place, theme.selected);
        }
        let item = ItemRef::Lead(lead.id);
        let pending = self.workspace.is_pending(item);
        let (margin, margin_style) = self.margin(Some(item), selected);
        let (mark, mark_style) = match (pending, lead.seen) {
            (true, _) => ("↻", theme.warning),
            (_, true) => ("", theme.dim),
            (_, false) => ("●", theme.news),
        };
        let title = match (pending, lead.seen, selected) {
            (true, ..) => theme.pending,
            _ if self.state.is_marked(item) => theme.marked,
            (_, true, false) => theme.text,
            _ => theme.strong,
        };
        let mut row = Row::new(buffer, place, 0);
        row.cell(margin, 2, margin_style).cell(mark, 2, mark_style);
        self.lead_title(&mut row, lead, widths.title, title);
        row.cell(&self.contact(lead.person, lead.org), widths.contact.saturating_sub(2), theme.dim);
        row.skip(widths.contact.min(2));
        self.label_dots(&mut row, &self.labels_of(RowId::Item(ItemRef::Lead(lead.id))), widths.labels);
        row.cell(&source(&lead.source), widths.source.saturating_sub(1), theme.dim).skip(widths.source.min(1));
        self.lead_value(&mut row, lead, widths.value);
        let age = lead.added.map(|at| format::age(at, self.state.now.0)).unwrap_or_default();
        row.figure(&age, widths.age, theme.dim);
    }

    /// The title, with a mark where the lead came with the last poll.
    fn lead_title(self, row: &mut Row, lead: &Lead, width: u16, style: Style) {
        const NEW: &str = "new ";
        let mut width = width.saturating_sub(2);
        if self.state.new_leads.contains(&lead.id) && !lead.seen && width > 12 {
            row.text(NEW, self.theme.news);
            width -= text::width(NEW);
        }
        row.cell(text::or_blank(&lead.title, "(no title)"), width, style).skip(2);
    }

    fn lead_value(self, row: &mut Row, lead: &Lead, width: u16) {
        let full = lead.value.as_ref().map(Money::display).unwrap_or_default();
        let fits = text::width(&full) < width;
        let value = if fits { full } else { lead.value.as_ref().map(Money::display_short).unwrap_or_default() };
        row.figure(&value, width, self.theme.text);
    }

    /// A person and an organization in one line, as far as they are known.
    pub(super) fn contact(self, person: Option<PersonId>, org: Option<OrgId>) -> String {
        let person = person.and_then(|id| self.workspace.person(id)).map(|person| person.name.as_str());
        let org = org.and_then(|id| self.workspace.org(id)).map(|org| org.name.as_str());
        let both: Vec<&str> = [person, org].into_iter().flatten().collect();
        both.join(" · ")
    }
}

/// Where a lead came from, in words: Pipedrive writes it as `ManuallyCreated`.
pub(super) fn source(written: &str) -> String {
    let mut words = String::with_capacity(written.len() + 4);
    let mut after_lower = false;
    for c in written.chars().take(60) {
        if c.is_uppercase() && after_lower {
            words.push(' ');
            words.extend(c.to_lowercase());
        } else {
            words.push(c);
        }
        after_lower = c.is_lowercase();
    }
    words
}
