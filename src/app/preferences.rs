//! What a person wants of the dashboard, as the configuration says.

use crate::domain::Rates;

/// The wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preferences {
    /// Whether addresses on the screen are links that a terminal opens.
    pub links: bool,
    /// Whether it is asked what is next once nothing more is planned.
    pub ask_next: bool,
    /// What currencies are worth, for totals in one.
    pub rates: Option<Rates>,
}

impl Default for Preferences {
    fn default() -> Self {
        Self { links: true, ask_next: true, rates: None }
    }
}
