//! What is kept of an account, without a line to Pipedrive: it is looked at, and edits are put with those that wait.

use super::storage::{OpenStore, Storage};
use crate::store::{JournalEntry, StoreError};
use crate::workspace::ServerUpdate;

/// What is kept of an account.
pub struct OfflineAccount {
    opened: Box<OpenStore>,
}

impl Storage {
    /// Whether the account was read to its end once, and no reading of it was broken off since.
    pub fn is_whole(&self) -> bool {
        let Self::Open(opened) = self else { return false };
        opened.notes.read_at.is_some() && opened.notes.begun.is_none()
    }

    /// Takes what is kept without asking Pipedrive for anything; `None` where it is not known whose account it is.
    pub fn into_offline(self) -> Option<OfflineAccount> {
        match self {
            Self::Open(opened) => Some(OfflineAccount { opened }),
            Self::Unknown(_) => None,
        }
    }
}

impl OfflineAccount {
    /// All that is kept, piece by piece.
    ///
    /// # Errors
    /// [`StoreError`] where not all of it can be read; what could be was given.
    pub async fn load(&self, mut take: impl FnMut(Vec<ServerUpdate>)) -> Result<(), StoreError> {
        let mut pieces = self.opened.store.cache().load();
        while let Some(piece) = pieces.recv().await {
            take(piece?);
        }
        Ok(())
    }

    /// Puts edits with those that wait, all or none. The next engine on this account sends them.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be kept.
    pub async fn queue(&self, edits: Vec<JournalEntry>) -> Result<(), StoreError> {
        self.opened.store.journal().add(edits, Vec::new()).await
    }

    /// Gives the account free for other processes.
    pub async fn close(self) {
        self.opened.store.close().await;
    }
}
