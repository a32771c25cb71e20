//! The conditions of a filter.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Evaluator, RowId};
use crate::domain::{
    Currency, Deal, DealStatus, FilterId, ItemRef, LabelColor, LabelId, Lead, LeadLabelId, Money, PipelineId, Rot,
    StageId, UserId,
};
use crate::workspace::{ActivityKey, Workspace};

/// A filter by owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OwnerFilter {
    /// Those of the user whose token is in use.
    Mine,
    /// Those of one user.
    Of(UserId),
}

/// A label of any kind of item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LabelRef {
    /// Of deals.
    Deal(LabelId),
    /// Of people.
    Person(LabelId),
    /// Of organizations.
    Org(LabelId),
    /// Of leads.
    Lead(LeadLabelId),
}

/// From one bound to another, both included; either may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ValueRange<T> {
    /// The lower bound.
    pub from: Option<T>,
    /// The upper bound.
    pub to: Option<T>,
}

impl<T> Default for ValueRange<T> {
    fn default() -> Self {
        Self { from: None, to: None }
    }
}

impl<T: PartialOrd + Copy> ValueRange<T> {
    /// Returns `true` if it has a bound.
    pub fn is_any(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }

    fn holds(&self, value: T) -> bool {
        self.from.is_none_or(|from| from <= value) && self.to.is_none_or(|to| value <= to)
    }
}

/// The items that match one of Pipedrive's saved filters.
#[derive(Debug, Clone)]
pub struct SavedFilterResult {
    /// The filter.
    pub filter: FilterId,
    /// Its name.
    pub name: String,
    /// The time of the query.
    pub at: DateTime<Utc>,
    /// The items that it matched.
    pub items: Arc<HashSet<ItemRef>>,
}

impl PartialEq for SavedFilterResult {
    fn eq(&self, other: &Self) -> bool {
        self.filter == other.filter && Arc::ptr_eq(&self.items, &other.items)
    }
}

/// The conditions of a filter. All of them must hold; a condition on a field that a kind of item lacks is ignored.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Conditions {
    /// Words that occur in what it is called.
    pub text: String,
    /// Its owner.
    pub whose: Option<OwnerFilter>,
    /// One of these labels.
    pub labels: Vec<LabelRef>,
    /// A range of its value, whatever the currency.
    pub value: ValueRange<Decimal>,
    /// The currency of its value.
    pub currency: Option<Currency>,
    /// When it is expected to close.
    pub close: ValueRange<NaiveDate>,
    /// In which pipeline it is.
    pub pipeline: Option<PipelineId>,
    /// In which stage it is.
    pub stage: Option<StageId>,
    /// Untouched for longer than its stage allows.
    pub rotting: bool,
    /// It has no planned activity.
    pub nothing_next: bool,
    /// Its next activity is overdue.
    pub overdue: bool,
    /// Only items that match one of Pipedrive's saved filters.
    #[serde(skip)]
    pub among: Option<SavedFilterResult>,
}

impl Conditions {
    /// Returns `true` if there is any condition.
    pub fn is_any(&self) -> bool {
        !self.text.trim().is_empty() || self.is_more_than_text()
    }

    /// Returns `true` if there is any condition besides the text.
    pub fn is_more_than_text(&self) -> bool {
        self.whose.is_some() || self.is_of_fields()
    }

    /// Returns `true` if there is any condition besides the text and the owner.
    pub fn is_of_fields(&self) -> bool {
        let flags = self.rotting || self.nothing_next || self.overdue;
        let spans = self.value.is_any() || self.close.is_any() || self.currency.is_some();
        flags || spans || !self.labels.is_empty() || self.pipeline.is_some() || self.stage.is_some() || self.is_among()
    }

    fn is_among(&self) -> bool {
        self.among.is_some()
    }

    /// Returns `true` if the result changes as time passes.
    pub(super) fn depends_on_time(&self) -> bool {
        self.rotting || self.overdue
    }

    /// Returns `true` if `next` only extends the text, so that its matches are among those of `self`.
    pub(super) fn is_narrowed_to(&self, next: &Self) -> bool {
        next.text.starts_with(&self.text) && Self { text: next.text.clone(), ..self.clone() } == *next
    }
}

impl Evaluator<'_> {
    /// Returns `true` if a row meets all conditions besides the text.
    pub(super) fn fits(&self, row: RowId) -> bool {
        let asked = &self.query.conditions;
        if !asked.is_more_than_text() {
            return true;
        }
        let RowId::Item(item) = row else { return true };
        if asked.among.as_ref().is_some_and(|among| !among.items.contains(&item)) {
            return false;
        }
        let account = self.account;
        let whose = |owner: Option<UserId>| match asked.whose {
            None => true,
            Some(OwnerFilter::Mine) => account.me().is_some_and(|me| owner == Some(me.id)),
            Some(OwnerFilter::Of(user)) => owner == Some(user),
        };
        match item {
            ItemRef::Deal(id) => account.deal(id).is_some_and(|deal| whose(deal.owner) && self.fits_deal(deal)),
            ItemRef::Lead(id) => account.lead(id).is_some_and(|lead| whose(lead.owner) && self.fits_lead(lead)),
            ItemRef::Person(id) => account.person(id).is_some_and(|person| {
                whose(person.owner) && self.has_label(&person.labels, LabelRef::Person) && self.fits_next(item)
            }),
            ItemRef::Org(id) => account.org(id).is_some_and(|org| {
                whose(org.owner) && self.has_label(&org.labels, LabelRef::Org) && self.fits_next(item)
            }),
            ItemRef::Note(_) => false,
            ItemRef::Activity(id) => account.activity(id).is_some_and(|activity| {
                let due = activity.due.filter(|_| !activity.done).map(|due| due.local(account.zone()).0);
                whose(activity.owner) && (!asked.overdue || due.is_some_and(|day| day < self.clock.today))
            }),
        }
    }

    fn fits_deal(&self, deal: &Deal) -> bool {
        let asked = &self.query.conditions;
        let rots = || {
            let stage = self.account.stage(deal.stage);
            stage.is_some_and(|stage| deal.rot(stage, self.clock.hour) != Rot::Fresh)
        };
        let is_next_asked = deal.status == DealStatus::Open || !(asked.nothing_next || asked.overdue);
        self.has_label(&deal.labels, LabelRef::Deal)
            && self.fits_value(Some(&deal.value))
            && self.fits_close(deal.expected_close)
            && asked.pipeline.is_none_or(|pipeline| deal.pipeline == pipeline)
            && asked.stage.is_none_or(|stage| deal.stage == stage)
            && (!asked.rotting || rots())
            && is_next_asked
            && self.fits_next(ItemRef::Deal(deal.id))
    }

    fn fits_lead(&self, lead: &Lead) -> bool {
        self.has_label(&lead.labels, LabelRef::Lead)
            && self.fits_value(lead.value.as_ref())
            && self.fits_close(lead.expected_close)
            && self.fits_next(ItemRef::Lead(lead.id))
    }

    fn has_label<Id: Copy>(&self, labels: &[Id], of: fn(Id) -> LabelRef) -> bool {
        let asked = &self.query.conditions.labels;
        asked.is_empty() || labels.iter().any(|id| asked.contains(&of(*id)))
    }

    fn fits_value(&self, value: Option<&Money>) -> bool {
        let asked = &self.query.conditions;
        let in_span = !asked.value.is_any() || value.is_some_and(|value| asked.value.holds(value.amount));
        let in_currency =
            asked.currency.as_ref().is_none_or(|currency| value.is_some_and(|value| value.currency == *currency));
        in_span && in_currency
    }

    fn fits_close(&self, day: Option<NaiveDate>) -> bool {
        let asked = &self.query.conditions.close;
        !asked.is_any() || day.is_some_and(|day| asked.holds(day))
    }

    /// Returns `true` if the next activity of an item meets the conditions.
    fn fits_next(&self, item: ItemRef) -> bool {
        let asked = &self.query.conditions;
        if !asked.nothing_next && !asked.overdue {
            return true;
        }
        let next = self.account.linked(item).and_then(|linked| linked.activities.first());
        let (is_planned, day) = match next {
            Some(ActivityKey::ToDo(key)) => (true, key.due.map(|(day, _)| day)),
            _ => (false, None),
        };
        (!asked.nothing_next || !is_planned) && (!asked.overdue || day.is_some_and(|day| day < self.clock.today))
    }
}

impl Workspace {
    /// Returns the name and color of a label.
    pub fn label_of(&self, label: LabelRef) -> Option<(&str, LabelColor)> {
        let found = match label {
            LabelRef::Deal(id) => self.label(id),
            LabelRef::Person(id) => self.person_label(id),
            LabelRef::Org(id) => self.org_label(id),
            LabelRef::Lead(id) => return self.lead_label(id).map(|label| (label.name.as_str(), label.color)),
        };
        found.map(|label| (label.name.as_str(), label.color))
    }

    /// Returns the number of open deals of a person or an organization.
    pub fn open_deals(&self, item: ItemRef) -> usize {
        self.linked(item).map_or(0, |linked| linked.open_deals)
    }
}
