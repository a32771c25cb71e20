//! How often the account may be looked at within the company's daily budget. Pure.

use std::time::Duration;

/// A day, in which the budget is spent.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The budget of the smallest plan with one seat, in tokens (Pipedrive's rate limiting page): what is kept to where
/// the server does not say what is left.
const SMALLEST_BUDGET: u64 = 30_000;
/// The part of what is left that looking may take: the rest is for edits, colleagues and other programs.
const SHARE: u64 = 2;

/// The interval between looks that each cost `cost` tokens: the wished one, or as much longer as the budget demands.
/// `left` is what the server says is left of it, for the `rest` of the day.
pub fn interval_within_budget(wished: Duration, cost: u64, left: Option<u64>, rest: Duration) -> Duration {
    let (budget, time) = left.map_or((SMALLEST_BUDGET, DAY), |left| (left, rest.min(DAY)));
    let looks = budget / SHARE / cost.max(1);
    let affordable = u32::try_from(looks).ok().and_then(|looks| time.checked_div(looks)).unwrap_or(time);
    wished.max(affordable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(n: u64) -> Duration {
        Duration::from_secs(n * 60)
    }

    #[test]
    fn five_minutes_are_affordable_on_the_smallest_plan() {
        assert_eq!(interval_within_budget(minutes(5), 40, None, minutes(60)), minutes(5));
        assert_eq!(interval_within_budget(minutes(5), 40, Some(30_000), DAY), minutes(5));
    }

    #[test]
    fn looks_never_take_more_than_their_share_of_what_is_left() {
        for left in [0, 1, 39, 80, 1_000, 20_000, 1_000_000, u64::MAX] {
            for cost in [0, 20, 40, 500] {
                let interval = interval_within_budget(minutes(1), cost, Some(left), minutes(600));
                let looks = minutes(600).as_secs() / interval.as_secs();
                assert!(interval >= minutes(1));
                assert!(looks <= 1 || looks * cost <= left / SHARE, "{left} {cost}: {looks}");
            }
        }
    }
}
