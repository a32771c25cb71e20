//! The archive of leads: read when somebody first looks at it, and kept while the program runs.

use super::state::{Cursor, Tone, View};
use super::{App, Effect};
use crate::domain::LeadId;
use crate::pipedrive::ApiError;
use crate::sync::{ArchivedLeads, Command};

/// What is known of the archive, and whether it is shown in place of the inbox.
#[derive(Debug, Default)]
pub struct Archive {
    /// Whether it is shown.
    pub is_shown: bool,
    /// How far reading it has come.
    pub reading: Shelf,
    /// The cursor of the one of inbox and archive that is not shown.
    other: Cursor<LeadId>,
}

/// How far reading the archive has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Shelf {
    /// Nobody has asked for it.
    #[default]
    Unread,
    /// It is being read.
    Asked,
    /// All of it is known.
    Whole,
    /// Only the leads that have changed last are.
    Latest,
    /// It could not be read.
    Failed(String),
}

impl App {
    /// Shows the archive in place of the inbox, or the other way round.
    pub(super) fn toggle_archive(&mut self) -> Vec<Effect> {
        self.show_archive(!self.state.archive.is_shown);
        let is_known = matches!(self.state.archive.reading, Shelf::Whole | Shelf::Latest | Shelf::Asked);
        if self.state.archive.is_shown && !is_known { self.read_archive() } else { Vec::new() }
    }

    /// Shows the archive or the inbox.
    pub(super) fn show_archive(&mut self, is_shown: bool) {
        if std::mem::replace(&mut self.state.archive.is_shown, is_shown) != is_shown {
            std::mem::swap(&mut self.state.leads, &mut self.state.archive.other);
            self.state.detail_top = 0;
        }
    }

    /// Has the archive read, or read again.
    pub(super) fn read_archive(&mut self) -> Vec<Effect> {
        self.state.archive.reading = Shelf::Asked;
        vec![Effect::Send(Command::Archive)]
    }

    /// Whether the archive is what is on the screen.
    pub(super) fn is_in_archive(&self) -> bool {
        self.state.view == View::Leads && self.state.archive.is_shown
    }

    /// The archive was read, or could not be.
    pub(super) fn archive_came(&mut self, archived: Result<ArchivedLeads, ApiError>) {
        self.state.archive.reading = match archived {
            Ok(ArchivedLeads { leads, is_whole }) => {
                self.workspace.absorb_archive(leads, is_whole);
                if is_whole { Shelf::Whole } else { Shelf::Latest }
            }
            Err(error) => {
                self.state.tell(Tone::Bad, format!("The archive could not be read: {error}\nr tries again."));
                Shelf::Failed(error.to_string())
            }
        };
    }
}
