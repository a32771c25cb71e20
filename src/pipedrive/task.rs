//! The API task: takes calls off the lanes, sends what the scheduler lets go, and answers. It alone owns the
//! transport, so nothing can get around the limit.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::connection::{Connection, ConnectionState, Metrics};
use super::error::ApiError;
use super::health::{BLOCKED_FOR, Fault, Gate, Health, Kind};
use super::metrics::MetricsRecorder;
use super::proof::{ExpectedAccount, Finding, Proof, VerifiedToken, WrongAccount};
use super::request::{Lane, Method, Request};
use super::retry_budget::RetryBudget;
use super::scheduler::{Decision, Job, Scheduler, SentRequest};
use super::token::Token;
use super::transport::{HttpResponse, RateLimits, Transport, TransportError};
use super::verdict::{Envelope, Verdict, judge};

/// How many times a request that reads is sent before a failure of the server is final.
const MOST_TRIES: u32 = 5;
/// How many times a connection is tried: nothing was sent, so it is safe to be more patient.
const MOST_CONNECTS: u32 = 9;
/// How many times a request may be refused for want of room, unless it is for an edit.
const MOST_REFUSALS: u32 = 4;
/// How many times the edge may block a request while it lets others through.
const MAX_BLOCKS: u32 = 3;
/// For how long the server may fail at a request for an edit while it answers others.
const MAX_ALONE: Duration = Duration::from_secs(15 * 60);
/// How long what is not for an edit waits while nothing gets through.
const MAX_OUTAGE: Duration = Duration::from_secs(30);
/// How long a request waits that the edge has blocked, for others to show whether they are, too.
const AFTER_BLOCK: Duration = Duration::from_secs(5);
/// How long after others a request may go that has just failed: another one is the better probe.
const AFTER_OTHERS: Duration = Duration::from_millis(250);
/// The first wait before trying again; each further one may be twice as long.
const BACKOFF: Duration = Duration::from_millis(250);
/// The longest wait before trying again.
const LONGEST_BACKOFF: Duration = Duration::from_secs(8);
/// How long to wait after a refusal that does not say it: the server's window.
const REFUSED_WAIT: Duration = Duration::from_secs(2);
/// The longest that a server may make dealdeck wait before it is asked again.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// How many refusals in a row make for a longer rest: a client that keeps pushing is blocked at the edge.
const REFUSALS_IN_A_ROW: u32 = 3;
/// That longer rest.
const COOL_OFF: Duration = Duration::from_secs(10);
/// How long only half of the window is used after a refusal.
const HALVED_FOR: Duration = Duration::from_secs(30);
/// How long nothing is sent once the day's budget is spent, before it is tried again: when the day ends on the
/// server is not documented.
const SPENT_FOR: Duration = Duration::from_secs(300);

/// Below which part of the daily budget (one of so many) a lane's requests are no longer sent, so that what is left is
/// for more urgent ones; by lane, and never for edits.
const KEPT_FROM: [u64; Lane::ALL.len()] = [0, 100, 50, 100, 20];

/// For how long that is believed.
const DAILY_FOR: TimeDelta = TimeDelta::minutes(30);

/// A request on its way, with whom to answer.
pub(super) struct Call {
    request: Request,
    /// `None` for the request that asks whose the token is.
    answer: Option<oneshot::Sender<Result<Envelope, ApiError>>>,
    tries: u32,
    refusals: u32,
    came: Instant,
    /// When it failed first, and how many answers there had been to others.
    first_failure: Option<(Instant, u64)>,
    /// How many times the edge has blocked it while it let others through, and how many answers there had been.
    blocks: (u32, u64),
}

impl Call {
    pub(super) fn new(request: Request, answer: oneshot::Sender<Result<Envelope, ApiError>>) -> Self {
        Self {
            request,
            answer: Some(answer),
            tries: 0,
            refusals: 0,
            came: Instant::now(),
            first_failure: None,
            blocks: (0, 0),
        }
    }

    /// Asks whose the token is.
    fn proving() -> Self {
        Self {
            request: Proof::request(),
            answer: None,
            tries: 0,
            refusals: 0,
            came: Instant::now(),
            first_failure: None,
            blocks: (0, 0),
        }
    }

    fn is_proving(&self) -> bool {
        self.answer.is_none()
    }

    fn kind(&self) -> Kind {
        if self.request.method == Method::Get { Kind::Read } else { Kind::Write }
    }

    fn finish(self, outcome: Result<Envelope, ApiError>) {
        // Whoever asked may have gone.
        let _ = self.answer.map(|answer| answer.send(outcome));
    }
}

impl Job for Call {
    fn is_search(&self) -> bool {
        self.request.is_search()
    }

    fn is_read(&self) -> bool {
        self.kind() == Kind::Read
    }

    fn is_wanted(&self) -> bool {
        self.answer.as_ref().is_none_or(|answer| !answer.is_closed())
    }
}

/// What changes whose requests are sent.
pub(super) enum Control {
    /// Use another token from now on.
    Renew(Token),
    /// Accept tokens of this account only.
    Expect(ExpectedAccount),
}

/// What comes in, and where it is told how the line fares.
pub(super) struct Inbox {
    pub(super) lanes: Lanes,
    pub(super) controls: mpsc::Receiver<Control>,
    pub(super) status: watch::Sender<Connection>,
    /// Whose the token is.
    pub(super) proven: watch::Sender<Option<VerifiedToken>>,
    /// How long after it was sent a request that got no answer may still reach Pipedrive.
    pub(super) max_delay: Duration,
}

type Lanes = [mpsc::Receiver<Call>; Lane::ALL.len()];

/// A call that came back, with what the server said of limits.
struct Back {
    sent: SentRequest,
    /// Whether it was to find out if the server is well again.
    is_probe: bool,
    call: Call,
    heard: Heard,
    verdict: Verdict,
}

/// What was heard of a request.
enum Heard {
    /// An answer, with this of limits.
    Answer(RateLimits),
    /// Nothing, though it was sent.
    Nothing,
    /// It could not be sent.
    Unsent,
}

/// Carries out calls until nobody can make any more.
pub(super) async fn run(transport: impl Transport, proof: Proof, inbox: Inbox) {
    let transport = Arc::new(transport);
    let Inbox { mut lanes, mut controls, status, proven, max_delay } = inbox;
    let mut task = Task {
        scheduler: Scheduler::new(max_delay),
        health: Health::default(),
        trouble: None,
        under_way: JoinSet::new(),
        by_lane: [0; Lane::ALL.len()],
        refusals_in_a_row: 0,
        renewal: None,
        proof,
        is_proven: false,
        state: ConnectionState::default(),
        daily: None,
        daily_at: DateTime::UNIX_EPOCH,
        retries: RetryBudget::default(),
        record: MetricsRecorder::default(),
        status,
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
            Some(back) = task.under_way.join_next() => if let Ok(back) = back { task.take_back(back) },
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

/// The next call, from the most urgent lane that has one and has room; `None` when all are closed.
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
    /// Why nothing gets through, if nothing does.
    trouble: Option<ApiError>,
    under_way: JoinSet<Back>,
    /// How many of them are of each lane.
    by_lane: [usize; Lane::ALL.len()],
    refusals_in_a_row: u32,
    /// The token to go on with, once nothing is under way with the one before.
    renewal: Option<Token>,
    /// Whether the token is known to belong to the account.
    proof: Proof,
    /// Whether the last request got through, so that several may go at once.
    is_proven: bool,
    state: ConnectionState,
    daily: Option<(u64, u64)>,
    /// When that was heard. By the wall clock: a machine may sleep over midnight.
    daily_at: DateTime<Utc>,
    retries: RetryBudget,
    record: MetricsRecorder,
    status: watch::Sender<Connection>,
    proven: watch::Sender<Option<VerifiedToken>>,
}

impl Task {
    /// Takes in a call, unless what is left of the daily budget is kept for more urgent ones. What was not heard for a
    /// while may have changed, as the day may have: then one call finds out.
    fn take_in(&mut self, lane: Lane, call: Call) {
        let known = self.daily.filter(|_| (Utc::now() - self.daily_at).abs() < DAILY_FOR);
        let is_kept = known.is_some_and(|(left, whole)| left < whole / KEPT_FROM[lane.index()].max(1));
        if is_kept && KEPT_FROM[lane.index()] > 0 {
            call.finish(Err(ApiError::BudgetKept));
        } else {
            self.scheduler.push(lane, call);
        }
    }

    /// Whether nothing goes, as the token was refused or is another user's.
    fn is_locked(&self) -> bool {
        self.state.needs_token()
    }

    /// There is another token.
    fn renew(&mut self, token: Token) {
        self.renewal = Some(token);
        self.proof.renew();
        self.is_proven = false;
        if self.is_locked() {
            self.state = ConnectionState::Connecting;
        }
    }

    /// Tokens of another account count no more.
    fn expect(&mut self, expected: ExpectedAccount) {
        if let Some(wrong) = self.proof.expect(expected) {
            self.lock(wrong);
        }
    }

    fn lock(&mut self, wrong: WrongAccount) {
        self.record.trouble(&Proof::request(), wrong.to_string());
        self.state = ConnectionState::WrongAccount(Box::new(wrong));
    }

    /// Asks whose the token is, if there is anything to send. The answer is when to look again.
    fn prove(&mut self, transport: &Arc<impl Transport>) -> Option<Instant> {
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

    /// Takes what came of asking whose the token is.
    fn take_proof(&mut self, verdict: Verdict) {
        let now = Instant::now();
        // What was found out is of the token before.
        if self.renewal.is_some() {
            return;
        }
        match verdict {
            Verdict::Done(envelope) => match self.proof.take(envelope, now.into_std()) {
                Ok(Finding::Fits) => self.is_now(ConnectionState::Online),
                Ok(Finding::Differs(wrong)) => self.lock(wrong),
                Err(error) => self.not_proven(&error, MOST_TRIES),
            },
            Verdict::Locked => {
                self.record.trouble(&Proof::request(), ApiError::Unauthorized.to_string());
                self.state = ConnectionState::Refused;
            }
            Verdict::SlowDown(wait) => {
                self.yield_for(&Proof::request(), wait);
                self.not_proven(&ApiError::TooManyRequests, MOST_REFUSALS);
            }
            Verdict::BudgetSpent => {
                self.pause(SPENT_FOR, "the company's API budget for today is spent");
                self.not_proven(&ApiError::BudgetSpent, 1);
            }
            Verdict::Blocked => {
                self.pause(BLOCKED_FOR, "Pipedrive's edge has blocked this machine");
                self.not_proven(&ApiError::Blocked, MOST_REFUSALS);
            }
            Verdict::Failed(error) => self.not_proven(&error, 1),
            Verdict::Again(error) => {
                let most = if matches!(error, ApiError::Unreachable(_)) { MOST_CONNECTS } else { MOST_TRIES };
                self.not_proven(&error, most);
            }
        }
    }

    /// It is still not known whose the token is: that is asked again after a while. Edits wait; after so many failures in
    /// a row what else waits is told.
    fn not_proven(&mut self, error: &ApiError, most: u32) {
        self.proof.failures = self.proof.failures.saturating_add(1);
        if self.proof.failures == 1 {
            self.record.trouble(&Proof::request(), error.to_string());
        }
        if self.health.down_since().is_some() {
            self.in_trouble(error.clone());
        } else {
            self.is_now(ConnectionState::Online);
        }
        self.scheduler.pause((Instant::now() + backoff(self.proof.failures)).into_std());
        if self.proof.failures >= most {
            for lane in [Lane::Screen, Lane::Poll, Lane::Sync] {
                self.scheduler.take_if(lane, |_| true).into_iter().for_each(|call| call.finish(Err(error.clone())));
            }
        }
    }

    /// Sends all that may go now, and says when to look again.
    fn send_what_may_go(&mut self, transport: &Arc<impl Transport>) -> Option<Instant> {
        if self.is_locked() || self.renewal.is_some() {
            return None;
        }
        let now = Instant::now();
        let expiry = self.expire(now);
        if !self.proof.holds() {
            return self.prove(transport).into_iter().chain(expiry).min();
        }
        // One request shows whether what waited gets through.
        if !self.is_proven && !self.under_way.is_empty() {
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
                    if !self.is_proven {
                        return None;
                    }
                    continue;
                }
                Decision::Wait(until) => Some(until),
                // Nothing waits, but the status bar tells how the window fills up again.
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

    /// Ends what has waited too long while nothing gets through, but for edits. The answer is when the next one ends.
    fn expire(&mut self, now: Instant) -> Option<Instant> {
        let since = Instant::from(self.health.down_since()?);
        let error = self.trouble.clone()?;
        let ends_at = |call: &Call| call.came.max(since) + MAX_OUTAGE;
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
        self.record.sent(call.tries > 1);
        if call.tries == 1 {
            self.retries.deposit();
        }
        self.by_lane[sent.lane.index()] += 1;
        let is_probe = self.health.sent(call.kind());
        self.under_way.spawn(async move {
            let outcome: Result<HttpResponse, TransportError> = transport.send(&call.request).await;
            let verdict = judge(&call.request, &outcome);
            let verdict = verdict.map_words(|words| transport.mask(&call.request, words));
            let heard = match outcome {
                Ok(answer) => Heard::Answer(answer.limits),
                Err(TransportError::NoAnswer(_) | TransportError::TooLarge(_)) => Heard::Nothing,
                Err(TransportError::Unreachable(_)) => Heard::Unsent,
            };
            Back { sent, is_probe, call, heard, verdict }
        });
    }

    fn take_back(&mut self, back: Back) {
        let Back { sent, is_probe, call, heard, verdict } = back;
        let lane = sent.lane;
        let now = Instant::now().into_std();
        self.by_lane[lane.index()] -= 1;
        match heard {
            Heard::Answer(limits) => {
                let took = now.saturating_duration_since(sent.at);
                tracing::debug!(request = %call.request, lane = lane.name(), ?took, "answered");
                self.record.answered(&call.request, now - sent.at);
                self.scheduler.answered(sent, limits.limit, limits.remaining, now);
                if let Some(daily) = limits.daily_left.zip(limits.daily_limit) {
                    self.daily = Some(daily);
                    self.daily_at = Utc::now();
                }
            }
            Heard::Nothing => self.scheduler.given_up(sent, now),
            Heard::Unsent => self.scheduler.unsent(sent),
        }
        if !matches!(verdict, Verdict::Locked) {
            self.is_proven = true;
        }
        match fault(&call, &verdict, self.health.answers()) {
            Some(fault) => {
                let share = 0.5 + fastrand::f64() / 2.0;
                self.health.failed(call.kind(), fault, sent.at, is_probe, share, now);
            }
            None => self.health.answered(call.kind(), sent.at),
        }
        if self.health.down_since().is_none() {
            self.trouble = None;
        }
        if !matches!(verdict, Verdict::SlowDown(_)) {
            self.refusals_in_a_row = 0;
        }
        if call.is_proving() {
            self.take_proof(verdict);
            return;
        }
        match verdict {
            Verdict::Done(envelope) => {
                self.is_now(ConnectionState::Online);
                call.finish(Ok(envelope));
            }
            Verdict::Failed(error) => {
                self.record.trouble(&call.request, error.to_string());
                if error.leaves_outcome_open() {
                    self.in_trouble(error.clone());
                } else {
                    self.is_now(ConnectionState::Online);
                }
                call.finish(Err(error));
            }
            Verdict::Locked => {
                // A token that was replaced meanwhile is of no matter.
                if self.renewal.is_none() {
                    self.record.trouble(&call.request, ApiError::Unauthorized.to_string());
                    self.state = ConnectionState::Refused;
                }
                self.scheduler.push_later(now, lane, call);
            }
            Verdict::Again(error) => self.try_again(lane, call, error),
            Verdict::SlowDown(wait) => self.slow_down(lane, call, wait),
            Verdict::BudgetSpent => {
                self.record.trouble(&call.request, ApiError::BudgetSpent.to_string());
                self.pause(SPENT_FOR, "the company's API budget for today is spent");
                call.finish(Err(ApiError::BudgetSpent));
            }
            Verdict::Blocked => self.blocked(lane, call),
        }
    }

    /// Nothing gets through: notes why, for those who wait and those who look.
    fn in_trouble(&mut self, error: ApiError) {
        let Some(until) = self.health.next_probe() else { return };
        let wait = until.saturating_duration_since(Instant::now().into_std());
        self.trouble = Some(error.clone());
        if self.is_locked() {
            return;
        }
        self.state = match error {
            ApiError::Unreachable(why) | ApiError::NoAnswer(why) => ConnectionState::Offline { why },
            error => ConnectionState::Waiting { wait, why: error.to_string() },
        };
    }

    /// Puts a call aside that failed: others find out first whether the server is well again.
    fn put_aside(&mut self, lane: Lane, call: Call, wait: Duration) {
        let now = Instant::now().into_std();
        let after_others = self.health.next_probe().map(|at| at + AFTER_OTHERS);
        self.scheduler.push_later((now + wait).max(after_others.unwrap_or(now)), lane, call);
    }

    fn try_again(&mut self, lane: Lane, mut call: Call, error: ApiError) {
        self.in_trouble(error.clone());
        // Of a line that is down one word is enough, however long it lasts.
        if self.health.failures() <= 1 {
            self.record.trouble(&call.request, error.to_string());
        }
        let unsent = matches!(error, ApiError::Unreachable(_));
        self.is_proven &= !unsent;
        let (since, answers) = *call.first_failure.get_or_insert((Instant::now(), self.health.answers()));
        let gives_up = match lane {
            // An edit waits until the server is well, unless it is well to all others.
            Lane::Edit | Lane::Bulk => since.elapsed() >= MAX_ALONE && self.health.answers() > answers,
            Lane::Screen | Lane::Poll | Lane::Sync if unsent => {
                call.tries.max(self.health.failures()) >= MOST_CONNECTS || !self.retries.withdraw()
            }
            Lane::Screen | Lane::Poll | Lane::Sync => call.tries >= MOST_TRIES || !self.retries.withdraw(),
        };
        if gives_up {
            call.finish(Err(error));
            return;
        }
        let wait = backoff(call.tries);
        self.put_aside(lane, call, wait);
    }

    /// The edge has blocked a call. If it lets others through, it is the call that it does not like.
    fn blocked(&mut self, lane: Lane, mut call: Call) {
        self.record.trouble(&call.request, ApiError::Blocked.to_string());
        self.in_trouble(ApiError::Blocked);
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

    /// The server has refused a request for want of room: all waits, then goes on at half the rate for a while.
    fn slow_down(&mut self, lane: Lane, call: Call, wait: Option<Duration>) {
        self.yield_for(&call.request, wait);
        self.hold(lane, call);
    }

    /// Sends nothing for as long as the server wants, then goes on at half the rate for a while.
    fn yield_for(&mut self, request: &Request, wait: Option<Duration>) {
        self.refusals_in_a_row += 1;
        self.record.refused();
        self.record.trouble(request, ApiError::TooManyRequests.to_string());
        let jitter = Duration::from_millis(fastrand::u64(0..250));
        let asked = wait.map_or(REFUSED_WAIT + jitter, |wait| wait.max(Duration::from_millis(250)).min(LONGEST_WAIT));
        let wait = if self.refusals_in_a_row >= REFUSALS_IN_A_ROW { asked.max(COOL_OFF) } else { asked };
        let now = Instant::now().into_std();
        self.scheduler.halve(now + wait + HALVED_FOR);
        self.pause(wait, "Pipedrive's rate limit was reached, by other programs too");
    }

    /// Keeps a call of which nothing was done until the pause is over, unless it was kept too often already. Edits wait
    /// as long as it takes.
    fn hold(&mut self, lane: Lane, mut call: Call) {
        call.refusals += 1;
        call.tries = 0;
        if call.refusals >= MOST_REFUSALS && !matches!(lane, Lane::Edit | Lane::Bulk) {
            call.finish(Err(ApiError::TooManyRequests));
        } else {
            self.scheduler.push_later(Instant::now().into_std(), lane, call);
        }
    }

    fn pause(&mut self, wait: Duration, why: &str) {
        tracing::warn!(?wait, why, "nothing is sent for a while");
        self.scheduler.pause(Instant::now().into_std() + wait);
        if !self.is_locked() {
            self.state = ConnectionState::Waiting { wait, why: why.to_owned() };
        }
    }

    /// The line is in another state, unless a pause is still to be told of.
    fn is_now(&mut self, state: ConnectionState) {
        if !matches!(self.state, ConnectionState::Waiting { .. }) && !self.is_locked() {
            self.state = state;
        }
    }

    /// Tells how the line fares, if that has changed.
    fn publish(&mut self) {
        self.proven.send_if_modified(|known| {
            let is_new = known.as_ref() != self.proof.proven();
            if is_new {
                *known = self.proof.proven().cloned();
            }
            is_new
        });
        let now = Instant::now().into_std();
        let is_over = self.scheduler.paused_until().is_none_or(|until| until <= now);
        let is_well = self.health.down_since().is_none();
        if is_over && is_well && matches!(self.state, ConnectionState::Waiting { .. } | ConnectionState::Offline { .. })
        {
            self.state = if self.proof.holds() { ConnectionState::Online } else { ConnectionState::Connecting };
        }
        let lanes = Lane::ALL.map(|lane| (self.scheduler.waiting_in(lane), self.by_lane[lane.index()]));
        let of = |lane: Lane| lanes[lane.index()].0 + lanes[lane.index()].1;
        let window = self.scheduler.window();
        let line = Connection {
            state: self.state.clone(),
            edits: of(Lane::Edit) + of(Lane::Bulk),
            reads: of(Lane::Screen) + of(Lane::Poll) + of(Lane::Sync),
            window_limit: window.limit(),
            window_free: window.free(now),
            daily: self.daily,
            details: Metrics { lanes, is_shared: window.is_shared(now), ..self.record.details() },
        };
        self.status.send_if_modified(|known| {
            let is_new = *known != line;
            *known = line;
            is_new
        });
    }
}

/// How a request failed, if that shows trouble of the server or the way to it.
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

/// Full jitter: any time up to a bound that doubles with each try.
fn backoff(tries: u32) -> Duration {
    let bound = BACKOFF.saturating_mul(1 << tries.saturating_sub(1).min(16)).min(LONGEST_BACKOFF);
    bound.mul_f64(fastrand::f64())
}
