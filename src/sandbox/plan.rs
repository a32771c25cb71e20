//! Pipedrive's plans and their limits.

use clap::ValueEnum;

/// A plan with its limits for an API token, <https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Plan {
    Essential,
    Advanced,
    Professional,
    Enterprise,
}

impl Plan {
    /// Returns the number of requests that a token may make in any two seconds.
    pub fn burst_limit(self) -> u32 {
        match self {
            Self::Essential => 20,
            Self::Advanced => 40,
            Self::Professional => 80,
            Self::Enterprise => 120,
        }
    }

    /// Returns the daily API tokens of a company with one seat.
    pub fn daily_budget(self) -> u64 {
        let multiplier = match self {
            Self::Essential => 1,
            Self::Advanced => 2,
            Self::Professional => 5,
            Self::Enterprise => 7,
        };
        30_000 * multiplier
    }
}
