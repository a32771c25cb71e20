//! The calls for what a person asks about: saved filters, the archive of leads.

use super::client::Api;
use super::error::ApiError;
use super::pages::Pages;
use super::request::{Lane, Request, Version, cost};
use super::wire::{self, FilterObject, LeadNamed, LeadObject, Numbered};
use crate::domain::{ActivityId, DealId, FilterId, ItemKind, ItemRef, Lead, OrgId, PersonId, SavedFilter, SearchHit};

/// The most matches of a saved filter that are read: a hundred pages.
const MOST_FILTERED: usize = 50_000;
/// The most archived leads that are read: two pages, which cost more than others.
const MOST_ARCHIVED: usize = 1_000;

/// The number of hits that a search asks for: the most that Pipedrive allows.
const MOST_HITS: usize = 100;

impl Api {
    /// Searches items of these kinds with Pipedrive's own search, best hit first. The text needs at least two letters.
    pub async fn search(&self, lane: Lane, text: &str, kinds: &[ItemKind]) -> Result<Vec<SearchHit>, ApiError> {
        let word = |kind: &ItemKind| match kind {
            ItemKind::Deal => Some("deal"),
            ItemKind::Lead => Some("lead"),
            ItemKind::Person => Some("person"),
            ItemKind::Org => Some("organization"),
            // These cannot be searched.
            ItemKind::Activity => None,
        };
        let kinds: Vec<&str> = kinds.iter().filter_map(word).collect();
        let request = Request::get(Version::V2, "/itemSearch", cost::SEARCH)
            .with("term", text)
            .with("item_types", kinds.join(","))
            .with("limit", MOST_HITS);
        let envelope = self.call(lane, request).await?;
        wire::hits(envelope.data.as_deref())
    }

    /// The leads of the archive that have changed last, and whether these are all.
    pub async fn archived_leads(&self, lane: Lane) -> Result<(Vec<Lead>, bool), ApiError> {
        let request = Request::get(Version::V1, "/leads/archived", cost::LIST_ARCHIVED_LEADS);
        let pages = self.pages::<LeadObject>(lane, request.with("sort", "update_time DESC"));
        fetch_at_most(pages, |lead| lead, MOST_ARCHIVED).await
    }

    /// The filters of a kind of item that were saved in Pipedrive.
    pub async fn filters(&self, lane: Lane, kind: ItemKind) -> Result<Vec<SavedFilter>, ApiError> {
        let kind_in_words = match kind {
            ItemKind::Deal => "deals",
            ItemKind::Lead => "leads",
            ItemKind::Person => "people",
            ItemKind::Org => "org",
            ItemKind::Activity => "activity",
        };
        let request = Request::get(Version::V1, "/filters", cost::LIST_V1).with("type", kind_in_words);
        let mut all = self.fetch_all::<FilterObject>(lane, request).await?;
        all.retain(|filter| filter.kind == kind);
        Ok(all)
    }

    /// The items that a saved filter lets through, and whether these are all: of a very large number only the first
    /// ones are read. Nothing else can be asked for along with it: the filter overrides it silently.
    pub async fn filtered(
        &self,
        lane: Lane,
        kind: ItemKind,
        filter: FilterId,
    ) -> Result<(Vec<ItemRef>, bool), ApiError> {
        let v2 =
            |path| self.pages::<Numbered>(lane, Request::get(Version::V2, path, cost::LIST).with("filter_id", filter));
        match kind {
            ItemKind::Deal => fetch_at_most(v2("/deals"), |id| ItemRef::Deal(DealId(id)), MOST_FILTERED).await,
            ItemKind::Activity => {
                fetch_at_most(v2("/activities"), |id| ItemRef::Activity(ActivityId(id)), MOST_FILTERED).await
            }
            ItemKind::Person => fetch_at_most(v2("/persons"), |id| ItemRef::Person(PersonId(id)), MOST_FILTERED).await,
            ItemKind::Org => fetch_at_most(v2("/organizations"), |id| ItemRef::Org(OrgId(id)), MOST_FILTERED).await,
            ItemKind::Lead => {
                let request = Request::get(Version::V1, "/leads", cost::LIST_V1).with("filter_id", filter);
                fetch_at_most(self.pages::<LeadNamed>(lane, request), ItemRef::Lead, MOST_FILTERED).await
            }
        }
    }
}

/// Reads a list, but no further than this many.
async fn fetch_at_most<Id, T>(
    mut pages: Pages<Id>,
    item: impl Fn(Id) -> T,
    most: usize,
) -> Result<(Vec<T>, bool), ApiError> {
    let mut items = Vec::new();
    while let Some(page) = pages.next().await {
        items.extend(page?.into_iter().map(&item));
        if items.len() >= most && !pages.is_at_end() {
            return Ok((items, false));
        }
    }
    Ok((items, true))
}
