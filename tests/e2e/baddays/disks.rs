//! Disks that are full, or that may not be written.

use std::path::PathBuf;

use serde_json::json;

use crate::support::desk::{Desk, notice, quit, valued, wait_for_notice, wait_until_read, wait_until_sent};
use crate::support::disk::Disk;

/// A desk whose accounts are kept on a small disk of their own, with the account read once.
fn on_small_disk() -> Option<(Desk, Disk)> {
    let mut desk = Desk::new();
    let small = Disk::mount(&desk.folder().join("disk"), 4)?;
    desk.data = small.path().join("data");
    desk.read_once();
    // In this order: the disk goes before the folder that it is mounted in.
    Some((desk, small))
}

#[test]
fn on_a_full_disk_reading_goes_on_and_edits_wait_for_room_and_this_breaks_contract() {
    let Some((mut desk, small)) = on_small_disk() else { return };
    let [a, b] = [desk.targets[0].clone(), desk.targets[1].clone()];
    let mut terminal = desk.open();
    wait_until_read(&terminal);
    small.fill();
    desk.change(&a, &json!({"value": 7777}));
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
    assert!(desk.written(&b).is_empty(), "what cannot be kept is not sent");

    small.clear();
    terminal.keys("r");
    desk.wait_for_value(&b, 4242);
    wait_until_sent(&terminal);
    terminal.wait_gone("to look at");
    terminal.keys("r");
    terminal.wait_for("What is read is kept on this machine again.");
    terminal.wait_gone("not kept on disk");
    quit(terminal);

    desk.practice.stop();
    let mut terminal = desk.open_offline();
    for (target, value) in [(a, "€7,777"), (b, "€4,242")] {
        terminal.keys(&target.find());
        terminal.wait_for(value);
    }
    quit(terminal);
}

#[test]
fn an_edit_that_could_not_be_kept_is_named_at_the_end() {
    let Some((desk, small)) = on_small_disk() else { return };
    let target = &desk.targets[0];
    let mut terminal = desk.open();
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
    assert!(desk.written(target).is_empty());
}

#[test]
fn started_on_a_full_disk_it_looks_on_and_the_next_start_sends_and_this_breaks_contract() {
    let Some((mut desk, small)) = on_small_disk() else { return };
    let [a, b] = [desk.targets[0].clone(), desk.targets[1].clone()];
    desk.queue(&[a.value(4242)]);
    desk.practice.start_again();
    small.fill();
    let why = "Until dealdeck is started again this account can only be looked at";
    let mut terminal = desk.open();
    wait_until_read(&terminal);
    wait_for_notice(&terminal, "the disk is full: no room to write");
    wait_for_notice(&terminal, why);
    terminal.wait_for("↻ 1 queued  read-only");
    terminal.keys(&b.value(4343));
    wait_for_notice(&terminal, why);
    let words = quit(terminal);
    assert!(words.contains("1 edit is queued: the next start sends them"), "{words}");
    let ran = desk.run("sync");
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("the disk is full") && ran.err.contains("1 edit still queued."), "{ran:?}");
    assert!(desk.written(&a).is_empty() && desk.written(&b).is_empty());

    small.clear();
    let ran = desk.run("sync");
    assert!(ran.code == Some(0) && ran.out.contains("; 1 edit sent."), "{ran:?}");
    assert_eq!(desk.written(&a), [valued(4242)]);
}

#[test]
fn where_nothing_can_be_kept_edits_still_work_and_quitting_asks_and_this_breaks_contract() {
    let folder = tempfile::tempdir().unwrap();
    let small = Disk::mount(&folder.path().join("disk"), 1);
    let file = tempfile::NamedTempFile::new().unwrap();
    let below_a_file = Some((file.path().join("data"), "Not a directory"));
    let below_sys = cfg!(target_os = "linux").then(|| (PathBuf::from("/sys/dealdeck"), "cannot be written"));
    let read_only = small.as_ref().map(|small| {
        small.set_read_only(true);
        (small.path().join("data"), "cannot be written: it is read-only")
    });
    std::thread::scope(|scope| {
        for (data, why) in [below_a_file, below_sys, read_only].into_iter().flatten() {
            scope.spawn(move || work_without_a_disk(data, why));
        }
    });
}

/// Works where nothing can be kept, for this reason.
fn work_without_a_disk(data: PathBuf, why: &str) {
    let mut desk = Desk::new();
    let [a, b] = [desk.targets[0].clone(), desk.targets[1].clone()];
    desk.data = data;
    let mut terminal = desk.open();
    wait_until_read(&terminal);
    wait_for_notice(&terminal, why);
    wait_for_notice(&terminal, desk.data.to_str().unwrap());
    wait_for_notice(&terminal, "and start again");
    terminal.wait_for("not kept on disk");
    terminal.keys(&a.value(4242));
    terminal.wait_for("Value €4,242 for 'Target-A' · confirmed");
    assert_eq!(desk.written(&a), [valued(4242)]);

    desk.practice.stop();
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
fn what_is_kept_on_a_read_only_disk_is_shown_and_only_looked_at_and_this_breaks_contract() {
    let Some((mut desk, small)) = on_small_disk() else { return };
    let [a, b] = [desk.targets[0].clone(), desk.targets[1].clone()];
    desk.queue(&[a.value(4242)]);
    small.set_read_only(true);
    let mut terminal = desk.open_offline();
    // The reason stays, though something else went wrong since.
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

    // With a server there is news, and still nothing is sent from here.
    desk.practice.start_again();
    desk.change(&b, &json!({"value": 5555}));
    let mut terminal = desk.open();
    wait_until_read(&terminal);
    terminal.keys(&b.find());
    terminal.wait_for("€5,555");
    quit(terminal);
    assert!(desk.written(&a).is_empty());

    small.set_read_only(false);
    let terminal = desk.open();
    desk.wait_for_value(&a, 4242);
    wait_until_sent(&terminal);
    quit(terminal);
    assert_eq!(desk.written(&a), [valued(4242)]);
}
