//! A storm of deliveries on an open dashboard: ten thousand of them, repeated and in any order, among forged, oversized,
//! broken and slow ones.

mod account;
mod colleagues;
mod post;

use std::fs;
use std::time::Instant;

use dealdeck::sandbox::Options;
use fastrand::Rng;
use serde_json::json;
use tokio::runtime::Builder;
use tokio::task::JoinHandle;

use self::account::Account;
use self::colleagues::TOKENS;
use self::post::{Answers, Door, deliver, expected, held, mixed, stall};
use super::support::desk::{Desk, quit, wait_until_read};
use super::support::terminal::{PATIENCE, Terminal};

/// How many changes each colleague makes.
const CHANGES: u64 = 620;
/// How many deliveries there are.
const DELIVERIES: usize = 10_000;
/// How many forged ones come among them.
const FORGED: usize = 1_000;
/// How many of each other kind.
const OTHERS: usize = 50;
/// How many stop amid what they send.
const STALLED: usize = 8;
/// How many frames are waited for in each half of the storm, at the least.
const FRAMES: usize = 30;
/// How much more memory the rest of the storm, and half of it once more, may take than its first half, in kilobytes.
/// Half of it is 7 MB of deliveries, and a note is kept of each event and each item that was heard of: a tenth of that.
const MORE_MEMORY: u64 = 3 << 10;
/// How often deals may be asked for by their ids, where deliveries leave open how they are. Each time may be the last of
/// many seconds, as the pauses become longer.
const ASKED: u64 = 30;

#[test]
fn after_a_storm_of_deliveries_the_board_is_as_the_server_has_it() {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let colleagues = TOKENS.map(|(token, user)| (token.to_owned(), user)).to_vec();
    let mut desk = Desk::with(Options { deals: 150, colleagues, ..Options::default() });
    let mut terminal = desk.open_with(&["--public-url", "auto"]);
    let door = wait_until_live(&desk, &terminal);
    desk.practice.send("POST", "/sandbox/deliveries", &json!({"hold": true}));
    runtime.block_on(colleagues::work(&desk.practice, CHANGES));

    let mut rng = Rng::with_seed(6);
    let mut first = mixed(&mut rng, &held(&desk.practice), DELIVERIES, FORGED, OTHERS);
    let second = first.split_off(first.len() / 2);
    let asked = times_asked(&desk);
    let stalled = runtime.spawn(stall(door.clone(), STALLED));
    let mut resident = Vec::new();
    for things in [&first, &second, &second] {
        let storm = runtime.spawn(deliver(door.clone(), things.clone()));
        let frames = frames_during(&storm, &mut terminal);
        assert!(frames >= FRAMES, "{frames} frames");
        assert_eq!(runtime.block_on(storm).unwrap(), expected(things));
        resident.push(resident_kilobytes(terminal.pid()));
    }
    assert!(resident.iter().all(|now| *now <= resident[0] + MORE_MEMORY), "{resident:?}");
    for answer in runtime.block_on(stalled).unwrap() {
        assert!(["HTTP/1.1 408 Request Timeout", ""].contains(&answer.as_str()), "{answer}");
    }

    let anew = desk.folder().join("anew");
    let kept = std::mem::replace(&mut desk.data, anew);
    assert_eq!(desk.run("sync").code, Some(0));
    let (anew, totals) = (Account::kept(&desk), totals_anew(&desk));
    desk.data = kept;
    wait_until_same(&desk, &anew);
    let asked = times_asked(&desk) - asked;
    assert!(asked <= ASKED, "{asked} times");
    terminal.keys("1");
    terminal.wait_until(&format!("the totals\n{totals}"), |screen| top(screen) == totals);
    quit(terminal);
}

/// Waits until webhooks are heard; where they are delivered.
fn wait_until_live(desk: &Desk, terminal: &Terminal) -> Door {
    wait_until_read(terminal);
    let mut door = None;
    desk.practice.wait_until("/api/v1/webhooks", "five webhooks", |hooks| {
        let hooks = hooks.and_then(|hooks| hooks["data"].as_array());
        door = hooks.filter(|hooks| hooks.len() == 5).map(|hooks| Door::of(&hooks[0]));
        door.is_some()
    });
    desk.change(&desk.targets[0], &json!({"title": "Now it is heard"}));
    terminal.wait_for("◉ live");
    door.unwrap()
}

/// How often the server was asked for deals.
fn times_asked(desk: &Desk) -> u64 {
    desk.practice.get("/sandbox/stats")["by_path"]["GET /api/v2/deals"].as_u64().unwrap()
}

/// Goes through the views and moves the cursor until the storm is over, each time waiting for the frame that shows it.
/// How many these were.
fn frames_during(storm: &JoinHandle<Answers>, terminal: &mut Terminal) -> usize {
    let views = [("1j", "weighted"), ("4j", " Deals  open"), ("5j", " People · "), ("6k", " Organizations · ")];
    let mut frames = 0;
    while !storm.is_finished() {
        for (keys, shown) in views {
            terminal.keys(keys);
            terminal.wait_for(shown);
        }
        // The users stay as they are: the cursor is moved by keys alone.
        terminal.keys("7g");
        terminal.wait_until("the cursor at the top", |screen| cursor(screen) == Some(4));
        for (key, row) in [("j", 5), ("k", 4)] {
            terminal.keys(key);
            terminal.wait_until("the cursor moved", |screen| cursor(screen) == Some(row));
        }
        frames += views.len() + 3;
    }
    frames
}

/// The row with the cursor in the list of users.
fn cursor(screen: &vt100::Screen) -> Option<u16> {
    let is_users = screen.contents().contains(" Users · ");
    let rows = 0..screen.size().0.get();
    rows.filter(|_| is_users).find(|row| screen.cell(*row, 0).is_some_and(|cell| cell.contents() == "▌"))
}

/// The memory of a process.
fn resident_kilobytes(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    resident.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Waits until what is kept is as it is when it is read anew. Some is asked for once the storm is over.
fn wait_until_same(desk: &Desk, anew: &Account) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let differences = Account::kept(desk).differences(anew);
        if differences.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "{} differences: {differences:#?}", differences.len());
    }
}

/// The totals of the board of an account that was read anew.
fn totals_anew(desk: &Desk) -> String {
    let terminal = desk.open();
    wait_until_read(&terminal);
    let totals = top(&terminal.screen());
    quit(terminal);
    totals
}

/// What stands above the cards: how many there are in all and in each stage, and what they are worth.
fn top(screen: &vt100::Screen) -> String {
    screen.contents().lines().skip(1).take(5).map(str::trim_end).collect::<Vec<_>>().join("\n")
}
