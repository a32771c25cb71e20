//! A configuration file that somebody else can write runs no commands, and the log is its owner's alone.

use std::fs::{Permissions, metadata, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::account::Account;

fn mode(path: &Path) -> u32 {
    metadata(path).unwrap().permissions().mode() & 0o777
}

fn chmod(path: &Path, mode: u32) {
    set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_file_that_others_can_write_runs_no_command() {
    let account = Account::new();
    let ran = account.data_dir().with_file_name("ran");
    let command = format!("echo {}; touch {}", account.practice.token, ran.display());
    let config = account.configure(&format!("token_command = \"{command}\"\n"));
    let list = |variables| account.run_with(&["deals", "list"], variables);
    for (file, folder, advice) in [
        (0o666, 0o700, "chmod go-w"),
        (0o620, 0o700, "chmod go-w"),
        (0o600, 0o777, "chmod go-w"),
        (0o600, 0o770, "chmod go-w"),
    ] {
        chmod(&config, file);
        chmod(config.parent().unwrap(), folder);
        let refused = list(&[("DEALDECK_API_TOKEN", "")]);
        refused.failed(2, &["names a command", advice]);
        assert!(!ran.exists(), "{file:o} in {folder:o}");
    }
    // Others may read it, and in a directory such as /tmp nobody can put another in its place.
    for (file, folder) in [(0o644, 0o755), (0o600, 0o1777)] {
        chmod(&config, file);
        chmod(config.parent().unwrap(), folder);
        let listed = list(&[("DEALDECK_API_TOKEN", "")]);
        assert_eq!(listed.code, Some(0), "{listed:?}");
        std::fs::remove_file(&ran).unwrap();
    }
}

#[test]
fn what_commands_a_terminal_is_escaped_in_json() {
    let account = Account::new();
    let id = account.deals()[0];
    let title = "a\u{202e}b\u{2066}c\u{2069}d\u{200f}e\u{61c}f\u{2028}g\u{9b}h\u{e0041}i";
    account.practice.send("PATCH", &format!("/api/v2/deals/{id}"), &serde_json::json!({ "title": title }));
    let id = id.to_string();
    for args in [&["deals", "show", &id, "--json"][..], &["deals", "list", "--json"]] {
        let ran = account.run(args);
        let odd = |c: char| c.is_control() && c != '\n' || !c.is_ascii() && title.contains(c);
        assert!(!ran.out.contains(odd), "{:?}", ran.out.chars().filter(|c| odd(*c)).collect::<String>());
        assert!(ran.out.contains(r"a\u202eb\u2066c\u2069d\u200fe\u061cf\u2028g\u009bh\udb40\udc41i"), "{}", ran.out);
        assert!(ran.json().to_string().contains(title));
    }
}

#[test]
fn only_the_owner_can_read_the_log() {
    let account = Account::new();
    let folder = account.data_dir().with_file_name("state").join("dealdeck");
    std::fs::create_dir_all(&folder).unwrap();
    let old = folder.join("dealdeck.2026-01-01.log");
    std::fs::write(&old, "").unwrap();
    chmod(&old, 0o644);
    chmod(&folder, 0o755);
    let mut terminal = account.terminal(&[], 120);
    terminal.wait_for("online");
    terminal.keys("q");
    assert_eq!(terminal.exit_code(), 0);
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() > 1 && mode(&folder) == 0o700, "{files:?} in {:o}", mode(&folder));
    assert!(files.iter().all(|file| mode(file) == 0o600), "{files:?}");
}
