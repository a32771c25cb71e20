//! Activity types and currencies of the account over API v1.

use axum::Router;
use axum::extract::{Query as Parameters, State};
use axum::routing::get;
use serde_json::{Value, json};

use crate::sandbox::query::Query;
use crate::sandbox::request::RawQuery;
use crate::sandbox::response::{ApiResult, data};
use crate::sandbox::server::Shared;
use crate::sandbox::setup::{ActivityType, Currency};

/// The routes of activity types and currencies.
pub fn routes() -> Router<Shared> {
    Router::new().route("/activityTypes", get(activity_types)).route("/currencies", get(currencies))
}

async fn activity_types(State(server): State<Shared>) -> ApiResult {
    let store = server.store();
    let show = |(at, kind): (usize, &ActivityType)| {
        json!({
            "id": at + 1, "order_nr": at + 1, "name": kind.name, "key_string": kind.key_string,
            "icon_key": kind.icon_key, "active_flag": true, "color": null, "is_custom_flag": kind.is_custom,
            "add_time": "2024-03-04 09:00:00", "update_time": "2024-03-04 09:00:00",
        })
    };
    Ok(data(store.setup.activity_types.iter().enumerate().map(show).collect::<Vec<_>>()))
}

async fn currencies(State(server): State<Shared>, Parameters(raw): RawQuery) -> ApiResult {
    let query = Query::new(raw);
    let term = query.text("term").unwrap_or_default().to_lowercase();
    let store = server.store();
    let all = store.setup.currencies.iter().enumerate();
    let show = |(at, currency): (usize, &Currency)| {
        json!({
            "id": at + 1, "code": currency.code, "name": currency.name, "symbol": currency.symbol,
            "decimal_points": currency.decimal_points, "active_flag": true, "is_custom_flag": false,
        })
    };
    let fits = |(_, currency): &(usize, &Currency)| {
        currency.code.to_lowercase().contains(&term) || currency.name.to_lowercase().contains(&term)
    };
    Ok(data(all.filter(fits).map(show).collect::<Value>()))
}
