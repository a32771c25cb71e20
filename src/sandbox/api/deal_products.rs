//! Products on deals over API v2.

use axum::Router;
use axum::extract::{Path, Query as Parameters, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, patch as patch_route};
use serde_json::json;

use crate::sandbox::query::{Cursor, Query};
use crate::sandbox::records::{Deal, DealProduct, Record, create, missing, now, patch};
use crate::sandbox::request::{BodyResult, RawQuery, json_object};
use crate::sandbox::response::{ApiResult, ErrorResponse, data, page};
use crate::sandbox::server::Shared;
use crate::sandbox::store::Store;

/// The most products on a page.
const MAX_PAGE: usize = 500;

/// The routes of products on deals.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/deals/{id}/products", get(list).post(add))
        .route("/deals/{id}/products/{product}", patch_route(change).delete(delete))
}

async fn list(State(server): State<Shared>, Path(id): Path<u64>, Parameters(raw): RawQuery) -> ApiResult {
    let query = Query::new(raw);
    let store = server.store();
    store.deals.get(id).ok_or_else(|| missing::<Deal>(id))?;
    let (start, limit) = (query.offset()?, query.limit(MAX_PAGE)?);
    let mut all: Vec<&DealProduct> = store.products.iter().filter(|product| product.deal_id == id).collect();
    match query.keywords("sort_by", &["id", "add_time", "update_time", "order_nr"])?.first() {
        Some(&"order_nr") => all.sort_by_key(|product| product.order_nr),
        Some(&"update_time") => all.sort_by_key(|product| product.update_time),
        _ => {}
    }
    let end = start.saturating_add(limit);
    let next = (end < all.len()).then(|| Cursor::at_offset(end).encode());
    Ok(page(all.into_iter().skip(start).take(limit).collect::<Vec<_>>(), next.as_deref()))
}

async fn add(State(server): State<Shared>, Path(id): Path<u64>, body: BodyResult) -> ApiResult {
    let mut body = json_object(body)?;
    body.insert("deal_id".to_owned(), id.into());
    server.edit(|store| {
        let product = create::<DealProduct>(store, body, now())?;
        Ok((StatusCode::CREATED, data(product)).into_response())
    })
}

async fn change(State(server): State<Shared>, Path((id, product)): Path<(u64, u64)>, body: BodyResult) -> ApiResult {
    let body = json_object(body)?;
    server.edit(|store| {
        check_on_deal(store, id, product)?;
        Ok(data(patch::<DealProduct>(store, product, body, now())?))
    })
}

async fn delete(State(server): State<Shared>, Path((id, product)): Path<(u64, u64)>) -> ApiResult {
    server.edit(|store| {
        check_on_deal(store, id, product)?;
        DealProduct::table_mut(store).remove(product);
        Ok(data(json!({"id": product})))
    })
}

/// Returns an error if the product is not on this deal.
fn check_on_deal(store: &Store, deal: u64, product: u64) -> Result<(), ErrorResponse> {
    let is_on_deal = store.products.get(product).is_some_and(|product| product.deal_id == deal);
    if is_on_deal { Ok(()) } else { Err(missing::<DealProduct>(product)) }
}
