//! What the reader notes, so that it need read less the next time, also after a restart. Kept with the account, in the
//! same transaction as the items that it speaks of.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::poll_schedule::AccountPart;
use crate::domain::ItemKind;

/// How far before the latest known change is asked again: the server's clock sets the times of changes, and what
/// was being written while it was asked may come late.
const OVERLAP: TimeDelta = TimeDelta::seconds(60);
/// How far the server's clock may seem ahead of this machine's. A change from further in the future is not believed.
const AHEAD: TimeDelta = TimeDelta::minutes(5);
/// Checkpoints of another form are not believed.
const FORM: u32 = 1;
/// How long the first reading of an account that was broken off may be taken up again.
const FIRST_RESUMABLE_FOR: TimeDelta = TimeDelta::days(7);
/// How long a later one may: it is there to find what has gone without a word, and that goes on.
const RESUMABLE_FOR: TimeDelta = TimeDelta::hours(6);

/// Which reading of the whole account is the current one; whatever is kept is stamped with it.
#[derive(Debug, Clone, Default)]
pub(super) struct Generation(Arc<AtomicU64>);

impl Generation {
    pub(super) fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self, generation: u64) {
        self.0.store(generation, Ordering::Relaxed);
    }
}

/// What was seen so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Checkpoint {
    /// How far what was read could be trusted when this was written.
    pub form: u32,
    /// When the account was last read to its end, by this machine's clock.
    pub read_at: Option<DateTime<Utc>>,
    /// When changes were last asked for with success.
    pub fresh_at: Option<DateTime<Utc>>,
    /// The latest change that was seen, by the server's clock.
    pub latest: Option<DateTime<Utc>>,
    /// Up to when all changes of a part are known, by the server's clock: what was seen before the last reading of it
    /// that succeeded had begun.
    pub marks: BTreeMap<AccountPart, DateTime<Utc>>,
    /// When each part was last looked at with success, by this machine's clock.
    pub looked: BTreeMap<AccountPart, DateTime<Utc>>,
    /// How many pages the inbox had.
    pub lead_pages: u32,
    /// How much was stored when the account was last read to its end.
    pub stored: Stored,
    /// Counts the readings of the whole account: what the latest one did not see is gone.
    pub generation: u64,
    /// The reading of the whole account that is under way or was broken off.
    pub begun: Option<InProgress>,
}

/// How much is stored of the kinds that are read in full.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Stored {
    pub deals: usize,
    pub people: usize,
    pub orgs: usize,
}

/// A reading of the whole account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct InProgress {
    /// When it began, by this machine's clock.
    pub at: DateTime<Utc>,
    /// The latest change that was known then, or that came with the first page.
    pub seen: Option<DateTime<Utc>>,
    /// Which reading it is. Taken up by another, what this one has read would count as not seen.
    pub generation: u64,
    /// How far its lists have come.
    pub lists: BTreeMap<ListKind, PageCursor>,
}

/// The lists that take many pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum ListKind {
    OpenDeals,
    OpenActivities,
    Orgs,
    People,
    ClosedDeals,
}

impl ListKind {
    /// How many there are.
    pub const COUNT: usize = 5;

    /// The kind of its items.
    const fn kind(self) -> ItemKind {
        match self {
            Self::OpenDeals | Self::ClosedDeals => ItemKind::Deal,
            Self::OpenActivities => ItemKind::Activity,
            Self::Orgs => ItemKind::Org,
            Self::People => ItemKind::Person,
        }
    }
}

/// How far a list has come.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct PageCursor {
    /// Where the next page begins.
    pub cursor: Option<String>,
    /// Whether it was read to its end.
    pub done: bool,
    /// The first id on it, which is the highest.
    pub first: Option<u64>,
    /// The last id that was read.
    pub last: Option<u64>,
}

impl PageCursor {
    /// The part of the list that was read, 0 to 1. Nobody says how long it is: it is reckoned by the ids, which are
    /// counted upwards from 1 and come from the highest on.
    fn share(&self) -> f64 {
        let (Some(first), Some(last), false) = (self.first, self.last, self.done) else {
            return if self.done { 1.0 } else { 0.0 };
        };
        let of = u32::try_from(first).unwrap_or(u32::MAX).max(1);
        let left = u32::try_from(last.min(first)).unwrap_or(u32::MAX);
        1.0 - f64::from(left) / f64::from(of)
    }
}

impl Checkpoint {
    /// Nothing was seen yet.
    pub fn nothing() -> Self {
        Self { lead_pages: 1, ..Self::default() }
    }

    /// Reads what was kept; `None` where there is nothing, or nothing of use: that of versions that believed any list may
    /// speak of an account of which much was removed by mistake.
    pub fn parse(text: Option<&str>) -> Option<Self> {
        serde_json::from_str(text?).ok().filter(|notes: &Self| notes.form == FORM)
    }

    /// Takes away what was noted by a clock that was ahead: it would keep the next looks from being due until then. An
    /// account that was read in the future counts as read long ago.
    pub fn without_future(mut self, now: DateTime<Utc>) -> Self {
        let is_past = |at: &DateTime<Utc>| *at <= now + AHEAD;
        let latest = self.latest;
        self.read_at = self.read_at.map(|at| if is_past(&at) { at } else { DateTime::UNIX_EPOCH });
        self.fresh_at = self.fresh_at.filter(is_past);
        self.looked.retain(|_, at| is_past(at));
        self.begun = self.begun.filter(|begun| is_past(&begun.at));
        // Those that the server has said may be ahead of a clock that is behind.
        self.marks.retain(|_, mark| is_past(mark) || Some(*mark) <= latest);
        self
    }

    /// The text that is kept.
    pub fn text(&self) -> Option<String> {
        serde_json::to_string(&Self { form: FORM, ..self.clone() }).ok()
    }

    /// From when on changes of a part are asked for; `None` while nothing is known.
    pub fn since(&self, part: AccountPart, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        Some((*self.marks.get(&part)?).min(now + AHEAD) - OVERLAP)
    }

    /// Begins to read the whole account, or takes up what was broken off. Gives when that began.
    pub fn begin(&mut self, now: DateTime<Utc>) -> DateTime<Utc> {
        let resumable_for = if self.read_at.is_none() { FIRST_RESUMABLE_FOR } else { RESUMABLE_FOR };
        let is_good = |begun: &&InProgress| now - begun.at < resumable_for && begun.generation == self.generation;
        if let Some(begun) = self.begun.as_ref().filter(is_good) {
            return begun.at;
        }
        self.generation += 1;
        self.begun =
            Some(InProgress { at: now, seen: self.latest, generation: self.generation, lists: BTreeMap::new() });
        now
    }

    /// A page came. What changes after the first one is asked for again, whatever this machine's clock says.
    pub fn first_page(&mut self) {
        if let Some(begun) = &mut self.begun {
            begun.seen = begun.seen.or(self.latest);
        }
    }

    /// The lists of a kind are to be read again, as what they left out is still there.
    pub fn read_again(&mut self, kind: ItemKind) {
        let Some(begun) = &mut self.begun else { return };
        begun.lists.retain(|list, _| list.kind() != kind);
    }

    /// The whole account was read.
    pub fn complete(&mut self, began: DateTime<Utc>, is_whole: bool, now: DateTime<Utc>) {
        // An empty account tells no time: then this machine's clock has to do.
        let mark = self.begun.as_ref().and_then(|begun| begun.seen).unwrap_or(began - AHEAD);
        for part in AccountPart::ALL {
            self.marks.insert(part, mark);
            self.looked.insert(part, now);
        }
        self.read_at = Some(began);
        if is_whole {
            self.begun = None;
        }
    }

    /// The part of the whole account that was read, 0 to 1.
    pub fn share(&self) -> Option<f64> {
        let count = u32::try_from(ListKind::COUNT).unwrap_or(1);
        Some(self.begun.as_ref()?.lists.values().map(PageCursor::share).sum::<f64>() / f64::from(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_from_the_future_are_not_trusted() {
        let now = Utc::now();
        let (ahead, before) = (now + TimeDelta::days(1_000), now - TimeDelta::days(1));
        let mut notes = Checkpoint::nothing();
        notes.begin(ahead);
        notes.complete(ahead, false, ahead);
        notes.fresh_at = Some(ahead);
        notes.looked.insert(AccountPart::Leads, before);
        let trusted = notes.clone().without_future(now);
        assert_eq!((trusted.read_at, trusted.fresh_at), (Some(DateTime::UNIX_EPOCH), None));
        assert_eq!(trusted.looked.into_iter().collect::<Vec<_>>(), [(AccountPart::Leads, before)]);
        assert!(trusted.begun.is_none() && trusted.marks.is_empty());
        // What the server has said stays, as it is this clock that may be behind.
        notes.latest = Some(ahead);
        assert_eq!(notes.clone().without_future(now).marks.len(), AccountPart::ALL.len());
        assert_eq!(notes.clone().without_future(ahead), notes);
    }

    #[test]
    fn the_checkpoint_of_0_1_keeps_its_stored_names() {
        let cache = rusqlite::Connection::open_in_memory().unwrap();
        cache.execute_batch(include_str!("../../tests/fixtures/v0.1/cache.sql")).unwrap();
        let text: String = cache.query_row("SELECT body FROM note WHERE name = 'notes'", [], |row| row.get(0)).unwrap();
        let stored = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(stored(&Checkpoint::parse(Some(&text)).unwrap().text().unwrap()), stored(&text));
    }
}
