//! The events that a team's server sends to its members' dashboards.

use axum::body::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::event::Event;
use super::ring::Weighed;
use crate::domain::{ItemRef, UserId};
use crate::pipedrive::{Delivery, Payload};
use crate::webhooks::Signal;

/// The kinds of events.
pub(super) mod kind {
    pub const UP: &str = "up";
    pub const GAP: &str = "gap";
    pub const DOWN: &str = "down";
    pub const CHANGED: &str = "changed";
    /// A delivery of Pipedrive.
    pub const DELIVERY: &str = "";
}

/// The data of events that have none, because an event without data is ignored.
pub(super) const NOTHING: &str = "{}";

/// Something that is told to members.
#[derive(Debug)]
pub(super) enum PartialItem {
    /// Something was delivered.
    Delivery {
        /// As it came.
        body: Bytes,
        /// The users who may see it.
        seen_by: SeenBy,
    },
    /// From here on nothing is missed; whether what was before may have been.
    Up { gap: bool },
    /// Nothing is delivered for now.
    Down(String),
}

/// The users who may see a delivery.
#[derive(Debug)]
pub(super) enum SeenBy {
    /// Everybody: it is about the users.
    Everybody,
    /// These of the members.
    Members(Vec<UserId>),
    /// It is not said: each asks Pipedrive for it.
    Unsaid(String),
}

/// That an item has changed.
#[derive(Debug, Serialize, Deserialize)]
struct Changed {
    event: Uuid,
    at: DateTime<Utc>,
    item: ItemRef,
}

impl Weighed for PartialItem {
    fn weight(&self) -> usize {
        let content = match self {
            Self::Delivery { body, seen_by: SeenBy::Members(users) } => body.len() + size_of_val(users.as_slice()),
            Self::Delivery { body, seen_by: SeenBy::Everybody } => body.len(),
            Self::Delivery { seen_by: SeenBy::Unsaid(changed), .. } => changed.len(),
            Self::Up { .. } => 0,
            Self::Down(why) => why.len(),
        };
        size_of::<Self>() + content
    }
}

impl PartialItem {
    /// Returns the event for a delivery, if any of these members may see it.
    pub(super) fn of(delivery: &Delivery, body: &Bytes, is_member: impl Fn(UserId) -> bool) -> Option<Self> {
        if delivery.payload == Payload::Users {
            return Some(Self::Delivery { body: body.clone(), seen_by: SeenBy::Everybody });
        }
        let item = delivery.payload.item()?;
        if let Some(users) = &delivery.seen_by {
            let users: Vec<UserId> = users.iter().copied().filter(|user| is_member(*user)).collect();
            return (!users.is_empty()).then(|| Self::Delivery { body: body.clone(), seen_by: SeenBy::Members(users) });
        }
        let changed = Changed { event: delivery.event, at: delivery.at, item };
        let changed = serde_json::to_string(&changed).ok()?;
        Some(Self::Delivery { body: Bytes::new(), seen_by: SeenBy::Unsaid(changed) })
    }

    /// The event by which a member is told, if they are: its kind and its data.
    pub(super) fn event(&self, user: UserId) -> Option<(&'static str, String)> {
        let text = |body: &Bytes| String::from_utf8_lossy(body).into_owned();
        match self {
            Self::Delivery { body, seen_by: SeenBy::Everybody } => Some((kind::DELIVERY, text(body))),
            Self::Delivery { body, seen_by: SeenBy::Members(users) } => {
                users.contains(&user).then(|| (kind::DELIVERY, text(body)))
            }
            Self::Delivery { seen_by: SeenBy::Unsaid(changed), .. } => Some((kind::CHANGED, changed.clone())),
            Self::Up { gap } => Some((if *gap { kind::GAP } else { kind::UP }, NOTHING.to_owned())),
            Self::Down(why) => Some((kind::DOWN, serde_json::Value::from(why.as_str()).to_string())),
        }
    }
}

/// Reads an event. Returns `None` if it makes no sense, or is of a later version.
pub(super) fn signal(event: &Event) -> Option<Signal> {
    let delivery = |delivery| Signal::Delivery(Box::new(delivery));
    match event.kind.as_str() {
        kind::UP => Some(Signal::Up { new: false }),
        kind::GAP => Some(Signal::Up { new: true }),
        kind::DOWN => serde_json::from_str(&event.data).ok().map(Signal::Down),
        kind::CHANGED => {
            let changed: Changed = serde_json::from_str(&event.data).ok()?;
            let payload = Payload::Unreadable(changed.item);
            Some(delivery(Delivery { event: changed.event, at: changed.at, by: None, seen_by: None, payload }))
        }
        kind::DELIVERY => Delivery::read(event.data.as_bytes()).ok().map(delivery),
        _ => None,
    }
}
