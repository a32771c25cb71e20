//! Webhooks of version 2.0, delivered as Pipedrive delivers them: `event` collects what an edit changed, `payload` (and
//! `field_values` for custom fields) builds the body, and `dispatcher` sends it and keeps the `delivery_log`. Shapes
//! follow <https://pipedrive.readme.io/docs/webhooks-v2-migration-guide>, deliveries follow
//! <https://pipedrive.readme.io/docs/guide-for-webhooks-v2>.
//!
//! Registrations of version 1.0 receive nothing: their format differs, and dealdeck never reads it. Events not
//! delivered when the server stops are lost. Pipedrive deletes a webhook after three days without a success; that is
//! not imitated.

mod delivery_log;
mod dispatcher;
pub mod event;
mod field_values;
mod payload;

pub use dispatcher::{Dispatcher, Flow};
