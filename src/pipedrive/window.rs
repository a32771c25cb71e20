//! The rate window: never more than so many requests in any two seconds, as the server sees them.
//!
//! The server counts a request at some moment between its sending and its answer, and on the way there requests are
//! delayed and overtake one another. So a slot is surely free again only two seconds after its answer: whatever is
//! sent then arrives more than two seconds after what held the slot before. This holds whether the server's window
//! slides or is fixed, and needs no common clock. It costs throughput: limit / (2 s + round trip) at the most.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The limit of the smallest plan, in requests per window: what is kept to until the server says otherwise
/// (Pipedrive's rate limiting page).
pub const SMALLEST_LIMIT: u32 = 20;
/// The limit of search requests on every plan (the same page).
pub const SEARCH_LIMIT: u32 = 10;
/// The server's window (the same page).
const WINDOW: Duration = Duration::from_secs(2);
/// Added to the window, for clocks that run at slightly different speeds.
const MARGIN: Duration = Duration::from_millis(10);

/// A window of a number of slots. Pure: the time comes with each call, and must not go back.
#[derive(Debug, Clone)]
pub struct Window {
    limit: u32,
    /// Slots of requests that are under way.
    under_way: u32,
    /// When slots whose requests were answered are free again, the earliest first.
    cooling: VecDeque<Instant>,
    /// Slots that other programs with the same token take, and until when that is believed.
    foreign: Option<(u32, Instant)>,
    /// Until when only half of the limit is used, after the server has refused a request.
    halved: Option<Instant>,
}

impl Window {
    /// A window of so many requests.
    pub fn new(limit: u32) -> Self {
        Self { limit: limit.max(1), under_way: 0, cooling: VecDeque::new(), foreign: None, halved: None }
    }

    /// How many requests the window allows.
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// How many requests may be sent at once now.
    pub fn free(&self, now: Instant) -> u32 {
        let halved = self.halved.is_some_and(|until| now < until);
        let usable = if halved { (self.limit / 2).max(1) } else { self.limit };
        let foreign = self.foreign.filter(|(_, until)| now < *until).map_or(0, |(slots, _)| slots);
        // However much others take, one request at a time goes through: else nothing would tell when they stop.
        let mine = usable.saturating_sub(foreign).max(1);
        mine.saturating_sub(self.in_use(now))
    }

    /// Takes a slot for a request that is sent now; `false` if none is free.
    pub fn take(&mut self, now: Instant) -> bool {
        while self.cooling.front().is_some_and(|free_at| *free_at <= now) {
            self.cooling.pop_front();
        }
        let free = self.free(now) > 0;
        self.under_way += u32::from(free);
        free
    }

    /// The request of a slot was answered, or is given up, now.
    pub fn answered(&mut self, now: Instant) {
        self.under_way = self.under_way.saturating_sub(1);
        self.cooling.push_back(now + WINDOW + MARGIN);
    }

    /// Learns from the headers of an answer, which was counted by [`Self::answered`] already: how many requests the
    /// window allows, and how many of them the server says are left.
    pub fn learn(&mut self, limit: Option<u32>, remaining: Option<u32>, now: Instant) {
        if let Some(limit) = limit.filter(|limit| *limit > 0) {
            self.limit = limit;
        }
        if let Some(remaining) = remaining {
            // What is under way may or may not have been counted by the server, so this is the least that others
            // can have taken.
            let others = self.limit.saturating_sub(remaining).saturating_sub(self.in_use(now));
            if others > 0 {
                self.foreign = Some((others, now + WINDOW));
            }
        }
    }

    /// The server refused a request: uses only half of the window for a while.
    pub fn halve(&mut self, until: Instant) {
        self.halved = Some(until);
    }

    /// The next moment at which more slots are free than now, as far as that does not depend on an answer.
    pub fn next_free(&self, now: Instant) -> Option<Instant> {
        let foreign = self.foreign.map(|(_, until)| until);
        let later = [self.next_cooled(now), foreign, self.halved];
        later.into_iter().flatten().filter(|at| *at > now).min()
    }

    fn next_cooled(&self, now: Instant) -> Option<Instant> {
        self.cooling.iter().copied().find(|at| *at > now)
    }

    fn in_use(&self, now: Instant) -> u32 {
        let cooling = self.cooling.len() - self.cooling.partition_point(|free_at| *free_at <= now);
        self.under_way.saturating_add(u32::try_from(cooling).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_slot_is_free_two_seconds_after_its_answer() {
        let start = Instant::now();
        let mut window = Window::new(2);
        assert!(window.take(start) && window.take(start));
        assert!(!window.take(start + ms(60_000)), "both are under way");
        window.answered(start + ms(300));
        assert!(!window.take(start + ms(2_300)));
        assert_eq!(window.next_free(start + ms(300)), Some(start + ms(2_310)));
        assert!(window.take(start + ms(2_310)));
        assert!(!window.take(start + ms(2_310)));
    }

    #[test]
    fn it_gives_way_to_others_but_never_stops() {
        let start = Instant::now();
        let mut window = Window::new(20);
        window.take(start);
        window.answered(start);
        window.learn(Some(40), Some(9), start);
        assert_eq!(window.limit(), 40);
        // 31 are taken, one of them by this program.
        assert_eq!(window.free(start), 40 - 30 - 1);
        window.learn(None, Some(0), start);
        assert_eq!(window.free(start), 0);
        let later = start + ms(2_010);
        assert_eq!(window.free(later), 40);
        window.learn(None, Some(0), later);
        assert_eq!(window.free(later), 1);
    }

    #[test]
    fn after_a_refusal_half_of_it_is_used_for_a_while() {
        let start = Instant::now();
        let mut window = Window::new(20);
        window.halve(start + ms(30_000));
        assert_eq!(window.free(start), 10);
        assert_eq!(window.free(start + ms(30_000)), 20);
    }
}
