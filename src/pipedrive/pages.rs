//! Lists read page by page, in either of the API's two ways.
//!
//! A list must come to its end: it has to advance with each page, and is bounded in pages and in objects on a page, so
//! that a server that never stops costs a few requests and no memory.

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::call::Caller;
use super::error::ApiError;
use super::request::{Lane, Request, Version};
use super::wire::{self, Key, List, Object};

/// The number of objects per page: the most that a list allows (Pipedrive's pagination page). A page costs the
/// same however many are on it.
pub(super) const PER_PAGE: usize = 500;
/// The most objects of a list of API v1.
const MAX_OBJECTS: usize = 1_000_000;
/// The most pages of a list: a million objects.
pub(super) const MAX_PAGES: usize = MAX_OBJECTS / PER_PAGE;
/// The most empty pages in a row. A page may be short or empty though more follow.
const MAX_EMPTY: usize = 10;
/// The most pages in a row that repeat earlier objects: an object that changes while a list is read may come again.
pub(super) const MAX_REPEATED: usize = 2;

/// Reads a page: its `data`, of which version it is, and how many objects it may have.
type Decode<D> = fn(Option<&RawValue>, Version, usize) -> Result<List<D>, ApiError>;

/// A list of the domain that is read page by page, each when it is asked for.
#[derive(Debug)]
#[must_use]
pub struct Pages<D> {
    caller: Caller,
    lane: Lane,
    request: Request,
    decode: Decode<D>,
    place: Place,
    progress: Progress,
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

/// The progress of a list.
#[derive(Debug)]
struct Progress {
    order: Order,
    pages: usize,
    /// The number of empty pages in a row.
    empty: usize,
    /// The number of pages in a row that brought nothing new.
    repeated: usize,
}

/// The evidence that a page is further on than those before it.
#[derive(Debug)]
enum Order {
    /// Sorted by id, as it was asked for: its ids go beyond the lowest or the highest before. In which direction is left to
    /// the server.
    ById(Option<(Key, Key)>),
    /// In any other order: it has something that is not among these.
    Unsorted(HashSet<Key>),
}

impl Progress {
    fn new(request: &Request) -> Self {
        let is_by_id = request.query.iter().any(|(name, value)| *name == "sort_by" && value == "id");
        let order = if is_by_id { Order::ById(None) } else { Order::Unsorted(HashSet::new()) };
        Self { order, pages: 0, empty: 0, repeated: 0 }
    }

    /// Takes note of a page.
    ///
    /// # Errors
    /// [`ApiError::Unreadable`] if the list does not come to its end.
    fn page<D>(&mut self, page: &List<D>) -> Result<(), ApiError> {
        self.pages += 1;
        let advances = self.order.advance(&page.keys);
        self.empty = if page.count == 0 { self.empty + 1 } else { 0 };
        self.repeated = if page.count == 0 || advances { 0 } else { self.repeated + 1 };
        if self.empty > MAX_EMPTY {
            return Err(endless("empty pages follow each other without end"));
        }
        if self.repeated > MAX_REPEATED {
            return Err(endless("its pages bring the same again and again"));
        }
        if self.pages > MAX_PAGES {
            return Err(endless("it has no end"));
        }
        Ok(())
    }
}

impl Order {
    /// Returns `true` if a page with these keys is further on than those before.
    fn advance(&mut self, keys: &[Key]) -> bool {
        match self {
            Self::ById(seen) => {
                let (Some(low), Some(high)) = (keys.iter().min(), keys.iter().max()) else { return false };
                let advances = seen.as_ref().is_none_or(|(lowest, highest)| low < lowest || high > highest);
                let (lowest, highest) = seen.take().unwrap_or_else(|| (low.clone(), high.clone()));
                *seen = Some((lowest.min(low.clone()), highest.max(high.clone())));
                advances
            }
            Self::Unsorted(seen) => {
                let before = seen.len();
                seen.extend(keys.iter().cloned());
                seen.len() > before
            }
        }
    }
}

fn endless(why: &str) -> ApiError {
    ApiError::Unreadable(why.to_owned())
}

impl<D> Pages<D> {
    pub(super) fn new<T: Object<Domain = D>>(caller: Caller, lane: Lane, request: Request) -> Self {
        let place = match request.version {
            Version::V1 => Place::Start(0),
            Version::V2 => Place::Cursor(None, HashSet::new()),
        };
        let progress = Progress::new(&request);
        Self { caller, lane, request, decode: wire::list::<T>, place, progress }
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

    /// The position of the next page; `None` before the first and after the last one.
    pub fn cursor(&self) -> Option<&str> {
        match &self.place {
            Place::Cursor(cursor, _) => cursor.as_deref(),
            Place::Start(_) | Place::End => None,
        }
    }

    /// Returns `true` if there is no further page.
    pub(super) fn is_at_end(&self) -> bool {
        matches!(self.place, Place::End)
    }

    /// The next page; `None` when all was read.
    ///
    /// # Errors
    /// Those of the call, and [`ApiError::Unreadable`] if the list does not advance or has no end. There is no page
    /// after an error.
    pub async fn next(&mut self) -> Option<Result<Vec<D>, ApiError>> {
        let page = match std::mem::replace(&mut self.place, Place::End) {
            Place::End => return None,
            Place::Cursor(cursor, seen) => self.by_cursor(cursor, seen).await,
            Place::Start(start) => self.by_start(start).await,
        };
        let page = page.and_then(|page| {
            // Whether the last page brings something new is no matter.
            if !self.is_at_end() {
                self.progress.page(&page)?;
            }
            Ok(page.objects)
        });
        if page.is_err() {
            self.place = Place::End;
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

    async fn by_cursor(&mut self, cursor: Option<String>, mut seen: HashSet<String>) -> Result<List<D>, ApiError> {
        let mut request = self.request.clone().with("limit", PER_PAGE);
        if let Some(cursor) = cursor {
            request = request.with("cursor", &cursor);
            if !seen.insert(cursor) {
                return Err(endless("its pages go round in circles"));
            }
        }
        let envelope = self.caller.call(self.lane, request).await?;
        let next = wire::next_cursor(envelope.additional_data.as_deref())?;
        let list = (self.decode)(envelope.data.as_deref(), Version::V2, wire::MAX_IN_PAGE)?;
        // Only a missing cursor is the end: a short or empty page is not.
        if let Some(next) = next {
            self.place = Place::Cursor(Some(next), seen);
        }
        Ok(list)
    }

    async fn by_start(&mut self, start: usize) -> Result<List<D>, ApiError> {
        let request = self.request.clone().with("start", start).with("limit", PER_PAGE);
        let envelope = self.caller.call(self.lane, request).await?;
        let list = (self.decode)(envelope.data.as_deref(), Version::V1, wire::MAX_IN_PAGE)?;
        // Without a word of the server the next page begins after what this one holds, should it hold less than was
        // asked for.
        let reckoned = start + if list.count == 0 { PER_PAGE } else { list.count };
        if let Some(next) = wire::next_start(envelope.additional_data.as_deref(), reckoned)? {
            if next <= start || next > MAX_OBJECTS {
                return Err(endless("its pages go round in circles"));
            }
            self.place = Place::Start(next);
        }
        Ok(list)
    }
}
