//! What is kept on this machine, one directory for each user of each company: what the server said, so that the next
//! start shows it at once, and the edits made here, which outlive the process, the connection and the machine.
//!
//! This room knows no screen and no network, and not what the reader's notes or the steps of an edit mean. It may
//! block only on its own threads; all that the others call is async, or fast.

mod cache;
mod company_dir;
mod error;
mod files;
mod journal;
mod lock;
mod open;
mod schema;
mod screen;
mod worker;

use std::fmt;
use std::path::PathBuf;

use chrono::{DateTime, SecondsFormat, Utc};

pub use self::cache::{Batch, Cache, Counts, SWEPT, Unseen};
pub use self::company_dir::CompanyDir;
pub use self::error::StoreError;
pub use self::journal::{EditState, Journal, JournalEntry, Rebased};
use crate::workspace::ServerUpdate;

/// Times as text of one length, so that they are in order as texts too.
fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Nanos, true)
}

/// What may be done with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everything is kept.
    Full,
    /// What is kept can be seen, and nothing is written.
    ReadOnly {
        /// The process that has the account; `None` where that is not known, or where nobody can write.
        pid: Option<u32>,
    },
    /// Nothing outlives the process.
    Memory,
}

/// What is known at once when a store is opened.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StoredState {
    /// What was last given to [`Cache::put_snapshot`].
    pub front: Option<String>,
    /// What was last given to [`Store::put_screen`].
    pub screen: Option<String>,
    /// The reader's notes that were last given to [`Cache::put`]; none where everything is to be read anew.
    pub notes: Option<String>,
    /// The highest generation of any batch: the next whole reading needs a higher one.
    pub generation: u64,
    /// The edits that wait or need attention, in the order of their ids.
    pub edits: Vec<JournalEntry>,
    /// The edits that ended a short while ago and had begun to be sent.
    pub ended: Vec<JournalEntry>,
    /// What the server said last of the items that the front and those edits are about.
    pub items: Vec<ServerUpdate>,
    /// Higher than any id of an edit ever used.
    pub next_edit: u64,
    /// What the person should know.
    pub warnings: Vec<Warning>,
}

/// Something that went wrong with what was kept, and was dealt with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// The cache was damaged and is empty now.
    CacheRebuilt {
        /// What was wrong.
        why: String,
    },
    /// The cache could not be read, and may not be made anew.
    CacheUnread {
        /// What is wrong.
        why: String,
    },
    /// The journal was damaged.
    EditsSetAside {
        /// Where the damaged file is now.
        path: PathBuf,
        /// How many edits that had not ended were saved from it.
        saved: usize,
    },
    /// The journal was empty although the account was kept here before.
    EditsEmptied {
        /// Where the empty file is now.
        path: PathBuf,
    },
    /// The journal could not be read, and may not be touched.
    EditsUnseen {
        /// The journal.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// Some edits make no sense. They stay where they are.
    EditsUnread {
        /// The journal.
        path: PathBuf,
        /// How many.
        count: usize,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CacheRebuilt { why } => write!(
                f,
                "what was kept of the account was damaged ({why}); it is read from Pipedrive again, and nothing is lost"
            ),
            Self::CacheUnread { why } => write!(
                f,
                "what is kept of the account cannot be shown ({why}); it is read from Pipedrive, which takes longer"
            ),
            Self::EditsSetAside { path, saved } => write!(
                f,
                "the file of your edits was damaged; {saved} that were not through yet were saved from it. Look for \
                 what is missing, and keep {} until then",
                path.display()
            ),
            Self::EditsEmptied { path } => write!(
                f,
                "the file of your edits was empty, so edits that were not sent yet are lost. Look in Pipedrive for your \
                 last changes. The empty file is now {}",
                path.display()
            ),
            Self::EditsUnseen { path, why } => write!(
                f,
                "the edits in {} cannot be shown ({why}); they are still there. Start again when the file can be read",
                path.display()
            ),
            Self::EditsUnread { path, count } => write!(
                f,
                "{count} of your edits cannot be understood and are not sent; they stay in {}. Perhaps a newer \
                 dealdeck understands them",
                path.display()
            ),
        }
    }
}

/// What is kept of one user's account.
#[derive(Debug, Clone)]
pub struct Store {
    access: Access,
    cache: Cache,
    journal: Journal,
}

impl Store {
    /// What may be done with it.
    pub fn access(&self) -> Access {
        self.access
    }

    /// What the server said.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// The edits made here.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Does what was asked of it, puts the files in order, and gives the account free for other processes. Whatever
    /// is asked of it after that gives [`StoreError::Closed`].
    pub async fn close(&self) {
        self.journal.end().await;
        self.cache.end().await;
    }
}
