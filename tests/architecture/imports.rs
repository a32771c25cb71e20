//! Reads from the sources which file uses which: `use` lines and paths, followed through re-exports to the file that
//! defines the name.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::tokens::{Kind, Token, after_group, tokens, without_tests};

/// The modules of a path, from the crate's root on.
type ModulePath = Vec<String>;

/// A source file without its tests.
pub struct Source {
    /// Relative to `src`: `app/form/mod.rs`.
    pub name: String,
    pub text: String,
    pub tokens: Vec<Token>,
    module: ModulePath,
    children: HashSet<String>,
    definitions: HashSet<String>,
    /// A name in this file's scope, and the path that a `use` line gave it.
    aliases: HashMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
    paths: Vec<(Vec<String>, usize)>,
    reexports: HashSet<String>,
    reexported_globs: HashSet<Vec<String>>,
}

/// One file uses a name of another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Import {
    pub from: String,
    pub to: String,
    pub line: usize,
    pub path: String,
}

pub struct Sources {
    pub files: Vec<Source>,
    by_module: HashMap<ModulePath, usize>,
}

impl Sources {
    /// Reads all files below `src`, except those that are modules of tests.
    pub fn read(src: &Path) -> Self {
        let mut found = Vec::new();
        collect(src, &mut found);
        found.sort();
        let (mut files, mut tests) = (Vec::new(), HashSet::new());
        for path in found {
            let name = path.strip_prefix(src).unwrap().to_string_lossy().replace('\\', "/");
            let (source, test_modules) = read_file(name, std::fs::read_to_string(&path).unwrap());
            tests.extend(test_modules.into_iter().map(|module| joined(&source.module, &[module])));
            files.push(source);
        }
        files.retain(|file| !tests.contains(&file.module));
        let by_module: HashMap<_, _> =
            files.iter().enumerate().map(|(index, file)| (file.module.clone(), index)).collect();
        for module in by_module.keys().filter(|module| !module.is_empty()) {
            let (name, parent) = module.split_last().unwrap();
            if let Some(&parent) = by_module.get(parent) {
                files[parent].children.insert(name.clone());
            }
        }
        Self { files, by_module }
    }

    /// Returns every import between two different files, each pair of files once.
    pub fn imports(&self) -> Vec<Import> {
        let mut imports = BTreeMap::new();
        for file in &self.files {
            let mut note = |path: &[String], line: usize| {
                if let Some(to) = self.resolve(path, &mut HashSet::new()).filter(|to| *to != file.name) {
                    let key = (file.name.clone(), to.to_owned());
                    imports.entry(key).or_insert_with(|| (line, path.join("::")));
                }
            };
            for (path, line) in &file.paths {
                if let Some(path) = self.absolute(file, path) {
                    note(&path, *line);
                }
            }
            for (name, path) in file.aliases.iter().filter(|(name, _)| !file.reexports.contains(*name)) {
                if !self.by_module.contains_key(path) {
                    note(path, line_of(file, name));
                }
            }
            for glob in file.globs.iter().filter(|glob| !file.reexported_globs.contains(*glob)) {
                for (name, line) in self.names_through_glob(file, glob) {
                    note(&joined(glob, &[name]), line);
                }
            }
        }
        imports.into_iter().map(|((from, to), (line, path))| Import { from, to, line, path }).collect()
    }

    /// Returns the path from the crate's root, or `None` for another crate's or a local type's.
    fn absolute(&self, file: &Source, path: &[String]) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        if first == "crate" {
            return Some(rest.to_vec());
        }
        if let Some(alias) = file.aliases.get(first) {
            return self.by_module.contains_key(alias).then(|| joined(alias, rest));
        }
        file.children.contains(first).then(|| joined(&file.module, path))
    }

    /// Returns the file that defines what `path` names; a module that is named as a whole is none.
    fn resolve(&self, path: &[String], seen: &mut HashSet<Vec<String>>) -> Option<&str> {
        if !seen.insert(path.to_vec()) {
            return None;
        }
        let depth = (0..=path.len()).rev().find(|&depth| self.by_module.contains_key(&path[..depth]))?;
        let file = &self.files[self.by_module[&path[..depth]]];
        let [name, rest @ ..] = &path[depth..] else { return None };
        if let Some(alias) = file.aliases.get(name) {
            return self.resolve(&joined(alias, rest), seen);
        }
        if !file.definitions.contains(name) {
            let through = |glob: &Vec<String>| self.resolve_in_glob(&joined(glob, &path[depth..]), &mut seen.clone());
            if let Some(found) = file.globs.iter().find_map(through) {
                return Some(found);
            }
        }
        Some(&file.name)
    }

    /// As `resolve`, but only if the name is really there.
    fn resolve_in_glob(&self, path: &[String], seen: &mut HashSet<Vec<String>>) -> Option<&str> {
        let depth = (0..=path.len()).rev().find(|&depth| self.by_module.contains_key(&path[..depth]))?;
        let file = &self.files[self.by_module[&path[..depth]]];
        let name = path.get(depth)?;
        if file.aliases.contains_key(name) || file.definitions.contains(name) {
            return self.resolve(path, seen);
        }
        if !seen.insert(path.to_vec()) {
            return None;
        }
        file.globs.iter().find_map(|glob| self.resolve_in_glob(&joined(glob, &path[depth..]), seen))
    }

    /// Returns the names in `file` that come from its `use …::*` line.
    fn names_through_glob(&self, file: &Source, glob: &[String]) -> Vec<(String, usize)> {
        let mut names = BTreeMap::new();
        for (at, token) in file.tokens.iter().enumerate() {
            let Some(name) = token.ident() else { continue };
            let before = at.checked_sub(1).map(|before| &file.tokens[before]);
            let is_a_start = before.is_none_or(|before| {
                !before.is('.') && before.kind != Kind::PathSep && !before.is_ident("fn") && !before.is_ident("let")
            });
            let after = file.tokens.get(at + 1);
            let is_named = name.starts_with(char::is_uppercase)
                || after.is_some_and(|after| after.is('(') || after.is('!') || after.kind == Kind::PathSep);
            let is_own = file.definitions.contains(name) || file.aliases.contains_key(name);
            let path = joined(glob, &[name.to_owned()]);
            if is_a_start && is_named && !is_own && self.resolve_in_glob(&path, &mut HashSet::new()).is_some() {
                names.entry(name.to_owned()).or_insert(token.line);
            }
        }
        names.into_iter().collect()
    }
}

fn collect(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn joined(path: &[String], rest: &[String]) -> Vec<String> {
    path.iter().chain(rest).cloned().collect()
}

fn line_of(file: &Source, name: &str) -> usize {
    file.tokens.iter().find(|token| token.is_ident(name)).map_or(0, |token| token.line)
}

fn module_of(name: &str) -> ModulePath {
    let stem = name.strip_suffix(".rs").unwrap_or(name);
    let stem = stem.strip_suffix("/mod").unwrap_or(stem);
    if stem == "lib" { Vec::new() } else { stem.split('/').map(ToOwned::to_owned).collect() }
}

fn read_file(name: String, text: String) -> (Source, Vec<String>) {
    let (tokens, test_modules) = without_tests(&tokens(&text));
    let mut source = Source {
        module: module_of(&name),
        name,
        text,
        tokens: Vec::new(),
        children: HashSet::new(),
        definitions: definitions(&tokens),
        aliases: HashMap::new(),
        globs: Vec::new(),
        paths: Vec::new(),
        reexports: HashSet::new(),
        reexported_globs: HashSet::new(),
    };
    read_paths(&mut source, &tokens);
    source.tokens = tokens;
    (source, test_modules)
}

fn definitions(tokens: &[Token]) -> HashSet<String> {
    const KEYWORDS: [&str; 8] = ["fn", "struct", "enum", "trait", "type", "const", "static", "union"];
    let pairs = tokens.windows(2).filter(|pair| pair[0].ident().is_some_and(|word| KEYWORDS.contains(&word)));
    let macros = tokens.windows(3).filter(|three| three[0].is_ident("macro_rules"));
    pairs
        .filter_map(|pair| pair[1].ident())
        .chain(macros.filter_map(|three| three[2].ident()))
        .map(Into::into)
        .collect()
}

fn read_paths(source: &mut Source, tokens: &[Token]) {
    let mut inline_modules: Vec<usize> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        inline_modules.retain(|&end| at < end);
        let token = &tokens[at];
        let before = at.checked_sub(1).map(|before| &tokens[before]);
        if token.is_ident("mod") && tokens.get(at + 2).is_some_and(|token| token.is('{')) {
            inline_modules.push(after_group(tokens, at + 2));
            at += 3;
        } else if token.is_ident("use") && before.is_none_or(|before| !before.is('+')) {
            let is_public = before.is_some_and(|before| before.is_ident("pub") || before.is(')'));
            let end = at + tokens[at..].iter().position(|token| token.is(';')).unwrap_or(0);
            let mut tree = UseTree { tokens: &tokens[at + 1..end], at: 0, found: Vec::new() };
            tree.read(&[]);
            for (path, name) in tree.found {
                note_use(source, &path, name, is_public, inline_modules.len());
            }
            at = end + 1;
        } else if token.ident().is_some() && before.is_none_or(|before| before.kind != Kind::PathSep && !before.is('.'))
        {
            let (path, after) = read_path(tokens, at);
            if path.len() > 1 {
                source.paths.push((rooted(&source.module, &path, inline_modules.len()), token.line));
            }
            at = after;
        } else {
            at += 1;
        }
    }
}

fn note_use(source: &mut Source, path: &[String], name: Option<String>, is_public: bool, inline: usize) {
    let mut path = rooted(&source.module, path, inline);
    if path.first().is_some_and(|first| first == "crate") {
        path.remove(0);
    } else {
        return;
    }
    if let Some(name) = name {
        if is_public {
            source.reexports.insert(name.clone());
        }
        source.aliases.insert(name, path);
    } else {
        if is_public {
            source.reexported_globs.insert(path.clone());
        }
        source.globs.push(path);
    }
}

/// Reads `a::b::C` from `at` on, and returns the position after it.
fn read_path(tokens: &[Token], mut at: usize) -> (Vec<String>, usize) {
    let mut path = Vec::new();
    while let Some(name) = tokens.get(at).and_then(Token::ident) {
        path.push(name.to_owned());
        at += 1;
        if tokens.get(at).is_none_or(|token| token.kind != Kind::PathSep) {
            break;
        }
        at += 1;
    }
    (path, at)
}

/// Writes `self`, `super` and `dealdeck` as `crate` and the modules from there; other paths stay as they are.
fn rooted(module: &[String], path: &[String], inline: usize) -> Vec<String> {
    let ups = path.iter().take_while(|segment| *segment == "super").count();
    let (ups, skip) = match path.first().map(String::as_str) {
        Some("dealdeck") => (module.len(), 1),
        Some("super") => (ups.saturating_sub(inline), ups),
        Some("self") => (0, 1),
        _ => return path.to_vec(),
    };
    let mut whole = vec!["crate".to_owned()];
    whole.extend(module[..module.len().saturating_sub(ups)].iter().cloned());
    whole.extend(path[skip..].iter().cloned());
    whole
}

/// The tree of a `use` line.
struct UseTree<'a> {
    tokens: &'a [Token],
    at: usize,
    /// A path with the name that it gets, or none for `*`.
    found: Vec<(Vec<String>, Option<String>)>,
}

impl UseTree<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn read(&mut self, prefix: &[String]) {
        let mut path = prefix.to_vec();
        while let Some(token) = self.peek().cloned() {
            match token.kind {
                Kind::Ident(name) if name == "as" => {
                    let alias = self.tokens.get(self.at + 1).and_then(Token::ident).map(ToOwned::to_owned);
                    self.at += 2;
                    self.found.push((path, alias));
                    return;
                }
                Kind::Ident(name) => path.push(name),
                Kind::Punct('*') => {
                    self.at += 1;
                    self.found.push((path, None));
                    return;
                }
                Kind::Punct('{') => {
                    self.at += 1;
                    while self.peek().is_some_and(|token| !token.is('}')) {
                        self.read(&path);
                        self.at += usize::from(self.peek().is_some_and(|token| token.is(',')));
                    }
                    self.at += 1;
                    return;
                }
                Kind::PathSep => {}
                _ => break,
            }
            self.at += 1;
        }
        if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
            path.pop();
        }
        let name = path.last().cloned();
        self.found.push((path, name));
    }
}

/// The groups of files in `room` that import each other in a circle, each in order of names.
pub fn circles(imports: &[Import], room: &str) -> Vec<BTreeSet<String>> {
    let prefix = format!("{room}/");
    let inside = |name: &str| name.starts_with(&prefix) || name == format!("{room}.rs");
    let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for import in imports.iter().filter(|import| inside(&import.from) && inside(&import.to)) {
        next.entry(&import.from).or_default().push(&import.to);
    }
    let reach: BTreeMap<&str, BTreeSet<&str>> = next.keys().map(|&from| (from, reachable(&next, from))).collect();
    let mut circles = BTreeSet::new();
    for (from, reached) in &reach {
        if reached.contains(from) {
            let together = reached.iter().filter(|to| reach.get(*to).is_some_and(|back| back.contains(from)));
            circles.insert(together.map(|&name| name.to_owned()).collect::<BTreeSet<_>>());
        }
    }
    circles.into_iter().collect()
}

fn reachable<'a>(next: &BTreeMap<&'a str, Vec<&'a str>>, from: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = next.get(from).cloned().unwrap_or_default();
    while let Some(file) = open.pop() {
        if reached.insert(file) {
            open.extend(next.get(file).into_iter().flatten());
        }
    }
    reached
}
