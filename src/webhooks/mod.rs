//! Webhooks: Pipedrive tells what has changed as it happens.
//!
//! Whoever takes deliveries in hears [`Signal`]s over a bounded channel, and need not know whether they come from a
//! listener of this process or by way of a team's.
//!
//! | file | what |
//! |---|---|
//! | `open` | listener and registrations, from their start to their end |
//! | `listener` | takes deliveries in |
//! | `connections` | not too many of them, and none for ever |
//! | `tally` | what came, counted |
//! | `registrar` | registers webhooks, and takes them away |
//! | `identity` | what tells the own ones from those of others |
//! | `probe` | what a listener says of itself, and how it is asked |
//! | `relay` | what is heard, passed on to the members of a team |
//! | `key` | by which a member shows a team's server who they are |

mod connections;
mod identity;
mod limits;
mod listener;
mod member_key;
mod probe;
mod registrar;
mod rejection;
pub mod relay;
mod service;
mod stats;
mod status;

use std::sync::Arc;

use tokio::sync::{Notify, mpsc};

pub use self::identity::Identity;
pub use self::limits::ListenerLimits;
pub use self::listener::{AcceptedDelivery, ListenError, Listener};
pub use self::member_key::{MemberKey, MemberKeyError};
pub use self::probe::{ProbeError, Prober};
pub use self::registrar::Registrar;
pub use self::rejection::Rejection;
pub use self::service::{WebhookService, WebhookSettings, remove_leftovers, start, start_for_team};
pub use self::stats::ListenerStats;
pub use self::status::{ListenerStatus, SeenDelivery};
use crate::pipedrive::Delivery;

/// What is heard of webhooks.
#[derive(Debug, Clone, PartialEq)]
pub enum Signal {
    /// From now on what changes is delivered. What changed before may not have been.
    Up {
        /// Whether they are newly registered. Those of before may have failed too often while nobody listened: then
        /// Pipedrive delivers nothing for half an hour.
        new: bool,
    },
    /// An event.
    Delivery(Box<Delivery>),
    /// Nothing is delivered: why, in words for a person. It is tried again by itself.
    Down(String),
}

/// Where webhooks are heard.
#[derive(Debug)]
pub struct Feed {
    /// What is heard.
    pub signals: mpsc::Receiver<Signal>,
    /// Asks to look now whether they are still registered, as nothing was heard of something that should have been.
    pub doubt: Arc<Notify>,
}

impl Feed {
    /// One by which nothing is heard, and why.
    pub fn broken(why: String) -> Self {
        let (told, signals) = mpsc::channel(1);
        // There is room, as it is the first.
        let _ = told.try_send(Signal::Down(why));
        Self { signals, doubt: Arc::default() }
    }
}
