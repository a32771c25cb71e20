//! `dealdeck filters …`: the filters that are saved in Pipedrive.

use clap::{Args, Subcommand, ValueEnum};

use super::args::Reading;
use super::ask::Question;
use super::desk::Desk;
use super::plan::{How, Plan, Verb};
use super::row::Row;
use crate::cli::Failure;
use crate::domain::ItemKind;

/// What can be done with filters.
#[derive(Debug, Subcommand)]
pub enum Filters {
    /// Lists the filters of a kind that are saved in Pipedrive; '--filter' of a list takes one
    List(List),
}

/// What filters filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Deals
    Deals,
    /// Leads
    Leads,
    /// Activities
    Activities,
    /// People
    People,
    /// Organizations
    Orgs,
}

/// Which filters are listed.
#[derive(Debug, Args)]
pub struct List {
    /// What they filter
    #[arg(value_enum)]
    kind: Kind,
    #[command(flatten)]
    reading: Reading,
}

impl Verb for Filters {
    fn how(&self) -> How {
        let Self::List(list) = self;
        list.reading.how()
    }

    fn asks(&self) -> Option<Question<'_>> {
        let Self::List(list) = self;
        Some(Question::Filters(match list.kind {
            Kind::Deals => ItemKind::Deal,
            Kind::Leads => ItemKind::Lead,
            Kind::Activities => ItemKind::Activity,
            Kind::People => ItemKind::Person,
            Kind::Orgs => ItemKind::Org,
        }))
    }

    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        let filters = desk.answers.filters.iter();
        Ok(Plan::List(filters.map(|filter| Row::of_filter(desk.account(), filter)).collect()))
    }
}
