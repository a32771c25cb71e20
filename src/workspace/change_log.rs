//! The log of recent changes, so that live lists only look at the rows that changed.

use std::collections::VecDeque;

use super::links::linked_to;
use super::{RowId, Workspace};
use crate::domain::{Item, ItemRef};

/// The largest number of entries: more than one page of updates touches, including linked items.
const MOST: usize = 8_192;

/// The latest changes in order. A reader keeps the [`Self::end`] that it has seen, and asks for what came after.
#[derive(Debug, Default)]
pub(super) struct ChangeLog {
    log: VecDeque<RowId>,
    end: u64,
}

impl ChangeLog {
    /// Records a change of a row, or of something that it shows the name of.
    pub fn note(&mut self, row: RowId) {
        if self.log.len() == MOST {
            self.log.pop_front();
        }
        self.log.push_back(row);
        self.end += 1;
    }

    /// Anything may have changed: whoever has not seen this must look at everything.
    pub fn note_all(&mut self) {
        self.log.clear();
        self.end += 1;
    }

    /// Returns the position after the latest entry.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Returns the entries after position `seen`; `None` if they are no longer stored.
    pub fn since(&self, seen: u64) -> Option<impl Iterator<Item = RowId>> {
        let kept = u64::try_from(self.log.len()).unwrap_or(u64::MAX);
        let skip = seen.checked_sub(self.end.saturating_sub(kept))?;
        Some(self.log.iter().skip(usize::try_from(skip).unwrap_or(usize::MAX)).copied())
    }
}

impl Workspace {
    /// Returns the position after the latest entry of the change log.
    pub(super) fn change_log_end(&self) -> u64 {
        self.change_log.end()
    }

    /// Returns the entries after a position of the change log; `None` if they are no longer stored.
    pub(super) fn changes_since(&self, seen: u64) -> Option<impl Iterator<Item = RowId>> {
        self.change_log.since(seen)
    }

    /// Records that an item was added, changed or removed.
    pub(super) fn touch(&mut self, item: ItemRef) {
        self.change_log.note(RowId::Item(item));
    }

    /// Records that the name of an item has changed, in every row that shows it.
    pub(super) fn touch_name(&mut self, item: ItemRef) {
        if let Some(linked) = self.index.links.get(item) {
            let deals = linked.deals.iter().map(|deal| ItemRef::Deal(deal.0));
            let leads = linked.leads.iter().map(|(_, id)| ItemRef::Lead(*id));
            let activities = linked.activities.iter().map(|key| ItemRef::Activity(key.id()));
            deals.chain(leads).chain(activities).for_each(|item| self.change_log.note(RowId::Item(item)));
        }
        if let ItemRef::Org(org) = item {
            let staff = self.directory.staff.get(&org).into_iter().flatten();
            staff.for_each(|key| self.change_log.note(RowId::Item(ItemRef::Person(key.id))));
        }
    }

    /// Notes what counts or sorts by an item that comes or goes.
    pub(super) fn touch_around(&mut self, item: &Item) {
        let mut note = |item| self.change_log.note(RowId::Item(item));
        match item {
            Item::Deal(deal) => {
                deal.person.map(ItemRef::Person).into_iter().chain(deal.org.map(ItemRef::Org)).for_each(&mut note);
                deal.owner.into_iter().for_each(|owner| self.change_log.note(RowId::User(owner)));
            }
            Item::Activity(activity) => linked_to(activity).into_iter().for_each(note),
            Item::Person(person) => person.org.map(ItemRef::Org).into_iter().for_each(note),
            Item::Lead(_) | Item::Org(_) | Item::Note(_) => {}
        }
    }
}

/// Returns the name under which other rows show an item.
pub(super) fn called(item: &Item) -> Option<&str> {
    match item {
        Item::Deal(deal) => Some(&deal.title),
        Item::Lead(lead) => Some(&lead.title),
        Item::Person(person) => Some(&person.name),
        Item::Org(org) => Some(&org.name),
        Item::Activity(_) | Item::Note(_) => None,
    }
}
