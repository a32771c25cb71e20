//! The log of webhook deliveries, from which a test learns if, when and after how many attempts an event arrived.

use std::collections::VecDeque;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::event::{Body, Event};

/// The most deliveries in the log.
const MAX_ENTRIES: usize = 20_000;

/// The state of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// It has not been attempted, or will be attempted again.
    Waiting,
    /// It arrived.
    Delivered,
    /// All attempts failed.
    GivenUp,
    /// The webhook was banned when the delivery was due.
    Banned,
    /// Too many deliveries were waiting.
    Lost,
    /// The webhook was deleted before the delivery was due.
    Unregistered,
}

/// The outcome of one attempt.
#[derive(Debug, Clone, Serialize)]
pub struct Attempt {
    /// The end of the attempt.
    pub time: DateTime<Utc>,
    /// The status of the response; `None` without a response.
    pub status: Option<u16>,
}

/// An event on its way to a webhook.
#[derive(Debug)]
pub struct Delivery {
    pub event: Arc<Event>,
    pub webhook_id: u64,
    pub owner_id: u64,
    pub attempts: Vec<Attempt>,
    pub status: DeliveryStatus,
}

/// A delivery as `/sandbox/deliveries` lists it.
#[derive(Debug, Serialize)]
pub struct Entry<'a> {
    webhook_id: u64,
    event_id: &'a str,
    #[serde(rename = "fate")]
    status: DeliveryStatus,
    #[serde(rename = "tries")]
    attempts: &'a [Attempt],
    /// The body of the last attempt, or of the first one if there was none yet.
    body: Body<'a>,
}

/// The last deliveries, oldest first.
#[derive(Debug, Default)]
pub struct DeliveryLog {
    last: VecDeque<Delivery>,
    /// The number of the oldest delivery in `last`.
    first: u64,
}

impl DeliveryLog {
    /// Adds a delivery and returns its number.
    pub fn add(&mut self, delivery: Delivery) -> u64 {
        self.last.push_back(delivery);
        if self.last.len() > MAX_ENTRIES {
            self.last.pop_front();
            self.first += 1;
        }
        self.first + self.last.len() as u64 - 1
    }

    /// Returns a delivery by its number; `None` if it has been dropped from the log.
    pub fn get_mut(&mut self, number: u64) -> Option<&mut Delivery> {
        self.last.get_mut(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// Returns all deliveries in the log.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.last.iter().map(|delivery| Entry {
            webhook_id: delivery.webhook_id,
            event_id: delivery.event.id(),
            status: delivery.status,
            attempts: &delivery.attempts,
            body: delivery.event.body(delivery.webhook_id, delivery.owner_id, delivery.attempts.len().max(1)),
        })
    }
}
