//! Offline: the last data is shown, and edits are sent when the server is back.

use dealdeck::sandbox::{Options, Plan};

use super::support::practice::Practice;
use super::support::terminal::Terminal;
use super::{Sample, deal_path, find, samples, wait_until_read};

/// Opens the dashboard with a data folder of its own.
fn open(practice: &Practice, home: &str) -> Terminal {
    let variables = [("DEALDECK_API_TOKEN", practice.token.as_str()), ("XDG_DATA_HOME", home)];
    Terminal::open(&["--api-url", &practice.program_url], &variables, 160, 40)
}

fn quit(mut terminal: Terminal) {
    terminal.keys("q");
    // There is no confirmation: the program ends.
    assert_eq!(terminal.exit_code(), 0, "{}", terminal.text());
    terminal.assert_restored();
}

// While the server is away, the validating proxy answers with errors of its own.
#[test]
fn offline_moves_are_sent_later_and_breaks_contract() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().to_str().unwrap();
    let options = Options { plan: Plan::Enterprise, db: Some(folder.path().join("practice.db")), ..Options::default() };
    let mut practice = Practice::with(options.clone());
    let port = practice.url.rsplit(':').next().unwrap().parse().unwrap();
    // Deals whose titles fit into the bottom line.
    let fits = |sample: &Sample| sample.title.len() <= 40;
    let samples: Vec<Sample> = samples(&practice).into_iter().filter(fits).take(3).collect();
    assert_eq!(samples.len(), 3);
    let terminal = open(&practice, home);
    wait_until_read(&terminal);
    quit(terminal);
    practice.stop();

    let mut terminal = open(&practice, home);
    terminal.wait_for("offline");
    // The board is shown, with its age.
    terminal.wait_for(" deals");
    terminal.wait_until("the age of the board", |screen| {
        ["as of ", " ago", " old", "just now"].iter().any(|words| screen.contents().contains(words))
    });
    for (sample, count) in samples.iter().zip(1..) {
        find(&mut terminal, sample);
        terminal.keys("L");
        // Other messages about the edit may give way to those about the connection.
        terminal.wait_for(&format!("↻ {count} queued"));
    }
    quit(terminal);

    let practice = Practice::with(Options { port, ..options });
    for sample in &samples {
        assert_eq!(practice.get(&deal_path(sample.id))["data"]["stage_id"], sample.stage, "not before it is started");
    }
    let terminal = open(&practice, home);
    for sample in &samples {
        practice.wait_until(&deal_path(sample.id), "the deal in its next stage", |deal| {
            deal.unwrap()["data"]["stage_id"] == sample.next
        });
    }
    terminal.wait_until("nothing to wait any more", |screen| {
        let text = screen.contents();
        text.contains("online") && !text.contains("offline") && ["↻", "queued"].iter().all(|word| !text.contains(word))
    });
    quit(terminal);
    // Each move was sent once.
    let writes = practice.get("/sandbox/writes");
    assert_eq!(writes["data"].as_array().unwrap().len(), samples.len(), "{writes}");
}
