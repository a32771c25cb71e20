//! Failures of this machine: they are explained, and no edit is lost or sent twice.

#[cfg(target_os = "linux")]
mod disks;

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use serde_json::json;

use super::support::account::{
    Target, TestAccount, notice, quit, value_body, wait_for_notice, wait_until_queued, wait_until_read, wait_until_sent,
};

/// Damages a database file.
type Harm = fn(&Path);

/// Returns an account with two queued edits and a stopped server, and the edited deals.
fn with_edits() -> (TestAccount, [Target; 2]) {
    let mut account = TestAccount::new();
    let targets = [account.targets[0].clone(), account.targets[1].clone()];
    account.read_once();
    account.queue(&[targets[0].value(4242), targets[1].value(4343)]);
    (account, targets)
}

/// Overwrites the first page of a table or an index.
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
fn a_damaged_cache_is_reloaded_and_breaks_contract() {
    const SAID: &str = "what was kept of the account was damaged";
    let ways: [(Harm, Option<&str>); 5] = [
        (|path| spoil(path, "deal"), Some(SAID)),
        (|path| spoil(path, "organization"), Some(SAID)),
        (truncate, Some(SAID)),
        (write_text, Some(SAID)),
        // As if nothing had been cached.
        (empty, None),
    ];
    for (harm, said) in ways {
        let (mut account, [a, b]) = with_edits();
        harm(&account.store().join("cache.db"));
        account.practice.start_again();
        let terminal = account.open();
        wait_until_read(&terminal);
        if let Some(said) = said {
            wait_for_notice(&terminal, said);
            wait_for_notice(&terminal, "it is read from Pipedrive again, and nothing is lost");
        }
        wait_until_sent(&terminal);
        quit(terminal);
        assert_eq!((account.written(&a), account.written(&b)), (vec![value_body(4242)], vec![value_body(4343)]));
        // And it is cached as before.
        account.practice.stop();
        let mut terminal = account.open_offline();
        terminal.keys(&b.find());
        terminal.wait_for("€4,343");
        assert!(!notice(&terminal.screen()).contains("damaged"), "{}", terminal.text());
        quit(terminal);
    }
}

#[test]
fn a_damaged_journal_is_salvaged_and_breaks_contract() {
    let ways: [(Harm, usize); 3] = [(|path| spoil(path, "edit_by_state"), 2), (truncate, 2), (write_text, 0)];
    for (harm, saved) in ways {
        let (mut account, [a, b]) = with_edits();
        let path = account.store().join("edits.db");
        harm(&path);
        let damaged = fs::read(&path).unwrap();
        // The message stays, though there is no network either.
        let mut terminal = account.open_offline();
        let said = format!("the file of your edits was damaged; {saved} that were not through yet were saved from it.");
        wait_for_notice(&terminal, &said);
        let aside = account.all_files().into_iter().find(|file| file.to_string_lossy().contains("edits.db.damaged-"));
        let aside = aside.expect("the damaged file is kept");
        let aside = aside.to_str().unwrap().trim_end_matches("-wal").trim_end_matches("-shm");
        wait_for_notice(&terminal, aside);
        assert_eq!(fs::read(aside).unwrap(), damaged);

        account.practice.start_again();
        terminal.keys("r");
        wait_until_read(&terminal);
        wait_until_sent(&terminal);
        let arrived = if saved == 0 { [vec![], vec![]] } else { [vec![value_body(4242)], vec![value_body(4343)]] };
        assert_eq!([account.written(&a), account.written(&b)], arrived);
        let next = account.targets[2].clone();
        terminal.keys(&next.value(4444));
        account.wait_for_value(&next, 4444);
        wait_until_sent(&terminal);
        quit(terminal);
        assert_eq!(fs::read(aside).unwrap(), damaged);
    }
}

#[test]
fn files_of_newer_versions_stay_unchanged_and_breaks_contract() {
    let (mut account, _) = with_edits();
    let files = ["cache.db", "edits.db"].map(|name| account.store().join(name));
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
        let mut terminal = account.open();
        assert_eq!(terminal.exit_code(), 2);
        terminal.assert_restored();
        assert!(!String::from_utf8_lossy(&terminal.raw()).contains("\x1b[?1049h"), "the screen was not opened");
        let words = terminal.text().replace('\n', "");
        assert!(words.contains(&said), "{words}");
        assert!(words.contains("Update dealdeck, or move the file away"), "{words}");
        let ran = account.run("sync");
        assert_eq!(ran.code, Some(2));
        assert!(ran.err.contains(&said), "{ran:?}");
        assert_eq!(contents(), before, "nothing was changed");

        // The owner of a new token is known only when the screen is open. It can be left at once.
        let old = account.practice.token.clone();
        account.practice.start_again_with(&format!("new-{}", file.file_stem().unwrap().to_str().unwrap()));
        let terminal = account.open();
        wait_for_notice(&terminal, &said);
        quit(terminal);
        assert_eq!(contents(), before, "nothing was changed");
        account.practice.start_again_with(&old);
        account.practice.stop();
        mark(file, known);
    }
    account.practice.start_again();
    let terminal = account.open();
    wait_until_sent(&terminal);
    quit(terminal);
    assert_eq!(account.written(&account.targets[0]), [value_body(4242)]);
}

#[test]
fn a_second_dashboard_is_read_only_and_breaks_contract() {
    let (mut account, [a, b]) = with_edits();
    let mut first = account.open_offline();
    let mut second = account.open_offline();
    let held = format!("Another dealdeck (process {}) is open on this account", first.pid());
    wait_for_notice(&second, &held);
    second.wait_for("read-only");
    assert!(!second.text().contains("queued"), "what the first one has to send is not its business");

    account.practice.start_again();
    account.wait_for_value(&a, 4242);
    account.wait_for_value(&b, 4343);
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
    account.wait_for_value(&b, 5555);
    second.keys("r");
    second.wait_for("€5,555");
    assert_eq!(account.written(&b), [value_body(4343), value_body(5555)]);
    wait_until_sent(&first);
    quit(first);
    quit(second);

    let mut second = account.open();
    wait_until_read(&second);
    second.keys(&b.value(4444));
    account.wait_for_value(&b, 4444);
    wait_until_sent(&second);
    quit(second);
}

#[test]
fn queued_edits_survive_a_kill_in_order_and_breaks_contract() {
    let mut account = TestAccount::new();
    let a = account.targets[0].clone();
    account.read_once();
    account.practice.stop();
    let mut terminal = account.open_offline();
    let edits = [a.value(4242), a.rename("Renamed"), "1nMade offline\t\tA new organization\t77\x13".to_owned()];
    for (nth, keys) in edits.iter().enumerate() {
        terminal.keys(keys);
        wait_until_queued(&terminal, nth + 1);
    }
    terminal.kill();

    account.practice.start_again();
    let terminal = account.open();
    wait_until_read(&terminal);
    wait_until_sent(&terminal);
    quit(terminal);
    assert_eq!(account.written(&a), [value_body(4242), json!({"title": "Renamed"})]);
    for (path, key, text) in [("deals", "title", "Made offline"), ("organizations", "name", "A new organization")] {
        let all = account.practice.all(&format!("/api/v2/{path}?limit=500"));
        assert_eq!(all.iter().filter(|item| item[key] == text).count(), 1, "{text}");
    }
}

#[test]
fn a_new_token_sends_waiting_edits_and_breaks_contract() {
    let (mut account, [a, b]) = with_edits();
    account.practice.start_again_with("another-token-of-the-same-user");
    let terminal = account.open();
    wait_until_read(&terminal);
    account.wait_for_value(&a, 4242);
    account.wait_for_value(&b, 4343);
    wait_until_sent(&terminal);
    quit(terminal);
    assert_eq!((account.written(&a), account.written(&b)), (vec![value_body(4242)], vec![value_body(4343)]));
    // From now on the owner is known even without a server.
    account.practice.stop();
    let mut terminal = account.open_offline();
    terminal.keys(&a.find());
    terminal.wait_for("€4,242");
    quit(terminal);
}
