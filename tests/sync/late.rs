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
        let network = Network::default();
        for (id, title) in (1..).zip(deals) {
            network.0.lock().unwrap().deals.insert(id, ((*title).to_owned(), 1));
        }
        let (api, _task) = connect_over(network.clone());
        let (commands, queue) = mpsc::channel(64);
        let (report, reports) = mpsc::channel(64);
        sync::start(api, in_memory(), Settings::new(LEAD_INTERVAL), None, queue, report);
        let mut office = Self { network, commands, reports, told: Vec::new(), next: 0 };
        office.until(|report| matches!(report, Report::Progress(Progress::Fresh { .. }))).await;
        office.network.0.lock().unwrap().fates = fates.into();
        office
    }

    pub async fn until(&mut self, is_it: impl Fn(&Report) -> bool) {
        loop {
            let report = self.reports.recv().await.unwrap();
            let found = is_it(&report);
            if !matches!(report, Report::Line(_) | Report::Progress(_)) {
                self.told.push(report);
            }
            if found {
                return;
            }
        }
    }

    pub async fn send(&mut self, kept: KeptEdit, replaces: Option<EditId>) -> EditId {
        let id = kept.id;
        self.commands.send(Command::Edit { kept: Box::new(kept), replaces }).await.unwrap();
        id
    }

    pub fn kept(&mut self, edit: Edit, base: Option<Edit>) -> KeptEdit {
        self.next += 1;
        let Command::Edit { kept, .. } = edit_command(EditId(self.next), edit) else { unreachable!() };
        KeptEdit { base, ..*kept }
    }

    pub async fn ended(&mut self, id: EditId) -> Result<Outcome, EditFailure> {
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
    async fn make(&mut self, title: &str, replaces: Option<EditId>) -> (EditId, Result<Outcome, EditFailure>) {
        let kept = self.kept(creation(title), None);
        let id = self.send(kept, replaces).await;
        (id, self.ended(id).await)
    }
}

fn creation(title: &str) -> Edit {
    let place = Place { pipeline: PipelineId(1), stage: StageId(1) };
    let contact = Contact::Org(Link::Existing(OrgId(7)));
    let new = NewDeal::new(title.into(), contact, place, Money::zero(Currency::new("EUR")));
    Edit::CreateDeal { id: DealId::local(1), new }
}

fn unclear(outcome: &Result<Outcome, EditFailure>) -> String {
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
