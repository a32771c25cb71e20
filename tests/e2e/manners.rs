//! The terminal is always restored, every size works, and only text reaches the screen.

use std::process::{Command, Stdio};

use dealdeck::app::Preferences;
use dealdeck::sandbox::{Options, Plan};

use super::open;
use super::support::practice::Practice;
use super::support::terminal::Terminal;

fn signal(terminal: &Terminal, name: &str) {
    assert!(Command::new("kill").args([&format!("-{name}"), &terminal.pid().to_string()]).status().unwrap().success());
}

#[test]
fn the_demo_needs_no_server_and_restores_the_terminal() {
    for (columns, rows) in [(80, 24), (200, 50)] {
        let mut terminal = Terminal::open(&["demo"], &[], columns, rows);
        super::wait_until_read(&terminal);
        terminal.keys("L2x3c\r");
        terminal.wait_for("Confirmed: Convert");
        terminal.wait_gone("saving");
        terminal.keys("q");
        assert_eq!(terminal.exit_code(), 0);
        terminal.assert_restored();
    }
}

#[test]
fn signals_end_the_program_and_restore_the_terminal() {
    let practice = Practice::start();
    for name in ["TERM", "HUP", "INT"] {
        let mut terminal = open(&practice, 80, 24);
        signal(&terminal, name);
        assert_eq!(terminal.exit_code(), 1, "SIG{name}");
        terminal.assert_restored();
        assert!(terminal.text().contains(&format!("ended by SIG{name}")), "{}", terminal.text());
    }
}

#[test]
fn sigquit_restores_the_terminal_and_exits_with_131() {
    let practice = Practice::start();
    let mut terminal = open(&practice, 80, 24);
    signal(&terminal, "QUIT");
    assert_eq!(terminal.exit_code(), 131);
    terminal.assert_restored();
    assert!(terminal.text().contains("ended by SIGQUIT"), "{}", terminal.text());
}

/// Opens the dashboard with other variables, and waits for the board.
fn open_with(practice: &Practice, variables: &[(&str, &str)]) -> Terminal {
    let token = [("DEALDECK_API_TOKEN", practice.token.as_str())];
    let variables = [&token, variables].concat();
    let terminal = Terminal::open(&["--api-url", &practice.program_url], &variables, 120, 40);
    super::wait_until_read(&terminal);
    terminal
}

#[test]
fn a_locale_without_utf8_is_drawn_in_ascii() {
    let practice = Practice::start();
    for (name, locale) in [("LC_ALL", "de_DE.ISO-8859-1"), ("LC_CTYPE", "C"), ("LANG", "POSIX")] {
        let mut terminal = open_with(&practice, &[(name, locale)]);
        terminal.wait_until("why", |screen| {
            screen.contents().contains(&format!("Drawn in ASCII: {name}={locale} is not UTF-8"))
        });
        terminal.keys("?");
        terminal.wait_for("Column or day to the left");
        terminal.keys("\x1b");
        terminal.wait_gone("Column or day to the left");
        terminal.keys("q");
        assert_eq!(terminal.exit_code(), 0);
        terminal.assert_restored();
        assert!(terminal.raw().is_ascii(), "{name}={locale}");
    }
}

#[test]
fn an_unset_locale_is_drawn_in_utf8() {
    let practice = Practice::start();
    for variables in [&[("LANG", "")][..], &[("LC_ALL", "C.UTF-8")]] {
        let mut terminal = open_with(&practice, variables);
        assert!(terminal.text().contains('●') && !terminal.text().contains("Drawn in ASCII"));
        terminal.keys("q");
        assert_eq!(terminal.exit_code(), 0);
    }
}

#[test]
fn a_vt100_receives_no_unknown_sequence() {
    let practice = Practice::start();
    let mut terminal = open_with(&practice, &[("TERM", "vt100"), ("COLORTERM", ""), ("LANG", "")]);
    terminal.keys("L2");
    terminal.wait_for("Overdue");
    terminal.keys("q");
    assert_eq!(terminal.exit_code(), 0);
    let raw = String::from_utf8(terminal.raw()).unwrap();
    assert!(raw.is_ascii());
    for unknown in ["?1049", "?1000", "?1006", "?2004", "?2026", "38;5;", "38;2;", "\x1b]"] {
        assert!(!raw.contains(unknown), "{unknown:?}");
    }
    assert!(!terminal.text().contains("Overdue"), "the screen is cleared at the end:\n{}", terminal.text());
}

#[test]
fn ctrl_z_suspends_and_fg_resumes() {
    let practice = Practice::start();
    let variables = [("DEALDECK_API_TOKEN", practice.token.as_str()), ("URL", practice.program_url.as_str())];
    let line = "$DEALDECK --api-url $URL; echo stopped; fg; echo that was all";
    let mut terminal = Terminal::shell(line, &variables, 80, 24);
    terminal.wait_for("online");
    terminal.keys("\x1a");
    terminal.wait_for_written("stopped");
    terminal.wait_until("the board again, after the shell", |screen| {
        screen.alternate_screen() && screen.contents().contains("online")
    });
    terminal.keys("q");
    terminal.wait_for("that was all");
    terminal.assert_restored();
}

#[test]
fn a_panic_restores_the_terminal_and_is_reported() {
    let mut terminal =
        Terminal::test("manners::a_dashboard_that_panics", &[(PANICS, "1"), ("RUST_BACKTRACE", "0")], 80, 24);
    terminal.wait_until("the dashboard", |screen| screen.alternate_screen() && screen.contents().contains("Board"));
    terminal.keys("r");
    assert_eq!(terminal.exit_code(), 101);
    terminal.assert_restored();
    let words = terminal.text();
    assert!(words.contains("the engine broke") && words.contains("this is a bug in dealdeck"), "{words}");
}

const PANICS: &str = "DEALDECK_TEST_PANICS";

/// Runs the dashboard on an engine that panics at the first command.
#[test]
#[ignore = "runs on the terminal of a_panic_restores_the_terminal_and_is_reported"]
fn a_dashboard_that_panics() {
    if std::env::var_os(PANICS).is_none() {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (commands, mut queue) = tokio::sync::mpsc::channel(1);
        let (_report, reports) = tokio::sync::mpsc::channel(1);
        dealdeck::runtime::restore_on_panic();
        tokio::spawn(async move {
            queue.recv().await;
            panic!("the engine broke");
        });
        let ended = dealdeck::runtime::run(commands, reports, None, Preferences::default()).await;
        panic!("it went on to its end: {ended:?}");
    });
}

#[test]
fn every_terminal_size_works() {
    let practice = Practice::start();
    let mut terminal = open(&practice, 80, 24);
    for (columns, rows) in [(20, 5), (1, 1), (500, 200), (20, 200), (500, 5), (79, 23), (120, 40)] {
        terminal.resize(columns, rows);
        // Without Esc: a key that follows at once would become a key with Alt.
        terminal.keys("jkl123\r??\r");
    }
    terminal.keys("1");
    terminal.wait_for("online");
    terminal.keys("q");
    assert_eq!(terminal.exit_code(), 0);
}

#[test]
fn control_characters_of_the_server_never_reach_the_terminal() {
    let practice = Practice::start();
    let evil = "Evil \u{1b}]52;c;ZXZpbA==\u{7} \u{1b}[31mred \u{9b}2J \u{202e}txt\u{8}";
    let path = super::deal_path(super::samples(&practice)[0].id);
    let named = practice.send("PATCH", &path, &serde_json::json!({"title": evil}));
    assert_eq!(named["data"]["title"], evil);
    let mut terminal = open(&practice, 200, 50);
    terminal.keys("/Evil\r");
    terminal.wait_for("Evil");
    terminal.keys("\r");
    terminal.wait_for("red");
    let raw = terminal.raw();
    let contains = |needle: &[u8]| raw.windows(needle.len()).any(|window| window == needle);
    assert!(!contains(b"\x1b]52"), "a clipboard sequence got through");
    assert!(!contains(b"\x07") && !contains(b"\x08"));
    assert!(!contains("\u{9b}".as_bytes()) && !contains("\u{202e}".as_bytes()));
}

#[test]
fn without_a_terminal_it_exits_with_2() {
    for args in [&["demo"][..], &["--company", "acme"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_dealdeck")).args(args).stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        let words = String::from_utf8(output.stderr).unwrap();
        assert!(words.contains("not a terminal"), "{words}");
    }
}

#[test]
fn a_refused_token_is_reported_and_never_shown() {
    let practice = Practice::start();
    let secret = "0123456789abcdef0123456789abcdef01234567";
    let mut terminal =
        Terminal::open(&["--api-url", &practice.program_url], &[("DEALDECK_API_TOKEN", secret)], 100, 30);
    terminal.wait_for("refused the API token");
    let ps = Command::new("ps").args(["-o", "args", "-p", &terminal.pid().to_string()]).output().unwrap();
    assert!(!String::from_utf8_lossy(&ps.stdout).contains(secret));
    terminal.keys("q");
    terminal.exit_code();
    assert!(!String::from_utf8_lossy(&terminal.raw()).contains(secret));
}

#[test]
fn a_new_token_is_typed_hidden_and_resumes_edits() {
    let (wrong, right) = ("0123456789abcdef0123456789abcdef01234567", "9f8e7d6c5b4a39281706f5e4d3c2b1a098765432");
    let practice = Practice::with(Options { plan: Plan::Enterprise, token: right.to_owned(), ..Options::default() });
    let mut terminal = Terminal::open(&["--api-url", &practice.program_url], &[("DEALDECK_API_TOKEN", wrong)], 100, 30);
    let token = |terminal: &mut Terminal, token: &str| {
        terminal.keys(token);
        terminal.wait_for(&format!("› {}", "•".repeat(token.len())));
        terminal.keys("\r");
    };
    terminal.wait_for("Pipedrive refused the API token");
    token(&mut terminal, &wrong.replace('0', "f"));
    terminal.wait_for("Pipedrive refused that API token, too");
    terminal.keys(&format!("\x1b[200~{right}\n\x1b[201~"));
    terminal.wait_for(&"•".repeat(right.len()));
    terminal.keys("\r");
    super::wait_until_read(&terminal);
    let sample = super::samples(&practice).remove(0);
    super::find(&mut terminal, &sample);
    terminal.keys("q");
    assert_eq!(terminal.exit_code(), 0);
    terminal.assert_restored();
    let raw = terminal.raw();
    for secret in [wrong, right, &wrong.replace('0', "f")] {
        // No part of it either.
        for piece in secret.as_bytes().windows(8) {
            assert!(!raw.windows(8).any(|written| written == piece), "{}", String::from_utf8_lossy(piece));
        }
    }
}

#[test]
fn bad_configuration_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let run = |text: &str, mode: u32| {
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
        let mut terminal = Terminal::open(&["--config", file.to_str().unwrap()], &[], 120, 24);
        let code = terminal.exit_code();
        (code, terminal.text().replace('\n', " "))
    };
    for (text, mode, says) in [
        ("company = 'acme'\napi_token = 'secret-token'\n", 0o644, "chmod 600"),
        ("company = 'acme'\ncolour = 'red'\n", 0o600, "line 2, column 1"),
        ("company = 'acme'\napi_token = 12345678\n", 0o600, "quoted string"),
        ("company = 'acme'\n[leads]\npoll_minutes = 0\n", 0o600, "from 1 to 1440"),
        ("company = 'ac me/x'\napi_token = 'x'\n", 0o600, "ac me/x"),
        ("company = 'acme'\n", 0o600, "DEALDECK_API_TOKEN"),
        ("company = 'acme'\ntoken_command = 'exit 3'\n", 0o600, "token_command failed"),
        ("", 0o600, "which company"),
    ] {
        let (code, words) = run(text, mode);
        assert_eq!(code, 2, "{text}: {words}");
        assert!(words.contains(says), "{text}: {words}");
        assert!(!words.contains("secret-token") && !words.contains("12345678"), "{words}");
    }
}
