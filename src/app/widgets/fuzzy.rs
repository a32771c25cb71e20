//! Fuzzy matching of what is typed with names: the letters in their order, words in any, whatever their case and accents.
//! The best come first.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::workspace::folded;

/// How much of what is typed counts.
const LONGEST_TYPED: usize = 60;

/// How well a name matches: whether it holds what is typed as it is, and how closely the letters stand.
pub(in crate::app) type Score = (bool, u32);

/// What is typed, ready to be compared.
pub(in crate::app) struct Fuzzy {
    typed: String,
    matcher: Matcher,
    pattern: Pattern,
    buffer: Vec<char>,
}

impl Fuzzy {
    /// For this text.
    pub fn new(typed: &str) -> Self {
        let typed = folded(&typed.trim().chars().take(LONGEST_TYPED).collect::<String>());
        let pattern = Pattern::new(&typed, CaseMatching::Respect, Normalization::Never, AtomKind::Fuzzy);
        Self { typed, matcher: Matcher::new(Config::DEFAULT), pattern, buffer: Vec::new() }
    }

    /// How well a name matches, the higher the better: whether it holds what is typed as it is comes first. `None` where
    /// it does not match.
    pub fn score(&mut self, name: &str) -> Option<Score> {
        let name = folded(name);
        let score = self.pattern.score(Utf32Str::new(&name, &mut self.buffer), &mut self.matcher)?;
        Some((name.contains(&self.typed), score))
    }
}

/// Those that match, the best first, at most `most`; among equals in their order.
pub(in crate::app) fn ranked<T>(
    typed: &str,
    items: impl IntoIterator<Item = T>,
    name: impl Fn(&T) -> &str,
    most: usize,
) -> Vec<T> {
    let mut fuzzy = Fuzzy::new(typed);
    let scored = items.into_iter().filter_map(|item| Some((fuzzy.score(name(&item))?, item)));
    let mut scored: Vec<(Score, T)> = scored.collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().take(most).map(|(_, item)| item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'a>(typed: &str, names: &[&'a str]) -> Vec<&'a str> {
        ranked(typed, names.iter().copied(), |name| name, 9)
    }

    #[test]
    fn case_accents_and_the_order_of_words_do_not_matter_and_the_best_comes_first() {
        let names = ["Łukasz Żak", "Lucas", "Zak Lukas", "Ludwig Kasztner"];
        assert_eq!(found("lukasz", &names)[0], "Łukasz Żak");
        assert_eq!(found("ŁUKASZ", &names)[0], "Łukasz Żak");
        assert_eq!(found("zak luk", &names).len(), 2);
        assert_eq!(found("lkz", &["Lukasz", "Lucas"]), ["Lukasz"]);
        assert_eq!(found("", &names), names);
        assert_eq!(found("^'!$", &names), Vec::<&str>::new(), "there are no signs with a meaning of their own");
    }
}
