//! The calls for what there is to know of an item beyond the item itself: notes, products, and what has happened.

use chrono::{DateTime, Utc};

use super::client::Api;
use super::error::ApiError;
use super::request::{Lane, Request, Version, cost};
use super::wire::{self, CountsObject, HappeningObject, NoteObject, ProductObject};
use crate::domain::{DealId, ItemRef, Note, NoteId, NotePatch, Product, TimelineEntry};

/// The most notes, products or timeline entries of an item that are read: a page, the newest.
const PAGE: usize = 100;

/// The number of notes and products of an item.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OnItem {
    /// The number of notes; `None` if unknown.
    pub notes: Option<u64>,
    /// The number of products; `None` if unknown.
    pub products: Option<u64>,
    /// When the item last changed.
    pub updated: Option<DateTime<Utc>>,
}

impl Api {
    /// Counts an item's notes and products. That costs next to nothing, and what is not there need not be fetched.
    pub async fn on_item(&self, lane: Lane, item: ItemRef) -> Result<OnItem, ApiError> {
        let (path, fields) = match item {
            ItemRef::Deal(id) => (format!("/deals/{id}"), "notes_count,products_count"),
            ItemRef::Person(id) => (format!("/persons/{id}"), "notes_count"),
            ItemRef::Org(id) => (format!("/organizations/{id}"), "notes_count"),
            ItemRef::Lead(_) | ItemRef::Activity(_) | ItemRef::Note(_) => return Ok(OnItem::default()),
        };
        let request = Request::get(Version::V2, path, cost::GET).with("include_fields", fields);
        let envelope = self.call(lane, request).await?;
        let counts: CountsObject = wire::structure(envelope.data.as_deref())?;
        Ok(OnItem { notes: counts.notes_count.0, products: counts.products_count.0, updated: counts.update_time.0 })
    }

    /// The notes on an item; of very many the latest.
    pub async fn notes_on(&self, lane: Lane, item: ItemRef) -> Result<Vec<Note>, ApiError> {
        let Some(request) = notes_request(item) else { return Ok(Vec::new()) };
        self.fetch_all::<NoteObject>(lane, request.with("sort", "add_time DESC").with("limit", PAGE)).await
    }

    /// The latest notes on an item by id, with the latest first: to find out what became of a call whose answer was
    /// lost.
    pub async fn latest_notes(&self, item: ItemRef, most: usize) -> Result<Vec<Note>, ApiError> {
        let Some(request) = notes_request(item) else { return Ok(Vec::new()) };
        self.fetch_all::<NoteObject>(self.edit_lane(), request.with("sort", "id DESC").with("limit", most)).await
    }

    /// The products on a deal, in their order.
    pub async fn products_on(&self, lane: Lane, deal: DealId) -> Result<Vec<Product>, ApiError> {
        let request = Request::get(Version::V2, format!("/deals/{deal}/products"), cost::LIST)
            .with("sort_by", "order_nr")
            .with("limit", PAGE);
        self.fetch_all::<ProductObject>(lane, request).await
    }

    /// Fetches an item's timeline, newest first. Pipedrive has one for deals, people and organizations.
    pub async fn timeline(&self, lane: Lane, item: ItemRef) -> Result<Vec<TimelineEntry>, ApiError> {
        let path = match item {
            ItemRef::Deal(id) => format!("/deals/{id}/flow"),
            ItemRef::Person(id) => format!("/persons/{id}/flow"),
            ItemRef::Org(id) => format!("/organizations/{id}/flow"),
            ItemRef::Lead(_) | ItemRef::Activity(_) | ItemRef::Note(_) => return Ok(Vec::new()),
        };
        let request = Request::get(Version::V1, path, cost::FLOW).with("limit", PAGE).with("all_changes", 1);
        let mut all = self.fetch_all::<HappeningObject>(lane, request).await?;
        all.sort_by_key(|happening| std::cmp::Reverse(happening.at));
        Ok(all)
    }

    /// One note.
    pub async fn note(&self, lane: Lane, id: NoteId) -> Result<Note, ApiError> {
        self.fetch_one::<NoteObject>(lane, Request::get(Version::V1, format!("/notes/{id}"), cost::GET_V1)).await
    }

    /// Writes a note.
    pub async fn create_note(&self, on: ItemRef, content: &str) -> Result<Note, ApiError> {
        let request = Request::post(Version::V1, "/notes", wire::new_note(on, content), cost::WRITE_V1);
        self.fetch_one::<NoteObject>(self.edit_lane(), request).await
    }

    /// Changes a note; gives it as it is then.
    pub async fn update_note(&self, id: NoteId, patch: &NotePatch) -> Result<Note, ApiError> {
        let request = Request::put(Version::V1, format!("/notes/{id}"), wire::note_patch(patch), cost::WRITE_V1);
        self.fetch_one::<NoteObject>(self.edit_lane(), request).await
    }
}

fn notes_request(item: ItemRef) -> Option<Request> {
    let request = Request::get(Version::V1, "/notes", cost::LIST_V1);
    Some(match item {
        ItemRef::Deal(id) => request.with("deal_id", id),
        ItemRef::Lead(id) => request.with("lead_id", id),
        ItemRef::Person(id) => request.with("person_id", id),
        ItemRef::Org(id) => request.with("org_id", id),
        ItemRef::Activity(_) | ItemRef::Note(_) => return None,
    })
}
