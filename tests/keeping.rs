//! The sync engine with a store on the disk: what a restart takes up again, and what edits rest on.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

#[path = "keeping/accounts.rs"]
mod accounts;
#[path = "keeping/bulk.rs"]
mod bulk;
#[path = "keeping/late.rs"]
mod late;
#[path = "keeping/live.rs"]
mod live;
#[path = "keeping/lost.rs"]
mod lost;
#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "support/network.rs"]
mod network;
#[path = "keeping/objects.rs"]
mod objects;

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use dealdeck::domain::*;
use dealdeck::pipedrive::{Endpoint, Token, connect_with};
use dealdeck::sandbox::{Options, Plan, Sandbox};
use dealdeck::store::CompanyDir;
use dealdeck::sync::{
    self, Command, Durability, EditError, EditFailure, EditOutcome, EditState, JournalEntry, Progress, Report,
    Restored, Settings, Storage,
};
use dealdeck::workspace::{EditId, Workspace};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// How long anything may take before a test gives up on it. A bound, not an expectation.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a request without an answer may still arrive here: it is to this server alone, and none is held.
const MAX_DELAY: Duration = Duration::from_secs(3);

/// A colleague's token and id.
const COLLEAGUE: (&str, u64) = ("colleague", 2);

/// A practice server, and a directory in which its account is kept.
struct Place {
    sandbox: Sandbox,
    http: reqwest::Client,
    folder: TempDir,
}

/// A run of the engine.
struct Run {
    commands: mpsc::Sender<Command>,
    reports: mpsc::Receiver<Report>,
    engine: JoinHandle<()>,
    account: Workspace,
    restored: Option<Restored>,
    done: Vec<(EditId, Result<EditOutcome, EditFailure>)>,
    next: u64,
}

impl Place {
    async fn new(deals: usize) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let colleagues = vec![(COLLEAGUE.0.to_owned(), COLLEAGUE.1)];
        let options = Options { plan: Plan::Enterprise, deals, colleagues, ..Options::default() };
        let sandbox = Sandbox::start(options).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { sandbox, http, folder: tempfile::tempdir().unwrap() }
    }

    async fn start(&self) -> Run {
        self.start_ahead(TimeDelta::zero()).await
    }

    /// Starts with this machine's clock ahead.
    async fn start_ahead(&self, ahead: TimeDelta) -> Run {
        let token = Token::new(self.sandbox.token()).unwrap();
        let (api, _task) = connect_with(Endpoint::from_url(self.sandbox.url()).unwrap(), &token, MAX_DELAY).unwrap();
        let (commands, queue) = mpsc::channel(64);
        let (report, reports) = mpsc::channel(64);
        let deadline = Instant::now() + PATIENCE;
        // What an engine that was killed had open goes a moment later; of a process all goes at once.
        let (storage, restored) = loop {
            let home = CompanyDir::new(self.folder.path(), "practice");
            let (storage, restored) = Storage::open(home, &token).unwrap();
            let is_held = restored.as_ref().is_some_and(|restored| restored.keeping != Durability::Kept);
            if !is_held || Instant::now() > deadline {
                break (storage, restored);
            }
            tokio::task::yield_now().await;
        };
        let clock = Arc::new(move || Utc::now() + ahead);
        let settings = Settings { clock, ..Settings::new(Duration::from_secs(300)) };
        let engine = sync::start(api, storage, settings, None, queue, report);
        let next = restored.as_ref().map_or(0, |restored| restored.next_edit);
        Run { commands, reports, engine, account: Workspace::new(), restored, done: Vec::new(), next }
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

    async fn fault(&self, fault: &Value) {
        self.send("POST", "/sandbox/faults", fault).await;
    }

    async fn heal(&self) {
        self.send("DELETE", "/sandbox/faults", &Value::Null).await;
    }

    /// How many requests of a kind the server has answered.
    async fn answered(&self, kind: &str) -> u64 {
        let stats = self.send("GET", "/sandbox/stats", &Value::Null).await;
        stats["by_path"][kind].as_u64().unwrap_or(0)
    }
}

impl Run {
    async fn until(&mut self, mut is_it: impl FnMut(&Report) -> bool) {
        loop {
            let report = tokio::time::timeout(PATIENCE, self.reports.recv()).await.expect("a report").unwrap();
            let found = is_it(&report);
            match report {
                Report::Restored(restored) => self.restored = Some(*restored),
                Report::CacheChunk(changes) => self.account.absorb_cached(changes),
                Report::Changed(changes) => {
                    self.account.absorb(changes);
                }
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

    async fn loaded(&mut self) {
        self.until(|report| matches!(report, Report::CacheLoaded)).await;
    }

    /// Hands over an edit that was made on the grounds of a deal as it was.
    async fn hand_over(&mut self, edit: Edit, before: &Deal) -> EditId {
        self.next += 1;
        let id = EditId(self.next);
        let base = edit.inverse(&Item::Deal(before.clone()));
        let kept = JournalEntry {
            id,
            made_at: Utc::now(),
            what: format!("edit {}", id.0),
            edit,
            base,
            part_of: None,
            step: None,
            state: EditState::Waiting,
            ended_at: None,
        };
        self.commands.send(Command::Edit { kept: Box::new(kept), replaces: None }).await.unwrap();
        id
    }

    async fn edit(&mut self, edit: Edit, before: &Deal) -> Result<EditOutcome, EditFailure> {
        let wanted = self.hand_over(edit, before).await;
        self.until(|report| matches!(report, Report::EditDone { id, .. } if *id == wanted)).await;
        self.done.pop().unwrap().1
    }

    fn open_deal(&self) -> Deal {
        let mut open: Vec<&Deal> = self.account.deals().filter(|deal| deal.status == DealStatus::Open).collect();
        open.sort_by_key(|deal| deal.id);
        open[0].clone()
    }

    /// Ends, and waits until all is on the disk.
    async fn end(mut self) {
        drop(self.commands);
        while self.reports.recv().await.is_some() {}
        self.engine.await.unwrap();
    }

    /// As if the process were killed: nothing more is written.
    async fn kill(self) {
        self.engine.abort();
        assert!(self.engine.await.unwrap_err().is_cancelled());
    }
}

fn valued(deal: &Deal, amount: u32) -> Edit {
    let value = Money { amount: amount.into(), currency: deal.value.currency.clone() };
    Edit::UpdateDeal { id: deal.id, patch: DealPatch { value: Some(value), ..DealPatch::default() } }
}

fn titled(deal: &Deal, title: &str) -> Edit {
    Edit::UpdateDeal { id: deal.id, patch: DealPatch { title: Some(title.into()), ..DealPatch::default() } }
}

fn path(deal: &Deal) -> String {
    format!("/api/v2/deals/{}", deal.id)
}

fn ids(account: &Workspace) -> Vec<u64> {
    let mut ids: Vec<u64> = account.deals().map(|deal| deal.id.0).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_reading_goes_on_where_it_was_broken_off() {
    let place = Place::new(4_000).await;
    // People come after the open deals; there it breaks.
    place.fault(&json!({"kind": "status", "status": 500, "path": "/api/v2/persons", "method": "GET"})).await;
    let mut run = place.start().await;
    run.until(|report| matches!(report, Report::Progress(Progress::Failed { .. }))).await;
    let shown = ids(&run.account);
    assert!(shown.len() > 1_000, "what came is usable: {}", shown.len());
    run.kill().await;
    let before = place.answered("GET /api/v2/deals").await;

    place.heal().await;
    let mut run = place.start().await;
    run.loaded().await;
    assert_eq!(ids(&run.account), shown, "what was read is still there");
    run.fresh().await;
    // Only the closed ones are left to read, which are fewer than the open ones.
    let again = place.answered("GET /api/v2/deals").await - before;
    assert!(again < before, "{again} pages after {before}");
    let mut all = 0;
    for status in ["open", "won", "lost"] {
        let mut cursor = String::new();
        loop {
            let list = format!("/api/v2/deals?status={status}&limit=500{cursor}");
            let page = place.send("GET", &list, &Value::Null).await;
            all += page["data"].as_array().unwrap().len();
            match page["additional_data"]["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
    }
    assert_eq!(run.account.deals().count(), all);
    run.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happened_while_it_was_closed_is_seen_without_reading_everything() {
    let place = Place::new(120).await;
    let mut run = place.start().await;
    run.fresh().await;
    let mut open: Vec<Deal> =
        run.account.deals().filter(|deal| deal.status == DealStatus::Open && deal.org.is_some()).cloned().collect();
    open.sort_by_key(|deal| deal.id);
    run.end().await;

    place.send("PATCH", &path(&open[0]), &json!({"title": "Changed meanwhile"})).await;
    place.send("DELETE", &path(&open[1]), &Value::Null).await;
    let org = open[2].org.unwrap();
    place.send("PATCH", &format!("/api/v2/organizations/{org}"), &json!({"name": "Renamed meanwhile"})).await;
    let pages = place.answered("GET /api/v2/deals").await;

    let mut run = place.start().await;
    let restored = run.restored.clone().unwrap();
    assert!(restored.fresh_at.is_some(), "its age is known");
    run.loaded().await;
    assert_eq!(run.account.deal(open[0].id), Some(&open[0]), "as it was");
    run.fresh().await;
    assert_eq!(run.account.deal(open[0].id).unwrap().title, "Changed meanwhile");
    assert!(run.account.deal(open[1].id).is_none());
    assert_eq!(place.answered("GET /api/v2/deals").await, pages + 1);
    // People and organizations change seldom: they are looked at when somebody asks, or every few hours.
    run.commands.send(Command::Refresh).await.unwrap();
    run.fresh().await;
    assert_eq!(run.account.org(org).unwrap().name, "Renamed meanwhile");
    // What is gone stays gone.
    run.end().await;
    let mut run = place.start().await;
    run.loaded().await;
    assert!(run.account.deal(open[1].id).is_none());
    // An activity is deleted without a word: reading everything finds it out.
    let activity = run.account.agenda().iter().next().unwrap().id;
    run.fresh().await;
    place.send("DELETE", &format!("/api/v2/activities/{activity}"), &Value::Null).await;
    run.commands.send(Command::Reload).await.unwrap();
    run.fresh().await;
    assert!(run.account.activity(activity).is_none());
    run.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_was_years_ahead_freezes_nothing() {
    const STAGES: &str = "GET /api/v2/stages";
    let place = Place::new(20).await;
    let mut run = place.start_ahead(TimeDelta::days(3 * 365)).await;
    run.fresh().await;
    run.end().await;
    let before = place.answered(STAGES).await;
    let mut run = place.start().await;
    assert_eq!(run.restored.clone().unwrap().fresh_at, None, "nobody knows how old it is");
    run.fresh().await;
    assert!(place.answered(STAGES).await > before, "pipelines and stages are looked at again");
    run.end().await;
    // With the right times on the disk they are left alone again.
    let before = place.answered(STAGES).await;
    let mut run = place.start().await;
    assert!(run.restored.clone().unwrap().fresh_at.is_some());
    run.fresh().await;
    assert_eq!(place.answered(STAGES).await, before);
    run.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_field_changed_by_a_colleague_is_left_to_the_person() {
    let place = Place::new(60).await;
    let mut run = place.start().await;
    run.fresh().await;
    let deal = run.open_deal();
    place.send("PATCH", &path(&deal), &json!({"value": 4_321})).await;
    let failure = run.edit(valued(&deal, 1_000), &deal).await.unwrap_err();
    let EditError::Conflict(clash) = failure.error else { panic!("{failure:?}") };
    let theirs = clash.theirs;
    assert_eq!(theirs, valued(&deal, 4_321));
    assert_eq!(place.get(&path(&deal)).await["value"], 4_321, "nothing was sent");
    // Another field is no conflict, nor is what is so already.
    run.edit(titled(&deal, "Mine"), &deal).await.unwrap();
    run.edit(valued(&deal, 4_321), &deal).await.unwrap();
    assert_eq!(place.get(&path(&deal)).await["title"], "Mine");
    run.end().await;
    // It needs attention after a restart, too.
    let run = place.start().await;
    let [kept] = &run.restored.as_ref().unwrap().edits[..] else { panic!("{:?}", run.restored) };
    assert!(matches!(&kept.state, EditState::Attention { theirs: Some(edit), .. } if **edit == theirs), "{kept:?}");
    run.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_that_follow_each_other_do_not_clash_with_themselves() {
    let place = Place::new(60).await;
    let mut run = place.start().await;
    run.fresh().await;
    let deal = run.open_deal();
    // The first is on its way while the second is made on the grounds of it.
    place.fault(&json!({"kind": "latency", "millis": 200, "path": path(&deal), "method": "PATCH"})).await;
    run.hand_over(valued(&deal, 1_000), &deal).await;
    let money = |amount: u32| Money { amount: amount.into(), ..deal.value.clone() };
    let after_first = Deal { value: money(1_000), ..deal.clone() };
    run.edit(valued(&deal, 2_000), &after_first).await.unwrap();
    assert_eq!(place.get(&path(&deal)).await["value"], 2_000);
    place.heal().await;

    // The first is refused: the second rests on what is there then.
    let now = Deal { value: money(2_000), ..deal.clone() };
    let refusal = json!({"kind": "status", "status": 400, "times": 1, "path": path(&deal), "method": "PATCH"});
    place.fault(&refusal).await;
    // It changes more than the second does, so it is not left out for that.
    let both = DealPatch { title: Some("Both".into()), value: Some(money(3_000)), ..DealPatch::default() };
    let first = run.hand_over(Edit::UpdateDeal { id: deal.id, patch: both }, &now).await;
    let after_first = Deal { value: money(3_000), ..deal.clone() };
    run.edit(valued(&deal, 4_000), &after_first).await.unwrap();
    let (_, of_first) = run.done.iter().find(|(id, _)| *id == first).unwrap();
    assert!(of_first.is_err(), "{of_first:?}");
    assert_eq!(place.get(&path(&deal)).await["value"], 4_000);
    run.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_that_wait_are_sent_by_the_next_run_in_their_order() {
    let place = Place::new(60).await;
    let mut run = place.start().await;
    run.fresh().await;
    let deal = run.open_deal();
    // No answer comes, so that all of them wait or are under way when it ends.
    place.fault(&json!({"kind": "latency", "millis": 60_000, "path": path(&deal)})).await;
    run.hand_over(valued(&deal, 1_000), &deal).await;
    run.hand_over(titled(&deal, "First title"), &deal).await;
    let last = run.hand_over(valued(&deal, 3_000), &deal).await;
    run.until(|report| matches!(report, Report::Queued(id) if *id == last)).await;
    run.kill().await;
    place.heal().await;

    let mut run = place.start().await;
    let waiting = run.restored.as_ref().unwrap().edits.iter().map(|kept| kept.id).collect::<Vec<_>>();
    assert_eq!(waiting, [EditId(1), EditId(2), EditId(3)]);
    let mut left = 3;
    run.until(|report| {
        left -= i32::from(matches!(report, Report::EditDone { .. }));
        left == 0
    })
    .await;
    assert!(run.done.iter().all(|(_, outcome)| outcome.is_ok()), "{:?}", run.done);
    let now = place.get(&path(&deal)).await;
    assert_eq!((&now["value"], &now["title"]), (&json!(3_000), &json!("First title")));
    let writes = place.send("GET", "/sandbox/writes", &Value::Null).await;
    let bodies: Vec<Value> = writes["data"].as_array().unwrap().iter().map(|write| write["body"].clone()).collect();
    assert_eq!(bodies.len(), 3, "{bodies:?}");
    assert_eq!(
        (&bodies[0]["value"], &bodies[1]["title"], &bodies[2]["value"]),
        (&json!(1_000), &json!("First title"), &json!(3_000))
    );
    run.end().await;
    // Nothing is left to do.
    let run = place.start().await;
    assert!(run.restored.as_ref().unwrap().edits.is_empty());
    run.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_whose_answers_are_all_lost_but_which_took_effect_is_confirmed() {
    let place = Place::new(60).await;
    let mut run = place.start().await;
    run.fresh().await;
    let deal = run.open_deal();
    place.fault(&json!({"kind": "drop_after", "path": path(&deal), "method": "PATCH"})).await;
    run.edit(valued(&deal, 1_000), &deal).await.unwrap();
    place.heal().await;
    run.end().await;
    let run = place.start().await;
    assert!(run.restored.as_ref().unwrap().edits.is_empty(), "it needs no attention");
    run.end().await;
}

impl Place {
    /// Does something to one of the files behind the program's back.
    fn meddle(&self, file: &str, sql: &str) {
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            if folder.join(file).exists() {
                return rusqlite::Connection::open(folder.join(file)).unwrap().execute_batch(sql).unwrap();
            }
            folders
                .extend(std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).filter(|p| p.is_dir()));
        }
        panic!("there is no {file}");
    }

    /// From now on the disk takes no row of a table.
    fn block(&self, file: &str, table: &str) {
        let no = "BEGIN SELECT RAISE(ABORT, 'no room'); END";
        let sql = format!(
            "CREATE TRIGGER no_insert BEFORE INSERT ON {table} {no}; CREATE TRIGGER no_update BEFORE UPDATE ON {table} {no};"
        );
        self.meddle(file, &sql);
    }

    fn unblock(&self, file: &str) {
        self.meddle(file, "DROP TRIGGER no_insert; DROP TRIGGER no_update;");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_disk_did_not_take_is_not_gone_and_is_kept_once_it_does() {
    for table in ["deal", "person", "activity"] {
        let place = Place::new(300).await;
        let mut run = place.start().await;
        run.fresh().await;
        let (deals, to_do) = (ids(&run.account), run.account.agenda().len());
        let is_not_kept = |report: &Report| matches!(report, Report::Durability(Durability::EditsOnly(_)));
        place.block("cache.db", table);
        run.commands.send(Command::Reload).await.unwrap();
        run.until(is_not_kept).await;
        place.unblock("cache.db");
        let is_kept = |report: &Report| matches!(report, Report::Durability(Durability::Kept));
        run.commands.send(Command::Refresh).await.unwrap();
        run.until(is_kept).await;
        run.commands.send(Command::Reload).await.unwrap();
        run.fresh().await;
        assert_eq!((ids(&run.account), run.account.agenda().len()), (deals.clone(), to_do), "{table}");
        run.end().await;
        let mut run = place.start().await;
        run.loaded().await;
        assert_eq!((ids(&run.account), run.account.agenda().len()), (deals, to_do), "{table}");
        assert!(
            run.account.deals().all(|deal| deal.person.is_none_or(|id| run.account.person(id).is_some())),
            "{table}"
        );
        run.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_has_not_ended_before_its_end_is_on_the_disk() {
    let place = Place::new(60).await;
    let mut run = place.start().await;
    run.fresh().await;
    let deal = run.open_deal();
    place.fault(&json!({"kind": "latency_after", "millis": 600, "path": path(&deal), "method": "PATCH"})).await;
    let first = run.hand_over(titled(&deal, "First"), &deal).await;
    run.until(|report| matches!(report, Report::Queued(id) if *id == first)).await;
    let second = run.hand_over(valued(&deal, 7), &deal).await;
    run.until(|report| matches!(report, Report::Queued(id) if *id == second)).await;
    let writes = async || place.send("GET", "/sandbox/writes", &Value::Null).await["data"].as_array().unwrap().len();
    while writes().await == 0 {
        tokio::task::yield_now().await;
    }
    place.block("edits.db", "edit");
    // The first has arrived. As long as that cannot be noted, the second does not go.
    place.heal().await;
    run.commands.send(Command::Refresh).await.unwrap();
    run.fresh().await;
    assert!(run.done.is_empty(), "{:?}", run.done);
    assert_eq!(writes().await, 1);
    place.unblock("edits.db");
    run.until(|report| matches!(report, Report::EditDone { id, .. } if *id == second)).await;
    assert!(run.done.iter().all(|(_, outcome)| outcome.is_ok()), "{:?}", run.done);
    assert_eq!(writes().await, 2);
    run.end().await;
}
