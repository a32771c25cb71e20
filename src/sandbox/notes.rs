//! Notes over API v1: the records with the names of what they are about.

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, Query as Parameters, State};
use axum::routing::get;
use serde_json::{Map, Value, json};

use super::Shared;
use super::answer::{Answer, Refusal, Shown, data, data_with};
use super::query::Query;
use super::records::{Note, create, me, now, patch};
use super::store::Store;
use super::v1::{body_of, window};
use super::v2::Raw;

/// The routes of notes.
pub fn routes() -> Router<Shared> {
    Router::new().route("/notes", get(list).post(add)).route("/notes/{id}", get(show).put(change).delete(delete))
}

/// A note with the names of what it is about.
fn shown<'a>(note: &'a Note, store: &Store) -> Shown<'a, Note> {
    let deal = note.deal_id.and_then(|id| store.deals.get(id)).map(|deal| json!({"title": deal.title}));
    let person = note.person_id.and_then(|id| store.persons.get(id)).map(|person| json!({"name": person.name}));
    let org = note.org_id.and_then(|id| store.organizations.get(id)).map(|org| json!({"name": org.name}));
    let user = store
        .users
        .get(note.user_id)
        .map(|user| json!({"email": user.email, "icon_url": null, "is_you": user.id == me(), "name": user.name}));
    let extra = [("deal", deal), ("person", person), ("organization", org), ("user", user), ("project", None)];
    let extra: Map<String, Value> =
        extra.into_iter().map(|(name, value)| (name.to_owned(), value.unwrap_or_default())).collect();
    Shown { item: note, extra }
}

async fn list(State(server): State<Shared>, Parameters(raw): Raw) -> Answer {
    let query = Query::new(raw);
    let (start, limit) = window(&query)?;
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
        other => return Err(Refusal::invalid(format!("'sort' does not know '{other}'"))),
    }
    let page: Vec<_> = found.iter().skip(start).take(limit).map(|note| shown(note, &store)).collect();
    let end = start.saturating_add(page.len());
    let mut pagination = json!({"start": start, "limit": limit, "more_items_in_collection": end < found.len()});
    if end < found.len() {
        pagination["next_start"] = end.into();
    }
    // An empty list of API v1 is null.
    let page = if page.is_empty() { None } else { Some(page) };
    Ok(data_with(page, &json!({"pagination": pagination})))
}

fn no_note() -> Refusal {
    Refusal::not_found("Note not found")
}

async fn show(State(server): State<Shared>, Path(id): Path<String>) -> Answer {
    let store = server.store();
    let note = id.parse().ok().and_then(|id| store.notes.get(id)).filter(|note| note.active_flag);
    Ok(data(shown(note.ok_or_else(no_note)?, &store)))
}

async fn add(State(server): State<Shared>, body: Result<Bytes, BytesRejection>) -> Answer {
    let body = body_of(body)?;
    server.edit(|store| {
        let note = create::<Note>(store, body, now())?;
        Ok(data(shown(&note, store)))
    })
}

async fn change(State(server): State<Shared>, Path(id): Path<String>, body: Result<Bytes, BytesRejection>) -> Answer {
    let (id, body) = (id.parse().map_err(|_| no_note())?, body_of(body)?);
    server.edit(|store| {
        store.notes.get(id).filter(|note| note.active_flag).ok_or_else(no_note)?;
        let note = patch::<Note>(store, id, body, now())?;
        Ok(data(shown(&note, store)))
    })
}

async fn delete(State(server): State<Shared>, Path(id): Path<String>) -> Answer {
    server.edit(|store| {
        let found = id.parse().ok().and_then(|id| store.notes.get(id)).filter(|note| note.active_flag);
        let note = Note { active_flag: false, update_time: now(), ..found.cloned().ok_or_else(no_note)? };
        store.notes.put(note);
        Ok(data(true))
    })
}
