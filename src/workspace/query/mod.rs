//! Queries: the scope, conditions and sort order of a list. [`LiveList`] keeps the result up to date.
//!
//! A row's membership in a list and its position there are decided in one place
//! ([`Evaluator::place`]), for all rows at first and for those that changed from then on.

mod conditions;
mod live_list;
mod sort_value;
mod text_filter;

use std::cmp::Reverse;

use chrono::{DateTime, NaiveDate, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

pub use conditions::{Conditions, LabelRef, OwnerFilter, SavedFilterResult, ValueRange};
pub use live_list::{LiveList, MatchedRows};
pub use sort_value::SortValue;
pub use text_filter::TextFilter;

use super::directory::NameKey;
use super::links::ActivityKey;
use super::{CardRank, Column, SortedList, Workspace};
use crate::domain::{ActivityId, DealId, DealStatus, ItemRef, LeadId, OrgId, PersonId, PipelineId, StageId, UserId};

/// The id of a row. Users are not items, because dealdeck cannot edit them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RowId {
    /// An item.
    Item(ItemRef),
    /// A user.
    User(UserId),
}

impl RowId {
    /// The item, if it is one.
    pub const fn item(self) -> Option<ItemRef> {
        match self {
            Self::Item(item) => Some(item),
            Self::User(_) => None,
        }
    }
}

/// An id of one kind of rows.
pub trait ListedId: Copy + PartialEq {
    /// The row that it names.
    fn row(self) -> RowId;
    /// The id of a row, if it is of this kind.
    fn of(row: RowId) -> Option<Self>;
}

macro_rules! listed {
    ($($id:ident in $variant:ident),* $(,)?) => {$(
        impl ListedId for $id {
            fn row(self) -> RowId {
                RowId::Item(ItemRef::$variant(self))
            }

            fn of(row: RowId) -> Option<Self> {
                match row {
                    RowId::Item(ItemRef::$variant(id)) => Some(id),
                    _ => None,
                }
            }
        }
    )*};
}

listed! { DealId in Deal, ActivityId in Activity, LeadId in Lead, PersonId in Person, OrgId in Org }

impl ListedId for RowId {
    fn row(self) -> RowId {
        self
    }

    fn of(row: RowId) -> Option<Self> {
        Some(row)
    }
}

/// Of what a list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The deals of a pipeline and status, a list for each stage.
    Board(PipelineId, DealStatus),
    /// The deals of a status, whatever their pipeline.
    Deals(DealStatus),
    /// Planned activities, then done ones.
    Activities,
    /// The lead inbox.
    Leads,
    /// The archive of leads.
    Archive,
    /// People.
    People,
    /// Organizations.
    Orgs,
    /// Users.
    Users,
}

/// A sort order other than the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SortOrder {
    /// The column.
    pub by: Column,
    /// `true` if the largest or latest comes first. Rows without a value come last either way.
    pub descending: bool,
}

/// The definition of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The scope.
    pub scope: Scope,
    /// The conditions.
    pub conditions: Conditions,
    /// The sort order; `None` for the default order.
    pub order: Option<SortOrder>,
}

impl Query {
    /// Returns `true` for an unfiltered list in default order, which the workspace maintains anyway.
    pub fn is_plain(&self) -> bool {
        self.order.is_none() && !self.conditions.is_any()
    }
}

/// The sort key of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortKey {
    /// By the default order of its kind.
    Default(DefaultSortKey),
    /// From the smallest on.
    Up(SortValue),
    /// From the largest on.
    Down(Reverse<SortValue>),
    /// There is nothing to sort it by.
    Last,
}

/// The key of the default order, in which the workspace keeps its lists.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DefaultSortKey {
    /// Of deals: by their next activity, or by when they were closed.
    Card(CardRank),
    /// Of activities.
    Activity(ActivityKey),
    /// Of leads: unseen ones first, then the newest.
    Lead(bool, Reverse<Option<DateTime<Utc>>>),
    /// By name.
    Name(CompactString),
}

/// The part of a list in which a row stands: a stage of the board. Other lists have one part only.
pub type RowGroup = Option<StageId>;

/// The time that conditions are judged by. It goes on by the hour, so that not every frame has another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryTime {
    /// The full hour.
    pub hour: DateTime<Utc>,
    /// The day in the user's zone.
    pub today: NaiveDate,
}

impl QueryTime {
    /// The time that conditions are judged by at a moment.
    pub fn at(now: DateTime<Utc>, zone: Tz) -> Self {
        let into = TimeDelta::seconds(now.timestamp().rem_euclid(3_600));
        let hour = now.checked_sub_signed(into).unwrap_or(now).with_nanosecond(0).unwrap_or(now);
        Self { hour, today: now.with_timezone(&zone).date_naive() }
    }
}

/// A query as it is carried out on an account.
struct Evaluator<'a> {
    query: &'a Query,
    filter: TextFilter<'a>,
    clock: QueryTime,
    account: &'a Workspace,
}

impl<'a> Evaluator<'a> {
    fn of(query: &'a Query, account: &'a Workspace, clock: QueryTime) -> Self {
        Self { query, filter: TextFilter::new(&query.conditions.text, account), clock, account }
    }

    /// Returns the group and sort key of a row; `None` if it is not in the list.
    fn place(&self, row: RowId) -> Option<(RowGroup, SortKey)> {
        let (group, usual) = self.in_scope(row)?;
        if !self.filter.matches_row(row) || !self.fits(row) {
            return None;
        }
        let sort_key = match self.query.order {
            None => SortKey::Default(usual),
            Some(order) => match self.account.sortable(row, order.by) {
                None => SortKey::Last,
                Some(by) if order.descending => SortKey::Down(Reverse(by)),
                Some(by) => SortKey::Up(by),
            },
        };
        Some((group, sort_key))
    }

    /// Returns the group and default sort key of a row; `None` if it is out of scope.
    fn in_scope(&self, row: RowId) -> Option<(RowGroup, DefaultSortKey)> {
        let account = self.account;
        match (self.query.scope, row) {
            (Scope::Board(pipeline, status), RowId::Item(ItemRef::Deal(id))) => {
                let (key, card) = account.card(id)?;
                let is_here = key.status == status && account.stage(key.stage)?.pipeline == pipeline;
                is_here.then_some((Some(key.stage), DefaultSortKey::Card(card.rank)))
            }
            (Scope::Deals(status), RowId::Item(ItemRef::Deal(id))) => {
                let (key, card) = account.card(id)?;
                (key.status == status).then_some((None, DefaultSortKey::Card(card.rank)))
            }
            (Scope::Activities, RowId::Item(ItemRef::Activity(id))) => {
                Some((None, DefaultSortKey::Activity(account.activity_key(account.activity(id)?))))
            }
            (Scope::Leads, RowId::Item(ItemRef::Lead(id))) => {
                let lead = account.lead(id).filter(|lead| !lead.archived)?;
                Some((None, DefaultSortKey::Lead(lead.seen, Reverse(lead.added))))
            }
            (Scope::Archive, RowId::Item(ItemRef::Lead(id))) => {
                let lead = account.lead(id).filter(|lead| lead.archived)?;
                Some((None, DefaultSortKey::Lead(true, Reverse(lead.updated))))
            }
            (Scope::People, RowId::Item(ItemRef::Person(id))) => {
                Some((None, DefaultSortKey::Name(NameKey::new(&account.person(id)?.name, id).name)))
            }
            (Scope::Orgs, RowId::Item(ItemRef::Org(id))) => {
                Some((None, DefaultSortKey::Name(NameKey::new(&account.org(id)?.name, id).name)))
            }
            (Scope::Users, RowId::User(id)) => {
                Some((None, DefaultSortKey::Name(NameKey::new(&account.user(id)?.name, id).name)))
            }
            _ => None,
        }
    }

    /// All rows that may be in the list, in no order.
    fn candidates(&self) -> Box<dyn Iterator<Item = RowId> + '_> {
        let account = self.account;
        let deals = move |status| {
            let cards = account.deals_by_status(status).into_iter().flat_map(SortedList::iter);
            cards.map(|card| card.id.row())
        };
        match self.query.scope {
            Scope::Board(pipeline, status) => {
                let columns =
                    account.stages(pipeline).map(move |stage| super::BoardColumnKey { stage: stage.id, status });
                let columns = columns.filter_map(|key| account.column(key));
                Box::new(columns.flat_map(|column| column.cards.iter()).map(|card| card.id.row()))
            }
            Scope::Deals(status) => Box::new(deals(status)),
            Scope::Activities => {
                let done = account.done().iter().map(|(_, id)| id.row());
                Box::new(account.agenda().iter().map(|key| key.id.row()).chain(done))
            }
            Scope::Leads => Box::new(account.inbox().iter().map(|(.., id)| id.row())),
            Scope::Archive => Box::new(account.archive().iter().map(|(.., id)| id.row())),
            Scope::People => Box::new(account.people().iter().map(|key| key.id.row())),
            Scope::Orgs => Box::new(account.orgs().iter().map(|key| key.id.row())),
            Scope::Users => Box::new(account.users().iter().map(|key| RowId::User(key.id))),
        }
    }
}
