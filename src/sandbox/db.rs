//! The `SQLite` file of a practice workspace: one table with each record as JSON, and one with the write log.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, Transaction, params};

use crate::sandbox::table::{Table, TableRow};
use crate::sandbox::write_log::{MAX_ENTRIES, Write, WriteLog};

/// The application id of a practice workspace: 'DDPW'.
const APPLICATION_ID: i32 = 0x4444_5057;
/// The version of the format.
const VERSION: i32 = 1;
/// The time that another server gets to end and release the file.
const LOCK_TIMEOUT: Duration = Duration::from_secs(1);

/// A reason why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// An error of `SQLite`.
    #[error("{0}")]
    Sqlite(rusqlite::Error),
    /// The file is something else.
    #[error("it was not written by a practice server")]
    NotOurs,
    /// Another process uses the file.
    #[error("another practice server is using it")]
    InUse,
    /// The file was written by a newer version of this program.
    #[error("it was written by a newer version of this program (format {0}; this one reads formats up to {VERSION})")]
    Newer(i32),
    /// A record in the file cannot be read or written.
    #[error("the {kind} {id} in it cannot be read or written: {error}")]
    Record {
        /// The kind of the record.
        kind: &'static str,
        /// The key of the record.
        id: String,
        /// The reason.
        error: String,
    },
}

impl From<rusqlite::Error> for DbError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NotOurs,
            Some(ErrorCode::DatabaseBusy) => Self::InUse,
            _ => Self::Sqlite(error),
        }
    }
}

/// An open workspace file.
pub struct Db {
    connection: Connection,
}

impl Db {
    /// Opens or creates a file.
    pub fn open(path: &Path) -> Result<Self, DbError> {
        let connection = Connection::open(path)?;
        // Two servers on one file would overwrite each other's changes. The lock ends with the process.
        connection.busy_timeout(LOCK_TIMEOUT)?;
        connection.query_row("PRAGMA locking_mode = EXCLUSIVE", [], |_| Ok(()))?;
        let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i32>(0));
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        let (application_id, version) = (pragma("application_id")?, pragma("user_version")?);
        if tables > 0 && application_id != APPLICATION_ID {
            return Err(DbError::NotOurs);
        }
        if version > VERSION {
            return Err(DbError::Newer(version));
        }
        // The write-ahead log preserves confirmed writes if the process is killed.
        connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
        connection.execute_batch(&format!(
            "PRAGMA synchronous = NORMAL; PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION};
             CREATE TABLE IF NOT EXISTS record
                 (kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
             CREATE TABLE IF NOT EXISTS written (seq INTEGER PRIMARY KEY, body TEXT NOT NULL);"
        ))?;
        Ok(Self { connection })
    }

    /// Replaces the contents of tables by those of the file.
    pub fn load(&self, tables: &mut [&mut dyn PersistedTable]) -> Result<(), DbError> {
        tables.iter_mut().try_for_each(|table| table.load_all(&self.connection))
    }

    /// Reads the write log.
    pub fn load_writes(&self) -> Result<WriteLog, DbError> {
        let mut writes = WriteLog::default();
        let mut statement = self.connection.prepare("SELECT seq, body FROM written ORDER BY seq")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (seq, body): (i64, String) = (row.get(0)?, row.get(1)?);
            writes.load(serde_json::from_str(&body).map_err(|error| bad_write(seq, &error))?);
        }
        Ok(writes)
    }

    /// Saves the changes of tables and the unsaved writes in one transaction.
    pub fn save(&mut self, tables: &[&mut dyn PersistedTable], writes: &WriteLog) -> Result<(), DbError> {
        let transaction = self.connection.transaction()?;
        tables.iter().try_for_each(|table| table.write_changed(&transaction))?;
        writes.unsaved().try_for_each(|write| insert_write(write, &transaction))?;
        transaction.commit()?;
        Ok(())
    }
}

/// Inserts a write into the log, and deletes the one that falls out of it.
fn insert_write(write: &Write, transaction: &Transaction<'_>) -> Result<(), DbError> {
    let body = serde_json::to_string(write).map_err(|error| bad_write(write.seq, &error))?;
    let mut put = transaction.prepare_cached("INSERT INTO written (seq, body) VALUES (?1, ?2)")?;
    put.execute(params![write.seq, body])?;
    let remove = format!("DELETE FROM written WHERE seq = ?1 - {MAX_ENTRIES}");
    transaction.prepare_cached(&remove)?.execute([write.seq])?;
    Ok(())
}

fn bad_write(seq: i64, error: &serde_json::Error) -> DbError {
    DbError::Record { kind: "write", id: seq.to_string(), error: error.to_string() }
}

/// A table of any kind of record, as the file sees it.
pub trait PersistedTable {
    /// Replaces all records by those of the file.
    fn load_all(&mut self, connection: &Connection) -> Result<(), DbError>;

    /// Writes all unsaved changes.
    fn write_changed(&self, transaction: &Transaction<'_>) -> Result<(), DbError>;

    /// Returns `true` if there are unsaved changes.
    fn has_changed(&self) -> bool;

    /// Marks all changes as saved.
    fn clear_changed(&mut self);
}

impl<T: TableRow> PersistedTable for Table<T> {
    fn load_all(&mut self, connection: &Connection) -> Result<(), DbError> {
        *self = Self::default();
        let mut statement = connection.prepare("SELECT id, body FROM record WHERE kind = ?1")?;
        let mut rows = statement.query([T::KIND])?;
        while let Some(row) = rows.next()? {
            let (id, body): (String, String) = (row.get(0)?, row.get(1)?);
            self.load(serde_json::from_str(&body).map_err(|error| bad_record::<T>(&id, &error))?);
        }
        Ok(())
    }

    fn write_changed(&self, transaction: &Transaction<'_>) -> Result<(), DbError> {
        let mut put =
            transaction.prepare_cached("INSERT OR REPLACE INTO record (kind, id, body) VALUES (?1, ?2, ?3)")?;
        let mut remove = transaction.prepare_cached("DELETE FROM record WHERE kind = ?1 AND id = ?2")?;
        for key in self.changed() {
            let id = key.to_string();
            match self.get(key) {
                Some(item) => {
                    let body = serde_json::to_string(item).map_err(|error| bad_record::<T>(&id, &error))?;
                    put.execute(params![T::KIND, id, body])?
                }
                None => remove.execute(params![T::KIND, id])?,
            };
        }
        Ok(())
    }

    fn has_changed(&self) -> bool {
        self.changed().len() > 0
    }

    fn clear_changed(&mut self) {
        Table::clear_changed(self);
    }
}

fn bad_record<T: TableRow>(id: &str, error: &serde_json::Error) -> DbError {
    DbError::Record { kind: T::KIND, id: id.to_owned(), error: error.to_string() }
}
