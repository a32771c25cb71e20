//! The words of the sample data, from `assets/sample.toml`.

use serde::Deserialize;

/// All of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    pub places: Vec<String>,
    pub works: Vec<String>,
    pub odd_titles: Vec<String>,
    pub lost_reasons: Vec<String>,
    pub lead_needs: Vec<String>,
    pub lead_openings: Vec<String>,
    pub odd_leads: Vec<String>,
    /// Types of activities, each with the beginning of a subject.
    pub deeds: Vec<(String, String)>,
    pub topics: Vec<String>,
    pub odd_subjects: Vec<String>,
    pub activity_notes: Vec<String>,
    pub notes: Vec<String>,
    pub organization_heads: Vec<String>,
    pub organization_tails: Vec<String>,
    pub odd_organizations: Vec<String>,
    /// Towns, each with its country and a street.
    pub cities: Vec<(String, String, String)>,
    pub peoples: Vec<People>,
}

/// Names of one language.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct People {
    /// How many of all have such a name, compared to others.
    pub weight: u32,
    pub first: Vec<String>,
    pub last: Vec<String>,
}

impl Words {
    /// Reads the file that the program carries.
    pub fn read() -> Result<Self, toml::de::Error> {
        toml::from_str(include_str!("../../../assets/sample.toml"))
    }
}

/// All pairs of two lists, shuffled, and numbered when they come again: names that are all different.
pub struct Pairs {
    pairs: Vec<(usize, usize)>,
    next: usize,
}

impl Pairs {
    /// The pairs of lists of these lengths.
    pub fn new(first: usize, second: usize, rng: &mut fastrand::Rng) -> Self {
        let mut pairs: Vec<(usize, usize)> = (0..first).flat_map(|a| (0..second).map(move |b| (a, b))).collect();
        rng.shuffle(&mut pairs);
        Self { pairs, next: 0 }
    }

    /// The next pair, and how many times all pairs came before.
    pub fn take(&mut self) -> (usize, usize, usize) {
        let (round, at) = (self.next / self.pairs.len(), self.next % self.pairs.len());
        self.next += 1;
        let (a, b) = self.pairs[at];
        (a, b, round)
    }
}

/// What tells a name from the same name of an earlier round.
pub fn ordinal(round: usize) -> String {
    if round == 0 { String::new() } else { format!(" {}", round + 1) }
}
