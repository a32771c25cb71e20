//! The sides of an item: what a table has columns for, and what a list can be sorted by.

use serde::{Deserialize, Serialize};

/// A side of a deal, lead, person, organization or user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Facet {
    /// The title of a deal or lead, or the name of anything else.
    Title,
    /// What it is worth.
    Value,
    /// What it is worth times its probability.
    Weighted,
    /// The stage.
    Stage,
    /// The pipeline.
    Pipeline,
    /// Open, won or lost; of a user, whether they can sign in.
    Status,
    /// The probability that counts, where the pipeline has any.
    Probability,
    /// The person's name.
    Person,
    /// The organization's name.
    Org,
    /// The owner's name.
    Owner,
    /// When it is expected to close.
    ExpectedClose,
    /// When something is to be done next.
    NextActivity,
    /// Labels by name.
    Labels,
    /// Since when it is in its stage.
    StageAge,
    /// When it was added.
    Added,
    /// When it last changed.
    Updated,
    /// Why it was lost.
    LostReason,
    /// The first phone number.
    Phone,
    /// The first e-mail address.
    Email,
    /// The address in one line.
    Address,
    /// How many open deals there are.
    OpenDeals,
    /// How many people an organization has.
    People,
    /// Where a lead came from.
    Source,
    /// Whether somebody has looked at a lead.
    Seen,
}

impl Facet {
    /// Its name at the head of a column, where there is little room.
    pub const fn head(self) -> &'static str {
        match self {
            Self::ExpectedClose => "Expected",
            Self::NextActivity => "Next",
            Self::Probability => "Prob.",
            Self::OpenDeals => "Deals",
            other => other.name(),
        }
    }

    /// Whether people want to see the largest or latest first.
    pub const fn is_largest_first(self) -> bool {
        matches!(
            self,
            Self::Value
                | Self::Weighted
                | Self::Probability
                | Self::StageAge
                | Self::Added
                | Self::Updated
                | Self::OpenDeals
                | Self::People
        )
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Title => "Title",
            Self::Value => "Value",
            Self::Weighted => "Weighted",
            Self::Stage => "Stage",
            Self::Pipeline => "Pipeline",
            Self::Status => "Status",
            Self::Probability => "Probability",
            Self::Person => "Person",
            Self::Org => "Organization",
            Self::Owner => "Owner",
            Self::ExpectedClose => "Expected close",
            Self::NextActivity => "Next activity",
            Self::Labels => "Labels",
            Self::StageAge => "In stage",
            Self::Added => "Added",
            Self::Updated => "Updated",
            Self::LostReason => "Lost because",
            Self::Phone => "Phone",
            Self::Email => "E-mail",
            Self::Address => "Address",
            Self::OpenDeals => "Open deals",
            Self::People => "People",
            Self::Source => "Source",
            Self::Seen => "Seen",
        }
    }
}
