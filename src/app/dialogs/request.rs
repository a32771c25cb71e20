//! The outcome of a key or a click in a dialog.

use crossterm::event::KeyEvent;

use crate::app::actions::Action;
use crate::app::copy::Part;
use crate::app::deed::Deed;
use crate::app::filtering::Answer;
use crate::app::named::Name;
use crate::app::session::Undo;
use crate::domain::{ActivityId, DealId, ItemRef, LeadId, NoteId, PipelineId, StageId};
use crate::workspace::{Column, EditId};

/// The effect of a key or a click on the open dialog.
#[derive(Debug)]
pub(in crate::app) enum Outcome {
    /// The dialog stays open.
    Stay,
    /// The dialog closes.
    Close,
    /// The dialog closes, then the request is carried out.
    Answer(Request),
    /// The request is carried out while the dialog is open; it decides whether the dialog closes.
    Run(Request),
}

/// A change that a dialog asks the session for. The lines of a picker carry the request they stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Carry out an action.
    Act(Action),
    /// Handle a key as if no dialog were open.
    Key(KeyEvent),
    /// Apply a change to the items that the dialog is about.
    Apply(Deed),
    /// Move a deal to a stage.
    MoveDeal(DealId, StageId),
    /// Convert a lead to a deal in a stage.
    ConvertLead(LeadId, StageId),
    /// Convert a deal back to a lead; with the undo step that this completes.
    ConvertDeal(DealId, Option<Box<Undo>>),
    /// Delete an item; with the undo step that this completes.
    Delete(ItemRef, Option<Box<Undo>>),
    /// Ask whether to delete an item.
    AskDelete(ItemRef),
    /// Undo a bulk edit.
    UndoBulk(EditId),
    /// Cancel the edits of the running bulk edit that are not yet sent.
    StopBulk,
    /// Plan the activity that follows a completed one.
    PlanNext(ActivityId),
    /// Show a pipeline on the board.
    ShowPipeline(PipelineId),
    /// Go to an item.
    GoTo(ItemRef),
    /// Go to an item that Pipedrive's search returned, loading it first if necessary.
    GoToFound(ItemRef),
    /// Open a note.
    OpenNote(NoteId),
    /// Sort the list by a column, or in its default order.
    SortBy(Option<Column>),
    /// Open the list of filter fields.
    OpenFilters,
    /// Change the filter.
    Filter(Answer),
    /// Use, save or delete a saved filter.
    SavedFilter(Name),
    /// Copy a part of an item to the clipboard.
    Copy(ItemRef, Part),
    /// Submit the prompt.
    SubmitPrompt,
    /// Save the note.
    SaveNote,
    /// Submit the form.
    SubmitForm,
    /// Use the typed API token.
    UseToken,
    /// Quit instead of entering a token.
    QuitWithoutToken,
    /// Retry the failed edit of this rank.
    Retry(usize),
    /// Keep the other user's values where the edit of this rank conflicts with them.
    TakeTheirs(usize),
    /// Open the failed edit of this rank in its dialog.
    Change(usize),
    /// Discard the failed edit of this rank.
    Discard(usize),
    /// Undo an edit of the history.
    UndoEdit(EditId),
    /// Quit although edits are not saved yet.
    QuitNow,
}
