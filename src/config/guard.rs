//! Permissions of the configuration file: a command in a file that others can write would run as the user.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::ConfigError;

/// Reads the file, with the metadata of the same open file.
pub(super) fn read(path: &Path) -> io::Result<(String, Metadata)> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok((text, metadata))
}

/// Checks that no other user can read the file.
#[cfg(unix)]
pub(super) fn check_private(path: &Path, file: &Metadata) -> Result<(), ConfigError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.permissions().mode() & 0o7777;
    let others = mode & 0o077;
    if others == 0 { Ok(()) } else { Err(ConfigError::Exposed { path: path.to_owned(), mode }) }
}

#[cfg(not(unix))]
pub(super) fn check_private(_path: &Path, _file: &Metadata) -> Result<(), ConfigError> {
    Ok(())
}

/// Checks that only the user and root can write or replace the file.
#[cfg(unix)]
pub(super) fn check_writers(path: &Path, file: &Metadata) -> Result<(), ConfigError> {
    check_one(path, path, file)?;
    let unreadable = |error| ConfigError::Unreadable { path: path.to_owned(), error };
    // The directory of the file, and the one of a symbolic link to it.
    let whole = path.canonicalize().map_err(unreadable)?;
    let folders: [Option<&Path>; 2] = [whole.parent(), path.parent()];
    for folder in folders.into_iter().flatten() {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        check_one(path, folder, &folder.metadata().map_err(unreadable)?)?;
    }
    Ok(())
}

#[cfg(unix)]
fn check_one(config: &Path, at: &Path, metadata: &Metadata) -> Result<(), ConfigError> {
    use std::os::unix::fs::MetadataExt;
    const STICKY: u32 = 0o1000;
    const OTHERS_WRITE: u32 = 0o022;
    let (path, place): (PathBuf, PathBuf) = (config.to_owned(), at.to_owned());
    let owner = metadata.uid();
    if owner != 0 && owner != rustix::process::geteuid().as_raw() {
        return Err(ConfigError::Foreign { path, place, owner });
    }
    let mode = metadata.mode() & 0o7777;
    // In a sticky directory such as /tmp, users cannot replace each other's files.
    let is_guarded = metadata.is_dir() && mode & STICKY != 0;
    if mode & OTHERS_WRITE != 0 && !is_guarded {
        return Err(ConfigError::Writable { path, place, mode });
    }
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn check_writers(_path: &Path, _file: &Metadata) -> Result<(), ConfigError> {
    Ok(())
}
