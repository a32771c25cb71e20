//! The clipboard of the terminal, and hyperlinks.

use dealdeck::sandbox::{Options, Plan};

use crate::support::practice::Practice;
use crate::support::terminal::Terminal;
use crate::{open, wait_until_read};

/// Starts a server whose token is no part of the company's name, which would be redacted.
fn practice() -> Practice {
    Practice::with(Options { token: "0123456789abcdef".into(), plan: Plan::Enterprise, ..Options::default() })
}

/// Returns `true` if the program has written these bytes.
fn has_written(terminal: &Terminal, bytes: &str) -> bool {
    String::from_utf8_lossy(&terminal.raw()).contains(bytes)
}

#[test]
fn a_card_can_be_copied_and_links_to_its_page() {
    let practice = practice();
    let mut terminal = open(&practice, 120, 40);
    let deals = practice.get("/api/v2/deals?status=open&limit=500");
    let titled = |deal: &&serde_json::Value| {
        // The board shows the first pipeline.
        deal["pipeline_id"] == 1 && deal["title"].as_str().is_some_and(str::is_ascii)
    };
    let deal = deals["data"].as_array().unwrap().iter().find(titled).unwrap();
    let (id, title) = (deal["id"].as_u64().unwrap(), deal["title"].as_str().unwrap());
    let me = practice.get("/api/v1/users/me");
    let page = format!("https://{}.pipedrive.com/deal/{id}", me["data"]["company_domain"].as_str().unwrap());
    terminal.keys(&format!("/{title}\r\r"));
    terminal.wait_for(&format!("#{id}"));
    terminal.wait_for_written(&format!("\x1b]8;;{page}\x1b\\"));
    terminal.keys("ylink\r");
    terminal.wait_for(&format!("Copied: {page}"));
    terminal.wait_for_written("\x1b]52;c;");
    assert_eq!(clipboard(&terminal), page);
    terminal.keys("q");
    assert_eq!(terminal.exit_code(), 0);
    terminal.assert_restored();
}

#[test]
fn links_can_be_turned_off_and_need_support() {
    let practice = practice();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    std::fs::write(&config, "[screen]\nlinks = false\n").unwrap();
    let token = practice.token.as_str();
    for (config, term) in [(Some(&config), "xterm-256color"), (None, "linux")] {
        let variables = [("DEALDECK_API_TOKEN", token), ("TERM", term)];
        let mut args = vec!["--api-url", &practice.program_url];
        args.extend(config.iter().flat_map(|path| ["--config", path.to_str().unwrap()]));
        let mut terminal = Terminal::open(&args, &variables, 120, 40);
        wait_until_read(&terminal);
        terminal.keys("\r");
        terminal.wait_for("Web page");
        terminal.keys("y\r");
        let told = if config.is_some() { "Copied: " } else { "Nothing was copied" };
        terminal.wait_for(told);
        assert!(!has_written(&terminal, "\x1b]8;"));
        assert_eq!(has_written(&terminal, "\x1b]52;"), config.is_some());
        terminal.keys("q");
        assert_eq!(terminal.exit_code(), 0);
    }
}

/// Returns the text that the program copied to the clipboard last.
fn clipboard(terminal: &Terminal) -> String {
    let raw = String::from_utf8_lossy(&terminal.raw()).into_owned();
    let (_, sent) = raw.rsplit_once("\x1b]52;c;").unwrap();
    let (encoded, _) = sent.split_once("\x1b\\").unwrap();
    let value = |digit: char| match digit {
        'A'..='Z' => digit as u32 - 'A' as u32,
        'a'..='z' => digit as u32 - 'a' as u32 + 26,
        '0'..='9' => digit as u32 - '0' as u32 + 52,
        '+' => 62,
        '/' => 63,
        other => panic!("{other:?} in {encoded}"),
    };
    let (mut bits, mut held, mut bytes) = (0, 0, Vec::new());
    for digit in encoded.trim_end_matches('=').chars() {
        (bits, held) = ((bits << 6 | value(digit)) & 0xff_ffff, held + 6);
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).unwrap());
        }
    }
    String::from_utf8(bytes).unwrap()
}
