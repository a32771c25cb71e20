//! HTTP itself: one request out, one answer in, both bounded. What an answer means is decided elsewhere.

use std::error::Error;
use std::future::Future;
use std::io::ErrorKind;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;

use super::endpoint::Endpoint;
use super::error::ApiError;
use super::request::{Method, Request};
use super::token::Token;

/// The header that carries the token (Pipedrive's authentication page).
const TOKEN_HEADER: &str = "x-api-token";
/// The longest time to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest time until the last byte of an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
/// The time for which the kernel tries to deliver what was sent, Linux only.
#[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
const UNSENT_TIMEOUT: Duration = Duration::from_secs(30);
/// The largest answer, unpacked. A page of 500 deals with a hundred custom fields each is about 2 MiB.
const LARGEST_ANSWER: usize = 32 * 1024 * 1024;

/// Sends requests to the server.
pub trait Transport: Send + Sync + 'static {
    /// Sends a request and waits for its answer.
    fn send(&self, request: &Request) -> impl Future<Output = Result<HttpResponse, TransportError>> + Send;

    /// Uses another token from now on.
    fn renew(&self, token: &Token);

    /// Returns the words of an error without the secrets that the request was sent with, in case the server repeats
    /// them: errors are shown and logged.
    fn mask(&self, _request: &Request, words: &str) -> String {
        words.to_owned()
    }
}

/// An answer of the server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HttpResponse {
    /// The HTTP status.
    pub status: u16,
    /// The limits in its headers.
    pub limits: RateLimits,
    /// `true` if its headers say that the body is JSON.
    pub is_json: bool,
    /// The body.
    pub body: Vec<u8>,
}

/// The limits in an answer's headers; the server may leave out any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RateLimits {
    /// Requests that the window allows.
    pub limit: Option<u32>,
    /// Requests that are left of them.
    pub remaining: Option<u32>,
    /// When the window is over. The unit is not documented; live it is seconds.
    pub reset: Option<Duration>,
    /// The time to wait.
    pub retry_after: Option<Duration>,
    /// Tokens in the company's daily budget.
    pub daily_limit: Option<u64>,
    /// Tokens that are left of them.
    pub daily_left: Option<u64>,
}

/// Why there is no answer, in a few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransportError {
    /// No connection could be made: nothing was sent.
    Unreachable(String),
    /// It was sent, wholly or in part, and no whole answer came.
    NoAnswer(String),
    /// An answer began that is larger than any answer of Pipedrive.
    TooLarge(String),
}

/// HTTP to a Pipedrive server.
pub(super) struct Http {
    client: reqwest::Client,
    endpoint: Endpoint,
    token: Mutex<HeaderValue>,
}

impl Http {
    /// A client with the token in its headers.
    pub(super) fn new(endpoint: Endpoint, token: &Token) -> Result<Self, ApiError> {
        let client = client_for(&endpoint.at(""), CONNECT_TIMEOUT)
            .timeout(ANSWER_TIMEOUT)
            .build()
            .map_err(|error| ApiError::Unreachable(root_cause(&error)))?;
        let token = Mutex::new(token.header().map_err(|_| ApiError::Unauthorized)?);
        Ok(Self { client, endpoint, token })
    }

    fn token(&self) -> HeaderValue {
        self.token.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Returns a builder of an HTTP client for one server and nothing else. It follows no redirect, which would take a secret
/// to another host. Without encryption it uses no proxy, which would read the secret; a proxy for https sees only the
/// name of the host.
pub fn client_for(url: &str, connect_timeout: Duration) -> reqwest::ClientBuilder {
    // An error only says that a provider was chosen already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder()
        .user_agent(concat!("dealdeck/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(connect_timeout)
        .redirect(Policy::none());
    // Otherwise the kernel may deliver what it holds of a request minutes after it was given up on.
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    let builder = builder.tcp_user_timeout(UNSENT_TIMEOUT);
    if url.starts_with("https://") { builder } else { builder.no_proxy() }
}

impl Transport for Http {
    async fn send(&self, request: &Request) -> Result<HttpResponse, TransportError> {
        let address = self.endpoint.at(&request.full_path());
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Patch => reqwest::Method::PATCH,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut sending = self.client.request(method, address).query(&request.query).header(TOKEN_HEADER, self.token());
        if let Some(body) = &request.body {
            sending = sending.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        let mut response = sending.send().await.map_err(|error| failure(&error))?;
        let headers = response.headers();
        let mut answer = HttpResponse {
            status: response.status().as_u16(),
            limits: limits(headers),
            is_json: headers
                .get(CONTENT_TYPE)
                .and_then(|value| value.to_str().ok())
                .is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("application/json")),
            body: Vec::new(),
        };
        while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
            if answer.body.len() + chunk.len() > LARGEST_ANSWER {
                return Err(TransportError::TooLarge(format!("it is larger than {} MiB", LARGEST_ANSWER >> 20)));
            }
            answer.body.extend_from_slice(&chunk);
        }
        // A byte that is no text must not hide the rest of the answer.
        if std::str::from_utf8(&answer.body).is_err() {
            answer.body = String::from_utf8_lossy(&answer.body).into_owned().into_bytes();
        }
        Ok(answer)
    }

    fn mask(&self, request: &Request, words: &str) -> String {
        let masked = without(words, self.token().as_bytes());
        match &request.secret {
            Some(secret) => without(&masked, secret.expose().as_bytes()),
            None => masked,
        }
    }

    fn renew(&self, token: &Token) {
        if let Ok(header) = token.header() {
            *self.token.lock().unwrap_or_else(PoisonError::into_inner) = header;
        }
    }
}

fn without(words: &str, secret: &[u8]) -> String {
    words.replace(&*String::from_utf8_lossy(secret), "•••")
}

fn limits(headers: &HeaderMap) -> RateLimits {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    let small = |name: &str| number(name).map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    RateLimits {
        limit: small("x-ratelimit-limit"),
        remaining: small("x-ratelimit-remaining"),
        reset: number("x-ratelimit-reset").map(Duration::from_secs),
        retry_after: number(RETRY_AFTER.as_str()).map(Duration::from_secs).or_else(|| until_date(headers)),
        daily_limit: number("x-daily-ratelimit-token-limit"),
        daily_left: number("x-daily-ratelimit-token-remaining"),
    }
}

/// Returns the time to wait until the date that the server names, by the server's own clock if it sends the time.
fn until_date(headers: &HeaderMap) -> Option<Duration> {
    let date = |name| DateTime::parse_from_rfc2822(headers.get(name)?.to_str().ok()?.trim()).ok();
    let now = date(DATE).map_or_else(Utc::now, |now| now.to_utc());
    Some((date(RETRY_AFTER)?.to_utc() - now).to_std().unwrap_or_default())
}

fn failure(error: &reqwest::Error) -> TransportError {
    if error.is_connect() {
        TransportError::Unreachable(root_cause(error))
    } else if error.is_timeout() {
        TransportError::NoAnswer(format!("no answer in {} s", ANSWER_TIMEOUT.as_secs()))
    } else {
        TransportError::NoAnswer(root_cause(error))
    }
}

/// The innermost cause in plain words: it says what happened, where the outer ones say what was tried, with the
/// address.
pub fn root_cause(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let kind = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    let words = cause.to_string();
    match kind {
        Some(ErrorKind::ConnectionRefused) => "the connection was refused".to_owned(),
        Some(ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe) => {
            "the connection broke".to_owned()
        }
        Some(ErrorKind::UnexpectedEof) => "the connection was closed".to_owned(),
        _ if words.contains("before message completed") => "the connection was closed".to_owned(),
        _ => match words.strip_prefix("failed to lookup address information: ") {
            Some(why) => format!("the server's name is not known: {why}"),
            None => words,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_may_be_seconds_or_a_date() {
        let with = |value: &'static str| {
            let date = HeaderValue::from_static("Mon, 30 Nov 2026 12:00:00 GMT");
            let headers = [(RETRY_AFTER, HeaderValue::from_static(value)), (DATE, date)];
            limits(&headers.into_iter().collect()).retry_after
        };
        assert_eq!(with("7"), Some(Duration::from_secs(7)));
        assert_eq!(with("Mon, 30 Nov 2026 12:01:30 GMT"), Some(Duration::from_secs(90)));
        assert_eq!(with("Mon, 30 Nov 2026 11:00:00 GMT"), Some(Duration::ZERO), "it is over");
        assert_eq!(with("soon"), None);
    }
}
