//! Lists read page by page, in either of the API's two ways.

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::client::Api;
use super::error::ApiError;
use super::request::{Lane, Request, Version};
use super::wire::{self, Object, PageV1, PageV2};

/// How many objects are asked for at once: the most that a list gives (Pipedrive's pagination page). A page costs the
/// same however many are on it.
const PER_PAGE: usize = 500;
/// How many objects a list of API v1 may have.
const MOST_OBJECTS: usize = 1_000_000;
/// How many pages without an object may follow each other. A page may be short or empty though more follow.
const MOST_EMPTY: usize = 10;

/// A list of the domain that is read page by page, each when it is asked for.
#[derive(Debug)]
#[must_use]
pub struct Pages<D> {
    api: Api,
    lane: Lane,
    request: Request,
    decode: fn(Option<&RawValue>) -> Result<Vec<D>, ApiError>,
    place: Place,
    empty: usize,
}

#[derive(Debug)]
enum Place {
    /// API v2: the cursor of the next page, and all that came before.
    Cursor(Option<String>, HashSet<String>),
    /// API v1: how many objects come before the next page.
    Start(usize),
    /// Read to its end, or failed.
    End,
}

impl<D> Pages<D> {
    pub(super) fn new<T: Object<Domain = D>>(api: &Api, lane: Lane, request: Request) -> Self {
        let place = match request.version {
            Version::V1 => Place::Start(0),
            Version::V2 => Place::Cursor(None, HashSet::new()),
        };
        Self { api: api.clone(), lane, request, decode: wire::list::<T>, place, empty: 0 }
    }

    /// The highest ids first, for a list that is sorted by them.
    pub fn newest_first(mut self) -> Self {
        self.request = self.request.with("sort_direction", "desc");
        self
    }

    /// From where an earlier reading of the same list has left it.
    pub fn from_cursor(mut self, cursor: Option<String>) -> Self {
        if let (Some(cursor), Place::Cursor(..)) = (cursor, &self.place) {
            self.place = Place::Cursor(Some(cursor), HashSet::new());
        }
        self
    }

    /// Where the next page begins; `None` before the first and after the last one.
    pub fn cursor(&self) -> Option<&str> {
        match &self.place {
            Place::Cursor(cursor, _) => cursor.as_deref(),
            Place::Start(_) | Place::End => None,
        }
    }

    /// Whether there is no further page.
    pub(super) fn is_at_end(&self) -> bool {
        matches!(self.place, Place::End)
    }

    /// The next page; `None` when all was read.
    ///
    /// # Errors
    /// Those of the call, and [`ApiError::Unreadable`] where the pages go round in circles. There is no page after
    /// an error.
    pub async fn next(&mut self) -> Option<Result<Vec<D>, ApiError>> {
        let page = match std::mem::replace(&mut self.place, Place::End) {
            Place::End => return None,
            Place::Cursor(cursor, seen) => self.by_cursor(cursor, seen).await,
            Place::Start(start) => self.by_start(start).await,
        };
        if page.as_ref().is_ok_and(Vec::is_empty) {
            self.empty += 1;
        } else {
            self.empty = 0;
        }
        if self.empty > MOST_EMPTY {
            self.place = Place::End;
            return Some(Err(ApiError::Unreadable("empty pages follow each other without end".to_owned())));
        }
        Some(page)
    }

    /// All pages together.
    ///
    /// # Errors
    /// Those of [`Self::next`].
    pub async fn all(mut self) -> Result<Vec<D>, ApiError> {
        let mut all = Vec::new();
        while let Some(page) = self.next().await {
            all.append(&mut page?);
        }
        Ok(all)
    }

    async fn by_cursor(&mut self, cursor: Option<String>, mut seen: HashSet<String>) -> Result<Vec<D>, ApiError> {
        let mut request = self.request.clone().with("limit", PER_PAGE);
        if let Some(cursor) = cursor {
            request = request.with("cursor", &cursor);
            if !seen.insert(cursor) {
                return Err(ApiError::Unreadable("its pages go round in circles".to_owned()));
            }
        }
        let envelope = self.api.call(self.lane, request).await?;
        let page: PageV2 = wire::raw(envelope.additional_data.as_deref())?.unwrap_or_default();
        let objects = (self.decode)(envelope.data.as_deref())?;
        // Only a missing cursor is the end: a short or empty page is not.
        if let Some(next) = page.next_cursor.0.filter(|next| !next.is_empty()) {
            self.place = Place::Cursor(Some(next), seen);
        }
        Ok(objects)
    }

    async fn by_start(&mut self, start: usize) -> Result<Vec<D>, ApiError> {
        let request = self.request.clone().with("start", start).with("limit", PER_PAGE);
        let envelope = self.api.call(self.lane, request).await?;
        let page: PageV1 = wire::raw(envelope.additional_data.as_deref())?.unwrap_or_default();
        let objects = (self.decode)(envelope.data.as_deref())?;
        // Without a word of the server the next page begins after what this one holds, should it hold less than was
        // asked for.
        if let Some(next) = page.next_start(start + if objects.is_empty() { PER_PAGE } else { objects.len() }) {
            if next <= start || next > MOST_OBJECTS {
                return Err(ApiError::Unreadable("its pages go round in circles".to_owned()));
            }
            self.place = Place::Start(next);
        }
        Ok(objects)
    }
}
