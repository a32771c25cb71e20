//! The Pipedrive client: wire types of API v1 and v2, the rate window, the lanes, and the one task that owns the HTTP
//! client. Knows no screen and no workspace.
//!
//! | file | what |
//! |---|---|
//! | `endpoint` | where the API is |
//! | `request` | what is asked, and what it costs |
//! | `client` | [`Api`]: the typed calls that everybody else uses |
//! | `asked` | the calls for what a person asks about |
//! | `conversions` | the calls of leads that become deals, and back |
//! | `delivery` | what a webhook delivers |
//! | `told` | what that leaves out of an item, and how it is taken over |
//! | `webhooks` | the calls that register webhooks |
//! | `dossier` | the calls for what there is to know of an item beyond the item itself |
//! | `pages`, `inbox` | lists read page by page; the lead inbox, which needs more care |
//! | `wire` | JSON to the domain and back |
//! | `task` | the API task: takes requests off the lanes and sends them |
//! | `scheduler`, `window` | which request may go when; pure |
//! | `health` | whether the server is well, and when a probe may find out; pure |
//! | `verdict`, `retries` | what an answer means: done, try again, give up; how often again; pure |
//! | `transport` | HTTP itself |
//! | `line`, `record` | how the line fares, for the status bar and those who want to know more |
//! | `allowance` | how often something that others cause may cost tokens; pure |
//! | `proof` | whose the token is; nothing is sent before that is known; pure |
//! | `token` | the API token: never shown |

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

/// The default of how long after it was sent a request that got no answer may still reach Pipedrive: a proxy, a
/// gateway's queue or a kernel's buffer may hold it.
pub const MAX_REQUEST_DELAY: Duration = Duration::from_secs(60);

/// Opens the line to Pipedrive: the typed calls, and the task that carries them out. The task ends when the last
/// [`Api`] is dropped. Whoever the token belongs to is the account.
///
/// # Errors
/// [`ApiError::Unreachable`] where no HTTP client can be made, such as without trusted certificates.
pub fn connect(endpoint: Endpoint, token: &Token) -> Result<(Api, JoinHandle<()>), ApiError> {
    connect_with(endpoint, token, MAX_REQUEST_DELAY)
}

/// The same, where a request that got no answer may still arrive until `max_delay` after it was sent.
///
/// # Errors
/// Those of [`connect`].
pub fn connect_with(endpoint: Endpoint, token: &Token, max_delay: Duration) -> Result<(Api, JoinHandle<()>), ApiError> {
    connect_as(endpoint, token, ExpectedAccount::Anyone, max_delay)
}

/// The same for one account: nothing but the question whose the token is goes out unless it belongs to that.
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

/// Opens the line over any transport, which need not know users: its token is not checked.
pub fn connect_over(transport: impl Transport) -> (Api, JoinHandle<()>) {
    connect_over_with(transport, MAX_REQUEST_DELAY)
}

/// The same, where a request that got no answer may still arrive until `max_delay` after it was sent.
pub fn connect_over_with(transport: impl Transport, max_delay: Duration) -> (Api, JoinHandle<()>) {
    open(transport, Proof::unchecked(), max_delay)
}

/// Opens the line for one account over any transport; its token is checked as by [`connect_as`].
pub fn connect_over_as(transport: impl Transport, expected: ExpectedAccount) -> (Api, JoinHandle<()>) {
    open(transport, Proof::new(expected), MAX_REQUEST_DELAY)
}

fn open(transport: impl Transport, proof: Proof, max_delay: Duration) -> (Api, JoinHandle<()>) {
    let (api, inbox) = Api::new(max_delay);
    (api, tokio::spawn(task::run(transport, proof, inbox)))
}
