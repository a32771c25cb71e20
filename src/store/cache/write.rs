//! Writing what the server said.

use std::collections::HashSet;

use rusqlite::types::Value;
use rusqlite::{Connection, Transaction, params};
use serde::Serialize;

use super::file::{CHECKPOINT, GENERATION, SNAPSHOT, SNAPSHOT_ITEMS};
use super::rows;
use super::{Batch, details};
use crate::domain::{Activity, Deal, DealStatus, ItemRef, Lead, Organization, Person};
use crate::workspace::ServerUpdate;

/// Keeps a batch, whole or not at all.
pub(super) fn put(connection: &mut Connection, batch: &Batch) -> Result<(), rusqlite::Error> {
    let transaction = connection.transaction()?;
    let highest: u64 = rows::text(&transaction, GENERATION)?.and_then(|text| text.parse().ok()).unwrap_or(0);
    if batch.generation > highest {
        put_note(&transaction, GENERATION, &batch.generation.to_string())?;
    }
    let writer = Writer { transaction: &transaction, generation: ordered(batch.generation) };
    for change in &batch.changes {
        writer.change(change)?;
    }
    if let Some(notes) = &batch.notes {
        put_note(&transaction, CHECKPOINT, notes)?;
    }
    transaction.commit()
}

/// Keeps what is shown first, and the items that it is about.
pub(super) fn snapshot(connection: &mut Connection, front: &str, items: &[ItemRef]) -> Result<(), rusqlite::Error> {
    let transaction = connection.transaction()?;
    put_note(&transaction, SNAPSHOT, front)?;
    put_note(&transaction, SNAPSHOT_ITEMS, &json(&items)?)?;
    transaction.commit()
}

pub(super) fn put_note(transaction: &Transaction<'_>, name: &str, body: &str) -> Result<(), rusqlite::Error> {
    let mut put = transaction.prepare_cached(
        "INSERT INTO note (name, body) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET body = excluded.body",
    )?;
    put.execute([name, body])?;
    Ok(())
}

/// An id as `SQLite` keeps it: one to one, also for those beyond what it can count to.
pub(super) fn key(id: u64) -> Value {
    Value::Integer(id.cast_signed())
}

/// A number that is compared with others.
pub(super) fn ordered(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Whether what is to be put is older than what is there.
macro_rules! older {
    () => {
        "unixepoch(json_extract(excluded.body, '$.updated'), 'subsec')
            < unixepoch(iif(json_valid(old.body), json_extract(old.body, '$.updated'), NULL), 'subsec')"
    };
}

/// Puts an item into its table, with its mark where it has one. What the server has changed since does not go back to what it was: a page
/// that was read before an edit may come to be kept after the edit's answer. Where a time is not known, the later comes
/// in the place of the earlier. That it was seen counts in any case.
macro_rules! put_unless_older {
    ($table:literal, $mark:literal) => {
        concat!(
            "INSERT INTO ",
            $table,
            " AS old (id, ",
            $mark,
            ", generation, body) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (id) DO UPDATE SET generation = excluded.generation, (",
            $mark,
            ", body) = (SELECT iif(older, old.",
            $mark,
            ", excluded.",
            $mark,
            "), iif(older, old.body, excluded.body) FROM (SELECT ",
            older!(),
            " AS older)) WHERE old.body <> excluded.body OR old.generation <> excluded.generation"
        )
    };
    ($table:literal) => {
        concat!(
            "INSERT INTO ",
            $table,
            " AS old (id, generation, body) VALUES (?1, ?3, ?4)
            ON CONFLICT (id) DO UPDATE SET generation = excluded.generation, body = iif(",
            older!(),
            ", old.body, excluded.body)
            WHERE old.body <> excluded.body OR old.generation <> excluded.generation"
        )
    };
}

/// How an item lies in its table.
trait Row: Serialize {
    /// Takes the id, what it is looked for by, the generation and the body. Writes nothing where all is as it was: most
    /// of what is read over and over is.
    const PUT: &'static str;

    fn key(&self) -> Value;

    /// What it is looked for by, where its table has that.
    fn mark(&self) -> bool {
        false
    }
}

impl Row for Deal {
    const PUT: &'static str = put_unless_older!("deal", "open");

    fn key(&self) -> Value {
        key(self.id.0)
    }

    fn mark(&self) -> bool {
        self.status == DealStatus::Open && !self.archived
    }
}

impl Row for Activity {
    const PUT: &'static str = put_unless_older!("activity", "done");

    fn key(&self) -> Value {
        key(self.id.0)
    }

    fn mark(&self) -> bool {
        self.done
    }
}

impl Row for Lead {
    const PUT: &'static str = put_unless_older!("lead", "archived");

    fn key(&self) -> Value {
        Value::Text(self.id.to_string())
    }

    fn mark(&self) -> bool {
        self.archived
    }
}

impl Row for Person {
    const PUT: &'static str = put_unless_older!("person");

    fn key(&self) -> Value {
        key(self.id.0)
    }
}

impl Row for Organization {
    const PUT: &'static str = put_unless_older!("organization");

    fn key(&self) -> Value {
        key(self.id.0)
    }
}

struct Writer<'a> {
    transaction: &'a Transaction<'a>,
    generation: i64,
}

impl Writer<'_> {
    fn change(&self, change: &ServerUpdate) -> Result<(), rusqlite::Error> {
        match change {
            ServerUpdate::Me(me) => self.list("me", me),
            ServerUpdate::AllUsers(list) => self.list("users", list),
            ServerUpdate::AllPipelines(list) => self.list("pipelines", list),
            ServerUpdate::AllStages(list) => self.list("stages", list),
            ServerUpdate::AllLabels(list) => self.list("labels", list),
            ServerUpdate::AllPersonLabels(list) => self.list("person_labels", list),
            ServerUpdate::AllOrgLabels(list) => self.list("org_labels", list),
            ServerUpdate::AllLeadLabels(list) => self.list("lead_labels", list),
            ServerUpdate::AllFields(list) => self.list("fields", list),
            ServerUpdate::AllActivityTypes(list) => self.list("activity_types", list),
            ServerUpdate::People(people) => self.items(people),
            ServerUpdate::Organizations(organizations) => self.items(organizations),
            ServerUpdate::Deals(deals) => self.items(deals),
            ServerUpdate::Activities(activities) => self.items(activities),
            ServerUpdate::Leads(leads) => self.items(leads),
            ServerUpdate::AllLeads(leads) => {
                self.items(leads)?;
                self.forget_other_leads(leads)
            }
            ServerUpdate::Notes(notes) => details::put_notes(self.transaction, notes, self.generation),
            ServerUpdate::Details(dossier) => details::put(self.transaction, dossier, self.generation),
            ServerUpdate::Gone(item) => self.forget(*item),
        }
    }

    fn list(&self, name: &str, list: &impl Serialize) -> Result<(), rusqlite::Error> {
        let mut put = self.transaction.prepare_cached(
            "INSERT INTO list (name, body) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET body = excluded.body",
        )?;
        put.execute(params![name, json(list)?])?;
        Ok(())
    }

    fn items<T: Row>(&self, items: &[T]) -> Result<(), rusqlite::Error> {
        let mut put = self.transaction.prepare_cached(T::PUT)?;
        for item in items {
            put.execute(params![item.key(), item.mark(), self.generation, json(item)?])?;
        }
        Ok(())
    }

    /// Of the leads in the inbox, removes those that are not in a list of all of them.
    fn forget_other_leads(&self, leads: &[Lead]) -> Result<(), rusqlite::Error> {
        let listed: HashSet<String> = leads.iter().map(|lead| lead.id.to_string()).collect();
        let mut known = self.transaction.prepare_cached("SELECT rowid, id FROM lead WHERE archived = 0")?;
        let mut forget = self.transaction.prepare_cached("DELETE FROM lead WHERE rowid = ?1")?;
        let mut gone: Vec<i64> = Vec::new();
        let mut rows = known.query([])?;
        while let Some(row) = rows.next()? {
            if !row.get_ref(1)?.as_str().is_ok_and(|id| listed.contains(id)) {
                gone.push(row.get(0)?);
            }
        }
        for row in gone {
            forget.execute([row])?;
        }
        Ok(())
    }

    fn forget(&self, item: ItemRef) -> Result<(), rusqlite::Error> {
        details::forget(self.transaction, item)?;
        let (sql, key) = match item {
            ItemRef::Deal(id) => ("DELETE FROM deal WHERE id = ?1", key(id.0)),
            ItemRef::Activity(id) => ("DELETE FROM activity WHERE id = ?1", key(id.0)),
            ItemRef::Person(id) => ("DELETE FROM person WHERE id = ?1", key(id.0)),
            ItemRef::Org(id) => ("DELETE FROM organization WHERE id = ?1", key(id.0)),
            ItemRef::Lead(id) => ("DELETE FROM lead WHERE id = ?1", Value::Text(id.to_string())),
            ItemRef::Note(id) => ("DELETE FROM remark WHERE id = ?1", key(id.0)),
        };
        self.transaction.prepare_cached(sql)?.execute([key])?;
        Ok(())
    }
}

pub(super) fn json(item: &impl Serialize) -> Result<String, rusqlite::Error> {
    serde_json::to_string(item).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}
