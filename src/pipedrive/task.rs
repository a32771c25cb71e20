//! The API task: takes calls from the lanes, sends those that the scheduler allows, and answers them. It alone owns the
//! transport, so nothing can bypass the rate limit.

mod outcome;
mod proving;
mod publish;

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::call::{Call, CallReceivers, Control, Lanes};
use super::connection::{Connection, ConnectionState};
use super::error::ApiError;
use super::health::{Gate, Health};
use super::metrics::MetricsRecorder;
use super::proof::{ExpectedAccount, Proof, VerifiedToken, WrongAccount};
use super::request::Lane;
use super::retry_budget::RetryBudget;
use super::scheduler::{Decision, Scheduler, SentRequest};
use super::token::Token;
use super::transport::{HttpResponse, RateLimits, Transport, TransportError};
use super::verdict::{Verdict, judge};

/// The time after which a call that is no edit fails during an outage.
const MAX_OUTAGE: Duration = Duration::from_secs(30);
/// The part of the daily budget (one of so many) below which a lane sends nothing, so that the rest is left for more
/// urgent lanes. Edits are always sent.
const RESERVED_BELOW: [u64; Lane::ALL.len()] = [0, 100, 50, 100, 20];
/// The time for which a reported budget is trusted.
const DAILY_FOR: TimeDelta = TimeDelta::minutes(30);

/// A call that came back.
struct Finished {
    sent: SentRequest,
    /// `true` if it was to find out whether the server has recovered.
    is_probe: bool,
    call: Call,
    reply: Reply,
    verdict: Verdict,
}

/// The reply to a request, as far as the rate window needs to know.
enum Reply {
    /// An answer with these limits.
    Answered(RateLimits),
    /// It was sent, and no answer came.
    NoAnswer,
    /// It could not be sent.
    NotSent,
}

/// Carries out calls until the last caller is gone.
pub(super) async fn run(transport: impl Transport, proof: Proof, receivers: CallReceivers) {
    let transport = Arc::new(transport);
    let CallReceivers { mut lanes, mut controls, connection, proven, max_delay } = receivers;
    let mut task = Task {
        scheduler: Scheduler::new(max_delay),
        health: Health::default(),
        outage: None,
        under_way: JoinSet::new(),
        by_lane: [0; Lane::ALL.len()],
        refusals_in_a_row: 0,
        renewal: None,
        proof,
        gets_through: false,
        state: ConnectionState::default(),
        daily: None,
        daily_at: DateTime::UNIX_EPOCH,
        retries: RetryBudget::default(),
        metrics: MetricsRecorder::default(),
        connection,
        proven,
    };
    let mut open = true;
    loop {
        // With requests under way it would not be known with which token they were sent.
        if task.under_way.is_empty()
            && let Some(token) = task.renewal.take()
        {
            transport.renew(&token);
        }
        let wake_at = task.send_what_may_go(&transport);
        task.publish();
        if !open && task.under_way.is_empty() && (task.scheduler.waiting() == 0 || task.is_locked()) {
            return;
        }
        let has_room = Lane::ALL.map(|lane| task.scheduler.has_room(lane));
        tokio::select! {
            biased;
            Some(finished) = task.under_way.join_next() => if let Ok(finished) = finished { task.finished(finished) },
            Some(control) = controls.recv() => match control {
                Control::Renew(token) => task.renew(token),
                Control::Expect(expected) => task.expect(expected),
            },
            call = arrival(&mut lanes, has_room), if open => match call {
                Some((lane, call)) => task.take_in(lane, call),
                None => open = false,
            },
            () = tokio::time::sleep_until(wake_at.unwrap_or_else(Instant::now)), if wake_at.is_some() => {}
        }
    }
}

/// Returns the next call, from the most urgent lane that has one and has room; `None` when all are closed.
async fn arrival(lanes: &mut Lanes, has_room: [bool; Lane::ALL.len()]) -> Option<(Lane, Call)> {
    poll_fn(|context| {
        let mut closed = 0;
        for lane in Lane::ALL {
            let at = lane.index();
            if !has_room[at] {
                continue;
            }
            match lanes[at].poll_recv(context) {
                Poll::Ready(Some(call)) => return Poll::Ready(Some((lane, call))),
                Poll::Ready(None) => closed += 1,
                Poll::Pending => {}
            }
        }
        if closed == Lane::ALL.len() { Poll::Ready(None) } else { Poll::Pending }
    })
    .await
}

struct Task {
    scheduler: Scheduler<Call>,
    health: Health,
    /// The error of an outage, while nothing gets through.
    outage: Option<ApiError>,
    under_way: JoinSet<Finished>,
    /// The number of requests under way in each lane.
    by_lane: [usize; Lane::ALL.len()],
    refusals_in_a_row: u32,
    /// The next token, used once no request is under way with the one before.
    renewal: Option<Token>,
    /// The proof that the token belongs to the account.
    proof: Proof,
    /// `true` if the last request got through, so that several may be sent at once.
    gets_through: bool,
    state: ConnectionState,
    /// Tokens left of the daily budget, and the whole budget.
    daily: Option<(u64, u64)>,
    /// The time of `daily`. By the wall clock: a machine may sleep over midnight.
    daily_at: DateTime<Utc>,
    retries: RetryBudget,
    metrics: MetricsRecorder,
    connection: watch::Sender<Connection>,
    proven: watch::Sender<Option<VerifiedToken>>,
}

impl Task {
    /// Accepts a call, unless the rest of the daily budget is reserved for more urgent ones. A budget that was not
    /// reported for a while may have changed, as the day may have: then one call finds out.
    fn take_in(&mut self, lane: Lane, call: Call) {
        let known = self.daily.filter(|_| (Utc::now() - self.daily_at).abs() < DAILY_FOR);
        let is_reserved = known.is_some_and(|(left, whole)| left < whole / RESERVED_BELOW[lane.index()].max(1));
        if is_reserved && RESERVED_BELOW[lane.index()] > 0 {
            call.finish(Err(ApiError::BudgetKept));
        } else {
            self.scheduler.push(lane, call);
        }
    }

    /// Returns `true` if nothing is sent because the token was refused or is another user's.
    fn is_locked(&self) -> bool {
        self.state.needs_token()
    }

    /// Switches to another token.
    fn renew(&mut self, token: Token) {
        self.renewal = Some(token);
        self.proof.renew();
        self.gets_through = false;
        if self.is_locked() {
            self.state = ConnectionState::Connecting;
        }
    }

    /// Accepts only tokens of this account.
    fn expect(&mut self, expected: ExpectedAccount) {
        if let Some(wrong) = self.proof.expect(expected) {
            self.lock(wrong);
        }
    }

    fn lock(&mut self, wrong: WrongAccount) {
        self.metrics.failed(&Proof::request(), wrong.to_string());
        self.state = ConnectionState::WrongAccount(Box::new(wrong));
    }

    /// Sends all that may go now, and returns when to look again.
    fn send_what_may_go(&mut self, transport: &Arc<impl Transport>) -> Option<Instant> {
        if self.is_locked() || self.renewal.is_some() {
            return None;
        }
        let now = Instant::now();
        let expiry = self.expire(now);
        if !self.proof.holds() {
            return self.prove(transport).into_iter().chain(expiry).min();
        }
        // After an outage one request shows whether others would get through.
        if !self.gets_through && !self.under_way.is_empty() {
            return expiry;
        }
        let now = now.into_std();
        loop {
            let (next, gate) = match self.health.gate(now) {
                Gate::Open => (self.scheduler.next(now), None),
                Gate::Reads(until) => (self.scheduler.next_read(now), until),
                Gate::Probe => (self.scheduler.probe(now), None),
                Gate::ProbeByRead(until) => (self.scheduler.probe_by_read(now), until),
                Gate::Shut(until) => (Decision::Idle, until),
            };
            let at = match next {
                Decision::Send(sent, call) => {
                    if let Some(envelope) = self.proof.answer(&call.request, now) {
                        self.scheduler.unsent(sent);
                        call.finish(Ok(envelope));
                        continue;
                    }
                    self.send(Arc::clone(transport), sent, call);
                    if !self.gets_through {
                        return None;
                    }
                    continue;
                }
                Decision::Wait(until) => Some(until),
                // Nothing waits, but the status bar shows how slots come free again.
                Decision::Idle => {
                    let pause = self.scheduler.paused_until().filter(|until| *until > now);
                    let slot = self.scheduler.window().next_free(now);
                    [pause, slot].into_iter().flatten().min()
                }
            };
            let gate = gate.filter(|_| self.scheduler.waiting() > 0);
            return [at, gate].into_iter().flatten().map(Instant::from).chain(expiry).min();
        }
    }

    /// Fails calls that have waited too long during an outage, except edits. Returns when the next one fails.
    fn expire(&mut self, now: Instant) -> Option<Instant> {
        let since = Instant::from(self.health.down_since()?);
        let error = self.outage.clone()?;
        let ends_at = |call: &Call| call.arrived.max(since) + MAX_OUTAGE;
        let mut next: Option<Instant> = None;
        for lane in [Lane::Screen, Lane::Poll, Lane::Sync] {
            for call in self.scheduler.take_if(lane, |call| ends_at(call) <= now) {
                call.finish(Err(error.clone()));
            }
            next = self.scheduler.jobs(lane).map(ends_at).chain(next).min();
        }
        next
    }

    fn send(&mut self, transport: Arc<impl Transport>, sent: SentRequest, mut call: Call) {
        call.tries += 1;
        self.metrics.sent(call.tries > 1);
        if call.tries == 1 {
            self.retries.deposit();
        }
        self.by_lane[sent.lane.index()] += 1;
        let is_probe = self.health.sent(call.kind());
        self.under_way.spawn(async move {
            let outcome: Result<HttpResponse, TransportError> = transport.send(&call.request).await;
            let verdict = judge(&call.request, &outcome);
            let verdict = verdict.map_words(|words| transport.mask(&call.request, words));
            let reply = match outcome {
                Ok(answer) => Reply::Answered(answer.limits),
                Err(TransportError::NoAnswer(_) | TransportError::TooLarge(_)) => Reply::NoAnswer,
                Err(TransportError::Unreachable(_)) => Reply::NotSent,
            };
            Finished { sent, is_probe, call, reply, verdict }
        });
    }
}
