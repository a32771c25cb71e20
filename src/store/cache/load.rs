//! Reading all that is kept, in pieces, on a thread of its own.

use std::thread;

use rusqlite::Connection;
use rusqlite::types::Value;
use tokio::sync::mpsc;

use super::rows::{self, RejectedRows};
use super::{State, file};
use crate::store::error::StoreError;
use crate::store::schema::DbLocation;
use crate::store::worker::Worker;
use crate::workspace::ServerUpdate;

/// How many items are in a piece: some milliseconds of work for whoever takes it.
const PIECE: usize = 500;
/// How many pieces are read ahead.
const AHEAD: usize = 4;

type Piece = Result<Vec<ServerUpdate>, StoreError>;

/// Starts reading.
pub(super) fn start(place: DbLocation, worker: Worker<State>) -> mpsc::Receiver<Piece> {
    let (pieces, receiver) = mpsc::channel(AHEAD);
    let path = place.path().to_owned();
    let sender = pieces.clone();
    let started = thread::Builder::new().name("cache-load".to_owned()).spawn(move || {
        // An error in sending says that nobody wants more.
        if let Err(error) = run(&place, &worker, &sender) {
            let _ = sender.blocking_send(Err(error));
        }
    });
    if let Err(error) = started {
        // The channel is empty yet.
        let _ = pieces.try_send(Err(StoreError::io(&path, &error)));
    }
    receiver
}

fn run(place: &DbLocation, worker: &Worker<State>, pieces: &mpsc::Sender<Piece>) -> Result<(), StoreError> {
    let mut reader = Reader::default();
    if let DbLocation::Memory = place {
        // There is one connection, so the thread that has it reads the pieces between its other jobs.
        while let Some(next) = worker.call_blocking(move |state| {
            state.with(|connection| {
                let piece = reader.next(connection)?;
                Ok(piece.map(|piece| (piece, reader)))
            })
        })? {
            let piece;
            (piece, reader) = next;
            if pieces.blocking_send(Ok(piece)).is_err() {
                break;
            }
        }
        return Ok(());
    }
    // A connection of its own, so that writing goes on.
    let connection = file::open_to_read(place)?;
    while let Some(piece) = reader.next(&connection).map_err(|error| place.error(&error))? {
        if pieces.blocking_send(Ok(piece)).is_err() {
            return Ok(());
        }
    }
    drop(connection);
    let count = reader.bad.len();
    if count == 0 {
        return Ok(());
    }
    if let DbLocation::Ours(_) = place {
        let bad = reader.bad;
        worker.call_blocking(move |state| state.with(|connection| bad.remove(connection)))?;
    }
    Err(StoreError::Unreadable { path: place.path().to_owned(), count })
}

/// How far the reading has come.
struct Reader {
    step: usize,
    /// The next piece is below this id.
    below: Value,
    bad: RejectedRows,
}

impl Default for Reader {
    fn default() -> Self {
        Self { step: 0, below: Self::TOP, bad: RejectedRows::default() }
    }
}

impl Reader {
    /// Higher than all ids: `SQLite` puts bytes above all numbers and texts.
    const TOP: Value = Value::Blob(Vec::new());

    /// The next piece that is not empty.
    fn next(&mut self, connection: &Connection) -> Result<Option<Vec<ServerUpdate>>, rusqlite::Error> {
        loop {
            let step = self.step;
            let (changes, below) = match step {
                0 => (rows::lists(connection, &mut self.bad)?, None),
                1 => self.page(connection, ("activity", "done = 0"), ServerUpdate::Activities)?,
                2 => self.page(connection, ("person", "true"), ServerUpdate::People)?,
                3 => self.page(connection, ("organization", "true"), ServerUpdate::Organizations)?,
                4 => self.page(connection, ("deal", "open = 1"), ServerUpdate::Deals)?,
                5 => self.page(connection, ("lead", "true"), ServerUpdate::Leads)?,
                6 => self.page(connection, ("deal", "open = 0"), ServerUpdate::Deals)?,
                7 => self.page(connection, ("activity", "done = 1"), ServerUpdate::Activities)?,
                _ => return Ok(None),
            };
            (self.step, self.below) = below.map_or((step + 1, Self::TOP), |below| (step, below));
            if !changes.is_empty() {
                return Ok(Some(changes));
            }
        }
    }

    fn page<T: serde::de::DeserializeOwned>(
        &mut self,
        connection: &Connection,
        of: (&'static str, &str),
        change: fn(Vec<T>) -> ServerUpdate,
    ) -> Result<(Vec<ServerUpdate>, Option<Value>), rusqlite::Error> {
        let (items, below) = rows::page(connection, of, (&self.below, PIECE), &mut self.bad)?;
        let changes = if items.is_empty() { Vec::new() } else { vec![change(items)] };
        Ok((changes, below))
    }
}
