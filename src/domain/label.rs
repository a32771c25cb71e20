//! Labels of deals, people, organizations and leads.

use serde::{Deserialize, Serialize};

use super::{LabelId, LeadLabelId};

/// The colors of labels in Pipedrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum LabelColor {
    Blue,
    Brown,
    DarkGray,
    Gray,
    Green,
    Orange,
    Pink,
    Purple,
    Red,
    Yellow,
}

impl LabelColor {
    /// Returns the color with this name in the API; gray for unknown names.
    pub fn from_name(name: &str) -> Self {
        match name {
            "blue" => Self::Blue,
            "brown" => Self::Brown,
            "dark-gray" => Self::DarkGray,
            "green" => Self::Green,
            "orange" => Self::Orange,
            "pink" => Self::Pink,
            "purple" => Self::Purple,
            "red" => Self::Red,
            "yellow" => Self::Yellow,
            _ => Self::Gray,
        }
    }
}

/// A label that deals, people or organizations can carry: an option of their label field. Each kind has its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Its id within the label field.
    pub id: LabelId,
    /// Its name.
    pub name: String,
    /// Its color.
    pub color: LabelColor,
}

/// A label that leads can carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadLabel {
    /// Its id.
    pub id: LeadLabelId,
    /// Its name.
    pub name: String,
    /// Its color.
    pub color: LabelColor,
}
