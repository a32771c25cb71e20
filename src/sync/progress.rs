//! What a reading has seen, page by page, and whether the disk has all of it.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::checkpoint::Checkpoint;
use super::doubt::Lists;
use crate::domain::{Activity, Deal, DealStatus, ItemRef, OrgId, Organization, Person, PersonId};
use crate::store::StoreError;
use crate::workspace::ServerUpdate;

/// How soon what could not be kept is read again, once the disk takes something; each further time is twice as far.
const FIRST_CATCH_UP: Duration = Duration::from_secs(60);
/// The longest wait for that.
const LONGEST_CATCH_UP: Duration = Duration::from_secs(60 * 60);

/// What was seen so far.
#[derive(Debug, Default)]
pub(super) struct ReadState {
    pub(super) notes: Checkpoint,
    /// The notes as they are on the disk.
    pub(super) kept: Checkpoint,
    /// Why a page of this reading could not be kept.
    pub(super) trouble: Option<StoreError>,
    /// Since a page could not be kept, the disk lacks something, and the notes on it stay as they were then.
    pub(super) behind: Option<DiskLag>,
    pub(super) people: HashSet<PersonId>,
    pub(super) orgs: HashSet<OrgId>,
    /// People and organizations that were named but not read.
    pub(super) named_people: HashSet<PersonId>,
    pub(super) named_orgs: HashSet<OrgId>,
    /// What is known of the lists that come whole.
    pub(super) lists: Lists,
    /// The lists that were not believed in this reading.
    pub(super) doubtful: Vec<&'static str>,
    /// How far this reading has come; `None` while nobody is told of it.
    pub(super) tally: Option<ItemCounter>,
}

/// What is known of the account is more than what is on the disk.
#[derive(Debug, Clone)]
pub(super) struct DiskLag {
    why: StoreError,
    /// When to read again what the disk lacks, at the earliest: that costs tokens.
    not_before: Instant,
    /// How long to wait after that, should it fail.
    wait: Duration,
    /// Whether what it lacks is being read again.
    is_catching_up: bool,
}

/// How far a reading has come.
#[derive(Debug, Clone, Copy)]
pub(super) struct ItemCounter {
    pub(super) items: usize,
    pub(super) pages: usize,
    pub(super) since: Instant,
    /// The part of the account that an earlier reading has read.
    pub(super) before: f64,
}

/// A kind of thing that comes page by page.
pub(super) trait Paged: Sized {
    /// Its name in the plural.
    const NAME: &'static str;

    /// What names it among its kind.
    fn number(&self) -> u64;

    /// Takes note of a page, and turns it into news.
    fn note(page: Vec<Self>, seen: &mut ReadState) -> Vec<ServerUpdate>;
}

impl Paged for Deal {
    const NAME: &'static str = "deals";

    fn number(&self) -> u64 {
        self.id.0
    }

    fn note(page: Vec<Self>, seen: &mut ReadState) -> Vec<ServerUpdate> {
        // Deleted ones come where they were asked for.
        let (gone, there): (Vec<_>, Vec<_>) =
            page.into_iter().partition(|deal| deal.archived || deal.status == DealStatus::Other);
        for deal in &there {
            seen.saw(deal.updated);
            seen.names(deal.person, deal.org);
        }
        let gone = gone.into_iter().map(|deal| {
            seen.saw(deal.updated);
            ServerUpdate::Gone(ItemRef::Deal(deal.id))
        });
        let mut changes: Vec<ServerUpdate> = gone.collect();
        changes.push(ServerUpdate::Deals(there));
        changes
    }
}

impl Paged for Activity {
    const NAME: &'static str = "activities";

    fn number(&self) -> u64 {
        self.id.0
    }

    fn note(page: Vec<Self>, seen: &mut ReadState) -> Vec<ServerUpdate> {
        for activity in &page {
            seen.saw(activity.updated);
            seen.names(activity.person, activity.org);
        }
        vec![ServerUpdate::Activities(page)]
    }
}

impl Paged for Person {
    const NAME: &'static str = "people";

    fn number(&self) -> u64 {
        self.id.0
    }

    fn note(page: Vec<Self>, seen: &mut ReadState) -> Vec<ServerUpdate> {
        for person in &page {
            seen.people.insert(person.id);
            seen.names(None, person.org);
        }
        vec![ServerUpdate::People(page)]
    }
}

impl Paged for Organization {
    const NAME: &'static str = "organizations";

    fn number(&self) -> u64 {
        self.id.0
    }

    fn note(page: Vec<Self>, seen: &mut ReadState) -> Vec<ServerUpdate> {
        for org in &page {
            seen.orgs.insert(org.id);
        }
        vec![ServerUpdate::Organizations(page)]
    }
}

impl ReadState {
    fn saw(&mut self, updated: Option<DateTime<Utc>>) {
        self.notes.latest = self.notes.latest.max(updated);
    }

    pub(super) fn names(&mut self, person: Option<PersonId>, org: Option<OrgId>) {
        self.named_people.extend(person.filter(|id| !self.people.contains(id)));
        self.named_orgs.extend(org.filter(|id| !self.orgs.contains(id)));
    }

    /// After a reading: why the disk lacks something, if it does. Once it takes what it is given, what it lacks is read
    /// again, from where it was when that began.
    pub(super) fn settle(&mut self) -> Option<StoreError> {
        let now = Instant::now();
        if let Some(why) = self.trouble.take() {
            let wait = self.behind.as_ref().map_or(FIRST_CATCH_UP, |behind| behind.wait);
            self.behind = Some(DiskLag {
                why: why.clone(),
                not_before: now + wait,
                wait: (wait * 2).min(LONGEST_CATCH_UP),
                is_catching_up: false,
            });
            return Some(why);
        }
        let behind = self.behind.clone()?;
        if behind.is_catching_up {
            self.behind = None;
            return None;
        }
        if now >= behind.not_before {
            let generation = self.notes.generation;
            self.notes = Checkpoint { generation, ..self.kept.clone() };
            self.behind = Some(DiskLag { is_catching_up: true, ..behind.clone() });
        }
        Some(behind.why)
    }

    /// Whoever asks for news may have made room: what the disk lacks is read again without waiting.
    pub(super) fn catch_up_at_once(&mut self) {
        let Some(behind) = &mut self.behind else { return };
        behind.not_before = Instant::now();
        // Where the account was never kept whole it is read whole, after this reading.
        if self.kept.read_at.is_some() && !std::mem::replace(&mut behind.is_catching_up, true) {
            self.notes = Checkpoint { generation: self.notes.generation, ..self.kept.clone() };
        }
    }

    /// Whether the notes may be written along with what is kept now.
    pub(super) fn is_whole(&self) -> bool {
        self.trouble.is_none() && self.behind.as_ref().is_none_or(|behind| behind.is_catching_up)
    }

    /// What was kept is known, too.
    pub(super) fn loaded(&mut self, changes: &[ServerUpdate]) {
        for change in changes {
            self.lists.note(change);
            match change {
                ServerUpdate::People(people) => self.people.extend(people.iter().map(|person| person.id)),
                ServerUpdate::Organizations(orgs) => self.orgs.extend(orgs.iter().map(|org| org.id)),
                _ => {}
            }
        }
    }

    /// So is what webhooks tell of, and it names others.
    pub(super) fn heard(&mut self, change: &ServerUpdate) {
        self.loaded(std::slice::from_ref(change));
        match change {
            ServerUpdate::Deals(deals) => deals.iter().for_each(|deal| self.names(deal.person, deal.org)),
            ServerUpdate::Activities(list) => {
                for activity in list {
                    self.names(activity.person, activity.org);
                }
            }
            ServerUpdate::People(people) => people.iter().for_each(|person| self.names(None, person.org)),
            _ => {}
        }
    }
}
