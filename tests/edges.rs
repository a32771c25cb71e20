//! The limits of the network: a proxy between dealdeck and the practice server delays requests, stalls, cuts
//! connections and answers in the server's place.
//!
//!     cargo test --test edges
//!     DEALDECK_STALL_MINUTES=15 cargo test --test edges limit -- --nocapture
//!     DEALDECK_EDITS=10000 cargo test --test edges storm -- --nocapture
//!     DEALDECK_EDITS=10000 DEALDECK_LATE_SECONDS=60 cargo test --test edges storm -- --nocapture
//!
//! `DEALDECK_SEED` takes the seed printed by an earlier run.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "crash/defects.rs"]
mod defects;
#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "crash/ledger.rs"]
mod ledger;
#[path = "edges/limit.rs"]
mod limit;
#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "support/practice.rs"]
mod practice;
#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "support/proxy.rs"]
mod proxy;
#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "crash/screen_log.rs"]
mod screen_log;
#[path = "edges/simulated.rs"]
mod simulated;
#[path = "edges/storm.rs"]
mod storm;
#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "support/terminal.rs"]
mod terminal;
#[path = "edges/worker.rs"]
mod worker;

use std::io::Write;

/// Reads a number from an environment variable.
fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is not a number: {text}")))
}

/// Prints text even if the test passes.
fn print(words: &str) {
    let _ = writeln!(std::io::stderr(), "{words}");
}

#[test]
#[ignore = "the storm runs it as a process of its own"]
fn worker_process() {
    worker::run();
}
