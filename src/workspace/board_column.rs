//! A column of the board: the deals of one stage and status in order, with their totals updated as deals
//! come and go.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::sorted::SortedList;
use crate::domain::{Currency, DealId, Money, Probability};

/// The order of cards in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CardRank {
    /// By its next activity, in the user's zone; whole days before times.
    Next(NaiveDate, Option<NaiveTime>),
    /// Without a next activity: after those that have one.
    NoActivity,
    /// Won or lost: the latest first.
    Closed(Reverse<Option<DateTime<Utc>>>),
}

/// A card's place in its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CardKey {
    /// The order.
    pub rank: CardRank,
    /// The deal; decides among equals.
    pub id: DealId,
}

/// The total of the deals of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CurrencySum {
    /// The number of deals.
    pub count: usize,
    /// Their value.
    pub value: Decimal,
    /// Their value times their probability in percent. Kept undivided, so that adding and taking away are exact.
    percents: Decimal,
}

impl CurrencySum {
    /// The value weighted by probability.
    pub fn weighted(&self) -> Decimal {
        self.percents.checked_div(Decimal::ONE_HUNDRED).unwrap_or_default()
    }
}

/// Sums by currency.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals(BTreeMap<Currency, CurrencySum>);

impl Totals {
    /// Counts a deal of this value. The value is bounded ([`crate::domain::Deal::countable_value`]), so that no
    /// number of deals that fits in memory can overflow.
    pub fn add(&mut self, currency: &Currency, value: Decimal, probability: Option<Probability>) {
        let sum = self.0.entry(currency.clone()).or_default();
        sum.count += 1;
        sum.value = sum.value.saturating_add(value);
        sum.percents = sum.percents.saturating_add(percents(value, probability));
    }

    /// Undoes [`Self::add`].
    pub fn subtract(&mut self, currency: &Currency, value: Decimal, probability: Option<Probability>) {
        if let Some(sum) = self.0.get_mut(currency) {
            sum.count = sum.count.saturating_sub(1);
            sum.value = sum.value.saturating_sub(value);
            sum.percents = sum.percents.saturating_sub(percents(value, probability));
            if sum.count == 0 {
                self.0.remove(currency);
            }
        }
    }

    /// Adds other totals to these.
    pub fn merge(&mut self, other: &Self) {
        for (currency, sum) in &other.0 {
            let mine = self.0.entry(currency.clone()).or_default();
            mine.count += sum.count;
            mine.value = mine.value.saturating_add(sum.value);
            mine.percents = mine.percents.saturating_add(sum.percents);
        }
    }

    /// Returns the number of deals.
    pub fn count(&self) -> usize {
        self.0.values().map(|sum| sum.count).sum()
    }

    /// The values, the currency with the most deals first.
    pub fn values(&self) -> Vec<Money> {
        self.by_count(|sum| sum.value)
    }

    /// The values weighted by probability, in the same order.
    pub fn weighted(&self) -> Vec<Money> {
        self.by_count(CurrencySum::weighted)
    }

    fn by_count(&self, amount: impl Fn(&CurrencySum) -> Decimal) -> Vec<Money> {
        let mut sums: Vec<_> = self.0.iter().collect();
        sums.sort_by_key(|(_, sum)| Reverse(sum.count));
        sums.into_iter().map(|(currency, sum)| Money { amount: amount(sum), currency: currency.clone() }).collect()
    }
}

fn percents(value: Decimal, probability: Option<Probability>) -> Decimal {
    let percent = probability.map_or(0, Probability::percent);
    value.saturating_mul(Decimal::from(percent))
}

/// The cards of one stage and status.
#[derive(Debug, Clone, Default)]
pub struct BoardColumn {
    /// In order.
    pub cards: SortedList<CardKey>,
    /// Their totals.
    pub totals: Totals,
}
