//! What the commands on all kinds of items have in common: showing one, changing one or several, deleting them.

use std::fmt::Debug;

use clap::Args;
use uuid::Uuid;

use super::args::{Clearable, Editing, Reading};
use super::desk::Desk;
use super::plan::{How, Plan, Shape, Shows, Usage, Verb, no_such};
use super::row::Row;
use crate::cli::Failure;
use crate::domain::{ActivityId, DealId, Edit, ItemRef, LeadId, NoteId, OrgId, PersonId};
use crate::workspace::Workspace;

/// An id that names an item of one kind.
pub trait Id: Debug + Copy + PartialEq + Send + Sync + 'static {
    /// Reads what was typed for it.
    fn read(text: &str) -> Result<Self, String>;

    /// The item that it names.
    fn item(self) -> ItemRef;
}

macro_rules! numbers {
    ($($id:ident => $kind:ident),+) => {$(
        impl Id for $id {
            fn read(text: &str) -> Result<Self, String> {
                text.parse().map(Self).map_err(|_| "that is no number".to_owned())
            }

            fn item(self) -> ItemRef {
                ItemRef::$kind(self)
            }
        }
    )+};
}

numbers!(DealId => Deal, ActivityId => Activity, PersonId => Person, OrgId => Org, NoteId => Note);

impl Id for LeadId {
    fn read(text: &str) -> Result<Self, String> {
        text.parse::<Uuid>().map(Self).map_err(|error| error.to_string())
    }

    fn item(self) -> ItemRef {
        ItemRef::Lead(self)
    }
}

/// Reads an id, or the word that takes a link away.
pub(super) fn clearable_id<I: Id>(text: &str) -> Result<Clearable<I>, String> {
    Clearable::read(text, |text| I::read(text).map_err(|error| format!("{error}, nor 'none'")))
}

/// One item to be shown.
#[derive(Debug, Args)]
pub struct Show<I: Id> {
    /// Which
    #[arg(value_name = "ID", value_parser = I::read)]
    id: I,
    #[command(flatten)]
    reading: Reading,
}

impl<I: Id> Verb for Show<I> {
    fn how(&self) -> How {
        let shows = match self.id.item() {
            ItemRef::Person(_) | ItemRef::Org(_) => Shows::Contacts,
            _ => Shows::Work,
        };
        How { shows, ..self.reading.how() }
    }

    fn wanted(&self) -> Vec<ItemRef> {
        vec![self.id.item()]
    }

    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        let item = self.id.item();
        Row::of_item(desk.account(), item).map(Plan::Show).ok_or_else(|| no_such(item))
    }
}

/// Something that is done to items, with its options.
pub trait Change<I>: Args + Debug + Sync {
    /// Finds what is wrong with the options alone.
    fn check(&self) -> Result<(), Usage> {
        Ok(())
    }

    /// What has to be known but for the items themselves.
    fn wanted(&self) -> Vec<ItemRef> {
        Vec::new()
    }

    /// What it comes to for an item.
    fn edit(&self, account: &Workspace, id: I) -> Result<Edit, Failure>;
}

/// Something that is done to one item.
#[derive(Debug, Args)]
pub struct One<I: Id, C: Change<I>> {
    /// Which
    #[arg(value_name = "ID", value_parser = I::read)]
    id: I,
    #[command(flatten)]
    change: C,
    #[command(flatten)]
    editing: Editing,
}

/// The same done to several items.
#[derive(Debug, Args)]
pub struct Each<I: Id, C: Change<I>> {
    /// Which
    #[arg(required = true, value_name = "ID", value_parser = I::read)]
    ids: Vec<I>,
    #[command(flatten)]
    change: C,
    #[command(flatten)]
    editing: Editing,
}

impl<I: Id, C: Change<I>> Verb for One<I, C> {
    fn how(&self) -> How {
        self.editing.how()
    }

    fn check(&self) -> Result<(), Usage> {
        self.change.check()
    }

    fn wanted(&self) -> Vec<ItemRef> {
        wanted(&[self.id], &self.change)
    }

    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        Ok(Plan::Edit(edits(desk.account(), &[self.id], &self.change)?, Shape::One))
    }
}

impl<I: Id, C: Change<I>> Verb for Each<I, C> {
    fn how(&self) -> How {
        self.editing.how()
    }

    fn check(&self) -> Result<(), Usage> {
        self.change.check()
    }

    fn wanted(&self) -> Vec<ItemRef> {
        wanted(&self.ids, &self.change)
    }

    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        Ok(Plan::Edit(edits(desk.account(), &self.ids, &self.change)?, Shape::Many))
    }
}

fn wanted<I: Id>(ids: &[I], change: &impl Change<I>) -> Vec<ItemRef> {
    ids.iter().map(|id| id.item()).chain(change.wanted()).collect()
}

fn edits<I: Id>(account: &Workspace, ids: &[I], change: &impl Change<I>) -> Result<Vec<Edit>, Failure> {
    all_there(account, wanted(ids, change))?;
    ids.iter().map(|id| change.edit(account, *id)).collect()
}

/// All of these are there.
pub(super) fn all_there(account: &Workspace, items: Vec<ItemRef>) -> Result<(), Failure> {
    match items.into_iter().find(|item| account.shown(*item).is_none()) {
        Some(missing) => Err(no_such(missing)),
        None => Ok(()),
    }
}

/// Deletes items.
#[derive(Debug, Args)]
pub struct Delete;

impl<I: Id> Change<I> for Delete {
    fn edit(&self, _: &Workspace, id: I) -> Result<Edit, Failure> {
        Ok(Edit::Delete { item: id.item() })
    }
}
