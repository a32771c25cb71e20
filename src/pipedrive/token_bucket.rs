//! A token bucket: limits actions that cost API tokens and that others cause, such as to read what webhooks may have left
//! out. On a bad day that goes on from morning to evening, and must not spend the budget. Pure.

use std::time::Duration;

use tokio::time::Instant;

/// So many times at once, and after that once in a while.
#[derive(Debug)]
pub struct TokenBucket {
    times: u32,
    every: Duration,
    /// When all of it is there again.
    whole: Instant,
}

impl TokenBucket {
    /// So many times at once, and one of them comes back in such a time.
    pub fn new(times: u32, every: Duration, now: Instant) -> Self {
        Self { times: times.max(1), every, whole: now }
    }

    /// When it may be done at the earliest.
    pub fn next(&self, now: Instant) -> Instant {
        let missing = self.whole.saturating_duration_since(now);
        now + missing.saturating_sub(self.every * (self.times - 1))
    }

    /// It was done, or something that counts as much as so many times.
    pub fn take(&mut self, times: u32, now: Instant) {
        self.whole = self.whole.max(now) + self.every * times;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_up_comes_back_one_by_one() {
        let (now, minute) = (Instant::now(), Duration::from_secs(60));
        let mut allowance = TokenBucket::new(3, minute, now);
        for _ in 0..3 {
            assert_eq!(allowance.next(now), now);
            allowance.take(1, now);
        }
        assert_eq!(allowance.next(now), now + minute);
        allowance.take(1, now + minute);
        assert_eq!(allowance.next(now + minute), now + 2 * minute);
        let later = now + 60 * minute;
        allowance.take(2, later);
        assert_eq!(allowance.next(later), later, "no more than all of it has come back");
        allowance.take(1, later);
        assert_eq!(allowance.next(later), later + minute);
    }
}
