//! `dealdeck deals …`

mod changes;

use clap::{Args, Subcommand, ValueEnum};

use self::changes::{CloseDate, Fields, Lose, Move, OwnProbability, Reopen, Title, ToLead, Value, Win};
use super::args::{Day, Editing, amount, day, money, probability, title};
use super::ask::Question;
use super::custom::Custom;
use super::desk::Desk;
use super::fields::{Labelled, Labels, Linking, Owner, deal_labels};
use super::find;
use super::items::{Delete, Each, One, Show, all_there};
use super::listing::Listing;
use super::plan::{How, Plan, Shape, Usage, Verb};
use crate::cli::Failure;
use crate::domain::{
    Currency, Deal, DealId, DealStatus, Edit, ItemKind, ItemRef, Money, NewDeal, PipelineStage, Probability, RuleError,
};

/// What can be done with deals.
#[derive(Debug, Subcommand)]
pub enum Deals {
    /// Lists deals, by pipeline and stage
    List(List),
    /// Shows one deal
    Show(Show<DealId>),
    /// Makes a deal and prints its id
    Create(Box<Create>),
    /// Changes any fields of deals
    Edit(Box<Each<DealId, Fields>>),
    /// Moves deals to a stage
    Move(Each<DealId, Move>),
    /// Marks deals as won
    Won(Each<DealId, Win>),
    /// Marks deals as lost
    Lost(Each<DealId, Lose>),
    /// Reopens deals that were won or lost
    Reopen(Each<DealId, Reopen>),
    /// Changes what a deal is worth
    Value(One<DealId, Value>),
    /// Changes a title
    Title(One<DealId, Title>),
    /// Changes a probability
    Probability(One<DealId, OwnProbability>),
    /// Changes an expected closing date
    CloseDate(One<DealId, CloseDate>),
    /// Makes leads of deals again and prints the ids of the leads
    ToLead(Each<DealId, ToLead>),
    /// Deletes deals, for good
    Delete(Each<DealId, Delete>),
}

impl Deals {
    pub(super) fn verb(&self) -> &(dyn Verb + Sync) {
        match self {
            Self::List(verb) => verb,
            Self::Show(verb) => verb,
            Self::Create(verb) => verb.as_ref(),
            Self::Edit(verb) => verb.as_ref(),
            Self::Move(verb) => verb,
            Self::Won(verb) => verb,
            Self::Lost(verb) => verb,
            Self::Reopen(verb) => verb,
            Self::Value(verb) => verb,
            Self::Title(verb) => verb,
            Self::Probability(verb) => verb,
            Self::CloseDate(verb) => verb,
            Self::ToLead(verb) => verb,
            Self::Delete(verb) => verb,
        }
    }
}

/// Which statuses are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Status {
    /// Being worked on
    Open,
    /// Won
    Won,
    /// Lost
    Lost,
    /// Any
    All,
}

/// Which deals are listed.
#[derive(Debug, Args)]
pub struct List {
    /// Only those of this pipeline
    #[arg(long, value_name = "NAME|ID")]
    pipeline: Option<String>,
    /// Only those in this stage
    #[arg(long, value_name = "NAME|ID")]
    stage: Option<String>,
    /// Only those with this status
    #[arg(long, value_enum, default_value = "open")]
    status: Status,
    #[command(flatten)]
    labelled: Labelled,
    #[command(flatten)]
    listing: Listing,
}

impl Verb for List {
    fn how(&self) -> How {
        self.listing.how()
    }

    fn asks(&self) -> Option<Question<'_>> {
        self.listing.asks(ItemKind::Deal)
    }

    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        let account = desk.account();
        let pipeline = self.pipeline.as_deref().map(|typed| find::pipeline(account, typed)).transpose()?;
        let pipeline = pipeline.map(|pipeline| pipeline.id);
        let stage = self.stage.as_deref().map(|typed| find::stage(account, pipeline, typed)).transpose()?;
        let status = match self.status {
            Status::Open => Some(DealStatus::Open),
            Status::Won => Some(DealStatus::Won),
            Status::Lost => Some(DealStatus::Lost),
            Status::All => None,
        };
        let labelled = self.labelled.fits(&deal_labels(account))?;
        let order: Vec<_> =
            account.pipelines().iter().flat_map(|p| account.stages(p.id)).map(|stage| stage.id).collect();
        let mut found: Vec<&Deal> = account
            .deals()
            .filter(|deal| status.map_or(deal.status != DealStatus::Other, |status| deal.status == status))
            .filter(|deal| pipeline.is_none_or(|id| deal.pipeline == id))
            .filter(|deal| !deal.archived && stage.is_none_or(|stage| deal.stage == stage.id))
            .filter(|deal| labelled(&deal.labels))
            .collect();
        found.sort_by_key(|deal| (order.iter().position(|id| *id == deal.stage).unwrap_or(usize::MAX), deal.id));
        self.listing.plan(desk, found.into_iter().map(|deal| ItemRef::Deal(deal.id)))
    }
}

/// What a new deal is to be.
#[derive(Debug, Args)]
pub struct Create {
    /// The title
    #[arg(long, value_name = "TEXT", value_parser = title)]
    title: String,
    /// What it is worth
    #[arg(long, value_name = "AMOUNT", value_parser = amount, allow_hyphen_values = true)]
    value: Option<String>,
    /// In which currency, if not yours
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    #[command(flatten)]
    linking: Linking,
    /// The pipeline, if not the first
    #[arg(long, value_name = "NAME|ID")]
    pipeline: Option<String>,
    /// The stage, if not the first
    #[arg(long, value_name = "NAME|ID")]
    stage: Option<String>,
    /// The probability in percent, where the pipeline has it
    #[arg(long, value_name = "PERCENT", value_parser = probability)]
    probability: Option<Probability>,
    /// When it is expected to close: 2026-12-24, fri, +3d, eom
    #[arg(long, value_name = "DAY", allow_hyphen_values = true, value_parser = day)]
    expected_close: Option<Day>,
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

    fn check(&self) -> Result<(), Usage> {
        self.linking.contact(&RuleError::DealUnlinked).map(|_| ())
    }

    fn wanted(&self) -> Vec<ItemRef> {
        self.linking.wanted()
    }

    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        let account = desk.account();
        all_there(account, self.wanted())?;
        let pipeline = match &self.pipeline {
            Some(typed) => Some(find::pipeline(account, typed)?),
            None => account.pipelines().first(),
        };
        let pipeline = pipeline.ok_or_else(|| Failure::running("this account has no pipeline"))?;
        let stage = match &self.stage {
            Some(typed) => find::stage(account, self.pipeline.as_ref().map(|_| pipeline.id), typed)?,
            None => account.stages(pipeline.id).next().ok_or_else(|| Failure::running("this pipeline has no stage"))?,
        };
        let currency = self.currency.as_deref().map_or_else(|| account.currency(), Currency::new);
        let value = match &self.value {
            Some(typed) => money(typed, &currency)?,
            None => Money::zero(currency),
        };
        let new = NewDeal {
            title: self.title.clone(),
            contact: self.linking.contact(&RuleError::DealUnlinked)?,
            stage: PipelineStage { pipeline: stage.pipeline, stage: stage.id },
            value,
            probability: self.probability,
            expected_close: self.expected_close.as_ref().map(|day| day.on(account)).transpose()?,
            owner: self.owner.id(account)?,
            labels: self.labels.among(&deal_labels(account))?,
            custom: self.custom.values(account, ItemKind::Deal)?,
        };
        let id = desk.workspace.local_deal();
        Ok(Plan::Edit(vec![Edit::CreateDeal { id, new }], Shape::One))
    }
}
