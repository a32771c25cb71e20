//! `dealdeck activities …`

use chrono::{NaiveDate, NaiveTime, TimeZone};
use clap::{Args, Subcommand, ValueEnum};
use compact_str::CompactString;

use super::args::{
    Clearable, Day, Editing, clearable_minutes, clearable_text, clearable_time, clearable_when, day, minutes, subject,
    time, today, when,
};
use super::ask::Question;
use super::desk::Desk;
use super::fields::{LinkChanges, Owner, linked, something};
use super::find;
use super::items::{Change, Delete, Each, Id, One, Show, all_there, clearable_id};
use super::listing::Listing;
use super::plan::{How, Plan, Shape, Usage, Verb, no_such};
use crate::cli::Failure;
use crate::domain::{
    Activity, ActivityId, ActivityPatch, DealId, Due, Edit, ItemKind, ItemRef, LeadId, NewActivity, OrgId, PersonId,
    text_to_html,
};
use crate::workspace::Workspace;

/// What can be done with activities.
#[derive(Debug, Subcommand)]
pub enum Activities {
    /// Lists activities by the day on which they are due
    List(List),
    /// Shows one activity
    Show(Show<ActivityId>),
    /// Makes an activity and prints its id
    Create(Box<Create>),
    /// Changes any fields of activities
    Edit(Box<Each<ActivityId, Fields>>),
    /// Marks activities as done
    Done(Each<ActivityId, Done>),
    /// Marks activities as still to be done
    Undone(Each<ActivityId, Undone>),
    /// Puts an activity on another day
    Reschedule(One<ActivityId, Reschedule>),
    /// Deletes activities, for good
    Delete(Each<ActivityId, Delete>),
}

impl Activities {
    pub(super) fn verb(&self) -> &(dyn Verb + Sync) {
        match self {
            Self::List(verb) => verb,
            Self::Show(verb) => verb,
            Self::Create(verb) => verb.as_ref(),
            Self::Edit(verb) => verb.as_ref(),
            Self::Done(verb) => verb,
            Self::Undone(verb) => verb,
            Self::Reschedule(verb) => verb,
            Self::Delete(verb) => verb,
        }
    }
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
    #[arg(long, value_name = "DAY", allow_hyphen_values = true, value_parser = day)]
    until: Option<Day>,
    /// Only those whose day is past
    #[arg(long)]
    overdue: bool,
    /// Only those of this deal
    #[arg(long, value_name = "ID", value_parser = DealId::read)]
    deal: Option<DealId>,
    #[command(flatten)]
    listing: Listing,
}

impl Verb for List {
    fn how(&self) -> How {
        self.listing.how()
    }

    fn asks(&self) -> Option<Question<'_>> {
        self.listing.asks(ItemKind::Activity)
    }

    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        let account = desk.account();
        let (zone, today) = (account.zone(), today(account));
        let until = self.until.as_ref().map(|day| day.on(account)).transpose()?;
        let fits = |activity: &&Activity| {
            let day = activity.due.map(|due| due.local(zone).0);
            (self.deal.is_none() || activity.deal == self.deal)
                && until.is_none_or(|until| day.is_some_and(|day| day <= until))
                && (!self.overdue || (!activity.done && day.is_some_and(|day| day < today)))
        };
        let to_do = account.agenda().iter().map(|key| key.id).filter(|_| self.status != Status::Done);
        let done = account.done().iter().map(|(_, id)| *id).filter(|_| self.status != Status::Todo);
        let found = to_do.chain(done).filter_map(|id| account.activity(id)).filter(fits);
        self.listing.plan(desk, found.map(|activity| ItemRef::Activity(activity.id)))
    }
}

/// What a new activity is to be.
#[derive(Debug, Args)]
pub struct Create {
    /// Its type, if not the first
    #[arg(long = "type", value_name = "NAME")]
    kind: Option<String>,
    /// What it is about, if not the name of its type
    #[arg(long, value_name = "TEXT", value_parser = subject)]
    subject: Option<String>,
    /// The day on which it is due in your time zone, with a time of day or for all of it: tomorrow, 'fri 14:30'
    #[arg(long, value_name = "DAY [HH:MM]", allow_hyphen_values = true, value_parser = when)]
    due: Option<Day>,
    /// How long it takes, such as 45, 1h30 or 1:30
    #[arg(long, value_name = "TIME", value_parser = minutes)]
    duration: Option<u32>,
    /// The deal that it belongs to
    #[arg(long, value_name = "ID", value_parser = DealId::read)]
    deal: Option<DealId>,
    /// The lead that it belongs to
    #[arg(long, value_name = "ID", value_parser = LeadId::read, conflicts_with = "deal")]
    lead: Option<LeadId>,
    /// The person whom it is with, if not the one of the deal or lead
    #[arg(long, value_name = "ID", value_parser = PersonId::read)]
    person: Option<PersonId>,
    /// The organization, if not the one of the deal or lead
    #[arg(long, value_name = "ID", value_parser = OrgId::read)]
    org: Option<OrgId>,
    /// Somebody else who takes part; may be given several times
    #[arg(long = "participant", value_name = "ID", value_parser = PersonId::read)]
    participants: Vec<PersonId>,
    /// Where it takes place
    #[arg(long, value_name = "TEXT")]
    location: Option<String>,
    /// A note to it
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Its owner counts as busy meanwhile
    #[arg(long)]
    busy: bool,
    /// It is done already
    #[arg(long)]
    done: bool,
    #[command(flatten)]
    owner: Owner,
    #[command(flatten)]
    editing: Editing,
}

impl Verb for Create {
    fn how(&self) -> How {
        self.editing.how()
    }

    fn wanted(&self) -> Vec<ItemRef> {
        let links =
            [self.deal.map(Id::item), self.lead.map(Id::item), self.person.map(Id::item), self.org.map(Id::item)];
        links.into_iter().flatten().chain(self.participants.iter().map(|id| id.item())).collect()
    }

    fn plan(&self, desk: &mut Desk) -> Result<Plan, Failure> {
        let account = desk.account();
        all_there(account, self.wanted())?;
        let kind = match &self.kind {
            Some(typed) => find::activity_type(account, typed)?,
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
            due: self.due.as_ref().map(|day| due(account, day.with_time(account)?)).transpose()?,
            minutes: self.duration,
            location: self.location.clone(),
            note: self.note.as_deref().map(text_to_html),
            participants: self.participants.clone(),
            busy: self.busy,
            done: self.done,
        };
        let id = desk.workspace.local_activity();
        Ok(Plan::Edit(vec![Edit::CreateActivity { id, new }], Shape::One))
    }
}

fn name_of(account: &Workspace, kind: &CompactString) -> String {
    account.activity_type(kind).map_or_else(|| kind.to_string(), |found| found.name.clone())
}

/// A day with a time of day, both in the user's zone, or the whole day.
fn due(account: &Workspace, (day, time): (NaiveDate, Option<NaiveTime>)) -> Result<Due, Usage> {
    let Some(time) = time else { return Ok(Due { date: day, time: None }) };
    let zone = account.zone();
    let utc = zone.from_local_datetime(&day.and_time(time)).earliest();
    let utc = utc.ok_or_else(|| Usage::at("time", format!("the clock skips {time} on {day} in {zone}")))?;
    Ok(Due { date: utc.naive_utc().date(), time: Some(utc.naive_utc().time()) })
}

/// What becomes of the fields of activities.
#[derive(Debug, Default, PartialEq, Args)]
pub struct Fields {
    /// Its type
    #[arg(long = "type", value_name = "NAME")]
    kind: Option<String>,
    /// What it is about
    #[arg(long, value_name = "TEXT", value_parser = subject)]
    subject: Option<String>,
    /// The day on which it is due in your time zone, such as tomorrow or 'fri 14:30', or 'none'; without a time of day
    /// that stays
    #[arg(long, value_name = "DAY [HH:MM]", allow_hyphen_values = true, value_parser = clearable_when)]
    due: Option<Clearable<Day>>,
    /// The time of day in your time zone, or 'none' for the whole day
    #[arg(long, value_name = "HH:MM", value_parser = clearable_time)]
    time: Option<Clearable<NaiveTime>>,
    /// How long it takes, such as 45, 1h30 or 1:30, or 'none'
    #[arg(long, value_name = "TIME", value_parser = clearable_minutes)]
    duration: Option<Clearable<u32>>,
    /// The deal that it belongs to, or 'none'
    #[arg(long, value_name = "ID", value_parser = clearable_id::<DealId>)]
    deal: Option<Clearable<DealId>>,
    /// The lead that it belongs to, or 'none'
    #[arg(long, value_name = "ID", value_parser = clearable_id::<LeadId>)]
    lead: Option<Clearable<LeadId>>,
    #[command(flatten)]
    links: LinkChanges,
    /// Somebody who takes part, in place of all others who do; may be given several times; 'none' takes all away
    #[arg(long = "participant", value_name = "ID", value_parser = clearable_id::<PersonId>)]
    participants: Vec<Clearable<PersonId>>,
    /// Where it takes place, or 'none'
    #[arg(long, value_name = "TEXT", value_parser = clearable_text)]
    location: Option<Clearable<String>>,
    /// A note to it, or 'none'
    #[arg(long, value_name = "TEXT", value_parser = clearable_text)]
    note: Option<Clearable<String>>,
    /// Whether its owner counts as busy meanwhile
    #[arg(long, value_name = "true|false")]
    busy: Option<bool>,
    #[command(flatten)]
    owner: Owner,
}

impl Change<ActivityId> for Fields {
    fn check(&self) -> Result<(), Usage> {
        something(self)
    }

    fn wanted(&self) -> Vec<ItemRef> {
        linked(self.deal)
            .into_iter()
            .chain(linked(self.lead))
            .chain(self.links.wanted())
            .chain(self.participants.iter().filter_map(|one| linked(Some(*one))))
            .collect()
    }

    fn edit(&self, account: &Workspace, id: ActivityId) -> Result<Edit, Failure> {
        let activity = known(account, id)?;
        let changed = self.due.is_some() || self.time.is_some();
        let patch = ActivityPatch {
            due: changed.then(|| due_change(account, activity, self.due.as_ref(), self.time)).transpose()?,
            subject: self.subject.clone(),
            kind: self.kind.as_deref().map(|typed| find::activity_type(account, typed)).transpose()?,
            owner: self.owner.id(account)?,
            deal: self.deal.map(|deal| deal.0),
            lead: self.lead.map(|lead| lead.0),
            person: self.links.person.map(|person| person.0),
            org: self.links.at.org.map(|org| org.0),
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

/// When an activity is due with another day, another time of day, or both: what is not given stays as it is in the
/// user's zone.
fn due_change(
    account: &Workspace,
    activity: &Activity,
    day: Option<&Clearable<Day>>,
    time: Option<Clearable<NaiveTime>>,
) -> Result<Option<Due>, Usage> {
    let zone = account.zone();
    let (day, said) = match day {
        Some(Clearable(None)) => return Ok(None),
        Some(Clearable(Some(day))) => day.with_time(account)?,
        None => match activity.due {
            Some(due) => (due.local(zone).0, None),
            None => return Err(Usage::at("--time", "it has no day: give one, too")),
        },
    };
    match time.map_or_else(|| said.map(Some), |time| Some(time.0)) {
        Some(time) => due(account, (day, time)).map(Some),
        None => Ok(Some(activity.due.map_or(Due { date: day, time: None }, |due| due.on_local_day(day, zone)))),
    }
}

/// Another day.
#[derive(Debug, Args)]
pub struct Reschedule {
    /// The day in your time zone, such as tomorrow, +3d or 'fri 14:30'
    #[arg(value_name = "DAY [HH:MM]", allow_hyphen_values = true, value_parser = when)]
    day: Day,
    /// The time of day in your time zone; else it stays
    #[arg(long, value_name = "HH:MM", value_parser = time)]
    time: Option<NaiveTime>,
}

impl Change<ActivityId> for Reschedule {
    fn edit(&self, account: &Workspace, id: ActivityId) -> Result<Edit, Failure> {
        let time = self.time.map(|time| Clearable(Some(time)));
        let due = due_change(account, known(account, id)?, Some(&Clearable(Some(self.day.clone()))), time)?;
        Ok(Edit::UpdateActivity { id, patch: ActivityPatch { due: Some(due), ..ActivityPatch::default() } })
    }
}

/// Activities that are done.
#[derive(Debug, Args)]
pub struct Done;

impl Change<ActivityId> for Done {
    fn edit(&self, _: &Workspace, id: ActivityId) -> Result<Edit, Failure> {
        Ok(Edit::UpdateActivity { id, patch: ActivityPatch { done: Some(true), ..ActivityPatch::default() } })
    }
}

/// Activities that are to be done again.
#[derive(Debug, Args)]
pub struct Undone;

impl Change<ActivityId> for Undone {
    fn edit(&self, _: &Workspace, id: ActivityId) -> Result<Edit, Failure> {
        Ok(Edit::UpdateActivity { id, patch: ActivityPatch { done: Some(false), ..ActivityPatch::default() } })
    }
}

fn known(account: &Workspace, id: ActivityId) -> Result<&Activity, Failure> {
    account.activity(id).ok_or_else(|| no_such(ItemRef::Activity(id)))
}
