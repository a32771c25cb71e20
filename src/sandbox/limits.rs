//! The limits, <https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting>: how many requests of a user in any two
//! seconds, how many searches, how many tokens of the company a day, and what becomes of a client that does not listen. Told the
//! time, never asking for it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use axum::http::Method;
use chrono::NaiveDate;

use super::Plan;

/// The window in which requests are counted.
const WINDOW: Duration = Duration::from_secs(2);
/// Searches in a window, on all plans.
const SEARCHES: usize = 10;
/// More refusals than this within [`STORM`] and the edge takes over.
const PATIENCE: usize = 40;
/// The time in which refusals are counted.
const STORM: Duration = Duration::from_secs(10);
/// How long the edge blocks. The length is nowhere documented; this one lets a person see it end.
const BLOCK: Duration = Duration::from_secs(5);

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is let through.
    Pass,
    /// Too many in two seconds.
    Burst,
    /// The tokens of the day are used up.
    Daily,
    /// The edge blocks this client.
    Edge,
}

/// How things stand after a request, for the headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// What became of the request.
    pub verdict: Verdict,
    /// Requests in a window.
    pub limit: usize,
    /// Requests left in this window.
    pub remaining: usize,
    /// Whole seconds until the next request counts less.
    pub reset: u64,
    /// Tokens a day.
    pub daily_limit: u64,
    /// Tokens left today.
    pub daily_remaining: u64,
}

/// The counts of a company.
#[derive(Debug)]
pub struct Limits {
    burst: usize,
    daily: u64,
    /// Those of each user.
    windows: BTreeMap<u64, Window>,
    day: Option<NaiveDate>,
    used: u64,
}

/// What a user has asked for of late.
#[derive(Debug, Default)]
struct Window {
    passed: VecDeque<Duration>,
    searches: VecDeque<Duration>,
    refused: VecDeque<Duration>,
    blocked_until: Option<Duration>,
}

impl Limits {
    /// Nothing used yet.
    pub fn new(plan: Plan) -> Self {
        Self {
            burst: plan.burst_limit() as usize,
            daily: plan.daily_budget(),
            windows: BTreeMap::new(),
            day: None,
            used: 0,
        }
    }

    /// Tokens used today.
    pub fn used(&self) -> u64 {
        self.used
    }

    /// Counts a request of a user that comes `at` this time after the start, on this day in UTC.
    pub fn ask(&mut self, user: u64, at: Duration, day: NaiveDate, cost: Cost) -> Standing {
        if self.day != Some(day) {
            (self.day, self.used) = (Some(day), 0);
        }
        let is_spent = self.used + cost.tokens > self.daily;
        let window = self.windows.entry(user).or_default();
        let verdict = window.ask(at, cost, self.burst, is_spent);
        if verdict == Verdict::Pass {
            self.used += cost.tokens;
        }
        let (limit, remaining, reset) = window.standing(at, cost, self.burst);
        let daily_remaining = self.daily.saturating_sub(self.used);
        Standing { verdict, limit, remaining, reset, daily_limit: self.daily, daily_remaining }
    }
}

impl Window {
    fn ask(&mut self, at: Duration, cost: Cost, burst: usize, is_spent: bool) -> Verdict {
        forget(&mut self.passed, at, WINDOW);
        forget(&mut self.searches, at, WINDOW);
        forget(&mut self.refused, at, STORM);
        let verdict = self.judge(at, cost, burst, is_spent);
        match verdict {
            Verdict::Pass => {
                self.passed.push_back(at);
                if cost.is_search {
                    self.searches.push_back(at);
                }
            }
            Verdict::Burst | Verdict::Daily => self.refused.push_back(at),
            Verdict::Edge => {}
        }
        verdict
    }

    fn judge(&mut self, at: Duration, cost: Cost, burst: usize, is_spent: bool) -> Verdict {
        if self.blocked_until.is_some_and(|until| at < until) {
            return Verdict::Edge;
        }
        let is_burst = self.passed.len() >= burst || (cost.is_search && self.searches.len() >= SEARCHES);
        if !is_burst && !is_spent {
            return Verdict::Pass;
        }
        if self.refused.len() >= PATIENCE {
            self.blocked_until = Some(at + BLOCK);
            self.refused.clear();
            return Verdict::Edge;
        }
        if is_burst { Verdict::Burst } else { Verdict::Daily }
    }

    /// Requests in a window, those that are left, and the whole seconds until there is one more.
    fn standing(&self, at: Duration, cost: Cost, burst: usize) -> (usize, usize, u64) {
        let (window, limit) = if cost.is_search && self.searches.len() >= SEARCHES {
            (&self.searches, SEARCHES)
        } else {
            (&self.passed, burst)
        };
        let left = window.front().map_or(WINDOW, |first| (*first + WINDOW).saturating_sub(at));
        (limit, limit.saturating_sub(window.len()), left.as_secs() + u64::from(left.subsec_nanos() > 0))
    }
}

/// Forgets what is a whole window old.
fn forget(times: &mut VecDeque<Duration>, at: Duration, window: Duration) {
    while times.front().is_some_and(|first| *first + window <= at) {
        times.pop_front();
    }
}

/// What a request costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Tokens of the day.
    pub tokens: u64,
    /// Whether it counts as a search.
    pub is_search: bool,
}

/// What the method on a route costs, by the `x-token-cost` of the API's published files: API v2 goes by the kind of
/// operation, API v1 costs twice that, and a few have a price of their own.
pub fn cost(method: &Method, route: &str) -> Cost {
    let (is_v1, path) = match (route.strip_prefix("/api/v2"), route.strip_prefix("/api/v1")) {
        (Some(path), _) => (false, path),
        (None, Some(path)) => (true, path),
        (None, None) => (true, route.strip_prefix("/v1").unwrap_or(route)),
    };
    let is_search = path.ends_with("/search") || path == "/itemSearch";
    let is_get = method == Method::GET || method == Method::HEAD;
    let tokens = match path {
        "/deals/summary" => 40,
        "/leadSources" | "/users/me" => 2,
        "/leadLabels" | "/webhooks" => 10,
        "/pipelines" | "/stages" if is_get && !is_v1 => 5,
        _ if path.ends_with("/flow") => 40,
        _ if path.ends_with("/convert/deal") || path.ends_with("/convert/lead") => 40,
        _ => {
            let v2 = if is_search || path.ends_with("/archived") {
                20
            } else if !is_get {
                if method == Method::DELETE { 3 } else { 5 }
            } else if path.ends_with('}') {
                1
            } else {
                10
            };
            if is_v1 { 2 * v2 } else { v2 }
        }
    };
    Cost { tokens, is_search }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ONE: Cost = Cost { tokens: 1, is_search: false };
    const ME: u64 = 1;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, day).unwrap_or_default()
    }

    fn verdicts(limits: &mut Limits, at: Duration, count: usize, cost: Cost) -> Vec<Verdict> {
        (0..count).map(|_| limits.ask(ME, at, day(1), cost).verdict).collect()
    }

    #[test]
    fn a_slot_is_free_again_after_exactly_two_seconds() {
        let mut limits = Limits::new(Plan::Essential);
        let start = Duration::from_secs(100);
        assert!(verdicts(&mut limits, start, 20, ONE).iter().all(|verdict| *verdict == Verdict::Pass));
        let standing = limits.ask(ME, start + WINDOW.saturating_sub(Duration::from_nanos(1)), day(1), ONE);
        assert_eq!((standing.verdict, standing.remaining, standing.reset), (Verdict::Burst, 0, 1));
        assert_eq!(limits.ask(ME, start + WINDOW, day(1), ONE).verdict, Verdict::Pass);
    }

    #[test]
    fn searches_are_counted_apart() {
        let mut limits = Limits::new(Plan::Enterprise);
        let search = Cost { tokens: 20, is_search: true };
        let seen = verdicts(&mut limits, Duration::ZERO, 11, search);
        assert_eq!((seen[9], seen[10]), (Verdict::Pass, Verdict::Burst));
        assert_eq!(limits.ask(ME, Duration::ZERO, day(1), ONE).verdict, Verdict::Pass);
    }

    #[test]
    fn the_tokens_of_a_day_are_used_up_and_come_back_the_next_day() {
        let mut limits = Limits::new(Plan::Essential);
        let dear = Cost { tokens: 10_000, is_search: false };
        let seen = verdicts(&mut limits, Duration::ZERO, 4, dear);
        assert_eq!((seen[2], seen[3]), (Verdict::Pass, Verdict::Daily));
        let standing = limits.ask(ME, Duration::ZERO, day(2), dear);
        assert_eq!((standing.verdict, standing.daily_remaining), (Verdict::Pass, 20_000));
    }

    #[test]
    fn who_goes_on_through_refusals_meets_the_edge_for_a_while() {
        let mut limits = Limits::new(Plan::Essential);
        let seen = verdicts(&mut limits, Duration::ZERO, 20 + PATIENCE + 1, ONE);
        assert_eq!((seen[20 + PATIENCE - 1], seen[20 + PATIENCE]), (Verdict::Burst, Verdict::Edge));
        assert_eq!(limits.ask(ME, BLOCK.saturating_sub(Duration::from_millis(1)), day(1), ONE).verdict, Verdict::Edge);
        assert_eq!(limits.ask(ME, BLOCK, day(1), ONE).verdict, Verdict::Pass);
    }

    #[test]
    fn users_share_the_tokens_of_the_day_but_not_the_window() {
        let mut limits = Limits::new(Plan::Essential);
        assert!(verdicts(&mut limits, Duration::ZERO, 20, ONE).iter().all(|verdict| *verdict == Verdict::Pass));
        assert_eq!(limits.ask(ME, Duration::ZERO, day(1), ONE).verdict, Verdict::Burst);
        let standing = limits.ask(2, Duration::ZERO, day(1), ONE);
        assert_eq!((standing.verdict, standing.remaining), (Verdict::Pass, 19));
        assert_eq!((standing.daily_remaining, limits.used()), (29_979, 21));
        assert_eq!(limits.ask(2, Duration::ZERO, day(1), Cost { tokens: 29_980, ..ONE }).verdict, Verdict::Daily);
    }

    #[test]
    fn costs_are_those_of_the_published_files() {
        for (method, route, tokens) in [
            (Method::GET, "/api/v2/deals", 10),
            (Method::GET, "/api/v2/deals/{id}", 1),
            (Method::POST, "/api/v2/deals", 5),
            (Method::PATCH, "/api/v2/deals/{id}", 5),
            (Method::DELETE, "/api/v2/deals/{id}", 3),
            (Method::GET, "/api/v2/deals/archived", 20),
            (Method::GET, "/api/v2/pipelines", 5),
            (Method::POST, "/api/v2/stages", 5),
            (Method::GET, "/api/v2/stages/{id}", 1),
            (Method::GET, "/api/v2/itemSearch", 20),
            (Method::POST, "/api/v2/leads/{id}/convert/deal", 40),
            (Method::GET, "/api/v2/leads/{id}/convert/status/{conversion}", 1),
            (Method::GET, "/v1/leads", 20),
            (Method::GET, "/api/v1/leads/archived", 40),
            (Method::PATCH, "/api/v1/leads/{id}", 10),
            (Method::GET, "/api/v1/leadLabels", 10),
            (Method::DELETE, "/api/v1/leadLabels/{id}", 6),
            (Method::GET, "/api/v1/leadSources", 2),
            (Method::GET, "/api/v1/users", 20),
            (Method::GET, "/api/v1/users/me", 2),
            (Method::PUT, "/api/v1/notes/{id}", 10),
            (Method::GET, "/api/v1/webhooks", 10),
            (Method::DELETE, "/api/v1/webhooks/{id}", 6),
            (Method::GET, "/api/v1/deals/summary", 40),
        ] {
            assert_eq!(cost(&method, route).tokens, tokens, "{method} {route}");
        }
    }

    proptest! {
        #[test]
        fn no_two_seconds_ever_see_more_than_the_limit(gaps in prop::collection::vec(0_u64..400, 1..300)) {
            let mut limits = Limits::new(Plan::Essential);
            let mut at = Duration::ZERO;
            let mut passed: Vec<Duration> = Vec::new();
            for gap in gaps {
                at += Duration::from_millis(gap);
                let recent = passed.iter().filter(|time| **time + WINDOW > at).count();
                let standing = limits.ask(ME, at, day(1), ONE);
                match standing.verdict {
                    Verdict::Pass => {
                        prop_assert!(recent < 20);
                        passed.push(at);
                        prop_assert_eq!(standing.remaining, 20 - recent - 1);
                    }
                    Verdict::Burst => prop_assert!(recent == 20),
                    Verdict::Edge => prop_assert!(limits.windows[&ME].blocked_until.is_some()),
                    Verdict::Daily => prop_assert!(false, "the budget is far away"),
                }
            }
        }
    }
}
