//! The machine around the store: other processes, disks that are full or cannot be written, and who may read the files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use dealdeck::domain::UserId;
use dealdeck::store::{Access, Batch, CompanyDir, EditState, SWEPT, Store, StoreError, StoredState, Warning};
use dealdeck::workspace::{EditId, ServerUpdate};

use crate::desk::{Contents, Desk, ME, batch, deal, edit, ids, loaded, now};

#[tokio::test]
async fn a_second_store_reads_while_the_first_one_writes() {
    let desk = Desk::new();
    let (first, _) = desk.open();
    assert_eq!(first.access(), Access::Full);
    let changes = vec![ServerUpdate::Deals(vec![deal(1), deal(2)])];
    first.cache().put(Batch { notes: Some("notes".into()), ..batch(1, changes.clone()) }).await.unwrap();
    first.journal().add(vec![edit(0, 1)], vec![]).await.unwrap();

    let (second, restored) = desk.open();
    let pid = Some(std::process::id());
    assert_eq!(second.access(), Access::ReadOnly { pid });
    assert_eq!((restored.notes.as_deref(), ids(&restored.edits), restored.next_edit), (Some("notes"), vec![0], 1));
    assert_eq!((restored.items, restored.warnings), (vec![ServerUpdate::Deals(vec![deal(1)])], vec![]));
    assert_eq!(Contents::of(loaded(&second).await), Contents::of(changes.clone()));
    let held = Err(StoreError::Held { pid });
    assert_eq!(second.journal().add(vec![edit(1, 1)], vec![]).await, held);
    assert_eq!(second.journal().step(EditId(0), edit(1, 1).edit, None).await, held);
    assert_eq!(second.journal().rebase(vec![(EditId(0), None)]).await, held);
    assert_eq!(second.journal().set_state(EditId(0), EditState::Discarded, now()).await, held);
    assert_eq!(second.cache().put(batch(9, vec![ServerUpdate::Deals(vec![deal(9)])])).await, Ok(()));
    assert_eq!(second.cache().put_snapshot("front".into(), Vec::new()).await, Ok(()));
    assert_eq!(second.cache().sweep(9, SWEPT.to_vec()).await, Ok(vec![]));
    assert_eq!(second.cache().rebuild().await, Ok(()));
    assert_eq!(Contents::of(loaded(&first).await), Contents::of(changes));

    // It sees what the first one does meanwhile.
    first.journal().add(vec![edit(1, 1)], vec![]).await.unwrap();
    first.cache().put(batch(1, vec![ServerUpdate::Deals(vec![deal(3)])])).await.unwrap();
    assert_eq!(ids(&second.journal().history(9).await.unwrap()), [1, 0]);
    assert_eq!(second.cache().len().await.unwrap().deals, 3);
    first.close().await;
    assert_eq!(ids(&second.journal().history(9).await.unwrap()), [1, 0]);

    let (third, restored) = desk.open();
    assert_eq!((third.access(), restored.front, ids(&restored.edits)), (Access::Full, None, vec![0, 1]));
    third.journal().add(vec![edit(2, 1)], vec![]).await.unwrap();
    assert_eq!(ids(&second.journal().history(9).await.unwrap()), [2, 1, 0]);
}

#[tokio::test]
async fn accounts_of_different_users_do_not_get_into_each_others_way() {
    let desk = Desk::new();
    let (mine, _) = desk.open();
    let (other, restored) = Store::open(&desk.home, UserId(8)).unwrap();
    mine.journal().add(vec![edit(0, 1)], vec![]).await.unwrap();
    assert_eq!((other.access(), restored), (Access::Full, StoredState::default()));
    assert_eq!(other.journal().history(9).await, Ok(vec![]));
}

#[tokio::test]
async fn a_second_store_that_finds_no_files_shows_nothing() {
    let desk = Desk::new();
    let (first, _) = desk.open();
    for name in desk.names().iter().filter(|name| *name != "lock") {
        fs::remove_file(desk.file(name)).unwrap();
    }
    let (second, restored) = desk.open();
    assert_eq!(restored, StoredState::default());
    assert_eq!(loaded(&second).await, []);
    fs::write(desk.file("edits.db"), [7; 5_000]).unwrap();
    let (_, restored) = desk.open();
    assert!(matches!(restored.warnings.as_slice(), [Warning::EditsUnseen { .. }]), "{:?}", restored.warnings);
    first.close().await;
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_what_is_kept() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    let data = desk.root().join("new/data");
    let home = CompanyDir::new(&data, "acme");
    home.remember("fingerprint", ME).unwrap();
    let (store, _) = Store::open(&home, ME).unwrap();
    store.journal().add(vec![edit(0, 1)], vec![]).await.unwrap();
    store.cache().put_snapshot("front".into(), Vec::new()).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let directory = home.path().join("7");
    for made in [&data, home.path(), &directory] {
        assert_eq!(mode(made), 0o700, "{}", made.display());
    }
    let files = fs::read_dir(&directory).unwrap().chain(fs::read_dir(home.path()).unwrap());
    let files: Vec<PathBuf> = files.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    assert_eq!(files.len(), 9, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn a_place_that_cannot_be_made_is_told() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("file");
    fs::write(&file, "").unwrap();
    let home = CompanyDir::new(&file, "acme");
    let error = Store::open(&home, ME).err().unwrap();
    assert!(matches!(&error, StoreError::Io { .. }), "{error:?}");
    assert!(error.to_string().contains("file/acme"), "{error}");
    assert!(home.salt().is_err() && home.remember("a", ME).is_err());
    assert_eq!(home.user_of("a"), None);
    assert!(matches!(Store::open_frozen(&home, ME).err(), Some(StoreError::ReadOnly { .. })));
}

/// A small disk, for as long as it lives.
struct Disk {
    root: tempfile::TempDir,
}

impl Disk {
    /// `None`, loudly, where this process may not mount one.
    fn new(options: &str) -> Option<Self> {
        let root = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(root.path()).output();
        if mounted.is_ok_and(|mounted| mounted.status.success()) {
            return Some(Self { root });
        }
        eprintln!("SKIPPED: this needs to mount a small disk, which only root may");
        None
    }

    fn home(&self) -> CompanyDir {
        CompanyDir::new(self.root.path(), "acme")
    }

    fn make_read_only(&self) {
        let mounted = Command::new("mount").args(["-o", "remount,ro"]).arg(self.root.path()).status();
        assert!(mounted.unwrap().success());
    }

    /// Leaves so many bytes free.
    fn fill(&self, free: usize) {
        let filler = self.root.path().join("filler");
        let mut size: usize = 64 * 1024 * 1024;
        // Writes until nothing more goes in, then gives some back.
        while fs::write(&filler, vec![1; size]).is_err() {
            size -= 4096;
            if let Ok(written) = fs::metadata(&filler) {
                size = usize::try_from(written.len()).unwrap();
            }
        }
        let kept = u64::try_from(size.saturating_sub(free)).unwrap();
        fs::OpenOptions::new().write(true).open(&filler).unwrap().set_len(kept).unwrap();
    }

    fn make_room(&self) {
        fs::remove_file(self.root.path().join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.root.path()).status();
    }
}

#[tokio::test]
async fn on_a_full_disk_nothing_is_lost_and_it_goes_on_when_there_is_room() {
    let Some(disk) = Disk::new("size=4m") else { return };
    let home = disk.home();
    let (store, _) = Store::open(&home, ME).unwrap();
    store.journal().add(vec![edit(0, 1)], vec![]).await.unwrap();
    store.cache().put(batch(1, vec![ServerUpdate::Deals(vec![deal(1)])])).await.unwrap();
    disk.fill(0);
    let directory = home.path().join("7");
    let full = |name: &str| StoreError::Full { path: directory.join(name) };
    let large = (1..200).map(|id| edit(id, id)).collect();
    assert_eq!(store.journal().add(large, vec![EditId(0)]).await, Err(full("edits.db")));
    let many = ServerUpdate::Deals((0..2_000).map(deal).collect());
    assert_eq!(store.cache().put(batch(2, vec![many.clone()])).await, Err(full("cache.db")));
    assert_eq!(ids(&store.journal().history(9).await.unwrap()), [0]);
    assert_eq!(store.journal().history(9).await.unwrap()[0].state, EditState::Waiting);
    assert_eq!(store.cache().len().await.unwrap().deals, 1);
    assert_eq!(Contents::of(loaded(&store).await).deals.len(), 1);

    disk.make_room();
    store.journal().add(vec![edit(1, 2)], vec![]).await.unwrap();
    store.cache().put(batch(2, vec![many])).await.unwrap();
    store.close().await;
    let (store, restored) = Store::open(&home, ME).unwrap();
    assert_eq!((ids(&restored.edits), restored.warnings), (vec![0, 1], vec![]));
    assert_eq!(store.cache().len().await.unwrap().deals, 2_000);
}

#[tokio::test]
async fn at_every_point_at_which_a_disk_fills_up_the_journal_stays_whole() {
    let Some(disk) = Disk::new("size=2m") else { return };
    let home = disk.home();
    let (store, _) = Store::open(&home, ME).unwrap();
    let mut kept: Vec<u64> = Vec::new();
    let mut refused = 0;
    for id in 0..60 {
        // What is free is a little more or less each time.
        disk.fill(4096 * usize::try_from(id % 12).unwrap());
        let one = dealdeck::store::JournalEntry { what: "x".repeat(12_000), ..edit(id, id) };
        match store.journal().add(vec![one], vec![]).await {
            Ok(()) => kept.insert(0, id),
            Err(StoreError::Full { .. }) => refused += 1,
            Err(other) => panic!("{other}"),
        }
        disk.make_room();
        assert_eq!(ids(&store.journal().history(99).await.unwrap()), kept);
    }
    assert!(refused > 5 && kept.len() > 5, "{refused} refused");
    store.close().await;
    let (_, restored) = Store::open(&home, ME).unwrap();
    kept.reverse();
    assert_eq!((ids(&restored.edits), restored.warnings), (kept, vec![]));
}

#[tokio::test]
async fn a_store_is_not_opened_on_a_disk_that_is_full() {
    let Some(disk) = Disk::new("size=1m") else { return };
    let home = disk.home();
    disk.fill(0);
    assert!(matches!(Store::open(&home, ME).err(), Some(StoreError::Full { .. })));
    assert!(matches!(home.salt(), Err(StoreError::Full { .. })));
    disk.make_room();
    let (store, _) = Store::open(&home, ME).unwrap();
    store.journal().add(vec![edit(0, 1)], vec![]).await.unwrap();
    store.close().await;
    let salt = home.salt();
    disk.fill(0);
    let error = Store::open(&home, ME).err();
    assert!(matches!(error, Some(StoreError::Full { .. })), "{error:?}");
    assert_eq!(home.salt(), salt);
    // What is there can be seen all the same.
    let (_, restored) = Store::open_frozen(&home, ME).unwrap();
    assert_eq!((ids(&restored.edits), restored.warnings), (vec![0], vec![]));
    disk.make_room();
    assert_eq!(ids(&Store::open(&home, ME).unwrap().1.edits), [0]);
}

#[tokio::test]
async fn on_a_nearly_full_disk_nothing_is_called_damaged() {
    let Some(disk) = Disk::new("size=2m") else { return };
    let (home, first) = (disk.home(), CompanyDir::new(&disk.root.path().join("first"), "acme"));
    let (store, _) = Store::open(&home, ME).unwrap();
    store.journal().add(vec![edit(0, 1)], vec![]).await.unwrap();
    store.close().await;
    let mut refused = 0;
    for free in 0..80 {
        disk.fill(4096 * free);
        // One that is there, and one at its first start.
        for (home, kept) in [(&home, vec![0]), (&first, vec![])] {
            match Store::open(home, ME) {
                Ok((store, restored)) => {
                    assert_eq!((restored.warnings, ids(&restored.edits)), (vec![], kept), "{free} pages are free");
                    store.close().await;
                }
                Err(StoreError::Full { .. }) => {
                    refused += 1;
                    // It is looked at instead, as far as it was made.
                    if let Ok((_, restored)) = Store::open_frozen(home, ME) {
                        assert_eq!((restored.warnings, ids(&restored.edits)), (vec![], kept), "{free} pages are free");
                    }
                }
                Err(error) => panic!("{error} with {free} pages free"),
            }
        }
        let _ = fs::remove_dir_all(disk.root.path().join("first"));
        disk.make_room();
    }
    assert!(refused > 0);
    assert_eq!(Store::open(&home, ME).unwrap().1.warnings, []);
}

#[test]
fn those_who_start_together_for_the_first_time_find_nothing_damaged() {
    for _ in 0..30 {
        let desk = Desk::new();
        let ready = std::sync::Barrier::new(6);
        let opened: Vec<(Store, StoredState)> = std::thread::scope(|scope| {
            let opening = [(); 6].map(|()| {
                scope.spawn(|| {
                    ready.wait();
                    desk.open()
                })
            });
            opening.map(|opened| opened.join().unwrap()).into_iter().collect()
        });
        assert!(opened.iter().all(|(_, restored)| restored.warnings.is_empty()), "{opened:?}");
        let full = opened.iter().filter(|(store, _)| store.access() == Access::Full).count();
        assert_eq!(full, 1);
    }
}

#[tokio::test]
async fn a_disk_that_cannot_be_written_shows_what_it_has() {
    for crashed in [false, true] {
        let Some(disk) = Disk::new("size=8m") else { return };
        let home = disk.home();
        let source = Desk::new();
        let (store, _) = source.open();
        let changes = vec![ServerUpdate::Deals((0..700).map(deal).collect())];
        store.cache().put(Batch { notes: Some("notes".into()), ..batch(1, changes.clone()) }).await.unwrap();
        store.cache().put_snapshot("front".into(), Vec::new()).await.unwrap();
        store.journal().add(vec![edit(0, 1)], vec![]).await.unwrap();
        if !crashed {
            store.close().await;
        }
        let directory = home.path().join("7");
        fs::create_dir_all(&directory).unwrap();
        for name in source.names() {
            fs::copy(source.file(&name), directory.join(&name)).unwrap();
        }
        disk.make_read_only();

        let error = Store::open(&home, ME).err();
        assert!(matches!(error, Some(StoreError::ReadOnly { .. })), "{error:?}");
        assert!(matches!(home.remember("a", ME), Err(StoreError::ReadOnly { .. })));
        let (frozen, restored) = Store::open_frozen(&home, ME).unwrap();
        assert_eq!(frozen.access(), Access::ReadOnly { pid: None });
        assert_eq!((restored.front.as_deref(), restored.notes.as_deref()), (Some("front"), Some("notes")));
        assert_eq!((ids(&restored.edits), restored.warnings), (vec![0], vec![]));
        assert_eq!(Contents::of(loaded(&frozen).await), Contents::of(changes));
        assert_eq!(frozen.cache().put(batch(2, vec![])).await, Ok(()));
        let refused = frozen.journal().add(vec![edit(1, 1)], vec![]).await;
        assert_eq!(refused, Err(StoreError::ReadOnly { path: directory }));
        frozen.close().await;
    }
}
