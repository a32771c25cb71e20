//! Staying with an item that somebody else changes: the cursor goes along with a card to its new column, and the details
//! stay open on what leaves the list, so that the next key is for what one had in mind.

use super::App;
use crate::app::layout::layout;
use crate::app::state::View;
use crate::domain::ItemRef;
use crate::workspace::{ChangeKind, ShownChange};

impl App {
    /// Goes along with the item that the keys are for.
    pub(super) fn stay_with(&mut self, change: &ShownChange) {
        let ShownChange { item, kind, .. } = *change;
        if self.state.selected(&self.workspace) != Some(item) {
            return;
        }
        if let (ChangeKind::Moved, ItemRef::Deal(deal), View::Board) = (kind, item, self.state.view) {
            self.select_deal(deal);
        }
        self.state.news.stays_at = self.state.detail.then_some(item);
    }

    /// Keeps the details open on an item that is in its list no more, and closes them over the list where it is gone: they
    /// would show another in its place, and the next key would be for that.
    pub(in crate::app) fn keep_looking(&mut self) {
        let Some(item) = self.state.news.stays_at.take() else { return };
        if !self.workspace.has(item) {
            let places = layout(&self.state);
            self.state.detail &= places.detail != Some(places.body);
        } else if self.state.selected(&self.workspace) != Some(item) {
            self.state.visiting = Some(item);
        }
    }
}
