//! A table of records in the order of their keys. It tracks unsaved changes for the file and for webhooks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A record that a table can hold.
pub trait TableRow: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// The type of its key.
    type Key: Copy + Ord + Display + FromStr + Send + Sync;
    /// The kind of the record in the file.
    const KIND: &'static str;

    /// Returns the key of this record.
    fn key(&self) -> Self::Key;

    /// Returns the time of the last change.
    fn update_time(&self) -> DateTime<Utc>;
}

/// Sorts a walk through a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}

/// All records of one kind.
#[derive(Debug)]
pub struct Table<T: TableRow> {
    items: BTreeMap<T::Key, T>,
    by_update: BTreeSet<(i64, T::Key)>,
    /// The keys changed since the last save, each with the record as it was then.
    changed: BTreeMap<T::Key, Option<T>>,
}

impl<T: TableRow> Default for Table<T> {
    fn default() -> Self {
        Self { items: BTreeMap::new(), by_update: BTreeSet::new(), changed: BTreeMap::new() }
    }
}

impl<T: TableRow> Table<T> {
    /// Returns a record by its key.
    pub fn get(&self, key: T::Key) -> Option<&T> {
        self.items.get(&key)
    }

    /// Returns all records by key.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.items.values()
    }

    /// Returns the number of records.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Returns the records after a key, or all, by key.
    pub fn walk(&self, after: Option<T::Key>, direction: Direction) -> Box<dyn Iterator<Item = &T> + '_> {
        use std::ops::Bound::{Excluded, Unbounded};
        match (after, direction) {
            (None, Direction::Ascending) => Box::new(self.items.values()),
            (None, Direction::Descending) => Box::new(self.items.values().rev()),
            (Some(key), Direction::Ascending) => {
                Box::new(self.items.range((Excluded(key), Unbounded)).map(|(_, item)| item))
            }
            (Some(key), Direction::Descending) => Box::new(self.items.range(..key).rev().map(|(_, item)| item)),
        }
    }

    /// Like [`Table::walk`], by the time of the last change and then by key.
    pub fn walk_by_update(
        &self,
        after: Option<(i64, T::Key)>,
        direction: Direction,
    ) -> Box<dyn Iterator<Item = &T> + '_> {
        use std::ops::Bound::{Excluded, Unbounded};
        let item = |(_, key): &(i64, T::Key)| self.items.get(key);
        match (after, direction) {
            (None, Direction::Ascending) => Box::new(self.by_update.iter().filter_map(item)),
            (None, Direction::Descending) => Box::new(self.by_update.iter().rev().filter_map(item)),
            (Some(position), Direction::Ascending) => {
                Box::new(self.by_update.range((Excluded(position), Unbounded)).filter_map(item))
            }
            (Some(position), Direction::Descending) => {
                Box::new(self.by_update.range(..position).rev().filter_map(item))
            }
        }
    }

    /// Inserts a record, or replaces the one with its key.
    pub fn put(&mut self, item: T) {
        let key = item.key();
        let before = self.replace(item);
        self.changed.entry(key).or_insert(before);
    }

    /// Like [`Table::put`], for a record that is in the file already or is never saved.
    pub fn load(&mut self, item: T) {
        self.replace(item);
    }

    /// Inserts a record and returns the one that it replaces.
    fn replace(&mut self, item: T) -> Option<T> {
        let key = item.key();
        self.by_update.insert((item.update_time().timestamp(), key));
        let old = self.items.insert(key, item)?;
        self.remove_position(&old);
        Some(old)
    }

    /// Removes a record and returns it.
    pub fn remove(&mut self, key: T::Key) -> Option<T> {
        let old = self.items.remove(&key)?;
        self.by_update.remove(&(old.update_time().timestamp(), key));
        self.changed.entry(key).or_insert_with(|| Some(old.clone()));
        Some(old)
    }

    fn remove_position(&mut self, old: &T) {
        let (key, position) = (old.key(), old.update_time().timestamp());
        if self.items.get(&key).is_none_or(|item| item.update_time().timestamp() != position) {
            self.by_update.remove(&(position, key));
        }
    }

    /// Returns the keys of all unsaved changes and removals.
    pub fn changed(&self) -> impl ExactSizeIterator<Item = T::Key> {
        self.changed.keys().copied()
    }

    /// Returns all unsaved changes: key, record at the last save, record now.
    pub fn changes(&self) -> impl Iterator<Item = (T::Key, Option<&T>, Option<&T>)> {
        self.changed.iter().map(|(key, before)| (*key, before.as_ref(), self.items.get(key)))
    }

    /// Marks all changes as saved.
    pub fn clear_changed(&mut self) {
        self.changed.clear();
    }
}

impl<T: TableRow<Key = u64>> Table<T> {
    /// Returns the id for the next record.
    pub fn next_id(&self) -> u64 {
        self.items.last_key_value().map_or(1, |(id, _)| id + 1)
    }
}
