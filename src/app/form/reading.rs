//! What a field says. Each reading gives an error in words for the person at the field.

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::field::{Field, Kind, Name, Pick};
use crate::domain::{ContactPoint, Due, Link, Money, Probability, RuleError, parse_day, parse_when};

impl Field {
    /// What the field stands for: what was picked, or the only one of exactly the name typed.
    pub(super) fn linked(&self) -> Option<Pick> {
        if let Some(chosen) = self.chosen.first() {
            return Some(chosen.pick.clone());
        }
        let folded = self.text().to_lowercase();
        let mut same = self.offers.iter().filter(|offer| offer.name.to_lowercase() == folded);
        let first = same.next()?;
        same.next().is_none().then(|| first.pick.clone())
    }

    /// A text that may not be empty.
    pub(super) fn filled(&self, empty: &RuleError) -> Result<String, String> {
        if self.text().is_empty() { Err(empty.to_string()) } else { Ok(self.text().to_owned()) }
    }

    /// A text, or nothing.
    pub(super) fn some_text(&self) -> Option<String> {
        Some(self.text().to_owned()).filter(|text| !text.is_empty())
    }

    /// An amount, or nothing.
    pub(super) fn money(&self) -> Result<Option<Money>, String> {
        let Kind::Money(currency) = &self.kind else { return Ok(None) };
        let money = self.some_text().map(|text| Money::parse(&text, currency).map_err(|error| error.to_string()));
        money.transpose()
    }

    /// A probability, or nothing.
    pub(super) fn percent(&self) -> Result<Option<Probability>, String> {
        parse_probability(self.text())
    }

    /// A day, or nothing.
    pub(super) fn day(&self, today: NaiveDate) -> Result<Option<NaiveDate>, String> {
        self.some_text().map(|text| parse_day(&text, today).map_err(|error| error.to_string())).transpose()
    }

    /// A day with a time of day if there is one, or nothing.
    pub(super) fn due(&self, today: NaiveDate, zone: Tz) -> Result<Option<Due>, String> {
        let when = self.some_text().map(|text| parse_when(&text, today).map_err(|error| error.to_string()));
        Ok(when.transpose()?.map(|(day, time)| Due::at_local(day, time, zone)))
    }

    /// A length of time in minutes, or nothing.
    pub(super) fn minutes(&self) -> Result<Option<u32>, String> {
        self.some_text().map(|text| parse_minutes(&text)).transpose()
    }

    /// What was picked, where it is one thing: nothing where the field is empty, an error where nothing has the name.
    pub(super) fn picked<T>(&self, of: impl Fn(&Pick) -> Option<T>) -> Result<Option<T>, String> {
        match self.linked() {
            None if !self.text().is_empty() => {
                Err(format!("nothing here is called '{}': pick one of the list, or leave it empty", self.text()))
            }
            found => Ok(found.as_ref().and_then(of)),
        }
    }

    /// All that was picked.
    pub(super) fn picks<T>(&self, of: impl Fn(&Pick) -> Option<T>) -> Result<Vec<T>, String> {
        if !self.text().is_empty() {
            return Err(format!("'{}' was not picked: take one of the list by enter, or clear it", self.text()));
        }
        Ok(self.chosen.iter().filter_map(|offer| of(&offer.pick)).collect())
    }

    /// One that exists, or one to be made with the typed name; nothing where the field is empty.
    pub(super) fn link<Id>(&self, id: impl Fn(&Pick) -> Option<Id>) -> Option<Link<Id>> {
        let name = self.some_text()?;
        Some(self.linked().as_ref().and_then(id).map_or(Link::New(name), Link::Existing))
    }

    /// A phone number or e-mail address, or nothing.
    pub(super) fn point(&self) -> Option<ContactPoint> {
        let Kind::Point { label, primary } = &self.kind else { return None };
        let value = self.some_text()?;
        Some(ContactPoint { value, label: label.clone(), primary: *primary })
    }

    /// What is wrong with what is typed, if anything.
    pub(super) fn check(&self, today: NaiveDate) -> Result<(), String> {
        match &self.kind {
            Kind::Money(_) => self.money().map(drop),
            Kind::Percent => self.percent().map(drop),
            Kind::Day => self.day(today).map(drop),
            Kind::When => self.due(today, Tz::UTC).map(drop),
            Kind::Minutes => self.minutes().map(drop),
            Kind::Typed(def) => def.check(self.text(), today).map_err(|error| error.to_string()),
            Kind::One(_, false) => self.picked(|_| Some(())).map(drop),
            Kind::Several(_) | Kind::Many(_) => self.picks(|_| Some(())).map(drop),
            Kind::Point { .. } if matches!(self.name, Name::Email(_)) => check_mail(self.text()),
            Kind::Text | Kind::Lines | Kind::Choice(_) | Kind::One(_, true) | Kind::Point { .. } | Kind::Shown => {
                Ok(())
            }
        }
    }
}

/// Whether a text may be an e-mail address, or nothing: Pipedrive takes any.
fn check_mail(text: &str) -> Result<(), String> {
    let is_mail = text.rsplit_once('@').is_some_and(|(who, host)| !who.is_empty() && !host.is_empty());
    if is_mail || text.is_empty() { Ok(()) } else { Err(format!("'{text}' is not an e-mail address")) }
}

/// Reads a probability in percent; empty for the stage's own.
pub fn parse_probability(text: &str) -> Result<Option<Probability>, String> {
    let text = text.trim().trim_end_matches('%').trim_end();
    if text.is_empty() {
        return Ok(None);
    }
    let probability = text.parse().ok().and_then(Probability::new);
    probability.map(Some).ok_or_else(|| format!("'{text}' is not a whole number from 0 to 100"))
}

/// Reads a length of time: `30`, `30m`, `1:30`, `1h`, `1h 30m`, `1.5h`.
fn parse_minutes(text: &str) -> Result<u32, String> {
    /// A week: no activity takes longer.
    const MOST: u32 = 7 * 24 * 60;
    let said = text.to_lowercase();
    let number = |part: &str| part.trim().parse::<u32>().ok().filter(|number| *number <= MOST);
    let minutes = if let Some((hours, minutes)) = said.split_once(':') {
        number(hours).zip(number(minutes).filter(|minutes| *minutes < 60)).map(|(hours, rest)| hours * 60 + rest)
    } else if let Some((hours, rest)) = said.split_once('h') {
        let rest = rest.trim().trim_end_matches("min").trim_end_matches('m').trim();
        let rest = if rest.is_empty() { Some(0) } else { number(rest) };
        match hours.trim().split_once(['.', ',']) {
            Some((whole, "5")) => number(whole).map(|whole| whole * 60 + 30).filter(|_| rest == Some(0)),
            Some(_) => None,
            None => number(hours).zip(rest).map(|(hours, rest)| hours * 60 + rest),
        }
    } else {
        number(said.trim_end_matches("min").trim_end_matches('m'))
    };
    let minutes = minutes.filter(|minutes| *minutes <= MOST);
    minutes.ok_or_else(|| format!("'{text}' is not a length of time: write 30, 1:30, 45m or 1h 30m"))
}

/// A length of time as it is typed: `1:30`.
pub(super) fn written_minutes(minutes: u32) -> String {
    format!("{}:{:02}", minutes / 60, minutes % 60)
}

/// An amount as it is typed.
pub fn written_money(value: &Money) -> String {
    format!("{} {}", value.amount.normalize(), value.currency)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_and_written() {
        for (said, minutes) in [
            ("30", 30),
            ("45m", 45),
            ("45 min", 45),
            ("1:30", 90),
            ("1h", 60),
            ("1h 30m", 90),
            ("1.5h", 90),
            ("0:05", 5),
        ] {
            assert_eq!(parse_minutes(said), Ok(minutes), "{said}");
            assert_eq!(parse_minutes(&written_minutes(minutes)), Ok(minutes));
        }
        for bad in ["", "soon", "1:75", "h", "1.25h", "99999999999", "100000", "-5", "1h x"] {
            assert!(parse_minutes(bad).is_err(), "{bad}");
        }
    }
}
