//! README.md, CONTRIBUTING.md and docs/ are true: every command in them runs on the practice data, every configuration
//! is accepted, every link leads somewhere, and the keys are those of the table of actions.
//!
//! A comment before a block says how it is tested, if not as a script of the shell: `<!-- test: screen -->` opens each
//! line on a terminal and quits, `<!-- test: server -->` starts each line and interrupts it,
//! `<!-- test: skip, REASON -->` leaves it out.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

#[path = "readme/markdown.rs"]
mod markdown;
#[path = "readme/practice.rs"]
mod practice;
#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "support/terminal.rs"]
mod terminal;

use std::path::{Path, PathBuf};

use dealdeck::cli::keys_as_markdown;
use dealdeck::config::Config;

use markdown::{Block, Check, blocks, links};
use practice::Practice;

/// The files, relative to the repository.
fn files() -> Vec<String> {
    let mut files: Vec<String> = ["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(ToOwned::to_owned).to_vec();
    for entry in std::fs::read_dir(root().join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if Path::new(&name).extension().is_some_and(|extension| extension == "md") {
            files.push(format!("docs/{name}"));
        }
    }
    files
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap()
}

fn run_commands_of(file: &str) {
    let blocks = blocks(file, &read(file));
    let practice = Practice::start();
    for block in blocks.iter().filter(|block| block.language == "sh") {
        match &block.check {
            Check::Shell => practice.run_script(block),
            Check::Screen => practice.open_screens(block),
            Check::Server => practice.start_servers(block),
            Check::Skip => {}
        }
    }
}

#[test]
fn readme_commands_run() {
    run_commands_of("README.md");
}

#[test]
fn contributing_commands_run() {
    run_commands_of("CONTRIBUTING.md");
}

#[test]
fn docs_commands_run() {
    for file in files().iter().filter(|file| file.starts_with("docs/")) {
        run_commands_of(file);
    }
}

#[test]
fn every_command_is_in_a_block_that_is_run() {
    for file in files() {
        let wrong: Vec<Block> = blocks(&file, &read(&file))
            .into_iter()
            .filter(|block| block.language != "sh" && block.lines().any(|line| line.starts_with("dealdeck ")))
            .collect();
        assert!(wrong.is_empty(), "a command in a block without 'sh': {wrong:?}");
    }
}

#[test]
fn configuration_examples_are_accepted() {
    for file in files() {
        for block in blocks(&file, &read(&file)).iter().filter(|block| block.language == "toml") {
            let parsed = toml::from_str::<Config>(&block.text);
            assert!(parsed.is_ok(), "{}: {}", block.place, parsed.unwrap_err());
        }
    }
}

#[test]
fn links_lead_somewhere() {
    for file in files() {
        let folder = root().join(&file).parent().unwrap().to_owned();
        for link in links(&read(&file)).iter().filter(|link| !link.contains("://") && !link.starts_with('#')) {
            let target = link.split('#').next().unwrap();
            assert!(folder.join(target).exists(), "{file} links to {link}, which does not exist");
        }
    }
}

#[test]
fn docs_have_the_table_of_keys() {
    assert!(read("docs/keys.md").contains(&keys_as_markdown()), "put the output of 'dealdeck keys' into docs/keys.md");
}

#[test]
fn readme_names_only_existing_keys() {
    let readme = read("README.md");
    let all = keys_as_markdown();
    let table = readme.split("## Keys").nth(1).unwrap().split("\n## ").next().unwrap();
    for row in table.lines().filter(|line| line.starts_with("| `")) {
        let keys = row.split('|').nth(1).unwrap();
        for key in keys.split('`').skip(1).step_by(2) {
            assert!(all.contains(&format!("`{key}`")), "the README names the key {key}, which does nothing");
        }
    }
}
