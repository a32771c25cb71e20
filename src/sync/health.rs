//! Whether webhooks can be relied on: only then is the account looked at less often. Pure.
//!
//! That they are registered says little: a tunnel may lead nowhere, and after failures Pipedrive is silent without a
//! word. So what counts is that something has arrived, and that one's own edits are heard of, too.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::WebhookStatus;

/// For how long after a gap events may be missing: Pipedrive tries three times within 183 seconds, and delivers nothing
/// for 30 minutes after ten failures (guide for webhooks). Some more, as clocks differ.
const SILENCE: Duration = Duration::from_secs(35 * 60);
/// How soon one's own edit has to be heard of. A second try of Pipedrive's comes after 3 seconds, a third after 33.
const ECHO: Duration = Duration::from_secs(40);
/// How many edits are waited for at the most.
const MOST_EXPECTED: usize = 64;

/// What is known of the webhooks.
#[derive(Debug)]
pub(super) struct WebhookHealth {
    live: WebhookStatus,
    /// From when on nothing is missing.
    from: Instant,
    /// When own edits were made that were not heard of yet.
    expected: VecDeque<Instant>,
}

impl WebhookHealth {
    /// There are webhooks, or there are none.
    pub(super) fn new(has_feed: bool, now: Instant) -> Self {
        let live = if has_feed { WebhookStatus::Starting } else { WebhookStatus::Off };
        Self { live, from: now, expected: VecDeque::new() }
    }

    /// How they fare.
    pub(super) fn live(&self) -> &WebhookStatus {
        &self.live
    }

    /// Whether all that changes is heard of.
    pub(super) fn is_relied_on(&self, now: Instant) -> bool {
        self.live == WebhookStatus::On && now >= self.from
    }

    /// They are registered: newly, or since an earlier run, of which failures may be left.
    pub(super) fn up(&mut self, new: bool, now: Instant) {
        // What came just before shows as well that they arrive.
        if self.live != WebhookStatus::On {
            self.live = WebhookStatus::Waiting;
        }
        self.from = if new { now } else { now + SILENCE };
        self.expected.clear();
    }

    /// They do not come.
    pub(super) fn down(&mut self, why: String) {
        self.live = WebhookStatus::Down(why);
        self.expected.clear();
    }

    /// Nobody listens any more.
    pub(super) fn end(&mut self) {
        if !matches!(self.live, WebhookStatus::Down(_)) {
            self.down("nobody listens any more; start dealdeck again".to_owned());
        }
    }

    /// One came.
    pub(super) fn heard(&mut self) {
        self.live = WebhookStatus::On;
        self.expected.clear();
    }

    /// For some time none could come.
    pub(super) fn gap(&mut self, now: Instant) {
        self.from = self.from.max(now + SILENCE);
        self.expected.clear();
    }

    /// An edit was made that one will come of. Before the first has come that it does not says nothing new.
    pub(super) fn expect(&mut self, now: Instant) {
        if self.live == WebhookStatus::On && self.expected.len() < MOST_EXPECTED {
            self.expected.push_back(now);
        }
    }

    /// When something has to have come; `None` while nothing has.
    pub(super) fn due(&self) -> Option<Instant> {
        self.expected.front().map(|made| *made + ECHO)
    }

    /// Whether nothing has come since an edit that one should have come of. Then they are not relied on for a while.
    pub(super) fn is_overdue(&mut self, now: Instant) -> bool {
        let is_overdue = self.due().is_some_and(|due| now >= due);
        if is_overdue {
            self.live = WebhookStatus::Waiting;
            self.gap(now);
        }
        is_overdue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn webhooks_are_relied_on_once_one_has_come() {
        let now = Instant::now();
        let mut trust = WebhookHealth::new(true, now);
        trust.up(true, now);
        assert_eq!((trust.live(), trust.is_relied_on(now)), (&WebhookStatus::Waiting, false));
        trust.heard();
        assert_eq!((trust.live(), trust.is_relied_on(now)), (&WebhookStatus::On, true));
    }

    #[test]
    fn one_that_comes_before_all_are_registered_counts() {
        let now = Instant::now();
        let mut trust = WebhookHealth::new(true, now);
        trust.heard();
        trust.up(true, now);
        assert_eq!(trust.live(), &WebhookStatus::On);
    }

    #[test]
    fn those_of_an_earlier_run_may_be_banned_and_are_not_relied_on_for_a_while() {
        let now = Instant::now();
        let mut trust = WebhookHealth::new(true, now);
        trust.up(false, now);
        trust.heard();
        assert!(!trust.is_relied_on(now + Duration::from_secs(30 * 60)));
        assert!(trust.is_relied_on(now + SILENCE));
        trust.gap(now + SILENCE);
        assert!(!trust.is_relied_on(now + SILENCE));
    }

    #[test]
    fn an_edit_that_is_not_heard_of_takes_the_trust_away() {
        let now = Instant::now();
        let mut trust = WebhookHealth::new(true, now);
        trust.up(true, now);
        trust.heard();
        trust.expect(now);
        assert!(!trust.is_overdue(now + Duration::from_secs(39)));
        assert!(trust.is_overdue(now + ECHO));
        assert!(!trust.is_overdue(now + ECHO), "it is said once");
        assert_eq!((trust.live(), trust.is_relied_on(now + ECHO)), (&WebhookStatus::Waiting, false));
        trust.expect(now);
        trust.heard();
        assert_eq!(trust.due(), None);
    }
}
