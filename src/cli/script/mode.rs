//! The mode of a command: its requests to Pipedrive, the data that must be up to date, and the form of its output.

use crate::sync::FirstLook;
use crate::sync::poll_schedule::AccountPart;

/// The mode of a command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mode {
    /// Prints JSON, and nothing else, on standard output.
    pub json: bool,
    /// Sends no request to Pipedrive.
    pub offline: bool,
    /// Makes edits.
    pub edits: bool,
    pub as_of: AsOf,
    pub scope: Scope,
}

/// The form of JSON: bare, or in an object with the time of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AsOf {
    Omitted,
    Included,
}

/// The part of the account that a command shows, and that must be up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Deals, leads, activities or notes, and what they are linked to.
    Items,
    /// People or organizations.
    Contacts,
    /// Pipelines or stages.
    Pipelines,
    /// Users or custom fields.
    Settings,
}

impl Scope {
    /// Returns what the engine reads first.
    pub(super) fn first_look(self) -> FirstLook {
        match self.part() {
            Some(part) => FirstLook::Only(vec![part]),
            None => FirstLook::Due,
        }
    }

    /// Returns the part of the account in this scope; `None` for several.
    pub(super) const fn part(self) -> Option<AccountPart> {
        match self {
            Self::Items => None,
            Self::Contacts => Some(AccountPart::Contacts),
            Self::Pipelines => Some(AccountPart::Boards),
            Self::Settings => Some(AccountPart::Basics),
        }
    }
}
