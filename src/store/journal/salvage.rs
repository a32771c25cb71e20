//! A damaged journal is set aside under another name, and what can be read of it goes into a new one. It is never
//! removed, and whenever this is interrupted, the next start goes on with it.

use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, Row, params_from_iter};

use super::SCHEMA;
use super::rows::STATES;
use crate::store::error::StoreError;
use crate::store::files::{self, companion};

/// How many ids are looked up one by one between the last that could be read from the front and the first from the
/// back: a fraction of a second.
const LOOKED_UP: i64 = 100_000;
/// How far ids jump where it is not known which were used.
const JUMP: i64 = 1_000;
/// The size of a page, in bytes.
const PAGE: usize = 4096;
/// What belongs to a database besides itself.
const COMPANIONS: [&str; 2] = ["-wal", "-shm"];
const COLUMNS: [&str; 9] = ["id", "state", "made_at", "ended_at", "what", "edit", "base", "step", "outcome"];

/// Sets the file aside, and puts a new one in its place. Gives the name under which the old one is kept.
pub(super) fn set_aside(path: &Path, now: DateTime<Utc>) -> Result<PathBuf, StoreError> {
    let at = |error: io::Error| StoreError::io(path, &error);
    let saved = read(path)?;
    let new = companion(path, ".new");
    make(&new, &saved)?;
    let aside = free_name(path, now);
    // From here on the new file counts: without the old one, `finish` puts it in place.
    fs::rename(path, &aside).map_err(at)?;
    for ending in COMPANIONS {
        files::rename(&companion(path, ending), &companion(&aside, ending)).map_err(at)?;
    }
    fs::rename(&new, path).map_err(at)?;
    path.parent().map_or(Ok(()), files::sync_directory).map_err(at)?;
    Ok(aside)
}

/// Ends what was interrupted.
pub(super) fn finish(path: &Path) -> Result<(), StoreError> {
    let at = |error: io::Error| StoreError::io(path, &error);
    let new = companion(path, ".new");
    if path.exists() {
        // Made of what is still there, and perhaps not to its end.
        remove(&new).and_then(|()| remove(&companion(path, ".copy"))).map_err(at)?;
        let is_empty = |path: &Path| fs::metadata(path).is_ok_and(|found| found.len() == 0);
        let log = companion(path, "-wal");
        if is_empty(path) && log.exists() && !is_empty(&log) {
            // SQLite would remove the log.
            let why = "it is empty, but its log is not".to_owned();
            return Err(StoreError::Corrupt { path: path.to_owned(), why });
        }
        return Ok(());
    }
    // A log without its database would be taken for that of the new one.
    let aside = free_name(path, Utc::now());
    for ending in COMPANIONS {
        files::rename(&companion(path, ending), &companion(&aside, ending)).map_err(at)?;
    }
    files::rename(&new, path).map_err(at)
}

/// Removes a database of our own making with what belongs to it.
fn remove(path: &Path) -> io::Result<()> {
    ["", "-wal", "-shm", "-journal"].iter().try_for_each(|ending| files::remove(&companion(path, ending)))
}

/// A name that is not in use.
fn free_name(path: &Path, now: DateTime<Utc>) -> PathBuf {
    let name = companion(path, &format!(".damaged-{}", now.format("%Y%m%d-%H%M%S")));
    let mut names = std::iter::once(name.clone()).chain((2..).map(|n| companion(&name, &format!("-{n}"))));
    let is_free = |name: &PathBuf| !name.exists() && !companion(name, "-wal").exists();
    names.find(is_free).unwrap_or(name)
}

/// What could be read.
#[derive(Default)]
struct Saved {
    rows: Vec<Vec<Value>>,
    /// Edits, and the bulks that they are part of.
    parts: Vec<Vec<Value>>,
    /// Lower than the next id.
    highest: i64,
}

/// Makes a new file of what could be read, all in the one file.
fn make(path: &Path, saved: &Saved) -> Result<(), StoreError> {
    let error = |error: rusqlite::Error| StoreError::sqlite(path, &error);
    let mut connection = SCHEMA.connect(path)?;
    SCHEMA.prepare(&mut connection, path)?;
    let transaction = connection.transaction().map_err(error)?;
    let insert = format!("INSERT INTO edit ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", COLUMNS.join(", "));
    for row in &saved.rows {
        match transaction.execute(&insert, params_from_iter(row)) {
            Ok(_) => {}
            // A row that lacks what every row has. It stays in the old file.
            Err(cause) if cause.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {}
            Err(cause) => return Err(error(cause)),
        }
    }
    for part in &saved.parts {
        if let [Value::Integer(edit), Value::Integer(first)] = part.as_slice() {
            let insert = "INSERT OR IGNORE INTO part (edit, first) SELECT id, ?2 FROM edit WHERE id = ?1";
            transaction.execute(insert, [edit, first]).map_err(error)?;
        }
    }
    transaction.execute("DELETE FROM sqlite_sequence WHERE name = 'edit'", []).map_err(error)?;
    transaction
        .execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('edit', ?1)", [saved.highest])
        .map_err(error)?;
    transaction.commit().map_err(error)?;
    connection.close().map_err(|(_, cause)| error(cause))?;
    files::sync(path).map_err(|cause| StoreError::io(path, &cause))
}

/// Reads what can be read. The file itself is not opened: with a log next to it that could change it.
fn read(path: &Path) -> Result<Saved, StoreError> {
    let copy = companion(path, ".copy");
    let at = |error: io::Error| StoreError::io(&copy, &error);
    let attempt = |head: Option<&[u8]>| {
        remove(&copy)?;
        copied(path, &copy, head)?;
        Ok(open_copy(&copy).map(|connection| read_rows(&connection)).unwrap_or_default())
    };
    let mut saved = attempt(None).map_err(at)?;
    if saved.rows.is_empty() {
        // What is wrong may be the first page, which says where everything is. In an empty journal it says the same.
        remove(&copy).map_err(at)?;
        make(&copy, &Saved::default())?;
        let head = fs::read(&copy).map_err(at)?;
        saved = attempt(Some(&head[..head.len().min(PAGE)])).map_err(at)?;
        // In the file of another program it leads to other things.
        saved.rows.retain(|row| matches!(row.get(1), Some(Value::Text(state)) if STATES.contains(&state.as_str())));
    }
    remove(&copy).map_err(at)?;
    Ok(saved)
}

fn open_copy(copy: &Path) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open(copy)?;
    // Makes do with a file that is too short.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_WRITABLE_SCHEMA, true)?;
    // Looks closely at the pages that are damaged.
    connection.execute_batch("PRAGMA cell_size_check = ON")?;
    Ok(connection)
}

/// Copies the file and its log, with another first page if one is given.
fn copied(path: &Path, copy: &Path, head: Option<&[u8]>) -> io::Result<()> {
    for ending in ["", "-wal"] {
        let from = companion(path, ending);
        if !from.exists() {
            continue;
        }
        let mut to = files::create_new(&companion(copy, ending))?;
        io::copy(&mut File::open(&from)?, &mut to)?;
        if ending.is_empty() {
            if let Some(head) = head {
                to.rewind()?;
                to.write_all(head)?;
                // How many pages there are, it does not know.
                to.seek(SeekFrom::Start(28))?;
                to.write_all(&[0; 4])?;
            }
            // With an empty file its log would not be looked at.
            if to.metadata()?.len() == 0 {
                to.set_len(PAGE as u64)?;
            }
        }
    }
    Ok(())
}

fn read_rows(connection: &Connection) -> Saved {
    let columns = COLUMNS.join(", ");
    let mut rows = Vec::new();
    let is_whole = scan(connection, &format!("SELECT {columns} FROM edit ORDER BY id"), &mut rows);
    let sequence = "SELECT max(seq) FROM sqlite_sequence WHERE name = 'edit'";
    let sequence: Option<i64> = connection.query_row(sequence, [], |row| row.get(0)).unwrap_or(None);
    if !is_whole {
        let last = rows.last().and_then(id).unwrap_or(-1);
        let mut back = Vec::new();
        scan(connection, &format!("SELECT {columns} FROM edit WHERE id > {last} ORDER BY id DESC"), &mut back);
        let first = back.last().and_then(id).or(sequence.map(|last| last.saturating_add(1))).unwrap_or(i64::MAX);
        let between = last.saturating_add(1)..first.min(last.saturating_add(LOOKED_UP));
        if let Ok(mut one) = connection.prepare(&format!("SELECT {columns} FROM edit WHERE id = ?1")) {
            // What is not there and what cannot be read come to the same.
            rows.extend(between.filter_map(|id| one.query_row([id], values).ok()));
        }
        rows.extend(back.into_iter().rev());
    }
    let known = rows.iter().filter_map(id).max().unwrap_or(-1);
    let highest = sequence.map_or(known.saturating_add(JUMP), |sequence| known.max(sequence));
    Saved { rows, parts: read_parts(connection), highest }
}

/// Reads which edits are parts of bulks: from the front, and where that ends too early, from the back too. A file of the
/// first format has none.
fn read_parts(connection: &Connection) -> Vec<Vec<Value>> {
    let mut parts = Vec::new();
    if !scan(connection, "SELECT edit, first FROM part ORDER BY edit", &mut parts) {
        scan(connection, "SELECT edit, first FROM part ORDER BY edit DESC", &mut parts);
    }
    parts
}

/// Reads rows until there are no more, or one cannot be read; whether it came to the end.
fn scan(connection: &Connection, sql: &str, rows: &mut Vec<Vec<Value>>) -> bool {
    let Ok(mut statement) = connection.prepare(sql) else { return false };
    let Ok(found) = statement.query_map([], values) else { return false };
    for row in found {
        match row {
            Ok(row) => rows.push(row),
            Err(_) => return false,
        }
    }
    true
}

fn values(row: &Row<'_>) -> Result<Vec<Value>, rusqlite::Error> {
    (0..row.as_ref().column_count()).map(|at| row.get(at)).collect()
}

#[expect(clippy::ptr_arg, reason = "for iterators of rows")]
fn id(row: &Vec<Value>) -> Option<i64> {
    match row.first() {
        Some(Value::Integer(id)) => Some(*id),
        _ => None,
    }
}
