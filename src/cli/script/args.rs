//! Options that several commands have, and how what is typed becomes dates, times and the like.

use chrono::{NaiveDate, NaiveTime};
use clap::Args;
use uuid::Uuid;

use crate::domain::{Contact, Link, OrgId, PersonId, Probability, RuleError, parse_date};

use super::plan::{How, Usage};

/// The word that clears a field.
const NONE: &str = "none";

/// How something is shown.
#[derive(Debug, Clone, Copy, Args)]
pub struct Reading {
    /// Prints JSON for programs
    #[arg(long)]
    json: bool,
    /// Shows what is kept on this machine, without asking Pipedrive for news
    #[arg(long)]
    offline: bool,
}

impl Reading {
    pub(super) fn how(self) -> How {
        How { json: self.json, offline: self.offline, edits: false }
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
        How { json: self.json, offline: self.queue, edits: true }
    }
}

/// Which of many are listed.
#[derive(Debug, Clone, Args)]
pub struct Which {
    /// Only those with all these words in title, person or organization
    #[arg(long, value_name = "WORDS")]
    pub(super) text: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<usize>,
}

/// Some items by their numbers.
#[derive(Debug, Clone, Args)]
pub struct Numbers {
    /// Which
    #[arg(required = true, value_name = "ID")]
    pub(super) ids: Vec<u64>,
    #[command(flatten)]
    pub(super) editing: Editing,
}

/// Some leads by their ids.
#[derive(Debug, Clone, Args)]
pub struct LeadIds {
    /// Which
    #[arg(required = true, value_name = "ID")]
    pub(super) ids: Vec<Uuid>,
    #[command(flatten)]
    pub(super) editing: Editing,
}

/// One item to be shown.
#[derive(Debug, Clone, Args)]
pub struct ShowNumber {
    /// Which
    #[arg(value_name = "ID")]
    pub(super) id: u64,
    #[command(flatten)]
    pub(super) reading: Reading,
}

/// Whom something new is about.
#[derive(Debug, Clone, Args)]
pub struct Linking {
    /// The person that it is about
    #[arg(long, value_name = "ID", conflicts_with = "new_person")]
    pub(super) person: Option<u64>,
    /// A person to be made along with it
    #[arg(long, value_name = "NAME")]
    new_person: Option<String>,
    /// The organization that it is about
    #[arg(long, value_name = "ID", conflicts_with = "new_org")]
    pub(super) org: Option<u64>,
    /// An organization to be made along with it
    #[arg(long, value_name = "NAME")]
    new_org: Option<String>,
}

impl Linking {
    /// Whom it is about; `rule` is the one that is broken where that is nobody.
    pub(super) fn contact(&self, rule: &RuleError) -> Result<Contact, Usage> {
        let name = |option: &str, name: &Option<String>| match name.as_deref().map(str::trim) {
            Some("") => Err(Usage::at(option, "a name cannot be empty")),
            name => Ok(name.map(str::to_owned)),
        };
        let new_person = name("--new-person", &self.new_person)?;
        let new_org = name("--new-org", &self.new_org)?;
        let person = self.person.map(|id| Link::Existing(PersonId(id))).or(new_person.map(Link::New));
        let org = self.org.map(|id| Link::Existing(OrgId(id))).or(new_org.map(Link::New));
        Contact::new(person, org)
            .ok_or_else(|| Usage::at("--person, --new-person, --org or --new-org", format!("{rule}")))
    }
}

/// A field that can be cleared.
#[derive(Debug, Clone, Copy)]
pub struct Clearable<T>(pub Option<T>);

/// Reads a day.
pub fn day(text: &str) -> Result<NaiveDate, String> {
    parse_date(text).map_err(|error| error.to_string())
}

/// Reads a day, or the word that clears it.
pub fn clearable_day(text: &str) -> Result<Clearable<NaiveDate>, String> {
    if text == NONE { Ok(Clearable(None)) } else { day(text).map(|day| Clearable(Some(day))) }
}

/// Reads a time of day.
pub fn time(text: &str) -> Result<NaiveTime, String> {
    NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| format!("'{text}' is not a time: write it as 14:30"))
}

/// Reads a probability.
pub fn probability(text: &str) -> Result<Probability, String> {
    let percent = text.trim_end_matches('%').parse().ok().and_then(Probability::new);
    percent.ok_or_else(|| format!("'{text}' is not a whole number from 0 to 100"))
}

/// Reads a probability, or the word that clears it.
pub fn clearable_probability(text: &str) -> Result<Clearable<Probability>, String> {
    if text == NONE { Ok(Clearable(None)) } else { probability(text).map(|own| Clearable(Some(own))) }
}
