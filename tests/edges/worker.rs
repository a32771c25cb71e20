//! The sync engine of dealdeck as a process of its own that makes random edits and reports events line by line, so that
//! it can be killed at any moment.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use dealdeck::domain::*;
use dealdeck::pipedrive::{Endpoint, Token, connect_as};
use dealdeck::store::CompanyDir;
use dealdeck::sync::{
    self, Command, Durability, EditState, JournalEntry, Report, Restored, Settings, Storage, expected,
};
use dealdeck::workspace::{EditId, Workspace};
use fastrand::Rng;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

/// The environment variable with the work of a process.
pub const VARIABLE: &str = "DEALDECK_EDGES_WORK";
/// The prefix of event lines.
pub const MARK: &str = "@ ";
/// The number of edits in flight at any time.
const UNDER_WAY: usize = 16;
/// The time without reports after which a process that should end fails.
const PATIENCE: Duration = Duration::from_secs(120);

/// The work of a process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Work {
    pub url: String,
    pub token: String,
    /// Another user's token, which is tried once among the edits.
    pub other_token: Option<String>,
    pub home: String,
    pub max_delay: Duration,
    pub seed: u64,
    /// The deals to edit.
    pub deals: Vec<u64>,
    /// The number of values to change.
    pub changes: usize,
    /// The number of deals and leads to create.
    pub creations: usize,
    /// The last value that was set on a deal.
    pub value: u64,
    /// The prefix of created names, unlike those of other processes.
    pub name: String,
}

/// An event of a process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// An edit is about to be submitted.
    Value {
        id: u64,
        deal: u64,
        value: u64,
    },
    Made {
        id: u64,
        title: String,
        is_lead: bool,
        org: Option<String>,
        person: Option<String>,
    },
    /// It is saved.
    Queued(u64),
    /// It is finished.
    Done(u64),
    /// It needs attention: the title of a creation, and the reason.
    Attention {
        id: u64,
        title: Option<String>,
        why: String,
    },
    /// All edits are submitted and finished.
    Rest,
}

fn emit(event: &Event) {
    println!("{MARK}{}", serde_json::to_string(event).unwrap());
}

/// Does the work in the environment variable, in a process of its own.
pub fn run() {
    let Ok(work) = std::env::var(VARIABLE) else { return };
    let work: Work = serde_json::from_str(&work).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async { Worker::start(work).run().await });
}

struct Worker {
    work: Work,
    dice: Rng,
    commands: mpsc::Sender<Command>,
    reports: mpsc::Receiver<Report>,
    account: Workspace,
    under_way: HashSet<EditId>,
}

impl Worker {
    fn start(work: Work) -> Self {
        let token = Token::new(&work.token).unwrap();
        let endpoint = Endpoint::from_url(&work.url).unwrap();
        let home = CompanyDir::new(Path::new(&work.home), "practice");
        let (api, _task) = connect_as(endpoint, &token, expected(&home, &token), work.max_delay).unwrap();
        let (commands, queue) = mpsc::channel(256);
        let (report, reports) = mpsc::channel(256);
        let (storage, restored) = Storage::open(home, &token).unwrap();
        sync::start(api, storage, Settings::new(Duration::from_secs(300)), None, queue, report);
        let dice = Rng::with_seed(work.seed);
        let account = Workspace::new();
        let mut worker = Self { work, dice, commands, reports, account, under_way: HashSet::new() };
        if let Some(restored) = restored {
            worker.restore(restored);
        }
        worker
    }

    async fn run(mut self) {
        while !self.work.deals.iter().all(|id| self.is_known(DealId(*id))) {
            self.next().await;
        }
        let total = self.work.changes + self.work.creations;
        let renewal = self.work.other_token.take().map(|token| (self.dice.usize(..=total), token));
        for nth in 0..total {
            while self.under_way.len() >= UNDER_WAY {
                self.next().await;
            }
            if let Some((_, token)) = renewal.as_ref().filter(|(at, _)| *at == nth) {
                self.try_another_token(token).await;
            }
            let is_change = self.dice.usize(..total - nth) < self.work.changes;
            if is_change {
                self.work.changes -= 1;
                self.change().await;
            } else {
                self.make().await;
            }
        }
        while !self.under_way.is_empty() {
            self.next().await;
        }
        emit(&Event::Rest);
    }

    /// Returns `true` if a deal and its stage have been read.
    fn is_known(&self, deal: DealId) -> bool {
        self.account.deal(deal).is_some_and(|deal| self.account.stage(deal.stage).is_some())
    }

    /// Uses another user's token for a moment, then the right one.
    async fn try_another_token(&mut self, token: &str) {
        let own = Token::new(&self.work.token).unwrap();
        self.commands.send(Command::UseToken(Token::new(token).unwrap())).await.unwrap();
        let pause = tokio::time::sleep(Duration::from_millis(self.dice.u64(..500)));
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => break,
                report = self.reports.recv() => self.take(report.unwrap()),
            }
        }
        self.commands.send(Command::UseToken(own)).await.unwrap();
    }

    async fn next(&mut self) {
        let report = tokio::time::timeout(PATIENCE, self.reports.recv()).await.expect("a report").unwrap();
        self.take(report);
    }

    fn take(&mut self, report: Report) {
        match report {
            Report::Restored(restored) => self.restore(*restored),
            Report::CacheChunk(changes) => self.account.absorb_cached(changes),
            Report::CacheLoaded => self.account.finish_loading(),
            Report::Changed(changes) => drop(self.account.absorb(changes)),
            Report::Queued(id) => emit(&Event::Queued(id.0)),
            Report::EditDone { id, outcome } => {
                self.under_way.remove(&id);
                let event = match &outcome {
                    Ok(_) => Event::Done(id.0),
                    Err(failure) => Event::Attention { id: id.0, title: None, why: failure.error.to_string() },
                };
                emit(&event);
                match outcome {
                    Ok(outcome) => self.account.settle(id, outcome.changes, outcome.created),
                    Err(failure) => self.account.settle(id, failure.changes, None),
                };
            }
            _ => {}
        }
    }

    fn restore(&mut self, restored: Restored) {
        assert_eq!(restored.keeping, Durability::Kept, "{:?}", restored.warnings);
        self.account.resume_edit_ids(restored.next_edit);
        self.account.absorb_cached(restored.items);
        for kept in restored.edits {
            let EditState::Attention { why, .. } = kept.state else {
                self.under_way.insert(kept.id);
                self.account.restore(kept.id, kept.edit);
                continue;
            };
            let title = match kept.edit {
                Edit::CreateDeal { new, .. } => Some(new.title),
                Edit::CreateLead { new, .. } => Some(new.title),
                _ => None,
            };
            emit(&Event::Attention { id: kept.id.0, title, why });
        }
    }

    async fn change(&mut self) {
        let deal = self.work.deals[self.dice.usize(..self.work.deals.len())];
        self.work.value += 1;
        let value = self.work.value;
        let money = Money { amount: value.into(), currency: Currency::new("EUR") };
        let patch = DealPatch { value: Some(money), ..DealPatch::default() };
        self.submit(Edit::UpdateDeal { id: DealId(deal), patch }, |id| Event::Value { id, deal, value }).await;
    }

    async fn make(&mut self) {
        let title = format!("Made {} {}", self.work.name, self.work.creations);
        self.work.creations -= 1;
        let with = self.dice.u8(..4);
        let org = (with < 2).then(|| title.replace("Made", "Org"));
        let person = (with > 0).then(|| title.replace("Made", "Person"));
        let contact = Contact::new(person.clone().map(Link::New), org.clone().map(Link::New)).unwrap();
        let is_lead = self.dice.u8(..5) < 2;
        let edit = if is_lead {
            Edit::CreateLead { id: self.account.local_lead(), new: NewLead::new(title.clone(), contact) }
        } else {
            let deal = self.account.deal(DealId(self.work.deals[0])).unwrap();
            let place = PipelineStage { pipeline: deal.pipeline, stage: deal.stage };
            let value = Money { amount: 1.into(), currency: Currency::new("EUR") };
            Edit::CreateDeal { id: self.account.local_deal(), new: NewDeal::new(title.clone(), contact, place, value) }
        };
        self.submit(edit, |id| Event::Made { id, title, is_lead, org, person }).await;
    }

    async fn submit(&mut self, edit: Edit, event: impl FnOnce(u64) -> Event) {
        let submitted = self.account.submit(edit.clone()).unwrap();
        let kept = JournalEntry {
            id: submitted.id,
            made_at: chrono::Utc::now(),
            what: String::new(),
            edit,
            base: submitted.inverse,
            part_of: None,
            step: None,
            state: EditState::Waiting,
            ended_at: None,
        };
        self.under_way.insert(submitted.id);
        emit(&event(submitted.id.0));
        self.commands.send(Command::Edit { kept: Box::new(kept), replaces: None }).await.unwrap();
    }
}
