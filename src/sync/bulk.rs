//! Edits of a bulk, one key for many items: carried out behind those that a person makes one by one, a few at a time.
//! What their items are now is asked for by the hundred, right before they are sent.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::edits::Queue;
use super::worker::Worker;
use crate::domain::{ActivityId, DealId, Item, ItemRef, OrgId, PersonId};
use crate::pipedrive::{Api, ApiError};

/// How many are under way at once: enough to use the window of any plan, few enough for one more edit of the same item
/// to go soon.
const AT_ONCE: usize = 8;
/// How many items are looked at together: as many as Pipedrive gives by their ids at once. On the smallest plan they
/// are sent in ten seconds.
const LOOKED_AT: usize = 100;
/// For how long what an item was counts as what it is.
const FRESH: Duration = Duration::from_secs(15);

/// Items as the server has them.
type Looked = Vec<(ItemRef, Option<Item>)>;

/// What is carried out behind other edits.
pub(super) struct BulkQueue {
    pub(super) worker: Worker,
    /// The queues in which such an edit is next, in the order in which they were made.
    queues: VecDeque<Queue>,
    under_way: usize,
    /// What was looked at, and when; without an item where it was not to be had.
    looked: HashMap<ItemRef, (Instant, Option<Item>)>,
    looking: JoinSet<Looked>,
    /// What was changed since that began: what is heard of it may be older than the change.
    outdated: HashSet<ItemRef>,
}

impl BulkQueue {
    /// Carries out edits as a worker does, but behind others.
    pub(super) fn new(worker: &Worker) -> Self {
        let worker = Worker { api: worker.api.in_bulk(), ..worker.clone() };
        Self {
            worker,
            queues: VecDeque::new(),
            under_way: 0,
            looked: HashMap::new(),
            looking: JoinSet::new(),
            outdated: HashSet::new(),
        }
    }

    /// The next edit of a queue is one of a bulk.
    pub(super) fn add(&mut self, queue: Queue) {
        self.queues.push_back(queue);
    }

    /// Takes the next queue, if one more may be under way. Its edit has to be started, or the queue put back.
    pub(super) fn take(&mut self) -> Option<Queue> {
        if self.under_way >= AT_ONCE || !self.looking.is_empty() { None } else { self.queues.pop_front() }
    }

    /// Puts the queue back that was taken last.
    pub(super) fn put_back(&mut self, queue: Queue) {
        self.queues.push_front(queue);
    }

    /// The queues that come next.
    pub(super) fn next(&self) -> impl Iterator<Item = Queue> {
        self.queues.iter().copied()
    }

    /// One more is under way. Gives its item as it was told lately, if it was.
    pub(super) fn started(&mut self, item: ItemRef) -> Option<Item> {
        self.under_way += 1;
        self.looked.remove(&item).filter(|(at, _)| at.elapsed() < FRESH).and_then(|(_, item)| item)
    }

    /// One has ended.
    pub(super) fn ended(&mut self) {
        self.under_way -= 1;
    }

    /// Whether an item was not looked at lately, and can be together with others.
    pub(super) fn wants_look(&self, item: ItemRef) -> bool {
        !matches!(item, ItemRef::Lead(_) | ItemRef::Note(_))
            && self.looked.get(&item).is_none_or(|(at, _)| at.elapsed() >= FRESH)
    }

    /// The server has told what an item is.
    pub(super) fn know(&mut self, item: Item) {
        self.looked.insert(item.key(), (Instant::now(), Some(item)));
    }

    /// An edit of an item has ended: what it was before that counts no more.
    pub(super) fn forget(&mut self, item: ItemRef) {
        self.looked.remove(&item);
        if !self.looking.is_empty() {
            self.outdated.insert(item);
        }
    }

    /// Looks at the first of these that are of the same kind.
    pub(super) fn look(&mut self, items: impl Iterator<Item = ItemRef>) {
        let mut items = items.peekable();
        let Some(kind) = items.peek().map(|item| item.kind()) else { return };
        let items: Vec<ItemRef> = items.filter(|item| item.kind() == kind).take(LOOKED_AT).collect();
        let api = self.worker.api.clone();
        self.looking.spawn(async move { look(&api, items).await });
    }

    /// Waits until what was looked at is known; never, while nothing is.
    pub(super) async fn has_looked(&mut self) {
        let looked = match self.looking.join_next().await {
            Some(Ok(looked)) => looked,
            // A task that panicked has ended the process; one that was aborted has looked at nothing.
            Some(Err(_)) => Vec::new(),
            None => std::future::pending().await,
        };
        let now = Instant::now();
        self.looked.retain(|_, (at, _)| now - *at < FRESH);
        let outdated = std::mem::take(&mut self.outdated);
        let looked = looked.into_iter().filter(|(key, _)| !outdated.contains(key));
        self.looked.extend(looked.map(|(key, item)| (key, (now, item))));
    }
}

/// Items as the server has them. What cannot be had is left to who sends the edit: that asks for it alone.
async fn look(api: &Api, items: Vec<ItemRef>) -> Looked {
    let found = by_ids(api, &items).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "items cannot be looked at together");
        Vec::new()
    });
    let mut found: HashMap<ItemRef, Item> = found.into_iter().map(|item| (item.key(), item)).collect();
    items.into_iter().map(|key| (key, found.remove(&key))).collect()
}

async fn by_ids(api: &Api, items: &[ItemRef]) -> Result<Vec<Item>, ApiError> {
    let lane = api.edit_lane();
    let deals: Vec<DealId> =
        items.iter().filter_map(|i| if let ItemRef::Deal(id) = i { Some(*id) } else { None }).collect();
    let activities: Vec<ActivityId> =
        items.iter().filter_map(|i| if let ItemRef::Activity(id) = i { Some(*id) } else { None }).collect();
    let people: Vec<PersonId> =
        items.iter().filter_map(|i| if let ItemRef::Person(id) = i { Some(*id) } else { None }).collect();
    let orgs: Vec<OrgId> =
        items.iter().filter_map(|i| if let ItemRef::Org(id) = i { Some(*id) } else { None }).collect();
    let deals = api.deals_by_id(lane, &deals).await?;
    let activities = api.activities_by_id(lane, &activities).await?;
    let people = api.people_by_id(lane, &people).await?;
    let orgs = api.orgs_by_id(lane, &orgs).await?;
    let found = deals.into_iter().map(Item::Deal).chain(activities.into_iter().map(Item::Activity));
    Ok(found.chain(people.into_iter().map(Item::Person)).chain(orgs.into_iter().map(Item::Org)).collect())
}
