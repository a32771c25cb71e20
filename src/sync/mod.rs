//! Between the dashboard and the API task: reads the account into [`Change`]s, polls the leads, and carries out
//! edits, each item's in order. Speaks [`Command`] and [`Report`] over bounded channels; knows no screen.
//!
//! | file | what |
//! |---|---|
//! | `engine` | the loop: commands in, reports out |
//! | `reader` | the account and its changes, read |
//! | `edits` | edits carried out, each item's in order |
//! | `creations` | making something exactly once, though answers get lost |
//! | `pace` | how often the account is looked at: as fresh as needed, and within the day's budget |

mod creations;
mod edits;
mod engine;
pub mod pace;
mod reader;

use chrono::{DateTime, Utc};

pub use self::engine::{Clock, Settings, start};
pub use crate::pipedrive::{Line, LineState};

use crate::domain::{Edit, ItemRef};
use crate::pipedrive::{ApiError, Token};
use crate::workspace::{Change, EditId};

/// What the dashboard asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Carry out an edit. Edits of one item are carried out in the order of their commands.
    Edit {
        /// Its name, for the report.
        id: EditId,
        /// What to do.
        edit: Edit,
    },
    /// Read the whole account again.
    Reload,
    /// Poll the leads now, and the deals and activities that changed since the last look; the interval starts
    /// anew.
    Refresh,
    /// Use another API token, and go on with what waits for one.
    Renew(Token),
    /// Somebody is at the keys: what is shown has to be fresh.
    Present,
}

/// What the dashboard is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// News about the account.
    Changed(Vec<Change>),
    /// How far reading has come.
    Progress(Progress),
    /// An edit came to its end.
    EditDone {
        /// Which.
        id: EditId,
        /// What became of it.
        outcome: Result<Outcome, EditFailure>,
    },
    /// The state of the line, whenever it changes.
    Line(Line),
}

/// How far reading the account has come.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// Reading; items so far.
    Reading {
        /// What is being read, in the plural: 'deals'.
        what: &'static str,
        /// How many items have arrived in all.
        items: usize,
    },
    /// The account, or what changed in it, has been read.
    Fresh {
        /// When.
        at: DateTime<Utc>,
        /// When the leads are polled next.
        next_poll: DateTime<Utc>,
    },
    /// Reading failed; it is tried again at the next poll.
    Failed {
        /// Why, in words for a person.
        error: ApiError,
        /// When it is tried again.
        next_poll: DateTime<Utc>,
    },
}

/// An edit that succeeded.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The items as the server has them now.
    pub changes: Vec<Change>,
    /// For a creation or conversion: the item that came of it.
    pub created: Option<ItemRef>,
}

/// An edit that failed. Nothing of it is on the server, except what `changes` says.
#[derive(Debug, Clone, PartialEq)]
pub struct EditFailure {
    /// What the server has now, as far as it is known: the item itself where it could be read, and people and
    /// organizations that were made on the way.
    pub changes: Vec<Change>,
    /// Why.
    pub error: ApiError,
}
