//! Bad days of this machine: what a person is told, and that no edit is lost or arrives twice.

#[cfg(target_os = "linux")]
mod disks;

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use serde_json::json;

use super::support::desk::{
    Desk, Target, notice, quit, valued, wait_for_notice, wait_until_queued, wait_until_read, wait_until_sent,
};

/// A way to do harm to a database.
type Harm = fn(&Path);

/// A desk with two edits that wait, whose server is stopped, and what they are about.
fn with_edits() -> (Desk, [Target; 2]) {
    let mut desk = Desk::new();
    let targets = [desk.targets[0].clone(), desk.targets[1].clone()];
    desk.read_once();
    desk.queue(&[targets[0].value(4242), targets[1].value(4343)]);
    (desk, targets)
}

/// Overwrites the page at which a table or an index begins.
fn spoil(path: &Path, name: &str) {
    let connection = Connection::open(path).unwrap();
    let page: u32 =
        connection.query_row("SELECT rootpage FROM sqlite_schema WHERE name = ?1", [name], |row| row.get(0)).unwrap();
    connection.close().unwrap();
    let mut bytes = fs::read(path).unwrap();
    let end = usize::try_from(page).unwrap() * 4096;
    let mut dice = fastrand::Rng::with_seed(1);
    bytes[end - 4096..end].fill_with(|| dice.u8(..));
    fs::write(path, bytes).unwrap();
}

fn truncate(path: &Path) {
    let bytes = fs::read(path).unwrap();
    fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
}

fn write_text(path: &Path) {
    fs::write(path, "not a database, but some text that somebody has put here\n".repeat(200)).unwrap();
}

fn empty(path: &Path) {
    fs::write(path, "").unwrap();
}

#[test]
fn a_damaged_cache_is_read_again_and_edits_arrive_once_and_this_breaks_contract() {
    const SAID: &str = "what was kept of the account was damaged";
    let ways: [(Harm, Option<&str>); 5] = [
        (|path| spoil(path, "deal"), Some(SAID)),
        (|path| spoil(path, "organization"), Some(SAID)),
        (truncate, Some(SAID)),
        (write_text, Some(SAID)),
        // It is as if nothing had been kept yet.
        (empty, None),
    ];
    for (harm, said) in ways {
        let (mut desk, [a, b]) = with_edits();
        harm(&desk.store().join("cache.db"));
        desk.practice.start_again();
        let terminal = desk.open();
        wait_until_read(&terminal);
        if let Some(said) = said {
            wait_for_notice(&terminal, said);
            wait_for_notice(&terminal, "it is read from Pipedrive again, and nothing is lost");
        }
        wait_until_sent(&terminal);
        quit(terminal);
        assert_eq!((desk.written(&a), desk.written(&b)), (vec![valued(4242)], vec![valued(4343)]));
        // And it is kept as before.
        desk.practice.stop();
        let mut terminal = desk.open_offline();
        terminal.keys(&b.find());
        terminal.wait_for("€4,343");
        assert!(!notice(&terminal.screen()).contains("damaged"), "{}", terminal.text());
        quit(terminal);
    }
}

#[test]
fn a_damaged_journal_is_set_aside_and_what_was_saved_is_sent_and_this_breaks_contract() {
    let ways: [(Harm, usize); 3] = [(|path| spoil(path, "edit_by_state"), 2), (truncate, 2), (write_text, 0)];
    for (harm, saved) in ways {
        let (mut desk, [a, b]) = with_edits();
        let path = desk.store().join("edits.db");
        harm(&path);
        let damaged = fs::read(&path).unwrap();
        // What is told of it stays, though there is no network either.
        let mut terminal = desk.open_offline();
        let said = format!("the file of your edits was damaged; {saved} that were not through yet were saved from it.");
        wait_for_notice(&terminal, &said);
        let aside = desk.all_files().into_iter().find(|file| file.to_string_lossy().contains("edits.db.damaged-"));
        let aside = aside.expect("the damaged file is kept");
        let aside = aside.to_str().unwrap().trim_end_matches("-wal").trim_end_matches("-shm");
        wait_for_notice(&terminal, aside);
        assert_eq!(fs::read(aside).unwrap(), damaged);

        desk.practice.start_again();
        terminal.keys("r");
        wait_until_read(&terminal);
        wait_until_sent(&terminal);
        let arrived = if saved == 0 { [vec![], vec![]] } else { [vec![valued(4242)], vec![valued(4343)]] };
        assert_eq!([desk.written(&a), desk.written(&b)], arrived);
        let next = desk.targets[2].clone();
        terminal.keys(&next.value(4444));
        desk.wait_for_value(&next, 4444);
        wait_until_sent(&terminal);
        quit(terminal);
        assert_eq!(fs::read(aside).unwrap(), damaged);
    }
}

#[test]
fn files_of_a_newer_version_are_left_as_they_are_and_this_breaks_contract() {
    let (mut desk, _) = with_edits();
    let files = ["cache.db", "edits.db"].map(|name| desk.store().join(name));
    let contents = || files.clone().map(|file| fs::read(file).unwrap());
    let mark = |file: &Path, version: u32| {
        let connection = Connection::open(file).unwrap();
        connection.execute_batch(&format!("PRAGMA user_version = {version}")).unwrap();
        connection.close().unwrap();
    };
    for file in &files {
        let known: u32 =
            Connection::open(file).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        mark(file, 99);
        let before = contents();
        let said =
            format!("{} was written by a newer dealdeck (format 99, this one knows up to {known})", file.display());
        let mut terminal = desk.open();
        assert_eq!(terminal.exit_code(), 2);
        terminal.assert_restored();
        assert!(!String::from_utf8_lossy(&terminal.raw()).contains("\x1b[?1049h"), "the screen was not opened");
        let words = terminal.text().replace('\n', "");
        assert!(words.contains(&said), "{words}");
        assert!(words.contains("Update dealdeck, or move the file away"), "{words}");
        let ran = desk.run("sync");
        assert_eq!(ran.code, Some(2));
        assert!(ran.err.contains(&said), "{ran:?}");
        assert_eq!(contents(), before, "nothing was changed");

        // Whose a new token is shows only when the screen is open. It can be left at once.
        let old = desk.practice.token.clone();
        desk.practice.start_again_with(&format!("new-{}", file.file_stem().unwrap().to_str().unwrap()));
        let terminal = desk.open();
        wait_for_notice(&terminal, &said);
        quit(terminal);
        assert_eq!(contents(), before, "nothing was changed");
        desk.practice.start_again_with(&old);
        desk.practice.stop();
        mark(file, known);
    }
    desk.practice.start_again();
    let terminal = desk.open();
    wait_until_sent(&terminal);
    quit(terminal);
    assert_eq!(desk.written(&desk.targets[0]), [valued(4242)]);
}

#[test]
fn a_second_dashboard_looks_on_until_it_is_alone_and_this_breaks_contract() {
    let (mut desk, [a, b]) = with_edits();
    let mut first = desk.open_offline();
    let mut second = desk.open_offline();
    let held = format!("Another dealdeck (process {}) is open on this account", first.pid());
    wait_for_notice(&second, &held);
    second.wait_for("read-only");
    assert!(!second.text().contains("queued"), "what the first one has to send is not its business");

    desk.practice.start_again();
    desk.wait_for_value(&a, 4242);
    desk.wait_for_value(&b, 4343);
    wait_until_sent(&first);
    second.keys("r");
    wait_until_read(&second);
    for (target, value) in [(&a, "€4,242"), (&b, "€4,343")] {
        second.keys(&target.find());
        second.wait_for(value);
    }
    second.keys(&b.value(4444));
    wait_for_notice(&second, &held);
    wait_for_notice(&second, "quit it and start this one again");
    first.keys(&b.value(5555));
    desk.wait_for_value(&b, 5555);
    second.keys("r");
    second.wait_for("€5,555");
    assert_eq!(desk.written(&b), [valued(4343), valued(5555)]);
    wait_until_sent(&first);
    quit(first);
    quit(second);

    let mut second = desk.open();
    wait_until_read(&second);
    second.keys(&b.value(4444));
    desk.wait_for_value(&b, 4444);
    wait_until_sent(&second);
    quit(second);
}

#[test]
fn what_was_queued_when_it_was_killed_arrives_once_and_in_order_and_this_breaks_contract() {
    let mut desk = Desk::new();
    let a = desk.targets[0].clone();
    desk.read_once();
    desk.practice.stop();
    let mut terminal = desk.open_offline();
    let edits = [a.value(4242), a.rename("Renamed"), "1nMade offline\t\tA new organization\t77\x13".to_owned()];
    for (nth, keys) in edits.iter().enumerate() {
        terminal.keys(keys);
        wait_until_queued(&terminal, nth + 1);
    }
    terminal.kill();

    desk.practice.start_again();
    let terminal = desk.open();
    wait_until_read(&terminal);
    wait_until_sent(&terminal);
    quit(terminal);
    assert_eq!(desk.written(&a), [valued(4242), json!({"title": "Renamed"})]);
    for (path, key, text) in [("deals", "title", "Made offline"), ("organizations", "name", "A new organization")] {
        let all = desk.practice.all(&format!("/api/v2/{path}?limit=500"));
        assert_eq!(all.iter().filter(|item| item[key] == text).count(), 1, "{text}");
    }
}

#[test]
fn edits_made_with_an_old_token_go_out_with_the_new_one_and_this_breaks_contract() {
    let (mut desk, [a, b]) = with_edits();
    desk.practice.start_again_with("another-token-of-the-same-user");
    let terminal = desk.open();
    wait_until_read(&terminal);
    desk.wait_for_value(&a, 4242);
    desk.wait_for_value(&b, 4343);
    wait_until_sent(&terminal);
    quit(terminal);
    assert_eq!((desk.written(&a), desk.written(&b)), (vec![valued(4242)], vec![valued(4343)]));
    // From now on it is known whose it is, also without a server.
    desk.practice.stop();
    let mut terminal = desk.open_offline();
    terminal.keys(&a.find());
    terminal.wait_for("€4,242");
    quit(terminal);
}
