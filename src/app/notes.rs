//! Notes: written and changed in a dialog of several lines, chosen from a list, deleted after a question.

use crate::app::attention;
use crate::app::dispatch;
use crate::app::edits;
use crate::app::{Account, Session};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::Effect;
use super::dialogs::{Dialog, Outcome, PickDialog, Request};
use super::widgets::picker::PickerItem;
use super::widgets::text_area::{TextArea, pasted};
use crate::app::notice::Tone;
use crate::domain::{Edit, ItemRef, Note, NoteId, NotePatch, html_to_text, is_formatted, text_to_html};

/// What is typed in the dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A note on an item.
    New(ItemRef),
    /// Other words for a note.
    Change(NoteId),
}

/// The dialog of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteEditor {
    /// What is typed.
    pub purpose: Purpose,
    /// The text.
    pub area: TextArea,
    /// The text as it was at first.
    was: String,
    /// Whether the note has bold words and the like, which saving takes away.
    pub is_formatted: bool,
    /// Whether it is asked if what was typed may be lost.
    pub leaving: bool,
    /// What is wrong, once saving was tried.
    pub error: Option<String>,
}

impl NoteEditor {
    fn new(purpose: Purpose, html: &str) -> Self {
        let was = html_to_text(html);
        let area = TextArea::new(&was);
        Self { purpose, was: area.text(), area, is_formatted: is_formatted(html), leaving: false, error: None }
    }

    /// An editor that holds what an edit was to write, where it is one of a note.
    pub(super) fn of(edit: &Edit) -> Option<Self> {
        let (purpose, html) = match edit {
            Edit::CreateNote { on, content, .. } => (Purpose::New(*on), content),
            Edit::UpdateNote { id, patch } => (Purpose::Change(*id), patch.content.as_ref()?),
            _ => return None,
        };
        // What it says is what would be lost.
        Some(Self { was: String::new(), ..Self::new(purpose, html) })
    }

    /// What it is, for the frame.
    pub fn title(&self) -> &'static str {
        match self.purpose {
            Purpose::New(_) => "New note",
            Purpose::Change(_) => "Note",
        }
    }

    pub(super) fn is_changed(&self) -> bool {
        self.area.text() != self.was
    }

    /// Whether leaving now takes nothing along.
    pub(super) fn may_leave(&self) -> bool {
        self.leaving || !self.is_changed() || self.area.is_blank()
    }

    /// Takes pasted text, with its lines.
    pub(super) fn paste(&mut self, text: &str) {
        self.leaving = false;
        self.area.insert(&pasted(text));
    }

    /// A key while it is open.
    pub(super) fn key(&mut self, key: KeyEvent) -> Outcome {
        let with = |modifier| key.modifiers.contains(modifier);
        if self.leaving {
            match key.code {
                KeyCode::Char('y') | KeyCode::Enter => return Outcome::Close,
                _ => self.leaving = false,
            }
            return Outcome::Stay;
        }
        self.error = None;
        match key.code {
            KeyCode::Char('s') if with(KeyModifiers::CONTROL) => return Outcome::Run(Request::SaveNote),
            KeyCode::Enter if with(KeyModifiers::ALT) || with(KeyModifiers::CONTROL) => {
                return Outcome::Run(Request::SaveNote);
            }
            _ => self.area.key(key),
        }
        Outcome::Stay
    }
}

/// Opens the dialog for a new note on what is selected.
pub(super) fn open_new_note(session: &mut Session, account: &Account) {
    match session.selected(&account.workspace) {
        Some(item) if has_notes(item) => {
            if !edits::tells_unmade(session, item) {
                session.dialog = Some(Dialog::Note(NoteEditor::new(Purpose::New(item), "")));
            }
        }
        Some(_) => session.tell(Tone::Info, "Its note is one of its own fields."),
        None => dispatch::nothing_selected(session),
    }
}

/// Offers the notes of what is selected.
pub(super) fn open_notes(session: &mut Session, account: &Account) {
    let Some(item) = session.selected(&account.workspace) else { return dispatch::nothing_selected(session) };
    let lines: Vec<PickerItem<Request>> =
        account.workspace.notes_of(item).map(|note| pickable_note(account, note)).collect();
    if lines.is_empty() {
        let why = if account.workspace.dossier(item).is_some() {
            "It has no notes: i writes one."
        } else {
            "Its notes are not read yet: open its details (enter)."
        };
        return session.tell(Tone::Info, why);
    }
    session.dialog = Some(Dialog::Pick(PickDialog::new("Notes: enter edit · X delete", lines)));
}

fn pickable_note(account: &Account, note: &Note) -> PickerItem<Request> {
    let author = note.author.and_then(|author| account.workspace.user(author)).map_or("", |user| user.name.as_str());
    let day = note.added.map(|added| added.with_timezone(&account.workspace.zone()).date_naive().to_string());
    let hint = [author.to_owned(), day.unwrap_or_default()].join(" ");
    PickerItem::new(note.first_line(), hint.trim(), Request::OpenNote(note.id))
        .deleted_by(Request::AskDelete(ItemRef::Note(note.id)))
}

/// Opens a note that was chosen.
pub(super) fn open_note(session: &mut Session, account: &Account, id: NoteId) {
    if edits::tells_unmade(session, ItemRef::Note(id)) {
        return;
    }
    let Some(note) = account.workspace.note(id) else { return };
    if note.is_truncated() {
        let rule = crate::domain::RuleError::TooLongNote;
        return session.tell(Tone::Bad, format!("This note: {rule}."));
    }
    session.dialog = Some(Dialog::Note(NoteEditor::new(Purpose::Change(id), &note.content)));
}

/// Saves the note in the dialog.
pub(super) fn save_note(session: &mut Session, account: &mut Account) -> Vec<Effect> {
    let Some(Dialog::Note(editor)) = &mut session.dialog else { return Vec::new() };
    if editor.area.is_blank() {
        editor.error = Some(crate::domain::RuleError::EmptyNote.to_string());
        return Vec::new();
    }
    let (purpose, content) = (editor.purpose, text_to_html(&editor.area.text()));
    let is_changed = editor.is_changed();
    let (dialog, changing) = (session.dialog.take(), session.retrying);
    let edit = match purpose {
        Purpose::New(on) => Edit::CreateNote { id: account.workspace.local_note(), on, content },
        Purpose::Change(id) if is_changed => Edit::UpdateNote { id, patch: NotePatch { content: Some(content) } },
        // Nothing was typed: what formatting it has stays.
        Purpose::Change(_) => {
            session.retrying = None;
            return Vec::new();
        }
    };
    let effects = attention::edit_from_dialog(session, account, edit);
    if effects.is_empty() {
        attention::refused(session, dialog, changing);
    }
    effects
}

/// Whether Pipedrive keeps notes on it.
pub(super) const fn has_notes(item: ItemRef) -> bool {
    matches!(item, ItemRef::Deal(_) | ItemRef::Lead(_) | ItemRef::Person(_) | ItemRef::Org(_))
}
