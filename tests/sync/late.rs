//! Requests that arrive after they were given up on, in virtual time.

use dealdeck::pipedrive::{MAX_REQUEST_DELAY, Method};
use tokio::time::Instant;

use super::network::{Fate, Network, TIMEOUT};
use super::*;

/// An engine on such a network.
pub struct Office {
    pub network: Network,
    pub commands: mpsc::Sender<Command>,
    reports: mpsc::Receiver<Report>,
    /// What was reported, but for the state of the line.
    pub told: Vec<Report>,
    next: u64,
}

impl Office {
    pub async fn open(deals: &[&str], fates: Vec<Fate>) -> Self {
        Self::hearing(deals, fates, None).await
    }

    /// The same with webhooks to hear.
    async fn hearing(deals: &[&str], fates: Vec<Fate>, feed: Option<Feed>) -> Self {
        let network = Network::default();
        for (id, title) in (1..).zip(deals) {
            network.0.lock().unwrap().deals.insert(id, ((*title).to_owned(), 1));
        }
        let (api, _task) = connect_over(network.clone());
        let (commands, queue) = mpsc::channel(64);
        let (report, reports) = mpsc::channel(64);
        sync::start(api, in_memory(), Settings::new(LEAD_INTERVAL), feed, queue, report);
        let mut office = Self { network, commands, reports, told: Vec::new(), next: 0 };
        office.until(|report| matches!(report, Report::Progress(Progress::Fresh { .. }))).await;
        office.network.0.lock().unwrap().fates = fates.into();
        office
    }

    pub async fn until(&mut self, is_it: impl Fn(&Report) -> bool) {
        loop {
            let report = self.reports.recv().await.unwrap();
            let found = is_it(&report);
            if !matches!(report, Report::Connection(_) | Report::Progress(_)) {
                self.told.push(report);
            }
            if found {
                return;
            }
        }
    }

    pub async fn send(&mut self, kept: JournalEntry, replaces: Option<EditId>) -> EditId {
        let id = kept.id;
        self.commands.send(Command::Edit { kept: Box::new(kept), replaces }).await.unwrap();
        id
    }

    pub fn kept(&mut self, edit: Edit, base: Option<Edit>) -> JournalEntry {
        self.next += 1;
        let Command::Edit { kept, .. } = edit_command(EditId(self.next), edit) else { unreachable!() };
        JournalEntry { base, ..*kept }
    }

    pub async fn ended(&mut self, id: EditId) -> Result<EditOutcome, EditFailure> {
        let outcome = |report: &Report| match report {
            Report::EditDone { id: ended, outcome } if *ended == id => Some(outcome.clone()),
            _ => None,
        };
        if let Some(outcome) = self.told.iter().find_map(outcome) {
            return outcome;
        }
        self.until(|report| outcome(report).is_some()).await;
        self.told.last().and_then(outcome).unwrap()
    }

    /// Has a deal made, in place of an edit that needed attention, if any.
    async fn make(&mut self, title: &str, replaces: Option<EditId>) -> (EditId, Result<EditOutcome, EditFailure>) {
        let kept = self.kept(creation(title), None);
        let id = self.send(kept, replaces).await;
        (id, self.ended(id).await)
    }
}

fn creation(title: &str) -> Edit {
    let place = PipelineStage { pipeline: PipelineId(1), stage: StageId(1) };
    let contact = Contact::Org(Link::Existing(OrgId(7)));
    let new = NewDeal::new(title.into(), contact, place, Money::zero(Currency::new("EUR")));
    Edit::CreateDeal { id: DealId::local(1), new }
}

fn unclear(outcome: &Result<EditOutcome, EditFailure>) -> String {
    match outcome {
        Err(EditFailure { error: EditError::Api(error @ ApiError::Unclear(_)), .. }) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_arrives_late_is_made_once() {
    for fate in [
        Fate::Held(Duration::from_secs(23)),
        Fate::Held(Duration::from_secs(59)),
        Fate::GatewayTimeout(Duration::ZERO),
        Fate::GatewayTimeout(Duration::from_secs(30)),
    ] {
        let mut office = Office::open(&["Other"], vec![fate.clone()]).await;
        let (id, outcome) = office.make("Roof", None).await;
        assert_eq!(outcome.unwrap().created, Some(ItemRef::Deal(DealId(2))), "{fate:?}");
        let is_checked = |report: &Report| matches!(report, Report::Checking { id: checked, .. } if *checked == id);
        assert!(office.told.iter().any(is_checked), "{fate:?}: {:?}", office.told);
        tokio::time::sleep(Duration::from_secs(3600)).await;
        let account = office.network.0.lock().unwrap();
        assert_eq!(account.titles(), ["Other", "Roof"], "{fate:?}");
        assert_eq!(account.sent(Method::Post), 1, "{fate:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_is_not_found_is_put_to_the_user() {
    let mut office = Office::open(&["Other"], vec![Fate::Lost]).await;
    let start = Instant::now();
    let (id, outcome) = office.make("Roof", None).await;
    let took = start.elapsed();
    let longest = TIMEOUT + MAX_REQUEST_DELAY + Duration::from_secs(1);
    assert!((MAX_REQUEST_DELAY..longest).contains(&took), "{took:?}");
    let why = unclear(&outcome);
    assert!(why.contains("no answer") && why.contains("not found"), "{why}");
    // Nothing is sent again without an answer of the user.
    tokio::time::sleep(Duration::from_secs(24 * 3600)).await;
    assert_eq!(office.network.0.lock().unwrap().sent(Method::Post), 1);
    let (_, outcome) = office.make("Roof", Some(id)).await;
    outcome.unwrap();
    let account = office.network.0.lock().unwrap();
    assert_eq!(account.titles(), ["Other", "Roof"]);
    assert_eq!(account.sent(Method::Post), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refused_creation_is_looked_up_before_it_is_made_again() {
    for fate in [
        Fate::Disguised(400, r#"{"success":false,"error":"No"}"#),
        Fate::Disguised(404, r#"{"success":false,"error":"Not found"}"#),
        Fate::Disguised(200, r#"{"success":false,"error":"Later"}"#),
        Fate::Disguised(302, ""),
    ] {
        let mut office = Office::open(&["Other"], vec![fate.clone()]).await;
        let (id, outcome) = office.make("Roof", None).await;
        if outcome.is_err() {
            let (_, outcome) = office.make("Roof", Some(id)).await;
            assert_eq!(outcome.unwrap().created, Some(ItemRef::Deal(DealId(2))), "{fate:?}");
        }
        let account = office.network.0.lock().unwrap();
        assert_eq!((account.titles(), account.sent(Method::Post)), (vec!["Other", "Roof"], 1), "{fate:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_similar_item_is_named_before_something_is_made_again() {
    let mut office = Office::open(&["Other"], vec![Fate::Refused(400, r#"{"success":false,"error":"No"}"#)]).await;
    let (first, outcome) = office.make("Roof", None).await;
    outcome.unwrap_err();
    office.network.0.lock().unwrap().deals.insert(2, ("Roof of a colleague".to_owned(), 1));
    let (second, outcome) = office.make("Roof", Some(first)).await;
    let why = unclear(&outcome);
    assert!(why.contains("“Roof of a colleague” (2) may be it"), "{why}");
    let (_, outcome) = office.make("Roof", Some(second)).await;
    assert_eq!(outcome.unwrap().created, Some(ItemRef::Deal(DealId(3))));
    assert_eq!(office.network.0.lock().unwrap().titles(), ["Other", "Roof of a colleague", "Roof"]);
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_the_limit_refuses_waits_and_is_made() {
    let too_many = Fate::Refused(429, r#"{"success":false,"error":"Too many requests"}"#);
    let mut office = Office::open(&["Other"], vec![too_many; 9]).await;
    let (_, outcome) = office.make("Roof", None).await;
    outcome.unwrap();
    assert_eq!(office.network.0.lock().unwrap().titles(), ["Other", "Roof"]);
}

fn renamed_to(id: u64, title: &str) -> Edit {
    Edit::UpdateDeal { id: DealId(id), patch: DealPatch { title: Some(title.into()), ..DealPatch::default() } }
}

impl Office {
    /// Hands over an edit of a title that was made on the grounds of another.
    async fn rename(&mut self, deal: u64, from: &str, to: &str) -> EditId {
        let kept = self.kept(renamed_to(deal, to), Some(renamed_to(deal, from)));
        self.send(kept, None).await
    }

    fn waits(&self, id: EditId) -> Vec<&str> {
        let why = |report| match report {
            &Report::EditDelayed { id: other, ref why } if other == id => Some(why.as_str()),
            _ => None,
        };
        self.told.iter().filter_map(why).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_change_never_overwrites_a_later_one() {
    for fate in [
        Fate::Held(Duration::from_secs(25)),
        Fate::Held(Duration::from_secs(59)),
        Fate::GatewayTimeout(Duration::from_secs(45)),
    ] {
        let mut office = Office::open(&["First"], vec![fate.clone()]).await;
        let second = office.rename(1, "First", "Second").await;
        assert!(office.ended(second).await.is_ok(), "{fate:?}");
        let third = office.rename(1, "Second", "Third").await;
        assert!(office.ended(third).await.is_ok(), "{fate:?}");
        assert!(office.waits(third)[0].contains("may still arrive"), "{fate:?}: {:?}", office.told);
        tokio::time::sleep(Duration::from_secs(600)).await;
        assert_eq!(office.network.0.lock().unwrap().titles(), ["Third"], "{fate:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn other_items_do_not_wait_for_a_late_change() {
    let mut office = Office::open(&["First", "Other"], vec![Fate::Held(Duration::from_secs(50))]).await;
    let second = office.rename(1, "First", "Second").await;
    office.ended(second).await.unwrap();
    let start = Instant::now();
    let other = office.rename(2, "Other", "Another").await;
    office.ended(other).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    // Nor does anything wait after an edit without trouble.
    let again = office.rename(2, "Another", "Yet another").await;
    office.ended(again).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_late_change_over_one_of_a_colleague_is_put_to_the_user() {
    let (send, _doubt, feed) = live::feed();
    let mut office = Office::hearing(&["First"], vec![Fate::Held(Duration::from_secs(40))], Some(feed)).await;
    let second = office.rename(1, "First", "Second").await;
    office.ended(second).await.unwrap();
    let now = chrono::Utc::now() + chrono::TimeDelta::seconds(2);
    let deal = json!({
        "id": 1, "title": "By a colleague", "status": "open", "pipeline_id": 1, "stage_id": 1, "org_id": 7,
        "update_time": now.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
    });
    office.network.0.lock().unwrap().deals.insert(1, ("By a colleague".to_owned(), 1));
    send.send(live::event("change", &deal, now)).await.unwrap();
    office.until(|report| matches!(report, Report::Overwritten(_))).await;
    assert_eq!(office.network.0.lock().unwrap().titles(), ["Second"], "it has arrived late");
    let Some(Report::Overwritten(kept)) = office.told.pop() else { unreachable!() };
    assert_eq!((kept.id, &kept.edit), (second, &renamed_to(1, "By a colleague")));
    let again = office.kept(kept.edit, kept.base);
    let again = office.send(again, Some(second)).await;
    office.ended(again).await.unwrap();
    assert_eq!(office.network.0.lock().unwrap().titles(), ["By a colleague"]);
}

#[tokio::test(start_paused = true)]
async fn an_edit_waits_through_failures_of_the_server_and_of_the_limit() {
    let failure = Fate::Refused(500, r#"{"success":false,"error":"Internal error"}"#);
    let too_many = Fate::Refused(429, r#"{"success":false,"error":"Too many requests"}"#);
    // A refusal by the limit is waited out in the lane: the line tells of it, not the edit.
    for (fates, is_reported) in [(vec![failure; 8], true), (vec![too_many; 9], false)] {
        let mut office = Office::open(&["First"], fates).await;
        let second = office.rename(1, "First", "Second").await;
        let third = office.rename(1, "Second", "Third").await;
        office.ended(second).await.unwrap();
        office.ended(third).await.unwrap();
        assert_eq!(!office.waits(third).is_empty(), is_reported, "{:?}", office.told);
        assert_eq!(office.network.0.lock().unwrap().titles(), ["Third"]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_edit_at_which_only_the_server_fails_needs_attention_at_last() {
    let failure = Fate::Refused(500, r#"{"success":false,"error":"Internal error"}"#);
    let mut office = Office::open(&["First"], vec![failure; 1_000]).await;
    let start = Instant::now();
    let second = office.rename(1, "First", "Second").await;
    let failed = office.ended(second).await.unwrap_err();
    assert!(matches!(failed.error, EditError::Api(ApiError::Server(_))), "{failed:?}");
    let took = start.elapsed();
    assert!((Duration::from_secs(15 * 60)..Duration::from_secs(18 * 60)).contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_deletion_whose_answer_is_lost_is_confirmed() {
    for fate in [Fate::Held(Duration::from_secs(23)), Fate::Lost, Fate::Disguised(502, "<html>")] {
        let mut office = Office::open(&["First", "Other"], vec![fate.clone()]).await;
        let kept = office.kept(Edit::Delete { item: ItemRef::Deal(DealId(1)) }, None);
        let id = office.send(kept, None).await;
        office.ended(id).await.unwrap();
        assert_eq!(office.network.0.lock().unwrap().titles(), ["Other"], "{fate:?}");
    }
}
