//! Removing what the server no longer has, which shows in that a whole reading did not see it.

use rusqlite::{Connection, Row};

use super::Unseen;
use super::file::REJECTED;
use super::write::ordered;
use crate::domain::{ActivityId, DealId, ItemKind, ItemRef, OrgId, PersonId};

/// How many done activities are kept: a long list to look back on.
const DONE_KEPT: u32 = 5_000;

/// The kinds that are swept: those whose lists are read in full, page by page.
pub const SWEPT: [ItemKind; 4] = [ItemKind::Deal, ItemKind::Activity, ItemKind::Person, ItemKind::Org];

/// Makes the name of an item of its id.
type Named = fn(u64) -> ItemRef;

/// Where a kind is stored, those of its rows that are read in full, and what names one.
fn table(kind: ItemKind) -> Option<(&'static str, &'static str, Named)> {
    match kind {
        ItemKind::Deal => Some(("deal", "true", |id| ItemRef::Deal(DealId(id)))),
        ItemKind::Activity => Some(("activity", "done = 0", |id| ItemRef::Activity(ActivityId(id)))),
        ItemKind::Person => Some(("person", "true", |id| ItemRef::Person(PersonId(id)))),
        ItemKind::Org => Some(("organization", "true", |id| ItemRef::Org(OrgId(id)))),
        ItemKind::Lead => None,
    }
}

fn id(row: &Row<'_>) -> Result<u64, rusqlite::Error> {
    row.get(0).map(i64::cast_unsigned)
}

/// Returns what was last seen before a generation.
pub(super) fn unseen(
    connection: &Connection,
    generation: u64,
    kinds: &[ItemKind],
) -> Result<Vec<Unseen>, rusqlite::Error> {
    let mut all = Vec::new();
    for kind in kinds {
        let Some((table, rows, item)) = table(*kind) else { continue };
        let known: i64 =
            connection.query_row(&format!("SELECT count(*) FROM {table} WHERE {rows}"), [], |row| row.get(0))?;
        let mut statement = connection
            .prepare_cached(&format!("SELECT id FROM {table} WHERE {rows} AND generation < ?1 ORDER BY id"))?;
        let ids = statement.query_map([ordered(generation)], id)?;
        let items = ids.map(|id| id.map(item)).collect::<Result<_, _>>()?;
        all.push(Unseen { kind: *kind, known: usize::try_from(known).unwrap_or(0), items });
    }
    Ok(all)
}

/// Removes what was last seen before a generation of these kinds.
pub(super) fn sweep(
    connection: &mut Connection,
    generation: u64,
    kinds: &[ItemKind],
) -> Result<Vec<ItemRef>, rusqlite::Error> {
    let transaction = connection.transaction()?;
    let mut gone = Vec::new();
    for (table, rows, item) in kinds.iter().filter_map(|kind| table(*kind)) {
        let sql = format!("DELETE FROM {table} WHERE {rows} AND generation < ?1 RETURNING id");
        let mut statement = transaction.prepare_cached(&sql)?;
        for id in statement.query_map([ordered(generation)], id)? {
            gone.push(item(id?));
        }
    }
    // Done ones are never read in full: the oldest go in time.
    transaction.execute(
        "DELETE FROM activity WHERE done = 1 AND id NOT IN (SELECT id FROM activity WHERE done = 1 ORDER BY id DESC LIMIT ?1)",
        [DONE_KEPT],
    )?;
    // Whoever sweeps all has read everything, so nothing is missing any more.
    if SWEPT.iter().all(|kind| kinds.contains(kind)) {
        transaction.execute("DELETE FROM note WHERE name = ?1", [REJECTED])?;
    }
    transaction.commit()?;
    Ok(gone)
}
