//! The log file: the requests to Pipedrive and the errors. Requests appear by method and path, without bodies and
//! queries, and never with the token.

use std::fs::DirBuilder;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chrono::{NaiveDate, Utc};
use etcetera::BaseStrategy;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The environment variable with the log level: `debug` logs every request, `off` nothing.
const LEVEL_VARIABLE: &str = "DEALDECK_LOG";
/// Number of days for which log files are stored.
const DAYS: usize = 7;
/// Maximum number of lines that wait to be written; more are dropped, because nothing may wait for the disk.
const LINES: usize = 4_096;

/// Returns the directory of the log files: `dealdeck` in the user's state directory.
pub(super) fn folder() -> PathBuf {
    let base = etcetera::choose_base_strategy().ok();
    let state = base.and_then(|base| base.state_dir().or_else(|| Some(base.data_dir())));
    state.unwrap_or_else(std::env::temp_dir).join("dealdeck")
}

/// Starts logging to a file until the guard is dropped. Without a writable directory nothing is logged.
pub(super) fn start() -> Option<WorkerGuard> {
    let folder = folder();
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(&folder).ok()?;
    // Fails if the directory belongs to another user.
    restrict(&folder, 0o700).ok()?;
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .max_log_files(DAYS)
        .filename_prefix("dealdeck")
        .filename_suffix("log")
        .build(&folder)
        .ok()?;
    let file = Private::new(file, folder)?;
    let (writer, guard) = NonBlockingBuilder::default().buffered_lines_limit(LINES).lossy(true).finish(file);
    // Internal errors would go to `eprintln!`, which panics once the terminal is gone.
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_ansi(false)
        .with_target(false)
        .log_internal_errors(false);
    tracing_subscriber::registry().with(lines.with_filter(own())).try_init().ok()?;
    Some(guard)
}

/// Log files that only their owner can read. The private directory protects a file between its creation and the
/// change of its permissions.
struct Private {
    files: RollingFileAppender,
    folder: PathBuf,
    /// The day of the newest file, in UTC as the rotation counts.
    day: NaiveDate,
}

impl Private {
    fn new(files: RollingFileAppender, folder: PathBuf) -> Option<Self> {
        restrict_files(&folder).ok()?;
        Some(Self { files, folder, day: Utc::now().date_naive() })
    }
}

impl Write for Private {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // The first write of a day creates its file.
        let written = self.files.write(bytes);
        let today = Utc::now().date_naive();
        if today != self.day {
            self.day = today;
            restrict_files(&self.folder)?;
        }
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.files.flush()
    }
}

/// Makes all log files private, including those of earlier versions.
fn restrict_files(folder: &Path) -> io::Result<()> {
    for file in folder.read_dir()? {
        let file = file?;
        let is_log = file.path().extension().is_some_and(|extension| extension == "log");
        if is_log && file.file_type()?.is_file() {
            restrict(&file.path(), 0o600)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))
}

#[cfg(not(unix))]
fn restrict(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}

/// Starts logging to standard error, for processes that run as a service.
pub(super) fn start_stderr() {
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false)
        .log_internal_errors(false);
    // An error means that logging is already set up.
    let _ = tracing_subscriber::registry().with(lines.with_filter(own())).try_init();
}

/// Returns a filter for dealdeck's own messages: libraries may log what goes over the wire.
fn own() -> Targets {
    let level = std::env::var(LEVEL_VARIABLE).unwrap_or_else(|_| "info".to_owned());
    let level: LevelFilter = level.parse().unwrap_or(LevelFilter::INFO);
    Targets::new().with_target(env!("CARGO_PKG_NAME"), level)
}
