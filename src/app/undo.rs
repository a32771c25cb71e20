//! Undo and redo: steps taken back and done again, each by an edit like any other.

use super::edits::Origin;
use super::state::{Lasting, Tone, Undo};
use super::{App, Effect};
use crate::domain::{Edit, ItemRef};
use crate::workspace::EditId;

/// How many edits can be taken back.
const MOST_UNDO: usize = 4_000;
/// How many things that were done for good are remembered.
const MOST_LASTING: usize = 200;

impl App {
    /// Takes the last step back.
    pub(super) fn undo(&mut self) -> Vec<Effect> {
        let last = self.state.undo.last().map(|step| step.id);
        if let Some(lasting) = self.state.lasting.pop_if(|lasting| last < Some(lasting.id)) {
            let told = format!("{}: cannot be undone. u again takes back what was done before.", lasting.what);
            self.state.tell(Tone::Info, told);
            return Vec::new();
        }
        if let Some(effects) = self.undo_bulk() {
            return effects;
        }
        let Some(last) = self.state.undo.pop() else {
            self.state.tell(Tone::Info, "Nothing to undo.");
            return Vec::new();
        };
        match last.inverse {
            Edit::Delete { .. } | Edit::ConvertDeal { .. } => {
                self.state.undo.push(last.clone());
                self.ask_to_unmake(last);
                Vec::new()
            }
            inverse => self.submit_and_select(inverse, Origin::Undo(last.what, last.made)),
        }
    }

    /// Asks whether what was made is to be unmade: deleted, or turned back into what it was made of.
    pub(super) fn ask_to_unmake(&mut self, step: Undo) {
        match step.inverse {
            Edit::Delete { item } => self.ask_delete_of(item, Some(step)),
            Edit::ConvertDeal { id } => self.ask_back_to_lead_of(id, Some(step)),
            _ => {}
        }
    }

    /// Notes that something was done for good: undo says so before it goes on to what was done earlier.
    pub(super) fn note_lasting(&mut self, lasting: Lasting) {
        let is_same_bulk = |last: &Lasting| lasting.part_of.is_some() && last.part_of == lasting.part_of;
        if !self.state.lasting.last().is_some_and(is_same_bulk) {
            self.state.lasting.push(lasting);
        }
        let more = self.state.lasting.len().saturating_sub(MOST_LASTING);
        self.state.lasting.drain(..more);
    }

    /// Does again what was undone last.
    pub(super) fn redo(&mut self) -> Vec<Effect> {
        if let Some(effects) = self.redo_bulk() {
            return effects;
        }
        let Some(last) = self.state.redo.pop() else {
            self.state.tell(Tone::Info, "Nothing to redo.");
            return Vec::new();
        };
        self.submit_and_select(last.inverse, Origin::Redo(last.what, last.made))
    }

    /// What was made can be taken back from now on: by deleting it.
    pub(super) fn can_be_unmade(&mut self, id: EditId, made: Option<Edit>, item: ItemRef, what: &str) {
        let Some(made) = made else { return };
        let Some(inverse) = made.inverse_of_creation(item) else { return };
        let bulk = self.state.bulks.iter().find(|bulk| bulk.has(id));
        let what = bulk.map_or(what, |bulk| &bulk.what).to_owned();
        let part_of = bulk.map(|bulk| bulk.id);
        let at = self.state.undo.partition_point(|undo| undo.id < id);
        self.state.undo.insert(at, Undo { id, made, inverse, what, part_of });
        bound(&mut self.state.undo);
    }
}

/// Keeps a list of steps within bounds: the oldest go, those of a bulk together.
pub(super) fn bound(steps: &mut Vec<Undo>) {
    if steps.len() > MOST_UNDO {
        let bulk = steps.first().and_then(|first| first.part_of);
        let count = steps.iter().take_while(|step| bulk.is_some() && step.part_of == bulk).count();
        steps.drain(..count.max(1));
    }
}
