//! Why something could not be kept, in words for the person: what, why, and what to do.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use super::files;
use crate::workspace::EditId;

/// Why something could not be kept or read back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No room. What was kept before is still there.
    #[error("the disk is full: no room to write {}. Make room; nothing that was kept is lost", .path.display())]
    Full {
        /// What could not be written.
        path: PathBuf,
    },
    /// May not be written.
    #[error("{} cannot be written: it is read-only. Allow yourself to write there, and start again", .path.display())]
    ReadOnly {
        /// What may not be written.
        path: PathBuf,
    },
    /// It does not hold what was put there.
    #[error("{} is damaged ({why}). Start again: what can be saved of it is saved", .path.display())]
    Corrupt {
        /// The damaged file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Some items of the cache made no sense, and were left out. The next start asks the reader to read everything.
    #[error("{count} items in {} could not be read and are missing until they are read from Pipedrive again", .path.display())]
    Unreadable {
        /// The cache.
        path: PathBuf,
        /// How many.
        count: usize,
    },
    /// Made by a later version of this program.
    #[error(
        "{} was written by a newer dealdeck (format {found}, this one knows up to {known}). Update dealdeck, or move \
         the file away",
        .path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i32,
        /// The latest that this program knows.
        known: i32,
    },
    /// Another process has the account, and alone writes what is kept of it.
    #[error("another dealdeck{} has this account open. Edit there, or close it and start again", process(*.pid))]
    Held {
        /// Which.
        pid: Option<u32>,
    },
    /// The journal knows no such edit.
    #[error("edit {} is not in the journal, so what became of it is not written down", .id.0)]
    NoSuchEdit {
        /// Which.
        id: EditId,
    },
    /// Asked of a store that was closed.
    #[error("what is kept on this machine has been closed already")]
    Closed,
    /// Whatever else the machine says.
    #[error("{} cannot be used: {why}. See to that, and start again", .path.display())]
    Io {
        /// What could not be used.
        path: PathBuf,
        /// What the machine says.
        why: String,
    },
}

fn process(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}

impl StoreError {
    /// What an error of the file system means for a path.
    pub(super) fn io(path: &Path, error: &io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path },
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => Self::ReadOnly { path },
            _ => Self::Io { path, why: error.to_string() },
        }
    }

    /// What an error of `SQLite` means for a file. Our statements are right, so what they cannot make sense of is
    /// the file's fault.
    pub(super) fn sqlite(path: &Path, error: &rusqlite::Error) -> Self {
        let why = error.to_string();
        let code = error.sqlite_error_code();
        let path = path.to_owned();
        match code {
            Some(ErrorCode::DiskFull) => Self::Full { path },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly { path },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown) => {
                Self::Corrupt { path, why }
            }
            Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => probed(path, why),
            Some(_) => Self::Io { path, why },
            None if matches!(error, rusqlite::Error::ToSqlConversionFailure(_)) => Self::Io { path, why },
            None => Self::Corrupt { path, why },
        }
    }
}

/// `SQLite` says of many operations only that they failed. Whether that is for want of room or of permission shows
/// when something else is written next to the file.
fn probed(path: PathBuf, why: String) -> StoreError {
    /// More than the little that may be free on a full disk.
    const SIZE: usize = 64 * 1024;
    let Some(directory) = path.parent().filter(|directory| directory.is_dir()) else {
        return StoreError::Io { path, why };
    };
    let probe = directory.join(format!(".probe-{}", uuid::Uuid::new_v4()));
    let tried = files::create_new(&probe).and_then(|mut file| file.write_all(&vec![0; SIZE]));
    // Should that fail, a small empty file stays behind, which harms nobody.
    let _ = std::fs::remove_file(&probe);
    match tried {
        Ok(()) => StoreError::Io { path, why },
        Err(error) => match StoreError::io(&path, &error) {
            StoreError::Io { path, .. } => StoreError::Io { path, why },
            told => told,
        },
    }
}
