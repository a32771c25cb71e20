//! Faults on demand: a test sets how the server fails, for which requests, and how many times.

use std::time::Duration;

use axum::http::{HeaderValue, Method, StatusCode};
use fastrand::Rng;
use serde::Deserialize;

/// The longest time of a fault, in milliseconds.
const MAX_MILLIS: u64 = 900_000;
/// The time that the connection of a `late` request is held by default.
const DEFAULT_HOLD: Duration = Duration::from_secs(60);

/// A fault as `POST /sandbox/faults` takes it. Fields that do not apply to a kind are refused or have no effect.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The kind of failure.
    pub kind: FaultKind,
    /// The status of the response: for `status` (500 by default), `gateway` (502), `redirect` (302) and `body` (200).
    #[serde(default)]
    pub status: Option<u16>,
    /// The seconds in the `retry-after` header of a `status` or `gateway` fault.
    #[serde(default)]
    pub retry_after: Option<u64>,
    /// `true` for an HTML response. Otherwise `gateway` sends plain text, `status` and `body` send JSON.
    #[serde(default)]
    pub html: bool,
    /// The delay of `latency` and `latency_after`, and the longest of `jitter`; the delay of the execution for `late`;
    /// the length of `stalled`; the pause between the bytes of `slow_drip`. For `gateway`, `redirect` and `body`: the
    /// delay until the request takes effect; without it, never.
    #[serde(default)]
    pub millis: Option<u64>,
    /// The time that the connection of a `late` request is held if its client stays, in milliseconds; 60,000 by
    /// default.
    #[serde(default)]
    pub hold: Option<u64>,
    /// The target of a `redirect`.
    #[serde(default)]
    pub location: Option<String>,
    /// The complete body of a `body` response.
    #[serde(default)]
    pub body: Option<String>,
    /// The field of each item that `duplicate_keys` and `wrong_types` damage; by default a random one other than the id.
    #[serde(default)]
    pub field: Option<String>,
    /// The number of requests to affect; by default all until the fault is cleared.
    #[serde(default)]
    pub times: Option<u64>,
    /// The share of matching requests to affect, from 0 to 1, at random; all by default.
    #[serde(default)]
    pub share: Option<f64>,
    /// The seed of its random choices.
    #[serde(default)]
    pub seed: Option<u64>,
    /// The method of the requests to affect.
    #[serde(default)]
    pub method: Option<String>,
    /// The path of the requests to affect; a trailing `*` matches any ending.
    #[serde(default)]
    pub path: Option<String>,
}

/// The ways to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// A response with this status, and no effect.
    Status,
    /// The connection is closed without a response and without an effect.
    DropBefore,
    /// The request is carried out, then the connection is closed without a response.
    DropAfter,
    /// The request is carried out, and half of the response's body is sent.
    Malformed,
    /// The request is delayed.
    Latency,
    /// The request is delayed by a random time.
    Jitter,
    /// The request is carried out, and its response is delayed.
    LatencyAfter,
    /// No response is sent, and the request is carried out `millis` after it arrived, even if its client has left.
    /// The connection is closed after `hold`.
    Late,
    /// A gateway's page is sent at once, with `status`, in HTML or plain text. The request takes effect
    /// `millis` later, or never.
    Gateway,
    /// The bytes of all connections are held in both directions for `millis`, then delivered all at once. The matching
    /// request is held too.
    Stalled,
    /// A redirect to `location` is sent at once. The request takes effect `millis` later, or never.
    Redirect,
    /// The request is carried out, and the connection is closed before the response has its announced length.
    Truncated,
    /// The request is carried out, and the body of the response is sent byte by byte, `millis` apart.
    SlowDrip,
    /// The request is carried out, and each item of the response has a key twice, with different values.
    DuplicateKeys,
    /// The request is carried out, and each item of the response has a field with an unreadable value or one of another
    /// type: a number as text, a text as number, null, a list, half of a surrogate pair, a number that is too large.
    WrongTypes,
    /// Exactly `body` is sent at once. The request takes effect `millis` later, or never.
    Body,
}

/// The faults that a request matches.
#[derive(Debug, Default)]
pub struct FaultMatch {
    /// The delay before its execution.
    pub delay: Duration,
    /// The delay of its response after its execution.
    pub delay_after: Duration,
    /// The length of a stall of all connections.
    pub stall: Duration,
    /// The first matching fault other than a delay or a stall.
    pub fault: Option<Fault>,
    /// The seed of the random choices of that fault.
    pub seed: u64,
}

/// The active faults.
#[derive(Debug, Default)]
pub struct Faults {
    active: Vec<(Fault, Rng)>,
}

impl Faults {
    /// Activates a fault.
    pub fn add(&mut self, fault: Fault) {
        let dice = fault.seed.map_or_else(Rng::new, Rng::with_seed);
        self.active.push((fault, dice));
    }

    /// Clears all faults.
    pub fn clear(&mut self) {
        self.active.clear();
    }

    /// Returns the faults of a request: the sum of all delays, and the first other fault.
    pub fn match_request(&mut self, method: &Method, path: &str) -> FaultMatch {
        let mut matched = FaultMatch::default();
        for (fault, dice) in self.active.iter_mut().filter(|(fault, _)| fault.matches(method, path)) {
            if fault.share.is_some_and(|share| dice.f64() >= share) {
                continue;
            }
            let millis = fault.millis.unwrap_or_default();
            match fault.kind {
                FaultKind::Latency => matched.delay += Duration::from_millis(millis),
                FaultKind::Jitter => matched.delay += Duration::from_millis(dice.u64(0..=millis)),
                FaultKind::LatencyAfter => matched.delay_after += Duration::from_millis(millis),
                FaultKind::Stalled => matched.stall = matched.stall.max(Duration::from_millis(millis)),
                _ if matched.fault.is_some() => continue,
                _ => (matched.fault, matched.seed) = (Some(fault.clone()), dice.u64(..)),
            }
            fault.times = fault.times.map(|times| times.saturating_sub(1));
        }
        self.active.retain(|(fault, _)| fault.times != Some(0));
        matched
    }
}

impl Fault {
    /// Checks that its fields are valid and apply to its kind.
    pub fn check(&self) -> Result<(), &'static str> {
        use FaultKind::{Body, DuplicateKeys, Gateway, Late, Redirect, SlowDrip, Stalled, Status, WrongTypes};
        let answers = [Status, Gateway, Redirect, Body];
        for (is_given, kinds, problem) in [
            (self.status.is_some(), &answers[..], "'status' goes with status, gateway, redirect and body"),
            (self.hold.is_some(), &[Late], "'hold' goes with late"),
            (self.location.is_some(), &[Redirect], "'location' goes with redirect"),
            (self.body.is_some(), &[Body], "'body' goes with body"),
            (self.field.is_some(), &[DuplicateKeys, WrongTypes], "'field' goes with duplicate_keys and wrong_types"),
        ] {
            if is_given && !kinds.contains(&self.kind) {
                return Err(problem);
            }
        }
        for (is_missing, kinds, problem) in [
            (self.millis.is_none(), &[Late, Stalled, SlowDrip][..], "'millis' is required"),
            (self.location.is_none(), &[Redirect], "'location' is required"),
            (self.body.is_none(), &[Body], "'body' is required"),
        ] {
            if is_missing && kinds.contains(&self.kind) {
                return Err(problem);
            }
        }
        if self.share.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return Err("'share' must be from 0 to 1");
        }
        if self.millis.max(self.hold).is_some_and(|millis| millis > MAX_MILLIS) {
            return Err("'millis' and 'hold' must be at most 900000");
        }
        let statuses = if self.kind == Redirect { 300..400 } else { 200..600 };
        if self.location.as_ref().is_some_and(|location| HeaderValue::from_str(location).is_err()) {
            return Err("'location' is not a valid header value");
        }
        if self.status.is_some_and(|status| !statuses.contains(&status)) {
            return Err("'status' must be from 200 to 599, from 300 to 399 for a redirect");
        }
        Ok(())
    }

    /// Returns the status of the response.
    pub fn status_code(&self) -> StatusCode {
        let default = match self.kind {
            FaultKind::Gateway => StatusCode::BAD_GATEWAY,
            FaultKind::Redirect => StatusCode::FOUND,
            FaultKind::Body => StatusCode::OK,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        self.status.and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or(default)
    }

    /// Returns the delay until the request takes effect, for faults that replace its response.
    pub fn effect_delay(&self) -> Option<Duration> {
        self.millis.map(Duration::from_millis)
    }

    /// Returns the time that the connection of a `late` request is held.
    pub fn hold(&self) -> Duration {
        self.hold.map_or(DEFAULT_HOLD, Duration::from_millis)
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        let matches_path = |wanted: &str| match wanted.strip_suffix('*') {
            Some(prefix) => path.starts_with(prefix),
            None => path == wanted,
        };
        self.times != Some(0)
            && self.method.as_ref().is_none_or(|wanted| method.as_str().eq_ignore_ascii_case(wanted))
            && self.path.as_deref().is_none_or(matches_path)
    }
}
