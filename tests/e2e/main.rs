//! The real program in a real terminal against the real practice server. Edits made by key are checked on the server
//! over HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

#[path = "../support/mod.rs"]
mod support;

#[cfg(unix)]
mod accounts;
#[cfg(unix)]
mod baddays;
mod bulk;
#[cfg(unix)]
mod closed;
#[cfg(unix)]
mod colleague;
mod conflicts;
mod contacts;
mod conversions;
mod custom;
mod edits;
mod faults_breaks_contract;
#[cfg(unix)]
mod input;
mod lists;
mod live;
mod manners;
mod notes;
mod objects;
mod offline;
mod outside;
mod pictures;
#[cfg(target_os = "linux")]
mod storm;
#[cfg(unix)]
mod sync_command;

use serde_json::Value;

use self::support::practice::Practice;
use self::support::terminal::Terminal;

/// Opens the dashboard on a server and waits for the board.
fn open(practice: &Practice, columns: u16, rows: u16) -> Terminal {
    let variables = [("DEALDECK_API_TOKEN", practice.token.as_str())];
    let terminal = Terminal::open(&["--api-url", &practice.program_url], &variables, columns, rows);
    wait_until_read(&terminal);
    terminal
}

/// Waits until the account has been read. Between two responses of a slow server only these words show it.
fn wait_until_read(terminal: &Terminal) {
    terminal.wait_until("the account to be read", |screen| {
        let text = screen.contents();
        text.contains("online")
            && ["reading", "Reading", "Connecting", "of the account"].iter().all(|word| !text.contains(word))
    });
}

/// Returns the pipelines in order, each with its stages in order.
fn pipelines(practice: &Practice) -> Vec<(u64, Vec<u64>)> {
    let list = |path: &str, key: &str| {
        let mut items = practice.get(path)["data"].as_array().unwrap().clone();
        items.sort_by_key(|item| item[key].as_i64());
        items
    };
    let stages = list("/api/v2/stages?limit=500", "order_nr");
    list("/api/v2/pipelines?limit=500", "order_nr")
        .iter()
        .map(|pipeline| {
            let mine = stages.iter().filter(|stage| stage["pipeline_id"] == pipeline["id"]);
            (pipeline["id"].as_u64().unwrap(), mine.map(|stage| stage["id"].as_u64().unwrap()).collect())
        })
        .collect()
}

/// A deal of the first pipeline with a unique title, in a stage that is not the last, with its stage and the next one.
struct Sample {
    id: u64,
    title: String,
    stage: u64,
    next: u64,
    column: usize,
}

fn samples(practice: &Practice) -> Vec<Sample> {
    let (pipeline, stages) = pipelines(practice).remove(0);
    let deals = practice.plain_deals(pipeline);
    let sample = |deal: &Value| {
        let stage = deal["stage_id"].as_u64()?;
        let column = stages.iter().position(|other| *other == stage)?;
        let next = *stages.get(column + 1)?;
        let title = deal["title"].as_str()?.to_owned();
        Some(Sample { id: deal["id"].as_u64()?, title, stage, next, column })
    };
    deals.iter().filter_map(sample).collect()
}

/// Puts the cursor on a deal by filtering for its title.
fn find(terminal: &mut Terminal, sample: &Sample) {
    terminal.keys(&format!("1/\x15{}\r0{}", sample.title, "l".repeat(sample.column)));
    terminal.wait_for(&sample.title[..6]);
}

fn deal_path(id: u64) -> String {
    format!("/api/v2/deals/{id}")
}
