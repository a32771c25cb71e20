//! `dealdeck leads …`

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use uuid::Uuid;

use super::args::{Clearable, Editing, LeadIds, Linking, Reading, Which, clearable_day, day};
use super::deals::{check_new, linked, money, not_empty, there};
use super::desk::Desk;
use super::find;
use super::plan::{How, Plan, Shape, Usage, Verb, Wanted, no_such};
use super::row::Row;
use crate::app::filter::Needle;
use crate::cli::Failure;
use crate::domain::{Currency, Edit, Lead, LeadId, LeadPatch, NewLead, Place, RuleError};
use crate::workspace::Workspace;

/// What can be done with leads.
#[derive(Debug, Subcommand)]
pub enum Leads {
    /// Lists the leads of the inbox, unseen ones first
    List(List),
    /// Shows one lead
    Show(Show),
    /// Makes a lead and prints its id
    Create(Box<Create>),
    /// Changes what a lead may be worth
    Value(Revalue),
    /// Changes a title
    Title(Retitle),
    /// Changes an expected closing date
    CloseDate(CloseDate),
    /// Archives leads
    Archive(LeadIds),
    /// Takes leads out of the archive
    Restore(LeadIds),
    /// Marks leads as seen
    Seen(Seen),
    /// Makes deals of leads and prints the ids of the deals
    Convert(Convert),
}

/// Which leads are listed.
#[derive(Debug, Args)]
pub struct List {
    /// Only those that nobody has looked at
    #[arg(long)]
    unseen: bool,
    /// Only those of this user; 'me' is you
    #[arg(long, value_name = "NAME|ID|me")]
    owner: Option<String>,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    reading: Reading,
}

/// One lead to be shown.
#[derive(Debug, Args)]
pub struct Show {
    /// Which
    #[arg(value_name = "ID")]
    id: Uuid,
    #[command(flatten)]
    reading: Reading,
}

/// What a new lead is to be.
#[derive(Debug, Args)]
pub struct Create {
    /// The title
    #[arg(long, value_name = "TEXT")]
    title: String,
    /// What it may be worth
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    value: Option<String>,
    /// In which currency, if not yours
    #[arg(long, value_name = "CODE", requires = "value")]
    currency: Option<String>,
    #[command(flatten)]
    linking: Linking,
    /// When it is expected to close
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    expected_close: Option<NaiveDate>,
    #[command(flatten)]
    editing: Editing,
}

/// A new value.
#[derive(Debug, Args)]
pub struct Revalue {
    /// Which
    #[arg(value_name = "ID")]
    id: Uuid,
    /// What it may be worth, such as 12500.50, or 'none'
    #[arg(value_name = "AMOUNT", allow_hyphen_values = true)]
    amount: String,
    /// In which currency, if not the one that it has
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    #[command(flatten)]
    editing: Editing,
}

/// A new title.
#[derive(Debug, Args)]
pub struct Retitle {
    /// Which
    #[arg(value_name = "ID")]
    id: Uuid,
    /// The title
    #[arg(value_name = "TEXT")]
    title: String,
    #[command(flatten)]
    editing: Editing,
}

/// A new closing date.
#[derive(Debug, Args)]
pub struct CloseDate {
    /// Which
    #[arg(value_name = "ID")]
    id: Uuid,
    /// The day, or 'none'
    #[arg(value_name = "YYYY-MM-DD", value_parser = clearable_day)]
    date: Clearable<NaiveDate>,
    #[command(flatten)]
    editing: Editing,
}

/// Leads that were seen, or not.
#[derive(Debug, Args)]
pub struct Seen {
    #[command(flatten)]
    which: LeadIds,
    /// Marks them as unseen
    #[arg(long)]
    not: bool,
}

/// Leads that become deals.
#[derive(Debug, Args)]
pub struct Convert {
    #[command(flatten)]
    which: LeadIds,
    /// The stage of the deals
    #[arg(long, value_name = "NAME|ID")]
    stage: String,
    /// The pipeline of that stage
    #[arg(long, value_name = "NAME|ID")]
    pipeline: Option<String>,
}

impl Verb for Leads {
    fn how(&self) -> How {
        match self {
            Self::List(list) => list.reading.how(),
            Self::Show(show) => show.reading.how(),
            Self::Create(create) => create.editing.how(),
            Self::Value(value) => value.editing.how(),
            Self::Title(title) => title.editing.how(),
            Self::CloseDate(close) => close.editing.how(),
            Self::Archive(which)
            | Self::Restore(which)
            | Self::Seen(Seen { which, .. })
            | Self::Convert(Convert { which, .. }) => which.editing.how(),
        }
    }

    fn check(&self) -> Result<(), Usage> {
        match self {
            Self::Create(create) => {
                let value = (create.value.as_deref(), create.currency.as_deref());
                check_new(&create.title, &create.linking, &RuleError::LeadUnlinked, value)
            }
            Self::Title(title) => not_empty("TEXT", &title.title),
            _ => Ok(()),
        }
    }

    fn wanted(&self) -> Vec<Wanted> {
        let leads = |ids: &[Uuid]| ids.iter().map(|id| Wanted::Lead(LeadId(*id))).collect();
        match self {
            Self::List(_) => Vec::new(),
            Self::Create(create) => linked(&create.linking),
            Self::Show(Show { id, .. })
            | Self::Value(Revalue { id, .. })
            | Self::Title(Retitle { id, .. })
            | Self::CloseDate(CloseDate { id, .. }) => leads(&[*id]),
            Self::Archive(which)
            | Self::Restore(which)
            | Self::Seen(Seen { which, .. })
            | Self::Convert(Convert { which, .. }) => leads(&which.ids),
        }
    }

    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        let account = desk.account();
        match self {
            Self::List(list) => Ok(Plan::List(list.rows(account)?)),
            Self::Show(show) => Ok(Plan::Show(Row::of_lead(account, lead(account, show.id)?))),
            Self::Create(create) => create.plan(desk),
            Self::Value(value) => {
                let value = (value.id, value.patch(lead(account, value.id)?, account)?);
                updates(account, &[value.0], &value.1, Shape::One)
            }
            Self::Title(title) => {
                let patch = LeadPatch { title: Some(title.title.trim().to_owned()), ..LeadPatch::default() };
                updates(account, &[title.id], &patch, Shape::One)
            }
            Self::CloseDate(close) => {
                let patch = LeadPatch { expected_close: Some(close.date.0), ..LeadPatch::default() };
                updates(account, &[close.id], &patch, Shape::One)
            }
            Self::Archive(which) => {
                let patch = LeadPatch { archived: Some(true), ..LeadPatch::default() };
                updates(account, &which.ids, &patch, Shape::Many)
            }
            Self::Restore(which) => {
                let patch = LeadPatch { archived: Some(false), ..LeadPatch::default() };
                updates(account, &which.ids, &patch, Shape::Many)
            }
            Self::Seen(seen) => {
                let patch = LeadPatch { seen: Some(!seen.not), ..LeadPatch::default() };
                updates(account, &seen.which.ids, &patch, Shape::Many)
            }
            Self::Convert(convert) => convert.plan(account),
        }
    }
}

impl List {
    fn rows(&self, account: &Workspace) -> Result<Vec<Row>, Failure> {
        let owner = self.owner.as_deref().map(|typed| find::owner(account, typed)).transpose()?;
        let folded = self.which.text.as_deref().unwrap_or_default().to_lowercase();
        let needle = Needle::new(&folded, account);
        let fits = |lead: &&Lead| {
            !(self.unseen && lead.seen) && owner.is_none_or(|id| lead.owner == Some(id)) && needle.hits_lead(lead.id)
        };
        let inbox = account.inbox().iter().filter_map(|(.., id)| account.lead(*id)).filter(fits);
        Ok(inbox.take(self.which.limit.unwrap_or(usize::MAX)).map(|lead| Row::of_lead(account, lead)).collect())
    }
}

impl Create {
    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        let account = desk.account();
        there(account, &self.linking)?;
        let currency = self.currency.as_deref().map_or_else(|| account.currency(), Currency::new);
        let new = NewLead {
            value: self.value.as_deref().map(|typed| money("--value", typed, &currency)).transpose()?,
            expected_close: self.expected_close,
            ..NewLead::new(self.title.trim().to_owned(), self.linking.contact(&RuleError::LeadUnlinked)?)
        };
        let id = desk.app.workspace.local_lead();
        Ok(Plan::Edit(vec![Edit::CreateLead { id, new }], Shape::One))
    }
}

impl Revalue {
    fn patch(&self, lead: &Lead, account: &Workspace) -> Result<LeadPatch, Failure> {
        let own = lead.value.as_ref().map(|value| value.currency.clone());
        let currency = self.currency.as_deref().map(Currency::new).or(own).unwrap_or_else(|| account.currency());
        let value = if self.amount == "none" { None } else { Some(money("AMOUNT", &self.amount, &currency)?) };
        Ok(LeadPatch { value: Some(value), ..LeadPatch::default() })
    }
}

impl Convert {
    fn plan(&self, account: &Workspace) -> Result<Plan, Failure> {
        let pipeline = self.pipeline.as_deref().map(|typed| find::pipeline(account, typed)).transpose()?;
        let stage = find::stage(account, pipeline.map(|pipeline| pipeline.id), &self.stage)?;
        let to = Place { pipeline: stage.pipeline, stage: stage.id };
        let edit = |id: &Uuid| lead(account, *id).map(|lead| Edit::ConvertLead { id: lead.id, to });
        Ok(Plan::Edit(self.which.ids.iter().map(edit).collect::<Result<_, Failure>>()?, Shape::Many))
    }
}

fn lead(account: &Workspace, id: Uuid) -> Result<&Lead, Failure> {
    account.lead(LeadId(id)).ok_or_else(|| no_such("lead", id))
}

fn updates(account: &Workspace, ids: &[Uuid], patch: &LeadPatch, shape: Shape) -> Result<Plan, Failure> {
    let edit = |id: &Uuid| Ok(Edit::UpdateLead { id: lead(account, *id)?.id, patch: patch.clone() });
    Ok(Plan::Edit(ids.iter().map(edit).collect::<Result<_, Failure>>()?, shape))
}
