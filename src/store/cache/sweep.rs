//! Removing what the server no longer has, which shows in that a whole reading did not see it.

use rusqlite::Connection;

use super::file::HOLES;
use super::write::ordered;
use crate::domain::{ActivityId, DealId, ItemRef, OrgId, PersonId};

/// How many done activities are kept: a long list to look back on.
const DONE_KEPT: u32 = 5_000;

/// Removes what was last seen before a generation.
pub(super) fn sweep(connection: &mut Connection, generation: u64) -> Result<Vec<ItemRef>, rusqlite::Error> {
    let transaction = connection.transaction()?;
    let gone = |sql: &str| -> Result<Vec<u64>, rusqlite::Error> {
        let mut statement = transaction.prepare_cached(sql)?;
        let ids = statement.query_map([ordered(generation)], |row| row.get(0).map(i64::cast_unsigned))?;
        ids.collect()
    };
    let deals = gone("DELETE FROM deal WHERE generation < ?1 RETURNING id")?;
    let activities = gone("DELETE FROM activity WHERE done = 0 AND generation < ?1 RETURNING id")?;
    let people = gone("DELETE FROM person WHERE generation < ?1 RETURNING id")?;
    let orgs = gone("DELETE FROM organization WHERE generation < ?1 RETURNING id")?;
    // Done ones are never read in full: the oldest go in time.
    transaction.execute(
        "DELETE FROM activity WHERE done = 1 AND id NOT IN (SELECT id FROM activity WHERE done = 1 ORDER BY id DESC LIMIT ?1)",
        [DONE_KEPT],
    )?;
    // Whoever sweeps has read everything, so nothing is missing any more.
    transaction.execute("DELETE FROM note WHERE name = ?1", [HOLES])?;
    transaction.commit()?;
    let deals = deals.into_iter().map(|id| ItemRef::Deal(DealId(id)));
    let activities = activities.into_iter().map(|id| ItemRef::Activity(ActivityId(id)));
    let people = people.into_iter().map(|id| ItemRef::Person(PersonId(id)));
    let orgs = orgs.into_iter().map(|id| ItemRef::Org(OrgId(id)));
    Ok(deals.chain(activities).chain(people).chain(orgs).collect())
}
