//! Lists: sorted, filtered by name and by Pipedrive's filters, and arranged the same at the next start.

use dealdeck::sandbox::{Options, Plan};

use super::support::practice::Practice;
use super::support::terminal::Terminal;
use super::wait_until_read;

fn quit(mut terminal: Terminal) {
    terminal.keys("q");
    assert_eq!(terminal.exit_code(), 0, "{}", terminal.text());
    terminal.assert_restored();
}

#[test]
fn list_layout_and_filter_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().to_str().unwrap();
    let practice = Practice::with(Options { plan: Plan::Enterprise, ..Options::default() });
    let variables = [("DEALDECK_API_TOKEN", practice.token.as_str()), ("XDG_DATA_HOME", home)];
    let open = || Terminal::open(&["--api-url", &practice.program_url], &variables, 160, 40);
    let mut terminal = open();
    wait_until_read(&terminal);
    terminal.keys("4Svalue\r");
    terminal.wait_for("by value ▼");
    terminal.keys("Fat least\r5000\r\x1b");
    terminal.wait_for("[value ≥ 5000]");
    terminal.keys("Qsave\rLarge ones\r");
    terminal.wait_for("Saved as 'Large ones'");
    // A filter of Pipedrive's, which the server evaluates.
    let filters = practice.get("/api/v1/filters?type=deals")["data"].clone();
    let (id, name) = (filters[0]["id"].as_u64().unwrap(), filters[0]["name"].as_str().unwrap());
    let found = practice.get(&format!("/api/v2/deals?filter_id={id}&limit=500"))["data"].as_array().unwrap().len();
    terminal.keys("\x1b");
    terminal.wait_until("everything again", |screen| !screen.contents().contains("[value"));
    terminal.keys("Q");
    terminal.wait_for(name);
    terminal.keys(&format!("{name}\r"));
    terminal.wait_for(&format!("{name}' as of"));
    terminal.wait_for(&format!(": {found}; r asks again"));
    quit(terminal);

    let mut terminal = open();
    terminal.wait_for("by value ▼");
    wait_until_read(&terminal);
    terminal.keys("Qlarge\r");
    terminal.wait_for("[value ≥ 5000]");
    quit(terminal);
}
