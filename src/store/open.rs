//! Opening a store: who has it, what is done where a file is damaged, and what is known at once.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::Utc;
use rusqlite::Connection;

use super::cache::{self, Cache};
use super::error::StoreError;
use super::files;
use super::journal::{self, Journal, JournalEntry};
use super::lock::{Lock, TryLock};
use super::schema::{DbLocation, Schema};
use super::{Access, CompanyDir, Store, StoredState, Warning, screen};
use crate::domain::{ItemRef, UserId};

const CACHE: &str = "cache.db";
const EDITS: &str = "edits.db";
const LOCK: &str = "lock";

impl Store {
    /// Opens what is kept of a user's account, or makes it. Blocks, but not for long, however large the account is.
    /// Where another process has the account, it can be read only.
    ///
    /// # Errors
    /// [`StoreError`] where nothing can be kept: the caller can go on with [`Store::open_frozen`] or
    /// [`Store::in_memory`].
    pub fn open(home: &CompanyDir, user: UserId) -> Result<(Self, StoredState), StoreError> {
        let directory = home.of_user(user);
        files::make_directory(&directory).map_err(|error| StoreError::io(&directory, &error))?;
        match Lock::take(&directory.join(LOCK))? {
            TryLock::Acquired(lock) => open_ours(&directory, lock),
            TryLock::HeldBy(pid) => {
                let refusal = StoreError::Held { pid };
                open_to_read(&directory, DbLocation::Theirs, Access::ReadOnly { pid }, refusal)
            }
        }
    }

    /// Opens what is kept where nothing can be written, so that the last board is seen at least.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`] where nothing is kept, [`StoreError::Newer`] where this program does not know how.
    pub fn open_frozen(home: &CompanyDir, user: UserId) -> Result<(Self, StoredState), StoreError> {
        let directory = home.of_user(user);
        let refusal = StoreError::ReadOnly { path: directory.clone() };
        if ![CACHE, EDITS].iter().any(|name| directory.join(name).exists()) {
            return Err(refusal);
        }
        open_to_read(&directory, DbLocation::Frozen, Access::ReadOnly { pid: None }, refusal)
    }

    /// Whether another process has a user's account.
    pub fn is_open_elsewhere(home: &CompanyDir, user: UserId) -> bool {
        let lock = home.of_user(user).join(LOCK);
        lock.exists() && matches!(Lock::take(&lock), Ok(TryLock::HeldBy(_)))
    }

    /// A store that ends with the process.
    pub fn in_memory() -> Result<Self, StoreError> {
        let cache = Cache::start(DbLocation::Memory, cache::SCHEMA.in_memory()?, None)?;
        let journal = Journal::start(DbLocation::Memory, journal::SCHEMA.in_memory()?, None, None)?;
        Ok(Self { access: Access::Memory, cache, journal })
    }
}

fn open_ours(directory: &Path, lock: Lock) -> Result<(Store, StoredState), StoreError> {
    let (edits_path, cache_path) = (directory.join(EDITS), directory.join(CACHE));
    let was_there = edits_path.exists();
    let (edits, cache) = (journal::connect(&edits_path), cache::connect(&cache_path));
    // Where one is newer, the other stays as it is too.
    for connected in [&edits, &cache] {
        if let Err(newer @ StoreError::Newer { .. }) = connected {
            return Err(newer.clone());
        }
    }
    // The journal is made before the cache: an empty one beside a cache that is not has lost what was in it.
    let is_emptied = was_there
        && matches!(&edits, Ok(edits) if journal::SCHEMA.is_unmade(edits, &edits_path)?)
        && matches!(&cache, Ok(cache) if !cache::SCHEMA.is_unmade(cache, &cache_path)?);
    let edits = if is_emptied { Err(journal::emptied(&edits_path)) } else { edits };
    let (edits, made, aside) = journal::open(&edits_path, edits, Utc::now())?;
    let (cache, found, damage) = cache::open(&cache_path, cache, &items(&made.edits))?;
    let set_aside = aside.map(|aside| {
        if is_emptied {
            Warning::EditsEmptied { path: aside.path }
        } else {
            Warning::EditsSetAside { path: aside.path, saved: aside.saved }
        }
    });
    let rebuilt = damage.map(|why| Warning::CacheRebuilt { why });
    let warnings = set_aside.into_iter().chain(rebuilt).collect();
    let restored = StoredState { screen: screen::read(directory), ..restored(found, made, &edits_path, warnings) };
    let lock = Arc::new(lock);
    let cache = Cache::start(DbLocation::Ours(cache_path), cache, Some(lock.clone()))?;
    let journal = Journal::start(DbLocation::Ours(edits_path), edits, None, Some(lock))?;
    Ok((Store { access: Access::Full, cache, journal }, restored))
}

/// Opens files that this process may not write. One that is missing or damaged counts as empty: whoever may write
/// will see to it.
fn open_to_read(
    directory: &Path,
    place: fn(PathBuf) -> DbLocation,
    access: Access,
    refusal: StoreError,
) -> Result<(Store, StoredState), StoreError> {
    let mut warnings = Vec::new();
    let edits = place(directory.join(EDITS));
    let read = |place: &DbLocation| {
        let Some(connection) = journal::SCHEMA.connect_to_read(place)? else { return Ok(None) };
        let found = journal::restore(&connection, place.path(), Utc::now())?;
        Ok(Some((connection, found)))
    };
    let edits_path = edits.path().to_owned();
    let unseen = |why| Warning::EditsUnseen { path: edits_path.clone(), why };
    let (edits, edits_connection, made) = or_empty(edits, &journal::SCHEMA, read, unseen, &mut warnings)?;
    let cache = place(directory.join(CACHE));
    let read = |place: &DbLocation| {
        let Some(connection) = cache::SCHEMA.connect_to_read(place)? else { return Ok(None) };
        let found = cache::restore(&connection, place.path(), &items(&made.edits))?;
        Ok(Some((connection, found)))
    };
    let unread = |why| Warning::CacheUnread { why };
    let (cache, cache_connection, found) = or_empty(cache, &cache::SCHEMA, read, unread, &mut warnings)?;
    let restored = StoredState { screen: screen::read(directory), ..restored(found, made, &edits_path, warnings) };
    let cache = Cache::start(cache, cache_connection, None)?;
    let journal = Journal::start(edits, edits_connection, Some(refusal), None)?;
    Ok((Store { access, cache, journal }, restored))
}

/// What was read of a file, or else nothing, with a warning where there is a file.
fn or_empty<T: Default>(
    place: DbLocation,
    schema: &Schema,
    read: impl FnOnce(&DbLocation) -> Result<Option<(Connection, T)>, StoreError>,
    warning: impl FnOnce(String) -> Warning,
    warnings: &mut Vec<Warning>,
) -> Result<(DbLocation, Connection, T), StoreError> {
    let was_there = place.path().exists();
    match read(&place) {
        Ok(Some((connection, found))) => Ok((place, connection, found)),
        // It is as good as none: a first start that did not come to its end.
        Ok(None) => Ok((DbLocation::Memory, schema.in_memory()?, T::default())),
        Err(newer @ StoreError::Newer { .. }) => Err(newer),
        Err(error) => {
            if was_there {
                warnings.push(warning(error.to_string()));
            }
            Ok((DbLocation::Memory, schema.in_memory()?, T::default()))
        }
    }
}

fn items(edits: &[JournalEntry]) -> Vec<ItemRef> {
    edits.iter().map(|kept| kept.edit.item()).collect()
}

fn restored(
    cache: cache::StartupRows,
    edits: journal::StartupRows,
    path: &Path,
    mut warnings: Vec<Warning>,
) -> StoredState {
    if edits.unread > 0 {
        warnings.push(Warning::EditsUnread { path: path.to_owned(), count: edits.unread });
    }
    StoredState {
        front: cache.front,
        screen: None,
        notes: cache.notes,
        generation: cache.generation,
        edits: edits.edits,
        ended: edits.ended,
        items: cache.items,
        next_edit: edits.next_edit,
        warnings,
    }
}
