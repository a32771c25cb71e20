//! Holds the shape that ARCHITECTURE.md describes: the order of the rooms, no circles of files, comments that name
//! things. It needs only the standard library. `cargo test --test architecture -- --nocapture` prints the figures.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]
#![allow(clippy::print_stdout, reason = "the figures are for whoever runs it with --nocapture")]

#[path = "architecture/figures.rs"]
mod figures;
#[path = "architecture/imports.rs"]
mod imports;
#[path = "architecture/known_circles.rs"]
mod known_circles;
#[path = "architecture/tokens.rs"]
mod tokens;

use std::collections::BTreeSet;
use std::path::Path;

use figures::DocComments;
use imports::{Import, Sources, circles};
use known_circles::KNOWN_CIRCLES;

/// The rooms from the top down. A room imports only rooms of a lower line, and those of one line do not know each other.
const ROOMS: [&[&str]; 11] = [
    &["main"],
    &["cli"],
    &["config"],
    &["runtime"],
    &["ui"],
    &["app"],
    &["sync"],
    &["webhooks"],
    &["store"],
    &["workspace", "pipedrive"],
    &["domain"],
];

/// The practice server: it imports no other room, and only `cli` starts it.
const APART: &str = "sandbox";

/// The largest share of doc comments that may begin with a question word.
const MAX_QUESTIONS_PERCENT: f64 = 29.8;

fn sources() -> Sources {
    Sources::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
}

#[test]
fn rooms_import_only_lower_rooms() {
    let imports = sources().imports();
    let wrong: Vec<String> = imports.iter().filter(|import| !is_allowed(import)).map(described).collect();
    assert!(wrong.is_empty(), "against the order of the rooms in ARCHITECTURE.md:\n{}", wrong.join("\n"));
}

fn is_allowed(import: &Import) -> bool {
    let (from, to) = (room(&import.from), room(&import.to));
    if from == to {
        return true;
    }
    if to == APART {
        return from == "cli";
    }
    from != APART && level(from) < level(to)
}

fn level(room: &str) -> usize {
    let known = ROOMS.iter().position(|rooms| rooms.contains(&room));
    known.unwrap_or_else(|| panic!("give the new room '{room}' its place in ROOMS and in ARCHITECTURE.md"))
}

fn room(file: &str) -> &str {
    file.split('/').next().unwrap_or(file).trim_end_matches(".rs")
}

fn described(import: &Import) -> String {
    format!("  src/{}:{} imports src/{} by {}", import.from, import.line, import.to, import.path)
}

#[test]
fn no_new_circle_of_files() {
    let imports = sources().imports();
    let found = all_circles(&imports);
    let new: Vec<String> = found.iter().filter(|circle| !is_known(circle)).map(|c| explained(c, &imports)).collect();
    assert!(new.is_empty(), "files import each other in a circle:\n\n{}", new.join("\n\n"));
    let in_circles: BTreeSet<&str> = found.iter().flatten().map(String::as_str).collect();
    let broken: Vec<_> =
        KNOWN_CIRCLES.iter().flat_map(|known| known.files).filter(|file| !in_circles.contains(**file)).collect();
    assert!(broken.is_empty(), "in no circle any more: remove from tests/architecture/known_circles.rs {broken:?}");
}

fn all_circles(imports: &[Import]) -> Vec<BTreeSet<String>> {
    let rooms = ROOMS.iter().copied().flatten().copied().chain([APART]);
    rooms.flat_map(|room| circles(imports, room)).collect()
}

fn is_known(circle: &BTreeSet<String>) -> bool {
    KNOWN_CIRCLES.iter().any(|known| circle.iter().all(|file| known.files.contains(&file.as_str())))
}

fn explained(circle: &BTreeSet<String>, imports: &[Import]) -> String {
    let inside = imports.iter().filter(|import| circle.contains(&import.from) && circle.contains(&import.to));
    inside.map(described).collect::<Vec<_>>().join("\n")
}

#[test]
fn doc_comments_name_the_thing() {
    let comments = DocComments::read(&sources());
    let share = comments.share_in_percent();
    assert!(
        share <= MAX_QUESTIONS_PERCENT,
        "{share:.1} % of the doc comments begin with What, Whether, How, Who or Where:\n{}",
        comments.questions.join("\n")
    );
}

#[test]
fn prints_the_figures() {
    let sources = sources();
    print_ranking("Longest files", &figures::files_by_length(&sources));
    print_ranking("Longest functions", &figures::functions_by_length(&sources));
    print_ranking("Types with the most methods of their own", &figures::types_by_methods(&sources));
    println!("\nPublic types outside the practice server that share a name:");
    for (name, files) in figures::types_with_one_name(&sources) {
        println!("  {name}: {}", files.into_iter().collect::<Vec<_>>().join(", "));
    }
    let comments = DocComments::read(&sources);
    let (questions, share) = (comments.questions.len(), comments.share_in_percent());
    println!("\nDoc comments that begin with a question word: {questions} of {} ({share:.1} %)", comments.all);
    println!("\nCircles of files:");
    for circle in all_circles(&sources.imports()) {
        println!("  {}: {}", circle.len(), circle.into_iter().collect::<Vec<_>>().join(" "));
    }
}

fn print_ranking(title: &str, ranking: &figures::Ranking) {
    println!("\n{title}:");
    for (figure, name) in ranking.iter().take(10) {
        println!("  {figure:5}  {name}");
    }
}

/// The documents that name paths and types of the code.
const DOCUMENTS: [&str; 2] = ["ARCHITECTURE.md", "CONTRIBUTING.md"];

#[test]
fn documented_paths_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for document in DOCUMENTS {
        let text = std::fs::read_to_string(root.join(document)).unwrap();
        let missing: Vec<&str> = named_paths(&text)
            .filter(|path| !["", "src"].iter().any(|base| root.join(base).join(path).exists()))
            .collect();
        assert!(missing.is_empty(), "{document} names paths that do not exist: {missing:?}");
    }
}

/// Returns the paths in backticks: `app/actions.rs`, `webhooks/relay/`.
fn named_paths(text: &str) -> impl Iterator<Item = &str> {
    let is_path = |code: &&str| {
        let is_plain = code.chars().all(|c| c.is_alphanumeric() || matches!(c, '/' | '_' | '.' | '-'));
        is_plain
            && (code.ends_with('/')
                || code.contains('/') && code.contains('.')
                || code.rsplit('.').next() == Some("rs"))
    };
    in_backticks(text).filter(is_path)
}

fn in_backticks(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
}

#[test]
fn documented_names_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = sources();
    let known: BTreeSet<&str> =
        sources.files.iter().flat_map(|file| &file.tokens).filter_map(tokens::Token::ident).collect();
    let text = std::fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let names = in_backticks(&text).filter(|code| code.starts_with(char::is_uppercase) && code.len() > 2);
    let missing: Vec<&str> = names
        .filter(|name| name.chars().all(|c| c.is_alphanumeric() || matches!(c, ':' | '_')))
        .filter(|name| name.split("::").any(|part| !known.contains(part)))
        .collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md names what the sources do not have: {missing:?}");
}
