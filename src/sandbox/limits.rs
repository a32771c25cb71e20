//! The limits, <https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting>: requests and searches of a user in any
//! two seconds, daily tokens of the company, and the block of a client that ignores refusals. Time is passed in.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use axum::http::Method;
use chrono::NaiveDate;

use crate::sandbox::plan::Plan;

/// The window in which requests count.
const WINDOW: Duration = Duration::from_secs(2);
/// The most searches in a window, on all plans.
const MAX_SEARCHES: usize = 10;
/// The refusals within [`REFUSAL_WINDOW`] after which the next one blocks the client.
const MAX_REFUSALS: usize = 40;
/// The window in which refusals count.
const REFUSAL_WINDOW: Duration = Duration::from_secs(10);
/// The length of a block. It is undocumented; this one is short enough to see it end.
const BLOCK_DURATION: Duration = Duration::from_secs(5);

/// The decision on a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is carried out.
    Allowed,
    /// The user made too many requests in two seconds.
    BurstExceeded,
    /// The daily tokens are used up.
    BudgetExhausted,
    /// The network edge blocks this client.
    Blocked,
}

/// The limits after a request, for its headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitStatus {
    /// The decision on the request.
    pub verdict: Verdict,
    /// Requests allowed in a window.
    pub limit: usize,
    /// Requests left in this window.
    pub remaining: usize,
    /// Whole seconds until a request leaves the window.
    pub reset: u64,
    /// Tokens per day.
    pub daily_limit: u64,
    /// Tokens left today.
    pub daily_remaining: u64,
}

/// The counters of a company.
#[derive(Debug)]
pub struct Limits {
    burst: usize,
    daily: u64,
    /// The window of each user.
    windows: BTreeMap<u64, Window>,
    day: Option<NaiveDate>,
    used: u64,
}

/// The recent requests of a user.
#[derive(Debug, Default)]
struct Window {
    allowed: VecDeque<Duration>,
    searches: VecDeque<Duration>,
    refused: VecDeque<Duration>,
    blocked_until: Option<Duration>,
}

impl Limits {
    /// Creates counters at zero.
    pub fn new(plan: Plan) -> Self {
        Self {
            burst: plan.burst_limit() as usize,
            daily: plan.daily_budget(),
            windows: BTreeMap::new(),
            day: None,
            used: 0,
        }
    }

    /// Returns the tokens used today.
    pub fn used(&self) -> u64 {
        self.used
    }

    /// Counts a request of a user `at` after the start, on a day in UTC.
    pub fn count(&mut self, user: u64, at: Duration, day: NaiveDate, cost: Cost) -> LimitStatus {
        if self.day != Some(day) {
            (self.day, self.used) = (Some(day), 0);
        }
        let budget = self.daily.saturating_sub(self.used);
        let window = self.windows.entry(user).or_default();
        let verdict = window.count(at, cost, self.burst, budget);
        if verdict == Verdict::Allowed {
            self.used += cost.tokens;
        }
        let (limit, remaining, reset) = window.status(at, cost, self.burst);
        let daily_remaining = self.daily.saturating_sub(self.used);
        LimitStatus { verdict, limit, remaining, reset, daily_limit: self.daily, daily_remaining }
    }
}

impl Window {
    fn count(&mut self, at: Duration, cost: Cost, burst: usize, budget: u64) -> Verdict {
        expire(&mut self.allowed, at, WINDOW);
        expire(&mut self.searches, at, WINDOW);
        expire(&mut self.refused, at, REFUSAL_WINDOW);
        let verdict = self.decide(at, cost, burst, budget);
        match verdict {
            Verdict::Allowed => {
                self.allowed.push_back(at);
                if cost.is_search {
                    self.searches.push_back(at);
                }
            }
            Verdict::BurstExceeded | Verdict::BudgetExhausted => self.refused.push_back(at),
            Verdict::Blocked => {}
        }
        verdict
    }

    fn decide(&mut self, at: Duration, cost: Cost, burst: usize, budget: u64) -> Verdict {
        if self.blocked_until.is_some_and(|until| at < until) {
            return Verdict::Blocked;
        }
        let is_burst = self.allowed.len() >= burst || (cost.is_search && self.searches.len() >= MAX_SEARCHES);
        if !is_burst && cost.tokens <= budget {
            return Verdict::Allowed;
        }
        if self.refused.len() >= MAX_REFUSALS {
            self.blocked_until = Some(at + BLOCK_DURATION);
            self.refused.clear();
            return Verdict::Blocked;
        }
        if is_burst { Verdict::BurstExceeded } else { Verdict::BudgetExhausted }
    }

    /// Returns the requests allowed in a window, those left, and the whole seconds until there is one more.
    fn status(&self, at: Duration, cost: Cost, burst: usize) -> (usize, usize, u64) {
        let (window, limit) = if cost.is_search && self.searches.len() >= MAX_SEARCHES {
            (&self.searches, MAX_SEARCHES)
        } else {
            (&self.allowed, burst)
        };
        let left = window.front().map_or(WINDOW, |first| (*first + WINDOW).saturating_sub(at));
        (limit, limit.saturating_sub(window.len()), left.as_secs() + u64::from(left.subsec_nanos() > 0))
    }
}

/// Removes the times that are a whole window old.
fn expire(times: &mut VecDeque<Duration>, at: Duration, window: Duration) {
    while times.front().is_some_and(|first| *first + window <= at) {
        times.pop_front();
    }
}

/// The cost of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Daily tokens.
    pub tokens: u64,
    /// `true` if it counts as a search.
    pub is_search: bool,
}

/// Returns the cost of a method on a route, after `x-token-cost` in the API's published files: API v2 charges by the
/// kind of operation, API v1 twice that, and a few endpoints have a price of their own.
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
        (0..count).map(|_| limits.count(ME, at, day(1), cost).verdict).collect()
    }

    #[test]
    fn a_slot_is_free_again_after_exactly_two_seconds() {
        let mut limits = Limits::new(Plan::Essential);
        let start = Duration::from_secs(100);
        assert!(verdicts(&mut limits, start, 20, ONE).iter().all(|verdict| *verdict == Verdict::Allowed));
        let status = limits.count(ME, start + WINDOW.saturating_sub(Duration::from_nanos(1)), day(1), ONE);
        assert_eq!((status.verdict, status.remaining, status.reset), (Verdict::BurstExceeded, 0, 1));
        assert_eq!(limits.count(ME, start + WINDOW, day(1), ONE).verdict, Verdict::Allowed);
    }

    #[test]
    fn searches_have_a_limit_of_their_own() {
        let mut limits = Limits::new(Plan::Enterprise);
        let search = Cost { tokens: 20, is_search: true };
        let seen = verdicts(&mut limits, Duration::ZERO, 11, search);
        assert_eq!((seen[9], seen[10]), (Verdict::Allowed, Verdict::BurstExceeded));
        assert_eq!(limits.count(ME, Duration::ZERO, day(1), ONE).verdict, Verdict::Allowed);
    }

    #[test]
    fn the_daily_budget_is_restored_the_next_day() {
        let mut limits = Limits::new(Plan::Essential);
        let expensive = Cost { tokens: 10_000, is_search: false };
        let seen = verdicts(&mut limits, Duration::ZERO, 4, expensive);
        assert_eq!((seen[2], seen[3]), (Verdict::Allowed, Verdict::BudgetExhausted));
        let status = limits.count(ME, Duration::ZERO, day(2), expensive);
        assert_eq!((status.verdict, status.daily_remaining), (Verdict::Allowed, 20_000));
    }

    #[test]
    fn a_client_that_ignores_refusals_is_blocked_for_a_while() {
        let mut limits = Limits::new(Plan::Essential);
        let seen = verdicts(&mut limits, Duration::ZERO, 20 + MAX_REFUSALS + 1, ONE);
        assert_eq!((seen[20 + MAX_REFUSALS - 1], seen[20 + MAX_REFUSALS]), (Verdict::BurstExceeded, Verdict::Blocked));
        assert_eq!(
            limits.count(ME, BLOCK_DURATION.saturating_sub(Duration::from_millis(1)), day(1), ONE).verdict,
            Verdict::Blocked
        );
        assert_eq!(limits.count(ME, BLOCK_DURATION, day(1), ONE).verdict, Verdict::Allowed);
    }

    #[test]
    fn users_share_the_daily_budget_but_not_the_window() {
        let mut limits = Limits::new(Plan::Essential);
        assert!(verdicts(&mut limits, Duration::ZERO, 20, ONE).iter().all(|verdict| *verdict == Verdict::Allowed));
        assert_eq!(limits.count(ME, Duration::ZERO, day(1), ONE).verdict, Verdict::BurstExceeded);
        let status = limits.count(2, Duration::ZERO, day(1), ONE);
        assert_eq!((status.verdict, status.remaining), (Verdict::Allowed, 19));
        assert_eq!((status.daily_remaining, limits.used()), (29_979, 21));
        assert_eq!(
            limits.count(2, Duration::ZERO, day(1), Cost { tokens: 29_980, ..ONE }).verdict,
            Verdict::BudgetExhausted
        );
    }

    #[test]
    fn costs_match_the_published_files() {
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
        fn no_two_seconds_exceed_the_limit(gaps in prop::collection::vec(0_u64..400, 1..300)) {
            let mut limits = Limits::new(Plan::Essential);
            let mut at = Duration::ZERO;
            let mut allowed: Vec<Duration> = Vec::new();
            for gap in gaps {
                at += Duration::from_millis(gap);
                let recent = allowed.iter().filter(|time| **time + WINDOW > at).count();
                let status = limits.count(ME, at, day(1), ONE);
                match status.verdict {
                    Verdict::Allowed => {
                        prop_assert!(recent < 20);
                        allowed.push(at);
                        prop_assert_eq!(status.remaining, 20 - recent - 1);
                    }
                    Verdict::BurstExceeded => prop_assert!(recent == 20),
                    Verdict::Blocked => prop_assert!(limits.windows[&ME].blocked_until.is_some()),
                    Verdict::BudgetExhausted => prop_assert!(false, "the budget is far away"),
                }
            }
        }
    }
}
