//! Records of one kind by their keys, in order, with those that were changed noted for the file and for webhooks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A record that is kept.
pub trait Stored: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// What names one.
    type Key: Copy + Ord + Display + FromStr + Send + Sync;
    /// The kind's name in the file.
    const KIND: &'static str;

    /// What names this one.
    fn key(&self) -> Self::Key;

    /// When it was last changed.
    fn update_time(&self) -> DateTime<Utc>;
}

/// All records of a kind.
#[derive(Debug)]
pub struct Table<T: Stored> {
    items: BTreeMap<T::Key, T>,
    by_update: BTreeSet<(i64, T::Key)>,
    /// What changed since all was saved, with what was there before.
    changed: BTreeMap<T::Key, Option<T>>,
}

impl<T: Stored> Default for Table<T> {
    fn default() -> Self {
        Self { items: BTreeMap::new(), by_update: BTreeSet::new(), changed: BTreeMap::new() }
    }
}

impl<T: Stored> Table<T> {
    /// A record.
    pub fn get(&self, key: T::Key) -> Option<&T> {
        self.items.get(&key)
    }

    /// All, by key.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.items.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Those after a key or from the first, by key, upwards or downwards.
    pub fn walk(&self, after: Option<T::Key>, down: bool) -> Box<dyn Iterator<Item = &T> + '_> {
        use std::ops::Bound::{Excluded, Unbounded};
        match (after, down) {
            (None, false) => Box::new(self.items.values()),
            (None, true) => Box::new(self.items.values().rev()),
            (Some(key), false) => Box::new(self.items.range((Excluded(key), Unbounded)).map(|(_, item)| item)),
            (Some(key), true) => Box::new(self.items.range(..key).rev().map(|(_, item)| item)),
        }
    }

    /// As [`Table::walk`], by the time of the last change and then by key.
    pub fn walk_by_update(&self, after: Option<(i64, T::Key)>, down: bool) -> Box<dyn Iterator<Item = &T> + '_> {
        use std::ops::Bound::{Excluded, Unbounded};
        let item = |(_, key): &(i64, T::Key)| self.items.get(key);
        match (after, down) {
            (None, false) => Box::new(self.by_update.iter().filter_map(item)),
            (None, true) => Box::new(self.by_update.iter().rev().filter_map(item)),
            (Some(place), false) => Box::new(self.by_update.range((Excluded(place), Unbounded)).filter_map(item)),
            (Some(place), true) => Box::new(self.by_update.range(..place).rev().filter_map(item)),
        }
    }

    /// Keeps a record in place of the one with its key.
    pub fn put(&mut self, item: T) {
        let key = item.key();
        let before = self.replace(item);
        self.changed.entry(key).or_insert(before);
    }

    /// As [`Table::put`], for one that is in the file already, or need not be.
    pub fn load(&mut self, item: T) {
        self.replace(item);
    }

    /// Keeps a record, and gives back the one that it replaces.
    fn replace(&mut self, item: T) -> Option<T> {
        let key = item.key();
        self.by_update.insert((item.update_time().timestamp(), key));
        let old = self.items.insert(key, item)?;
        self.forget_place(&old);
        Some(old)
    }

    /// Forgets a record.
    pub fn remove(&mut self, key: T::Key) -> Option<T> {
        let old = self.items.remove(&key)?;
        self.by_update.remove(&(old.update_time().timestamp(), key));
        self.changed.entry(key).or_insert_with(|| Some(old.clone()));
        Some(old)
    }

    fn forget_place(&mut self, old: &T) {
        let (key, place) = (old.key(), old.update_time().timestamp());
        if self.items.get(&key).is_none_or(|item| item.update_time().timestamp() != place) {
            self.by_update.remove(&(place, key));
        }
    }

    /// The keys of all that were changed or forgotten and are not in the file yet.
    pub fn changed(&self) -> impl ExactSizeIterator<Item = T::Key> {
        self.changed.keys().copied()
    }

    /// The same, each with what was there before and what is there now.
    pub fn changes(&self) -> impl Iterator<Item = (T::Key, Option<&T>, Option<&T>)> {
        self.changed.iter().map(|(key, before)| (*key, before.as_ref(), self.items.get(key)))
    }

    /// Takes note that the file has all changes.
    pub fn clear_changed(&mut self) {
        self.changed.clear();
    }
}

impl<T: Stored<Key = u64>> Table<T> {
    /// The id of the next record.
    pub fn next_id(&self) -> u64 {
        self.items.last_key_value().map_or(1, |(id, _)| id + 1)
    }
}
