//! The state that all requests share, and the one way to change the workspace.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, HeaderValue, StatusCode};
use chrono::Utc;

use crate::sandbox::background::BackgroundTasks;
use crate::sandbox::connection::Stall;
use crate::sandbox::current_user::CurrentUser;
use crate::sandbox::db::DbError;
use crate::sandbox::faults::Faults;
use crate::sandbox::limits::Limits;
use crate::sandbox::response::{ApiResult, ErrorResponse};
use crate::sandbox::store::Store;
use crate::sandbox::webhooks::Dispatcher;
use crate::sandbox::webhooks::event;

/// The duration of a conversion, and a little more.
const CONVERSION_TIME: Duration = Duration::from_millis(420);

/// A running server as its handlers see it.
pub type Shared = Arc<Server>;

/// The shared state of a server.
pub struct Server {
    /// API tokens, each with the id of its user.
    pub tokens: Vec<(String, u64)>,
    /// The port that the server listens on.
    pub port: u16,
    /// The start of the server, from which all its times count.
    pub started: Instant,
    /// Delivers webhook events.
    pub dispatcher: Dispatcher,
    /// Runs work that outlives a request.
    pub tasks: BackgroundTasks,
    /// Stalls all connections.
    pub stall: Stall,
    traffic: Mutex<Traffic>,
    store: Arc<Mutex<Store>>,
}

/// The limits, the active faults and the counters of requests.
#[derive(Debug)]
pub struct Traffic {
    /// The limits of the company and its users.
    pub limits: Limits,
    /// The active faults.
    pub faults: Faults,
    /// Requests received.
    pub requests: u64,
    /// Requests over the limits.
    pub refused: u64,
    /// Requests carried out whose answers a fault dropped.
    pub dropped: u64,
    /// Requests that will be carried out late.
    pub late: usize,
    /// Requests received per method and route.
    pub by_path: BTreeMap<String, u64>,
}

impl Server {
    /// Creates the state of a server that starts now.
    pub fn new(tokens: Vec<(String, u64)>, port: u16, limits: Limits, store: Store) -> Self {
        let traffic = Traffic {
            limits,
            faults: Faults::default(),
            requests: 0,
            refused: 0,
            dropped: 0,
            late: 0,
            by_path: BTreeMap::new(),
        };
        let (store, tasks) = (Arc::new(Mutex::new(store)), BackgroundTasks::default());
        Self {
            tokens,
            port,
            started: Instant::now(),
            dispatcher: Dispatcher::new(Arc::clone(&store), tasks.clone()),
            tasks,
            stall: Stall::default(),
            traffic: Mutex::new(traffic),
            store,
        }
    }

    /// Returns the id of the user whose token the request carries.
    pub fn authenticate(&self, headers: &HeaderMap) -> Result<u64, ErrorResponse> {
        let token = headers.get("x-api-token").map(HeaderValue::as_bytes);
        let known = self.tokens.iter().find(|(known, _)| token == Some(known.as_bytes()));
        known.map(|(_, user)| *user).ok_or_else(ErrorResponse::unauthorized)
    }

    /// Locks the limits, faults and counters.
    pub fn traffic(&self) -> MutexGuard<'_, Traffic> {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks the workspace, after finishing all conversions that are due.
    pub fn store(&self) -> MutexGuard<'_, Store> {
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Utc::now();
        while let Some(conversion) = store.due(now) {
            let saved = CurrentUser::new(conversion.user_id).sync_scope(|| {
                store.finish(conversion, now);
                self.save(&mut store)
            });
            // A conversion that cannot be saved is undone: the next request tries again, and edits report why.
            if saved.is_err() {
                break;
            }
        }
        store
    }

    /// Changes the workspace. The change is on disk before the response is sent, and is undone if it cannot be saved.
    /// The write log lists it in the order of execution.
    pub fn edit(self: &Arc<Self>, edit: impl FnOnce(&mut Store) -> ApiResult) -> ApiResult {
        let mut store = self.store();
        let running = store.running();
        let mut response = edit(&mut store);
        if store.has_changed() {
            response = response.map(|response| store.write_log.record(response, self.started.elapsed()));
        }
        self.save(&mut store).map_err(|error| {
            let error = format!("the practice server cannot write its file: {error}");
            ErrorResponse::new(StatusCode::INTERNAL_SERVER_ERROR, error, "")
        })?;
        if store.running() > running {
            self.finish_conversion_in_time();
        }
        response
    }

    /// Saves all changes, then queues their webhook events. Waits for the file only.
    fn save(&self, store: &mut Store) -> Result<(), DbError> {
        let events = if store.webhooks.len() > 0 { event::events(store) } else { Vec::new() };
        store.save()?;
        for event in &events {
            for hook in store.webhooks.iter().filter(|hook| event.matches(hook)) {
                self.dispatcher.dispatch(event, hook);
            }
        }
        Ok(())
    }

    /// Finishes the conversion that started now when it is due, so that webhooks report it without another request.
    fn finish_conversion_in_time(self: &Arc<Self>) {
        let server = Arc::clone(self);
        self.tasks.spawn(async move {
            tokio::time::sleep(CONVERSION_TIME).await;
            drop(server.store());
        });
    }
}
