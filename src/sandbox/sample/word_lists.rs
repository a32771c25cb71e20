//! The word lists of the sample data, from `assets/sample.toml`.

use serde::Deserialize;

/// All word lists.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WordLists {
    pub places: Vec<String>,
    pub works: Vec<String>,
    pub odd_titles: Vec<String>,
    pub lost_reasons: Vec<String>,
    pub lead_needs: Vec<String>,
    pub lead_openings: Vec<String>,
    pub odd_leads: Vec<String>,
    /// Activity types, each with the start of a subject.
    pub activity_openings: Vec<(String, String)>,
    pub topics: Vec<String>,
    pub odd_subjects: Vec<String>,
    pub activity_notes: Vec<String>,
    pub notes: Vec<String>,
    pub organization_heads: Vec<String>,
    pub organization_tails: Vec<String>,
    pub odd_organizations: Vec<String>,
    /// Cities, each with its country and a street.
    pub cities: Vec<(String, String, String)>,
    pub languages: Vec<Language>,
}

/// The names of one language.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Language {
    /// The weight of the language among all.
    pub weight: u32,
    pub first: Vec<String>,
    pub last: Vec<String>,
}

impl WordLists {
    /// Reads the file embedded in the program.
    pub fn read() -> Result<Self, toml::de::Error> {
        toml::from_str(include_str!("../../../assets/sample.toml"))
    }
}

/// All pairs of two lists, shuffled, and numbered when they repeat, so that all names differ.
pub struct Pairs {
    pairs: Vec<(usize, usize)>,
    next: usize,
}

impl Pairs {
    /// Creates the pairs of two lists with these lengths.
    pub fn new(first: usize, second: usize, rng: &mut fastrand::Rng) -> Self {
        let mut pairs: Vec<(usize, usize)> = (0..first).flat_map(|a| (0..second).map(move |b| (a, b))).collect();
        rng.shuffle(&mut pairs);
        Self { pairs, next: 0 }
    }

    /// Returns the next pair and the number of completed rounds.
    pub fn take(&mut self) -> (usize, usize, usize) {
        let (round, at) = (self.next / self.pairs.len(), self.next % self.pairs.len());
        self.next += 1;
        let (a, b) = self.pairs[at];
        (a, b, round)
    }
}

/// Returns the suffix that distinguishes a name from earlier rounds.
pub fn ordinal(round: usize) -> String {
    if round == 0 { String::new() } else { format!(" {}", round + 1) }
}
