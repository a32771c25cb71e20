//! Faults on demand: a test tells the server how to fail, for which requests, and how many times.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use fastrand::Rng;
use serde::Deserialize;

/// A fault as `POST /sandbox/faults` takes it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub kind: Kind,
    /// The status of a `status` fault; 500 if not given.
    #[serde(default)]
    pub status: Option<u16>,
    /// The seconds in the `retry-after` header of a `status` fault.
    #[serde(default)]
    pub retry_after: Option<u64>,
    /// Whether the body of a `status` fault is HTML.
    #[serde(default)]
    pub html: bool,
    /// How long `latency` and `latency_after` take, and `jitter` at the most.
    #[serde(default)]
    pub millis: Option<u64>,
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
}

/// What a request meets.
#[derive(Debug, Default)]
pub struct Met {
    /// How long it waits.
    pub delay: Duration,
    /// How long its answer waits, once it is carried out.
    pub delay_after: Duration,
    /// What else goes wrong.
    pub fault: Option<Fault>,
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
                _ if met.fault.is_some() => continue,
                _ => met.fault = Some(fault.clone()),
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
        match self.share {
            Some(share) if !(0.0..=1.0).contains(&share) => Err("'share' must be from 0 to 1"),
            _ => Ok(()),
        }
    }

    /// The status that it answers with.
    pub fn status_code(&self) -> StatusCode {
        self.status.and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
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
