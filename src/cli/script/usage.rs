//! Errors in what was typed.

use std::fmt::Display;

use crate::cli::error::CliError;
use crate::domain::ItemRef;

/// An error in an option; the message names the option.
pub struct UsageError(String);

impl UsageError {
    pub(super) fn at(option: &str, what: impl Display) -> Self {
        Self(format!("{option}: {what}"))
    }
}

impl From<UsageError> for CliError {
    fn from(error: UsageError) -> Self {
        Self::usage(error.0)
    }
}

/// Returns the error for an item that does not exist.
pub(super) fn not_found(item: ItemRef) -> CliError {
    match item {
        ItemRef::Deal(id) => no_entry("deal", id),
        ItemRef::Activity(id) => no_entry("activity", id),
        ItemRef::Lead(id) => no_entry("lead", id),
        ItemRef::Person(id) => no_entry("person", id),
        ItemRef::Org(id) => no_entry("organization", id),
        ItemRef::Note(id) => no_entry("note", id),
    }
}

/// Returns the error for a name or number that nothing of its kind has.
pub(super) fn no_entry(kind: &str, id: impl Display) -> CliError {
    CliError::failure(format!("there is no {kind} {id}"))
}
