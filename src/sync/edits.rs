//! Edits carried out: those of one item in order, those of different items in parallel.

use std::collections::{HashMap, VecDeque};

use tokio::task::JoinSet;

use super::creations::{
    Conversion, Creation, DealToMake, Known, LeadToMake, Linked, OrgToMake, PersonToMake, existing, once,
};
use super::{EditFailure, Outcome, Report};
use crate::domain::{Contact, DealStatus, Edit, ItemRef};
use crate::pipedrive::{Api, ApiError, Lane};
use crate::workspace::{Change, EditId};

/// How many edits may wait or be under way.
const MOST: usize = 2_000;

/// Edits that are in one queue are carried out one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Queue {
    Item(ItemRef),
    /// All creations: two alike at once could be taken for each other when one is looked up.
    Creations,
}

impl Queue {
    fn of(edit: &Edit) -> Self {
        match edit {
            Edit::CreateDeal { .. } | Edit::CreateLead { .. } => Self::Creations,
            _ => Self::Item(edit.item()),
        }
    }
}

type Done = Result<Outcome, EditFailure>;

/// The edits that wait and those that are under way.
pub(super) struct Edits {
    worker: Worker,
    /// What waits behind the edit that is under way in each queue.
    waiting: HashMap<Queue, VecDeque<(EditId, Edit)>>,
    under_way: JoinSet<(Queue, EditId, Done)>,
    count: usize,
}

impl Edits {
    pub(super) fn new(api: Api, known: Known) -> Self {
        Self { worker: Worker { api, known }, waiting: HashMap::new(), under_way: JoinSet::new(), count: 0 }
    }

    /// Takes on an edit. Gives the reports of edits that come to their end by that: of those that still wait and of
    /// which this one leaves nothing, or of itself if there are too many.
    pub(super) fn push(&mut self, id: EditId, edit: Edit) -> Vec<Report> {
        if self.count >= MOST {
            let outcome = Err(EditFailure { changes: Vec::new(), error: ApiError::Busy });
            return vec![Report::EditDone { id, outcome }];
        }
        self.count += 1;
        let queue = Queue::of(&edit);
        let Some(waiting) = self.waiting.get_mut(&queue) else {
            self.waiting.insert(queue, VecDeque::new());
            self.start(queue, id, edit);
            return Vec::new();
        };
        let mut superseded = Vec::new();
        while waiting.back().is_some_and(|(_, last)| edit.supersedes(last)) {
            let Some((id, _)) = waiting.pop_back() else { break };
            let outcome = Ok(Outcome { changes: Vec::new(), created: None });
            superseded.push(Report::EditDone { id, outcome });
        }
        waiting.push_back((id, edit));
        self.count -= superseded.len();
        superseded
    }

    /// The report of the next edit that comes to its end; never, while none is under way.
    pub(super) async fn next(&mut self) -> Report {
        loop {
            match self.under_way.join_next().await {
                Some(Ok((queue, id, outcome))) => {
                    match &outcome {
                        Ok(_) => tracing::info!(?queue, "edit confirmed"),
                        Err(failure) => tracing::warn!(?queue, error = %failure.error, "edit failed"),
                    }
                    self.count -= 1;
                    self.go_on(queue);
                    return Report::EditDone { id, outcome };
                }
                // A task that panicked has ended the process; one that was aborted has nobody to report to.
                Some(Err(_)) => {}
                None => std::future::pending().await,
            }
        }
    }

    fn go_on(&mut self, queue: Queue) {
        match self.waiting.get_mut(&queue).and_then(VecDeque::pop_front) {
            Some((id, edit)) => self.start(queue, id, edit),
            None => {
                self.waiting.remove(&queue);
            }
        }
    }

    fn start(&mut self, queue: Queue, id: EditId, edit: Edit) {
        let worker = self.worker.clone();
        self.under_way.spawn(async move { (queue, id, worker.carry_out(edit).await) });
    }
}

/// Carries out one edit.
#[derive(Clone)]
struct Worker {
    api: Api,
    known: Known,
}

impl Worker {
    async fn carry_out(&self, edit: Edit) -> Done {
        let item = edit.item();
        match edit {
            Edit::UpdateDeal { id, patch } => {
                let updated = self.api.update_deal(id, &patch).await;
                self.settled(item, updated.map(|deal| Change::Deals(vec![deal]))).await
            }
            Edit::UpdateActivity { id, patch } => {
                let updated = self.api.update_activity(id, &patch).await;
                self.settled(item, updated.map(|activity| Change::Activities(vec![activity]))).await
            }
            Edit::UpdateLead { id, patch } => {
                let updated = self.api.update_lead(id, &patch).await;
                self.settled(item, updated.map(|lead| Change::Leads(vec![lead]))).await
            }
            Edit::ConvertLead { id, to } => match self.once(&Conversion(id, to)).await {
                Ok(deal) => {
                    let created = Some(ItemRef::Deal(deal.id));
                    Ok(Outcome { changes: vec![Change::Deals(vec![deal]), Change::Gone(item)], created })
                }
                Err(error) => self.settled(item, Err(error)).await,
            },
            Edit::CreateDeal { new, .. } => {
                let mut changes = Vec::new();
                let made = match self.link(&new.contact, &mut changes).await {
                    Ok(linked) => self.once(&DealToMake(&new, linked)).await,
                    Err(error) => Err(error),
                };
                created(made.map(|deal| (ItemRef::Deal(deal.id), Change::Deals(vec![deal]))), changes)
            }
            Edit::CreateLead { new, .. } => {
                let mut changes = Vec::new();
                let made = match self.link(&new.contact, &mut changes).await {
                    Ok(linked) => self.once(&LeadToMake(&new, linked)).await,
                    Err(error) => Err(error),
                };
                created(made.map(|lead| (ItemRef::Lead(lead.id), Change::Leads(vec![lead]))), changes)
            }
        }
    }

    /// The end of an update. Where it failed, asks for the item as it is now.
    async fn settled(&self, item: ItemRef, updated: Result<Change, ApiError>) -> Done {
        let error = match updated {
            Ok(change) => return Ok(Outcome { changes: vec![change], created: None }),
            Err(error) => error,
        };
        let changes = if error.is_about_the_item() { self.as_it_is(item).await } else { None };
        Err(EditFailure { changes: changes.into_iter().collect(), error })
    }

    async fn as_it_is(&self, item: ItemRef) -> Option<Change> {
        let found = match item {
            ItemRef::Deal(id) => match self.api.deal(Lane::Edit, id).await {
                Ok(deal) if deal.status == DealStatus::Other => Ok(Change::Gone(item)),
                found => found.map(|deal| Change::Deals(vec![deal])),
            },
            ItemRef::Activity(id) => {
                self.api.activity(Lane::Edit, id).await.map(|found| Change::Activities(vec![found]))
            }
            ItemRef::Lead(id) => self.api.lead(Lane::Edit, id).await.map(|lead| Change::Leads(vec![lead])),
        };
        match found {
            Ok(change) => Some(change),
            Err(ApiError::Gone(_)) => Some(Change::Gone(item)),
            Err(_) => None,
        }
    }

    /// Sees to it that the person and the organization exist. What was made is added to `changes`, also where the
    /// rest fails.
    async fn link(&self, contact: &Contact, changes: &mut Vec<Change>) -> Result<Linked, ApiError> {
        let org = match existing(contact.org()) {
            Ok(org) => org,
            Err(name) => {
                let org = self.once(&OrgToMake(name)).await?;
                changes.push(Change::Organizations(vec![org.clone()]));
                Some(org.id)
            }
        };
        let person = match existing(contact.person()) {
            Ok(person) => person,
            Err(name) => {
                let person = self.once(&PersonToMake(name, org)).await?;
                changes.push(Change::People(vec![person.clone()]));
                Some(person.id)
            }
        };
        Ok((person, org))
    }

    async fn once<C: Creation>(&self, creation: &C) -> Result<C::Made, ApiError> {
        once(creation, &self.api, &self.known).await
    }
}

/// The end of a creation, with what was made on the way.
fn created(made: Result<(ItemRef, Change), ApiError>, mut changes: Vec<Change>) -> Done {
    match made {
        Ok((item, change)) => {
            changes.push(change);
            Ok(Outcome { changes, created: Some(item) })
        }
        Err(error) => Err(EditFailure { changes, error }),
    }
}
