//! Labels of deals, people, organizations and leads.

use serde::{Deserialize, Serialize};

use super::{LabelId, LeadLabelId};

/// The colours that Pipedrive gives to labels.
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
    /// The colour of this name as the API writes it; grey for names that are not known.
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
    /// What it says.
    pub name: String,
    /// Its colour.
    pub color: LabelColor,
}

/// A label that leads can carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadLabel {
    /// Its id.
    pub id: LeadLabelId,
    /// What it says.
    pub name: String,
    /// Its colour.
    pub color: LabelColor,
}
