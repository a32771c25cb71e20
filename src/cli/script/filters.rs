//! `dealdeck filters …`, `dealdeck fields …`: what a company has made for a kind of items: filters and custom fields.

use clap::{Args, Subcommand, ValueEnum};

use super::args::Reading;
use super::ask::Question;
use super::desk::Desk;
use super::plan::{How, Plan, Shows, Verb};
use super::row::Row;
use crate::cli::Failure;
use crate::domain::ItemKind;

/// What can be done with filters.
#[derive(Debug, Subcommand)]
pub enum Filters {
    /// Lists the filters of a kind that are saved in Pipedrive; '--filter' of a list takes one
    List(List),
}

/// What can be done with custom fields.
#[derive(Debug, Subcommand)]
pub enum Fields {
    /// Lists the custom fields of a kind; '--field' of an edit takes one
    List(List),
}

/// The kinds of items.
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

impl Kind {
    const fn of_items(self) -> ItemKind {
        match self {
            Self::Deals => ItemKind::Deal,
            Self::Leads => ItemKind::Lead,
            Self::Activities => ItemKind::Activity,
            Self::People => ItemKind::Person,
            Self::Orgs => ItemKind::Org,
        }
    }
}

/// Of which kind they are listed.
#[derive(Debug, Args)]
pub struct List {
    /// The kind of items that they are for
    #[arg(value_enum)]
    kind: Kind,
    #[command(flatten)]
    reading: Reading,
}

impl Verb for Filters {
    fn how(&self) -> How {
        let Self::List(list) = self;
        How { shows: Shows::Boards, ..list.reading.how() }
    }

    fn asks(&self) -> Option<Question<'_>> {
        let Self::List(list) = self;
        Some(Question::Filters(list.kind.of_items()))
    }

    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        let filters = desk.answers.filters.iter();
        Ok(Plan::List(filters.map(|filter| Row::of_filter(desk.account(), filter)).collect()))
    }
}

impl Verb for Fields {
    fn how(&self) -> How {
        let Self::List(list) = self;
        How { shows: Shows::Basics, ..list.reading.how() }
    }

    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        let Self::List(list) = self;
        Ok(Plan::List(desk.account().fields(list.kind.of_items()).map(Row::of_field).collect()))
    }
}
