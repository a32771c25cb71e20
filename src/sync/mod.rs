//! Between the dashboard, the API task and the store: reads the account into [`ServerUpdate`]s, polls the leads, and carries
//! out edits, each item's in order. What is read and what is edited is kept on this machine before it is told. Speaks
//! [`Command`] and [`Report`] over bounded channels; knows no screen.
//!
//! | file | what |
//! |---|---|
//! | `engine` | the loop: commands in, reports out |
//! | `storage` | whose account it is, and what was kept of it |
//! | `shelf` | what was kept, without a line to Pipedrive |
//! | `reader` | the account and its changes, read |
//! | `waiting` | before it is known whose account it is |
//! | `seen` | what a reading has seen, and whether the disk has it |
//! | `notes` | how far reading has come, kept over a restart |
//! | `edits` | edits that wait, each item's in order |
//! | `bulk` | edits of a bulk, behind all others |
//! | `hearing` | what webhooks tell, from the feed to the engine |
//! | `intake` | deliveries compared with what is known, and kept |
//! | `order` | the order of events, whatever order they come in |
//! | `trust` | whether webhooks can be relied on |
//! | `worker` | one edit carried out, conflicts noticed |
//! | `sending` | updates and deletions on their way: what may still arrive, and when one is tried again |
//! | `creations` | making something exactly once, though answers get lost |
//! | `pace` | how often the account is looked at: as fresh as needed, and within the day's budget |

mod answers;
mod bulk;
mod checkpoint;
mod creations;
mod dedup;
mod doubt;
mod edits;
mod engine;
mod health;
mod identify;
mod ingest;
mod offline;
pub mod poll_schedule;
mod progress;
mod reader;
mod sending;
mod storage;
mod webhook_consumer;
mod worker;

use std::time::Duration;

use chrono::{DateTime, Utc};

pub use self::engine::{Clock, FirstLook, Settings, start};
pub use self::offline::OfflineAccount;
pub use self::storage::{Durability, Restored, Storage, expected, remember};
pub use crate::pipedrive::{Connection, ConnectionState};
pub use crate::store::{EditState, JournalEntry};

use crate::domain::{Conflict, Edit, FilterId, ItemKind, ItemRef, Lead, SavedFilter, SearchHit, UserId};
use crate::pipedrive::{ApiError, Token};
use crate::store::StoreError;
use crate::workspace::{BoardSnapshot, EditId, ServerUpdate};

/// What the dashboard asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Keep an edit and carry it out. Edits of one item are carried out in the order of their commands.
    Edit {
        /// The edit.
        kept: Box<JournalEntry>,
        /// An edit that needed attention, in whose place it comes.
        replaces: Option<EditId>,
    },
    /// Keep the edits of a bulk, all or none, and carry them out behind those that are made one by one.
    Bulk(Vec<JournalEntry>),
    /// Take back what was not yet sent of the bulk that is named by its first edit.
    CancelBulk(EditId),
    /// An edit that needed attention is given up.
    Discard(EditId),
    /// Tell what was edited from here.
    History,
    /// Keep this for the first frame of the next start.
    SaveSnapshot(Box<BoardSnapshot>),
    /// Keep how the screen is arranged, in its own words, for the next start.
    SaveScreen(String),
    /// Read the whole account again.
    Reload,
    /// Poll the leads now, and the deals and activities that changed since the last look; the interval starts
    /// anew.
    Refresh,
    /// Use another API token, and go on with what waits for one.
    UseToken(Token),
    /// Tell which filters of a kind of item are saved in Pipedrive.
    SavedFilters(ItemKind),
    /// Tell what a saved filter lets through now.
    RunFilter {
        /// Of which items.
        kind: ItemKind,
        /// Which.
        filter: FilterId,
    },
    /// Tell what Pipedrive's own search finds.
    Search {
        /// What is searched for: two letters at the least.
        text: String,
        /// In which kinds of items.
        kinds: Vec<ItemKind>,
    },
    /// Read one item, which may be in no list, such as an archived one. It is not kept on this machine.
    LoadItem(ItemRef),
    /// Somebody looks at an item: tell what there is to know of it beyond the item itself.
    LoadDetails {
        /// Which.
        item: ItemRef,
        /// When it last changed, as far as that is known.
        changed: Option<DateTime<Utc>>,
        /// Whether what was read before counts no more, as something has happened to it since.
        anew: bool,
    },
    /// Tell which leads are in the archive.
    Archive,
    /// Somebody is at the keys: what is shown has to be fresh.
    UserActive,
}

/// What the dashboard is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// What was kept on this machine, as far as it is known at once. Comes before everything else.
    Restored(Box<Restored>),
    /// More of what was kept.
    CacheChunk(Vec<ServerUpdate>),
    /// All that was kept has been told.
    CacheLoaded,
    /// How what is read and edited is kept on this machine, whenever that changes.
    Durability(Durability),
    /// Something that a person should know.
    Warning(String),
    /// An edit is kept: it will be carried out whatever happens to this process.
    Queued(EditId),
    /// The same of several at once.
    AllQueued(Vec<EditId>),
    /// An edit stays queued, as something is in its way that passes by itself.
    EditDelayed {
        /// Which.
        id: EditId,
        /// What is in its way.
        why: String,
    },
    /// No proven answer has come to something that was to be made: Pipedrive is searched for it, and it is not sent again.
    Checking {
        /// Which edit.
        id: EditId,
        /// What came in place of an answer, and when.
        why: String,
    },
    /// A late request of an edit that had ended has overwritten what somebody else changed after it. It needs attention
    /// again: it would set that once more.
    Overwritten(Box<JournalEntry>),
    /// What was edited from here, the latest first.
    History(Result<Vec<JournalEntry>, StoreError>),
    /// News about the account.
    Changed(Vec<ServerUpdate>),
    /// What webhooks have told, each by whoever did it.
    WebhookChanges(Vec<WebhookChange>),
    /// Whether webhooks tell what changes, whenever that changes.
    WebhookStatus(WebhookStatus),
    /// How far reading has come.
    Progress(Progress),
    /// An edit came to its end.
    EditDone {
        /// Which.
        id: EditId,
        /// What became of it.
        outcome: Result<EditOutcome, EditFailure>,
    },
    /// The filters of a kind of item that are saved in Pipedrive.
    SavedFilters {
        /// Of which items.
        kind: ItemKind,
        /// The filters.
        filters: Result<Vec<SavedFilter>, ApiError>,
    },
    /// What a saved filter lets through.
    FilterResult {
        /// Of which items.
        kind: ItemKind,
        /// Which.
        filter: FilterId,
        /// The items.
        passing: Result<FilterResult, ApiError>,
    },
    /// What Pipedrive's own search has found, the best first.
    SearchResults {
        /// What was searched for.
        text: String,
        /// In which kinds of items.
        kinds: Vec<ItemKind>,
        /// What was found.
        hits: Result<Vec<SearchHit>, ApiError>,
    },
    /// One item was read, and told of before this.
    ItemLoaded {
        /// Which.
        item: ItemRef,
        /// Whether it could be.
        outcome: Result<(), ApiError>,
    },
    /// All that can be told of an item that somebody looks at has been told.
    DetailsLoaded {
        /// Which.
        item: ItemRef,
        /// Whether Pipedrive could be asked.
        outcome: Result<(), ApiError>,
    },
    /// The leads of the archive.
    Archive(Result<ArchivedLeads, ApiError>),
    /// The state of the line, whenever it changes.
    Connection(Box<Connection>),
}

/// What a webhook has told.
#[derive(Debug, Clone, PartialEq)]
pub struct WebhookChange {
    /// Who did it, where that is known.
    pub by: Option<UserId>,
    /// What came of it.
    pub change: ServerUpdate,
}

/// Whether webhooks tell what changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum WebhookStatus {
    /// There are none: the account is looked at from time to time.
    #[default]
    Off,
    /// They are being registered.
    Starting,
    /// They are registered, and nothing has come yet that would show that they arrive.
    Waiting,
    /// They arrive.
    On,
    /// They do not come: why, in words for a person. The account is looked at from time to time.
    Down(String),
}

/// The leads of the archive.
#[derive(Debug, Clone, PartialEq)]
pub struct ArchivedLeads {
    /// The leads, the one that was changed last first.
    pub leads: Vec<Lead>,
    /// Whether these are all: of a large archive only the latest are told.
    pub is_whole: bool,
}

/// What a saved filter lets through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterResult {
    /// The items, in the order of their ids.
    pub items: Vec<ItemRef>,
    /// Whether these are all: of a very large number only the first are told.
    pub is_whole: bool,
    /// When Pipedrive was asked.
    pub at: DateTime<Utc>,
}

/// How far reading the account has come.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// Reading.
    Reading(ReadProgress),
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
        error: ReadError,
        /// When it is tried again.
        next_poll: DateTime<Utc>,
    },
}

/// An edit that succeeded.
#[derive(Debug, Clone, PartialEq)]
pub struct EditOutcome {
    /// The items as the server has them now.
    pub changes: Vec<ServerUpdate>,
    /// For a creation or conversion: the item that came of it.
    pub created: Option<ItemRef>,
}

/// An edit that failed. Nothing of it is on the server, except what `changes` says.
#[derive(Debug, Clone, PartialEq)]
pub struct EditFailure {
    /// What the server has now, as far as it is known: the item itself where it could be read, and people and
    /// organizations that were made on the way.
    pub changes: Vec<ServerUpdate>,
    /// Why.
    pub error: EditError,
    /// The edit as it is now, where a part of it was made: it links to that.
    pub edit: Option<Box<Edit>>,
}

impl EditFailure {
    /// A failure by which the edit itself has not changed.
    pub fn new(changes: Vec<ServerUpdate>, error: impl Into<EditError>) -> Self {
        Self { changes, error: error.into(), edit: None }
    }
}

/// Why an edit failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EditError {
    /// Pipedrive refused it or cannot be had.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// Somebody else has changed the same fields meanwhile.
    #[error("somebody has changed the same in Pipedrive meanwhile: choose yours or theirs")]
    Conflict(Box<Conflict>),
    /// The bulk that it is part of was stopped before it was sent.
    #[error("it was stopped before it was sent")]
    Stopped,
    /// It cannot be kept on this machine. Nothing was sent.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl EditError {
    /// Whether what stands in the way passes by itself, with nothing done to the edit.
    pub(crate) fn passes(&self) -> bool {
        match self {
            Self::Api(error) => {
                matches!(error, ApiError::BudgetSpent | ApiError::BudgetKept | ApiError::TooManyRequests)
            }
            // The disk may have room again; the edit itself is on it.
            Self::Store(error) => {
                !matches!(error, StoreError::Closed | StoreError::Held { .. } | StoreError::NoSuchEdit { .. })
            }
            Self::Conflict(_) | Self::Stopped => false,
        }
    }
}

/// Why reading failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReadError {
    /// Pipedrive cannot be had.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// All was read and is shown, but it could not be kept on this machine.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// All else was read, but what a list leaves out is still there: nothing was removed by it.
    #[error("Pipedrive's list of {0} leaves out what is still there: nothing is removed, and it is read again")]
    Doubtful(String),
}

/// How far a reading has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReadProgress {
    /// What is being read, in the plural: 'deals'.
    pub what: &'static str,
    /// How many items have arrived in all.
    pub items: usize,
    /// On how many pages.
    pub pages: usize,
    /// For how long it has been at it.
    pub elapsed: Duration,
    /// The part of the whole account that was read, 0 to 1; `None` where not all of it is read. Reckoned by ids.
    pub share: Option<f64>,
    /// How long it will take yet, at this pace.
    pub left: Option<Duration>,
}
