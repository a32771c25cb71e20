//! The rate window: never more than so many requests in any two seconds, as the server sees them.
//!
//! The server counts a request at some moment between its sending and its answer, and on the way there requests are
//! delayed and overtake one another. So a slot is surely free again only two seconds after its answer: whatever is
//! sent then arrives more than two seconds after what held the slot before. This holds whether the server's window
//! slides or is fixed, and needs no common clock. It costs throughput: limit / (2 s + round trip) at the most.
//!
//! A request that got no answer may still be in a kernel or a proxy, and arrive later: its slot is held until it can no
//! longer arrive, some time after it was sent, and then for the window. One slot is left that only a probe may take, so that
//! it can be found out whether the server answers again, and the limit holds even if all of them arrive with the probe.
//!
//! Other programs may use the same token. An answer says how many requests are left; what is missing and cannot be of
//! this program is theirs. From the first sign of them on the worst case is kept to, and a little room is left.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The limit of the smallest plan, in requests per window: what is kept to until the server says otherwise
/// (Pipedrive's rate limiting page).
pub const SMALLEST_LIMIT: u32 = 20;
/// The limit of search requests on every plan (the same page).
pub const SEARCH_LIMIT: u32 = 10;
/// The server's window (the same page).
pub(super) const WINDOW: Duration = Duration::from_secs(2);
/// Added to the window, for clocks that run at slightly different speeds.
pub(super) const MARGIN: Duration = Duration::from_millis(5);
/// The most requests under way until the server has answered. If a single one is under way, all use that its answer
/// reports is of other programs.
const UNKNOWN_LIMIT: u32 = 1;
/// The number of slots left free beside those of other programs, which may send more at any moment.
const BESIDE_OTHERS: u32 = 2;
/// For how long after the last sign of other programs they are reckoned with.
const OTHERS_FOR: Duration = Duration::from_secs(60);

/// A window of a number of slots. Pure: the time comes with each call, and must not go back.
#[derive(Debug, Clone)]
pub struct RateWindow {
    limit: u32,
    /// The highest limit that the server may set.
    highest: u32,
    /// The time after its sending in which a request without an answer may still arrive.
    max_delay: Duration,
    /// When the requests that are under way were sent, the first first.
    under_way: VecDeque<Instant>,
    /// Requests that were answered lately, in the order of their answers: those whose slots are not free yet, and those
    /// that an answer which is still to come may have been counted with.
    answered: VecDeque<Answered>,
    /// When the slots of requests are free again that got no answer, in no order.
    held: Vec<Instant>,
    /// `true` once the server has answered.
    was_told: bool,
    /// When there was the last sign of other programs.
    others_seen: Option<Instant>,
    /// The most slots that other programs took, by each answer of the last window.
    others: VecDeque<(Instant, u32)>,
    /// Until when only half of the limit is used, after the server has refused a request.
    halved: Option<Instant>,
}

/// A request that was answered: the server counted it somewhere between these two.
#[derive(Debug, Clone, Copy)]
struct Answered {
    sent: Instant,
    at: Instant,
}

impl RateWindow {
    /// A window of so many requests, until the server sets another limit. A request that got no answer may arrive until
    /// `max_delay` after it was sent.
    pub fn new(limit: u32, max_delay: Duration) -> Self {
        Self {
            limit: limit.max(1),
            highest: u32::MAX,
            max_delay,
            under_way: VecDeque::new(),
            answered: VecDeque::new(),
            held: Vec::new(),
            was_told: false,
            others_seen: None,
            others: VecDeque::new(),
            halved: None,
        }
    }

    /// The same, where the server may only set a lower limit.
    #[must_use]
    pub fn at_most(self, highest: u32) -> Self {
        Self { highest, ..self }
    }

    /// The number of requests that the window allows.
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// The number of its slots that this program may use now: fewer for a while after a refusal, and beside others.
    pub fn usable(&self, now: Instant) -> u32 {
        let usable = self.allowed(now);
        if !self.was_told {
            return usable.min(UNKNOWN_LIMIT);
        }
        if !self.is_shared(now) {
            return usable;
        }
        match self.others(now) {
            Some(others) => usable.saturating_sub(others.saturating_add(BESIDE_OTHERS)).max(1),
            // Nothing was heard of them lately: one request asks.
            None => 1,
        }
    }

    /// The limit, or half of it for a while after a refusal.
    fn allowed(&self, now: Instant) -> u32 {
        let halved = self.halved.is_some_and(|until| now < until);
        if halved { (self.limit / 2).max(1) } else { self.limit }
    }

    /// The number of requests that may be sent at once now.
    pub fn free(&self, now: Instant) -> u32 {
        if self.was_told {
            return self.usable(now).saturating_sub(self.taken_after(now));
        }
        // One at a time; those that got no answer do not keep the next one from being sent.
        let free = UNKNOWN_LIMIT.saturating_sub(u32::try_from(self.under_way.len()).unwrap_or(u32::MAX));
        free.min(self.allowed(now).saturating_sub(self.taken_after(now)))
    }

    /// The number of requests that may be sent at once now beside a probe, for which a slot is left: if none is answered,
    /// the probe can still go.
    pub fn free_beside_probe(&self, now: Instant) -> u32 {
        let held = self.held.iter().filter(|free_at| **free_at > now).count();
        let unanswered = u32::try_from(self.under_way.len() + held).unwrap_or(u32::MAX);
        let usable = if self.was_told { self.usable(now) } else { self.allowed(now) };
        let most = usable.saturating_sub(1).max(1);
        self.free(now).min(most.saturating_sub(unanswered))
    }

    /// `true` if other programs use the token too, as far as the server's answers show.
    pub fn is_shared(&self, now: Instant) -> bool {
        self.others_seen.is_some_and(|seen| now.saturating_duration_since(seen) < OTHERS_FOR)
    }

    /// Takes a slot for a request that is sent now; `false` if none is free.
    pub fn take(&mut self, now: Instant) -> bool {
        let free = self.free(now) > 0;
        if free {
            self.under_way.push_back(now);
        }
        free
    }

    /// The request of a slot that was to be sent at `sent` never left this machine.
    pub fn unsent(&mut self, sent: Instant) {
        if let Ok(at) = self.under_way.binary_search(&sent) {
            self.under_way.remove(at);
        }
    }

    /// The request of a slot that was sent at `sent` is given up now: it may be on its way yet, and the server may count it
    /// at any time until it can no longer arrive.
    pub fn given_up(&mut self, sent: Instant, now: Instant) {
        self.forget(now);
        self.unsent(sent);
        let arrives_before = now.max(sent + self.max_delay);
        self.held.push(arrives_before + WINDOW + MARGIN);
    }

    /// The request of a slot that was sent at `sent` was answered now, and the answer says nothing of this window.
    pub fn done(&mut self, sent: Instant, now: Instant) {
        self.forget(now);
        self.unsent(sent);
        self.answered.push_back(Answered { sent, at: now });
    }

    /// The request of a slot that was sent at `sent` was answered now. The answer says how many requests the window
    /// allows and how many are left; the server may leave out either.
    pub fn answered(&mut self, sent: Instant, limit: Option<u32>, remaining: Option<u32>, now: Instant) {
        self.done(sent, now);
        self.was_told = true;
        if let Some(limit) = limit.filter(|limit| *limit > 0) {
            self.limit = limit.min(self.highest);
        }
        let Some(remaining) = remaining else { return };
        let used = self.limit.saturating_sub(remaining);
        // What even all requests that this program may have had in the window do not explain, others have sent.
        if used > self.taken_after(sent) {
            self.others_seen = Some(now);
        }
        if !self.is_shared(now) {
            return;
        }
        // What only those explain that it had there for sure, others may have.
        let surely = self.answered.iter().filter(|one| one.at <= sent && one.sent + WINDOW >= now).count() + 1;
        let others = used.saturating_sub(u32::try_from(surely).unwrap_or(u32::MAX));
        self.others.push_back((now, others));
    }

    /// The server refused a request: uses only half of the window for a while.
    pub fn halve(&mut self, until: Instant) {
        self.halved = Some(until);
    }

    /// The next moment at which more slots may be free than now, as far as that does not depend on an answer.
    pub fn next_free(&self, now: Instant) -> Option<Instant> {
        let cooled = self.answered.iter().map(Answered::free_at).find(|at| *at > now);
        let held = self.held.iter().copied().filter(|at| *at > now).min();
        let heard = self.others.iter().map(|(at, _)| *at + WINDOW).find(|at| *at > now && self.is_shared(now));
        [cooled, held, heard, self.halved].into_iter().flatten().filter(|at| *at > now).min()
    }

    /// The most slots that others took in the last window; `None` without an answer.
    fn others(&self, now: Instant) -> Option<u32> {
        self.others.iter().filter(|(at, _)| *at + WINDOW > now).map(|(_, others)| *others).max()
    }

    /// The most requests that the server may have counted in its window at a moment, or at any time since.
    fn taken_after(&self, moment: Instant) -> u32 {
        let cooling = self.answered.len() - self.answered.partition_point(|one| one.free_at() <= moment);
        let held = self.held.iter().filter(|free_at| **free_at > moment).count();
        u32::try_from(self.under_way.len() + cooling + held).unwrap_or(u32::MAX)
    }

    fn forget(&mut self, now: Instant) {
        let earliest = self.under_way.front().copied().unwrap_or(now);
        while self.answered.front().is_some_and(|one| one.free_at() <= earliest) {
            self.answered.pop_front();
        }
        self.held.retain(|free_at| *free_at > earliest);
        while self.others.front().is_some_and(|(at, _)| *at + WINDOW <= now) {
            self.others.pop_front();
        }
    }
}

impl Answered {
    /// When its slot is free again.
    fn free_at(&self) -> Instant {
        self.at + WINDOW + MARGIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELAY: Duration = Duration::from_secs(60);

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// A window that has heard from its server, long ago.
    fn told(limit: u32, start: Instant) -> RateWindow {
        let mut window = RateWindow::new(limit, DELAY);
        assert!(window.take(start));
        window.answered(start, Some(limit), Some(limit - 1), start);
        window
    }

    #[test]
    fn a_slot_is_free_two_seconds_after_its_answer() {
        let start = Instant::now();
        let mut window = told(2, start);
        let start = start + ms(10_000);
        assert!(window.take(start) && window.take(start));
        assert!(!window.take(start + ms(60_000)), "both are under way");
        window.answered(start, None, None, start + ms(300));
        assert!(!window.take(start + ms(2_300)));
        assert_eq!(window.next_free(start + ms(300)), Some(start + ms(2_305)));
        assert!(window.take(start + ms(2_305)));
        assert!(!window.take(start + ms(2_305)));
    }

    #[test]
    fn a_slot_without_an_answer_is_held_until_it_can_no_longer_arrive() {
        let start = Instant::now();
        let mut window = told(2, start);
        let start = start + ms(10_000);
        assert!(window.take(start));
        window.given_up(start, start + ms(20_000));
        assert_eq!(window.free(start + ms(62_004)), 1, "one may arrive until 60 s after it was sent");
        assert_eq!(window.next_free(start + ms(30_000)), Some(start + ms(62_005)));
        assert_eq!(window.free(start + ms(62_005)), 2);
    }

    #[test]
    fn the_last_slot_is_left_to_a_probe_while_none_is_answered() {
        let start = Instant::now();
        let mut window = told(3, start);
        let start = start + ms(10_000);
        assert_eq!(window.free_beside_probe(start), 2);
        assert!(window.take(start) && window.take(start));
        assert_eq!((window.free_beside_probe(start), window.free(start)), (0, 1));
        window.given_up(start, start + ms(20_000));
        assert_eq!((window.free_beside_probe(start + ms(20_000)), window.free(start + ms(20_000))), (0, 1));
        window.answered(start, None, None, start + ms(21_000));
        assert_eq!(window.free_beside_probe(start + ms(24_000)), 1);
    }

    #[test]
    fn it_feels_its_way_until_the_server_has_spoken() {
        let start = Instant::now();
        let mut window = RateWindow::new(20, DELAY);
        assert_eq!(window.free(start), UNKNOWN_LIMIT);
        window.take(start);
        window.answered(start, Some(40), Some(39), start + ms(10));
        assert_eq!((window.limit(), window.free(start + ms(10))), (40, 39));
    }

    #[test]
    fn it_gives_way_to_others_and_asks_after_them_when_it_has_not_heard() {
        let start = Instant::now();
        let mut window = RateWindow::new(20, DELAY);
        window.take(start);
        window.answered(start, Some(40), Some(9), start + ms(10));
        // 30 are of others.
        assert!(window.is_shared(start + ms(10)));
        assert_eq!(window.free(start + ms(10)), 40 - 30 - BESIDE_OTHERS - 1);
        assert_eq!(window.next_free(start + ms(10)), Some(start + ms(2_010)));
        assert_eq!(window.usable(start + ms(5_000)), 1);
        assert_eq!(window.usable(start + ms(60_010)), 40);
    }

    #[test]
    fn alone_it_gives_way_to_nobody() {
        let start = Instant::now();
        let mut window = told(20, start);
        for _ in 0..3 {
            window.take(start);
        }
        window.answered(start, Some(20), Some(16), start + ms(10));
        assert!(!window.is_shared(start + ms(10)));
        assert_eq!(window.free(start + ms(10)), 16);
    }

    #[test]
    fn after_a_refusal_half_of_it_is_used_for_a_while() {
        let start = Instant::now();
        let mut window = told(20, start);
        let start = start + ms(10_000);
        window.halve(start + ms(30_000));
        assert_eq!(window.free(start), 10);
        assert_eq!(window.free(start + ms(30_000)), 20);
    }
}
