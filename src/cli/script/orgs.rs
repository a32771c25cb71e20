//! `dealdeck orgs …`

use clap::{Args, Subcommand};

use super::client::Client;
use super::command::{Cardinality, Plan, ScriptCommand, selected};
use super::common::{Delete, EditEach, ItemEdit, Show};
use super::list::ListArgs;
use super::mode::{Mode, Scope};
use super::query::Query;
use super::shared_args::{CreateArgs, LabelFilterArgs, UpdateArgs, check_not_empty, org_labels};
use super::usage::{UsageError, not_found};
use super::values::{Clearable, clearable_text, name};
use crate::cli::error::CliError;
use crate::domain::{Edit, ItemKind, ItemRef, NewOrg, OrgId, OrgPatch};
use crate::workspace::Workspace;

#[derive(Debug, Subcommand)]
pub enum Orgs {
    /// Lists organizations by name
    List(List),
    /// Shows one organization
    Show(Show<OrgId>),
    /// Creates an organization and prints its ID
    Create(Box<Create>),
    /// Edits any fields of organizations
    Edit(Box<EditEach<OrgId, Update>>),
    /// Deletes organizations; this cannot be undone
    Delete(EditEach<OrgId, Delete>),
}

impl Orgs {
    pub(super) fn command(&self) -> &(dyn ScriptCommand + Sync) {
        selected!(self => List, Show, Create, Edit, Delete)
    }
}

#[derive(Debug, Args)]
pub struct List {
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
        self.common.query(ItemKind::Org)
    }

    fn plan(&self, client: &mut Client) -> Result<Plan, CliError> {
        let account = client.account();
        let has_labels = self.labels.filter(&org_labels(account))?;
        let orgs = account.orgs().iter().filter_map(|key| account.org(key.id));
        self.common.plan(client, orgs.filter(|org| has_labels(&org.labels)).map(|org| ItemRef::Org(org.id)))
    }
}

#[derive(Debug, Args)]
pub struct Create {
    /// Name
    #[arg(long, value_name = "TEXT", value_parser = name)]
    name: String,
    /// Address, in one line
    #[arg(long, value_name = "TEXT")]
    address: Option<String>,
    #[command(flatten)]
    common: CreateArgs,
}

impl ScriptCommand for Create {
    fn mode(&self) -> Mode {
        self.common.write.mode()
    }

    fn plan(&self, client: &mut Client) -> Result<Plan, CliError> {
        let account = client.account();
        let new = NewOrg {
            name: self.name.clone(),
            owner: self.common.owner.id(account)?,
            address: self.address.clone(),
            labels: self.common.labels.ids(&org_labels(account))?,
            custom: self.common.custom.values(account, ItemKind::Org)?,
        };
        let id = client.state.workspace.local_org();
        Ok(Plan::Edit(vec![Edit::CreateOrg { id, new }], Cardinality::One))
    }
}

/// Edits any fields.
#[derive(Debug, Default, PartialEq, Args)]
pub struct Update {
    /// Name
    #[arg(long, value_name = "TEXT", value_parser = name)]
    name: Option<String>,
    /// Address in one line, or 'none'
    #[arg(long, value_name = "TEXT", value_parser = clearable_text)]
    address: Option<Clearable<String>>,
    #[command(flatten)]
    common: UpdateArgs,
}

impl ItemEdit<OrgId> for Update {
    fn check(&self) -> Result<(), UsageError> {
        check_not_empty(self)
    }

    fn edit(&self, account: &Workspace, id: OrgId) -> Result<Edit, CliError> {
        let org = account.org(id).ok_or_else(|| not_found(ItemRef::Org(id)))?;
        let patch = OrgPatch {
            name: self.name.clone(),
            owner: self.common.owner.id(account)?,
            address: self.address.as_ref().map(|address| address.0.clone()),
            labels: self.common.labels.apply(&org.labels, &org_labels(account))?,
            custom: self.common.custom.changes(account, ItemKind::Org)?,
        };
        Ok(Edit::UpdateOrg { id, patch })
    }
}
