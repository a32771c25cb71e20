//! dealdeck: a full-screen terminal dashboard for Pipedrive sales pipelines.

pub mod app;
pub mod domain;
pub mod pipedrive;
pub mod sync;
pub mod ui;
pub mod workspace;
