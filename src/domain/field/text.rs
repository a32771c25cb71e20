//! Values of fields as people write and read them: one form for details, forms, tables and the command line.

use chrono::{NaiveDate, NaiveTime};
use rust_decimal::Decimal;

use super::super::{
    Currency, ItemRef, Money, OrgId, ParseDateError, ParseMoneyError, PersonId, UserId, parse_day, parse_time,
};
use super::{FieldDef, FieldKind, FieldValue};

/// The longest line that a text field takes, in characters (Pipedrive's `varchar`).
const LONGEST_LINE: usize = 255;

/// Resolves names to ids and back, for fields that link to a user, a person or an organization.
pub trait NameResolver {
    /// Returns the name of a user.
    fn user_name(&self, id: UserId) -> Option<&str>;
    /// Returns the name of a person or an organization.
    fn contact_name(&self, item: ItemRef) -> Option<&str>;
    /// Returns the users with this name, at most two.
    fn users_named(&self, name: &str) -> Vec<UserId>;
    /// Returns the people with this name, at most two.
    fn people_named_exactly(&self, name: &str) -> Vec<PersonId>;
    /// Returns the organizations with this name, at most two.
    fn orgs_named_exactly(&self, name: &str) -> Vec<OrgId>;
    /// Returns the currency of amounts that are typed without one.
    fn default_currency(&self) -> Currency;
}

/// A resolver without any names.
struct Nobody;

impl NameResolver for Nobody {
    fn user_name(&self, _: UserId) -> Option<&str> {
        None
    }

    fn contact_name(&self, _: ItemRef) -> Option<&str> {
        None
    }

    fn users_named(&self, _: &str) -> Vec<UserId> {
        Vec::new()
    }

    fn people_named_exactly(&self, _: &str) -> Vec<PersonId> {
        Vec::new()
    }

    fn orgs_named_exactly(&self, _: &str) -> Vec<OrgId> {
        Vec::new()
    }

    fn default_currency(&self) -> Currency {
        Currency::new("EUR")
    }
}

/// Why a text is no value of a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseFieldError {
    /// Too long for a line.
    #[error("at most {LONGEST_LINE} characters")]
    TooLong,
    /// No number.
    #[error("'{0}' is not a number")]
    NotANumber(String),
    /// No amount of money.
    #[error(transparent)]
    Money(#[from] ParseMoneyError),
    /// No day, or no time of day.
    #[error(transparent)]
    Date(#[from] ParseDateError),
    /// No range.
    #[error("write both ends with '..' between them, such as {0}")]
    NotARange(&'static str),
    /// A range that ends before it begins.
    #[error("the range ends before it begins")]
    Backwards,
    /// No option.
    #[error("there is no '{name}': choose one of {}", .options.join(", "))]
    NoSuchOption {
        /// The typed text.
        name: String,
        /// The first few options of the field.
        options: Vec<String>,
    },
    /// Neither yes nor no.
    #[error("write yes or no")]
    NotAFlag,
    /// No user, person or organization has this name.
    #[error("no one is named '{0}'")]
    Nobody(String),
    /// More than one has this name.
    #[error("several are named '{0}'; give the id")]
    NotOne(String),
    /// A read-only field.
    #[error("a field of this type can only be changed in Pipedrive")]
    ReadOnly,
}

/// The sort key of a value among those of its field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum FieldSortValue {
    /// By a number, or by the place of an option in the list.
    Number(Decimal),
    /// By an amount, those of a currency together.
    Money(Currency, Decimal),
    /// By a text in small letters.
    Text(String),
}

impl FieldDef {
    /// Formats a value for display, with the names of linked items.
    pub fn display(&self, value: &FieldValue, who: &impl NameResolver) -> String {
        match self.kind {
            FieldKind::Choice => value.as_id().map(|id| self.label(id)),
            FieldKind::Choices => value.as_ids().map(|ids| joined(ids.into_iter().map(|id| self.label(id)))),
            FieldKind::User => value.as_id().map(|id| named(who.user_name(UserId(id)), id)),
            FieldKind::Person => value.as_id().map(|id| named(who.contact_name(ItemRef::Person(PersonId(id))), id)),
            FieldKind::Org => value.as_id().map(|id| named(who.contact_name(ItemRef::Org(OrgId(id))), id)),
            FieldKind::Flag => value.as_flag().map(|yes| if yes { "yes" } else { "no" }.to_owned()),
            FieldKind::Number => value.as_number().map(|number| number.normalize().to_string()),
            FieldKind::Time => Some(short_time(&value.flat())),
            FieldKind::TimeRange => match value {
                FieldValue::Range(range) => Some(format!("{} – {}", short_time(&range.0), short_time(&range.1))),
                _ => None,
            },
            _ => None,
        }
        .unwrap_or_else(|| plain(value))
    }

    /// Formats a value for editing: [`Self::parse`] reads it back as the same value.
    pub fn written(&self, value: &FieldValue, who: &impl NameResolver) -> String {
        let is_one = |id: &u64| {
            let name = self.display(value, who);
            self.parse_link(&name, who).is_some_and(|found| found.is_ok_and(|found| found == *id))
        };
        match (&self.kind, value) {
            (FieldKind::Money, FieldValue::Money(money)) => format!("{} {}", money.amount, money.currency),
            (FieldKind::User | FieldKind::Person | FieldKind::Org, value) => match value.as_id() {
                Some(id) if !is_one(&id) => format!("#{id}"),
                _ => self.display(value, who),
            },
            _ => self.display(value, who),
        }
    }

    /// Parses typed text; `None` clears the field. Days may have any form that [`parse_day`] reads.
    pub fn parse(
        &self,
        text: &str,
        today: NaiveDate,
        who: &impl NameResolver,
    ) -> Result<Option<FieldValue>, ParseFieldError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let whole = |text: String| FieldValue::Whole(text.into());
        Ok(Some(match self.kind {
            FieldKind::Text | FieldKind::Phone if text.chars().count() > LONGEST_LINE => {
                return Err(ParseFieldError::TooLong);
            }
            FieldKind::Text | FieldKind::Phone | FieldKind::LongText => FieldValue::Text(text.into()),
            FieldKind::Number => FieldValue::Number(
                text.parse::<Decimal>().map_err(|_| ParseFieldError::NotANumber(text.to_owned()))?.normalize(),
            ),
            FieldKind::Money => FieldValue::Money(Box::new(Money::parse(text, &who.default_currency())?)),
            FieldKind::Date => FieldValue::Text(parse_day(text, today)?.to_string().into()),
            FieldKind::DateRange => {
                range(text, "2026-12-24..2026-12-31", |end| parse_day(end, today), NaiveDate::to_string)?
            }
            FieldKind::Time => whole(clock(time_of_day(text)?)),
            FieldKind::TimeRange => range(text, "09:00..10:30", time_of_day, |time| clock(*time))?,
            FieldKind::Address => whole(text.to_owned()),
            FieldKind::Choice => FieldValue::id(self.option_called(text)?),
            FieldKind::Choices => return self.options_called(text),
            FieldKind::Flag => FieldValue::Flag(match text.to_lowercase().as_str() {
                "yes" | "y" | "true" | "1" => true,
                "no" | "n" | "false" | "0" => false,
                _ => return Err(ParseFieldError::NotAFlag),
            }),
            FieldKind::User | FieldKind::Person | FieldKind::Org | FieldKind::Other(_) => {
                FieldValue::id(self.parse_link(text, who).unwrap_or(Err(ParseFieldError::ReadOnly))?)
            }
        }))
    }

    /// Parses the name or id of a linked item; `None` if the field is no link.
    fn parse_link(&self, text: &str, who: &impl NameResolver) -> Option<Result<u64, ParseFieldError>> {
        Some(match self.kind {
            FieldKind::User => one(text, who.users_named(text).iter().map(|id| id.0)),
            FieldKind::Person => one(text, who.people_named_exactly(text).iter().map(|id| id.0)),
            FieldKind::Org => one(text, who.orgs_named_exactly(text).iter().map(|id| id.0)),
            _ => return None,
        })
    }

    /// Checks typed text as far as possible without resolving names.
    pub fn check(&self, text: &str, today: NaiveDate) -> Result<(), ParseFieldError> {
        match self.kind {
            FieldKind::User | FieldKind::Person | FieldKind::Org => Ok(()),
            _ => self.parse(text, today, &Nobody).map(drop),
        }
    }

    /// Returns the sort key of a value of this field.
    pub fn order(&self, value: &FieldValue, who: &impl NameResolver) -> FieldSortValue {
        let number = match (&self.kind, value) {
            (FieldKind::Money, FieldValue::Money(money)) => {
                return FieldSortValue::Money(money.currency.clone(), money.amount);
            }
            (FieldKind::Number, value) => value.as_number(),
            (FieldKind::Choice, value) => {
                value.as_id().and_then(|id| self.options.iter().position(|option| option.id == id)).map(Decimal::from)
            }
            (FieldKind::Flag, value) => value.as_flag().map(|yes| u8::from(yes).into()),
            _ => None,
        };
        number.map_or_else(|| FieldSortValue::Text(self.display(value, who).to_lowercase()), FieldSortValue::Number)
    }

    /// Returns the label of an option, or its id if it was deleted.
    fn label(&self, id: u64) -> String {
        named(self.option(id).map(|option| option.label.as_str()), id)
    }

    /// The option with this label, whatever its case, or with this id.
    fn option_called(&self, name: &str) -> Result<u64, ParseFieldError> {
        const MOST: usize = 8;
        let folded = name.to_lowercase();
        let found = self.options.iter().find(|option| option.label.trim().to_lowercase() == folded);
        let by_id = || written_id(name).and_then(|id| self.option(id));
        found.or_else(by_id).map(|option| option.id).ok_or_else(|| ParseFieldError::NoSuchOption {
            name: name.to_owned(),
            options: self.options.iter().take(MOST).map(|option| option.label.clone()).collect(),
        })
    }

    /// Some options with commas between them. Labels may have commas in them: the longest that fits counts.
    fn options_called(&self, text: &str) -> Result<Option<FieldValue>, ParseFieldError> {
        const MOST_COMMAS: usize = 8;
        let parts: Vec<&str> = text.split(',').collect();
        let (mut ids, mut rest) = (Vec::new(), &parts[..]);
        while let Some(first) = rest.first() {
            let called = |count: usize| Some((count, self.option_called(rest.get(..count)?.join(",").trim()).ok()?));
            let longest = (2..=MOST_COMMAS.min(rest.len())).rev().find_map(called);
            let (count, id) = match longest {
                Some(longest) => longest,
                None => (1, self.option_called(first.trim())?),
            };
            ids.push(id);
            rest = &rest[count..];
        }
        Ok(FieldValue::options(ids))
    }
}

/// A value without the help of its definition.
fn plain(value: &FieldValue) -> String {
    match value {
        FieldValue::Money(money) => money.display(),
        FieldValue::Range(range) => format!("{} – {}", range.0, range.1),
        FieldValue::Options(ids) => joined(ids.iter().map(u64::to_string)),
        FieldValue::Flag(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        value => value.flat().into_owned(),
    }
}

fn joined(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<Vec<_>>().join(", ")
}

/// Returns a name, or the id in the form that [`written_id`] reads.
fn named(name: Option<&str>, id: u64) -> String {
    name.filter(|name| !name.is_empty()).map_or_else(|| format!("#{id}"), str::to_owned)
}

fn written_id(text: &str) -> Option<u64> {
    text.strip_prefix('#').unwrap_or(text).parse().ok()
}

/// Returns the only one with this name, or the one with this id.
fn one(name: &str, mut called: impl Iterator<Item = u64>) -> Result<u64, ParseFieldError> {
    match (called.next(), called.next()) {
        (Some(id), None) => Ok(id),
        (Some(_), Some(_)) => Err(ParseFieldError::NotOne(name.to_owned())),
        (None, _) => written_id(name).ok_or_else(|| ParseFieldError::Nobody(name.to_owned())),
    }
}

fn time_of_day(text: &str) -> Result<NaiveTime, ParseDateError> {
    let to_the_second = || NaiveTime::parse_from_str(text, "%H:%M:%S").ok();
    parse_time(text).or_else(to_the_second).ok_or_else(|| ParseDateError::Time(text.to_owned()))
}

fn clock(time: NaiveTime) -> String {
    time.format("%H:%M:%S").to_string()
}

/// A time of day without seconds that are zero.
fn short_time(text: &str) -> String {
    text.strip_suffix(":00").filter(|short| short.len() == 5).unwrap_or(text).to_owned()
}

/// Two ends with two points, or a dash with blanks around it, between them.
fn range<T: PartialOrd>(
    text: &str,
    example: &'static str,
    parse: impl Fn(&str) -> Result<T, ParseDateError>,
    write: impl Fn(&T) -> String,
) -> Result<FieldValue, ParseFieldError> {
    // Of three points the first belongs to the day before them.
    let points = || text.find("...").map_or_else(|| text.split_once(".."), |at| Some((&text[..=at], &text[at + 3..])));
    let ends = [" – ", " - "].into_iter().find_map(|between| text.split_once(between)).or_else(points);
    let (from, until) = ends.ok_or(ParseFieldError::NotARange(example))?;
    let (from, until) = (parse(from.trim())?, parse(until.trim())?);
    if until < from {
        return Err(ParseFieldError::Backwards);
    }
    Ok(FieldValue::Range(Box::new((write(&from).into(), write(&until).into()))))
}
