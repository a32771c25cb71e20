//! The archive of leads: read when somebody first looks at it, and kept while the program runs.

use super::Effect;
use crate::app::notice::Tone;
use crate::app::session::Cursor;
use crate::app::view::View;
use crate::app::{Account, Session};
use crate::domain::LeadId;
use crate::pipedrive::ApiError;
use crate::sync::{ArchivedLeads, Command};

/// What is known of the archive, and whether it is shown in place of the inbox.
#[derive(Debug, Default)]
pub struct Archive {
    /// Whether it is shown.
    pub is_shown: bool,
    /// The cursor of the one of inbox and archive that is not shown.
    pub(super) other: Cursor<LeadId>,
}

/// How far reading the archive has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ArchiveState {
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

/// Shows the archive in place of the inbox, or the other way round.
pub(super) fn toggle_archive(session: &mut Session, account: &mut Account) -> Vec<Effect> {
    show_archive(session, !session.archive.is_shown);
    let is_known = matches!(account.archive, ArchiveState::Whole | ArchiveState::Latest | ArchiveState::Asked);
    if session.archive.is_shown && !is_known { read_archive(account) } else { Vec::new() }
}

/// Shows the archive or the inbox.
pub(super) fn show_archive(session: &mut Session, is_shown: bool) {
    if std::mem::replace(&mut session.archive.is_shown, is_shown) != is_shown {
        std::mem::swap(&mut session.cursors.leads, &mut session.archive.other);
        session.detail.top = 0;
    }
}

/// Has the archive read, or read again.
pub(super) fn read_archive(account: &mut Account) -> Vec<Effect> {
    account.archive = ArchiveState::Asked;
    vec![Effect::Send(Command::Archive)]
}

/// Whether the archive is what is on the screen.
pub(super) fn is_in_archive(session: &Session) -> bool {
    session.view == View::Leads && session.archive.is_shown
}

/// The archive was read, or could not be.
pub(super) fn archive_came(session: &mut Session, account: &mut Account, archived: Result<ArchivedLeads, ApiError>) {
    account.archive = match archived {
        Ok(ArchivedLeads { leads, is_whole }) => {
            account.workspace.absorb_archive(leads, is_whole);
            if is_whole { ArchiveState::Whole } else { ArchiveState::Latest }
        }
        Err(error) => {
            session.tell(Tone::Bad, format!("The archive could not be read: {error}\nr tries again."));
            ArchiveState::Failed(error.to_string())
        }
    };
}
