//! `dealdeck notes …`

use clap::{Args, Subcommand};

use super::args::{Editing, Reading, note};
use super::ask::Question;
use super::desk::Desk;
use super::items::{Change, Delete, Each, Id, One, Show, all_there};
use super::plan::{How, Plan, Shape, Verb};
use super::row::Row;
use crate::cli::Failure;
use crate::domain::{DealId, Edit, ItemRef, LeadId, NoteId, NotePatch, OrgId, PersonId, text_to_html};
use crate::workspace::Workspace;

/// What can be done with notes.
#[derive(Debug, Subcommand)]
pub enum Notes {
    /// Lists the notes on an item, the latest first
    List(List),
    /// Shows one note
    Show(Show<NoteId>),
    /// Writes a note on an item and prints its id
    #[command(visible_alias = "add")]
    Create(Create),
    /// Changes what a note says
    Edit(One<NoteId, Text>),
    /// Deletes notes, for good
    Delete(Each<NoteId, Delete>),
}

impl Notes {
    pub(super) fn verb(&self) -> &(dyn Verb + Sync) {
        match self {
            Self::List(verb) => verb,
            Self::Show(verb) => verb,
            Self::Create(verb) => verb,
            Self::Edit(verb) => verb,
            Self::Delete(verb) => verb,
        }
    }
}

/// What a note is on.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct On {
    /// On this deal
    #[arg(long, value_name = "ID", value_parser = DealId::read)]
    deal: Option<DealId>,
    /// On this lead
    #[arg(long, value_name = "ID", value_parser = LeadId::read)]
    lead: Option<LeadId>,
    /// On this person
    #[arg(long, value_name = "ID", value_parser = PersonId::read)]
    person: Option<PersonId>,
    /// On this organization
    #[arg(long, value_name = "ID", value_parser = OrgId::read)]
    org: Option<OrgId>,
}

impl On {
    fn item(&self) -> Option<ItemRef> {
        let deal = self.deal.map(Id::item);
        deal.or(self.lead.map(Id::item)).or(self.person.map(Id::item)).or(self.org.map(Id::item))
    }
}

/// Which notes are listed.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    on: On,
    #[command(flatten)]
    reading: Reading,
}

impl Verb for List {
    fn how(&self) -> How {
        self.reading.how()
    }

    fn wanted(&self) -> Vec<ItemRef> {
        self.on.item().into_iter().collect()
    }

    fn asks(&self) -> Option<Question<'_>> {
        self.on.item().map(Question::Notes)
    }

    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        let account = desk.account();
        all_there(account, self.wanted())?;
        Ok(Plan::List(desk.answers.notes.iter().map(|note| Row::of_note(account, note)).collect()))
    }
}

/// What a new note is to be.
#[derive(Debug, Args)]
pub struct Create {
    /// What it is to say, in plain text
    #[arg(value_name = "TEXT", value_parser = note)]
    text: String,
    #[command(flatten)]
    on: On,
    #[command(flatten)]
    editing: Editing,
}

impl Verb for Create {
    fn how(&self) -> How {
        self.editing.how()
    }

    fn wanted(&self) -> Vec<ItemRef> {
        self.on.item().into_iter().collect()
    }

    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        all_there(desk.account(), self.wanted())?;
        let id = desk.workspace.local_note();
        let create = |on| Edit::CreateNote { id, on, content: text_to_html(&self.text) };
        Ok(Plan::Edit(self.on.item().map(create).into_iter().collect(), Shape::One))
    }
}

/// Other words for a note.
#[derive(Debug, Args)]
pub struct Text {
    /// What it is to say, in plain text
    #[arg(value_name = "TEXT", value_parser = note)]
    text: String,
}

impl Change<NoteId> for Text {
    fn edit(&self, _: &Workspace, id: NoteId) -> Result<Edit, Failure> {
        Ok(Edit::UpdateNote { id, patch: NotePatch { content: Some(text_to_html(&self.text)) } })
    }
}
