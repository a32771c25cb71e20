//! A bulk: what one key does to many items, as one step. Its edits are edits like any other, shown at once and kept;
//! how far they have come is told together, and they are undone together.

use crate::app::edits;
use crate::app::{Account, Session};
use std::collections::{BTreeMap, HashSet};

use chrono::TimeDelta;

use super::Effect;
use super::dialogs::{Confirm, Dialog};
use super::edits::Origin;
use crate::app::notice::Tone;
use crate::app::session::{Now, Undo};
use crate::domain::{Edit, ItemRef, RuleError};
use crate::sync::{Command, EditError, EditFailure, EditState, JournalEntry};
use crate::workspace::EditId;

/// From how many edits on a bulk is undone only after a question.
const ASKED_FROM: usize = 21;

/// A part of a bulk that was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotDone {
    /// What it was to do, in words.
    pub what: String,
    /// Why it was not done.
    pub why: String,
}

/// A bulk, and how far it has come.
#[derive(Debug)]
pub struct Bulk {
    /// Its first edit, which names it.
    pub id: EditId,
    /// What it does, in words.
    pub what: String,
    /// How many edits it has.
    pub total: usize,
    /// Those that were made impossible by a rule, or are so already.
    pub left_out: Vec<NotDone>,
    /// Those that failed.
    pub failed: Vec<NotDone>,
    /// How many were taken back before they were sent.
    pub stopped: usize,
    /// Whether it was undone before its end: what came of it is no news then.
    is_undone: bool,
    /// When it began.
    began: Now,
    /// When it ended, if it has.
    pub ended: Option<Now>,
    waiting: HashSet<EditId>,
}

impl Bulk {
    /// How many edits are done.
    pub fn done(&self) -> usize {
        self.total - self.waiting.len() - self.failed.len() - self.stopped
    }

    /// How many have come to their end, well or not.
    fn over(&self) -> usize {
        self.total - self.waiting.len()
    }

    /// The part that has come to its end, 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "few")]
    pub fn share(&self) -> f64 {
        self.over() as f64 / self.total.max(1) as f64
    }

    /// How many come to their end in a second; `None` before any has.
    #[expect(clippy::cast_precision_loss, reason = "few")]
    pub fn rate(&self, now: Now) -> Option<f64> {
        let seconds = (self.ended.unwrap_or(now).0 - self.began.0).as_seconds_f64();
        (self.over() > 0 && seconds > 0.0).then(|| self.over() as f64 / seconds)
    }

    /// How long it will take yet, at this pace.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "few, and bounded")]
    pub fn left(&self, now: Now) -> Option<TimeDelta> {
        const LONGEST: f64 = 100.0 * 3600.0;
        let seconds = (self.waiting.len() as f64 / self.rate(now)?).min(LONGEST);
        Some(TimeDelta::seconds(seconds.ceil() as i64))
    }

    /// Whether an edit is part of it, and has not ended.
    pub(super) fn has(&self, id: EditId) -> bool {
        self.waiting.contains(&id)
    }

    /// What is told at its end.
    fn result(&self) -> (Tone, String) {
        let mut told = vec![format!("{}: {} done", self.what, self.done())];
        if self.stopped > 0 {
            told.push(format!("{} taken back", self.stopped));
        }
        if !self.failed.is_empty() {
            told.push(format!("{} not\nB shows which and why, ! does them again", self.failed.len()));
            return (Tone::Bad, told.join(", "));
        }
        if !self.left_out.is_empty() {
            told.push(format!("{} left out", self.left_out.len()));
        }
        (if self.stopped > 0 { Tone::Info } else { Tone::Good }, told.join(", "))
    }
}

impl Account {
    /// The bulk that is under way, the earliest if there are several.
    pub fn running_bulk(&self) -> Option<&Bulk> {
        self.edits.bulks.iter().find(|bulk| bulk.ended.is_none())
    }

    /// The bulk that is told of: the one under way, else the last.
    pub fn told_bulk(&self) -> Option<&Bulk> {
        self.running_bulk().or(self.edits.bulks.last())
    }

    fn bulk_of(&mut self, id: EditId) -> Option<&mut Bulk> {
        self.edits.bulks.iter_mut().find(|bulk| bulk.has(id))
    }

    /// Whether an edit is part of a bulk that is under way.
    pub(super) fn is_in_bulk(&self, id: EditId) -> bool {
        self.edits.bulks.iter().any(|bulk| bulk.has(id))
    }
}

/// Makes edits as one step, which does this to so many. What a rule forbids, or is so already, is left out and
/// counted.
pub(super) fn edit_all(
    session: &mut Session,
    account: &mut Account,
    what: impl FnOnce(usize) -> String,
    edits: Vec<Result<Edit, (ItemRef, RuleError)>>,
) -> Vec<Effect> {
    let edits = edits.into_iter().map(|edit| edit.map(|edit| (edit, Origin::Person))).collect();
    let effects = submit_all(session, account, what, edits);
    if let Some(bulk) = account.edits.bulks.last().filter(|_| !effects.is_empty()) {
        for step in session.steps.undo.iter_mut().rev().take_while(|step| step.part_of == Some(bulk.id)) {
            step.what.clone_from(&bulk.what);
        }
    }
    effects
}

fn submit_all(
    session: &mut Session,
    account: &mut Account,
    what: impl FnOnce(usize) -> String,
    edits: Vec<Result<(Edit, Origin), (ItemRef, RuleError)>>,
) -> Vec<Effect> {
    if edits::tells_read_only(session, account) {
        return Vec::new();
    }
    let bulk = account.workspace.next_edit();
    let mut left_out = Vec::new();
    let mut kept: Vec<JournalEntry> = Vec::with_capacity(edits.len());
    for edit in edits {
        let taken_on = match edit {
            Ok((edit, origin)) => {
                let does = edits::in_words(&account.workspace, &edit);
                edits::take_on(session, account, edit, does.clone(), origin, Some(bulk)).map_err(|rule| (does, rule))
            }
            Err((item, rule)) => Err((edits::name_of(&account.workspace, item), rule)),
        };
        match taken_on {
            Ok(edit) => kept.push(edit),
            Err((what, rule)) => left_out.push(NotDone { what, why: rule.to_string() }),
        }
    }
    if kept.is_empty() {
        let why = left_out.first().map(|first| format!(": {}", first.why)).unwrap_or_default();
        let what = what(left_out.len());
        session.tell(Tone::Info, format!("{what}: nothing to be done{why}."));
        return Vec::new();
    }
    begin_bulk(session, account, bulk, what(kept.len()), kept.iter().map(|kept| kept.id).collect(), left_out);
    session.messages.notice = None;
    vec![Effect::Send(Command::Bulk(kept))]
}

/// A bulk is under way, or a rest of one that an earlier run has left.
pub(super) fn begin_bulk(
    session: &Session,
    account: &mut Account,
    id: EditId,
    what: String,
    edits: HashSet<EditId>,
    left_out: Vec<NotDone>,
) {
    // Of those that have ended only the last is told of.
    account.edits.bulks.retain(|bulk| bulk.ended.is_none());
    account.edits.bulks.push(Bulk {
        id,
        what,
        total: edits.len(),
        left_out,
        failed: Vec::new(),
        stopped: 0,
        is_undone: false,
        began: session.now,
        ended: None,
        waiting: edits,
    });
}

/// Takes up what an earlier run has left of bulks.
pub(super) fn restore_bulks(session: &Session, account: &mut Account, edits: &[JournalEntry]) {
    let mut bulks: BTreeMap<EditId, Vec<&JournalEntry>> = BTreeMap::new();
    for kept in edits.iter().filter(|kept| kept.state == EditState::Waiting) {
        if let Some(bulk) = kept.part_of {
            bulks.entry(bulk).or_default().push(kept);
        }
    }
    for (bulk, rest) in bulks {
        let Some(first) = rest.first() else { continue };
        let what = match rest.len() {
            1 => first.what.clone(),
            count => format!("{} and {} more", first.what, count - 1),
        };
        begin_bulk(session, account, bulk, what, rest.iter().map(|kept| kept.id).collect(), Vec::new());
    }
}

/// An edit came to its end: notes it where it is part of a bulk, and tells of the bulk once that has ended.
pub(super) fn note_in_bulk(
    session: &mut Session,
    account: &mut Account,
    id: EditId,
    what: &str,
    failure: Option<&EditFailure>,
) {
    let now = session.now;
    let Some(bulk) = account.bulk_of(id) else { return };
    bulk.waiting.remove(&id);
    match failure.map(|failure| &failure.error) {
        None => {}
        Some(EditError::Stopped) => bulk.stopped += 1,
        Some(error) => bulk.failed.push(NotDone { what: what.to_owned(), why: error.to_string() }),
    }
    if bulk.waiting.is_empty() {
        bulk.ended = Some(now);
        let (tone, told) = bulk.result();
        if !bulk.is_undone || tone == Tone::Bad {
            session.tell(tone, told);
        }
    }
}

/// Shows how the bulk fares that is under way, or what came of the last.
pub(super) fn open_bulk(session: &mut Session, account: &Account) {
    if account.edits.bulks.is_empty() {
        session.tell(Tone::Info, "Nothing was done to several at once yet: space marks.");
    } else {
        session.dialog = Some(Dialog::Bulk { top: 0 });
    }
}

/// Takes back what was not yet sent of the bulk that is told of.
pub(super) fn stop_bulk(account: &Account) -> Vec<Effect> {
    account.running_bulk().map(|bulk| Effect::Send(Command::CancelBulk(bulk.id))).into_iter().collect()
}

/// The last step, if that was a bulk: all that is left of it to undo, or to do again.
fn last_bulk(steps: &[Undo]) -> Option<(EditId, usize)> {
    let bulk = steps.last()?.part_of?;
    Some((bulk, steps.iter().rev().take_while(|step| step.part_of == Some(bulk)).count()))
}

/// Undoes the last step if that was a bulk, after a question where it is large or deletes what was made; `None` where
/// it was not.
pub(super) fn undo_bulk(session: &mut Session, account: &mut Account) -> Option<Vec<Effect>> {
    let (bulk, count) = last_bulk(&session.steps.undo)?;
    let deletes = session.steps.undo.last().is_some_and(|step| matches!(step.inverse, Edit::Delete { .. }));
    if count < ASKED_FROM && !deletes {
        return Some(undo_all(session, account, bulk));
    }
    let what = session.steps.undo.last().map(|step| step.what.clone()).unwrap_or_default();
    session.dialog = Some(Dialog::Confirm(Confirm::UndoAll { bulk, what, count, deletes }));
    Some(Vec::new())
}

/// Undoes a bulk, if it is the last step still.
pub(super) fn undo_all(session: &mut Session, account: &mut Account, bulk: EditId) -> Vec<Effect> {
    let Some((last, count)) = last_bulk(&session.steps.undo) else { return Vec::new() };
    if last != bulk {
        return Vec::new();
    }
    if let Some(undone) = account.edits.bulks.iter_mut().find(|undone| undone.id == bulk) {
        undone.is_undone = true;
    }
    let steps = session.steps.undo.split_off(session.steps.undo.len() - count);
    retrace(session, account, "Undo", steps, Origin::Undo)
}

/// Does again what the last undone step did, if that was a bulk; `None` where it was not.
pub(super) fn redo_bulk(session: &mut Session, account: &mut Account) -> Option<Vec<Effect>> {
    let (_, count) = last_bulk(&session.steps.redo)?;
    let steps = session.steps.redo.split_off(session.steps.redo.len() - count);
    Some(retrace(session, account, "Again", steps, Origin::Redo))
}

fn retrace(
    session: &mut Session,
    account: &mut Account,
    word: &str,
    steps: Vec<Undo>,
    origin: fn(String, Edit) -> Origin,
) -> Vec<Effect> {
    let Some(what) = steps.first().map(|step| format!("{word}: {}", step.what)) else { return Vec::new() };
    let edits = steps.into_iter().map(|step| Ok((step.inverse, origin(step.what, step.made)))).collect();
    submit_all(session, account, |_| what, edits)
}
