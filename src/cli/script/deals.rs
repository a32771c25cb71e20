//! `dealdeck deals …`

mod edits;

use clap::{Args, Subcommand, ValueEnum};

use self::edits::{Lose, Move, Reopen, SetProbability, SetValue, ToLead, Update, Win};
use super::client::Client;
use super::command::{Cardinality, Plan, ScriptCommand, selected};
use super::common::{Delete, EditEach, EditOne, Show, check_exist};
use super::list::ListArgs;
use super::mode::{Mode, Scope};
use super::query::Query;
use super::resolve;
use super::setters::{SetCloseDate, SetTitle};
use super::shared_args::{ContactArgs, CreateArgs, LabelFilterArgs, deal_labels};
use super::usage::UsageError;
use super::values::{Day, amount, day, money, probability, title};
use crate::cli::error::CliError;
use crate::domain::{
    Currency, Deal, DealId, DealStatus, Edit, ItemKind, ItemRef, Money, NewDeal, PipelineStage, Probability, RuleError,
};
use crate::workspace::Workspace;

#[derive(Debug, Subcommand)]
pub enum Deals {
    /// Lists deals by pipeline and stage
    List(List),
    /// Shows one deal
    Show(Show<DealId>),
    /// Creates a deal and prints its ID
    Create(Box<Create>),
    /// Edits any fields of deals
    Edit(Box<EditEach<DealId, Update>>),
    /// Moves deals to a stage
    Move(EditEach<DealId, Move>),
    /// Marks deals as won
    Won(EditEach<DealId, Win>),
    /// Marks deals as lost
    Lost(EditEach<DealId, Lose>),
    /// Reopens won or lost deals
    Reopen(EditEach<DealId, Reopen>),
    /// Changes the value of a deal
    Value(EditOne<DealId, SetValue>),
    /// Changes the title of a deal
    Title(EditOne<DealId, SetTitle>),
    /// Changes the probability of a deal
    Probability(EditOne<DealId, SetProbability>),
    /// Changes the expected close date of a deal
    CloseDate(EditOne<DealId, SetCloseDate>),
    /// Converts deals back to leads and prints the IDs of the leads
    ToLead(EditEach<DealId, ToLead>),
    /// Deletes deals; this cannot be undone
    Delete(EditEach<DealId, Delete>),
}

impl Deals {
    pub(super) fn command(&self) -> &(dyn ScriptCommand + Sync) {
        selected!(self => List, Show, Create, Edit, Move, Won, Lost, Reopen, Value, Title, Probability, CloseDate,
            ToLead, Delete)
    }
}

/// The status of the listed deals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Status {
    /// Open
    Open,
    /// Won
    Won,
    /// Lost
    Lost,
    /// Any status
    All,
}

impl Status {
    fn matches(self, status: DealStatus) -> bool {
        match self {
            Self::Open => status == DealStatus::Open,
            Self::Won => status == DealStatus::Won,
            Self::Lost => status == DealStatus::Lost,
            Self::All => status != DealStatus::Other,
        }
    }
}

#[derive(Debug, Args)]
pub struct List {
    /// Only deals in this pipeline
    #[arg(long, value_name = "NAME|ID")]
    pipeline: Option<String>,
    /// Only deals in this stage
    #[arg(long, value_name = "NAME|ID")]
    stage: Option<String>,
    /// Only deals with this status
    #[arg(long, value_enum, default_value = "open")]
    status: Status,
    #[command(flatten)]
    labels: LabelFilterArgs,
    #[command(flatten)]
    common: ListArgs,
}

impl ScriptCommand for List {
    fn mode(&self) -> Mode {
        self.common.mode(Scope::Items)
    }

    fn query(&self) -> Option<Query<'_>> {
        self.common.query(ItemKind::Deal)
    }

    fn plan(&self, client: &mut Client) -> Result<Plan, CliError> {
        let account = client.account();
        let pipeline = self.pipeline.as_deref().map(|typed| resolve::pipeline(account, typed)).transpose()?;
        let pipeline = pipeline.map(|pipeline| pipeline.id);
        let stage = self.stage.as_deref().map(|typed| resolve::stage(account, pipeline, typed)).transpose()?;
        let has_labels = self.labels.filter(&deal_labels(account))?;
        let order: Vec<_> =
            account.pipelines().iter().flat_map(|p| account.stages(p.id)).map(|stage| stage.id).collect();
        let mut deals: Vec<&Deal> = account
            .deals()
            .filter(|deal| self.status.matches(deal.status) && !deal.archived)
            .filter(|deal| pipeline.is_none_or(|id| deal.pipeline == id))
            .filter(|deal| stage.is_none_or(|stage| deal.stage == stage.id))
            .filter(|deal| has_labels(&deal.labels))
            .collect();
        deals.sort_by_key(|deal| (order.iter().position(|id| *id == deal.stage).unwrap_or(usize::MAX), deal.id));
        self.common.plan(client, deals.into_iter().map(|deal| ItemRef::Deal(deal.id)))
    }
}

#[derive(Debug, Args)]
pub struct Create {
    /// Title
    #[arg(long, value_name = "TEXT", value_parser = title)]
    title: String,
    /// Value
    #[arg(long, value_name = "AMOUNT", value_parser = amount, allow_hyphen_values = true)]
    value: Option<String>,
    /// Currency of the value, instead of your default currency
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    #[command(flatten)]
    contact: ContactArgs,
    /// Pipeline, instead of the first one
    #[arg(long, value_name = "NAME|ID")]
    pipeline: Option<String>,
    /// Stage, instead of the first one
    #[arg(long, value_name = "NAME|ID")]
    stage: Option<String>,
    /// Probability in percent, if the pipeline has probabilities
    #[arg(long, value_name = "PERCENT", value_parser = probability)]
    probability: Option<Probability>,
    /// Expected close date: 2026-12-24, fri, +3d, eom
    #[arg(long, value_name = "DAY", allow_hyphen_values = true, value_parser = day)]
    expected_close: Option<Day>,
    #[command(flatten)]
    common: CreateArgs,
}

impl Create {
    fn pipeline_stage(&self, account: &Workspace) -> Result<PipelineStage, CliError> {
        let pipeline = match &self.pipeline {
            Some(typed) => Some(resolve::pipeline(account, typed)?),
            None => account.pipelines().first(),
        };
        let pipeline = pipeline.ok_or_else(|| CliError::failure("this account has no pipeline"))?;
        let stage = match &self.stage {
            Some(typed) => resolve::stage(account, self.pipeline.as_ref().map(|_| pipeline.id), typed)?,
            None => {
                account.stages(pipeline.id).next().ok_or_else(|| CliError::failure("this pipeline has no stage"))?
            }
        };
        Ok(PipelineStage { pipeline: stage.pipeline, stage: stage.id })
    }
}

impl ScriptCommand for Create {
    fn mode(&self) -> Mode {
        self.common.write.mode()
    }

    fn check(&self) -> Result<(), UsageError> {
        self.contact.contact(&RuleError::DealUnlinked).map(|_| ())
    }

    fn needed_items(&self) -> Vec<ItemRef> {
        self.contact.needed_items()
    }

    fn plan(&self, client: &mut Client) -> Result<Plan, CliError> {
        let account = client.account();
        check_exist(account, self.needed_items())?;
        let stage = self.pipeline_stage(account)?;
        let currency = self.currency.as_deref().map_or_else(|| account.currency(), Currency::new);
        let value = match &self.value {
            Some(typed) => money(typed, &currency)?,
            None => Money::zero(currency),
        };
        let new = NewDeal {
            title: self.title.clone(),
            contact: self.contact.contact(&RuleError::DealUnlinked)?,
            stage,
            value,
            probability: self.probability,
            expected_close: self.expected_close.as_ref().map(|day| day.date(account)).transpose()?,
            owner: self.common.owner.id(account)?,
            labels: self.common.labels.ids(&deal_labels(account))?,
            custom: self.common.custom.values(account, ItemKind::Deal)?,
        };
        let id = client.state.workspace.local_deal();
        Ok(Plan::Edit(vec![Edit::CreateDeal { id, new }], Cardinality::One))
    }
}
