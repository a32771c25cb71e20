//! Ten thousand webhook deliveries to an open dashboard, repeated and in any order, among forged, oversized, malformed
//! and slow ones.

mod cached_account;
mod colleagues;
mod traffic;

use std::fs;
use std::time::Instant;

use dealdeck::sandbox::Options;
use fastrand::Rng;
use serde_json::json;
use tokio::runtime::Builder;
use tokio::task::JoinHandle;

use self::cached_account::CachedAccount;
use self::colleagues::TOKENS;
use self::traffic::{ListenerAddress, Responses, deliver, expected, held, mixed_requests, stall};
use super::support::account::{TestAccount, quit, wait_until_read};
use super::support::terminal::{PATIENCE, Terminal};

/// The changes that each colleague makes.
const CHANGES: u64 = 620;
/// The number of deliveries.
const DELIVERIES: usize = 10_000;
/// The number of forged deliveries among them.
const FORGED: usize = 1_000;
/// The number of each other kind.
const OTHERS: usize = 50;
/// The number of deliveries that stop halfway.
const STALLED: usize = 8;
/// The fewest frames to wait for in each half.
const MIN_FRAMES: usize = 30;
/// The memory in kilobytes that the rest of the deliveries, and half of them again, may use beyond the first half.
/// Half of them is 7 MB, and an entry is stored for each event and each item: a tenth of that.
const MAX_GROWTH: u64 = 3 << 10;
/// The most queries of deals by their ids, made when deliveries leave the state of a deal open. Each may be the last
/// of many seconds, because the pauses grow.
const MAX_QUERIES: u64 = 30;

#[test]
fn the_board_matches_the_server_after_many_deliveries() {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let colleagues = TOKENS.map(|(token, user)| (token.to_owned(), user)).to_vec();
    let mut account = TestAccount::with(Options { deals: 150, colleagues, ..Options::default() });
    let mut terminal = account.open_with(&["--public-url", "auto"]);
    let listener = wait_until_live(&account, &terminal);
    account.practice.send("POST", "/sandbox/deliveries", &json!({"hold": true}));
    runtime.block_on(colleagues::work(&account.practice, CHANGES));

    let mut rng = Rng::with_seed(6);
    let mut first = mixed_requests(&mut rng, &held(&account.practice), DELIVERIES, FORGED, OTHERS);
    let second = first.split_off(first.len() / 2);
    let queries = count_queries(&account);
    let stalled = runtime.spawn(stall(listener.clone(), STALLED));
    let mut resident = Vec::new();
    for requests in [&first, &second, &second] {
        let deliveries = runtime.spawn(deliver(listener.clone(), requests.clone()));
        let frames = frames_during(&deliveries, &mut terminal);
        assert!(frames >= MIN_FRAMES, "{frames} frames");
        assert_eq!(runtime.block_on(deliveries).unwrap(), expected(requests));
        resident.push(resident_kilobytes(terminal.pid()));
    }
    assert!(resident.iter().all(|now| *now <= resident[0] + MAX_GROWTH), "{resident:?}");
    for answer in runtime.block_on(stalled).unwrap() {
        assert!(["HTTP/1.1 408 Request Timeout", ""].contains(&answer.as_str()), "{answer}");
    }

    let fresh_data = account.folder().join("fresh");
    let cached_data = std::mem::replace(&mut account.data, fresh_data);
    assert_eq!(account.run("sync").code, Some(0));
    let (fresh, totals) = (CachedAccount::list(&account), totals_after_full_sync(&account));
    account.data = cached_data;
    wait_until_same(&account, &fresh);
    let queries = count_queries(&account) - queries;
    assert!(queries <= MAX_QUERIES, "{queries} queries");
    terminal.keys("1");
    terminal.wait_until(&format!("the totals\n{totals}"), |screen| top(screen) == totals);
    quit(terminal);
}

/// Waits until webhooks are connected, and returns their address.
fn wait_until_live(account: &TestAccount, terminal: &Terminal) -> ListenerAddress {
    wait_until_read(terminal);
    let mut listener = None;
    account.practice.wait_until("/api/v1/webhooks", "five webhooks", |hooks| {
        let hooks = hooks.and_then(|hooks| hooks["data"].as_array());
        listener = hooks.filter(|hooks| hooks.len() == 5).map(|hooks| ListenerAddress::of(&hooks[0]));
        listener.is_some()
    });
    account.change(&account.targets[0], &json!({"title": "Now it is live"}));
    terminal.wait_for("◉ live");
    listener.unwrap()
}

/// Returns the number of queries of deals.
fn count_queries(account: &TestAccount) -> u64 {
    account.practice.get("/sandbox/stats")["by_path"]["GET /api/v2/deals"].as_u64().unwrap()
}

/// Switches views and moves the cursor until all is delivered, each time waiting for the frame that shows it. Returns
/// the number of frames.
fn frames_during(deliveries: &JoinHandle<Responses>, terminal: &mut Terminal) -> usize {
    let views = [("1j", "weighted"), ("4j", " Deals  open"), ("5j", " People · "), ("6k", " Organizations · ")];
    let mut frames = 0;
    while !deliveries.is_finished() {
        for (keys, shown) in views {
            terminal.keys(keys);
            terminal.wait_for(shown);
        }
        // The list of users does not change: only keys move the cursor.
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

/// Returns the row with the cursor in the list of users.
fn cursor(screen: &vt100::Screen) -> Option<u16> {
    let is_users = screen.contents().contains(" Users · ");
    let rows = 0..screen.size().0.get();
    rows.filter(|_| is_users).find(|row| screen.cell(*row, 0).is_some_and(|cell| cell.contents() == "▌"))
}

/// Returns the resident memory of a process.
fn resident_kilobytes(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    resident.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Waits until the cache equals a new full sync. Some queries follow only after the last delivery.
fn wait_until_same(account: &TestAccount, fresh: &CachedAccount) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let differences = CachedAccount::list(account).differences(fresh);
        if differences.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "{} differences: {differences:#?}", differences.len());
    }
}

/// Returns the totals of the board after a new full sync.
fn totals_after_full_sync(account: &TestAccount) -> String {
    let terminal = account.open();
    wait_until_read(&terminal);
    let totals = top(&terminal.screen());
    quit(terminal);
    totals
}

/// Returns the lines above the cards: counts and totals of the board and of each stage.
fn top(screen: &vt100::Screen) -> String {
    screen.contents().lines().skip(1).take(5).map(str::trim_end).collect::<Vec<_>>().join("\n")
}
