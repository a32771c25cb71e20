//! Items to which a request is under way that has no proven outcome: until it can no longer arrive, the next edit of the
//! item waits, so that the late request never overwrites a later one. What others made of the item meanwhile is noted,
//! and compared at the end.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::domain::{Edit, Item, ItemRef};
use crate::store::JournalEntry;
use crate::workspace::EditId;

/// An update of which a sending may arrive late, over what others made of the item since.
#[derive(Debug, Clone)]
pub(in crate::sync) struct Late {
    pub(in crate::sync) kept: JournalEntry,
    /// What was sent of it.
    pub(in crate::sync) sent: Edit,
    /// When the item last changed as the edit ended, by the server's clock.
    since: Option<DateTime<Utc>>,
    /// What others made of the same fields after that.
    seen: Option<Edit>,
}

impl Late {
    /// An edit that ended with this item on the server; `None` for a deletion, after which nothing comes.
    pub(super) fn new(kept: &JournalEntry, now: Option<&Item>) -> Option<Self> {
        if !kept.edit.is_update() {
            return None;
        }
        let sent = match &kept.base {
            Some(base) => kept.edit.diff(base)?,
            None => kept.edit.clone(),
        };
        let mut late = Self { kept: kept.clone(), sent, since: now.map_or(kept.ended_at, Item::updated), seen: None };
        // Where it was not sent again as somebody else was there, that is what a late request would overwrite.
        if let Some(now) = now {
            late.note(now);
        }
        Some(late)
    }

    /// Notes what others made of the item, if it is newer than the edit.
    pub(in crate::sync) fn see(&mut self, item: &Item) {
        if item.updated() > self.since {
            self.note(item);
        }
    }

    fn note(&mut self, item: &Item) {
        let theirs = self.sent.inverse(item).and_then(|theirs| theirs.diff(&self.sent));
        self.seen = theirs.or(self.seen.take());
    }

    /// What others made of it, if anything.
    pub(in crate::sync) fn seen(&self) -> Option<&Edit> {
        self.seen.as_ref()
    }

    /// The edit that makes of an item again what others had made of it, where it has gone back to what this edit made.
    pub(in crate::sync) fn restores(&self, now: &Item) -> Option<Edit> {
        let seen = self.seen.as_ref()?;
        let mine = self.sent.intersect(seen);
        let changed = mine.inverse(now)?.diff(&mine);
        let back = match changed {
            Some(changed) => mine.subtract(&changed)?,
            None => mine,
        };
        Some(seen.intersect(&back))
    }
}

/// What is held back of an item.
#[derive(Debug)]
pub(super) struct Hold {
    pub(super) until: Instant,
    /// The same moment by this machine's clock.
    pub(super) by_clock: DateTime<Utc>,
    pub(super) late: Vec<Late>,
    /// The edit that was last told to wait.
    told: Option<EditId>,
}

/// What is held back, by items.
#[derive(Debug, Default)]
pub(super) struct Holds(HashMap<ItemRef, Hold>);

impl Holds {
    /// Holds back what comes after an edit of an item.
    pub(super) fn add(&mut self, item: ItemRef, late: Option<Late>, until: Instant, by_clock: DateTime<Utc>) {
        let hold = self.0.entry(item).or_insert_with(|| Hold { until, by_clock, late: Vec::new(), told: None });
        hold.until = hold.until.max(until);
        hold.by_clock = hold.by_clock.max(by_clock);
        hold.late.extend(late);
    }

    /// Whether an edit of an item has to wait; with until when, if it was not told yet.
    pub(super) fn holds(&mut self, item: ItemRef, id: EditId) -> (bool, Option<DateTime<Utc>>) {
        let Some(hold) = self.0.get_mut(&item) else { return (false, None) };
        let is_told = hold.told.replace(id) == Some(id);
        (true, (!is_told).then_some(hold.by_clock))
    }

    /// Something else takes the place of an edit: a late request does not matter any more.
    pub(super) fn replaced(&mut self, id: EditId) {
        for hold in self.0.values_mut() {
            hold.late.retain(|late| late.kept.id != id);
        }
    }

    /// Somebody has changed an item.
    pub(super) fn see(&mut self, item: &Item) {
        if let Some(hold) = self.0.get_mut(&item.key()) {
            hold.late.iter_mut().for_each(|late| late.see(item));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// When the next one ends.
    pub(super) fn next_end(&self) -> Option<Instant> {
        self.0.values().map(|hold| hold.until).min()
    }

    /// Takes out those that have ended.
    pub(super) fn ended(&mut self, now: Instant) -> Vec<(ItemRef, Hold)> {
        self.0.extract_if(|_, hold| hold.until <= now).collect()
    }
}
