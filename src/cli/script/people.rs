//! `dealdeck people …`

use clap::{Args, Subcommand};

use super::client::Client;
use super::command::{Cardinality, Plan, ScriptCommand, selected};
use super::common::{Delete, EditEach, ItemEdit, Show, check_exist};
use super::ids::Id;
use super::list::ListArgs;
use super::mode::{Mode, Scope};
use super::query::Query;
use super::shared_args::{
    CreateArgs, LabelFilterArgs, OrgArgs, OrgChangeArg, UpdateArgs, check_not_empty, parse_point_changes, parse_points,
    person_labels,
};
use super::usage::{UsageError, not_found};
use super::values::name;
use crate::cli::error::CliError;
use crate::domain::{Edit, ItemKind, ItemRef, NewPerson, OrgId, PersonId, PersonPatch};
use crate::workspace::Workspace;

#[derive(Debug, Subcommand)]
pub enum People {
    /// Lists people by name
    List(List),
    /// Shows one person
    Show(Show<PersonId>),
    /// Creates a person and prints their ID
    Create(Box<Create>),
    /// Edits any fields of people
    Edit(Box<EditEach<PersonId, Update>>),
    /// Deletes people; this cannot be undone
    Delete(EditEach<PersonId, Delete>),
}

impl People {
    pub(super) fn command(&self) -> &(dyn ScriptCommand + Sync) {
        selected!(self => List, Show, Create, Edit, Delete)
    }
}

#[derive(Debug, Args)]
pub struct List {
    /// Only people in this organization
    #[arg(long, value_name = "ID", value_parser = OrgId::parse)]
    org: Option<OrgId>,
    #[command(flatten)]
    labels: LabelFilterArgs,
    #[command(flatten)]
    common: ListArgs,
}

impl ScriptCommand for List {
    fn mode(&self) -> Mode {
        self.common.mode(Scope::Contacts)
    }

    fn query(&self) -> Option<Query<'_>> {
        self.common.query(ItemKind::Person)
    }

    fn plan(&self, client: &mut Client) -> Result<Plan, CliError> {
        let account = client.account();
        let has_labels = self.labels.filter(&person_labels(account))?;
        let people = account
            .people()
            .iter()
            .filter_map(|key| account.person(key.id))
            .filter(|person| self.org.is_none() || person.org == self.org)
            .filter(|person| has_labels(&person.labels));
        self.common.plan(client, people.map(|person| ItemRef::Person(person.id)))
    }
}

#[derive(Debug, Args)]
pub struct Create {
    /// Full name
    #[arg(long, value_name = "TEXT", value_parser = name)]
    name: String,
    /// Phone number, the primary one first, optionally with a label as in mobile:+3725550101 (repeatable)
    #[arg(long = "phone", value_name = "[LABEL:]NUMBER")]
    phones: Vec<String>,
    /// E-mail address, in the same form (repeatable)
    #[arg(long = "email", value_name = "[LABEL:]ADDRESS")]
    emails: Vec<String>,
    #[command(flatten)]
    org: OrgArgs,
    #[command(flatten)]
    common: CreateArgs,
}

impl ScriptCommand for Create {
    fn mode(&self) -> Mode {
        self.common.write.mode()
    }

    fn needed_items(&self) -> Vec<ItemRef> {
        self.org.needed_items()
    }

    fn plan(&self, client: &mut Client) -> Result<Plan, CliError> {
        let account = client.account();
        check_exist(account, self.needed_items())?;
        let new = NewPerson {
            name: self.name.clone(),
            org: self.org.link(),
            owner: self.common.owner.id(account)?,
            phones: parse_points(&self.phones),
            emails: parse_points(&self.emails),
            labels: self.common.labels.ids(&person_labels(account))?,
            custom: self.common.custom.values(account, ItemKind::Person)?,
        };
        let id = client.state.workspace.local_person();
        Ok(Plan::Edit(vec![Edit::CreatePerson { id, new }], Cardinality::One))
    }
}

/// Edits any fields.
#[derive(Debug, Default, PartialEq, Args)]
pub struct Update {
    /// Full name
    #[arg(long, value_name = "TEXT", value_parser = name)]
    name: Option<String>,
    /// Phone number that replaces all others, the primary one first (repeatable); 'none' removes all
    #[arg(long = "phone", value_name = "[LABEL:]NUMBER")]
    phones: Vec<String>,
    /// E-mail address, in the same form (repeatable); 'none' removes all
    #[arg(long = "email", value_name = "[LABEL:]ADDRESS")]
    emails: Vec<String>,
    #[command(flatten)]
    org_change: OrgChangeArg,
    #[command(flatten)]
    common: UpdateArgs,
}

impl ItemEdit<PersonId> for Update {
    fn check(&self) -> Result<(), UsageError> {
        check_not_empty(self)
    }

    fn needed_items(&self) -> Vec<ItemRef> {
        self.org_change.needed_items()
    }

    fn edit(&self, account: &Workspace, id: PersonId) -> Result<Edit, CliError> {
        let person = account.person(id).ok_or_else(|| not_found(ItemRef::Person(id)))?;
        let patch = PersonPatch {
            name: self.name.clone(),
            org: self.org_change.org.map(|org| org.0),
            owner: self.common.owner.id(account)?,
            phones: parse_point_changes(&self.phones),
            emails: parse_point_changes(&self.emails),
            labels: self.common.labels.apply(&person.labels, &person_labels(account))?,
            custom: self.common.custom.changes(account, ItemKind::Person)?,
        };
        Ok(Edit::UpdatePerson { id, patch })
    }
}
