//! What the server said, kept so that the next start shows it at once. All of it can be thrown away and read again.

mod details;
mod file;
mod load;
mod rows;
mod sweep;
mod write;

pub use self::sweep::SWEPT;

use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::mpsc;

pub(super) use self::file::{SCHEMA, StartupRows, connect, open, restore};
use super::error::StoreError;
use super::lock::Lock;
use super::schema::DbLocation;
use super::screen;
use super::worker::Worker;
use crate::domain::{ItemDetails, ItemKind, ItemRef};
use crate::workspace::ServerUpdate;

/// What a reading brought, to be kept whole or not at all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// What the server said.
    pub changes: Vec<ServerUpdate>,
    /// The number of the reading; see [`Cache::sweep`].
    pub generation: u64,
    /// How far the reader has come, in its own words; `None` leaves what was kept.
    pub notes: Option<String>,
}

/// How many items of each kind are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Counts {
    pub deals: usize,
    pub activities: usize,
    pub leads: usize,
    pub people: usize,
    pub organizations: usize,
}

/// What a sweep would remove of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// The kind.
    pub kind: ItemKind,
    /// How many of those that it looks at are stored.
    pub known: usize,
    /// Those that it would remove, by id.
    pub items: Vec<ItemRef>,
}

/// What the thread owns.
struct State {
    place: DbLocation,
    /// None only where a rebuilding has failed.
    connection: Option<Connection>,
    /// Held until the last write.
    _lock: Option<Arc<Lock>>,
}

impl State {
    /// Does something with the database.
    fn with<T>(&mut self, job: impl FnOnce(&mut Connection) -> Result<T, rusqlite::Error>) -> Result<T, StoreError> {
        let Some(connection) = &mut self.connection else {
            let why = "it could not be made anew".to_owned();
            return Err(StoreError::Corrupt { path: self.place.path().to_owned(), why });
        };
        job(connection).map_err(|error| self.place.error(&error))
    }
}

/// What the server said.
#[derive(Debug, Clone)]
pub struct Cache {
    worker: Worker<State>,
    place: DbLocation,
}

impl Cache {
    /// Starts the thread of an open database; one in memory has none.
    pub(super) fn start(
        place: DbLocation,
        connection: Connection,
        lock: Option<Arc<Lock>>,
    ) -> Result<Self, StoreError> {
        let state = State { place: place.clone(), connection: Some(connection), _lock: lock };
        let worker = match place {
            DbLocation::Memory => Worker::inline(state),
            _ => Worker::start("cache", state).map_err(|error| StoreError::io(place.path(), &error))?,
        };
        Ok(Self { worker, place })
    }

    /// Whether this process may write.
    pub fn is_ours(&self) -> bool {
        matches!(self.place, DbLocation::Ours(_) | DbLocation::Memory)
    }

    /// Does something with the database, or nothing where another process writes it, or nobody can.
    fn write<T, F>(&self, job: F) -> impl Future<Output = Result<T, StoreError>> + Send + use<T, F>
    where
        T: Default + Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    {
        let call = self.is_ours().then(|| self.worker.call(|state| state.with(job)));
        async move {
            match call {
                Some(call) => call.await,
                None => Ok(T::default()),
            }
        }
    }

    /// Keeps a batch, whole or not at all. It is in the queue when this returns; the future says what came of it.
    pub fn put(&self, batch: Batch) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        self.write(move |connection| write::put(connection, &batch))
    }

    /// Keeps what the next start shows before anything else, and which items that is about: these come along with it
    /// as they are then. It is in the queue when this returns.
    pub fn put_snapshot(
        &self,
        front: String,
        items: Vec<ItemRef>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        self.write(move |connection| write::snapshot(connection, &front, &items))
    }

    /// Keeps a text in a file beside the database, where this process may write there.
    pub(super) fn put_screen(&self, text: String) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        let is_file = matches!(self.place, DbLocation::Ours(_));
        let call = is_file.then(|| self.worker.call(move |state| screen::write(state.place.path(), &text)));
        async move {
            match call {
                Some(call) => call.await,
                None => Ok(()),
            }
        }
    }

    /// All that is kept, in pieces, what is seen first at first: lists, open activities, people, organizations, open
    /// deals from the latest on, leads, other deals, done activities. Each piece is as it was when it was read, not
    /// all as of one moment: what is written while this goes on may come or not. An error is the last thing sent;
    /// [`StoreError::Unreadable`] means that all else came.
    pub fn load(&self) -> mpsc::Receiver<Result<Vec<ServerUpdate>, StoreError>> {
        load::start(self.place.clone(), self.worker.clone())
    }

    /// Returns what a sweep of this generation would remove of these kinds.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn unseen(&self, generation: u64, kinds: Vec<ItemKind>) -> Result<Vec<Unseen>, StoreError> {
        self.worker.call(move |state| state.with(|connection| sweep::unseen(connection, generation, &kinds))).await
    }

    /// Removes what no reading since `generation` has seen of these kinds: deals, activities that are not done, people
    /// and organizations. Says which those were. Done activities and archived leads are never read
    /// in full, so that not to be seen says nothing of them.
    pub async fn sweep(&self, generation: u64, kinds: Vec<ItemKind>) -> Result<Vec<ItemRef>, StoreError> {
        self.write(move |connection| sweep::sweep(connection, generation, &kinds)).await
    }

    /// Throws all away and begins anew.
    pub async fn rebuild(&self) -> Result<(), StoreError> {
        if !self.is_ours() {
            return Ok(());
        }
        let rebuild = |state: &mut State| {
            state.connection = None;
            state.connection = Some(match &state.place {
                DbLocation::Memory => SCHEMA.in_memory()?,
                place => file::anew(place.path())?,
            });
            Ok(())
        };
        self.worker.call(rebuild).await
    }

    /// What was read of an item beyond the item itself when it was last looked at.
    pub async fn dossier(&self, item: ItemRef) -> Result<Option<ItemDetails>, StoreError> {
        self.worker.call(move |state| state.with(|connection| details::read(connection, item))).await
    }

    /// These items as they are kept, as far as they are.
    pub async fn items(&self, wanted: Vec<ItemRef>) -> Result<Vec<ServerUpdate>, StoreError> {
        self.worker
            .call(move |state| {
                state.with(|connection| rows::items(connection, &wanted, &mut rows::RejectedRows::default()))
            })
            .await
    }

    /// How many items are kept.
    pub async fn len(&self) -> Result<Counts, StoreError> {
        self.worker.call(|state| state.with(|connection| rows::count(connection))).await
    }

    /// Ends the thread.
    pub(super) async fn end(&self) {
        self.worker.end().await;
    }
}
