//! Making something exactly once. Pipedrive knows no idempotency keys, so a creation whose answer was lost is looked
//! up before it is sent again.

use std::collections::HashSet;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::domain::{Deal, DealId, Lead, LeadId, Link, NewDeal, NewLead, OrgId, Organization, Person, PersonId, Place};
use crate::pipedrive::{Api, ApiError, Conversion as JobState, Lane};

/// How many times a creation is sent at the most.
const MOST_TRIES: u32 = 3;
/// How long to wait before looking up what became of one: the server may still be at it.
const LOOK_UP_AFTER: Duration = Duration::from_secs(1);
/// The first wait for a conversion; each further one is twice as long.
const CONVERSION_WAIT: Duration = Duration::from_millis(250);
/// How many times a conversion is asked after: about a minute in all.
const CONVERSION_ASKS: u32 = 8;

/// What is known to exist: whatever is found by a look-up and is not among it may be what was just made.
#[derive(Debug, Clone, Default)]
pub(super) struct Known(Arc<Mutex<Ids>>);

/// Pipedrive counts its numeric ids upwards, so the highest one tells which are older.
#[derive(Debug, Clone, Default)]
pub(super) struct Ids {
    deal: u64,
    person: u64,
    org: u64,
    leads: HashSet<LeadId>,
    /// Whether the whole account was read, so that what is not among it is new.
    is_complete: bool,
}

impl Known {
    pub(super) fn deal(&self, id: DealId) {
        self.with(|ids| ids.deal = ids.deal.max(id.0));
    }

    pub(super) fn person(&self, id: PersonId) {
        self.with(|ids| ids.person = ids.person.max(id.0));
    }

    pub(super) fn org(&self, id: OrgId) {
        self.with(|ids| ids.org = ids.org.max(id.0));
    }

    pub(super) fn lead(&self, id: LeadId) {
        self.with(|ids| ids.leads.insert(id));
    }

    /// From now on all that exists is known.
    pub(super) fn completed(&self) {
        self.with(|ids| ids.is_complete = true);
    }

    fn with<R>(&self, change: impl FnOnce(&mut Ids) -> R) -> R {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn now(&self) -> Ids {
        self.with(|ids| ids.clone())
    }
}

/// Something to be made, and how to find it where the answer got lost.
pub(super) trait Creation: Sync {
    /// What it is once it is made.
    type Made: Send;

    /// Has it made.
    fn make(&self, api: &Api) -> impl Future<Output = Result<Self::Made, ApiError>> + Send;

    /// Finds it among what exists, leaving out what existed `before`.
    fn look_up(&self, api: &Api, before: &Ids) -> impl Future<Output = Result<Option<Self::Made>, ApiError>> + Send;

    /// Takes note that it exists.
    fn note(made: &Self::Made, known: &Known);
}

/// The person and organization of a new deal or lead, once they exist.
pub(super) type Linked = (Option<PersonId>, Option<OrgId>);

/// Whether something has the links that were asked for. Pipedrive may have added the person's organization.
fn are_linked((person, org): Linked, found: Linked) -> bool {
    person.is_none_or(|person| found.0 == Some(person)) && org.is_none_or(|org| found.1 == Some(org))
}

/// An organization of this name.
pub(super) struct OrgToMake<'a>(pub(super) &'a str);

impl Creation for OrgToMake<'_> {
    type Made = Organization;

    async fn make(&self, api: &Api) -> Result<Organization, ApiError> {
        api.create_org(self.0).await
    }

    async fn look_up(&self, api: &Api, before: &Ids) -> Result<Option<Organization>, ApiError> {
        let latest = api.latest_orgs().await?;
        Ok(latest.into_iter().find(|org| org.id.0 > before.org && org.name == self.0))
    }

    fn note(made: &Organization, known: &Known) {
        known.org(made.id);
    }
}

/// A person of this name, at an organization.
pub(super) struct PersonToMake<'a>(pub(super) &'a str, pub(super) Option<OrgId>);

impl Creation for PersonToMake<'_> {
    type Made = Person;

    async fn make(&self, api: &Api) -> Result<Person, ApiError> {
        api.create_person(self.0, self.1).await
    }

    async fn look_up(&self, api: &Api, before: &Ids) -> Result<Option<Person>, ApiError> {
        let latest = api.latest_people().await?;
        let is_it = |person: &Person| person.id.0 > before.person && person.name == self.0 && person.org == self.1;
        Ok(latest.into_iter().find(is_it))
    }

    fn note(made: &Person, known: &Known) {
        known.person(made.id);
    }
}

/// A deal with its links.
pub(super) struct DealToMake<'a>(pub(super) &'a NewDeal, pub(super) Linked);

impl Creation for DealToMake<'_> {
    type Made = Deal;

    async fn make(&self, api: &Api) -> Result<Deal, ApiError> {
        let (person, org) = self.1;
        api.create_deal(self.0, person, org).await
    }

    async fn look_up(&self, api: &Api, before: &Ids) -> Result<Option<Deal>, ApiError> {
        let latest = api.latest_deals().await?;
        let is_it = |deal: &Deal| {
            deal.id.0 > before.deal && deal.title == self.0.title && are_linked(self.1, (deal.person, deal.org))
        };
        Ok(latest.into_iter().map(|(deal, _)| deal).find(is_it))
    }

    fn note(made: &Deal, known: &Known) {
        known.deal(made.id);
    }
}

/// A lead with its links.
pub(super) struct LeadToMake<'a>(pub(super) &'a NewLead, pub(super) Linked);

impl Creation for LeadToMake<'_> {
    type Made = Lead;

    async fn make(&self, api: &Api) -> Result<Lead, ApiError> {
        let (person, org) = self.1;
        api.create_lead(self.0, person, org).await
    }

    async fn look_up(&self, api: &Api, before: &Ids) -> Result<Option<Lead>, ApiError> {
        let latest = api.latest_leads().await?;
        let is_it = |lead: &Lead| {
            !before.leads.contains(&lead.id)
                && lead.title == self.0.title
                && are_linked(self.1, (lead.person, lead.org))
        };
        Ok(latest.into_iter().find(is_it))
    }

    fn note(made: &Lead, known: &Known) {
        known.lead(made.id);
    }
}

/// The deal that a lead becomes.
pub(super) struct Conversion(pub(super) LeadId, pub(super) Place);

impl Creation for Conversion {
    type Made = Deal;

    /// Has Pipedrive convert the lead, which it does in its own time.
    async fn make(&self, api: &Api) -> Result<Deal, ApiError> {
        let job = api.convert_lead(self.0, self.1).await?;
        let mut wait = CONVERSION_WAIT;
        for _ in 0..CONVERSION_ASKS {
            tokio::time::sleep(wait).await;
            wait *= 2;
            match api.conversion(self.0, job).await {
                Ok(JobState::Done(deal)) => return api.deal(Lane::Edit, deal).await,
                Ok(JobState::UnderWay) => {}
                // The job is at work: what fails is only the question how it fares.
                Err(error) if error.leaves_outcome_open() => {}
                Err(error) => return Err(error),
            }
        }
        Err(ApiError::NotConverted("it is still at it; the deal may come later".to_owned()))
    }

    /// A lead that is still there was not converted; of one that is gone there is a deal that names it.
    async fn look_up(&self, api: &Api, _: &Ids) -> Result<Option<Deal>, ApiError> {
        match api.lead(Lane::Edit, self.0).await {
            Ok(_) => Ok(None),
            Err(ApiError::Gone(_)) => {
                let latest = api.latest_deals().await?;
                let found = latest.into_iter().find(|(_, source)| *source == Some(self.0));
                let (deal, _) = found.ok_or_else(|| ApiError::Gone("it was converted or deleted".to_owned()))?;
                Ok(Some(deal))
            }
            Err(error) => Err(error),
        }
    }

    fn note(made: &Deal, known: &Known) {
        known.deal(made.id);
    }
}

/// Makes something once: where the answer gets lost, looks it up before it is made again.
pub(super) async fn once<C: Creation>(creation: &C, api: &Api, known: &Known) -> Result<C::Made, ApiError> {
    let before = known.now();
    let mut tries = 1;
    loop {
        let lost = match creation.make(api).await {
            Ok(made) => {
                C::note(&made, known);
                return Ok(made);
            }
            // Before the account was read, what is found might be something older.
            Err(error) if error.leaves_outcome_open() && !before.is_complete => {
                return Err(ApiError::Unclear(error.to_string()));
            }
            Err(error) if error.leaves_outcome_open() => error,
            Err(error) => return Err(error),
        };
        tokio::time::sleep(LOOK_UP_AFTER * tries).await;
        match creation.look_up(api, &before).await {
            Ok(Some(made)) => {
                C::note(&made, known);
                return Ok(made);
            }
            Ok(None) if tries >= MOST_TRIES => return Err(lost),
            Ok(None) => tries += 1,
            Err(ApiError::Gone(words)) => return Err(ApiError::Gone(words)),
            Err(_) => return Err(ApiError::Unclear(lost.to_string())),
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
