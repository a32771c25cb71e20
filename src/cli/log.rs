//! The log file: what the dashboard asked of Pipedrive, and what went wrong. It names requests by method and path;
//! no bodies, no queries, and never the token.

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
    // One of an earlier version, or of another user: then nothing is logged.
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
    // An internal error would be printed in a way that panics where the terminal is gone.
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_ansi(false)
        .with_target(false)
        .log_internal_errors(false);
    tracing_subscriber::registry().with(lines.with_filter(own())).try_init().ok()?;
    Some(guard)
}

/// Log files that only their owner can read. The directory, which is closed to others, covers the moment between the
/// creation of a file and the change of its permissions.
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
        // A new day's file is created by writing to it.
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

/// Takes the permissions of others from all log files, those of earlier versions among them.
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
