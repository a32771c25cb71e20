//! The state of the connection to Pipedrive.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::error::ApiError;
use super::proof::WrongAccount;
use super::request::Lane;

/// The connection to Pipedrive.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Connection {
    /// The state, by the last request.
    pub state: ConnectionState,
    /// Requests that wait or are under way for the user's edits.
    pub edits: usize,
    /// Requests that wait or are under way for anything else.
    pub reads: usize,
    /// Requests per window that the plan allows, as the server last said (or the smallest plan's).
    pub window_limit: u32,
    /// Of those, how many are free now.
    pub window_free: u32,
    /// Tokens left of the company's daily budget and the whole budget, if the server reports them.
    pub daily: Option<(u64, u64)>,
    /// Figures for the diagnostics.
    pub metrics: Metrics,
}

/// Figures of the connection.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metrics {
    /// By lane, the most urgent first: the number of waiting requests, and of those under way.
    pub lanes: [(usize, usize); Lane::ALL.len()],
    /// `true` if other programs use the token too, as far as the server's answers show.
    pub is_shared: bool,
    /// The latency of the latest answers: the 50th, 90th and 99th percentile.
    pub latency: [Duration; 3],
    /// Requests that were sent since the start.
    pub sent: u64,
    /// Of those, how many were sent again after a failure.
    pub retried: u64,
    /// The number of times that the server asked to slow down.
    pub refused: u64,
    /// Tokens of the daily budget that this program has spent since the start.
    pub tokens: u64,
    /// The latest errors, the newest last.
    pub recent_errors: Arc<Vec<RecentError>>,
}

/// An error of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentError {
    /// The time of the error.
    pub at: DateTime<Utc>,
    /// The method and path of the request.
    pub request: String,
    /// The error in words for the user; may contain words of the server.
    pub what: String,
}

/// The states of the connection.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum ConnectionState {
    /// Nothing was sent yet, or the owner of the token is unknown: nothing else is sent.
    #[default]
    Connecting,
    /// The last request was answered.
    Online,
    /// The last request got no answer.
    Offline {
        /// The reason, in a few words.
        why: String,
    },
    /// Nothing is sent for a while, because Pipedrive asked to wait or fails. One request follows.
    Waiting {
        /// The time from now on.
        wait: Duration,
        /// The reason, in a few words.
        why: String,
    },
    /// The token was refused.
    Refused,
    /// The token belongs to another account: nothing is sent with it.
    WrongAccount(Box<WrongAccount>),
}

impl ConnectionState {
    /// Returns `true` if nothing is sent until there is another token.
    pub const fn needs_token(&self) -> bool {
        matches!(self, Self::Refused | Self::WrongAccount(_))
    }

    /// Returns why another token is needed, if it is, and advice for the user.
    pub fn token_problem(&self) -> Option<String> {
        match self {
            Self::Refused => Some(ApiError::Unauthorized.to_string()),
            Self::WrongAccount(wrong) => Some(format!("{wrong}. To go on, {}", wrong.advice())),
            Self::Connecting | Self::Online | Self::Offline { .. } | Self::Waiting { .. } => None,
        }
    }
}
