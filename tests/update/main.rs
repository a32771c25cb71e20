//! The dashboard as a state machine: messages in, state and effects out. No terminal, no network, no clock.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod account;
mod archive;
mod bulk;
mod calendar;
mod careful_forms;
mod choosing;
mod convert;
mod copy;
mod custom;
mod custom_forms;
mod edits;
mod forms;
#[path = "../support/harness.rs"]
mod harness;
mod heard;
mod items;
mod jumps;
mod keeping;
mod line;
mod linked;
mod marks;
mod named;
mod news;
mod next;
mod notes;
mod patches;
mod previous;
mod properties;
mod queries;
mod screens;
mod search;
mod sessions;
mod tables;
mod too_small;
mod undo;
mod unlinked;
mod written;
