//! The file of a practice workspace: each record as JSON in one table of `SQLite`.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, Transaction, params};

use super::store::Store;
use super::table::{Stored, Table};
use super::writes::{self, Write, Writes};

/// Marks the file as one of this server: 'DDPW'.
const APPLICATION: i32 = 0x4444_5057;
/// The version of what is in it.
const VERSION: i32 = 1;
/// How long a server that ends may still have the file.
const LOCK_PATIENCE: Duration = Duration::from_secs(1);

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// `SQLite` says no.
    #[error("{0}")]
    Sqlite(rusqlite::Error),
    /// It is something else.
    #[error("it was not written by a practice server")]
    NotOurs,
    /// Another process has it open.
    #[error("another practice server is using it")]
    InUse,
    /// It was made by a later version of this program.
    #[error("it was written by a newer version of this program (format {0}, this one knows {VERSION})")]
    Newer(i32),
    /// A record in it cannot be read, or written.
    #[error("the {kind} {id} in it cannot be read or written: {error}")]
    Record {
        /// Its kind.
        kind: &'static str,
        /// Its key.
        id: String,
        /// What is wrong.
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

/// An open file.
pub struct Db {
    connection: Connection,
}

impl Db {
    /// Opens a file, or makes it.
    pub fn open(path: &Path) -> Result<Self, DbError> {
        let connection = Connection::open(path)?;
        // Two servers on one file would each overwrite what the other does. The lock goes with the process.
        connection.busy_timeout(LOCK_PATIENCE)?;
        connection.query_row("PRAGMA locking_mode = EXCLUSIVE", [], |_| Ok(()))?;
        let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i32>(0));
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        let (application, version) = (pragma("application_id")?, pragma("user_version")?);
        if tables > 0 && application != APPLICATION {
            return Err(DbError::NotOurs);
        }
        if version > VERSION {
            return Err(DbError::Newer(version));
        }
        // The write-ahead log keeps what was confirmed when the process is killed.
        connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
        connection.execute_batch(&format!(
            "PRAGMA synchronous = NORMAL; PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};
             CREATE TABLE IF NOT EXISTS record
                 (kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
             CREATE TABLE IF NOT EXISTS written (seq INTEGER PRIMARY KEY, body TEXT NOT NULL);"
        ))?;
        Ok(Self { connection })
    }

    /// Reads all records into the store, in place of what it has.
    pub fn load(&self, store: &mut Store) -> Result<(), DbError> {
        for table in store.tables() {
            table.load_all(&self.connection)?;
        }
        store.writes = self.load_writes()?;
        Ok(())
    }

    fn load_writes(&self) -> Result<Writes, DbError> {
        let mut writes = Writes::default();
        let mut statement = self.connection.prepare("SELECT seq, body FROM written ORDER BY seq")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (seq, body): (i64, String) = (row.get(0)?, row.get(1)?);
            writes.load(serde_json::from_str(&body).map_err(|error| bad_write(seq, &error))?);
        }
        Ok(writes)
    }

    /// Writes all records that changed, all or none.
    pub fn save(&mut self, store: &mut Store) -> Result<(), DbError> {
        let transaction = self.connection.transaction()?;
        for table in store.tables() {
            table.write_changed(&transaction)?;
        }
        store.writes.unsaved().try_for_each(|write| file(write, &transaction))?;
        transaction.commit()?;
        store.forget_changed();
        Ok(())
    }
}

/// Writes a write into the file, and forgets the one that is too many by it.
fn file(write: &Write, transaction: &Transaction<'_>) -> Result<(), DbError> {
    let body = serde_json::to_string(write).map_err(|error| bad_write(write.seq, &error))?;
    let mut put = transaction.prepare_cached("INSERT INTO written (seq, body) VALUES (?1, ?2)")?;
    put.execute(params![write.seq, body])?;
    let remove = format!("DELETE FROM written WHERE seq = ?1 - {}", writes::MOST);
    transaction.prepare_cached(&remove)?.execute([write.seq])?;
    Ok(())
}

fn bad_write(seq: i64, error: &serde_json::Error) -> DbError {
    DbError::Record { kind: "write", id: seq.to_string(), error: error.to_string() }
}

/// A table of whatever records, as the file sees it.
pub trait Filed {
    /// Reads all records of its kind, in place of those that it has.
    fn load_all(&mut self, connection: &Connection) -> Result<(), DbError>;

    /// Writes those that changed.
    fn write_changed(&self, transaction: &Transaction<'_>) -> Result<(), DbError>;

    /// Whether any changed.
    fn has_changed(&self) -> bool;

    /// Takes note that they are written.
    fn forget_changed(&mut self);
}

impl<T: Stored> Filed for Table<T> {
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

    fn forget_changed(&mut self) {
        self.clear_changed();
    }
}

fn bad_record<T: Stored>(id: &str, error: &serde_json::Error) -> DbError {
    DbError::Record { kind: T::KIND, id: id.to_owned(), error: error.to_string() }
}
