//! The commands that all kinds of items share: show one, edit one or several, delete.

use std::fmt::Debug;

use clap::Args;

use super::client::Client;
use super::command::{Cardinality, Plan, ScriptCommand};
use super::ids::Id;
use super::mode::{Mode, Scope};
use super::output::Row;
use super::shared_args::{ReadArgs, WriteArgs};
use super::usage::{UsageError, not_found};
use crate::cli::error::CliError;
use crate::domain::{Edit, ItemRef};
use crate::workspace::Workspace;

/// Shows one item.
#[derive(Debug, Args)]
pub struct Show<I: Id> {
    /// ID of the item
    #[arg(value_name = "ID", value_parser = I::parse)]
    id: I,
    #[command(flatten)]
    read: ReadArgs,
}

impl<I: Id> ScriptCommand for Show<I> {
    fn mode(&self) -> Mode {
        self.read.mode(match self.id.item() {
            ItemRef::Person(_) | ItemRef::Org(_) => Scope::Contacts,
            ItemRef::Deal(_) | ItemRef::Activity(_) | ItemRef::Lead(_) | ItemRef::Note(_) => Scope::Items,
        })
    }

    fn needed_items(&self) -> Vec<ItemRef> {
        vec![self.id.item()]
    }

    fn plan(&self, client: &mut Client) -> Result<Plan, CliError> {
        let item = self.id.item();
        Row::of_item(client.account(), item).map(Plan::Show).ok_or_else(|| not_found(item))
    }
}

/// An edit of existing items, with its options.
pub trait ItemEdit<I>: Args + Debug + Sync {
    /// Checks the options alone.
    fn check(&self) -> Result<(), UsageError> {
        Ok(())
    }

    /// Returns the other items that must be known.
    fn needed_items(&self) -> Vec<ItemRef> {
        Vec::new()
    }

    /// Returns the edit of one item.
    fn edit(&self, account: &Workspace, id: I) -> Result<Edit, CliError>;
}

/// Edits one item.
#[derive(Debug, Args)]
pub struct EditOne<I: Id, E: ItemEdit<I>> {
    /// ID of the item
    #[arg(value_name = "ID", value_parser = I::parse)]
    id: I,
    #[command(flatten)]
    edit: E,
    #[command(flatten)]
    write: WriteArgs,
}

impl<I: Id, E: ItemEdit<I>> ScriptCommand for EditOne<I, E> {
    fn mode(&self) -> Mode {
        self.write.mode()
    }

    fn check(&self) -> Result<(), UsageError> {
        self.edit.check()
    }

    fn needed_items(&self) -> Vec<ItemRef> {
        needed_items(&[self.id], &self.edit)
    }

    fn plan(&self, client: &mut Client) -> Result<Plan, CliError> {
        Ok(Plan::Edit(edits(client.account(), &[self.id], &self.edit)?, Cardinality::One))
    }
}

/// Edits several items in the same way.
#[derive(Debug, Args)]
pub struct EditEach<I: Id, E: ItemEdit<I>> {
    /// IDs of the items
    #[arg(required = true, value_name = "ID", value_parser = I::parse)]
    ids: Vec<I>,
    #[command(flatten)]
    edit: E,
    #[command(flatten)]
    write: WriteArgs,
}

impl<I: Id, E: ItemEdit<I>> ScriptCommand for EditEach<I, E> {
    fn mode(&self) -> Mode {
        self.write.mode()
    }

    fn check(&self) -> Result<(), UsageError> {
        self.edit.check()
    }

    fn needed_items(&self) -> Vec<ItemRef> {
        needed_items(&self.ids, &self.edit)
    }

    fn plan(&self, client: &mut Client) -> Result<Plan, CliError> {
        Ok(Plan::Edit(edits(client.account(), &self.ids, &self.edit)?, Cardinality::Many))
    }
}

fn needed_items<I: Id>(ids: &[I], edit: &impl ItemEdit<I>) -> Vec<ItemRef> {
    ids.iter().map(|id| id.item()).chain(edit.needed_items()).collect()
}

fn edits<I: Id>(account: &Workspace, ids: &[I], edit: &impl ItemEdit<I>) -> Result<Vec<Edit>, CliError> {
    check_exist(account, needed_items(ids, edit))?;
    ids.iter().map(|id| edit.edit(account, *id)).collect()
}

/// Checks that all of these items exist.
pub(super) fn check_exist(account: &Workspace, items: Vec<ItemRef>) -> Result<(), CliError> {
    match items.into_iter().find(|item| account.shown(*item).is_none()) {
        Some(missing) => Err(not_found(missing)),
        None => Ok(()),
    }
}

/// Deletes items.
#[derive(Debug, Args)]
pub struct Delete;

impl<I: Id> ItemEdit<I> for Delete {
    fn edit(&self, _: &Workspace, id: I) -> Result<Edit, CliError> {
        Ok(Edit::Delete { item: id.item() })
    }
}
