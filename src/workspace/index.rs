//! The sorted lists that screens need, updated as items change: columns of the board, the agenda, the inbox. An item is
//! removed before it changes and inserted again after, so the cost never depends on the number of items.

use std::cmp::Reverse;
use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;

use super::board_column::{BoardColumn, CardKey, CardRank};
use super::change_log::called;
use super::links::{ActivityKey, LinkOp, Links, linked_to};
use super::sorted::SortedList;
use super::{BoardColumnKey, ChangeKind, ShownChange, Workspace};
use crate::domain::{Activity, ActivityId, Deal, DealId, DealStatus, Item, ItemRef, Lead, LeadId, UserId};

/// The sort key of a planned activity: day and time in the user's zone, those without a day last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AgendaKey {
    /// `true` without a day; orders such activities last.
    undated: bool,
    /// Day and time in the user's zone, if it has a day.
    pub due: Option<(NaiveDate, Option<NaiveTime>)>,
    /// The activity.
    pub id: ActivityId,
}

impl AgendaKey {
    /// The place before all activities of a day.
    pub fn day(day: NaiveDate) -> Self {
        Self { undated: false, due: Some((day, None)), id: ActivityId(0) }
    }

    /// The place before all activities that have no day.
    pub fn undated() -> Self {
        Self { undated: true, due: None, id: ActivityId(0) }
    }
}

/// The sort key of a done activity: the latest first.
pub type DoneKey = (Reverse<Option<DateTime<Utc>>>, ActivityId);

/// The sort key of a lead in the inbox: unseen before seen, then the newest first.
pub type InboxKey = (bool, Reverse<Option<DateTime<Utc>>>, LeadId);

/// All sorted lists.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub columns: HashMap<BoardColumnKey, BoardColumn>,
    /// The cards of all columns of a status, whatever their pipeline.
    pub deals: HashMap<DealStatus, SortedList<CardKey>>,
    /// The number of open deals of each owner.
    pub owned: HashMap<UserId, usize>,
    pub agenda: SortedList<AgendaKey>,
    pub done: SortedList<DoneKey>,
    pub inbox: SortedList<InboxKey>,
    pub archive: SortedList<InboxKey>,
    pub links: Links,
}

fn agenda_key(activity: &Activity, zone: Tz) -> AgendaKey {
    let due = activity.due.map(|due| due.local(zone));
    AgendaKey { undated: due.is_none(), due, id: activity.id }
}

fn done_key(activity: &Activity) -> DoneKey {
    (Reverse(activity.done_at.or(activity.updated)), activity.id)
}

fn inbox_key(lead: &Lead) -> InboxKey {
    (lead.seen, Reverse(lead.added), lead.id)
}

/// Returns the sort key of a lead in the archive: the latest change first.
fn archive_key(lead: &Lead) -> InboxKey {
    (true, Reverse(lead.updated), lead.id)
}

impl Workspace {
    /// Shows an item, in place of what was shown of it. Says what has become of it.
    pub(super) fn put_shown(&mut self, item: Item) -> Option<ShownChange> {
        let key = item.key();
        let before = self.take_out(key);
        let was = before.as_ref().map(|before| self.before_as_shown(before, &item));
        let kind = ChangeKind::between(was.as_deref(), &item);
        let is_renamed = before.as_ref().and_then(called) != called(&item);
        before.iter().chain([&item]).for_each(|item| self.touch_around(item));
        self.put_in(item);
        self.touch(key);
        if is_renamed {
            self.touch_name(key);
        }
        kind.map(|kind| ShownChange { item: key, kind, before })
    }

    /// Shows an item no more. Says what has become of it.
    pub(super) fn remove_shown(&mut self, item: ItemRef) -> Option<ShownChange> {
        let before = self.take_out(item)?;
        self.touch_around(&before);
        self.touch(item);
        self.touch_name(item);
        (!matches!(item, ItemRef::Note(_))).then_some(ShownChange {
            item,
            kind: ChangeKind::Gone,
            before: Some(before),
        })
    }

    fn put_in(&mut self, item: Item) {
        match item {
            Item::Deal(deal) => {
                self.enter_deal(&deal);
                self.index.links.deal(&deal, LinkOp::Add);
                self.directory.deal_titles.insert(&deal.title, deal.id);
                self.deals.insert(deal.id, deal);
            }
            Item::Activity(activity) => {
                self.enter_activity(&activity);
                self.activities.insert(activity.id, activity);
            }
            Item::Lead(lead) => {
                if lead.archived {
                    self.index.archive.insert(archive_key(&lead));
                } else {
                    self.index.inbox.insert(inbox_key(&lead));
                }
                self.index.links.lead(&lead, LinkOp::Add);
                self.directory.lead_titles.insert(&lead.title, lead.id);
                self.leads.insert(lead.id, lead);
            }
            Item::Person(person) => {
                self.directory.enter_person(&person);
                self.people.insert(person.id, person);
            }
            Item::Org(org) => {
                self.directory.enter_org(&org);
                self.orgs.insert(org.id, org);
            }
            Item::Note(note) => {
                self.index.links.note(&note, LinkOp::Add);
                self.notes.insert(note.id, note);
            }
        }
    }

    fn take_out(&mut self, item: ItemRef) -> Option<Item> {
        Some(match item {
            ItemRef::Deal(id) => {
                let deal = self.deals.remove(&id)?;
                self.leave_deal(&deal);
                self.index.links.deal(&deal, LinkOp::Remove);
                self.directory.deal_titles.remove(&deal.title, id);
                Item::Deal(deal)
            }
            ItemRef::Activity(id) => {
                let activity = self.activities.remove(&id)?;
                self.leave_activity(&activity);
                Item::Activity(activity)
            }
            ItemRef::Lead(id) => {
                let lead = self.leads.remove(&id)?;
                if lead.archived {
                    self.index.archive.remove(&archive_key(&lead));
                } else {
                    self.index.inbox.remove(&inbox_key(&lead));
                }
                self.index.links.lead(&lead, LinkOp::Remove);
                self.directory.lead_titles.remove(&lead.title, id);
                Item::Lead(lead)
            }
            ItemRef::Person(id) => {
                let person = self.people.remove(&id)?;
                self.directory.leave_person(&person);
                Item::Person(person)
            }
            ItemRef::Org(id) => {
                let org = self.orgs.remove(&id)?;
                self.directory.leave_org(&org);
                Item::Org(org)
            }
            ItemRef::Note(id) => {
                let note = self.notes.remove(&id)?;
                self.index.links.note(&note, LinkOp::Remove);
                Item::Note(note)
            }
        })
    }

    /// Rebuilds all lists, after a change of stages, pipelines or the user's time zone.
    pub(super) fn reindex(&mut self) {
        self.index = Index::default();
        let activities = std::mem::take(&mut self.activities);
        let deals = std::mem::take(&mut self.deals);
        let leads = std::mem::take(&mut self.leads);
        let notes = std::mem::take(&mut self.notes);
        let items = activities
            .into_values()
            .map(Item::Activity)
            .chain(deals.into_values().map(Item::Deal))
            .chain(leads.into_values().map(Item::Lead))
            .chain(notes.into_values().map(Item::Note));
        for item in items {
            self.put_in(item);
        }
        self.change_log.note_all();
    }

    fn enter_deal(&mut self, deal: &Deal) {
        if let Some((key, card)) = self.place(deal) {
            let probability = self.deal_probability(deal);
            self.index.deals.entry(key.status).or_default().insert(card);
            if let (Some(owner), DealStatus::Open) = (deal.owner, deal.status) {
                *self.index.owned.entry(owner).or_default() += 1;
            }
            let column = self.index.columns.entry(key).or_default();
            column.cards.insert(card);
            column.totals.add(deal.currency(), deal.countable_value(), probability);
        }
    }

    fn leave_deal(&mut self, deal: &Deal) {
        if let Some((key, card)) = self.place(deal) {
            let probability = self.deal_probability(deal);
            let is_there = self.index.deals.get_mut(&key.status).is_some_and(|deals| deals.remove(&card));
            if let (true, Some(owner), DealStatus::Open) = (is_there, deal.owner, deal.status)
                && let Some(owned) = self.index.owned.get_mut(&owner)
            {
                *owned = owned.saturating_sub(1);
            }
            if let Some(column) = self.index.columns.get_mut(&key)
                && column.cards.remove(&card)
            {
                column.totals.subtract(deal.currency(), deal.countable_value(), probability);
            }
        }
    }

    fn enter_activity(&mut self, activity: &Activity) {
        let key = self.activity_key(activity);
        match key {
            ActivityKey::ToDo(key) => self.index.agenda.insert(key),
            ActivityKey::Done(key) => self.index.done.insert(key),
        };
        self.link_activity(activity, key, LinkOp::Add);
    }

    fn leave_activity(&mut self, activity: &Activity) {
        let key = self.activity_key(activity);
        match key {
            ActivityKey::ToDo(key) => self.index.agenda.remove(&key),
            ActivityKey::Done(key) => self.index.done.remove(&key),
        };
        self.link_activity(activity, key, LinkOp::Remove);
    }

    pub(super) fn activity_key(&self, activity: &Activity) -> ActivityKey {
        if activity.done {
            ActivityKey::Done(done_key(activity))
        } else {
            ActivityKey::ToDo(agenda_key(activity, self.zone()))
        }
    }

    fn link_activity(&mut self, activity: &Activity, key: ActivityKey, op: LinkOp) {
        for item in linked_to(activity) {
            let change = |index: &mut Index| index.links.activity(item, key, op);
            match item {
                ItemRef::Deal(deal) => self.with_deal_lifted(deal, change),
                ItemRef::Activity(_) | ItemRef::Lead(_) | ItemRef::Person(_) | ItemRef::Org(_) | ItemRef::Note(_) => {
                    change(&mut self.index);
                }
            }
        }
    }

    /// Takes a deal's card out of its column while something changes on which its place rests.
    fn with_deal_lifted(&mut self, id: DealId, change: impl FnOnce(&mut Index)) {
        let deal = self.deals.remove(&id);
        if let Some(deal) = &deal {
            self.leave_deal(deal);
        }
        change(&mut self.index);
        if let Some(deal) = deal {
            self.enter_deal(&deal);
            self.deals.insert(id, deal);
        }
    }

    /// The column of a deal and its place there; `None` for deals that are on no board.
    fn place(&self, deal: &Deal) -> Option<(BoardColumnKey, CardKey)> {
        if deal.archived {
            return None;
        }
        let rank = match deal.status {
            DealStatus::Other => return None,
            DealStatus::Won | DealStatus::Lost => CardRank::Closed(Reverse(deal.closed.or(deal.updated))),
            DealStatus::Open => match self.next_activity_due(deal.id) {
                Some((day, time)) => CardRank::Next(day, time),
                None => CardRank::NoActivity,
            },
        };
        Some((BoardColumnKey { stage: deal.stage, status: deal.status }, CardKey { rank, id: deal.id }))
    }

    /// The column of a deal and its place there; `None` for deals that are on no board.
    pub(super) fn card(&self, id: DealId) -> Option<(BoardColumnKey, CardKey)> {
        self.place(self.deals.get(&id)?)
    }

    /// Returns the column of a card and the number of cards above it.
    pub fn card_rank(&self, id: DealId) -> Option<(BoardColumnKey, usize)> {
        let (key, card) = self.place(self.deals.get(&id)?)?;
        Some((key, self.index.columns.get(&key)?.cards.rank(&card)))
    }

    /// Returns the position of a deal in the list of all deals of a status; `None` if it is not there.
    pub fn deal_rank(&self, id: DealId, status: DealStatus) -> Option<usize> {
        let (key, card) = self.place(self.deals.get(&id)?)?;
        (key.status == status).then(|| self.index.deals.get(&status).map(|deals| deals.rank(&card)))?
    }

    /// Returns the position of an activity in the list of planned and then done ones; `None` if unknown.
    pub fn activity_rank(&self, id: ActivityId) -> Option<usize> {
        let activity = self.activities.get(&id)?;
        Some(if activity.done {
            self.index.agenda.len() + self.index.done.rank(&done_key(activity))
        } else {
            self.index.agenda.rank(&agenda_key(activity, self.zone()))
        })
    }

    /// Returns the sort key of a planned activity; `None` for others.
    pub fn agenda_key(&self, id: ActivityId) -> Option<AgendaKey> {
        let activity = self.activities.get(&id).filter(|activity| !activity.done)?;
        Some(agenda_key(activity, self.zone()))
    }

    /// Returns the position of a lead in the inbox; `None` if it is not there.
    pub fn lead_rank(&self, id: LeadId) -> Option<usize> {
        let lead = self.leads.get(&id).filter(|lead| !lead.archived)?;
        Some(self.index.inbox.rank(&inbox_key(lead)))
    }

    /// Returns the position of a lead in the archive; `None` if it is not there.
    pub fn archive_rank(&self, id: LeadId) -> Option<usize> {
        let lead = self.leads.get(&id).filter(|lead| lead.archived)?;
        Some(self.index.archive.rank(&archive_key(lead)))
    }
}
