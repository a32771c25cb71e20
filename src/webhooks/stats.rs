//! Counters of a listener.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

use super::rejection::Rejection;
use super::status::{ListenerStatus, SeenDelivery};

/// The number of latest deliveries to remember.
const LATEST: usize = 64;

/// The number of accepted and of rejected requests.
#[derive(Debug, Default)]
pub struct ListenerStats {
    taken: AtomicU64,
    refused: [AtomicU64; Rejection::ALL.len()],
    /// In milliseconds since 1970; 0 for never.
    last: AtomicI64,
    /// The latest last.
    latest: Mutex<VecDeque<SeenDelivery>>,
}

impl ListenerStats {
    pub(super) fn take(&self, sighting: Option<SeenDelivery>, now: DateTime<Utc>) {
        if let Some(sighting) = sighting {
            let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
            if latest.len() == LATEST {
                latest.pop_front();
            }
            latest.push_back(sighting);
        }
        self.taken.fetch_add(1, Ordering::Relaxed);
        self.last.store(now.timestamp_millis(), Ordering::Relaxed);
    }

    pub(super) fn refuse(&self, why: Rejection) {
        self.refused[why as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// The number of accepted deliveries.
    pub fn accepted(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// The number of requests rejected for this reason.
    pub fn refused(&self, why: Rejection) -> u64 {
        self.refused[why as usize].load(Ordering::Relaxed)
    }

    /// When the last delivery was taken.
    pub fn last(&self) -> Option<DateTime<Utc>> {
        let last = self.last.load(Ordering::Relaxed);
        DateTime::from_timestamp_millis(last).filter(|_| last != 0)
    }

    /// All of it, for those who know the password.
    pub(super) fn status(&self) -> ListenerStatus {
        let refused = |why: &Rejection| self.refused(*why);
        let unauthorized = self.refused(Rejection::Unauthorized);
        ListenerStatus {
            process: std::process::id(),
            taken: self.accepted(),
            unauthorized,
            refused: Rejection::ALL.iter().map(refused).sum::<u64>() - unauthorized,
            last: self.last(),
            latest: self.latest.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect(),
        }
    }
}
