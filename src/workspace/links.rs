//! Links between items: the deals and leads of a person or an organization, and the activities of any item. Updated as
//! items change, like the orders in `index`.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use super::Workspace;
use super::index::{AgendaKey, DoneKey};
use crate::domain::{Activity, ActivityId, Deal, DealId, DealStatus, ItemRef, Lead, LeadId, Note, NoteId, PersonId};

/// The sort key of an activity of an item: planned ones first, the next at the top; then done ones,
/// the latest at the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ActivityKey {
    /// To be done.
    ToDo(AgendaKey),
    /// Done.
    Done(DoneKey),
}

impl ActivityKey {
    /// The place before all activities that are done.
    pub const FIRST_DONE: Self = Self::Done((Reverse(Some(DateTime::<Utc>::MAX_UTC)), ActivityId(0)));

    /// The activity.
    pub fn id(self) -> ActivityId {
        match self {
            Self::ToDo(key) => key.id,
            Self::Done((_, id)) => id,
        }
    }
}

/// The sort key of a note of an item: pinned first, then the newest.
pub type NoteKey = (Reverse<bool>, Reverse<Option<DateTime<Utc>>>, Reverse<NoteId>);

/// The items linked to an item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkedItems {
    /// Deals, the newest first.
    pub deals: BTreeSet<Reverse<DealId>>,
    /// The number of open deals.
    pub open_deals: usize,
    /// Leads of the inbox, the newest first.
    pub leads: BTreeSet<(Reverse<Option<DateTime<Utc>>>, LeadId)>,
    /// Activities in order.
    pub activities: BTreeSet<ActivityKey>,
    /// Notes that are known, the pinned ones first, then the newest.
    pub notes: BTreeSet<NoteKey>,
}

impl LinkedItems {
    fn is_empty(&self) -> bool {
        self.deals.is_empty() && self.leads.is_empty() && self.activities.is_empty() && self.notes.is_empty()
    }
}

/// Adds or removes a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LinkOp {
    Add,
    Remove,
}

/// The links of each item that has any.
#[derive(Debug, Default)]
pub(super) struct Links(HashMap<ItemRef, LinkedItems>);

impl Links {
    pub fn get(&self, item: ItemRef) -> Option<&LinkedItems> {
        self.0.get(&item)
    }

    fn change(&mut self, item: ItemRef, change: impl FnOnce(&mut LinkedItems)) {
        let linked = self.0.entry(item).or_default();
        change(linked);
        if linked.is_empty() {
            self.0.remove(&item);
        }
    }

    /// Adds a deal to its person and organization, or removes it.
    pub fn deal(&mut self, deal: &Deal, op: LinkOp) {
        if deal.status == DealStatus::Other {
            return;
        }
        let key = Reverse(deal.id);
        let open = usize::from(deal.status == DealStatus::Open && !deal.archived);
        for item in contacts(deal.person, deal.org) {
            self.change(item, |linked| {
                put(&mut linked.deals, key, op);
                linked.open_deals =
                    if op == LinkOp::Add { linked.open_deals + open } else { linked.open_deals.saturating_sub(open) };
            });
        }
    }

    /// Adds a lead to its person and organization, or removes it.
    pub fn lead(&mut self, lead: &Lead, op: LinkOp) {
        if lead.archived {
            return;
        }
        let key = (Reverse(lead.added), lead.id);
        for item in contacts(lead.person, lead.org) {
            self.change(item, |linked| put(&mut linked.leads, key, op));
        }
    }

    /// Adds a note to its items, or removes it.
    pub fn note(&mut self, note: &Note, op: LinkOp) {
        let key = (Reverse(note.pinned), Reverse(note.added), Reverse(note.id));
        for item in &note.on {
            self.change(*item, |linked| put(&mut linked.notes, key, op));
        }
    }

    /// Adds an activity to an item, or removes it.
    pub fn activity(&mut self, item: ItemRef, key: ActivityKey, op: LinkOp) {
        self.change(item, |linked| put(&mut linked.activities, key, op));
    }
}

fn put<T: Ord>(set: &mut BTreeSet<T>, key: T, op: LinkOp) {
    if op == LinkOp::Add {
        set.insert(key);
    } else {
        set.remove(&key);
    }
}

fn contacts(person: Option<PersonId>, org: Option<crate::domain::OrgId>) -> impl Iterator<Item = ItemRef> {
    person.map(ItemRef::Person).into_iter().chain(org.map(ItemRef::Org))
}

/// All that an activity is linked to, each once.
pub(super) fn linked_to(activity: &Activity) -> Vec<ItemRef> {
    let mut items: Vec<ItemRef> = contacts(activity.person, activity.org)
        .chain(activity.participants.iter().copied().map(ItemRef::Person))
        .chain(activity.deal.map(ItemRef::Deal))
        .chain(activity.lead.map(ItemRef::Lead))
        .collect();
    items.sort_unstable();
    items.dedup();
    items
}

impl Workspace {
    /// Returns the links of an item; `None` if it has none.
    pub fn linked(&self, item: ItemRef) -> Option<&LinkedItems> {
        self.index.links.get(item)
    }

    /// The deals of a person or an organization, the newest first.
    pub fn deals_of(&self, item: ItemRef) -> impl Iterator<Item = &Deal> {
        self.linked(item).into_iter().flat_map(|linked| &linked.deals).filter_map(|Reverse(id)| self.deals.get(id))
    }

    /// The leads of a person or an organization that are in the inbox, the newest first.
    pub fn leads_of(&self, item: ItemRef) -> impl Iterator<Item = &Lead> {
        self.linked(item).into_iter().flat_map(|linked| &linked.leads).filter_map(|(_, id)| self.leads.get(id))
    }

    /// The notes of an item that are known: the pinned ones first, then the newest.
    pub fn notes_of(&self, item: ItemRef) -> impl Iterator<Item = &Note> {
        self.linked(item)
            .into_iter()
            .flat_map(|linked| &linked.notes)
            .filter_map(|(_, _, Reverse(id))| self.notes.get(id))
    }

    /// Returns the activities of an item: planned ones, the next first; then done ones, the latest first.
    pub fn activities_of(&self, item: ItemRef) -> impl Iterator<Item = &Activity> {
        let keys = self.linked(item).into_iter().flat_map(|linked| &linked.activities);
        keys.filter_map(|key| self.activities.get(&key.id()))
    }
}
