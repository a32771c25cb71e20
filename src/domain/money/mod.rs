//! Money: a decimal amount with its currency. Amounts of different currencies are never added: Pipedrive's API
//! knows no exchange rates.

mod parse;

use std::fmt;

use compact_str::CompactString;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use parse::ParseMoneyError;

/// A currency by its code: ISO 4217, or one that the company defined itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Currency(CompactString);

impl Currency {
    /// The currency with this code, in capitals as Pipedrive writes it.
    pub fn new(code: &str) -> Self {
        Self(CompactString::from(code.trim()).to_uppercase())
    }

    /// The code, such as `EUR`.
    pub fn code(&self) -> &str {
        &self.0
    }

    /// The symbol that people write before an amount, or `None` where the code itself is what they write.
    pub fn symbol(&self) -> Option<&'static str> {
        Some(match self.code() {
            "EUR" => "€",
            "USD" => "$",
            "GBP" => "£",
            "JPY" => "¥",
            "INR" => "₹",
            "KRW" => "₩",
            "UAH" => "₴",
            "TRY" => "₺",
            "ILS" => "₪",
            "VND" => "₫",
            "PHP" => "₱",
            "NGN" => "₦",
            "KZT" => "₸",
            _ => return None,
        })
    }

    /// Returns the number of decimals (ISO 4217 minor units; 2 for codes that it does not list).
    pub fn decimals(&self) -> u32 {
        match self.code() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV"
            | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An amount of one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// The amount in units of the currency, such as euros. Exact: never a float.
    #[serde(with = "rust_decimal::serde::str")]
    pub amount: Decimal,
    /// The currency.
    pub currency: Currency,
}

impl Money {
    /// The largest amount that a person may enter. JSON numbers carry about 15 exact digits.
    pub const MAX: Decimal = Decimal::from_parts(2_764_472_320, 232_830, 0, false, 0);

    /// Zero of a currency.
    pub fn zero(currency: Currency) -> Self {
        Self { amount: Decimal::ZERO, currency }
    }

    /// The amount with its currency, digits in groups: `€12,500`, `1,500.500 KWD`. Decimals are left out where
    /// they are all zero.
    pub fn display(&self) -> String {
        self.with_amount(&group(&trimmed(self.amount, self.currency.decimals())))
    }

    /// The same in at most about seven characters, for cards and column heads: `€12.5k`, `$1.2M`.
    pub fn display_short(&self) -> String {
        const STEPS: [(i64, &str); 4] =
            [(1_000_000_000_000, "T"), (1_000_000_000, "B"), (1_000_000, "M"), (10_000, "k")];
        let size = self.amount.abs();
        for (least, suffix) in STEPS {
            if size < Decimal::from(least) {
                continue;
            }
            let unit = if suffix == "k" { 1_000 } else { least };
            let scaled = self.amount.checked_div(Decimal::from(unit)).unwrap_or(self.amount);
            let decimals = u32::from(scaled.abs() < Decimal::ONE_HUNDRED);
            return self.with_amount(&format!("{}{suffix}", group(&trimmed(scaled, decimals))));
        }
        self.with_amount(&group(&trimmed(self.amount, 0)))
    }

    fn with_amount(&self, digits: &str) -> String {
        let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
        match self.currency.symbol() {
            Some(symbol) => format!("{sign}{symbol}{digits}"),
            None => format!("{sign}{digits} {}", self.currency),
        }
    }
}

fn trimmed(amount: Decimal, decimals: u32) -> String {
    let rounded = amount.round_dp(decimals);
    if rounded.fract().is_zero() {
        rounded.trunc().normalize().to_string()
    } else {
        format!("{rounded:.*}", decimals as usize)
    }
}

fn group(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    out.push_str(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    fn money(amount: &str, code: &str) -> Money {
        Money { amount: Decimal::from_str(amount).unwrap(), currency: Currency::new(code) }
    }

    #[test]
    fn the_largest_amount_is_ten_to_the_fifteenth() {
        assert_eq!(Money::MAX, Decimal::from(1_000_000_000_000_000_i64));
    }

    #[test]
    fn amounts_are_shown_with_their_currency_and_its_decimals() {
        for (amount, code, shown) in [
            ("0", "EUR", "€0"),
            ("12500", "EUR", "€12,500"),
            ("12500.5", "USD", "$12,500.50"),
            ("-3", "GBP", "-£3"),
            ("1500.5", "KWD", "1,500.500 KWD"),
            ("1500.5", "JPY", "¥1,500"),
            ("1000000000000000.25", "XYZ", "1,000,000,000,000,000.25 XYZ"),
        ] {
            assert_eq!(money(amount, code).display(), shown);
        }
    }

    #[test]
    fn short_amounts_take_a_few_characters() {
        for (amount, code, shown) in [
            ("999", "EUR", "€999"),
            ("9999", "EUR", "€9,999"),
            ("12500", "EUR", "€12.5k"),
            ("125000", "USD", "$125k"),
            ("-1250000", "USD", "-$1.2M"),
            ("1000000000000", "CHF", "1T CHF"),
        ] {
            assert_eq!(money(amount, code).display_short(), shown);
        }
    }
}
