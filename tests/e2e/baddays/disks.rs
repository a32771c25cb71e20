//! Full and read-only disks.

use std::path::PathBuf;

use serde_json::json;

use crate::support::account::{
    TestAccount, notice, quit, value_body, wait_for_notice, wait_until_read, wait_until_sent,
};
use crate::support::disk::Disk;

/// Returns an account on a small disk of its own, after one full sync.
fn on_small_disk() -> Option<(TestAccount, Disk)> {
    let mut account = TestAccount::new();
    let small = Disk::mount(&account.folder().join("disk"), 4)?;
    account.data = small.path().join("data");
    account.read_once();
    // Fields drop in this order: the disk goes before the folder that it is mounted in.
    Some((account, small))
}

#[test]
fn edits_wait_while_the_disk_is_full_and_breaks_contract() {
    let Some((mut account, small)) = on_small_disk() else { return };
    let [a, b] = [account.targets[0].clone(), account.targets[1].clone()];
    let mut terminal = account.open();
    wait_until_read(&terminal);
    small.fill();
    account.change(&a, &json!({"value": 7777}));
    terminal.keys("r");
    terminal.wait_for("€7,777");
    wait_for_notice(&terminal, "What is read is not kept on this machine: the disk is full");
    wait_for_notice(&terminal, "cache.db. Make room");
    terminal.wait_for("not kept on disk");

    terminal.keys(&b.value(4242));
    wait_for_notice(&terminal, "Failed and taken back: Value €4,242 for 'Target-B' the disk is full");
    wait_for_notice(&terminal, "edits.db. Make room; nothing that was kept is lost (! to try again)");
    terminal.wait_for("!1 to look at");
    terminal.keys("!");
    terminal.wait_for("1 edit needs attention");
    terminal.wait_for("✗ the disk is full");
    assert!(account.written(&b).is_empty(), "what cannot be kept is not sent");

    small.clear();
    terminal.keys("r");
    account.wait_for_value(&b, 4242);
    wait_until_sent(&terminal);
    terminal.wait_gone("to look at");
    terminal.keys("r");
    terminal.wait_for("What is read is kept on this machine again.");
    terminal.wait_gone("not kept on disk");
    quit(terminal);

    account.practice.stop();
    let mut terminal = account.open_offline();
    for (target, value) in [(a, "€7,777"), (b, "€4,242")] {
        terminal.keys(&target.find());
        terminal.wait_for(value);
    }
    quit(terminal);
}

#[test]
fn unsaved_edits_are_listed_at_exit() {
    let Some((account, small)) = on_small_disk() else { return };
    let target = &account.targets[0];
    let mut terminal = account.open();
    wait_until_read(&terminal);
    small.fill();
    terminal.keys(&target.value(4242));
    terminal.wait_for("!1 to look at");
    terminal.keys("q");
    terminal.wait_for("kept nowhere");
    terminal.keys("y");
    assert_eq!(terminal.exit_code(), 1);
    terminal.assert_restored();
    let words = terminal.text().replace('\n', "");
    assert!(words.contains("not confirmed by Pipedrive: Value €4,242 for 'Target-A' (the disk is full"), "{words}");
    assert!(!words.contains("next start"), "the next start knows nothing of it: {words}");
    assert!(account.written(target).is_empty());
}

#[test]
fn a_start_on_a_full_disk_is_read_only_and_breaks_contract() {
    let Some((mut account, small)) = on_small_disk() else { return };
    let [a, b] = [account.targets[0].clone(), account.targets[1].clone()];
    account.queue(&[a.value(4242)]);
    account.practice.start_again();
    small.fill();
    let why = "Until dealdeck is started again this account can only be looked at";
    let mut terminal = account.open();
    wait_until_read(&terminal);
    wait_for_notice(&terminal, "the disk is full: no room to write");
    wait_for_notice(&terminal, why);
    terminal.wait_for("↻ 1 queued  read-only");
    terminal.keys(&b.value(4343));
    wait_for_notice(&terminal, why);
    let words = quit(terminal);
    assert!(words.contains("1 edit is queued: the next start sends them"), "{words}");
    let ran = account.run("sync");
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("the disk is full") && ran.err.contains("1 edit still queued."), "{ran:?}");
    assert!(account.written(&a).is_empty() && account.written(&b).is_empty());

    small.clear();
    let ran = account.run("sync");
    assert!(ran.code == Some(0) && ran.out.contains("; 1 edit sent."), "{ran:?}");
    assert_eq!(account.written(&a), [value_body(4242)]);
}

#[test]
fn quitting_without_storage_asks_and_breaks_contract() {
    let folder = tempfile::tempdir().unwrap();
    let small = Disk::mount(&folder.path().join("disk"), 1);
    let file = tempfile::NamedTempFile::new().unwrap();
    let below_a_file = Some((file.path().join("data"), "Not a directory"));
    let below_sys = cfg!(target_os = "linux").then(|| (PathBuf::from("/sys/dealdeck"), "cannot be written"));
    let read_only = small.as_ref().map(|small| {
        small.make_read_only();
        (small.path().join("data"), "cannot be written: it is read-only")
    });
    std::thread::scope(|scope| {
        for (data, why) in [below_a_file, below_sys, read_only].into_iter().flatten() {
            scope.spawn(move || work_without_a_disk(data, why));
        }
    });
}

/// Edits while nothing can be saved, for this reason.
fn work_without_a_disk(data: PathBuf, why: &str) {
    let mut account = TestAccount::new();
    let [a, b] = [account.targets[0].clone(), account.targets[1].clone()];
    account.data = data;
    let mut terminal = account.open();
    wait_until_read(&terminal);
    wait_for_notice(&terminal, why);
    wait_for_notice(&terminal, account.data.to_str().unwrap());
    wait_for_notice(&terminal, "and start again");
    terminal.wait_for("not kept on disk");
    terminal.keys(&a.value(4242));
    terminal.wait_for("Value €4,242 for 'Target-A' · confirmed");
    assert_eq!(account.written(&a), [value_body(4242)]);

    account.practice.stop();
    terminal.keys(&b.value(4343));
    terminal.wait_for("offline");
    terminal.keys("q");
    terminal.wait_for("1 edit is not yet confirmed by Pipedrive.");
    terminal.keys("n");
    terminal.wait_gone("not yet confirmed");
    terminal.keys("qy");
    assert_eq!(terminal.exit_code(), 1);
    terminal.assert_restored();
    let words = terminal.text();
    assert!(words.contains("not confirmed by Pipedrive: Value €4,343 for 'Target-B'"), "{words}");
}

#[test]
fn a_read_only_disk_is_shown_read_only_and_breaks_contract() {
    let Some((mut account, small)) = on_small_disk() else { return };
    let [a, b] = [account.targets[0].clone(), account.targets[1].clone()];
    account.queue(&[a.value(4242)]);
    small.make_read_only();
    let mut terminal = account.open_offline();
    // The reason stays after a later error.
    terminal.wait_until("both", |screen| {
        let said = notice(screen);
        said.contains("lock cannot be written: it is read-only. Allow yourself to write there, and start again")
            && said.contains("Pipedrive cannot be reached")
    });
    terminal.wait_for("↻ 1 queued  read-only");
    terminal.keys(&a.find());
    terminal.wait_for("€4,242");
    terminal.keys(&b.value(4343));
    wait_for_notice(&terminal, "cannot be written: it is read-only");
    let words = quit(terminal);
    assert!(words.contains("1 edit is queued: the next start sends them"), "{words}");

    // With a server there are updates, and still nothing is sent from here.
    account.practice.start_again();
    account.change(&b, &json!({"value": 5555}));
    let mut terminal = account.open();
    wait_until_read(&terminal);
    terminal.keys(&b.find());
    terminal.wait_for("€5,555");
    quit(terminal);
    assert!(account.written(&a).is_empty());

    small.make_writable();
    let terminal = account.open();
    account.wait_for_value(&a, 4242);
    wait_until_sent(&terminal);
    quit(terminal);
    assert_eq!(account.written(&a), [value_body(4242)]);
}
