//! The lead inbox, which API v1 lists by position: a lead that leaves it between two pages moves the rest forward by one,
//! so that another would be on neither page. The pages therefore overlap, and one that has nothing of those before it is
//! read again from further back. The order is that of the ids, which no change to a lead touches.

use std::collections::HashSet;

use super::client::Api;
use super::error::ApiError;
use super::pages::{MAX_PAGES, MAX_REPEATED, PER_PAGE};
use super::request::{Lane, Request, Version, cost};
use super::wire::{self, Key, LeadObject, List};
use crate::domain::Lead;

/// By how many leads two pages overlap: so many may leave the inbox between them.
const OVERLAP: usize = 20;
/// The most pages in a row without overlap.
const MAX_GAPS: usize = 5;

/// The whole inbox.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LeadInbox {
    /// All leads that are not archived, by id.
    pub leads: Vec<Lead>,
    /// The number of pages that were read.
    pub pages: u32,
}

impl Api {
    /// All leads that are not archived. A lead that was there all along is in it, whatever else left the inbox or came.
    ///
    /// # Errors
    /// Those of the calls, and [`ApiError::Unreadable`] if more leaves the inbox than can be followed, or it has no end.
    pub async fn leads(&self, lane: Lane) -> Result<LeadInbox, ApiError> {
        let mut inbox = LeadInbox::default();
        let mut seen: HashSet<Key> = HashSet::new();
        let (mut start, mut overlap, mut gaps, mut repeated) = (0, 0, 0, 0);
        loop {
            let (page, has_more) = self.lead_page(lane, start).await?;
            inbox.pages += 1;
            if inbox.pages as usize > MAX_PAGES {
                return Err(ApiError::Unreadable("the list of leads has no end".to_owned()));
            }
            if overlap > 0 && !page.keys.iter().any(|key| seen.contains(key)) {
                gaps += 1;
                if gaps > MAX_GAPS {
                    let why = "leads leave the inbox faster than it can be read";
                    return Err(ApiError::Unreadable(why.to_owned()));
                }
                overlap *= 4;
                start = start.saturating_sub(overlap);
                continue;
            }
            let before = seen.len();
            // A lead of two pages counts as it was on the first: the next look brings it as it is.
            inbox.leads.extend(page.objects.into_iter().filter(|lead| !seen.contains(&Key::Uuid(lead.id.0))));
            seen.extend(page.keys);
            if !has_more {
                return Ok(inbox);
            }
            repeated = if seen.len() > before { 0 } else { repeated + 1 };
            if repeated > MAX_REPEATED {
                return Err(ApiError::Unreadable("the list of leads brings the same again and again".to_owned()));
            }
            gaps = 0;
            // A server that gives few at once must still get on.
            overlap = OVERLAP.min(page.count / 2);
            start = start + page.count.max(1) - overlap;
        }
    }

    /// The leads from a position on, and whether more follow.
    async fn lead_page(&self, lane: Lane, start: usize) -> Result<(List<Lead>, bool), ApiError> {
        let request = Request::get(Version::V1, "/leads", cost::LIST_V1)
            .with("sort", "id ASC")
            .with("start", start)
            .with("limit", PER_PAGE);
        let envelope = self.call(lane, request).await?;
        let page = wire::list::<LeadObject>(envelope.data.as_deref(), Version::V1, wire::MAX_IN_PAGE)?;
        let next = wire::next_start(envelope.additional_data.as_deref(), start + page.count)?;
        Ok((page, next.is_some()))
    }
}
