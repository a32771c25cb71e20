//! Data directories of version 0.1: later versions open them with nothing lost, and go on storing the same names.
//!
//! Everything read from a fixture is written to a new store, and the rows of both are compared: a stored name that
//! changes on either side makes a difference.

use std::collections::BTreeSet;
use std::path::Path;

use dealdeck::domain::{CompanyId, Edit};
use dealdeck::store::{Batch, CompanyDir, EditState, JournalEntry, Store, StoredState};
use dealdeck::webhooks::Identity;
use dealdeck::workspace::{BoardSnapshot, EditId, ServerUpdate};
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::desk::{Desk, ME, loaded};

const EDITS: &str = include_str!("../fixtures/v0.1/edits.sql");
const CACHE: &str = include_str!("../fixtures/v0.1/cache.sql");
const SCREEN: &str = include_str!("../fixtures/v0.1/screen.json");

/// A data directory as version 0.1 left it.
fn previous() -> Desk {
    let desk = Desk::new();
    std::fs::create_dir_all(desk.file("")).unwrap();
    desk.sql("edits.db", EDITS);
    desk.sql("cache.db", CACHE);
    std::fs::write(desk.file("screen.json"), SCREEN).unwrap();
    desk
}

fn rows(file: &Path, sql: &str) -> Vec<Vec<Value>> {
    let connection = Connection::open(file).unwrap();
    let mut statement = connection.prepare(sql).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| (0..columns).map(|at| row.get(at)).collect()).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Compares the rows of a table in the directory of the previous version with those in a new one.
fn assert_same_rows(old: &Desk, new: &Desk, file: &str, sql: &str) {
    let (old, new) = (rows(&old.file(file), sql), rows(&new.file(file), sql));
    assert!(!old.is_empty(), "{sql}");
    for (old, new) in old.iter().zip(&new) {
        assert_eq!(old, new, "{sql}");
    }
    assert_eq!(old.len(), new.len(), "{sql}");
}

async fn opened(desk: &Desk) -> (Store, StoredState, Vec<JournalEntry>) {
    let (store, restored) = desk.open();
    assert_eq!(restored.warnings, []);
    let history = store.journal().history(1_000).await.unwrap();
    (store, restored, history)
}

#[tokio::test]
async fn queued_edits_and_history_of_0_1_are_kept() {
    let old = previous();
    let (store, restored, mut history) = opened(&old).await;
    store.close().await;
    history.reverse();

    let new = Desk::new();
    let (store, _) = new.open();
    store.journal().add(history.clone(), Vec::new()).await.unwrap();
    store.close().await;
    let edits = "SELECT id, state, made_at, ended_at, what, edit, base, step, outcome FROM edit ORDER BY id";
    assert_same_rows(&old, &new, "edits.db", edits);
    assert_same_rows(&old, &new, "edits.db", "SELECT edit, first FROM part ORDER BY edit");

    assert_eq!((history.len(), restored.next_edit), (31, 31));
    let kinds: BTreeSet<&str> = history.iter().map(|kept| name(&kept.edit)).collect();
    assert_eq!(kinds.len(), 15, "{kinds:?}");
    let unfinished: Vec<&JournalEntry> = history.iter().filter(|kept| !kept.state.has_ended()).collect();
    assert_eq!(restored.edits.iter().collect::<Vec<_>>(), unfinished);
    let waiting = unfinished.iter().filter(|kept| kept.state == EditState::Waiting);
    assert_eq!((unfinished.len(), waiting.count()), (26, 24));
    let bulk = history.iter().filter(|kept| kept.part_of == Some(EditId(20)));
    assert_eq!((bulk.count(), restored.ended.len()), (2, 1));
    let theirs = history.iter().filter(|kept| matches!(kept.state, EditState::Attention { theirs: Some(_), .. }));
    assert_eq!((theirs.count(), history.iter().filter(|kept| kept.step.is_some()).count()), (1, 6));
}

fn name(edit: &Edit) -> &'static str {
    match edit {
        Edit::UpdateDeal { .. } => "update deal",
        Edit::UpdateActivity { .. } => "update activity",
        Edit::UpdateLead { .. } => "update lead",
        Edit::ConvertLead { .. } => "convert lead",
        Edit::ConvertDeal { .. } => "convert deal",
        Edit::CreateDeal { .. } => "create deal",
        Edit::CreateLead { .. } => "create lead",
        Edit::UpdatePerson { .. } => "update person",
        Edit::UpdateOrg { .. } => "update organization",
        Edit::CreatePerson { .. } => "create person",
        Edit::CreateOrg { .. } => "create organization",
        Edit::CreateActivity { .. } => "create activity",
        Edit::CreateNote { .. } => "create note",
        Edit::UpdateNote { .. } => "update note",
        Edit::Delete { .. } => "delete",
    }
}

#[tokio::test]
async fn the_cached_account_of_0_1_is_kept() {
    let old = previous();
    let (store, restored, _) = opened(&old).await;
    let mut changes = loaded(&store).await;
    for row in rows(&old.file("cache.db"), "SELECT item FROM dossier") {
        let [Value::Text(item)] = &row[..] else { panic!("{row:?}") };
        let item = serde_json::from_str(item).unwrap();
        let details = store.cache().dossier(item).await.unwrap().unwrap();
        changes.push(ServerUpdate::Details(Box::new(details)));
    }
    let note = serde_json::from_str(r#"{"Note":22}"#).unwrap();
    changes.extend(store.cache().items(vec![note]).await.unwrap());
    store.close().await;

    let front = restored.front.unwrap();
    let shown: BoardSnapshot = serde_json::from_str(&front).unwrap();
    assert_eq!(serde_json::to_string(&shown).unwrap(), front);
    assert!(!shown.items.is_empty() && !shown.totals.is_empty());

    let new = Desk::new();
    let (store, _) = new.open();
    let batch = Batch { changes, generation: restored.generation, notes: restored.notes };
    store.cache().put(batch).await.unwrap();
    store.cache().put_snapshot(front, shown.items).await.unwrap();
    store.close().await;
    for sql in [
        "SELECT name, body FROM note ORDER BY name",
        "SELECT name, body FROM list ORDER BY name",
        "SELECT id, open, generation, body FROM deal ORDER BY id",
        "SELECT id, done, generation, body FROM activity ORDER BY id",
        "SELECT id, archived, generation, body FROM lead ORDER BY id",
        "SELECT id, generation, body FROM person ORDER BY id",
        "SELECT id, generation, body FROM organization ORDER BY id",
        "SELECT item, at, body FROM dossier ORDER BY item",
        "SELECT id, generation, body FROM remark ORDER BY id",
        "SELECT item, remark FROM remark_on ORDER BY item, remark",
    ] {
        assert_same_rows(&old, &new, "cache.db", sql);
    }
}

#[tokio::test]
async fn the_saved_screen_of_0_1_is_read() {
    let old = previous();
    let (store, restored, _) = opened(&old).await;
    store.close().await;
    assert_eq!(restored.screen.as_deref(), Some(SCREEN));
}

#[test]
fn accounts_and_webhooks_of_0_1_are_known() {
    let root = tempfile::tempdir().unwrap();
    let home = CompanyDir::new(root.path(), "acme.pipedrive.com");
    std::fs::create_dir_all(home.path()).unwrap();
    std::fs::write(home.path().join("accounts.json"), include_str!("../fixtures/v0.1/accounts.json")).unwrap();
    std::fs::write(home.path().join("webhooks.json"), include_str!("../fixtures/v0.1/webhooks.json")).unwrap();
    assert_eq!((home.user_of("fingerprint"), home.company_of(ME)), (Some(ME), Some(CompanyId(99))));
    assert_eq!(home.salt().unwrap()[..3], [0x0f, 0x0e, 0x0d]);
    let identity = Identity::with_leftovers(&home).unwrap().unwrap();
    assert_eq!(identity.instance().to_string(), "0f0e0d0c-0b0a-4908-8706-050403020100");
    assert_eq!(identity.password().expose(), "made-up-for-this-test");
}
