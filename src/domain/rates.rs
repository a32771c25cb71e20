//! Exchange rates from the configuration file, to convert totals into one currency. Pipedrive's API has no rates.

use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use super::{Currency, Money};

/// The most that one unit of a currency may be worth in another.
const MOST: i64 = 1_000_000_000;
/// The largest number of decimals of a rate.
const FINEST: u32 = 12;

/// The rates of some currencies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rates {
    /// The currency that amounts are converted to.
    base: Currency,
    /// The value of one unit of each currency in the base currency.
    worth: BTreeMap<Currency, Decimal>,
}

/// A total converted into one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConvertedTotal {
    /// The sum of all amounts with a rate.
    pub sum: Money,
    /// Amounts without a rate, unconverted.
    pub rest: Vec<Money>,
}

impl Rates {
    /// Rates by which units of each currency are worth so much of `base`.
    pub fn new(base: Currency, worth: impl IntoIterator<Item = (Currency, Decimal)>) -> Self {
        Self { base, worth: worth.into_iter().collect() }
    }

    /// Amounts in one. They are converted exactly, as far as 28 digits go, and added up; the sum alone is rounded, to the
    /// digits of the currency, a half away from zero.
    pub fn convert<'a>(&self, amounts: impl IntoIterator<Item = &'a Money>) -> ConvertedTotal {
        let (mut sum, mut rest) = (Decimal::ZERO, Vec::new());
        for money in amounts {
            let worth = self.worth_of(&money.currency).and_then(|worth| money.amount.checked_mul(worth));
            match worth.and_then(|worth| sum.checked_add(worth)) {
                Some(added) => sum = added,
                None => rest.push(money.clone()),
            }
        }
        let amount = sum.round_dp_with_strategy(self.base.decimals(), RoundingStrategy::MidpointAwayFromZero);
        ConvertedTotal { sum: Money { amount, currency: self.base.clone() }, rest }
    }

    /// Returns `true` if all amounts are in the base currency.
    pub fn is_base_only<'a>(&self, amounts: impl IntoIterator<Item = &'a Money>) -> bool {
        amounts.into_iter().all(|money| money.currency == self.base)
    }

    fn worth_of(&self, currency: &Currency) -> Option<Decimal> {
        if *currency == self.base { Some(Decimal::ONE) } else { self.worth.get(currency).copied() }
    }
}

/// A rate in quotes, so that it is read digit by digit and not as a floating-point number.
struct Rate(Decimal);

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let rate =
            Decimal::from_str_exact(&text).map_err(|_| D::Error::custom("a rate is a number such as \"0.92\""))?;
        if rate <= Decimal::ZERO || rate > Decimal::from(MOST) || rate.normalize().scale() > FINEST {
            let bounds = format!("a rate is above 0 and at most {MOST}, with at most {FINEST} digits after the point");
            return Err(D::Error::custom(bounds));
        }
        Ok(Self(rate))
    }
}

/// A currency's code as a person writes it.
struct Code(Currency);

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let is_code = (1..=10).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric());
        if is_code { Ok(Self(Currency::new(&text))) } else { Err(D::Error::custom("a currency is a code such as EUR")) }
    }
}

/// Reads `base = "EUR"` and beside it a rate for each other currency.
impl<'de> Deserialize<'de> for Rates {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Table;

        impl<'de> Visitor<'de> for Table {
            type Value = Rates;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table with base = \"EUR\" and rates such as USD = \"0.92\"")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Rates, A::Error> {
                let (mut base, mut worth) = (None, BTreeMap::new());
                while let Some(name) = map.next_key::<String>()? {
                    if name == "base" {
                        base = Some(map.next_value::<Code>()?.0);
                        continue;
                    }
                    let currency = Currency::new(&name);
                    let rate = map.next_value::<Rate>()?.0;
                    if worth.insert(currency, rate).is_some() {
                        return Err(A::Error::custom(format!("{name} appears twice")));
                    }
                }
                let base = base.ok_or_else(|| A::Error::missing_field("base"))?;
                if worth.contains_key(&base) {
                    return Err(A::Error::custom(format!("{base} is the base: it needs no rate")));
                }
                Ok(Rates { base, worth })
            }
        }

        from.deserialize_map(Table)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn money(amount: Decimal, code: &str) -> Money {
        Money { amount, currency: Currency::new(code) }
    }

    #[test]
    fn amounts_without_a_rate_stay_unconverted() {
        let rates: Rates = toml::from_str("base = \"eur\"\nUSD = \"0.92\"\nJPY = \"0.0061\"").unwrap();
        let amounts =
            [money(Decimal::from(100), "EUR"), money(Decimal::from(50), "USD"), money(Decimal::from(3), "PLN")];
        let convert = rates.convert(&amounts);
        assert_eq!(convert.sum, money(Decimal::from(146), "EUR"));
        assert_eq!(convert.rest, [money(Decimal::from(3), "PLN")]);
        // A half of the last digit goes away from zero.
        assert_eq!(rates.convert(&[money(Decimal::new(5, 3), "EUR")]).sum.amount, Decimal::new(1, 2));
    }

    #[test]
    fn invalid_rates_are_rejected() {
        for (text, problem) in [
            ("USD = \"0.92\"", "base"),
            ("base = \"EUR\"\nUSD = \"abc\"", "such as"),
            ("base = \"EUR\"\nUSD = 0.92", "string"),
            ("base = \"EUR\"\nUSD = \"0\"", "above 0"),
            ("base = \"EUR\"\nUSD = \"-1\"", "above 0"),
            ("base = \"EUR\"\nUSD = \"0.0000000000001\"", "digits"),
            ("base = \"EUR\"\nEUR = \"1\"", "needs no rate"),
            ("base = \"EUR\"\nUSD = \"1\"\nusd = \"1\"", "twice"),
            ("base = \"E R\"", "such as EUR"),
        ] {
            let error = toml::from_str::<Rates>(text).unwrap_err();
            assert!(error.message().contains(problem), "{text}: {error}");
        }
    }

    proptest! {
        /// Each part converted and rounded separately differs from the sum by no more than half of the last digit each.
        #[test]
        fn the_sum_equals_its_parts(
            amounts in proptest::collection::vec((-1_000_000_000_i64..1_000_000_000, 0_u32..5, 0_usize..4), 0..30),
            rates in proptest::array::uniform3((1_i64..1_000_000, 0_u32..8)),
        ) {
            let codes = ["EUR", "USD", "KWD", "PLN"];
            let worth = codes[1..].iter().zip(rates).map(|(code, (rate, scale))| (Currency::new(code), Decimal::new(rate, scale)));
            let rates = Rates::new(Currency::new("EUR"), worth.collect::<Vec<_>>());
            let amounts: Vec<Money> =
                amounts.into_iter().map(|(amount, scale, at)| money(Decimal::new(amount, scale), codes[at])).collect();
            let whole = rates.convert(&amounts).sum.amount;
            let parts: Vec<Decimal> = amounts.iter().map(|amount| rates.convert([amount]).sum.amount).collect();
            let bound = Decimal::new(5, 3) * Decimal::from(parts.len() + 1);
            prop_assert!((whole - parts.iter().sum::<Decimal>()).abs() <= bound);
            // By currency first, or one by one: the same to the last digit.
            let by_currency: Vec<Money> = codes
                .iter()
                .map(|code| {
                    let of = amounts.iter().filter(|amount| amount.currency.code() == *code);
                    money(of.map(|amount| amount.amount).sum(), code)
                })
                .collect();
            prop_assert_eq!(rates.convert(&by_currency).sum.amount, whole);
        }
    }
}
