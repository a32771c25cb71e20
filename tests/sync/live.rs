//! What webhooks tell: taken in once, in its own order, and looked after where it is missing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use dealdeck::pipedrive::{Delivery, Method};
use dealdeck::sync::WebhookStatus;
use dealdeck::webhooks::{Feed, Signal};
use proptest::prelude::*;
use tokio::sync::Notify;
use uuid::Uuid;

use super::*;

/// A feed, and the end at which it is fed.
pub(super) fn feed() -> (mpsc::Sender<Signal>, Arc<Notify>, Feed) {
    let (send, signals) = mpsc::channel(1024);
    let doubt = Arc::new(Notify::new());
    (send, Arc::clone(&doubt), Feed { signals, doubt })
}

fn iso(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// An event about a deal, as it is delivered.
pub(super) fn event(action: &str, deal: &Value, at: DateTime<Utc>) -> Signal {
    let (data, previous) = if action == "delete" { (&Value::Null, deal) } else { (deal, &Value::Null) };
    let meta = json!({
        "action": action, "entity": "deal", "entity_id": deal["id"].to_string(), "id": Uuid::new_v4(),
        "timestamp": iso(at), "user_id": "2", "version": "2.0", "permitted_user_ids": [1, 2],
    });
    let body = json!({"data": data, "previous": previous, "meta": meta}).to_string();
    Signal::Delivery(Box::new(Delivery::read(body.as_bytes()).unwrap()))
}

/// A deal with another title, as changed at a time.
pub(super) fn titled(deal: &Value, title: &str, at: DateTime<Utc>) -> Value {
    let mut changed = deal.clone();
    changed["title"] = json!(title);
    changed["update_time"] = json!(at.to_rfc3339_opts(SecondsFormat::Secs, true));
    changed
}

impl Bench {
    /// Waits until a title is shown, and counts what was heard on the way.
    async fn until_titled(&mut self, deal: DealId, title: &str) -> usize {
        let mut heard = 0;
        while self.account.deal(deal).is_none_or(|deal| deal.title != title) {
            self.until(|report| {
                heard += if let Report::WebhookChanges(all) = report { all.len() } else { 0 };
                matches!(report, Report::WebhookChanges(_) | Report::Changed(_))
            })
            .await;
        }
        heard
    }
}

#[tokio::test]
async fn what_is_delivered_twice_late_or_out_of_order_never_turns_the_board_back() {
    let (send, _doubt, feed) = feed();
    let mut bench = Bench::start_with(Some(feed)).await;
    let id = bench.open_deal().id;
    let deal = bench.get(&format!("/api/v2/deals/{id}")).await;
    let now: DateTime<Utc> = Utc::now() + TimeDelta::seconds(2);
    let second =
        |title: &str, millis: i64| event("change", &titled(&deal, title, now), now + TimeDelta::milliseconds(millis));
    let (first, third) = (second("First", 1), second("Third", 3));
    for signal in [&third, &first, &third, &second("Second", 2), &first] {
        send.send(signal.clone()).await.unwrap();
    }
    assert_eq!(bench.until_titled(id, "Third").await, 1, "the others came later, but are older");
    send.send(second("Fourth", 4)).await.unwrap();
    assert_eq!(bench.until_titled(id, "Fourth").await, 1);
    // An older one after it was deleted does not bring it back; a later one does.
    send.send(event("delete", &deal, now + TimeDelta::milliseconds(900))).await.unwrap();
    send.send(second("Fifth", 5)).await.unwrap();
    bench.until(|report| matches!(report, Report::WebhookChanges(_))).await;
    assert!(bench.account.deal(id).is_none());
    let later = now + TimeDelta::seconds(1);
    send.send(event("change", &titled(&deal, "Restored", later), later)).await.unwrap();
    assert_eq!(bench.until_titled(id, "Restored").await, 1);
}

#[tokio::test]
async fn where_the_times_cannot_tell_pipedrive_is_asked() {
    let (send, _doubt, feed) = feed();
    let mut bench = Bench::start_with(Some(feed)).await;
    let id = bench.open_deal().id;
    let path = format!("/api/v2/deals/{id}");
    bench.send("PATCH", &path, &json!({"title": "As it is"})).await;
    bench.ask(Command::Refresh).await;
    let deal = bench.get(&path).await;
    let updated: DateTime<Utc> = deal["update_time"].as_str().unwrap().parse().unwrap();
    // Of the same second, and not as the API has it: earlier, as it happens.
    send.send(event("change", &titled(&deal, "As it was", updated), updated)).await.unwrap();
    let mut heard = Vec::new();
    bench
        .until(|report| {
            heard.extend(if let Report::WebhookChanges(all) = report { all.clone() } else { Vec::new() });
            !heard.is_empty()
        })
        .await;
    assert_eq!(bench.account.deal(id).unwrap().title, "As it is");
    let [one] = &heard[..] else { panic!("{heard:?}") };
    assert_eq!(one.by, Some(UserId(2)), "it is known who was there all the same");
    let ServerUpdate::Deals(deals) = &one.change else { panic!("{one:?}") };
    assert_eq!(deals[0].title, "As it is");
}

#[tokio::test]
async fn what_happened_before_they_were_registered_is_read() {
    let (send, _doubt, feed) = feed();
    let mut bench = Bench::start_with(Some(feed)).await;
    let id = bench.open_deal().id;
    bench.send("PATCH", &format!("/api/v2/deals/{id}"), &json!({"title": "Meanwhile"})).await;
    send.send(Signal::Up { new: true }).await.unwrap();
    bench.until(|report| *report == Report::WebhookStatus(WebhookStatus::Waiting)).await;
    bench.until_titled(id, "Meanwhile").await;
    drop(send);
    bench.until(|report| matches!(report, Report::WebhookStatus(WebhookStatus::Down(_)))).await;
}

/// A company with one pipeline, in which deals are changed.
#[derive(Default)]
pub(super) struct Company {
    pub(super) deals: Mutex<BTreeMap<u64, Value>>,
    /// What cannot be read for now.
    broken: Mutex<Option<&'static str>>,
    /// What was asked for, and what that cost.
    asked: Mutex<Vec<(Request, u64)>>,
    /// What is done with an edit.
    pub(super) on_edit: Mutex<Option<Edited>>,
}

/// Takes the id of a deal and its new title.
pub(super) type Edited = Box<dyn Fn(u64, &str) + Send>;

impl Company {
    pub(super) fn change(&self, id: u64, title: &str, at: DateTime<Utc>) -> Value {
        let deal = json!({"id": id, "status": "open", "pipeline_id": 1, "stage_id": 1});
        let deal = titled(&deal, title, at);
        self.deals.lock().unwrap().insert(id, deal.clone());
        deal
    }
}

impl Company {
    /// What was paid for what was asked for of a kind, from now on anew.
    fn paid(&self, is_meant: impl Fn(&Request) -> bool) -> u64 {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.iter().filter(|(request, _)| is_meant(request)).map(|(_, cost)| cost).sum()
    }
}

impl Transport for &'static Company {
    async fn send(&self, request: &Request) -> Result<HttpResponse, TransportError> {
        // What is answered may be old when it arrives.
        let answer = self.answer(request);
        tokio::time::sleep(Duration::from_millis(120)).await;
        Ok(answer)
    }

    fn renew(&self, _: &Token) {}
}

impl Company {
    fn answer(&self, request: &Request) -> HttpResponse {
        if *self.broken.lock().unwrap() == Some(request.path.as_str()) {
            return HttpResponse { status: 500, ..HttpResponse::default() };
        }
        self.asked.lock().unwrap().push((request.clone(), u64::from(request.cost)));
        if let (Method::Patch, Some(id), Some(on_edit)) =
            (request.method, request.path.strip_prefix("/deals/"), &*self.on_edit.lock().unwrap())
        {
            let body: Value = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
            on_edit(id.parse().unwrap(), body["title"].as_str().unwrap());
        }
        let deals = self.deals.lock().unwrap();
        let asked = |name: &str| request.query.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str());
        let data = match (request.path.as_str(), request.path.strip_prefix("/deals/")) {
            ("/users/me", _) => json!({"id": 1}),
            ("/deals", _) if request.method == Method::Get => {
                let ids: Option<Vec<u64>> =
                    asked("ids").map(|ids| ids.split(',').map(|id| id.parse().unwrap()).collect());
                let since = asked("updated_since").unwrap_or_default();
                let is_meant = |id: u64| ids.as_ref().is_none_or(|ids| ids.contains(&id));
                let is_later = |deal: &Value| deal["update_time"].as_str().unwrap() >= since;
                let statuses = asked("status").unwrap_or("open,won,lost");
                let is_listed = |deal: &Value| statuses.contains(deal["status"].as_str().unwrap());
                deals
                    .iter()
                    .filter(|(id, deal)| is_meant(**id) && is_later(deal) && is_listed(deal))
                    .map(|(_, deal)| deal.clone())
                    .collect()
            }
            (_, Some(id)) => deals.get(&id.parse().unwrap()).cloned().unwrap_or_default(),
            _ => json!([]),
        };
        HttpResponse {
            status: 200,
            is_json: true,
            body: json!({"success": true, "data": data}).to_string().into(),
            ..HttpResponse::default()
        }
    }
}

/// An engine on a company, in virtual time.
pub(super) struct Office {
    pub(super) company: &'static Company,
    pub(super) send: mpsc::Sender<Signal>,
    doubt: Arc<Notify>,
    pub(super) commands: mpsc::Sender<Command>,
    reports: mpsc::Receiver<Report>,
    pub(super) account: Workspace,
    live: Vec<WebhookStatus>,
}

impl Office {
    pub(super) async fn open(deals: u64) -> Self {
        let company: &'static Company = Box::leak(Box::default());
        for id in 1..=deals {
            company.change(id, "At first", Utc::now() - TimeDelta::hours(1));
        }
        let (send, doubt, feed) = feed();
        let (api, _task) = connect_over(company);
        let (commands, queue) = mpsc::channel(64);
        let (report, reports) = mpsc::channel(4096);
        sync::start(api, in_memory(), Settings::new(LEAD_INTERVAL), Some(feed), queue, report);
        let account = Workspace::new();
        let mut office = Self { company, send, doubt, commands, reports, account, live: Vec::new() };
        office.pass(Duration::from_secs(20)).await;
        office
    }

    /// Lets time pass, and takes in what is told.
    pub(super) async fn pass(&mut self, time: Duration) {
        let until = tokio::time::Instant::now() + time;
        while let Ok(Some(report)) = tokio::time::timeout_at(until, self.reports.recv()).await {
            match report {
                Report::Changed(changes) => {
                    self.account.absorb(changes);
                }
                Report::WebhookChanges(heard) => heard.into_iter().for_each(|one| {
                    self.account.absorb_webhook(one.change);
                }),
                Report::EditDone { id, outcome } => {
                    let changes = outcome.map_or_else(|failure| failure.changes, |outcome| outcome.changes);
                    self.account.settle(id, changes, None);
                }
                Report::WebhookStatus(live) => self.live.push(live),
                _ => {}
            }
        }
    }

    pub(super) fn titles(&self) -> BTreeMap<u64, String> {
        self.account.deals().map(|deal| (deal.id.0, deal.title.clone())).collect()
    }

    pub(super) fn titles_there(&self) -> BTreeMap<u64, String> {
        let deals = self.company.deals.lock().unwrap();
        let there = deals.iter().filter(|(_, deal)| deal["status"] != "deleted");
        there.map(|(id, deal)| (*id, deal["title"].as_str().unwrap().to_owned())).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn an_edit_that_is_not_heard_of_makes_them_doubtful() {
    let mut office = Office::open(1).await;
    office.send.send(Signal::Up { new: true }).await.unwrap();
    office.pass(Duration::from_secs(1)).await;
    let now = Utc::now();
    office.send.send(event("change", &office.company.change(1, "By a colleague", now), now)).await.unwrap();
    office.pass(Duration::from_secs(1)).await;
    assert_eq!(office.live, [WebhookStatus::Starting, WebhookStatus::Waiting, WebhookStatus::On]);
    let patch = DealPatch { title: Some("Mine".to_owned()), ..DealPatch::default() };
    office.commands.send(edit_command(EditId(1), Edit::UpdateDeal { id: DealId(1), patch })).await.unwrap();
    office.pass(Duration::from_secs(30)).await;
    assert_eq!(office.live.last(), Some(&WebhookStatus::On));
    office.pass(Duration::from_secs(30)).await;
    assert_eq!(office.live.last(), Some(&WebhookStatus::Waiting));
    tokio::time::timeout(Duration::from_secs(1), office.doubt.notified()).await.expect("it is looked after them");
}

/// An event that says of an item only that it has changed.
fn unread(entity: &str, id: u64) -> Signal {
    let meta = json!({
        "action": "change", "entity": entity, "entity_id": id.to_string(), "id": Uuid::new_v4(),
        "timestamp": iso(Utc::now()), "user_id": "2", "version": "2.0",
    });
    let body = json!({"data": null, "previous": null, "meta": meta}).to_string();
    Signal::Delivery(Box::new(Delivery::read(body.as_bytes()).unwrap()))
}

/// Whether a request looks for people who have changed: nobody does so but after a gap, or every four hours.
fn catches_up(request: &Request) -> bool {
    request.path == "/persons" && request.query.iter().any(|(name, _)| *name == "updated_since")
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_missed_is_read_again_until_that_succeeds() {
    let mut office = Office::open(1).await;
    *office.company.broken.lock().unwrap() = Some("/persons");
    office.send.send(Signal::Up { new: true }).await.unwrap();
    office.pass(Duration::from_secs(5 * 60)).await;
    *office.company.broken.lock().unwrap() = None;
    office.company.paid(catches_up);
    office.pass(Duration::from_secs(15 * 60)).await;
    assert_eq!(office.company.paid(catches_up), 10);
}

#[tokio::test(start_paused = true)]
async fn webhooks_that_never_arrive_cost_nothing() {
    let mut office = Office::open(1).await;
    office.send.send(Signal::Up { new: true }).await.unwrap();
    office.pass(Duration::from_secs(60)).await;
    office.company.paid(catches_up);
    for nth in 0..40 {
        let patch = DealPatch { title: Some(format!("Title {nth}")), ..DealPatch::default() };
        office.commands.send(edit_command(EditId(nth), Edit::UpdateDeal { id: DealId(1), patch })).await.unwrap();
        office.pass(Duration::from_secs(90)).await;
    }
    assert_eq!(office.company.paid(catches_up), 0);
}

#[tokio::test(start_paused = true)]
async fn a_line_that_breaks_all_day_does_not_spend_the_budget() {
    let mut office = Office::open(1).await;
    office.company.paid(catches_up);
    for _ in 0..8 * 120 {
        office.send.send(Signal::Down("the connection broke".to_owned())).await.unwrap();
        office.send.send(Signal::Up { new: true }).await.unwrap();
        office.pass(Duration::from_secs(30)).await;
    }
    // Four lists each time.
    let spent = 4 * office.company.paid(catches_up);
    assert!((400..3_000).contains(&spent), "{spent}");
}

#[tokio::test(start_paused = true)]
async fn asking_for_what_is_unclear_does_not_spend_the_budget() {
    let mut office = Office::open(1).await;
    office.company.paid(catches_up);
    for nth in 0..8 * 120 {
        for kind in ["deal", "activity", "person", "organization"] {
            office.send.send(unread(kind, 1_000 + nth)).await.unwrap();
        }
        office.pass(Duration::from_secs(30)).await;
    }
    let spent = office.company.paid(|request| request.query.iter().any(|(name, _)| *name == "ids"));
    assert!((1_000..6_000).contains(&spent), "{spent}");
}

#[tokio::test(start_paused = true)]
async fn what_is_unclear_all_the_time_is_asked_for_together_and_soon() {
    let mut office = Office::open(1).await;
    office.send.send(Signal::Up { new: true }).await.unwrap();
    for id in 2..62 {
        let now = Utc::now();
        // That it was made is not delivered, and this does not tell all of it.
        office.send.send(event("change", &office.company.change(id, "New", now), now)).await.unwrap();
        office.pass(Duration::from_secs(1)).await;
    }
    office.pass(Duration::from_secs(10)).await;
    assert_eq!(office.titles(), office.titles_there());
    let asked = office.company.paid(|request| request.query.iter().any(|(name, _)| *name == "ids")) / 10;
    assert!((10..=25).contains(&asked), "{asked} times for 60 deals in a minute");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever is lost on the way is left to the reading of what has changed; this is about what arrives.
    #[test]
    fn however_events_arrive_the_account_ends_as_the_server_has_it(
        changes in prop::collection::vec((1_u64..5, 0_i64..3_000), 1..40),
        order in prop::collection::vec(any::<prop::sample::Index>(), 80),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut office = Office::open(4).await;
            office.send.send(Signal::Up { new: true }).await.unwrap();
            let mut millis: Vec<i64> = changes.iter().map(|(_, millis)| *millis).collect();
            millis.sort_unstable();
            let start = Utc::now();
            let mut events: Vec<Signal> = Vec::new();
            for (nth, ((id, _), millis)) in changes.iter().zip(millis).enumerate() {
                // No two at once: those Pipedrive itself could not put in order.
                let at = start + TimeDelta::milliseconds(millis * 50 + i64::try_from(nth).unwrap());
                events.push(event("change", &office.company.change(*id, &format!("Title {nth}"), at), at));
            }
            for index in order {
                office.send.send(index.get(&events).clone()).await.unwrap();
                office.pass(Duration::from_millis(7)).await;
            }
            for event in events {
                office.send.send(event).await.unwrap();
            }
            office.pass(Duration::from_secs(5)).await;
            assert_eq!(office.titles(), office.titles_there());
        });
    }
}
