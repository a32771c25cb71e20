//! Webhooks of version 2.0, delivered as Pipedrive does: what happened (`event`), what is told of it (`payload`, and
//! `fields` for custom fields), and how it gets there or does not (`post`, with its `ledger`). Shapes are those of
//! <https://pipedrive.readme.io/docs/webhooks-v2-migration-guide>, delivery is that of
//! <https://pipedrive.readme.io/docs/guide-for-webhooks-v2>.
//!
//! Registrations of version 1.0 get nothing: that has another shape, which nothing here reads. Events that are not
//! delivered when the server stops are lost. What Pipedrive does after three days without a success, to delete the
//! webhook, is left out.

mod control;
mod event;
mod fields;
mod ledger;
mod payload;
mod post;

pub use control::routes;
pub use event::events;
pub use post::Post;
