//! The trait of a command, and the plan that it comes to once the account is known.

use super::client::Client;
use super::mode::Mode;
use super::output::Row;
use super::query::Query;
use super::usage::UsageError;
use crate::cli::error::CliError;
use crate::domain::{Edit, ItemRef};

/// The number of results that a command prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cardinality {
    One,
    /// A list, even if it has one entry or none.
    Many,
}

/// The work of a command, once the account is known.
pub(super) enum Plan {
    Show(Row),
    List(Vec<Row>),
    /// Makes edits and prints the results.
    Edit(Vec<Edit>, Cardinality),
}

/// A command on the resources of an account.
pub(super) trait ScriptCommand {
    fn mode(&self) -> Mode;

    /// Checks the options alone, before anything is opened.
    ///
    /// # Errors
    /// [`UsageError`] names the option that is wrong.
    fn check(&self) -> Result<(), UsageError> {
        Ok(())
    }

    /// Returns the items that must be known. Those that this machine does not have, such as archived deals, are read
    /// from Pipedrive.
    fn needed_items(&self) -> Vec<ItemRef> {
        Vec::new()
    }

    /// Returns the question to ask Pipedrive, if any.
    fn query(&self) -> Option<Query<'_>> {
        None
    }

    /// Returns what to do.
    ///
    /// # Errors
    /// [`CliError`] if an option names something that does not exist, or has a value that does not fit.
    fn plan(&self, client: &mut Client) -> Result<Plan, CliError>;
}

/// A resource's commands are boxed if they have many options.
impl<C: ScriptCommand> ScriptCommand for Box<C> {
    fn mode(&self) -> Mode {
        self.as_ref().mode()
    }

    fn check(&self) -> Result<(), UsageError> {
        self.as_ref().check()
    }

    fn needed_items(&self) -> Vec<ItemRef> {
        self.as_ref().needed_items()
    }

    fn query(&self) -> Option<Query<'_>> {
        self.as_ref().query()
    }

    fn plan(&self, client: &mut Client) -> Result<Plan, CliError> {
        self.as_ref().plan(client)
    }
}

/// Returns the command in a variant of a resource's enum.
macro_rules! selected {
    ($resource:expr => $($variant:ident),+) => {
        match $resource {
            $(Self::$variant(command) => command,)+
        }
    };
}
pub(super) use selected;
