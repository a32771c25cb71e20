//! What a command comes to, once the account is known: something to show, or edits.

use std::fmt::Display;

use super::ask::Question;
use super::desk::Desk;
use super::row::Row;
use crate::cli::Failure;
use crate::domain::{Edit, ItemRef};
use crate::sync::FirstLook;
use crate::sync::poll_schedule::AccountPart;

/// How a command goes about it.
#[derive(Debug, Clone, Copy)]
pub(super) struct How {
    /// Prints JSON, and nothing else, on standard output.
    pub json: bool,
    /// Asks nothing of Pipedrive.
    pub offline: bool,
    /// Changes something.
    pub edits: bool,
    /// Whether the JSON says how old it is.
    pub as_of: AsOf,
    /// What has to be up to date.
    pub shows: Shows,
}

/// Whether JSON says as of when it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AsOf {
    /// It is the array or the object alone.
    Omitted,
    /// It is in an object that says so.
    Given,
}

/// What a command shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shows {
    /// Deals, leads, activities or notes, and what they are linked to.
    Work,
    /// People or organizations.
    Contacts,
    /// Pipelines or stages.
    Boards,
    /// Users or custom fields.
    Basics,
}

impl Shows {
    /// What is brought up to date for it.
    pub(super) fn first_look(self) -> FirstLook {
        match self.part() {
            Some(part) => FirstLook::Only(vec![part]),
            None => FirstLook::Due,
        }
    }

    /// The part of the account that it is about; `None` for several.
    pub(super) fn part(self) -> Option<AccountPart> {
        match self {
            Self::Work => None,
            Self::Contacts => Some(AccountPart::Contacts),
            Self::Boards => Some(AccountPart::Boards),
            Self::Basics => Some(AccountPart::Basics),
        }
    }
}

/// What a command prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One thing.
    One,
    /// A list of them, also where it holds one or none.
    Many,
}

/// What a command comes to.
pub(super) enum Plan {
    /// Shows one thing.
    Show(Row),
    /// Shows a list.
    List(Vec<Row>),
    /// Edits, and shows what came of it.
    Edit(Vec<Edit>, Shape),
}

/// A command on the objects of the account.
pub(super) trait Verb {
    /// How it goes about it.
    fn how(&self) -> How;

    /// Finds what is wrong with the options alone, before anything is opened.
    fn check(&self) -> Result<(), Usage> {
        Ok(())
    }

    /// What has to be known. What this machine does not have, such as an archived deal, is asked of Pipedrive.
    fn wanted(&self) -> Vec<ItemRef> {
        Vec::new()
    }

    /// What only Pipedrive can tell it.
    fn asks(&self) -> Option<Question<'_>> {
        None
    }

    /// What it comes to.
    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure>;
}

/// Something that is wrong with an option, said at it.
pub struct Usage(String);

impl Usage {
    pub(super) fn at(option: &str, what: impl Display) -> Self {
        Self(format!("{option}: {what}"))
    }
}

impl From<Usage> for Failure {
    fn from(usage: Usage) -> Self {
        Self::usage(usage.0)
    }
}

/// There is no such item.
pub(super) fn no_such(item: ItemRef) -> Failure {
    match item {
        ItemRef::Deal(id) => none_of("deal", id),
        ItemRef::Activity(id) => none_of("activity", id),
        ItemRef::Lead(id) => none_of("lead", id),
        ItemRef::Person(id) => none_of("person", id),
        ItemRef::Org(id) => none_of("organization", id),
        ItemRef::Note(id) => none_of("note", id),
    }
}

/// There is nothing of this kind with this name or number.
pub(super) fn none_of(kind: &str, id: impl Display) -> Failure {
    Failure::running(format!("there is no {kind} {id}"))
}
