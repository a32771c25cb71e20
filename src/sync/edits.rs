//! Edits carried out: those of one item in order, those of different items in parallel; each is kept on this machine
//! before it counts as queued, until it has come to its end.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;

use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use tokio::task::JoinSet;

use super::worker::{Ended, Worker};
use super::{EditError, EditFailure, Outcome, Report};
use crate::domain::{Edit, Item, ItemRef};
use crate::pipedrive::ApiError;
use crate::store::{Journal, KeptEdit, StoreError};
use crate::workspace::EditId;

/// How many edits may wait or be under way.
const MOST: usize = 2_000;

/// Edits that are in one queue are carried out one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Queue {
    Item(ItemRef),
    /// All creations of deals, leads, people and organizations: two alike at once could be taken for each other when one
    /// is looked up, and each of them may make a person or an organization on the way.
    Creations,
    /// All creations of activities, for the same reason.
    Activities,
    /// All notes that are written, likewise.
    Notes,
}

impl Queue {
    fn of(edit: &Edit) -> Self {
        match edit {
            Edit::CreateActivity { .. } => Self::Activities,
            Edit::CreateNote { .. } => Self::Notes,
            edit if edit.is_creation() => Self::Creations,
            _ => Self::Item(edit.item()),
        }
    }
}

type Added = (Queue, EditId, Result<(), StoreError>);

/// The edits that wait and those that are under way.
pub(super) struct Edits {
    worker: Worker,
    queues: HashMap<Queue, Waiting>,
    /// Edits on their way to the disk, in order.
    adding: FuturesOrdered<Pin<Box<dyn Future<Output = Added> + Send>>>,
    under_way: JoinSet<(Queue, Ended)>,
    count: usize,
    is_stopped: bool,
}

/// What waits in a queue.
#[derive(Default)]
struct Waiting {
    slots: VecDeque<Slot>,
    /// Whether one of its edits is under way.
    busy: bool,
}

/// An edit that waits.
struct Slot {
    kept: KeptEdit,
    /// Whether it is on the disk.
    saved: bool,
    /// Whether an earlier run may have sent it.
    resumed: bool,
    /// Edits that it replaces, for the case that it cannot be kept.
    replaced: Vec<Slot>,
}

impl Edits {
    pub(super) fn new(worker: Worker) -> Self {
        Self {
            worker,
            queues: HashMap::new(),
            adding: FuturesOrdered::new(),
            under_way: JoinSet::new(),
            count: 0,
            is_stopped: false,
        }
    }

    /// Takes up an edit of an earlier run. None of those is left out for a later one: it may have been sent already.
    pub(super) fn resume(&mut self, kept: KeptEdit) {
        let queue = Queue::of(&kept.edit);
        self.count += 1;
        let slot = Slot { kept, saved: true, resumed: true, replaced: Vec::new() };
        self.queues.entry(queue).or_default().slots.push_back(slot);
        self.go_on(queue, None);
    }

    /// Takes on an edit that replaces `other`, an edit that needed attention, if any. It counts as queued when
    /// [`Self::next`] says so. Gives the report of its end if there are too many.
    pub(super) fn push(&mut self, mut kept: KeptEdit, other: Option<EditId>) -> Option<Report> {
        if self.count >= MOST {
            return Some(failed(kept.id, EditError::Api(ApiError::Busy)));
        }
        self.count += 1;
        let (id, queue) = (kept.id, Queue::of(&kept.edit));
        let slots = &mut self.queues.entry(queue).or_default().slots;
        let mut replaced = Vec::new();
        while slots.back().is_some_and(|last| !last.resumed && kept.edit.supersedes(&last.kept.edit)) {
            let Some(slot) = slots.pop_back() else { break };
            if let (Some(base), Some(older)) = (&kept.base, &slot.kept.base) {
                kept.base = Some(base.brought_up_to(older));
            }
            replaced.insert(0, slot);
        }
        let ids = replaced.iter().map(|slot| slot.kept.id).chain(other).collect();
        let add = self.worker.journal.add(vec![kept.clone()], ids);
        self.adding.push_back(Box::pin(async move { (queue, id, add.await) }));
        slots.push_back(Slot { kept, saved: false, resumed: false, replaced });
        None
    }

    /// Carries nothing out any more. What waits is kept, and so is what is under way: the next start sees to it.
    pub(super) fn stop(&mut self) {
        self.under_way.abort_all();
        self.is_stopped = true;
    }

    /// What has become of edits; never, while nothing does.
    pub(super) async fn next(&mut self) -> Vec<Report> {
        loop {
            tokio::select! {
                Some((queue, id, added)) = self.adding.next() => return self.added(queue, id, added),
                Some(ended) = self.under_way.join_next() => {
                    // A task that panicked has ended the process; one that was aborted has nobody to report to.
                    if let Ok((queue, ended)) = ended {
                        return vec![self.ended(queue, ended)];
                    }
                }
                else => std::future::pending().await,
            }
        }
    }

    fn added(&mut self, queue: Queue, id: EditId, added: Result<(), StoreError>) -> Vec<Report> {
        let Some(waiting) = self.queues.get_mut(&queue) else { return Vec::new() };
        let Some(at) = waiting.slots.iter().position(|slot| slot.holds(id)) else { return Vec::new() };
        let mut reports = Vec::new();
        match added {
            Ok(()) => {
                if let Some(slot) = waiting.slots.get_mut(at).and_then(|slot| slot.find(id)) {
                    slot.saved = true;
                    for replaced in slot.replaced.drain(..) {
                        self.count -= 1;
                        let outcome = Ok(Outcome { changes: Vec::new(), created: None });
                        reports.push(Report::EditDone { id: replaced.kept.id, outcome });
                    }
                }
                reports.push(Report::Queued(id));
            }
            Err(error) => {
                self.count -= 1;
                take_out(&mut waiting.slots, id);
                reports.push(failed(id, EditError::Store(error)));
            }
        }
        self.go_on(queue, None);
        reports
    }

    fn ended(&mut self, queue: Queue, ended: Ended) -> Report {
        match &ended.outcome {
            Ok(_) => tracing::info!(?queue, "edit confirmed"),
            Err(failure) => tracing::warn!(?queue, error = %failure.error, "edit failed"),
        }
        self.count -= 1;
        if let Some(waiting) = self.queues.get_mut(&queue) {
            waiting.busy = false;
            if let Some(newer) = ended.newer_base() {
                for slot in &mut waiting.slots {
                    slot.rebase(&newer, &self.worker.journal);
                }
            }
        }
        self.go_on(queue, ended.now);
        Report::EditDone { id: ended.id, outcome: ended.outcome }
    }

    /// Starts the next edit of a queue. `now` is the item as the server has just told it.
    fn go_on(&mut self, queue: Queue, now: Option<Item>) {
        let Some(waiting) = self.queues.get_mut(&queue) else { return };
        if waiting.busy || self.is_stopped {
            return;
        }
        if waiting.slots.is_empty() {
            self.queues.remove(&queue);
            return;
        }
        if waiting.slots.front().is_some_and(|slot| slot.saved)
            && let Some(slot) = waiting.slots.pop_front()
        {
            waiting.busy = true;
            let worker = self.worker.clone();
            self.under_way.spawn(async move { (queue, worker.carry_out(slot.kept, now).await) });
        }
    }
}

impl Slot {
    /// What it rests on has changed by the end of an edit before it.
    fn rebase(&mut self, newer: &Edit, journal: &Journal) {
        let base = self.kept.base.as_ref().map(|base| base.brought_up_to(newer));
        if base != self.kept.base {
            self.kept.base = base;
            // It is in the journal's queue already; should it fail, the next start may ask once too often.
            drop(journal.rebase(self.kept.id, self.kept.base.clone()));
        }
        for replaced in &mut self.replaced {
            replaced.rebase(newer, journal);
        }
    }

    fn holds(&self, id: EditId) -> bool {
        self.kept.id == id || self.replaced.iter().any(|replaced| replaced.holds(id))
    }

    fn without(mut self, id: EditId) -> Vec<Self> {
        let replaced = std::mem::take(&mut self.replaced).into_iter().flat_map(|slot| slot.without(id)).collect();
        if self.kept.id == id {
            return replaced;
        }
        self.replaced = replaced;
        vec![self]
    }

    fn find(&mut self, id: EditId) -> Option<&mut Self> {
        if self.kept.id == id {
            return Some(self);
        }
        self.replaced.iter_mut().find_map(|replaced| replaced.find(id))
    }
}

/// Takes out an edit that could not be kept; those that it was to replace wait in its place again.
fn take_out(slots: &mut VecDeque<Slot>, id: EditId) {
    *slots = std::mem::take(slots).into_iter().flat_map(|slot| slot.without(id)).collect();
}

fn failed(id: EditId, error: EditError) -> Report {
    Report::EditDone { id, outcome: Err(EditFailure::new(Vec::new(), error)) }
}
