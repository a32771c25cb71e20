//! What has become of events: a test asks whether they were delivered, when, and how often it was tried.

use std::collections::VecDeque;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::event::{Body, Event};

/// How many are kept.
const MOST: usize = 20_000;

/// What has become of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It was not tried yet, or is tried again.
    Waiting,
    /// It arrived.
    Delivered,
    /// It was tried as often as it is.
    GivenUp,
    /// The webhook was banned when its turn came.
    Banned,
    /// Too many were waiting.
    Lost,
    /// The webhook was taken away before its turn came.
    Unregistered,
}

/// How a try went.
#[derive(Debug, Clone, Serialize)]
pub struct Try {
    /// When it ended.
    pub time: DateTime<Utc>,
    /// The status of the answer; nothing if there was none.
    pub status: Option<u16>,
}

/// An event on its way to a webhook.
#[derive(Debug)]
pub struct Parcel {
    pub event: Arc<Event>,
    pub webhook_id: u64,
    pub owner_id: u64,
    pub tries: Vec<Try>,
    pub fate: Fate,
}

/// A parcel as it is told.
#[derive(Debug, Serialize)]
pub struct Entry<'a> {
    webhook_id: u64,
    event_id: &'a str,
    fate: Fate,
    tries: &'a [Try],
    /// As it was sent last, or will be sent first.
    body: Body<'a>,
}

/// The last events, from the oldest on.
#[derive(Debug, Default)]
pub struct Ledger {
    last: VecDeque<Parcel>,
    /// The number of the oldest.
    first: u64,
}

impl Ledger {
    /// Takes one in, and gives it a number.
    pub fn add(&mut self, parcel: Parcel) -> u64 {
        self.last.push_back(parcel);
        if self.last.len() > MOST {
            self.last.pop_front();
            self.first += 1;
        }
        self.first + self.last.len() as u64 - 1
    }

    /// One by its number, if it is still kept.
    pub fn get_mut(&mut self, number: u64) -> Option<&mut Parcel> {
        self.last.get_mut(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// All that are kept.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.last.iter().map(|parcel| Entry {
            webhook_id: parcel.webhook_id,
            event_id: parcel.event.id(),
            fate: parcel.fate,
            tries: &parcel.tries,
            body: parcel.event.body(parcel.webhook_id, parcel.owner_id, parcel.tries.len().max(1)),
        })
    }
}
