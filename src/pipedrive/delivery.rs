//! What a webhook delivers (<https://pipedrive.readme.io/docs/guide-for-webhooks-v2>).

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::{Item, ItemRef, UserId};

/// An event, as a webhook tells of it. May come late, more than once, and in any order.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Names the event: the same each time that it is delivered.
    pub event: Uuid,
    /// When it happened, by the server's clock, to the millisecond.
    pub at: DateTime<Utc>,
    /// Who did it.
    pub by: Option<UserId>,
    /// Who may see what it is about; `None` where that is not said.
    pub seen_by: Option<Vec<UserId>>,
    /// What happened.
    pub payload: Payload,
}

/// Why a body is no delivery.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// It is no JSON, or none of this form.
    #[error("it cannot be read ({0})")]
    Unreadable(#[from] serde_json::Error),
    /// Something that each delivery has is missing.
    #[error("it does not say {0}")]
    Lacks(&'static str),
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    /// An item was made or changed.
    Item(Box<PartialItem>),
    /// An item was deleted.
    Deleted(ItemRef),
    /// An item was made or changed, and how it is now cannot be read.
    Unreadable(ItemRef),
    /// Something has become of the users. Not all of it is told: they are to be read again.
    Users,
    /// Nothing that is kept here.
    Other,
}

impl Payload {
    /// The item that it is about.
    pub fn item(&self) -> Option<ItemRef> {
        match self {
            Self::Item(told) => Some(told.key()),
            Self::Deleted(item) | Self::Unreadable(item) => Some(*item),
            Self::Users | Self::Other => None,
        }
    }
}

/// An item as a webhook tells of it: some of its fields may not be in there.
#[derive(Debug, Clone, PartialEq)]
pub struct PartialItem {
    /// The item; what is not told of it is as if it were empty.
    pub(super) item: Item,
    /// The fields that are not told, by the names that API v2 has for them.
    pub(super) missing: Vec<&'static str>,
}

impl PartialItem {
    /// What names the item.
    pub fn key(&self) -> ItemRef {
        self.item.key()
    }

    /// When it last changed.
    pub fn updated(&self) -> Option<DateTime<Utc>> {
        self.item.updated()
    }
}
