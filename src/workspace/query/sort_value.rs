//! The values that lists are sorted by.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use compact_str::CompactString;
use rust_decimal::Decimal;

use super::RowId;
use crate::domain::{
    ContactPoint, Currency, Deal, DealStatus, FieldSortValue, ItemRef, Lead, OrgId, Organization, Person, PersonId,
    User, UserId,
};
use crate::workspace::{ActivityKey, Column, Workspace};

/// The value of a row in a column, comparable with the values of other rows in the same column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortValue {
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

impl SortValue {
    fn text(text: &str) -> Option<Self> {
        const LONGEST: usize = 60;
        let folded: CompactString = text.trim().chars().take(LONGEST).flat_map(char::to_lowercase).collect();
        (!folded.is_empty()).then_some(Self::Text(folded))
    }

    fn number(number: impl Into<Decimal>) -> Self {
        Self::Number(number.into())
    }

    fn of_field(order: FieldSortValue) -> Option<Self> {
        match order {
            FieldSortValue::Number(number) => Some(Self::Number(number)),
            FieldSortValue::Money(currency, amount) => Some(Self::Money(currency, amount)),
            FieldSortValue::Text(text) => Self::text(&text),
        }
    }

    /// Returns a key that sorts by age without a clock: the later, the younger.
    fn age(since: Option<DateTime<Utc>>) -> Option<Self> {
        since.map(|since| Self::number(-since.timestamp()))
    }
}

impl Workspace {
    /// Returns the value of a row in a column; `None` if the row has no such column, or no value there.
    pub fn sortable(&self, row: RowId, by: Column) -> Option<SortValue> {
        if matches!(by, Column::Custom(_)) {
            let field = self.column_field(by)?;
            return SortValue::of_field(field.order(self.custom_value(row, field)?, self));
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

    fn of_deal(&self, deal: &Deal, by: Column) -> Option<SortValue> {
        let is_open = deal.status == DealStatus::Open;
        match by {
            Column::Title => SortValue::text(&deal.title),
            Column::Value => Some(SortValue::Number(deal.countable_value())),
            Column::Weighted => self.weighted_value(deal).map(|value| SortValue::Number(value.amount)),
            Column::Stage => self.stage_number(deal).map(SortValue::Number),
            Column::Pipeline => SortValue::text(&self.pipeline(deal.pipeline)?.name),
            Column::Status => Some(SortValue::number(deal.status as u8)),
            Column::Probability => {
                let probability = self.deal_probability(deal).filter(|_| is_open)?;
                Some(SortValue::number(probability.percent()))
            }
            Column::Person => self.person_text(deal.person),
            Column::Org => self.org_text(deal.org),
            Column::Owner => self.owner_text(deal.owner),
            Column::ExpectedClose => deal.expected_close.map(|day| SortValue::Day(day, None)),
            Column::NextActivity => self.next_day(ItemRef::Deal(deal.id)),
            Column::Labels => names(deal.labels.iter().filter_map(|id| Some(&self.label(*id)?.name))),
            Column::StageAge => SortValue::age(deal.stage_changed.or(deal.added)),
            Column::Added => deal.added.map(SortValue::Moment),
            Column::Updated => deal.updated.map(SortValue::Moment),
            Column::LostReason => SortValue::text(deal.lost_reason.as_deref()?),
            Column::Phone
            | Column::Email
            | Column::Address
            | Column::OpenDeals
            | Column::People
            | Column::Source
            | Column::Seen
            | Column::Custom(_) => None,
        }
    }

    fn of_lead(&self, lead: &Lead, by: Column) -> Option<SortValue> {
        match by {
            Column::Title => SortValue::text(&lead.title),
            Column::Value => lead.value.as_ref().map(|value| SortValue::Number(value.amount)),
            Column::Person => self.person_text(lead.person),
            Column::Org => self.org_text(lead.org),
            Column::Owner => self.owner_text(lead.owner),
            Column::ExpectedClose => lead.expected_close.map(|day| SortValue::Day(day, None)),
            Column::NextActivity => self.next_day(ItemRef::Lead(lead.id)),
            Column::Labels => names(lead.labels.iter().filter_map(|id| Some(&self.lead_label(*id)?.name))),
            Column::Added => lead.added.map(SortValue::Moment),
            Column::Updated => lead.updated.map(SortValue::Moment),
            Column::Source => SortValue::text(&lead.source),
            Column::Seen => Some(SortValue::number(u8::from(lead.seen))),
            Column::Weighted
            | Column::Stage
            | Column::Pipeline
            | Column::Status
            | Column::Probability
            | Column::StageAge
            | Column::LostReason
            | Column::Phone
            | Column::Email
            | Column::Address
            | Column::OpenDeals
            | Column::People
            | Column::Custom(_) => None,
        }
    }

    fn of_person(&self, person: &Person, by: Column) -> Option<SortValue> {
        let item = ItemRef::Person(person.id);
        match by {
            Column::Title => SortValue::text(&person.name),
            Column::Org => self.org_text(person.org),
            Column::Phone => first_text(&person.phones),
            Column::Email => first_text(&person.emails),
            Column::Owner => self.owner_text(person.owner),
            Column::Labels => names(person.labels.iter().filter_map(|id| Some(&self.person_label(*id)?.name))),
            Column::OpenDeals => Some(SortValue::number(self.open_deals(item))),
            Column::NextActivity => self.next_day(item),
            Column::Added => person.added.map(SortValue::Moment),
            Column::Updated => person.updated.map(SortValue::Moment),
            Column::Value
            | Column::Weighted
            | Column::Stage
            | Column::Pipeline
            | Column::Status
            | Column::Probability
            | Column::Person
            | Column::ExpectedClose
            | Column::StageAge
            | Column::LostReason
            | Column::Address
            | Column::People
            | Column::Source
            | Column::Seen
            | Column::Custom(_) => None,
        }
    }

    fn of_org(&self, org: &Organization, by: Column) -> Option<SortValue> {
        let item = ItemRef::Org(org.id);
        match by {
            Column::Title => SortValue::text(&org.name),
            Column::Address => SortValue::text(org.address.as_deref()?),
            Column::People => Some(SortValue::number(self.people_count(org.id))),
            Column::OpenDeals => Some(SortValue::number(self.open_deals(item))),
            Column::NextActivity => self.next_day(item),
            Column::Owner => self.owner_text(org.owner),
            Column::Labels => names(org.labels.iter().filter_map(|id| Some(&self.org_label(*id)?.name))),
            Column::Added => org.added.map(SortValue::Moment),
            Column::Updated => org.updated.map(SortValue::Moment),
            Column::Value
            | Column::Weighted
            | Column::Stage
            | Column::Pipeline
            | Column::Status
            | Column::Probability
            | Column::Person
            | Column::Org
            | Column::ExpectedClose
            | Column::StageAge
            | Column::LostReason
            | Column::Phone
            | Column::Email
            | Column::Source
            | Column::Seen
            | Column::Custom(_) => None,
        }
    }

    fn of_user(&self, user: &User, by: Column) -> Option<SortValue> {
        match by {
            Column::Title => SortValue::text(&user.name),
            Column::Email => SortValue::text(user.email.as_deref()?),
            Column::Phone => SortValue::text(user.phone.as_deref()?),
            Column::Status => Some(SortValue::number(u8::from(!user.active))),
            Column::OpenDeals => Some(SortValue::number(self.open_deals_of(user.id))),
            Column::Value
            | Column::Weighted
            | Column::Stage
            | Column::Pipeline
            | Column::Probability
            | Column::Person
            | Column::Org
            | Column::Owner
            | Column::ExpectedClose
            | Column::NextActivity
            | Column::Labels
            | Column::StageAge
            | Column::Added
            | Column::Updated
            | Column::LostReason
            | Column::Address
            | Column::People
            | Column::Source
            | Column::Seen
            | Column::Custom(_) => None,
        }
    }

    /// Stages in the order of their pipelines.
    fn stage_number(&self, deal: &Deal) -> Option<Decimal> {
        let stage = self.stage(deal.stage)?;
        let pipeline = self.pipelines().iter().position(|pipeline| pipeline.id == stage.pipeline)?;
        let nth = self.stages(stage.pipeline).position(|other| other.id == stage.id)?;
        Some(Decimal::from(pipeline * 1_000 + nth))
    }

    fn person_text(&self, id: Option<PersonId>) -> Option<SortValue> {
        SortValue::text(&self.person(id?)?.name)
    }

    fn org_text(&self, id: Option<OrgId>) -> Option<SortValue> {
        SortValue::text(&self.org(id?)?.name)
    }

    fn owner_text(&self, id: Option<UserId>) -> Option<SortValue> {
        SortValue::text(&self.user(id?)?.name)
    }

    /// When the next activity of an item is due, if it has one with a day.
    fn next_day(&self, item: ItemRef) -> Option<SortValue> {
        match self.linked(item)?.activities.first()? {
            ActivityKey::ToDo(key) => key.due.map(|(day, time)| SortValue::Day(day, time)),
            ActivityKey::Done(_) => None,
        }
    }
}

fn first_text(points: &[ContactPoint]) -> Option<SortValue> {
    let point = points.iter().find(|point| point.primary).or_else(|| points.first())?;
    SortValue::text(&point.value)
}

/// The names of labels, one after the other.
fn names<'a>(names: impl Iterator<Item = &'a String>) -> Option<SortValue> {
    SortValue::text(&names.map(String::as_str).collect::<Vec<_>>().join(" "))
}
