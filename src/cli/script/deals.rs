//! `dealdeck deals …`

use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};

use super::args::{
    Clearable, Editing, Linking, Numbers, Reading, ShowNumber, Which, clearable_day, clearable_probability, day,
    probability,
};
use super::desk::Desk;
use super::find;
use super::plan::{How, Plan, Shape, Usage, Verb, Wanted, no_such};
use super::row::Row;
use crate::app::filter::Needle;
use crate::cli::Failure;
use crate::domain::{
    Currency, Deal, DealId, DealPatch, DealStatus, Edit, Money, NewDeal, OrgId, PersonId, Place, Probability,
    RuleError, StatusChange,
};
use crate::workspace::Workspace;

/// What can be done with deals.
#[derive(Debug, Subcommand)]
pub enum Deals {
    /// Lists deals, by pipeline and stage
    List(List),
    /// Shows one deal
    Show(ShowNumber),
    /// Makes a deal and prints its id
    Create(Box<Create>),
    /// Moves deals to a stage
    Move(Move),
    /// Marks deals as won
    Won(Numbers),
    /// Marks deals as lost
    Lost(Lost),
    /// Reopens deals that were won or lost
    Reopen(Numbers),
    /// Changes what a deal is worth
    Value(Revalue),
    /// Changes a title
    Title(Retitle),
    /// Changes a probability
    Probability(OwnProbability),
    /// Changes an expected closing date
    CloseDate(CloseDate),
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
    /// Only those of this user; 'me' is you
    #[arg(long, value_name = "NAME|ID|me")]
    owner: Option<String>,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    reading: Reading,
}

/// What a new deal is to be.
#[derive(Debug, Args)]
pub struct Create {
    /// The title
    #[arg(long, value_name = "TEXT")]
    title: String,
    /// What it is worth
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
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
    /// When it is expected to close
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    expected_close: Option<NaiveDate>,
    #[command(flatten)]
    editing: Editing,
}

/// Where deals go.
#[derive(Debug, Args)]
pub struct Move {
    /// Which
    #[arg(required = true, value_name = "ID")]
    ids: Vec<u64>,
    /// The stage, of each deal's own pipeline unless another is given
    #[arg(long, value_name = "NAME|ID")]
    stage: String,
    /// Another pipeline
    #[arg(long, value_name = "NAME|ID")]
    pipeline: Option<String>,
    #[command(flatten)]
    editing: Editing,
}

/// Deals that are lost.
#[derive(Debug, Args)]
pub struct Lost {
    #[command(flatten)]
    which: Numbers,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// A new value.
#[derive(Debug, Args)]
pub struct Revalue {
    /// Which
    #[arg(value_name = "ID")]
    id: u64,
    /// What it is worth, such as 12500.50
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
    id: u64,
    /// The title
    #[arg(value_name = "TEXT")]
    title: String,
    #[command(flatten)]
    editing: Editing,
}

/// A new probability.
#[derive(Debug, Args)]
pub struct OwnProbability {
    /// Which
    #[arg(value_name = "ID")]
    id: u64,
    /// In percent, or 'none' for the stage's
    #[arg(value_name = "PERCENT", value_parser = clearable_probability)]
    probability: Clearable<Probability>,
    #[command(flatten)]
    editing: Editing,
}

/// A new closing date.
#[derive(Debug, Args)]
pub struct CloseDate {
    /// Which
    #[arg(value_name = "ID")]
    id: u64,
    /// The day, or 'none'
    #[arg(value_name = "YYYY-MM-DD", value_parser = clearable_day)]
    date: Clearable<NaiveDate>,
    #[command(flatten)]
    editing: Editing,
}

impl Verb for Deals {
    fn how(&self) -> How {
        match self {
            Self::List(list) => list.reading.how(),
            Self::Show(show) => show.reading.how(),
            Self::Create(create) => create.editing.how(),
            Self::Move(to) => to.editing.how(),
            Self::Won(which) | Self::Reopen(which) => which.editing.how(),
            Self::Lost(lost) => lost.which.editing.how(),
            Self::Value(value) => value.editing.how(),
            Self::Title(title) => title.editing.how(),
            Self::Probability(own) => own.editing.how(),
            Self::CloseDate(close) => close.editing.how(),
        }
    }

    fn check(&self) -> Result<(), Usage> {
        match self {
            Self::Create(create) => {
                let value = (create.value.as_deref(), create.currency.as_deref());
                check_new(&create.title, &create.linking, &RuleError::DealUnlinked, value)
            }
            Self::Title(title) => not_empty("TEXT", &title.title),
            _ => Ok(()),
        }
    }

    fn wanted(&self) -> Vec<Wanted> {
        let deals = |ids: &[u64]| ids.iter().map(|id| Wanted::Deal(DealId(*id))).collect();
        match self {
            Self::List(_) => Vec::new(),
            Self::Create(create) => linked(&create.linking),
            Self::Move(to) => deals(&to.ids),
            Self::Won(which) | Self::Reopen(which) | Self::Lost(Lost { which, .. }) => deals(&which.ids),
            Self::Show(ShowNumber { id, .. })
            | Self::Value(Revalue { id, .. })
            | Self::Title(Retitle { id, .. })
            | Self::Probability(OwnProbability { id, .. })
            | Self::CloseDate(CloseDate { id, .. }) => deals(&[*id]),
        }
    }

    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        let account = desk.account();
        let status = |which: &Numbers, change: StatusChange| {
            let patch = DealPatch { status: Some(change), ..DealPatch::default() };
            updates(account, &which.ids, |_| Ok(patch.clone()))
        };
        match self {
            Self::List(list) => Ok(Plan::List(list.rows(account)?)),
            Self::Show(show) => Ok(Plan::Show(Row::of_deal(account, deal(account, show.id)?))),
            Self::Create(create) => create.plan(desk),
            Self::Move(to) => updates(account, &to.ids, |deal| {
                let other = to.pipeline.as_deref().map(|typed| find::pipeline(account, typed)).transpose()?;
                Ok(DealPatch {
                    place: Some(to.place(account, other.map_or(deal.pipeline, |p| p.id))?),
                    ..DealPatch::default()
                })
            }),
            Self::Won(which) => status(which, StatusChange::Win),
            Self::Lost(lost) => status(&lost.which, StatusChange::Lose { reason: lost.reason.clone() }),
            Self::Reopen(which) => status(which, StatusChange::Reopen),
            Self::Value(value) => update(account, value.id, |deal| {
                let currency = value.currency.as_deref().map_or_else(|| deal.currency().clone(), Currency::new);
                Ok(DealPatch { value: Some(money("AMOUNT", &value.amount, &currency)?), ..DealPatch::default() })
            }),
            Self::Title(title) => update(account, title.id, |_| {
                Ok(DealPatch { title: Some(title.title.trim().to_owned()), ..DealPatch::default() })
            }),
            Self::Probability(own) => update(account, own.id, |_| {
                Ok(DealPatch { probability: Some(own.probability.0), ..DealPatch::default() })
            }),
            Self::CloseDate(close) => update(account, close.id, |_| {
                Ok(DealPatch { expected_close: Some(close.date.0), ..DealPatch::default() })
            }),
        }
    }
}

impl List {
    fn rows(&self, account: &Workspace) -> Result<Vec<Row>, Failure> {
        let pipeline = self.pipeline.as_deref().map(|typed| find::pipeline(account, typed)).transpose()?;
        let pipeline = pipeline.map(|pipeline| pipeline.id);
        let stage = self.stage.as_deref().map(|typed| find::stage(account, pipeline, typed)).transpose()?;
        let owner = self.owner.as_deref().map(|typed| find::owner(account, typed)).transpose()?;
        let folded = self.which.text.as_deref().unwrap_or_default().to_lowercase();
        let needle = Needle::new(&folded, account);
        let status = match self.status {
            Status::Open => Some(DealStatus::Open),
            Status::Won => Some(DealStatus::Won),
            Status::Lost => Some(DealStatus::Lost),
            Status::All => None,
        };
        let order: Vec<_> =
            account.pipelines().iter().flat_map(|p| account.stages(p.id)).map(|stage| stage.id).collect();
        let mut found: Vec<&Deal> = account
            .deals()
            .filter(|deal| status.map_or(deal.status != DealStatus::Other, |status| deal.status == status))
            .filter(|deal| pipeline.is_none_or(|id| deal.pipeline == id))
            .filter(|deal| stage.is_none_or(|stage| deal.stage == stage.id))
            .filter(|deal| owner.is_none_or(|id| deal.owner == Some(id)))
            .filter(|deal| !deal.archived && needle.hits_deal(deal.id))
            .collect();
        found.sort_by_key(|deal| (order.iter().position(|id| *id == deal.stage).unwrap_or(usize::MAX), deal.id));
        let most = self.which.limit.unwrap_or(usize::MAX);
        Ok(found.into_iter().take(most).map(|deal| Row::of_deal(account, deal)).collect())
    }
}

impl Create {
    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        let account = desk.account();
        there(account, &self.linking)?;
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
            Some(typed) => money("--value", typed, &currency)?,
            None => Money::zero(currency),
        };
        let contact = self.linking.contact(&RuleError::DealUnlinked)?;
        let place = Place { pipeline: stage.pipeline, stage: stage.id };
        let new = NewDeal {
            probability: self.probability,
            expected_close: self.expected_close,
            ..NewDeal::new(self.title.trim().to_owned(), contact, place, value)
        };
        let id = desk.app.workspace.local_deal();
        Ok(Plan::Edit(vec![Edit::CreateDeal { id, new }], Shape::One))
    }
}

impl Move {
    fn place(&self, account: &Workspace, pipeline: crate::domain::PipelineId) -> Result<Place, Failure> {
        // A number says which pipeline it is by itself.
        let within = (self.pipeline.is_some() || self.stage.parse::<u64>().is_err()).then_some(pipeline);
        let stage = find::stage(account, within, &self.stage)?;
        Ok(Place { pipeline: stage.pipeline, stage: stage.id })
    }
}

fn deal(account: &Workspace, id: u64) -> Result<&Deal, Failure> {
    account.deal(DealId(id)).ok_or_else(|| no_such("deal", id))
}

fn update(
    account: &Workspace,
    id: u64,
    patch: impl FnOnce(&Deal) -> Result<DealPatch, Failure>,
) -> Result<Plan, Failure> {
    let patch = patch(deal(account, id)?)?;
    Ok(Plan::Edit(vec![Edit::UpdateDeal { id: DealId(id), patch }], Shape::One))
}

fn updates(
    account: &Workspace,
    ids: &[u64],
    patch: impl Fn(&Deal) -> Result<DealPatch, Failure>,
) -> Result<Plan, Failure> {
    let edit = |id: &u64| Ok(Edit::UpdateDeal { id: DealId(*id), patch: patch(deal(account, *id)?)? });
    Ok(Plan::Edit(ids.iter().map(edit).collect::<Result<_, Failure>>()?, Shape::Many))
}

/// Reads an amount.
pub(super) fn money(option: &str, typed: &str, currency: &Currency) -> Result<Money, Usage> {
    Money::parse(typed, currency).map_err(|error| Usage::at(option, error))
}

/// What can be told of a new deal or lead before the account is known: its title, its links, its value and currency.
pub(super) fn check_new(
    title: &str,
    linking: &Linking,
    unlinked: &RuleError,
    (value, currency): (Option<&str>, Option<&str>),
) -> Result<(), Usage> {
    not_empty("--title", title)?;
    linking.contact(unlinked)?;
    // Which currency it is in the end does not matter for whether it is an amount.
    let currency = Currency::new(currency.unwrap_or("EUR"));
    value.map_or(Ok(()), |value| money("--value", value, &currency).map(|_| ()))
}

/// A title has something in it.
pub(super) fn not_empty(option: &str, title: &str) -> Result<(), Usage> {
    if title.trim().is_empty() { Err(Usage::at(option, RuleError::EmptyTitle)) } else { Ok(()) }
}

/// The person and organization that something new is linked to.
pub(super) fn linked(linking: &Linking) -> Vec<Wanted> {
    let person = linking.person.map(|id| Wanted::Person(PersonId(id)));
    person.into_iter().chain(linking.org.map(|id| Wanted::Org(OrgId(id)))).collect()
}

/// The person and organization that something new is linked to are there.
pub(super) fn there(account: &Workspace, linking: &Linking) -> Result<(), Failure> {
    if let Some(id) = linking.person.filter(|id| account.person(PersonId(*id)).is_none()) {
        return Err(no_such("person", id));
    }
    match linking.org.filter(|id| account.org(OrgId(*id)).is_none()) {
        Some(id) => Err(no_such("organization", id)),
        None => Ok(()),
    }
}
