//! The practice server: speaks Pipedrive's API on 127.0.0.1, to learn and to test on, with sample data, the limits of
//! a plan, and faults on demand. Written from the API's documentation on its own; imports no other room of the crate,
//! so that a misreading here shows against the client and one there shows here.
//!
//! A request passes the `gate` (faults, token, limits), is routed by `v1` or `v2`, and reads or edits the `store`; the
//! `records` have the rules. What an edit has changed is told by webhooks (`push`).

mod answer;
mod assets;
mod caller;
mod convert;
mod corrupt;
mod custom;
mod db;
mod faults;
mod fields;
mod filters;
mod gate;
mod history;
mod limits;
mod line;
mod notes;
mod push;
mod query;
mod records;
mod sample;
mod schema;
mod search;
mod store;
mod summary;
mod table;
mod users;
mod v1;
mod v2;
mod webhooks;
mod writes;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use chrono::Utc;
use clap::ValueEnum;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use self::answer::{Answer, Refusal};
use self::assets::Assets;
use self::caller::{Caller, OWNER};
use self::db::{Db, DbError};
use self::gate::Gate;
use self::limits::Limits;
use self::line::{Line, Lines, Stall};
use self::push::Post;
use self::store::Store;

/// How long it takes until a conversion is done, and a little more.
const CONVERSION: Duration = Duration::from_millis(420);
/// How long requests under way may take when the server stops.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// A plan, with its limits for an API token, <https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Plan {
    Essential,
    Advanced,
    Professional,
    Enterprise,
}

impl Plan {
    /// How many requests a token may make in any two seconds.
    pub fn burst_limit(self) -> u32 {
        match self {
            Self::Essential => 20,
            Self::Advanced => 40,
            Self::Professional => 80,
            Self::Enterprise => 120,
        }
    }

    /// How many tokens a company of one seat has a day.
    pub fn daily_budget(self) -> u64 {
        let multiplier = match self {
            Self::Essential => 1,
            Self::Advanced => 2,
            Self::Professional => 5,
            Self::Enterprise => 7,
        };
        30_000 * multiplier
    }
}

/// How a practice server is to be.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port to listen on; 0 for any that is free.
    pub port: u16,
    /// The API token that it asks for, that of the first user.
    pub token: String,
    /// The tokens of others, with the ids of the users whose they are: two people can work on one practice workspace.
    pub colleagues: Vec<(String, u64)>,
    /// The plan whose limits apply.
    pub plan: Plan,
    /// How many deals there are; people, organizations, activities and leads in proportion.
    pub deals: usize,
    /// Another number gives other data.
    pub seed: u64,
    /// The file that keeps the data; without one they are gone when the server stops.
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

/// Why a practice server does not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The port is taken, or not allowed.
    #[error("cannot listen on 127.0.0.1:{port}: {error}{}", hint(.error))]
    Listen {
        /// The port.
        port: u16,
        /// What the system says.
        error: std::io::Error,
    },
    /// The file cannot be used.
    #[error("cannot use {}: {error}", path.display())]
    Db {
        /// The file.
        path: PathBuf,
        /// Why.
        error: DbError,
    },
    /// A colleague's token cannot be used.
    #[error("the token for user {user} cannot be used: {reason}")]
    Colleague {
        /// Whose it is to be.
        user: u64,
        /// Why not.
        reason: &'static str,
    },
    /// The sample data that the program carries are broken.
    #[error("the sample data cannot be read: {0}")]
    Assets(#[from] toml::de::Error),
}

fn hint(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => "; give another port, or 0 for any that is free",
        _ => "",
    }
}

/// What all requests share.
struct Server {
    /// Each with its user.
    tokens: Vec<(String, u64)>,
    /// Where it listens.
    port: u16,
    started: Instant,
    gate: Mutex<Gate>,
    store: Mutex<Store>,
    post: Post,
    stall: Stall,
}

type Shared = Arc<Server>;

impl Server {
    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The workspace as of now.
    fn store(self: &Arc<Self>) -> MutexGuard<'_, Store> {
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Utc::now();
        while let Some(conversion) = store.due(now) {
            let done = Caller::new(conversion.user_id).acts(|| {
                store.finish(conversion, now);
                self.save(&mut store)
            });
            // One that cannot be written is not done yet: the next request tries again, and edits say why.
            if done.is_err() {
                break;
            }
        }
        store
    }

    /// Edits the workspace; what was changed is in the file before the answer goes out, and undone if it cannot be.
    /// The record of writes has it at the place at which it was carried out.
    fn edit(self: &Arc<Self>, edit: impl FnOnce(&mut Store) -> Answer) -> Answer {
        let mut store = self.store();
        let running = store.running();
        let mut answer = edit(&mut store);
        if store.has_changed() {
            answer = answer.map(|answer| store.writes.note(answer, self.started.elapsed()));
        }
        self.save(&mut store).map_err(|error| {
            let error = format!("the practice server cannot write its file: {error}");
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error, "")
        })?;
        if store.running() > running {
            self.finish_in_time();
        }
        answer
    }

    /// Saves what was changed, and then has the webhooks told: nothing is waited for but the file.
    fn save(self: &Arc<Self>, store: &mut Store) -> Result<(), DbError> {
        let events = if store.webhooks.len() > 0 { push::events(store) } else { Vec::new() };
        store.save()?;
        for event in &events {
            for hook in store.webhooks.iter().filter(|hook| event.concerns(hook)) {
                self.post.take(self, event, hook);
            }
        }
        Ok(())
    }

    /// Looks at the workspace when the conversion that was begun now is done: webhooks tell of it without a request.
    fn finish_in_time(self: &Arc<Self>) {
        let server = Arc::clone(self);
        self.post.spawn(async move {
            tokio::time::sleep(CONVERSION).await;
            drop(server.store());
        });
    }
}

/// A practice server that runs.
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
        let store = fill(&options)?;
        let server = Server {
            tokens: tokens(&options, &store)?,
            port: address.port(),
            started: Instant::now(),
            gate: Mutex::new(Gate::new(Limits::new(options.plan))),
            store: Mutex::new(store),
            post: Post::default(),
            stall: Stall::default(),
        };
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve(listener, Arc::new(server), stopped));
        Ok(Self { url: url(address), token: options.token, stop, task })
    }

    /// Where it listens, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The API token that it asks for.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Stops it: requests under way get their answers if they are quick.
    pub async fn stop(self) {
        // A server that has ended by itself has nobody to tell.
        let _ = self.stop.send(());
        let abort = self.task.abort_handle();
        if tokio::time::timeout(LAST_WORDS, self.task).await.is_err() {
            abort.abort();
        }
    }
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// All tokens with their users: of each user one, as Pipedrive has it, and each of one user.
fn tokens(options: &Options, store: &Store) -> Result<Vec<(String, u64)>, SandboxError> {
    let mut tokens = vec![(options.token.clone(), OWNER)];
    for (token, user) in &options.colleagues {
        let reason = match store.users.get(*user) {
            None => Some("there is no such user"),
            Some(found) if !found.is_active => Some("the user is not active"),
            _ if tokens.iter().any(|(_, other)| other == user) => Some("the user has a token already"),
            _ if tokens.iter().any(|(other, _)| other == token) => Some("another user has the same"),
            _ => None,
        };
        if let Some(reason) = reason {
            return Err(SandboxError::Colleague { user: *user, reason });
        }
        tokens.push((token.clone(), *user));
    }
    Ok(tokens)
}

/// The workspace: from its file, or from the sample.
fn fill(options: &Options) -> Result<Store, SandboxError> {
    let mut store = Store::empty(Assets::read()?);
    let Some(path) = &options.db else {
        sample::fill(&mut store, options.deals, options.seed, Utc::now())?;
        store.forget_changed();
        return Ok(store);
    };
    let failed = |error| SandboxError::Db { path: path.clone(), error };
    let db = Db::open(path).map_err(failed)?;
    if !store.open(db).map_err(failed)? {
        sample::fill(&mut store, options.deals, options.seed, Utc::now())?;
        store.save().map_err(failed)?;
    }
    Ok(store)
}

async fn serve(listener: TcpListener, server: Shared, stopped: oneshot::Receiver<()>) {
    let _post = server.post.guard();
    let lines = Lines { listener, stall: server.stall.clone() };
    let v1 = v1::routes();
    let router = Router::new()
        .nest("/api/v2", v2::routes())
        .nest("/api/v1", v1.clone())
        .nest("/v1", v1)
        .merge(gate::routes())
        .merge(push::routes())
        .fallback(async || unknown_path())
        .method_not_allowed_fallback(async || wrong_method())
        .layer(from_fn_with_state(server.clone(), gate::pass))
        .with_state(server);
    let app = router.into_make_service_with_connect_info::<Line>();
    // A sender that is gone says the same as one that sends.
    let stopped = async { stopped.await.unwrap_or_default() };
    // It says itself that it never fails.
    let _ = axum::serve(lines, app).with_graceful_shutdown(stopped).await;
}

fn unknown_path() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "Unknown method", "There is nothing at this path.")
}

fn wrong_method() -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed", "This path does not take this method.")
}
