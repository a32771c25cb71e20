//! The edges of the network, with a proxy between dealdeck and the practice server that delivers requests late, stalls,
//! cuts and answers in the server's place.
//!
//!     cargo test --test edges
//!     DEALDECK_STALL_MINUTES=15 cargo test --test edges the_limit -- --nocapture

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

#[path = "edges/limit.rs"]
mod limit;
#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "support/proxy.rs"]
mod proxy;

use std::io::Write;

/// A number that the environment gives.
fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is not a number: {text}")))
}

/// Says something whether the test passes or not.
fn say(words: &str) {
    let _ = writeln!(std::io::stderr(), "{words}");
}
