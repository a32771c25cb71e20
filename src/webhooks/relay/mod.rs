//! The relay: one `dealdeck serve` hears the webhooks and passes on to each member of a team what they may see, over a
//! connection that the member's dashboard opens and keeps open. So a laptop behind any router hears of changes at once.
//!
//! It is a stream of server-sent events (<https://html.spec.whatwg.org/multipage/server-sent-events.html>) of these kinds:
//!
//! | kind | data | |
//! |---|---|---|
//! | `up` | `{}` | from here on nothing is missed; where the stream goes on after another one, nothing was |
//! | `gap` | `{}` | from here on nothing is missed; what was before may have been |
//! | `down` | the reason, as a text of JSON | the server itself hears nothing for now |
//! | none | what Pipedrive delivered, as it came | |
//! | `changed` | which item, when | the item has changed or is gone; whether the member may see it Pipedrive decides |
//!
//! An event's id names the run of the server and counts up; a heartbeat has one, too, so that who sees little of what is
//! delivered can still go on where they were.

mod client;
mod event;
mod ring;
mod server;
mod wire;

pub use self::client::listen;
pub use self::event::{Event, Parser, TooLong};
pub use self::ring::{Missed, Ring, Weighed};
pub use self::server::Relay;
