//! dealdeck: a full-screen terminal dashboard for Pipedrive sales pipelines.

// These macros panic once the terminal is gone; `cli::console` and `runtime::output` do not.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod app;
pub mod cli;
pub mod config;
pub mod domain;
pub mod pipedrive;
pub mod runtime;
pub mod sandbox;
pub mod store;
pub mod sync;
pub mod ui;
pub mod webhooks;
pub mod workspace;
