//! The file of a practice workspace: each record as JSON in one table of `SQLite`.

use std::path::Path;

use rusqlite::{Connection, Transaction, params};

use super::store::Store;
use super::table::{Stored, Table};

/// Marks the file as one of this server: 'DDPW'.
const APPLICATION: i32 = 0x4444_5057;
/// The version of what is in it.
const VERSION: i32 = 1;

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// `SQLite` says no.
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    /// It is a database of something else.
    #[error("it is a database of another program")]
    NotOurs,
    /// It was made by a later version of this program.
    #[error("it was written by a newer version of this program (format {0}, this one knows {VERSION})")]
    Newer(i32),
    /// A record in it cannot be read.
    #[error("the {kind} {id} in it cannot be read: {error}")]
    Record {
        /// Its kind.
        kind: &'static str,
        /// Its key.
        id: String,
        /// What is wrong.
        error: String,
    },
}

/// An open file.
pub struct Db {
    connection: Connection,
}

impl Db {
    /// Opens a file, or makes it.
    pub fn open(path: &Path) -> Result<Self, DbError> {
        let connection = Connection::open(path)?;
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
                 (kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;"
        ))?;
        Ok(Self { connection })
    }

    /// Reads all records into the store. False if there are none.
    pub fn load(&self, store: &mut Store) -> Result<bool, DbError> {
        self.load_table(&mut store.pipelines)?;
        self.load_table(&mut store.stages)?;
        self.load_table(&mut store.organizations)?;
        self.load_table(&mut store.persons)?;
        self.load_table(&mut store.deals)?;
        self.load_table(&mut store.leads)?;
        self.load_table(&mut store.lead_labels)?;
        self.load_table(&mut store.activities)?;
        self.load_table(&mut store.notes)?;
        self.load_table(&mut store.webhooks)?;
        self.load_table(&mut store.conversions)?;
        Ok(store.pipelines.len() > 0)
    }

    fn load_table<T: Stored>(&self, table: &mut Table<T>) -> Result<(), DbError> {
        let mut statement = self.connection.prepare("SELECT id, body FROM record WHERE kind = ?1")?;
        let mut rows = statement.query([T::KIND])?;
        while let Some(row) = rows.next()? {
            let body: String = row.get(1)?;
            match serde_json::from_str(&body) {
                Ok(item) => table.load(item),
                Err(error) => {
                    return Err(DbError::Record { kind: T::KIND, id: row.get(0)?, error: error.to_string() });
                }
            }
        }
        Ok(())
    }

    /// Writes all records that changed, all or none.
    pub fn save(&mut self, store: &mut Store) -> Result<(), DbError> {
        let transaction = self.connection.transaction()?;
        save_table(&transaction, &mut store.pipelines)?;
        save_table(&transaction, &mut store.stages)?;
        save_table(&transaction, &mut store.organizations)?;
        save_table(&transaction, &mut store.persons)?;
        save_table(&transaction, &mut store.deals)?;
        save_table(&transaction, &mut store.leads)?;
        save_table(&transaction, &mut store.lead_labels)?;
        save_table(&transaction, &mut store.activities)?;
        save_table(&transaction, &mut store.notes)?;
        save_table(&transaction, &mut store.webhooks)?;
        save_table(&transaction, &mut store.conversions)?;
        Ok(transaction.commit()?)
    }
}

fn save_table<T: Stored>(transaction: &Transaction<'_>, table: &mut Table<T>) -> Result<(), DbError> {
    let mut put = transaction.prepare_cached("INSERT OR REPLACE INTO record (kind, id, body) VALUES (?1, ?2, ?3)")?;
    let mut remove = transaction.prepare_cached("DELETE FROM record WHERE kind = ?1 AND id = ?2")?;
    for key in table.take_changed() {
        let id = key.to_string();
        match table.get(key) {
            Some(item) => {
                let unwritable = |error: serde_json::Error| DbError::Record {
                    kind: T::KIND,
                    id: id.clone(),
                    error: error.to_string(),
                };
                let body = serde_json::to_string(item).map_err(unwritable)?;
                put.execute(params![T::KIND, id, body])?
            }
            None => remove.execute(params![T::KIND, id])?,
        };
    }
    Ok(())
}
