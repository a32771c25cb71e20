//! Options that most commands have, and how what is typed becomes dates, times and the like.

use chrono::{NaiveDate, NaiveTime, Utc};
use clap::Args;

use super::plan::{AsOf, How, Shows, Usage};
use crate::domain::{
    Currency, Money, ParseDateError, ParseMoneyError, Probability, RuleError, parse_day, parse_time, parse_when,
};
use crate::workspace::Workspace;

/// The word that clears a field.
pub(super) const NONE: &str = "none";

/// How something is shown.
#[derive(Debug, Clone, Copy, Args)]
pub struct Reading {
    /// Prints JSON for programs
    #[arg(long)]
    json: bool,
    /// Puts the JSON into an object that says as of when it is
    #[arg(long, requires = "json")]
    as_of: bool,
    /// Shows what is kept on this machine, without asking Pipedrive for news
    #[arg(long)]
    offline: bool,
}

impl Reading {
    pub(super) fn how(self) -> How {
        let as_of = if self.as_of { AsOf::Given } else { AsOf::Omitted };
        How { json: self.json, offline: self.offline, edits: false, as_of, shows: Shows::Work }
    }
}

/// How something is edited.
#[derive(Debug, Clone, Copy, Args)]
pub struct Editing {
    /// Prints what came of it as JSON for programs
    #[arg(long)]
    json: bool,
    /// Only queues it: the next start, or 'dealdeck sync', sends it
    #[arg(long)]
    queue: bool,
}

impl Editing {
    pub(super) fn how(self) -> How {
        How { json: self.json, offline: self.queue, edits: true, as_of: AsOf::Omitted, shows: Shows::Work }
    }
}

/// One thing to be shown that is no item.
#[derive(Debug, Clone, Args)]
pub struct ShowNumber {
    /// Which
    #[arg(value_name = "ID")]
    pub(super) id: u64,
    #[command(flatten)]
    pub(super) reading: Reading,
}

/// A field that can be cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clearable<T>(pub Option<T>);

impl<T> Clearable<T> {
    /// The same with what comes of its value.
    pub(super) fn and_then<U, E>(&self, to: impl FnOnce(&T) -> Result<U, E>) -> Result<Option<U>, E> {
        self.0.as_ref().map(to).transpose()
    }

    /// Reads a value, or the word that clears it.
    pub(super) fn read(text: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Result<Self, String> {
        if text == NONE { Ok(Self(None)) } else { read(text).map(|value| Self(Some(value))) }
    }
}

/// A day as people say it, with a time of day after it where there may be one. Which day that is depends on the user's
/// time zone, which is known with the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day(String);

impl Day {
    pub(super) fn on(&self, account: &Workspace) -> Result<NaiveDate, Usage> {
        parse_day(&self.0, today(account)).map_err(|error| Usage::at("day", error))
    }

    pub(super) fn with_time(&self, account: &Workspace) -> Result<(NaiveDate, Option<NaiveTime>), Usage> {
        parse_when(&self.0, today(account)).map_err(|error| Usage::at("day", error))
    }
}

/// Today where the user is.
pub(super) fn today(account: &Workspace) -> NaiveDate {
    Utc::now().with_timezone(&account.zone()).date_naive()
}

/// Reads a day.
pub fn day(text: &str) -> Result<Day, String> {
    // Whether it is one is the same on any day.
    parse_day(text, Utc::now().date_naive()).map(|_| Day(text.to_owned())).map_err(|error| error.to_string())
}

/// Reads a day, or the word that clears it.
pub fn clearable_day(text: &str) -> Result<Clearable<Day>, String> {
    Clearable::read(text, day)
}

/// Reads a day that may have a time of day.
pub fn when(text: &str) -> Result<Day, String> {
    parse_when(text, Utc::now().date_naive()).map(|_| Day(text.to_owned())).map_err(|error| error.to_string())
}

/// Reads a day that may have a time of day, or the word that clears it.
pub fn clearable_when(text: &str) -> Result<Clearable<Day>, String> {
    Clearable::read(text, when)
}

/// Reads a time of day.
pub fn time(text: &str) -> Result<NaiveTime, String> {
    parse_time(text).ok_or_else(|| ParseDateError::Time(text.to_owned()).to_string())
}

/// Reads a time of day, or the word that clears it.
pub fn clearable_time(text: &str) -> Result<Clearable<NaiveTime>, String> {
    Clearable::read(text, time)
}

/// Reads an amount. Whether its currency has that many digits is told when that is known, by [`money`].
pub fn amount(text: &str) -> Result<String, String> {
    match Money::parse(text, &Currency::new("EUR")) {
        Ok(_) | Err(ParseMoneyError::TooFine { .. }) => Ok(text.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Reads an amount, or the word that clears it.
pub fn clearable_amount(text: &str) -> Result<Clearable<String>, String> {
    Clearable::read(text, amount)
}

/// An amount that was read, in its currency.
pub(super) fn money(amount: &str, currency: &Currency) -> Result<Money, Usage> {
    Money::parse(amount, currency).map_err(|error| Usage::at("amount", error))
}

/// Reads a title.
pub fn title(text: &str) -> Result<String, String> {
    filled(text, &RuleError::EmptyTitle)
}

/// Reads a name.
pub fn name(text: &str) -> Result<String, String> {
    filled(text, &RuleError::EmptyName)
}

/// Reads what an activity is about.
pub fn subject(text: &str) -> Result<String, String> {
    filled(text, &RuleError::EmptySubject)
}

/// Reads what a note is to say.
pub fn note(text: &str) -> Result<String, String> {
    filled(text, &RuleError::EmptyNote)
}

/// Reads a text that may not be empty.
fn filled(text: &str, empty: &RuleError) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() { Err(empty.to_string()) } else { Ok(text.to_owned()) }
}

/// Reads a text that may be longer, or the word that clears it.
pub fn clearable_text(text: &str) -> Result<Clearable<String>, String> {
    Clearable::read(text, |text| Ok(text.to_owned()))
}

/// Reads a probability.
pub fn probability(text: &str) -> Result<Probability, String> {
    let percent = text.trim_end_matches('%').parse().ok().and_then(Probability::new);
    percent.ok_or_else(|| format!("'{text}' is not a whole number from 0 to 100"))
}

/// Reads a probability, or the word that clears it.
pub fn clearable_probability(text: &str) -> Result<Clearable<Probability>, String> {
    Clearable::read(text, probability)
}

/// Reads how long something takes, in minutes: `90`, `90m`, `1h`, `1h30` or `1:30`.
pub fn minutes(text: &str) -> Result<u32, String> {
    let wrong = || format!("'{text}' is not how long something takes: write it as 90, 1h30 or 1:30");
    let number = |part: &str| part.parse::<u32>().ok();
    let bare = text.trim().trim_end_matches('m');
    let whole = match bare.split_once(['h', ':']) {
        Some((hours, "")) => number(hours).and_then(|hours| hours.checked_mul(60)),
        Some((hours, rest)) => number(hours).and_then(|hours| hours.checked_mul(60)?.checked_add(number(rest)?)),
        None => number(bare),
    };
    whole.ok_or_else(wrong)
}

/// Reads how long something takes, or the word that clears it.
pub fn clearable_minutes(text: &str) -> Result<Clearable<u32>, String> {
    Clearable::read(text, minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_something_takes_is_read_as_people_write_it() {
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
