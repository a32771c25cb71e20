//! A list that follows its query: worked out in full once, and then only for what has changed.

use std::collections::HashMap;

use rust_decimal::Decimal;

use super::{DefaultSortKey, Evaluator, Query, QueryTime, RowGroup, RowId, Scope, SortKey, TextFilter};
use crate::domain::{Currency, DealId, ItemRef, Probability};
use crate::workspace::{SortedList, Totals, Workspace};

/// The rows of a group in order.
pub type MatchedRows = SortedList<(SortKey, RowId)>;

/// The result of a query, maintained incrementally.
#[derive(Debug)]
pub struct LiveList {
    query: Query,
    clock: QueryTime,
    /// The position in the change log up to which it is up to date.
    seen: u64,
    groups: HashMap<RowGroup, MatchedRows>,
    places: HashMap<RowId, RowPosition>,
    /// The totals of each group.
    totals: HashMap<RowGroup, Totals>,
}

/// The position of a row.
#[derive(Debug, Clone, PartialEq)]
struct RowPosition {
    group: RowGroup,
    sort_key: SortKey,
    /// The amounts that it adds to the totals of its group.
    counted: Option<Counted>,
}

/// The amounts that a deal adds to totals: currency, value and probability.
type Counted = (Currency, Decimal, Option<Probability>);

/// Returns the position of a row; `None` if it is not in the list.
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
    /// Runs a query.
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

    /// Updates it to the account and to a query. Returns `true` if the query has changed.
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

    /// Updates the rows that have changed; returns `false` if the change log does not reach back far enough.
    fn follow(&mut self, account: &Workspace) -> bool {
        let is_news = self.seen != account.change_log_end();
        if is_news && self.query.scope == Scope::Archive {
            // The change log has no entries for what is linked to archived leads; they are few.
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

    /// Removes the rows that do not match the extended text.
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

    /// Returns the query.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// Returns the rows of a group; `None` for an empty group.
    pub fn found(&self, group: RowGroup) -> Option<&MatchedRows> {
        self.groups.get(&group).filter(|found| !found.is_empty())
    }

    /// Returns the group of a row and its position there; `None` if it is not in the list.
    pub fn rank(&self, row: RowId) -> Option<(RowGroup, usize)> {
        let RowPosition { group, sort_key, .. } = self.places.get(&row)?;
        Some((*group, self.groups.get(group)?.rank(&(sort_key.clone(), row))))
    }

    /// Returns the number of rows of a group before a key of the default order.
    pub fn before(&self, group: RowGroup, place: DefaultSortKey) -> usize {
        // No row comes before this one at the same place.
        let first = RowId::Item(ItemRef::Deal(DealId(0)));
        self.found(group).map_or(0, |found| found.rank(&(SortKey::Default(place), first)))
    }

    /// Returns the totals of a group; `None` for a group without deals.
    pub fn totals(&self, group: RowGroup) -> Option<&Totals> {
        self.totals.get(&group)
    }

    /// Returns the totals of all groups.
    pub fn all_totals(&self) -> Totals {
        let mut all = Totals::default();
        self.totals.values().for_each(|totals| all.merge(totals));
        all
    }

    /// Returns the number of rows of all groups.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Returns `true` if no row matches.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

/// Removes a row from its group and its totals.
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
