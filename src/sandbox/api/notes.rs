//! Notes over API v1, each with the names of the records that it links to.

use axum::Router;
use axum::extract::{Path, Query as Parameters, State};
use axum::routing::get;
use serde_json::{Map, Value, json};

use crate::sandbox::current_user::current_user_id;
use crate::sandbox::query::Query;
use crate::sandbox::records::{Note, create, now, patch};
use crate::sandbox::request::{BodyResult, RawQuery, json_object_v1};
use crate::sandbox::response::{ApiResult, ErrorResponse, WithExtras, data, data_with};
use crate::sandbox::server::Shared;
use crate::sandbox::store::Store;

/// The routes of notes.
pub fn routes() -> Router<Shared> {
    Router::new().route("/notes", get(list).post(add)).route("/notes/{id}", get(show).put(change).delete(delete))
}

/// Adds the names of the linked records to a note.
fn with_names<'a>(note: &'a Note, store: &Store) -> WithExtras<'a, Note> {
    let deal = note.deal_id.and_then(|id| store.deals.get(id)).map(|deal| json!({"title": deal.title}));
    let person = note.person_id.and_then(|id| store.persons.get(id)).map(|person| json!({"name": person.name}));
    let org = note.org_id.and_then(|id| store.organizations.get(id)).map(|org| json!({"name": org.name}));
    let user = store
        .users
        .get(note.user_id)
        .map(|user| json!({"email": user.email, "icon_url": null, "is_you": user.id == current_user_id(), "name": user.name}));
    let extra = [("deal", deal), ("person", person), ("organization", org), ("user", user), ("project", None)];
    let extra: Map<String, Value> =
        extra.into_iter().map(|(name, value)| (name.to_owned(), value.unwrap_or_default())).collect();
    WithExtras { item: note, extra }
}

async fn list(State(server): State<Shared>, Parameters(raw): RawQuery) -> ApiResult {
    let query = Query::new(raw);
    let (start, limit) = query.start_and_limit()?;
    let (user, deal, lead) = (query.number("user_id")?, query.number("deal_id")?, query.uuid("lead_id")?);
    let (person, org, since) = (query.number("person_id")?, query.number("org_id")?, query.time("updated_since")?);
    let store = server.store();
    let is_wanted = |note: &&Note| {
        note.active_flag
            && user.is_none_or(|id| note.user_id == id)
            && deal.is_none_or(|id| note.deal_id == Some(id))
            && lead.is_none_or(|id| note.lead_id == Some(id))
            && person.is_none_or(|id| note.person_id == Some(id))
            && org.is_none_or(|id| note.org_id == Some(id))
            && since.is_none_or(|since| note.update_time >= since)
    };
    let mut found: Vec<&Note> = store.notes.iter().filter(is_wanted).collect();
    match query.text("sort").unwrap_or("id") {
        "id" | "id ASC" | "add_time" | "add_time ASC" => {}
        "id DESC" | "add_time DESC" => found.reverse(),
        "update_time" | "update_time ASC" => found.sort_by_key(|note| note.update_time),
        "update_time DESC" => found.sort_by_key(|note| std::cmp::Reverse(note.update_time)),
        other => return Err(ErrorResponse::bad_request(format!("'sort' does not know '{other}'"))),
    }
    let page: Vec<_> = found.iter().skip(start).take(limit).map(|note| with_names(note, &store)).collect();
    let end = start.saturating_add(page.len());
    let mut pagination = json!({"start": start, "limit": limit, "more_items_in_collection": end < found.len()});
    if end < found.len() {
        pagination["next_start"] = end.into();
    }
    // An empty list of API v1 is null.
    let page = if page.is_empty() { None } else { Some(page) };
    Ok(data_with(page, &json!({"pagination": pagination})))
}

fn no_note() -> ErrorResponse {
    ErrorResponse::not_found("Note not found")
}

async fn show(State(server): State<Shared>, Path(id): Path<String>) -> ApiResult {
    let store = server.store();
    let note = id.parse().ok().and_then(|id| store.notes.get(id)).filter(|note| note.active_flag);
    Ok(data(with_names(note.ok_or_else(no_note)?, &store)))
}

async fn add(State(server): State<Shared>, body: BodyResult) -> ApiResult {
    let body = json_object_v1(body)?;
    server.edit(|store| {
        let note = create::<Note>(store, body, now())?;
        Ok(data(with_names(&note, store)))
    })
}

async fn change(State(server): State<Shared>, Path(id): Path<String>, body: BodyResult) -> ApiResult {
    let (id, body) = (id.parse().map_err(|_| no_note())?, json_object_v1(body)?);
    server.edit(|store| {
        store.notes.get(id).filter(|note| note.active_flag).ok_or_else(no_note)?;
        let note = patch::<Note>(store, id, body, now())?;
        Ok(data(with_names(&note, store)))
    })
}

async fn delete(State(server): State<Shared>, Path(id): Path<String>) -> ApiResult {
    server.edit(|store| {
        let found = id.parse().ok().and_then(|id| store.notes.get(id)).filter(|note| note.active_flag);
        let note = Note { active_flag: false, update_time: now(), ..found.cloned().ok_or_else(no_note)? };
        store.notes.put(note);
        Ok(data(true))
    })
}
