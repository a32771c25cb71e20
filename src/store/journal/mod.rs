//! The edits made here: those that wait to be sent, those that need attention, and what became of the others. This is
//! the one thing that exists nowhere else, so the program removes none of it but history that is long over.

mod file;
mod rows;
mod salvage;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

pub(super) use self::file::{SCHEMA, StartupRows, connect, emptied, open, restore};
use super::error::StoreError;
use super::lock::Lock;
use super::schema::DbLocation;
use super::worker::Worker;
use crate::domain::{Edit, ItemRef};
use crate::workspace::EditId;

/// An edit as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// Its name.
    pub id: EditId,
    /// When a person made it.
    pub made_at: DateTime<Utc>,
    /// The edit that names the bulk that it is part of, as a rule the first one, if it is part of one: it is sent behind
    /// those made one by one.
    pub part_of: Option<EditId>,
    /// What it does, in words.
    pub what: String,
    /// What it does.
    pub edit: Edit,
    /// What takes it back, or what else it was based on.
    pub base: Option<Edit>,
    /// How far it has come, in the words of whoever carries it out.
    pub step: Option<String>,
    /// What became of it.
    pub state: EditState,
    /// When it ended, if it has.
    pub ended_at: Option<DateTime<Utc>>,
}

impl JournalEntry {
    /// Whether it was made along with others, by one key for many items.
    pub fn is_of_bulk(&self) -> bool {
        self.part_of.is_some()
    }

    /// Returns why it needs attention, if it does.
    pub fn attention(&self) -> Option<&str> {
        if let EditState::Attention { why, .. } = &self.state { Some(why) } else { None }
    }
}

/// An edit that waits, with its new base.
pub type Rebased = (EditId, Option<Edit>);

/// What became of an edit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum EditState {
    /// Not through yet.
    Waiting,
    /// The server has carried it out.
    Confirmed {
        /// What it made, if it made something.
        made: Option<ItemRef>,
    },
    /// A person has to decide.
    Attention {
        /// Why.
        why: String,
        /// What somebody else has done to the same item.
        theirs: Option<Box<Edit>>,
    },
    /// A person gave it up.
    Discarded,
    /// A later edit does all that this one would have done.
    Replaced,
}

impl EditState {
    /// Whether nothing will happen to it any more.
    pub fn has_ended(&self) -> bool {
        !matches!(self, Self::Waiting | Self::Attention { .. })
    }
}

/// What the thread owns.
struct State {
    place: DbLocation,
    connection: Connection,
    /// Held until the last write.
    _lock: Option<Arc<Lock>>,
}

impl State {
    fn with<T>(&mut self, job: impl FnOnce(&mut Connection) -> Result<T, rusqlite::Error>) -> Result<T, StoreError> {
        job(&mut self.connection).map_err(|error| self.place.error(&error))
    }
}

/// The edits made here.
#[derive(Debug, Clone)]
pub struct Journal {
    worker: Worker<State>,
    /// Why nothing can be written.
    refusal: Option<StoreError>,
}

impl Journal {
    /// Starts the thread of an open database; one in memory has none.
    pub(super) fn start(
        place: DbLocation,
        connection: Connection,
        refusal: Option<StoreError>,
        lock: Option<Arc<Lock>>,
    ) -> Result<Self, StoreError> {
        let path = place.path().to_owned();
        let is_in_memory = matches!(place, DbLocation::Memory);
        let state = State { place, connection, _lock: lock };
        let worker = if is_in_memory {
            Worker::inline(state)
        } else {
            Worker::start("journal", state).map_err(|error| StoreError::io(&path, &error))?
        };
        Ok(Self { worker, refusal })
    }

    fn write<T, F>(&self, job: F) -> impl Future<Output = Result<T, StoreError>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: FnOnce(&mut State) -> Result<T, StoreError> + Send + 'static,
    {
        let call = match &self.refusal {
            Some(refusal) => Err(refusal.clone()),
            None => Ok(self.worker.call(job)),
        };
        async move { call?.await }
    }

    /// Keeps new edits, and marks those that they replace, all or none; once this says so, also after a power cut.
    /// It is in the queue when this returns.
    pub fn add(
        &self,
        edits: Vec<JournalEntry>,
        replaced: Vec<EditId>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        self.write(move |state| state.with(|connection| rows::add(connection, &edits, &replaced)))
    }

    /// Keeps a new edit in place of one that needs attention, and marks that and the others that it replaces, all or none.
    /// It goes on where the one that needs attention has stopped: gives the step that was noted of that. It is in the
    /// queue when this returns.
    pub fn replace(
        &self,
        edit: JournalEntry,
        attention: EditId,
        replaced: Vec<EditId>,
    ) -> impl Future<Output = Result<Option<String>, StoreError>> + Send + use<> {
        self.write(move |state| state.with(|connection| rows::replace(connection, edit, attention, &replaced)))
    }

    /// Keeps how far an edit has come, with what is left to do. It is in the queue when this returns.
    pub fn step(
        &self,
        id: EditId,
        edit: Edit,
        step: Option<String>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        self.change(id, move |connection| rows::step(connection, id, &edit, step.as_deref()))
    }

    /// Stores other bases of edits: the edit before them has ended. It is in the queue when this returns.
    pub fn rebase(&self, edits: Vec<Rebased>) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        self.write(move |state| state.with(|connection| rows::rebase(connection, &edits)))
    }

    /// Keeps an edit that had ended as one that needs attention, with what it does now. It is in the queue when this
    /// returns.
    pub fn put_back(&self, edit: JournalEntry) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        self.change(edit.id, move |connection| rows::put_back(connection, &edit))
    }

    /// Keeps what became of an edit; `at` counts where that is an end. It is in the queue when this returns.
    pub fn set_state(
        &self,
        id: EditId,
        state: EditState,
        at: DateTime<Utc>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        self.change(id, move |connection| rows::set_state(connection, id, &state, at))
    }

    /// Stores what became of an edit, how far it had come, and the new bases of those behind it, all or none. It is in
    /// the queue when this returns.
    pub fn finish(
        &self,
        id: EditId,
        state: EditState,
        step: Option<String>,
        at: DateTime<Utc>,
        rebased: Vec<Rebased>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        self.change(id, move |connection| rows::finish(connection, id, &state, step.as_deref(), at, &rebased))
    }

    /// Keeps what became of several edits, all or none. It is in the queue when this returns.
    pub fn end_all(
        &self,
        ids: Vec<EditId>,
        state: EditState,
        at: DateTime<Utc>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        self.write(move |journal| journal.with(|connection| rows::end_all(connection, &ids, &state, at)))
    }

    /// Changes one edit, which must be there; the job says how many it changed.
    fn change<F>(&self, id: EditId, job: F) -> impl Future<Output = Result<(), StoreError>> + Send + use<F>
    where
        F: FnOnce(&mut Connection) -> Result<usize, rusqlite::Error> + Send + 'static,
    {
        self.write(move |state| match state.with(job)? {
            0 => Err(StoreError::NoSuchEdit { id }),
            _ => Ok(()),
        })
    }

    /// The latest edits first, at most so many, whatever became of them.
    pub async fn history(&self, most: usize) -> Result<Vec<JournalEntry>, StoreError> {
        self.worker.call(move |state| state.with(|connection| rows::history(connection, most))).await
    }

    /// Ends the thread.
    pub(super) async fn end(&self) {
        self.worker.end().await;
    }
}
