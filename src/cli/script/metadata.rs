//! `dealdeck users …`, `pipelines …`, `stages …`, `fields …` and `filters …`: what commands only read.

use clap::{Args, Subcommand, ValueEnum};

use super::client::Client;
use super::command::{Plan, ScriptCommand};
use super::mode::{Mode, Scope};
use super::output::Row;
use super::query::Query;
use super::resolve;
use super::shared_args::ReadArgs;
use super::usage::no_entry;
use crate::cli::error::CliError;
use crate::domain::{ItemKind, PipelineId, StageId, UserId};

/// Shows one user, pipeline or stage.
#[derive(Debug, Clone, Args)]
pub struct ShowById {
    /// ID
    #[arg(value_name = "ID")]
    id: u64,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Debug, Subcommand)]
pub enum Users {
    /// Lists the company's users by name
    List(ListUsers),
    /// Shows one user
    Show(ShowById),
}

#[derive(Debug, Args)]
pub struct ListUsers {
    /// Includes deactivated users
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    read: ReadArgs,
}

impl ScriptCommand for Users {
    fn mode(&self) -> Mode {
        let read = match self {
            Self::List(list) => list.read,
            Self::Show(show) => show.read,
        };
        read.mode(Scope::Settings)
    }

    fn plan(&self, client: &mut Client) -> Result<Plan, CliError> {
        let account = client.account();
        match self {
            Self::List(list) => {
                let users = account.users().iter().filter_map(|key| account.user(key.id));
                let users = users.filter(|user| list.all || user.active);
                Ok(Plan::List(users.map(|user| Row::of_user(account, user)).collect()))
            }
            Self::Show(show) => {
                let user = account.user(UserId(show.id)).ok_or_else(|| no_entry("user", show.id))?;
                Ok(Plan::Show(Row::of_user(account, user)))
            }
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Pipelines {
    /// Lists the pipelines in order
    List(ListPipelines),
    /// Shows one pipeline
    Show(ShowById),
}

#[derive(Debug, Args)]
pub struct ListPipelines {
    #[command(flatten)]
    read: ReadArgs,
}

impl ScriptCommand for Pipelines {
    fn mode(&self) -> Mode {
        let read = match self {
            Self::List(list) => list.read,
            Self::Show(show) => show.read,
        };
        read.mode(Scope::Pipelines)
    }

    fn plan(&self, client: &mut Client) -> Result<Plan, CliError> {
        let account = client.account();
        match self {
            Self::List(_) => {
                let pipelines = account.pipelines().iter();
                Ok(Plan::List(pipelines.map(|pipeline| Row::of_pipeline(account, pipeline)).collect()))
            }
            Self::Show(show) => {
                let pipeline = account.pipeline(PipelineId(show.id)).ok_or_else(|| no_entry("pipeline", show.id))?;
                Ok(Plan::Show(Row::of_pipeline(account, pipeline)))
            }
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Stages {
    /// Lists the stages in order
    List(ListStages),
    /// Shows one stage
    Show(ShowById),
}

#[derive(Debug, Args)]
pub struct ListStages {
    /// Only stages of this pipeline
    #[arg(long, value_name = "NAME|ID")]
    pipeline: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
}

impl ScriptCommand for Stages {
    fn mode(&self) -> Mode {
        let read = match self {
            Self::List(list) => list.read,
            Self::Show(show) => show.read,
        };
        read.mode(Scope::Pipelines)
    }

    fn plan(&self, client: &mut Client) -> Result<Plan, CliError> {
        let account = client.account();
        match self {
            Self::List(list) => {
                let only = list.pipeline.as_deref().map(|typed| resolve::pipeline(account, typed)).transpose()?;
                let pipelines = account.pipelines().iter();
                let pipelines = pipelines.filter(|pipeline| only.is_none_or(|only| only.id == pipeline.id));
                let stages = pipelines.flat_map(|pipeline| account.stages(pipeline.id));
                Ok(Plan::List(stages.map(|stage| Row::of_stage(account, stage)).collect()))
            }
            Self::Show(show) => {
                let stage = account.stage(StageId(show.id)).ok_or_else(|| no_entry("stage", show.id))?;
                Ok(Plan::Show(Row::of_stage(account, stage)))
            }
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Fields {
    /// Lists custom fields, for '--field' of 'create' and 'edit'
    List(ListByKind),
}

#[derive(Debug, Subcommand)]
pub enum Filters {
    /// Lists the filters saved in Pipedrive, for '--filter' of the lists
    List(ListByKind),
}

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
    const fn item_kind(self) -> ItemKind {
        match self {
            Self::Deals => ItemKind::Deal,
            Self::Leads => ItemKind::Lead,
            Self::Activities => ItemKind::Activity,
            Self::People => ItemKind::Person,
            Self::Orgs => ItemKind::Org,
        }
    }
}

#[derive(Debug, Args)]
pub struct ListByKind {
    /// Kind of items, instead of all kinds
    #[arg(value_enum)]
    kind: Option<Kind>,
    #[command(flatten)]
    read: ReadArgs,
}

impl ListByKind {
    fn kinds(&self) -> Vec<ItemKind> {
        let kinds = self.kind.as_ref().map_or(Kind::value_variants(), std::slice::from_ref);
        kinds.iter().map(|kind| kind.item_kind()).collect()
    }

    /// Returns the kind to print with each entry, if several kinds are listed.
    fn shown(&self, kind: ItemKind) -> Option<ItemKind> {
        self.kind.is_none().then_some(kind)
    }
}

impl ScriptCommand for Fields {
    fn mode(&self) -> Mode {
        let Self::List(list) = self;
        list.read.mode(Scope::Settings)
    }

    fn plan(&self, client: &mut Client) -> Result<Plan, CliError> {
        let Self::List(list) = self;
        let account = client.account();
        let fields = list.kinds().into_iter().flat_map(|kind| account.fields(kind).map(move |field| (kind, field)));
        Ok(Plan::List(fields.map(|(kind, field)| Row::of_field(list.shown(kind), field)).collect()))
    }
}

impl ScriptCommand for Filters {
    fn mode(&self) -> Mode {
        let Self::List(list) = self;
        list.read.mode(Scope::Pipelines)
    }

    fn query(&self) -> Option<Query<'_>> {
        let Self::List(list) = self;
        Some(Query::Filters(list.kinds()))
    }

    fn plan(&self, client: &mut Client) -> Result<Plan, CliError> {
        let Self::List(list) = self;
        let account = client.account();
        let filters = client.answers.filters.iter();
        Ok(Plan::List(filters.map(|(kind, filter)| Row::of_filter(account, list.shown(*kind), filter)).collect()))
    }
}
