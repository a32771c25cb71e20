//! Edits that need attention, and the history of all: done again, changed, discarded or taken back.

use crate::app::board;
use crate::app::edits;
use crate::app::undo;
use crate::app::{Account, Session};
use std::mem::discriminant;

use crossterm::event::{KeyCode, KeyEvent};

use super::Effect;
use super::dialogs::{Dialog, Outcome, Prompt, PromptKind, Request};
use super::edits::Origin;
use super::form::{Form, look};
use super::notes::NoteEditor;
use crate::app::account::Attention;
use crate::app::notice::Tone;
use crate::app::session::Undo;
use crate::domain::{Edit, StatusChange};
use crate::store::StoreError;
use crate::sync::{Command, EditState, JournalEntry};
use crate::workspace::EditId;

/// How far a page of the history goes.
const PAGE: isize = 10;

pub(super) fn open_attention(session: &mut Session, account: &Account) {
    if account.edits.attention.is_empty() {
        session.tell(Tone::Info, "No edit needs attention.");
    } else {
        session.dialog = Some(Dialog::Attention { selected: 0 });
    }
}

pub(super) fn attention_key(session: &mut Session, account: &Account, key: KeyEvent) -> Outcome {
    let Some(Dialog::Attention { selected }) = &mut session.dialog else { return Outcome::Stay };
    let last = account.edits.attention.len().saturating_sub(1);
    let at = *selected;
    let is_clash = account.edits.attention.get(at).is_some_and(|edit| edit.theirs.is_some());
    match key.code {
        KeyCode::Char('j') | KeyCode::Down => *selected = (at + 1).min(last),
        KeyCode::Char('k') | KeyCode::Up => *selected = at.saturating_sub(1),
        KeyCode::Char('m') if is_clash => return Outcome::Run(Request::Retry(at)),
        KeyCode::Char('t') if is_clash => return Outcome::Run(Request::TakeTheirs(at)),
        KeyCode::Char('r') | KeyCode::Enter if !is_clash => return Outcome::Run(Request::Retry(at)),
        KeyCode::Char('c') => return Outcome::Run(Request::Change(at)),
        KeyCode::Char('d') | KeyCode::Delete => return Outcome::Run(Request::Discard(at)),
        KeyCode::Char('q' | '!') => return Outcome::Close,
        _ => {}
    }
    Outcome::Stay
}

/// Does an edit again, as it is: where it clashed, mine wins over theirs.
pub(super) fn retry(session: &mut Session, account: &mut Account, at: usize) -> Vec<Effect> {
    let Some(attention) = account.edits.attention.get(at).cloned() else { return Vec::new() };
    let effects = do_instead(session, account, &attention, attention.edit.clone());
    keep_attention_open(session, account);
    effects
}

/// Leaves the fields that clash as they are now; what else the edit changes is done.
pub(super) fn take_theirs(session: &mut Session, account: &mut Account, at: usize) -> Vec<Effect> {
    let Some(attention) = account.edits.attention.get(at).cloned() else { return Vec::new() };
    let rest = attention.theirs.as_ref().and_then(|theirs| attention.edit.subtract(theirs));
    let effects = match rest {
        Some(rest) => do_instead(session, account, &attention, rest),
        None => discard(session, account, at),
    };
    keep_attention_open(session, account);
    effects
}

/// Does an edit in place of one that needs attention, which is kept where a rule forbids it.
fn do_instead(session: &mut Session, account: &mut Account, attention: &Attention, edit: Edit) -> Vec<Effect> {
    let effects = edits::submit(session, account, edit, Origin::Again(attention.id));
    let at = account.edits.attention.iter().position(|other| other.id == attention.id);
    if effects.is_empty() {
        // What it wanted may hold already; anything else is kept for the person to decide.
        if let (Some(kept), Some(notice)) =
            (at.and_then(|at| account.edits.attention.get_mut(at)), &session.messages.notice)
        {
            kept.why.clone_from(&notice.text);
        }
    } else if let Some(at) = at {
        account.edits.attention.remove(at);
    }
    effects
}

/// Gives an edit up.
pub(super) fn discard(session: &mut Session, account: &mut Account, at: usize) -> Vec<Effect> {
    if at >= account.edits.attention.len() {
        return Vec::new();
    }
    let discarded = account.edits.attention.remove(at);
    keep_attention_open(session, account);
    vec![Effect::Send(Command::Discard(discarded.id))]
}

/// Opens what an edit was made with, holding what it was to be.
pub(super) fn change(session: &mut Session, account: &Account, at: usize) {
    let Some(attention) = account.edits.attention.get(at).cloned() else { return };
    let dialog = match &attention.edit {
        edit if account.workspace.hides_probability_of(edit) => {
            Form::again(&account.workspace.as_shown(edit), look(session, &account.workspace)).map(Dialog::Form)
        }
        Edit::CreateNote { .. } | Edit::UpdateNote { .. } => NoteEditor::of(&attention.edit).map(Dialog::Note),
        Edit::ConvertLead { .. } | Edit::Delete { .. } => None,
        Edit::UpdateDeal { patch, .. } if patch.is_move() => None,
        edit => {
            let asked = asked(edit, account.workspace.zone());
            let prompt = asked.map(|(ask, text)| Dialog::Prompt(Prompt::new(ask, text)));
            let form = || Form::again(edit, look(session, &account.workspace)).map(Dialog::Form);
            prompt.or_else(form)
        }
    };
    match (dialog, &attention.edit) {
        (Some(dialog), _) => session.dialog = Some(dialog),
        (None, Edit::UpdateDeal { id, patch }) if patch.is_move() => {
            board::open_stages(session, account, board::StageFor::Deal(*id), patch.stage.map(|place| place.stage));
        }
        (None, Edit::ConvertLead { id, to }) => {
            board::open_stages(session, account, board::StageFor::Lead(*id), Some(to.stage));
        }
        _ => {
            session.tell(Tone::Info, "There is nothing to change in it: do it again, or discard it.");
            return;
        }
    }
    session.retrying = Some(attention.id);
}

/// Keeps the list open while there is anything in it.
fn keep_attention_open(session: &mut Session, account: &Account) {
    if let Some(Dialog::Attention { selected }) = &mut session.dialog {
        match account.edits.attention.len().checked_sub(1) {
            Some(last) => *selected = (*selected).min(last),
            None => session.dialog = None,
        }
    }
}

/// Makes an edit that a dialog was answered with: in place of the one that is being changed, if any.
pub(super) fn edit_from_dialog(session: &mut Session, account: &mut Account, edit: Edit) -> Vec<Effect> {
    let changed = session.retrying.take();
    let attention = account.edits.attention.iter().find(|attention| Some(attention.id) == changed);
    let attention = attention.filter(|attention| attention.is_about(&edit)).cloned();
    match attention {
        Some(attention) => do_instead(session, account, &attention, edit),
        None => edits::apply(session, account, edit),
    }
}

/// A rule forbids what a form or a note was to do: it is opened again, so that what was typed is not lost.
pub(super) fn refused(session: &mut Session, dialog: Option<Dialog>, changing: Option<EditId>) {
    session.dialog = dialog;
    session.retrying = changing;
    let Some(why) = session.messages.notice.as_ref().map(|notice| notice.text.clone()) else { return };
    match &mut session.dialog {
        Some(Dialog::Form(form)) => form.refuse(why),
        Some(Dialog::Note(editor)) => editor.error = Some(why),
        _ => {}
    }
}

/// Asks for the history.
pub(super) fn open_history(session: &mut Session) -> Vec<Effect> {
    session.dialog = Some(Dialog::History { edits: None, selected: 0 });
    vec![Effect::Send(Command::History)]
}

pub(super) fn history_came(session: &mut Session, history: Result<Vec<JournalEntry>, StoreError>) {
    let Some(Dialog::History { edits, selected }) = &mut session.dialog else { return };
    match history {
        Ok(history) => {
            *selected = (*selected).min(history.len().saturating_sub(1));
            *edits = Some(history);
        }
        Err(error) => {
            session.dialog = None;
            session.tell(Tone::Bad, format!("What was edited cannot be read: {error}"));
        }
    }
}

pub(super) fn history_key(session: &mut Session, key: KeyEvent) -> Outcome {
    let Some(Dialog::History { edits, selected }) = &mut session.dialog else { return Outcome::Stay };
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
                .map_or(Outcome::Stay, |edit| Outcome::Run(Request::UndoEdit(edit.id)));
        }
        KeyCode::Char('q' | 'Y') | KeyCode::Enter => return Outcome::Close,
        _ => 0,
    };
    *selected = selected.saturating_add_signed(by).min(last);
    Outcome::Stay
}

/// Takes back an edit of the history, whenever it was made: by an edit that makes up for it. Where somebody has
/// changed the same since, the person is asked like for any other edit.
pub(super) fn take_back(session: &mut Session, account: &mut Account, id: EditId) -> Vec<Effect> {
    let Some(Dialog::History { edits: Some(edits), .. }) = &session.dialog else { return Vec::new() };
    let Some(edit) = edits.iter().find(|edit| edit.id == id).cloned() else { return Vec::new() };
    if let EditState::Confirmed { made: Some(item) } = edit.state
        && let Some(inverse) = edit.edit.inverse_of_creation(item)
    {
        undo::ask_to_unmake(session, account, Undo { id, made: edit.edit, inverse, what: edit.what, part_of: None });
        return Vec::new();
    }
    let is_done = matches!(edit.state, EditState::Waiting | EditState::Confirmed { .. });
    match edit.base {
        Some(inverse) if is_done => {
            session.dialog = None;
            session.steps.undo.retain(|undo| undo.id != id);
            edits::submit_and_select(session, account, inverse, Origin::Undo(edit.what, edit.edit))
        }
        Some(_) => {
            session.tell(Tone::Info, "It was not done, so there is nothing to take back.");
            Vec::new()
        }
        None => {
            session.tell(Tone::Info, "It cannot be taken back from here.");
            Vec::new()
        }
    }
}

/// The prompt that an update was made with, and what was typed.
fn asked(edit: &Edit, zone: chrono_tz::Tz) -> Option<(PromptKind, String)> {
    let item = edit.item();
    let (title, value, close) = match edit {
        Edit::UpdateDeal { id, patch } => {
            if let Some(probability) = patch.probability {
                let text = probability.map(|own| own.percent().to_string()).unwrap_or_default();
                return Some((PromptKind::Probability(*id), text));
            }
            if let Some(StatusChange::Lose { reason }) = &patch.status {
                return Some((PromptKind::LostReason(*id), reason.clone().unwrap_or_default()));
            }
            (patch.title.clone(), patch.value.clone().map(Some), patch.expected_close)
        }
        Edit::UpdateLead { patch, .. } => (patch.title.clone(), patch.value.clone(), patch.expected_close),
        Edit::UpdateActivity { id, patch } => {
            let day = patch.due?.map(|due| due.local(zone).0.to_string());
            return Some((PromptKind::Day(*id), day.unwrap_or_default()));
        }
        _ => return None,
    };
    match (title, value, close) {
        (Some(title), ..) => Some((PromptKind::Title(item), title)),
        (_, Some(value), _) => {
            let text = value.map(|value| format!("{} {}", value.amount.normalize(), value.currency));
            Some((PromptKind::Value(item), text.unwrap_or_default()))
        }
        (.., Some(date)) => {
            Some((PromptKind::ExpectedClose(item), date.map(|date| date.to_string()).unwrap_or_default()))
        }
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
