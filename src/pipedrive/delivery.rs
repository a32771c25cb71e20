//! Webhook deliveries (<https://pipedrive.readme.io/docs/guide-for-webhooks-v2>).

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::partial::PartialItem;
use crate::domain::{ItemRef, UserId};

/// An event that a webhook delivers. May arrive late, more than once, and in any order.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Identifies the event: the same each time it is delivered.
    pub event: Uuid,
    /// The time of the event by the server's clock, to the millisecond.
    pub at: DateTime<Utc>,
    /// The user who caused it.
    pub by: Option<UserId>,
    /// The users who may see the item; `None` if the delivery does not list them.
    pub seen_by: Option<Vec<UserId>>,
    /// The change.
    pub payload: Payload,
}

/// The reason why a body is no delivery.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// It is not JSON, or not of this form.
    #[error("it cannot be read ({0})")]
    Unreadable(#[from] serde_json::Error),
    /// It lacks something that every delivery has.
    #[error("it lacks {0}")]
    Lacks(&'static str),
}

/// The change that a delivery reports.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    /// An item was created or changed.
    Item(Box<PartialItem>),
    /// An item was deleted.
    Deleted(ItemRef),
    /// An item was created or changed, and its fields cannot be read.
    Unreadable(ItemRef),
    /// Users have changed. Deliveries hold only a part of them, so they must be read again.
    Users,
    /// Nothing that dealdeck stores.
    Other,
}

impl Payload {
    /// The item that it is about.
    pub fn item(&self) -> Option<ItemRef> {
        match self {
            Self::Item(item) => Some(item.key()),
            Self::Deleted(item) | Self::Unreadable(item) => Some(*item),
            Self::Users | Self::Other => None,
        }
    }
}
