//! Pipelines and their stages.

use serde::{Deserialize, Serialize};

use super::{PipelineId, Probability, StageId};

/// A pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pipeline {
    /// Its id.
    pub id: PipelineId,
    /// Its name.
    pub name: String,
    /// Its position among the pipelines; the lowest is the default.
    pub order: i64,
    /// `true` if deal probability is on. If it is off, no probability and no weighted value is shown or edited.
    pub has_probability: bool,
}

/// A stage: a column of the board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Its id.
    pub id: StageId,
    /// Its name.
    pub name: String,
    /// The pipeline it belongs to.
    pub pipeline: PipelineId,
    /// Its position in the pipeline.
    pub order: i64,
    /// The probability of deals that have none of their own. Zero is a value like any other.
    pub probability: Probability,
    /// After how many days without an update a deal here rots; `None` where rotting is off.
    pub rots_after_days: Option<u32>,
}
