//! What waits in a queue, and in what order.

use std::collections::VecDeque;

use super::Queue;
use crate::domain::{Edit, ItemRef};
use crate::store::{Journal, KeptEdit};
use crate::sync::sending::Tries;
use crate::workspace::EditId;

/// What waits in a queue.
#[derive(Default)]
pub(super) struct Waiting {
    pub(super) slots: VecDeque<Slot>,
    /// Whether one of its edits is under way.
    pub(super) busy: bool,
    /// Whether it stands in line behind other edits.
    pub(super) in_line: bool,
    /// Whether the one that is under way has gone behind others.
    pub(super) went_behind: bool,
}

/// An edit that waits.
pub(super) struct Slot {
    pub(super) kept: KeptEdit,
    /// Whether it is on the disk.
    pub(super) saved: bool,
    /// Whether it may have been sent, by an earlier run or a try in this one.
    pub(super) resumed: bool,
    /// Edits that it replaces, for the case that it cannot be kept.
    pub(super) replaced: Vec<Slot>,
    /// How often it was tried.
    pub(super) tries: Tries,
}

impl Waiting {
    /// Has an edit wait in its place.
    pub(super) fn add(&mut self, queue: Queue, slot: Slot) {
        let at = self.slots.iter().position(|other| slot.goes_before(queue, other)).unwrap_or(self.slots.len());
        self.slots.insert(at, slot);
    }

    /// Whether nobody waits for its next edit by itself: it is of a bulk, and so are all that come after it. Creations
    /// by hand are put ahead of those of a bulk.
    pub(super) fn goes_behind(&self, queue: Queue) -> bool {
        match queue {
            Queue::Item(_) => !self.slots.is_empty() && self.slots.iter().all(|slot| slot.kept.is_of_bulk()),
            Queue::Creations | Queue::Activities | Queue::Notes => {
                self.slots.front().is_some_and(|slot| slot.kept.is_of_bulk())
            }
        }
    }

    /// The item whose present state the next edit is compared with.
    pub(super) fn item_to_look_at(&self) -> Option<ItemRef> {
        let kept = &self.slots.front()?.kept;
        // An edit and the one that takes it back leave nothing to send.
        let is_sent = kept.edit.is_update() && kept.edit.differing(kept.base.as_ref()?).is_some();
        is_sent.then(|| kept.edit.item())
    }
}

impl Slot {
    /// Whether it is carried out before another of its queue: edits of an item in the order in which they were made.
    /// Creations need not wait for those of a bulk that have not begun.
    fn goes_before(&self, queue: Queue, other: &Self) -> bool {
        let place = |slot: &Self| (slot.kept.is_of_bulk(), slot.kept.id);
        match queue {
            Queue::Item(_) => self.kept.id < other.kept.id,
            Queue::Creations | Queue::Activities | Queue::Notes => {
                other.kept.step.is_none() && place(self) < place(other)
            }
        }
    }

    /// What it rests on has changed by the end of an edit before it.
    pub(super) fn rebase(&mut self, newer: &Edit, journal: &Journal) {
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

    pub(super) fn holds(&self, id: EditId) -> bool {
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

    pub(super) fn find(&mut self, id: EditId) -> Option<&mut Self> {
        if self.kept.id == id {
            return Some(self);
        }
        self.replaced.iter_mut().find_map(|replaced| replaced.find(id))
    }
}

/// Takes out an edit that could not be kept; those that it was to replace wait in its place again.
pub(super) fn take_out(slots: &mut VecDeque<Slot>, id: EditId) {
    *slots = std::mem::take(slots).into_iter().flat_map(|slot| slot.without(id)).collect();
}
