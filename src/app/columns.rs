//! The columns of the tables: which there are, and how wide they are on the screen.

use super::named::kind_of;
use crate::app::view::View;
use crate::workspace::{Column, Workspace};

/// Cells before the first column: the bar of the cursor and a mark.
pub const MARGIN: u16 = 4;
/// Cells between two columns.
pub const GAP: u16 = 2;

/// A column that is on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// What it shows.
    pub facet: Column,
    /// How many cells it has, the gap after it not counted.
    pub width: u16,
}

/// The columns that a view shows unless the person has chosen others.
pub const fn usual(view: View) -> &'static [Column] {
    match view {
        View::Deals => &[
            Column::Title,
            Column::Value,
            Column::Stage,
            Column::Org,
            Column::Person,
            Column::NextActivity,
            Column::Owner,
            Column::ExpectedClose,
            Column::Labels,
            Column::Pipeline,
        ],
        View::People => &[
            Column::Title,
            Column::Org,
            Column::Email,
            Column::Phone,
            Column::OpenDeals,
            Column::NextActivity,
            Column::Owner,
            Column::Labels,
        ],
        View::Orgs => {
            &[Column::Title, Column::Address, Column::People, Column::OpenDeals, Column::Owner, Column::Labels]
        }
        View::Users => &[Column::Title, Column::Email, Column::Status, Column::OpenDeals, Column::Phone],
        View::Leads => {
            &[Column::Title, Column::Value, Column::Person, Column::Org, Column::Added, Column::Source, Column::Labels]
        }
        View::Board | View::Activities => &[],
    }
}

/// How many custom fields are offered as columns.
const MOST_CUSTOM: usize = 100;

/// All columns that a view offers, its title left out: that is always the first.
pub fn offered(view: View, account: &Workspace) -> Vec<Column> {
    let custom = kind_of(view).filter(|_| !standard(view).is_empty());
    let custom = custom.into_iter().flat_map(|kind| account.custom_columns(kind, MOST_CUSTOM));
    let standard = standard(view).iter().copied().filter(|facet| account.has_column(*facet));
    standard.chain(custom).collect()
}

/// The columns that are the same for every company.
const fn standard(view: View) -> &'static [Column] {
    match view {
        View::Deals => &[
            Column::Value,
            Column::Stage,
            Column::Org,
            Column::Person,
            Column::NextActivity,
            Column::Owner,
            Column::ExpectedClose,
            Column::Labels,
            Column::Pipeline,
            Column::Status,
            Column::Probability,
            Column::Weighted,
            Column::StageAge,
            Column::Added,
            Column::Updated,
            Column::LostReason,
        ],
        View::Leads => &[
            Column::Person,
            Column::Org,
            Column::Labels,
            Column::Source,
            Column::Value,
            Column::Added,
            Column::Owner,
            Column::ExpectedClose,
            Column::NextActivity,
            Column::Seen,
            Column::Updated,
        ],
        View::People => &[
            Column::Org,
            Column::Email,
            Column::Phone,
            Column::OpenDeals,
            Column::NextActivity,
            Column::Owner,
            Column::Labels,
            Column::Added,
            Column::Updated,
        ],
        View::Orgs => &[
            Column::Address,
            Column::People,
            Column::OpenDeals,
            Column::NextActivity,
            Column::Owner,
            Column::Labels,
            Column::Added,
            Column::Updated,
        ],
        View::Users => &[Column::Email, Column::Status, Column::OpenDeals, Column::Phone],
        View::Board | View::Activities => &[],
    }
}

/// Of these columns those that a view may have, each once, its title first.
pub(super) fn allowed(view: View, columns: &[Column]) -> Vec<Column> {
    let mut allowed = vec![Column::Title];
    for facet in columns.iter().take(MOST_CUSTOM) {
        // Which custom fields there are may not be known yet.
        let is_offered = standard(view).contains(facet) || matches!(facet, Column::Custom(_));
        if is_offered && !allowed.contains(facet) {
            allowed.push(*facet);
        }
    }
    allowed
}

/// Whether the list of a view may be sorted by this.
pub(super) fn may_sort_by(view: View, facet: Column) -> bool {
    match view {
        View::Board => BOARD.contains(&facet),
        View::Activities => false,
        _ => facet == Column::Title || standard(view).contains(&facet) || matches!(facet, Column::Custom(_)),
    }
}

/// What the columns of the board can be sorted by.
const BOARD: [Column; 6] =
    [Column::Value, Column::StageAge, Column::ExpectedClose, Column::NextActivity, Column::Title, Column::Updated];

/// What the list of a view can be sorted by.
pub fn sortable(view: View, account: &Workspace) -> Vec<Column> {
    match view {
        View::Board => BOARD.to_vec(),
        View::Activities => Vec::new(),
        _ => {
            let all = std::iter::once(Column::Title).chain(offered(view, account));
            all.filter(|facet| account.can_sort_by(*facet)).collect()
        }
    }
}

/// The columns of a table while they are chosen.
#[derive(Debug)]
pub struct Chosen {
    /// The view whose table it is.
    pub view: View,
    /// All columns in order, each with whether it is shown.
    pub columns: Vec<(Column, bool)>,
    /// Which has the cursor.
    pub selected: usize,
}

impl Chosen {
    /// The columns of a view as they are now, then those that are not shown.
    pub(super) fn new(view: View, shown: &[Column], account: &Workspace) -> Self {
        let known = |facet: &Column| *facet != Column::Title && account.has_column(*facet);
        let on = shown.iter().copied().filter(known).map(|facet| (facet, true));
        let off = offered(view, account).into_iter().filter(|facet| !shown.contains(facet)).map(|facet| (facet, false));
        Self { view, columns: on.chain(off).collect(), selected: 0 }
    }

    /// What is shown by this choice.
    pub(super) fn shown(&self) -> Vec<Column> {
        let chosen = self.columns.iter().filter(|(_, on)| *on).map(|(facet, _)| *facet);
        std::iter::once(Column::Title).chain(chosen).collect()
    }

    /// Shows or hides the column with the cursor.
    pub(super) fn toggle(&mut self) {
        if let Some((_, on)) = self.columns.get_mut(self.selected) {
            *on = !*on;
        }
    }

    /// Moves the cursor.
    pub(super) fn step(&mut self, by: isize) {
        self.selected = self.selected.saturating_add_signed(by).min(self.columns.len().saturating_sub(1));
    }

    /// Moves the column with the cursor to another place.
    pub(super) fn carry(&mut self, by: isize) {
        let from = self.selected;
        self.step(by);
        if from < self.columns.len() {
            self.columns.swap(from, self.selected);
        }
    }
}

/// How many cells a column needs at the least, and how many it has use for.
const fn widths(facet: Column) -> (u16, u16) {
    match facet {
        Column::Title => (16, 60),
        Column::Value | Column::Weighted => (9, 16),
        Column::Stage | Column::Pipeline => (12, 22),
        Column::Status => (8, 10),
        Column::Probability => (5, 11),
        Column::Person | Column::Owner | Column::LostReason => (12, 24),
        Column::Org => (14, 30),
        Column::ExpectedClose => (11, 14),
        Column::NextActivity => (12, 14),
        Column::Labels => (8, 24),
        Column::StageAge | Column::Added | Column::Updated => (7, 8),
        Column::Phone => (14, 18),
        Column::Email => (18, 32),
        Column::Address => (16, 46),
        Column::OpenDeals => (5, 8),
        Column::People => (6, 7),
        Column::Source => (10, 18),
        Column::Seen => (4, 6),
        Column::Custom(_) => (10, 24),
    }
}

/// Divides the width of a table among its columns. Those for which there is no room are left out from the right; the
/// first one never is.
pub fn placed(columns: &[Column], width: u16) -> Vec<Placed> {
    let mut left = width.saturating_sub(MARGIN + 1);
    let mut placed = Vec::new();
    for facet in columns {
        let least = widths(*facet).0;
        let needed = if placed.is_empty() { least.min(left) } else { least + GAP };
        if needed > left {
            break;
        }
        left -= needed;
        placed.push(Placed { facet: *facet, width: if placed.is_empty() { needed } else { least } });
    }
    // The rest goes to all of them as far as they have use for it, and what is left then to the first.
    let wanted: u16 = placed.iter().map(|column| widths(column.facet).1.saturating_sub(column.width)).sum();
    let share = left.min(wanted);
    for column in &mut placed {
        let wants = widths(column.facet).1.saturating_sub(column.width);
        let more = u32::from(wants) * u32::from(share) / u32::from(wanted.max(1));
        let more = u16::try_from(more).unwrap_or_default();
        column.width += more;
        left -= more;
    }
    if let Some(first) = placed.first_mut() {
        first.width += left;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fill_the_width_and_the_first_is_never_left_out() {
        for view in [View::Leads, View::Deals, View::People, View::Orgs, View::Users] {
            for width in 0..300 {
                let placed = placed(usual(view), width);
                assert_eq!(placed.first().map(|column| column.facet), Some(Column::Title));
                let gaps = GAP * u16::try_from(placed.len() - 1).unwrap();
                let used = placed.iter().map(|column| column.width).sum::<u16>() + gaps;
                assert_eq!(used, width.saturating_sub(MARGIN + 1), "{view:?} at {width}");
            }
        }
        assert_eq!(placed(usual(View::Deals), 300).len(), usual(View::Deals).len());
    }
}
