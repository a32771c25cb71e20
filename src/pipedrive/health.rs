//! The health of the server and of the network. While they fail, one request at a time finds out whether they have
//! again, at growing distances, and everything else waits. Pure: the time comes with each call.

use std::time::{Duration, Instant};

/// The first wait before a probe; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// The longest wait before a probe.
const MAX_WAIT: Duration = Duration::from_secs(30);
/// The longest wait while no connection can be made: that costs the server nothing, and a network may be back any time.
const MAX_CONNECT_WAIT: Duration = Duration::from_secs(8);
/// The pause once the edge has blocked several requests in a row.
pub(super) const BLOCKED_FOR: Duration = Duration::from_secs(60);

/// The kinds of requests. A server may fail at one kind and not at the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It reads.
    Read,
    /// It changes something.
    Write,
}

/// A failure that points to an outage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// No connection could be made.
    Unreachable,
    /// The edge has blocked it.
    Blocked,
    /// The edge has blocked it once more, and nothing was answered in between.
    BlockedAgain,
    /// The server failed, something answered in its place, or no answer came.
    Server,
}

/// The requests that may be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gate {
    /// Anything.
    Open,
    /// Reads. Changes wait for a probe, which may be sent at this moment if that is known.
    Reads(Option<Instant>),
    /// One request.
    Probe,
    /// One request that reads; one that changes something waits until this moment.
    ProbeByRead(Option<Instant>),
    /// Nothing, before this moment if that is known.
    Shut(Option<Instant>),
}

/// A series of failures without a success.
#[derive(Debug, Clone, Copy)]
struct Outage {
    since: Instant,
    failures: u32,
    until: Instant,
    has_probe: bool,
}

/// The state of the server, as the answers show it.
#[derive(Debug, Default)]
pub(super) struct Health {
    /// Nothing succeeds.
    all: Option<Outage>,
    /// No request succeeds that changes something, though others may.
    writes: Option<Outage>,
    /// When the last request was sent that was answered.
    last_good: Option<Instant>,
    answers: u64,
    blocks_in_a_row: u32,
}

impl Health {
    /// The requests that may be sent now.
    pub(super) fn gate(&self, now: Instant) -> Gate {
        let later = |outage: &Outage| Some(outage.until).filter(|until| !outage.has_probe && now < *until);
        match (&self.all, &self.writes) {
            (Some(all), _) if all.has_probe || now < all.until => Gate::Shut(later(all)),
            (Some(_), Some(writes)) if writes.has_probe || now < writes.until => Gate::ProbeByRead(later(writes)),
            (Some(_), _) => Gate::Probe,
            (None, Some(writes)) if writes.has_probe || now < writes.until => Gate::Reads(later(writes)),
            (None, _) => Gate::Open,
        }
    }

    /// A request is sent. Returns `true` if it is a probe.
    pub(super) fn sent(&mut self, kind: Kind) -> bool {
        let outage = match (&mut self.all, kind) {
            (Some(all), _) => Some(all),
            (None, Kind::Write) => self.writes.as_mut(),
            (None, Kind::Read) => None,
        };
        match outage {
            Some(outage) => {
                outage.has_probe = true;
                true
            }
            None => false,
        }
    }

    /// A request that was sent at `sent` was answered by the server.
    pub(super) fn answered(&mut self, kind: Kind, sent: Instant) {
        self.last_good = self.last_good.max(Some(sent));
        self.answers += 1;
        self.blocks_in_a_row = 0;
        self.all = None;
        if kind == Kind::Write {
            self.writes = None;
        }
    }

    /// A request failed that was sent at `sent`. `is_probe` is what [`Self::sent`] said of it; `share` is the part of the
    /// next wait that is certain, from 0.5 to 1, so that many programs do not come back at the same time.
    pub(super) fn failed(&mut self, kind: Kind, fault: Fault, sent: Instant, is_probe: bool, share: f64, now: Instant) {
        // The server has answered what was sent later: this is the request's own trouble.
        if !is_probe && self.last_good.is_some_and(|good| good > sent) {
            return;
        }
        match fault {
            Fault::Blocked => self.blocks_in_a_row += 1,
            Fault::BlockedAgain => {}
            Fault::Unreachable | Fault::Server => self.blocks_in_a_row = 0,
        }
        let max = if fault == Fault::Unreachable { MAX_CONNECT_WAIT } else { MAX_WAIT };
        // Several different ones: it is not a single request that the edge does not like.
        let is_pause = self.blocks_in_a_row > 1;
        let grow = |outage: &mut Option<Outage>| {
            let mut next = outage.unwrap_or(Outage { since: now, failures: 0, until: now, has_probe: false });
            if next.failures == 0 || is_probe {
                next.failures = next.failures.saturating_add(1);
                let wait = FIRST_WAIT.saturating_mul(1 << (next.failures - 1).min(16)).min(max);
                next.until = now + wait.mul_f64(share);
                next.has_probe = false;
            }
            if is_pause {
                next.until = next.until.max(now + BLOCKED_FOR);
            }
            *outage = Some(next);
        };
        match kind {
            Kind::Read => [Some(&mut self.all), None],
            Kind::Write => [Some(&mut self.all), Some(&mut self.writes)],
        }
        .into_iter()
        .flatten()
        .for_each(grow);
    }

    /// Since when nothing succeeds; `None` if something does.
    pub(super) fn down_since(&self) -> Option<Instant> {
        self.all.map(|outage| outage.since)
    }

    /// When the next probe may go; `None` if something succeeds.
    pub(super) fn next_probe(&self) -> Option<Instant> {
        self.all.map(|outage| outage.until)
    }

    /// The number of answers so far.
    pub(super) fn answers(&self) -> u64 {
        self.answers
    }

    /// The number of probes in a row that have failed.
    pub(super) fn failures(&self) -> u32 {
        self.all.map_or(0, |outage| outage.failures)
    }
}
