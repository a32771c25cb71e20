//! `dealdeck notes …`

use clap::{Args, Subcommand};

use super::client::Client;
use super::command::{Cardinality, Plan, ScriptCommand, selected};
use super::common::{Delete, EditEach, EditOne, ItemEdit, Show, check_exist};
use super::ids::Id;
use super::mode::{Mode, Scope};
use super::output::Row;
use super::query::Query;
use super::shared_args::{ReadArgs, WriteArgs};
use super::values::note;
use crate::cli::error::CliError;
use crate::domain::{DealId, Edit, ItemRef, LeadId, NoteId, NotePatch, OrgId, PersonId, text_to_html};
use crate::workspace::Workspace;

#[derive(Debug, Subcommand)]
pub enum Notes {
    /// Lists the notes on an item, the latest first
    List(List),
    /// Shows one note
    Show(Show<NoteId>),
    /// Adds a note to an item and prints its ID
    #[command(visible_alias = "add")]
    Create(Create),
    /// Changes the text of a note
    Edit(EditOne<NoteId, SetText>),
    /// Deletes notes; this cannot be undone
    Delete(EditEach<NoteId, Delete>),
}

impl Notes {
    pub(super) fn command(&self) -> &(dyn ScriptCommand + Sync) {
        selected!(self => List, Show, Create, Edit, Delete)
    }
}

/// The item of a note.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct ItemArg {
    /// ID of the deal
    #[arg(long, value_name = "ID", value_parser = DealId::parse)]
    deal: Option<DealId>,
    /// ID of the lead
    #[arg(long, value_name = "ID", value_parser = LeadId::parse)]
    lead: Option<LeadId>,
    /// ID of the person
    #[arg(long, value_name = "ID", value_parser = PersonId::parse)]
    person: Option<PersonId>,
    /// ID of the organization
    #[arg(long, value_name = "ID", value_parser = OrgId::parse)]
    org: Option<OrgId>,
}

impl ItemArg {
    fn item(&self) -> Option<ItemRef> {
        let deal = self.deal.map(Id::item);
        deal.or(self.lead.map(Id::item)).or(self.person.map(Id::item)).or(self.org.map(Id::item))
    }
}

#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    on: ItemArg,
    #[command(flatten)]
    read: ReadArgs,
}

impl ScriptCommand for List {
    fn mode(&self) -> Mode {
        self.read.mode(Scope::Items)
    }

    fn needed_items(&self) -> Vec<ItemRef> {
        self.on.item().into_iter().collect()
    }

    fn query(&self) -> Option<Query<'_>> {
        self.on.item().map(Query::Notes)
    }

    fn plan(&self, client: &mut Client) -> Result<Plan, CliError> {
        let account = client.account();
        check_exist(account, self.needed_items())?;
        Ok(Plan::List(client.answers.notes.iter().map(|note| Row::of_note(account, note)).collect()))
    }
}

#[derive(Debug, Args)]
pub struct Create {
    /// Text of the note, plain
    #[arg(value_name = "TEXT", value_parser = note)]
    text: String,
    #[command(flatten)]
    on: ItemArg,
    #[command(flatten)]
    write: WriteArgs,
}

impl ScriptCommand for Create {
    fn mode(&self) -> Mode {
        self.write.mode()
    }

    fn needed_items(&self) -> Vec<ItemRef> {
        self.on.item().into_iter().collect()
    }

    fn plan(&self, client: &mut Client) -> Result<Plan, CliError> {
        check_exist(client.account(), self.needed_items())?;
        let id = client.state.workspace.local_note();
        let create = |on| Edit::CreateNote { id, on, content: text_to_html(&self.text) };
        Ok(Plan::Edit(self.on.item().map(create).into_iter().collect(), Cardinality::One))
    }
}

/// Changes the text.
#[derive(Debug, Args)]
pub struct SetText {
    /// Text of the note, plain
    #[arg(value_name = "TEXT", value_parser = note)]
    text: String,
}

impl ItemEdit<NoteId> for SetText {
    fn edit(&self, _: &Workspace, id: NoteId) -> Result<Edit, CliError> {
        Ok(Edit::UpdateNote { id, patch: NotePatch { content: Some(text_to_html(&self.text)) } })
    }
}
