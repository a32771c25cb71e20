//! Items as the answers to recent edits had them. A page that was requested before an answer came may have an item as it
//! was before the edit, and where both are of the same second its time does not show which is newer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{Item, ItemRef};
use crate::workspace::ServerUpdate;

/// How long answers are remembered: longer than a page takes, with its wait for a turn.
const REMEMBERED_FOR: Duration = Duration::from_secs(120);

/// The answers to recent edits, shared by what sends edits and what reads.
#[derive(Debug, Clone, Default)]
pub(super) struct Answers(Arc<Mutex<HashMap<ItemRef, (Instant, Item)>>>);

impl Answers {
    fn items(&self) -> MutexGuard<'_, HashMap<ItemRef, (Instant, Item)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an item as the answer to an edit had it. Those before it that are no longer recent are dropped.
    pub(super) fn add(&self, item: Item) {
        let now = Instant::now();
        let mut items = self.items();
        items.retain(|_, (at, _)| now - *at < REMEMBERED_FOR);
        items.insert(item.key(), (now, item));
    }

    /// Forgets the answer about an item that has changed since.
    pub(super) fn forget(&self, item: ItemRef) {
        self.items().remove(&item);
    }

    /// Replaces what a page has of items by the answer to an edit, where that came after the page was `requested` and is
    /// of the same second. What another user changed within that second is read by the next look.
    pub(super) fn prefer(&self, changes: Vec<ServerUpdate>, requested: Instant) -> Vec<ServerUpdate> {
        let items = self.items();
        if items.is_empty() {
            return changes;
        }
        let preferred = |item: &Item| {
            let (at, answer) = items.get(&item.key())?;
            (requested < *at && answer.updated() == item.updated()).then(|| answer.clone())
        };
        let replace = |change: ServerUpdate| {
            if !change.items().iter().any(|item| items.contains_key(item)) {
                return vec![change];
            }
            change.into_items().into_iter().map(|item| ServerUpdate::from(preferred(&item).unwrap_or(item))).collect()
        };
        changes.into_iter().flat_map(replace).collect()
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::domain::{Lead, LeadId};

    fn lead(title: &str, second: i64) -> Lead {
        let updated = DateTime::<Utc>::from_timestamp(second, 0);
        Lead { title: title.to_owned(), updated, ..Lead::blank(LeadId::local(1)) }
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_of_the_same_second_does_not_undo_an_edit() {
        let answers = Answers::default();
        let page = |title: &str, second| vec![ServerUpdate::Leads(vec![lead(title, second)])];
        let requested = Instant::now();
        tokio::time::advance(Duration::from_millis(1)).await;
        answers.add(Item::Lead(lead("Mine", 7)));
        assert_eq!(answers.prefer(page("Before", 7), requested), page("Mine", 7));
        assert_eq!(answers.prefer(page("Later", 8), requested), page("Later", 8));
        let other = vec![ServerUpdate::Leads(vec![Lead { id: LeadId::local(2), ..lead("Other", 7) }])];
        assert_eq!(answers.prefer(other.clone(), requested), other);
        assert_eq!(answers.prefer(page("Another user's", 7), Instant::now()), page("Another user's", 7));
        answers.forget(ItemRef::Lead(LeadId::local(1)));
        assert_eq!(answers.prefer(page("Before", 7), requested), page("Before", 7));
    }
}
