//! What came to the listener, counted.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use chrono::{DateTime, Utc};

use super::listener::Refusal;

/// How many requests came to the listener, and what became of them.
#[derive(Debug, Default)]
pub struct Tally {
    taken: AtomicU64,
    refused: [AtomicU64; Refusal::ALL.len()],
    /// In milliseconds since 1970; 0 for never.
    last: AtomicI64,
}

impl Tally {
    pub(super) fn take(&self, now: DateTime<Utc>) {
        self.taken.fetch_add(1, Ordering::Relaxed);
        self.last.store(now.timestamp_millis(), Ordering::Relaxed);
    }

    pub(super) fn refuse(&self, why: Refusal) {
        self.refused[why as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How many deliveries were taken.
    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// How many requests were refused for this reason.
    pub fn refused(&self, why: Refusal) -> u64 {
        self.refused[why as usize].load(Ordering::Relaxed)
    }

    /// When the last delivery was taken.
    pub fn last(&self) -> Option<DateTime<Utc>> {
        let last = self.last.load(Ordering::Relaxed);
        DateTime::from_timestamp_millis(last).filter(|_| last != 0)
    }
}
