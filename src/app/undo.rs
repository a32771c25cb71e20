//! Undo and redo: steps taken back and done again, each by an edit like any other.

use super::Effect;
use super::edits::Origin;
use crate::app::bulk;
use crate::app::convert;
use crate::app::edits;
use crate::app::notice::Tone;
use crate::app::session::{Lasting, Undo};
use crate::app::{Account, Session};
use crate::domain::{Edit, ItemRef};
use crate::workspace::EditId;

/// How many edits can be taken back.
const MOST_UNDO: usize = 4_000;
/// How many things that were done for good are remembered.
const MOST_LASTING: usize = 200;

/// Takes the last step back.
pub(super) fn undo(session: &mut Session, account: &mut Account) -> Vec<Effect> {
    let last = session.steps.undo.last().map(|step| step.id);
    if let Some(lasting) = session.steps.irreversible.pop_if(|lasting| last < Some(lasting.id)) {
        let told = format!("{}: cannot be undone. u again takes back what was done before.", lasting.what);
        session.tell(Tone::Info, told);
        return Vec::new();
    }
    if let Some(effects) = bulk::undo_bulk(session, account) {
        return effects;
    }
    let Some(last) = session.steps.undo.pop() else {
        session.tell(Tone::Info, "Nothing to undo.");
        return Vec::new();
    };
    match last.inverse {
        Edit::Delete { .. } | Edit::ConvertDeal { .. } => {
            session.steps.undo.push(last.clone());
            ask_to_unmake(session, account, last);
            Vec::new()
        }
        inverse => edits::submit_and_select(session, account, inverse, Origin::Undo(last.what, last.made)),
    }
}

/// Asks whether what was made is to be unmade: deleted, or turned back into what it was made of.
pub(super) fn ask_to_unmake(session: &mut Session, account: &Account, step: Undo) {
    match step.inverse {
        Edit::Delete { item } => edits::ask_delete_of(session, account, item, Some(step)),
        Edit::ConvertDeal { id } => convert::ask_back_to_lead_of(session, account, id, Some(step)),
        _ => {}
    }
}

/// Notes that something was done for good: undo says so before it goes on to what was done earlier.
pub(super) fn note_lasting(session: &mut Session, lasting: Lasting) {
    let is_same_bulk = |last: &Lasting| lasting.part_of.is_some() && last.part_of == lasting.part_of;
    if !session.steps.irreversible.last().is_some_and(is_same_bulk) {
        session.steps.irreversible.push(lasting);
    }
    let more = session.steps.irreversible.len().saturating_sub(MOST_LASTING);
    session.steps.irreversible.drain(..more);
}

/// Does again what was undone last.
pub(super) fn redo(session: &mut Session, account: &mut Account) -> Vec<Effect> {
    if let Some(effects) = bulk::redo_bulk(session, account) {
        return effects;
    }
    let Some(last) = session.steps.redo.pop() else {
        session.tell(Tone::Info, "Nothing to redo.");
        return Vec::new();
    };
    edits::submit_and_select(session, account, last.inverse, Origin::Redo(last.what, last.made))
}

/// What was made can be taken back from now on: by deleting it.
pub(super) fn can_be_unmade(
    session: &mut Session,
    account: &Account,
    id: EditId,
    made: Option<Edit>,
    item: ItemRef,
    what: &str,
) {
    let Some(made) = made else { return };
    let Some(inverse) = made.inverse_of_creation(item) else { return };
    let bulk = account.edits.bulks.iter().find(|bulk| bulk.has(id));
    let what = bulk.map_or(what, |bulk| &bulk.what).to_owned();
    let part_of = bulk.map(|bulk| bulk.id);
    let at = session.steps.undo.partition_point(|undo| undo.id < id);
    session.steps.undo.insert(at, Undo { id, made, inverse, what, part_of });
    bound(&mut session.steps.undo);
}

/// Keeps a list of steps within bounds: the oldest go, those of a bulk together.
pub(super) fn bound(steps: &mut Vec<Undo>) {
    if steps.len() > MOST_UNDO {
        let bulk = steps.first().and_then(|first| first.part_of);
        let count = steps.iter().take_while(|step| bulk.is_some() && step.part_of == bulk).count();
        steps.drain(..count.max(1));
    }
}
