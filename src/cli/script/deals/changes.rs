//! What can be done to deals that are there.

use clap::Args;

use super::super::args::{Clearable, Day, amount, clearable_day, clearable_probability, money, title};
use super::super::custom::Custom;
use super::super::fields::{LabelChanges, LinkChanges, Owner, deal_labels, something};
use super::super::find;
use super::super::items::Change;
use super::super::plan::{Usage, no_such};
use crate::cli::Failure;
use crate::domain::{
    Currency, Deal, DealId, DealPatch, Edit, ItemKind, ItemRef, Money, PipelineStage, Probability, StatusChange,
};
use crate::workspace::Workspace;

/// What becomes of the fields of deals.
#[derive(Debug, Default, PartialEq, Args)]
pub struct Fields {
    /// The title
    #[arg(long, value_name = "TEXT", value_parser = title)]
    title: Option<String>,
    /// What it is worth
    #[arg(long, value_name = "AMOUNT", value_parser = amount, allow_hyphen_values = true)]
    value: Option<String>,
    /// In which currency, if not the one that it has
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    #[command(flatten)]
    links: LinkChanges,
    /// The stage, of each deal's own pipeline unless another is given
    #[arg(long, value_name = "NAME|ID")]
    stage: Option<String>,
    /// Another pipeline
    #[arg(long, value_name = "NAME|ID", requires = "stage")]
    pipeline: Option<String>,
    /// The probability in percent, or 'none' for the stage's
    #[arg(long, value_name = "PERCENT", value_parser = clearable_probability)]
    probability: Option<Clearable<Probability>>,
    /// When it is expected to close, such as fri, +3d or eom, or 'none'
    #[arg(long, value_name = "DAY", allow_hyphen_values = true, value_parser = clearable_day)]
    expected_close: Option<Clearable<Day>>,
    #[command(flatten)]
    owner: Owner,
    #[command(flatten)]
    labels: LabelChanges,
    #[command(flatten)]
    custom: Custom,
}

impl Change<DealId> for Fields {
    fn check(&self) -> Result<(), Usage> {
        something(self)
    }

    fn wanted(&self) -> Vec<ItemRef> {
        self.links.wanted()
    }

    fn edit(&self, account: &Workspace, id: DealId) -> Result<Edit, Failure> {
        let deal = known(account, id)?;
        let patch = DealPatch {
            title: self.title.clone(),
            stage: place(account, deal, self.stage.as_deref(), self.pipeline.as_deref())?,
            value: value_of(deal, self.value.as_deref(), self.currency.as_deref())?,
            probability: self.probability.map(|own| own.0),
            expected_close: self.expected_close.as_ref().map(|day| day.and_then(|day| day.on(account))).transpose()?,
            owner: self.owner.id(account)?,
            person: self.links.person.map(|person| person.0),
            org: self.links.at.org.map(|org| org.0),
            labels: self.labels.on(&deal.labels, &deal_labels(account))?,
            custom: self.custom.changes(account, ItemKind::Deal)?,
            ..DealPatch::default()
        };
        Ok(Edit::UpdateDeal { id, patch })
    }
}

/// What a deal is worth, where its amount or its currency changes.
fn value_of(deal: &Deal, amount: Option<&str>, currency: Option<&str>) -> Result<Option<Money>, Usage> {
    let currency = currency.map(Currency::new);
    Ok(match (amount, currency) {
        (None, None) => None,
        (None, Some(currency)) => Some(Money { currency, ..deal.value.clone() }),
        (Some(typed), currency) => Some(money(typed, currency.as_ref().unwrap_or(deal.currency()))?),
    })
}

/// Where a deal goes, if anywhere.
fn place(
    account: &Workspace,
    deal: &Deal,
    stage: Option<&str>,
    pipeline: Option<&str>,
) -> Result<Option<PipelineStage>, Usage> {
    let Some(stage) = stage else { return Ok(None) };
    let within = match pipeline {
        Some(typed) => Some(find::pipeline(account, typed)?.id),
        // A number says which pipeline it is by itself.
        None => stage.parse::<u64>().is_err().then_some(deal.pipeline),
    };
    let stage = find::stage(account, within, stage)?;
    Ok(Some(PipelineStage { pipeline: stage.pipeline, stage: stage.id }))
}

/// Where deals go.
#[derive(Debug, Args)]
pub struct Move {
    /// The stage, of each deal's own pipeline unless another is given
    #[arg(long, value_name = "NAME|ID")]
    stage: String,
    /// Another pipeline
    #[arg(long, value_name = "NAME|ID")]
    pipeline: Option<String>,
}

impl Change<DealId> for Move {
    fn edit(&self, account: &Workspace, id: DealId) -> Result<Edit, Failure> {
        let place = place(account, known(account, id)?, Some(&self.stage), self.pipeline.as_deref())?;
        Ok(Edit::UpdateDeal { id, patch: DealPatch { stage: place, ..DealPatch::default() } })
    }
}

/// Deals that are won.
#[derive(Debug, Args)]
pub struct Win;

impl Change<DealId> for Win {
    fn edit(&self, _: &Workspace, id: DealId) -> Result<Edit, Failure> {
        Ok(ends(id, StatusChange::Win))
    }
}

/// Deals that are lost.
#[derive(Debug, Args)]
pub struct Lose {
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

impl Change<DealId> for Lose {
    fn edit(&self, _: &Workspace, id: DealId) -> Result<Edit, Failure> {
        Ok(ends(id, StatusChange::Lose { reason: self.reason.clone() }))
    }
}

/// Deals that are open again.
#[derive(Debug, Args)]
pub struct Reopen;

impl Change<DealId> for Reopen {
    fn edit(&self, _: &Workspace, id: DealId) -> Result<Edit, Failure> {
        Ok(ends(id, StatusChange::Reopen))
    }
}

fn ends(id: DealId, status: StatusChange) -> Edit {
    Edit::UpdateDeal { id, patch: DealPatch { status: Some(status), ..DealPatch::default() } }
}

/// A new value.
#[derive(Debug, Args)]
pub struct Value {
    /// What it is worth, such as 12500.50
    #[arg(value_name = "AMOUNT", value_parser = amount, allow_hyphen_values = true)]
    amount: String,
    /// In which currency, if not the one that it has
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
}

impl Change<DealId> for Value {
    fn edit(&self, account: &Workspace, id: DealId) -> Result<Edit, Failure> {
        let value = value_of(known(account, id)?, Some(&self.amount), self.currency.as_deref())?;
        Ok(Edit::UpdateDeal { id, patch: DealPatch { value, ..DealPatch::default() } })
    }
}

/// A new title.
#[derive(Debug, Args)]
pub struct Title {
    /// The title
    #[arg(value_name = "TEXT", value_parser = title)]
    title: String,
}

impl Change<DealId> for Title {
    fn edit(&self, _: &Workspace, id: DealId) -> Result<Edit, Failure> {
        let patch = DealPatch { title: Some(self.title.clone()), ..DealPatch::default() };
        Ok(Edit::UpdateDeal { id, patch })
    }
}

/// A new probability.
#[derive(Debug, Args)]
pub struct OwnProbability {
    /// In percent, or 'none' for the stage's
    #[arg(value_name = "PERCENT", value_parser = clearable_probability)]
    probability: Clearable<Probability>,
}

impl Change<DealId> for OwnProbability {
    fn edit(&self, _: &Workspace, id: DealId) -> Result<Edit, Failure> {
        let patch = DealPatch { probability: Some(self.probability.0), ..DealPatch::default() };
        Ok(Edit::UpdateDeal { id, patch })
    }
}

/// A new closing date.
#[derive(Debug, Args)]
pub struct CloseDate {
    /// The day, such as 2026-12-24, fri, +3d or eom, or 'none'
    #[arg(value_name = "DAY", allow_hyphen_values = true, value_parser = clearable_day)]
    date: Clearable<Day>,
}

impl Change<DealId> for CloseDate {
    fn edit(&self, account: &Workspace, id: DealId) -> Result<Edit, Failure> {
        let date = self.date.and_then(|day| day.on(account))?;
        let patch = DealPatch { expected_close: Some(date), ..DealPatch::default() };
        Ok(Edit::UpdateDeal { id, patch })
    }
}

/// Deals that become leads again.
#[derive(Debug, Args)]
pub struct ToLead;

impl Change<DealId> for ToLead {
    fn edit(&self, _: &Workspace, id: DealId) -> Result<Edit, Failure> {
        Ok(Edit::ConvertDeal { id })
    }
}

fn known(account: &Workspace, id: DealId) -> Result<&Deal, Failure> {
    account.deal(id).ok_or_else(|| no_such(ItemRef::Deal(id)))
}
