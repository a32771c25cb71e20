//! Edits of existing deals.

use clap::Args;

use super::super::common::ItemEdit;
use super::super::resolve;
use super::super::shared_args::{ContactChangeArgs, UpdateArgs, check_not_empty, deal_labels};
use super::super::usage::{UsageError, not_found};
use super::super::values::{Clearable, Day, amount, clearable_day, clearable_probability, money, title};
use crate::cli::error::CliError;
use crate::domain::{
    Currency, Deal, DealId, DealPatch, Edit, ItemKind, ItemRef, Money, PipelineStage, Probability, StatusChange,
};
use crate::workspace::Workspace;

/// Edits any fields.
#[derive(Debug, Default, PartialEq, Args)]
pub struct Update {
    /// Title
    #[arg(long, value_name = "TEXT", value_parser = title)]
    title: Option<String>,
    /// Value
    #[arg(long, value_name = "AMOUNT", value_parser = amount, allow_hyphen_values = true)]
    value: Option<String>,
    /// Currency of the value, instead of the present one
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    #[command(flatten)]
    contact: ContactChangeArgs,
    /// Stage in the pipeline of each deal, or in --pipeline
    #[arg(long, value_name = "NAME|ID")]
    stage: Option<String>,
    /// Another pipeline
    #[arg(long, value_name = "NAME|ID", requires = "stage")]
    pipeline: Option<String>,
    /// Probability in percent, or 'none' for the stage's
    #[arg(long, value_name = "PERCENT", value_parser = clearable_probability)]
    probability: Option<Clearable<Probability>>,
    /// Expected close date, such as fri, +3d or eom, or 'none'
    #[arg(long, value_name = "DAY", allow_hyphen_values = true, value_parser = clearable_day)]
    expected_close: Option<Clearable<Day>>,
    #[command(flatten)]
    common: UpdateArgs,
}

impl ItemEdit<DealId> for Update {
    fn check(&self) -> Result<(), UsageError> {
        check_not_empty(self)
    }

    fn needed_items(&self) -> Vec<ItemRef> {
        self.contact.needed_items()
    }

    fn edit(&self, account: &Workspace, id: DealId) -> Result<Edit, CliError> {
        let deal = find(account, id)?;
        let expected_close = self.expected_close.as_ref().map(|day| day.and_then(|day| day.date(account)));
        let patch = DealPatch {
            title: self.title.clone(),
            stage: stage(account, deal, self.stage.as_deref(), self.pipeline.as_deref())?,
            value: value(deal, self.value.as_deref(), self.currency.as_deref())?,
            probability: self.probability.map(|own| own.0),
            expected_close: expected_close.transpose()?,
            owner: self.common.owner.id(account)?,
            person: self.contact.person.map(|person| person.0),
            org: self.contact.org_change.org.map(|org| org.0),
            labels: self.common.labels.apply(&deal.labels, &deal_labels(account))?,
            custom: self.common.custom.changes(account, ItemKind::Deal)?,
            ..DealPatch::default()
        };
        Ok(Edit::UpdateDeal { id, patch })
    }
}

/// Returns the new value, if its amount or its currency changes.
fn value(deal: &Deal, amount: Option<&str>, currency: Option<&str>) -> Result<Option<Money>, UsageError> {
    let currency = currency.map(Currency::new);
    Ok(match (amount, currency) {
        (None, None) => None,
        (None, Some(currency)) => Some(Money { currency, ..deal.value.clone() }),
        (Some(typed), currency) => Some(money(typed, currency.as_ref().unwrap_or(deal.currency()))?),
    })
}

/// Returns the new stage, if it changes.
fn stage(
    account: &Workspace,
    deal: &Deal,
    stage: Option<&str>,
    pipeline: Option<&str>,
) -> Result<Option<PipelineStage>, UsageError> {
    let Some(stage) = stage else { return Ok(None) };
    let within = match pipeline {
        Some(typed) => Some(resolve::pipeline(account, typed)?.id),
        // The id of a stage determines the pipeline.
        None => stage.parse::<u64>().is_err().then_some(deal.pipeline),
    };
    let stage = resolve::stage(account, within, stage)?;
    Ok(Some(PipelineStage { pipeline: stage.pipeline, stage: stage.id }))
}

/// Moves deals.
#[derive(Debug, Args)]
pub struct Move {
    /// Stage in the pipeline of each deal, or in --pipeline
    #[arg(long, value_name = "NAME|ID")]
    stage: String,
    /// Another pipeline
    #[arg(long, value_name = "NAME|ID")]
    pipeline: Option<String>,
}

impl ItemEdit<DealId> for Move {
    fn edit(&self, account: &Workspace, id: DealId) -> Result<Edit, CliError> {
        let stage = stage(account, find(account, id)?, Some(&self.stage), self.pipeline.as_deref())?;
        Ok(Edit::UpdateDeal { id, patch: DealPatch { stage, ..DealPatch::default() } })
    }
}

/// Marks deals as won.
#[derive(Debug, Args)]
pub struct Win;

impl ItemEdit<DealId> for Win {
    fn edit(&self, _: &Workspace, id: DealId) -> Result<Edit, CliError> {
        Ok(change_status(id, StatusChange::Win))
    }
}

/// Marks deals as lost.
#[derive(Debug, Args)]
pub struct Lose {
    /// Lost reason
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

impl ItemEdit<DealId> for Lose {
    fn edit(&self, _: &Workspace, id: DealId) -> Result<Edit, CliError> {
        Ok(change_status(id, StatusChange::Lose { reason: self.reason.clone() }))
    }
}

/// Reopens deals.
#[derive(Debug, Args)]
pub struct Reopen;

impl ItemEdit<DealId> for Reopen {
    fn edit(&self, _: &Workspace, id: DealId) -> Result<Edit, CliError> {
        Ok(change_status(id, StatusChange::Reopen))
    }
}

fn change_status(id: DealId, status: StatusChange) -> Edit {
    Edit::UpdateDeal { id, patch: DealPatch { status: Some(status), ..DealPatch::default() } }
}

/// Changes the value.
#[derive(Debug, Args)]
pub struct SetValue {
    /// Value, such as 12500.50
    #[arg(value_name = "AMOUNT", value_parser = amount, allow_hyphen_values = true)]
    amount: String,
    /// Currency of the value, instead of the present one
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
}

impl ItemEdit<DealId> for SetValue {
    fn edit(&self, account: &Workspace, id: DealId) -> Result<Edit, CliError> {
        let value = value(find(account, id)?, Some(&self.amount), self.currency.as_deref())?;
        Ok(Edit::UpdateDeal { id, patch: DealPatch { value, ..DealPatch::default() } })
    }
}

/// Changes the probability.
#[derive(Debug, Args)]
pub struct SetProbability {
    /// Probability in percent, or 'none' for the stage's
    #[arg(value_name = "PERCENT", value_parser = clearable_probability)]
    probability: Clearable<Probability>,
}

impl ItemEdit<DealId> for SetProbability {
    fn edit(&self, _: &Workspace, id: DealId) -> Result<Edit, CliError> {
        let patch = DealPatch { probability: Some(self.probability.0), ..DealPatch::default() };
        Ok(Edit::UpdateDeal { id, patch })
    }
}

/// Converts deals back to leads.
#[derive(Debug, Args)]
pub struct ToLead;

impl ItemEdit<DealId> for ToLead {
    fn edit(&self, _: &Workspace, id: DealId) -> Result<Edit, CliError> {
        Ok(Edit::ConvertDeal { id })
    }
}

fn find(account: &Workspace, id: DealId) -> Result<&Deal, CliError> {
    account.deal(id).ok_or_else(|| not_found(ItemRef::Deal(id)))
}
