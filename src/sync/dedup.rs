//! The order of events: webhooks deliver late, more than once and in any order, and an item is not to go back to what
//! it was. Pure.
//!
//! What the API says of an item is as old as its last change, to the second. Events have milliseconds. So two events
//! can be told apart within a second, an event and an answer of the API cannot: where these differ, Pipedrive has to be
//! asked.

use std::collections::{HashMap, HashSet, VecDeque};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::{Item, ItemRef};
use crate::pipedrive::{Delivery, PartialItem, Payload};

/// How many events are remembered, so that none counts twice: more than come in the three minutes in which Pipedrive
/// tries again.
const MOST_EVENTS: usize = 20_000;
/// Of how many items it is remembered what was heard last.
const MOST_ITEMS: usize = 5_000;

/// What has been heard.
#[derive(Debug, Default)]
pub(super) struct EventOrder {
    events: HashSet<Uuid>,
    events_by_age: VecDeque<Uuid>,
    items: HashMap<ItemRef, LastEvent>,
    items_by_age: VecDeque<(ItemRef, DateTime<Utc>)>,
}

/// What was heard last of an item.
#[derive(Debug)]
struct LastEvent {
    /// When the item last changed, to the second; `None` also where it is gone.
    updated: Option<DateTime<Utc>>,
    /// When that happened, to the millisecond.
    at: DateTime<Utc>,
    /// The item as it was then.
    item: KnownState,
}

#[derive(Debug)]
enum KnownState {
    Item(Box<Item>),
    Gone,
    /// It could not be told.
    Unclear,
}

/// What an event comes to.
#[derive(Debug, PartialEq)]
pub(super) enum EventVerdict {
    /// It was heard before, or something later was.
    Nothing,
    /// The item is like this, and is known so.
    Known(Box<Item>),
    /// The item is like this now.
    Item(Box<Item>),
    /// The item is gone.
    Gone(ItemRef),
    /// Pipedrive has to be asked how the item is.
    Ask(ItemRef),
    /// The users are to be read again.
    Users,
}

impl EventOrder {
    /// Takes note of an event. `known` is what is known of the item that it is about.
    pub(super) fn hear(&mut self, delivery: Delivery, known: Option<&Item>) -> EventVerdict {
        if !self.is_new(delivery.event) {
            return EventVerdict::Nothing;
        }
        let at = delivery.at;
        match delivery.payload {
            Payload::Item(told) => self.told(*told, at, known),
            Payload::Deleted(key) => {
                if self.items.get(&key).is_some_and(|last| last.at >= at) {
                    return EventVerdict::Nothing;
                }
                // It was restored, or the clocks differ by which changes and events have their times.
                if known.and_then(Item::updated).is_some_and(|updated| updated > at) {
                    return EventVerdict::Ask(key);
                }
                self.note(key, LastEvent { updated: None, at, item: KnownState::Gone });
                EventVerdict::Gone(key)
            }
            Payload::Unreadable(key) => EventVerdict::Ask(key),
            Payload::Users => EventVerdict::Users,
            Payload::Other => EventVerdict::Nothing,
        }
    }

    fn told(&mut self, told: PartialItem, at: DateTime<Utc>, known: Option<&Item>) -> EventVerdict {
        let (key, updated) = (told.key(), told.updated());
        let last = self.items.get(&key);
        if last.is_some_and(|last| last.is_after(updated, at)) || known.is_some_and(|known| updated < known.updated()) {
            return EventVerdict::Nothing;
        }
        let Some(item) = told.merge_onto(known) else {
            self.note(key, LastEvent { updated, at, item: KnownState::Unclear });
            return EventVerdict::Ask(key);
        };
        let is_at_once = last.is_some_and(|last| last.at == at && last.updated == updated);
        // What is known came by a webhook, and that one was before this.
        let comes_after = !is_at_once && last.is_some_and(|last| last.is(known));
        // It was told that it is gone, and what is known since came with an answer, which may not have brought it back.
        let was_gone = last.is_some_and(|last| matches!(last.item, KnownState::Gone));
        let verdict = match known {
            Some(known) if *known == item && !was_gone => EventVerdict::Known(Box::new(item.clone())),
            Some(known) if known.updated() == updated && !comes_after => EventVerdict::Ask(key),
            None if is_at_once => EventVerdict::Ask(key),
            _ => EventVerdict::Item(Box::new(item.clone())),
        };
        let item = if matches!(verdict, EventVerdict::Ask(_)) {
            KnownState::Unclear
        } else {
            KnownState::Item(Box::new(item))
        };
        self.note(key, LastEvent { updated, at, item });
        verdict
    }

    /// Whether what is known of an item may not be how it is: an answer of the API has come to be known in the place of
    /// an event of the same second.
    pub(super) fn is_in_doubt(&self, key: ItemRef, known: Option<&Item>) -> bool {
        self.items.get(&key).is_some_and(|last| match (&last.item, known) {
            (KnownState::Item(heard), Some(known)) => known.updated() == last.updated && **heard != *known,
            (KnownState::Gone, Some(known)) => known.updated().is_none_or(|updated| updated <= last.at),
            (KnownState::Item(_), None) => true,
            _ => false,
        })
    }

    fn is_new(&mut self, event: Uuid) -> bool {
        if !self.events.insert(event) {
            return false;
        }
        self.events_by_age.push_back(event);
        if self.events_by_age.len() > MOST_EVENTS
            && let Some(oldest) = self.events_by_age.pop_front()
        {
            self.events.remove(&oldest);
        }
        true
    }

    fn note(&mut self, key: ItemRef, last: LastEvent) {
        self.items_by_age.push_back((key, last.at));
        self.items.insert(key, last);
        if self.items_by_age.len() > MOST_ITEMS
            && let Some((oldest, at)) = self.items_by_age.pop_front()
            // It was heard of again since.
            && self.items.get(&oldest).is_some_and(|last| last.at == at)
        {
            self.items.remove(&oldest);
        }
    }
}

impl LastEvent {
    /// Whether this came after an event that tells of a change at this time.
    fn is_after(&self, updated: Option<DateTime<Utc>>, at: DateTime<Utc>) -> bool {
        match self.item {
            KnownState::Gone => self.at >= at,
            _ => (self.updated, self.at) > (updated, at),
        }
    }

    /// Whether it is what is known.
    fn is(&self, known: Option<&Item>) -> bool {
        match (&self.item, known) {
            (KnownState::Item(heard), Some(known)) => **heard == *known,
            (KnownState::Gone, None) => true,
            _ => false,
        }
    }
}
