//! Finding out who owns the token, before anything else is sent.

use std::sync::Arc;

use tokio::time::Instant;

use super::Task;
use super::outcome::{MAX_CONNECTS, MAX_REFUSALS, MAX_TRIES, SPENT, SPENT_FOR, backoff};
use crate::pipedrive::call::Call;
use crate::pipedrive::connection::ConnectionState;
use crate::pipedrive::error::ApiError;
use crate::pipedrive::health::{BLOCKED_FOR, Gate};
use crate::pipedrive::proof::{Finding, Proof};
use crate::pipedrive::request::Lane;
use crate::pipedrive::transport::Transport;
use crate::pipedrive::verdict::Verdict;

impl Task {
    /// Asks for the token's owner, if there is anything to send. Returns when to look again.
    pub(super) fn prove(&mut self, transport: &Arc<impl Transport>) -> Option<Instant> {
        self.scheduler.forget_unwanted();
        if !self.under_way.is_empty() || (self.scheduler.waiting() == 0 && !self.proof.is_wanted()) {
            return None;
        }
        let now = Instant::now().into_std();
        if let Gate::Shut(until) = self.health.gate(now) {
            return until.map(Instant::from);
        }
        match self.scheduler.slot(Lane::Screen, now) {
            Ok(sent) => {
                self.send(Arc::clone(transport), sent, Call::proving());
                None
            }
            Err(at) => at.map(Instant::from),
        }
    }

    /// Acts on the answer to the question who owns the token.
    pub(super) fn proving_finished(&mut self, verdict: Verdict) {
        // The answer is about the token before.
        if self.renewal.is_some() {
            return;
        }
        match verdict {
            Verdict::Done(envelope) => match self.proof.take(envelope, Instant::now().into_std()) {
                Ok(Finding::Fits) => self.set_state(ConnectionState::Online),
                Ok(Finding::Differs(wrong)) => self.lock(wrong),
                Err(error) => self.not_proven(&error, MAX_TRIES),
            },
            Verdict::Locked => {
                self.metrics.failed(&Proof::request(), ApiError::Unauthorized.to_string());
                self.state = ConnectionState::Refused;
            }
            Verdict::SlowDown(wait) => {
                self.slow_down(&Proof::request(), wait);
                self.not_proven(&ApiError::TooManyRequests, MAX_REFUSALS);
            }
            Verdict::BudgetSpent => {
                self.pause(SPENT_FOR, SPENT);
                self.not_proven(&ApiError::BudgetSpent, 1);
            }
            Verdict::Blocked => {
                self.pause(BLOCKED_FOR, "Pipedrive's edge has blocked this machine");
                self.not_proven(&ApiError::Blocked, MAX_REFUSALS);
            }
            Verdict::Failed(error) => self.not_proven(&error, 1),
            Verdict::Again(error) => {
                let max = if matches!(error, ApiError::Unreachable(_)) { MAX_CONNECTS } else { MAX_TRIES };
                self.not_proven(&error, max);
            }
        }
    }

    /// Schedules the question again. Edits keep waiting; after `max` failures in a row all other calls fail.
    fn not_proven(&mut self, error: &ApiError, max: u32) {
        self.proof.failures = self.proof.failures.saturating_add(1);
        if self.proof.failures == 1 {
            self.metrics.failed(&Proof::request(), error.to_string());
        }
        if self.health.down_since().is_some() {
            self.note_outage(error.clone());
        } else {
            self.set_state(ConnectionState::Online);
        }
        self.scheduler.pause((Instant::now() + backoff(self.proof.failures)).into_std());
        if self.proof.failures >= max {
            for lane in [Lane::Screen, Lane::Poll, Lane::Sync] {
                self.scheduler.take_if(lane, |_| true).into_iter().for_each(|call| call.finish(Err(error.clone())));
            }
        }
    }
}
