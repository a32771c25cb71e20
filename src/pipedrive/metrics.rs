//! What the API task remembers of its work, for those who want to know how the line fares.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;

use super::connection::{Metrics, RecentError};
use super::request::Request;

/// How many answers the percentiles are of.
const SAMPLES: usize = 500;
/// How many troubles are kept.
const TROUBLES: usize = 20;

/// The record of the line since the start.
#[derive(Debug, Default)]
pub(super) struct MetricsRecorder {
    took: VecDeque<Duration>,
    details: Metrics,
}

impl MetricsRecorder {
    /// A request goes out, for the first time or again.
    pub(super) fn sent(&mut self, is_again: bool) {
        self.details.sent += 1;
        self.details.retried += u64::from(is_again);
    }

    /// A request was answered.
    pub(super) fn answered(&mut self, request: &Request, took: Duration) {
        self.details.tokens += u64::from(request.cost);
        if self.took.len() == SAMPLES {
            self.took.pop_front();
        }
        self.took.push_back(took);
        let mut sorted: Vec<Duration> = self.took.iter().copied().collect();
        sorted.sort_unstable();
        let percentile = |percent: usize| sorted.get((sorted.len() - 1) * percent / 100).copied().unwrap_or_default();
        self.details.latency = [50, 90, 99].map(percentile);
    }

    /// The server asked to slow down.
    pub(super) fn refused(&mut self) {
        self.details.refused += 1;
    }

    /// Something went wrong.
    pub(super) fn trouble(&mut self, request: &Request, what: String) {
        let troubles = Arc::make_mut(&mut self.details.troubles);
        if troubles.len() == TROUBLES {
            troubles.remove(0);
        }
        let request = request.to_string();
        tracing::warn!(request, what, "trouble");
        troubles.push(RecentError { at: Utc::now(), request, what });
    }

    /// All of it, but for what the scheduler knows.
    pub(super) fn details(&self) -> Metrics {
        self.details.clone()
    }
}
