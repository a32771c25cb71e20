//! Two people on one account: what one of them does is on the other's screen by itself.

use std::collections::BTreeSet;
use std::path::Path;

use dealdeck::sandbox::{Options, Plan};
use serde_json::{Value, json};

use super::support::desk::{Desk, Target, quit, wait_until_read};
use super::support::terminal::Terminal;

/// The colleague's token and user.
const COLLEAGUE: (&str, u64) = ("a-colleagues-token", 2);

fn desk() -> Desk {
    let colleagues = vec![(COLLEAGUE.0.to_owned(), COLLEAGUE.1)];
    Desk::with(Options { deals: 60, plan: Plan::Enterprise, colleagues, ..Options::default() })
}

/// Opens a dashboard of somebody, with webhooks or without.
fn open(desk: &Desk, token: &str, data: &Path, live: bool) -> Terminal {
    let mut args = vec!["--api-url", &desk.practice.program_url, "--data-dir", data.to_str().unwrap()];
    if live {
        args.extend(["--public-url", "auto"]);
    }
    let folder = desk.folder().to_str().unwrap();
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

/// How wide a column of the board is: there are six.
const COLUMN: usize = 30;
/// The first row with cards, below the filter and the heads of the columns.
const CARDS: u16 = 8;

/// In which column of the board a card is. A mark may move its title a little.
fn place_of(screen: &vt100::Screen, target: &Target) -> Option<u16> {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    (CARDS..rows - 1).find_map(|row| {
        let line: String = (0..columns).map(|at| screen.cell(row, at).map_or(" ", |cell| cell.contents())).collect();
        line.find(&target.title).and_then(|at| u16::try_from(line[..at].chars().count() / COLUMN).ok())
    })
}

/// Waits until a card is in another column than before, and gives that.
fn wait_for_move(terminal: &Terminal, target: &Target, from: u16) -> u16 {
    let mut place = from;
    terminal.wait_until("the card in another column", |screen| {
        place = place_of(screen, target).unwrap_or(from);
        place != from
    });
    place
}

/// Waits until all five kinds are registered.
fn wait_until_registered(desk: &Desk) {
    desk.practice.wait_until("/api/v1/webhooks", "five webhooks", |hooks| {
        hooks.is_some_and(|hooks| hooks["data"].as_array().is_some_and(|hooks| hooks.len() == 5))
    });
}

/// The webhooks that somebody has registered.
fn registered(desk: &Desk) -> Vec<Value> {
    desk.practice.get("/api/v1/webhooks")["data"].as_array().unwrap().clone()
}

fn ids(desk: &Desk) -> BTreeSet<u64> {
    registered(desk).iter().map(|hook| hook["id"].as_u64().unwrap()).collect()
}

/// How often the list of deals was read.
fn readings(desk: &Desk) -> u64 {
    desk.practice.get("/sandbox/stats")["by_path"]["GET /api/v2/deals"].as_u64().unwrap()
}

#[test]
fn a_move_in_one_dashboard_is_on_the_others_screen_by_webhook() {
    let desk = desk();
    let target = desk.targets[0].clone();
    let mut mine = open(&desk, &desk.practice.token, &desk.folder().join("mine"), true);
    let mut theirs = open(&desk, COLLEAGUE.0, &desk.folder().join("theirs"), true);
    for terminal in [&mut mine, &mut theirs] {
        terminal.keys(&target.find());
        terminal.wait_until("the card", |screen| place_of(screen, &target).is_some());
    }
    let mut place = place_of(&theirs.screen(), &target).unwrap();
    // The first delivery shows that they arrive; from then on nothing is read for it.
    mine.keys("L");
    place = wait_for_move(&theirs, &target, place);
    for terminal in [&mine, &theirs] {
        terminal.wait_for("◉ live");
    }
    let before = readings(&desk);
    for (from_mine, key) in [(true, "L"), (false, "H"), (true, "H"), (false, "L"), (true, "H")] {
        let (here, there) = if from_mine { (&mut mine, &theirs) } else { (&mut theirs, &mine) };
        here.keys(key);
        place = wait_for_move(there, &target, place);
        wait_for_place(here, &target, place);
    }
    // A line may give way to that of an edit made here; the list of what came lately has all.
    theirs.keys("W");
    theirs.wait_for("Maarja Tamm moved Target-A to");
    theirs.keys("\x1b");
    theirs.wait_gone("Changed lately");
    // It was told, not read; but where both were there within the same second, Pipedrive may have been asked.
    let read = readings(&desk) - before;
    assert!(read <= 4, "{read}");
    // What is open follows, too.
    theirs.keys("\r");
    theirs.wait_for("Target-A");
    mine.keys("e\x15Target-A with a longer name\r");
    theirs.wait_for("Target-A with a longer name");
    assert_eq!(registered(&desk).len(), 5);
    quit(mine);
    assert_eq!(registered(&desk), Vec::<Value>::new(), "what is quit leaves nothing behind");
    quit(theirs);
}

fn wait_for_place(terminal: &Terminal, target: &Target, place: u16) {
    terminal.wait_until("the card in its column", |screen| place_of(screen, target) == Some(place));
}

#[test]
fn without_webhooks_a_move_is_there_after_one_look() {
    let desk = desk();
    let target = desk.targets[0].clone();
    let mut theirs = open(&desk, COLLEAGUE.0, &desk.folder().join("theirs"), false);
    theirs.keys(&target.find());
    theirs.wait_until("the card", |screen| place_of(screen, &target).is_some());
    let place = place_of(&theirs.screen(), &target).unwrap();
    let before = readings(&desk);
    let stages = desk.practice.get("/api/v2/stages?pipeline_id=1&limit=500");
    let second = stages["data"].as_array().unwrap().iter().find(|stage| stage["order_nr"] == 2).unwrap()["id"].clone();
    desk.change(&target, &json!({"stage_id": second}));
    wait_for_move(&theirs, &target, place);
    theirs.wait_for("Target-A moved to");
    let looks = readings(&desk) - before;
    assert!((1..=2).contains(&looks), "{looks} looks, of which one may have been under way");
    assert_eq!(registered(&desk), Vec::<Value>::new());
    quit(theirs);
}

#[test]
fn killed_and_started_again_nothing_is_left_registered_twice_and_nothing_was_missed() {
    let desk = desk();
    let (target, other) = (desk.targets[0].clone(), desk.targets[1].clone());
    let data = desk.folder().join("mine");
    let mut mine = open(&desk, &desk.practice.token, &data, true);
    wait_until_registered(&desk);
    mine.kill();
    let left = ids(&desk);
    assert_eq!(left.len(), 5, "a kill leaves them");
    // Nobody listens: this is delivered to nobody.
    desk.change(&target, &json!({"title": "Renamed meanwhile"}));
    let mut mine = open(&desk, &desk.practice.token, &data, true);
    mine.keys("1/\x15Renamed meanwhile\r");
    mine.wait_for("Renamed meanwhile");
    // They lead to where it listens now.
    desk.practice.wait_until("/api/v1/webhooks", "five others", |_| {
        let now = ids(&desk);
        now.len() == 5 && now.is_disjoint(&left)
    });
    desk.change(&other, &json!({"title": "Told of again"}));
    mine.keys("1/\x15Told of again\r");
    mine.wait_for("◉ live");
    mine.wait_for("Told of again");
    // What another program has registered is none of its business.
    let foreign = json!({
        "subscription_url": "https://example.com/dealdeck", "event_action": "*", "event_object": "deal",
        "name": "dealdeck of somebody else",
    });
    desk.practice.send("POST", "/api/v1/webhooks", &foreign);
    mine.kill();
    // Without webhooks it takes away what is left of its own.
    let mine = open(&desk, &desk.practice.token, &data, false);
    desk.practice.wait_until("/api/v1/webhooks", "only the other program's", |hooks| {
        hooks.is_some_and(|hooks| hooks["data"].as_array().is_some_and(|hooks| hooks.len() == 1))
    });
    assert_eq!(registered(&desk)[0]["name"], "dealdeck of somebody else");
    wait_until_read(&mine);
    quit(mine);
}
