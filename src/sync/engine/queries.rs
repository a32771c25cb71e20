//! What a person asks about beyond the account itself. Each question has one answer, whatever becomes of it.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Answer, Engine};
use crate::domain::{Deal, DealStatus, FilterId, ItemDetails, ItemKind, ItemRef};
use crate::pipedrive::{Api, ApiError, Lane};
use crate::store::Batch;
use crate::sync::{ArchivedLeads, FilterResult, Report};
use crate::workspace::ServerUpdate;

/// How many questions may be open: who asks more is told to wait.
const MOST_ASKED: usize = 32;
/// For how long what was read of an item is believed, if the item has not changed since: reading it costs 70 tokens
/// at the most.
const DOSSIER_HOLDS: TimeDelta = TimeDelta::minutes(15);
/// For how long it is believed whatever happens to the item: who edits it over and over does not pay each time.
const DOSSIER_HOLDS_AT_LEAST: TimeDelta = TimeDelta::minutes(1);

impl Engine {
    /// Finds something out. `refused` is the answer where too much is being asked already.
    fn find_out(
        &mut self,
        answer: impl Future<Output = Report> + Send + 'static,
        refused: impl FnOnce(ApiError) -> Report,
    ) -> Option<Report> {
        if self.asked.len() >= MOST_ASKED {
            return Some(refused(ApiError::Busy));
        }
        self.asked.spawn(async move { Answer::Told(Box::new(answer.await)) });
        None
    }

    /// Which filters of a kind are saved in Pipedrive.
    pub(super) fn saved_filters(&mut self, kind: ItemKind) -> Option<Report> {
        let api = self.api.clone();
        let told = move |filters| Report::SavedFilters { kind, filters };
        self.find_out(async move { told(api.filters(Lane::Screen, kind).await) }, move |error| told(Err(error)))
    }

    /// Which leads are in the archive.
    pub(super) fn archive(&mut self) -> Option<Report> {
        let api = self.api.clone();
        let answer = async move {
            let read = api.archived_leads(Lane::Screen).await;
            Report::Archive(read.map(|(leads, is_whole)| ArchivedLeads { leads, is_whole }))
        };
        self.find_out(answer, |error| Report::Archive(Err(error)))
    }

    /// What a saved filter lets through.
    pub(super) fn run_filter(&mut self, kind: ItemKind, filter: FilterId) -> Option<Report> {
        let (api, clock) = (self.api.clone(), self.settings.clock.clone());
        let told = move |passing| Report::FilterResult { kind, filter, passing };
        let answer = async move {
            let at = clock();
            let found = api.filtered(Lane::Screen, kind, filter).await;
            told(found.map(|(items, is_whole)| FilterResult { items, is_whole, at }))
        };
        self.find_out(answer, move |error| told(Err(error)))
    }

    /// What Pipedrive's own search finds.
    pub(super) fn search(&mut self, text: String, kinds: Vec<ItemKind>) -> Option<Report> {
        let api = self.api.clone();
        let (asked, in_kinds) = (text.clone(), kinds.clone());
        let answer = async move {
            let hits = api.search(Lane::Screen, &asked, &in_kinds).await;
            Report::SearchResults { text: asked, kinds: in_kinds, hits }
        };
        self.find_out(answer, move |error| Report::SearchResults { text, kinds, hits: Err(error) })
    }

    /// One item. It is told of but not kept: the next reading would take what is in no list for gone.
    pub(super) fn read_item(&mut self, item: ItemRef) -> Option<Report> {
        let (api, report) = (self.api.clone(), self.report.clone());
        let answer = async move {
            let outcome = match one(&api, item).await {
                Ok(change) => {
                    // Nobody listens any more when the dashboard has ended.
                    let _ = report.send(Report::Changed(vec![change])).await;
                    Ok(())
                }
                Err(error) => Err(error),
            };
            Report::ItemLoaded { item, outcome }
        };
        self.find_out(answer, move |error| Report::ItemLoaded { item, outcome: Err(error) })
    }

    /// What there is to know of an item beyond the item itself: at once what is kept of it; and what Pipedrive says, where
    /// that is old, or the item has changed since, or it is to be asked `anew`.
    pub(super) fn look(&mut self, item: ItemRef, changed: Option<DateTime<Utc>>, anew: bool) -> Option<Report> {
        let (api, clock, cache) = (self.api.clone(), self.settings.clock.clone(), self.store.cache().clone());
        let (report, generation) = (self.report.clone(), self.generation.clone());
        let answer = async move {
            let kept = cache.dossier(item).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "what is kept of an item cannot be read");
                None
            });
            if let Some(kept) = kept {
                let holds = !anew && holds(&kept, changed, clock());
                // Nobody listens any more when the dashboard has ended.
                let _ = report.send(Report::Changed(vec![ServerUpdate::Details(Box::new(kept))])).await;
                if holds {
                    return Report::DetailsLoaded { item, outcome: Ok(()) };
                }
            }
            let dossier = match dossier(&api, item, clock()).await {
                Ok(dossier) => ServerUpdate::Details(Box::new(dossier)),
                Err(error) => return Report::DetailsLoaded { item, outcome: Err(error) },
            };
            let batch = Batch { changes: vec![dossier.clone()], generation: generation.now(), notes: None };
            if let Err(error) = cache.put(batch).await {
                tracing::warn!(%error, "what was read of an item is not kept");
            }
            let _ = report.send(Report::Changed(vec![dossier])).await;
            Report::DetailsLoaded { item, outcome: Ok(()) }
        };
        self.find_out(answer, move |error| Report::DetailsLoaded { item, outcome: Err(error) })
    }
}

/// Whether what was read of an item is still to be believed. `changed` is when the item last changed, as far as that is
/// known here.
fn holds(kept: &ItemDetails, changed: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    let age = now - kept.at;
    let is_of_now = changed.is_none() || kept.as_of >= changed;
    // One from the future was read before the clock was set back.
    age >= TimeDelta::zero() && (age < DOSSIER_HOLDS_AT_LEAST || (is_of_now && age < DOSSIER_HOLDS))
}

/// Reads one item.
async fn one(api: &Api, item: ItemRef) -> Result<ServerUpdate, ApiError> {
    let lane = Lane::Screen;
    Ok(match item {
        ItemRef::Deal(id) => match api.deal(lane, id).await? {
            // Deleted, but still told of.
            Deal { status: DealStatus::Other, .. } => return Err(ApiError::Gone("it was deleted".to_owned())),
            deal => ServerUpdate::Deals(vec![deal]),
        },
        ItemRef::Activity(id) => ServerUpdate::Activities(vec![api.activity(lane, id).await?]),
        ItemRef::Lead(id) => ServerUpdate::Leads(vec![api.lead(lane, id).await?]),
        ItemRef::Person(id) => ServerUpdate::People(vec![api.person(lane, id).await?]),
        ItemRef::Org(id) => ServerUpdate::Organizations(vec![api.org(lane, id).await?]),
        ItemRef::Note(id) => ServerUpdate::Notes(vec![api.note(lane, id).await?]),
    })
}

/// Reads what there is to know of an item. What it is told not to have is not asked for.
async fn dossier(api: &Api, item: ItemRef, at: DateTime<Utc>) -> Result<ItemDetails, ApiError> {
    let lane = Lane::Screen;
    let there = api.on_item(lane, item).await?;
    let notes = async { if there.notes == Some(0) { Ok(Vec::new()) } else { api.notes_on(lane, item).await } };
    let products = async {
        match item {
            ItemRef::Deal(id) if there.products != Some(0) => api.products_on(lane, id).await,
            _ => Ok(Vec::new()),
        }
    };
    let (notes, products, timeline) = tokio::try_join!(notes, products, api.timeline(lane, item))?;
    Ok(ItemDetails { item, at, as_of: there.updated, notes, products, timeline })
}
