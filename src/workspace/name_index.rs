//! An index of people and organizations by the prefixes of the words of their names.

use std::collections::BTreeSet;

/// Names by their suffixes that begin with a word, ignoring case and accents.
#[derive(Debug, Clone)]
pub struct NameIndex<Id> {
    words: BTreeSet<(String, Id)>,
}

impl<Id> Default for NameIndex<Id> {
    fn default() -> Self {
        Self { words: BTreeSet::new() }
    }
}

impl<Id: Copy + Ord> NameIndex<Id> {
    /// Makes `id` findable by `name`.
    pub fn insert(&mut self, name: &str, id: Id) {
        self.words.extend(suffixes(name).map(|suffix| (suffix, id)));
    }

    /// Undoes [`Self::insert`].
    pub fn remove(&mut self, name: &str, id: Id) {
        for suffix in suffixes(name) {
            self.words.remove(&(suffix, id));
        }
    }

    /// Those with a word that begins with `text` (or several words, as `text` has them), each once, at most
    /// `most`.
    pub fn matching(&self, text: &str, most: usize) -> Vec<Id>
    where
        Id: MinId,
    {
        let prefix = folded(text).trim().to_owned();
        let mut found = Vec::new();
        for (word, id) in self.words.range((prefix.clone(), Id::MIN)..) {
            if found.len() == most || !word.starts_with(&prefix) {
                break;
            }
            if !found.contains(id) {
                found.push(*id);
            }
        }
        found
    }
}

/// An id type that has a smallest value, at which a range begins.
pub trait MinId {
    /// The smallest value.
    const MIN: Self;
}

impl MinId for crate::domain::PersonId {
    const MIN: Self = Self(0);
}

impl MinId for crate::domain::OrgId {
    const MIN: Self = Self(0);
}

impl MinId for crate::domain::DealId {
    const MIN: Self = Self(0);
}

impl MinId for crate::domain::LeadId {
    const MIN: Self = Self(uuid::Uuid::nil());
}

/// A text without regard to case and accents. Bounded, as names from a server may be of any length.
pub fn folded(text: &str) -> String {
    const LONGEST: usize = 120;
    text.chars().take(LONGEST).flat_map(char::to_lowercase).map(plain).collect()
}

/// A small letter without its accent, or the stroke that Unicode does not count among the accents.
fn plain(letter: char) -> char {
    match letter {
        'ł' => 'l',
        'ø' | 'œ' => 'o',
        'đ' | 'ð' => 'd',
        'ħ' => 'h',
        'ŧ' | 'þ' => 't',
        'ı' => 'i',
        'ß' => 's',
        'æ' => 'a',
        letter => nucleo_matcher::chars::normalize(letter),
    }
}

/// Each rest of a name that begins with a word.
fn suffixes(name: &str) -> impl Iterator<Item = String> {
    const MOST: usize = 8;
    let mut rest = folded(name).trim().to_owned();
    std::iter::from_fn(move || {
        let this = (!rest.is_empty()).then(|| rest.clone())?;
        rest = rest.split_once(char::is_whitespace).map(|(_, rest)| rest.trim_start().to_owned()).unwrap_or_default();
        Some(this)
    })
    .take(MOST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PersonId;

    #[test]
    fn any_word_finds_a_name_until_removed() {
        let mut names = NameIndex::default();
        names.insert("Ada Lovelace", PersonId(1));
        names.insert("Grace  Brewster Hopper", PersonId(2));
        names.insert("Łucja Ada", PersonId(3));
        assert_eq!(names.matching("ada", 9), [PersonId(3), PersonId(1)]);
        assert_eq!(names.matching("brewster h", 9), [PersonId(2)]);
        assert_eq!(names.matching("łU", 9), [PersonId(3)]);
        assert_eq!(names.matching("luc", 9), [PersonId(3)]);
        names.remove("Ada Lovelace", PersonId(1));
        assert_eq!(names.matching("ada", 9), [PersonId(3)]);
        assert!(names.matching("love", 9).is_empty());
    }
}
