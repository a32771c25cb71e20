//! `dealdeck leads …`

use std::cmp::Reverse;

use clap::{Args, Subcommand};

use super::args::{Clearable, Day, Editing, amount, clearable_amount, clearable_day, day, money, title};
use super::ask::Question;
use super::custom::Custom;
use super::desk::Desk;
use super::fields::{LabelChanges, Labelled, Labels, LinkChanges, Linking, Owner, lead_labels, something};
use super::find;
use super::items::{Change, Delete, Each, One, Show, all_there};
use super::listing::Listing;
use super::plan::{How, Plan, Shape, Usage, Verb, no_such};
use crate::cli::Failure;
use crate::domain::{
    Currency, Edit, ItemKind, ItemRef, Lead, LeadId, LeadPatch, Money, NewLead, PipelineStage, RuleError,
};
use crate::workspace::Workspace;

/// What can be done with leads.
#[derive(Debug, Subcommand)]
pub enum Leads {
    /// Lists the leads of the inbox, unseen ones first, or those of the archive
    List(List),
    /// Shows one lead
    Show(Show<LeadId>),
    /// Makes a lead and prints its id
    Create(Box<Create>),
    /// Changes any fields of leads
    Edit(Box<Each<LeadId, Fields>>),
    /// Changes what a lead may be worth
    Value(One<LeadId, Value>),
    /// Changes a title
    Title(One<LeadId, Title>),
    /// Changes an expected closing date
    CloseDate(One<LeadId, CloseDate>),
    /// Archives leads
    Archive(Each<LeadId, Archive>),
    /// Takes leads out of the archive
    Restore(Each<LeadId, Restore>),
    /// Marks leads as seen
    Seen(Each<LeadId, Seen>),
    /// Makes deals of leads and prints the ids of the deals
    Convert(Each<LeadId, Convert>),
    /// Deletes leads, for good
    Delete(Each<LeadId, Delete>),
}

impl Leads {
    pub(super) fn verb(&self) -> &(dyn Verb + Sync) {
        match self {
            Self::List(verb) => verb,
            Self::Show(verb) => verb,
            Self::Create(verb) => verb.as_ref(),
            Self::Edit(verb) => verb.as_ref(),
            Self::Value(verb) => verb,
            Self::Title(verb) => verb,
            Self::CloseDate(verb) => verb,
            Self::Archive(verb) => verb,
            Self::Restore(verb) => verb,
            Self::Seen(verb) => verb,
            Self::Convert(verb) => verb,
            Self::Delete(verb) => verb,
        }
    }
}

/// Which leads are listed.
#[derive(Debug, Args)]
pub struct List {
    /// Only those that nobody has looked at
    #[arg(long)]
    unseen: bool,
    /// Those of the archive, the latest changed first
    #[arg(long, conflicts_with_all = ["unseen", "filter"])]
    archived: bool,
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
        if self.archived { Some(Question::ArchivedLeads) } else { self.listing.asks(ItemKind::Lead) }
    }

    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        let account = desk.account();
        let labelled = self.labelled.fits(&lead_labels(account))?;
        let mut found: Vec<&Lead> = if self.archived {
            account.leads().filter(|lead| lead.archived).collect()
        } else {
            account.inbox().iter().filter_map(|(.., id)| account.lead(*id)).collect()
        };
        if self.archived {
            found.sort_by_key(|lead| Reverse((lead.updated, lead.id)));
        }
        found.retain(|lead| !(self.unseen && lead.seen) && labelled(&lead.labels));
        self.listing.plan(desk, found.into_iter().map(|lead| ItemRef::Lead(lead.id)))
    }
}

/// What a new lead is to be.
#[derive(Debug, Args)]
pub struct Create {
    /// The title
    #[arg(long, value_name = "TEXT", value_parser = title)]
    title: String,
    /// What it may be worth
    #[arg(long, value_name = "AMOUNT", value_parser = amount, allow_hyphen_values = true)]
    value: Option<String>,
    /// In which currency, if not yours
    #[arg(long, value_name = "CODE", requires = "value")]
    currency: Option<String>,
    #[command(flatten)]
    linking: Linking,
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
        self.linking.contact(&RuleError::LeadUnlinked).map(|_| ())
    }

    fn wanted(&self) -> Vec<ItemRef> {
        self.linking.wanted()
    }

    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        let account = desk.account();
        all_there(account, self.wanted())?;
        let currency = self.currency.as_deref().map_or_else(|| account.currency(), Currency::new);
        let new = NewLead {
            title: self.title.clone(),
            contact: self.linking.contact(&RuleError::LeadUnlinked)?,
            value: self.value.as_deref().map(|typed| money(typed, &currency)).transpose()?,
            expected_close: self.expected_close.as_ref().map(|day| day.on(account)).transpose()?,
            owner: self.owner.id(account)?,
            labels: self.labels.among(&lead_labels(account))?,
            custom: self.custom.values(account, ItemKind::Lead)?,
        };
        let id = desk.workspace.local_lead();
        Ok(Plan::Edit(vec![Edit::CreateLead { id, new }], Shape::One))
    }
}

/// What becomes of the fields of leads.
#[derive(Debug, Default, PartialEq, Args)]
pub struct Fields {
    /// The title
    #[arg(long, value_name = "TEXT", value_parser = title)]
    title: Option<String>,
    /// What it may be worth, or 'none'
    #[arg(long, value_name = "AMOUNT", value_parser = clearable_amount, allow_hyphen_values = true)]
    value: Option<Clearable<String>>,
    /// In which currency, if not the one that it has
    #[arg(long, value_name = "CODE", requires = "value")]
    currency: Option<String>,
    #[command(flatten)]
    links: LinkChanges,
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

impl Change<LeadId> for Fields {
    fn check(&self) -> Result<(), Usage> {
        something(self)
    }

    fn wanted(&self) -> Vec<ItemRef> {
        self.links.wanted()
    }

    fn edit(&self, account: &Workspace, id: LeadId) -> Result<Edit, Failure> {
        let lead = account.lead(id).ok_or_else(|| no_such(ItemRef::Lead(id)))?;
        let value = self.value.as_ref().map(|value| value_of(account, lead, value, self.currency.as_deref()));
        let patch = LeadPatch {
            title: self.title.clone(),
            value: value.transpose()?,
            expected_close: self.expected_close.as_ref().map(|day| day.and_then(|day| day.on(account))).transpose()?,
            owner: self.owner.id(account)?,
            person: self.links.person.map(|person| person.0),
            org: self.links.at.org.map(|org| org.0),
            labels: self.labels.on(&lead.labels, &lead_labels(account))?,
            custom: self.custom.changes(account, ItemKind::Lead)?,
            ..LeadPatch::default()
        };
        Ok(Edit::UpdateLead { id, patch })
    }
}

/// What a lead may be worth from now on.
fn value_of(
    account: &Workspace,
    lead: &Lead,
    amount: &Clearable<String>,
    currency: Option<&str>,
) -> Result<Option<Money>, Usage> {
    let own = lead.value.as_ref().map(|value| value.currency.clone());
    let currency = currency.map(Currency::new).or(own).unwrap_or_else(|| account.currency());
    amount.0.as_deref().map(|typed| money(typed, &currency)).transpose()
}

/// A new value.
#[derive(Debug, Args)]
pub struct Value {
    /// What it may be worth, such as 12500.50, or 'none'
    #[arg(value_name = "AMOUNT", value_parser = clearable_amount, allow_hyphen_values = true)]
    amount: Clearable<String>,
    /// In which currency, if not the one that it has
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
}

impl Change<LeadId> for Value {
    fn edit(&self, account: &Workspace, id: LeadId) -> Result<Edit, Failure> {
        let lead = account.lead(id).ok_or_else(|| no_such(ItemRef::Lead(id)))?;
        let value = value_of(account, lead, &self.amount, self.currency.as_deref())?;
        Ok(Edit::UpdateLead { id, patch: LeadPatch { value: Some(value), ..LeadPatch::default() } })
    }
}

/// A new title.
#[derive(Debug, Args)]
pub struct Title {
    /// The title
    #[arg(value_name = "TEXT", value_parser = title)]
    title: String,
}

impl Change<LeadId> for Title {
    fn edit(&self, _: &Workspace, id: LeadId) -> Result<Edit, Failure> {
        let patch = LeadPatch { title: Some(self.title.clone()), ..LeadPatch::default() };
        Ok(Edit::UpdateLead { id, patch })
    }
}

/// A new closing date.
#[derive(Debug, Args)]
pub struct CloseDate {
    /// The day, such as 2026-12-24, fri, +3d or eom, or 'none'
    #[arg(value_name = "DAY", allow_hyphen_values = true, value_parser = clearable_day)]
    date: Clearable<Day>,
}

impl Change<LeadId> for CloseDate {
    fn edit(&self, account: &Workspace, id: LeadId) -> Result<Edit, Failure> {
        let date = self.date.and_then(|day| day.on(account))?;
        let patch = LeadPatch { expected_close: Some(date), ..LeadPatch::default() };
        Ok(Edit::UpdateLead { id, patch })
    }
}

/// Leads that go into the archive.
#[derive(Debug, Args)]
pub struct Archive;

impl Change<LeadId> for Archive {
    fn edit(&self, _: &Workspace, id: LeadId) -> Result<Edit, Failure> {
        Ok(Edit::UpdateLead { id, patch: LeadPatch { archived: Some(true), ..LeadPatch::default() } })
    }
}

/// Leads that come out of the archive.
#[derive(Debug, Args)]
pub struct Restore;

impl Change<LeadId> for Restore {
    fn edit(&self, _: &Workspace, id: LeadId) -> Result<Edit, Failure> {
        Ok(Edit::UpdateLead { id, patch: LeadPatch { archived: Some(false), ..LeadPatch::default() } })
    }
}

/// Leads that were seen, or not.
#[derive(Debug, Args)]
pub struct Seen {
    /// Marks them as unseen
    #[arg(long)]
    not: bool,
}

impl Change<LeadId> for Seen {
    fn edit(&self, _: &Workspace, id: LeadId) -> Result<Edit, Failure> {
        Ok(Edit::UpdateLead { id, patch: LeadPatch { seen: Some(!self.not), ..LeadPatch::default() } })
    }
}

/// Where the deals go that leads become.
#[derive(Debug, Args)]
pub struct Convert {
    /// The stage of the deals
    #[arg(long, value_name = "NAME|ID")]
    stage: String,
    /// The pipeline of that stage
    #[arg(long, value_name = "NAME|ID")]
    pipeline: Option<String>,
}

impl Change<LeadId> for Convert {
    fn edit(&self, account: &Workspace, id: LeadId) -> Result<Edit, Failure> {
        let pipeline = self.pipeline.as_deref().map(|typed| find::pipeline(account, typed)).transpose()?;
        let stage = find::stage(account, pipeline.map(|pipeline| pipeline.id), &self.stage)?;
        Ok(Edit::ConvertLead { id, to: PipelineStage { pipeline: stage.pipeline, stage: stage.id } })
    }
}
