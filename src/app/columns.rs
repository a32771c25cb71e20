//! The columns of the tables: which there are, and how wide they are on the screen.

use super::named::kind_of;
use super::state::View;
use crate::workspace::{Facet, Workspace};

/// Cells before the first column: the bar of the cursor and a mark.
pub const MARGIN: u16 = 4;
/// Cells between two columns.
pub const GAP: u16 = 2;

/// A column that is on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// What it shows.
    pub facet: Facet,
    /// How many cells it has, the gap after it not counted.
    pub width: u16,
}

/// The columns that a view shows unless the person has chosen others.
pub const fn usual(view: View) -> &'static [Facet] {
    match view {
        View::Deals => &[
            Facet::Title,
            Facet::Value,
            Facet::Stage,
            Facet::Org,
            Facet::Person,
            Facet::NextActivity,
            Facet::Owner,
            Facet::ExpectedClose,
            Facet::Labels,
            Facet::Pipeline,
        ],
        View::People => &[
            Facet::Title,
            Facet::Org,
            Facet::Email,
            Facet::Phone,
            Facet::OpenDeals,
            Facet::NextActivity,
            Facet::Owner,
            Facet::Labels,
        ],
        View::Orgs => &[Facet::Title, Facet::Address, Facet::People, Facet::OpenDeals, Facet::Owner, Facet::Labels],
        View::Users => &[Facet::Title, Facet::Email, Facet::Status, Facet::OpenDeals, Facet::Phone],
        View::Leads => {
            &[Facet::Title, Facet::Value, Facet::Person, Facet::Org, Facet::Added, Facet::Source, Facet::Labels]
        }
        View::Board | View::Activities => &[],
    }
}

/// How many custom fields are offered as columns.
const MOST_CUSTOM: usize = 100;

/// All columns that a view offers, its title left out: that is always the first.
pub fn offered(view: View, account: &Workspace) -> Vec<Facet> {
    let custom = kind_of(view).filter(|_| !standard(view).is_empty());
    let custom = custom.into_iter().flat_map(|kind| account.custom_facets(kind, MOST_CUSTOM));
    let standard = standard(view).iter().copied().filter(|facet| account.has_facet(*facet));
    standard.chain(custom).collect()
}

/// The columns that are the same for every company.
const fn standard(view: View) -> &'static [Facet] {
    match view {
        View::Deals => &[
            Facet::Value,
            Facet::Stage,
            Facet::Org,
            Facet::Person,
            Facet::NextActivity,
            Facet::Owner,
            Facet::ExpectedClose,
            Facet::Labels,
            Facet::Pipeline,
            Facet::Status,
            Facet::Probability,
            Facet::Weighted,
            Facet::StageAge,
            Facet::Added,
            Facet::Updated,
            Facet::LostReason,
        ],
        View::Leads => &[
            Facet::Person,
            Facet::Org,
            Facet::Labels,
            Facet::Source,
            Facet::Value,
            Facet::Added,
            Facet::Owner,
            Facet::ExpectedClose,
            Facet::NextActivity,
            Facet::Seen,
            Facet::Updated,
        ],
        View::People => &[
            Facet::Org,
            Facet::Email,
            Facet::Phone,
            Facet::OpenDeals,
            Facet::NextActivity,
            Facet::Owner,
            Facet::Labels,
            Facet::Added,
            Facet::Updated,
        ],
        View::Orgs => &[
            Facet::Address,
            Facet::People,
            Facet::OpenDeals,
            Facet::NextActivity,
            Facet::Owner,
            Facet::Labels,
            Facet::Added,
            Facet::Updated,
        ],
        View::Users => &[Facet::Email, Facet::Status, Facet::OpenDeals, Facet::Phone],
        View::Board | View::Activities => &[],
    }
}

/// Of these columns those that a view may have, each once, its title first.
pub(super) fn allowed(view: View, columns: &[Facet]) -> Vec<Facet> {
    let mut allowed = vec![Facet::Title];
    for facet in columns.iter().take(MOST_CUSTOM) {
        // Which custom fields there are may not be known yet.
        let is_offered = standard(view).contains(facet) || matches!(facet, Facet::Custom(_));
        if is_offered && !allowed.contains(facet) {
            allowed.push(*facet);
        }
    }
    allowed
}

/// Whether the list of a view may be sorted by this.
pub(super) fn may_sort_by(view: View, facet: Facet) -> bool {
    match view {
        View::Board => BOARD.contains(&facet),
        View::Activities => false,
        _ => facet == Facet::Title || standard(view).contains(&facet) || matches!(facet, Facet::Custom(_)),
    }
}

/// What the columns of the board can be sorted by.
const BOARD: [Facet; 6] =
    [Facet::Value, Facet::StageAge, Facet::ExpectedClose, Facet::NextActivity, Facet::Title, Facet::Updated];

/// What the list of a view can be sorted by.
pub fn sortable(view: View, account: &Workspace) -> Vec<Facet> {
    match view {
        View::Board => BOARD.to_vec(),
        View::Activities => Vec::new(),
        _ => {
            let all = std::iter::once(Facet::Title).chain(offered(view, account));
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
    pub columns: Vec<(Facet, bool)>,
    /// Which has the cursor.
    pub selected: usize,
}

impl Chosen {
    /// The columns of a view as they are now, then those that are not shown.
    pub(super) fn new(view: View, shown: &[Facet], account: &Workspace) -> Self {
        let known = |facet: &Facet| *facet != Facet::Title && account.has_facet(*facet);
        let on = shown.iter().copied().filter(known).map(|facet| (facet, true));
        let off = offered(view, account).into_iter().filter(|facet| !shown.contains(facet)).map(|facet| (facet, false));
        Self { view, columns: on.chain(off).collect(), selected: 0 }
    }

    /// What is shown by this choice.
    pub(super) fn shown(&self) -> Vec<Facet> {
        let chosen = self.columns.iter().filter(|(_, on)| *on).map(|(facet, _)| *facet);
        std::iter::once(Facet::Title).chain(chosen).collect()
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
const fn widths(facet: Facet) -> (u16, u16) {
    match facet {
        Facet::Title => (16, 60),
        Facet::Value | Facet::Weighted => (9, 16),
        Facet::Stage | Facet::Pipeline => (12, 22),
        Facet::Status => (8, 10),
        Facet::Probability => (5, 11),
        Facet::Person | Facet::Owner | Facet::LostReason => (12, 24),
        Facet::Org => (14, 30),
        Facet::ExpectedClose => (11, 14),
        Facet::NextActivity => (12, 14),
        Facet::Labels => (8, 24),
        Facet::StageAge | Facet::Added | Facet::Updated => (7, 8),
        Facet::Phone => (14, 18),
        Facet::Email => (18, 32),
        Facet::Address => (16, 46),
        Facet::OpenDeals => (5, 8),
        Facet::People => (6, 7),
        Facet::Source => (10, 18),
        Facet::Seen => (4, 6),
        Facet::Custom(_) => (10, 24),
    }
}

/// Divides the width of a table among its columns. Those for which there is no room are left out from the right; the
/// first one never is.
pub fn placed(columns: &[Facet], width: u16) -> Vec<Placed> {
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
                assert_eq!(placed.first().map(|column| column.facet), Some(Facet::Title));
                let gaps = GAP * u16::try_from(placed.len() - 1).unwrap();
                let used = placed.iter().map(|column| column.width).sum::<u16>() + gaps;
                assert_eq!(used, width.saturating_sub(MARGIN + 1), "{view:?} at {width}");
            }
        }
        assert_eq!(placed(usual(View::Deals), 300).len(), usual(View::Deals).len());
    }
}
