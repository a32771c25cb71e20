//! What all screens of one API token share: the account in memory, edits that have not ended, the connection, and what
//! other users have changed. It knows no screen.

mod edits;
mod freshness;

use std::collections::{HashMap, HashSet};

pub use self::edits::{Attention, Edits, InFlight};
pub use self::freshness::Freshness;
use super::archive::ArchiveState;
use super::news::Feed;
use super::session::{Now, SessionId};
use crate::domain::{ItemKind, LeadId, SavedFilter};
use crate::sync::{Connection, Durability, Report, WebhookStatus};
use crate::workspace::Workspace;

/// The account of one API token, as all its screens share it.
#[derive(Debug)]
pub struct Account {
    /// The items.
    pub workspace: Workspace,
    /// Edits that have not ended, and those that failed.
    pub edits: Edits,
    /// The connection to Pipedrive.
    pub connection: ConnectionStatus,
    /// How fresh the items are.
    pub freshness: Freshness,
    /// The state of the webhooks.
    pub live: WebhookStatus,
    /// What other users have changed.
    pub feed: Feed,
    /// The leads of the last poll that brought new ones.
    pub new_leads: HashSet<LeadId>,
    /// How much of the lead archive is known.
    pub archive: ArchiveState,
    /// The filters saved in Pipedrive, as far as they were requested.
    pub saved_filters: HashMap<ItemKind, Vec<SavedFilter>>,
    /// How items and edits are saved on this machine.
    pub durability: Durability,
    /// The version of the workspace whose first screen was saved last, and the time.
    pub snapshot_saved: Option<(u64, Now)>,
    /// When the sync engine was last told that the user is active.
    pub last_presence: Option<Now>,
}

/// The connection to Pipedrive.
#[derive(Debug)]
pub struct ConnectionStatus {
    /// Its state.
    pub line: Connection,
    /// When it entered that state.
    pub since: Now,
    /// The number of requests sent before the latest new token, until Pipedrive accepts it. No request is sent while a
    /// token is refused, so a refusal after no more than these is of the token before.
    pub(super) token_given_after: Option<u64>,
}

impl Account {
    /// An account of which nothing is known yet.
    pub fn new(now: Now) -> Self {
        Self {
            workspace: Workspace::new(),
            edits: Edits::default(),
            connection: ConnectionStatus { line: Connection::default(), since: now, token_given_after: None },
            freshness: Freshness::default(),
            live: WebhookStatus::default(),
            feed: Feed::default(),
            new_leads: HashSet::new(),
            archive: ArchiveState::default(),
            saved_filters: HashMap::new(),
            durability: Durability::Memory,
            snapshot_saved: None,
            last_presence: None,
        }
    }

    /// Returns the progress of an edit as one word.
    pub fn progress_of(&self, edit: crate::workspace::EditId) -> &'static str {
        match self.edits.in_flight.get(&edit) {
            None => "confirmed",
            Some(in_flight) if in_flight.queued && self.durability.is_durable() => "queued",
            Some(_) => "saving",
        }
    }

    /// Returns `true` if every edit outlives this process or has ended.
    pub fn is_safe_to_quit(&self) -> bool {
        match self.durability {
            Durability::Kept | Durability::EditsOnly(_) => {
                self.edits.in_flight.values().all(|in_flight| in_flight.queued)
                    && self.edits.attention.iter().all(|attention| attention.is_kept)
            }
            Durability::ReadOnly(_) => true,
            Durability::Memory | Durability::Failing(_) => self.edits.in_flight.is_empty(),
        }
    }

    /// Returns the session that a report is for: the one that made the edit whose result it is. Any other report may go
    /// to any session of the account.
    pub fn recipient(&self, report: &Report) -> Option<SessionId> {
        let (Report::EditDone { id, .. } | Report::EditDelayed { id, .. } | Report::Checking { id, .. }) = report
        else {
            return None;
        };
        self.edits.in_flight.get(id).and_then(|in_flight| in_flight.session)
    }
}
