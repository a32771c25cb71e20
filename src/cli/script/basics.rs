//! `dealdeck users …`, `dealdeck pipelines …`, `dealdeck stages …`: what is only read here.

use clap::{Args, Subcommand};

use super::args::{Reading, ShowNumber};
use super::desk::Desk;
use super::find;
use super::plan::{How, Plan, Shows, Verb, none_of};
use super::row::Row;
use crate::cli::Failure;
use crate::domain::{PipelineId, StageId, UserId};

/// What can be done with users.
#[derive(Debug, Subcommand)]
pub enum Users {
    /// Lists the company's users by name
    List(ListUsers),
    /// Shows one user
    Show(ShowNumber),
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

impl Verb for Users {
    fn how(&self) -> How {
        let reading = match self {
            Self::List(list) => list.reading,
            Self::Show(show) => show.reading,
        };
        How { shows: Shows::Basics, ..reading.how() }
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
                let user = account.user(UserId(show.id)).ok_or_else(|| none_of("user", show.id))?;
                Ok(Plan::Show(Row::of_user(account, user)))
            }
        }
    }
}

/// What can be done with pipelines.
#[derive(Debug, Subcommand)]
pub enum Pipelines {
    /// Lists the pipelines in order
    List(ListPipelines),
    /// Shows one pipeline
    Show(ShowNumber),
}

/// How pipelines are listed.
#[derive(Debug, Args)]
pub struct ListPipelines {
    #[command(flatten)]
    reading: Reading,
}

/// What can be done with stages.
#[derive(Debug, Subcommand)]
pub enum Stages {
    /// Lists the stages in order
    List(ListStages),
    /// Shows one stage
    Show(ShowNumber),
}

/// Which stages are listed.
#[derive(Debug, Args)]
pub struct ListStages {
    /// Only those of this pipeline
    #[arg(long, value_name = "NAME|ID")]
    pipeline: Option<String>,
    #[command(flatten)]
    reading: Reading,
}

impl Verb for Pipelines {
    fn how(&self) -> How {
        let reading = match self {
            Self::List(list) => list.reading,
            Self::Show(show) => show.reading,
        };
        How { shows: Shows::Boards, ..reading.how() }
    }

    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        let account = desk.account();
        match self {
            Self::List(_) => {
                Ok(Plan::List(account.pipelines().iter().map(|found| Row::of_pipeline(account, found)).collect()))
            }
            Self::Show(show) => {
                let found = account.pipeline(PipelineId(show.id)).ok_or_else(|| none_of("pipeline", show.id))?;
                Ok(Plan::Show(Row::of_pipeline(account, found)))
            }
        }
    }
}

impl Verb for Stages {
    fn how(&self) -> How {
        let reading = match self {
            Self::List(list) => list.reading,
            Self::Show(show) => show.reading,
        };
        How { shows: Shows::Boards, ..reading.how() }
    }

    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        let account = desk.account();
        match self {
            Self::List(list) => {
                let only = list.pipeline.as_deref().map(|typed| find::pipeline(account, typed)).transpose()?;
                let pipelines = account.pipelines().iter().filter(|found| only.is_none_or(|only| only.id == found.id));
                let stages = pipelines.flat_map(|pipeline| account.stages(pipeline.id));
                Ok(Plan::List(stages.map(|stage| Row::of_stage(account, stage)).collect()))
            }
            Self::Show(show) => {
                let found = account.stage(StageId(show.id)).ok_or_else(|| none_of("stage", show.id))?;
                Ok(Plan::Show(Row::of_stage(account, found)))
            }
        }
    }
}
