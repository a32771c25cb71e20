//! Thousands of edits and creations while requests are late, responses get lost and the process is killed: nothing is
//! lost, doubled or reordered, nothing is sent with another user's token, and no limit is exceeded. The user is asked
//! about edits with an unknown outcome.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use dealdeck::sandbox::{Options, Plan};
use fastrand::Rng;
use serde_json::json;
use tempfile::TempDir;

use super::defects::{Account, Defects, Record};
use super::ledger::{Creation, Ledger, Target, Typed, is_conflict, is_uncertain};
use super::practice::Practice;
use super::proxy::{NetworkConditions, Proxy, RateReport};
use super::screen_log::{EditStatus, ShownEdit};
use super::worker::{self, Event, Work};
use super::{number, print};

/// The default number of edits, unless `DEALDECK_EDITS` sets another; a fifth as many creations are added.
const EDITS: usize = 600;
/// The number of concurrent accounts, which mostly wait.
const AT_A_TIME: usize = 4;
/// The most edits per account: a server allows only a daily number of requests.
const MAX_EDITS: usize = 1_250;
/// The most edits that a process makes before it is killed.
const RUN: usize = 40;
/// The number of deals to edit.
const DEALS: usize = 12;
/// The default bound on late requests, in seconds, unless `DEALDECK_LATE_SECONDS` sets another.
const LATE: u64 = 3;
/// The time before the bound at which the last request arrives: the bound counts from the sending.
const EARLIER: Duration = Duration::from_millis(600);
/// The time that the last process has to finish.
const REST: Duration = Duration::from_secs(240);
/// Another user of the practice workspace.
const OTHER: (&str, u64) = ("ben", 2);

/// The result of an account.
#[derive(Default)]
struct Outcome {
    defects: Defects,
    report: RateReport,
    edits: usize,
    creations: usize,
    kills: usize,
    acknowledged: usize,
    writes: usize,
    under_another_user: Vec<String>,
    put_to_the_user: usize,
    conflicts: usize,
}

struct Lane {
    number: usize,
    dice: Rng,
    practice: Practice,
    proxy: Proxy,
    home: TempDir,
    max_delay: Duration,
    ledger: Ledger,
    /// The titles of creations by edit number.
    titles: HashMap<u64, String>,
    value: u64,
    kills: usize,
    /// The edits that need attention, as reported by the last process.
    attention: Vec<(Option<String>, String)>,
    /// Defects other than those of edits.
    wrong: Vec<String>,
}

/// A process and its events.
struct Running {
    child: Child,
    events: mpsc::Receiver<Event>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // A process that has ended need not be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    fn start(work: &Work) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "worker_process", "--ignored", "--nocapture"]);
        command.env(worker::VARIABLE, serde_json::to_string(work).unwrap());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (send, events) = mpsc::channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                // A line that a kill truncated is not an event.
                let event = line.split_once(worker::MARK).and_then(|(_, event)| serde_json::from_str(event).ok());
                if event.is_some_and(|event| send.send(event).is_err()) {
                    return;
                }
            }
        });
        Self { child, events }
    }
}

impl Lane {
    fn open(number: usize, seed: u64, max_delay: Duration) -> Self {
        let colleagues = vec![(OTHER.0.to_owned(), OTHER.1)];
        let options = Options { plan: Plan::Enterprise, deals: 40, seed, colleagues, ..Options::default() };
        let practice = Practice::with(options);
        let conditions = NetworkConditions {
            limit: Plan::Enterprise.burst_limit() as usize,
            latency: 0..=15,
            late: 0.03,
            max_delay: max_delay.saturating_sub(EARLIER),
            silent: 0.04,
            cut: 0.01,
            refused: 0.01,
            seed,
        };
        let proxy = Proxy::start(&practice.url, conditions);
        let open = practice.get("/api/v2/deals?status=open&limit=500");
        let mut ledger = Ledger::default();
        for deal in open["data"].as_array().unwrap().iter().take(DEALS) {
            let (id, stage) = (deal["id"].as_u64().unwrap(), deal["stage_id"].as_u64().unwrap());
            let body = json!({"value": 1, "currency": "EUR"});
            assert_eq!(practice.send("PATCH", &format!("/api/v2/deals/{id}"), &body)["success"], true);
            let title = format!("{id}");
            ledger.targets.push(Target { id, title, values: Typed::from(1), stages: Typed::from(stage) });
        }
        assert_eq!(ledger.targets.len(), DEALS);
        Self {
            number,
            dice: Rng::with_seed(seed),
            practice,
            proxy,
            home: tempfile::tempdir().unwrap(),
            max_delay,
            ledger,
            titles: HashMap::new(),
            value: 1_000,
            kills: 0,
            attention: Vec::new(),
            wrong: Vec::new(),
        }
    }

    /// Makes edits and a fifth as many creations with processes that are killed, then waits until all are done.
    fn run(mut self, edits: usize) -> Outcome {
        let creations = edits.div_ceil(5);
        let (mut edits_left, mut creations_left) = (edits, creations);
        while edits_left + creations_left > 0 {
            let changes = self.dice.usize(..=RUN).min(edits_left);
            let made = changes.div_ceil(5).max(1).min(creations_left);
            let before = (self.value, self.ledger.creations.len());
            self.run_and_kill(changes, made);
            edits_left -= usize::try_from(self.value - before.0).unwrap().min(edits_left);
            creations_left -= (self.ledger.creations.len() - before.1).min(creations_left);
        }
        self.proxy.clear_up();
        self.come_to_rest();
        // Late requests may still arrive, and their effects must be seen.
        let deadline = Instant::now() + REST;
        while self.proxy.in_flight() > 0 && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(50));
        }
        self.attention.clear();
        self.come_to_rest();
        self.judge()
    }

    fn work(&mut self, changes: usize, creations: usize) -> Work {
        Work {
            url: self.proxy.url.clone(),
            token: self.practice.token.clone(),
            other_token: (changes > 0 && self.dice.u8(..4) == 0).then(|| OTHER.0.to_owned()),
            home: self.home.path().to_str().unwrap().to_owned(),
            max_delay: self.max_delay,
            seed: self.dice.u64(..),
            deals: self.ledger.targets.iter().map(|target| target.id).collect(),
            changes,
            creations,
            value: self.value,
            name: format!("{}-{}", self.number, self.kills),
        }
    }

    /// Runs a process that makes edits, and kills it at its start, halfway, or a while after.
    fn run_and_kill(&mut self, changes: usize, creations: usize) {
        let work = self.work(changes, creations);
        let mut running = Running::start(&work);
        let total = changes + creations;
        let kill_after = self.dice.usize(..=total);
        let grace = Duration::from_millis([0, 20, 200, 1_000][self.dice.usize(..4)]);
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut handed_over = 0;
        while handed_over < kill_after {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(event) = running.events.recv_timeout(left) else { break };
            handed_over += usize::from(matches!(event, Event::Value { .. } | Event::Made { .. }));
            self.record(event);
        }
        std::thread::sleep(grace.mul_f64(self.dice.f64()));
        if let Some(status) = running.child.try_wait().unwrap().filter(|status| !status.success()) {
            self.wrong.push(format!("a process ended with {status}"));
        }
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        while let Ok(event) = running.events.recv() {
            self.record(event);
        }
        self.kills += 1;
    }

    fn record(&mut self, event: Event) {
        match event {
            Event::Value { id, deal, value } => {
                self.value = self.value.max(value);
                let target = self.ledger.targets.iter_mut().find(|target| target.id == deal).unwrap();
                target.values.push(value);
                self.titles.insert(id, format!("{deal}|{value}"));
            }
            Event::Made { id, title, is_lead, org, person } => {
                self.titles.insert(id, title.clone());
                let is_new = |creation: &&Creation| creation.title == title;
                assert!(self.ledger.creations.iter().find(is_new).is_none(), "{title} twice");
                let (is_acknowledged, is_uncertain) = (false, false);
                self.ledger.creations.push(Creation { title, is_lead, org, person, is_acknowledged, is_uncertain });
            }
            Event::Queued(id) | Event::Done(id) => {
                let Some(title) = self.titles.get(&id) else { return };
                let edit = match title.split_once('|') {
                    Some((deal, value)) => ShownEdit::Value(deal.to_owned(), value.parse().unwrap()),
                    None => ShownEdit::New(title.clone()),
                };
                self.ledger.record(&EditStatus { edit, is_acknowledged: true });
            }
            Event::Attention { id, title, why } => {
                let title = title.or_else(|| self.titles.get(&id).cloned());
                self.attention.push((title, why));
            }
            Event::Rest => {}
        }
    }

    /// Runs a process without new edits until all waiting ones are done.
    fn come_to_rest(&mut self) {
        let work = Work { other_token: None, ..self.work(0, 0) };
        let running = Running::start(&work);
        let deadline = Instant::now() + REST;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match running.events.recv_timeout(left) {
                Ok(Event::Rest) => return,
                Ok(event) => self.record(event),
                Err(error) => {
                    self.wrong.push(format!("it does not come to rest: {error}"));
                    return;
                }
            }
        }
    }

    fn judge(mut self) -> Outcome {
        let mut wrong = std::mem::take(&mut self.wrong);
        let (mut put_to_the_user, mut conflicts) = (0, 0);
        for (title, why) in std::mem::take(&mut self.attention) {
            let creation = self.ledger.creations.iter_mut().find(|creation| Some(&creation.title) == title.as_ref());
            match creation {
                Some(creation) if is_uncertain(&why) => {
                    creation.is_uncertain = true;
                    put_to_the_user += 1;
                }
                None if is_conflict(&why) => {
                    conflicts += 1;
                    let change = title.as_ref().and_then(|title| title.split_once('|'));
                    let target =
                        self.ledger.targets.iter_mut().find(|target| Some(&*target.title) == change.map(|at| at.0));
                    if let (Some(target), Some((_, value))) = (target, change) {
                        target.values.put_to_the_user(value.parse().unwrap());
                    }
                }
                _ => wrong.push(format!("{} needs attention: {why}", title.unwrap_or_default())),
            }
        }
        let list = |path: &str| self.practice.all(path);
        let account = Account {
            deals: list("/api/v2/deals?limit=500"),
            leads: list("/api/v1/leads?limit=500"),
            orgs: list("/api/v2/organizations?limit=500"),
            persons: list("/api/v2/persons?limit=500"),
        };
        let record = Record(self.practice.get("/sandbox/writes")["data"].as_array().unwrap().clone());
        let mut defects = Defects::new(&self.ledger, &record, &account);
        defects.wrong.append(&mut wrong);
        let is_other = |write: &&serde_json::Value| write["user"] != 1;
        Outcome {
            defects,
            report: self.proxy.report(),
            edits: self.ledger.typed() - self.ledger.creations.len(),
            creations: self.ledger.creations.len(),
            kills: self.kills,
            acknowledged: self.ledger.acknowledged(),
            writes: record.0.len(),
            under_another_user: record.0.iter().filter(is_other).map(ToString::to_string).collect(),
            put_to_the_user,
            conflicts,
        }
    }
}

#[test]
fn late_requests_and_kills_corrupt_nothing() {
    let edits = number("DEALDECK_EDITS").map_or(EDITS, |edits| usize::try_from(edits).unwrap());
    let max_delay = Duration::from_secs(number("DEALDECK_LATE_SECONDS").unwrap_or(LATE));
    let seed = number("DEALDECK_SEED").unwrap_or_else(|| fastrand::u64(..1_000_000));
    print(&format!(
        "storm: {edits} edits, {} creations, requests up to {max_delay:?} late, DEALDECK_SEED={seed}",
        edits.div_ceil(5)
    ));
    let start = Instant::now();
    let each = edits.div_ceil(AT_A_TIME).clamp(1, MAX_EDITS);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let lane = next.fetch_add(1, Ordering::SeqCst);
            let edits = each.min(edits.saturating_sub(lane * each));
            if edits == 0 {
                return done;
            }
            done.push(Lane::open(lane, seed + lane as u64, max_delay).run(edits));
        }
    };
    let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_A_TIME).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("an account came to its end")).collect()
    });
    let sum = |count: fn(&Outcome) -> usize| outcomes.iter().map(count).sum::<usize>();
    print(&format!(
        "storm: {} edits, {} creations, {} acknowledged, {} kills, {} writes carried out; {} late, {} cut, {} pages of a \
         gateway; {} lost, {} doubled, {} reordered, {} under another user, {} over the limit (at most {} of {}), {} \
         refused, {} wrong; {} creations put to the user, {} conflicts; {:.0} s",
        sum(|outcome| outcome.edits),
        sum(|outcome| outcome.creations),
        sum(|outcome| outcome.acknowledged),
        sum(|outcome| outcome.kills),
        sum(|outcome| outcome.writes),
        sum(|outcome| outcome.report.late),
        sum(|outcome| outcome.report.cut),
        sum(|outcome| outcome.report.pages),
        sum(|outcome| outcome.defects.lost.len()),
        sum(|outcome| outcome.defects.doubled.len()),
        sum(|outcome| outcome.defects.reordered.len()),
        sum(|outcome| outcome.under_another_user.len()),
        sum(|outcome| outcome.report.over.len()),
        outcomes.iter().map(|outcome| outcome.report.most).max().unwrap_or(0),
        Plan::Enterprise.burst_limit(),
        sum(|outcome| outcome.report.refused),
        sum(|outcome| outcome.defects.wrong.len()),
        sum(|outcome| outcome.put_to_the_user),
        sum(|outcome| outcome.conflicts),
        start.elapsed().as_secs_f64(),
    ));
    let faults: Vec<String> = outcomes
        .iter()
        .flat_map(|outcome| {
            let user = outcome.under_another_user.iter().map(|write| format!("under another user: {write}"));
            let over = outcome.report.over.iter().map(|over| format!("over the limit: {over}"));
            outcome.defects.all().into_iter().chain(user).chain(over)
        })
        .collect();
    assert!(faults.is_empty(), "DEALDECK_SEED={seed}\n{}", faults.join("\n"));
    assert_eq!(sum(|outcome| outcome.report.refused), 0);
    // Fewer than one edit in a thousand becomes a conflict though no other user edits; it is not lost.
    assert!(sum(|outcome| outcome.conflicts) <= 1 + edits / 200, "DEALDECK_SEED={seed}: too many conflicts");
    let acknowledged = sum(|outcome| outcome.acknowledged);
    assert!(acknowledged * 2 >= edits, "too little was acknowledged to say anything");
    assert!(sum(|outcome| outcome.report.late) > 0 && sum(|outcome| outcome.kills) > 0);
}
