//! The account and its changes, read page by page into reports.

use std::collections::HashSet;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::mpsc;

use super::creations::Known;
use super::pace::Part;
use super::{Clock, Progress, Report};
use crate::domain::{Activity, Deal, DealStatus, ItemRef, Lead, OrgId, Organization, Person, PersonId};
use crate::pipedrive::{Api, ApiError, DealsQuery, Lane, Pages};
use crate::workspace::Change;

/// How far before the latest known change is asked again: the server's clock sets the times of changes, and what
/// was being written while it was asked may come late.
const OVERLAP: TimeDelta = TimeDelta::seconds(60);
/// How far the server's clock may seem ahead of this machine's. A change from further in the future is not believed.
const AHEAD: TimeDelta = TimeDelta::minutes(5);
/// What to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading {
    /// Everything.
    Account,
    /// What has changed, as a person asked for it: how far it has come is told.
    Asked,
    /// What has changed in some parts, in the background.
    Parts(Vec<Part>),
}

/// Reads, and remembers what it takes to read less the next time.
pub(super) struct Reader {
    api: Api,
    known: Known,
    clock: Clock,
    report: mpsc::Sender<Report>,
    notes: Mutex<Notes>,
}

/// What was seen so far.
#[derive(Debug, Default)]
struct Notes {
    /// When the account was last read to its end, by this machine's clock.
    read_at: Option<DateTime<Utc>>,
    /// The latest change that was seen, by the server's clock.
    latest: Option<DateTime<Utc>>,
    /// Up to when all changes of a part are known, by the server's clock: what was seen before the last reading of it
    /// that succeeded had begun.
    marks: [Option<DateTime<Utc>>; Part::ALL.len()],
    /// Deals and open activities as of the last reading of the whole account, and those that came since.
    items: HashSet<ItemRef>,
    people: HashSet<PersonId>,
    orgs: HashSet<OrgId>,
    /// People and organizations that were named but not read.
    named_people: HashSet<PersonId>,
    named_orgs: HashSet<OrgId>,
    lead_pages: u32,
    /// Items that came with this reading; `None` while nobody is told of it.
    count: Option<usize>,
}

/// A kind of thing that comes page by page.
trait Paged: Sized {
    /// Its name in the plural.
    const NAME: &'static str;

    /// Takes note of a page, and turns it into news.
    fn note(page: Vec<Self>, notes: &mut Notes, known: &Known) -> Vec<Change>;
}

impl Paged for Deal {
    const NAME: &'static str = "deals";

    fn note(page: Vec<Self>, notes: &mut Notes, known: &Known) -> Vec<Change> {
        // Deleted ones come where they were asked for.
        let (gone, there): (Vec<_>, Vec<_>) =
            page.into_iter().partition(|deal| deal.archived || deal.status == DealStatus::Other);
        for deal in &there {
            known.deal(deal.id);
            notes.items.insert(ItemRef::Deal(deal.id));
            notes.saw(deal.updated);
            notes.names(deal.person, deal.org);
        }
        let gone = gone.into_iter().map(|deal| {
            notes.saw(deal.updated);
            notes.items.remove(&ItemRef::Deal(deal.id));
            Change::Gone(ItemRef::Deal(deal.id))
        });
        let mut changes: Vec<Change> = gone.collect();
        changes.push(Change::Deals(there));
        changes
    }
}

impl Paged for Activity {
    const NAME: &'static str = "activities";

    fn note(page: Vec<Self>, notes: &mut Notes, _: &Known) -> Vec<Change> {
        for activity in &page {
            notes.items.insert(ItemRef::Activity(activity.id));
            notes.saw(activity.updated);
            notes.names(activity.person, activity.org);
        }
        vec![Change::Activities(page)]
    }
}

impl Paged for Person {
    const NAME: &'static str = "people";

    fn note(page: Vec<Self>, notes: &mut Notes, known: &Known) -> Vec<Change> {
        for person in &page {
            known.person(person.id);
            notes.people.insert(person.id);
            notes.names(None, person.org);
        }
        vec![Change::People(page)]
    }
}

impl Paged for Organization {
    const NAME: &'static str = "organizations";

    fn note(page: Vec<Self>, notes: &mut Notes, known: &Known) -> Vec<Change> {
        for org in &page {
            known.org(org.id);
            notes.orgs.insert(org.id);
        }
        vec![Change::Organizations(page)]
    }
}

impl Notes {
    fn saw(&mut self, updated: Option<DateTime<Utc>>) {
        self.latest = self.latest.max(updated);
    }

    fn names(&mut self, person: Option<PersonId>, org: Option<OrgId>) {
        self.named_people.extend(person.filter(|id| !self.people.contains(id)));
        self.named_orgs.extend(org.filter(|id| !self.orgs.contains(id)));
    }

    /// From when on changes of a part are asked for; `None` while nothing is known.
    fn since(&self, part: Part, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        Some(self.marks[part as usize]?.min(now + AHEAD) - OVERLAP)
    }
}

impl Reader {
    pub(super) fn new(api: Api, known: Known, clock: Clock, report: mpsc::Sender<Report>) -> Self {
        let notes = Mutex::new(Notes { lead_pages: 1, ..Notes::default() });
        Self { api, known, clock, report, notes }
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the account was read to its end once.
    pub(super) fn has_account(&self) -> bool {
        self.notes().read_at.is_some()
    }

    /// How many pages the inbox had when it was last read.
    pub(super) fn lead_pages(&self) -> u32 {
        self.notes().lead_pages
    }

    pub(super) async fn read(&self, what: Reading) -> Result<(), ApiError> {
        self.notes().count = (!matches!(what, Reading::Parts(_))).then_some(0);
        match what {
            Reading::Account => Box::pin(self.account()).await,
            Reading::Asked => {
                Box::pin(self.changes(&[Part::Deals, Part::Activities, Part::Leads], Lane::Screen)).await?;
                self.boards(Lane::Screen).await
            }
            Reading::Parts(parts) => Box::pin(self.changes(&parts, Lane::Poll)).await,
        }
    }

    /// Everything.
    async fn account(&self) -> Result<(), ApiError> {
        let started = (self.clock)();
        let (known, seen) = {
            let mut notes = self.notes();
            (std::mem::take(&mut notes.items), notes.latest)
        };
        let read = self.whole_account().await;
        let is_whole = match read {
            Ok(is_whole) => is_whole,
            Err(error) => {
                self.notes().items.extend(known);
                return Err(error);
            }
        };
        if is_whole {
            let gone: Vec<Change> = known.difference(&self.notes().items).copied().map(Change::Gone).collect();
            self.tell(gone).await;
            self.known.completed();
        } else {
            self.notes().items.extend(known);
        }
        {
            let mut notes = self.notes();
            // The first time this machine's clock has to do: nothing that is older than it was missed.
            let first = notes.latest.map_or(started - AHEAD, |latest| latest.min(started - AHEAD));
            notes.marks = [seen.or(Some(first)); Part::ALL.len()];
            notes.read_at = Some(started);
        }
        self.unread_names(Lane::Sync).await
    }

    /// Reads everything, what the board needs first. Whether it was all: what is left of the daily budget may be kept
    /// for edits.
    async fn whole_account(&self) -> Result<bool, ApiError> {
        let open = DealsQuery { status: Some("open"), since: None };
        tokio::try_join!(
            self.who(),
            self.boards(Lane::Screen),
            self.labels_and_users(Lane::Screen),
            self.each(self.api.deals(Lane::Screen, &open)),
            self.each(self.api.activities(Lane::Screen, Some(false), None)),
            self.inbox(Lane::Screen),
        )?;
        let closed = DealsQuery { status: Some("won,lost"), since: None };
        let rest = async {
            tokio::try_join!(self.each(self.api.orgs(Lane::Sync)), self.each(self.api.people(Lane::Sync)))?;
            self.each(self.api.deals(Lane::Sync, &closed)).await?;
            let done = self.api.latest_done(Lane::Sync).await?;
            self.take(done).await;
            Ok(())
        };
        match rest.await {
            Ok(()) => Ok(true),
            Err(ApiError::BudgetKept) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What has changed in some parts since the last look.
    async fn changes(&self, parts: &[Part], lane: Lane) -> Result<(), ApiError> {
        let now = (self.clock)();
        let (seen, deals_since, activities_since) = {
            let notes = self.notes();
            (notes.latest, notes.since(Part::Deals, now), notes.since(Part::Activities, now))
        };
        let changed = DealsQuery { status: Some("open,won,lost,deleted"), since: deals_since };
        let has = |part| parts.contains(&part);
        tokio::try_join!(
            when(has(Part::Leads), self.inbox(lane)),
            when(has(Part::Deals), self.each(self.api.deals(lane, &changed))),
            when(has(Part::Activities), self.each(self.api.activities(lane, None, activities_since))),
            when(has(Part::Basics), self.boards(lane)),
            when(has(Part::Basics), self.labels_and_users(lane)),
        )?;
        for part in parts {
            let mark = &mut self.notes().marks[*part as usize];
            *mark = (*mark).max(seen);
        }
        self.unread_names(lane).await
    }

    async fn who(&self) -> Result<(), ApiError> {
        let me = self.api.me(Lane::Screen).await?;
        self.tell(vec![Change::Me(me)]).await;
        Ok(())
    }

    async fn boards(&self, lane: Lane) -> Result<(), ApiError> {
        let (pipelines, stages) = tokio::try_join!(self.api.pipelines(lane), self.api.stages(lane))?;
        self.tell(vec![Change::AllPipelines(pipelines), Change::AllStages(stages)]).await;
        Ok(())
    }

    async fn labels_and_users(&self, lane: Lane) -> Result<(), ApiError> {
        let (labels, lead_labels, types, users) = tokio::try_join!(
            self.api.deal_labels(lane),
            self.api.lead_labels(lane),
            self.api.activity_types(lane),
            self.api.users(lane),
        )?;
        self.tell(vec![
            Change::AllLabels(labels),
            Change::AllLeadLabels(lead_labels),
            Change::AllActivityTypes(types),
            Change::AllUsers(users),
        ])
        .await;
        Ok(())
    }

    /// The whole inbox: a lead that is missing from it has been archived, converted or deleted.
    async fn inbox(&self, lane: Lane) -> Result<(), ApiError> {
        let mut pages = self.api.leads(lane);
        let mut all: Vec<Lead> = Vec::new();
        let mut count = 0;
        while let Some(page) = pages.next().await {
            all.append(&mut page?);
            count += 1;
        }
        {
            let mut notes = self.notes();
            notes.lead_pages = count;
            for lead in &all {
                self.known.lead(lead.id);
                notes.names(lead.person, lead.org);
            }
        }
        self.tell(vec![Change::AllLeads(all)]).await;
        Ok(())
    }

    /// People and organizations that came with something else, and were not there when all were read.
    async fn unread_names(&self, lane: Lane) -> Result<(), ApiError> {
        let (people, orgs): (Vec<_>, Vec<_>) = {
            let mut notes = self.notes();
            let notes = &mut *notes;
            notes.named_people.retain(|id| !notes.people.contains(id));
            notes.named_orgs.retain(|id| !notes.orgs.contains(id));
            (notes.named_people.iter().copied().collect(), notes.named_orgs.iter().copied().collect())
        };
        if !people.is_empty() {
            let found = self.api.people_by_id(lane, &people).await?;
            self.take(found).await;
            // Those that were not found, as they were deleted, are not asked for again either.
            self.notes().people.extend(people);
        }
        if !orgs.is_empty() {
            let found = self.api.orgs_by_id(lane, &orgs).await?;
            self.take(found).await;
            self.notes().orgs.extend(orgs);
        }
        Ok(())
    }

    async fn each<T: Paged>(&self, mut pages: Pages<T>) -> Result<(), ApiError> {
        while let Some(page) = pages.next().await {
            self.take(page?).await;
        }
        Ok(())
    }

    /// Takes in a page: notes what is on it, and tells of it.
    async fn take<T: Paged>(&self, page: Vec<T>) {
        let (changes, count) = {
            let mut notes = self.notes();
            notes.count = notes.count.map(|count| count + page.len());
            let count = notes.count;
            (T::note(page, &mut notes, &self.known), count)
        };
        self.tell(changes).await;
        if let Some(items) = count {
            self.send(Report::Progress(Progress::Reading { what: T::NAME, items })).await;
        }
    }

    async fn tell(&self, changes: Vec<Change>) {
        if !changes.is_empty() {
            self.send(Report::Changed(changes)).await;
        }
    }

    async fn send(&self, report: Report) {
        // Nobody listens any more when the dashboard has ended; then this task ends, too.
        let _ = self.report.send(report).await;
    }
}

/// Does something if it is to be done.
async fn when(wanted: bool, work: impl Future<Output = Result<(), ApiError>>) -> Result<(), ApiError> {
    if wanted { work.await } else { Ok(()) }
}
