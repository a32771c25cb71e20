//! How often the account is looked at: as fresh as the person needs it, and within the company's daily budget. Pure.
//!
//! While somebody is at the keys the board is never older than a minute, and the leads are polled at their interval.
//! While nobody is, both wait. Where the rest of the day's budget would not last, all of it goes slower: half of what
//! is left is for edits, colleagues and other programs.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::pipedrive::cost;

/// How old the board may become while somebody is at the keys, less the time that reading takes: on the smallest plan.
/// On others it is as much less as they have more budget for each seat.
const BOARD: Duration = Duration::from_secs(58);
/// How often activities are looked at while somebody is at the keys, likewise.
const ACTIVITIES: Duration = Duration::from_secs(5 * 60);
/// How often deals are looked at while webhooks tell what changes in them and somebody is at the keys: nothing is
/// delivered while the line is down, which only asking shows.
const LIVE_BOARD: Duration = Duration::from_secs(2 * 60);
/// How often activities are, in case a delivery was lost.
const LIVE_ACTIVITIES: Duration = Duration::from_secs(15 * 60);
/// How often people and organizations are.
const CONTACTS: Duration = Duration::from_secs(4 * 60 * 60);
/// How often pipelines, stages, fields, labels and users are, which hardly ever change.
const BASICS: Duration = Duration::from_secs(6 * 60 * 60);
/// For how long after the last key somebody is taken to be there.
pub const PRESENT_FOR: Duration = Duration::from_secs(10 * 60);
/// How often anything is looked at while nobody is there, on the smallest budget; more often on larger ones.
const ABSENT: Duration = Duration::from_secs(45 * 60);
/// The longest wait, however little budget is left.
const LONGEST: Duration = Duration::from_secs(2 * 60 * 60);
/// A day, in which the budget is spent.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The budget of the smallest plan with one seat, in tokens (Pipedrive's rate limiting page): what is kept to where
/// the server does not say what is left.
const SMALLEST_BUDGET: u64 = 30_000;
/// The part of what is left that looking may take, once the reserve is taken off.
const SHARE: u64 = 2;
/// The part of the whole budget that is left to edits in any case.
const RESERVE: u64 = 20;
/// For how much of the rest of the day somebody is taken to be at the keys: people do not work around the clock.
const WORKING_DAY: Duration = Duration::from_secs(10 * 60 * 60);

/// A part of the account that is looked at by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum AccountPart {
    /// Deals that have changed.
    Deals,
    /// Activities that have changed.
    Activities,
    /// The whole lead inbox.
    Leads,
    /// People and organizations that have changed.
    Contacts,
    /// Pipelines and stages.
    Boards,
    /// Fields, labels, types of activities and users.
    Basics,
}

impl AccountPart {
    /// All parts.
    pub const ALL: [Self; 6] = [Self::Deals, Self::Activities, Self::Leads, Self::Contacts, Self::Boards, Self::Basics];
}

/// What decides how often to look.
#[derive(Debug, Clone, Copy)]
pub struct PollConditions {
    /// How often the person wants the leads polled.
    pub lead_interval: Duration,
    /// How many pages the inbox has.
    pub lead_pages: u32,
    /// Whether somebody is at the keys.
    pub present: bool,
    /// What is left of the daily budget, in tokens, with the whole, where the server says.
    pub budget: Option<(u64, u64)>,
    /// How long the day of the budget lasts yet.
    pub rest: Duration,
    /// How many requests the plan allows in two seconds; 0 where that is not known.
    pub burst: u32,
    /// Whether webhooks tell what changes in deals and activities.
    pub live: bool,
}

impl PollConditions {
    /// How long after one look at a part the next one is due.
    pub fn interval(&self, part: AccountPart) -> Duration {
        let wished = self.wished(part);
        wished.mul_f64(self.stretch()).min(LONGEST.max(wished))
    }

    /// The same if the budget were no matter.
    fn wished(&self, part: AccountPart) -> Duration {
        match (part, self.present) {
            (AccountPart::Contacts, _) => CONTACTS,
            (AccountPart::Boards | AccountPart::Basics, _) => BASICS,
            // The smallest plan has no budget for it around the clock, but for what webhooks save.
            (AccountPart::Leads, present) if present || self.live || self.seat() > 1 => self.lead_interval,
            (AccountPart::Leads, _) => self.lead_interval.max(self.absent()),
            (AccountPart::Deals, true) if self.live => LIVE_BOARD,
            (AccountPart::Activities, true) if self.live => LIVE_ACTIVITIES,
            (AccountPart::Deals, true) => BOARD / self.seat(),
            (AccountPart::Activities, true) => ACTIVITIES / self.seat(),
            (AccountPart::Deals | AccountPart::Activities, false) => self.absent().max(ACTIVITIES),
        }
    }

    /// How many times the budget of the smallest plan there is for each seat. Nobody says; but it is in step with the
    /// limit of requests, in the order of the plans (rate limiting page).
    fn seat(&self) -> u32 {
        match self.burst {
            0..40 => 1,
            40..80 => 2,
            80..120 => 5,
            120.. => 7,
        }
    }

    fn absent(&self) -> Duration {
        let whole = self.budget.map_or(SMALLEST_BUDGET, |(_, whole)| whole);
        ABSENT / u32::try_from(whole / SMALLEST_BUDGET).unwrap_or(u32::MAX).max(1)
    }

    /// What a look at a part costs, in tokens.
    fn cost(&self, part: AccountPart) -> u32 {
        match part {
            AccountPart::Deals | AccountPart::Activities => cost::LIST,
            AccountPart::Contacts => 2 * cost::LIST,
            AccountPart::Leads => self.lead_pages.max(1).saturating_mul(cost::LIST_V1),
            AccountPart::Boards => 2 * cost::LIST_PIPELINES,
            AccountPart::Basics => 3 * cost::LIST + cost::LIST_LEAD_LABELS + 2 * cost::LIST_V1,
        }
    }

    /// How many times slower than wished it must go.
    fn stretch(&self) -> f64 {
        let rest = if self.budget.is_some() { self.rest.min(DAY) } else { DAY };
        let (left, whole) = self.budget.unwrap_or((SMALLEST_BUDGET, SMALLEST_BUDGET));
        let allowed = left.saturating_sub(whole / RESERVE) / SHARE;
        let time = if self.present { rest.min(WORKING_DAY) } else { rest };
        let wanted = self.per_second() * time.as_secs_f64();
        (wanted / f64::from(u32::try_from(allowed).unwrap_or(u32::MAX)).max(1.0)).clamp(1.0, 1e6)
    }

    /// How many tokens looking as wished takes in a second.
    fn per_second(&self) -> f64 {
        AccountPart::ALL.iter().map(|part| f64::from(self.cost(*part)) / self.wished(*part).as_secs_f64()).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn minutes(n: u64) -> Duration {
        Duration::from_secs(n * 60)
    }

    fn usual() -> PollConditions {
        PollConditions {
            lead_interval: minutes(5),
            lead_pages: 1,
            present: true,
            budget: None,
            rest: DAY,
            burst: 20,
            live: false,
        }
    }

    #[test]
    fn a_person_at_the_keys_sees_a_board_of_the_last_minute_for_a_working_day() {
        let morning = PollConditions { budget: Some((29_000, 30_000)), rest: minutes(15 * 60), ..usual() };
        assert_eq!(morning.interval(AccountPart::Deals), BOARD);
        assert_eq!(morning.interval(AccountPart::Leads), minutes(5));
        assert_eq!(PollConditions { present: false, ..morning }.interval(AccountPart::Leads), ABSENT);
    }

    #[test]
    fn another_lead_interval_is_kept_to_where_the_budget_allows() {
        let rich = PollConditions { lead_interval: minutes(1), budget: Some((200_000, 210_000)), ..usual() };
        assert_eq!(rich.interval(AccountPart::Leads), minutes(1));
        let poor = PollConditions { budget: Some((3_000, 30_000)), ..rich };
        assert!(poor.interval(AccountPart::Leads) > minutes(5));
    }

    #[test]
    fn a_larger_plan_has_a_fresher_board_for_each_seat() {
        let of = |burst, whole| {
            PollConditions { burst, budget: Some((whole, whole)), ..usual() }.interval(AccountPart::Deals)
        };
        assert_eq!([of(40, 60_000), of(100, 150_000), of(120, 210_000)], [BOARD / 2, BOARD / 5, BOARD / 7]);
        let absent = PollConditions { present: false, burst: 40, budget: Some((60_000, 60_000)), ..usual() };
        assert_eq!(absent.interval(AccountPart::Leads), minutes(5), "and its leads are polled around the clock");
    }

    #[test]
    fn with_webhooks_the_board_is_looked_at_now_and_then_and_the_leads_around_the_clock() {
        let live = PollConditions { live: true, budget: Some((29_000, 30_000)), rest: minutes(15 * 60), ..usual() };
        assert_eq!(
            (live.interval(AccountPart::Deals), live.interval(AccountPart::Activities)),
            (LIVE_BOARD, LIVE_ACTIVITIES)
        );
        assert_eq!(PollConditions { present: false, ..live }.interval(AccountPart::Leads), minutes(5));
    }

    proptest! {
        #[test]
        fn looking_never_takes_more_than_its_share_of_what_is_left(
            left in 0_u64..400_000,
            rest in 1_u64..=24 * 60,
            lead_minutes in 1_u64..600,
            lead_pages in 0_u32..50,
            present in any::<bool>(),
            burst in 0_u32..200,
            live in any::<bool>(),
        ) {
            let now = PollConditions {
                lead_interval: minutes(lead_minutes),
                lead_pages,
                present,
                budget: Some((left, 400_000)),
                rest: minutes(rest),
                burst,
                live,
            };
            let time = if present { minutes(rest).min(WORKING_DAY) } else { minutes(rest) };
            let mut tokens = 0.0;
            for part in AccountPart::ALL {
                let interval = now.interval(part);
                prop_assert!(interval >= now.wished(part));
                if interval < LONGEST {
                    tokens += time.as_secs_f64() / interval.as_secs_f64() * f64::from(now.cost(part));
                }
            }
            let allowed = u32::try_from(left.saturating_sub(20_000) / 2).unwrap();
            prop_assert!(tokens <= f64::from(allowed) + 1.0, "{tokens} of {allowed}");
        }
    }
}
