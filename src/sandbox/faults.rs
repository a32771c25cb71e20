//! Faults on demand: a test tells the server how to fail, for which requests, and how many times.

use std::time::Duration;

use axum::http::{HeaderValue, Method, StatusCode};
use fastrand::Rng;
use serde::Deserialize;

/// The longest time that a fault can ask for.
const MAX_TIME: u64 = 900_000;
/// How long the connection of a `late` request is held unless the fault says otherwise.
const HOLD: Duration = Duration::from_secs(60);

/// A fault as `POST /sandbox/faults` takes it. The fields that a kind does not name in its description have no meaning
/// for it; those that only some kinds know are refused for the others.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub kind: Kind,
    /// The status of the answer: for `status` (500 if not given), `gateway` (502), `redirect` (302) and `body` (200).
    #[serde(default)]
    pub status: Option<u16>,
    /// The seconds in the `retry-after` header of a `status` or `gateway` fault.
    #[serde(default)]
    pub retry_after: Option<u64>,
    /// Whether the answer is HTML. If not, that of `gateway` is plain text, that of `status` and `body` JSON.
    #[serde(default)]
    pub html: bool,
    /// How long `latency` and `latency_after` take, and `jitter` at the most; when a `late` request is carried out;
    /// how long `stalled` lasts; how far apart the bytes of `slow_drip` are. For `gateway`, `redirect` and `body`: after
    /// what time the request takes effect; if not given, never.
    #[serde(default)]
    pub millis: Option<u64>,
    /// How long the connection of a `late` request is held if its client does not leave, in milliseconds: 60,000 if
    /// not given.
    #[serde(default)]
    pub hold: Option<u64>,
    /// Where a `redirect` leads.
    #[serde(default)]
    pub location: Option<String>,
    /// The whole body of a `body` answer.
    #[serde(default)]
    pub body: Option<String>,
    /// The field of each item that `duplicate_keys` and `wrong_types` damage; if not given, any but the id, by chance.
    #[serde(default)]
    pub field: Option<String>,
    /// How many requests it meets; until it is cleared if not given.
    #[serde(default)]
    pub times: Option<u64>,
    /// The share of these requests that it meets, from 0 to 1, by chance; all if not given.
    #[serde(default)]
    pub share: Option<f64>,
    /// The seed of its chances.
    #[serde(default)]
    pub seed: Option<u64>,
    /// The method of the requests that it meets.
    #[serde(default)]
    pub method: Option<String>,
    /// The path of the requests that it meets; one that ends with `*` stands for all that begin so.
    #[serde(default)]
    pub path: Option<String>,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An answer with this status, and no effect.
    Status,
    /// The connection is closed without an answer and without an effect.
    DropBefore,
    /// The request is carried out, then the connection is closed without an answer.
    DropAfter,
    /// The request is carried out, and half of the answer's body comes.
    Malformed,
    /// The answer takes its time.
    Latency,
    /// The answer takes some time, another each time.
    Jitter,
    /// The request is carried out, and then the answer takes its time.
    LatencyAfter,
    /// No answer comes, and the request is carried out `millis` after it arrived, whether its client is there or not.
    /// The connection is closed after `hold`.
    Late,
    /// A page that is not Pipedrive's comes at once, with `status`, in HTML or plain text. The request takes effect
    /// `millis` later, or never.
    Gateway,
    /// The bytes of all connections are held in both directions for `millis`, then delivered all at once. The request
    /// that meets it is held, too.
    Stalled,
    /// A redirect to `location` comes at once. The request takes effect `millis` later, or never.
    Redirect,
    /// The request is carried out, and the connection is closed before the answer is as long as its header says.
    Truncated,
    /// The request is carried out, and the bytes of the answer's body come one by one, `millis` apart.
    SlowDrip,
    /// The request is carried out, and each item of the answer has a key twice, with different values.
    DuplicateKeys,
    /// The request is carried out, and each item of the answer has a field whose value cannot be read, or is of another
    /// type: a number as text, a text as number, null, a list, half of a surrogate pair, a number that is too large.
    WrongTypes,
    /// Exactly `body` comes at once. The request takes effect `millis` later, or never.
    Body,
}

/// What a request meets.
#[derive(Debug, Default)]
pub struct Met {
    /// How long it waits.
    pub delay: Duration,
    /// How long its answer waits, once it is carried out.
    pub delay_after: Duration,
    /// How long all connections stall.
    pub stall: Duration,
    /// What else goes wrong.
    pub fault: Option<Fault>,
    /// The seed for what that leaves to chance.
    pub seed: u64,
}

/// The faults that are active.
#[derive(Debug, Default)]
pub struct Faults {
    active: Vec<(Fault, Rng)>,
}

impl Faults {
    /// Adds a fault.
    pub fn add(&mut self, fault: Fault) {
        let dice = fault.seed.map_or_else(Rng::new, Rng::with_seed);
        self.active.push((fault, dice));
    }

    /// Clears all.
    pub fn clear(&mut self) {
        self.active.clear();
    }

    /// What a request meets: all delays, and the first of what else there is.
    pub fn meet(&mut self, method: &Method, path: &str) -> Met {
        let mut met = Met::default();
        for (fault, dice) in self.active.iter_mut().filter(|(fault, _)| fault.fits(method, path)) {
            if fault.share.is_some_and(|share| dice.f64() >= share) {
                continue;
            }
            let millis = fault.millis.unwrap_or_default();
            match fault.kind {
                Kind::Latency => met.delay += Duration::from_millis(millis),
                Kind::Jitter => met.delay += Duration::from_millis(dice.u64(0..=millis)),
                Kind::LatencyAfter => met.delay_after += Duration::from_millis(millis),
                Kind::Stalled => met.stall = met.stall.max(Duration::from_millis(millis)),
                _ if met.fault.is_some() => continue,
                _ => (met.fault, met.seed) = (Some(fault.clone()), dice.u64(..)),
            }
            fault.times = fault.times.map(|times| times.saturating_sub(1));
        }
        self.active.retain(|(fault, _)| fault.times != Some(0));
        met
    }
}

impl Fault {
    /// What is wrong with it, if anything.
    pub fn check(&self) -> Result<(), &'static str> {
        use Kind::{Body, DuplicateKeys, Gateway, Late, Redirect, SlowDrip, Stalled, Status, WrongTypes};
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
        if self.millis.max(self.hold).is_some_and(|millis| millis > MAX_TIME) {
            return Err("'millis' and 'hold' must be at most 900000");
        }
        let statuses = if self.kind == Redirect { 300..400 } else { 200..600 };
        if self.location.as_ref().is_some_and(|location| HeaderValue::from_str(location).is_err()) {
            return Err("'location' cannot stand in a header");
        }
        if self.status.is_some_and(|status| !statuses.contains(&status)) {
            return Err("'status' must be from 200 to 599, from 300 to 399 for a redirect");
        }
        Ok(())
    }

    /// The status that it answers with.
    pub fn status_code(&self) -> StatusCode {
        let default = match self.kind {
            Kind::Gateway => StatusCode::BAD_GATEWAY,
            Kind::Redirect => StatusCode::FOUND,
            Kind::Body => StatusCode::OK,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        self.status.and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or(default)
    }

    /// After what time the request takes effect, for faults that answer in its place.
    pub fn effect(&self) -> Option<Duration> {
        self.millis.map(Duration::from_millis)
    }

    /// How long the connection of a `late` request is held.
    pub fn hold(&self) -> Duration {
        self.hold.map_or(HOLD, Duration::from_millis)
    }

    fn fits(&self, method: &Method, path: &str) -> bool {
        let fits_path = |wanted: &str| match wanted.strip_suffix('*') {
            Some(beginning) => path.starts_with(beginning),
            None => path == wanted,
        };
        self.times != Some(0)
            && self.method.as_ref().is_none_or(|wanted| method.as_str().eq_ignore_ascii_case(wanted))
            && self.path.as_deref().is_none_or(fits_path)
    }
}
