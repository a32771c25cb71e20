//! What was read of items beyond the items themselves: of those that were looked at last. One that makes no sense counts
//! as not there: it is read again when somebody looks.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::write::{json, key};
use crate::domain::{ItemDetails, ItemRef, Note};
use crate::store::time;

/// Of how many items it is kept.
const MOST: u32 = 3_000;

/// Keeps one, in place of what was kept of the item; the one that was read the longest ago may go for it.
pub(super) fn put(
    transaction: &Transaction<'_>,
    dossier: &ItemDetails,
    generation: i64,
) -> Result<(), rusqlite::Error> {
    let item = json(&dossier.item)?;
    forget_notes_on(transaction, &item)?;
    put_notes(transaction, &dossier.notes, generation)?;
    // The notes lie on their own: they change on their own.
    let body = json(&ItemDetails { notes: Vec::new(), ..dossier.clone() })?;
    transaction
        .prepare_cached(
            "INSERT INTO dossier (item, at, body) VALUES (?1, ?2, ?3)
             ON CONFLICT (item) DO UPDATE SET at = excluded.at, body = excluded.body",
        )?
        .execute(params![item, time(dossier.at), body])?;
    let oldest: Option<String> = transaction
        .prepare_cached("SELECT item FROM dossier ORDER BY at DESC LIMIT 1 OFFSET ?1")?
        .query_row([MOST], |row| row.get(0))
        .optional()?;
    match oldest {
        Some(oldest) => forget_item(transaction, &oldest),
        None => Ok(()),
    }
}

/// Keeps notes, each in place of what was kept of it.
pub(super) fn put_notes(transaction: &Transaction<'_>, notes: &[Note], generation: i64) -> Result<(), rusqlite::Error> {
    let mut put = transaction.prepare_cached(
        "INSERT INTO remark (id, generation, body) VALUES (?1, ?2, ?3)
         ON CONFLICT (id) DO UPDATE SET generation = excluded.generation, body = excluded.body",
    )?;
    let mut leave = transaction.prepare_cached("DELETE FROM remark_on WHERE remark = ?1")?;
    let mut enter = transaction.prepare_cached("INSERT OR IGNORE INTO remark_on (item, remark) VALUES (?1, ?2)")?;
    for note in notes {
        put.execute(params![key(note.id.0), generation, json(note)?])?;
        leave.execute([key(note.id.0)])?;
        for item in &note.on {
            enter.execute(params![json(item)?, key(note.id.0)])?;
        }
    }
    Ok(())
}

/// Forgets what is kept of an item that is no longer there; of a note, that it is on anything.
pub(super) fn forget(transaction: &Transaction<'_>, item: ItemRef) -> Result<(), rusqlite::Error> {
    match item {
        ItemRef::Note(id) => {
            transaction.prepare_cached("DELETE FROM remark_on WHERE remark = ?1")?.execute([key(id.0)])?;
            Ok(())
        }
        item => forget_item(transaction, &json(&item)?),
    }
}

fn forget_item(transaction: &Transaction<'_>, item: &str) -> Result<(), rusqlite::Error> {
    forget_notes_on(transaction, item)?;
    transaction.prepare_cached("DELETE FROM dossier WHERE item = ?1")?.execute([item])?;
    Ok(())
}

fn forget_notes_on(transaction: &Transaction<'_>, item: &str) -> Result<(), rusqlite::Error> {
    transaction
        .prepare_cached("DELETE FROM remark WHERE id IN (SELECT remark FROM remark_on WHERE item = ?1)")?
        .execute([item])?;
    transaction.prepare_cached("DELETE FROM remark_on WHERE item = ?1")?.execute([item])?;
    Ok(())
}

/// What is kept of an item.
pub(super) fn read(connection: &Connection, item: ItemRef) -> Result<Option<ItemDetails>, rusqlite::Error> {
    let name = json(&item)?;
    let body: Option<String> = connection
        .prepare_cached("SELECT body FROM dossier WHERE item = ?1")?
        .query_row([&name], |row| row.get(0))
        .optional()?;
    let Some(mut dossier) = body.and_then(|body| serde_json::from_str::<ItemDetails>(&body).ok()) else {
        return Ok(None);
    };
    let mut notes = connection.prepare_cached(
        "SELECT body FROM remark_on JOIN remark ON remark.id = remark_on.remark WHERE remark_on.item = ?1",
    )?;
    let mut rows = notes.query([&name])?;
    while let Some(row) = rows.next()? {
        dossier.notes.extend(row.get_ref(0)?.as_str().ok().and_then(|body| serde_json::from_str::<Note>(body).ok()));
    }
    Ok(Some(dossier))
}
