//! Updates and deletions on their way: when they were sent, whether a sending may still arrive, and how long an edit is
//! tried again.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::EditError;
use super::creations::NOTED_EVERY;
use crate::pipedrive::ApiError;
use crate::store::{EditState, JournalEntry};
use crate::workspace::ServerUpdate;

/// The waits before an edit is tried again at which the server has failed; the last one repeats.
const WAITS: [Duration; 7] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(15),
    Duration::from_secs(30),
    Duration::from_secs(60),
];
/// For how long an edit at which the server fails waits in all before you are asked. The time in which nothing is
/// answered does not count: a call waits in its lane then.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// How long an edit waits at first that the budget, the limit or the edge keeps from going; each further time is twice
/// as long.
const FIRST_PAUSE: Duration = Duration::from_secs(60);
/// The longest wait for that.
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);
/// Waits of this length and longer are reported: a failure that is over in a few seconds is nothing to tell.
const REPORTED: Duration = Duration::from_secs(8);

/// How far an update or a deletion has come, as its step in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sending {
    /// When it was last sent, by this machine's clock.
    pub(super) sent: DateTime<Utc>,
    /// The latest time at which a sending without a proven outcome may have been made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) open: Option<DateTime<Utc>>,
}

impl Sending {
    /// How far an edit has come, if it was sent. Creations and conversions have steps of their own.
    pub(super) fn of(kept: &JournalEntry) -> Option<Self> {
        if kept.edit.is_creation() || kept.edit.is_conversion() {
            return None;
        }
        serde_json::from_str(kept.step.as_deref()?).ok()
    }

    /// Notes it in an edit, which is to be kept after that.
    pub(super) fn note_in(self, kept: &mut JournalEntry) {
        kept.step = serde_json::to_string(&self).ok();
    }

    /// Takes up an edit of an earlier run: what that has sent last has no proven outcome.
    pub(super) fn take_up(kept: &mut JournalEntry, now: DateTime<Utc>) {
        if kept.state == EditState::Waiting
            && let Some(sending) = Self::of(kept)
        {
            let latest = sending.sent + TimeDelta::from_std(NOTED_EVERY).unwrap_or_default();
            Self { open: sending.open.max(Some(latest.min(now.max(sending.sent)))), ..sending }.note_in(kept);
        }
    }

    /// For how much longer a sending of an edit may still arrive, if at all. `longest` is how late it may be.
    pub(super) fn may_arrive_for(kept: &JournalEntry, longest: Duration, now: DateTime<Utc>) -> Option<Duration> {
        let age = (now - Self::of(kept)?.open?).max(TimeDelta::zero()).to_std().ok()?;
        Some(longest.saturating_sub(age)).filter(|left| !left.is_zero())
    }
}

/// How often an edit was tried in this run.
#[derive(Debug, Clone, Default)]
pub(super) struct Tries {
    failures: usize,
    /// For how long it has waited for a server that fails.
    waited: Duration,
    pauses: u32,
    /// What was made on the way.
    pub(super) made: Vec<ServerUpdate>,
}

/// A wait before the next try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) length: Duration,
    pub(super) is_reported: bool,
}

impl Tries {
    /// The wait before the next try, if there is one.
    pub(super) fn put_off(&mut self, error: &EditError) -> Option<Wait> {
        // The API task itself waits as long as the limit demands.
        let is_soon_over = matches!(error, EditError::Store(_) | EditError::Api(ApiError::TooManyRequests));
        let is_soon_over = is_soon_over && error.passes();
        let fails = matches!(error, EditError::Api(error) if error.leaves_outcome_open());
        if !is_soon_over && !fails && error.passes() {
            let length = FIRST_PAUSE.saturating_mul(1 << self.pauses.min(16)).min(LONGEST_PAUSE);
            self.pauses += 1;
            return Some(Wait { length, is_reported: true });
        }
        if !is_soon_over && (!fails || self.waited >= PATIENCE) {
            return None;
        }
        let length = WAITS[self.failures.min(WAITS.len() - 1)];
        let is_reported = length >= REPORTED;
        self.failures += 1;
        if fails {
            self.waited += length;
        }
        Some(Wait { length, is_reported })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreError;

    #[test]
    fn a_failing_server_is_tried_for_a_quarter_of_an_hour() {
        let (mut tries, mut waited, mut count) = (Tries::default(), Duration::ZERO, 0);
        while let Some(wait) = tries.put_off(&ApiError::Server("HTTP status 500".to_owned()).into()) {
            waited += wait.length;
            count += 1;
        }
        assert!((PATIENCE..PATIENCE + Duration::from_secs(60)).contains(&waited), "{waited:?}");
        assert!(count <= 25, "{count}");
    }

    #[test]
    fn an_edit_that_the_limit_or_the_disk_holds_up_never_gives_up() {
        for error in [ApiError::TooManyRequests.into(), EditError::Store(StoreError::Full { path: "edits.db".into() })]
        {
            let mut tries = Tries::default();
            assert!((0..1_000).all(|_| tries.put_off(&error).is_some()), "{error:?}");
        }
        assert_eq!(Tries::default().put_off(&ApiError::Refused("no".to_owned()).into()), None);
    }
}
