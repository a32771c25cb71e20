//! The state of a listener as it reports it to `doctor`, in JSON.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::ItemRef;

/// The state of a listener.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListenerStatus {
    /// Its process id.
    pub process: u32,
    /// The number of deliveries that it has accepted.
    pub taken: u64,
    /// The number of requests that it has rejected because they lacked the password.
    pub unauthorized: u64,
    /// The number of requests that it has rejected for other reasons.
    pub refused: u64,
    /// The time of the last accepted delivery.
    pub last: Option<DateTime<Utc>>,
    /// The latest deliveries, the newest last.
    pub latest: Vec<SeenDelivery>,
}

/// A delivery that has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SeenDelivery {
    /// The item.
    pub item: ItemRef,
    /// `true` if the item was deleted.
    pub gone: bool,
}
