//! What a person asks about beyond the account itself. Each question has one answer, whatever becomes of it.

use super::{Answer, Engine};
use crate::domain::{FilterId, ItemKind};
use crate::pipedrive::{ApiError, Lane};
use crate::sync::{Archived, Passing, Report};

/// How many questions may be open: who asks more is told to wait.
const MOST_ASKED: usize = 32;

impl Engine {
    /// Finds something out. `refused` is the answer where too much is being asked already.
    fn find_out(
        &mut self,
        answer: impl Future<Output = Report> + Send + 'static,
        refused: impl FnOnce(ApiError) -> Report,
    ) -> Option<Report> {
        if self.is_stopped {
            return Some(refused(ApiError::Closed));
        }
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
            Report::Archive(read.map(|(leads, is_whole)| Archived { leads, is_whole }))
        };
        self.find_out(answer, |error| Report::Archive(Err(error)))
    }

    /// What a saved filter lets through.
    pub(super) fn run_filter(&mut self, kind: ItemKind, filter: FilterId) -> Option<Report> {
        let (api, clock) = (self.api.clone(), self.settings.clock.clone());
        let told = move |passing| Report::Filtered { kind, filter, passing };
        let answer = async move {
            let at = clock();
            let found = api.filtered(Lane::Screen, kind, filter).await;
            told(found.map(|(items, is_whole)| Passing { items, is_whole, at }))
        };
        self.find_out(answer, move |error| told(Err(error)))
    }
}
