//! A bulk edit of hundreds of deals on the smallest plan, against a server that counts every request.

use std::time::{Duration, Instant};

use dealdeck::sandbox::{Options, Plan};
use serde_json::Value;

use super::support::practice::{Practice, plain};
use super::support::terminal::Terminal;
use super::{deal_path, pipelines, wait_until_read};

/// The time limit of the test: ten edits per second, and the rest.
const LONGEST: Duration = Duration::from_secs(100);

/// The edits of a bulk edit in flight at a time.
const IN_FLIGHT: usize = 8;

/// Returns the changes of deals that the server carried out, in order: path and body.
fn changes(practice: &Practice) -> Vec<(String, Value)> {
    let writes = practice.get("/sandbox/writes");
    let changes = writes["data"].as_array().unwrap().iter().filter(|write| write["method"] == "PATCH");
    changes.map(|write| (write["path"].as_str().unwrap().to_owned(), write["body"].clone())).collect()
}

/// Waits until the server has carried out this many changes.
fn wait_for_changes(practice: &Practice, terminal: &Terminal, count: usize) -> Vec<(String, Value)> {
    let deadline = Instant::now() + LONGEST;
    loop {
        let changes = changes(practice);
        if changes.len() >= count {
            return changes;
        }
        assert!(Instant::now() < deadline, "{} of {count} changes; the screen:\n{}", changes.len(), terminal.text());
        // The server does not announce changes, so it is polled.
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn open(practice: &Practice, data: &str) -> Terminal {
    let variables = [("DEALDECK_API_TOKEN", practice.token.as_str())];
    let args = ["--api-url", &practice.program_url, "--data-dir", data];
    let terminal = Terminal::open(&args, &variables, 180, 40);
    wait_until_read(&terminal);
    terminal
}

/// Renames a deal of the list.
fn rename(terminal: &mut Terminal, title: &str, to: &str) {
    terminal.keys(&format!("4/\x15{title}\r"));
    terminal.wait_until("the cursor on the deal", |screen| {
        screen.contents().lines().any(|line| line.starts_with('▌') && line.contains(&title[..6]))
    });
    terminal.keys(&format!("e\x15{to}\r"));
}

#[test]
fn a_bulk_move_survives_a_restart_and_yields_to_edits() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { deals: 960, db: Some(folder.path().join("practice.db")), ..Options::default() };
    // The test reads on another plan, so that the program has the smallest one's limit to itself.
    let mut before = Practice::with(Options { plan: Plan::Enterprise, ..options.clone() });
    let first = pipelines(&before)[0].1[0];
    let deals = before.all("/api/v2/deals?status=open&limit=500");
    let (there, elsewhere): (Vec<Value>, Vec<Value>) = deals.into_iter().partition(|deal| deal["stage_id"] == first);
    before.stop();
    let count = elsewhere.len();
    assert!((500..600).contains(&count), "{count} deals to move");
    let last = plain(&elsewhere, "title").pop().unwrap();
    let other = plain(&there, "title").pop().unwrap();
    let text = |deal: &Value| deal["title"].as_str().unwrap().to_owned();

    let practice = Practice::with(Options { plan: Plan::Essential, ..options });
    let data = folder.path().join("data");
    let mut terminal = open(&practice, data.to_str().unwrap());
    terminal.keys("4A");
    terminal.wait_for("deals marked");
    terminal.keys("m\r");
    terminal.wait_for("/s · ");
    wait_for_changes(&practice, &terminal, 60);
    let hand_made = changes(&practice).len();
    rename(&mut terminal, &text(&other), "By hand elsewhere");
    rename(&mut terminal, &text(&last), "By hand in the bulk");
    let renamed = |changes: &[(String, Value)], id: &Value| {
        let path = deal_path(id.as_u64().unwrap());
        changes.iter().position(|(other, body)| *other == path && body["title"].is_string())
    };
    let deadline = Instant::now() + LONGEST;
    let by_hand = loop {
        let changes = changes(&practice);
        if let (Some(other), Some(last)) = (renamed(&changes, &other["id"]), renamed(&changes, &last["id"])) {
            break other.max(last);
        }
        assert!(Instant::now() < deadline, "the edits by hand do not arrive");
        std::thread::sleep(Duration::from_millis(100));
    };
    assert!(by_hand < hand_made + 60, "behind {by_hand} changes, made after {hand_made}");

    // The rest is saved and resumes at the next start; single edits go first again.
    terminal.keys("q");
    assert_eq!(terminal.exit_code(), 0, "{}", terminal.text());
    let kept_after = changes(&practice).len();
    assert!(kept_after < 400, "{kept_after} were sent already");
    let mut terminal = open(&practice, data.to_str().unwrap());
    rename(&mut terminal, "By hand elsewhere", "By hand again");
    wait_for_changes(&practice, &terminal, count + 3);
    terminal.wait_until("the result", |screen| {
        let text = screen.contents();
        text.contains(" done") && !text.contains("↻")
    });
    let sent = changes(&practice);
    let again = sent.iter().position(|(_, body)| body["title"] == "By hand again").unwrap();
    assert!(again < count - 60, "the edit by hand was the {again}th");

    assert_eq!(practice.get("/sandbox/stats")["refused"], 0);
    let mut again = 0;
    for deal in &elsewhere {
        let path = deal_path(deal["id"].as_u64().unwrap());
        let moves = sent.iter().filter(|(other, body)| *other == path && body["stage_id"] == first).count();
        assert!(moves > 0, "{path} was not moved");
        again += moves - 1;
    }
    // Edits whose response was pending at the exit are sent again, which changes nothing.
    assert!(again <= IN_FLIGHT, "{again} were moved again");
    terminal.keys("q");
    assert_eq!(terminal.exit_code(), 0);
}
