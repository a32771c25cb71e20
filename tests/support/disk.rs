//! Small disks for tests, if this process may mount them.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system in memory, unmounted on drop.
pub struct Disk {
    path: PathBuf,
}

impl Disk {
    /// Mounts a disk of this size; `None`, with a message, if that is not allowed.
    pub fn mount(path: &Path, megabytes: usize) -> Option<Self> {
        std::fs::create_dir(path).unwrap();
        let options = format!("size={megabytes}m,mode=0700");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(path).output();
        match mounted {
            Ok(mounted) if mounted.status.success() => Some(Self { path: path.to_owned() }),
            refused => {
                let _ =
                    writeln!(std::io::stderr(), "SKIPPED: a disk cannot be mounted here, that needs root: {refused:?}");
                None
            }
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Fills it to the last byte.
    pub fn fill(&self) {
        let mut filler = File::create(self.filler()).unwrap();
        for size in [1 << 16, 1 << 12, 1] {
            let piece = vec![1; size];
            loop {
                match filler.write(&piece) {
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => panic!("{error}"),
                }
            }
        }
    }

    /// Deletes the filler file.
    pub fn clear(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    /// Makes the disk read-only.
    pub fn make_read_only(&self) {
        self.remount("remount,ro");
    }

    /// Makes the disk writable again.
    pub fn make_writable(&self) {
        self.remount("remount,rw");
    }

    fn remount(&self, options: &str) {
        let done = Command::new("mount").args(["-o", options]).arg(&self.path).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    }

    fn filler(&self) -> PathBuf {
        self.path.join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Detached at once, and freed when the last program that uses it has ended.
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}
