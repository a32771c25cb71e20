//! dealdeck: a full-screen terminal dashboard for Pipedrive sales pipelines.

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
