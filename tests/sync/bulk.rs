//! Many edits by one key, in virtual time against a server that counts as strictly as Pipedrive on its smallest plan.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use dealdeck::pipedrive::Method;
use tokio::time::Instant;

use super::*;

const LIMIT: usize = 20;
const WINDOW: Duration = Duration::from_secs(2);
const WAY: Duration = Duration::from_millis(60);
const MANY: u64 = 500;

/// A server of any number of deals, all in stage 1 until they are moved.
#[derive(Default)]
struct Strict {
    seen: Mutex<Seen>,
    /// Deals whose changes fail.
    bad: Vec<u64>,
}

#[derive(Default)]
struct Seen {
    let_through: VecDeque<Instant>,
    refused: usize,
    /// The stages of deals that were moved, and their titles where they were renamed.
    deals: BTreeMap<u64, (u64, String)>,
    /// Requests for deals, in order.
    log: Vec<(Method, String)>,
}

impl Seen {
    fn deal(&self, id: u64) -> String {
        let (stage, title) = self.deals.get(&id).cloned().unwrap_or((1, "As it was".to_owned()));
        format!(r#"{{"id":{id},"title":"{title}","status":"open","pipeline_id":1,"stage_id":{stage}}}"#)
    }

    fn count(&self, method: Method, is_it: impl Fn(&str) -> bool) -> usize {
        self.log.iter().filter(|(m, path)| *m == method && is_it(path)).count()
    }

    /// How many changes were made before this one.
    fn before(&self, path: &str, nth: usize) -> usize {
        let changes = self.log.iter().filter(|(method, _)| *method == Method::Patch);
        changes.enumerate().filter(|(_, (_, other))| other == path).nth(nth).unwrap().0
    }
}

impl Transport for &'static Strict {
    async fn send(&self, request: &Request) -> Result<Answer, Failure> {
        tokio::time::sleep(WAY).await;
        let (status, body) = self.serve(request);
        tokio::time::sleep(WAY).await;
        let limits = Limits { limit: Some(20), ..Limits::default() };
        Ok(Answer { status, limits, is_json: true, body: body.into() })
    }

    fn renew(&self, _: &Token) {}
}

impl Strict {
    fn serve(&self, request: &Request) -> (u16, String) {
        let mut seen = self.seen.lock().unwrap();
        let now = Instant::now();
        while seen.let_through.front().is_some_and(|at| now - *at >= WINDOW) {
            seen.let_through.pop_front();
        }
        if seen.let_through.len() >= LIMIT {
            seen.refused += 1;
            return (429, "{}".to_owned());
        }
        seen.let_through.push_back(now);
        let value = |name: &str| request.query.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone());
        if request.path == "/users/me" {
            return (200, r#"{"data":{"id":1}}"#.to_owned());
        }
        if let ("/deals", Some(ids)) = (request.path.as_str(), value("ids")) {
            seen.log.push((request.method, format!("/deals?ids={}", ids.split(',').count())));
            let deals: Vec<String> = ids.split(',').map(|id| seen.deal(id.parse().unwrap())).collect();
            return (200, format!(r#"{{"data":[{}]}}"#, deals.join(",")));
        }
        let Some(id) = request.path.strip_prefix("/deals/").map(|id| id.parse().unwrap()) else {
            return (200, r#"{"data":[]}"#.to_owned());
        };
        seen.log.push((request.method, request.path.clone()));
        if request.method == Method::Patch {
            if self.bad.contains(&id) {
                return (400, r#"{"error":"it is locked"}"#.to_owned());
            }
            let body: Value = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
            let deal = seen.deals.entry(id).or_insert((1, "As it was".to_owned()));
            deal.0 = body["stage_id"].as_u64().unwrap_or(deal.0);
            deal.1 = body["title"].as_str().map_or(deal.1.clone(), str::to_owned);
        }
        (200, format!(r#"{{"data":{}}}"#, seen.deal(id)))
    }
}

fn to_stage(stage: u64) -> DealPatch {
    let place = Place { pipeline: PipelineId(1), stage: StageId(stage) };
    DealPatch { place: Some(place), ..DealPatch::default() }
}

fn kept(id: u64, deal: u64, patch: DealPatch, base: DealPatch, part_of: Option<u64>) -> KeptEdit {
    let edit = |patch| Edit::UpdateDeal { id: DealId(deal), patch };
    KeptEdit {
        id: EditId(id),
        made_at: chrono::Utc::now(),
        part_of: part_of.map(EditId),
        what: String::new(),
        edit: edit(patch),
        base: Some(edit(base)),
        step: None,
        state: EditState::Waiting,
        ended_at: None,
    }
}

/// All deals to the second stage. Edits are numbered as deals are.
fn bulk(count: u64) -> Command {
    Command::Bulk((1..=count).map(|id| kept(id, id, to_stage(2), to_stage(1), Some(1))).collect())
}

fn rename(id: u64, deal: u64) -> Command {
    let title = |title: &str| DealPatch { title: Some(title.to_owned()), ..DealPatch::default() };
    let kept = kept(id, deal, title("By hand"), title("As it was"), None);
    Command::Edit { kept: Box::new(kept), replaces: None }
}

/// An engine on such a server.
struct Office {
    server: &'static Strict,
    commands: mpsc::Sender<Command>,
    reports: mpsc::Receiver<Report>,
    ended: BTreeMap<u64, (Instant, Result<Outcome, EditFailure>)>,
}

impl Office {
    async fn open(bad: Vec<u64>) -> Self {
        let server: &'static Strict = Box::leak(Box::new(Strict { bad, ..Strict::default() }));
        let (api, _task) = connect_over(server);
        let (commands, queue) = mpsc::channel(64);
        let (report, reports) = mpsc::channel(64);
        sync::start(api, in_memory(), Settings::new(LEAD_INTERVAL), queue, report);
        let mut office = Self { server, commands, reports, ended: BTreeMap::new() };
        while !matches!(office.next().await, Report::Progress(Progress::Fresh { .. })) {}
        office
    }

    async fn next(&mut self) -> Report {
        let report = self.reports.recv().await.unwrap();
        if let Report::EditDone { id, outcome } = &report {
            assert!(self.ended.insert(id.0, (Instant::now(), outcome.clone())).is_none(), "{id:?} ended twice");
        }
        report
    }

    async fn until_ended(&mut self, count: usize) {
        while self.ended.len() < count {
            self.next().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn five_hundred_deals_are_moved_without_a_refusal_and_edits_by_hand_go_ahead() {
    let mut office = Office::open(Vec::new()).await;
    let start = Instant::now();
    office.commands.send(bulk(MANY)).await.unwrap();
    office.until_ended(100).await;
    // One of another deal, one of a deal that is still waiting to be moved.
    let asked = Instant::now();
    office.commands.send(rename(1001, 9_999)).await.unwrap();
    office.commands.send(rename(1002, MANY)).await.unwrap();
    office.until_ended(usize::try_from(MANY).unwrap() + 2).await;

    let seen = office.server.seen.lock().unwrap();
    assert_eq!(seen.refused, 0);
    assert!(office.ended.values().all(|(_, outcome)| outcome.is_ok()));
    for id in 1..=MANY {
        assert_eq!(seen.deals[&id].0, 2, "deal {id}");
        let writes = seen.count(Method::Patch, |path| path == format!("/deals/{id}"));
        assert_eq!(writes, 1 + usize::from(id == MANY), "writes to deal {id}");
    }
    let took = start.elapsed().as_secs_f64();
    assert!((45.0..62.0).contains(&took), "{took} s for what takes 50 at ten a second");
    for by_hand in [1001, 1002] {
        let took = office.ended[&by_hand].0 - asked;
        assert!(took < Duration::from_millis(2_500), "{by_hand} took {took:?}");
    }
    let last = format!("/deals/{MANY}");
    assert!(seen.before("/deals/9999", 0) < 130, "ahead of the rest");
    assert!(seen.before(&last, 1) < 135, "and what it waits for goes along");
    assert_eq!(seen.deals[&MANY].1, "By hand", "it was moved first, then renamed");
    let looks = seen.count(Method::Get, |path| path.contains("ids="));
    let alone = seen.count(Method::Get, |path| !path.contains("ids="));
    assert!((5..=8).contains(&looks) && alone <= 3, "{looks} lists, {alone} alone");
}

#[tokio::test(start_paused = true)]
async fn what_fails_of_a_bulk_is_told_and_what_is_stopped_is_not_sent() {
    let mut office = Office::open(vec![3, 5]).await;
    office.commands.send(bulk(100)).await.unwrap();
    office.until_ended(30).await;
    office.commands.send(Command::TakeBack(EditId(1))).await.unwrap();
    office.until_ended(100).await;
    let is_stopped =
        |outcome: &Result<Outcome, EditFailure>| matches!(outcome, Err(EditFailure { error: EditError::Stopped, .. }));
    let stopped = office.ended.values().filter(|(_, outcome)| is_stopped(outcome)).count();
    let seen = office.server.seen.lock().unwrap();
    assert!((50..=70).contains(&stopped), "{stopped} were stopped");
    assert_eq!(seen.deals.len(), 100 - 2 - stopped, "all others were moved");
    for bad in [3, 5] {
        let Err(failure) = &office.ended[&bad].1 else { panic!("edit {bad} went through") };
        assert!(failure.error.to_string().contains("it is locked"), "{}", failure.error);
    }
}
