//! What waits in a queue, and in what order.

use std::collections::VecDeque;

use super::Queue;
use crate::domain::{Edit, ItemRef};
use crate::store::{JournalEntry, Rebased};
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
    pub(super) kept: JournalEntry,
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

    /// Adapts the bases of the edits that wait to the end of an edit before them, and returns those that have another
    /// base now. `newer` has the values that its fields have now.
    pub(super) fn rebase(&mut self, newer: &Edit) -> Vec<Rebased> {
        let mut rebased = Vec::new();
        rebase(&mut self.slots, newer, &mut rebased);
        rebased
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
        let is_sent = kept.edit.is_update() && kept.edit.diff(kept.base.as_ref()?).is_some();
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

/// Adapts edits that wait, in their order. Where one of them changes a field, that is the base of those after it, so
/// there nothing changes.
fn rebase<'a>(slots: impl IntoIterator<Item = &'a mut Slot>, newer: &Edit, rebased: &mut Vec<Rebased>) {
    let mut newer = Some(newer.clone());
    for slot in slots {
        let Some(values) = newer.take() else { return };
        let base = slot.kept.base.as_ref().map(|base| base.rebase_onto(&values));
        if base != slot.kept.base {
            slot.kept.base.clone_from(&base);
            rebased.push((slot.kept.id, base));
        }
        // They wait again only if the one that replaces them cannot be saved.
        rebase(&mut slot.replaced, &values, rebased);
        newer = values.subtract(&slot.kept.edit);
    }
}

/// Takes out an edit that could not be kept; those that it was to replace wait in its place again.
pub(super) fn take_out(slots: &mut VecDeque<Slot>, id: EditId) {
    *slots = std::mem::take(slots).into_iter().flat_map(|slot| slot.without(id)).collect();
}
