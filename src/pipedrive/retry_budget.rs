//! The budget of retries: a server that fails is not asked many times as much as one that does not. Pure.

/// The number of requests that earn one retry.
const PER_RETRY: u32 = 5;
/// The most retries that may be saved up.
const MOST: u32 = 20;

/// The retry budget. Each first sending deposits a part of a retry.
#[derive(Debug)]
pub(super) struct RetryBudget {
    /// In parts of a retry.
    saved: u32,
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self { saved: MOST * PER_RETRY }
    }
}

impl RetryBudget {
    /// A request is sent for the first time.
    pub(super) fn deposit(&mut self) {
        self.saved = (self.saved + 1).min(MOST * PER_RETRY);
    }

    /// Takes a retry; `false` if there is none.
    pub(super) fn withdraw(&mut self) -> bool {
        let is_there = self.saved >= PER_RETRY;
        if is_there {
            self.saved -= PER_RETRY;
        }
        is_there
    }
}
