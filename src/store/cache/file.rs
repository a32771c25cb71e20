//! The file of the cache: its tables, and what is done where it is damaged.

use std::path::Path;

use rusqlite::Connection;

use super::rows::{self, RejectedRows};
use crate::domain::ItemRef;
use crate::store::error::StoreError;
use crate::store::files;
use crate::store::schema::{DbLocation, Schema};
use crate::workspace::ServerUpdate;

/// Short texts by name, such as the reader's notes.
pub(super) const SNAPSHOT: &str = "front";
/// The items that the front is about.
pub(super) const SNAPSHOT_ITEMS: &str = "front_items";
pub(super) const CHECKPOINT: &str = "notes";
/// The highest generation of any batch.
pub(super) const GENERATION: &str = "generation";
/// There when some items could not be read and were left out, until everything has been read again.
pub(super) const REJECTED: &str = "holes";

/// Bodies are JSON and say what their fields are, so that a field more does not cost the cache. What is looked for by
/// is in columns before the body: those behind a long body would need all of it to be read.
pub const SCHEMA: Schema = Schema {
    // 'DDCa'
    application: 0x4444_4361,
    // The last of it may be lost: it is read again.
    durability: "PRAGMA synchronous = NORMAL",
    migrations: &[
        "
        CREATE TABLE note (name TEXT PRIMARY KEY, body TEXT NOT NULL);
        CREATE TABLE list (name TEXT PRIMARY KEY, body TEXT NOT NULL);
        CREATE TABLE deal (
            id INTEGER PRIMARY KEY, open INTEGER NOT NULL, generation INTEGER NOT NULL, body TEXT NOT NULL);
        CREATE INDEX deal_by_open ON deal (open);
        CREATE TABLE activity (
            id INTEGER PRIMARY KEY, done INTEGER NOT NULL, generation INTEGER NOT NULL, body TEXT NOT NULL);
        CREATE INDEX activity_by_done ON activity (done);
        CREATE TABLE lead (
            id TEXT PRIMARY KEY, archived INTEGER NOT NULL, generation INTEGER NOT NULL, body TEXT NOT NULL);
        CREATE TABLE person (id INTEGER PRIMARY KEY, generation INTEGER NOT NULL, body TEXT NOT NULL);
        CREATE TABLE organization (id INTEGER PRIMARY KEY, generation INTEGER NOT NULL, body TEXT NOT NULL);
    ",
        "
        CREATE TABLE dossier (item TEXT PRIMARY KEY, at TEXT NOT NULL, body TEXT NOT NULL);
        CREATE INDEX dossier_by_time ON dossier (at);
        CREATE TABLE remark (id INTEGER PRIMARY KEY, generation INTEGER NOT NULL, body TEXT NOT NULL);
        CREATE TABLE remark_on (item TEXT, remark INTEGER, PRIMARY KEY (item, remark)) WITHOUT ROWID;
        CREATE INDEX remark_on_by_remark ON remark_on (remark);
        -- What was kept before knew no custom fields: all of it is read again.
        INSERT INTO note SELECT 'holes', '' WHERE EXISTS (SELECT 1 FROM note WHERE name = 'notes');
    ",
    ],
};

/// Connects to the file, without changing anything in it.
pub fn connect(path: &Path) -> Result<Connection, StoreError> {
    SCHEMA.connect(path)
}

/// Makes a connection ready for use, and reads what is wanted at once. A damaged file is removed and made anew; then
/// the text says what was wrong.
pub fn open(
    path: &Path,
    connected: Result<Connection, StoreError>,
    items: &[ItemRef],
) -> Result<(Connection, StartupRows, Option<String>), StoreError> {
    let prepared = connected.and_then(|mut connection| {
        SCHEMA.prepare(&mut connection, path)?;
        let found = restore(&connection, path, items)?;
        Ok((connection, found))
    });
    match prepared {
        Err(StoreError::Corrupt { why, .. }) => Ok((anew(path)?, StartupRows::default(), Some(why))),
        other => other.map(|(connection, found)| (connection, found, None)),
    }
}

/// Connects to a file only to read it. One to which nothing was written counts as empty.
pub fn open_to_read(place: &DbLocation) -> Result<Connection, StoreError> {
    SCHEMA.connect_to_read(place)?.map_or_else(|| SCHEMA.in_memory(), Ok)
}

/// Removes the file, which nobody has open here, and makes an empty one.
pub(super) fn anew(path: &Path) -> Result<Connection, StoreError> {
    // The log at last: without its database it is no longer used, while a database without its log is another one.
    for ending in ["", "-wal", "-shm"] {
        let file = files::companion(path, ending);
        files::remove(&file).map_err(|error| StoreError::io(&file, &error))?;
    }
    let mut connection = SCHEMA.connect(path)?;
    SCHEMA.prepare(&mut connection, path)?;
    Ok(connection)
}

/// What is wanted at once.
#[derive(Debug, Default)]
pub struct StartupRows {
    /// What is shown first.
    pub front: Option<String>,
    /// The reader's notes; none where it has to read everything.
    pub notes: Option<String>,
    /// The highest generation of any batch.
    pub generation: u64,
    /// The items that were asked for, and those that are shown first.
    pub items: Vec<ServerUpdate>,
}

/// Reads what is wanted at once.
pub fn restore(connection: &Connection, path: &Path, items: &[ItemRef]) -> Result<StartupRows, StoreError> {
    let read = || {
        let mut bad = RejectedRows::default();
        let of_front = rows::text(connection, SNAPSHOT_ITEMS)?;
        let of_front: Vec<ItemRef> = of_front.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let wanted: Vec<ItemRef> = items.iter().copied().chain(of_front).collect();
        let found = rows::items(connection, &wanted, &mut bad)?;
        let holes = !bad.is_empty() || rows::text(connection, REJECTED)?.is_some();
        let generation = rows::text(connection, GENERATION)?.and_then(|text| text.parse().ok());
        Ok(StartupRows {
            front: rows::text(connection, SNAPSHOT)?,
            notes: if holes { None } else { rows::text(connection, CHECKPOINT)? },
            generation: generation.unwrap_or(0),
            items: found,
        })
    };
    read().map_err(|error: rusqlite::Error| StoreError::sqlite(path, &error))
}
