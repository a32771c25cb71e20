//! The board: its pipeline, the focused column and the cursor of each column.

use std::collections::HashMap;

use super::Cursor;
use crate::domain::{DealId, DealStatus, PipelineId, StageId};

/// The board.
#[derive(Debug)]
pub struct Board {
    /// The pipeline on the screen.
    pub pipeline: Option<PipelineId>,
    /// The status of the deals on the screen.
    pub status: DealStatus,
    /// The column with the cursor, counted from the pipeline's first stage.
    pub focus: usize,
    /// The first column on the screen.
    pub first: usize,
    /// The cursor of each column.
    pub cursors: HashMap<StageId, Cursor<DealId>>,
    /// The card that the mouse drags.
    pub drag: Option<Drag>,
}

impl Default for Board {
    fn default() -> Self {
        Self { pipeline: None, status: DealStatus::Open, focus: 0, first: 0, cursors: HashMap::new(), drag: None }
    }
}

/// A card on its way to another column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drag {
    /// The card.
    pub deal: DealId,
    /// The column under the mouse.
    pub over: StageId,
    /// `true` if the card was selected before it was pressed, and has not moved since.
    pub again: bool,
}
