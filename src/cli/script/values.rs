//! Parsers for values that users type: dates, amounts, durations and texts.

use chrono::{NaiveDate, NaiveTime, Utc};

use super::usage::UsageError;
use crate::domain::{
    Currency, Money, ParseDateError, ParseMoneyError, Probability, RuleError, parse_day, parse_time, parse_when,
};
use crate::workspace::Workspace;

/// The word that clears a field.
pub(super) const NONE: &str = "none";

/// The new value of a field that can be cleared; `None` clears it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clearable<T>(pub Option<T>);

impl<T> Clearable<T> {
    /// Converts the value, if there is one.
    pub(super) fn and_then<U, E>(&self, convert: impl FnOnce(&T) -> Result<U, E>) -> Result<Option<U>, E> {
        self.0.as_ref().map(convert).transpose()
    }

    /// Parses a value, or the word that clears it.
    pub(super) fn parse(text: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<Self, String> {
        if text == NONE { Ok(Self(None)) } else { parse(text).map(|value| Self(Some(value))) }
    }
}

/// A valid day as it was typed, which may include a time of day. The date depends on the user's time zone, which is
/// known with the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day(String);

impl Day {
    /// Returns the date.
    pub(super) fn date(&self, account: &Workspace) -> Result<NaiveDate, UsageError> {
        parse_day(&self.0, today(account)).map_err(|error| UsageError::at("day", error))
    }

    /// Returns the date and the time of day.
    pub(super) fn date_and_time(&self, account: &Workspace) -> Result<(NaiveDate, Option<NaiveTime>), UsageError> {
        parse_when(&self.0, today(account)).map_err(|error| UsageError::at("day", error))
    }
}

/// Returns today's date in the user's time zone.
pub(super) fn today(account: &Workspace) -> NaiveDate {
    Utc::now().with_timezone(&account.zone()).date_naive()
}

/// Parses a day.
pub fn day(text: &str) -> Result<Day, String> {
    // Today's date has no influence on whether a text is valid.
    parse_day(text, Utc::now().date_naive()).map(|_| Day(text.to_owned())).map_err(|error| error.to_string())
}

/// Parses a day, or the word that clears it.
pub fn clearable_day(text: &str) -> Result<Clearable<Day>, String> {
    Clearable::parse(text, day)
}

/// Parses a day that may include a time of day.
pub fn when(text: &str) -> Result<Day, String> {
    parse_when(text, Utc::now().date_naive()).map(|_| Day(text.to_owned())).map_err(|error| error.to_string())
}

/// Parses a day that may include a time of day, or the word that clears it.
pub fn clearable_when(text: &str) -> Result<Clearable<Day>, String> {
    Clearable::parse(text, when)
}

/// Parses a time of day.
pub fn time(text: &str) -> Result<NaiveTime, String> {
    parse_time(text).ok_or_else(|| ParseDateError::Time(text.to_owned()).to_string())
}

/// Parses a time of day, or the word that clears it.
pub fn clearable_time(text: &str) -> Result<Clearable<NaiveTime>, String> {
    Clearable::parse(text, time)
}

/// Checks an amount. [`money`] checks the number of decimals once the currency is known.
pub fn amount(text: &str) -> Result<String, String> {
    match Money::parse(text, &Currency::new("EUR")) {
        Ok(_) | Err(ParseMoneyError::TooFine { .. }) => Ok(text.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Checks an amount, or the word that clears it.
pub fn clearable_amount(text: &str) -> Result<Clearable<String>, String> {
    Clearable::parse(text, amount)
}

/// Converts a checked amount.
pub(super) fn money(amount: &str, currency: &Currency) -> Result<Money, UsageError> {
    Money::parse(amount, currency).map_err(|error| UsageError::at("amount", error))
}

/// Parses a title.
pub fn title(text: &str) -> Result<String, String> {
    non_empty(text, &RuleError::EmptyTitle)
}

/// Parses a name.
pub fn name(text: &str) -> Result<String, String> {
    non_empty(text, &RuleError::EmptyName)
}

/// Parses the subject of an activity.
pub fn subject(text: &str) -> Result<String, String> {
    non_empty(text, &RuleError::EmptySubject)
}

/// Parses the text of a note.
pub fn note(text: &str) -> Result<String, String> {
    non_empty(text, &RuleError::EmptyNote)
}

fn non_empty(text: &str, empty: &RuleError) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() { Err(empty.to_string()) } else { Ok(text.to_owned()) }
}

/// Parses a text, or the word that clears it.
pub fn clearable_text(text: &str) -> Result<Clearable<String>, String> {
    Clearable::parse(text, |text| Ok(text.to_owned()))
}

/// Parses a probability in percent.
pub fn probability(text: &str) -> Result<Probability, String> {
    let percent = text.trim_end_matches('%').parse().ok().and_then(Probability::new);
    percent.ok_or_else(|| format!("'{text}' is not a whole number from 0 to 100"))
}

/// Parses a probability in percent, or the word that clears it.
pub fn clearable_probability(text: &str) -> Result<Clearable<Probability>, String> {
    Clearable::parse(text, probability)
}

/// Parses a duration in minutes: `90`, `90m`, `1h`, `1h30` or `1:30`.
pub fn minutes(text: &str) -> Result<u32, String> {
    let number = |part: &str| part.parse::<u32>().ok();
    let bare = text.trim().trim_end_matches('m');
    let minutes = match bare.split_once(['h', ':']) {
        Some((hours, "")) => number(hours).and_then(|hours| hours.checked_mul(60)),
        Some((hours, rest)) => number(hours).and_then(|hours| hours.checked_mul(60)?.checked_add(number(rest)?)),
        None => number(bare),
    };
    minutes.ok_or_else(|| format!("'{text}' is not a duration: write it as 90, 1h30 or 1:30"))
}

/// Parses a duration, or the word that clears it.
pub fn clearable_minutes(text: &str) -> Result<Clearable<u32>, String> {
    Clearable::parse(text, minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_parsed_in_all_notations() {
        for (text, read) in
            [("90", 90), ("90m", 90), ("1h", 60), ("1h30", 90), ("1h30m", 90), ("1:30", 90), ("0:05", 5)]
        {
            assert_eq!(minutes(text), Ok(read), "{text}");
        }
        for text in ["", "m", "-5", "1.5h", "soon", "99999999h", "1h-5", ":30"] {
            assert!(minutes(text).is_err(), "{text}");
        }
    }
}
