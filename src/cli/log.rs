//! The log file: what the dashboard asked of Pipedrive, and what went wrong. It names requests by method and path;
//! no bodies, no queries, and never the token.

use std::fs::DirBuilder;
use std::path::PathBuf;

use etcetera::BaseStrategy;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The variable that says how much is logged: `debug` has every request, `off` nothing.
const LEVEL_VARIABLE: &str = "DEALDECK_LOG";
/// How many days of it are kept.
const DAYS: usize = 7;
/// How many lines may wait to be written; further ones are left out, as nothing here may wait for a disk.
const LINES: usize = 4_096;

/// Where the log files are: under the user's state directory.
pub(super) fn folder() -> PathBuf {
    let base = etcetera::choose_base_strategy().ok();
    let state = base.and_then(|base| base.state_dir().or_else(|| Some(base.data_dir())));
    state.unwrap_or_else(std::env::temp_dir).join("dealdeck")
}

/// From now on is logged, until the guard is dropped. Without a folder to write to nothing is, and nothing else
/// suffers.
pub(super) fn start() -> Option<WorkerGuard> {
    let folder = folder();
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(&folder).ok()?;
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .max_log_files(DAYS)
        .filename_prefix("dealdeck")
        .filename_suffix("log")
        .build(&folder)
        .ok()?;
    let (writer, guard) = NonBlockingBuilder::default().buffered_lines_limit(LINES).lossy(true).finish(file);
    // An internal error would be printed in a way that panics where the terminal is gone.
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_ansi(false)
        .with_target(false)
        .log_internal_errors(false);
    tracing_subscriber::registry().with(lines.with_filter(own())).try_init().ok()?;
    Some(guard)
}

/// The same on standard error, for what runs as a service.
pub(super) fn start_plain() {
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false)
        .log_internal_errors(false);
    // Where something is set up to log already, that is as good.
    let _ = tracing_subscriber::registry().with(lines.with_filter(own())).try_init();
}

/// Only what dealdeck itself says: libraries may log what goes over the wire.
fn own() -> Targets {
    let level = std::env::var(LEVEL_VARIABLE).unwrap_or_else(|_| "info".to_owned());
    let level: LevelFilter = level.parse().unwrap_or(LevelFilter::INFO);
    Targets::new().with_target(env!("CARGO_PKG_NAME"), level)
}
