//! The totals of deals, <https://developers.pipedrive.com/docs/api/v1/Deals#getDealsSummary>: the only place where
//! the API weights and converts sums itself.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::{Query as Parameters, State};
use axum::routing::get;
use serde_json::{Map, Value, json};

use crate::sandbox::query::Query;
use crate::sandbox::records::{Deal, Status};
use crate::sandbox::request::RawQuery;
use crate::sandbox::response::{ApiResult, data};
use crate::sandbox::server::Shared;
use crate::sandbox::store::Store;

/// The route of the totals.
pub fn routes() -> Router<Shared> {
    Router::new().route("/deals/summary", get(summary))
}

/// The sum of one currency.
#[derive(Default)]
struct Sum {
    value: f64,
    weighted: f64,
    count: u64,
}

async fn summary(State(server): State<Shared>, Parameters(raw): RawQuery) -> ApiResult {
    let query = Query::new(raw);
    let status = match query.keywords("status", &["open", "won", "lost"])?.first() {
        Some(&"open") => Some(Status::Open),
        Some(&"won") => Some(Status::Won),
        Some(&"lost") => Some(Status::Lost),
        _ => None,
    };
    let (user, pipeline, stage) = (query.number("user_id")?, query.number("pipeline_id")?, query.number("stage_id")?);
    let store = server.store();
    let is_wanted = |deal: &&Deal| {
        !deal.is_archived
            && status.map_or(deal.status != Status::Deleted, |status| deal.status == status)
            && user.is_none_or(|id| deal.owner_id == id)
            && pipeline.is_none_or(|id| deal.pipeline_id == id)
            && stage.is_none_or(|id| deal.stage_id == id)
    };
    let mut sums: BTreeMap<&str, Sum> = BTreeMap::new();
    for deal in store.deals.iter().filter(is_wanted) {
        let sum = sums.entry(&deal.currency).or_default();
        let value = deal.value.as_f64().unwrap_or_default();
        sum.value += value;
        sum.weighted += value * win_percent(deal, &store) / 100.0;
        sum.count += 1;
    }
    Ok(data(totals(&sums, &store)))
}

/// Returns the probability of winning a deal in percent: its own if its pipeline uses them, otherwise that of its stage.
fn win_percent(deal: &Deal, store: &Store) -> f64 {
    match deal.status {
        Status::Won => return 100.0,
        Status::Lost | Status::Deleted => return 0.0,
        Status::Open => {}
    }
    let uses_own = store.pipelines.get(deal.pipeline_id).is_some_and(|pipeline| pipeline.is_deal_probability_enabled);
    let own = deal.probability.as_ref().filter(|_| uses_own).and_then(serde_json::Number::as_f64);
    own.unwrap_or_else(|| store.stages.get(deal.stage_id).map_or(100.0, |stage| f64::from(stage.deal_probability)))
}

fn totals(sums: &BTreeMap<&str, Sum>, store: &Store) -> Value {
    let mine = store.current_user().default_currency.as_str();
    let (mut values, mut weighted) = (Map::new(), Map::new());
    let (mut converted, mut weighted_converted) = (0.0, 0.0);
    for (currency, sum) in sums {
        let in_mine = sum.value * rate(currency, mine, store);
        converted += in_mine;
        weighted_converted += sum.weighted * rate(currency, mine, store);
        let total = json!({
            "value": cents(sum.value), "count": sum.count, "value_converted": cents(in_mine),
            "value_formatted": formatted(sum.value, currency, store),
            "value_converted_formatted": formatted(in_mine, mine, store),
        });
        values.insert((*currency).to_owned(), total);
        let total = json!({
            "value": cents(sum.weighted), "count": sum.count, "value_formatted": formatted(sum.weighted, currency, store),
        });
        weighted.insert((*currency).to_owned(), total);
    }
    json!({
        "values_total": values, "weighted_values_total": weighted,
        "total_count": sums.values().map(|sum| sum.count).sum::<u64>(),
        "total_currency_converted_value": cents(converted),
        "total_weighted_currency_converted_value": cents(weighted_converted),
        "total_currency_converted_value_formatted": formatted(converted, mine, store),
        "total_weighted_currency_converted_value_formatted": formatted(weighted_converted, mine, store),
    })
}

/// Returns the exchange rate between two currencies.
fn rate(from: &str, to: &str, store: &Store) -> f64 {
    let per_euro =
        |code: &str| store.setup.currencies.iter().find(|known| known.code == code).map(|known| known.per_euro);
    per_euro(to).unwrap_or(1.0) / per_euro(from).unwrap_or(1.0)
}

fn cents(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn formatted(value: f64, code: &str, store: &Store) -> String {
    let currency = store.setup.currencies.iter().find(|currency| currency.code == code);
    let (symbol, decimals) = currency.map_or((code, 2), |known| (&*known.symbol, usize::from(known.decimal_points)));
    format!("{symbol}{value:.decimals$}")
}
