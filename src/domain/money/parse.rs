//! Reading amounts of money as people type them.

use std::borrow::Cow;
use std::str::FromStr;

use rust_decimal::Decimal;

use super::{Currency, Money};

/// Why a text is not an amount of money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseMoneyError {
    /// Nothing was given.
    #[error("type an amount, such as 12500 or 12500.50 USD")]
    Empty,
    /// Not a number.
    #[error("'{0}' is not an amount: type digits, such as 12500 or 12500.50 USD")]
    NotANumber(String),
    /// Digits grouped in a way that could mean several numbers, or none.
    #[error("'{0}' can be read in more than one way: write 12500 or 12,500 for thousands, and 0.125 for decimals")]
    Ambiguous(String),
    /// More than Pipedrive can hold exactly.
    #[error("amounts above 10^15 cannot be stored exactly")]
    TooLarge,
    /// Digits after the point that the currency does not have.
    #[error("{currency} has {} after the point; group thousands as in 12,500, or not at all", digits(*.decimals))]
    TooFine {
        /// The currency.
        currency: Currency,
        /// The number of digits that it has.
        decimals: u32,
    },
}

fn digits(count: u32) -> String {
    if count == 0 { "no digits".to_owned() } else { format!("{count} digits") }
}

impl Money {
    /// Reads what a person typed: an amount, with a currency code after or before it if it is not to be
    /// `currency`. Spaces, apostrophes, underscores, commas or points may group digits, one of them at a time, and only
    /// by threes with one to three digits before them that do not begin with a zero. Of point and comma the last one is
    /// the decimal point if both are there, or if something else groups the digits; a comma alone is it if it cannot
    /// group them, and a point alone always. A `k`, `K` or `M` after the digits stands for thousands or millions, as
    /// [`Money::display_short`] writes them.
    ///
    /// # Errors
    /// [`ParseMoneyError`] says what is wrong, in words for the person at the field. Three digits after a point are too
    /// many for most currencies even where they are zeros: whoever types 12.500 may well mean twelve thousand.
    pub fn parse(text: &str, currency: &Currency) -> Result<Self, ParseMoneyError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ParseMoneyError::Empty);
        }
        let not_a_number = || ParseMoneyError::NotANumber(text.to_owned());
        let (text, unit) = without_unit(text);
        let code: String = text.chars().filter(char::is_ascii_alphabetic).collect();
        let currency = match code.len() {
            0 => currency.clone(),
            3 if text.starts_with(&code) || text.ends_with(&code) => Currency::new(&code),
            _ => return Err(not_a_number()),
        };
        let digits: String = text.chars().filter(|c| !c.is_ascii_alphabetic()).collect();
        let (is_negative, digits) = without_sign(&digits, currency.symbol());
        let is_number = digits.split(|c| separator(c).is_some()).all(|part| !part.is_empty() && are_digits(part));
        let unclear = || if is_number { ParseMoneyError::Ambiguous(text.trim().to_owned()) } else { not_a_number() };
        let digits = with_decimal_point(digits).ok_or_else(unclear)?;
        let amount = Decimal::from_str(&digits).map_err(|_| {
            let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            if is_whole { ParseMoneyError::TooLarge } else { not_a_number() }
        })?;
        let decimals = currency.decimals();
        let most = if unit == Decimal::ONE { decimals } else { decimals.max(2) };
        let is_too_fine = amount.scale() > most;
        let amount =
            if unit == Decimal::ONE { Some(amount) } else { amount.checked_mul(unit).map(|all| all.normalize()) };
        let amount = amount.filter(|amount| amount.abs() <= Self::MAX).ok_or(ParseMoneyError::TooLarge)?;
        if is_too_fine {
            return Err(ParseMoneyError::TooFine { currency, decimals });
        }
        Ok(Self { amount: if is_negative { -amount } else { amount }, currency })
    }
}

/// The text without the `k`, `K` or `M` that follows its last digit, and what that stands for. What is followed by more
/// letters is the code of a currency.
fn without_unit(text: &str) -> (Cow<'_, str>, Decimal) {
    let none = (Cow::Borrowed(text), Decimal::ONE);
    let Some(end) = text.rfind(|c: char| c.is_ascii_digit()).map(|last| last + 1) else { return none };
    let (number, rest) = text.split_at(end);
    let mut letters = rest.trim_start().chars();
    let unit = match letters.next() {
        Some('k' | 'K') => Decimal::ONE_THOUSAND,
        Some('M') => Decimal::from(1_000_000),
        _ => return none,
    };
    let rest = letters.as_str();
    if rest.starts_with(char::is_alphabetic) { none } else { (format!("{number}{rest}").into(), unit) }
}

/// Returns `true` for a negative number, and the digits without the sign and the currency symbol, which may
/// stand before or after them.
fn without_sign<'a>(text: &'a str, symbol: Option<&str>) -> (bool, &'a str) {
    let without_symbol = |text: &'a str| {
        let text = text.trim();
        let found = symbol.and_then(|symbol| text.strip_prefix(symbol).or_else(|| text.strip_suffix(symbol)));
        (found.is_some(), found.unwrap_or(text).trim())
    };
    let (has_symbol, text) = without_symbol(text);
    let Some(text) = text.strip_prefix('-') else { return (false, text.strip_prefix('+').unwrap_or(text)) };
    (true, if has_symbol { text.trim() } else { without_symbol(text).1 })
}

/// Which separator of digits a character is; those that look alike are one.
fn separator(c: char) -> Option<char> {
    match c {
        ',' | '.' | '_' => Some(c),
        '\'' | '’' => Some('\''),
        c if c.is_whitespace() => Some(' '),
        _ => None,
    }
}

/// Digits without what groups them, with a point before the decimals. `None` if they do not say which number is meant.
fn with_decimal_point(digits: &str) -> Option<String> {
    let count = |mark: char| digits.matches(mark).count();
    let groups_otherwise = digits.chars().filter_map(separator).any(|mark| !matches!(mark, ',' | '.'));
    let decimal = match (count('.'), count(',')) {
        (1, 0) => Some('.'),
        (0, 1) if groups_otherwise || !is_grouped(digits, ',') => Some(','),
        (0, _) => None,
        (1, _) if digits.rfind('.') > digits.rfind(',') => Some('.'),
        (_, 1) if digits.rfind(',') > digits.rfind('.') => Some(','),
        _ => return None,
    };
    let (whole, fraction) = decimal.and_then(|mark| digits.rsplit_once(mark)).unwrap_or((digits, ""));
    let mark = whole.chars().find_map(separator);
    let is_sound = match mark {
        Some(mark) => is_grouped(whole, mark),
        None => are_digits(whole) && !(whole.is_empty() && fraction.is_empty()),
    };
    if !is_sound || !are_digits(fraction) {
        return None;
    }
    let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
    let whole = if whole.is_empty() { "0" } else { &whole };
    Some(if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") })
}

/// Returns `true` if a separator groups all digits by threes.
fn is_grouped(digits: &str, mark: char) -> bool {
    let mut groups = digits.split(|c| separator(c) == Some(mark));
    let first = groups.next().unwrap_or_default();
    (1..=3).contains(&first.len())
        && are_digits(first)
        && !first.starts_with('0')
        && groups.all(|group| group.len() == 3 && are_digits(group))
}

fn are_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn money(amount: &str, code: &str) -> Money {
        Money { amount: Decimal::from_str(amount).unwrap(), currency: Currency::new(code) }
    }

    #[test]
    fn common_ways_to_type_an_amount_are_parsed() {
        let eur = Currency::new("EUR");
        for (typed, amount, code) in [
            ("12500", "12500", "EUR"),
            ("12 500,50", "12500.50", "EUR"),
            ("12,500", "12500", "EUR"),
            ("1,234,567.89", "1234567.89", "EUR"),
            ("1.234.567,89", "1234567.89", "EUR"),
            ("12,5", "12.5", "EUR"),
            ("12.500 KWD", "12.500", "KWD"),
            ("€99", "99", "EUR"),
            ("99 €", "99", "EUR"),
            ("-€99", "-99", "EUR"),
            ("99 usd", "99", "USD"),
            ("JPY 5000", "5000", "JPY"),
            ("-5", "-5", "EUR"),
            ("100k", "100000", "EUR"),
            ("12.5k", "12500", "EUR"),
            ("12,5 K", "12500", "EUR"),
            ("€103k", "103000", "EUR"),
            ("-€1.25M", "-1250000", "EUR"),
            ("12.5k JPY", "12500", "JPY"),
            ("CHF 2M", "2000000", "CHF"),
            ("1.234k KWD", "1234", "KWD"),
            ("100 KWD", "100", "KWD"),
            ("5 MXN", "5", "MXN"),
        ] {
            assert_eq!(Money::parse(typed, &eur), Ok(money(amount, code)), "{typed}");
        }
        for wrong in [
            "",
            "abc",
            "12..5",
            "12 dollars",
            "1e400",
            "12 US D",
            "€",
            "$5",
            "1.234.567",
            "--5",
            "٣",
            "k",
            "1k500",
            "1k 500",
            "2kM",
        ] {
            let read = Money::parse(wrong, &eur);
            let is_wrong = matches!(
                read,
                Err(ParseMoneyError::Empty | ParseMoneyError::NotANumber(_) | ParseMoneyError::Ambiguous(_))
            );
            assert!(is_wrong, "{wrong}: {read:?}");
        }
        for large in
            ["9999999999999999", "9999999999M", &"9".repeat(28), &format!("{}M", "9".repeat(28)), &"9".repeat(500)]
        {
            assert_eq!(Money::parse(large, &eur), Err(ParseMoneyError::TooLarge), "{large}");
        }
        // A German twelve thousand is not to become twelve and a half without a word.
        for fine in ["1.005", "12.500", "1.234,567", "5.0 JPY", "12.500k"] {
            assert!(matches!(Money::parse(fine, &eur), Err(ParseMoneyError::TooFine { .. })), "{fine}");
        }
    }

    #[test]
    fn a_comma_groups_only_by_threes_after_a_first_group_without_zero() {
        let eur = Currency::new("EUR");
        let refused = |typed: &str| Money::parse(typed, &eur).unwrap_err();
        for typed in ["0,125", "1,2345", "0,1234", "00,125", "1234,567", "1 234,567", "1'234,567"] {
            assert!(matches!(refused(typed), ParseMoneyError::TooFine { .. }), "{typed}: {:?}", refused(typed));
        }
        for typed in [
            "1,23,456",
            "1,2345,678",
            "0,125,000",
            "12,34.5",
            "0,125.5",
            "1.2345,6",
            "0.125,5",
            "1,234.567,89",
            "1 2",
            "12 34",
            "0 125",
            "1 2345",
            "1'00",
            "1_0000",
            "1 234'567",
            "1'234,567,890",
            "1,,234",
            "1,234 567",
            "12.5 0",
            "1.234.5678",
            ",",
            ".",
            "1 234,567 89",
        ] {
            assert!(
                matches!(refused(typed), ParseMoneyError::Ambiguous(_) | ParseMoneyError::NotANumber(_)),
                "{typed}"
            );
        }
        assert!(refused("1,23,456").to_string().contains("write 12500 or 12,500"));
        for typed in ["9€9", "1€2", "5-", "€5€", "--5", "-", "€-"] {
            assert!(matches!(refused(typed), ParseMoneyError::NotANumber(_)), "{typed}: {:?}", refused(typed));
        }
        for (typed, amount, code) in [
            ("0,125 KWD", "0.125", "KWD"),
            ("1 234,567 KWD", "1234.567", "KWD"),
            ("1,234", "1234", "EUR"),
            ("0,5", "0.5", "EUR"),
            ("1\u{a0}234\u{202f}567,5", "1234567.5", "EUR"),
            ("1'234’567", "1234567", "EUR"),
            ("1_000_000", "1000000", "EUR"),
            ("€-99", "-99", "EUR"),
            ("- 1,234.5 €", "-1234.5", "EUR"),
            ("5,", "5", "EUR"),
            (",5", "0.5", "EUR"),
            ("+5", "5", "EUR"),
            ("007", "7", "EUR"),
        ] {
            assert_eq!(Money::parse(typed, &eur), Ok(money(amount, code)), "{typed}");
        }
    }

    proptest! {
        #[test]
        fn a_displayed_amount_parses_back(
            minor in -1_000_000_000_000_000_i64..1_000_000_000_000_000,
            code in proptest::sample::select(vec!["EUR", "USD", "JPY", "KWD", "CHF", "XYZ", "ILS"]),
        ) {
            let currency = Currency::new(code);
            let whole = Money { amount: Decimal::new(minor, currency.decimals()), currency: currency.clone() };
            let shown = whole.display();
            let read = Money::parse(&shown, &Currency::new("SEK"));
            // A symbol is read only as that of the default currency.
            let read = if currency.symbol().is_some() { Money::parse(&shown, &currency) } else { read };
            prop_assert_eq!(read.map(|read| (read.amount, read.currency)), Ok((whole.amount, currency)), "{}", shown);
        }

        /// However a number is written, it is read as that number or refused.
        #[test]
        fn an_amount_is_never_parsed_as_another(
            whole in 0_u64..100_000_000_000,
            fraction in "[0-9]{0,6}",
            (group, decimal) in proptest::sample::select(vec![
                ("", '.'), ("", ','), (",", '.'), (".", ','), (" ", ','), (" ", '.'), ("'", '.'), ("’", ','), ("_", '.'),
            ]),
            code in proptest::sample::select(vec!["EUR", "JPY", "KWD"]),
        ) {
            let digits = super::super::group(&whole.to_string()).replace(',', group);
            let text = if fraction.is_empty() { digits } else { format!("{digits}{decimal}{fraction}") };
            let meant = Decimal::from_str(&format!("{whole}.{fraction}0")).unwrap();
            // A comma before exactly three digits groups them: that is the one way in which it is read.
            let is_group = group.is_empty() && decimal == ',' && fraction.len() == 3 && (1..1_000).contains(&whole);
            let meant = if is_group { meant * Decimal::ONE_THOUSAND } else { meant };
            if let Ok(read) = Money::parse(&text, &Currency::new(code)) {
                prop_assert_eq!(read.amount, meant, "{}", text);
            }
        }

        /// Any digits and separators are refused, or read as the number that all digits before the decimals make.
        #[test]
        fn digits_keep_their_order_and_number(text in "[0-9.,' _]{1,12}") {
            if let Ok(read) = Money::parse(&text, &Currency::new("EUR")) {
                let all: String = text.chars().filter(char::is_ascii_digit).collect();
                let shown = format!("{:.*}", read.amount.scale() as usize, read.amount).replace('.', "");
                prop_assert_eq!(shown.trim_start_matches('0'), all.trim_start_matches('0'), "{}", text);
            }
        }
    }
}
