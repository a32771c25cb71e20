//! `dealdeck activities …`

use chrono::{NaiveDate, NaiveTime, TimeZone};
use clap::{Args, Subcommand, ValueEnum};
use compact_str::CompactString;

use super::client::Client;
use super::command::{Cardinality, Plan, ScriptCommand, selected};
use super::common::{Delete, EditEach, EditOne, ItemEdit, Show, check_exist};
use super::ids::{Id, clearable_id, linked};
use super::list::ListArgs;
use super::mode::{Mode, Scope};
use super::query::Query;
use super::resolve;
use super::shared_args::{ContactChangeArgs, OwnerArg, WriteArgs, check_not_empty};
use super::usage::{UsageError, not_found};
use super::values::{
    Clearable, Day, clearable_minutes, clearable_text, clearable_time, clearable_when, day, minutes, subject, time,
    today, when,
};
use crate::cli::error::CliError;
use crate::domain::{
    Activity, ActivityId, ActivityPatch, DealId, Due, Edit, ItemKind, ItemRef, LeadId, NewActivity, OrgId, PersonId,
    text_to_html,
};
use crate::workspace::Workspace;

#[derive(Debug, Subcommand)]
pub enum Activities {
    /// Lists activities by due date
    List(List),
    /// Shows one activity
    Show(Show<ActivityId>),
    /// Creates an activity and prints its ID
    Create(Box<Create>),
    /// Edits any fields of activities
    Edit(Box<EditEach<ActivityId, Update>>),
    /// Marks activities as done
    Done(EditEach<ActivityId, Done>),
    /// Marks activities as not done
    Undone(EditEach<ActivityId, Undone>),
    /// Moves an activity to another day
    Reschedule(EditOne<ActivityId, Reschedule>),
    /// Deletes activities; this cannot be undone
    Delete(EditEach<ActivityId, Delete>),
}

impl Activities {
    pub(super) fn command(&self) -> &(dyn ScriptCommand + Sync) {
        selected!(self => List, Show, Create, Edit, Done, Undone, Reschedule, Delete)
    }
}

/// The status of the listed activities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Status {
    /// Planned
    Todo,
    /// Recently done
    Done,
    /// Planned and recently done
    All,
}

#[derive(Debug, Args)]
pub struct List {
    /// Planned activities, recently done ones, or both
    #[arg(long, value_enum, default_value = "todo")]
    status: Status,
    /// Only activities due on or before this day, in your time zone
    #[arg(long, value_name = "DAY", allow_hyphen_values = true, value_parser = day)]
    until: Option<Day>,
    /// Only overdue activities
    #[arg(long)]
    overdue: bool,
    /// Only activities of this deal
    #[arg(long, value_name = "ID", value_parser = DealId::parse)]
    deal: Option<DealId>,
    #[command(flatten)]
    common: ListArgs,
}

impl ScriptCommand for List {
    fn mode(&self) -> Mode {
        self.common.mode(Scope::Items)
    }

    fn query(&self) -> Option<Query<'_>> {
        self.common.query(ItemKind::Activity)
    }

    fn plan(&self, client: &mut Client) -> Result<Plan, CliError> {
        let account = client.account();
        let (zone, today) = (account.zone(), today(account));
        let until = self.until.as_ref().map(|day| day.date(account)).transpose()?;
        let fits = |activity: &&Activity| {
            let day = activity.due.map(|due| due.local(zone).0);
            (self.deal.is_none() || activity.deal == self.deal)
                && until.is_none_or(|until| day.is_some_and(|day| day <= until))
                && (!self.overdue || (!activity.done && day.is_some_and(|day| day < today)))
        };
        let to_do = account.agenda().iter().map(|key| key.id).filter(|_| self.status != Status::Done);
        let done = account.done().iter().map(|(_, id)| *id).filter(|_| self.status != Status::Todo);
        let found = to_do.chain(done).filter_map(|id| account.activity(id)).filter(fits);
        self.common.plan(client, found.map(|activity| ItemRef::Activity(activity.id)))
    }
}

#[derive(Debug, Args)]
pub struct Create {
    /// Type, instead of the first one
    #[arg(long = "type", value_name = "NAME")]
    kind: Option<String>,
    /// Subject, instead of the name of the type
    #[arg(long, value_name = "TEXT", value_parser = subject)]
    subject: Option<String>,
    /// Due date in your time zone, optionally with a time: tomorrow, 'fri 14:30'
    #[arg(long, value_name = "DAY [HH:MM]", allow_hyphen_values = true, value_parser = when)]
    due: Option<Day>,
    /// Duration, such as 45, 1h30 or 1:30
    #[arg(long, value_name = "TIME", value_parser = minutes)]
    duration: Option<u32>,
    /// ID of the deal
    #[arg(long, value_name = "ID", value_parser = DealId::parse)]
    deal: Option<DealId>,
    /// ID of the lead
    #[arg(long, value_name = "ID", value_parser = LeadId::parse, conflicts_with = "deal")]
    lead: Option<LeadId>,
    /// ID of the person, instead of the one of the deal or lead
    #[arg(long, value_name = "ID", value_parser = PersonId::parse)]
    person: Option<PersonId>,
    /// ID of the organization, instead of the one of the deal or lead
    #[arg(long, value_name = "ID", value_parser = OrgId::parse)]
    org: Option<OrgId>,
    /// ID of another participant (repeatable)
    #[arg(long = "participant", value_name = "ID", value_parser = PersonId::parse)]
    participants: Vec<PersonId>,
    /// Location
    #[arg(long, value_name = "TEXT")]
    location: Option<String>,
    /// Note
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Shows the owner as busy during the activity
    #[arg(long)]
    busy: bool,
    /// Marks the activity as done
    #[arg(long)]
    done: bool,
    #[command(flatten)]
    owner: OwnerArg,
    #[command(flatten)]
    write: WriteArgs,
}

impl ScriptCommand for Create {
    fn mode(&self) -> Mode {
        self.write.mode()
    }

    fn needed_items(&self) -> Vec<ItemRef> {
        let links =
            [self.deal.map(Id::item), self.lead.map(Id::item), self.person.map(Id::item), self.org.map(Id::item)];
        links.into_iter().flatten().chain(self.participants.iter().map(|id| id.item())).collect()
    }

    fn plan(&self, client: &mut Client) -> Result<Plan, CliError> {
        let account = client.account();
        check_exist(account, self.needed_items())?;
        let kind = match &self.kind {
            Some(typed) => resolve::activity_type(account, typed)?,
            None => account.activity_types().first().map(|first| first.key.clone()).unwrap_or_default(),
        };
        let of_deal = self.deal.and_then(|id| account.deal(id)).map(|deal| (deal.person, deal.org));
        let of_lead = self.lead.and_then(|id| account.lead(id)).map(|lead| (lead.person, lead.org));
        let (person, org) = of_deal.or(of_lead).unwrap_or_default();
        let new = NewActivity {
            subject: self.subject.clone().unwrap_or_else(|| name_of(account, &kind)),
            kind,
            owner: self.owner.id(account)?,
            deal: self.deal,
            lead: self.lead,
            person: self.person.or(person),
            org: self.org.or(org),
            due: self.due.as_ref().map(|day| due(account, day.date_and_time(account)?)).transpose()?,
            minutes: self.duration,
            location: self.location.clone(),
            note: self.note.as_deref().map(text_to_html),
            participants: self.participants.clone(),
            busy: self.busy,
            done: self.done,
        };
        let id = client.state.workspace.local_activity();
        Ok(Plan::Edit(vec![Edit::CreateActivity { id, new }], Cardinality::One))
    }
}

fn name_of(account: &Workspace, kind: &CompactString) -> String {
    account.activity_type(kind).map_or_else(|| kind.to_string(), |found| found.name.clone())
}

/// Returns the due date in UTC for a day in the user's time zone, at a time or for the whole day.
fn due(account: &Workspace, (day, time): (NaiveDate, Option<NaiveTime>)) -> Result<Due, UsageError> {
    let Some(time) = time else { return Ok(Due { date: day, time: None }) };
    let zone = account.zone();
    let utc = zone.from_local_datetime(&day.and_time(time)).earliest();
    let utc = utc.ok_or_else(|| UsageError::at("time", format!("the clock skips {time} on {day} in {zone}")))?;
    Ok(Due { date: utc.naive_utc().date(), time: Some(utc.naive_utc().time()) })
}

/// Edits any fields.
#[derive(Debug, Default, PartialEq, Args)]
pub struct Update {
    /// Type
    #[arg(long = "type", value_name = "NAME")]
    kind: Option<String>,
    /// Subject
    #[arg(long, value_name = "TEXT", value_parser = subject)]
    subject: Option<String>,
    /// Due date in your time zone, such as tomorrow or 'fri 14:30', or 'none'; without a time, the time stays
    #[arg(long, value_name = "DAY [HH:MM]", allow_hyphen_values = true, value_parser = clearable_when)]
    due: Option<Clearable<Day>>,
    /// Time in your time zone, or 'none' for the whole day
    #[arg(long, value_name = "HH:MM", value_parser = clearable_time)]
    time: Option<Clearable<NaiveTime>>,
    /// Duration, such as 45, 1h30 or 1:30, or 'none'
    #[arg(long, value_name = "TIME", value_parser = clearable_minutes)]
    duration: Option<Clearable<u32>>,
    /// ID of the deal, or 'none'
    #[arg(long, value_name = "ID", value_parser = clearable_id::<DealId>)]
    deal: Option<Clearable<DealId>>,
    /// ID of the lead, or 'none'
    #[arg(long, value_name = "ID", value_parser = clearable_id::<LeadId>)]
    lead: Option<Clearable<LeadId>>,
    #[command(flatten)]
    contact: ContactChangeArgs,
    /// ID of a participant that replaces all others (repeatable); 'none' removes all
    #[arg(long = "participant", value_name = "ID", value_parser = clearable_id::<PersonId>)]
    participants: Vec<Clearable<PersonId>>,
    /// Location, or 'none'
    #[arg(long, value_name = "TEXT", value_parser = clearable_text)]
    location: Option<Clearable<String>>,
    /// Note, or 'none'
    #[arg(long, value_name = "TEXT", value_parser = clearable_text)]
    note: Option<Clearable<String>>,
    /// Shows the owner as busy during the activity, or as free
    #[arg(long, value_name = "true|false")]
    busy: Option<bool>,
    #[command(flatten)]
    owner: OwnerArg,
}

impl ItemEdit<ActivityId> for Update {
    fn check(&self) -> Result<(), UsageError> {
        check_not_empty(self)
    }

    fn needed_items(&self) -> Vec<ItemRef> {
        linked(self.deal)
            .into_iter()
            .chain(linked(self.lead))
            .chain(self.contact.needed_items())
            .chain(self.participants.iter().filter_map(|one| linked(Some(*one))))
            .collect()
    }

    fn edit(&self, account: &Workspace, id: ActivityId) -> Result<Edit, CliError> {
        let activity = find(account, id)?;
        let changed = self.due.is_some() || self.time.is_some();
        let patch = ActivityPatch {
            due: changed.then(|| due_change(account, activity, self.due.as_ref(), self.time)).transpose()?,
            subject: self.subject.clone(),
            kind: self.kind.as_deref().map(|typed| resolve::activity_type(account, typed)).transpose()?,
            owner: self.owner.id(account)?,
            deal: self.deal.map(|deal| deal.0),
            lead: self.lead.map(|lead| lead.0),
            person: self.contact.person.map(|person| person.0),
            org: self.contact.org_change.org.map(|org| org.0),
            note: self.note.as_ref().map(|note| note.0.as_deref().map(text_to_html)),
            minutes: self.duration.map(|minutes| minutes.0),
            location: self.location.as_ref().map(|location| location.0.clone()),
            participants: (!self.participants.is_empty())
                .then(|| self.participants.iter().filter_map(|one| one.0).collect()),
            busy: self.busy,
            ..ActivityPatch::default()
        };
        Ok(Edit::UpdateActivity { id, patch })
    }
}

/// Returns the new due date with another day, another time, or both: the one that is not given stays as it is in the
/// user's time zone.
fn due_change(
    account: &Workspace,
    activity: &Activity,
    day: Option<&Clearable<Day>>,
    time: Option<Clearable<NaiveTime>>,
) -> Result<Option<Due>, UsageError> {
    let zone = account.zone();
    let (day, said) = match day {
        Some(Clearable(None)) => return Ok(None),
        Some(Clearable(Some(day))) => day.date_and_time(account)?,
        None => match activity.due {
            Some(due) => (due.local(zone).0, None),
            None => return Err(UsageError::at("--time", "it has no day: use --due, too")),
        },
    };
    match time.map_or_else(|| said.map(Some), |time| Some(time.0)) {
        Some(time) => due(account, (day, time)).map(Some),
        None => Ok(Some(activity.due.map_or(Due { date: day, time: None }, |due| due.on_local_day(day, zone)))),
    }
}

/// Moves an activity to another day.
#[derive(Debug, Args)]
pub struct Reschedule {
    /// Day in your time zone, such as tomorrow, +3d or 'fri 14:30'
    #[arg(value_name = "DAY [HH:MM]", allow_hyphen_values = true, value_parser = when)]
    day: Day,
    /// Time in your time zone, instead of the present one
    #[arg(long, value_name = "HH:MM", value_parser = time)]
    time: Option<NaiveTime>,
}

impl ItemEdit<ActivityId> for Reschedule {
    fn edit(&self, account: &Workspace, id: ActivityId) -> Result<Edit, CliError> {
        let time = self.time.map(|time| Clearable(Some(time)));
        let due = due_change(account, find(account, id)?, Some(&Clearable(Some(self.day.clone()))), time)?;
        Ok(Edit::UpdateActivity { id, patch: ActivityPatch { due: Some(due), ..ActivityPatch::default() } })
    }
}

/// Marks activities as done.
#[derive(Debug, Args)]
pub struct Done;

impl ItemEdit<ActivityId> for Done {
    fn edit(&self, _: &Workspace, id: ActivityId) -> Result<Edit, CliError> {
        Ok(Edit::UpdateActivity { id, patch: ActivityPatch { done: Some(true), ..ActivityPatch::default() } })
    }
}

/// Marks activities as not done.
#[derive(Debug, Args)]
pub struct Undone;

impl ItemEdit<ActivityId> for Undone {
    fn edit(&self, _: &Workspace, id: ActivityId) -> Result<Edit, CliError> {
        Ok(Edit::UpdateActivity { id, patch: ActivityPatch { done: Some(false), ..ActivityPatch::default() } })
    }
}

fn find(account: &Workspace, id: ActivityId) -> Result<&Activity, CliError> {
    account.activity(id).ok_or_else(|| not_found(ItemRef::Activity(id)))
}
