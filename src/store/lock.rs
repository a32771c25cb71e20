//! Which process has an account: a lock on a file, with the process id written into it for the others.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use super::error::StoreError;
use super::files;

/// Held for as long as it lives. The system ends it with the process, however that ends.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // To close the file is not enough: a child that is just being started has it too for a moment. If this fails
        // the lock goes with the process.
        let _ = self.file.unlock();
    }
}

/// Who has the account.
#[derive(Debug)]
pub enum TryLock {
    /// This process, from now on.
    Acquired(Lock),
    /// Another one; by its process id, if that could be read.
    HeldBy(Option<u32>),
}

impl Lock {
    /// Tries to take the account.
    pub fn take(path: &Path) -> Result<TryLock, StoreError> {
        let at = |error: std::io::Error| StoreError::io(path, &error);
        let mut file = files::open_or_create(path).map_err(at)?;
        match file.try_lock() {
            Ok(()) => {
                // The id is only for the message that others show: that it cannot be written is no reason to stop.
                let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| {
                    let pid = std::process::id();
                    write!(file, "{pid}")
                });
                Ok(TryLock::Acquired(Self { file }))
            }
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                let read = file.take(20).read_to_string(&mut pid);
                Ok(TryLock::HeldBy(read.ok().and_then(|_| pid.trim().parse().ok())))
            }
            Err(TryLockError::Error(error)) => Err(at(error)),
        }
    }
}
