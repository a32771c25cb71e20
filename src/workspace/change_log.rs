//! Which items have changed lately, so that lists kept of them need to look at no others.

use std::collections::VecDeque;

use super::links::linked_to;
use super::{RowId, Workspace};
use crate::domain::{Item, ItemRef};

/// How many are known at the most: more than a page of news touches, with all that hangs on it.
const MOST: usize = 8_192;

/// The latest changes in order. A reader keeps the [`Self::end`] that it has seen, and asks for what came after.
#[derive(Debug, Default)]
pub(super) struct ChangeLog {
    log: VecDeque<RowId>,
    end: u64,
}

impl ChangeLog {
    /// What is shown of a row, or of something that it names, has changed.
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

    /// How far it reaches.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// What came after `seen`; `None` where that is no longer known.
    pub fn since(&self, seen: u64) -> Option<impl Iterator<Item = RowId>> {
        let kept = u64::try_from(self.log.len()).unwrap_or(u64::MAX);
        let skip = seen.checked_sub(self.end.saturating_sub(kept))?;
        Some(self.log.iter().skip(usize::try_from(skip).unwrap_or(usize::MAX)).copied())
    }
}

impl Workspace {
    /// How far the log of changes reaches.
    pub(super) fn change_log_end(&self) -> u64 {
        self.change_log.end()
    }

    /// What has changed since the log reached this far; `None` where that is no longer known.
    pub(super) fn changes_since(&self, seen: u64) -> Option<impl Iterator<Item = RowId>> {
        self.change_log.since(seen)
    }

    /// Notes that an item has come, changed or gone; if it is called otherwise than before, also all that shows its
    /// name.
    pub(super) fn touch(&mut self, item: ItemRef, is_renamed: bool) {
        self.change_log.note(RowId::Item(item));
        if !is_renamed {
            return;
        }
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

/// What an item is called, as far as others show it.
pub(super) fn called(item: &Item) -> Option<&str> {
    match item {
        Item::Deal(deal) => Some(&deal.title),
        Item::Lead(lead) => Some(&lead.title),
        Item::Person(person) => Some(&person.name),
        Item::Org(org) => Some(&org.name),
        Item::Activity(_) | Item::Note(_) => None,
    }
}
