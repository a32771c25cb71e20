//! The Pipedrive client by its public surface: what it makes of answers, how it keeps to the limits, and what it does
//! when things fail. Servers here are simulated, and so is the time.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

mod custom;
mod decoding;
mod deliveries;
mod examples;
mod faults;
mod limits;
mod lists;
mod odd_items;
mod proof;
mod simulated;
mod simulation;
mod writing;
