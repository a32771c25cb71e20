//! The account and its changes, read page by page: each page is kept on this machine, then told.

use std::collections::HashSet;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::answers::Answers;
use super::checkpoint::{Checkpoint, Generation, ListKind, PageCursor, Stored};
use super::doubt::{are_gone, is_implausible};
use super::poll_schedule::AccountPart;
use super::progress::{ItemCounter, Paged, ReadState};
use super::{Clock, Progress, ReadError, ReadProgress, Report};
use crate::domain::{ItemKind, ItemRef};
use crate::pipedrive::{Api, ApiError, DealsQuery, Lane, LeadInbox, Pages};
use crate::store::{Batch, Cache, SWEPT, Unseen};
use crate::workspace::ServerUpdate;

/// With so many people and so many organizations at most, all of them take one page each.
const SMALL: usize = 450;

/// What to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ReadScope {
    /// Everything.
    Account,
    /// What has changed, as a person asked for it: how far it has come is told.
    Asked,
    /// What has changed in some parts, in the background.
    Parts(Vec<AccountPart>),
}

/// Reads, and notes what it takes to read less the next time.
pub(super) struct Reader {
    api: Api,
    cache: Cache,
    clock: Clock,
    generation: Generation,
    answers: Answers,
    report: mpsc::Sender<Report>,
    seen: Mutex<ReadState>,
}

impl Reader {
    pub(super) fn new(
        api: Api,
        cache: Cache,
        notes: Checkpoint,
        generation: Generation,
        answers: Answers,
        clock: Clock,
        report: mpsc::Sender<Report>,
    ) -> Self {
        let notes = notes.without_future(clock());
        generation.set(notes.generation);
        let seen = Mutex::new(ReadState { kept: notes.clone(), notes, ..ReadState::default() });
        Self { api, cache, clock, generation, answers, report, seen }
    }

    fn seen(&self) -> MutexGuard<'_, ReadState> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the account was read to its end once.
    pub(super) fn has_account(&self) -> bool {
        self.seen().notes.read_at.is_some()
    }

    /// When the account was last read to its end.
    pub(super) fn account_read_at(&self) -> Option<DateTime<Utc>> {
        self.seen().notes.read_at
    }

    /// Whether a reading of the whole account was broken off.
    pub(super) fn is_unfinished(&self) -> bool {
        self.seen().notes.begun.is_some()
    }

    /// How many pages the inbox had when it was last read.
    pub(super) fn lead_pages(&self) -> u32 {
        self.seen().notes.lead_pages
    }

    /// Takes note of what was kept.
    pub(super) fn loaded(&self, changes: &[ServerUpdate]) {
        self.seen().loaded(changes);
    }

    /// Takes note of what webhooks have told: people and organizations that it names may not be known.
    pub(super) fn heard<'a>(&self, changes: impl Iterator<Item = &'a ServerUpdate>) {
        let mut seen = self.seen();
        changes.for_each(|change| seen.heard(change));
    }

    /// A person wants everything read again: a reading that was broken off is not taken up.
    pub(super) fn start_over(&self) {
        let mut seen = self.seen();
        if seen.notes.read_at.is_some() {
            seen.notes.begun = None;
        }
    }

    /// When a part was last looked at in any run.
    pub(super) fn looked(&self, part: AccountPart) -> Option<DateTime<Utc>> {
        self.seen().notes.looked.get(&part).copied()
    }

    /// Nothing is kept any more: the account is read from the start.
    pub(super) fn forget(&self) {
        let mut seen = self.seen();
        let generation = seen.notes.generation;
        seen.notes = Checkpoint { generation, ..Checkpoint::nothing() };
        seen.kept = seen.notes.clone();
        seen.behind = None;
    }

    /// Reads.
    ///
    /// # Errors
    /// Those of the calls, and [`ReadError::Store`] where all was read but not all of it could be kept.
    pub(super) async fn read(&self, what: ReadScope) -> Result<(), ReadError> {
        {
            let mut seen = self.seen();
            if what == ReadScope::Asked {
                seen.catch_up_at_once();
            }
            let before = seen.notes.share().unwrap_or(0.0);
            let tally = ItemCounter { items: 0, pages: 0, since: Instant::now(), before };
            seen.tally = (!matches!(what, ReadScope::Parts(_))).then_some(tally);
        }
        let is_of_board = !matches!(&what, ReadScope::Parts(parts) if !parts.contains(&AccountPart::Deals));
        let read = match what {
            ReadScope::Account => Box::pin(self.account()).await,
            // What has changed since says nothing of what was lost here.
            ReadScope::Asked if self.has_lost_items().await => Box::pin(self.account()).await,
            ReadScope::Asked => {
                let parts = [AccountPart::Deals, AccountPart::Activities, AccountPart::Leads, AccountPart::Contacts];
                let changes = Box::pin(self.changes(&parts, Lane::Screen)).await;
                if changes.is_ok() { self.boards(Lane::Screen).await } else { changes }
            }
            ReadScope::Parts(parts) => Box::pin(self.changes(&parts, Lane::Poll)).await,
        };
        if is_of_board && read.is_ok() && self.seen().doubtful.is_empty() {
            self.seen().notes.fresh_at = Some((self.clock)());
        }
        self.settle(read).await
    }

    /// Keeps the notes of a reading that went well, and says whether all that is known is on the disk.
    async fn settle(&self, read: Result<(), ApiError>) -> Result<(), ReadError> {
        if read.is_ok() {
            let notes = self.seen().notes.clone();
            self.keep(Vec::new(), notes, Instant::now()).await;
        }
        let (why, doubtful) = {
            let mut seen = self.seen();
            (seen.settle(), std::mem::take(&mut seen.doubtful))
        };
        read?;
        if !doubtful.is_empty() {
            return Err(ReadError::Doubtful(doubtful.join(", ")));
        }
        why.map_or(Ok(()), |why| Err(ReadError::Store(why)))
    }

    /// Returns `true` if much less is stored than when the account was last read to its end: then what has changed since
    /// is not all that is missing.
    pub(super) async fn has_lost_items(&self) -> bool {
        let (stored, is_read) = {
            let notes = &self.seen().notes;
            (notes.stored, notes.read_at.is_some())
        };
        let Ok(now) = self.cache.len().await else { return false };
        let kinds = [(stored.deals, now.deals), (stored.people, now.people), (stored.orgs, now.organizations)];
        is_read && kinds.iter().any(|(before, now)| is_implausible(before.saturating_sub(*now), *before))
    }

    /// Everything.
    async fn account(&self) -> Result<(), ApiError> {
        let now = (self.clock)();
        let started = {
            let mut seen = self.seen();
            let started = seen.notes.begin(now);
            self.generation.set(seen.notes.generation);
            started
        };
        let mut is_whole = Box::pin(self.whole_account()).await?;
        // What could not be kept looks as if it had not been seen.
        if is_whole && self.seen().is_whole() {
            is_whole = self.sweep().await?;
        }
        self.seen().notes.complete(started, is_whole, (self.clock)());
        if started < now {
            // What was read before it was broken off may have changed since.
            let parts = [AccountPart::Deals, AccountPart::Activities, AccountPart::Contacts];
            Box::pin(self.changes(&parts, Lane::Sync)).await?;
        }
        self.unread_names(Lane::Sync).await?;
        if is_whole && let Ok(now) = self.cache.len().await {
            self.seen().notes.stored = Stored { deals: now.deals, people: now.people, orgs: now.organizations };
        }
        Ok(())
    }

    /// Removes what the account no longer has. Returns `false` if a kind was left as it is: so much of it was not listed
    /// that it was looked at, and it is still there.
    async fn sweep(&self) -> Result<bool, ApiError> {
        let generation = self.generation.now();
        let unseen = match self.cache.unseen(generation, SWEPT.to_vec()).await {
            Ok(unseen) => unseen,
            Err(error) => {
                self.seen().trouble = Some(error);
                return Ok(true);
            }
        };
        let mut kinds = Vec::new();
        for Unseen { kind, known, items } in unseen {
            if !is_implausible(items.len(), known) || are_gone(&self.api, Lane::Sync, &items).await? {
                kinds.push(kind);
            } else {
                let mut seen = self.seen();
                seen.notes.read_again(kind);
                seen.doubtful.push(plural(kind));
                tracing::warn!(?kind, missing = items.len(), known, "a list leaves out what is still there");
            }
        }
        let is_whole = kinds.len() == SWEPT.len();
        match self.cache.sweep(generation, kinds).await {
            Ok(gone) => self.tell(gone.into_iter().map(ServerUpdate::Gone).collect(), Instant::now()).await,
            Err(error) => self.seen().trouble = Some(error),
        }
        Ok(is_whole)
    }

    /// Reads everything, what the board needs first. Whether it was all: what is left of the daily budget may be kept
    /// for edits.
    async fn whole_account(&self) -> Result<bool, ApiError> {
        let open = DealsQuery { status: Some("open"), since: None };
        tokio::try_join!(
            self.who(),
            self.boards(Lane::Screen),
            self.labels_and_users(Lane::Screen),
            self.list(ListKind::OpenDeals, || self.api.deals(Lane::Screen, &open)),
            self.list(ListKind::OpenActivities, || self.api.activities(Lane::Screen, Some(false), None)),
            self.inbox(Lane::Screen),
        )?;
        let closed = DealsQuery { status: Some("won,lost"), since: None };
        let rest = async {
            tokio::try_join!(
                self.list(ListKind::Orgs, || self.api.orgs(Lane::Sync, None)),
                self.list(ListKind::People, || self.api.people(Lane::Sync, None))
            )?;
            self.list(ListKind::ClosedDeals, || self.api.deals(Lane::Sync, &closed)).await?;
            let requested = Instant::now();
            let done = self.api.latest_done(Lane::Sync).await?;
            self.take(done, None, requested).await;
            Ok(())
        };
        match rest.await {
            Ok(()) => Ok(true),
            Err(ApiError::BudgetKept) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What has changed in some parts since the last look.
    async fn changes(&self, parts: &[AccountPart], lane: Lane) -> Result<(), ApiError> {
        let now = (self.clock)();
        let (latest, [deals, activities, contacts]) = {
            let notes = &self.seen().notes;
            (
                notes.latest,
                [AccountPart::Deals, AccountPart::Activities, AccountPart::Contacts].map(|part| notes.since(part, now)),
            )
        };
        let changed = DealsQuery { status: Some("open,won,lost,deleted"), since: deals };
        let has = |part| parts.contains(&part);
        tokio::try_join!(
            when(has(AccountPart::Leads), self.inbox(lane)),
            when(has(AccountPart::Deals), self.each(self.api.deals(lane, &changed))),
            when(has(AccountPart::Activities), self.each(self.api.activities(lane, None, activities))),
            when(has(AccountPart::Contacts), self.contacts(lane, contacts)),
            when(has(AccountPart::Boards), self.boards(lane)),
            when(has(AccountPart::Basics), self.labels_and_users(lane)),
        )?;
        {
            let notes = &mut self.seen().notes;
            for part in parts {
                notes.looked.insert(*part, now);
                let mark = notes.marks.get(part).copied().max(latest);
                if let Some(mark) = mark {
                    notes.marks.insert(*part, mark);
                }
            }
        }
        self.unread_names(lane).await
    }

    /// What has changed in people and organizations. Where all of them take one page each, that costs as much as what has
    /// changed; then all are read, and those that are missing are gone.
    async fn contacts(&self, lane: Lane, since: Option<DateTime<Utc>>) -> Result<(), ApiError> {
        let stored = self.cache.unseen(u64::MAX, vec![ItemKind::Person, ItemKind::Org]).await.unwrap_or_default();
        let is_small = stored.iter().any(|kind| kind.known > 0) && stored.iter().all(|kind| kind.known <= SMALL);
        if since.is_none() || !is_small {
            let (orgs, people) = (self.api.orgs(lane, since), self.api.people(lane, since));
            return tokio::try_join!(self.each(orgs), self.each(people)).map(|((), ())| ());
        }
        let requested = Instant::now();
        let (orgs, people) = tokio::try_join!(self.api.orgs(lane, None).all(), self.api.people(lane, None).all())?;
        let orgs_listed = orgs.iter().map(|org| ItemRef::Org(org.id));
        let listed: HashSet<ItemRef> =
            orgs_listed.chain(people.iter().map(|person| ItemRef::Person(person.id))).collect();
        self.take(orgs, None, requested).await;
        self.take(people, None, requested).await;
        let mut gone = Vec::new();
        for Unseen { kind, known, mut items } in stored {
            items.retain(|item| !listed.contains(item));
            if !is_implausible(items.len(), known) || are_gone(&self.api, lane, &items).await? {
                gone.extend(items.into_iter().map(ServerUpdate::Gone));
            } else {
                tracing::warn!(?kind, missing = items.len(), known, "a list leaves out what is still there");
                self.seen().doubtful.push(plural(kind));
            }
        }
        if !gone.is_empty() {
            self.keep_and_tell(gone).await;
        }
        Ok(())
    }

    async fn who(&self) -> Result<(), ApiError> {
        let me = self.api.me(Lane::Screen).await?;
        self.keep_and_tell(vec![ServerUpdate::Me(me)]).await;
        Ok(())
    }

    async fn boards(&self, lane: Lane) -> Result<(), ApiError> {
        let read = || async {
            let (pipelines, stages) = tokio::try_join!(self.api.pipelines(lane), self.api.stages(lane))?;
            Ok(vec![ServerUpdate::AllPipelines(pipelines), ServerUpdate::AllStages(stages)])
        };
        self.lists(read).await
    }

    /// Reads lists that come whole. One that lacks much of what is known is read again right away, and takes the place of
    /// that only if it lacks the same then.
    async fn lists<F: Future<Output = Result<Vec<ServerUpdate>, ApiError>>>(
        &self,
        read: impl Fn() -> F,
    ) -> Result<(), ApiError> {
        let mut lists = read().await?;
        if !self.seen().lists.allow(&lists) {
            let second = read().await?;
            let mut seen = self.seen();
            let (confirmed, doubtful) = seen.lists.confirmed(&lists, second);
            if !doubtful.is_empty() {
                tracing::warn!(?doubtful, "lists lack much of what is known");
            }
            seen.doubtful.extend(doubtful);
            lists = confirmed;
        }
        self.keep_and_tell(lists).await;
        Ok(())
    }

    async fn labels_and_users(&self, lane: Lane) -> Result<(), ApiError> {
        self.lists(|| self.read_labels_and_users(lane)).await
    }

    async fn read_labels_and_users(&self, lane: Lane) -> Result<Vec<ServerUpdate>, ApiError> {
        let (deals, people, orgs, leads, types, users) = tokio::try_join!(
            self.api.fields(lane, ItemKind::Deal),
            self.api.fields(lane, ItemKind::Person),
            self.api.fields(lane, ItemKind::Org),
            self.api.lead_labels(lane),
            self.api.activity_types(lane),
            self.api.users(lane),
        )?;
        Ok(vec![
            ServerUpdate::AllLabels(deals.0),
            ServerUpdate::AllPersonLabels(people.0),
            ServerUpdate::AllOrgLabels(orgs.0),
            ServerUpdate::AllFields([deals.1, people.1, orgs.1].concat()),
            ServerUpdate::AllLeadLabels(leads),
            ServerUpdate::AllActivityTypes(types),
            ServerUpdate::AllUsers(users),
        ])
    }

    /// The whole inbox: a lead that is missing from it has been archived, converted or deleted.
    async fn inbox(&self, lane: Lane) -> Result<(), ApiError> {
        let LeadInbox { leads, pages } = self.api.leads(lane).await?;
        let (known, missing) = {
            let mut seen = self.seen();
            seen.notes.lead_pages = pages;
            for lead in &leads {
                seen.names(lead.person, lead.org);
            }
            seen.lists.missing_leads(&leads.iter().map(|lead| lead.id).collect())
        };
        let is_all = !is_implausible(missing.len(), known) || are_gone(&self.api, lane, &missing).await?;
        if !is_all {
            tracing::warn!(missing = missing.len(), known, "the inbox leaves out what is still there");
            self.seen().doubtful.push(plural(ItemKind::Lead));
        }
        let inbox = if is_all { ServerUpdate::AllLeads(leads) } else { ServerUpdate::Leads(leads) };
        self.keep_and_tell(vec![inbox]).await;
        Ok(())
    }

    /// People and organizations that came with something else, and were not there when all were read.
    async fn unread_names(&self, lane: Lane) -> Result<(), ApiError> {
        let (people, orgs): (Vec<_>, Vec<_>) = {
            let mut seen = self.seen();
            let seen = &mut *seen;
            seen.named_people.retain(|id| !seen.people.contains(id));
            seen.named_orgs.retain(|id| !seen.orgs.contains(id));
            (seen.named_people.iter().copied().collect(), seen.named_orgs.iter().copied().collect())
        };
        let requested = Instant::now();
        if !people.is_empty() {
            let found = self.api.people_by_id(lane, &people).await?;
            self.take(found, None, requested).await;
            // Those that were not found, as they were deleted, are not asked for again either.
            self.seen().people.extend(people);
        }
        if !orgs.is_empty() {
            let found = self.api.orgs_by_id(lane, &orgs).await?;
            self.take(found, None, requested).await;
            self.seen().orgs.extend(orgs);
        }
        Ok(())
    }

    /// One of the long lists, from where an earlier reading has left it.
    async fn list<T: Paged>(&self, list: ListKind, pages: impl Fn() -> Pages<T>) -> Result<(), ApiError> {
        let place = self.place(list);
        if place.done {
            return Ok(());
        }
        let resumed = place.cursor.is_some();
        match self.rest(list, pages().newest_first().from_cursor(place.cursor.clone()), place).await {
            // A cursor of an earlier run that is no good any more: from the start.
            Err(ApiError::Refused(_) | ApiError::Gone(_)) if resumed => {
                self.rest(list, pages().newest_first(), PageCursor::default()).await
            }
            read => read,
        }
    }

    fn place(&self, list: ListKind) -> PageCursor {
        let seen = self.seen();
        let begun = seen.notes.begun.as_ref();
        begun.and_then(|begun| begun.lists.get(&list)).cloned().unwrap_or_default()
    }

    async fn rest<T: Paged>(&self, list: ListKind, mut pages: Pages<T>, mut place: PageCursor) -> Result<(), ApiError> {
        loop {
            let requested = Instant::now();
            let Some(page) = pages.next().await.transpose()? else { return Ok(()) };
            place.first = place.first.max(page.first().map(Paged::number));
            place.last = page.last().map(Paged::number).or(place.last);
            place.cursor = pages.cursor().map(str::to_owned);
            place.done = place.cursor.is_none();
            self.take(page, Some((list, place.clone())), requested).await;
        }
    }

    async fn each<T: Paged>(&self, mut pages: Pages<T>) -> Result<(), ApiError> {
        loop {
            let requested = Instant::now();
            let Some(page) = pages.next().await.transpose()? else { return Ok(()) };
            self.take(page, None, requested).await;
        }
    }

    /// Takes in a page: keeps it, and tells of it. How far its list has come is noted with it, and only with it.
    async fn take<T: Paged>(&self, page: Vec<T>, place: Option<(ListKind, PageCursor)>, requested: Instant) {
        let count = page.len();
        let (changes, mut notes) = {
            let mut seen = self.seen();
            if let Some(tally) = &mut seen.tally {
                tally.items += count;
                tally.pages += 1;
            }
            let changes = T::note(page, &mut seen);
            seen.notes.first_page();
            (changes, seen.notes.clone())
        };
        if let (Some((list, place)), Some(begun)) = (place, &mut notes.begun) {
            begun.lists.insert(list, place.clone());
            self.keep(changes.clone(), notes, requested).await;
            if let Some(begun) = &mut self.seen().notes.begun {
                begun.lists.insert(list, place);
            }
        } else {
            self.keep(changes.clone(), notes, requested).await;
        }
        self.tell(changes, requested).await;
        if let Some(progress) = self.progress(T::NAME) {
            self.send(Report::Progress(Progress::Reading(progress))).await;
        }
    }

    fn progress(&self, what: &'static str) -> Option<ReadProgress> {
        let seen = self.seen();
        let tally = seen.tally?;
        let share = seen.notes.share();
        let elapsed = tally.since.elapsed();
        let gained = share.map(|share| share - tally.before).filter(|gained| *gained > 0.01);
        let left = share.zip(gained).map(|(share, gained)| elapsed.mul_f64((1.0 - share) / gained));
        Some(ReadProgress { what, items: tally.items, pages: tally.pages, elapsed, share, left })
    }

    async fn keep_and_tell(&self, changes: Vec<ServerUpdate>) {
        let notes = {
            let mut seen = self.seen();
            for change in &changes {
                seen.lists.note(change);
            }
            seen.notes.clone()
        };
        // Leads have times with milliseconds, and no edit changes the rest.
        let requested = Instant::now();
        self.keep(changes.clone(), notes, requested).await;
        self.tell(changes, requested).await;
    }

    /// Keeps changes together with the notes. Once something could not be kept the notes stay as they were, so that
    /// the next reading brings it again.
    async fn keep(&self, changes: Vec<ServerUpdate>, notes: Checkpoint, requested: Instant) {
        let is_whole = self.seen().is_whole();
        let text = is_whole.then(|| notes.text()).flatten();
        let changes = self.answers.prefer(changes, requested);
        match self.cache.put(Batch { changes, generation: self.generation.now(), notes: text }).await {
            Ok(()) if is_whole => self.seen().kept = notes,
            Ok(()) => {}
            Err(error) => {
                self.seen().trouble.get_or_insert(error);
            }
        }
    }

    async fn tell(&self, changes: Vec<ServerUpdate>, requested: Instant) {
        // Nobody listens any more when the dashboard has ended; then this task ends, too.
        if !changes.is_empty()
            && let Ok(permit) = self.report.reserve().await
        {
            // Right before it is sent, so that an edit that ends now is reported after it.
            permit.send(Report::Changed(self.answers.prefer(changes, requested)));
        }
    }

    async fn send(&self, report: Report) {
        // Nobody listens any more when the dashboard has ended; then this task ends, too.
        let _ = self.report.send(report).await;
    }
}

/// A kind of items in the plural.
const fn plural(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Deal => "deals",
        ItemKind::Lead => "leads",
        ItemKind::Activity => "activities",
        ItemKind::Person => "people",
        ItemKind::Org => "organizations",
    }
}

/// Does something if it is to be done.
async fn when(wanted: bool, work: impl Future<Output = Result<(), ApiError>>) -> Result<(), ApiError> {
    if wanted { work.await } else { Ok(()) }
}
