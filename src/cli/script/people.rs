//! `dealdeck people …`

use clap::{Args, Subcommand};

use super::args::{Editing, name};
use super::ask::Question;
use super::custom::Custom;
use super::desk::Desk;
use super::fields::{
    Employer, LabelChanges, Labelled, Labels, OrgChange, Owner, person_labels, point_changes, points, something,
};
use super::items::{Change, Delete, Each, Id, Show, all_there};
use super::listing::Listing;
use super::plan::{How, Plan, Shape, Shows, Usage, Verb, no_such};
use crate::cli::Failure;
use crate::domain::{Edit, ItemKind, ItemRef, NewPerson, OrgId, PersonId, PersonPatch};
use crate::workspace::Workspace;

/// What can be done with people.
#[derive(Debug, Subcommand)]
pub enum People {
    /// Lists people by name
    List(List),
    /// Shows one person
    Show(Show<PersonId>),
    /// Adds a person and prints the id
    Create(Box<Create>),
    /// Changes any fields of people
    Edit(Box<Each<PersonId, Fields>>),
    /// Deletes people, for good
    Delete(Each<PersonId, Delete>),
}

impl People {
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

/// Which people are listed.
#[derive(Debug, Args)]
pub struct List {
    /// Only those at this organization
    #[arg(long, value_name = "ID", value_parser = OrgId::read)]
    org: Option<OrgId>,
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
        self.listing.asks(ItemKind::Person)
    }

    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        let account = desk.account();
        let people = account.people().iter().filter_map(|key| account.person(key.id));
        let labelled = self.labelled.fits(&person_labels(account))?;
        let found = people.filter(|person| (self.org.is_none() || person.org == self.org) && labelled(&person.labels));
        self.listing.plan(desk, found.map(|person| ItemRef::Person(person.id)))
    }
}

/// What a new person is to be.
#[derive(Debug, Args)]
pub struct Create {
    /// The full name
    #[arg(long, value_name = "TEXT", value_parser = name)]
    name: String,
    /// A phone number, the one to use first before others; what it is for may stand before it, as in mobile:+3725550101
    #[arg(long = "phone", value_name = "[LABEL:]NUMBER")]
    phones: Vec<String>,
    /// An e-mail address, likewise
    #[arg(long = "email", value_name = "[LABEL:]ADDRESS")]
    emails: Vec<String>,
    #[command(flatten)]
    at: Employer,
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

    fn wanted(&self) -> Vec<ItemRef> {
        self.at.wanted()
    }

    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        let account = desk.account();
        all_there(account, self.wanted())?;
        let new = NewPerson {
            name: self.name.clone(),
            org: self.at.link(),
            owner: self.owner.id(account)?,
            phones: points(&self.phones),
            emails: points(&self.emails),
            labels: self.labels.among(&person_labels(account))?,
            custom: self.custom.values(account, ItemKind::Person)?,
        };
        let id = desk.workspace.local_person();
        Ok(Plan::Edit(vec![Edit::CreatePerson { id, new }], Shape::One))
    }
}

/// What becomes of the fields of people.
#[derive(Debug, Default, PartialEq, Args)]
pub struct Fields {
    /// The full name
    #[arg(long, value_name = "TEXT", value_parser = name)]
    name: Option<String>,
    /// A phone number in place of all that are there, the one to use first before others; 'none' takes all away
    #[arg(long = "phone", value_name = "[LABEL:]NUMBER")]
    phones: Vec<String>,
    /// An e-mail address, likewise
    #[arg(long = "email", value_name = "[LABEL:]ADDRESS")]
    emails: Vec<String>,
    #[command(flatten)]
    at: OrgChange,
    #[command(flatten)]
    owner: Owner,
    #[command(flatten)]
    labels: LabelChanges,
    #[command(flatten)]
    custom: Custom,
}

impl Change<PersonId> for Fields {
    fn check(&self) -> Result<(), Usage> {
        something(self)
    }

    fn wanted(&self) -> Vec<ItemRef> {
        self.at.wanted()
    }

    fn edit(&self, account: &Workspace, id: PersonId) -> Result<Edit, Failure> {
        let person = account.person(id).ok_or_else(|| no_such(ItemRef::Person(id)))?;
        let patch = PersonPatch {
            name: self.name.clone(),
            org: self.at.org.map(|org| org.0),
            owner: self.owner.id(account)?,
            phones: point_changes(&self.phones),
            emails: point_changes(&self.emails),
            labels: self.labels.on(&person.labels, &person_labels(account))?,
            custom: self.custom.changes(account, ItemKind::Person)?,
        };
        Ok(Edit::UpdatePerson { id, patch })
    }
}
