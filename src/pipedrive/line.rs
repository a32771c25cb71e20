//! How the line to Pipedrive fares.

use std::time::Duration;

/// The state of the line to Pipedrive.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Line {
    /// Whether the last request was answered.
    pub state: LineState,
    /// Requests that wait or are under way for a person's edits.
    pub edits: usize,
    /// Requests that wait or are under way for anything else.
    pub reads: usize,
    /// Requests per window that the plan allows, as the server last said (or the smallest plan's).
    pub window_limit: u32,
    /// Of those, how many are free now.
    pub window_free: u32,
    /// Tokens left of the company's daily budget, with the whole, where the server says.
    pub daily: Option<(u64, u64)>,
}

/// Whether Pipedrive can be reached.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum LineState {
    /// Nothing was asked yet.
    #[default]
    Connecting,
    /// The last request was answered.
    Online,
    /// The last request got no answer.
    Offline {
        /// Why, in a few words.
        why: String,
    },
    /// Pipedrive asked to wait.
    Waiting {
        /// For how long from now.
        wait: Duration,
        /// Why, in a few words.
        why: String,
    },
    /// The token was refused.
    Refused,
}
