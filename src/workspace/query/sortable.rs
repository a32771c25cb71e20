//! What a list is sorted by, of each kind of row.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use compact_str::CompactString;
use rust_decimal::Decimal;

use super::RowId;
use crate::domain::{
    ContactPoint, Currency, Deal, DealStatus, FieldOrder, ItemRef, Lead, OrgId, Organization, Person, PersonId, User,
    UserId,
};
use crate::workspace::{ActivityKey, Facet, Workspace};

/// A side of a row in a form that can be compared with the same side of another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sortable {
    /// A text folded to lower case. Bounded, as texts from a server may be of any length.
    Text(CompactString),
    /// A number; amounts by their figure, whatever their currency.
    Number(Decimal),
    /// An amount, those of a currency together.
    Money(Currency, Decimal),
    /// A day, with a time or without.
    Day(NaiveDate, Option<NaiveTime>),
    /// A moment.
    Moment(DateTime<Utc>),
}

impl Sortable {
    fn text(text: &str) -> Option<Self> {
        const LONGEST: usize = 60;
        let folded: CompactString = text.trim().chars().take(LONGEST).flat_map(char::to_lowercase).collect();
        (!folded.is_empty()).then_some(Self::Text(folded))
    }

    fn number(number: impl Into<Decimal>) -> Self {
        Self::Number(number.into())
    }

    fn of_field(order: FieldOrder) -> Option<Self> {
        match order {
            FieldOrder::Number(number) => Some(Self::Number(number)),
            FieldOrder::Money(currency, amount) => Some(Self::Money(currency, amount)),
            FieldOrder::Text(text) => Self::text(&text),
        }
    }

    /// How long ago a moment is, without knowing the time: what is later is less long ago.
    fn age(since: Option<DateTime<Utc>>) -> Option<Self> {
        since.map(|since| Self::number(-since.timestamp()))
    }
}

impl Workspace {
    /// What a row is sorted by; `None` where it has no such side, or nothing there.
    pub fn sortable(&self, row: RowId, by: Facet) -> Option<Sortable> {
        if matches!(by, Facet::Custom(_)) {
            let field = self.facet_field(by)?;
            return Sortable::of_field(field.order(self.custom_value(row, field)?, self));
        }
        match row {
            RowId::Item(ItemRef::Deal(id)) => self.deal(id).and_then(|deal| self.of_deal(deal, by)),
            RowId::Item(ItemRef::Lead(id)) => self.lead(id).and_then(|lead| self.of_lead(lead, by)),
            RowId::Item(ItemRef::Person(id)) => self.person(id).and_then(|person| self.of_person(person, by)),
            RowId::Item(ItemRef::Org(id)) => self.org(id).and_then(|org| self.of_org(org, by)),
            RowId::Item(ItemRef::Activity(_) | ItemRef::Note(_)) => None,
            RowId::User(id) => self.user(id).and_then(|user| self.of_user(user, by)),
        }
    }

    fn of_deal(&self, deal: &Deal, by: Facet) -> Option<Sortable> {
        let is_open = deal.status == DealStatus::Open;
        match by {
            Facet::Title => Sortable::text(&deal.title),
            Facet::Value => Some(Sortable::Number(deal.countable_value())),
            Facet::Weighted => self.weighted_value(deal).map(|value| Sortable::Number(value.amount)),
            Facet::Stage => self.stage_number(deal).map(Sortable::Number),
            Facet::Pipeline => Sortable::text(&self.pipeline(deal.pipeline)?.name),
            Facet::Status => Some(Sortable::number(deal.status as u8)),
            Facet::Probability => {
                let probability = self.deal_probability(deal).filter(|_| is_open)?;
                Some(Sortable::number(probability.percent()))
            }
            Facet::Person => self.person_text(deal.person),
            Facet::Org => self.org_text(deal.org),
            Facet::Owner => self.owner_text(deal.owner),
            Facet::ExpectedClose => deal.expected_close.map(|day| Sortable::Day(day, None)),
            Facet::NextActivity => self.next_day(ItemRef::Deal(deal.id)),
            Facet::Labels => names(deal.labels.iter().filter_map(|id| Some(&self.label(*id)?.name))),
            Facet::StageAge => Sortable::age(deal.stage_changed.or(deal.added)),
            Facet::Added => deal.added.map(Sortable::Moment),
            Facet::Updated => deal.updated.map(Sortable::Moment),
            Facet::LostReason => Sortable::text(deal.lost_reason.as_deref()?),
            _ => None,
        }
    }

    fn of_lead(&self, lead: &Lead, by: Facet) -> Option<Sortable> {
        match by {
            Facet::Title => Sortable::text(&lead.title),
            Facet::Value => lead.value.as_ref().map(|value| Sortable::Number(value.amount)),
            Facet::Person => self.person_text(lead.person),
            Facet::Org => self.org_text(lead.org),
            Facet::Owner => self.owner_text(lead.owner),
            Facet::ExpectedClose => lead.expected_close.map(|day| Sortable::Day(day, None)),
            Facet::NextActivity => self.next_day(ItemRef::Lead(lead.id)),
            Facet::Labels => names(lead.labels.iter().filter_map(|id| Some(&self.lead_label(*id)?.name))),
            Facet::Added => lead.added.map(Sortable::Moment),
            Facet::Updated => lead.updated.map(Sortable::Moment),
            Facet::Source => Sortable::text(&lead.source),
            Facet::Seen => Some(Sortable::number(u8::from(lead.seen))),
            _ => None,
        }
    }

    fn of_person(&self, person: &Person, by: Facet) -> Option<Sortable> {
        let item = ItemRef::Person(person.id);
        match by {
            Facet::Title => Sortable::text(&person.name),
            Facet::Org => self.org_text(person.org),
            Facet::Phone => first_text(&person.phones),
            Facet::Email => first_text(&person.emails),
            Facet::Owner => self.owner_text(person.owner),
            Facet::Labels => names(person.labels.iter().filter_map(|id| Some(&self.person_label(*id)?.name))),
            Facet::OpenDeals => Some(Sortable::number(self.open_deals(item))),
            Facet::NextActivity => self.next_day(item),
            Facet::Added => person.added.map(Sortable::Moment),
            Facet::Updated => person.updated.map(Sortable::Moment),
            _ => None,
        }
    }

    fn of_org(&self, org: &Organization, by: Facet) -> Option<Sortable> {
        let item = ItemRef::Org(org.id);
        match by {
            Facet::Title => Sortable::text(&org.name),
            Facet::Address => Sortable::text(org.address.as_deref()?),
            Facet::People => Some(Sortable::number(self.people_count(org.id))),
            Facet::OpenDeals => Some(Sortable::number(self.open_deals(item))),
            Facet::NextActivity => self.next_day(item),
            Facet::Owner => self.owner_text(org.owner),
            Facet::Labels => names(org.labels.iter().filter_map(|id| Some(&self.org_label(*id)?.name))),
            Facet::Added => org.added.map(Sortable::Moment),
            Facet::Updated => org.updated.map(Sortable::Moment),
            _ => None,
        }
    }

    fn of_user(&self, user: &User, by: Facet) -> Option<Sortable> {
        match by {
            Facet::Title => Sortable::text(&user.name),
            Facet::Email => Sortable::text(user.email.as_deref()?),
            Facet::Phone => Sortable::text(user.phone.as_deref()?),
            Facet::Status => Some(Sortable::number(u8::from(!user.active))),
            Facet::OpenDeals => Some(Sortable::number(self.open_deals_of(user.id))),
            _ => None,
        }
    }

    /// Stages in the order of their pipelines.
    fn stage_number(&self, deal: &Deal) -> Option<Decimal> {
        let stage = self.stage(deal.stage)?;
        let pipeline = self.pipelines().iter().position(|pipeline| pipeline.id == stage.pipeline)?;
        let nth = self.stages(stage.pipeline).position(|other| other.id == stage.id)?;
        Some(Decimal::from(pipeline * 1_000 + nth))
    }

    fn person_text(&self, id: Option<PersonId>) -> Option<Sortable> {
        Sortable::text(&self.person(id?)?.name)
    }

    fn org_text(&self, id: Option<OrgId>) -> Option<Sortable> {
        Sortable::text(&self.org(id?)?.name)
    }

    fn owner_text(&self, id: Option<UserId>) -> Option<Sortable> {
        Sortable::text(&self.user(id?)?.name)
    }

    /// When the next activity of an item is due, if it has one with a day.
    fn next_day(&self, item: ItemRef) -> Option<Sortable> {
        match self.linked(item)?.activities.first()? {
            ActivityKey::ToDo(key) => key.due.map(|(day, time)| Sortable::Day(day, time)),
            ActivityKey::Done(_) => None,
        }
    }
}

fn first_text(points: &[ContactPoint]) -> Option<Sortable> {
    let point = points.iter().find(|point| point.primary).or_else(|| points.first())?;
    Sortable::text(&point.value)
}

/// The names of labels, one after the other.
fn names<'a>(names: impl Iterator<Item = &'a String>) -> Option<Sortable> {
    Sortable::text(&names.map(String::as_str).collect::<Vec<_>>().join(" "))
}
