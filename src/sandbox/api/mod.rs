//! The endpoints of Pipedrive's API, with the routes of its versions in `v1` and `v2`.

mod account;
mod collection;
mod conversions;
mod deal_products;
mod fields;
mod filters;
mod history;
mod leads;
mod notes;
mod search;
mod summary;
mod users;
pub mod v1;
pub mod v2;
mod webhooks;
