//! Details of an item beyond its fields: notes, products and timeline.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use compact_str::CompactString;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Currency, ItemRef, Money, Note, UserId};

/// All that was read of an item beyond the item itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemDetails {
    /// Which item.
    pub item: ItemRef,
    /// When it was read.
    pub at: DateTime<Utc>,
    /// When the item had last changed then.
    pub as_of: Option<DateTime<Utc>>,
    /// Its notes: all, or the latest of very many.
    pub notes: Vec<Note>,
    /// Its products, in their order; only deals have any.
    pub products: Vec<Product>,
    /// Its timeline, the latest entry first.
    pub timeline: Vec<TimelineEntry>,
}

/// A product on a deal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Its name.
    pub name: String,
    /// The quantity.
    #[serde(with = "rust_decimal::serde::str")]
    pub quantity: Decimal,
    /// The unit price.
    #[serde(with = "rust_decimal::serde::str")]
    pub price: Decimal,
    /// The discount.
    pub discount: Option<Discount>,
    /// The tax in percent.
    #[serde(with = "rust_decimal::serde::str")]
    pub tax: Decimal,
    /// The tax method.
    pub tax_method: TaxMethod,
    /// The sum, as Pipedrive computes it.
    pub sum: Money,
    /// `false` if Pipedrive does not count it towards the deal's value.
    pub enabled: bool,
    /// Its billing frequency in Pipedrive's words, if it is not billed once.
    pub billing: Option<CompactString>,
    /// A comment on it.
    pub comment: Option<String>,
}

/// A discount on a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Discount {
    /// So many percent.
    Percent(#[serde(with = "rust_decimal::serde::str")] Decimal),
    /// An amount.
    Amount(#[serde(with = "rust_decimal::serde::str")] Decimal),
}

/// The relation of tax and price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaxMethod {
    /// It comes on top.
    Exclusive,
    /// It is in the price.
    Inclusive,
    /// There is none.
    None,
}

impl Product {
    /// Computes a sum: quantity times price, less the discount, plus a tax that is not included. For answers in which
    /// Pipedrive does not say. `None` where that is beyond all bounds.
    pub fn computed_sum(
        price: Decimal,
        quantity: Decimal,
        discount: Option<Discount>,
        (tax, method): (Decimal, TaxMethod),
    ) -> Option<Decimal> {
        let whole = price.checked_mul(quantity)?;
        let rest = match discount {
            Some(Discount::Percent(percent)) => whole.checked_sub(whole.checked_mul(percent)?.checked_div(HUNDRED)?)?,
            Some(Discount::Amount(amount)) => whole.checked_sub(amount)?,
            None => whole,
        };
        match method {
            TaxMethod::Exclusive => rest.checked_add(rest.checked_mul(tax)?.checked_div(HUNDRED)?),
            TaxMethod::Inclusive | TaxMethod::None => Some(rest),
        }
    }
}

const HUNDRED: Decimal = Decimal::ONE_HUNDRED;

/// Returns the sum of the enabled products for each currency, except sums that overflow.
pub fn product_sums(products: &[Product]) -> Vec<Money> {
    let mut sums: BTreeMap<&Currency, Option<Decimal>> = BTreeMap::new();
    for product in products.iter().filter(|product| product.enabled) {
        let sum = sums.entry(&product.sum.currency).or_insert(Some(Decimal::ZERO));
        *sum = sum.and_then(|sum| sum.checked_add(product.sum.amount));
    }
    let known =
        |(currency, amount): (&Currency, Option<Decimal>)| Some(Money { amount: amount?, currency: currency.clone() });
    sums.into_iter().filter_map(known).collect()
}

/// Something that has happened to an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// The time.
    pub at: DateTime<Utc>,
    /// The user who did it.
    pub by: Option<UserId>,
    /// The event.
    pub what: TimelineEvent,
}

/// An event in the timeline of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TimelineEvent {
    /// A field has changed.
    Changed {
        /// Pipedrive's key of it.
        field: CompactString,
        /// The old value: an id for a link, else Pipedrive's text.
        from: Option<String>,
        /// The new value, likewise.
        to: Option<String>,
    },
    /// An activity.
    Activity {
        /// Its subject.
        subject: String,
        /// The key of its type.
        kind: CompactString,
        /// `true` if it is done.
        done: bool,
    },
    /// A note; how it begins.
    Note(String),
    /// A file, by its name.
    File(String),
    /// A message, by its subject.
    Mail(String),
    /// A deal that has come to a person or an organization, by its title.
    Deal(String),
    /// Something else, in Pipedrive's word for it.
    Other(CompactString),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn sums_are_exact_and_separate_by_currency() {
        let product = |sum: &str, code: &str, enabled| Product {
            name: String::new(),
            quantity: Decimal::ONE,
            price: number(sum),
            discount: None,
            tax: Decimal::ZERO,
            tax_method: TaxMethod::None,
            sum: Money { amount: number(sum), currency: Currency::new(code) },
            enabled,
            billing: None,
            comment: None,
        };
        let all = [
            product("0.1", "EUR", true),
            product("0.2", "EUR", true),
            product("5", "USD", true),
            product("9", "USD", false),
        ];
        let sums: Vec<String> =
            product_sums(&all).iter().map(|sum| format!("{} {}", sum.amount, sum.currency)).collect();
        assert_eq!(sums, ["0.3 EUR", "5 USD"]);
        let huge = [product(&Decimal::MAX.to_string(), "EUR", true), product("1", "EUR", true)];
        assert_eq!(product_sums(&huge), []);
    }

    #[test]
    fn a_missing_sum_is_computed() {
        let computed = |discount, tax| Product::computed_sum(number("19.99"), number("3"), discount, tax);
        let none = (Decimal::ZERO, TaxMethod::None);
        assert_eq!(computed(None, none), Some(number("59.97")));
        assert_eq!(computed(Some(Discount::Percent(number("10"))), none), Some(number("53.973")));
        let taxed = (number("20"), TaxMethod::Exclusive);
        assert_eq!(computed(Some(Discount::Amount(number("9.97"))), taxed), Some(number("60")));
        assert_eq!(computed(None, (number("20"), TaxMethod::Inclusive)), Some(number("59.97")));
    }
}
