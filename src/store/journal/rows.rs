//! Reading and writing the rows of the journal. One that makes no sense stays as it is.

use chrono::{DateTime, Utc};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{EditState, JournalEntry, Rebased};
use crate::domain::Edit;
use crate::store::time;
use crate::workspace::EditId;

/// The columns of an edit, in the order of [`read`]. A file of the first format, where it may only be read, knows of no
/// bulk.
fn columns(connection: &Connection) -> Result<String, rusqlite::Error> {
    let knows_bulks = connection.table_exists(None, "part")?;
    let first = if knows_bulks { "(SELECT first FROM part WHERE part.edit = edit.id)" } else { "NULL" };
    Ok(format!("id, made_at, what, edit, base, step, outcome, ended_at, {first}"))
}

/// The names of all states.
pub(super) const STATES: [&str; 5] = ["waiting", "confirmed", "attention", "discarded", "replaced"];

/// The state's name, for looking up; the whole of it is in the column `outcome`.
fn name(state: &EditState) -> &'static str {
    let [waiting, confirmed, attention, discarded, replaced] = STATES;
    match state {
        EditState::Waiting => waiting,
        EditState::Confirmed { .. } => confirmed,
        EditState::Attention { .. } => attention,
        EditState::Discarded => discarded,
        EditState::Replaced => replaced,
    }
}

/// An id as it is kept. Ids are counted up from zero, so that none is ever too large.
fn key(id: EditId) -> i64 {
    id.0.cast_signed()
}

fn json<T: Serialize>(value: &T) -> Result<String, rusqlite::Error> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

pub(super) fn add(
    connection: &mut Connection,
    edits: &[JournalEntry],
    replaced: &[EditId],
) -> Result<(), rusqlite::Error> {
    let transaction = connection.transaction()?;
    put(&transaction, edits, replaced)?;
    transaction.commit()
}

/// The step of the replaced edit goes over to the new one.
pub(super) fn replace(
    connection: &mut Connection,
    mut edit: JournalEntry,
    attention: EditId,
    replaced: &[EditId],
) -> Result<Option<String>, rusqlite::Error> {
    let transaction = connection.transaction()?;
    let step: Option<Option<String>> = transaction
        .query_row("SELECT step FROM edit WHERE id = ?1 AND state = 'attention'", [key(attention)], |row| row.get(0))
        .optional()?;
    edit.step = edit.step.or(step.flatten());
    let step = edit.step.clone();
    put(&transaction, &[edit], &[&[attention], replaced].concat())?;
    transaction.commit()?;
    Ok(step)
}

fn put(transaction: &Transaction<'_>, edits: &[JournalEntry], replaced: &[EditId]) -> Result<(), rusqlite::Error> {
    for edit in edits {
        insert(transaction, edit)?;
    }
    let at = edits.first().map(|edit| time(edit.made_at));
    let mut replace = transaction.prepare_cached(
        "UPDATE edit SET state = 'replaced', outcome = ?2, ended_at = coalesce(?3, made_at)
         WHERE id = ?1 AND state IN ('waiting', 'attention')",
    )?;
    for id in replaced {
        replace.execute(params![key(*id), json(&EditState::Replaced)?, at])?;
    }
    Ok(())
}

fn insert(transaction: &Transaction<'_>, edit: &JournalEntry) -> Result<(), rusqlite::Error> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO edit (id, made_at, what, edit, base, step, outcome, ended_at, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    insert.execute(params![
        key(edit.id),
        time(edit.made_at),
        edit.what,
        json(&edit.edit)?,
        edit.base.as_ref().map(json).transpose()?,
        edit.step,
        json(&edit.state)?,
        edit.ended_at.map(time),
        name(&edit.state),
    ])?;
    if let Some(first) = edit.part_of {
        let mut insert = transaction.prepare_cached("INSERT INTO part (edit, first) VALUES (?1, ?2)")?;
        insert.execute(params![key(edit.id), key(first)])?;
    }
    Ok(())
}

pub(super) fn step(
    connection: &mut Connection,
    id: EditId,
    edit: &Edit,
    step: Option<&str>,
) -> Result<usize, rusqlite::Error> {
    let mut update = connection.prepare_cached("UPDATE edit SET edit = ?2, step = ?3 WHERE id = ?1")?;
    update.execute(params![key(id), json(edit)?, step])
}

pub(super) fn rebase(connection: &mut Connection, edits: &[Rebased]) -> Result<(), rusqlite::Error> {
    let transaction = connection.transaction()?;
    put_bases(&transaction, edits)?;
    transaction.commit()
}

fn put_bases(transaction: &Transaction<'_>, edits: &[Rebased]) -> Result<(), rusqlite::Error> {
    let mut update = transaction.prepare_cached("UPDATE edit SET base = ?2 WHERE id = ?1")?;
    for (id, base) in edits {
        update.execute(params![key(*id), base.as_ref().map(json).transpose()?])?;
    }
    Ok(())
}

pub(super) fn set_state(
    connection: &Connection,
    id: EditId,
    state: &EditState,
    at: DateTime<Utc>,
) -> Result<usize, rusqlite::Error> {
    let mut update =
        connection.prepare_cached("UPDATE edit SET state = ?2, outcome = ?3, ended_at = ?4 WHERE id = ?1")?;
    update.execute(params![key(id), name(state), json(state)?, state.has_ended().then(|| time(at))])
}

pub(super) fn finish(
    connection: &mut Connection,
    id: EditId,
    state: &EditState,
    step: Option<&str>,
    at: DateTime<Utc>,
    rebased: &[Rebased],
) -> Result<usize, rusqlite::Error> {
    let transaction = connection.transaction()?;
    let ended_at = state.has_ended().then(|| time(at));
    let finished = transaction
        .prepare_cached("UPDATE edit SET state = ?2, outcome = ?3, ended_at = ?4, step = ?5 WHERE id = ?1")?
        .execute(params![key(id), name(state), json(state)?, ended_at, step])?;
    if finished > 0 {
        put_bases(&transaction, rebased)?;
    }
    transaction.commit()?;
    Ok(finished)
}

pub(super) fn put_back(connection: &mut Connection, edit: &JournalEntry) -> Result<usize, rusqlite::Error> {
    let mut update = connection.prepare_cached(
        "UPDATE edit SET state = ?2, outcome = ?3, ended_at = NULL, edit = ?4, base = ?5, step = ?6 WHERE id = ?1",
    )?;
    let base = edit.base.as_ref().map(json).transpose()?;
    update.execute(params![key(edit.id), name(&edit.state), json(&edit.state)?, json(&edit.edit)?, base, edit.step])
}

pub(super) fn end_all(
    connection: &mut Connection,
    ids: &[EditId],
    state: &EditState,
    at: DateTime<Utc>,
) -> Result<(), rusqlite::Error> {
    let transaction = connection.transaction()?;
    for id in ids {
        set_state(&transaction, *id, state, at)?;
    }
    transaction.commit()
}

pub(super) fn history(connection: &Connection, most: usize) -> Result<Vec<JournalEntry>, rusqlite::Error> {
    let columns = columns(connection)?;
    let mut statement = connection.prepare_cached(&format!("SELECT {columns} FROM edit ORDER BY id DESC"))?;
    let mut rows = statement.query([])?;
    let mut edits = Vec::new();
    while edits.len() < most
        && let Some(row) = rows.next()?
    {
        edits.extend(read(row)?);
    }
    Ok(edits)
}

/// The edits that have not ended, in the order in which they were made, and how many others make no sense. All are
/// looked at without the index: a damaged one would hide some, and the quick check does not compare the two.
pub(super) fn unfinished(connection: &Connection) -> Result<(Vec<JournalEntry>, usize), rusqlite::Error> {
    let columns = columns(connection)?;
    let mut statement = connection.prepare(&format!(
        "SELECT {columns} FROM edit NOT INDEXED WHERE state IN ('waiting', 'attention') ORDER BY id"
    ))?;
    let mut rows = statement.query([])?;
    let (mut edits, mut unread) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        match read(row)? {
            Some(edit) if !edit.state.has_ended() => edits.push(edit),
            _ => unread += 1,
        }
    }
    let strange: i64 = connection.query_row(
        "SELECT count(*) FROM edit NOT INDEXED
         WHERE state NOT IN ('waiting', 'attention', 'confirmed', 'discarded', 'replaced')",
        [],
        |row| row.get(0),
    )?;
    Ok((edits, unread + usize::try_from(strange).unwrap_or(0)))
}

/// The edits that ended after a moment and had begun to be sent, in the order in which they were made.
pub(super) fn ended_since(connection: &Connection, after: DateTime<Utc>) -> Result<Vec<JournalEntry>, rusqlite::Error> {
    let columns = columns(connection)?;
    let mut statement = connection.prepare(&format!(
        "SELECT {columns} FROM edit
         WHERE state IN ('confirmed', 'discarded') AND ended_at > ?1 AND step IS NOT NULL ORDER BY id"
    ))?;
    let mut rows = statement.query([time(after)])?;
    let mut edits = Vec::new();
    while let Some(row) = rows.next()? {
        edits.extend(read(row)?);
    }
    Ok(edits)
}

/// An id that is higher than any that was ever used.
pub(super) fn next_edit(connection: &Connection) -> Result<u64, rusqlite::Error> {
    let highest: Option<i64> = connection.query_row(
        "SELECT max(coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = 'edit'), -1),
                    coalesce((SELECT max(id) FROM edit), -1))",
        [],
        |row| Ok(row.get(0).ok()),
    )?;
    Ok(u64::try_from(highest.unwrap_or(-1).saturating_add(1)).unwrap_or(0))
}

/// Removes the edits that ended before a day. Those that make no sense stay.
pub(super) fn prune(connection: &mut Connection, before: DateTime<Utc>) -> Result<(), rusqlite::Error> {
    let transaction = connection.transaction()?;
    let mut old: Vec<i64> = Vec::new();
    {
        let columns = columns(&transaction)?;
        let mut statement = transaction.prepare(&format!(
            "SELECT {columns} FROM edit WHERE state IN ('confirmed', 'discarded', 'replaced') AND ended_at < ?1"
        ))?;
        let mut rows = statement.query([time(before)])?;
        while let Some(row) = rows.next()? {
            let has_ended = |edit: JournalEntry| edit.state.has_ended() && edit.ended_at.is_some_and(|at| at < before);
            if read(row)?.is_some_and(has_ended) {
                old.push(row.get(0)?);
            }
        }
        let mut remove = transaction.prepare("DELETE FROM edit WHERE id = ?1")?;
        let mut leave = transaction.prepare("DELETE FROM part WHERE edit = ?1")?;
        for id in old {
            remove.execute([id])?;
            leave.execute([id])?;
        }
    }
    transaction.commit()
}

/// An edit from its row, if it makes sense.
pub(super) fn read(row: &Row<'_>) -> Result<Option<JournalEntry>, rusqlite::Error> {
    let id: i64 = row.get(0)?;
    let column = |at: usize| row.get_ref(at);
    let (made_at, what, edit, outcome) = (column(1)?, column(2)?, column(3)?, column(6)?);
    let (base, step, ended_at) = (column(4)?, column(5)?, column(7)?);
    let part_of: Option<i64> = row.get(8)?;
    let read = || {
        Some(JournalEntry {
            id: EditId(id.cast_unsigned()),
            made_at: text(made_at)?.parse().ok()?,
            part_of: part_of.map(|first| EditId(first.cast_unsigned())),
            what: text(what)?.to_owned(),
            edit: parse(edit)?,
            base: present(base).map(|base| parse(base).ok_or(Nonsense)).transpose().ok()?,
            step: present(step).map(|step| text(step).map(str::to_owned).ok_or(Nonsense)).transpose().ok()?,
            state: parse(outcome)?,
            ended_at: present(ended_at).map(|at| text(at).unwrap_or_default().parse()).transpose().ok()?,
        })
    };
    Ok(read())
}

/// Something is there, but makes no sense.
struct Nonsense;

fn present(value: ValueRef<'_>) -> Option<ValueRef<'_>> {
    (value != ValueRef::Null).then_some(value)
}

fn text(value: ValueRef<'_>) -> Option<&str> {
    value.as_str().ok()
}

fn parse<T: DeserializeOwned>(value: ValueRef<'_>) -> Option<T> {
    serde_json::from_str(text(value)?).ok()
}
