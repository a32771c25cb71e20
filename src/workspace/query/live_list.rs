//! A list that follows its query: worked out in full once, and then only for what has changed.

use std::collections::HashMap;

use rust_decimal::Decimal;

use super::{DefaultSortKey, Evaluator, Query, QueryTime, RowGroup, RowId, Scope, SortKey, TextFilter};
use crate::domain::{Currency, DealId, ItemRef, Probability};
use crate::workspace::{SortedList, Totals, Workspace};

/// The rows of a group in order.
pub type MatchedRows = SortedList<(SortKey, RowId)>;

/// What a query has found, kept up to date.
#[derive(Debug)]
pub struct LiveList {
    query: Query,
    clock: QueryTime,
    /// How far the account's log of changes was followed.
    seen: u64,
    groups: HashMap<RowGroup, MatchedRows>,
    places: HashMap<RowId, RowPosition>,
    /// What the deals of each group add up to.
    totals: HashMap<RowGroup, Totals>,
}

/// Where a row stands.
#[derive(Debug, Clone, PartialEq)]
struct RowPosition {
    group: RowGroup,
    sort_key: SortKey,
    /// What it adds to the totals of its group.
    counted: Option<Counted>,
}

/// What a deal adds to totals: currency, value and probability.
type Counted = (Currency, Decimal, Option<Probability>);

/// Where a row stands now, and what it counts; `None` where it is not asked for.
fn placed(evaluator: &Evaluator, account: &Workspace, row: RowId) -> Option<RowPosition> {
    let (group, sort_key) = evaluator.place(row)?;
    let counted = match row {
        RowId::Item(ItemRef::Deal(id)) => account
            .deal(id)
            .map(|deal| (deal.currency().clone(), deal.countable_value(), account.deal_probability(deal))),
        _ => None,
    };
    Some(RowPosition { group, sort_key, counted })
}

impl LiveList {
    /// Carries out a query.
    pub fn new(query: Query, account: &Workspace, clock: QueryTime) -> Self {
        let evaluator = Evaluator::of(&query, account, clock);
        let places: HashMap<RowId, RowPosition> =
            evaluator.candidates().filter_map(|row| Some((row, placed(&evaluator, account, row)?))).collect();
        let mut sorted: HashMap<RowGroup, Vec<(SortKey, RowId)>> = HashMap::new();
        let mut totals: HashMap<RowGroup, Totals> = HashMap::new();
        for (row, RowPosition { group, sort_key, counted }) in &places {
            sorted.entry(*group).or_default().push((sort_key.clone(), *row));
            if let Some((currency, value, probability)) = counted {
                totals.entry(*group).or_default().add(currency, *value, *probability);
            }
        }
        let groups = sorted.into_iter().map(|(group, rows)| (group, SortedList::from_unsorted(rows))).collect();
        Self { query, clock, seen: account.change_log_end(), groups, places, totals }
    }

    /// Brings it up to date with the account and with what is asked now. Whether something else is asked than before.
    pub fn update(&mut self, query: Query, account: &Workspace, clock: QueryTime) -> bool {
        let is_other = self.query != query;
        let is_narrower = (self.query.scope, self.query.order) == (query.scope, query.order)
            && self.query.conditions.is_narrowed_to(&query.conditions);
        let is_later = self.clock != clock && query.conditions.depends_on_time();
        let can_follow = (!is_other || is_narrower) && !is_later && self.follow(account);
        if !can_follow {
            *self = Self::new(query, account, clock);
        } else if is_other {
            self.narrow(query, account);
        }
        is_other
    }

    /// Places what has changed anew; `false` where it is not known what has.
    fn follow(&mut self, account: &Workspace) -> bool {
        let is_news = self.seen != account.change_log_end();
        if is_news && self.query.scope == Scope::Archive {
            // What is linked to the few leads of the archive is not kept.
            return false;
        }
        let Some(touched) = account.changes_since(self.seen) else { return false };
        let evaluator = Evaluator::of(&self.query, account, self.clock);
        for row in touched {
            let place = placed(&evaluator, account, row);
            if self.places.get(&row) == place.as_ref() {
                continue;
            }
            if let Some(before) = self.places.remove(&row) {
                leave(&mut self.groups, &mut self.totals, row, before);
            }
            if let Some(now) = place {
                self.groups.entry(now.group).or_default().insert((now.sort_key.clone(), row));
                if let Some((currency, value, probability)) = &now.counted {
                    self.totals.entry(now.group).or_default().add(currency, *value, *probability);
                }
                self.places.insert(row, now);
            }
        }
        self.seen = account.change_log_end();
        true
    }

    /// Leaves out what does not meet what is asked more than before.
    fn narrow(&mut self, query: Query, account: &Workspace) {
        self.query = query;
        let filter = TextFilter::new(&self.query.conditions.text, account);
        let (groups, totals) = (&mut self.groups, &mut self.totals);
        self.places.retain(|row, place| {
            let stays = filter.matches_row(*row);
            if !stays {
                leave(groups, totals, *row, place.clone());
            }
            stays
        });
    }

    /// What is asked.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// What was found of a group; `None` where that is nothing.
    pub fn found(&self, group: RowGroup) -> Option<&MatchedRows> {
        self.groups.get(&group).filter(|found| !found.is_empty())
    }

    /// How many rows of its group stand before this one; `None` if it was not found.
    pub fn rank(&self, row: RowId) -> Option<(RowGroup, usize)> {
        let RowPosition { group, sort_key, .. } = self.places.get(&row)?;
        Some((*group, self.groups.get(group)?.rank(&(sort_key.clone(), row))))
    }

    /// How many rows of a group stand before a place in the usual order.
    pub fn before(&self, group: RowGroup, place: DefaultSortKey) -> usize {
        // No row comes before this one at the same place.
        let first = RowId::Item(ItemRef::Deal(DealId(0)));
        self.found(group).map_or(0, |found| found.rank(&(SortKey::Default(place), first)))
    }

    /// What the deals that were found of a group add up to; `None` where there are none.
    pub fn totals(&self, group: RowGroup) -> Option<&Totals> {
        self.totals.get(&group)
    }

    /// What all deals that were found add up to.
    pub fn all_totals(&self) -> Totals {
        let mut all = Totals::default();
        self.totals.values().for_each(|totals| all.merge(totals));
        all
    }

    /// How many were found in all.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

/// Takes a row out of its group and of what that adds up to.
fn leave(
    groups: &mut HashMap<RowGroup, MatchedRows>,
    totals: &mut HashMap<RowGroup, Totals>,
    row: RowId,
    place: RowPosition,
) {
    let RowPosition { group, sort_key, counted } = place;
    if let Some(found) = groups.get_mut(&group) {
        found.remove(&(sort_key, row));
    }
    if let (Some((currency, value, probability)), Some(totals)) = (counted, totals.get_mut(&group)) {
        totals.subtract(&currency, value, probability);
    }
}
