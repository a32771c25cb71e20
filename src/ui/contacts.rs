//! The details of people, organizations and users.

use ratatui::style::Style;

use super::next::Next;
use super::sheet::Sheet;
use super::{Screen, format, text};
use crate::app::tables::RowId;
use crate::domain::{ItemKind, ItemRef, Organization, Person, WebLink};

/// How many of each kind of linked items are listed.
const MOST_LINKED: usize = 20;
/// How many phone numbers or addresses are listed.
const MOST_POINTS: usize = 50;

impl Screen<'_> {
    pub(super) fn person_sheet(self, sheet: &mut Sheet, person: &Person) {
        sheet.paragraph(text::or_blank(&person.name, "(no name)"), self.theme.strong);
        if let Some(job) = &person.job_title {
            sheet.paragraph(job, self.theme.dim);
        }
        sheet.gap();
        self.point_lines(sheet, person, MOST_POINTS);
        let labels = person.labels.iter().filter_map(|id| self.workspace.person_label(*id));
        self.label_lines(sheet, labels.map(|label| (label.name.as_str(), label.color)));
        self.owner_field(sheet, person.owner);
        self.custom_lines(sheet, ItemKind::Person, &person.custom);
        self.org_lines(sheet, person.org);
        self.linked_lines(sheet, ItemRef::Person(person.id));
        sheet.heading("History");
        self.moment_field(sheet, "Added", person.added);
        self.moment_field(sheet, "Updated", person.updated);
        sheet.field("Person", &format!("#{}", person.id), self.theme.dim);
    }

    pub(super) fn org_sheet(self, sheet: &mut Sheet, org: &Organization) {
        let theme = self.theme;
        sheet.paragraph(text::or_blank(&org.name, "(no name)"), theme.strong);
        sheet.gap();
        sheet.field_if("Address", org.address.as_deref());
        sheet.field_if("Web site", org.website.as_deref());
        sheet.field_if("LinkedIn", org.linkedin.as_deref());
        let employees = org.employees.and_then(|count| usize::try_from(count).ok());
        sheet.field_if("Employees", employees.map(format::count));
        let labels = org.labels.iter().filter_map(|id| self.workspace.org_label(*id));
        self.label_lines(sheet, labels.map(|label| (label.name.as_str(), label.color)));
        self.owner_field(sheet, org.owner);
        self.custom_lines(sheet, ItemKind::Org, &org.custom);
        if self.workspace.people_count(org.id) > 0 {
            counted_heading(sheet, "People", self.workspace.people_count(org.id));
            for person in self.workspace.people_of(org.id).take(MOST_LINKED) {
                let points = person.emails.first().or(person.phones.first());
                let point = points.map(|point| format!("  {}", point.value)).unwrap_or_default();
                let name = text::or_blank(&person.name, "(no name)").to_owned();
                sheet.line(vec![(name, theme.text), (point, theme.dim)]);
            }
        }
        self.linked_lines(sheet, ItemRef::Org(org.id));
        sheet.heading("History");
        self.moment_field(sheet, "Added", org.added);
        self.moment_field(sheet, "Updated", org.updated);
        sheet.field("Organization", &format!("#{}", org.id), theme.dim);
    }

    /// The user under the cursor.
    pub(super) fn user_sheet(self, sheet: &mut Sheet) {
        let Some(RowId::User(id)) = self.session.selected_row() else { return };
        let Some(user) = self.workspace.user(id) else { return };
        let theme = self.theme;
        sheet.paragraph(text::or_blank(&user.name, "(no name)"), theme.strong);
        sheet.gap();
        let (status, style): (_, Style) =
            if user.active { ("active", theme.text) } else { ("has left", theme.warning) };
        sheet.field("Status", status, style);
        sheet.field_if("E-mail", user.email.as_deref());
        sheet.field_if("Phone", user.phone.as_deref());
        sheet.field("Open deals", &format::count(self.workspace.open_deals_of(id)), theme.text);
        if self.workspace.me().is_some_and(|me| me.id == id) {
            sheet.field("This is", "you", theme.accent);
        }
        sheet.field("User", &format!("#{id}"), theme.dim);
    }

    /// The phone numbers and addresses of a person, at most `most` of each.
    pub(super) fn point_lines(self, sheet: &mut Sheet, person: &Person, most: usize) {
        let theme = self.theme;
        let call: fn(&str) -> Option<WebLink> = WebLink::call;
        for (name, points, to) in [("Phone", &person.phones, call), ("E-mail", &person.emails, WebLink::mail)] {
            for point in points.iter().take(most) {
                sheet.parts(name, [(format!("{}  ", point.value), theme.text), (point.label.clone(), theme.dim)]);
                sheet.link(to(&point.value));
            }
        }
    }

    /// The deals, leads and activities of a person or an organization.
    fn linked_lines(self, sheet: &mut Sheet, item: ItemRef) {
        let theme = self.theme;
        let Some(linked) = self.workspace.linked(item) else { return };
        if !linked.deals.is_empty() {
            counted_heading(sheet, "Deals", linked.deals.len());
        }
        for deal in self.workspace.deals_of(item).take(MOST_LINKED) {
            let (mark, style) = self.row_mark(RowId::Item(ItemRef::Deal(deal.id)));
            let title = text::or_blank(&deal.title, "(no title)").to_owned();
            let value = format!("  {}", deal.value.display());
            sheet.line(vec![(format!("{mark} "), style), (title, theme.text), (value, theme.dim)]);
        }
        if !linked.leads.is_empty() {
            counted_heading(sheet, "Leads", linked.leads.len());
        }
        for lead in self.workspace.leads_of(item).take(MOST_LINKED) {
            let (mark, style) = if lead.seen { ("· ", theme.dim) } else { ("● ", theme.news) };
            let title = text::or_blank(&lead.title, "(no title)").to_owned();
            sheet.line(vec![(mark.to_owned(), style), (title, theme.text)]);
        }
        if !linked.activities.is_empty() {
            counted_heading(sheet, "Activities", linked.activities.len());
        }
        let today = self.session.today(self.workspace);
        for activity in self.workspace.activities_of(item).take(MOST_LINKED) {
            let due = activity.due.map(|due| due.local(self.workspace.zone()));
            let next = Next::of(due, today);
            let (mark, style) = if activity.done { ("✓", theme.good) } else { (next.mark(), next.style(theme)) };
            let when = match due {
                None => "no date".to_owned(),
                Some(due) if activity.done => format::calendar_day(due.0, today),
                Some(due) => format::due(due, today),
            };
            let subject = text::or_blank(&activity.subject, "(no subject)").to_owned();
            sheet.line(vec![(format!("{mark} {when}  "), style), (subject, theme.text)]);
        }
    }
}

fn counted_heading(sheet: &mut Sheet, words: &str, count: usize) {
    sheet.heading(&format!("{words} {}", format::count(count)));
}
