//! Making something exactly once. Pipedrive knows no idempotency keys, so what there is already is noted before
//! something is sent. Where no proven answer comes, or this process ends in between, what came since is searched for
//! until the request can no longer arrive. If it is not found by then you are asked; it is never sent again without that.

use std::future::Future;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::time::Instant;
use uuid::Uuid;

use super::{Clock, EditError, Report};
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

/// The waits between look-ups of something whose outcome is open; the last one repeats.
const LOOK_UP_WAITS: [Duration; 6] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(15),
    Duration::from_secs(30),
];
/// For how long beyond the time in which a request may arrive the look-ups themselves may fail before you are asked.
const LOOK_UP_PATIENCE: Duration = Duration::from_secs(15 * 60);
/// How often the time of sending is noted again while a call waits for its turn: after a kill it is known to this
/// precision.
pub(super) const NOTED_EVERY: Duration = Duration::from_secs(10);
/// How many of the newest items are looked at. If more came between a sending and its look-up, you are asked.
const LOOKED_AT: usize = 500;
/// How many similar items a message names.
const MAX_NAMED: usize = 3;

/// How far a creation has come. Kept with the edit, so that the next start goes on where this one stopped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct CreationStep {
    /// What was sent.
    part: CreationPart,
    /// What there was before.
    mark: HighWaterMark,
    /// When it was sent, by this machine's clock; with `lost`, when it was clear that no proven answer comes.
    sent: DateTime<Utc>,
    /// The conversion that is under way.
    job: Option<Uuid>,
    /// What is known of the last sending.
    #[serde(default)]
    outcome: Sent,
    /// What came in place of an answer.
    #[serde(default)]
    lost: Option<String>,
}

/// What is known of the last sending of a creation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Sent {
    /// It may take effect, or have taken effect.
    #[default]
    Open,
    /// Pipedrive has refused it.
    Refused,
    /// The user was asked. An edit in its place is the answer: make it again, unless it is there by now.
    Asked,
}

/// What is made: a deal or lead may need a person and an organization first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum CreationPart {
    Org,
    Person,
    Item,
}

/// What there was before something was sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum HighWaterMark {
    /// The highest id: Pipedrive counts its numeric ids upwards.
    Highest(u64),
    /// When the newest lead was made, and the newest ones: their ids are random.
    Leads { newest: Option<DateTime<Utc>>, known: Vec<LeadId> },
    /// Nothing: what is made names what it is made of.
    None,
}

/// Where the steps of one edit are noted.
pub(super) struct CreationLog {
    pub(super) id: EditId,
    pub(super) edit: Edit,
    pub(super) step: Option<CreationStep>,
    pub(super) journal: Journal,
    pub(super) clock: Clock,
    pub(super) report: mpsc::Sender<Report>,
}

impl CreationLog {
    /// Notes durably how far it has come.
    async fn note(&mut self, step: Option<CreationStep>) -> Result<(), EditError> {
        self.step = step;
        Ok(self.journal.step(self.id, self.edit.clone(), self.text()).await?)
    }

    /// The step as it is kept.
    pub(super) fn text(&self) -> Option<String> {
        self.step.as_ref().and_then(|step| serde_json::to_string(step).ok())
    }

    async fn note_job(&mut self, job: Uuid) -> Result<(), EditError> {
        let step = self.step.take().map(|step| CreationStep { job: Some(job), ..step });
        self.note(step).await
    }

    /// Pipedrive has given up the conversion that was under way.
    fn forget_job(&mut self) {
        if let Some(step) = &mut self.step {
            step.job = None;
        }
    }

    /// A part of it exists now: the edit links to it from now on.
    pub(super) async fn made(&mut self, edit: Edit) -> Result<(), EditError> {
        self.edit = edit;
        self.note(None).await
    }

    /// Waits for the answer to a call that makes something. The call may wait long for its turn, so the time of sending
    /// is noted again and again.
    async fn sending<T>(&mut self, call: impl Future<Output = Result<T, ApiError>>) -> Result<T, EditError> {
        tokio::pin!(call);
        loop {
            tokio::select! {
                biased;
                answer = &mut call => return Ok(answer?),
                () = tokio::time::sleep(NOTED_EVERY) => {
                    let sent = (self.clock)();
                    let step = self.step.take().map(|step| CreationStep { sent, ..step });
                    self.note(step).await?;
                }
            }
        }
    }

    /// Notes that Pipedrive has refused the last sending. If this cannot be written, the next start looks for it for longer
    /// than needed.
    async fn refused(&mut self) {
        let step = self.step.take().map(|step| CreationStep { outcome: Sent::Refused, ..step });
        if let Err(error) = self.note(step).await {
            tracing::warn!(%error, "a refusal is not noted");
        }
    }
}

/// The step of an edit about which the user is asked: one in its place is looked up once more, and then sent.
pub(super) fn asked(step: Option<String>) -> Option<String> {
    let step: CreationStep = serde_json::from_str(&step?).ok()?;
    serde_json::to_string(&CreationStep { outcome: Sent::Asked, ..step }).ok()
}

/// Something to be made, and how to find it where the answer got lost.
pub(super) trait Creation: Sync {
    /// What it is once it is made.
    type Output: Send;
    /// Which part of an edit it is.
    const PART: CreationPart;

    /// What there is before.
    fn mark(&self, api: &Api) -> impl Future<Output = Result<HighWaterMark, ApiError>> + Send;

    /// Has it made.
    fn make(&self, api: &Api, log: &mut CreationLog) -> impl Future<Output = Result<Self::Output, EditError>> + Send;

    /// Looks for it among what came since the mark.
    fn look_up(
        &self,
        api: &Api,
        since: &HighWaterMark,
    ) -> impl Future<Output = Result<Lookup<Self::Output>, ApiError>> + Send;

    /// The name of one in a message.
    fn name(made: &Self::Output) -> String;
}

/// What came since something was sent.
pub(super) struct Lookup<T> {
    /// The items that are as it should be.
    exact: Vec<T>,
    /// Other items that may be it, changed by somebody since.
    others: Vec<T>,
    /// What there is now.
    mark: HighWaterMark,
}

impl<T> Lookup<T> {
    /// Sorts out what came.
    fn among(new: Vec<T>, mark: HighWaterMark, is_it: impl Fn(&T) -> bool, may_be: impl Fn(&T) -> bool) -> Self {
        let (exact, rest): (Vec<T>, Vec<T>) = new.into_iter().partition(is_it);
        Self { exact, others: rest.into_iter().filter(may_be).collect(), mark }
    }

    /// The one item that it is, if there is exactly one.
    fn into_only(mut self) -> Result<T, Self> {
        match (self.exact.pop(), self.exact.len()) {
            (Some(made), 0) => Ok(made),
            (made, _) => {
                self.exact.extend(made);
                Err(self)
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.others.is_empty()
    }

    /// The items in a message, each by its name.
    fn in_words(&self, name: impl Fn(&T) -> String) -> String {
        let all = || self.exact.iter().chain(&self.others);
        let more = all().count().saturating_sub(MAX_NAMED);
        let names: Vec<String> = all().take(MAX_NAMED).map(name).collect();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{more} may be it", names.join(", "))
    }
}

/// The person and organization of a new deal or lead, once they exist.
pub(super) type ContactLinks = (Option<PersonId>, Option<OrgId>);

/// Whether something has the links that were asked for. Pipedrive may have added the person's organization.
fn are_linked((person, org): ContactLinks, found: ContactLinks) -> bool {
    person.is_none_or(|person| found.0 == Some(person)) && org.is_none_or(|org| found.1 == Some(org))
}

/// Those of the newest that came after the mark, newest first, with the mark of now; an error where there may be more.
fn since<T>(newest: Vec<T>, mark: &HighWaterMark, id: impl Fn(&T) -> u64) -> Result<(Vec<T>, HighWaterMark), ApiError> {
    let now = highest(&newest, &id);
    let HighWaterMark::Highest(before) = mark else { return Ok((newest, now)) };
    let is_full = newest.len() >= LOOKED_AT && newest.iter().all(|item| id(item) > *before);
    if is_full {
        return Err(too_much());
    }
    Ok((newest.into_iter().filter(|item| id(item) > *before).collect(), now))
}

fn too_much() -> ApiError {
    ApiError::Unclear("too much was created in between to look for it".to_owned())
}

/// An item with an id in a message.
fn named(name: &str, id: impl std::fmt::Display) -> String {
    format!("“{name}” ({id})")
}

fn highest<T>(newest: &[T], id: impl Fn(&T) -> u64) -> HighWaterMark {
    HighWaterMark::Highest(newest.iter().map(id).max().unwrap_or(0))
}

/// Whether something has the name that was asked for. Pipedrive may leave out blanks around it.
fn is_named(found: &str, asked: &str) -> bool {
    found.trim() == asked.trim()
}

/// An organization of this name.
pub(super) struct OrgToMake<'a>(pub(super) &'a NewOrg);

impl Creation for OrgToMake<'_> {
    type Output = Organization;
    const PART: CreationPart = CreationPart::Org;

    async fn mark(&self, api: &Api) -> Result<HighWaterMark, ApiError> {
        Ok(highest(&api.latest_orgs(1).await?, |org| org.id.0))
    }

    async fn make(&self, api: &Api, log: &mut CreationLog) -> Result<Organization, EditError> {
        log.sending(api.create_org(self.0)).await
    }

    fn name(org: &Organization) -> String {
        named(&org.name, org.id)
    }

    async fn look_up(&self, api: &Api, mark: &HighWaterMark) -> Result<Lookup<Organization>, ApiError> {
        let (new, now) = since(api.latest_orgs(LOOKED_AT).await?, mark, |org| org.id.0)?;
        Ok(Lookup::among(new, now, |org| is_named(&org.name, &self.0.name), |_| true))
    }
}

/// A person of this name, at an organization.
pub(super) struct PersonToMake<'a>(pub(super) &'a NewPerson, pub(super) Option<OrgId>);

impl Creation for PersonToMake<'_> {
    type Output = Person;
    const PART: CreationPart = CreationPart::Person;

    async fn mark(&self, api: &Api) -> Result<HighWaterMark, ApiError> {
        Ok(highest(&api.latest_people(1).await?, |person| person.id.0))
    }

    async fn make(&self, api: &Api, log: &mut CreationLog) -> Result<Person, EditError> {
        log.sending(api.create_person(self.0, self.1)).await
    }

    fn name(person: &Person) -> String {
        named(&person.name, person.id)
    }

    async fn look_up(&self, api: &Api, mark: &HighWaterMark) -> Result<Lookup<Person>, ApiError> {
        let (new, now) = since(api.latest_people(LOOKED_AT).await?, mark, |person| person.id.0)?;
        let is_called_it = |person: &Person| is_named(&person.name, &self.0.name);
        let may_be = |person: &Person| person.org == self.1 || is_called_it(person);
        Ok(Lookup::among(new, now, |person| is_called_it(person) && person.org == self.1, may_be))
    }
}

/// An activity with its links.
pub(super) struct ActivityToMake<'a>(pub(super) &'a NewActivity);

impl Creation for ActivityToMake<'_> {
    type Output = Activity;
    const PART: CreationPart = CreationPart::Item;

    async fn mark(&self, api: &Api) -> Result<HighWaterMark, ApiError> {
        Ok(highest(&api.latest_activities(1).await?, |activity| activity.id.0))
    }

    async fn make(&self, api: &Api, log: &mut CreationLog) -> Result<Activity, EditError> {
        log.sending(api.create_activity(self.0)).await
    }

    fn name(activity: &Activity) -> String {
        named(&activity.subject, activity.id)
    }

    async fn look_up(&self, api: &Api, mark: &HighWaterMark) -> Result<Lookup<Activity>, ApiError> {
        let (new, now) = since(api.latest_activities(LOOKED_AT).await?, mark, |activity| activity.id.0)?;
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
        Ok(Lookup::among(new, now, is_it, |activity| is_called_it(activity) || is_linked(activity)))
    }
}

/// A deal with its links.
pub(super) struct DealToMake<'a>(pub(super) &'a NewDeal, pub(super) ContactLinks);

impl Creation for DealToMake<'_> {
    type Output = Deal;
    const PART: CreationPart = CreationPart::Item;

    async fn mark(&self, api: &Api) -> Result<HighWaterMark, ApiError> {
        newest_deal(api).await
    }

    async fn make(&self, api: &Api, log: &mut CreationLog) -> Result<Deal, EditError> {
        let (person, org) = self.1;
        log.sending(api.create_deal(self.0, person, org)).await
    }

    fn name(deal: &Deal) -> String {
        named(&deal.title, deal.id)
    }

    async fn look_up(&self, api: &Api, mark: &HighWaterMark) -> Result<Lookup<Deal>, ApiError> {
        let (new, now) = since(api.latest_deals(LOOKED_AT).await?, mark, |(deal, _)| deal.id.0)?;
        let new = new.into_iter().map(|(deal, _)| deal).collect();
        let is_called_it = |deal: &Deal| is_named(&deal.title, &self.0.title);
        let is_linked = |deal: &Deal| are_linked(self.1, (deal.person, deal.org));
        let may_be = |deal: &Deal| is_linked(deal) || is_called_it(deal);
        Ok(Lookup::among(new, now, |deal| is_called_it(deal) && is_linked(deal), may_be))
    }
}

async fn newest_deal(api: &Api) -> Result<HighWaterMark, ApiError> {
    Ok(highest(&api.latest_deals(1).await?, |(deal, _)| deal.id.0))
}

fn newest_leads(newest: &[Lead]) -> HighWaterMark {
    let at = newest.iter().filter_map(|lead| lead.added).max();
    // Only those of the same second could be taken for what comes next.
    let known = newest.iter().filter(|lead| lead.added == at).map(|lead| lead.id).collect();
    HighWaterMark::Leads { newest: at, known }
}

/// A lead with its links.
pub(super) struct LeadToMake<'a>(pub(super) &'a NewLead, pub(super) ContactLinks);

impl Creation for LeadToMake<'_> {
    type Output = Lead;
    const PART: CreationPart = CreationPart::Item;

    async fn mark(&self, api: &Api) -> Result<HighWaterMark, ApiError> {
        Ok(newest_leads(&api.latest_leads(LOOKED_AT).await?))
    }

    async fn make(&self, api: &Api, log: &mut CreationLog) -> Result<Lead, EditError> {
        let (person, org) = self.1;
        log.sending(api.create_lead(self.0, person, org)).await
    }

    fn name(lead: &Lead) -> String {
        format!("“{}”", lead.title)
    }

    async fn look_up(&self, api: &Api, mark: &HighWaterMark) -> Result<Lookup<Lead>, ApiError> {
        let HighWaterMark::Leads { newest, known } = mark else {
            return Err(ApiError::Unclear("it is not known what was there before".to_owned()));
        };
        let found = api.latest_leads(LOOKED_AT).await?;
        let is_new = |lead: &Lead| lead.added >= *newest && !known.contains(&lead.id);
        if found.len() >= LOOKED_AT && found.iter().all(is_new) {
            return Err(too_much());
        }
        let now = newest_leads(&found);
        let new = found.into_iter().filter(is_new).collect();
        let is_called_it = |lead: &Lead| is_named(&lead.title, &self.0.title);
        let is_linked = |lead: &Lead| are_linked(self.1, (lead.person, lead.org));
        let may_be = |lead: &Lead| is_linked(lead) || is_called_it(lead);
        Ok(Lookup::among(new, now, |lead| is_called_it(lead) && is_linked(lead), may_be))
    }
}

/// Makes something once: where it is not known what became of it, it is searched for until it can no longer arrive.
///
/// # Errors
/// Those of the calls; [`ApiError::Unclear`] where only you can tell whether it was made.
pub(super) async fn once<C: Creation>(creation: &C, api: &Api, log: &mut CreationLog) -> Result<C::Output, EditError> {
    let mark = match log.step.clone().filter(|step| step.part == C::PART) {
        None => creation.mark(api).await?,
        Some(CreationStep { outcome: Sent::Open, .. }) => return search(creation, api, log).await,
        Some(step) => match look_again(creation, api, log, &step).await? {
            Some(made) => return Ok(made),
            None => step.mark,
        },
    };
    let step = CreationStep { part: C::PART, mark, sent: (log.clock)(), job: None, outcome: Sent::Open, lost: None };
    log.note(Some(step)).await?;
    match creation.make(api, log).await {
        Err(EditError::Api(error)) if error.leaves_outcome_open() => {
            let (sent, lost) = ((log.clock)(), Some(error.to_string()));
            let step = log.step.take().map(|step| CreationStep { sent, lost, ..step });
            log.note(step).await?;
            search(creation, api, log).await
        }
        Err(EditError::Api(error)) if error != ApiError::Closed => {
            log.refused().await;
            Err(error.into())
        }
        ended => ended,
    }
}

/// Looks once more for something that Pipedrive has refused, or that you were asked about. After a refusal only what is
/// exactly it counts; before your answer is carried out, whatever may be it.
async fn look_again<C: Creation>(
    creation: &C,
    api: &Api,
    log: &mut CreationLog,
    step: &CreationStep,
) -> Result<Option<C::Output>, EditError> {
    let found = match creation.look_up(api, &step.mark).await {
        Ok(found) => found,
        Err(error) => {
            forget_if_unclear(log, &error);
            return Err(error.into());
        }
    };
    match found.into_only() {
        Ok(made) => Ok(Some(made)),
        Err(found) if found.is_empty() || (step.outcome == Sent::Refused && found.exact.is_empty()) => Ok(None),
        Err(found) => Err(ask_about::<C>(log, "it was to be created again", &found)),
    }
}

/// Searches for something whose outcome is open, until it is found or can no longer arrive.
async fn search<C: Creation>(creation: &C, api: &Api, log: &mut CreationLog) -> Result<C::Output, EditError> {
    let Some(step) = log.step.clone() else {
        return Err(ApiError::Unclear("it is not known what was sent".to_owned()).into());
    };
    // A time that is only noted from time to time may be older than the sending.
    let slack = if step.lost.is_some() { Duration::ZERO } else { NOTED_EVERY };
    let longest = api.max_delay() + slack;
    let age = ((log.clock)() - step.sent).max(TimeDelta::zero()).to_std().unwrap_or_default();
    let deadline = Instant::now() + longest.saturating_sub(age);
    let lost = step.lost.clone().unwrap_or_else(|| "dealdeck ended before an answer came".to_owned());
    let lost = format!("{lost}, {}", at(step.sent));
    // Nobody listens any more when the dashboard has ended.
    let _ = log.report.send(Report::Checking { id: log.id, why: lost.clone() }).await;
    let mut looked = 0;
    loop {
        let began = Instant::now();
        let found = match creation.look_up(api, &step.mark).await {
            Ok(found) => match found.into_only() {
                Ok(made) => return Ok(made),
                Err(found) => Ok(found),
            },
            Err(error @ (ApiError::Gone(_) | ApiError::Closed)) => return Err(error.into()),
            Err(error) if EditError::Api(error.clone()).passes() => return Err(error.into()),
            Err(error) => Err(error),
        };
        looked += 1;
        let patience = match &found {
            Err(error) if error.leaves_outcome_open() => LOOK_UP_PATIENCE,
            _ => Duration::ZERO,
        };
        if began >= deadline + patience {
            return Err(give_up::<C>(log, &lost, looked, found));
        }
        let wait = LOOK_UP_WAITS[(looked - 1).min(LOOK_UP_WAITS.len() - 1)];
        let left = deadline.saturating_duration_since(Instant::now());
        tokio::time::sleep(if left.is_zero() { wait } else { wait.min(left) }).await;
    }
}

/// Ends a search that has found nothing for certain: you are asked.
fn give_up<C: Creation>(
    log: &mut CreationLog,
    lost: &str,
    looked: usize,
    found: Result<Lookup<C::Output>, ApiError>,
) -> EditError {
    match found {
        Ok(found) if found.is_empty() => {
            let until = at((log.clock)());
            let times = if looked == 1 { "once".to_owned() } else { format!("{looked} times") };
            ApiError::Unclear(format!("{lost}; looked for it {times}, last {until}: not found")).into()
        }
        Ok(found) => ask_about::<C>(log, lost, &found),
        Err(error) => {
            forget_if_unclear(log, &error);
            ApiError::Unclear(format!("{lost}; and it could not be looked for: {error}")).into()
        }
    }
}

/// Asks about items that may be it. An answer to this is carried out whatever these are, so only later ones count then.
fn ask_about<C: Creation>(log: &mut CreationLog, why: &str, found: &Lookup<C::Output>) -> EditError {
    if let Some(step) = &mut log.step {
        step.mark = found.mark.clone();
    }
    ApiError::Unclear(format!("{why}; {}", found.in_words(C::name))).into()
}

/// Where it cannot be found out what came since the mark, your answer is carried out as something new.
fn forget_if_unclear(log: &mut CreationLog, error: &ApiError) {
    if let ApiError::Unclear(_) = error {
        log.step = None;
    }
}

/// A moment in a message.
fn at(moment: DateTime<Utc>) -> String {
    format!("{} UTC", moment.format("%H:%M:%S"))
}

/// The id of a link, or what is to be made.
pub(super) fn existing<Id: Copy>(link: Option<&Link<Id>>) -> Result<Option<Id>, &str> {
    match link {
        None => Ok(None),
        Some(Link::Existing(id)) => Ok(Some(*id)),
        Some(Link::New(name)) => Err(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::sending::Sending;

    #[test]
    fn steps_of_0_1_keep_their_stored_names() {
        let journal = rusqlite::Connection::open_in_memory().unwrap();
        journal.execute_batch(include_str!("../../tests/fixtures/v0.1/edits.sql")).unwrap();
        let mut steps = journal.prepare("SELECT edit, step FROM edit WHERE step IS NOT NULL").unwrap();
        let steps = steps.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let steps: Vec<(String, String)> = steps.map(Result::unwrap).collect();
        assert_eq!(steps.len(), 6);
        for (edit, text) in steps {
            let edit: Edit = serde_json::from_str(&edit).unwrap();
            let stored: serde_json::Value = serde_json::from_str(&text).unwrap();
            let again = if edit.is_creation() || edit.is_conversion() {
                serde_json::to_value(serde_json::from_str::<CreationStep>(&text).unwrap())
            } else {
                serde_json::to_value(serde_json::from_str::<Sending>(&text).unwrap())
            };
            assert_eq!(again.unwrap(), stored);
        }
    }
}
