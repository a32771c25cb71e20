//! Damaged files: the cache is made anew, the journal set aside and saved as far as it can be read.

use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use dealdeck::store::{Batch, JournalEntry, Store, StoreError, StoredState, Warning};
use dealdeck::workspace::{EditId, ServerUpdate};
use proptest::prelude::*;

use crate::desk::{Contents, Desk, batch, deal, edit, ids, loaded};

const DEALS: u64 = 2_000;

/// Overwrites a part of a file.
fn overwrite(path: &Path, at: u64, bytes: &[u8]) {
    let mut file = OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(bytes).unwrap();
}

/// Bytes that are nothing.
fn noise(length: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(7);
    (0..length).map(|_| random.u8(..)).collect()
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).unwrap().len()
}

fn truncate(path: &Path, size: u64) {
    OpenOptions::new().write(true).open(path).unwrap().set_len(size).unwrap();
}

/// A closed store with many deals.
async fn with_deals() -> Desk {
    let desk = Desk::new();
    let (store, _) = desk.open();
    let changes = vec![ServerUpdate::Deals((0..DEALS).map(deal).collect())];
    store.cache().put(Batch { changes, generation: 1, notes: Some("notes".into()) }).await.unwrap();
    store.cache().put_snapshot("front".into(), Vec::new()).await.unwrap();
    store.close().await;
    desk
}

/// A closed store with many edits, of which each one takes about half a page.
async fn with_edits(count: u64) -> (Desk, Vec<JournalEntry>) {
    let desk = Desk::new();
    let (store, _) = desk.open();
    let made: Vec<JournalEntry> =
        (0..count).map(|id| JournalEntry { what: "x".repeat(1_500), ..edit(id, id) }).collect();
    store.journal().add(made.clone(), vec![]).await.unwrap();
    store.close().await;
    (desk, made)
}

/// That a cache can be filled and read again.
async fn assert_works(store: &Store) {
    let changes = vec![ServerUpdate::Deals((0..DEALS).map(deal).collect())];
    store.cache().put(batch(1, changes.clone())).await.unwrap();
    assert_eq!(Contents::of(loaded(store).await), Contents::of(changes));
}

#[tokio::test]
async fn a_cache_that_is_damaged_when_opened_is_made_anew() {
    let damages: [fn(&Path); 4] = [
        |path| fs::write(path, noise(50_000)).unwrap(),
        |path| overwrite(path, 0, &noise(5_000)),
        |path| truncate(path, 10_000),
        |path| truncate(path, 100),
    ];
    for damage in damages {
        let desk = with_deals().await;
        let cache = desk.file("cache.db");
        damage(&cache);
        fs::write(desk.file("cache.db-wal"), noise(9_000)).unwrap();
        let (store, restored) = desk.open();
        assert!(matches!(restored.warnings.as_slice(), [Warning::CacheRebuilt { .. }]), "{:?}", restored.warnings);
        assert_eq!((restored.front, restored.notes), (None, None));
        assert_works(&store).await;
        store.close().await;
        assert_eq!(desk.open().1.warnings, []);
    }
}

#[tokio::test]
async fn something_else_under_the_caches_name_is_replaced() {
    let desk = with_deals().await;
    fs::remove_file(desk.file("cache.db")).unwrap();
    desk.sql("cache.db", "CREATE TABLE deal (id); PRAGMA application_id = 5;");
    let (store, restored) = desk.open();
    assert!(matches!(restored.warnings.as_slice(), [Warning::CacheRebuilt { .. }]));
    assert_works(&store).await;
}

#[tokio::test]
async fn a_cache_whose_tables_are_gone_is_made_anew() {
    let desk = with_deals().await;
    desk.sql("cache.db", "DROP TABLE note");
    let (store, restored) = desk.open();
    assert!(matches!(restored.warnings.as_slice(), [Warning::CacheRebuilt { .. }]));
    assert_works(&store).await;
}

#[tokio::test]
async fn damage_that_shows_in_use_is_told_and_the_cache_can_be_made_anew() {
    let desk = with_deals().await;
    let cache = desk.file("cache.db");
    let middle = size(&cache) / 2;
    overwrite(&cache, middle, &noise(100_000));
    let (store, restored) = desk.open();
    assert_eq!(restored.front.as_deref(), Some("front"), "what lies elsewhere is read all the same");

    let mut pieces = store.cache().load();
    let mut last = None;
    while let Some(piece) = pieces.recv().await {
        assert!(last.is_none(), "an error is the last thing sent");
        last = piece.err();
    }
    assert!(matches!(&last, Some(StoreError::Corrupt { path, .. }) if *path == cache), "{last:?}");
    let all = vec![ServerUpdate::Deals((0..DEALS).map(deal).collect())];
    let put = store.cache().put(batch(2, all)).await;
    assert!(matches!(&put, Err(StoreError::Corrupt { path, .. }) if *path == cache), "{put:?}");

    store.cache().rebuild().await.unwrap();
    assert_works(&store).await;
    store.close().await;
    assert_eq!(desk.open().1.warnings, []);
}

/// Where a damaged journal was put, and how many edits were saved.
fn set_aside(restored: &StoredState) -> (PathBuf, usize) {
    match restored.warnings.as_slice() {
        [Warning::EditsSetAside { path, saved }] => (path.clone(), *saved),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_can_be_read_of_a_damaged_journal_is_saved() {
    let (desk, made) = with_edits(60).await;
    let journal = desk.file("edits.db");
    // Three pages in the middle, each with some edits.
    let page = 4096;
    let middle = size(&journal) / page / 2 * page;
    overwrite(&journal, middle, &noise(3 * 4096));
    let damaged = fs::read(&journal).unwrap();

    let (store, restored) = desk.open();
    let (path, saved) = set_aside(&restored);
    let name = path.file_name().unwrap().to_str().unwrap();
    assert!(
        name.starts_with("edits.db.damaged-20") && name.len() == "edits.db.damaged-20260101-120000".len(),
        "{name}"
    );
    assert_eq!(fs::read(&path).unwrap(), damaged, "nothing in it has changed");
    assert_eq!(saved, restored.edits.len());
    assert!((50..60).contains(&saved), "{saved}");
    assert!(ids(&restored.edits).starts_with(&[0, 1]) && ids(&restored.edits).ends_with(&[58, 59]));
    for kept in &restored.edits {
        assert!(made.contains(kept));
    }
    assert!(restored.next_edit >= 60);
    // It is a journal like any other.
    store.journal().add(vec![edit(restored.next_edit, 1)], vec![EditId(0)]).await.unwrap();
    store.close().await;
    let (_, again) = desk.open();
    assert_eq!((again.warnings, again.edits.len()), (vec![], saved));
    assert!(path.exists());
}

#[tokio::test]
async fn the_rest_of_a_journal_that_was_cut_off_is_saved() {
    let (desk, _) = with_edits(60).await;
    // Between two pages: a row that is cut in two is told of apart.
    truncate(&desk.file("edits.db"), size(&desk.file("edits.db")) / 2 / 4096 * 4096);
    let (_, restored) = desk.open();
    let (_, saved) = set_aside(&restored);
    assert!((10..50).contains(&saved), "{saved}");
    assert!(restored.next_edit >= 60);
}

#[tokio::test]
async fn a_journal_that_is_none_is_set_aside() {
    let tables =
        "CREATE TABLE other (a, b, c, d, e, f, g, h, i); INSERT INTO other VALUES (1, 2, 3, 4, 5, 6, 7, 8, 9);";
    let foreign = |desk: &Desk| desk.sql("edits.db", tables);
    let noise = |desk: &Desk| fs::write(desk.file("edits.db"), noise(20_000)).unwrap();
    for put in [&foreign as &dyn Fn(&Desk), &noise] {
        let (desk, _) = with_edits(3).await;
        fs::remove_file(desk.file("edits.db")).unwrap();
        put(&desk);
        let before = fs::read(desk.file("edits.db")).unwrap();
        let (store, restored) = desk.open();
        let (path, saved) = set_aside(&restored);
        assert_eq!((fs::read(path).unwrap(), saved), (before, 0));
        store.journal().add(vec![edit(restored.next_edit, 1)], vec![]).await.unwrap();
        store.close().await;
        // In the same second the name is taken.
        fs::write(desk.file("edits.db"), b"nothing").unwrap();
        let (_, restored) = desk.open();
        set_aside(&restored);
        assert_eq!(desk.names().iter().filter(|name| name.contains("damaged")).count(), 2, "{:?}", desk.names());
    }
}

#[tokio::test]
async fn a_damaged_head_costs_no_edit() {
    // The application, the page size, what may be written, the name of the format, the first page.
    let damages = [(68, 4), (16, 2), (18, 1), (0, 16), (0, 4096)];
    for (at, length) in damages {
        let (desk, made) = with_edits(9).await;
        overwrite(&desk.file("edits.db"), at, &noise(length));
        let (_, restored) = desk.open();
        assert_eq!((set_aside(&restored).1, restored.edits), (9, made), "{length} bytes at {at}");
        assert!(restored.next_edit >= 9);
    }
}

#[tokio::test]
async fn what_is_saved_of_a_bulk_is_part_of_it_still() {
    // The first page, the index, and what tells of the bulk itself: that then is all that is lost.
    for (damaged, is_lost) in [("edit_by_state", false), ("part", true), ("", false)] {
        let desk = Desk::new();
        let (store, _) = desk.open();
        let made: Vec<JournalEntry> =
            (0..9).map(|id| JournalEntry { part_of: Some(EditId(0)), ..edit(id, id) }).collect();
        store.journal().add(made.clone(), vec![]).await.unwrap();
        store.close().await;
        let path = desk.file("edits.db");
        let root = rusqlite::Connection::open(&path)
            .unwrap()
            .query_row("SELECT max(rootpage) FROM sqlite_schema WHERE name = ?1", [damaged], |row| row.get(0))
            .map_or(0, |root: Option<i64>| root.map_or(0, |root| u64::try_from(root).unwrap() - 1));
        overwrite(&path, root * 4096, &noise(100));
        let (_, restored) = desk.open();
        assert_eq!(set_aside(&restored).1, 9, "{damaged}");
        let part_of = if is_lost { None } else { Some(EditId(0)) };
        let expected: Vec<JournalEntry> = made.into_iter().map(|edit| JournalEntry { part_of, ..edit }).collect();
        assert_eq!(restored.edits, expected, "{damaged}");
    }
}

#[tokio::test]
async fn what_the_log_holds_is_saved_where_the_file_itself_was_emptied() {
    let desk = Desk::new();
    let (store, _) = desk.open();
    store.journal().add((0..5).map(|id| edit(id, id)).collect(), vec![]).await.unwrap();
    let crashed = desk.crashed();
    truncate(&crashed.file("edits.db"), 0);
    let (_, restored) = crashed.open();
    assert_eq!(set_aside(&restored).1, 5);
    assert_eq!(ids(&restored.edits), [0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn an_emptied_journal_is_not_taken_for_a_new_one() {
    let empty = |path: &Path| fs::write(path, "").unwrap();
    let without_tables = |path: &Path| {
        fs::remove_file(path).unwrap();
        let made = rusqlite::Connection::open(path).unwrap();
        made.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).unwrap();
    };
    for put in [&empty as &dyn Fn(&Path), &without_tables] {
        let (desk, _) = with_edits(3).await;
        put(&desk.file("edits.db"));
        let before = fs::read(desk.file("edits.db")).unwrap();
        let (store, restored) = desk.open();
        let [Warning::EditsEmptied { path }] = restored.warnings.as_slice() else { panic!("{:?}", restored.warnings) };
        assert_eq!((fs::read(path).unwrap(), restored.edits), (before, vec![]));
        let said = restored.warnings[0].to_string();
        assert!(said.contains("was empty") && said.contains("not sent yet"), "{said}");
        store.journal().add(vec![edit(restored.next_edit, 1)], vec![]).await.unwrap();
        store.close().await;
        assert_eq!(desk.open().1.warnings, []);
    }
    // One that was killed at its very first start had nothing to lose.
    let desk = Desk::new();
    fs::create_dir_all(desk.file("")).unwrap();
    fs::write(desk.file("edits.db"), "").unwrap();
    fs::write(desk.file("cache.db"), "").unwrap();
    assert_eq!(desk.open().1.warnings, []);
}

#[tokio::test]
async fn what_was_confirmed_outlives_the_process() {
    let desk = Desk::new();
    let (store, _) = desk.open();
    store.cache().put(Batch { notes: Some("notes".into()), ..batch(1, vec![]) }).await.unwrap();
    store.journal().add(vec![edit(0, 1)], vec![]).await.unwrap();
    let (_, restored) = desk.crashed().open();
    assert_eq!((restored.notes.as_deref(), ids(&restored.edits)), (Some("notes"), vec![0]));
    assert_eq!(restored.warnings, []);
}

#[tokio::test]
async fn setting_aside_goes_on_wherever_it_was_interrupted() {
    // Before the new file counted: it may not be whole.
    let (desk, made) = with_edits(3).await;
    fs::write(desk.file("edits.db.new"), b"not whole").unwrap();
    fs::write(desk.file("edits.db.new-wal"), b"not whole").unwrap();
    let (store, restored) = desk.open();
    assert_eq!((restored.edits, restored.warnings), (made.clone(), vec![]));
    store.close().await;
    assert!(!desk.file("edits.db.new").exists());
    // After the old one was renamed, with its log still there.
    fs::rename(desk.file("edits.db"), desk.file("edits.db.new")).unwrap();
    fs::write(desk.file("edits.db-wal"), b"of the old one").unwrap();
    let (_, restored) = desk.open();
    assert_eq!((restored.edits, restored.warnings), (made, vec![]));
    assert!(desk.names().iter().any(|name| name.contains("damaged") && name.ends_with("-wal")), "{:?}", desk.names());
}

#[tokio::test]
async fn an_index_that_lies_hides_no_edit() {
    let (desk, made) = with_edits(40).await;
    let path = desk.file("edits.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    let page = |sql: &str| usize::try_from(connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap()).unwrap();
    let (root, length) =
        (page("SELECT rootpage FROM sqlite_master WHERE name = 'edit_by_state'"), page("PRAGMA page_size"));
    drop(connection);
    let content = fs::read(&path).unwrap();
    let index = &content[(root - 1) * length..root * length];
    let at = index.windows(7).position(|text| text == b"waiting").unwrap();
    overwrite(&path, ((root - 1) * length + at) as u64, b"zaiting");
    let (_, restored) = desk.open();
    assert_eq!(restored.edits, made);
}

#[tokio::test]
async fn a_file_of_a_newer_program_is_left_as_it_is() {
    for (newer, known) in [("cache.db", 2), ("edits.db", 2)] {
        let (desk, _) = with_edits(3).await;
        desk.sql(newer, "PRAGMA user_version = 99; DROP TABLE IF EXISTS deal; DROP TABLE IF EXISTS edit;");
        let content = || ["cache.db", "edits.db"].map(|name| fs::read(desk.file(name)).unwrap());
        let before = content();
        let expected = StoreError::Newer { path: desk.file(newer), found: 99, known };
        assert_eq!(Store::open(&desk.home, crate::desk::ME).err(), Some(expected.clone()));
        assert_eq!(Store::open_frozen(&desk.home, crate::desk::ME).err(), Some(expected.clone()));
        assert!(expected.to_string().contains("format 99"), "{expected}");
        assert!(content() == before);
        assert!(!desk.names().iter().any(|name| name.contains("damaged")));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever is in the files: no panic, and no byte of the journal is lost.
    #[test]
    fn any_damage_is_survived(
        places in prop::collection::vec((0.0..1.0_f64, prop::collection::vec(any::<u8>(), 1..40)), 1..4),
        header in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (desk, made) = with_edits(40).await;
            let (store, _) = desk.open();
            store.cache().put(batch(1, vec![ServerUpdate::Deals((0..200).map(deal).collect())])).await.unwrap();
            store.close().await;
            for name in ["edits.db", "cache.db"] {
                let path = desk.file(name);
                #[expect(clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "somewhere in the file")]
                let place = |at: f64| ((if header { 400.0 } else { (size(&path) - 50) as f64 }) * at) as u64;
                for (at, bytes) in &places {
                    overwrite(&path, place(*at), bytes);
                }
            }
            let damaged = fs::read(desk.file("edits.db")).unwrap();
            match Store::open(&desk.home, crate::desk::ME) {
                Err(StoreError::Newer { .. }) => prop_assert!(fs::read(desk.file("edits.db")).unwrap() == damaged),
                Err(error) => prop_assert!(false, "{error}"),
                Ok((store, restored)) => {
                    let mut lost = made.len() - restored.edits.len();
                    for warning in &restored.warnings {
                        match warning {
                            Warning::EditsSetAside { path, .. } => {
                                prop_assert!(fs::read(path).unwrap() == damaged);
                                lost = 0;
                            }
                            Warning::EditsUnread { count, .. } => lost = lost.saturating_sub(*count),
                            _ => {}
                        }
                    }
                    prop_assert_eq!(lost, 0, "not without a word");
                    let mut pieces = store.cache().load();
                    while pieces.recv().await.is_some() {}
                    store.cache().rebuild().await.unwrap();
                    store.journal().add(vec![edit(restored.next_edit, 1)], vec![]).await.unwrap();
                    store.close().await;
                }
            }
            Ok(())
        })?;
    }
}
