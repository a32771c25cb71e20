//! Reading the cache's rows. One that makes no sense is left out and noted; it never ends the reading.

use std::collections::BTreeSet;

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, params};
use serde::de::DeserializeOwned;

use super::Counts;
use super::file::REJECTED;
use super::write;
use crate::domain::{Activity, Deal, ItemRef, Lead, Note, Organization, Person};
use crate::workspace::ServerUpdate;

/// Rows that could not be read.
#[derive(Debug, Default)]
pub(super) struct RejectedRows {
    rows: Vec<(&'static str, i64, Reads)>,
}

/// Whether a text can be read as what should be in a table.
type Reads = fn(ValueRef<'_>) -> bool;

impl RejectedRows {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Reads a body; one that cannot be read is noted.
    pub(super) fn parse<T: DeserializeOwned>(
        &mut self,
        table: &'static str,
        row: i64,
        body: ValueRef<'_>,
    ) -> Option<T> {
        let parsed = parse(body);
        if parsed.is_none() {
            self.rows.push((table, row, |body| parse::<T>(body).is_some()));
        }
        parsed
    }

    /// Removes these rows, so that they are not found again, and notes that something is missing until everything
    /// has been read again. Rows that have been written anew meanwhile stay.
    pub(super) fn remove(&self, connection: &mut Connection) -> Result<(), rusqlite::Error> {
        let transaction = connection.transaction()?;
        for (table, row, reads) in &self.rows {
            let is_good = transaction
                .prepare_cached(&format!("SELECT body FROM {table} WHERE rowid = ?1"))?
                .query_row([row], |found| Ok(reads(found.get_ref(0)?)))
                .optional()?;
            if is_good == Some(false) {
                transaction.prepare_cached(&format!("DELETE FROM {table} WHERE rowid = ?1"))?.execute([row])?;
            }
        }
        write::put_note(&transaction, REJECTED, "")?;
        transaction.commit()
    }
}

fn parse<T: DeserializeOwned>(body: ValueRef<'_>) -> Option<T> {
    serde_json::from_str(body.as_str().ok()?).ok()
}

/// A text by its name.
pub(super) fn text(connection: &Connection, name: &str) -> Result<Option<String>, rusqlite::Error> {
    let mut statement = connection.prepare_cached("SELECT body FROM note WHERE name = ?1")?;
    let text = statement.query_row([name], |row| Ok(row.get_ref(0)?.as_str().ok().map(str::to_owned))).optional()?;
    Ok(text.flatten())
}

/// The lists that are kept whole.
pub(super) fn lists(connection: &Connection, bad: &mut RejectedRows) -> Result<Vec<ServerUpdate>, rusqlite::Error> {
    let mut statement = connection.prepare("SELECT rowid, name, body FROM list")?;
    let mut rows = statement.query([])?;
    let mut lists = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, body) = (row.get(0)?, row.get_ref(2)?);
        let list = match row.get_ref(1)?.as_str().unwrap_or_default() {
            "me" => bad.parse("list", id, body).map(ServerUpdate::Me),
            "users" => bad.parse("list", id, body).map(ServerUpdate::AllUsers),
            "pipelines" => bad.parse("list", id, body).map(ServerUpdate::AllPipelines),
            "stages" => bad.parse("list", id, body).map(ServerUpdate::AllStages),
            "labels" => bad.parse("list", id, body).map(ServerUpdate::AllLabels),
            "person_labels" => bad.parse("list", id, body).map(ServerUpdate::AllPersonLabels),
            "org_labels" => bad.parse("list", id, body).map(ServerUpdate::AllOrgLabels),
            "lead_labels" => bad.parse("list", id, body).map(ServerUpdate::AllLeadLabels),
            "fields" => bad.parse("list", id, body).map(ServerUpdate::AllFields),
            "activity_types" => bad.parse("list", id, body).map(ServerUpdate::AllActivityTypes),
            _ => None,
        };
        lists.extend(list);
    }
    Ok(lists)
}

/// Up to `most` items of a table, highest id first, from below an id on; and the lowest id of those rows where there
/// may be more.
pub(super) fn page<T: DeserializeOwned>(
    connection: &Connection,
    (table, filter): (&'static str, &str),
    (below, most): (&Value, usize),
    bad: &mut RejectedRows,
) -> Result<(Vec<T>, Option<Value>), rusqlite::Error> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT rowid, id, body FROM {table} WHERE {filter} AND id < ?1 ORDER BY id DESC LIMIT ?2"
    ))?;
    let mut rows = statement.query(params![below, i64::try_from(most).unwrap_or(i64::MAX)])?;
    let (mut items, mut read, mut last) = (Vec::with_capacity(most), 0, None);
    while let Some(row) = rows.next()? {
        items.extend(bad.parse(table, row.get(0)?, row.get_ref(2)?));
        last = Some(row.get(1)?);
        read += 1;
    }
    Ok((items, last.filter(|_| read == most)))
}

/// These items, as far as they are there.
pub(super) fn items(
    connection: &Connection,
    wanted: &[ItemRef],
    bad: &mut RejectedRows,
) -> Result<Vec<ServerUpdate>, rusqlite::Error> {
    let (mut deals, mut activities, mut leads) = (Vec::new(), Vec::new(), Vec::new());
    let (mut people, mut orgs, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for item in wanted.iter().collect::<BTreeSet<_>>() {
        match item {
            ItemRef::Deal(id) => deals.extend(one::<Deal>(connection, "deal", write::key(id.0), bad)?),
            ItemRef::Activity(id) => {
                activities.extend(one::<Activity>(connection, "activity", write::key(id.0), bad)?);
            }
            ItemRef::Person(id) => people.extend(one::<Person>(connection, "person", write::key(id.0), bad)?),
            ItemRef::Org(id) => orgs.extend(one::<Organization>(connection, "organization", write::key(id.0), bad)?),
            ItemRef::Lead(id) => leads.extend(one::<Lead>(connection, "lead", Value::Text(id.to_string()), bad)?),
            ItemRef::Note(id) => notes.extend(one::<Note>(connection, "remark", write::key(id.0), bad)?),
        }
    }
    let changes = [
        (!deals.is_empty()).then_some(ServerUpdate::Deals(deals)),
        (!activities.is_empty()).then_some(ServerUpdate::Activities(activities)),
        (!leads.is_empty()).then_some(ServerUpdate::Leads(leads)),
        (!people.is_empty()).then_some(ServerUpdate::People(people)),
        (!orgs.is_empty()).then_some(ServerUpdate::Organizations(orgs)),
        (!notes.is_empty()).then_some(ServerUpdate::Notes(notes)),
    ];
    Ok(changes.into_iter().flatten().collect())
}

fn one<T: DeserializeOwned>(
    connection: &Connection,
    table: &'static str,
    id: Value,
    bad: &mut RejectedRows,
) -> Result<Option<T>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(&format!("SELECT rowid, body FROM {table} WHERE id = ?1"))?;
    let found = statement.query_row([id], |row| Ok(bad.parse(table, row.get(0)?, row.get_ref(1)?))).optional()?;
    Ok(found.flatten())
}

/// How many items are kept.
pub(super) fn count(connection: &Connection) -> Result<Counts, rusqlite::Error> {
    let count = |table: &str| {
        connection
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0))
            .map(|count| usize::try_from(count).unwrap_or(0))
    };
    Ok(Counts {
        deals: count("deal")?,
        activities: count("activity")?,
        leads: count("lead")?,
        people: count("person")?,
        organizations: count("organization")?,
    })
}
