//! The figures that the API task collects for the diagnostics.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;

use super::connection::{Metrics, RecentError};
use super::request::Request;

/// The number of answers that the percentiles cover.
const SAMPLES: usize = 500;
/// The number of recent errors to remember.
const MAX_ERRORS: usize = 20;

/// The record of the line since the start.
#[derive(Debug, Default)]
pub(super) struct MetricsRecorder {
    took: VecDeque<Duration>,
    metrics: Metrics,
}

impl MetricsRecorder {
    /// A request goes out, for the first time or again.
    pub(super) fn sent(&mut self, is_again: bool) {
        self.metrics.sent += 1;
        self.metrics.retried += u64::from(is_again);
    }

    /// A request was answered.
    pub(super) fn answered(&mut self, request: &Request, took: Duration) {
        self.metrics.tokens += u64::from(request.cost);
        if self.took.len() == SAMPLES {
            self.took.pop_front();
        }
        self.took.push_back(took);
        let mut sorted: Vec<Duration> = self.took.iter().copied().collect();
        sorted.sort_unstable();
        let percentile = |percent: usize| sorted.get((sorted.len() - 1) * percent / 100).copied().unwrap_or_default();
        self.metrics.latency = [50, 90, 99].map(percentile);
    }

    /// The server asked to slow down.
    pub(super) fn refused(&mut self) {
        self.metrics.refused += 1;
    }

    /// Something went wrong.
    pub(super) fn failed(&mut self, request: &Request, what: String) {
        let recent_errors = Arc::make_mut(&mut self.metrics.recent_errors);
        if recent_errors.len() == MAX_ERRORS {
            recent_errors.remove(0);
        }
        let request = request.to_string();
        tracing::warn!(request, what, "trouble");
        recent_errors.push(RecentError { at: Utc::now(), request, what });
    }

    /// All of it, but for what the scheduler knows.
    pub(super) fn metrics(&self) -> Metrics {
        self.metrics.clone()
    }
}
