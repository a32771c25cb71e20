//! `dealdeck people …`, `dealdeck orgs …`, `dealdeck users …`

use clap::{Args, Subcommand};

use super::args::{Reading, ShowNumber, Which};
use super::desk::Desk;
use super::find;
use super::plan::{How, Plan, Verb, Wanted, no_such};
use super::row::Row;
use crate::cli::Failure;
use crate::domain::{OrgId, PersonId, UserId};
use crate::workspace::{Needle, Workspace};

/// What can be done with people.
#[derive(Debug, Subcommand)]
pub enum People {
    /// Lists people by name
    List(ListPeople),
    /// Shows one person
    Show(ShowNumber),
}

/// What can be done with organizations.
#[derive(Debug, Subcommand)]
pub enum Orgs {
    /// Lists organizations by name
    List(ListOrgs),
    /// Shows one organization
    Show(ShowNumber),
}

/// What can be done with users.
#[derive(Debug, Subcommand)]
pub enum Users {
    /// Lists the company's users by name
    List(ListUsers),
    /// Shows one user
    Show(ShowNumber),
}

/// Which people are listed.
#[derive(Debug, Args)]
pub struct ListPeople {
    /// Only those at this organization
    #[arg(long, value_name = "ID")]
    org: Option<u64>,
    #[command(flatten)]
    organizations: ListOrgs,
}

/// Which organizations are listed.
#[derive(Debug, Args)]
pub struct ListOrgs {
    /// Only those of this user; 'me' is you
    #[arg(long, value_name = "NAME|ID|me")]
    owner: Option<String>,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    reading: Reading,
}

/// Which users are listed.
#[derive(Debug, Args)]
pub struct ListUsers {
    /// Former ones, too
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    reading: Reading,
}

impl Verb for People {
    fn how(&self) -> How {
        match self {
            Self::List(list) => list.organizations.reading.how(),
            Self::Show(show) => show.reading.how(),
        }
    }

    fn wanted(&self) -> Vec<Wanted> {
        match self {
            Self::List(_) => Vec::new(),
            Self::Show(show) => vec![Wanted::Person(PersonId(show.id))],
        }
    }

    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        let account = desk.account();
        match self {
            Self::List(list) => Ok(Plan::List(list.rows(account)?)),
            Self::Show(show) => {
                let person = account.person(PersonId(show.id)).ok_or_else(|| no_such("person", show.id))?;
                Ok(Plan::Show(Row::of_person(account, person)))
            }
        }
    }
}

impl ListPeople {
    fn rows(&self, account: &Workspace) -> Result<Vec<Row>, Failure> {
        let ListOrgs { owner, which, .. } = &self.organizations;
        let owner = owner.as_deref().map(|typed| find::owner(account, typed)).transpose()?;
        let needle = Needle::new(which.text.as_deref().unwrap_or_default(), account);
        let most = which.limit.unwrap_or(usize::MAX);
        let found = account
            .people()
            .iter()
            .filter_map(|key| account.person(key.id))
            .filter(|person| self.org.is_none_or(|id| person.org == Some(OrgId(id))))
            .filter(|person| owner.is_none_or(|id| person.owner == Some(id)))
            .filter(|person| needle.hits(&person.name, None, person.org));
        Ok(found.take(most).map(|person| Row::of_person(account, person)).collect())
    }
}

impl Verb for Orgs {
    fn how(&self) -> How {
        match self {
            Self::List(list) => list.reading.how(),
            Self::Show(show) => show.reading.how(),
        }
    }

    fn wanted(&self) -> Vec<Wanted> {
        match self {
            Self::List(_) => Vec::new(),
            Self::Show(show) => vec![Wanted::Org(OrgId(show.id))],
        }
    }

    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        let account = desk.account();
        match self {
            Self::List(list) => Ok(Plan::List(list.rows(account)?)),
            Self::Show(show) => {
                let org = account.org(OrgId(show.id)).ok_or_else(|| no_such("organization", show.id))?;
                Ok(Plan::Show(Row::of_org(account, org)))
            }
        }
    }
}

impl ListOrgs {
    fn rows(&self, account: &Workspace) -> Result<Vec<Row>, Failure> {
        let owner = self.owner.as_deref().map(|typed| find::owner(account, typed)).transpose()?;
        let needle = Needle::new(self.which.text.as_deref().unwrap_or_default(), account);
        let most = self.which.limit.unwrap_or(usize::MAX);
        let found = account
            .orgs()
            .iter()
            .filter_map(|key| account.org(key.id))
            .filter(|org| owner.is_none_or(|id| org.owner == Some(id)))
            .filter(|org| needle.hits(&org.name, None, None));
        Ok(found.take(most).map(|org| Row::of_org(account, org)).collect())
    }
}

impl Verb for Users {
    fn how(&self) -> How {
        match self {
            Self::List(list) => list.reading.how(),
            Self::Show(show) => show.reading.how(),
        }
    }

    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        let account = desk.account();
        match self {
            Self::List(list) => {
                let users = account.users().iter().filter_map(|key| account.user(key.id));
                let found = users.filter(|user| list.all || user.active);
                Ok(Plan::List(found.map(|user| Row::of_user(account, user)).collect()))
            }
            Self::Show(show) => {
                let user = account.user(UserId(show.id)).ok_or_else(|| no_such("user", show.id))?;
                Ok(Plan::Show(Row::of_user(account, user)))
            }
        }
    }
}
