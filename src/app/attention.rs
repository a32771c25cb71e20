//! Edits that need attention, and the history of all: done again, changed, discarded or taken back.

use std::mem::discriminant;

use crossterm::event::{KeyCode, KeyEvent};

use super::dialog::{Ask, Dialog, Picking, Prompt};
use super::dialogs::After;
use super::edits::Origin;
use super::form::{Form, look};
use super::notes::NoteEditor;
use super::state::{Attention, Tone, Undo};
use super::{App, Effect};
use crate::domain::{Edit, StatusChange};
use crate::store::StoreError;
use crate::sync::{Command, EditState, JournalEntry};
use crate::workspace::EditId;

/// How far a page of the history goes.
const PAGE: isize = 10;

impl App {
    pub(super) fn open_attention(&mut self) {
        if self.state.attention.is_empty() {
            self.state.tell(Tone::Info, "No edit needs attention.");
        } else {
            self.state.dialog = Some(Dialog::Attention { selected: 0 });
        }
    }

    pub(super) fn attention_key(&mut self, key: KeyEvent) -> After {
        let Some(Dialog::Attention { selected }) = &mut self.state.dialog else { return After::Stay };
        let last = self.state.attention.len().saturating_sub(1);
        let at = *selected;
        let is_clash = self.state.attention.get(at).is_some_and(|edit| edit.theirs.is_some());
        match key.code {
            KeyCode::Char('j') | KeyCode::Down => *selected = (at + 1).min(last),
            KeyCode::Char('k') | KeyCode::Up => *selected = at.saturating_sub(1),
            KeyCode::Char('m') if is_clash => return After::Retry(at),
            KeyCode::Char('t') if is_clash => return After::TakeTheirs(at),
            KeyCode::Char('r') | KeyCode::Enter if !is_clash => return After::Retry(at),
            KeyCode::Char('c') => return After::Change(at),
            KeyCode::Char('d') | KeyCode::Delete => return After::Discard(at),
            KeyCode::Char('q' | '!') => return After::Close,
            _ => {}
        }
        After::Stay
    }

    /// Does an edit again, as it is: where it clashed, mine wins over theirs.
    pub(super) fn retry(&mut self, at: usize) -> Vec<Effect> {
        let Some(attention) = self.state.attention.get(at).cloned() else { return Vec::new() };
        let effects = self.do_instead(&attention, attention.edit.clone());
        self.keep_attention_open();
        effects
    }

    /// Leaves the fields that clash as they are now; what else the edit changes is done.
    pub(super) fn take_theirs(&mut self, at: usize) -> Vec<Effect> {
        let Some(attention) = self.state.attention.get(at).cloned() else { return Vec::new() };
        let rest = attention.theirs.as_ref().and_then(|theirs| attention.edit.subtract(theirs));
        let effects = match rest {
            Some(rest) => self.do_instead(&attention, rest),
            None => self.discard(at),
        };
        self.keep_attention_open();
        effects
    }

    /// Does an edit in place of one that needs attention, which is kept where a rule forbids it.
    fn do_instead(&mut self, attention: &Attention, edit: Edit) -> Vec<Effect> {
        let effects = self.submit(edit, Origin::Again(attention.id));
        let at = self.state.attention.iter().position(|other| other.id == attention.id);
        if effects.is_empty() {
            // What it wanted may hold already; anything else is kept for the person to decide.
            if let (Some(kept), Some(notice)) = (at.and_then(|at| self.state.attention.get_mut(at)), &self.state.notice)
            {
                kept.why.clone_from(&notice.text);
            }
        } else if let Some(at) = at {
            self.state.attention.remove(at);
        }
        effects
    }

    /// Gives an edit up.
    pub(super) fn discard(&mut self, at: usize) -> Vec<Effect> {
        if at >= self.state.attention.len() {
            return Vec::new();
        }
        let discarded = self.state.attention.remove(at);
        self.keep_attention_open();
        vec![Effect::Send(Command::Discard(discarded.id))]
    }

    /// Opens what an edit was made with, holding what it was to be.
    pub(super) fn change(&mut self, at: usize) {
        let Some(attention) = self.state.attention.get(at).cloned() else { return };
        let dialog = match &attention.edit {
            edit if self.workspace.hides_probability_of(edit) => {
                Form::again(&self.workspace.as_shown(edit), look(&self.state, &self.workspace)).map(Dialog::Form)
            }
            Edit::CreateNote { .. } | Edit::UpdateNote { .. } => NoteEditor::of(&attention.edit).map(Dialog::Note),
            Edit::ConvertLead { .. } | Edit::Delete { .. } => None,
            Edit::UpdateDeal { patch, .. } if patch.is_move() => None,
            edit => {
                let asked = asked(edit, self.workspace.zone());
                let prompt = asked.map(|(ask, text)| Dialog::Prompt(Prompt::new(ask, text)));
                let form = || Form::again(edit, look(&self.state, &self.workspace)).map(Dialog::Form);
                prompt.or_else(form)
            }
        };
        match (dialog, &attention.edit) {
            (Some(dialog), _) => self.state.dialog = Some(dialog),
            (None, Edit::UpdateDeal { id, patch }) if patch.is_move() => {
                self.open_stages(Picking::MoveDeal(*id), patch.stage.map(|place| place.stage));
            }
            (None, Edit::ConvertLead { id, to }) => self.open_stages(Picking::ConvertLead(*id), Some(to.stage)),
            _ => {
                self.state.tell(Tone::Info, "There is nothing to change in it: do it again, or discard it.");
                return;
            }
        }
        self.state.changing = Some(attention.id);
    }

    /// Keeps the list open while there is anything in it.
    fn keep_attention_open(&mut self) {
        if let Some(Dialog::Attention { selected }) = &mut self.state.dialog {
            match self.state.attention.len().checked_sub(1) {
                Some(last) => *selected = (*selected).min(last),
                None => self.state.dialog = None,
            }
        }
    }

    /// Makes an edit that a dialog was answered with: in place of the one that is being changed, if any.
    pub(super) fn edit_from_dialog(&mut self, edit: Edit) -> Vec<Effect> {
        let changed = self.state.changing.take();
        let attention = self.state.attention.iter().find(|attention| Some(attention.id) == changed);
        let attention = attention.filter(|attention| attention.is_about(&edit)).cloned();
        match attention {
            Some(attention) => self.do_instead(&attention, edit),
            None => self.edit(edit),
        }
    }

    /// A rule forbids what a form or a note was to do: it is opened again, so that what was typed is not lost.
    pub(super) fn refused(&mut self, dialog: Option<Dialog>, changing: Option<EditId>) {
        self.state.dialog = dialog;
        self.state.changing = changing;
        let Some(why) = self.state.notice.as_ref().map(|notice| notice.text.clone()) else { return };
        match &mut self.state.dialog {
            Some(Dialog::Form(form)) => form.refuse(why),
            Some(Dialog::Note(editor)) => editor.error = Some(why),
            _ => {}
        }
    }

    /// Asks for the history.
    pub(super) fn open_history(&mut self) -> Vec<Effect> {
        self.state.dialog = Some(Dialog::History { edits: None, selected: 0 });
        vec![Effect::Send(Command::History)]
    }

    pub(super) fn history_came(&mut self, history: Result<Vec<JournalEntry>, StoreError>) {
        let Some(Dialog::History { edits, selected }) = &mut self.state.dialog else { return };
        match history {
            Ok(history) => {
                *selected = (*selected).min(history.len().saturating_sub(1));
                *edits = Some(history);
            }
            Err(error) => {
                self.state.dialog = None;
                self.state.tell(Tone::Bad, format!("What was edited cannot be read: {error}"));
            }
        }
    }

    pub(super) fn history_key(&mut self, key: KeyEvent) -> After {
        let Some(Dialog::History { edits, selected }) = &mut self.state.dialog else { return After::Stay };
        let last = edits.as_ref().map_or(0, Vec::len).saturating_sub(1);
        let by = match key.code {
            KeyCode::Char('j') | KeyCode::Down => 1,
            KeyCode::Char('k') | KeyCode::Up => -1,
            KeyCode::PageDown | KeyCode::Char(' ') => PAGE,
            KeyCode::PageUp => -PAGE,
            KeyCode::Char('g') | KeyCode::Home => isize::MIN,
            KeyCode::Char('G') | KeyCode::End => isize::MAX,
            KeyCode::Char('u') => {
                return edits
                    .as_ref()
                    .and_then(|edits| edits.get(*selected))
                    .map_or(After::Stay, |edit| After::TakeBack(edit.id));
            }
            KeyCode::Char('q' | 'Y') | KeyCode::Enter => return After::Close,
            _ => 0,
        };
        *selected = selected.saturating_add_signed(by).min(last);
        After::Stay
    }

    /// Takes back an edit of the history, whenever it was made: by an edit that makes up for it. Where somebody has
    /// changed the same since, the person is asked like for any other edit.
    pub(super) fn take_back(&mut self, id: EditId) -> Vec<Effect> {
        let Some(Dialog::History { edits: Some(edits), .. }) = &self.state.dialog else { return Vec::new() };
        let Some(edit) = edits.iter().find(|edit| edit.id == id).cloned() else { return Vec::new() };
        if let EditState::Confirmed { made: Some(item) } = edit.state
            && let Some(inverse) = edit.edit.inverse_of_creation(item)
        {
            self.ask_to_unmake(Undo { id, made: edit.edit, inverse, what: edit.what, part_of: None });
            return Vec::new();
        }
        let is_done = matches!(edit.state, EditState::Waiting | EditState::Confirmed { .. });
        match edit.base {
            Some(inverse) if is_done => {
                self.state.dialog = None;
                self.state.undo.retain(|undo| undo.id != id);
                self.submit_and_select(inverse, Origin::Undo(edit.what, edit.edit))
            }
            Some(_) => {
                self.state.tell(Tone::Info, "It was not done, so there is nothing to take back.");
                Vec::new()
            }
            None => {
                self.state.tell(Tone::Info, "It cannot be taken back from here.");
                Vec::new()
            }
        }
    }
}

/// The prompt that an update was made with, and what was typed.
fn asked(edit: &Edit, zone: chrono_tz::Tz) -> Option<(Ask, String)> {
    let item = edit.item();
    let (title, value, close) = match edit {
        Edit::UpdateDeal { id, patch } => {
            if let Some(probability) = patch.probability {
                let text = probability.map(|own| own.percent().to_string()).unwrap_or_default();
                return Some((Ask::Probability(*id), text));
            }
            if let Some(StatusChange::Lose { reason }) = &patch.status {
                return Some((Ask::LostReason(*id), reason.clone().unwrap_or_default()));
            }
            (patch.title.clone(), patch.value.clone().map(Some), patch.expected_close)
        }
        Edit::UpdateLead { patch, .. } => (patch.title.clone(), patch.value.clone(), patch.expected_close),
        Edit::UpdateActivity { id, patch } => {
            let day = patch.due?.map(|due| due.local(zone).0.to_string());
            return Some((Ask::Day(*id), day.unwrap_or_default()));
        }
        _ => return None,
    };
    match (title, value, close) {
        (Some(title), ..) => Some((Ask::Title(item), title)),
        (_, Some(value), _) => {
            let text = value.map(|value| format!("{} {}", value.amount.normalize(), value.currency));
            Some((Ask::Value(item), text.unwrap_or_default()))
        }
        (.., Some(date)) => Some((Ask::ExpectedClose(item), date.map(|date| date.to_string()).unwrap_or_default())),
        _ => None,
    }
}

impl Attention {
    /// One that was kept on this machine.
    pub(super) fn kept(kept: JournalEntry) -> Option<Self> {
        let EditState::Attention { why, theirs } = kept.state else { return None };
        Some(Self {
            id: kept.id,
            edit: kept.edit,
            base: kept.base,
            theirs: theirs.map(|edit| *edit),
            what: kept.what,
            why,
            is_kept: true,
        })
    }

    /// Whether an edit can come in its place: it is about the same item, or makes the same kind of one.
    fn is_about(&self, edit: &Edit) -> bool {
        let makes_alike = self.edit.is_creation() && discriminant(&self.edit) == discriminant(edit);
        makes_alike || self.edit.item() == edit.item()
    }
}
