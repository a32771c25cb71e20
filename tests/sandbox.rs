//! The practice server over HTTP: responses, errors, limits, faults, webhooks and the file.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a missing value fails the test")]

#[path = "sandbox/client.rs"]
mod client;
#[path = "sandbox/colleagues.rs"]
mod colleagues;
#[path = "sandbox/custom.rs"]
mod custom;
#[path = "sandbox/deliveries.rs"]
mod deliveries;
#[path = "sandbox/faults.rs"]
mod faults;
#[path = "sandbox/filters.rs"]
mod filters;
#[path = "sandbox/hostile.rs"]
mod hostile;
#[path = "sandbox/late.rs"]
mod late;
#[path = "sandbox/leads.rs"]
mod leads;
#[path = "sandbox/limits.rs"]
mod limits;
#[path = "sandbox/lists.rs"]
mod lists;
#[path = "sandbox/pages.rs"]
mod pages;
#[path = "sandbox/persistence.rs"]
mod persistence;
#[path = "sandbox/read.rs"]
mod read;
#[path = "sandbox/records.rs"]
mod records;
#[path = "sandbox/shapes.rs"]
mod shapes;
#[path = "sandbox/strange.rs"]
mod strange;
#[path = "sandbox/unlinking.rs"]
mod unlinking;
#[path = "sandbox/webhook_receiver.rs"]
mod webhook_receiver;
#[path = "sandbox/writes.rs"]
mod writes;
