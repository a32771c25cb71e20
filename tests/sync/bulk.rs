//! Many edits by one key, in virtual time against a server that counts as strictly as Pipedrive on its smallest plan.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use dealdeck::pipedrive::Method;
use tokio::time::Instant;

use super::live::{event, feed};
use super::*;

const LIMIT: usize = 20;
const WINDOW: Duration = Duration::from_secs(2);
const WAY: Duration = Duration::from_millis(60);
const MANY: u64 = 500;

/// A server of any number of deals, all in stage 1 until they are moved.
#[derive(Default)]
struct Strict {
    seen: Mutex<Seen>,
    /// Deals whose changes are refused, and those at which the server fails.
    locked: Vec<u64>,
    broken: Vec<u64>,
    /// Whether there is no way to it.
    is_cut_off: AtomicBool,
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
    async fn send(&self, request: &Request) -> Result<HttpResponse, TransportError> {
        tokio::time::sleep(WAY).await;
        if self.is_cut_off.load(SeqCst) {
            return Err(TransportError::Unreachable("no route".into()));
        }
        let (status, body) = self.serve(request);
        tokio::time::sleep(WAY).await;
        let limits = RateLimits { limit: Some(20), ..RateLimits::default() };
        Ok(HttpResponse { status, limits, is_json: true, body: body.into() })
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
            return (200, r#"{"success":true,"data":{"id":1}}"#.to_owned());
        }
        if let ("/deals", Some(ids)) = (request.path.as_str(), value("ids")) {
            seen.log.push((request.method, format!("/deals?ids={}", ids.split(',').count())));
            let deals: Vec<String> = ids.split(',').map(|id| seen.deal(id.parse().unwrap())).collect();
            return (200, format!(r#"{{"success":true,"data":[{}]}}"#, deals.join(",")));
        }
        let Some(id) = request.path.strip_prefix("/deals/").map(|id| id.parse().unwrap()) else {
            return (200, r#"{"success":true,"data":[]}"#.to_owned());
        };
        seen.log.push((request.method, request.path.clone()));
        if request.method == Method::Patch {
            if self.locked.contains(&id) {
                return (400, r#"{"success":false,"error":"it is locked"}"#.to_owned());
            }
            if self.broken.contains(&id) {
                return (500, r#"{"error":"server error"}"#.to_owned());
            }
            let body: Value = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
            let deal = seen.deals.entry(id).or_insert((1, "As it was".to_owned()));
            deal.0 = body["stage_id"].as_u64().unwrap_or(deal.0);
            deal.1 = body["title"].as_str().map_or(deal.1.clone(), str::to_owned);
        }
        (200, format!(r#"{{"success":true,"data":{}}}"#, seen.deal(id)))
    }
}

fn to_stage(stage: u64) -> DealPatch {
    let place = PipelineStage { pipeline: PipelineId(1), stage: StageId(stage) };
    DealPatch { stage: Some(place), ..DealPatch::default() }
}

fn kept(id: u64, deal: u64, patch: DealPatch, base: DealPatch, part_of: Option<u64>) -> JournalEntry {
    let edit = |patch| Edit::UpdateDeal { id: DealId(deal), patch };
    JournalEntry {
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
    ended: BTreeMap<u64, (Instant, Result<EditOutcome, EditFailure>)>,
}

impl Office {
    async fn open(server: Strict) -> Self {
        Self::hearing(server, None).await
    }

    /// The same with webhooks to hear.
    async fn hearing(server: Strict, feed: Option<Feed>) -> Self {
        let server: &'static Strict = Box::leak(Box::new(server));
        let (api, _task) = connect_over(server);
        let (commands, queue) = mpsc::channel(64);
        let (report, reports) = mpsc::channel(64);
        sync::start(api, in_memory(), Settings::new(LEAD_INTERVAL), feed, queue, report);
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
    let mut office = Office::open(Strict::default()).await;
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
    assert!((5..=7).contains(&looks) && alone <= 3, "{looks} lists, {alone} alone");
}

#[tokio::test(start_paused = true)]
async fn what_fails_of_a_bulk_is_told_each_with_its_reason() {
    let mut office = Office::open(Strict { locked: vec![3], broken: vec![5], ..Strict::default() }).await;
    // Somebody else was there first.
    office.server.seen.lock().unwrap().deals.insert(7, (3, "As it was".to_owned()));
    office.commands.send(bulk(150)).await.unwrap();
    office.until_ended(150).await;
    let failed: BTreeMap<u64, &EditError> =
        office.ended.iter().filter_map(|(id, (_, outcome))| Some((*id, &outcome.as_ref().err()?.error))).collect();
    assert_eq!(failed.keys().copied().collect::<Vec<_>>(), [3, 5, 7]);
    assert!(failed[&3].to_string().contains("it is locked"), "{}", failed[&3]);
    assert!(matches!(failed[&5], EditError::Api(_)), "{}", failed[&5]);
    assert!(matches!(failed[&7], EditError::Conflict(_)), "{}", failed[&7]);
    let seen = office.server.seen.lock().unwrap();
    assert_eq!((seen.refused, seen.deals[&7].0), (0, 3), "what somebody else made of it stays");
}

#[tokio::test(start_paused = true)]
async fn what_webhooks_tell_of_an_item_counts_more_than_an_earlier_look_at_it() {
    let (send, _doubt, feed) = feed();
    let mut office = Office::hearing(Strict::default(), Some(feed)).await;
    office.commands.send(bulk(60)).await.unwrap();
    office.until_ended(20).await;
    // All were looked at by then, and the last one's turn comes in some seconds.
    office.server.seen.lock().unwrap().deals.insert(60, (3, "As it was".to_owned()));
    let now = chrono::Utc::now();
    let deal = json!({
        "id": 60, "title": "As it was", "status": "open", "pipeline_id": 1, "stage_id": 3,
        "update_time": now.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
    });
    send.send(event("change", &deal, now)).await.unwrap();
    office.until_ended(60).await;
    let outcome = &office.ended[&60].1;
    assert!(matches!(outcome, Err(EditFailure { error: EditError::Conflict(_), .. })), "{outcome:?}");
    assert_eq!(office.server.seen.lock().unwrap().deals[&60].0, 3, "it stays where the colleague has moved it");
}

#[tokio::test(start_paused = true)]
async fn a_cut_line_loses_nothing_of_a_bulk() {
    let mut office = Office::open(Strict::default()).await;
    office.commands.send(bulk(150)).await.unwrap();
    office.until_ended(40).await;
    office.server.is_cut_off.store(true, SeqCst);
    let server = office.server;
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(90)).await;
        server.is_cut_off.store(false, SeqCst);
    });
    office.until_ended(150).await;
    assert!(office.ended.values().all(|(_, outcome)| outcome.is_ok()));
    let seen = office.server.seen.lock().unwrap();
    assert_eq!((seen.refused, seen.count(Method::Patch, |_| true)), (0, 150), "each once");
}

#[tokio::test(start_paused = true)]
async fn a_bulk_that_is_undone_on_its_way_leaves_all_as_it_was() {
    let mut office = Office::open(Strict::default()).await;
    office.commands.send(bulk(100)).await.unwrap();
    office.until_ended(30).await;
    let back = (1..=100).map(|id| kept(1000 + id, id, to_stage(1), to_stage(2), Some(1001))).collect();
    office.commands.send(Command::Bulk(back)).await.unwrap();
    office.until_ended(200).await;
    assert!(office.ended.values().all(|(_, outcome)| outcome.is_ok()));
    let seen = office.server.seen.lock().unwrap();
    assert!(seen.deals.values().all(|(stage, _)| *stage == 1), "{:?}", seen.deals);
    let sent = seen.count(Method::Patch, |_| true);
    assert!((60..=84).contains(&sent), "{sent} changes: those that were sent, and back");
}

#[tokio::test(start_paused = true)]
async fn what_is_stopped_of_a_bulk_is_not_sent() {
    let mut office = Office::open(Strict::default()).await;
    office.commands.send(bulk(100)).await.unwrap();
    office.until_ended(30).await;
    office.commands.send(Command::CancelBulk(EditId(1))).await.unwrap();
    office.until_ended(100).await;
    let is_stopped = |outcome: &Result<EditOutcome, EditFailure>| {
        matches!(outcome, Err(EditFailure { error: EditError::Stopped, .. }))
    };
    let stopped = office.ended.values().filter(|(_, outcome)| is_stopped(outcome)).count();
    let seen = office.server.seen.lock().unwrap();
    assert!((50..=70).contains(&stopped), "{stopped} were stopped");
    assert_eq!(seen.deals.len(), 100 - stopped, "all others were moved");
}

fn moved_by_hand(id: u64, deal: u64, to: u64, from: u64) -> Command {
    Command::Edit { kept: Box::new(kept(id, deal, to_stage(to), to_stage(from), None)), replaces: None }
}

#[tokio::test(start_paused = true)]
async fn stopping_a_bulk_loses_nothing_that_it_replaced() {
    let mut office = Office::open(Strict::default()).await;
    // While these are on their way others wait: by hand, and of an earlier bulk.
    for deal in [1, 2] {
        office.commands.send(rename(deal, deal)).await.unwrap();
    }
    office.commands.send(moved_by_hand(3, 1, 2, 1)).await.unwrap();
    let earlier = [2, 3].map(|deal| kept(10 + deal, deal, to_stage(2), to_stage(1), Some(12)));
    office.commands.send(Command::Bulk(earlier.to_vec())).await.unwrap();
    let later = (1..=60).map(|deal| kept(100 + deal, deal, to_stage(3), to_stage(1 + u64::from(deal <= 3)), Some(101)));
    office.commands.send(Command::Bulk(later.collect())).await.unwrap();
    while !matches!(office.next().await, Report::AllQueued(queued) if queued.len() == 60) {}
    office.commands.send(Command::CancelBulk(EditId(101))).await.unwrap();
    office.until_ended(65).await;
    let seen = office.server.seen.lock().unwrap();
    for deal in 1..=3 {
        assert_eq!(seen.deals.get(&deal).map(|deal| deal.0), Some(3), "a move of deal {deal} is lost");
    }
    let stopped = office.ended.values().filter(|(_, outcome)| outcome.is_err()).count();
    assert!(stopped >= 40, "{stopped} were stopped");
}

#[tokio::test(start_paused = true)]
async fn what_was_looked_at_before_an_edit_by_hand_is_no_conflict_after_it() {
    let mut office = Office::open(Strict::default()).await;
    office.commands.send(bulk(100)).await.unwrap();
    office.until_ended(30).await;
    office.commands.send(moved_by_hand(1001, 100, 4, 2)).await.unwrap();
    while !office.ended.contains_key(&1001) {
        office.next().await;
    }
    let again =
        [kept(1002, 100, to_stage(3), to_stage(4), Some(1002)), kept(1003, 101, to_stage(3), to_stage(1), Some(1002))];
    office.commands.send(Command::Bulk(again.to_vec())).await.unwrap();
    office.until_ended(103).await;
    assert!(office.ended[&1002].1.is_ok(), "{:?}", office.ended[&1002].1);
    assert_eq!(office.server.seen.lock().unwrap().deals[&100].0, 3);
}
