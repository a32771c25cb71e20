//! A deal that becomes a lead again: asked first, as the deal goes by that.

use super::dialog::Dialog;
use super::edits::Origin;
use super::state::Undo;
use super::{App, Effect};
use crate::domain::{DealId, Edit, ItemRef};

impl App {
    /// Asks whether the selected deal is to become a lead.
    pub(super) fn ask_back_to_lead(&mut self) {
        match self.state.selected(&self.workspace) {
            Some(ItemRef::Deal(deal)) => self.ask_back_to_lead_of(deal, None),
            _ => self.nothing_selected(),
        }
    }

    /// Asks whether a deal is to become a lead; `undo` is the conversion that this takes back, if it is that.
    pub(super) fn ask_back_to_lead_of(&mut self, deal: DealId, undo: Option<Undo>) {
        let title = self.name_of(ItemRef::Deal(deal));
        self.state.dialog = Some(Dialog::BackToLead { deal, title, undo: undo.map(Box::new) });
    }

    /// Makes a lead of the deal that was asked about.
    pub(super) fn back_to_lead(&mut self) -> Vec<Effect> {
        let Some(Dialog::BackToLead { deal, undo, .. }) = self.state.dialog.take() else { return Vec::new() };
        let edit = Edit::ConvertDeal { id: deal };
        let Some(undo) = undo else { return self.edit(edit) };
        let effects = self.submit(edit, Origin::Undo(undo.what, undo.made));
        if !effects.is_empty() {
            self.state.undo.retain(|other| other.id != undo.id);
        }
        effects
    }

    /// Goes along to what the selected item has become, unless the person has gone elsewhere meanwhile.
    pub(super) fn follow_conversion(&mut self, from: ItemRef, to: ItemRef) {
        let is_with_it = self.state.selected(&self.workspace) == Some(from) && self.state.dialog.is_none();
        if is_with_it && matches!((from, to), (ItemRef::Deal(_), ItemRef::Lead(_))) {
            self.go_to(to);
        }
    }
}
