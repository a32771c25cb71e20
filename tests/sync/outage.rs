//! Ten minutes in which the server fails, with many edits queued, in virtual time: all arrive afterwards without the
//! user, and only a few probes are sent meanwhile.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use dealdeck::pipedrive::Method;
use tokio::time::Instant;

use super::*;

const EDITS: u64 = 500;
const OUTAGE: Duration = Duration::from_secs(600);
/// How soon all edits are through after the outage: two requests for each at ten a second, and the last pause before.
const AFTERWARDS: Duration = Duration::from_secs(180);
const LIMIT: usize = 20;
const WINDOW: Duration = Duration::from_secs(2);
const WAY: Duration = Duration::from_millis(60);

/// How the server fails.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    /// With this status, as JSON or as a page.
    Status(u16, &'static str),
    /// It does not answer.
    Silence,
}

#[derive(Default)]
struct Server {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    trouble: Option<Trouble>,
    arrived: VecDeque<Instant>,
    /// The most requests that arrived within a window.
    most: usize,
    /// When requests came while it failed.
    probes: Vec<Instant>,
    /// The stages that deals were moved to, in order.
    moves: BTreeMap<u64, Vec<u64>>,
}

impl Server {
    fn arrival(&self) -> Option<Trouble> {
        let mut state = self.state.lock().unwrap();
        let now = Instant::now();
        state.arrived.push_back(now);
        while state.arrived.front().is_some_and(|at| now - *at >= WINDOW) {
            state.arrived.pop_front();
        }
        state.most = state.most.max(state.arrived.len());
        if state.trouble.is_some() {
            state.probes.push(now);
        }
        state.trouble
    }

    fn answer(&self, request: &Request) -> String {
        let mut state = self.state.lock().unwrap();
        let deal = |id: u64, state: &State| {
            let place = state.moves.get(&id).and_then(|moves| moves.last()).unwrap_or(&1);
            format!(r#"{{"id":{id},"title":"A deal","status":"open","pipeline_id":1,"stage_id":{place}}}"#)
        };
        let value = |name: &str| request.query.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone());
        let data = match (request.path.as_str(), value("ids")) {
            ("/users/me", _) => r#"{"id":1}"#.to_owned(),
            ("/deals", Some(ids)) => {
                let deals: Vec<String> = ids.split(',').map(|id| deal(id.parse().unwrap(), &state)).collect();
                format!("[{}]", deals.join(","))
            }
            (path, _) => match path.strip_prefix("/deals/").and_then(|id| id.parse().ok()) {
                Some(id) => {
                    if request.method == Method::Patch {
                        let body: Value = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
                        state.moves.entry(id).or_default().push(body["stage_id"].as_u64().unwrap());
                    }
                    deal(id, &state)
                }
                None => "[]".to_owned(),
            },
        };
        format!(r#"{{"success":true,"data":{data},"additional_data":{{"next_cursor":null}}}}"#)
    }
}

impl Transport for &'static Server {
    async fn send(&self, request: &Request) -> Result<HttpResponse, TransportError> {
        tokio::time::sleep(WAY).await;
        let trouble = self.arrival();
        let (status, body) = match trouble {
            Some(Trouble::Silence) => {
                tokio::time::sleep(Duration::from_secs(20)).await;
                return Err(TransportError::NoAnswer("no answer in 20 s".to_owned()));
            }
            Some(Trouble::Status(status, body)) => (status, body.to_owned()),
            None => (200, self.answer(request)),
        };
        tokio::time::sleep(WAY).await;
        let limits = RateLimits { limit: trouble.is_none().then_some(20), ..RateLimits::default() };
        Ok(HttpResponse { status, limits, is_json: body.starts_with('{'), body: body.into() })
    }

    fn renew(&self, _: &Token) {}
}

/// The move of a deal to the second stage, by hand or as a part of a bulk.
fn move_on(deal: u64, part_of: Option<EditId>) -> JournalEntry {
    let to_stage = |stage| {
        let place = PipelineStage { pipeline: PipelineId(1), stage: StageId(stage) };
        Edit::UpdateDeal { id: DealId(deal), patch: DealPatch { stage: Some(place), ..DealPatch::default() } }
    };
    JournalEntry {
        id: EditId(deal),
        made_at: Utc::now(),
        part_of,
        what: String::new(),
        edit: to_stage(2),
        base: Some(to_stage(1)),
        step: None,
        state: EditState::Waiting,
        ended_at: None,
    }
}

/// One edit of each deal.
fn by_hand() -> Vec<Command> {
    (1..=EDITS).map(|deal| Command::Edit { kept: Box::new(move_on(deal, None)), replaces: None }).collect()
}

fn as_a_bulk() -> Vec<Command> {
    vec![Command::Bulk((1..=EDITS).map(|deal| move_on(deal, Some(EditId(1)))).collect())]
}

/// Lives through an outage in which these edits are made.
async fn live_through(trouble: Trouble, commands: Vec<Command>) {
    let start = Instant::now();
    let server: &'static Server = Box::leak(Box::new(Server::default()));
    let (api, _task) = connect_over(server);
    let (send, queue) = mpsc::channel(64);
    let (report, mut reports) = mpsc::channel(64);
    let midnight: DateTime<Utc> = "2026-11-24T00:00:00Z".parse().unwrap();
    let clock = Arc::new(move || midnight + TimeDelta::from_std(start.elapsed()).unwrap());
    sync::start(api, in_memory(), Settings { clock, ..Settings::new(LEAD_INTERVAL) }, None, queue, report);
    while !matches!(reports.recv().await.unwrap(), Report::Progress(Progress::Fresh { .. })) {}

    server.state.lock().unwrap().trouble = Some(trouble);
    let began = Instant::now();
    tokio::spawn(async move {
        for command in commands {
            send.send(command).await.unwrap();
        }
        tokio::time::sleep_until(began + OUTAGE).await;
        server.state.lock().unwrap().trouble = None;
        // Whoever drops the sender ends the engine.
        std::future::pending::<()>().await;
    });
    let mut done = BTreeMap::new();
    let all = async {
        while done.len() < usize::try_from(EDITS).unwrap() {
            if let Report::EditDone { id, outcome } = reports.recv().await.unwrap() {
                assert!(done.insert(id, outcome.clone()).is_none(), "{trouble:?}: {id:?} ended twice");
                assert!(outcome.is_ok(), "{trouble:?}: {id:?} after {:?}: {outcome:?}", began.elapsed());
            }
        }
    };
    let in_time = tokio::time::timeout(OUTAGE + AFTERWARDS, all).await;
    let state = server.state.lock().unwrap();
    let probes = |minute: u32| {
        let from = began + Duration::from_secs(60) * minute;
        state.probes.iter().filter(|at| **at >= from && **at < from + Duration::from_secs(60)).count()
    };
    let by_minute: Vec<usize> = (0..10).map(probes).collect();
    println!("{trouble:?}: probes by minute {by_minute:?}, all through after {:?}", began.elapsed());
    assert!(in_time.is_ok(), "{trouble:?}: {} of {EDITS} are through; probes by minute {by_minute:?}", done.len());
    // What was under way when it began is not a probe.
    assert!(by_minute[0] <= LIMIT + 2 && by_minute[1..].iter().all(|count| *count <= 4), "{trouble:?}: {by_minute:?}");
    assert!(state.moves.values().all(|moves| *moves == [2]), "{trouble:?}: {:?}", state.moves);
    assert_eq!(state.moves.len(), usize::try_from(EDITS).unwrap());
    assert!(state.most <= LIMIT, "{trouble:?}: {} requests within two seconds", state.most);
}

const UNAVAILABLE: Trouble = Trouble::Status(503, r#"{"success":false,"error":"Service unavailable"}"#);

#[tokio::test(start_paused = true)]
async fn edits_outlast_ten_minutes_of_503() {
    live_through(UNAVAILABLE, by_hand()).await;
    live_through(Trouble::Status(503, "<html>503 Service Unavailable</html>"), by_hand()).await;
}

#[tokio::test(start_paused = true)]
async fn a_bulk_outlasts_ten_minutes_of_503() {
    live_through(UNAVAILABLE, as_a_bulk()).await;
}

#[tokio::test(start_paused = true)]
async fn edits_outlast_ten_minutes_of_500() {
    live_through(Trouble::Status(500, r#"{"success":false,"error":"Internal error"}"#), by_hand()).await;
}

#[tokio::test(start_paused = true)]
async fn edits_outlast_ten_minutes_without_an_answer() {
    live_through(Trouble::Silence, by_hand()).await;
}
