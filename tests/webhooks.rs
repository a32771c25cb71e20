//! Webhooks by the public surface of their room: the listener over HTTP, the registrations against the practice server
//! and against a simulated one where time matters.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

#[path = "webhooks/delivered.rs"]
mod delivered;
#[path = "webhooks/listening.rs"]
mod listening;
#[path = "webhooks/registering.rs"]
mod registering;
#[path = "webhooks/simulated.rs"]
mod simulated;

use std::time::Duration;

use tokio::sync::mpsc;

/// How long anything may take before a test gives up on it. A bound, not an expectation.
const PATIENCE: Duration = Duration::from_secs(30);

/// The next of what is heard.
async fn next<T>(from: &mut mpsc::Receiver<T>) -> T {
    tokio::time::timeout(PATIENCE, from.recv()).await.expect("something is heard").expect("the sender is there")
}
