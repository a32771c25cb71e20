//! Making something exactly once. Pipedrive knows no idempotency keys, so it is noted, before something is sent, what
//! there is already; where the answer gets lost, or this process ends in between, what is new since is looked up
//! before anything is sent again.

use std::future::Future;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Clock, EditError};
use crate::domain::{
    Activity, Deal, Edit, Lead, LeadId, Link, NewActivity, NewDeal, NewLead, NewOrg, NewPerson, OrgId, Organization,
    Person, PersonId,
};
use crate::pipedrive::{Api, ApiError};
use crate::store::Journal;
use crate::workspace::EditId;

mod conversion;
mod note;

pub(super) use conversion::{BackToLead, Conversion, convert_once};
pub(super) use note::NoteToMake;

/// How many times a creation is sent at the most.
const MOST_TRIES: u32 = 3;
/// How long to wait before looking up what became of one: the server may still be at it.
const LOOK_UP_AFTER: Duration = Duration::from_secs(1);
/// How old something is at the least that an earlier run has sent, before it is looked up: nobody knows whether the
/// server was still at it when that run ended.
const SETTLED_AFTER: TimeDelta = TimeDelta::seconds(3);
/// How many of the newest items are looked at. More than these cannot have come between a sending and its look-up
/// without the person being asked.
const LOOKED_AT: usize = 500;

/// How far a creation has come. Kept with the edit, so that the next start goes on where this one stopped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Step {
    /// What was sent.
    part: Part,
    /// What there was before.
    mark: Mark,
    /// When, by this machine's clock.
    sent: DateTime<Utc>,
    /// The conversion that is under way.
    job: Option<Uuid>,
}

/// What is made: a deal or lead may need a person and an organization first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Part {
    Org,
    Person,
    Item,
}

/// What there was before something was sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Mark {
    /// The highest id: Pipedrive counts its numeric ids upwards.
    Highest(u64),
    /// When the newest lead was made, and the newest ones: their ids are random.
    Leads { newest: Option<DateTime<Utc>>, known: Vec<LeadId> },
    /// Nothing: what is made names what it is made of.
    None,
}

/// Where the steps of one edit are noted.
pub(super) struct Log {
    pub(super) id: EditId,
    pub(super) edit: Edit,
    pub(super) step: Option<Step>,
    pub(super) journal: Journal,
    pub(super) clock: Clock,
}

impl Log {
    /// Notes durably how far it has come.
    async fn note(&mut self, step: Option<Step>) -> Result<(), EditError> {
        self.step = step;
        Ok(self.journal.step(self.id, self.edit.clone(), self.text()).await?)
    }

    /// The step as it is kept.
    pub(super) fn text(&self) -> Option<String> {
        self.step.as_ref().and_then(|step| serde_json::to_string(step).ok())
    }

    async fn note_job(&mut self, job: Uuid) -> Result<(), EditError> {
        let step = self.step.take().map(|step| Step { job: Some(job), ..step });
        self.note(step).await
    }

    /// A part of it exists now: the edit links to it from now on.
    pub(super) async fn made(&mut self, edit: Edit) -> Result<(), EditError> {
        self.edit = edit;
        self.note(None).await
    }
}

/// Something to be made, and how to find it where the answer got lost.
pub(super) trait Creation: Sync {
    /// What it is once it is made.
    type Made: Send;
    /// Which part of an edit it is.
    const PART: Part;

    /// What there is before.
    fn mark(&self, api: &Api) -> impl Future<Output = Result<Mark, ApiError>> + Send;

    /// Has it made.
    fn make(&self, api: &Api, log: &mut Log) -> impl Future<Output = Result<Self::Made, EditError>> + Send;

    /// Looks for it among what came since the mark.
    fn look_up(&self, api: &Api, since: &Mark) -> impl Future<Output = Result<Found<Self::Made>, ApiError>> + Send;
}

/// What came since something was sent.
pub(super) struct Found<T> {
    /// What is as it was to be.
    exact: Vec<T>,
    /// How many others may be it, changed by somebody since.
    others: usize,
}

impl<T> Found<T> {
    /// Sorts out what came.
    fn among(new: Vec<T>, is_it: impl Fn(&T) -> bool, may_be: impl Fn(&T) -> bool) -> Self {
        let (exact, rest): (Vec<T>, Vec<T>) = new.into_iter().partition(is_it);
        Self { exact, others: rest.iter().filter(|item| may_be(item)).count() }
    }
}

/// The person and organization of a new deal or lead, once they exist.
pub(super) type Linked = (Option<PersonId>, Option<OrgId>);

/// Whether something has the links that were asked for. Pipedrive may have added the person's organization.
fn are_linked((person, org): Linked, found: Linked) -> bool {
    person.is_none_or(|person| found.0 == Some(person)) && org.is_none_or(|org| found.1 == Some(org))
}

/// Those of the newest that came after the mark, newest first; an error where there may be more.
fn since<T>(newest: Vec<T>, mark: &Mark, id: impl Fn(&T) -> u64) -> Result<Vec<T>, ApiError> {
    let Mark::Highest(highest) = mark else { return Ok(newest) };
    let is_full = newest.len() >= LOOKED_AT && newest.iter().all(|item| id(item) > *highest);
    if is_full {
        return Err(ApiError::Unclear("too much came in between".to_owned()));
    }
    Ok(newest.into_iter().filter(|item| id(item) > *highest).collect())
}

fn highest<T>(newest: &[T], id: impl Fn(&T) -> u64) -> Mark {
    Mark::Highest(newest.iter().map(id).max().unwrap_or(0))
}

/// Whether something has the name that was asked for. Pipedrive may leave out blanks around it.
fn is_named(found: &str, asked: &str) -> bool {
    found.trim() == asked.trim()
}

/// An organization of this name.
pub(super) struct OrgToMake<'a>(pub(super) &'a NewOrg);

impl Creation for OrgToMake<'_> {
    type Made = Organization;
    const PART: Part = Part::Org;

    async fn mark(&self, api: &Api) -> Result<Mark, ApiError> {
        Ok(highest(&api.latest_orgs(1).await?, |org| org.id.0))
    }

    async fn make(&self, api: &Api, _: &mut Log) -> Result<Organization, EditError> {
        Ok(api.create_org(self.0).await?)
    }

    async fn look_up(&self, api: &Api, mark: &Mark) -> Result<Found<Organization>, ApiError> {
        let new = since(api.latest_orgs(LOOKED_AT).await?, mark, |org| org.id.0)?;
        Ok(Found::among(new, |org| is_named(&org.name, &self.0.name), |_| true))
    }
}

/// A person of this name, at an organization.
pub(super) struct PersonToMake<'a>(pub(super) &'a NewPerson, pub(super) Option<OrgId>);

impl Creation for PersonToMake<'_> {
    type Made = Person;
    const PART: Part = Part::Person;

    async fn mark(&self, api: &Api) -> Result<Mark, ApiError> {
        Ok(highest(&api.latest_people(1).await?, |person| person.id.0))
    }

    async fn make(&self, api: &Api, _: &mut Log) -> Result<Person, EditError> {
        Ok(api.create_person(self.0, self.1).await?)
    }

    async fn look_up(&self, api: &Api, mark: &Mark) -> Result<Found<Person>, ApiError> {
        let new = since(api.latest_people(LOOKED_AT).await?, mark, |person| person.id.0)?;
        let is_called_it = |person: &Person| is_named(&person.name, &self.0.name);
        let may_be = |person: &Person| person.org == self.1 || is_called_it(person);
        Ok(Found::among(new, |person| is_called_it(person) && person.org == self.1, may_be))
    }
}

/// An activity with its links.
pub(super) struct ActivityToMake<'a>(pub(super) &'a NewActivity);

impl Creation for ActivityToMake<'_> {
    type Made = Activity;
    const PART: Part = Part::Item;

    async fn mark(&self, api: &Api) -> Result<Mark, ApiError> {
        Ok(highest(&api.latest_activities(1).await?, |activity| activity.id.0))
    }

    async fn make(&self, api: &Api, _: &mut Log) -> Result<Activity, EditError> {
        Ok(api.create_activity(self.0).await?)
    }

    async fn look_up(&self, api: &Api, mark: &Mark) -> Result<Found<Activity>, ApiError> {
        let new = since(api.latest_activities(LOOKED_AT).await?, mark, |activity| activity.id.0)?;
        let is_called_it = |activity: &Activity| is_named(&activity.subject, &self.0.subject);
        let is_linked = |activity: &Activity| {
            (activity.deal, activity.lead) == (self.0.deal, self.0.lead)
                && are_linked((self.0.person, self.0.org), (activity.person, activity.org))
        };
        let is_it = |activity: &Activity| {
            is_called_it(activity)
                && is_linked(activity)
                && activity.kind == self.0.kind
                && activity.due.map(|due| due.date) == self.0.due.map(|due| due.date)
        };
        Ok(Found::among(new, is_it, |activity| is_called_it(activity) || is_linked(activity)))
    }
}

/// A deal with its links.
pub(super) struct DealToMake<'a>(pub(super) &'a NewDeal, pub(super) Linked);

impl Creation for DealToMake<'_> {
    type Made = Deal;
    const PART: Part = Part::Item;

    async fn mark(&self, api: &Api) -> Result<Mark, ApiError> {
        newest_deal(api).await
    }

    async fn make(&self, api: &Api, _: &mut Log) -> Result<Deal, EditError> {
        let (person, org) = self.1;
        Ok(api.create_deal(self.0, person, org).await?)
    }

    async fn look_up(&self, api: &Api, mark: &Mark) -> Result<Found<Deal>, ApiError> {
        let new = since(api.latest_deals(LOOKED_AT).await?, mark, |(deal, _)| deal.id.0)?;
        let new = new.into_iter().map(|(deal, _)| deal).collect();
        let is_called_it = |deal: &Deal| is_named(&deal.title, &self.0.title);
        let is_linked = |deal: &Deal| are_linked(self.1, (deal.person, deal.org));
        let may_be = |deal: &Deal| is_linked(deal) || is_called_it(deal);
        Ok(Found::among(new, |deal| is_called_it(deal) && is_linked(deal), may_be))
    }
}

async fn newest_deal(api: &Api) -> Result<Mark, ApiError> {
    Ok(highest(&api.latest_deals(1).await?, |(deal, _)| deal.id.0))
}

/// A lead with its links.
pub(super) struct LeadToMake<'a>(pub(super) &'a NewLead, pub(super) Linked);

impl Creation for LeadToMake<'_> {
    type Made = Lead;
    const PART: Part = Part::Item;

    async fn mark(&self, api: &Api) -> Result<Mark, ApiError> {
        let newest = api.latest_leads(LOOKED_AT).await?;
        let at = newest.iter().filter_map(|lead| lead.added).max();
        // Only those of the same second could be taken for what comes next.
        let known = newest.iter().filter(|lead| lead.added == at).map(|lead| lead.id).collect();
        Ok(Mark::Leads { newest: at, known })
    }

    async fn make(&self, api: &Api, _: &mut Log) -> Result<Lead, EditError> {
        let (person, org) = self.1;
        Ok(api.create_lead(self.0, person, org).await?)
    }

    async fn look_up(&self, api: &Api, mark: &Mark) -> Result<Found<Lead>, ApiError> {
        let Mark::Leads { newest, known } = mark else {
            return Err(ApiError::Unclear("it is not known what was there before".to_owned()));
        };
        let found = api.latest_leads(LOOKED_AT).await?;
        let is_new = |lead: &Lead| lead.added >= *newest && !known.contains(&lead.id);
        if found.len() >= LOOKED_AT && found.iter().all(is_new) {
            return Err(ApiError::Unclear("too much came in between".to_owned()));
        }
        let new = found.into_iter().filter(is_new).collect();
        let is_called_it = |lead: &Lead| is_named(&lead.title, &self.0.title);
        let is_linked = |lead: &Lead| are_linked(self.1, (lead.person, lead.org));
        let may_be = |lead: &Lead| is_linked(lead) || is_called_it(lead);
        Ok(Found::among(new, |lead| is_called_it(lead) && is_linked(lead), may_be))
    }
}

/// Makes something once: where it is not known what became of it, looks it up before it is made again.
///
/// # Errors
/// Those of the calls; [`ApiError::Unclear`] where only the person can tell whether it was made.
pub(super) async fn once<C: Creation>(creation: &C, api: &Api, log: &mut Log) -> Result<C::Made, EditError> {
    let mut lost = None;
    let mark = match log.step.clone().filter(|step| step.part == C::PART) {
        // What an earlier run has sent may have arrived.
        Some(begun) => {
            let age = (log.clock)() - begun.sent;
            tokio::time::sleep(
                (SETTLED_AFTER - age).clamp(TimeDelta::zero(), SETTLED_AFTER).to_std().unwrap_or_default(),
            )
            .await;
            lost = Some(ApiError::NoAnswer("dealdeck ended before it came".to_owned()));
            begun.mark
        }
        None => creation.mark(api).await?,
    };
    let mut tries = 0;
    loop {
        if let Some(lost) = lost {
            tokio::time::sleep(LOOK_UP_AFTER * tries).await;
            let Found { mut exact, others } = match creation.look_up(api, &mark).await {
                Ok(found) => found,
                Err(error @ (ApiError::Gone(_) | ApiError::Closed)) => return Err(error.into()),
                Err(error) if EditError::Api(error.clone()).passes() => return Err(error.into()),
                Err(_) => return Err(ApiError::Unclear(lost.to_string()).into()),
            };
            match (exact.pop(), exact.len(), others) {
                (Some(made), 0, _) => return Ok(made),
                (None, _, 0) if tries >= MOST_TRIES => return Err(lost.into()),
                (None, _, 0) => {}
                _ => return Err(ApiError::Unclear("there is something new that may be it".to_owned()).into()),
            }
        }
        tries += 1;
        let sent = (log.clock)();
        log.note(Some(Step { part: C::PART, mark: mark.clone(), sent, job: None })).await?;
        match creation.make(api, log).await {
            Err(EditError::Api(error)) if error.leaves_outcome_open() => lost = Some(error),
            ended => return ended,
        }
    }
}

/// The id of a link, or what is to be made.
pub(super) fn existing<Id: Copy>(link: Option<&Link<Id>>) -> Result<Option<Id>, &str> {
    match link {
        None => Ok(None),
        Some(Link::Existing(id)) => Ok(Some(*id)),
        Some(Link::New(name)) => Err(name),
    }
}
