//! `dealdeck activities …`

use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone, Utc};
use clap::{Args, Subcommand, ValueEnum};

use super::args::{Editing, Numbers, Reading, ShowNumber, Which, day, time};
use super::desk::Desk;
use super::find;
use super::plan::{How, Plan, Shape, Usage, Verb, Wanted, no_such};
use super::row::Row;
use crate::cli::Failure;
use crate::domain::{Activity, ActivityId, ActivityPatch, DealId, Due, Edit};
use crate::workspace::{Needle, Workspace};

/// What can be done with activities.
#[derive(Debug, Subcommand)]
pub enum Activities {
    /// Lists activities by the day on which they are due
    List(List),
    /// Shows one activity
    Show(ShowNumber),
    /// Marks activities as done
    Done(Numbers),
    /// Marks activities as still to be done
    Undone(Numbers),
    /// Puts an activity on another day
    Reschedule(Reschedule),
}

/// Which activities are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Status {
    /// Still to be done
    Todo,
    /// Done lately
    Done,
    /// Any
    All,
}

/// Which activities are listed.
#[derive(Debug, Args)]
pub struct List {
    /// Those to be done, those done lately, or both
    #[arg(long, value_enum, default_value = "todo")]
    status: Status,
    /// Only those due on this day or before, in your time zone
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    until: Option<NaiveDate>,
    /// Only those whose day is past
    #[arg(long)]
    overdue: bool,
    /// Only those of this deal
    #[arg(long, value_name = "ID")]
    deal: Option<u64>,
    /// Only those of this user; 'me' is you
    #[arg(long, value_name = "NAME|ID|me")]
    owner: Option<String>,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    reading: Reading,
}

/// Another day.
#[derive(Debug, Args)]
pub struct Reschedule {
    /// Which
    #[arg(value_name = "ID")]
    id: u64,
    /// The day in your time zone
    #[arg(value_name = "YYYY-MM-DD", value_parser = day)]
    date: NaiveDate,
    /// The time of day in your time zone; else it stays
    #[arg(long, value_name = "HH:MM", value_parser = time)]
    time: Option<NaiveTime>,
    #[command(flatten)]
    editing: Editing,
}

impl Verb for Activities {
    fn how(&self) -> How {
        match self {
            Self::List(list) => list.reading.how(),
            Self::Show(show) => show.reading.how(),
            Self::Done(which) | Self::Undone(which) => which.editing.how(),
            Self::Reschedule(reschedule) => reschedule.editing.how(),
        }
    }

    fn wanted(&self) -> Vec<Wanted> {
        let activities = |ids: &[u64]| ids.iter().map(|id| Wanted::Activity(ActivityId(*id))).collect();
        match self {
            Self::List(_) => Vec::new(),
            Self::Done(which) | Self::Undone(which) => activities(&which.ids),
            Self::Show(ShowNumber { id, .. }) | Self::Reschedule(Reschedule { id, .. }) => activities(&[*id]),
        }
    }

    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        let account = desk.account();
        match self {
            Self::List(list) => Ok(Plan::List(list.rows(account, Utc::now())?)),
            Self::Show(show) => Ok(Plan::Show(Row::of_activity(account, activity(account, show.id)?))),
            Self::Done(which) => marked(account, which, true),
            Self::Undone(which) => marked(account, which, false),
            Self::Reschedule(reschedule) => reschedule.plan(account),
        }
    }
}

impl List {
    fn rows(&self, account: &Workspace, now: DateTime<Utc>) -> Result<Vec<Row>, Failure> {
        let owner = self.owner.as_deref().map(|typed| find::owner(account, typed)).transpose()?;
        let needle = Needle::new(self.which.text.as_deref().unwrap_or_default(), account);
        let zone = account.zone();
        let today = now.with_timezone(&zone).date_naive();
        let day_of = |activity: &Activity| activity.due.map(|due| due.local(zone).0);
        let fits = |activity: &&Activity| {
            let day = day_of(activity);
            owner.is_none_or(|id| activity.owner == Some(id))
                && self.deal.is_none_or(|id| activity.deal == Some(DealId(id)))
                && self.until.is_none_or(|until| day.is_some_and(|day| day <= until))
                && (!self.overdue || (!activity.done && day.is_some_and(|day| day < today)))
                && needle.hits_activity(activity.id)
        };
        let to_do = account.agenda().iter().map(|key| key.id).filter(|_| self.status != Status::Done);
        let done = account.done().iter().map(|(_, id)| *id).filter(|_| self.status != Status::Todo);
        let found = to_do.chain(done).filter_map(|id| account.activity(id)).filter(fits);
        let most = self.which.limit.unwrap_or(usize::MAX);
        Ok(found.take(most).map(|activity| Row::of_activity(account, activity)).collect())
    }
}

impl Reschedule {
    fn plan(&self, account: &Workspace) -> Result<Plan, Failure> {
        let activity = activity(account, self.id)?;
        let patch = ActivityPatch { due: Some(Some(self.due(activity, account)?)), ..ActivityPatch::default() };
        Ok(Plan::Edit(vec![Edit::UpdateActivity { id: activity.id, patch }], Shape::One))
    }

    fn due(&self, activity: &Activity, account: &Workspace) -> Result<Due, Failure> {
        let (day, zone) = (self.date, account.zone());
        let Some(time) = self.time else {
            return Ok(activity.due.map_or(Due { date: day, time: None }, |due| due.on_local_day(day, zone)));
        };
        let utc = zone.from_local_datetime(&day.and_time(time)).earliest();
        let utc = utc.ok_or_else(|| Usage::at("--time", format!("the clock skips {time} on {day} in {zone}")))?;
        Ok(Due { date: utc.naive_utc().date(), time: Some(utc.naive_utc().time()) })
    }
}

fn activity(account: &Workspace, id: u64) -> Result<&Activity, Failure> {
    account.activity(ActivityId(id)).ok_or_else(|| no_such("activity", id))
}

fn marked(account: &Workspace, which: &Numbers, done: bool) -> Result<Plan, Failure> {
    let patch = ActivityPatch { done: Some(done), ..ActivityPatch::default() };
    let edit = |id: &u64| Ok(Edit::UpdateActivity { id: activity(account, *id)?.id, patch: patch.clone() });
    Ok(Plan::Edit(which.ids.iter().map(edit).collect::<Result<_, Failure>>()?, Shape::Many))
}
