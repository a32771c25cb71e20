//! The decisions about a call that came back: answer it, send it again later, or stop sending for a while.

use std::time::Duration;

use chrono::Utc;
use tokio::time::Instant;

use super::{Finished, Reply, Task};
use crate::pipedrive::call::Call;
use crate::pipedrive::connection::ConnectionState;
use crate::pipedrive::error::ApiError;
use crate::pipedrive::health::{BLOCKED_FOR, Fault};
use crate::pipedrive::request::{Lane, Request};
use crate::pipedrive::scheduler::SentRequest;
use crate::pipedrive::verdict::Verdict;

/// The number of tries of a read before a failure of the server is final.
pub(super) const MAX_TRIES: u32 = 5;
/// The number of tries of a connection. More than [`MAX_TRIES`]: nothing was sent, so patience is safe.
pub(super) const MAX_CONNECTS: u32 = 9;
/// The number of refusals by the rate limit after which a request that is no edit fails.
pub(super) const MAX_REFUSALS: u32 = 4;
/// The number of blocks by the edge after which a request fails, if others pass.
const MAX_BLOCKS: u32 = 3;
/// The longest time that the server may fail at an edit while it answers other requests.
const MAX_ALONE: Duration = Duration::from_secs(15 * 60);
/// The wait of a request that the edge has blocked, so that others show whether they are blocked too.
const AFTER_BLOCK: Duration = Duration::from_secs(5);
/// The time by which a request that has just failed gives way to others, which are better probes.
const AFTER_OTHERS: Duration = Duration::from_millis(250);
/// The bound of the first wait before another try; it doubles with each try.
const BACKOFF: Duration = Duration::from_millis(250);
/// The longest wait before another try.
const MAX_BACKOFF: Duration = Duration::from_secs(8);
/// The wait after a refusal that names none: the length of the server's window.
const REFUSED_WAIT: Duration = Duration::from_secs(2);
/// The longest wait that a server may demand.
const MAX_WAIT: Duration = Duration::from_secs(300);
/// After this many refusals in a row dealdeck pauses longer: the edge blocks a client that keeps pushing.
const REFUSALS_IN_A_ROW: u32 = 3;
/// That longer pause.
const COOL_OFF: Duration = Duration::from_secs(10);
/// The time after a refusal in which only half of the window is used.
const HALVED_FOR: Duration = Duration::from_secs(30);
/// The pause once the day's budget is spent. It is documented nowhere when the server's day ends.
pub(super) const SPENT_FOR: Duration = Duration::from_secs(300);

/// Shown while the day's budget is spent.
pub(super) const SPENT: &str = "the company's API budget for today is spent";

impl Task {
    /// Books a call that came back and acts on its verdict.
    pub(super) fn finished(&mut self, finished: Finished) {
        let Finished { sent, is_probe, call, reply, verdict } = finished;
        self.by_lane[sent.lane.index()] -= 1;
        self.book(sent, &call, &reply);
        self.update_health(sent, is_probe, &call, &verdict);
        if call.is_proving() {
            self.proving_finished(verdict);
        } else {
            self.act_on(sent.lane, call, verdict);
        }
    }

    /// Gives the slot back and reads the limits from the answer.
    fn book(&mut self, sent: SentRequest, call: &Call, reply: &Reply) {
        let now = Instant::now().into_std();
        match reply {
            Reply::Answered(limits) => {
                let took = now.saturating_duration_since(sent.at);
                tracing::debug!(request = %call.request, lane = sent.lane.name(), ?took, "answered");
                self.metrics.answered(&call.request, took);
                self.scheduler.answered(sent, limits.limit, limits.remaining, now);
                if let Some(daily) = limits.daily_left.zip(limits.daily_limit) {
                    self.daily = Some(daily);
                    self.daily_at = Utc::now();
                }
            }
            Reply::NoAnswer => self.scheduler.given_up(sent, now),
            Reply::NotSent => self.scheduler.unsent(sent),
        }
    }

    fn update_health(&mut self, sent: SentRequest, is_probe: bool, call: &Call, verdict: &Verdict) {
        let now = Instant::now().into_std();
        if !matches!(verdict, Verdict::Locked) {
            self.gets_through = true;
        }
        match fault(call, verdict, self.health.answers()) {
            Some(fault) => {
                let share = 0.5 + fastrand::f64() / 2.0;
                self.health.failed(call.kind(), fault, sent.at, is_probe, share, now);
            }
            None => self.health.answered(call.kind(), sent.at),
        }
        if self.health.down_since().is_none() {
            self.outage = None;
        }
        if !matches!(verdict, Verdict::SlowDown(_)) {
            self.refusals_in_a_row = 0;
        }
    }

    fn act_on(&mut self, lane: Lane, call: Call, verdict: Verdict) {
        match verdict {
            Verdict::Done(envelope) => {
                self.set_state(ConnectionState::Online);
                call.finish(Ok(envelope));
            }
            Verdict::Failed(error) => {
                self.metrics.failed(&call.request, error.to_string());
                if error.leaves_outcome_open() {
                    self.note_outage(error.clone());
                } else {
                    self.set_state(ConnectionState::Online);
                }
                call.finish(Err(error));
            }
            Verdict::Locked => {
                // The refusal of a token that was replaced in the meantime does not matter.
                if self.renewal.is_none() {
                    self.metrics.failed(&call.request, ApiError::Unauthorized.to_string());
                    self.state = ConnectionState::Refused;
                }
                self.scheduler.push_later(Instant::now().into_std(), lane, call);
            }
            Verdict::Again(error) => self.try_again(lane, call, error),
            Verdict::SlowDown(wait) => {
                self.slow_down(&call.request, wait);
                self.park(lane, call);
            }
            Verdict::BudgetSpent => {
                self.metrics.failed(&call.request, ApiError::BudgetSpent.to_string());
                self.pause(SPENT_FOR, SPENT);
                call.finish(Err(ApiError::BudgetSpent));
            }
            Verdict::Blocked => self.blocked(lane, call),
        }
    }

    /// Notes why nothing gets through, if nothing does, for waiting callers and for the status bar.
    pub(super) fn note_outage(&mut self, error: ApiError) {
        let Some(until) = self.health.next_probe() else { return };
        let wait = until.saturating_duration_since(Instant::now().into_std());
        self.outage = Some(error.clone());
        if self.is_locked() {
            return;
        }
        self.state = match error {
            ApiError::Unreachable(why) | ApiError::NoAnswer(why) => ConnectionState::Offline { why },
            error => ConnectionState::Waiting { wait, why: error.to_string() },
        };
    }

    /// Schedules a call that failed, behind others that may find out whether the server has recovered.
    fn put_aside(&mut self, lane: Lane, call: Call, wait: Duration) {
        let now = Instant::now().into_std();
        let after_others = self.health.next_probe().map(|at| at + AFTER_OTHERS);
        self.scheduler.push_later((now + wait).max(after_others.unwrap_or(now)), lane, call);
    }

    fn try_again(&mut self, lane: Lane, mut call: Call, error: ApiError) {
        self.note_outage(error.clone());
        // One entry per outage is enough, however long it lasts.
        if self.health.failures() <= 1 {
            self.metrics.failed(&call.request, error.to_string());
        }
        let unsent = matches!(error, ApiError::Unreachable(_));
        self.gets_through &= !unsent;
        let (since, answers) = *call.first_failure.get_or_insert((Instant::now(), self.health.answers()));
        let gives_up = match lane {
            // An edit waits until the server has recovered, unless the server answers all others.
            Lane::Edit | Lane::Bulk => since.elapsed() >= MAX_ALONE && self.health.answers() > answers,
            Lane::Screen | Lane::Poll | Lane::Sync if unsent => {
                call.tries.max(self.health.failures()) >= MAX_CONNECTS || !self.retries.withdraw()
            }
            Lane::Screen | Lane::Poll | Lane::Sync => call.tries >= MAX_TRIES || !self.retries.withdraw(),
        };
        if gives_up {
            call.finish(Err(error));
            return;
        }
        let wait = backoff(call.tries);
        self.put_aside(lane, call, wait);
    }

    /// Handles a call that the edge has blocked. If the edge lets others pass, it objects to this call alone.
    fn blocked(&mut self, lane: Lane, mut call: Call) {
        self.metrics.failed(&call.request, ApiError::Blocked.to_string());
        self.note_outage(ApiError::Blocked);
        let (blocks, answers) = call.blocks;
        let is_alone = blocks == 0 || self.health.answers() > answers;
        if is_alone {
            call.blocks = (blocks + 1, self.health.answers());
        }
        if call.blocks.0 >= MAX_BLOCKS {
            call.finish(Err(ApiError::Blocked));
        } else {
            self.put_aside(lane, call, if is_alone { AFTER_BLOCK } else { BLOCKED_FOR });
        }
    }

    /// Handles a refusal by the rate limit: sends nothing for as long as the server demands, then goes on at half the
    /// rate for a while.
    pub(super) fn slow_down(&mut self, request: &Request, wait: Option<Duration>) {
        self.refusals_in_a_row += 1;
        self.metrics.refused();
        self.metrics.failed(request, ApiError::TooManyRequests.to_string());
        let jitter = Duration::from_millis(fastrand::u64(0..250));
        let demanded = wait.map_or(REFUSED_WAIT + jitter, |wait| wait.max(Duration::from_millis(250)).min(MAX_WAIT));
        let wait = if self.refusals_in_a_row >= REFUSALS_IN_A_ROW { demanded.max(COOL_OFF) } else { demanded };
        let now = Instant::now().into_std();
        self.scheduler.halve(now + wait + HALVED_FOR);
        self.pause(wait, "Pipedrive's rate limit was reached, by other programs too");
    }

    /// Parks a call that the server refused until the pause is over, unless it was parked too often. Edits wait as long
    /// as it takes.
    fn park(&mut self, lane: Lane, mut call: Call) {
        call.refusals += 1;
        call.tries = 0;
        if call.refusals >= MAX_REFUSALS && !matches!(lane, Lane::Edit | Lane::Bulk) {
            call.finish(Err(ApiError::TooManyRequests));
        } else {
            self.scheduler.push_later(Instant::now().into_std(), lane, call);
        }
    }

    /// Sends nothing for a while.
    pub(super) fn pause(&mut self, wait: Duration, why: &str) {
        tracing::warn!(?wait, why, "sending is paused");
        self.scheduler.pause(Instant::now().into_std() + wait);
        if !self.is_locked() {
            self.state = ConnectionState::Waiting { wait, why: why.to_owned() };
        }
    }

    /// Sets the state of the connection, unless a pause or a refused token is to be shown.
    pub(super) fn set_state(&mut self, state: ConnectionState) {
        if !matches!(self.state, ConnectionState::Waiting { .. }) && !self.is_locked() {
            self.state = state;
        }
    }
}

/// Returns how a request failed, if that points to trouble of the server or of the network.
fn fault(call: &Call, verdict: &Verdict, answers: u64) -> Option<Fault> {
    match verdict {
        Verdict::Blocked if call.blocks.0 > 0 && call.blocks.1 == answers => Some(Fault::BlockedAgain),
        Verdict::Blocked => Some(Fault::Blocked),
        Verdict::Again(ApiError::Unreachable(_)) => Some(Fault::Unreachable),
        Verdict::Again(_) => Some(Fault::Server),
        Verdict::Failed(error) if error.leaves_outcome_open() => Some(Fault::Server),
        Verdict::Failed(_) | Verdict::Done(_) | Verdict::SlowDown(_) | Verdict::Locked | Verdict::BudgetSpent => None,
    }
}

/// Returns a random wait with full jitter, below a bound that doubles with each try.
pub(super) fn backoff(tries: u32) -> Duration {
    let bound = BACKOFF.saturating_mul(1 << tries.saturating_sub(1).min(16)).min(MAX_BACKOFF);
    bound.mul_f64(fastrand::f64())
}
