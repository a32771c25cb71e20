//! Two users on one account: the changes of one appear on the other's screen automatically.

use std::collections::BTreeSet;
use std::path::Path;

use dealdeck::sandbox::{Options, Plan};
use serde_json::{Value, json};

use super::support::account::{Target, TestAccount, quit, wait_until_read};
use super::support::terminal::Terminal;

/// The colleague's token and user id.
const COLLEAGUE: (&str, u64) = ("a-colleagues-token", 2);

fn account() -> TestAccount {
    let colleagues = vec![(COLLEAGUE.0.to_owned(), COLLEAGUE.1)];
    TestAccount::with(Options { deals: 60, plan: Plan::Enterprise, colleagues, ..Options::default() })
}

/// Opens a user's dashboard, with or without webhooks.
fn open(account: &TestAccount, token: &str, data: &Path, live: bool) -> Terminal {
    let mut args = vec!["--api-url", &account.practice.program_url, "--data-dir", data.to_str().unwrap()];
    if live {
        args.extend(["--public-url", "auto"]);
    }
    let folder = account.folder().to_str().unwrap();
    let variables = [("DEALDECK_API_TOKEN", token), ("XDG_STATE_HOME", folder), ("XDG_CONFIG_HOME", folder)];
    let terminal = Terminal::open(&args, &variables, 180, 40);
    terminal.wait_until("all to be read", |screen| {
        let text = screen.contents();
        let is_ready =
            if live { text.contains("webhooks …") || text.contains("◉ live") } else { text.contains("leads ") };
        is_ready && !text.contains("of the account") && !text.contains("reading ")
    });
    terminal
}

/// The width of a column of the board, which has six.
const COLUMN: usize = 30;
/// The first row with cards, below the filter and the column headers.
const CARDS: u16 = 8;

/// Returns the column of a card on the board. A mark may shift its title a little.
fn place_of(screen: &vt100::Screen, target: &Target) -> Option<u16> {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    (CARDS..rows - 1).find_map(|row| {
        let line: String = (0..columns).map(|at| screen.cell(row, at).map_or(" ", |cell| cell.contents())).collect();
        line.find(&target.title).and_then(|at| u16::try_from(line[..at].chars().count() / COLUMN).ok())
    })
}

/// Waits until a card is in another column, and returns that column.
fn wait_for_move(terminal: &Terminal, target: &Target, from: u16) -> u16 {
    let mut place = from;
    terminal.wait_until("the card in another column", |screen| {
        place = place_of(screen, target).unwrap_or(from);
        place != from
    });
    place
}

/// Waits until all five kinds are registered.
fn wait_until_registered(account: &TestAccount) {
    account.practice.wait_until("/api/v1/webhooks", "five webhooks", |hooks| {
        hooks.is_some_and(|hooks| hooks["data"].as_array().is_some_and(|hooks| hooks.len() == 5))
    });
}

/// Returns the webhooks that a user has registered.
fn registered(account: &TestAccount) -> Vec<Value> {
    account.practice.get("/api/v1/webhooks")["data"].as_array().unwrap().clone()
}

fn ids(account: &TestAccount) -> BTreeSet<u64> {
    registered(account).iter().map(|hook| hook["id"].as_u64().unwrap()).collect()
}

/// Returns the number of reads of the list of deals.
fn readings(account: &TestAccount) -> u64 {
    account.practice.get("/sandbox/stats")["by_path"]["GET /api/v2/deals"].as_u64().unwrap()
}

#[test]
fn a_move_appears_in_another_dashboard_by_webhook() {
    let account = account();
    let target = account.targets[0].clone();
    let mut mine = open(&account, &account.practice.token, &account.folder().join("mine"), true);
    let mut theirs = open(&account, COLLEAGUE.0, &account.folder().join("theirs"), true);
    for terminal in [&mut mine, &mut theirs] {
        terminal.keys(&target.find());
        terminal.wait_until("the card", |screen| place_of(screen, &target).is_some());
    }
    let mut place = place_of(&theirs.screen(), &target).unwrap();
    // The first delivery proves that webhooks arrive; from then on the list is not read.
    mine.keys("L");
    place = wait_for_move(&theirs, &target, place);
    for terminal in [&mine, &theirs] {
        terminal.wait_for("◉ live");
    }
    let before = readings(&account);
    for (from_mine, key) in [(true, "L"), (false, "H"), (true, "H"), (false, "L"), (true, "H")] {
        let (here, there) = if from_mine { (&mut mine, &theirs) } else { (&mut theirs, &mine) };
        here.keys(key);
        place = wait_for_move(there, &target, place);
        wait_for_place(here, &target, place);
    }
    // A message may give way to that of an own edit; the list of recent changes has all.
    theirs.keys("W");
    theirs.wait_for("Maarja Tamm moved Target-A to");
    theirs.keys("\x1b");
    theirs.wait_gone("Changed lately");
    // It was delivered, not read; but for two changes within one second, Pipedrive may have been queried.
    let read = readings(&account) - before;
    assert!(read <= 4, "{read}");
    // Open details are updated, too.
    theirs.keys("\r");
    theirs.wait_for("Target-A");
    mine.keys("e\x15Target-A with a longer name\r");
    theirs.wait_for("Target-A with a longer name");
    assert_eq!(registered(&account).len(), 5);
    quit(mine);
    assert_eq!(registered(&account), Vec::<Value>::new(), "what is quit leaves nothing behind");
    quit(theirs);
}

fn wait_for_place(terminal: &Terminal, target: &Target, place: u16) {
    terminal.wait_until("the card in its column", |screen| place_of(screen, target) == Some(place));
}

#[test]
fn without_webhooks_one_refresh_shows_a_move() {
    let account = account();
    let target = account.targets[0].clone();
    let mut theirs = open(&account, COLLEAGUE.0, &account.folder().join("theirs"), false);
    theirs.keys(&target.find());
    theirs.wait_until("the card", |screen| place_of(screen, &target).is_some());
    let place = place_of(&theirs.screen(), &target).unwrap();
    let before = readings(&account);
    let stages = account.practice.get("/api/v2/stages?pipeline_id=1&limit=500");
    let second = stages["data"].as_array().unwrap().iter().find(|stage| stage["order_nr"] == 2).unwrap()["id"].clone();
    account.change(&target, &json!({"stage_id": second}));
    wait_for_move(&theirs, &target, place);
    theirs.wait_for("Target-A moved to");
    let looks = readings(&account) - before;
    assert!((1..=2).contains(&looks), "{looks} looks, of which one may have been under way");
    assert_eq!(registered(&account), Vec::<Value>::new());
    quit(theirs);
}

#[test]
fn a_restart_after_a_kill_registers_once_and_catches_up() {
    let account = account();
    let (target, other) = (account.targets[0].clone(), account.targets[1].clone());
    let data = account.folder().join("mine");
    let mut mine = open(&account, &account.practice.token, &data, true);
    wait_until_registered(&account);
    mine.kill();
    let left = ids(&account);
    assert_eq!(left.len(), 5, "a kill leaves them");
    // No dashboard listens: this delivery fails.
    account.change(&target, &json!({"title": "Renamed meanwhile"}));
    let mut mine = open(&account, &account.practice.token, &data, true);
    mine.keys("1/\x15Renamed meanwhile\r");
    mine.wait_for("Renamed meanwhile");
    // They lead to the new port.
    account.practice.wait_until("/api/v1/webhooks", "five others", |_| {
        let now = ids(&account);
        now.len() == 5 && now.is_disjoint(&left)
    });
    account.change(&other, &json!({"title": "Told of again"}));
    mine.keys("1/\x15Told of again\r");
    mine.wait_for("◉ live");
    mine.wait_for("Told of again");
    // Webhooks of other programs are left alone.
    let foreign = json!({
        "subscription_url": "https://example.com/dealdeck", "event_action": "*", "event_object": "deal",
        "name": "dealdeck of somebody else",
    });
    account.practice.send("POST", "/api/v1/webhooks", &foreign);
    mine.kill();
    // Without webhooks it deletes its own leftover registrations.
    let mine = open(&account, &account.practice.token, &data, false);
    account.practice.wait_until("/api/v1/webhooks", "only the other program's", |hooks| {
        hooks.is_some_and(|hooks| hooks["data"].as_array().is_some_and(|hooks| hooks.len() == 1))
    });
    assert_eq!(registered(&account)[0]["name"], "dealdeck of somebody else");
    wait_until_read(&mine);
    quit(mine);
}
