//! Dialogs: they open over the view and take the keys until they close.

pub(super) mod keys;
pub mod picker;
pub mod prompt;
mod request;

pub use self::picker::PickDialog;
pub use self::prompt::{Prompt, PromptKind};
pub(super) use self::request::Outcome;
pub use self::request::Request;
use super::columns::Chosen;
use super::form::Form;
use super::notes::{NoteEditor, Purpose};
use super::session::Undo;
use super::targets::Checklist;
use super::token::TokenPrompt;
use crate::domain::{ActivityId, DealId, ItemRef};
use crate::sync::JournalEntry;
use crate::workspace::EditId;

/// The open dialog.
#[derive(Debug)]
pub enum Dialog {
    /// The keys.
    Help {
        /// Rows scrolled.
        top: u16,
    },
    /// Details of the connection to Pipedrive.
    Diagnostics {
        /// Rows scrolled.
        top: u16,
    },
    /// A list to pick from.
    Pick(PickDialog),
    /// The columns of a table.
    Columns(Chosen),
    /// One line of text.
    Prompt(Prompt),
    /// Several fields.
    Form(Form),
    /// The text of a note.
    Note(NoteEditor),
    /// Edits that need attention: to retry, change or discard.
    Attention {
        /// The rank of the selected edit.
        selected: usize,
    },
    /// A question before an item is deleted.
    Delete {
        /// The item.
        item: ItemRef,
        /// Its name.
        name: String,
        /// The undo step of its creation, if deleting it completes that.
        undo: Option<Box<Undo>>,
    },
    /// A question before several items are changed.
    Confirm(Confirm),
    /// The labels to add or remove.
    Labels(Checklist),
    /// The progress of bulk edits, and their failed edits.
    Bulk {
        /// Rows scrolled.
        top: u16,
    },
    /// The offer to plan the next activity when nothing more is planned.
    Next {
        /// The completed activity.
        done: ActivityId,
        /// The item it was about.
        about: ItemRef,
        /// The name of that item.
        name: String,
    },
    /// A question before a deal is converted back to a lead.
    BackToLead {
        /// The deal.
        deal: DealId,
        /// Its title.
        title: String,
        /// The undo step of its conversion, if this completes that.
        undo: Option<Box<Undo>>,
    },
    /// The edits made from here.
    History {
        /// The edits, the latest first; `None` until they are loaded.
        edits: Option<Vec<JournalEntry>>,
        /// The rank of the selected edit.
        selected: usize,
    },
    /// A new API token.
    Token(TokenPrompt),
    /// A question before quitting while edits are not saved yet.
    Quit,
}

/// A question before several items are changed.
#[derive(Debug)]
pub enum Confirm {
    /// Delete them?
    DeleteAll {
        /// Their number and kind: '12 deals'.
        what: String,
        /// The names of the first.
        names: Vec<String>,
        /// The number of the others.
        more: usize,
    },
    /// Undo a bulk edit?
    UndoAll {
        /// The bulk edit.
        bulk: EditId,
        /// Its description.
        what: String,
        /// The number of edits to undo.
        count: usize,
        /// `true` if that deletes the items it created.
        deletes: bool,
    },
}

impl Dialog {
    /// Returns the one item that the dialog is about, which it can't do without; `None` if it is about several or none.
    /// `targets` are the items that the session's next change applies to.
    fn subject(&self, targets: &[ItemRef]) -> Option<ItemRef> {
        let only_target = || if let [only] = targets { Some(*only) } else { None };
        match self {
            Self::Form(form) => (!form.is_new).then(|| form.item().key()),
            Self::Note(editor) => Some(match editor.purpose {
                Purpose::New(item) => item,
                Purpose::Change(note) => ItemRef::Note(note),
            }),
            Self::Delete { item, .. } => Some(*item),
            Self::BackToLead { deal, .. } => Some(ItemRef::Deal(*deal)),
            Self::Next { about, .. } => Some(*about),
            Self::Labels(_) | Self::Confirm(Confirm::DeleteAll { .. }) => only_target(),
            Self::Pick(picker) => match picker.subject {
                picker::Subject::Nothing => None,
                picker::Subject::Item(item) => Some(item),
                picker::Subject::Targets => only_target(),
            },
            Self::Prompt(prompt) => match prompt.kind {
                PromptKind::ForAll(_) => only_target(),
                kind => kind.item(),
            },
            Self::Help { .. }
            | Self::Diagnostics { .. }
            | Self::Columns(_)
            | Self::Attention { .. }
            | Self::Confirm(Confirm::UndoAll { .. })
            | Self::Bulk { .. }
            | Self::History { .. }
            | Self::Token(_)
            | Self::Quit => None,
        }
    }

    /// Returns the deal whose probability the dialog asks for.
    fn needs_probability_of(&self) -> Option<DealId> {
        match self {
            Self::Prompt(Prompt { kind: PromptKind::Probability(deal), .. }) => Some(*deal),
            _ => None,
        }
    }
}
