//! The commands for scripts, run as a person or a program runs them, against the practice server: what they print, what
//! they end with, and what has become of the account, asked of the server over HTTP.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

#[path = "cli/account.rs"]
mod account;
#[path = "cli/activities.rs"]
mod activities;
#[path = "cli/codes.rs"]
mod codes;
#[path = "cli/config.rs"]
mod config;
#[path = "cli/custom.rs"]
mod custom;
#[path = "cli/deals.rs"]
mod deals;
#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "support/disk.rs"]
mod disk;
#[path = "cli/doctor.rs"]
mod doctor;
#[path = "cli/flags.rs"]
mod flags;
#[path = "cli/fresh.rs"]
mod fresh;
#[path = "cli/leads.rs"]
mod leads;
#[path = "cli/lists.rs"]
mod lists;
#[path = "cli/network.rs"]
mod network;
#[path = "cli/notes.rs"]
mod notes;
#[path = "cli/offline.rs"]
mod offline;
#[cfg(target_os = "linux")]
#[path = "cli/output.rs"]
mod output;
#[path = "cli/people.rs"]
mod people;
#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "support/practice.rs"]
mod practice;
#[path = "cli/previous.rs"]
mod previous;
#[path = "cli/serve.rs"]
mod serve;
#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "support/terminal.rs"]
mod terminal;

/// Whether it says that Pipedrive is down, as it shows here or behind a proxy.
fn is_down(text: &str) -> bool {
    text.contains("Pipedrive cannot be reached") || text.contains("Pipedrive did not answer")
}
