//! The routes of API v2.

use axum::Router;

use super::collection::{self, archived_deals};
use super::{conversions, deal_products, fields, search};
use crate::sandbox::records::{Activity, Deal, Organization, Person, Pipeline, Stage};
use crate::sandbox::server::Shared;

/// Returns all routes below `/api/v2`.
pub fn routes() -> Router<Shared> {
    Router::new()
        .merge(collection::routes::<Deal>("/deals"))
        .merge(collection::routes::<Person>("/persons"))
        .merge(collection::routes::<Organization>("/organizations"))
        .merge(collection::routes::<Activity>("/activities"))
        .merge(collection::routes::<Pipeline>("/pipelines"))
        .merge(collection::routes::<Stage>("/stages"))
        .route("/deals/archived", axum::routing::get(archived_deals))
        .merge(search::routes())
        .merge(conversions::routes())
        .merge(fields::routes())
        .merge(deal_products::routes())
}
