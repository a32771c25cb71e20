//! `dealdeck leads …`

use std::cmp::Reverse;

use clap::{Args, Subcommand};

use super::client::Client;
use super::command::{Cardinality, Plan, ScriptCommand, selected};
use super::common::{Delete, EditEach, EditOne, ItemEdit, Show, check_exist};
use super::list::ListArgs;
use super::mode::{Mode, Scope};
use super::query::Query;
use super::resolve;
use super::setters::{SetCloseDate, SetTitle};
use super::shared_args::{
    ContactArgs, ContactChangeArgs, CreateArgs, LabelFilterArgs, UpdateArgs, check_not_empty, lead_labels,
};
use super::usage::{UsageError, not_found};
use super::values::{Clearable, Day, amount, clearable_amount, clearable_day, day, money, title};
use crate::cli::error::CliError;
use crate::domain::{
    Currency, Edit, ItemKind, ItemRef, Lead, LeadId, LeadPatch, Money, NewLead, PipelineStage, RuleError,
};
use crate::workspace::Workspace;

#[derive(Debug, Subcommand)]
pub enum Leads {
    /// Lists the leads in the inbox, unseen ones first, or in the archive
    List(List),
    /// Shows one lead
    Show(Show<LeadId>),
    /// Creates a lead and prints its ID
    Create(Box<Create>),
    /// Edits any fields of leads
    Edit(Box<EditEach<LeadId, Update>>),
    /// Changes the value of a lead
    Value(EditOne<LeadId, SetValue>),
    /// Changes the title of a lead
    Title(EditOne<LeadId, SetTitle>),
    /// Changes the expected close date of a lead
    CloseDate(EditOne<LeadId, SetCloseDate>),
    /// Archives leads
    Archive(EditEach<LeadId, Archive>),
    /// Restores archived leads
    Restore(EditEach<LeadId, Restore>),
    /// Marks leads as seen
    Seen(EditEach<LeadId, Seen>),
    /// Converts leads to deals and prints the IDs of the deals
    Convert(EditEach<LeadId, Convert>),
    /// Deletes leads; this cannot be undone
    Delete(EditEach<LeadId, Delete>),
}

impl Leads {
    pub(super) fn command(&self) -> &(dyn ScriptCommand + Sync) {
        selected!(self => List, Show, Create, Edit, Value, Title, CloseDate, Archive, Restore, Seen, Convert, Delete)
    }
}

#[derive(Debug, Args)]
pub struct List {
    /// Only unseen leads
    #[arg(long)]
    unseen: bool,
    /// Archived leads, the last changed first
    #[arg(long, conflicts_with_all = ["unseen", "filter"])]
    archived: bool,
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
        if self.archived { Some(Query::ArchivedLeads) } else { self.common.query(ItemKind::Lead) }
    }

    fn plan(&self, client: &mut Client) -> Result<Plan, CliError> {
        let account = client.account();
        let has_labels = self.labels.filter(&lead_labels(account))?;
        let mut leads: Vec<&Lead> = if self.archived {
            account.leads().filter(|lead| lead.archived).collect()
        } else {
            account.inbox().iter().filter_map(|(.., id)| account.lead(*id)).collect()
        };
        if self.archived {
            leads.sort_by_key(|lead| Reverse((lead.updated, lead.id)));
        }
        leads.retain(|lead| !(self.unseen && lead.seen) && has_labels(&lead.labels));
        self.common.plan(client, leads.into_iter().map(|lead| ItemRef::Lead(lead.id)))
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
    #[arg(long, value_name = "CODE", requires = "value")]
    currency: Option<String>,
    #[command(flatten)]
    contact: ContactArgs,
    /// Expected close date: 2026-12-24, fri, +3d, eom
    #[arg(long, value_name = "DAY", allow_hyphen_values = true, value_parser = day)]
    expected_close: Option<Day>,
    #[command(flatten)]
    common: CreateArgs,
}

impl ScriptCommand for Create {
    fn mode(&self) -> Mode {
        self.common.write.mode()
    }

    fn check(&self) -> Result<(), UsageError> {
        self.contact.contact(&RuleError::LeadUnlinked).map(|_| ())
    }

    fn needed_items(&self) -> Vec<ItemRef> {
        self.contact.needed_items()
    }

    fn plan(&self, client: &mut Client) -> Result<Plan, CliError> {
        let account = client.account();
        check_exist(account, self.needed_items())?;
        let currency = self.currency.as_deref().map_or_else(|| account.currency(), Currency::new);
        let new = NewLead {
            title: self.title.clone(),
            contact: self.contact.contact(&RuleError::LeadUnlinked)?,
            value: self.value.as_deref().map(|typed| money(typed, &currency)).transpose()?,
            expected_close: self.expected_close.as_ref().map(|day| day.date(account)).transpose()?,
            owner: self.common.owner.id(account)?,
            labels: self.common.labels.ids(&lead_labels(account))?,
            custom: self.common.custom.values(account, ItemKind::Lead)?,
        };
        let id = client.state.workspace.local_lead();
        Ok(Plan::Edit(vec![Edit::CreateLead { id, new }], Cardinality::One))
    }
}

/// Edits any fields.
#[derive(Debug, Default, PartialEq, Args)]
pub struct Update {
    /// Title
    #[arg(long, value_name = "TEXT", value_parser = title)]
    title: Option<String>,
    /// Value, or 'none'
    #[arg(long, value_name = "AMOUNT", value_parser = clearable_amount, allow_hyphen_values = true)]
    value: Option<Clearable<String>>,
    /// Currency of the value, instead of the present one
    #[arg(long, value_name = "CODE", requires = "value")]
    currency: Option<String>,
    #[command(flatten)]
    contact: ContactChangeArgs,
    /// Expected close date, such as fri, +3d or eom, or 'none'
    #[arg(long, value_name = "DAY", allow_hyphen_values = true, value_parser = clearable_day)]
    expected_close: Option<Clearable<Day>>,
    #[command(flatten)]
    common: UpdateArgs,
}

impl ItemEdit<LeadId> for Update {
    fn check(&self) -> Result<(), UsageError> {
        check_not_empty(self)
    }

    fn needed_items(&self) -> Vec<ItemRef> {
        self.contact.needed_items()
    }

    fn edit(&self, account: &Workspace, id: LeadId) -> Result<Edit, CliError> {
        let lead = find(account, id)?;
        let new_value = self.value.as_ref().map(|amount| value(account, lead, amount, self.currency.as_deref()));
        let expected_close = self.expected_close.as_ref().map(|day| day.and_then(|day| day.date(account)));
        let patch = LeadPatch {
            title: self.title.clone(),
            value: new_value.transpose()?,
            expected_close: expected_close.transpose()?,
            owner: self.common.owner.id(account)?,
            person: self.contact.person.map(|person| person.0),
            org: self.contact.org_change.org.map(|org| org.0),
            labels: self.common.labels.apply(&lead.labels, &lead_labels(account))?,
            custom: self.common.custom.changes(account, ItemKind::Lead)?,
            ..LeadPatch::default()
        };
        Ok(Edit::UpdateLead { id, patch })
    }
}

/// Returns the new value of a lead.
fn value(
    account: &Workspace,
    lead: &Lead,
    amount: &Clearable<String>,
    currency: Option<&str>,
) -> Result<Option<Money>, UsageError> {
    let present = lead.value.as_ref().map(|value| value.currency.clone());
    let currency = currency.map(Currency::new).or(present).unwrap_or_else(|| account.currency());
    amount.0.as_deref().map(|typed| money(typed, &currency)).transpose()
}

/// Changes the value.
#[derive(Debug, Args)]
pub struct SetValue {
    /// Value, such as 12500.50, or 'none'
    #[arg(value_name = "AMOUNT", value_parser = clearable_amount, allow_hyphen_values = true)]
    amount: Clearable<String>,
    /// Currency of the value, instead of the present one
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
}

impl ItemEdit<LeadId> for SetValue {
    fn edit(&self, account: &Workspace, id: LeadId) -> Result<Edit, CliError> {
        let value = value(account, find(account, id)?, &self.amount, self.currency.as_deref())?;
        Ok(Edit::UpdateLead { id, patch: LeadPatch { value: Some(value), ..LeadPatch::default() } })
    }
}

/// Archives leads.
#[derive(Debug, Args)]
pub struct Archive;

impl ItemEdit<LeadId> for Archive {
    fn edit(&self, _: &Workspace, id: LeadId) -> Result<Edit, CliError> {
        Ok(Edit::UpdateLead { id, patch: LeadPatch { archived: Some(true), ..LeadPatch::default() } })
    }
}

/// Restores archived leads.
#[derive(Debug, Args)]
pub struct Restore;

impl ItemEdit<LeadId> for Restore {
    fn edit(&self, _: &Workspace, id: LeadId) -> Result<Edit, CliError> {
        Ok(Edit::UpdateLead { id, patch: LeadPatch { archived: Some(false), ..LeadPatch::default() } })
    }
}

/// Marks leads as seen or unseen.
#[derive(Debug, Args)]
pub struct Seen {
    /// Marks them as unseen
    #[arg(long)]
    not: bool,
}

impl ItemEdit<LeadId> for Seen {
    fn edit(&self, _: &Workspace, id: LeadId) -> Result<Edit, CliError> {
        Ok(Edit::UpdateLead { id, patch: LeadPatch { seen: Some(!self.not), ..LeadPatch::default() } })
    }
}

/// Converts leads to deals.
#[derive(Debug, Args)]
pub struct Convert {
    /// Stage of the deals
    #[arg(long, value_name = "NAME|ID")]
    stage: String,
    /// Pipeline of the stage
    #[arg(long, value_name = "NAME|ID")]
    pipeline: Option<String>,
}

impl ItemEdit<LeadId> for Convert {
    fn edit(&self, account: &Workspace, id: LeadId) -> Result<Edit, CliError> {
        let pipeline = self.pipeline.as_deref().map(|typed| resolve::pipeline(account, typed)).transpose()?;
        let stage = resolve::stage(account, pipeline.map(|pipeline| pipeline.id), &self.stage)?;
        Ok(Edit::ConvertLead { id, to: PipelineStage { pipeline: stage.pipeline, stage: stage.id } })
    }
}

fn find(account: &Workspace, id: LeadId) -> Result<&Lead, CliError> {
    account.lead(id).ok_or_else(|| not_found(ItemRef::Lead(id)))
}
