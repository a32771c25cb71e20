//! What only Pipedrive can tell, asked for a command that wants to know it: the filters that are saved there, what
//! they let through, and notes.

use std::collections::HashSet;
use std::future::Future;

use super::desk::{Desk, Source};
use super::find::{self, Named};
use crate::cli::Failure;
use crate::domain::{ItemKind, ItemRef, Note, SavedFilter};
use crate::pipedrive::{Api, ApiError, Lane};
use crate::workspace::ServerUpdate;

/// A question that only Pipedrive can answer.
pub(super) enum Question<'a> {
    /// Which filters of a kind are saved.
    Filters(ItemKind),
    /// Which leads are in the archive: they are in no list.
    ArchivedLeads,
    /// The notes on an item.
    Notes(ItemRef),
    /// What the filter of this name or number lets through.
    Passing(ItemKind, &'a str),
}

/// What Pipedrive has answered.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub filters: Vec<SavedFilter>,
    pub notes: Vec<Note>,
    /// What a filter lets through; `None` where none was asked about.
    pub passing: Option<HashSet<ItemRef>>,
}

impl Desk {
    /// Asks Pipedrive, and keeps what it answers in `answers`.
    pub(super) async fn ask(&mut self, question: Option<Question<'_>>) -> Result<(), Failure> {
        match question {
            None => {}
            Some(Question::Filters(kind)) => self.answers.filters = self.filters(kind).await?,
            Some(Question::ArchivedLeads) => {
                let found = self.answer(|api| async move { api.archived_leads(Lane::Screen).await }).await?;
                let (leads, is_whole) = found.map_err(Failure::running)?;
                if !is_whole {
                    self.told.say("the archive holds more than can be read: those that changed last are listed");
                }
                self.workspace.absorb(vec![ServerUpdate::Leads(leads)]);
            }
            Some(Question::Notes(item)) => {
                let notes = self.answer(|api| async move { api.notes_on(Lane::Screen, item).await }).await?;
                self.answers.notes = notes.map_err(Failure::running)?;
            }
            Some(Question::Passing(kind, typed)) => {
                let all: Vec<_> =
                    self.filters(kind).await?.iter().map(|filter| Named::new(filter.id, &filter.name)).collect();
                let id = find::one("--filter", "filter", typed, &all)?;
                let passing = self.answer(|api| async move { api.filtered(Lane::Screen, kind, id).await }).await?;
                let (items, is_whole) = passing.map_err(Failure::running)?;
                if !is_whole {
                    self.told.say("the filter lets through more than can be read: some are left out");
                }
                self.answers.passing = Some(items.into_iter().collect());
            }
        }
        Ok(())
    }

    async fn filters(&mut self, kind: ItemKind) -> Result<Vec<SavedFilter>, Failure> {
        self.answer(|api| async move { api.filters(Lane::Screen, kind).await }).await?.map_err(Failure::running)
    }

    /// What a call comes to; a signal ends it.
    pub(super) async fn answer<T, F>(&mut self, call: impl FnOnce(Api) -> F) -> Result<Result<T, ApiError>, Failure>
    where
        F: Future<Output = Result<T, ApiError>>,
    {
        let Source::Engine { api, .. } = &self.source else { return Err(not_asked("it was not asked")) };
        if let Some(why) = &self.stale {
            return Err(not_asked(why));
        }
        let call = call(api.clone());
        tokio::select! {
            answer = call => Ok(answer),
            _ = &mut self.signal => {
                self.is_interrupted = true;
                Err(Failure::running("it was told to end"))
            }
        }
    }
}

fn not_asked(why: &str) -> Failure {
    Failure::running(format!("only Pipedrive knows that: {why}"))
}
