//! Details of the items that were opened last.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, Utc};

use super::{UpdateSource, Workspace};
use crate::domain::{Item, ItemDetails, ItemRef, Product, TimelineEntry};

/// The largest number of items with cached details.
const MOST: usize = 200;

/// Details of an item, except its notes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedDetails {
    /// When it was read.
    pub at: DateTime<Utc>,
    /// When the item had last changed then.
    pub as_of: Option<DateTime<Utc>>,
    /// Its products, in their order.
    pub products: Vec<Product>,
    /// Its timeline, the latest entry first.
    pub timeline: Vec<TimelineEntry>,
}

/// Details of the items that were opened last.
#[derive(Debug, Default)]
pub(super) struct DetailsCache {
    known: HashMap<ItemRef, CachedDetails>,
    /// In the order in which they came, each once.
    order: VecDeque<ItemRef>,
}

impl DetailsCache {
    /// Takes one in. Gives the item that is tombstones for it, if any.
    fn put(&mut self, item: ItemRef, known: CachedDetails) -> Option<ItemRef> {
        if self.known.insert(item, known).is_some() {
            self.order.retain(|other| *other != item);
        }
        self.order.push_back(item);
        if self.order.len() <= MOST {
            return None;
        }
        let oldest = self.order.pop_front()?;
        self.known.remove(&oldest);
        Some(oldest)
    }

    /// Forgets one.
    pub(super) fn remove(&mut self, item: ItemRef) {
        if self.known.remove(&item).is_some() {
            self.order.retain(|other| *other != item);
        }
    }
}

impl Workspace {
    /// Returns the details of an item, except its notes; `None` if it was not opened yet.
    pub fn dossier(&self, item: ItemRef) -> Option<&CachedDetails> {
        self.dossiers.known.get(&item)
    }

    pub(super) fn absorb_dossier(&mut self, source: UpdateSource, dossier: ItemDetails) {
        let ItemDetails { item, at, as_of, notes, products, timeline } = dossier;
        if self.dossiers.known.get(&item).is_some_and(|known| known.at > at) {
            return;
        }
        let listed: Vec<ItemRef> = notes.iter().map(|note| ItemRef::Note(note.id)).collect();
        for other in self.note_refs(item).into_iter().filter(|other| !listed.contains(other)) {
            // A note that was added after the list was read is not in it.
            if !self.notes_of(item).any(|note| ItemRef::Note(note.id) == other && note.added > Some(at)) {
                self.forget_note(other);
            }
        }
        for note in notes {
            self.absorb_item(source, Item::Note(note));
        }
        if let Some(oldest) = self.dossiers.put(item, CachedDetails { at, as_of, products, timeline }) {
            self.note_refs(oldest).into_iter().for_each(|note| self.forget_note(note));
        }
    }

    fn note_refs(&self, item: ItemRef) -> Vec<ItemRef> {
        self.notes_of(item).map(|note| ItemRef::Note(note.id)).collect()
    }

    /// Forgets a note, but for one that is being edited.
    fn forget_note(&mut self, note: ItemRef) {
        if !self.overlays.contains_key(&note) {
            self.remove_shown(note);
        }
    }
}
