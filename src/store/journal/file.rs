//! The file of the journal: its table, and how it is opened.

use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;

use super::{JournalEntry, rows, salvage};
use crate::store::error::StoreError;
use crate::store::schema::Schema;

/// How long it is kept what became of an edit.
const HISTORY: TimeDelta = TimeDelta::days(90);
/// How long ago edits ended at the most that are given along with those that have not.
const RECENT: TimeDelta = TimeDelta::minutes(20);

/// One table for all edits, whatever became of them, so that going from one state to another is one write. The ids of
/// removed ones are not used again.
pub const SCHEMA: Schema = Schema {
    // 'DDEd'
    application: 0x4444_4564,
    // Nothing may be lost. On macOS, syncing alone leaves it in the disk's memory.
    durability: "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON",
    migrations: &[
        "
        CREATE TABLE edit (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            state TEXT NOT NULL,
            made_at TEXT NOT NULL,
            ended_at TEXT,
            what TEXT NOT NULL,
            edit TEXT NOT NULL,
            base TEXT,
            step TEXT,
            outcome TEXT NOT NULL);
        CREATE INDEX edit_by_state ON edit (state);
    ",
        "
        -- Which bulk an edit is part of: its first edit. Apart from the edits, so that these can be saved without.
        CREATE TABLE part (edit INTEGER PRIMARY KEY, first INTEGER NOT NULL) WITHOUT ROWID;
    ",
    ],
};

/// What is wanted at once.
#[derive(Debug, Default)]
pub struct StartupRows {
    /// Edits that have not ended.
    pub edits: Vec<JournalEntry>,
    /// Edits that ended a short while ago and had begun to be sent.
    pub ended: Vec<JournalEntry>,
    /// How many edits make no sense.
    pub unread: usize,
    /// Higher than any id ever used.
    pub next_edit: u64,
}

/// A file that was set aside.
#[derive(Debug)]
pub struct Quarantined {
    /// Where it is now.
    pub path: PathBuf,
    /// How many edits that had not ended were saved from it.
    pub saved: usize,
}

/// Connects to the file. Nothing in it changes.
pub fn connect(path: &Path) -> Result<Connection, StoreError> {
    salvage::finish(path)?;
    let connection = SCHEMA.connect(path)?;
    check(&connection)
        .map_err(|error| StoreError::sqlite(path, &error))?
        .map_or(Ok(connection), |why| Err(StoreError::Corrupt { path: path.to_owned(), why }))
}

/// What is wrong with a journal in which nothing is any more.
pub fn emptied(path: &Path) -> StoreError {
    StoreError::Corrupt { path: path.to_owned(), why: "it is empty".to_owned() }
}

/// What is wrong with the file as a whole.
fn check(connection: &Connection) -> Result<Option<String>, rusqlite::Error> {
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok((found != "ok").then_some(found))
}

/// Makes a connection ready for use, and reads what is wanted at once. A damaged file is set aside, and what can be
/// read of it goes into a new one.
pub fn open(
    path: &Path,
    connected: Result<Connection, StoreError>,
    now: DateTime<Utc>,
) -> Result<(Connection, StartupRows, Option<Quarantined>), StoreError> {
    match connected.and_then(|connection| prepare(path, connection, now)) {
        Err(StoreError::Corrupt { .. }) => {
            let aside = salvage::set_aside(path, now)?;
            let (connection, found) = prepare(path, SCHEMA.connect(path)?, now)?;
            let saved = found.edits.len();
            Ok((connection, found, Some(Quarantined { path: aside, saved })))
        }
        other => other.map(|(connection, found)| (connection, found, None)),
    }
}

fn prepare(
    path: &Path,
    mut connection: Connection,
    now: DateTime<Utc>,
) -> Result<(Connection, StartupRows), StoreError> {
    SCHEMA.prepare(&mut connection, path)?;
    match rows::prune(&mut connection, now - HISTORY).map_err(|error| StoreError::sqlite(path, &error)) {
        // There will be another start with more room.
        Ok(()) | Err(StoreError::Full { .. }) => {}
        Err(error) => return Err(error),
    }
    let found = restore(&connection, path, now)?;
    Ok((connection, found))
}

/// Reads what is wanted at once.
pub fn restore(connection: &Connection, path: &Path, now: DateTime<Utc>) -> Result<StartupRows, StoreError> {
    let read = || {
        let (edits, unread) = rows::unfinished(connection)?;
        let ended = rows::ended_since(connection, now - RECENT)?;
        Ok(StartupRows { edits, ended, unread, next_edit: rows::next_edit(connection)? })
    };
    read().map_err(|error: rusqlite::Error| StoreError::sqlite(path, &error))
}
