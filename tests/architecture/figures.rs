//! Figures of the sources: lengths, how comments begin, names that are used twice.

use std::collections::{BTreeMap, BTreeSet};

use super::imports::{Source, Sources};
use super::tokens::{Token, after_group};

/// A figure with what it belongs to, the largest first.
pub type Ranking = Vec<(usize, String)>;

pub fn files_by_length(sources: &Sources) -> Ranking {
    ranked(sources.files.iter().map(|file| (file.text.lines().count(), file.name.clone())).collect())
}

/// Returns the functions outside tests, with their lines from `fn` to the closing brace.
pub fn functions_by_length(sources: &Sources) -> Ranking {
    ranked(sources.files.iter().flat_map(functions).collect())
}

/// Returns each type with the number of its methods, those of traits left out.
pub fn types_by_methods(sources: &Sources) -> Ranking {
    let mut methods: BTreeMap<String, usize> = BTreeMap::new();
    for file in &sources.files {
        let room = file.name.split('/').next().unwrap_or_default();
        for (name, count) in inherent_methods(&file.tokens) {
            *methods.entry(format!("{room} {name}")).or_default() += count;
        }
    }
    ranked(methods.into_iter().map(|(name, count)| (count, name)).collect())
}

/// Returns the names of public types that are defined more than once outside the practice server, with their files.
pub fn types_with_one_name(sources: &Sources) -> BTreeMap<String, BTreeSet<String>> {
    let mut types: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in sources.files.iter().filter(|file| !file.name.starts_with("sandbox/")) {
        for three in file.tokens.windows(3).filter(|three| three[0].is_ident("pub")) {
            if let (Some("struct" | "enum" | "trait" | "type"), Some(name)) = (three[1].ident(), three[2].ident()) {
                types.entry(name.to_owned()).or_default().insert(file.name.clone());
            }
        }
    }
    types.retain(|_, files| files.len() > 1);
    types
}

/// The doc comments of the sources, and those among them that begin with a question word.
pub struct DocComments {
    pub all: usize,
    /// `file:line: first line`.
    pub questions: Vec<String>,
}

impl DocComments {
    pub fn read(sources: &Sources) -> Self {
        let mut comments = Self { all: 0, questions: Vec::new() };
        for file in &sources.files {
            comments.read_file(file);
        }
        comments
    }

    pub fn share_in_percent(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a few thousand at most")]
        let (questions, all) = (self.questions.len() as f64, self.all.max(1) as f64);
        100.0 * questions / all
    }

    fn read_file(&mut self, file: &Source) {
        let mut is_inside = false;
        for (index, line) in file.text.lines().enumerate() {
            let line = line.trim_start();
            let text =
                line.strip_prefix("//!").or_else(|| line.strip_prefix("///").filter(|text| !text.starts_with('/')));
            let is_first = text.is_some() && !is_inside;
            is_inside = text.is_some();
            let Some(text) = text.filter(|_| is_first) else { continue };
            self.all += 1;
            let word = text.split_whitespace().next().unwrap_or_default();
            let word: String = word.chars().take_while(|c| c.is_alphabetic()).collect();
            if matches!(word.as_str(), "What" | "Whether" | "How" | "Who" | "Where") {
                self.questions.push(format!("src/{}:{}:{text}", file.name, index + 1));
            }
        }
    }
}

fn ranked(mut ranking: Ranking) -> Ranking {
    ranking.sort_by(|a, b| b.cmp(a));
    ranking
}

fn functions(file: &Source) -> Ranking {
    let tokens = &file.tokens;
    let starts = tokens.iter().enumerate().filter(|(_, token)| token.is_ident("fn"));
    let lengths = starts.filter_map(|(at, start)| {
        let name = tokens.get(at + 1)?.ident()?;
        let open = body(tokens, at)?;
        let end = tokens.get(after_group(tokens, open) - 1)?;
        Some((end.line - start.line + 1, format!("{}:{} {name}", file.name, start.line)))
    });
    lengths.collect()
}

/// Returns the position of the brace that opens the body of the item at `at`; a declaration has none.
fn body(tokens: &[Token], mut at: usize) -> Option<usize> {
    loop {
        match tokens.get(at)? {
            token if token.is('{') => return Some(at),
            token if token.is(';') => return None,
            token if token.is('(') || token.is('[') => at = after_group(tokens, at),
            _ => at += 1,
        }
    }
}

fn inherent_methods(tokens: &[Token]) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (at, _) in tokens.iter().enumerate().filter(|(_, token)| token.is_ident("impl")) {
        let Some(open) = body(tokens, at) else { continue };
        let head = &tokens[at + 1..open];
        let starts_an_item = at == 0 || tokens[at - 1].is('}') || tokens[at - 1].is(';') || tokens[at - 1].is(']');
        if !starts_an_item || head.iter().any(|token| token.is_ident("for")) {
            continue;
        }
        let Some(name) = type_name(head) else { continue };
        let block = &tokens[open..after_group(tokens, open)];
        let methods = block.windows(2).filter(|pair| pair[0].is_ident("fn") && pair[1].ident().is_some());
        found.push((name, methods.count()));
    }
    found
}

/// Returns the type's name in `impl<T> Name<T>`.
fn type_name(head: &[Token]) -> Option<String> {
    let mut depth = 0_i32;
    let mut names = head.iter().filter_map(|token| {
        depth += i32::from(token.is('<')) - i32::from(token.is('>'));
        token.ident().filter(|_| depth == 0)
    });
    names.next().map(ToOwned::to_owned)
}
