//! Edits that have not ended, and those that failed.

use std::borrow::Cow;
use std::collections::HashMap;

use super::super::bulk::Bulk;
use super::super::session::SessionId;
use super::super::words;
use crate::domain::Edit;
use crate::workspace::{EditId, Workspace};

/// Edits that have not ended, and those that failed.
#[derive(Debug, Default)]
pub struct Edits {
    /// Edits that have not ended.
    pub in_flight: HashMap<EditId, InFlight>,
    /// Edits that need attention.
    pub attention: Vec<Attention>,
    /// Bulk edits that are running, and the last one that has ended.
    pub bulks: Vec<Bulk>,
}

/// An edit that has not ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InFlight {
    /// Its description.
    pub what: String,
    /// The edit that reverts it: what it was based on.
    pub base: Option<Edit>,
    /// `true` once the edit is saved on this machine.
    pub queued: bool,
    /// The session that made it; `None` for an edit of an earlier run.
    pub session: Option<SessionId>,
}

impl InFlight {
    /// Returns its description as far as it may be shown.
    pub fn what(&self, workspace: &Workspace) -> Cow<'_, str> {
        match &self.base {
            // It names the same fields.
            Some(base) => words::as_shown(workspace, base, &self.what),
            None => Cow::Borrowed(&self.what),
        }
    }
}

/// A failed edit, kept until the user retries, changes or discards it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attention {
    /// Its id.
    pub id: EditId,
    /// The edit.
    pub edit: Edit,
    /// The edit that would have reverted it: what it was based on.
    pub base: Option<Edit>,
    /// What another user has made of the same fields, in a conflict.
    pub theirs: Option<Edit>,
    /// Its description.
    pub what: String,
    /// The reason of the failure.
    pub why: String,
    /// `true` if it is saved on this machine, so that the next start shows it.
    pub is_kept: bool,
}
