//! The one path of an edit on the screen: checked and shown by the workspace, handed to the sync engine, and what
//! came of it.

use crate::app::board;
use crate::app::bulk;
use crate::app::calendar;
use crate::app::convert;
use crate::app::dispatch;
use crate::app::undo;
use crate::app::words;
use crate::app::{Account, Session};
use std::borrow::Cow;

use super::Effect;
use super::dialogs::Dialog;
use super::undo::bound;
use crate::app::account::{Attention, InFlight};
use crate::app::notice::Tone;
use crate::app::session::{Lasting, Undo};
use crate::app::view::View;
use crate::domain::{ActivityPatch, DealPatch, Edit, ItemRef, LeadPatch, RuleError, StatusChange, first_line};
use crate::pipedrive::ApiError;
use crate::sync::{Command, Durability, EditError, EditFailure, EditOutcome, EditState, JournalEntry};
use crate::workspace::{AcceptedEdit, EditId, RowId, Workspace};

/// Where an edit comes from: decides where its inverse goes, and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    Person,
    /// Takes back what these words say. It rests on what that made, not on what somebody else has made of it since.
    Undo(String, Edit),
    /// Does again what these words say, likewise.
    Redo(String, Edit),
    /// Made in a form: it rests on what that showed.
    Form(Edit),
    /// In place of one that needed attention.
    Again(EditId),
}

/// Makes an edit for the person. Where a rule forbids it, says so and returns no effect.
pub(super) fn apply(session: &mut Session, account: &mut Account, edit: Edit) -> Vec<Effect> {
    submit(session, account, edit, Origin::Person)
}

pub(super) fn submit(session: &mut Session, account: &mut Account, edit: Edit, origin: Origin) -> Vec<Effect> {
    if tells_read_only(session, account) {
        return Vec::new();
    }
    let does = in_words(&account.workspace, &edit);
    let (replaces, (tone, told)) = match &origin {
        Origin::Person | Origin::Form(_) => (None, (Tone::Info, does.clone())),
        Origin::Again(id) => (Some(*id), (Tone::Info, does.clone())),
        Origin::Undo(what, made) => {
            (None, (Tone::Good, format!("Undone: {}", words::as_shown(&account.workspace, made, what))))
        }
        Origin::Redo(what, made) => {
            (None, (Tone::Good, format!("Done again: {}", words::as_shown(&account.workspace, made, what))))
        }
    };
    match take_on(session, account, edit, does.clone(), origin, None) {
        Ok(kept) => {
            session.tell_of(kept.id, tone, told);
            vec![Effect::Send(Command::Edit { kept: Box::new(kept), replaces })]
        }
        Err(rule) => {
            let tone = if rule == RuleError::NoChange { Tone::Info } else { Tone::Bad };
            session.tell(tone, format!("{does}: {rule}."));
            Vec::new()
        }
    }
}

/// Whether nothing can be edited from here; then says why.
pub(super) fn tells_read_only(session: &mut Session, account: &Account) -> bool {
    let Durability::ReadOnly(why) = &account.durability else { return false };
    let why = why.clone();
    session.tell(Tone::Bad, why);
    true
}

/// Whether an item is not in Pipedrive yet, so that nothing can be linked to it; then says so.
pub(super) fn tells_unmade(session: &mut Session, item: ItemRef) -> bool {
    if item.is_local() {
        session.tell(Tone::Info, "It is not in Pipedrive yet; it can be edited and linked once it is.");
    }
    item.is_local()
}

/// Takes on an edit that does this, shows it, and notes how it is taken back. It may be part of a bulk.
pub(super) fn take_on(
    session: &mut Session,
    account: &mut Account,
    edit: Edit,
    does: String,
    origin: Origin,
    part_of: Option<EditId>,
) -> Result<JournalEntry, RuleError> {
    let AcceptedEdit { id, inverse } = account.workspace.submit(edit.clone())?;
    let rests_on = match &origin {
        Origin::Undo(_, made) | Origin::Redo(_, made) if edit.is_update() => Some(made.intersect(&edit)),
        Origin::Form(base) => Some(base.clone()),
        _ => None,
    };
    let (stack, what) = match origin {
        Origin::Person | Origin::Form(_) | Origin::Again(_) => {
            session.steps.redo.clear();
            if matches!(edit, Edit::Delete { .. } | Edit::ConvertDeal { .. }) {
                undo::note_lasting(session, Lasting { id, what: does.clone(), part_of });
            }
            (&mut session.steps.undo, does.clone())
        }
        Origin::Undo(what, _) => (&mut session.steps.redo, what),
        Origin::Redo(what, _) => (&mut session.steps.undo, what),
    };
    let base = rests_on.or_else(|| inverse.clone());
    if let Some(inverse) = inverse {
        stack.push(Undo { id, made: edit.clone(), inverse, what, part_of });
        bound(stack);
    }
    account
        .edits
        .in_flight
        .insert(id, InFlight { what: does.clone(), base: base.clone(), queued: false, session: Some(session.id) });
    Ok(JournalEntry {
        id,
        made_at: session.now.0,
        part_of,
        what: does,
        edit,
        base,
        step: None,
        state: EditState::Waiting,
        ended_at: None,
    })
}

pub(super) fn submit_and_select(
    session: &mut Session,
    account: &mut Account,
    edit: Edit,
    origin: Origin,
) -> Vec<Effect> {
    let item = edit.item();
    let effects = submit(session, account, edit, origin);
    if !effects.is_empty() {
        select(session, account, item);
    }
    effects
}

/// Asks whether what is selected is to be deleted.
pub(super) fn ask_delete(session: &mut Session, account: &Account) {
    match session.selected(&account.workspace) {
        Some(item) => ask_delete_of(session, account, item, None),
        None => dispatch::nothing_selected(session),
    }
}

pub(super) fn ask_delete_of(session: &mut Session, account: &Account, item: ItemRef, undo: Option<Undo>) {
    let name = name_of(&account.workspace, item);
    session.dialog = Some(Dialog::Delete { item, name, undo: undo.map(Box::new) });
}

/// Deletes an item; with the undo step that this completes.
pub(super) fn delete(
    session: &mut Session,
    account: &mut Account,
    item: ItemRef,
    undo: Option<Box<Undo>>,
) -> Vec<Effect> {
    let edit = Edit::Delete { item };
    match undo {
        Some(undo) => {
            session.steps.undo.retain(|other| other.id != undo.id);
            submit(session, account, edit, Origin::Undo(undo.what, undo.made))
        }
        None => apply(session, account, edit),
    }
}

/// Puts the cursor on an item, in the lists that it is in.
pub(super) fn select(session: &mut Session, account: &Account, item: ItemRef) {
    let tables = &mut session.cursors.tables;
    match item {
        ItemRef::Deal(id) => {
            tables.select(View::Deals, RowId::Item(item));
            board::select_deal(session, account, id);
        }
        ItemRef::Activity(id) => calendar::select_activity(session, account, id),
        ItemRef::Lead(id) => session.cursors.leads.selected = Some(id),
        ItemRef::Person(_) => tables.select(View::People, RowId::Item(item)),
        ItemRef::Org(_) => tables.select(View::Orgs, RowId::Item(item)),
        ItemRef::Note(_) => {}
    }
}

/// An edit is kept on this machine.
pub(super) fn edit_queued(account: &mut Account, id: EditId) {
    if let Some(under_way) = account.edits.in_flight.get_mut(&id) {
        under_way.queued = true;
    }
}

/// An edit stays queued for a while.
pub(super) fn edit_waits(session: &mut Session, account: &Account, id: EditId, why: &str) {
    let Some(under_way) = account.edits.in_flight.get(&id) else { return };
    let bulk = account.edits.bulks.iter().find(|bulk| bulk.has(id));
    let what = bulk.map_or_else(|| under_way.what(&account.workspace), |bulk| Cow::Borrowed(&bulk.what));
    let text = format!("{what}: waiting, as {why}. Retries automatically.");
    session.tell_waits(id, Tone::Bad, text);
}

/// It is being found out whether something was made.
pub(super) fn edit_checked(session: &mut Session, account: &Account, id: EditId, why: &str) {
    let Some(under_way) = account.edits.in_flight.get(&id) else { return };
    let text = format!("{}: checking whether Pipedrive has it ({why}).", under_way.what);
    session.tell_waits(id, Tone::Info, text);
}

/// A late request of an edit has overwritten what somebody else changed after it.
pub(super) fn edit_overwrote(session: &mut Session, account: &mut Account, kept: JournalEntry) {
    let text = format!("{}: a late request may have overwritten another user's change (! to decide)", kept.what);
    account.edits.attention.retain(|other| other.id != kept.id);
    account.edits.attention.extend(Attention::kept(kept));
    session.tell(Tone::Bad, text);
}

/// An edit came to its end.
pub(super) fn edit_done(
    session: &mut Session,
    account: &mut Account,
    id: EditId,
    outcome: Result<EditOutcome, EditFailure>,
) {
    let under_way = account.edits.in_flight.remove(&id).unwrap_or_default();
    let is_said_to_wait = session.messages.notice.as_ref().is_some_and(|notice| notice.waits == Some(id));
    match outcome {
        Ok(outcome) => {
            if is_said_to_wait {
                session.tell(Tone::Good, format!("Confirmed: {}", under_way.what));
            }
            let edit = account.workspace.settle(id, outcome.changes, outcome.created);
            let from = edit.as_ref().map(Edit::item);
            if let Some(created) = outcome.created {
                undo::can_be_unmade(session, account, id, edit, created, &under_way.what);
                if !account.is_in_bulk(id) {
                    session.tell(Tone::Good, format!("Confirmed: {}", under_way.what));
                }
                if let Some(from) = from {
                    if session.is_selected(from) {
                        select(session, account, created);
                    }
                    convert::follow_conversion(session, account, from, created);
                }
            }
        }
        Err(failure) => {
            let (what, told) = (under_way.what.clone(), failure.clone());
            edit_failed(session, account, id, under_way, failure);
            return bulk::note_in_bulk(session, account, id, &what, Some(&told));
        }
    }
    bulk::note_in_bulk(session, account, id, &under_way.what, None);
}

fn edit_failed(session: &mut Session, account: &mut Account, id: EditId, under_way: InFlight, failure: EditFailure) {
    let InFlight { what, base, queued, session: _ } = under_way;
    let is_kept = queued && account.durability.is_durable();
    let why = account.workspace.with_field_names(&failure.error.to_string());
    let cursor = session.selected(&account.workspace);
    let Some(edit) = account.workspace.settle(id, failure.changes, None) else { return };
    session.steps.undo.retain(|undo| undo.id != id);
    session.steps.irreversible.retain(|lasting| lasting.id != id);
    session.steps.redo.retain(|redo| redo.id != id);
    if matches!(failure.error, EditError::Stopped) {
        return;
    }
    let item = edit.item();
    let edit = failure.edit.map_or(edit, |edit| *edit);
    let what = words::as_shown(&account.workspace, &edit, &what).into_owned();
    let told = match failure.error {
        EditError::Api(ApiError::Unclear(_)) => format!("{what}: {why} (! to decide)"),
        EditError::Conflict(_) => format!("Not done, as somebody else was there: {what}\n! shows yours and theirs"),
        _ => format!("Failed and taken back: {what}\n{why} (! to try again)"),
    };
    // Of a bulk one word is enough, at its end.
    if !account.is_in_bulk(id) {
        session.tell(Tone::Bad, told);
    }
    // Nobody quits past a failure unseen.
    if matches!(session.dialog, Some(Dialog::Quit)) {
        session.dialog = None;
    }
    let (theirs, base) = match failure.error {
        EditError::Conflict(clash) => (Some(clash.theirs), Some(clash.base)),
        _ => (None, base),
    };
    account.edits.attention.push(Attention { id, edit, base, theirs, what, why, is_kept });
    // A card that goes back to its column takes the cursor along.
    if cursor == Some(item) {
        select(session, account, item);
    }
}

/// What an edit does, for the person.
pub fn in_words(workspace: &Workspace, edit: &Edit) -> String {
    if let Some(words) = words::custom_in_words(workspace, edit) {
        return format!("{words} '{}'", shortened(&name_of(workspace, edit.item())));
    }
    match edit {
        Edit::UpdateDeal { .. } if words::hides(workspace, edit) => words::as_shown(workspace, edit, "").into_owned(),
        Edit::UpdateDeal { id, patch } => {
            let title = workspace.deal(*id).map_or("deal", |deal| deal.title.as_str());
            format!("{} '{}'", deal_patch_in_words(workspace, patch), shortened(title))
        }
        Edit::UpdateActivity { id, patch } => {
            let subject = workspace.activity(*id).map_or("activity", |activity| activity.subject.as_str());
            format!("{} '{}'", activity_patch_in_words(patch), shortened(subject))
        }
        Edit::UpdateLead { id, patch } => {
            let title = workspace.lead(*id).map_or("lead", |lead| lead.title.as_str());
            format!("{} '{}'", lead_patch_in_words(patch), shortened(title))
        }
        Edit::ConvertLead { id, to } => {
            let title = workspace.lead(*id).map_or("lead", |lead| lead.title.as_str());
            let stage = workspace.stage(to.stage).map_or("?", |stage| stage.name.as_str());
            format!("Convert '{}' to a deal in {stage}", shortened(title))
        }
        Edit::ConvertDeal { id } => {
            format!("Make a lead of '{}' again", shortened(&name_of(workspace, ItemRef::Deal(*id))))
        }
        Edit::CreateDeal { new, .. } => format!("New deal '{}'", shortened(&new.title)),
        Edit::CreateLead { new, .. } => format!("New lead '{}'", shortened(&new.title)),
        Edit::CreatePerson { new, .. } => format!("New person '{}'", shortened(&new.name)),
        Edit::CreateOrg { new, .. } => format!("New organization '{}'", shortened(&new.name)),
        Edit::CreateActivity { new, .. } => format!("New activity '{}'", shortened(&new.subject)),
        Edit::UpdatePerson { id, .. } => format!("Change '{}'", shortened(&name_of(workspace, ItemRef::Person(*id)))),
        Edit::UpdateOrg { id, .. } => format!("Change '{}'", shortened(&name_of(workspace, ItemRef::Org(*id)))),
        Edit::CreateNote { content, .. } => format!("New note '{}'", shortened(&first_line(content))),
        Edit::UpdateNote { id, .. } => {
            format!("Change the note '{}'", shortened(&name_of(workspace, ItemRef::Note(*id))))
        }
        Edit::Delete { item: ItemRef::Note(id) } => {
            format!("Delete the note '{}'", shortened(&name_of(workspace, ItemRef::Note(*id))))
        }
        Edit::Delete { item } => format!("Delete '{}'", shortened(&name_of(workspace, *item))),
    }
}

/// What an item is called on the screen.
pub(super) fn name_of(workspace: &Workspace, item: ItemRef) -> String {
    workspace.shown(item).map(|item| item.name().into_owned()).unwrap_or_default()
}

fn deal_patch_in_words(workspace: &Workspace, patch: &DealPatch) -> String {
    if let Some(place) = patch.stage {
        let stage = workspace.stage(place.stage).map_or("another stage", |stage| stage.name.as_str());
        return format!("Move to {stage}:");
    }
    match &patch.status {
        Some(StatusChange::Win) => return "Mark as won:".to_owned(),
        Some(StatusChange::Lose { .. }) => return "Mark as lost:".to_owned(),
        Some(StatusChange::Reopen) => return "Reopen".to_owned(),
        None => {}
    }
    if let Some(value) = &patch.value {
        return format!("Value {} for", value.display());
    }
    if let Some(probability) = patch.probability {
        return probability.map_or("The stage's probability for".to_owned(), |own| format!("{own} for"));
    }
    if let Some(date) = patch.expected_close {
        return date.map_or("No closing date for".to_owned(), |date| format!("Expected close {date} for"));
    }
    if patch.title.is_none() {
        return others_in_words(patch.owner.is_some(), patch.labels.is_some()).to_owned();
    }
    "New title for".to_owned()
}

fn activity_patch_in_words(patch: &ActivityPatch) -> String {
    match (patch.done, patch.due) {
        (Some(true), _) => "Mark as done:".to_owned(),
        (Some(false), _) => "Mark as still to do:".to_owned(),
        (None, Some(Some(due))) => format!("Due {}:", due.date),
        (None, Some(None)) => "No due date for".to_owned(),
        (None, None) if patch.owner.is_some() => "New owner for".to_owned(),
        (None, None) => "Change".to_owned(),
    }
}

fn lead_patch_in_words(patch: &LeadPatch) -> &'static str {
    match patch {
        LeadPatch { archived: Some(true), .. } => "Archive",
        LeadPatch { archived: Some(false), .. } => "Take out of the archive",
        LeadPatch { seen: Some(true), .. } => "Mark as seen:",
        LeadPatch { seen: Some(false), .. } => "Mark as unseen:",
        LeadPatch { value: Some(_), .. } => "New value for",
        LeadPatch { expected_close: Some(_), .. } => "New closing date for",
        LeadPatch { title: Some(_), .. } => "New title for",
        patch => others_in_words(patch.owner.is_some(), patch.labels.is_some()),
    }
}

/// What deals and leads have in common beside a title, a value and a date.
const fn others_in_words(has_owner: bool, has_labels: bool) -> &'static str {
    match (has_owner, has_labels) {
        (true, false) => "New owner for",
        (false, true) => "New labels for",
        (false, false) => "New link for",
        (true, true) => "Change",
    }
}

/// A title short enough for a message.
pub(super) fn shortened(title: &str) -> String {
    shortened_to(title, 40)
}

/// A title of no more than so many characters.
pub(super) fn shortened_to(title: &str, most: usize) -> String {
    if title.chars().count() <= most {
        return title.to_owned();
    }
    title.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}
