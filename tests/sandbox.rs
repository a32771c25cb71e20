//! The practice server over HTTP: what it serves, what it refuses, its limits, its faults and its file.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what is missing fails the test")]

#[path = "sandbox/colleagues.rs"]
mod colleagues;
#[path = "sandbox/custom.rs"]
mod custom;
#[path = "sandbox/deliveries.rs"]
mod deliveries;
#[path = "sandbox/desk.rs"]
mod desk;
#[path = "sandbox/ear.rs"]
mod ear;
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
#[path = "sandbox/writes.rs"]
mod writes;
