//! What stands in the cells of a table.

use chrono::{DateTime, Utc};
use ratatui::style::Style;

use super::next::Next;
use super::row::Row;
use super::{Screen, format, text};
use crate::app::tables::RowId;
use crate::domain::{
    ContactPoint, Deal, DealStatus, ItemRef, LabelColor, Lead, Money, OrgId, Organization, Person, PersonId, Rot, User,
    UserId,
};
use crate::workspace::{Column, LabelRef};

/// How many labels are shown.
const LABELS: usize = 3;

/// What marks an item that has lost the person and the organization that it was linked to.
pub(super) const UNLINKED: &str = "∅";
/// The same in words.
pub(super) const NEEDS_LINK: &str = "∅ needs a person or organization";

type Cell = (String, Style);

impl Screen<'_> {
    /// What a column shows of a row.
    pub(super) fn cell(self, id: RowId, facet: Column, width: u16) -> Cell {
        let account = self.workspace;
        if let Some(field) = account.column_field(facet) {
            let value = account.custom_value(id, field);
            return value.map(|value| (field.display(value, account), self.theme.text)).unwrap_or_default();
        }
        let cell = match id {
            RowId::Item(ItemRef::Deal(id)) => account.deal(id).map(|deal| self.deal_cell(deal, facet, width)),
            RowId::Item(ItemRef::Lead(id)) => account.lead(id).map(|lead| self.lead_cell(lead, facet, width)),
            RowId::Item(ItemRef::Person(id)) => account.person(id).map(|person| self.person_cell(person, facet)),
            RowId::Item(ItemRef::Org(id)) => account.org(id).map(|org| self.org_cell(org, facet)),
            RowId::Item(ItemRef::Activity(_) | ItemRef::Note(_)) => None,
            RowId::User(id) => account.user(id).map(|user| self.user_cell(user, facet)),
        };
        cell.unwrap_or_default()
    }

    /// What there is to know of a row at a glance.
    pub(super) fn row_mark(self, id: RowId) -> (&'static str, Style) {
        let theme = self.theme;
        let nothing = ("", theme.dim);
        let deal = match id {
            RowId::Item(ItemRef::Deal(id)) => self.workspace.deal(id),
            RowId::Item(ItemRef::Lead(id)) => {
                let lead = self.workspace.lead(id);
                return match lead {
                    Some(lead) if lead.needs_link() => (UNLINKED, theme.warning),
                    Some(lead) if !lead.seen => ("●", theme.news),
                    _ => nothing,
                };
            }
            _ => None,
        };
        let Some(deal) = deal else { return nothing };
        if deal.needs_link() {
            return (UNLINKED, theme.warning);
        }
        match deal.status {
            DealStatus::Won => ("✓", theme.good),
            DealStatus::Lost => ("✗", theme.bad),
            DealStatus::Open | DealStatus::Other => {
                let stage = self.workspace.stage(deal.stage);
                let rots = stage.is_some_and(|stage| deal.rot(stage, self.session.now.0) != Rot::Fresh);
                let next = self.next_of(deal);
                if rots { ("✱", theme.warning) } else { (next.mark(), next.style(theme)) }
            }
        }
    }

    /// Whether a row is a lead that came with the last poll, and that nobody has looked at.
    pub(super) fn is_new(self, id: RowId) -> bool {
        let RowId::Item(ItemRef::Lead(id)) = id else { return false };
        self.account.new_leads.contains(&id) && self.workspace.lead(id).is_some_and(|lead| !lead.seen)
    }

    fn next_of(self, deal: &Deal) -> Next {
        Next::of(self.workspace.next_activity_due(deal.id), self.session.today(self.workspace))
    }

    fn deal_cell(self, deal: &Deal, facet: Column, width: u16) -> Cell {
        let theme = self.theme;
        let account = self.workspace;
        match facet {
            Column::Title => (text::or_blank(&deal.title, "(no title)").to_owned(), theme.text),
            Column::Value => (amount(&deal.value, width), theme.text),
            Column::Weighted => {
                account.weighted_value(deal).map(|value| (amount(&value, width), theme.dim)).unwrap_or_default()
            }
            Column::Stage => {
                (account.stage(deal.stage).map(|stage| stage.name.clone()).unwrap_or_default(), theme.text)
            }
            Column::Pipeline => {
                (account.pipeline(deal.pipeline).map(|pipeline| pipeline.name.clone()).unwrap_or_default(), theme.dim)
            }
            Column::Status => match deal.status {
                DealStatus::Open => ("open".to_owned(), theme.text),
                DealStatus::Won => ("won".to_owned(), theme.good),
                DealStatus::Lost => ("lost".to_owned(), theme.bad),
                DealStatus::Other => ("deleted".to_owned(), theme.bad),
            },
            Column::Probability => {
                let probability = account.deal_probability(deal).filter(|_| deal.status == DealStatus::Open);
                (probability.map(|probability| probability.to_string()).unwrap_or_default(), theme.dim)
            }
            Column::Person => (self.person_name(deal.person), theme.dim),
            Column::Org if deal.needs_link() => (NEEDS_LINK.to_owned(), theme.warning),
            Column::Org => (self.org_name(deal.org), theme.dim),
            Column::Owner => (self.owner_name(deal.owner), theme.dim),
            Column::ExpectedClose => self.day_cell(deal.expected_close.filter(|_| deal.status == DealStatus::Open)),
            Column::NextActivity if deal.status == DealStatus::Open => self.next_cell(ItemRef::Deal(deal.id)),
            Column::StageAge => self.age_cell(deal.stage_changed.or(deal.added)),
            Column::Added => self.age_cell(deal.added),
            Column::Updated => self.age_cell(deal.updated),
            Column::LostReason => (deal.lost_reason.clone().unwrap_or_default(), theme.dim),
            _ => Cell::default(),
        }
    }

    fn lead_cell(self, lead: &Lead, facet: Column, width: u16) -> Cell {
        let theme = self.theme;
        match facet {
            Column::Title => {
                let style = if lead.seen { theme.text } else { theme.strong };
                (text::or_blank(&lead.title, "(no title)").to_owned(), style)
            }
            Column::Value => (lead.value.as_ref().map(|value| amount(value, width)).unwrap_or_default(), theme.text),
            Column::Person => (self.person_name(lead.person), theme.dim),
            Column::Org if lead.needs_link() => (NEEDS_LINK.to_owned(), theme.warning),
            Column::Org => (self.org_name(lead.org), theme.dim),
            Column::Owner => (self.owner_name(lead.owner), theme.dim),
            Column::ExpectedClose => self.day_cell(lead.expected_close),
            Column::NextActivity => self.next_cell(ItemRef::Lead(lead.id)),
            Column::Added => self.age_cell(lead.added),
            Column::Updated => self.age_cell(lead.updated),
            Column::Source => (super::leads::source(&lead.source), theme.dim),
            Column::Seen => (if lead.seen { "yes" } else { "no" }.to_owned(), theme.dim),
            _ => Cell::default(),
        }
    }

    fn person_cell(self, person: &Person, facet: Column) -> Cell {
        let theme = self.theme;
        let item = ItemRef::Person(person.id);
        match facet {
            Column::Title => (text::or_blank(&person.name, "(no name)").to_owned(), theme.text),
            Column::Org => (self.org_name(person.org), theme.dim),
            Column::Phone => (first(&person.phones), theme.text),
            Column::Email => (first(&person.emails), theme.text),
            Column::Owner => (self.owner_name(person.owner), theme.dim),
            Column::OpenDeals => self.count_cell(self.workspace.open_deals(item)),
            Column::NextActivity => self.next_cell(item),
            Column::Added => self.age_cell(person.added),
            Column::Updated => self.age_cell(person.updated),
            _ => Cell::default(),
        }
    }

    fn org_cell(self, org: &Organization, facet: Column) -> Cell {
        let theme = self.theme;
        let item = ItemRef::Org(org.id);
        match facet {
            Column::Title => (text::or_blank(&org.name, "(no name)").to_owned(), theme.text),
            Column::Address => (org.address.clone().unwrap_or_default(), theme.dim),
            Column::People => self.count_cell(self.workspace.people_count(org.id)),
            Column::OpenDeals => self.count_cell(self.workspace.open_deals(item)),
            Column::NextActivity => self.next_cell(item),
            Column::Owner => (self.owner_name(org.owner), theme.dim),
            Column::Added => self.age_cell(org.added),
            Column::Updated => self.age_cell(org.updated),
            _ => Cell::default(),
        }
    }

    fn user_cell(self, user: &User, facet: Column) -> Cell {
        let theme = self.theme;
        match facet {
            Column::Title => (text::or_blank(&user.name, "(no name)").to_owned(), theme.text),
            Column::Email => (user.email.clone().unwrap_or_default(), theme.text),
            Column::Phone => (user.phone.clone().unwrap_or_default(), theme.text),
            Column::Status if user.active => ("active".to_owned(), theme.text),
            Column::Status => ("has left".to_owned(), theme.warning),
            Column::OpenDeals => self.count_cell(self.workspace.open_deals_of(user.id)),
            _ => Cell::default(),
        }
    }

    fn count_cell(self, count: usize) -> Cell {
        (if count == 0 { String::new() } else { format::count(count) }, self.theme.text)
    }

    fn age_cell(self, at: Option<DateTime<Utc>>) -> Cell {
        (at.map(|at| format::age(at, self.session.now.0)).unwrap_or_default(), self.theme.dim)
    }

    fn day_cell(self, day: Option<chrono::NaiveDate>) -> Cell {
        let today = self.session.today(self.workspace);
        let Some(day) = day else { return Cell::default() };
        (format::calendar_day(day, today), if day < today { self.theme.bad } else { self.theme.dim })
    }

    /// When the next activity of an item is due.
    fn next_cell(self, item: ItemRef) -> Cell {
        let today = self.session.today(self.workspace);
        let next = self.workspace.activities_of(item).next().filter(|activity| !activity.done);
        let Some(activity) = next else { return Cell::default() };
        match activity.due.map(|due| due.local(self.workspace.zone())) {
            Some(due) => (format::due(due, today), Next::of(Some(due), today).style(self.theme)),
            None => ("no date".to_owned(), self.theme.dim),
        }
    }

    fn person_name(self, id: Option<PersonId>) -> String {
        id.and_then(|id| self.workspace.person(id)).map(|person| person.name.clone()).unwrap_or_default()
    }

    fn org_name(self, id: Option<OrgId>) -> String {
        id.and_then(|id| self.workspace.org(id)).map(|org| org.name.clone()).unwrap_or_default()
    }

    fn owner_name(self, id: Option<UserId>) -> String {
        id.and_then(|id| self.workspace.user(id)).map(|user| user.name.clone()).unwrap_or_default()
    }

    /// The first labels of a row.
    pub(super) fn labels_of(&self, id: RowId) -> Vec<(&str, LabelColor)> {
        let account = self.workspace;
        let labels: Vec<LabelRef> = match id {
            RowId::Item(ItemRef::Deal(id)) => account.deal(id).map(|deal| refs(&deal.labels, LabelRef::Deal)),
            RowId::Item(ItemRef::Lead(id)) => account.lead(id).map(|lead| refs(&lead.labels, LabelRef::Lead)),
            RowId::Item(ItemRef::Person(id)) => account.person(id).map(|one| refs(&one.labels, LabelRef::Person)),
            RowId::Item(ItemRef::Org(id)) => account.org(id).map(|org| refs(&org.labels, LabelRef::Org)),
            RowId::Item(ItemRef::Activity(_) | ItemRef::Note(_)) | RowId::User(_) => None,
        }
        .unwrap_or_default();
        labels.into_iter().filter_map(|label| account.label_of(label)).collect()
    }

    /// Dots in the colours of labels; with their names where there is room.
    pub(super) fn label_dots(self, row: &mut Row, labels: &[(&str, LabelColor)], width: u16) {
        let names = width > 6;
        let mut left = width;
        for (label, color) in labels {
            let name = if names { format!(" {label}") } else { String::new() };
            let name_width = text::width(&name).min(left.saturating_sub(2));
            if left < 2 + if names { 3 } else { 0 } {
                break;
            }
            row.text("●", self.theme.label(*color)).cell(&name, name_width, self.theme.dim);
            let gap = if names { 2.min(left - 1 - name_width) } else { 0 };
            row.skip(gap);
            left -= 1 + name_width + gap;
        }
        row.skip(left);
    }
}

/// An amount in full where that fits.
fn amount(value: &Money, width: u16) -> String {
    let full = value.display();
    if text::width(&full) <= width { full } else { value.display_short() }
}

/// The number or address to use first.
fn first(points: &[ContactPoint]) -> String {
    let point = points.iter().find(|point| point.primary).or_else(|| points.first());
    point.map(|point| point.value.clone()).unwrap_or_default()
}

fn refs<Id: Copy>(labels: &[Id], of: fn(Id) -> LabelRef) -> Vec<LabelRef> {
    labels.iter().take(LABELS).map(|id| of(*id)).collect()
}
