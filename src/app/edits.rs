//! The one path of an edit on the screen: checked and shown by the workspace, handed to the sync engine, and what
//! came of it.

use std::borrow::Cow;

use super::dialog::Dialog;
use super::state::{Attention, Lasting, Tone, UnderWay, Undo, View};
use super::undo::bound;
use super::{App, Effect, words};
use crate::domain::{ActivityPatch, DealPatch, Edit, ItemRef, LeadPatch, RuleError, StatusChange, first_line};
use crate::pipedrive::ApiError;
use crate::sync::{Command, Durability, EditError, EditFailure, EditOutcome, EditState, JournalEntry};
use crate::workspace::{AcceptedEdit, EditId, RowId};

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

impl App {
    /// Makes an edit for the person. Where a rule forbids it, says so and returns no effect.
    pub(super) fn edit(&mut self, edit: Edit) -> Vec<Effect> {
        self.submit(edit, Origin::Person)
    }

    pub(super) fn submit(&mut self, edit: Edit, origin: Origin) -> Vec<Effect> {
        if self.tells_read_only() {
            return Vec::new();
        }
        let does = self.in_words(&edit);
        let (replaces, (tone, told)) = match &origin {
            Origin::Person | Origin::Form(_) => (None, (Tone::Info, does.clone())),
            Origin::Again(id) => (Some(*id), (Tone::Info, does.clone())),
            Origin::Undo(what, made) => (None, (Tone::Good, format!("Undone: {}", self.as_shown(made, what)))),
            Origin::Redo(what, made) => (None, (Tone::Good, format!("Done again: {}", self.as_shown(made, what)))),
        };
        match self.take_on(edit, does.clone(), origin, None) {
            Ok(kept) => {
                self.state.tell_of(kept.id, tone, told);
                vec![Effect::Send(Command::Edit { kept: Box::new(kept), replaces })]
            }
            Err(rule) => {
                let tone = if rule == RuleError::NoChange { Tone::Info } else { Tone::Bad };
                self.state.tell(tone, format!("{does}: {rule}."));
                Vec::new()
            }
        }
    }

    /// Whether nothing can be edited from here; then says why.
    pub(super) fn tells_read_only(&mut self) -> bool {
        let Durability::ReadOnly(why) = &self.state.keeping else { return false };
        let why = why.clone();
        self.state.tell(Tone::Bad, why);
        true
    }

    /// Whether an item is not in Pipedrive yet, so that nothing can be linked to it; then says so.
    pub(super) fn tells_unmade(&mut self, item: ItemRef) -> bool {
        if item.is_local() {
            self.state.tell(Tone::Info, "It is not in Pipedrive yet; it can be edited and linked once it is.");
        }
        item.is_local()
    }

    /// Takes on an edit that does this, shows it, and notes how it is taken back. It may be part of a bulk.
    pub(super) fn take_on(
        &mut self,
        edit: Edit,
        does: String,
        origin: Origin,
        part_of: Option<EditId>,
    ) -> Result<JournalEntry, RuleError> {
        let AcceptedEdit { id, inverse } = self.workspace.submit(edit.clone())?;
        let rests_on = match &origin {
            Origin::Undo(_, made) | Origin::Redo(_, made) if edit.is_update() => Some(made.intersect(&edit)),
            Origin::Form(base) => Some(base.clone()),
            _ => None,
        };
        let (stack, what) = match origin {
            Origin::Person | Origin::Form(_) | Origin::Again(_) => {
                self.state.redo.clear();
                if matches!(edit, Edit::Delete { .. } | Edit::ConvertDeal { .. }) {
                    self.note_lasting(Lasting { id, what: does.clone(), part_of });
                }
                (&mut self.state.undo, does.clone())
            }
            Origin::Undo(what, _) => (&mut self.state.redo, what),
            Origin::Redo(what, _) => (&mut self.state.undo, what),
        };
        let base = rests_on.or_else(|| inverse.clone());
        if let Some(inverse) = inverse {
            stack.push(Undo { id, made: edit.clone(), inverse, what, part_of });
            bound(stack);
        }
        self.state.under_way.insert(id, UnderWay { what: does.clone(), base: base.clone(), queued: false });
        Ok(JournalEntry {
            id,
            made_at: self.state.now.0,
            part_of,
            what: does,
            edit,
            base,
            step: None,
            state: EditState::Waiting,
            ended_at: None,
        })
    }

    pub(super) fn submit_and_select(&mut self, edit: Edit, origin: Origin) -> Vec<Effect> {
        let item = edit.item();
        let effects = self.submit(edit, origin);
        if !effects.is_empty() {
            self.select(item);
        }
        effects
    }

    /// Asks whether what is selected is to be deleted.
    pub(super) fn ask_delete(&mut self) {
        match self.state.selected(&self.workspace) {
            Some(item) => self.ask_delete_of(item, None),
            None => self.nothing_selected(),
        }
    }

    pub(super) fn ask_delete_of(&mut self, item: ItemRef, undo: Option<Undo>) {
        let name = self.name_of(item);
        self.state.dialog = Some(Dialog::Delete { item, name, undo: undo.map(Box::new) });
    }

    /// Deletes what was asked about.
    pub(super) fn delete(&mut self) -> Vec<Effect> {
        let Some(Dialog::Delete { item, undo, .. }) = self.state.dialog.take() else { return Vec::new() };
        let edit = Edit::Delete { item };
        match undo {
            Some(undo) => {
                self.state.undo.retain(|other| other.id != undo.id);
                self.submit(edit, Origin::Undo(undo.what, undo.made))
            }
            None => self.edit(edit),
        }
    }

    /// Puts the cursor on an item, in the lists that it is in.
    pub(super) fn select(&mut self, item: ItemRef) {
        let tables = &mut self.state.tables;
        match item {
            ItemRef::Deal(id) => {
                tables.select(View::Deals, RowId::Item(item));
                self.select_deal(id);
            }
            ItemRef::Activity(id) => self.select_activity(id),
            ItemRef::Lead(id) => self.state.leads.selected = Some(id),
            ItemRef::Person(_) => tables.select(View::People, RowId::Item(item)),
            ItemRef::Org(_) => tables.select(View::Orgs, RowId::Item(item)),
            ItemRef::Note(_) => {}
        }
    }

    /// An edit is kept on this machine.
    pub(super) fn edit_queued(&mut self, id: EditId) {
        if let Some(under_way) = self.state.under_way.get_mut(&id) {
            under_way.queued = true;
        }
    }

    /// An edit stays queued for a while.
    pub(super) fn edit_waits(&mut self, id: EditId, why: &str) {
        let Some(under_way) = self.state.under_way.get(&id) else { return };
        let bulk = self.state.bulks.iter().find(|bulk| bulk.has(id));
        let what = bulk.map_or_else(|| under_way.what(&self.workspace), |bulk| Cow::Borrowed(&bulk.what));
        let text = format!("{what}: waiting, as {why}. Retries automatically.");
        self.state.tell_waits(id, Tone::Bad, text);
    }

    /// It is being found out whether something was made.
    pub(super) fn edit_checked(&mut self, id: EditId, why: &str) {
        let Some(under_way) = self.state.under_way.get(&id) else { return };
        let text = format!("{}: checking whether Pipedrive has it ({why}).", under_way.what);
        self.state.tell_waits(id, Tone::Info, text);
    }

    /// A late request of an edit has overwritten what somebody else changed after it.
    pub(super) fn edit_overwrote(&mut self, kept: JournalEntry) {
        let text = format!("{}: a late request may have overwritten another user's change (! to decide)", kept.what);
        self.state.attention.retain(|other| other.id != kept.id);
        self.state.attention.extend(Attention::kept(kept));
        self.state.tell(Tone::Bad, text);
    }

    /// An edit came to its end.
    pub(super) fn edit_done(&mut self, id: EditId, outcome: Result<EditOutcome, EditFailure>) {
        let under_way = self.state.under_way.remove(&id).unwrap_or_default();
        let is_said_to_wait = self.state.notice.as_ref().is_some_and(|notice| notice.waits == Some(id));
        match outcome {
            Ok(outcome) => {
                if is_said_to_wait {
                    self.state.tell(Tone::Good, format!("Confirmed: {}", under_way.what));
                }
                let edit = self.workspace.settle(id, outcome.changes, outcome.created);
                let from = edit.as_ref().map(Edit::item);
                if let Some(created) = outcome.created {
                    self.can_be_unmade(id, edit, created, &under_way.what);
                    if !self.state.is_in_bulk(id) {
                        self.state.tell(Tone::Good, format!("Confirmed: {}", under_way.what));
                    }
                    if let Some(from) = from {
                        if self.state.is_selected(from) {
                            self.select(created);
                        }
                        self.follow_conversion(from, created);
                    }
                }
            }
            Err(failure) => {
                let (what, told) = (under_way.what.clone(), failure.clone());
                self.edit_failed(id, under_way, failure);
                return self.note_in_bulk(id, &what, Some(&told));
            }
        }
        self.note_in_bulk(id, &under_way.what, None);
    }

    fn edit_failed(&mut self, id: EditId, under_way: UnderWay, failure: EditFailure) {
        let UnderWay { what, base, queued } = under_way;
        let is_kept = queued && self.state.keeping.is_durable();
        let why = self.workspace.with_field_names(&failure.error.to_string());
        let cursor = self.state.selected(&self.workspace);
        let Some(edit) = self.workspace.settle(id, failure.changes, None) else { return };
        self.state.undo.retain(|undo| undo.id != id);
        self.state.lasting.retain(|lasting| lasting.id != id);
        self.state.redo.retain(|redo| redo.id != id);
        if matches!(failure.error, EditError::Stopped) {
            return;
        }
        let item = edit.item();
        let edit = failure.edit.map_or(edit, |edit| *edit);
        let what = self.as_shown(&edit, &what).into_owned();
        let told = match failure.error {
            EditError::Api(ApiError::Unclear(_)) => format!("{what}: {why} (! to decide)"),
            EditError::Conflict(_) => format!("Not done, as somebody else was there: {what}\n! shows yours and theirs"),
            _ => format!("Failed and taken back: {what}\n{why} (! to try again)"),
        };
        // Of a bulk one word is enough, at its end.
        if !self.state.is_in_bulk(id) {
            self.state.tell(Tone::Bad, told);
        }
        // Nobody quits past a failure unseen.
        if matches!(self.state.dialog, Some(Dialog::Quit)) {
            self.state.dialog = None;
        }
        let (theirs, base) = match failure.error {
            EditError::Conflict(clash) => (Some(clash.theirs), Some(clash.base)),
            _ => (None, base),
        };
        self.state.attention.push(Attention { id, edit, base, theirs, what, why, is_kept });
        // A card that goes back to its column takes the cursor along.
        if cursor == Some(item) {
            self.select(item);
        }
    }

    fn as_shown<'a>(&self, edit: &Edit, what: &'a str) -> Cow<'a, str> {
        words::as_shown(&self.workspace, edit, what)
    }

    /// What an edit does, for the person.
    pub fn in_words(&self, edit: &Edit) -> String {
        if let Some(words) = self.custom_in_words(edit) {
            return format!("{words} '{}'", shortened(&self.name_of(edit.item())));
        }
        match edit {
            Edit::UpdateDeal { .. } if words::hides(&self.workspace, edit) => {
                words::as_shown(&self.workspace, edit, "").into_owned()
            }
            Edit::UpdateDeal { id, patch } => {
                let title = self.workspace.deal(*id).map_or("deal", |deal| deal.title.as_str());
                format!("{} '{}'", self.deal_patch_in_words(patch), shortened(title))
            }
            Edit::UpdateActivity { id, patch } => {
                let subject = self.workspace.activity(*id).map_or("activity", |activity| activity.subject.as_str());
                format!("{} '{}'", activity_patch_in_words(patch), shortened(subject))
            }
            Edit::UpdateLead { id, patch } => {
                let title = self.workspace.lead(*id).map_or("lead", |lead| lead.title.as_str());
                format!("{} '{}'", lead_patch_in_words(patch), shortened(title))
            }
            Edit::ConvertLead { id, to } => {
                let title = self.workspace.lead(*id).map_or("lead", |lead| lead.title.as_str());
                let stage = self.workspace.stage(to.stage).map_or("?", |stage| stage.name.as_str());
                format!("Convert '{}' to a deal in {stage}", shortened(title))
            }
            Edit::ConvertDeal { id } => {
                format!("Make a lead of '{}' again", shortened(&self.name_of(ItemRef::Deal(*id))))
            }
            Edit::CreateDeal { new, .. } => format!("New deal '{}'", shortened(&new.title)),
            Edit::CreateLead { new, .. } => format!("New lead '{}'", shortened(&new.title)),
            Edit::CreatePerson { new, .. } => format!("New person '{}'", shortened(&new.name)),
            Edit::CreateOrg { new, .. } => format!("New organization '{}'", shortened(&new.name)),
            Edit::CreateActivity { new, .. } => format!("New activity '{}'", shortened(&new.subject)),
            Edit::UpdatePerson { id, .. } => format!("Change '{}'", shortened(&self.name_of(ItemRef::Person(*id)))),
            Edit::UpdateOrg { id, .. } => format!("Change '{}'", shortened(&self.name_of(ItemRef::Org(*id)))),
            Edit::CreateNote { content, .. } => format!("New note '{}'", shortened(&first_line(content))),
            Edit::UpdateNote { id, .. } => {
                format!("Change the note '{}'", shortened(&self.name_of(ItemRef::Note(*id))))
            }
            Edit::Delete { item: ItemRef::Note(id) } => {
                format!("Delete the note '{}'", shortened(&self.name_of(ItemRef::Note(*id))))
            }
            Edit::Delete { item } => format!("Delete '{}'", shortened(&self.name_of(*item))),
        }
    }

    /// What an item is called on the screen.
    pub(super) fn name_of(&self, item: ItemRef) -> String {
        self.workspace.shown(item).map(|item| item.name().into_owned()).unwrap_or_default()
    }

    fn deal_patch_in_words(&self, patch: &DealPatch) -> String {
        if let Some(place) = patch.stage {
            let stage = self.workspace.stage(place.stage).map_or("another stage", |stage| stage.name.as_str());
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
