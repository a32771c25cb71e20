//! The practice server: speaks Pipedrive's API on 127.0.0.1 for practice and tests, with sample data, the limits of a
//! plan, and faults on demand. It is written from the API's documentation alone and imports no other room of the
//! crate, so that a misreading of the API on one side shows against the other.
//!
//! A request passes the `middleware` (faults, token, limits) and is routed by `api`; handlers read or edit the
//! `store`, and the `records` define what an edit may do. Each change is delivered by `webhooks`.

mod api;
mod background;
mod connection;
mod control;
mod corrupt;
mod current_user;
mod custom_fields;
mod db;
mod faults;
mod limits;
mod middleware;
mod plan;
mod query;
mod records;
mod request;
mod response;
mod sample;
mod schema;
mod server;
mod setup;
mod store;
mod table;
mod webhooks;
mod write_log;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use chrono::Utc;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use self::connection::{CutSwitch, CuttableListener};
use self::current_user::OWNER;
use self::db::{Db, DbError};
use self::limits::Limits;
pub use self::plan::Plan;
use self::response::ErrorResponse;
use self::server::{Server, Shared};
use self::setup::AccountSetup;
use self::store::Store;

/// The time that open requests get to finish when the server stops.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// The settings of a practice server.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port to listen on; 0 for any free port.
    pub port: u16,
    /// The API token of the first user.
    pub token: String,
    /// Further API tokens, each with the id of its user, so that several people can share a practice workspace.
    pub colleagues: Vec<(String, u64)>,
    /// The plan whose limits apply.
    pub plan: Plan,
    /// The number of sample deals; people, organizations, activities and leads are in proportion.
    pub deals: usize,
    /// The seed of the sample data.
    pub seed: u64,
    /// The file that stores the workspace; without one it is lost when the server stops.
    pub db: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            token: "practice".to_owned(),
            colleagues: Vec::new(),
            plan: Plan::Essential,
            deals: 300,
            seed: 1,
            db: None,
        }
    }
}

/// A reason why a practice server does not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The port is in use or not allowed.
    #[error("cannot listen on 127.0.0.1:{port}: {error}{}", hint(.error))]
    Listen {
        /// The port.
        port: u16,
        /// The error of the operating system.
        error: std::io::Error,
    },
    /// The file cannot be used.
    #[error("cannot use {}: {error}", path.display())]
    Db {
        /// The file.
        path: PathBuf,
        /// The reason.
        error: DbError,
    },
    /// A colleague's token cannot be used.
    #[error("the token for user {user} cannot be used: {reason}")]
    Colleague {
        /// The id of the user.
        user: u64,
        /// The reason.
        reason: &'static str,
    },
    /// The sample data in the program are broken.
    #[error("the sample data cannot be read: {0}")]
    Assets(#[from] toml::de::Error),
}

fn hint(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => "; choose another port, or 0 for any free port",
        _ => "",
    }
}

/// A running practice server.
#[derive(Debug)]
pub struct Sandbox {
    url: String,
    token: String,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Sandbox {
    /// Starts a server.
    pub async fn start(options: Options) -> Result<Self, SandboxError> {
        let no_listener = |error| SandboxError::Listen { port: options.port, error };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await.map_err(no_listener)?;
        let address = listener.local_addr().map_err(no_listener)?;
        let store = open_store(&options)?;
        let tokens = tokens(&options, &store)?;
        let server = Server::new(tokens, address.port(), Limits::new(options.plan), store);
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve(listener, Arc::new(server), stopped));
        Ok(Self { url: url(address), token: options.token, stop, task })
    }

    /// Returns the server's address, without a trailing slash.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the API token of the first user.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Stops the server. Open requests get a moment to finish.
    pub async fn stop(self) {
        // The receiver is gone if the server has already ended.
        let _ = self.stop.send(());
        let abort = self.task.abort_handle();
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, self.task).await.is_err() {
            abort.abort();
        }
    }
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// Returns all tokens with their users. As at Pipedrive, each user has one token and each token one user.
fn tokens(options: &Options, store: &Store) -> Result<Vec<(String, u64)>, SandboxError> {
    let mut tokens = vec![(options.token.clone(), OWNER)];
    for (token, user) in &options.colleagues {
        let reason = match store.users.get(*user) {
            None => Some("there is no such user"),
            Some(found) if !found.is_active => Some("the user is not active"),
            _ if tokens.iter().any(|(_, other)| other == user) => Some("the user already has a token"),
            _ if tokens.iter().any(|(other, _)| other == token) => Some("another user has the same token"),
            _ => None,
        };
        if let Some(reason) = reason {
            return Err(SandboxError::Colleague { user: *user, reason });
        }
        tokens.push((token.clone(), *user));
    }
    Ok(tokens)
}

/// Opens the workspace of a file, or creates one from the sample data.
fn open_store(options: &Options) -> Result<Store, SandboxError> {
    let mut store = Store::empty(AccountSetup::read()?);
    let Some(path) = &options.db else {
        sample::fill(&mut store, options.deals, options.seed, Utc::now())?;
        store.clear_changed();
        return Ok(store);
    };
    let failed = |error| SandboxError::Db { path: path.clone(), error };
    let db = Db::open(path).map_err(failed)?;
    if store.open(db).map_err(failed)? == store::FileState::Empty {
        sample::fill(&mut store, options.deals, options.seed, Utc::now())?;
        store.save().map_err(failed)?;
    }
    Ok(store)
}

async fn serve(listener: TcpListener, server: Shared, stopped: oneshot::Receiver<()>) {
    let _tasks = server.tasks.guard();
    let listener = CuttableListener { listener, stall: server.stall.clone() };
    let v1 = api::v1::routes();
    let router = Router::new()
        .nest("/api/v2", api::v2::routes())
        .nest("/api/v1", v1.clone())
        .nest("/v1", v1)
        .merge(control::routes())
        .fallback(async || unknown_path())
        .method_not_allowed_fallback(async || wrong_method())
        .layer(from_fn_with_state(server.clone(), middleware::handle))
        .with_state(server);
    let app = router.into_make_service_with_connect_info::<CutSwitch>();
    // A dropped sender stops the server too.
    let stopped = async { stopped.await.unwrap_or_default() };
    // `axum::serve` never returns an error.
    let _ = axum::serve(listener, app).with_graceful_shutdown(stopped).await;
}

fn unknown_path() -> ErrorResponse {
    ErrorResponse::new(StatusCode::NOT_FOUND, "Unknown method", "There is nothing at this path.")
}

fn wrong_method() -> ErrorResponse {
    ErrorResponse::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed", "This path does not take this method.")
}
