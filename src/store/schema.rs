//! Opening a database: whether it is ours, of which version, and what brings an older one up to this one. Knows
//! nothing of what is in it.

use std::fmt::Write;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::error::StoreError;
use super::files;

/// How long another process may have the file to itself, as when it checkpoints.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long another process may take to make its files at its first start.
const FIRST_START: Duration = Duration::from_secs(2);
/// How often is looked whether it has.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// What a database of one kind is.
#[derive(Debug)]
pub struct Schema {
    /// Marks the file as one of this kind.
    pub application: i32,
    /// What decides how much of what was committed may be lost in a power cut.
    pub durability: &'static str,
    /// What makes version 1 of nothing, version 2 of version 1, and so on. Each is carried out once, whole.
    pub migrations: &'static [&'static str],
}

/// Where a database is, and what may be done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DbLocation {
    /// In memory.
    Memory,
    /// A file of which this process is the only writer.
    Ours(PathBuf),
    /// A file that another process writes.
    Theirs(PathBuf),
    /// A file that nobody can write.
    Frozen(PathBuf),
}

impl DbLocation {
    /// The file, for messages too.
    pub fn path(&self) -> &Path {
        match self {
            Self::Memory => Path::new(":memory:"),
            Self::Ours(path) | Self::Theirs(path) | Self::Frozen(path) => path,
        }
    }

    /// The error of the database at this place.
    pub fn error(&self, error: &rusqlite::Error) -> StoreError {
        StoreError::sqlite(self.path(), error)
    }
}

impl Schema {
    /// The version that this program makes and knows.
    fn version(&self) -> i32 {
        i32::try_from(self.migrations.len()).unwrap_or(i32::MAX)
    }

    /// A database in memory.
    pub fn in_memory(&self) -> Result<Connection, StoreError> {
        let make = || {
            let mut connection = Connection::open_in_memory()?;
            self.migrate(&mut connection, 0)?;
            Ok(connection)
        };
        make().map_err(|error: rusqlite::Error| DbLocation::Memory.error(&error))
    }

    /// Connects to a file, which is made where there is none, and checks that it is of this kind and no newer.
    /// Nothing in it changes before [`Schema::prepare`].
    pub fn connect(&self, path: &Path) -> Result<Connection, StoreError> {
        files::make_file(path).map_err(|error| StoreError::io(path, &error))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connect = || {
            let connection = Connection::open_with_flags(path, flags)?;
            connection.busy_timeout(PATIENCE)?;
            // Closing must not write into a file that turns out to be newer.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
            Ok(connection)
        };
        let connection = connect().map_err(|error: rusqlite::Error| StoreError::sqlite(path, &error))?;
        self.check(&connection, path)?;
        // SQLite makes do with reading where it may not write, or where the file says that it is not to be written.
        if connection.is_readonly("main").map_err(|error| StoreError::sqlite(path, &error))? {
            drop(connection);
            let path = path.to_owned();
            return Err(match OpenOptions::new().write(true).open(&path) {
                Ok(_) => StoreError::Corrupt { path, why: "it says that it must not be written".to_owned() },
                Err(error) => StoreError::io(&path, &error),
            });
        }
        Ok(connection)
    }

    /// Connects to a file only to read it; `None` if nothing was written to it yet. One that another process is just
    /// making is waited for.
    pub fn connect_to_read(&self, place: &DbLocation) -> Result<Option<Connection>, StoreError> {
        let deadline = matches!(place, DbLocation::Theirs(_)).then(|| Instant::now() + FIRST_START);
        loop {
            let is_last = deadline.is_none_or(|deadline| Instant::now() >= deadline);
            match self.try_to_read(place) {
                Ok((connection, version)) if version > 0 => return Ok(Some(connection)),
                Ok(_) if is_last => return Ok(None),
                Err(StoreError::Io { .. }) if !is_last => {}
                Err(error) => return Err(error),
                Ok(_) => {}
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    /// Connects to a file only to read it, and gives its version.
    fn try_to_read(&self, place: &DbLocation) -> Result<(Connection, i32), StoreError> {
        let connect = |uri: bool| {
            let mut flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = if uri {
                flags |= OpenFlags::SQLITE_OPEN_URI;
                Connection::open_with_flags(immutable(place.path()), flags)?
            } else {
                Connection::open_with_flags(place.path(), flags)?
            };
            connection.busy_timeout(PATIENCE)?;
            // Reads the first page, and with it opens the write-ahead log.
            pragma(&connection, "user_version")?;
            Ok(connection)
        };
        let connection = match connect(false) {
            // Where nothing can be written there can be no index of the log either; without one the file is read as
            // it is. That leaves out what a crash left in the log, so it is the last resort.
            Err(_) if matches!(place, DbLocation::Frozen(_)) => connect(true),
            other => other,
        };
        let connection = connection.map_err(|error: rusqlite::Error| place.error(&error))?;
        self.check(&connection, place.path())?;
        let version = pragma(&connection, "user_version").map_err(|error| place.error(&error))?;
        Ok((connection, version))
    }

    /// Whether nothing was ever written to a database.
    pub fn is_unmade(&self, connection: &Connection, path: &Path) -> Result<bool, StoreError> {
        self.check(connection, path)?;
        Ok(pragma(connection, "user_version").map_err(|error| StoreError::sqlite(path, &error))? == 0)
    }

    /// Whether a database is of this kind, and no newer than this program.
    fn check(&self, connection: &Connection, path: &Path) -> Result<(), StoreError> {
        let read = || {
            // All of it at one moment: another process may be making the file.
            let _snapshot = connection.unchecked_transaction()?;
            let tables = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
            Ok((pragma(connection, "application_id")?, pragma(connection, "user_version")?, tables))
        };
        let (application, found, tables) = read().map_err(|error: rusqlite::Error| StoreError::sqlite(path, &error))?;
        if application != self.application && (application, found, tables) != (0, 0, 0) {
            return Err(StoreError::Corrupt { path: path.to_owned(), why: "something else wrote it".to_owned() });
        }
        if found > self.version() {
            return Err(StoreError::Newer { path: path.to_owned(), found, known: self.version() });
        }
        Ok(())
    }

    /// Makes a connection ready for use, and brings the file up to this version.
    pub fn prepare(&self, connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
        let prepare = |connection: &mut Connection| {
            // Where the file system cannot share memory, it stays with the older kind of log. That works as well,
            // but for readers, which then hold up the writer.
            connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
            connection.execute_batch(&format!(
                "{}; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;",
                self.durability
            ))?;
            // Room for all statements of one kind of file.
            connection.set_prepared_statement_cache_capacity(64);
            // What one large reading has blown up does not stay that large.
            connection.query_row("PRAGMA journal_size_limit = 16777216", [], |_| Ok(()))?;
            let version = pragma(connection, "user_version")?;
            self.migrate(connection, version)?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
            Ok(())
        };
        prepare(connection).map_err(|error: rusqlite::Error| StoreError::sqlite(path, &error))
    }

    fn migrate(&self, connection: &mut Connection, version: i32) -> Result<(), rusqlite::Error> {
        for (target, migration) in (1..).zip(self.migrations).filter(|(target, _)| *target > version) {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute_batch(migration)?;
            transaction.execute_batch(&format!(
                "PRAGMA application_id = {}; PRAGMA user_version = {target};",
                self.application
            ))?;
            transaction.commit()?;
        }
        Ok(())
    }
}

fn pragma(connection: &Connection, name: &str) -> Result<i32, rusqlite::Error> {
    connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))
}

/// The name of a file of which `SQLite` may take it that it never changes.
fn immutable(path: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_') {
            uri.push(char::from(*byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(uri, "%{byte:02x}");
        }
    }
    uri.push_str("?immutable=1");
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "CREATE TABLE one (id)";

    fn schema(migrations: &'static [&'static str]) -> Schema {
        Schema { application: 7, durability: "PRAGMA synchronous = FULL", migrations }
    }

    fn open(schema: &Schema, path: &Path) -> Result<Connection, StoreError> {
        let mut connection = schema.connect(path)?;
        schema.prepare(&mut connection, path)?;
        Ok(connection)
    }

    #[test]
    fn an_older_file_is_brought_up_to_date_once_and_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.db");
        drop(open(&schema(&[FIRST]), &path).unwrap());
        // What fails half-way leaves nothing.
        let broken = schema(&[FIRST, "CREATE TABLE two (id); CREATE TABLE one (id);"]);
        assert!(open(&broken, &path).is_err());
        let known = open(&schema(&[FIRST]), &path).unwrap();
        let tables = "SELECT count(*) FROM sqlite_schema";
        assert_eq!(known.query_row(tables, [], |row| row.get(0)), Ok(1));
        drop(known);
        for _ in 0..2 {
            let connection =
                open(&schema(&[FIRST, "CREATE TABLE two (id)", "CREATE TABLE three (id)"]), &path).unwrap();
            assert_eq!(pragma(&connection, "user_version"), Ok(3));
            assert_eq!(connection.query_row(tables, [], |row| row.get(0)), Ok(3));
        }
        let older = schema(&[FIRST]).connect(&path).err();
        assert_eq!(older, Some(StoreError::Newer { path, found: 3, known: 1 }));
    }

    #[test]
    fn a_commit_is_as_durable_as_it_is_said_to_be() {
        let directory = tempfile::tempdir().unwrap();
        for (schema, level) in [(&crate::store::cache::SCHEMA, 1), (&crate::store::journal::SCHEMA, 2)] {
            let path = directory.path().join(level.to_string());
            let connection = open(schema, &path).unwrap();
            assert_eq!(pragma(&connection, "synchronous"), Ok(level));
            let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
            assert_eq!(mode, "wal");
        }
    }
}
