//! Webhooks: Pipedrive reports changes as they happen.
//!
//! A consumer receives [`Signal`]s over a bounded channel. It need not know whether they come from a listener of this
//! process or through a team's server.
//!
//! | file | content |
//! |---|---|
//! | `service` | listener and registrations, from start to end |
//! | `listener`, `limits`, `rejection` | accepts deliveries within limits, and rejects other requests |
//! | `connections` | bounds the number and the life of connections |
//! | `stats`, `status` | counters, and the state that a listener reports |
//! | `registrar` | registers and removes webhooks |
//! | `identity` | tells this dealdeck's webhooks from those of others |
//! | `probe` | the self-check through the public address |
//! | `relay` | passes deliveries on to the members of a team |
//! | `member_key` | the key by which a member signs in to a team's server |

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

/// A signal of webhooks.
#[derive(Debug, Clone, PartialEq)]
pub enum Signal {
    /// Changes are delivered from now on. Earlier ones may not have been.
    Up {
        /// `true` if they are newly registered. Earlier ones may have failed too often while nobody listened: then
        /// Pipedrive delivers nothing for half an hour.
        new: bool,
    },
    /// An event.
    Delivery(Box<Delivery>),
    /// Nothing is delivered, with the reason in words for the user. dealdeck retries automatically.
    Down(String),
}

/// The receiving end of webhooks.
#[derive(Debug)]
pub struct Feed {
    /// The signals.
    pub signals: mpsc::Receiver<Signal>,
    /// Asks for a check whether they are still registered, because an expected delivery is missing.
    pub doubt: Arc<Notify>,
}

impl Feed {
    /// Returns a feed that delivers nothing, with the reason.
    pub fn broken(why: String) -> Self {
        let (told, signals) = mpsc::channel(1);
        // There is room, as it is the first.
        let _ = told.try_send(Signal::Down(why));
        Self { signals, doubt: Arc::default() }
    }
}
