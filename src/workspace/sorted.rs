//! A sorted list that knows ranks: insert, remove, 'which is the n-th' and 'where is this' cost the square root of
//! its length at most, so a column of 100,000 cards scrolls like one of ten.

/// The longest chunk; a longer one is split.
const CHUNK: usize = 512;

/// A sorted set in chunks. Invariants: no chunk is empty, none is longer than `CHUNK`, and all items are in
/// ascending order across chunks.
#[derive(Debug, Clone)]
pub struct SortedList<T> {
    chunks: Vec<Vec<T>>,
    len: usize,
}

impl<T> Default for SortedList<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), len: 0 }
    }
}

impl<T: Ord> SortedList<T> {
    /// Returns a list of these items, each once.
    pub fn from_unsorted(mut items: Vec<T>) -> Self {
        items.sort_unstable();
        items.dedup();
        let len = items.len();
        let mut items = items.into_iter();
        let chunks = std::iter::from_fn(|| {
            let chunk: Vec<T> = items.by_ref().take(CHUNK / 2).collect();
            (!chunk.is_empty()).then_some(chunk)
        });
        Self { chunks: chunks.collect(), len }
    }

    /// Returns the number of items.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns `true` if there is no item.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Puts an item in its place; `false` if it was there already.
    pub fn insert(&mut self, item: T) -> bool {
        let at = self.chunk_for(&item);
        let Some(chunk) = self.chunks.get_mut(at) else {
            self.chunks.push(vec![item]);
            self.len += 1;
            return true;
        };
        let Err(slot) = chunk.binary_search(&item) else { return false };
        chunk.insert(slot, item);
        self.len += 1;
        if chunk.len() > CHUNK {
            let upper = chunk.split_off(CHUNK / 2);
            self.chunks.insert(at + 1, upper);
        }
        true
    }

    /// Takes an item out; `false` if it was not there.
    pub fn remove(&mut self, item: &T) -> bool {
        let at = self.chunk_for(item);
        let Some(chunk) = self.chunks.get_mut(at) else { return false };
        let Ok(slot) = chunk.binary_search(item) else { return false };
        chunk.remove(slot);
        self.len -= 1;
        if chunk.is_empty() {
            self.chunks.remove(at);
        }
        true
    }

    /// The item with `rank` items before it.
    pub fn get(&self, rank: usize) -> Option<&T> {
        self.iter_from(rank).next()
    }

    /// Returns the number of items before this one, or before the position where it would be.
    pub fn rank(&self, item: &T) -> usize {
        let at = self.chunk_for(item);
        let before: usize = self.chunks.iter().take(at).map(Vec::len).sum();
        before + self.chunks.get(at).map_or(0, |chunk| chunk.binary_search(item).unwrap_or_else(|slot| slot))
    }

    /// All items from the one with `rank` items before it, in order.
    pub fn iter_from(&self, rank: usize) -> impl Iterator<Item = &T> {
        let mut skip = rank;
        let mut at = 0;
        while let Some(chunk) = self.chunks.get(at).filter(|chunk| chunk.len() <= skip) {
            skip -= chunk.len();
            at += 1;
        }
        self.chunks.iter().skip(at).flatten().skip(skip)
    }

    /// All items in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flatten()
    }

    /// The chunk where the item is or belongs: the last one that does not begin after it.
    fn chunk_for(&self, item: &T) -> usize {
        self.chunks.partition_point(|chunk| chunk.first().is_some_and(|first| first <= item)).saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_sorted_set_with_ranks(steps in proptest::collection::vec((any::<bool>(), 0_u16..3000), 0..4000)) {
            let mut list = SortedList::default();
            let mut model = BTreeSet::new();
            for (add, item) in steps {
                if add {
                    prop_assert_eq!(list.insert(item), model.insert(item));
                } else {
                    prop_assert_eq!(list.remove(&item), model.remove(&item));
                }
            }
            prop_assert_eq!(list.len(), model.len());
            prop_assert!(list.iter().eq(model.iter()));
            for (rank, item) in model.iter().enumerate().step_by(97) {
                prop_assert_eq!(list.get(rank), Some(item));
                prop_assert_eq!(list.rank(item), rank);
            }
            prop_assert_eq!(list.get(model.len()), None);
            prop_assert!(SortedList::from_unsorted(model.iter().copied().rev().collect()).iter().eq(model.iter()));
        }
    }
}
