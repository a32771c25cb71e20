//! An index of deals and leads by the words of their titles. It stores only the first bytes of each word,
//! so that it stays small: some 80 bytes for a title of four words.

use std::collections::{BTreeSet, HashSet};
use std::hash::Hash;

use super::name_index::{MinId, folded};

/// The first bytes of a word.
type Beginning = [u8; 4];

/// Titles by the first bytes of their words.
#[derive(Debug, Clone)]
pub(super) struct TitleIndex<Id>(BTreeSet<(Beginning, Id)>);

impl<Id> Default for TitleIndex<Id> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

impl<Id: Copy + Ord + Hash + MinId> TitleIndex<Id> {
    /// Makes `id` findable by `title`.
    pub fn insert(&mut self, title: &str, id: Id) {
        self.0.extend(beginnings(title).map(|beginning| (beginning, id)));
    }

    /// Undoes [`Self::insert`].
    pub fn remove(&mut self, title: &str, id: Id) {
        for beginning in beginnings(title) {
            self.0.remove(&(beginning, id));
        }
    }

    /// Those that may have a word which begins like the longest one of `text`, at most `most`. The caller must compare them in full.
    pub fn candidates(&self, text: &str, most: usize) -> Vec<Id> {
        let folded = folded(text);
        let Some(word) = folded.split_whitespace().max_by_key(|word| word.len()) else { return Vec::new() };
        let first = beginning(word);
        let typed = word.len().min(first.len());
        let mut seen = HashSet::new();
        let range = self.0.range((first, Id::MIN)..).take_while(|(other, _)| other[..typed] == first[..typed]);
        range.map(|(_, id)| *id).filter(|id| seen.insert(*id)).take(most).collect()
    }
}

fn beginning(word: &str) -> Beginning {
    let mut beginning = Beginning::default();
    beginning.iter_mut().zip(word.bytes()).for_each(|(kept, byte)| *kept = byte);
    beginning
}

/// Returns the prefixes of a title's words. Bounded, because titles from a server may have any length.
fn beginnings(title: &str) -> impl Iterator<Item = Beginning> {
    const MOST: usize = 8;
    let folded = folded(title);
    let words: Vec<Beginning> = folded.split_whitespace().take(MOST).map(beginning).collect();
    words.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::DealId;

    #[test]
    fn any_word_finds_a_title_until_removed() {
        let mut words = TitleIndex::default();
        words.insert("Renewal for Łódź", DealId(1));
        words.insert("Renewed interest", DealId(2));
        assert_eq!(words.candidates("lod", 9), [DealId(1)]);
        assert_eq!(words.candidates("for renewal", 9), [DealId(1), DealId(2)], "candidates only");
        assert_eq!(words.candidates("re", 1), [DealId(1)]);
        assert!(words.candidates(" ", 9).is_empty() && words.candidates("x", 9).is_empty());
        words.remove("Renewal for Łódź", DealId(1));
        assert_eq!(words.candidates("r", 9), [DealId(2)]);
    }
}
