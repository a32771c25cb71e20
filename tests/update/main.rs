//! The dashboard as a state machine: messages in, state and effects out. No terminal, no network, no clock.

mod account;
mod edits;
mod properties;
mod screens;
