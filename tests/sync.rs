//! The sync engine against the practice server over HTTP, and against a simulated one where time matters.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

#[path = "sync/archive.rs"]
mod archive;
#[path = "sync/asked.rs"]
mod asked;
#[path = "sync/bulk.rs"]
mod bulk;
#[path = "sync/conversions.rs"]
mod conversions;
#[path = "sync/custom.rs"]
mod custom;
#[path = "sync/disorder.rs"]
mod disorder;
#[path = "sync/late.rs"]
mod late;
#[path = "sync/live.rs"]
mod live;
#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "support/network.rs"]
mod network;
#[path = "sync/notes.rs"]
mod notes;
#[path = "sync/objects.rs"]
mod objects;
#[path = "sync/odd_lists.rs"]
mod odd_lists;
#[path = "sync/outage.rs"]
mod outage;

use std::collections::HashSet;
use std::time::Duration;

use dealdeck::domain::*;
use dealdeck::pipedrive::{
    ApiError, Endpoint, HttpResponse, RateLimits, Request, Token, Transport, TransportError, connect_over, connect_with,
};
use dealdeck::sandbox::{Options, Plan, Sandbox};
use dealdeck::sync::{
    self, Command, EditError, EditFailure, EditOutcome, EditState, JournalEntry, Progress, Report, Settings, Storage,
};
use dealdeck::webhooks::Feed;
use dealdeck::workspace::{EditId, ServerUpdate, Workspace};
use serde_json::{Value, json};
use tokio::sync::mpsc;

const LEAD_INTERVAL: Duration = Duration::from_secs(300);
/// How long anything may take before a test gives up on it. A bound, not an expectation.
const PATIENCE: Duration = Duration::from_secs(30);
/// How late a request may arrive at the practice server: it is on this machine.
const MAX_DELAY: Duration = Duration::from_secs(1);

/// An engine on a practice server, and the account as it tells of it.
struct Bench {
    sandbox: Sandbox,
    http: reqwest::Client,
    commands: mpsc::Sender<Command>,
    reports: mpsc::Receiver<Report>,
    account: Workspace,
    /// Edits that came to their end, in that order.
    done: Vec<(EditId, Result<EditOutcome, EditFailure>)>,
}

impl Bench {
    /// Starts both, and waits until the account was read.
    async fn start() -> Self {
        Self::start_with(None).await
    }

    /// The same with webhooks to hear.
    async fn start_with(feed: Option<Feed>) -> Self {
        let sandbox = Sandbox::start(Options { plan: Plan::Enterprise, ..Options::default() }).await.unwrap();
        let token = Token::new(sandbox.token()).unwrap();
        let (api, _task) = connect_with(Endpoint::from_url(sandbox.url()).unwrap(), &token, MAX_DELAY).unwrap();
        let (commands, queue) = mpsc::channel(64);
        let (report, reports) = mpsc::channel(64);
        sync::start(api, in_memory(), Settings::new(LEAD_INTERVAL), feed, queue, report);
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut bench = Self { sandbox, http, commands, reports, account: Workspace::new(), done: Vec::new() };
        bench.fresh().await;
        bench
    }

    /// Takes in reports until one is as wished.
    async fn until(&mut self, mut is_it: impl FnMut(&Report) -> bool) {
        loop {
            let report = tokio::time::timeout(PATIENCE, self.reports.recv()).await.expect("a report").unwrap();
            let found = is_it(&report);
            match report {
                Report::Changed(changes) => {
                    self.account.absorb(changes);
                }
                Report::WebhookChanges(heard) => heard.into_iter().for_each(|one| {
                    self.account.absorb_webhook(one.change);
                }),
                Report::EditDone { id, outcome } => self.done.push((id, outcome)),
                _ => {}
            }
            if found {
                return;
            }
        }
    }

    async fn fresh(&mut self) {
        self.until(|report| matches!(report, Report::Progress(Progress::Fresh { .. }))).await;
    }

    async fn ask(&mut self, command: Command) {
        self.commands.send(command).await.unwrap();
        self.fresh().await;
    }

    /// Has an edit carried out, and gives its outcome.
    async fn edit(&mut self, edit: Edit) -> Result<EditOutcome, EditFailure> {
        self.edit_instead(edit, None).await
    }

    /// The same, in place of an edit that needed attention.
    async fn edit_instead(&mut self, edit: Edit, replaces: Option<EditId>) -> Result<EditOutcome, EditFailure> {
        let id = EditId(1000 + self.done.len() as u64);
        let Command::Edit { kept, .. } = edit_command(id, edit) else { unreachable!() };
        self.commands.send(Command::Edit { kept, replaces }).await.unwrap();
        self.until(|report| matches!(report, Report::EditDone { .. })).await;
        self.done.last().unwrap().1.clone()
    }

    /// Has something made, again as often as it needs attention, as it has not arrived.
    async fn insist(&mut self, edit: Edit) -> EditOutcome {
        let mut outcome = self.edit(edit.clone()).await;
        loop {
            match outcome {
                Ok(outcome) => return outcome,
                Err(EditFailure { error: EditError::Api(ApiError::Unclear(_)), edit: now, .. }) => {
                    let (last, now) = (self.done.last().unwrap().0, now.map_or(edit.clone(), |edit| *edit));
                    outcome = self.edit_instead(now, Some(last)).await;
                }
                Err(failure) => panic!("{failure:?}"),
            }
        }
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.sandbox.url());
        let request = self.http.request(method.parse().unwrap(), url).header("x-api-token", self.sandbox.token());
        let request = if body.is_null() { request } else { request.json(body) };
        request.send().await.unwrap().json().await.unwrap_or(Value::Null)
    }

    async fn get(&self, path: &str) -> Value {
        self.send("GET", path, &Value::Null).await["data"].clone()
    }

    /// All of a list of API v2.
    async fn list(&self, path: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.send("GET", &format!("{path}limit=500{cursor}"), &Value::Null).await;
            all.extend_from_slice(page["data"].as_array().unwrap());
            match page["additional_data"]["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return all,
            }
        }
    }

    fn open_deal(&self) -> Deal {
        let mut open: Vec<&Deal> = self.account.deals().filter(|deal| deal.status == DealStatus::Open).collect();
        open.sort_by_key(|deal| deal.id);
        open[0].clone()
    }

    fn other_stage(&self, deal: &Deal) -> PipelineStage {
        let stage = self.account.stages(deal.pipeline).find(|stage| stage.id != deal.stage).unwrap();
        PipelineStage { pipeline: deal.pipeline, stage: stage.id }
    }
}

/// Keeps nothing beyond the test.
fn in_memory() -> Storage {
    Storage::in_memory().unwrap().0
}

/// An edit as the dashboard hands it over, based on nothing.
fn edit_command(id: EditId, edit: Edit) -> Command {
    let kept = JournalEntry {
        id,
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

fn moved(deal: &Deal, place: PipelineStage) -> Edit {
    Edit::UpdateDeal { id: deal.id, patch: DealPatch { stage: Some(place), ..DealPatch::default() } }
}

fn renamed(deal: &Deal, title: &str) -> Edit {
    Edit::UpdateDeal { id: deal.id, patch: DealPatch { title: Some(title.into()), ..DealPatch::default() } }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_account_is_read_as_the_server_has_it() {
    let bench = Bench::start().await;
    let account = &bench.account;
    let on_server: HashSet<u64> =
        bench.list("/api/v2/deals?").await.iter().map(|deal| deal["id"].as_u64().unwrap()).collect();
    assert!(on_server.len() > 200);
    assert_eq!(account.deals().map(|deal| deal.id.0).collect::<HashSet<_>>(), on_server);
    let to_do = bench.list("/api/v2/activities?done=false&").await;
    assert_eq!(account.agenda().len(), to_do.len());
    assert!(!account.done().is_empty());
    assert_eq!(account.inbox().len(), bench.get("/api/v1/leads?limit=500").await.as_array().unwrap().len());
    assert_eq!(account.me().unwrap().name, bench.get("/api/v1/users/me").await["name"]);
    for deal in account.deals() {
        assert!(deal.person.is_none_or(|id| account.person(id).is_some()), "{deal:?}");
        assert!(deal.org.is_none_or(|id| account.org(id).is_some()), "{deal:?}");
        assert!(deal.owner.is_none_or(|id| account.user(id).is_some()), "{deal:?}");
        assert!(deal.labels.iter().all(|id| account.label(*id).is_some()), "{deal:?}");
    }
    let stats = bench.get_stats().await;
    assert_eq!(stats["refused"], 0, "{stats}");
}

impl Bench {
    async fn get_stats(&self) -> Value {
        self.send("GET", "/sandbox/stats", &Value::Null).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_colleagues_do_is_seen_at_the_next_look() {
    let mut bench = Bench::start().await;
    let deals: Vec<Deal> = {
        let mut all: Vec<Deal> =
            bench.account.deals().filter(|deal| deal.status == DealStatus::Open).cloned().collect();
        all.sort_by_key(|deal| deal.id);
        all
    };
    let path = |deal: &Deal| format!("/api/v2/deals/{}", deal.id);
    bench.send("PATCH", &path(&deals[0]), &json!({"title": "Renamed by a colleague"})).await;
    bench.send("DELETE", &path(&deals[1]), &Value::Null).await;
    let org = bench.send("POST", "/api/v2/organizations", &json!({"name": "Founded just now"})).await;
    let org = OrgId(org["data"]["id"].as_u64().unwrap());
    let made = bench
        .send(
            "POST",
            "/api/v2/deals",
            &json!({"title": "New by a colleague", "org_id": org.0, "stage_id": deals[0].stage.0}),
        )
        .await;
    let lead = bench.send("POST", "/api/v1/leads", &json!({"title": "New lead", "organization_id": org.0})).await;
    let gone = bench.account.inbox().iter().next().map(|(.., id)| *id).unwrap();
    bench.send("PATCH", &format!("/api/v1/leads/{gone}"), &json!({"is_archived": true})).await;

    bench.ask(Command::Refresh).await;
    let account = &bench.account;
    assert_eq!(account.deal(deals[0].id).unwrap().title, "Renamed by a colleague");
    assert!(account.deal(deals[1].id).is_none());
    let made = DealId(made["data"]["id"].as_u64().unwrap());
    assert_eq!(account.deal(made).unwrap().org, Some(org));
    assert_eq!(account.org(org).unwrap().name, "Founded just now");
    let lead = LeadId(lead["data"]["id"].as_str().unwrap().parse().unwrap());
    assert!(account.lead(lead).is_some_and(|lead| !lead.seen));
    assert!(account.lead(gone).is_none());

    // An archived deal vanishes without a word; only reading everything again shows that.
    bench.send("PATCH", &path(&deals[2]), &json!({"is_archived": true})).await;
    bench.ask(Command::Reload).await;
    assert!(bench.account.deal(deals[2].id).is_none());
    assert!(bench.account.deal(deals[0].id).is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_of_one_item_arrive_in_order_and_those_of_others_do_not_wait() {
    let mut bench = Bench::start().await;
    let slow = bench.open_deal();
    let other =
        bench.account.deals().find(|deal| deal.status == DealStatus::Open && deal.id != slow.id).unwrap().clone();
    let path = format!("/api/v2/deals/{}", slow.id);
    bench
        .send("POST", "/sandbox/faults", &json!({"kind": "latency", "millis": 300, "path": path, "method": "PATCH"}))
        .await;
    // Of other fields each, so that none makes another needless.
    let lost = DealPatch { status: Some(StatusChange::Lose { reason: None }), ..DealPatch::default() };
    let later = DealPatch { expected_close: Some("2027-03-04".parse().ok()), ..DealPatch::default() };
    let edits = [
        renamed(&slow, "One"),
        Edit::UpdateDeal { id: slow.id, patch: lost },
        Edit::UpdateDeal { id: slow.id, patch: later },
    ];
    for (nth, edit) in edits.into_iter().enumerate() {
        bench.commands.send(edit_command(EditId(nth as u64), edit)).await.unwrap();
    }
    bench.commands.send(edit_command(EditId(9), renamed(&other, "Other"))).await.unwrap();
    let mut left = 4;
    bench
        .until(|report| {
            left -= i32::from(matches!(report, Report::EditDone { .. }));
            left == 0
        })
        .await;
    let order: Vec<u64> = bench.done.iter().map(|(id, _)| id.0).collect();
    assert_eq!(order, [9, 0, 1, 2]);
    let deal = bench.get(&path).await;
    assert_eq!(
        (&deal["title"], &deal["status"], &deal["expected_close_date"]),
        (&json!("One"), &json!("lost"), &json!("2027-03-04"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_look_misses_nothing() {
    let mut bench = Bench::start().await;
    let deal = bench.open_deal();
    bench.send("PATCH", &format!("/api/v2/deals/{}", deal.id), &json!({"title": "Seen at last"})).await;
    // The activities fail, so the whole look does, though the deals may have been read.
    let fault = json!({"kind": "status", "status": 500, "path": "/api/v2/activities", "method": "GET"});
    bench.send("POST", "/sandbox/faults", &fault).await;
    bench.commands.send(Command::Refresh).await.unwrap();
    bench.until(|report| matches!(report, Report::Progress(Progress::Failed { .. }))).await;
    let activity = bench.account.agenda().iter().next().map(|key| key.id).unwrap();
    bench.send("PATCH", &format!("/api/v2/activities/{activity}"), &json!({"subject": "Changed meanwhile"})).await;
    bench.send("DELETE", "/sandbox/faults", &Value::Null).await;
    bench.ask(Command::Refresh).await;
    assert_eq!(bench.account.deal(deal.id).unwrap().title, "Seen at last");
    assert_eq!(bench.account.activity(activity).unwrap().subject, "Changed meanwhile");
    // A reading of everything that fails forgets nothing of what it has to compare with.
    let gone = bench.account.deals().find(|other| other.status == DealStatus::Open && other.id != deal.id).unwrap().id;
    bench.send("PATCH", &format!("/api/v2/deals/{gone}"), &json!({"is_archived": true})).await;
    let fault = json!({"kind": "status", "status": 500, "times": 5, "path": "/api/v2/persons", "method": "GET"});
    bench.send("POST", "/sandbox/faults", &fault).await;
    bench.commands.send(Command::Reload).await.unwrap();
    bench.until(|report| matches!(report, Report::Progress(Progress::Failed { .. }))).await;
    bench.ask(Command::Reload).await;
    assert!(bench.account.deal(gone).is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversion_that_is_asked_after_in_vain_is_not_started_again() {
    let mut bench = Bench::start().await;
    let deal = bench.open_deal();
    let lead = bench.account.inbox().iter().next().map(|(.., id)| *id).unwrap();
    let before = bench.list("/api/v2/deals?").await.len();
    let asking = format!("/api/v2/leads/{lead}/convert/status/*");
    let fault = json!({"kind": "status", "status": 500, "times": 6, "path": asking, "method": "GET"});
    bench.send("POST", "/sandbox/faults", &fault).await;
    let place = PipelineStage { pipeline: deal.pipeline, stage: deal.stage };
    bench.edit(Edit::ConvertLead { id: lead, to: place }).await.unwrap();
    assert_eq!(bench.list("/api/v2/deals?").await.len(), before + 1);
    let stats = bench.get_stats().await;
    assert_eq!(stats["by_path"]["POST /api/v2/leads/{id}/convert/deal"], 1, "{stats}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_quick_moves_of_one_deal_are_two_requests_at_the_most() {
    let mut bench = Bench::start().await;
    let deal = bench.open_deal();
    let stages: Vec<StageId> = bench.account.stages(deal.pipeline).map(|stage| stage.id).collect();
    let path = format!("/api/v2/deals/{}", deal.id);
    bench
        .send("POST", "/sandbox/faults", &json!({"kind": "latency", "millis": 200, "path": path, "method": "PATCH"}))
        .await;
    for nth in 0..10 {
        let place = PipelineStage { pipeline: deal.pipeline, stage: stages[nth % stages.len()] };
        bench.commands.send(edit_command(EditId(nth as u64), moved(&deal, place))).await.unwrap();
    }
    let mut left = 10;
    bench
        .until(|report| {
            left -= i32::from(matches!(report, Report::EditDone { .. }));
            left == 0
        })
        .await;
    assert!(bench.done.iter().all(|(_, outcome)| outcome.is_ok()));
    assert_eq!(bench.get(&path).await["stage_id"], stages[9 % stages.len()].0);
    let stats = bench.get_stats().await;
    let patches = stats["by_path"]["PATCH /api/v2/deals/{id}"].as_u64().unwrap();
    println!("ten quick moves: {patches} requests");
    assert!(patches <= 2, "{stats}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_edit_brings_what_the_server_has_now() {
    let mut bench = Bench::start().await;
    let deal = bench.open_deal();
    let path = format!("/api/v2/deals/{}", deal.id);
    bench.send("PATCH", &path, &json!({"title": "As it is now", "is_archived": true})).await;
    let failure = bench.edit(moved(&deal, bench.other_stage(&deal))).await.unwrap_err();
    assert!(
        matches!(&failure.error, EditError::Api(ApiError::Refused(words)) if words.contains("rchived")),
        "{failure:?}"
    );
    let [ServerUpdate::Deals(now)] = &failure.changes[..] else { panic!("{failure:?}") };
    assert!(now[0].archived && now[0].title == "As it is now");

    let other = bench.account.deals().find(|other| other.status == DealStatus::Open && other.id != deal.id);
    let other = other.unwrap().clone();
    bench.send("DELETE", &format!("/api/v2/deals/{}", other.id), &Value::Null).await;
    let failure = bench.edit(renamed(&other, "Too late")).await.unwrap_err();
    assert!(matches!(failure.error, EditError::Api(ApiError::Gone(_))), "{failure:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_answers_to_creations_make_nothing_twice() {
    let mut bench = Bench::start().await;
    let deal = bench.open_deal();
    let place = PipelineStage { pipeline: deal.pipeline, stage: deal.stage };
    let new =
        |title: &str, contact: Contact| NewDeal::new(title.into(), contact, place, Money::zero(Currency::new("EUR")));
    for (nth, kind) in ["drop_before", "drop_after", "malformed"].into_iter().enumerate() {
        for path in ["/api/v2/deals", "/api/v2/persons", "/api/v2/organizations", "/api/v1/leads"] {
            bench
                .send("POST", "/sandbox/faults", &json!({"kind": kind, "times": 1, "method": "POST", "path": path}))
                .await;
        }
        let n = u32::try_from(nth).unwrap();
        let (person, org) = (format!("Person {kind}"), format!("Org {kind}"));
        let contact = Contact::Both(Link::New(person.clone()), Link::New(org.clone()));
        let made = bench.insist(Edit::CreateDeal { id: DealId::local(n), new: new(kind, contact) }).await;
        let Some(ItemRef::Deal(id)) = made.created else { panic!("{made:?}") };
        let contact = Contact::Person(Link::Existing(deal.person.or(PersonId(1).into()).unwrap()));
        let lead = NewLead::new(kind.into(), contact);
        bench.insist(Edit::CreateLead { id: LeadId::local(n), new: lead }).await;
        let count = |list: &[Value], key: &str, text: &str| list.iter().filter(|item| item[key] == text).count();
        let deals = bench.list("/api/v2/deals?").await;
        assert_eq!(count(&deals, "title", kind), 1, "{kind}");
        assert_eq!(count(&bench.list("/api/v2/persons?").await, "name", &person), 1, "{kind}");
        assert_eq!(count(&bench.list("/api/v2/organizations?").await, "name", &org), 1, "{kind}");
        let leads = bench.get("/api/v1/leads?limit=500").await;
        assert_eq!(count(leads.as_array().unwrap(), "title", kind), 1, "{kind}");
        assert_eq!(bench.get(&format!("/api/v2/deals/{id}")).await["title"], kind);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_to_a_conversion_makes_one_deal() {
    let mut bench = Bench::start().await;
    let deal = bench.open_deal();
    let place = PipelineStage { pipeline: deal.pipeline, stage: deal.stage };
    for kind in ["drop_before", "drop_after"] {
        let lead = bench.account.inbox().iter().next().map(|(.., id)| *id).unwrap();
        let title = bench.account.lead(lead).unwrap().title.clone();
        let before = bench.list("/api/v2/deals?").await.len();
        let path = format!("/api/v2/leads/{lead}/convert/deal");
        bench.send("POST", "/sandbox/faults", &json!({"kind": kind, "times": 1, "path": path})).await;
        let made = bench.insist(Edit::ConvertLead { id: lead, to: place }).await;
        let Some(ItemRef::Deal(id)) = made.created else { panic!("{made:?}") };
        assert_eq!(bench.get(&format!("/api/v2/deals/{id}")).await["title"], title);
        assert_eq!(bench.list("/api/v2/deals?").await.len(), before + 1, "{kind}");
        bench.account.absorb(made.changes);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_made_before_a_creation_failed_is_told() {
    let mut bench = Bench::start().await;
    let deal = bench.open_deal();
    bench
        .send(
            "POST",
            "/sandbox/faults",
            &json!({"kind": "status", "status": 400, "method": "POST", "path": "/api/v2/deals"}),
        )
        .await;
    let contact = Contact::Org(Link::New("Made on the way".into()));
    let place = PipelineStage { pipeline: deal.pipeline, stage: deal.stage };
    let new = NewDeal::new("Half done".into(), contact, place, Money::zero(Currency::new("EUR")));
    let failure = bench.edit(Edit::CreateDeal { id: DealId::local(1), new }).await.unwrap_err();
    let [ServerUpdate::Organizations(made)] = &failure.changes[..] else { panic!("{failure:?}") };
    assert_eq!(made[0].name, "Made on the way");
}

/// Answers everything with an empty object or list, but for a time with failures; counts polls of the leads.
struct Quiet {
    polls: std::sync::atomic::AtomicU32,
    /// How many times the whole account was begun to be read.
    accounts: std::sync::atomic::AtomicU32,
    fails: std::sync::atomic::AtomicBool,
}

impl Transport for &'static Quiet {
    async fn send(&self, request: &Request) -> Result<HttpResponse, TransportError> {
        use std::sync::atomic::Ordering::SeqCst;
        if self.fails.load(SeqCst) {
            return Err(TransportError::Unreachable("down".into()));
        }
        if request.path == "/leads" {
            self.polls.fetch_add(1, SeqCst);
        }
        if request.path == "/users/me" {
            self.accounts.fetch_add(1, SeqCst);
        }
        let body = if request.path == "/users/me" {
            r#"{"success":true,"data":{"id":1}}"#
        } else {
            r#"{"success":true,"data":[]}"#
        };
        Ok(HttpResponse { status: 200, is_json: true, body: body.into(), ..HttpResponse::default() })
    }

    fn renew(&self, _: &Token) {}
}

#[tokio::test(start_paused = true)]
async fn leads_are_polled_every_five_minutes_and_soon_after_a_failure() {
    use std::sync::atomic::Ordering::SeqCst;
    let server: &'static Quiet = Box::leak(Box::new(Quiet { polls: 0.into(), accounts: 0.into(), fails: true.into() }));
    let (api, _task) = connect_over(server);
    let (commands, queue) = mpsc::channel(4);
    let (report, mut reports) = mpsc::channel(1024);
    sync::start(api, in_memory(), Settings::new(LEAD_INTERVAL), None, queue, report);
    let drained = tokio::spawn(async move {
        let mut failed = 0;
        while let Some(report) = reports.recv().await {
            failed += u32::from(matches!(report, Report::Progress(Progress::Failed { .. })));
        }
        failed
    });
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(server.polls.load(SeqCst), 0);
    server.fails.store(false, SeqCst);
    // It is noticed within about a minute and a half: a wait between readings, and one between connections.
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert_eq!(server.polls.load(SeqCst), 1);
    for _ in 0..60 {
        commands.send(Command::UserActive).await.unwrap();
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    assert_eq!(server.polls.load(SeqCst), 13);
    // Nobody is there: after a while they are polled every half an hour, until somebody comes.
    tokio::time::sleep(Duration::from_secs(4 * 3600)).await;
    let polls = server.polls.load(SeqCst);
    assert!((20..=23).contains(&polls), "{polls}");
    tokio::time::sleep(Duration::from_secs(2 * 3600)).await;
    let polls = server.polls.load(SeqCst);
    tokio::time::sleep(Duration::from_secs(600)).await;
    commands.send(Command::UserActive).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(server.polls.load(SeqCst), polls + 1);
    drop(commands);
    assert!(drained.await.unwrap() > 3);
}

#[tokio::test(start_paused = true)]
async fn the_whole_account_is_read_again_once_a_day_while_nobody_is_there() {
    use std::sync::atomic::Ordering::SeqCst;
    let quiet = Quiet { polls: 0.into(), accounts: 0.into(), fails: false.into() };
    let server: &'static Quiet = Box::leak(Box::new(quiet));
    let (api, _task) = connect_over(server);
    let (commands, queue) = mpsc::channel(4);
    let (report, mut reports) = mpsc::channel(1024);
    sync::start(api, in_memory(), Settings::new(LEAD_INTERVAL), None, queue, report);
    tokio::spawn(async move { while reports.recv().await.is_some() {} });
    tokio::time::sleep(Duration::from_secs(23 * 3600)).await;
    assert_eq!(server.accounts.load(SeqCst), 1);
    // Not while somebody works.
    for _ in 0..2 * 60 {
        commands.send(Command::UserActive).await.unwrap();
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    assert_eq!(server.accounts.load(SeqCst), 1);
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(server.accounts.load(SeqCst), 2);
    tokio::time::sleep(Duration::from_secs(22 * 3600)).await;
    assert_eq!(server.accounts.load(SeqCst), 2);
    drop(commands);
}

/// Refuses every change for want of budget until it is told otherwise; counts those that it was asked for.
struct Spent {
    asked: std::sync::atomic::AtomicU32,
    is_spent: std::sync::atomic::AtomicBool,
}

impl Transport for &'static Spent {
    async fn send(&self, request: &Request) -> Result<HttpResponse, TransportError> {
        use std::sync::atomic::Ordering::SeqCst;
        let body = match request.path.as_str() {
            "/users/me" => r#"{"success":true,"data":{"id":1}}"#,
            "/deals/1" => {
                r#"{"success":true,"data":{"id":1,"title":"New","status":"open","pipeline_id":1,"stage_id":1}}"#
            }
            _ => r#"{"success":true,"data":[]}"#,
        };
        if request.path == "/deals/1" {
            self.asked.fetch_add(1, SeqCst);
            if self.is_spent.load(SeqCst) {
                let limits = RateLimits { daily_limit: Some(30_000), daily_left: Some(0), ..RateLimits::default() };
                return Ok(HttpResponse { status: 429, limits, is_json: true, body: b"{}".to_vec() });
            }
        }
        Ok(HttpResponse { status: 200, is_json: true, body: body.into(), ..HttpResponse::default() })
    }

    fn renew(&self, _: &Token) {}
}

#[tokio::test(start_paused = true)]
async fn an_edit_for_which_the_days_budget_is_spent_waits_for_the_next_day() {
    use std::sync::atomic::Ordering::SeqCst;
    let server: &'static Spent = Box::leak(Box::new(Spent { asked: 0.into(), is_spent: true.into() }));
    let (api, _task) = connect_over(server);
    let (commands, queue) = mpsc::channel(4);
    let (report, mut reports) = mpsc::channel(1024);
    sync::start(api, in_memory(), Settings::new(LEAD_INTERVAL), None, queue, report);
    let title = DealPatch { title: Some("New".into()), ..DealPatch::default() };
    commands.send(edit_command(EditId(1), Edit::UpdateDeal { id: DealId(1), patch: title })).await.unwrap();
    let done = tokio::spawn(async move {
        while let Some(report) = reports.recv().await {
            if let Report::EditDone { outcome, .. } = report {
                return outcome;
            }
        }
        panic!("the engine ended");
    });
    tokio::time::sleep(Duration::from_secs(10 * 3600)).await;
    assert!(!done.is_finished(), "it is still queued");
    let asked = server.asked.load(SeqCst);
    assert!((10..=60).contains(&asked), "asked now and then: {asked} times");
    server.is_spent.store(false, SeqCst);
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert!(done.await.unwrap().is_ok());
}
