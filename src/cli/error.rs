//! Errors of the command line and the exit codes of the process.

use std::fmt::Display;

/// Something failed at run time, or edits were not confirmed when the process ended.
pub(super) const EXIT_FAILURE: u8 = 1;
/// A usage error, an invalid configuration, or no terminal to run in.
pub(super) const EXIT_USAGE: u8 = 2;
/// Some edits need a decision: Pipedrive rejected them, or they conflict with another user's change.
pub(super) const EXIT_ATTENTION: u8 = 3;
/// Edits are saved on this machine and not sent yet.
pub(super) const EXIT_QUEUED: u8 = 4;
/// The work is done, but its result could not be written to standard output.
pub(super) const EXIT_UNPRINTED: u8 = 5;

/// The reason why a command failed: one sentence for the user, and the exit code.
pub(super) struct CliError {
    pub(super) message: String,
    pub(super) code: u8,
}

impl CliError {
    /// Wrong usage or configuration; nothing was done.
    pub(super) fn usage(error: impl Display) -> Self {
        Self { message: error.to_string(), code: EXIT_USAGE }
    }

    /// A failure at run time.
    pub(super) fn failure(error: impl Display) -> Self {
        Self { message: error.to_string(), code: EXIT_FAILURE }
    }
}
