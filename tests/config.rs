//! What is wrong with a configuration is told where it stands.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use dealdeck::config::{Config, Live};
use dealdeck::domain::UserId;

fn load(text: &str) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
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

#[cfg(unix)]
#[test]
fn a_file_of_another_user_runs_no_command() {
    use std::os::unix::fs::{PermissionsExt, chown};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    for text in ["token_command = \"true\"\n", "[webhooks]\nteam_key_command = \"true\"\n"] {
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        Config::load(&path, true).unwrap();
        // Only root may give files away.
        if chown(&path, Some(1), None).is_ok() {
            let refused = Config::load(&path, true).unwrap_err().to_string();
            assert!(refused.contains("belongs to another user (number 1)"), "{refused}");
            std::fs::remove_file(&path).unwrap();
        }
    }
    // Without a command it may be anybody's.
    std::fs::write(&path, "company = \"acme\"\n").unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o666)).unwrap();
    Config::load(&path, true).unwrap();
}

/// The configuration files that a document shows.
fn examples(document: &str) -> Vec<Config> {
    let blocks = document.split("```toml\n").skip(1);
    blocks.map(|block| load(block.split("```").next().unwrap()).unwrap()).collect()
}

#[test]
fn all_examples_of_the_docs_are_read() {
    let read = examples(concat!(include_str!("../docs/live-updates.md"), include_str!("../docs/sync.md")));
    let live = |config: &Config| config.live(None, None);
    assert!(read.iter().any(|config| matches!(live(config), Ok(Some(Live::Own { .. })))));
    assert!(read.iter().any(|config| config.members().is_ok_and(|members| members.len() == 1)));
}

#[test]
fn the_example_of_the_readme_is_read() {
    let whole = |config: &Config| {
        let preferences = config.preferences();
        preferences.links && preferences.ask_next && preferences.rates.is_some()
    };
    assert!(examples(include_str!("../README.md")).iter().any(whole));
    let config = load("[screen]\nlinks = false\n\n[activities]\nask_next = false\n").unwrap().preferences();
    assert!(!config.links && !config.ask_next && config.rates.is_none());
}

/// A key, as long as one must be.
const KEY: &str = "0123456789abcdef0123456789abcdef";

/// Where webhooks are heard, by the part of the file about them: at an address of this machine, or of a team.
fn live(webhooks: &str) -> Result<String, String> {
    let config = load(&format!("[webhooks]\n{webhooks}"))?;
    match config.live(None, None).map_err(|error| error.to_string())? {
        Some(Live::Own { public_url, listen }) => Ok(format!("{public_url} at {listen}")),
        Some(Live::Team { url, .. }) => Ok(format!("by {url}")),
        None => Ok("not at all".to_owned()),
    }
}

#[test]
fn webhooks_are_heard_here_or_by_way_of_a_team() {
    for (webhooks, expected) in [
        ("", "not at all"),
        ("public_url = \"https://a.example/deck\"", "https://a.example/deck at 127.0.0.1:8750"),
        ("public_url = \"https://a.example\"\nlisten = \"0.0.0.0:1\"", "https://a.example/ at 0.0.0.0:1"),
        ("public_url = \"auto\"", "http://127.0.0.1:0/ at 127.0.0.1:0"),
        ("public_url = \"auto\"\nlisten = \"[::1]:8751\"", "http://[::1]:8751/ at [::1]:8751"),
        (&format!("team_url = \"https://a.example\"\nteam_key = \"{KEY}\""), "by https://a.example/"),
        (&format!("team_url = \"https://a.example\"\nteam_key_command = \"echo {KEY}\""), "by https://a.example/"),
    ] {
        assert_eq!(live(webhooks).as_deref(), Ok(expected), "{webhooks}");
    }
    // What the command line says goes before the file.
    let config = load("[webhooks]\npublic_url = \"https://a.example\"\n").unwrap();
    let listen = "127.0.0.1:9".parse().unwrap();
    match config.live(Some("https://b.example"), Some(listen)).unwrap() {
        Some(Live::Own { public_url, listen: at }) => {
            assert_eq!((public_url.as_str(), at), ("https://b.example/", listen));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_cannot_be_used_of_webhooks_is_said_and_no_key_is_shown() {
    let both = "public_url = \"https://a.example\"\nteam_url = \"https://b.example\"";
    for (webhooks, words) in [
        (both, "exclude each other"),
        ("public_url = \"http://a.example\"", "in the clear: use https://"),
        ("public_url = \"https://me:x@a.example\"", "is not a usable address"),
        ("public_url = \"auto\"\nlisten = \"8750\"", "'8750' is not an address with a port"),
        ("team_url = \"https://a.example\"", "needs webhooks.team_key_command"),
        ("team_url = \"https://a.example\"\nteam_key = \"geheim\"", "at least 32 characters"),
        ("team_url = \"https://a.example\"\nteam_key_command = \"exit 3\"", "team_key_command failed"),
        ("team_key = 5", "line 2, column 12: a token or key must be a quoted string"),
        ("url = 5", "line 2, column 1: unknown field"),
    ] {
        let said = live(webhooks).unwrap_err();
        assert!(said.contains(words) && !said.contains("geheim"), "{webhooks}: {said}");
    }
}

#[test]
fn members_of_a_team_have_keys_of_their_own() {
    let member = |user: u64, key: &str| format!("[[team]]\nuser = {user}\nkey = \"{key}\"\n");
    let (one, other) = (member(7, KEY), member(8, &KEY.to_uppercase()));
    let config = load(&format!("{one}{other}")).unwrap();
    let users: Vec<UserId> = config.members().unwrap().into_iter().map(|(user, _)| user).collect();
    assert_eq!(users, [UserId(7), UserId(8)]);
    assert!(!format!("{config:?}").contains(KEY));
    let said = load(&format!("{one}{}", member(8, KEY))).unwrap_err();
    assert!(said.contains("the same key: user 7 and user 8") && !said.contains(KEY), "{said}");
    assert!(load(&member(9, "short")).unwrap_err().contains("the key of user 9 in [[team]]: a key has at least 32"));
    assert!(load("[[team]]\nuser = 7\n").unwrap_err().contains("missing field `key`"));
}
