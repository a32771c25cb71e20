//! `dealdeck orgs …`

use clap::{Args, Subcommand};

use super::args::{Clearable, Editing, clearable_text, name};
use super::ask::Question;
use super::custom::Custom;
use super::desk::Desk;
use super::fields::{LabelChanges, Labelled, Labels, Owner, org_labels, something};
use super::items::{Change, Delete, Each, Show};
use super::listing::Listing;
use super::plan::{How, Plan, Shape, Shows, Usage, Verb, no_such};
use crate::cli::Failure;
use crate::domain::{Edit, ItemKind, ItemRef, NewOrg, OrgId, OrgPatch};
use crate::workspace::Workspace;

/// What can be done with organizations.
#[derive(Debug, Subcommand)]
pub enum Orgs {
    /// Lists organizations by name
    List(List),
    /// Shows one organization
    Show(Show<OrgId>),
    /// Adds an organization and prints its id
    Create(Box<Create>),
    /// Changes any fields of organizations
    Edit(Box<Each<OrgId, Fields>>),
    /// Deletes organizations, for good
    Delete(Each<OrgId, Delete>),
}

impl Orgs {
    pub(super) fn verb(&self) -> &(dyn Verb + Sync) {
        match self {
            Self::List(verb) => verb,
            Self::Show(verb) => verb,
            Self::Create(verb) => verb.as_ref(),
            Self::Edit(verb) => verb.as_ref(),
            Self::Delete(verb) => verb,
        }
    }
}

/// Which organizations are listed.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    labelled: Labelled,
    #[command(flatten)]
    listing: Listing,
}

impl Verb for List {
    fn how(&self) -> How {
        How { shows: Shows::Contacts, ..self.listing.how() }
    }

    fn asks(&self) -> Option<Question<'_>> {
        self.listing.asks(ItemKind::Org)
    }

    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        let account = desk.account();
        let labelled = self.labelled.fits(&org_labels(account))?;
        let orgs = account.orgs().iter().filter_map(|key| account.org(key.id));
        self.listing.plan(desk, orgs.filter(|org| labelled(&org.labels)).map(|org| ItemRef::Org(org.id)))
    }
}

/// What a new organization is to be.
#[derive(Debug, Args)]
pub struct Create {
    /// The name
    #[arg(long, value_name = "TEXT", value_parser = name)]
    name: String,
    /// The address, in one line
    #[arg(long, value_name = "TEXT")]
    address: Option<String>,
    #[command(flatten)]
    owner: Owner,
    #[command(flatten)]
    labels: Labels,
    #[command(flatten)]
    custom: Custom,
    #[command(flatten)]
    editing: Editing,
}

impl Verb for Create {
    fn how(&self) -> How {
        self.editing.how()
    }

    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        let account = desk.account();
        let new = NewOrg {
            name: self.name.clone(),
            owner: self.owner.id(account)?,
            address: self.address.clone(),
            labels: self.labels.among(&org_labels(account))?,
            custom: self.custom.values(account, ItemKind::Org)?,
        };
        let id = desk.workspace.local_org();
        Ok(Plan::Edit(vec![Edit::CreateOrg { id, new }], Shape::One))
    }
}

/// What becomes of the fields of organizations.
#[derive(Debug, Default, PartialEq, Args)]
pub struct Fields {
    /// The name
    #[arg(long, value_name = "TEXT", value_parser = name)]
    name: Option<String>,
    /// The address in one line, or 'none'
    #[arg(long, value_name = "TEXT", value_parser = clearable_text)]
    address: Option<Clearable<String>>,
    #[command(flatten)]
    owner: Owner,
    #[command(flatten)]
    labels: LabelChanges,
    #[command(flatten)]
    custom: Custom,
}

impl Change<OrgId> for Fields {
    fn check(&self) -> Result<(), Usage> {
        something(self)
    }

    fn edit(&self, account: &Workspace, id: OrgId) -> Result<Edit, Failure> {
        let org = account.org(id).ok_or_else(|| no_such(ItemRef::Org(id)))?;
        let patch = OrgPatch {
            name: self.name.clone(),
            owner: self.owner.id(account)?,
            address: self.address.as_ref().map(|address| address.0.clone()),
            labels: self.labels.on(&org.labels, &org_labels(account))?,
            custom: self.custom.changes(account, ItemKind::Org)?,
        };
        Ok(Edit::UpdateOrg { id, patch })
    }
}
