//! A working day in virtual time, on the smallest plan with one seat: what it takes of the company's daily budget, and
//! that edits go through to its end whatever other programs take.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use dealdeck::domain::{DealId, DealPatch, Edit};
use dealdeck::pipedrive::{HttpResponse, Method, RateLimits, Request, Token, Transport, TransportError, connect_over};
use dealdeck::sync::{self, Command, EditState, JournalEntry, Report, Settings, Storage};
use dealdeck::workspace::EditId;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// The budget of the smallest plan with one seat.
const BUDGET: u64 = 30_000;
const HOUR: Duration = Duration::from_secs(3600);
/// When somebody is at the keys.
const WORK: std::ops::Range<u32> = 9..17;
const EDITS: u32 = 300;
/// The midnight with which the day begins.
const MIDNIGHT: &str = "2026-11-24T00:00:00Z";

/// Any deal, as the server has it.
const DEAL: &str =
    r#"{"success":true,"data":{"id":1,"title":"As it was","status":"open","pipeline_id":1,"stage_id":1}}"#;

/// A company's account, as far as the budget is concerned.
struct Office {
    start: Instant,
    /// What other programs take in each hour.
    others: fn(u32) -> u64,
    state: Mutex<Day>,
}

#[derive(Default)]
struct Day {
    used: BTreeMap<String, u64>,
    /// When the board was read, since the last look at this.
    board: Vec<Instant>,
    refused: usize,
}

impl Office {
    fn others_so_far(&self) -> u64 {
        let minutes = self.start.elapsed().as_secs() / 60;
        let in_hour = |hour: u32| (self.others)(hour) * minutes.saturating_sub(u64::from(hour) * 60).min(60) / 60;
        (0..24).map(in_hour).sum()
    }

    fn left(&self, day: &Day) -> u64 {
        BUDGET.saturating_sub(day.used.values().sum::<u64>()).saturating_sub(self.others_so_far())
    }
}

/// How many objects a list has: 20,000 deals, a third of them open.
fn size(request: &Request) -> usize {
    let asks = |name: &str, value: &str| request.query.iter().any(|(key, is)| *key == name && is.contains(value));
    if request.query.iter().any(|(key, _)| *key == "updated_since") {
        return 0;
    }
    match request.path.as_str() {
        "/deals" if asks("status", "open") => 7_000,
        "/deals" => 13_000,
        "/persons" => 8_000,
        "/organizations" => 4_000,
        "/activities" if asks("done", "true") => 100,
        "/activities" => 1_500,
        "/leads" => 150,
        _ => 3,
    }
}

fn page(request: &Request) -> String {
    let value = |name: &str| request.query.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str());
    let start: usize = value("cursor").or(value("start")).map_or(0, |at| at.parse().unwrap());
    let end = size(request).min(start + 500);
    let mut body = String::from(r#"{"success":true,"data":["#);
    for id in start..end {
        let comma = if id > start { "," } else { "" };
        let time = r#""update_time":"2026-11-23T17:00:00Z""#;
        write!(body, r#"{comma}{{"id":{},"pipeline_id":1,"stage_id":1,"status":"open",{time}}}"#, id + 1).unwrap();
    }
    let more = if end < size(request) { format!("\"{end}\"") } else { "null".to_owned() };
    write!(body, r#"],"additional_data":{{"next_cursor":{more}}}}}"#).unwrap();
    body
}

impl Transport for &'static Office {
    async fn send(&self, request: &Request) -> Result<HttpResponse, TransportError> {
        tokio::time::sleep(Duration::from_millis(120)).await;
        let mut day = self.state.lock().unwrap();
        let limits = |left| RateLimits {
            limit: Some(20),
            daily_limit: Some(BUDGET),
            daily_left: Some(left),
            ..RateLimits::default()
        };
        if self.left(&day) < u64::from(request.cost) {
            day.refused += 1;
            return Ok(HttpResponse { status: 429, limits: limits(0), is_json: true, body: b"{}".to_vec() });
        }
        let path = request.path.split('/').take(2).collect::<Vec<_>>().join("/");
        let is_one = request.path != path;
        let of_one = if is_one { "/{id}" } else { "" };
        *day.used.entry(format!("{:?} {path}{of_one}", request.method)).or_default() += u64::from(request.cost);
        if path == "/deals" && !is_one && request.method == Method::Get {
            day.board.push(Instant::now());
        }
        let body = match request.method {
            Method::Get if path == "/users" && request.path.ends_with("me") => {
                r#"{"success":true,"data":{"id":1}}"#.to_owned()
            }
            Method::Get if path == "/deals" && is_one => DEAL.to_owned(),
            Method::Get => page(request),
            Method::Patch | Method::Put | Method::Post | Method::Delete => DEAL.to_owned(),
        };
        Ok(HttpResponse { status: 200, limits: limits(self.left(&day)), is_json: true, body: body.into_bytes() })
    }

    fn renew(&self, _: &Token) {}
}

/// What a day came to.
struct Outcome {
    used: BTreeMap<String, u64>,
    edits_done: u32,
    edits_failed: u32,
    /// The oldest that the board became while somebody was at the keys.
    oldest_board: Duration,
}

/// Lives through a day from midnight to midnight.
async fn live_through(others: fn(u32) -> u64) -> Outcome {
    let start = Instant::now();
    let office: &'static Office = Box::leak(Box::new(Office { start, others, state: Mutex::default() }));
    let (api, _task) = connect_over(office);
    let (commands, queue) = mpsc::channel(64);
    let (report, mut reports) = mpsc::channel(1024);
    let midnight: DateTime<Utc> = MIDNIGHT.parse().unwrap();
    let clock = Arc::new(move || midnight + TimeDelta::from_std(start.elapsed()).unwrap());
    sync::start(
        api,
        Storage::in_memory().unwrap().0,
        Settings { clock, ..Settings::new(Duration::from_secs(300)) },
        None,
        queue,
        report,
    );
    let counted = tokio::spawn(async move {
        let (mut done, mut failed) = (0, 0);
        while let Some(report) = reports.recv().await {
            if let Report::EditDone { outcome, .. } = report {
                if outcome.is_ok() { done += 1 } else { failed += 1 }
            }
        }
        (done, failed)
    });
    let mut oldest_board = Duration::ZERO;
    let mut edits = 0;
    for minute in 0..24 * 60 {
        tokio::time::sleep_until(start + Duration::from_secs(60) * minute).await;
        if !WORK.contains(&(minute / 60)) {
            continue;
        }
        commands.send(Command::UserActive).await.unwrap();
        let due = EDITS * (minute - WORK.start * 60 + 1) / (WORK.len() as u32 * 60);
        while edits < due {
            let patch = titled(&format!("Edit {edits}"));
            let edit = Edit::UpdateDeal { id: DealId(u64::from(edits)), patch };
            commands.send(edit_command(EditId(u64::from(edits)), edit)).await.unwrap();
            edits += 1;
        }
        let mut day = office.state.lock().unwrap();
        let read: Vec<Instant> = day.board.drain(..).collect();
        // In the first minute the person has only just come.
        if minute > WORK.start * 60 + 1 {
            let mut before = *read.first().unwrap_or(&(Instant::now() - Duration::from_secs(120)));
            for at in read.iter().chain([&Instant::now()]) {
                oldest_board = oldest_board.max(*at - before);
                before = *at;
            }
        }
        day.board.extend(read.last());
    }
    tokio::time::sleep_until(start + 24 * HOUR).await;
    drop(commands);
    let (edits_done, edits_failed) = counted.await.unwrap();
    let used = std::mem::take(&mut office.state.lock().unwrap().used);
    Outcome { used, edits_done, edits_failed, oldest_board }
}

#[tokio::test(start_paused = true)]
async fn a_working_day_takes_less_than_half_of_the_smallest_budget() {
    let day = live_through(|_| 0).await;
    let total: u64 = day.used.values().sum();
    println!("tokens of a working day on the smallest plan:");
    for (kind, tokens) in &day.used {
        println!("{tokens:>7}  {kind}");
    }
    println!("{total:>7}  in all, of {BUDGET}; the board was never older than {:.1} s", day.oldest_board.as_secs_f64());
    assert_eq!((day.edits_done, day.edits_failed), (EDITS, 0));
    assert!(total < 12_000, "{total}");
    assert!(day.oldest_board <= Duration::from_secs(60), "{:?}", day.oldest_board);
}

#[tokio::test(start_paused = true)]
async fn edits_go_through_to_the_end_of_a_day_on_which_another_program_burns_the_budget() {
    // By noon it has taken nearly all, and goes on slowly.
    let day = live_through(|hour| match hour {
        0..12 => 2_150,
        _ => 20,
    })
    .await;
    let total: u64 = day.used.values().sum();
    println!(
        "with another program: {} edits done, {} failed, {total} tokens of our own",
        day.edits_done, day.edits_failed
    );
    assert_eq!((day.edits_done, day.edits_failed), (EDITS, 0));
}

fn titled(title: &str) -> DealPatch {
    DealPatch { title: Some(title.to_owned()), ..DealPatch::default() }
}

/// An edit as the dashboard hands it over.
fn edit_command(id: EditId, edit: Edit) -> Command {
    let kept = JournalEntry {
        id,
        made_at: MIDNIGHT.parse().unwrap(),
        what: String::new(),
        base: Some(Edit::UpdateDeal { id: DealId(id.0), patch: titled("As it was") }),
        edit,
        part_of: None,
        step: None,
        state: EditState::Waiting,
        ended_at: None,
    };
    Command::Edit { kept: Box::new(kept), replaces: None }
}
