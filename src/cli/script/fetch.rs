//! Reads from Pipedrive what a command needs and no synced list has: archived items, saved filters and the items that
//! match them, and notes.

use super::client::Client;
use super::query::Query;
use super::resolve::{self, Candidate};
use crate::cli::error::CliError;
use crate::domain::{DealStatus, FilterId, ItemKind, ItemRef, SavedFilter};
use crate::pipedrive::{Api, ApiError, Lane};
use crate::workspace::ServerUpdate;

impl Client {
    /// Reads the needed items that are not stored on this machine.
    pub(super) async fn fetch_missing(&mut self, needed: &[ItemRef]) -> Result<(), CliError> {
        for item in needed {
            // Without Pipedrive, the command works with what is stored.
            if self.offline().is_some() || self.stale.is_some() || self.account().shown(*item).is_some() {
                continue;
            }
            match self.call(|api| fetch_item(api, *item)).await? {
                Ok(change) => self.absorb(change),
                Err(ApiError::Gone(_)) => {}
                Err(error) => return Err(CliError::failure(error)),
            }
        }
        Ok(())
    }

    /// Runs a query and stores the answer in `answers`.
    pub(super) async fn run_query(&mut self, query: Option<Query<'_>>) -> Result<(), CliError> {
        match query {
            None => {}
            Some(Query::Filters(kinds)) => {
                for kind in kinds {
                    let filters = self.filters(kind).await?;
                    self.answers.filters.extend(filters.into_iter().map(|filter| (kind, filter)));
                }
            }
            Some(Query::ArchivedLeads) => self.fetch_archived_leads().await?,
            Some(Query::Notes(item)) => {
                let notes = self.call(|api| async move { api.notes_on(Lane::Screen, item).await }).await?;
                self.answers.notes = notes.map_err(CliError::failure)?;
            }
            Some(Query::Filtered(kind, typed)) => self.fetch_filtered(kind, typed).await?,
        }
        Ok(())
    }

    async fn filters(&mut self, kind: ItemKind) -> Result<Vec<SavedFilter>, CliError> {
        self.call(|api| async move { api.filters(Lane::Screen, kind).await }).await?.map_err(CliError::failure)
    }

    async fn fetch_archived_leads(&mut self) -> Result<(), CliError> {
        let archived = self.call(|api| async move { api.archived_leads(Lane::Screen).await }).await?;
        let (leads, is_complete) = archived.map_err(CliError::failure)?;
        if !is_complete {
            self.message("the archive has more leads than can be read: those that changed last are listed");
        }
        self.absorb(ServerUpdate::Leads(leads));
        Ok(())
    }

    async fn fetch_filtered(&mut self, kind: ItemKind, typed: &str) -> Result<(), CliError> {
        let filters = self.filters(kind).await?;
        let candidates: Vec<_> = filters.iter().map(|filter| Candidate::new(filter.id, &filter.name)).collect();
        let id: FilterId = resolve::one("--filter", "filter", typed, &candidates)?;
        let filtered = self.call(|api| async move { api.filtered(Lane::Screen, kind, id).await }).await?;
        let (items, is_complete) = filtered.map_err(CliError::failure)?;
        if !is_complete {
            self.message("more items match the filter than can be read: some are left out");
        }
        self.answers.filtered = Some(items.into_iter().collect());
        Ok(())
    }
}

async fn fetch_item(api: Api, item: ItemRef) -> Result<ServerUpdate, ApiError> {
    Ok(match item {
        ItemRef::Deal(id) => match api.deal(Lane::Screen, id).await? {
            // Pipedrive still returns deleted deals.
            deal if deal.status == DealStatus::Other => return Err(ApiError::Gone("it was deleted".to_owned())),
            deal => ServerUpdate::Deals(vec![deal]),
        },
        ItemRef::Activity(id) => ServerUpdate::Activities(vec![api.activity(Lane::Screen, id).await?]),
        ItemRef::Lead(id) => ServerUpdate::Leads(vec![api.lead(Lane::Screen, id).await?]),
        ItemRef::Person(id) => ServerUpdate::People(api.people_by_id(Lane::Screen, &[id]).await?),
        ItemRef::Org(id) => ServerUpdate::Organizations(api.orgs_by_id(Lane::Screen, &[id]).await?),
        ItemRef::Note(id) => ServerUpdate::Notes(vec![api.note(Lane::Screen, id).await?]),
    })
}
