//! The same in virtual time, with the default bound: requests up to a minute late, stalls of 10 to 30 s, latencies
//! of 100 to 400 milliseconds. A simulated server counts requests and carries them out when they arrive.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use dealdeck::domain::*;
use dealdeck::pipedrive::{HttpResponse, Method, RateLimits, Request, Token, Transport, TransportError, connect_over};
use dealdeck::sync::{self, Command, EditState, JournalEntry, Report, Settings, Storage};
use dealdeck::workspace::EditId;
use fastrand::Rng;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::ledger::{Typed, is_uncertain};
use super::{number, print};

const EDITS: u64 = 10_000;
const CREATIONS: u64 = 2_000;
/// The number of edits in flight at any time.
const MAX_IN_FLIGHT: usize = 120;
/// The deals to edit; created ones have higher ids.
const DEALS: u64 = 300;
/// The most requests that may arrive within a window.
const LIMIT: usize = 40;
const WINDOW: Duration = Duration::from_secs(2);
/// The timeout of the client.
const PATIENCE: Duration = Duration::from_secs(20);
/// The delay of the latest request: a little less than the default bound of a minute.
const LATEST: Duration = Duration::from_millis(59_500);
/// The share of late writes, and of requests that never arrive.
const LATE: f64 = 0.02;
const LOST: f64 = 0.005;
/// The time limit, in virtual time.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// A network with a server behind it.
struct World {
    state: Mutex<State>,
}

struct State {
    dice: Rng,
    stalled: Option<Instant>,
    arrived: VecDeque<Instant>,
    most: usize,
    over: usize,
    late: usize,
    /// The number of requests still to arrive.
    in_flight: usize,
    /// The values of each deal, in order of arrival.
    values: BTreeMap<u64, Vec<u64>>,
    /// The created deals by id, and the number of times for each.
    made: BTreeMap<u64, Value>,
    titles: HashMap<String, usize>,
}

/// The way of a request.
enum Outcome {
    Fair,
    /// It arrives after this time, or never, and the client gets a gateway's page, or nothing until it times out.
    Diverted(Option<Duration>, Option<Instead>),
}

enum Instead {
    Page(u16),
    Closed,
}

impl World {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    async fn delay(&self) {
        let millis = self.state().dice.u64(100..=400);
        sleep(Duration::from_millis(millis)).await;
    }

    async fn wait_for_stall(&self) {
        loop {
            let until = self.state().stalled.filter(|until| *until > Instant::now());
            let Some(until) = until else { return };
            sleep_until(until).await;
        }
    }

    fn outcome(&self, request: &Request) -> Outcome {
        let dice = &mut self.state().dice;
        let is_late = request.method != Method::Get && dice.f64() < LATE;
        if !is_late && dice.f64() >= LOST {
            return Outcome::Fair;
        }
        let instead = match dice.u8(..10) {
            0 => None,
            1..=5 => Some(Instead::Page([502, 503, 504][dice.usize(..3)])),
            _ => Some(Instead::Closed),
        };
        Outcome::Diverted(is_late.then(|| LATEST.mul_f64(dice.f64())), instead)
    }

    /// Lets a request arrive at the server.
    fn arrive(&self, request: &Request) -> HttpResponse {
        let mut state = self.state();
        state.in_flight -= 1;
        let now = Instant::now();
        state.arrived.push_back(now);
        while state.arrived.front().is_some_and(|at| now - *at >= WINDOW) {
            state.arrived.pop_front();
        }
        let count = state.arrived.len();
        state.most = state.most.max(count);
        state.over += usize::from(count > LIMIT);
        let data = state.carry_out(request);
        let body = json!({"success": true, "data": data, "additional_data": {"next_cursor": null}}).to_string();
        let remaining = LIMIT.saturating_sub(count).try_into().ok();
        let limits = RateLimits { limit: LIMIT.try_into().ok(), remaining, ..RateLimits::default() };
        HttpResponse { status: 200, limits, is_json: true, body: body.into() }
    }

    async fn travel(&'static self, request: Request) -> HttpResponse {
        self.delay().await;
        self.wait_for_stall().await;
        self.arrive(&request)
    }
}

impl State {
    fn new(seed: u64) -> Self {
        Self {
            dice: Rng::with_seed(seed),
            stalled: None,
            arrived: VecDeque::new(),
            most: 0,
            over: 0,
            late: 0,
            in_flight: 0,
            values: BTreeMap::new(),
            made: BTreeMap::new(),
            titles: HashMap::new(),
        }
    }

    fn deal(&self, id: u64) -> Value {
        let value = self.values.get(&id).and_then(|values| values.last()).unwrap_or(&1);
        let made = self.made.get(&id).cloned();
        made.unwrap_or_else(|| {
            json!({"id": id, "title": format!("Deal {id}"), "status": "open", "pipeline_id": 1, "stage_id": 1,
                "value": value, "currency": "EUR"})
        })
    }

    fn carry_out(&mut self, request: &Request) -> Value {
        let body: Value = request.body.as_deref().map(|body| serde_json::from_str(body).unwrap()).unwrap_or_default();
        let value = |name: &str| request.query.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str());
        let id = request.path.strip_prefix("/deals/").and_then(|id| id.parse().ok());
        match (request.method, request.path.as_str(), id) {
            (Method::Get, "/users/me", _) => json!({"id": 1}),
            (Method::Get, _, Some(id)) => self.deal(id),
            (Method::Patch, _, Some(id)) => {
                let value = body["value"].as_f64().map(|value| format!("{value:.0}").parse().unwrap()).unwrap();
                self.values.entry(id).or_default().push(value);
                self.deal(id)
            }
            (Method::Post, "/deals", _) => {
                let id = DEALS + 1 + self.made.len() as u64;
                let mut deal = body;
                *self.titles.entry(deal["title"].as_str().unwrap().to_owned()).or_default() += 1;
                let more = json!({"id": id, "status": "open", "pipeline_id": 1});
                deal.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                self.made.insert(id, deal.clone());
                deal
            }
            // Latest first by id, as the client queries them to find a creation.
            (Method::Get, "/deals", _) if value("sort_direction") == Some("desc") && value("status").is_none() => {
                let most = value("limit").map_or(100, |limit| limit.parse().unwrap());
                self.made.values().rev().take(most).cloned().collect()
            }
            _ => json!([]),
        }
    }
}

impl Transport for &'static World {
    async fn send(&self, request: &Request) -> Result<HttpResponse, TransportError> {
        let world: &'static World = self;
        let silence = || TransportError::NoAnswer("no answer in 20 s".to_owned());
        let outcome = world.outcome(request);
        let exchange = async {
            match outcome {
                Outcome::Fair => {
                    let (send, answer) = oneshot::channel();
                    world.state().in_flight += 1;
                    let request = request.clone();
                    // It arrives even if the client has stopped waiting.
                    tokio::spawn(async move { send.send(world.travel(request).await) });
                    let answer = answer.await.map_err(|_| silence())?;
                    world.delay().await;
                    world.wait_for_stall().await;
                    Ok(answer)
                }
                Outcome::Diverted(late, instead) => {
                    if let Some(late) = late {
                        world.state().in_flight += 1;
                        world.state().late += 1;
                        let request = request.clone();
                        tokio::spawn(async move {
                            sleep(late).await;
                            world.arrive(&request)
                        });
                    }
                    world.delay().await;
                    world.wait_for_stall().await;
                    match instead {
                        Some(Instead::Page(status)) => {
                            let body = b"<html>a gateway</html>".to_vec();
                            Ok(HttpResponse { status, limits: RateLimits::default(), is_json: false, body })
                        }
                        Some(Instead::Closed) => Err(TransportError::NoAnswer("the connection was closed".to_owned())),
                        None => std::future::pending().await,
                    }
                }
            }
        };
        timeout(PATIENCE, exchange).await.unwrap_or_else(|_| Err(silence()))
    }

    fn renew(&self, _: &Token) {}
}

/// The submitted edits and their results.
struct SimulatedClient {
    commands: mpsc::Sender<Command>,
    reports: mpsc::Receiver<Report>,
    typed: BTreeMap<u64, Typed<u64>>,
    titles: HashMap<EditId, String>,
    edits_in_flight: usize,
    uncertain: Vec<String>,
    wrong: Vec<String>,
}

impl SimulatedClient {
    async fn next(&mut self) {
        let Report::EditDone { id, outcome } = self.reports.recv().await.unwrap() else { return };
        self.edits_in_flight -= 1;
        if let Err(failure) = outcome {
            let why = failure.error.to_string();
            match self.titles.get(&id) {
                Some(title) if is_uncertain(&why) => self.uncertain.push(title.clone()),
                title => self.wrong.push(format!("{id:?} {title:?} needs attention: {why}")),
            }
        }
    }

    async fn submit(&mut self, id: u64, edit: Edit, base: Option<Edit>) {
        while self.edits_in_flight >= MAX_IN_FLIGHT {
            self.next().await;
        }
        let kept = JournalEntry {
            id: EditId(id),
            made_at: Utc::now(),
            what: String::new(),
            edit,
            base,
            part_of: None,
            step: None,
            state: EditState::Waiting,
            ended_at: None,
        };
        self.edits_in_flight += 1;
        self.commands.send(Command::Edit { kept: Box::new(kept), replaces: None }).await.unwrap();
    }
}

impl SimulatedClient {
    /// Returns the numbers of lost, doubled and reordered edits, and all other defects.
    fn judge(&self, state: &State) -> ([usize; 3], Vec<String>) {
        let Self { typed, titles, uncertain, wrong, .. } = self;
        let (mut faults, mut counts) = (wrong.clone(), [0; 3]);
        for (deal, typed) in typed {
            let values = state.values.get(deal).map_or(&[][..], |values| &values[..]);
            if values.last().copied() != typed.last() {
                counts[0] += 1;
                faults.push(format!("lost: deal {deal} has {:?} after {typed:?}", values.last()));
            }
            if typed.goes_back(values) > 0 {
                counts[2] += 1;
                faults.push(format!("reordered: deal {deal}: {values:?}"));
            }
        }
        for title in titles.values() {
            let made = state.titles.get(title).copied().unwrap_or_default();
            if made > 1 {
                counts[1] += 1;
                faults.push(format!("doubled: {title}: {made} times"));
            } else if made == 0 && !uncertain.contains(title) {
                counts[0] += 1;
                faults.push(format!("lost: {title}"));
            }
        }
        (counts, faults)
    }
}

fn value_edit(deal: u64, value: u64) -> Edit {
    let value = Some(Money { amount: value.into(), currency: Currency::new("EUR") });
    Edit::UpdateDeal { id: DealId(deal), patch: DealPatch { value, ..DealPatch::default() } }
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_edits_survive_requests_a_minute_late() {
    let seed = number("DEALDECK_SEED").unwrap_or_else(|| fastrand::u64(..1_000_000));
    let start = Instant::now();
    let world: &'static World = Box::leak(Box::new(World { state: Mutex::new(State::new(seed)) }));
    let (api, _task) = connect_over(world);
    let (commands, queue) = mpsc::channel(64);
    let (report, reports) = mpsc::channel(64);
    let midnight: DateTime<Utc> = "2026-11-24T00:00:00Z".parse().unwrap();
    let clock = Arc::new(move || midnight + TimeDelta::from_std(start.elapsed()).unwrap());
    let settings = Settings { clock, ..Settings::new(Duration::from_secs(300)) };
    sync::start(api, Storage::in_memory().unwrap().0, settings, None, queue, report);
    let mut dice = Rng::with_seed(seed + 1);
    tokio::spawn(async move {
        let mut dice = Rng::with_seed(seed + 2);
        loop {
            sleep(Duration::from_secs(dice.u64(60..300))).await;
            world.state().stalled = Some(Instant::now() + Duration::from_secs(dice.u64(10..=30)));
        }
    });
    let mut client = SimulatedClient {
        commands,
        reports,
        typed: BTreeMap::new(),
        titles: HashMap::new(),
        edits_in_flight: 0,
        uncertain: Vec::new(),
        wrong: Vec::new(),
    };
    let (mut edits, mut creations) = (EDITS, CREATIONS);
    let all = async {
        while edits + creations > 0 {
            let id = EDITS + CREATIONS - edits - creations;
            if dice.u64(..edits + creations) < edits {
                edits -= 1;
                let (deal, value) = (dice.u64(1..=DEALS), 1_000 + id);
                let typed = client.typed.entry(deal).or_insert_with(|| Typed::from(1));
                let base = typed.last().map(|last| value_edit(deal, last));
                typed.push(value);
                client.submit(id, value_edit(deal, value), base).await;
            } else {
                creations -= 1;
                let title = format!("Made {id}");
                client.titles.insert(EditId(id), title.clone());
                let contact = Contact::Person(Link::Existing(PersonId(1)));
                let place = PipelineStage { pipeline: PipelineId(1), stage: StageId(1) };
                let value = Money { amount: 1.into(), currency: Currency::new("EUR") };
                let new = NewDeal::new(title, contact, place, value);
                let local = DealId::local(u32::try_from(id).unwrap() + 1);
                client.submit(id, Edit::CreateDeal { id: local, new }, None).await;
            }
        }
        while client.edits_in_flight > 0 {
            client.next().await;
        }
        while world.state().in_flight > 0 {
            sleep(Duration::from_secs(1)).await;
        }
    };
    let in_time = timeout(LONGEST, all).await;
    let state = world.state();
    let (counts, mut faults) = client.judge(&state);
    print(&format!(
        "simulated: {EDITS} edits and {CREATIONS} creations in {:.1} virtual hours, {} requests late; {} lost, {} \
         doubled, {} reordered, {} over the limit (at most {} of {LIMIT}), {} wrong; {} put to the user; \
         DEALDECK_SEED={seed}",
        start.elapsed().as_secs_f64() / 3600.0,
        state.late,
        counts[0],
        counts[1],
        counts[2],
        state.over,
        state.most,
        client.wrong.len(),
        client.uncertain.len(),
    ));
    assert!(in_time.is_ok(), "DEALDECK_SEED={seed}: it does not come to its end");
    faults.truncate(20);
    assert!(faults.is_empty(), "DEALDECK_SEED={seed}\n{}", faults.join("\n"));
    assert_eq!(state.over, 0, "DEALDECK_SEED={seed}");
}
