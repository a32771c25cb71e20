//! What is wrong with a configuration is told where it stands.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use dealdeck::config::Config;

fn load(text: &str) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    Config::load(&path, true).map_err(|error| error.to_string())
}

#[test]
fn rates_that_are_none_are_told_with_line_and_column() {
    let wrong = load("company = \"acme\"\n\n[rates]\nbase = \"EUR\"\nUSD = \"cheap\"\n").unwrap_err();
    assert!(wrong.contains("line 5, column 7: a rate is a number"), "{wrong}");
    let unquoted = load("[rates]\nbase = \"EUR\"\nUSD = 0.92\n").unwrap_err();
    assert!(unquoted.contains("line 3, column 7"), "{unquoted}");
    assert!(load("[rates]\nUSD = \"0.92\"\n").unwrap_err().contains("line 1"));
}

#[test]
fn the_example_of_the_readme_is_read() {
    let readme = include_str!("../README.md");
    let (_, example) = readme.split_once("```toml\n").unwrap();
    let config = load(example.split_once("```").unwrap().0).unwrap();
    let preferences = config.preferences();
    assert!(preferences.links && preferences.ask_next && preferences.rates.is_some());
    let config = load("[screen]\nlinks = false\n\n[activities]\nask_next = false\n").unwrap().preferences();
    assert!(!config.links && !config.ask_next && config.rates.is_none());
}
