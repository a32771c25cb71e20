//! What comes next for an item: overdue, today, planned or nothing, as Pipedrive's board tells it, with a mark and
//! a style for each.

use chrono::NaiveDate;
use ratatui::style::Style;

use super::Theme;
use super::format::LocalDue;

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It was due before today.
    Overdue,
    /// It is due today.
    Today,
    /// It is due later.
    Planned,
    /// Nothing is planned.
    Nothing,
}

impl Next {
    /// What comes next by when it is due.
    pub fn of(due: Option<LocalDue>, today: NaiveDate) -> Self {
        match due {
            None => Self::Nothing,
            Some((date, _)) if date < today => Self::Overdue,
            Some((date, _)) if date == today => Self::Today,
            Some(_) => Self::Planned,
        }
    }

    /// A mark of one cell.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Overdue => "!",
            Self::Today => "◆",
            Self::Planned => "◇",
            Self::Nothing => "·",
        }
    }

    /// How mark and time are shown.
    pub const fn style(self, theme: &Theme) -> Style {
        match self {
            Self::Overdue => theme.bad,
            Self::Today => theme.good,
            Self::Planned => theme.dim,
            Self::Nothing => theme.warning,
        }
    }
}
