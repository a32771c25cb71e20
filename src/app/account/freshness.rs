//! How fresh the items in memory are.

use chrono::{DateTime, Utc};

use crate::sync::ReadProgress;

/// How fresh the items in memory are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Freshness {
    /// What is being read now, and its progress.
    pub reading: Option<ReadProgress>,
    /// When the account was last read.
    pub read_at: Option<DateTime<Utc>>,
    /// When the leads are polled next.
    pub next_poll: Option<DateTime<Utc>>,
    /// `true` while a refresh that the user requested has no answer.
    pub asked: bool,
    /// `true` once a failure to read was shown, until reading succeeds.
    pub failure_told: bool,
}
