//! The account and its changes, read page by page into reports.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::mpsc;

use super::creations::Known;
use super::{Progress, Report};
use crate::domain::{Activity, Deal, DealStatus, ItemRef, Lead, OrgId, Organization, Person, PersonId};
use crate::pipedrive::{Api, ApiError, DealsQuery, Lane, Pages, cost};
use crate::workspace::Change;

/// How far before the latest known change is asked again: the server's clock sets the times of changes, and what
/// was being written while it was asked may come late.
const OVERLAP: TimeDelta = TimeDelta::seconds(60);
/// How far the server's clock may seem ahead of this machine's. A change from further in the future is not believed.
const AHEAD: TimeDelta = TimeDelta::minutes(5);
/// Every so many looks, pipelines, stages, labels and users are read again, too.
const BASICS_EVERY: u32 = 12;

/// What to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Everything.
    Account,
    /// The leads, and what else has changed.
    Changes {
        /// Whether a person asked for it, so that pipelines and stages are looked at in any case.
        asked: bool,
    },
}

/// Reads, and remembers what it takes to read less the next time.
pub(super) struct Reader {
    api: Api,
    known: Known,
    report: mpsc::Sender<Report>,
    notes: Mutex<Notes>,
}

/// What was seen so far.
#[derive(Debug, Default)]
struct Notes {
    /// Whether the account was read to its end once.
    has_account: bool,
    /// The latest change that was seen, by the server's clock.
    latest: Option<DateTime<Utc>>,
    /// Deals and open activities as of the last reading of the whole account, and those that came since.
    items: HashSet<ItemRef>,
    people: HashSet<PersonId>,
    orgs: HashSet<OrgId>,
    /// People and organizations that were named but not read.
    named_people: HashSet<PersonId>,
    named_orgs: HashSet<OrgId>,
    looks: u32,
    lead_pages: u32,
    /// Items that came with this reading.
    count: usize,
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

    /// From when on changes are asked for; `None` while nothing is known.
    fn since(&self) -> Option<DateTime<Utc>> {
        self.latest.map(|latest| latest.min(Utc::now() + AHEAD) - OVERLAP)
    }
}

impl Reader {
    pub(super) fn new(api: Api, known: Known, report: mpsc::Sender<Report>) -> Self {
        let notes = Mutex::new(Notes { lead_pages: 1, ..Notes::default() });
        Self { api, known, report, notes }
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the account was read to its end once.
    pub(super) fn has_account(&self) -> bool {
        self.notes().has_account
    }

    /// What a look at the changes costs on average, in tokens of the daily budget.
    pub(super) fn look_cost(&self) -> u64 {
        let basics = (2 * cost::LIST_PIPELINES + cost::LIST_LEAD_LABELS + cost::LIST + cost::LIST_V1) / BASICS_EVERY;
        u64::from(2 * cost::LIST + basics + self.notes().lead_pages * cost::LIST_V1)
    }

    pub(super) async fn read(&self, what: Reading) -> Result<(), ApiError> {
        self.notes().count = 0;
        match what {
            Reading::Account => self.account().await,
            Reading::Changes { asked } => self.changes(asked).await,
        }
    }

    /// Everything; what the board needs first.
    async fn account(&self) -> Result<(), ApiError> {
        let before = std::mem::take(&mut self.notes().items);
        let open = DealsQuery { status: Some("open"), since: None };
        tokio::try_join!(
            self.who(),
            self.boards(Lane::Screen),
            self.labels_and_users(Lane::Screen),
            self.each(self.api.deals(Lane::Screen, &open)),
            self.each(self.api.activities(Lane::Screen, Some(false), None)),
            self.inbox(Lane::Screen),
            self.each(self.api.orgs(Lane::Sync)),
            self.each(self.api.people(Lane::Sync)),
        )?;
        let closed = DealsQuery { status: Some("won,lost"), since: None };
        self.each(self.api.deals(Lane::Sync, &closed)).await?;
        let done = self.api.latest_done(Lane::Sync).await?;
        self.take(done).await;
        let gone: Vec<Change> = before.difference(&self.notes().items).copied().map(Change::Gone).collect();
        self.tell(gone).await;
        self.notes().has_account = true;
        self.unread_names(Lane::Sync).await
    }

    /// The leads, and what else has changed since the last look.
    async fn changes(&self, asked: bool) -> Result<(), ApiError> {
        let (since, looks) = {
            let mut notes = self.notes();
            notes.looks += 1;
            (notes.since(), notes.looks)
        };
        let lane = if asked { Lane::Screen } else { Lane::Poll };
        let changed = DealsQuery { status: Some("open,won,lost,deleted"), since };
        tokio::try_join!(
            self.inbox(lane),
            self.each(self.api.deals(lane, &changed)),
            self.each(self.api.activities(lane, None, since)),
        )?;
        if asked {
            self.boards(lane).await?;
        } else if looks.is_multiple_of(BASICS_EVERY) {
            tokio::try_join!(self.boards(lane), self.labels_and_users(lane))?;
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
            // Those that cannot be read either, as they were deleted, are not asked for again.
            let people: Vec<_> = notes.named_people.drain().filter(|id| notes.people.insert(*id)).collect();
            let orgs: Vec<_> = notes.named_orgs.drain().filter(|id| notes.orgs.insert(*id)).collect();
            (people, orgs)
        };
        if !people.is_empty() {
            let people = self.api.people_by_id(lane, &people).await?;
            self.take(people).await;
        }
        if !orgs.is_empty() {
            let orgs = self.api.orgs_by_id(lane, &orgs).await?;
            self.take(orgs).await;
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
        let (changes, items) = {
            let mut notes = self.notes();
            notes.count += page.len();
            let items = notes.count;
            (T::note(page, &mut notes, &self.known), items)
        };
        self.tell(changes).await;
        self.send(Report::Progress(Progress::Reading { what: T::NAME, items })).await;
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
