//! dealdeck: a full-screen terminal dashboard for Pipedrive sales pipelines.

pub mod domain;
