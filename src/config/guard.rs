//! Who else can write the configuration: a file that names a command runs it as the user.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::ConfigError;

/// Reads the file, and gives what is known of just this file.
pub(super) fn read(path: &Path) -> io::Result<(String, Metadata)> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok((text, metadata))
}

/// Makes sure that nobody else can read the file.
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

/// Makes sure that only the user and root can write the file, or put another in its place.
#[cfg(unix)]
pub(super) fn check_writers(path: &Path, file: &Metadata) -> Result<(), ConfigError> {
    check_one(path, path, file)?;
    let unreadable = |error| ConfigError::Unreadable { path: path.to_owned(), error };
    // The directory of the file, and that of a link to it.
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
    // In a directory such as /tmp nobody can replace the files of others.
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
