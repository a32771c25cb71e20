//! The account it is, and what was kept of it on this machine.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::checkpoint::Checkpoint;
use super::poll_schedule::AccountPart;
use crate::domain::{TokenUser, UserId};
use crate::pipedrive::{ExpectedAccount, Token};
use crate::store::{self, Access, CompanyDir, JournalEntry, Store, StoreError};
use crate::workspace::{BoardSnapshot, ServerUpdate};

/// Where an account is kept.
pub enum Storage {
    /// In an open store, with what it held.
    Open(Box<OpenStore>),
    /// In a company's directory, as soon as it is known to which user the token belongs.
    Unknown(TokenOwner),
}

/// An open store.
pub struct OpenStore {
    pub(super) store: Store,
    pub(super) notes: Checkpoint,
    /// Edits that had not come to their end.
    pub(super) waiting: Vec<JournalEntry>,
    /// Edits that ended a short while ago, of which a request may still arrive.
    pub(super) ended: Vec<JournalEntry>,
    pub(super) whose: Option<TokenOwner>,
}

/// A company's directory and a token, by its fingerprint.
#[derive(Clone)]
pub struct TokenOwner {
    pub(super) home: CompanyDir,
    pub(super) fingerprint: String,
    /// The user, once that is known.
    pub(super) user: Option<UserId>,
    pub(super) outbox: Outbox,
}

/// Whether edits that wait on the disk are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outbox {
    Send,
    Leave,
}

/// How what is read and edited is kept on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Durability {
    /// On the disk.
    Kept,
    /// In memory only, as it is meant to be.
    Memory,
    /// Another dealdeck keeps it, or the disk may not be written: here it can only be looked at.
    ReadOnly(String),
    /// Edits are kept, but the disk does not take what is read; why.
    EditsOnly(String),
    /// In memory only, as the disk does not let it; why.
    Failing(String),
}

impl Durability {
    /// Whether an edit that is queued outlives this process.
    pub const fn is_durable(&self) -> bool {
        matches!(self, Self::Kept | Self::EditsOnly(_) | Self::ReadOnly(_))
    }
}

/// What was kept, as far as it is known when a store is opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Restored {
    /// The first screenful.
    pub front: BoardSnapshot,
    /// How the screen was arranged, in its own words.
    pub screen: Option<String>,
    /// The items that the edits are about, as the server had them.
    pub items: Vec<ServerUpdate>,
    /// Edits that wait or need attention.
    pub edits: Vec<JournalEntry>,
    /// The number for the next edit.
    pub next_edit: u64,
    /// When what is shown was last brought up to date.
    pub fresh_at: Option<DateTime<Utc>>,
    /// When each part was last brought up to date.
    pub looked: BTreeMap<AccountPart, DateTime<Utc>>,
    /// How it is kept from now on.
    pub keeping: Durability,
    /// What a person should know of it.
    pub warnings: Vec<String>,
}

impl TokenOwner {
    /// Stores whose the token is: the next start opens that account. The company is noted with the account only where the
    /// token is that account's.
    pub(super) fn remember(&self, owner: &TokenUser) -> Result<(), StoreError> {
        self.home.remember(&self.fingerprint, owner.me.id)?;
        match owner.company {
            Some(company) if self.user == Some(owner.me.id) => self.home.remember_company(owner.me.id, company),
            _ => Ok(()),
        }
    }
}

/// The token is accepted: that of the account to which it belonged when it was used here before.
pub fn expected(home: &CompanyDir, token: &Token) -> ExpectedAccount {
    let user = home.salt().ok().and_then(|salt| home.user_of(&token.fingerprint(&salt)));
    user.map_or(ExpectedAccount::Anyone, |user| ExpectedAccount::Account { user, company: home.company_of(user) })
}

/// Stores whose a token is, and the company of that account.
///
/// # Errors
/// [`StoreError`] where it cannot be noted.
pub fn remember(home: &CompanyDir, token: &Token, owner: &TokenUser) -> Result<(), StoreError> {
    let fingerprint = token.fingerprint(&home.salt()?);
    TokenOwner { home: home.clone(), fingerprint, user: Some(owner.me.id), outbox: Outbox::Leave }.remember(owner)
}

impl Storage {
    /// Opens what is kept of the account that a token belongs to, and gives what is to be shown at once. Where the disk
    /// does not let it, the account is kept in memory, and what is shown says so.
    ///
    /// # Errors
    /// [`StoreError`] where to go on could lose something: the files are of a newer dealdeck.
    pub fn open(home: CompanyDir, token: &Token) -> Result<(Self, Option<Restored>), StoreError> {
        let salt = match home.salt() {
            Ok(salt) => salt,
            Err(error) => return in_memory(Durability::Failing(error.to_string())),
        };
        let whose = TokenOwner { fingerprint: token.fingerprint(&salt), home, user: None, outbox: Outbox::Send };
        match whose.home.user_of(&whose.fingerprint) {
            Some(user) => {
                let (opened, restored) = open(whose, user)?;
                Ok((Self::Open(Box::new(opened)), Some(restored)))
            }
            None => Ok((Self::Unknown(whose), None)),
        }
    }

    /// The same account, where edits that wait on the disk are not sent.
    #[must_use]
    pub fn leaving_queue(mut self) -> Self {
        match &mut self {
            Self::Open(opened) => opened.waiting.clear(),
            Self::Unknown(whose) => whose.outbox = Outbox::Leave,
        }
        self
    }

    /// Keeps the account in memory only: for the practice workspace.
    ///
    /// # Errors
    /// [`StoreError`] where there is no memory for it.
    pub fn in_memory() -> Result<(Self, Option<Restored>), StoreError> {
        in_memory(Durability::Memory)
    }
}

fn in_memory(keeping: Durability) -> Result<(Storage, Option<Restored>), StoreError> {
    let (opened, restored) = opened_in_memory(keeping)?;
    Ok((Storage::Open(Box::new(opened)), Some(restored)))
}

fn opened_in_memory(keeping: Durability) -> Result<(OpenStore, Restored), StoreError> {
    let opened = OpenStore {
        store: Store::in_memory()?,
        notes: Checkpoint::nothing(),
        waiting: Vec::new(),
        ended: Vec::new(),
        whose: None,
    };
    Ok((opened, Restored::nothing(keeping)))
}

/// Opens a user's store; blocking. Where the disk does not let it, what can be read is shown, and the rest kept in
/// memory.
pub(super) fn open(whose: TokenOwner, user: UserId) -> Result<(OpenStore, Restored), StoreError> {
    let whose = TokenOwner { user: Some(user), ..whose };
    let (store, found) = match Store::open(&whose.home, user) {
        Ok(opened) => opened,
        Err(error @ StoreError::Newer { .. }) => return Err(error),
        Err(error) => match Store::open_frozen(&whose.home, user) {
            Ok((store, found)) => {
                let (opened, mut restored) = put_together(store, found, Some(whose));
                restored.keeping = Durability::ReadOnly(match error {
                    // Other reasons say themselves that a new start is needed.
                    StoreError::Full { .. } => {
                        format!("{error}. Until dealdeck is started again this account can only be looked at")
                    }
                    error => error.to_string(),
                });
                return Ok((opened, restored));
            }
            Err(_) => return opened_in_memory(Durability::Failing(error.to_string())),
        },
    };
    let (opened, mut restored) = put_together(store, found, Some(whose));
    if let Access::ReadOnly { .. } = opened.store.access() {
        // They are up to the other dealdeck, which tells nobody here what becomes of them.
        restored.edits.clear();
    }
    Ok((opened, restored))
}

fn put_together(store: Store, found: store::StoredState, whose: Option<TokenOwner>) -> (OpenStore, Restored) {
    let keeping = match store.access() {
        Access::Full => Durability::Kept,
        Access::Memory => Durability::Memory,
        Access::ReadOnly { pid } => {
            let by = pid.map(|pid| format!(" (process {pid})")).unwrap_or_default();
            Durability::ReadOnly(format!(
                "Another dealdeck{by} is open on this account: here it can only be looked at. Make edits there, or quit it \
                 and start this one again"
            ))
        }
    };
    // Without notes all is read, by a reading of a higher number than any whose items lie there.
    let notes = Checkpoint::parse(found.notes.as_deref()).unwrap_or_else(Checkpoint::nothing);
    let notes = Checkpoint { generation: notes.generation.max(found.generation), ..notes };
    let trusted = notes.clone().without_future(Utc::now());
    let fresh_at = trusted.fresh_at.or(trusted.read_at).filter(|at| *at > DateTime::UNIX_EPOCH);
    let restored = Restored {
        front: found.front.as_deref().and_then(|front| serde_json::from_str(front).ok()).unwrap_or_default(),
        screen: found.screen,
        items: found.items,
        edits: found.edits.clone(),
        next_edit: found.next_edit,
        fresh_at,
        looked: trusted.looked,
        keeping,
        warnings: found.warnings.iter().map(ToString::to_string).collect(),
    };
    let sends = whose.as_ref().is_none_or(|whose| whose.outbox == Outbox::Send);
    let can_send = sends && matches!(store.access(), Access::Full);
    let (waiting, ended) = if can_send { (found.edits, found.ended) } else { (Vec::new(), Vec::new()) };
    (OpenStore { store, notes, waiting, ended, whose }, restored)
}

impl Restored {
    fn nothing(keeping: Durability) -> Self {
        Self {
            front: BoardSnapshot::default(),
            screen: None,
            items: Vec::new(),
            edits: Vec::new(),
            next_edit: 0,
            fresh_at: None,
            looked: BTreeMap::new(),
            keeping,
            warnings: Vec::new(),
        }
    }
}
