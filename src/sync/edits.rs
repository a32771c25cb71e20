//! Edits carried out: those of one item in order, those of different items in parallel; each is kept on this machine
//! before it counts as queued, until it has come to its end. Those of a bulk go behind all others, see [`super::bulk`].

mod holds;
mod slots;

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;

use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use tokio::task::JoinSet;
use tokio::time::Instant;

use self::holds::Holds;
pub(super) use self::holds::Late;
use self::slots::{Slot, Waiting, take_out};
use super::bulk::BulkQueue;
use super::sending::{Sending, Tries};
use super::worker::{Came, Ended, Later, Worker};
use super::{EditError, EditFailure, EditOutcome, Report};
use crate::domain::{Edit, Item, ItemRef};
use crate::pipedrive::ApiError;
use crate::store::{EditState, JournalEntry, Rebased, StoreError};
use crate::workspace::{EditId, ServerUpdate};

/// How many edits may wait or be under way.
const MOST: usize = 6_000;
/// How many of these no bulk takes from those that a person makes one by one.
const BY_HAND: usize = 1_000;

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

/// Edits by their queues, and whether they are on the disk; the only one goes on at a step of the one that it replaces, if
/// that had come so far.
type Added = (Vec<(Queue, EditId)>, Result<Option<String>, StoreError>);
/// Edits that were taken back before they were sent, and whether that is on the disk.
type Stopped = (Vec<(Queue, Slot)>, Result<(), StoreError>);

type Pending<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The edits that wait and those that are under way.
pub(super) struct Edits {
    worker: Worker,
    queues: HashMap<Queue, Waiting>,
    /// Edits on their way to the disk, in order.
    adding: FuturesOrdered<Pending<Added>>,
    /// Edits that are being taken back, likewise.
    stopping: FuturesOrdered<Pending<Stopped>>,
    /// What goes behind other edits.
    behind: BulkQueue,
    under_way: JoinSet<(Queue, Done)>,
    /// Edits that are tried again after a while.
    put_off: JoinSet<(Queue, Slot)>,
    /// Items whose next edit waits for an earlier request that may still arrive.
    holds: Holds,
    /// What is to be told next.
    reports: Vec<Report>,
    count: usize,
}

/// What was done for a queue.
enum Done {
    Tried(Came),
    /// The end of an edit is on the disk.
    Noted(Box<Ended>),
    /// It was looked whether a late request has overwritten something.
    LookedBack(Vec<Report>),
}

impl Edits {
    pub(super) fn new(worker: Worker) -> Self {
        Self {
            behind: BulkQueue::new(&worker),
            worker,
            queues: HashMap::new(),
            adding: FuturesOrdered::new(),
            stopping: FuturesOrdered::new(),
            under_way: JoinSet::new(),
            put_off: JoinSet::new(),
            holds: Holds::default(),
            reports: Vec::new(),
            count: 0,
        }
    }

    /// Takes up the end of an edit of an earlier run: a request of it may still arrive.
    pub(super) fn recall(&mut self, kept: &JournalEntry) {
        self.hold(kept, None);
    }

    /// Holds back what comes after an edit, as long as a request of it may still arrive.
    fn hold(&mut self, kept: &JournalEntry, now: Option<&Item>) {
        let clock = (self.worker.clock)();
        let Some(left) = Sending::may_arrive_for(kept, self.worker.api.max_delay(), clock) else { return };
        self.holds.add(kept.edit.item(), Late::new(kept, now), Instant::now() + left, clock + left);
    }

    /// Takes up an edit of an earlier run. None of those is left out for a later one: it may have been sent already.
    pub(super) fn resume(&mut self, mut kept: JournalEntry) {
        Sending::take_up(&mut kept, (self.worker.clock)());
        let queue = Queue::of(&kept.edit);
        self.count += 1;
        let slot = Slot { kept, saved: true, resumed: true, replaced: Vec::new(), tries: Tries::default() };
        self.queues.entry(queue).or_default().add(queue, slot);
        self.go_on(queue, None);
    }

    /// Takes on edits, all or none, that replace `other`, an edit that needed attention, if any. They count as queued
    /// when [`Self::next`] says so. Gives the reports of their ends if there are too many.
    pub(super) fn push(&mut self, edits: Vec<JournalEntry>, other: Option<EditId>) -> Vec<Report> {
        let reserved = if edits.iter().any(JournalEntry::is_of_bulk) { BY_HAND } else { 0 };
        if self.count + edits.len() > MOST - reserved {
            return edits.iter().map(|kept| failed(kept.id, EditError::Api(ApiError::Busy))).collect();
        }
        let apart = edits.last().filter(|last| last.part_of != Some(last.id)).map(|last| last.id);
        let mut replaced = Vec::new();
        let mut added = Vec::with_capacity(edits.len());
        let mut kept = Vec::with_capacity(edits.len());
        for edit in edits {
            added.push((Queue::of(&edit.edit), edit.id));
            kept.push(self.put(edit, apart, &mut replaced));
        }
        if let Some(other) = other {
            self.holds.replaced(other);
        }
        let journal = &self.worker.journal;
        self.adding.push_back(match (other, kept.pop()) {
            (Some(other), Some(only)) if kept.is_empty() => {
                let add = journal.replace(only, other, replaced);
                Box::pin(async move { (added, add.await) })
            }
            (other, last) => {
                kept.extend(last);
                replaced.extend(other);
                let add = journal.add(kept, replaced);
                Box::pin(async move { (added, add.await.map(|()| None)) })
            }
        });
        Vec::new()
    }

    /// Puts an edit into its queue, and gives it as it is to be kept. Those that it replaces are added to `ids`. One of
    /// a bulk that replaces others than its own is not stopped with the bulk, as what it replaces would be lost: it is by
    /// hand if that was, or where there is no `apart`, which names the bulk of all those that replace edits of other bulks.
    fn put(&mut self, mut kept: JournalEntry, apart: Option<EditId>, ids: &mut Vec<EditId>) -> JournalEntry {
        self.count += 1;
        let queue = Queue::of(&kept.edit);
        let waiting = self.queues.entry(queue).or_default();
        let mut replaced = Vec::new();
        while waiting.slots.back().is_some_and(|last| !last.resumed && kept.edit.supersedes(&last.kept.edit)) {
            let Some(slot) = waiting.slots.pop_back() else { break };
            if let (Some(base), Some(older)) = (&kept.base, &slot.kept.base) {
                kept.base = Some(base.rebase_onto(older));
            }
            if kept.is_of_bulk() && kept.part_of != slot.kept.part_of {
                kept.part_of = slot.kept.part_of.and(apart);
            }
            ids.push(slot.kept.id);
            replaced.insert(0, slot);
        }
        let slot = Slot { kept: kept.clone(), saved: false, resumed: false, replaced, tries: Tries::default() };
        waiting.add(queue, slot);
        kept
    }

    /// Takes back what was not yet sent of a bulk, but for what other edits rest on. It counts as taken back when
    /// [`Self::next`] says so.
    pub(super) fn take_back(&mut self, bulk: EditId) {
        let is_waiting = |slot: &Slot| slot.kept.part_of == Some(bulk) && slot.saved && slot.kept.step.is_none();
        let mut taken = Vec::new();
        for (queue, waiting) in &mut self.queues {
            let slots = &mut waiting.slots;
            if let Queue::Item(_) = queue {
                while slots.back().is_some_and(is_waiting) {
                    taken.extend(slots.pop_back().map(|slot| (*queue, slot)));
                }
            } else {
                let (out, rest) = std::mem::take(slots).into_iter().partition(is_waiting);
                *slots = rest;
                taken.extend(VecDeque::into_iter(out).map(|slot| (*queue, slot)));
            }
        }
        taken.sort_by_key(|(_, slot)| slot.kept.id);
        let ids = taken.iter().map(|(_, slot)| slot.kept.id).collect();
        let ended = self.worker.journal.end_all(ids, EditState::Discarded, (self.worker.clock)());
        self.stopping.push_back(Box::pin(async move { (taken, ended.await) }));
    }

    /// Somebody has changed these: what they were before counts no more, and a bulk asks what they are.
    pub(super) fn heard<'a>(&mut self, changes: impl Iterator<Item = &'a ServerUpdate>) {
        for change in changes {
            for item in change.items() {
                self.behind.forget(item);
                self.worker.answers.forget(item);
            }
            if !self.holds.is_empty() {
                change.clone().into_items().iter().for_each(|item| self.holds.see(item));
            }
        }
    }

    /// What has become of edits; never, while nothing does.
    pub(super) async fn next(&mut self) -> Vec<Report> {
        loop {
            self.go_on_behind();
            if !self.reports.is_empty() {
                return std::mem::take(&mut self.reports);
            }
            let held_until = self.holds.next_end();
            tokio::select! {
                Some((edits, added)) = self.adding.next() => return self.added(edits, &added),
                Some((edits, ended)) = self.stopping.next() => return self.taken_back(edits, ended),
                Some(ended) = self.under_way.join_next() => {
                    // A task that panicked has ended the process; one that was aborted has nobody to report to.
                    match ended {
                        Ok((queue, Done::Tried(Came::Ended(ended)))) => self.note(queue, ended),
                        Ok((queue, Done::Noted(ended))) => return vec![self.ended(queue, *ended)],
                        Ok((queue, Done::Tried(Came::Later(later)))) => self.put_off(queue, *later),
                        Ok((queue, Done::LookedBack(reports))) => {
                            self.free(queue, None);
                            return reports;
                        }
                        Err(_) => {}
                    }
                }
                Some(Ok((queue, slot))) = self.put_off.join_next() => {
                    if let Some(waiting) = self.queues.get_mut(&queue) {
                        waiting.slots.push_front(slot);
                    }
                    self.free(queue, None);
                }
                () = tokio::time::sleep_until(held_until.unwrap_or_else(Instant::now)), if held_until.is_some() => {
                    self.release();
                }
                () = self.behind.has_looked() => {}
            }
        }
    }

    fn added(&mut self, edits: Vec<(Queue, EditId)>, added: &Result<Option<String>, StoreError>) -> Vec<Report> {
        let mut reports = Vec::new();
        let mut queued = Vec::new();
        for (queue, id) in edits {
            let Some(waiting) = self.queues.get_mut(&queue) else { continue };
            let Some(at) = waiting.slots.iter().position(|slot| slot.holds(id)) else { continue };
            match added {
                Ok(step) => {
                    if let Some(slot) = waiting.slots.get_mut(at).and_then(|slot| slot.find(id)) {
                        slot.saved = true;
                        slot.kept.step.clone_from(step);
                        for replaced in slot.replaced.drain(..) {
                            self.count -= 1;
                            let outcome = Ok(EditOutcome { changes: Vec::new(), created: None });
                            reports.push(Report::EditDone { id: replaced.kept.id, outcome });
                        }
                    }
                    queued.push(id);
                }
                Err(error) => {
                    self.count -= 1;
                    take_out(&mut waiting.slots, id);
                    reports.push(failed(id, EditError::Store(error.clone())));
                }
            }
            self.go_on(queue, None);
        }
        match queued.as_slice() {
            [] => {}
            [id] => reports.push(Report::Queued(*id)),
            _ => reports.push(Report::AllQueued(queued)),
        }
        reports
    }

    fn taken_back(&mut self, edits: Vec<(Queue, Slot)>, ended: Result<(), StoreError>) -> Vec<Report> {
        let Err(error) = ended else {
            self.count -= edits.len();
            return edits.iter().map(|(_, slot)| failed(slot.kept.id, EditError::Stopped)).collect();
        };
        for (queue, slot) in edits {
            self.queues.entry(queue).or_default().add(queue, slot);
            self.go_on(queue, None);
        }
        vec![Report::Warning(format!("{error}. What was to be taken back is sent all the same"))]
    }

    /// Notes the end of an edit and the bases that the edits behind it have by that, as one: a later run must not take
    /// this edit for another user's.
    fn note(&mut self, queue: Queue, ended: Box<Ended>) {
        let rebased = self.rebase(queue, &ended);
        let worker = self.worker.clone();
        self.under_way.spawn(async move {
            worker.note(&ended, rebased).await;
            (queue, Done::Noted(ended))
        });
    }

    /// Adapts the edits that wait in a queue to the end of one before them, and returns those with another base.
    fn rebase(&mut self, queue: Queue, ended: &Ended) -> Vec<Rebased> {
        match (self.queues.get_mut(&queue), ended.newer_base()) {
            (Some(waiting), Some(newer)) => waiting.rebase(&newer),
            _ => Vec::new(),
        }
    }

    fn ended(&mut self, queue: Queue, ended: Ended) -> Report {
        match &ended.outcome {
            Ok(_) => tracing::info!(?queue, "edit confirmed"),
            Err(failure) => tracing::warn!(?queue, error = %failure.error, "edit failed"),
        }
        self.count -= 1;
        self.left(queue);
        // Those that were added while the end was noted.
        let rebased = self.rebase(queue, &ended);
        if !rebased.is_empty() {
            // It is in the journal's queue now. Should it fail, the next start may ask about a conflict that is none.
            drop(self.worker.journal.rebase(rebased));
        }
        self.hold(&ended.kept, ended.now.as_ref());
        self.free(queue, ended.now);
        Report::EditDone { id: ended.kept.id, outcome: ended.outcome }
    }

    /// An edit is tried again after a while. Until then its queue stands still, and others go on.
    fn put_off(&mut self, queue: Queue, later: Later) {
        let Later { kept, tries, wait } = later;
        self.left(queue);
        // It may have been sent already.
        let slot = Slot { kept, saved: true, resumed: true, replaced: Vec::new(), tries };
        self.put_off.spawn(async move {
            tokio::time::sleep(wait).await;
            (queue, slot)
        });
    }

    /// An edit of a queue is no longer under way.
    fn left(&mut self, queue: Queue) {
        if let Some(waiting) = self.queues.get_mut(&queue)
            && std::mem::take(&mut waiting.went_behind)
        {
            self.behind.ended();
        }
        if let Queue::Item(item) = queue {
            self.behind.forget(item);
        }
    }

    /// The next edit of a queue may go.
    fn free(&mut self, queue: Queue, now: Option<Item>) {
        if let Some(waiting) = self.queues.get_mut(&queue) {
            waiting.busy = false;
        }
        self.go_on(queue, now);
    }

    /// Goes on with items to which nothing can arrive late any more, once it is known whether something has.
    fn release(&mut self) {
        for (item, hold) in self.holds.ended(Instant::now()) {
            let queue = Queue::Item(item);
            if hold.late.is_empty() {
                self.go_on(queue, None);
                continue;
            }
            self.queues.entry(queue).or_default().busy = true;
            let worker = self.worker.clone();
            self.under_way.spawn(async move { (queue, Done::LookedBack(worker.look_back(item, hold.late).await)) });
        }
    }

    /// Starts the next edit of a queue, or has it stand in line behind others. `now` is the item as the server has just
    /// told it.
    fn go_on(&mut self, queue: Queue, now: Option<Item>) {
        let Some(waiting) = self.queues.get_mut(&queue) else { return };
        if waiting.busy {
            return;
        }
        if waiting.slots.is_empty() {
            self.queues.remove(&queue);
            return;
        }
        let Some(slot) = waiting.slots.front().filter(|slot| slot.saved) else { return };
        if let Queue::Item(item) = queue {
            let (is_held, until) = self.holds.holds(item, slot.kept.id);
            if let Some(until) = until {
                let why = format!("an earlier request for it may still arrive until {} UTC", until.format("%H:%M:%S"));
                self.reports.push(Report::EditDelayed { id: slot.kept.id, why });
            }
            if is_held {
                return;
            }
        }
        if !waiting.goes_behind(queue) {
            return self.start(queue, now, false);
        }
        if let Some(now) = now {
            self.behind.know(now);
        }
        if !std::mem::replace(&mut waiting.in_line, true) {
            self.behind.add(queue);
        }
    }

    /// Starts edits that go behind others, as many as may be under way.
    fn go_on_behind(&mut self) {
        while let Some(queue) = self.behind.take() {
            let Some(waiting) = self.queues.get_mut(&queue) else { continue };
            // An edit by hand has joined the queue, and it goes by itself; or one came that is not on the disk yet, or all
            // was taken back.
            let is_saved = waiting.slots.front().is_some_and(|slot| slot.saved);
            if waiting.busy || !is_saved || !waiting.goes_behind(queue) {
                waiting.in_line = false;
                self.go_on(queue, None);
                continue;
            }
            if waiting.item_to_look_at().is_some_and(|item| self.behind.wants_look(item)) {
                self.behind.put_back(queue);
                let next = self.behind.next().filter_map(|queue| self.queues.get(&queue)?.item_to_look_at());
                let items: Vec<ItemRef> = next.filter(|item| self.behind.wants_look(*item)).collect();
                self.behind.look(items.into_iter());
                return;
            }
            waiting.in_line = false;
            self.start(queue, None, true);
        }
    }

    /// Starts the next edit of a queue, ahead of others or behind them.
    fn start(&mut self, queue: Queue, now: Option<Item>, behind: bool) {
        let Some(waiting) = self.queues.get_mut(&queue) else { return };
        let Some(slot) = waiting.slots.pop_front() else { return };
        (waiting.busy, waiting.went_behind) = (true, behind);
        let now = if behind { self.behind.started(slot.kept.edit.item()) } else { now };
        let worker = if behind { self.behind.worker.clone() } else { self.worker.clone() };
        self.under_way.spawn(async move { (queue, Done::Tried(worker.carry_out(slot.kept, now, slot.tries).await)) });
    }
}

fn failed(id: EditId, error: EditError) -> Report {
    Report::EditDone { id, outcome: Err(EditFailure::new(Vec::new(), error)) }
}
