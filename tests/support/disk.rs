//! Small disks of their own, where this process may mount such.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system in memory. It goes with this.
pub struct Disk {
    place: PathBuf,
}

impl Disk {
    /// Mounts one of so many megabytes; `None`, with a word, where that is not allowed.
    pub fn mount(place: &Path, megabytes: usize) -> Option<Self> {
        std::fs::create_dir(place).unwrap();
        let options = format!("size={megabytes}m,mode=0700");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(place).output();
        match mounted {
            Ok(mounted) if mounted.status.success() => Some(Self { place: place.to_owned() }),
            refused => {
                let _ =
                    writeln!(std::io::stderr(), "SKIPPED: a disk cannot be mounted here, that needs root: {refused:?}");
                None
            }
        }
    }

    pub fn path(&self) -> &Path {
        &self.place
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

    /// Makes room again.
    pub fn clear(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    /// Lets nobody write, or lets them again.
    pub fn set_read_only(&self, is_read_only: bool) {
        let options = if is_read_only { "remount,ro" } else { "remount,rw" };
        let done = Command::new("mount").args(["-o", options]).arg(&self.place).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    }

    fn filler(&self) -> PathBuf {
        self.place.join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // At once for those who look, and for good when the last program that uses it has ended.
        let _ = Command::new("umount").arg("-l").arg(&self.place).status();
    }
}
