//! When to look at what, and what a look came to.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use tokio::time::Instant;

use super::webhooks::DELIVERED;
use super::{CLOCK_EVERY, Engine, FIRST_RETRY, FirstLook, LONGEST_RETRY, Moment};
use crate::pipedrive::{ApiError, ConnectionState};
use crate::store::StoreError;
use crate::sync::poll_schedule::{AccountPart, PRESENT_FOR, PollConditions};
use crate::sync::reader::ReadScope;
use crate::sync::{Durability, Progress, ReadError, Report};

/// The same where Pipedrive answers, but not as it should.
const LONGEST_COSTLY_RETRY: Duration = Duration::from_secs(30 * 60);
/// The same where the answers make no sense, such as lists without an end.
const LONGEST_UNREADABLE_RETRY: Duration = Duration::from_secs(4 * 60 * 60);
/// How often the whole account is read again while nobody is there, as far as the budget allows: some things vanish
/// without a word, such as archived deals.
const ACCOUNT_EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// The same while somebody is there all day.
const ACCOUNT_AT_LEAST_EVERY: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How soon a reading of the whole account that was broken off is taken up again, as far as the budget allows.
const UNFINISHED_EVERY: Duration = Duration::from_secs(60 * 60);

impl Engine {
    /// Starts to look at the parts that are due. The answer is when to come again.
    pub(super) fn look_if_due(&mut self) -> Instant {
        let now = Instant::now();
        if now < self.not_before {
            return self.not_before;
        }
        if !self.reader.has_account() {
            // A first reading that was broken off goes on where it stopped.
            self.read(ReadScope::Account);
            return now + CLOCK_EVERY;
        }
        if self.settings.first == FirstLook::Account && self.account_read.is_none() {
            self.reader.start_over();
            self.read(ReadScope::Account);
            return now + CLOCK_EVERY;
        }
        let circumstances = self.circumstances();
        let is_affordable = circumstances.budget.is_none_or(|(left, whole)| left > whole / 2);
        if is_affordable && self.is_account_due(circumstances.present) {
            self.read(ReadScope::Account);
            return now + CLOCK_EVERY;
        }
        let is_offline = matches!(self.line.borrow().state, ConnectionState::Offline { .. });
        let left = |part: &AccountPart| {
            let Some(looked) = self.looked[*part as usize] else { return Duration::ZERO };
            let waited = looked.elapsed(&self.settings.clock);
            let interval = circumstances.interval(*part);
            // An edit may have found the line down: whether it is up again is asked soon.
            let interval = if is_offline && *part == AccountPart::Deals { interval.min(FIRST_RETRY) } else { interval };
            interval.saturating_sub(waited)
        };
        let mut due: Vec<AccountPart> = AccountPart::ALL.into_iter().filter(|part| left(part).is_zero()).collect();
        let mut next = AccountPart::ALL.iter().map(left).min().unwrap_or(CLOCK_EVERY);
        if self.behind.is_some() {
            let until = self.catch_ups.next(now) - now;
            next = next.min(until);
            if until.is_zero() {
                self.catch_ups.take(1, now);
                self.behind = None;
                due.extend(DELIVERED.into_iter().filter(|part| left(part) > Duration::ZERO));
            }
        }
        if !due.is_empty() {
            self.read(ReadScope::Parts(due));
        }
        now + next
    }

    /// Whether the whole account is to be read again: a broken reading goes on, an old one is not believed for ever.
    fn is_account_due(&self, present: bool) -> bool {
        let clock = &self.settings.clock;
        let Some(read_at) = self.reader.account_read_at() else { return true };
        let by_clock = || (clock() - read_at).to_std().unwrap_or_default();
        let ago = self.account_read.map_or_else(by_clock, |tried| tried.elapsed(clock));
        let every = if present { ACCOUNT_AT_LEAST_EVERY } else { ACCOUNT_EVERY };
        ago >= every || (self.reader.is_unfinished() && ago >= UNFINISHED_EVERY)
    }

    fn circumstances(&self) -> PollConditions {
        let clock = &self.settings.clock;
        PollConditions {
            lead_interval: self.settings.lead_interval,
            lead_pages: self.reader.lead_pages(),
            present: self.present.elapsed(clock) < PRESENT_FOR,
            budget: self.line.borrow().daily,
            rest: rest_of_day(clock()),
            burst: self.line.borrow().window_limit,
            live: self.hearing.is_relied_on() && self.behind.is_none(),
        }
    }

    /// Starts a reading, or has it come after the one that is under way.
    pub(super) fn read(&mut self, what: ReadScope) {
        if !self.reading.is_empty() {
            self.read_after(what);
            return;
        }
        // Changes to what was never read make no account.
        let what = if self.reader.has_account() { what } else { ReadScope::Account };
        if self.loading.is_some() {
            self.next = Some(what);
            return;
        }
        if what == ReadScope::Account {
            self.account_read = Some(Moment::now(&self.settings.clock));
        }
        if let ReadScope::Parts(parts) = &what {
            // Should it fail, they are due again.
            for part in parts {
                self.looked[*part as usize] = None;
            }
        }
        self.under_way = match &what {
            ReadScope::Account => AccountPart::ALL.to_vec(),
            ReadScope::Asked => {
                vec![AccountPart::Deals, AccountPart::Activities, AccountPart::Leads, AccountPart::Contacts]
            }
            ReadScope::Parts(parts) => parts.clone(),
        };
        self.reading_since = Instant::now();
        let reader = Arc::clone(&self.reader);
        self.reading.spawn(async move { reader.read(what).await });
    }

    /// Notes what to read after the reading that is under way, unless what is noted already brings more.
    fn read_after(&mut self, what: ReadScope) {
        let rank = |reading: &ReadScope| match reading {
            ReadScope::Parts(_) => 0,
            ReadScope::Asked => 1,
            ReadScope::Account => 2,
        };
        // While everything is read for the first time, whoever asks for news gets them by that.
        let is_wanted = self.reader.has_account() || matches!(what, ReadScope::Parts(_));
        if is_wanted && self.next.as_ref().is_none_or(|next| rank(next) <= rank(&what)) {
            self.next = Some(what);
        }
    }

    pub(super) async fn has_read(&mut self, read: Result<(), ReadError>) -> Vec<Report> {
        self.hearing.has_read(self.reading_since);
        let mut reports = self.kept_or_not(&read).await;
        let clock = &self.settings.clock;
        let wait = match &read {
            // A file that is damaged again and again is not to cost a reading each time.
            Err(ReadError::Store(StoreError::Corrupt { .. })) => {
                self.failures += 1;
                FIRST_RETRY.saturating_mul(1 << (self.failures - 1).min(16)).min(LONGEST_COSTLY_RETRY)
            }
            // What could not be kept is shown all the same, and what is in doubt is read again at its time.
            Ok(()) | Err(ReadError::Store(_) | ReadError::Doubtful(_)) => {
                self.failures = 0;
                for part in self.under_way.drain(..) {
                    self.looked[part as usize] = Some(Moment::now(clock));
                }
                Duration::ZERO
            }
            Err(ReadError::Api(error)) => {
                self.failures += 1;
                self.wait_after(error)
            }
        };
        match &read {
            Ok(()) => tracing::debug!("read"),
            Err(error) => tracing::warn!(%error, ?wait, "reading failed"),
        }
        self.not_before = Instant::now() + wait;
        if let Some(next) = self.next.take().filter(|_| self.reader.has_account()) {
            self.read(next);
        }
        let clock = &self.settings.clock;
        let interval = self.circumstances().interval(AccountPart::Leads);
        let looked = self.looked[AccountPart::Leads as usize];
        let until_leads =
            looked.map_or(Duration::ZERO, |looked| interval.saturating_sub(looked.elapsed(clock))).max(wait);
        let next_poll = clock() + TimeDelta::from_std(until_leads).unwrap_or_default();
        reports.push(Report::Progress(match read {
            Ok(()) | Err(ReadError::Store(_)) => Progress::Fresh { at: clock(), next_poll },
            Err(error) => Progress::Failed { error, next_poll },
        }));
        reports
    }

    /// Says where what was read could not be kept, and when it can be again.
    async fn kept_or_not(&mut self, read: &Result<(), ReadError>) -> Vec<Report> {
        match read {
            Ok(()) if !self.is_kept => {
                self.is_kept = true;
                vec![Report::Durability(Durability::Kept)]
            }
            Err(ReadError::Store(error @ StoreError::Corrupt { .. })) => vec![self.rebuild(error).await],
            Err(ReadError::Store(error)) => {
                self.is_kept = false;
                vec![Report::Durability(Durability::EditsOnly(error.to_string()))]
            }
            _ => Vec::new(),
        }
    }

    /// How long to wait after a failure.
    fn wait_after(&self, error: &ApiError) -> Duration {
        let longest = match error {
            ApiError::Unreachable(_) => LONGEST_RETRY,
            // It does so each time until what gives such answers is mended.
            ApiError::Unreadable(_) => LONGEST_UNREADABLE_RETRY,
            // What was read before it failed has cost something, and may each time.
            error if error.leaves_outcome_open() => LONGEST_COSTLY_RETRY,
            _ => return self.circumstances().interval(AccountPart::Leads),
        };
        FIRST_RETRY.saturating_mul(1 << (self.failures - 1).min(16)).min(longest)
    }
}

/// How long the day of the budget lasts yet. The server does not say by which zone it counts; UTC is assumed.
fn rest_of_day(now: DateTime<Utc>) -> Duration {
    const DAY: u32 = 24 * 60 * 60;
    Duration::from_secs(u64::from(DAY - now.num_seconds_from_midnight()))
}
