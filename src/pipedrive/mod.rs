//! The Pipedrive client: wire types of API v1 and v2, the rate window, the lanes, and the one task that owns the HTTP
//! client. It knows no screen and no workspace.
//!
//! | file | content |
//! |---|---|
//! | `endpoint` | the address of the API |
//! | `request` | requests and their cost |
//! | `client` | [`Api`]: what the typed calls share |
//! | `lists`, `items`, `latest` | the calls that list, that change one item, that find the newest ones |
//! | `queries` | the calls for searches, saved filters and archived leads |
//! | `conversions` | the calls that convert leads to deals, and back |
//! | `dossier` | the calls for notes, products and timeline |
//! | `webhooks`, `registration` | the calls that register webhooks, and their data |
//! | `delivery`, `partial` | webhook deliveries; items that lack fields, and merging them over known ones |
//! | `pages`, `inbox` | lists read page by page; the lead inbox, which needs more care |
//! | `wire` | JSON to the domain and back |
//! | `call` | calls on their way between callers and the API task |
//! | `task` | the API task: takes calls from the lanes and sends them |
//! | `scheduler`, `window` | which request may be sent when; pure |
//! | `health` | whether the server works, and when a probe may find out; pure |
//! | `verdict`, `retry_budget` | the meaning of an answer: done, try again, give up; how many retries; pure |
//! | `transport` | HTTP itself |
//! | `connection`, `metrics` | the state of the connection and its figures, for status bar and diagnostics |
//! | `token_bucket` | a limit for actions that cost API tokens and that others cause; pure |
//! | `proof` | the owner of the token; nothing else is sent before that is known; pure |
//! | `token`, `secret` | the API token and the webhooks' password: never shown |

mod call;
mod client;
mod connection;
mod conversions;
mod delivery;
mod dossier;
mod endpoint;
mod error;
mod health;
mod inbox;
mod items;
mod latest;
mod lists;
mod metrics;
mod pages;
mod partial;
mod proof;
mod queries;
mod registration;
mod request;
mod retry_budget;
mod scheduler;
mod secret;
mod task;
mod token;
mod token_bucket;
mod transport;
mod verdict;
mod webhooks;
mod window;
mod wire;

pub use client::Api;
pub use connection::{Connection, ConnectionState, Metrics, RecentError};
pub use conversions::ConversionStatus;
pub use delivery::{Delivery, DeliveryError, Payload};
pub use endpoint::{Endpoint, EndpointError, web_address};
pub use error::ApiError;
pub use inbox::LeadInbox;
pub use lists::DealsQuery;
pub use pages::Pages;
pub use partial::PartialItem;
pub use proof::{ExpectedAccount, VerifiedToken, WrongAccount};
pub use registration::{RegisteredWebhook, WebhookRegistration};
pub use request::{Lane, Method, Request, Version, cost};
pub use scheduler::{Decision, Job, Scheduler, SentRequest};
pub use secret::WebhookSecret;
pub use token::{Token, TokenError};
pub use token_bucket::TokenBucket;
pub use transport::{HttpResponse, RateLimits, Transport, TransportError, client_for, root_cause};
pub use window::{RateWindow, SMALLEST_LIMIT};

use std::time::Duration;

use tokio::task::JoinHandle;

use proof::Proof;

/// The default of the time after its sending in which a request without an answer may still reach Pipedrive: a proxy, a
/// gateway's queue or a kernel's buffer may hold it.
pub const MAX_REQUEST_DELAY: Duration = Duration::from_secs(60);

/// Opens a connection to Pipedrive: the typed calls, and the task that carries them out. The task ends when the last
/// [`Api`] is dropped. The account is that of the token's owner.
///
/// # Errors
/// [`ApiError::Unreachable`] if no HTTP client can be created, such as without trusted certificates.
pub fn connect(endpoint: Endpoint, token: &Token) -> Result<(Api, JoinHandle<()>), ApiError> {
    connect_with(endpoint, token, MAX_REQUEST_DELAY)
}

/// The same with another `max_delay` than [`MAX_REQUEST_DELAY`].
///
/// # Errors
/// Those of [`connect`].
pub fn connect_with(endpoint: Endpoint, token: &Token, max_delay: Duration) -> Result<(Api, JoinHandle<()>), ApiError> {
    connect_as(endpoint, token, ExpectedAccount::Anyone, max_delay)
}

/// The same for one account: unless the token belongs to it, nothing is sent but the request for its owner.
///
/// # Errors
/// Those of [`connect`].
pub fn connect_as(
    endpoint: Endpoint,
    token: &Token,
    expected: ExpectedAccount,
    max_delay: Duration,
) -> Result<(Api, JoinHandle<()>), ApiError> {
    Ok(open(transport::Http::new(endpoint, token)?, Proof::new(expected), max_delay))
}

/// Opens a connection over any transport. The token is not checked, so the transport need not know users.
pub fn connect_over(transport: impl Transport) -> (Api, JoinHandle<()>) {
    connect_over_with(transport, MAX_REQUEST_DELAY)
}

/// The same with another `max_delay` than [`MAX_REQUEST_DELAY`].
pub fn connect_over_with(transport: impl Transport, max_delay: Duration) -> (Api, JoinHandle<()>) {
    open(transport, Proof::unchecked(), max_delay)
}

/// Opens a connection for one account over any transport; the token is checked as by [`connect_as`].
pub fn connect_over_as(transport: impl Transport, expected: ExpectedAccount) -> (Api, JoinHandle<()>) {
    open(transport, Proof::new(expected), MAX_REQUEST_DELAY)
}

fn open(transport: impl Transport, proof: Proof, max_delay: Duration) -> (Api, JoinHandle<()>) {
    let (api, inbox) = Api::new(max_delay);
    (api, tokio::spawn(task::run(transport, proof, inbox)))
}
