//! The rate limit, counted at the server, with latencies of 100 to 400 milliseconds and stalls of 10 to 30 seconds
//! after which all held requests arrive at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dealdeck::domain::{DealId, DealPatch, Edit, ItemKind};
use dealdeck::pipedrive::{Endpoint, Token, connect_with};
use dealdeck::sandbox::{Options, Plan, Sandbox};
use dealdeck::sync::{self, Command, EditState, JournalEntry, Report, Settings, Storage};
use dealdeck::workspace::EditId;
use fastrand::Rng;
use tokio::sync::mpsc;

use super::proxy::{NetworkConditions, Proxy};
use super::{number, print};

/// The delay of the latest request: longer than the longest stall.
const MAX_DELAY: Duration = Duration::from_secs(35);
/// The smallest plan, with the tightest limit.
const PLAN: Plan = Plan::Essential;
/// The number of waiting edits at any time.
const WAITING: usize = 40;
/// The deals to edit.
const DEALS: u64 = 200;
/// The stalls of the short run, each with the time before it, in seconds. Beyond 20 seconds a client has timed out.
const SHORT: [(u64, u64); 2] = [(8, 12), (8, 25)];

/// Returns the stalls of a run, each with the time before it.
fn stalls(dice: &mut Rng) -> Vec<(Duration, Duration)> {
    let seconds = |(before, stall)| (Duration::from_secs(before), Duration::from_secs(stall));
    let Some(minutes) = number("DEALDECK_STALL_MINUTES") else { return SHORT.map(seconds).to_vec() };
    let mut left = minutes * 60;
    let mut stalls = Vec::new();
    while left > 0 {
        let (before, stall) = (dice.u64(1..=40), dice.u64(10..=30));
        stalls.push(seconds((before, stall)));
        left = left.saturating_sub(before + stall);
    }
    stalls
}

/// Keeps the engine busy until it is stopped: edits, searches, refreshes.
async fn work(
    commands: mpsc::Sender<Command>,
    mut reports: mpsc::Receiver<Report>,
    ended: Arc<AtomicBool>,
) -> (usize, usize) {
    let (mut sent, mut done, mut failed) = (0_u64, 0, 0);
    while !ended.load(Ordering::Relaxed) {
        while sent < (done + failed + WAITING) as u64 {
            let patch = DealPatch { title: Some(format!("Edit {sent}")), ..DealPatch::default() };
            let edit = Edit::UpdateDeal { id: DealId(1 + sent % DEALS), patch };
            let command = match sent % 25 {
                // The results of Pipedrive's search are not used.
                10 => Some(Command::Search { text: format!("Edit {sent}"), kinds: vec![ItemKind::Deal] }),
                20 => Some(Command::Refresh),
                _ => None,
            };
            for command in command.into_iter().chain([edit_command(sent, edit)]) {
                // Both channels are bounded: a command that does not fit waits until reports have been received.
                if commands.try_send(command).is_err() {
                    break;
                }
            }
            sent += 1;
        }
        match tokio::time::timeout(Duration::from_millis(500), reports.recv()).await {
            Ok(Some(Report::EditDone { outcome: Ok(_), .. })) => done += 1,
            Ok(Some(Report::EditDone { outcome: Err(_), .. })) => failed += 1,
            Ok(None) => break,
            _ => {}
        }
    }
    (done, failed)
}

fn edit_command(id: u64, edit: Edit) -> Command {
    let kept = JournalEntry {
        id: EditId(id),
        made_at: chrono::Utc::now(),
        what: String::new(),
        edit,
        base: None,
        part_of: None,
        step: None,
        state: EditState::Waiting,
        ended_at: None,
    };
    Command::Edit { kept: Box::new(kept), replaces: None }
}

#[test]
fn the_rate_limit_holds_at_the_server() {
    let seed = number("DEALDECK_SEED").unwrap_or_else(|| fastrand::u64(..1_000_000));
    let start = Instant::now();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let options = Options { plan: PLAN, ..Options::default() };
    let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
    let conditions = NetworkConditions {
        limit: PLAN.burst_limit() as usize,
        latency: 100..=400,
        late: 0.01,
        max_delay: Duration::from_secs(30),
        silent: 0.1,
        cut: 0.01,
        refused: 0.005,
        seed,
    };
    let proxy = Proxy::start(sandbox.url(), conditions);
    let (commands, queue) = mpsc::channel(256);
    let (report, reports) = mpsc::channel(256);
    let ended = Arc::new(AtomicBool::new(false));
    let worker = {
        let _inside = runtime.enter();
        let token = Token::new(sandbox.token()).unwrap();
        let (api, _task) = connect_with(Endpoint::from_url(&proxy.url).unwrap(), &token, MAX_DELAY).unwrap();
        let storage = Storage::in_memory().unwrap().0;
        sync::start(api, storage, Settings::new(Duration::from_secs(300)), None, queue, report);
        runtime.spawn(work(commands, reports, Arc::clone(&ended)))
    };
    for (before, stall) in stalls(&mut Rng::with_seed(seed)) {
        std::thread::sleep(before);
        proxy.stall(stall);
        std::thread::sleep(stall);
    }
    std::thread::sleep(Duration::from_secs(8));
    ended.store(true, Ordering::Relaxed);
    let (done, failed) = runtime.block_on(worker).unwrap();
    let report = proxy.report();
    print(&format!(
        "limit: {} requests arrived, {} of them late, {} cut, {} pages; at most {} of {} within two seconds, {} over, {} \
         refused; {done} edits done, {failed} not; DEALDECK_SEED={seed}, {:.0} s",
        report.arrived,
        report.late,
        report.cut,
        report.pages,
        report.most,
        PLAN.burst_limit(),
        report.over.len(),
        report.refused,
        start.elapsed().as_secs_f64(),
    ));
    assert!(report.over.is_empty(), "DEALDECK_SEED={seed}\n{}", report.over.join("\n"));
    assert_eq!(report.refused, 0);
    assert!(report.arrived > 100, "too little arrived to say anything: {report:?}");
}
