//! The views between which the tabs switch.

use serde::{Deserialize, Serialize};

/// The views.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum View {
    /// The pipeline as columns of cards.
    #[default]
    Board,
    /// What is to be done, by day.
    Activities,
    /// The lead inbox.
    Leads,
    /// All deals of a status as a list, whatever their pipeline.
    Deals,
    /// People.
    People,
    /// Organizations.
    Orgs,
    /// The company's users.
    Users,
}

impl View {
    /// All views in the order of their tabs.
    pub const ALL: [Self; 7] =
        [Self::Board, Self::Activities, Self::Leads, Self::Deals, Self::People, Self::Orgs, Self::Users];

    /// Its name on its tab.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Board => "Board",
            Self::Activities => "Activities",
            Self::Leads => "Leads",
            Self::Deals => "Deals",
            Self::People => "People",
            Self::Orgs => "Organizations",
            Self::Users => "Users",
        }
    }

    /// Its name where there is little room.
    pub const fn short_name(self) -> &'static str {
        match self {
            Self::Orgs => "Orgs",
            other => other.name(),
        }
    }

    /// The view after this one, the first after the last.
    #[must_use]
    pub fn next(self) -> Self {
        let mut after = Self::ALL.into_iter().skip_while(|view| *view != self).skip(1);
        after.next().unwrap_or_default()
    }
}
