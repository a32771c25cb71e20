//! The detail panel: all there is to know of the selected item.

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::cells::NEEDS_LINK;
use super::next::Next;
use super::sheet::Sheet;
use super::{Drawn, Screen, format, panel, text};
use crate::app::View;
use crate::app::actions::{Action, describe};
use crate::domain::{
    Activity, Deal, DealStatus, ItemKind, ItemRef, LabelColor, Lead, OrgId, PersonId, Probability, Rot, UserId,
    html_to_text,
};

/// How many activities that are to be done are listed.
const MOST_TO_DO: usize = 20;
/// How many of the others who take part in an activity are named.
const MOST_OTHERS: usize = 20;
/// How many phone numbers or addresses of a person are listed.
const MOST_POINTS: usize = 5;

impl Screen<'_> {
    /// Draws the panel; the answer is how far it can be scrolled, and what leads out of it.
    pub(super) fn detail(self, buffer: &mut Buffer, area: Rect) -> Drawn {
        let theme = self.theme;
        let selected = self.session.selected(self.workspace);
        let title = match selected {
            Some(ItemRef::Deal(_)) => "Deal",
            Some(ItemRef::Activity(_)) => "Activity",
            Some(ItemRef::Lead(_)) => "Lead",
            Some(ItemRef::Person(_)) => "Person",
            Some(ItemRef::Org(_)) => "Organization",
            Some(ItemRef::Note(_)) => "Note",
            None if self.session.view == View::Users => "User",
            None => "Details",
        };
        let inside = panel::frame(buffer, area, title, theme.faint, theme.dim);
        let mut sheet = Sheet::new(theme, inside.width);
        if let Some(item) = selected.filter(|item| self.workspace.is_pending(*item)) {
            self.pending_lines(&mut sheet, item);
        }
        match selected {
            Some(ItemRef::Deal(id)) => {
                self.workspace.deal(id).into_iter().for_each(|deal| self.deal_sheet(&mut sheet, deal));
            }
            Some(ItemRef::Activity(id)) => {
                self.workspace.activity(id).into_iter().for_each(|activity| self.activity_sheet(&mut sheet, activity));
            }
            Some(ItemRef::Lead(id)) => {
                self.workspace.lead(id).into_iter().for_each(|lead| self.lead_sheet(&mut sheet, lead));
            }
            Some(ItemRef::Person(id)) => {
                self.workspace.person(id).into_iter().for_each(|person| self.person_sheet(&mut sheet, person));
            }
            Some(ItemRef::Org(id)) => {
                self.workspace.org(id).into_iter().for_each(|org| self.org_sheet(&mut sheet, org));
            }
            Some(ItemRef::Note(_)) => {}
            None if self.session.selected_row().is_some() => self.user_sheet(&mut sheet),
            None => sheet.paragraph("Nothing is selected.", theme.dim),
        }
        if let Some(page) = selected.and_then(|item| self.workspace.page(item)) {
            sheet.parts("Web page", [(page.to_string(), theme.dim)]);
            sheet.link(Some(page));
        }
        if let Some(item) = selected {
            self.dossier_lines(&mut sheet, item);
        }
        let end = sheet.len().saturating_sub(usize::from(inside.height));
        let top = usize::from(self.session.detail.top).min(end);
        let links = sheet.draw(buffer, inside, top);
        panel::scroll_marks(buffer, area, top, end - top, theme.dim);
        Drawn { cursor: None, scroll_end: Some(u16::try_from(end).unwrap_or(u16::MAX)), links }
    }

    fn pending_lines(self, sheet: &mut Sheet, item: ItemRef) {
        let what = match item {
            item if item.is_local() => "↻ being created…",
            _ => "↻ saving…",
        };
        sheet.line(vec![(what.to_owned(), self.theme.warning)]);
    }

    fn deal_sheet(self, sheet: &mut Sheet, deal: &Deal) {
        let theme = self.theme;
        sheet.paragraph(text::or_blank(&deal.title, "(no title)"), theme.strong);
        sheet.line(vec![(deal.value.display(), theme.accent)]);
        if deal.needs_link() {
            self.link_lines(sheet);
        }
        sheet.gap();
        let (status, style) = match deal.status {
            DealStatus::Open => ("open", theme.text),
            DealStatus::Won => ("✓ won", theme.good),
            DealStatus::Lost => ("✗ lost", theme.bad),
            DealStatus::Other => ("deleted", theme.bad),
        };
        sheet.field("Status", status, style);
        sheet.field_if("Lost because", deal.lost_reason.as_deref());
        sheet.field_if("Stage", self.workspace.stage(deal.stage).map(|stage| &stage.name));
        sheet.field_if("Pipeline", self.workspace.pipeline(deal.pipeline).map(|pipeline| &pipeline.name));
        // Of a closed deal it is known how it ended.
        let probability = self.workspace.deal_probability(deal).filter(|_| deal.status == DealStatus::Open);
        if let Some(probability) = probability {
            self.probability_fields(sheet, deal, probability);
        }
        sheet.field_if("Expected close", deal.expected_close.map(|date| self.day_in_full(date)));
        self.owner_field(sheet, deal.owner);
        let labels = deal.labels.iter().filter_map(|id| self.workspace.label(*id));
        self.label_lines(sheet, labels.map(|label| (label.name.as_str(), label.color)));
        self.custom_lines(sheet, ItemKind::Deal, &deal.custom);
        self.to_do_lines(sheet, deal);
        self.person_lines(sheet, deal.person);
        self.org_lines(sheet, deal.org);
        sheet.heading("History");
        self.moment_field(sheet, "Added", deal.added);
        self.moment_field(sheet, "Updated", deal.updated);
        self.moment_field(sheet, "In stage since", deal.stage_changed);
        self.moment_field(sheet, "Closed", deal.closed);
        let stage = self.workspace.stage(deal.stage);
        if let Some(Rot::Rotten { days }) = stage.map(|stage| deal.rot(stage, self.session.now.0)) {
            sheet.field("Rotting", &format!("✱ untouched for {}", counted_days(days)), theme.warning);
        }
        sheet.field("Deal", &format!("#{}", deal.id), theme.dim);
    }

    /// The probability with whose it is, and the value weighted by it.
    fn probability_fields(self, sheet: &mut Sheet, deal: &Deal, probability: Probability) {
        let whose = if deal.probability.is_some() { "its own" } else { "of the stage" };
        sheet.field("Probability", &format!("{probability}, {whose}"), self.theme.text);
        let Some(weighted) = self.workspace.weighted_value(deal) else { return };
        sheet.field("Weighted", &weighted.display(), self.theme.text);
    }

    fn to_do_lines(self, sheet: &mut Sheet, deal: &Deal) {
        let theme = self.theme;
        sheet.heading("To do");
        let mut any = false;
        let today = self.session.today(self.workspace);
        for activity in self.workspace.to_do(deal.id).take(MOST_TO_DO) {
            any = true;
            let due = activity.due.map(|due| due.local(self.workspace.zone()));
            let next = Next::of(due, today);
            let when = due.map_or_else(|| "no date".to_owned(), |due| format::due(due, today));
            sheet.line(vec![
                (format!("{} ", next.mark()), next.style(theme)),
                (format!("{when}  "), next.style(theme)),
                (activity.subject.clone(), theme.text),
            ]);
        }
        if !any {
            sheet.line(vec![("· no activity planned".to_owned(), theme.warning)]);
        }
    }

    fn activity_sheet(self, sheet: &mut Sheet, activity: &Activity) {
        let theme = self.theme;
        let today = self.session.today(self.workspace);
        sheet.paragraph(text::or_blank(&activity.subject, "(no subject)"), theme.strong);
        sheet.gap();
        let due = activity.due.map(|due| due.local(self.workspace.zone()));
        if activity.done {
            sheet.field("Status", "✓ done", theme.good);
            self.moment_field(sheet, "Done", activity.done_at);
        } else {
            let next = Next::of(due, today);
            let words = match next {
                Next::Overdue => "overdue",
                Next::Today => "due today",
                Next::Planned => "planned",
                Next::Nothing => "no date",
            };
            sheet.field("Status", &format!("{} {words}", next.mark()), next.style(theme));
        }
        let kind = self.workspace.activity_type(&activity.kind).map_or(activity.kind.as_str(), |kind| &kind.name);
        sheet.field_if("Type", Some(kind));
        sheet.field_if("Due", due.map(|due| format::due_in_full(due, today)));
        sheet.field_if("Duration", activity.minutes.map(|minutes| format!("{minutes} min")));
        sheet.field_if("Location", activity.location.as_deref());
        let others = activity.others().take(MOST_OTHERS).filter_map(|id| self.workspace.person(id));
        sheet.field_if("Also there", Some(others.map(|person| person.name.as_str()).collect::<Vec<_>>().join(", ")));
        self.owner_field(sheet, activity.owner);
        if let Some(deal) = activity.deal.and_then(|id| self.workspace.deal(id)) {
            sheet.heading("Deal");
            sheet.paragraph(text::or_blank(&deal.title, "(no title)"), theme.text);
            let stage = self.workspace.stage(deal.stage).map_or("", |stage| &stage.name);
            sheet.line(vec![(format!("{} · {stage}", deal.value.display()), theme.dim)]);
        }
        if let Some(lead) = activity.lead.and_then(|id| self.workspace.lead(id)) {
            sheet.heading("Lead");
            sheet.paragraph(text::or_blank(&lead.title, "(no title)"), theme.text);
        }
        self.person_lines(sheet, activity.person);
        self.org_lines(sheet, activity.org);
        if let Some(note) = activity.note.as_deref().map(html_to_text).filter(|note| !note.is_empty()) {
            sheet.heading("Note");
            sheet.paragraph(&note, theme.text);
        }
    }

    fn lead_sheet(self, sheet: &mut Sheet, lead: &Lead) {
        let theme = self.theme;
        sheet.paragraph(text::or_blank(&lead.title, "(no title)"), theme.strong);
        if let Some(value) = &lead.value {
            sheet.line(vec![(value.display(), theme.accent)]);
        }
        if lead.needs_link() {
            self.link_lines(sheet);
        }
        sheet.gap();
        let (seen, style) = match (lead.archived, lead.seen) {
            (true, _) => ("archived", theme.dim),
            (_, true) => ("seen", theme.text),
            (_, false) => ("● unseen", theme.news),
        };
        sheet.field("Status", seen, style);
        sheet.field_if("Source", Some(super::leads::source(&lead.source)));
        let creator = lead.creator.and_then(|id| self.workspace.user(id));
        sheet.field_if("Made by", creator.map(|user| &user.name));
        sheet.field_if("Expected close", lead.expected_close.map(|date| self.day_in_full(date)));
        self.owner_field(sheet, lead.owner);
        let labels = lead.labels.iter().filter_map(|id| self.workspace.lead_label(*id));
        self.label_lines(sheet, labels.map(|label| (label.name.as_str(), label.color)));
        self.custom_lines(sheet, ItemKind::Lead, &lead.custom);
        self.person_lines(sheet, lead.person);
        self.org_lines(sheet, lead.org);
        sheet.heading("History");
        self.moment_field(sheet, "Added", lead.added);
        self.moment_field(sheet, "Updated", lead.updated);
    }

    pub(super) fn label_lines<'a>(self, sheet: &mut Sheet, labels: impl Iterator<Item = (&'a str, LabelColor)>) {
        let mut name = "Labels";
        for (label, color) in labels {
            let dot = ("● ".to_owned(), self.theme.label(color));
            sheet.parts(name, [dot, (label.to_owned(), self.theme.text)]);
            name = "";
        }
    }

    pub(super) fn owner_field(self, sheet: &mut Sheet, owner: Option<UserId>) {
        let Some(user) = owner.and_then(|id| self.workspace.user(id)) else { return };
        let left = if user.active { "" } else { " (has left)" };
        sheet.field("Owner", &format!("{}{left}", user.name), self.theme.text);
    }

    /// That an item has lost what it was linked to, and how to link it again.
    fn link_lines(self, sheet: &mut Sheet) {
        let key = describe(Action::EditAll).and_then(|described| described.keys.last()).unwrap_or(&"");
        sheet.paragraph(&format!("{NEEDS_LINK} ({key} to link it)"), self.theme.warning);
    }

    fn person_lines(self, sheet: &mut Sheet, person: Option<PersonId>) {
        let Some(person) = person.and_then(|id| self.workspace.person(id)) else { return };
        sheet.heading("Person");
        sheet.paragraph(text::or_blank(&person.name, "(no name)"), self.theme.text);
        self.point_lines(sheet, person, MOST_POINTS);
    }

    pub(super) fn org_lines(self, sheet: &mut Sheet, org: Option<OrgId>) {
        let Some(org) = org.and_then(|id| self.workspace.org(id)) else { return };
        sheet.heading("Organization");
        sheet.paragraph(text::or_blank(&org.name, "(no name)"), self.theme.text);
        if let Some(address) = &org.address {
            sheet.paragraph(address, self.theme.dim);
        }
    }

    pub(super) fn day_in_full(self, date: chrono::NaiveDate) -> String {
        let today = self.session.today(self.workspace);
        let late = if date < today { ", past" } else { "" };
        format!("{}{late}", format::due_in_full((date, None), today))
    }

    pub(super) fn moment_field(self, sheet: &mut Sheet, label: &str, at: Option<DateTime<Utc>>) {
        let Some(at) = at else { return };
        let local = at.with_timezone(&self.workspace.zone()).naive_local();
        let today = self.session.today(self.workspace);
        let day = format::calendar_day(local.date(), today);
        let style: Style = self.theme.text;
        sheet.field(label, &format!("{day}, {} ({})", format::time(local.time()), ago(at, self.session.now.0)), style);
    }
}

fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    match format::age(at, now) {
        now if now == "now" => now,
        age => format!("{age} ago"),
    }
}

fn counted_days(days: i64) -> String {
    format::counted(usize::try_from(days).unwrap_or_default(), "day", "days")
}
